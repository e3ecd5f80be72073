/* The login host: /auth/oauth/device and /auth/oauth/token. */
#include "marketsim/allegro/allegro_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS      3600000
#define SLOW_DOWN_MS 5000 /* RFC 8628: what slow_down adds to the interval */
#define GRANT_DEVICE "urn:ietf:params:oauth:grant-type:device_code"
#define FIELD_SIZE   4096

bool allegro_oauth_path(const char *path)
{
    return strncmp(path, "/auth/", 6) == 0;
}

/* Parameters come in the form body or, as many clients do it, in the query. */
static bool form_value(struct allegro_call *call, const char *name, char *value, size_t size)
{
    struct market_request form = {.query = NULL};
    char *copy = market_alloc(call->request->body_len + 1);
    if (call->request->body_len) memcpy(copy, call->request->body, call->request->body_len);
    form.query = copy;
    bool found = market_request_query(&form, name, value, size) ||
                 market_request_query(call->request, name, value, size);
    free(copy);
    if (!found) *value = '\0';
    return found && *value;
}

static bool check_form(struct allegro_call *call)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = market_request_header(call->request, "Content-Type");
    if (strcmp(call->request->method, "POST") != 0) {
        allegro_violation(call, "method", "%.10s %.100s", call->request->method,
                          call->request->path);
        allegro_auth_error(call, 405, "method_not_allowed", "Request method is not supported");
        return false;
    }
    if (!call->request->body_len || (type && strncmp(type, form, sizeof(form) - 1) == 0))
        return true;
    allegro_violation(call, "content_type", "%.60s", type ? type : "(none)");
    allegro_auth_error(call, 415, "unsupported_media_type", "The form is not urlencoded");
    return false;
}

struct allegro_app *allegro_app_basic(struct allegro *allegro, const char *header)
{
    struct allegro_app *found = NULL;
    if (!header || strncmp(header, "Basic ", 6) != 0) return NULL;
    for (size_t i = 0; i < allegro->app_count && !found; i++) {
        char text[512];
        int len = snprintf(text, sizeof(text), "%s:%s", allegro->apps[i].client_id,
                           allegro->apps[i].secret);
        char *basic = allegro_base64(text, (size_t)len, false);
        if (strcmp(header + 6, basic) == 0) found = &allegro->apps[i];
        free(basic);
    }
    return found;
}

static bool check_client(struct allegro_call *call)
{
    call->app =
        allegro_app_basic(call->allegro, market_request_header(call->request, "Authorization"));
    if (call->app) return true;
    allegro_violation(call, "access", "%s: no Basic authentication of a known application",
                      call->request->path);
    allegro_auth_error(call, 401, "Unauthorized", "Unauthorized");
    return false;
}

static void answer_pair(struct allegro_call *call, const struct allegro_pair *pair)
{
    struct market_answer *answer = call->answer;
    answer->status = 200;
    market_answer_text(answer, "{\"access_token\":");
    market_answer_string(answer, pair->access);
    market_answer_text(answer, ",\"token_type\":\"bearer\"");
    if (pair->refresh) {
        market_answer_text(answer, ",\"refresh_token\":");
        market_answer_string(answer, pair->refresh);
    }
    int64_t left = (pair->access_expires_ms - call->now_ms) / 1000;
    market_answer_printf(answer, ",\"expires_in\":%lld,\"scope\":\"",
                         (long long)(left > 0 ? left : 0));
    allegro_scopes_write(answer, pair->scopes);
    market_answer_printf(answer,
                         "\",\"allegro_api\":true,\"iss\":\"https://allegro.pl\",\"jti\":\"%s\"}",
                         pair->jti);
}

static bool may_have_token(struct allegro_call *call, struct allegro_seller *seller)
{
    return allegro_quota_take(call, &seller->tokens, call->allegro->settings.tokens_per_hour,
                              HOUR_MS, 1, "rate_token");
}

/* Refresh tokens ---------------------------------------------------------------------------- */

static void refuse_refresh(struct allegro_call *call, const char *token)
{
    char text[FIELD_SIZE + 64];
    snprintf(text, sizeof(text), "Invalid refresh token: %s",
             call->allegro->settings.echo_refresh ? token : "(hidden)");
    allegro_auth_error(call, 400, "invalid_grant", text);
}

/* The old refresh token stays good for the grace, counted from its first use. */
static bool usable(struct allegro_call *call, const struct allegro_pair *pair)
{
    if (call->app != &call->allegro->apps[pair->app]) return false;
    if (pair->refresh_dead || pair->refresh_expires_ms <= call->now_ms) return false;
    if (pair->used_ms == ALLEGRO_NEVER_MS) return true;
    int64_t age = call->now_ms - pair->used_ms;
    if (age <= call->allegro->settings.grace_ms) return true;
    allegro_violation(call, "token_reuse", "the refresh token was used %lld ms ago",
                      (long long)age);
    return false;
}

/* Whatever this consent gave before stops working as an access token. */
static void end_access(struct allegro *allegro, const struct allegro_pair *heir)
{
    if (allegro->settings.old_access_lives) return;
    for (size_t i = 0; i < allegro->pair_count; i++)
        if (allegro->pairs[i]->family == heir->family && allegro->pairs[i] != heir)
            allegro->pairs[i]->access_dead = true;
}

static void grant_refresh(struct allegro_call *call)
{
    struct allegro *allegro = call->allegro;
    char token[FIELD_SIZE];
    if (!form_value(call, "refresh_token", token, sizeof(token))) {
        allegro_violation(call, "shape", "no refresh_token");
        allegro_auth_error(call, 400, "invalid_request", "Missing parameter: refresh_token");
        return;
    }
    size_t index = market_map_get_text(&allegro->by_refresh, token);
    struct allegro_pair *pair = index == MARKET_MAP_NONE ? NULL : allegro->pairs[index];
    if (!pair || !usable(call, pair)) {
        refuse_refresh(call, token);
        return;
    }
    call->seller = pair->seller;
    if (!may_have_token(call, pair->seller)) return;
    if (pair->used_ms != ALLEGRO_NEVER_MS && allegro->settings.grace_same_pair) {
        answer_pair(call, allegro->pairs[pair->heir]);
        return;
    }
    struct allegro_pair *made = allegro_pair_make(allegro, pair->seller, pair->seller->app,
                                                  pair->scopes, pair->family, call->now_ms);
    if (pair->used_ms == ALLEGRO_NEVER_MS) {
        pair->used_ms = call->now_ms;
        pair->heir = allegro->pair_count - 1;
    }
    end_access(allegro, made);
    answer_pair(call, made);
}

/* Device codes ------------------------------------------------------------------------------ */

static void make_user_code(struct allegro *allegro, char code[16])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    for (size_t i = 0; i < 11; i++)
        code[i] = i == 3 || i == 7 ? '-' : letters[market_random(&allegro->random) % 32];
    code[11] = '\0';
}

static void device_start(struct allegro_call *call)
{
    struct allegro *allegro = call->allegro;
    const struct allegro_settings *s = &allegro->settings;
    char client[128], scope[1024];
    bool known = true;
    unsigned scopes = ALLEGRO_ALL_SCOPES;
    if (!form_value(call, "client_id", client, sizeof(client)) ||
        strcmp(client, call->app->client_id) != 0) {
        allegro_violation(call, "shape", "client_id is missing, or not that of the Basic header");
        allegro_auth_error(call, 400, "invalid_request", "Missing parameter: client_id");
        return;
    }
    if (form_value(call, "scope", scope, sizeof(scope)))
        scopes = allegro_scopes_parse(scope, &known);
    if (!known) {
        allegro_violation(call, "shape", "unknown scope in %.120s", scope);
        allegro_auth_error(call, 400, "invalid_scope", "Invalid scope");
        return;
    }
    allegro->devices =
        market_realloc(allegro->devices, (allegro->device_count + 1) * sizeof(*allegro->devices));
    struct allegro_device *device = &allegro->devices[allegro->device_count++];
    char uuid[ALLEGRO_UUID_SIZE];
    allegro_uuid(allegro, uuid);
    *device = (struct allegro_device){.code = market_strdup(uuid),
                                      .app = (size_t)(call->app - allegro->apps),
                                      .scopes = scopes,
                                      .expires_ms = call->now_ms + s->device_ms,
                                      .polled_ms = ALLEGRO_NEVER_MS,
                                      .interval_ms = s->device_interval * 1000};
    make_user_code(allegro, device->user_code);
    call->answer->status = 200;
    market_answer_printf(
        call->answer,
        "{\"user_code\":\"%s\",\"device_code\":\"%s\",\"expires_in\":%lld,\"interval\":%lld,"
        "\"verification_uri\":\"https://allegro.pl/skojarz-aplikacje\","
        "\"verification_uri_complete\":\"https://allegro.pl/skojarz-aplikacje?code=%s\"}",
        device->user_code, device->code, (long long)s->device_ms / 1000,
        (long long)s->device_interval, device->user_code);
}

bool allegro_device_answer(struct allegro *allegro, const char *user_code,
                           struct allegro_seller *seller, bool approve, int64_t now_ms)
{
    now_ms += allegro->settings.clock_offset_ms;
    for (size_t i = allegro->device_count; i > 0; i--) {
        struct allegro_device *device = &allegro->devices[i - 1];
        if (*user_code && strcmp(device->user_code, user_code) != 0) continue;
        if (device->consent != CONSENT_OPEN || device->expires_ms <= now_ms ||
            device->app != seller->app)
            return false;
        device->consent = approve ? CONSENT_GIVEN : CONSENT_DENIED;
        device->seller = seller;
        return true;
    }
    return false;
}

static struct allegro_device *find_device(struct allegro_call *call, const char *code)
{
    struct allegro *allegro = call->allegro;
    for (size_t i = 0; i < allegro->device_count; i++)
        if (strcmp(allegro->devices[i].code, code) == 0 &&
            &allegro->apps[allegro->devices[i].app] == call->app)
            return &allegro->devices[i];
    return NULL;
}

/* False after having answered that it came too soon. */
static bool poll_in_time(struct allegro_call *call, struct allegro_device *device)
{
    int64_t since = call->now_ms - device->polled_ms;
    device->polled_ms = call->now_ms;
    device->polls++;
    if (since >= device->interval_ms) return true;
    allegro_violation(call, "device_interval", "polled after %lld ms, not %lld", (long long)since,
                      (long long)device->interval_ms);
    device->interval_ms += SLOW_DOWN_MS;
    allegro_auth_error(call, 400, "slow_down", "Too frequent polling");
    return false;
}

static void consent_by_itself(struct allegro_call *call, struct allegro_device *device)
{
    int64_t polls = call->allegro->settings.device_polls;
    if (device->consent != CONSENT_OPEN || polls <= 0 || device->polls < polls) return;
    device->seller = allegro_seller_find(call->allegro, call->app->client_id, NULL);
    if (device->seller) device->consent = CONSENT_GIVEN;
}

static void grant_device(struct allegro_call *call)
{
    char code[128];
    struct allegro_device *device =
        form_value(call, "device_code", code, sizeof(code)) ? find_device(call, code) : NULL;
    if (!device || device->consent == CONSENT_SPENT) {
        allegro_violation(call, "shape", "no such device_code, or spent");
        allegro_auth_error(call, 400, "invalid_grant", "Invalid device code");
        return;
    }
    if (device->expires_ms <= call->now_ms) {
        allegro_auth_error(call, 400, "expired_token", "Device code expired");
        return;
    }
    if (!poll_in_time(call, device)) return;
    consent_by_itself(call, device);
    if (device->consent == CONSENT_OPEN) {
        allegro_auth_error(call, 400, "authorization_pending",
                           "Waiting for the user to confirm the application");
        return;
    }
    if (device->consent == CONSENT_DENIED) {
        allegro_auth_error(call, 400, "access_denied", "The user has denied access");
        return;
    }
    call->seller = device->seller;
    if (!may_have_token(call, device->seller)) return;
    device->consent = CONSENT_SPENT;
    answer_pair(call, allegro_pair_make(call->allegro, device->seller, device->seller->app,
                                        device->scopes, MARKET_MAP_NONE, call->now_ms));
}

static void grant_client(struct allegro_call *call)
{
    size_t app = (size_t)(call->app - call->allegro->apps);
    answer_pair(call,
                allegro_pair_make(call->allegro, NULL, app, 0, MARKET_MAP_NONE, call->now_ms));
}

static void token(struct allegro_call *call)
{
    char grant[128];
    form_value(call, "grant_type", grant, sizeof(grant));
    if (strcmp(grant, "refresh_token") == 0)
        grant_refresh(call);
    else if (strcmp(grant, GRANT_DEVICE) == 0)
        grant_device(call);
    else if (strcmp(grant, "client_credentials") == 0)
        grant_client(call);
    else {
        allegro_violation(call, "shape", "grant_type %.60s", grant);
        allegro_auth_error(call, 400, "unsupported_grant_type", "Unsupported grant type");
    }
}

void allegro_oauth(struct allegro_call *call)
{
    const char *path = call->request->path;
    bool device = strcmp(path, "/auth/oauth/device") == 0;
    if (!device && strcmp(path, "/auth/oauth/token") != 0) {
        allegro_violation(call, "unknown_path", "%.100s", path);
        allegro_auth_error(call, 404, "not_found", "Not Found");
        return;
    }
    if (!check_form(call) || !check_client(call)) return;
    if (device)
        device_start(call);
    else
        token(call);
}
