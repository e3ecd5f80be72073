/* The shop and its plugin. */
#include "token_shop.h"

#include <stdio.h>
#include <string.h>

/* ---- the shop */

static struct shop_answer say(int status, const char *body)
{
    struct shop_answer answer = {.status = status};
    snprintf(answer.body, sizeof answer.body, "%s", body);
    return answer;
}

static struct shop_answer give_pair(struct token_shop *s, int64_t now_ms)
{
    struct shop_answer answer = {.status = 200};
    s->pairs++;
    snprintf(s->access, sizeof s->access, "access-%llu", (unsigned long long)s->pairs);
    snprintf(s->refresh, sizeof s->refresh, "refresh-%llu", (unsigned long long)s->pairs);
    s->expires_ms = now_ms + SHOP_LIFE_MS;
    snprintf(answer.body, sizeof answer.body, "%s %s", s->access, s->refresh);
    return answer;
}

static struct shop_answer renew(struct token_shop *s, int64_t now_ms, const char *refresh)
{
    s->renewals++;
    if (!s->forget && s->pairs && strcmp(refresh, s->refresh) == 0) {
        memcpy(s->used, s->refresh, sizeof s->used);
        s->used_ms = now_ms;
        return give_pair(s, now_ms);
    }
    /* A repeat gives another pair; the one nobody stored is worth nothing any more. */
    if (!s->forget && s->used[0] && strcmp(refresh, s->used) == 0 &&
        now_ms - s->used_ms <= SHOP_GRACE_MS)
        return give_pair(s, now_ms);
    s->refusals++;
    return say(400, "invalid_grant");
}

struct shop_answer token_shop_serve(struct token_shop *s, int64_t now_ms, const char *path,
                                    const char *bearer, const char *body)
{
    char want[60];
    if (strcmp(path, "/device") == 0) {
        s->pending = SHOP_PENDING;
        return say(200, "ABCD-1234");
    }
    if (strcmp(path, "/token") == 0 && strncmp(body, "device", 6) == 0) {
        if (s->deny_login) return say(403, "denied");
        return s->pending-- > 0 ? say(202, "pending") : give_pair(s, now_ms);
    }
    if (strcmp(path, "/token") == 0) return renew(s, now_ms, body + strlen("refresh_token="));
    snprintf(want, sizeof want, "Bearer %s", s->access);
    if (!s->pairs || !bearer || strcmp(bearer, want) != 0 || now_ms >= s->expires_ms) {
        s->denied++;
        return say(401, "who are you?");
    }
    s->reads++;
    return say(200, "one");
}

/* ---- the plugin */

enum { ASKED_DEVICE = 1, ASKED_PAIR = 2 };

static enum stockd_verdict ask(const struct stockd_call *call, const char *path, const char *body,
                               uint32_t flags)
{
    const struct stockd_request request = {.size = sizeof request,
                                           .flags = flags,
                                           .method = "POST",
                                           .path = path,
                                           .body = body,
                                           .body_size = strlen(body)};
    call->host->request(call->ctx, &request);
    return STOCKD_SEND;
}

static enum stockd_verdict take_pair(const struct stockd_call *call)
{
    char access[40], refresh[40];
    if (sscanf(call->response->body, "%39s %39s", access, refresh) != 2) return STOCKD_DEFAULT;
    const struct stockd_token token = {.size = sizeof token,
                                       .name = "pair",
                                       .value = access,
                                       .refresh = refresh,
                                       .expires_ms = call->response->received_ms + SHOP_LIFE_MS,
                                       .grace_ms = SHOP_GRACE_MS};
    call->host->token(call->ctx, &token);
    return STOCKD_DONE;
}

static enum stockd_verdict renewal(const struct stockd_call *call)
{
    if (call->event == STOCKD_START) {
        call->host->token_renewing(call->ctx, "pair");
        return ask(call, "/token", "refresh_token={refresh:pair}", STOCKD_REQUEST_FILL_FORM);
    }
    if (call->response->transport != STOCKD_ARRIVED) return STOCKD_DEFAULT;
    if (call->response->status == 200) return take_pair(call);
    if (call->response->status != 400) return STOCKD_DEFAULT;
    call->host->fail(call->ctx, STOCKD_FAIL_AUTH, "invalid-grant", call->response->body);
    return STOCKD_FAIL;
}

static enum stockd_verdict login(const struct stockd_call *call)
{
    int *phase = call->host->scratch(call->ctx, sizeof *phase);
    bool arrived = call->event == STOCKD_RESPONSE && call->response->transport == STOCKD_ARRIVED;
    if (call->event == STOCKD_START) {
        *phase = ASKED_DEVICE;
        return ask(call, "/device", "", 0);
    }
    if (call->event == STOCKD_TIMER) {
        *phase = ASKED_PAIR;
        return ask(call, "/token", "device", 0);
    }
    if (arrived && *phase == ASKED_DEVICE) {
        const struct stockd_prompt prompt = {.size = sizeof prompt,
                                             .text = "Open the address and type the code.",
                                             .url = "https://shop.example/device",
                                             .code = call->response->body,
                                             .expires_ms = call->now_ms + 600000};
        call->host->prompt(call->ctx, &prompt);
    }
    if (arrived && *phase == ASKED_PAIR && call->response->status == 200) return take_pair(call);
    if (arrived && call->response->status == 403) {
        call->host->fail(call->ctx, STOCKD_FAIL_AUTH, "denied", "the person said no");
        return STOCKD_FAIL;
    }
    call->host->wait(call->ctx, 1000);
    return STOCKD_WAIT;
}

static enum stockd_verdict authorize(const struct stockd_call *call)
{
    return call->start->authorize_mode == STOCKD_AUTHORIZE_LOGIN ? login(call) : renewal(call);
}

static enum stockd_verdict list_warehouses(const struct stockd_call *call)
{
    if (call->event == STOCKD_START) {
        const struct stockd_header header = {
            .name = "Authorization", .secret = "pair", .use = STOCKD_SECRET_BEARER};
        const struct stockd_request request = {.size = sizeof request,
                                               .method = "GET",
                                               .path = "/warehouses",
                                               .headers = &header,
                                               .header_count = 1};
        call->host->request(call->ctx, &request);
        return STOCKD_SEND;
    }
    if (call->response->transport != STOCKD_ARRIVED || call->response->status != 200)
        return STOCKD_DEFAULT;
    const struct stockd_warehouse row = {
        .size = sizeof row, .writable = 1, .id = "default", .name = "Shop"};
    call->host->warehouse(call->ctx, &row);
    call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSES, NULL);
    return STOCKD_DONE;
}

static enum stockd_verdict nothing(const struct stockd_call *call)
{
    (void)call;
    return STOCKD_DONE;
}

static const struct stockd_endpoint endpoints[] = {
    {.name = "api", .base_url = "https://shop.example"}};
static const struct stockd_route routes[] = {{.name = "all", .max_items = 10}};

const struct stockd_plugin token_shop_plugin = {
    STOCKD_PLUGIN_HEAD,
    .flags = STOCKD_STOCK_NEEDS_IDS,
    .id = "token-shop",
    .version = "1",
    .title = "Token shop",
    STOCKD_TABLE(endpoint, endpoints),
    STOCKD_TABLE(route, routes),
    .operations = {[STOCKD_LIST_WAREHOUSES] = list_warehouses,
                   [STOCKD_FETCH_STOCK] = nothing,
                   [STOCKD_PUSH_STOCK] = nothing,
                   [STOCKD_AUTHORIZE] = authorize},
};
