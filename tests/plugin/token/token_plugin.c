/* The plugin of the token shop: a login by code, renewals, and one product. */
#include "token_shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASKED_DEVICE = 1, ASKED_PAIR = 2 };
enum { PAGES, WRITES }; /* of the buckets */

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
    long long life, grace;
    if (sscanf(call->response->body, "%39s %39s %lld %lld", access, refresh, &life, &grace) != 4)
        return STOCKD_DEFAULT;
    const struct stockd_token token = {.size = sizeof token,
                                       .name = "pair",
                                       .value = access,
                                       .refresh = refresh,
                                       .expires_ms = call->response->received_ms + life,

                                       .grace_ms = grace};
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

static enum stockd_verdict ask_charged(const struct stockd_call *call, const char *path,
                                       const char *body, struct stockd_charge charge)
{
    const struct stockd_header header = {
        .name = "Authorization", .secret = "pair", .use = STOCKD_SECRET_BEARER};
    const struct stockd_request request = {.size = sizeof request,
                                           .flags = body ? STOCKD_REQUEST_WRITE : 0,
                                           .method = body ? "POST" : "GET",
                                           .path = path,
                                           .headers = &header,
                                           .header_count = 1,
                                           .body = body,
                                           .body_size = body ? strlen(body) : 0,
                                           .charges = {charge}};
    call->host->request(call->ctx, &request);
    return STOCKD_SEND;
}

static enum stockd_verdict ask_with_token(const struct stockd_call *call, const char *path,
                                          const char *body)
{
    return ask_charged(call, path, body, (struct stockd_charge){.amount = 0});
}

static bool answered_well(const struct stockd_call *call)
{
    return call->response->transport == STOCKD_ARRIVED && call->response->status == 200;
}

static enum stockd_verdict list_warehouses(const struct stockd_call *call)
{
    if (call->event == STOCKD_START) return ask_with_token(call, "/warehouses", NULL);
    if (call->response->transport == STOCKD_ARRIVED && call->response->status == 501) {
        call->host->fail(call->ctx, STOCKD_FAIL_UNSUPPORTED, "no-list", call->response->body);
        return STOCKD_FAIL;
    }
    if (!answered_well(call)) return STOCKD_DEFAULT;
    static const char closed[] = "closed until ";
    struct stockd_warehouse row = {
        .size = sizeof row, .writable = 1, .id = "default", .name = "Shop"};
    if (strncmp(call->response->body, closed, strlen(closed)) == 0) {
        row.writable = 0;
        row.closed_until_ms = atoll(call->response->body + strlen(closed));
        row.why = "the shop is closed";
    }
    call->host->warehouse(call->ctx, &row);
    call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSES, NULL);
    return STOCKD_DONE;
}

static void tell_figure(const struct stockd_call *call)
{
    struct stockd_stock row = STOCKD_STOCK_ROW;
    row.warehouse_id = "default";
    row.listing_id = "1";
    row.type = "own";
    row.quantity = atoll(call->response->body);
    call->host->stock(call->ctx, &row);
}

/* ---- the listings, page by page; where it is, is kept with each */

static long long place_of(const struct stockd_call *call)
{
    size_t size;
    long long reading = 0, page = 0;
    char text[60] = "";
    const void *kept = call->host->state_get(call->ctx, "listings-place", &size);
    if (kept && size < sizeof text) memcpy(text, kept, size);
    bool known = sscanf(text, "%lld %lld", &reading, &page) == 2;
    return known && reading == call->start->reading_ms ? page : 0;
}

static void keep_place(const struct stockd_call *call, long long page)
{
    char text[60];
    int size =
        page ? snprintf(text, sizeof text, "%lld %lld", (long long)call->start->reading_ms, page)
             : 0;
    if (call->start->reading_ms)
        call->host->state_put(call->ctx, "listings-place", text, (size_t)size);
}

static enum stockd_verdict ask_page(const struct stockd_call *call, long long page)
{
    char path[60];
    snprintf(path, sizeof path, "/listings?page=%lld", page);
    return ask_with_token(call, path, NULL);
}

static void tell_listing(const struct stockd_call *call, long long page)
{
    char id[24];
    const struct stockd_key key = {"sku", "SKU-000001"};
    snprintf(id, sizeof id, "%lld", page + 1);
    const struct stockd_listing row = {
        .size = sizeof row, .id = id, .keys = &key, .key_count = page == 0, .title = "The one"};
    call->host->listing(call->ctx, &row);
    if (page == 0) tell_figure(call);
}

static enum stockd_verdict fetch_listings(const struct stockd_call *call)
{
    long long *page = call->host->scratch(call->ctx, sizeof *page);
    if (call->event == STOCKD_START) {
        *page = place_of(call);
        call->host->progress(call->ctx, *page, 0);
        return ask_page(call, *page);
    }
    if (!answered_well(call)) return STOCKD_DEFAULT;
    if (!strstr(call->response->body, "empty")) tell_listing(call, *page);
    bool more = strstr(call->response->body, "more");
    keep_place(call, more ? *page + 1 : 0);
    if (more) return ask_page(call, ++*page);
    if (strstr(call->response->body, "unchanged")) {
        call->host->complete(call->ctx, STOCKD_SCOPE_ITEMS, NULL);
        return STOCKD_DONE;
    }
    call->host->complete(call->ctx, STOCKD_SCOPE_LISTINGS, NULL);
    call->host->complete(call->ctx, STOCKD_SCOPE_ALL_STOCK, NULL);
    return STOCKD_DONE;
}

/* ---- orders: a line for each page, cancelled before anybody knew of it */

/* Kept with the era it is of. */
static long long orders_place(const struct stockd_call *call)
{
    size_t size;
    char text[60] = "";
    long long era = 0, page = 0;
    const void *kept = call->host->state_get(call->ctx, "orders-place", &size);
    if (kept && size < sizeof text) memcpy(text, kept, size);
    bool known = sscanf(text, "%lld %lld", &era, &page) == 2;
    return known && era == call->start->reading_ms ? page : 0;
}

/* `answer`: the page before. */
static enum stockd_verdict ask_orders(const struct stockd_call *call, long long page,
                                      const char *answer)
{
    const struct stockd_charge charge = {.bucket = strstr(answer, "dearly") ? WRITES : PAGES,
                                         .amount = strstr(answer, "ly") ? 1 : 0};
    char path[60];
    bool sweep = call->start->orders_mode == STOCKD_ORDERS_SWEEP;
    snprintf(path, sizeof path, "/orders?page=%lld%s", page, sweep ? "&sweep" : "");
    return ask_charged(call, path, NULL, charge);
}

static void tell_order(const struct stockd_call *call, long long page)
{
    char key[24];
    const struct stockd_key ref = {"listing", "1"};
    snprintf(key, sizeof key, "order-%lld", page);
    const struct stockd_order_line line = {.size = sizeof line,
                                           .state = STOCKD_ORDER_CANCELLED,
                                           .key = key,
                                           .order_id = key,
                                           .refs = &ref,
                                           .ref_count = 1,
                                           .quantity = 1,
                                           .warehouse_id = "default"};
    call->host->order_line(call->ctx, &line);
}

static enum stockd_verdict fetch_orders(const struct stockd_call *call)
{
    struct {
        long long page;
        int64_t started_ms;
        bool lost;
    } *drain = call->host->scratch(call->ctx, sizeof *drain);
    if (call->event == STOCKD_START) {
        drain->page = orders_place(call);
        drain->started_ms = call->now_ms;
        return ask_orders(call, drain->page, "");
    }
    if (!answered_well(call)) return STOCKD_DEFAULT;
    bool more = strstr(call->response->body, "more");
    char text[60] = "";
    if (strstr(call->response->body, "null")) {
        call->host->malformed(call->ctx, "an order that is none", NULL);
        drain->lost = true;
    }
    if (more) tell_order(call, drain->page);
    if (more)
        snprintf(text, sizeof text, "%lld %lld", (long long)call->start->reading_ms, ++drain->page);
    call->host->state_put(call->ctx, "orders-place", text, strlen(text));
    if (more) return ask_orders(call, drain->page, call->response->body);
    if (!drain->lost) call->host->drained_until(call->ctx, drain->started_ms);
    return STOCKD_DONE;
}

static enum stockd_verdict fetch_stock(const struct stockd_call *call)
{
    if (call->event == STOCKD_START) return ask_with_token(call, "/figure", NULL);
    if (!answered_well(call)) return STOCKD_DEFAULT;
    tell_figure(call);
    call->host->complete(
        call->ctx, call->start->item_count ? STOCKD_SCOPE_ITEMS : STOCKD_SCOPE_ALL_STOCK, NULL);
    return STOCKD_DONE;
}

static enum stockd_verdict push_stock(const struct stockd_call *call)
{
    char body[24];
    snprintf(body, sizeof body, "%lld", (long long)call->start->items[0].wanted);
    bool *reads = call->host->scratch(call->ctx, sizeof *reads);
    if (call->event == STOCKD_START) return ask_with_token(call, "/stock", body);
    if (call->response->transport == STOCKD_ARRIVED && call->response->status == 428) {
        *reads = true;
        return ask_with_token(call, "/figure", NULL);
    }
    if (call->response->transport == STOCKD_ARRIVED && call->response->status == 425) {
        call->host->fail(call->ctx, STOCKD_FAIL_RETRY, "early", call->response->body);
        return STOCKD_FAIL;
    }
    if (!answered_well(call)) return STOCKD_DEFAULT;
    if (*reads) {
        *reads = false;
        return ask_with_token(call, "/stock", body);
    }
    const struct stockd_outcome outcome = STOCKD_OUTCOME(STOCKD_OK);
    call->host->outcome(call->ctx, 0, &outcome);
    return STOCKD_DONE;
}

static const struct stockd_endpoint endpoints[] = {
    {.name = "api", .base_url = "https://shop.example"}};
static const struct stockd_bucket buckets[] = {
    [PAGES] = {.name = "pages", .kind = STOCKD_BUCKET_WINDOW, .amount = 1, .per_ms = SHOP_PAGE_MS},
    [WRITES] = {
        .name = "writes", .kind = STOCKD_BUCKET_WINDOW, .amount = 1, .per_ms = SHOP_WRITE_MS}};
static const struct stockd_route routes[] = {
    {.name = "all", .max_items = 1, .per_request = {{.bucket = WRITES, .amount = 1}}}};

#ifdef TOKEN_PLUGIN_FILE
STOCKD_EXPORT extern const struct stockd_plugin stockd_plugin;
#define token_shop_plugin stockd_plugin
#endif

const struct stockd_plugin token_shop_plugin = {
    STOCKD_PLUGIN_HEAD,
    .flags = STOCKD_LISTINGS_CARRY_STOCK | STOCKD_READINGS_GO_ON,
    .id = "token-shop",
    .version = "1",
    .title = "Token shop",
    STOCKD_TABLE(endpoint, endpoints),
    STOCKD_TABLE(bucket, buckets),
    STOCKD_TABLE(route, routes),
    .operations = {[STOCKD_LIST_WAREHOUSES] = list_warehouses,
                   [STOCKD_FETCH_STOCK] = fetch_stock,
                   [STOCKD_PUSH_STOCK] = push_stock,
                   [STOCKD_FETCH_LISTINGS] = fetch_listings,
                   [STOCKD_FETCH_ORDERS] = fetch_orders,
                   [STOCKD_AUTHORIZE] = authorize},
};
