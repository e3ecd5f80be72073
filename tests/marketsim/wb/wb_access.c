/* Who asks: the token of a request, and what it may do. */
#include "marketsim/wb/wb_state.h"

#include <string.h>

static const unsigned categories[WB_HOSTS] = {
    [WB_HOST_CONTENT] = WB_CAN_CONTENT,       [WB_HOST_MARKETPLACE] = WB_CAN_MARKETPLACE,
    [WB_HOST_STATISTICS] = WB_CAN_STATISTICS, [WB_HOST_ANALYTICS] = WB_CAN_ANALYTICS,
    [WB_HOST_ADVERT] = WB_CAN_ADVERT,         [WB_HOST_PRICES] = WB_CAN_PRICES,
};

/* The header holds the token, or "Bearer " and the token. */
static const char *read_token(const struct wb_call *call)
{
    const char *text = market_request_header(call->request, "Authorization");
    if (text && strncmp(text, "Bearer ", 7) == 0) text += 7;
    return text && *text ? text : NULL;
}

void wb_access_identify(struct wb_call *call)
{
    const char *text = read_token(call);
    for (size_t i = 0; text && i < call->wb->seller_count; i++)
        for (size_t j = 0; j < call->wb->sellers[i]->token_count; j++)
            if (strcmp(call->wb->sellers[i]->tokens[j]->text, text) == 0) {
                call->seller = call->wb->sellers[i];
                call->token = call->seller->tokens[j];
            }
}

static bool unauthorized(struct wb_call *call, const char *detail)
{
    wb_violation(call, "access", "%.60s: %s", call->request->path, detail);
    wb_problem(call, 401, "unauthorized", detail);
    return false;
}

static bool forbidden(struct wb_call *call, int status, const char *title, const char *detail)
{
    wb_violation(call, "access", "%.60s: %s", call->request->path, detail);
    switch (call->wb->settings.refusal) {
    case WB_REFUSE_PROBLEM: wb_problem(call, status, title, detail); break;
    case WB_REFUSE_DENIED: wb_error(call, 403, "AccessDenied", "Доступ запрещён"); break;
    case WB_REFUSE_PATH:
        wb_problem(call, 404, "path not found", "Please consult the documentation");
        break;
    }
    return false;
}

bool wb_access_check(struct wb_call *call)
{
    const struct wb_token *token = call->token;
    const char *text = read_token(call);
    if (!text) return unauthorized(call, "empty Authorization header");
    if (!token) {
        const char *dot = strchr(text, '.');
        return unauthorized(call, dot && strchr(dot + 1, '.')
                                      ? "token problem; signature is invalid"
                                      : "token problem; token is malformed: token contains an "
                                        "invalid number of segments");
    }
    if (token->revoked) return unauthorized(call, "token problem; token is withdrawn");
    if (token->expires_ms <= call->now_ms)
        return unauthorized(call, "token expired; Manage tokens at "
                                  "https://seller.wildberries.ru/supplier-settings/access-to-api");
    if (token->sandbox) return unauthorized(call, "token problem; test token is not allowed here");
    unsigned needed = categories[call->host];
    if ((token->s & needed) != needed)
        return forbidden(call, 401, "unauthorized", "token scope not allowed");
    if (call->route->write && token->s & WB_READ_ONLY)
        return forbidden(call, 403, "forbidden", "read-only token scope not allowed");
    return true;
}
