/* Who may call what: User-Agent, access tokens, scopes, media types; and /me, /marketplaces. */
#include "marketsim/allegro/allegro_state.h"

#include <stdlib.h>
#include <string.h>

/* <name>/<version> (+https://...): mandatory on the REST host since the end of June 2026. */
static bool agent_fits(const char *agent, const char *name)
{
    size_t len = strcspn(agent, "/");
    if (!len || agent[len] != '/' || (*name && (strlen(name) != len || memcmp(agent, name, len))))
        return false;
    const char *version = agent + len + 1;
    size_t of_version = strcspn(version, " ");
    const char *info = version + of_version;
    return of_version > 0 && (strncmp(info, " (+https://", 11) == 0) && info[11] != ')' &&
           info[strlen(info) - 1] == ')';
}

bool allegro_access_agent(struct allegro_call *call)
{
    const char *agent = market_request_header(call->request, "User-Agent");
    if (!call->allegro->settings.user_agent || (agent && agent_fits(agent, ""))) return true;
    allegro_violation(call, "user_agent", "%s: %.80s", call->route->path, agent ? agent : "(none)");
    allegro_error(call, 403, "AccessDenied",
                  "The User-Agent header does not identify the application.", NULL);
    return false;
}

/* Expired, renewed and revoked ones are no violation: a request may have been on its way. */
bool allegro_access_token(struct allegro_call *call)
{
    struct allegro *allegro = call->allegro;
    const char *header = market_request_header(call->request, "Authorization");
    if (!header || strncmp(header, "Bearer ", 7) != 0) {
        allegro_violation(call, "access", "%s without a bearer token", call->route->path);
        allegro_auth_error(call, 401, "unauthorized",
                           "Full authentication is required to access this resource");
        return false;
    }
    if (!call->pair) {
        allegro_violation(call, "access", "%s: a token that was never given out",
                          call->route->path);
        allegro_auth_error(call, 401, "invalid_token", "Cannot convert access token to JSON");
        return false;
    }
    if (call->pair->access_dead || call->pair->access_expires_ms <= call->now_ms) {
        allegro_auth_error(call, 401, "invalid_token", "Access token expired");
        return false;
    }
    call->seller = call->pair->seller;
    call->app = &allegro->apps[call->pair->app];
    return true;
}

static bool deny(struct allegro_call *call, const char *why)
{
    allegro_violation(call, "access", "%s: %s", call->route->path, why);
    allegro_error(call, 403, "AccessDenied", "Access is denied.", NULL);
    return false;
}

bool allegro_access_check(struct allegro_call *call)
{
    const char *agent = market_request_header(call->request, "User-Agent");
    if (call->allegro->settings.user_agent && !agent_fits(agent, call->app->name)) {
        allegro_violation(call, "user_agent", "not the registered %.40s: %.80s", call->app->name,
                          agent);
        allegro_error(call, 403, "AccessDenied",
                      "The User-Agent header does not identify the application.", NULL);
        return false;
    }
    bool known;
    if (!call->route->scope) return true;
    if (!call->seller) return deny(call, "the token has no user");
    if (!(call->pair->scopes & allegro_scopes_parse(call->route->scope, &known)))
        return deny(call, call->route->scope);
    return true;
}

/* The type among those of a header, parameters such as ;q=0.9 left aside. */
static bool names_type(const char *header, const char *type)
{
    size_t len = strlen(type);
    while (header && *header) {
        header += strspn(header, " ,");
        if (strncmp(header, type, len) == 0 && strchr(" ;,", header[len])) return true;
        header += strcspn(header, ",");
    }
    return false;
}

bool allegro_access_media(struct allegro_call *call)
{
    const char *wanted = call->route->media ? call->route->media : ALLEGRO_PUBLIC;
    const char *accept = market_request_header(call->request, "Accept");
    const char *type = market_request_header(call->request, "Content-Type");
    if (!call->allegro->settings.accept) return true;
    if (!names_type(accept, wanted)) {
        allegro_violation(call, "accept", "%s: %.80s", call->route->path,
                          accept ? accept : "(none)");
        allegro_error(call, 406, "NotAcceptableException",
                      "Not acceptable representation requested. Please check 'Accept' request "
                      "header",
                      NULL);
        return false;
    }
    if (!call->route->body || names_type(type, wanted)) return true;
    allegro_violation(call, "content_type", "%s: %.80s", call->route->path, type ? type : "(none)");
    allegro_error(call, 415, "UnsupportedMediaTypeException",
                  "Unsupported media type. Please check 'Content-Type' request header", NULL);
    return false;
}

void allegro_me(struct allegro_call *call)
{
    struct market_answer *answer = call->answer;
    market_answer_printf(answer, "{\"id\":\"%s\",\"login\":", call->seller->id);
    market_answer_string(answer, call->seller->login);
    market_answer_text(answer, ",\"firstName\":\"Test\",\"lastName\":\"Seller\","
                               "\"email\":\"seller@example.invalid\",\"baseMarketplace\":{\"id\":"
                               "\"allegro-pl\"},\"features\":[");
    if (call->seller->one_fulfillment) market_answer_text(answer, "\"ONE_FULFILLMENT\"");
    market_answer_text(answer, "]}");
}

void allegro_marketplaces(struct allegro_call *call)
{
    market_answer_text(call->answer,
                       "{\"marketplaces\":[{\"id\":\"allegro-pl\",\"languages\":{\"offerCreation\":"
                       "[{\"code\":\"pl-PL\"}],\"offerDisplay\":[{\"code\":\"pl-PL\"}]},"
                       "\"currencies\":{\"base\":{\"code\":\"PLN\"},\"additional\":[]},"
                       "\"shippingCountries\":[{\"code\":\"PL\"}]}]}");
}
