/* shop.c - the simplest stockd plugin, as a tutorial. Copy it, rename it, keep what you need.
 *
 * It serves "Shop", a made-up marketplace with three calls:
 *   GET /warehouses                 {"warehouses": [{"id": "w1", "name": "Main", "open": true}]}
 *   GET /stock?warehouse=w1&page=1  {"stock": [{"id": "7", "sku": "A", "quantity": 5}],
 *                                    "more": false}
 *   POST /stock                     {"results": [{"ok": true}, {"ok": false, "error": "no id"}]}
 *
 * A plugin does no input or output. stockd calls it with what happened last (start, response,
 * timer); it looks, says what it learned through `call->host`, and returns the next step: SEND a
 * request, DONE, FAIL. Limits, retries, secrets and storage are stockd's. The manual is plugin.h.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stockd/plugin.h>

/* -- What an account in conf.d may say besides `plugin: shop`. The plugin never sees a secret. */
static const struct stockd_option options[] = {
    {.name = "address", .type = STOCKD_OPTION_STRING, .required = 1, .help = "Address of the API."},
    {.name = "api-key", .type = STOCKD_OPTION_STRING, .required = 1, .secret = 1, .help = "Key."}};

/* -- Where requests go. A request names one of these and a path. */
enum { ENDPOINT_API };
static const struct stockd_endpoint endpoints[] = {{.name = "api", .url_option = "address"}};

/* -- How the shop counts: 60 requests a minute; accounts with an equal address share them. */
enum { BUCKET_REQUESTS };
static const struct stockd_bucket buckets[] = {{.name = "requests",
                                                .kind = STOCKD_BUCKET_WINDOW,
                                                .amount = 60,
                                                .per_ms = 60000,
                                                .key_options = "address"}};

/* -- How stock is written: up to 100 items a request, confirmed by the answer itself. */
static const struct stockd_route routes[] = {
    {.name = "stock", .max_items = 100, .per_request = {{.bucket = BUCKET_REQUESTS, .amount = 1}}}};

/* Makes a request. The host copies it all at once, so locals are fine. The header names the secret;
 * stockd fills it in when the bytes leave. The charges of a write come from its route. */
static enum stockd_verdict send(const struct stockd_call *call, const char *path, const char *body)
{
    const struct stockd_header headers[] = {
        {.name = "Authorization", .secret = "api-key", .use = STOCKD_SECRET_BEARER},
        {.name = "Content-Type", .value = "application/json"}};
    struct stockd_request request = {.size = sizeof(request), .endpoint = ENDPOINT_API};
    request.method = body ? "POST" : "GET";
    request.flags = body ? STOCKD_REQUEST_WRITE : 0; /* its lost answer is unresolved, not failed */
    request.path = path;
    request.headers = headers;
    request.header_count = body ? 2 : 1;
    request.body = body;
    request.body_size = body ? strlen(body) : 0;
    if (!body) request.charges[0] = (struct stockd_charge){.bucket = BUCKET_REQUESTS, .amount = 1};
    call->host->request(call->ctx, &request);
    return STOCKD_SEND;
}

/* The array `name` of a 200 answer; free with json_decref(*root). NULL: return STOCKD_DEFAULT, and
 * stockd gives the answer its usual meaning (429, 5xx, nonsense: later; 401: the key is bad; ...).
 */
static json_t *answer_array(const struct stockd_call *call, const char *name, json_t **root)
{
    const struct stockd_response *r = call->response;
    if (r->transport != STOCKD_ARRIVED || r->status != 200) return NULL;
    *root = json_loadb(r->body, r->body_size, 0, NULL);
    json_t *array = json_object_get(*root, name);
    if (json_is_array(array)) return array;
    json_decref(*root);
    return NULL;
}

static const char *text(const json_t *row, const char *name)
{
    return json_string_value(json_object_get(row, name)); /* NULL where there is none */
}

/* -- list_warehouses: one request, one answer. */
static enum stockd_verdict list_warehouses(const struct stockd_call *call)
{
    if (call->event == STOCKD_START) return send(call, "/warehouses", NULL);
    json_t *root, *rows = answer_array(call, "warehouses", &root);
    if (!rows) return STOCKD_DEFAULT;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        struct stockd_warehouse warehouse = {.size = sizeof(warehouse)};
        warehouse.id = text(row, "id");
        warehouse.name = text(row, "name");
        warehouse.writable = json_is_true(json_object_get(row, "open"));
        if (warehouse.id)
            call->host->warehouse(call->ctx, &warehouse);
        else /* shown to the user, and nothing is concluded from what this answer lacks */
            call->host->malformed(call->ctx, "a warehouse without an id", NULL);
    }
    call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSES, NULL);
    json_decref(root);
    return STOCKD_DONE;
}

/* -- fetch_stock: page by page. What must be remembered between steps lives in scratch memory. */
static enum stockd_verdict next_page(const struct stockd_call *call)
{
    int *page = call->host->scratch(call->ctx, sizeof(*page)); /* zero at first */
    char id[3 * STOCKD_ID_MAX + 1] = "", path[sizeof(id) + 64];
    for (size_t i = 0; i < STOCKD_ID_MAX && call->start->warehouse_id[i]; i++)
        snprintf(id + 3 * i, 4, "%%%02X", (unsigned char)call->start->warehouse_id[i]);
    snprintf(path, sizeof(path), "/stock?warehouse=%s&page=%d", id, ++*page);
    return send(call, path, NULL);
}

static void emit_stock(const struct stockd_call *call, const json_t *row)
{
    const json_t *quantity = json_object_get(row, "quantity");
    const struct stockd_key key = {.kind = "sku", .value = text(row, "sku")};
    struct stockd_listing listing = {.size = sizeof(listing), .keys = &key, .key_count = 1};
    struct stockd_stock stock =
        STOCKD_STOCK_ROW; /* all figures unknown: what is unknown is not 0 */
    listing.id = stock.listing_id = text(row, "id");
    stock.warehouse_id = call->start->warehouse_id;
    stock.quantity = json_integer_value(quantity);
    if (stock.listing_id && key.value && json_is_integer(quantity) && stock.quantity >= 0) {
        call->host->listing(call->ctx, &listing); /* any operation may emit any row */
        call->host->stock(call->ctx, &stock);
    } else {
        call->host->malformed(call->ctx, "no id, sku or quantity", stock.warehouse_id);
    }
}

static enum stockd_verdict fetch_stock(const struct stockd_call *call)
{
    if (call->event == STOCKD_START) return next_page(call);
    json_t *root, *rows = answer_array(call, "stock", &root);
    if (!rows) return STOCKD_DEFAULT;
    for (size_t i = 0; i < json_array_size(rows); i++)
        emit_stock(call, json_array_get(rows, i));
    int more = json_is_true(json_object_get(root, "more"));
    json_decref(root);
    if (more) return next_page(call);
    call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSE, call->start->warehouse_id);
    return STOCKD_DONE;
}

/* -- push_stock: the items of one batch, and an outcome for each. */
static enum stockd_verdict push(const struct stockd_call *call)
{
    json_t *items = json_array();
    for (uint32_t i = 0; i < call->start->item_count; i++) {
        const struct stockd_item *item = &call->start->items[i];
        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:I}", "warehouse", item->warehouse_id, "id",
                                        item->listing_id, "quantity", (json_int_t)item->wanted));
    }
    char *body = json_dumps(items, JSON_COMPACT);
    enum stockd_verdict verdict = send(call, "/stock", body);
    free(body);
    json_decref(items);
    return verdict;
}

static enum stockd_verdict push_stock(const struct stockd_call *call)
{
    if (call->event == STOCKD_START) return push(call);
    json_t *root, *results = answer_array(call, "results", &root);
    if (!results) return STOCKD_DEFAULT;
    for (size_t i = 0; i < json_array_size(results) && i < call->start->item_count; i++) {
        const json_t *result = json_array_get(results, i);
        int ok = json_is_true(json_object_get(result, "ok"));
        struct stockd_outcome outcome = STOCKD_OUTCOME(ok ? STOCKD_OK : STOCKD_REJECTED);
        outcome.code = ok ? NULL : "refused";
        outcome.text = text(result, "error");
        call->host->outcome(call->ctx, (uint32_t)i, &outcome);
    }
    json_decref(root);
    return STOCKD_DONE; /* items without an outcome are unresolved: stockd reads them back */
}

/* -- All of it, under the one name that stockd looks for. The id is the file's name: shop.so. */
STOCKD_EXPORT extern const struct stockd_plugin stockd_plugin;
const struct stockd_plugin stockd_plugin = {
    STOCKD_PLUGIN_HEAD,
    .id = "shop",
    .version = "1.0",
    .title = "Shop (the template of a plugin)",
    .flags = STOCKD_STOCK_BY_WAREHOUSE, /* fetch_stock is given one warehouse at a time */
    STOCKD_TABLE(option, options),
    STOCKD_TABLE(endpoint, endpoints),
    STOCKD_TABLE(bucket, buckets),
    STOCKD_TABLE(route, routes),
    .operations = {list_warehouses, fetch_stock, push_stock}, /* in this order; more are optional */
};
