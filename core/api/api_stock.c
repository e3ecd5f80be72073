/* Stock: /v1/stock. */
#include "api/api_history.h"
#include "api/api_target.h"
#include "query/history.h"

#include <string.h>

static json_t *figures(const struct stock_record *stock, bool counted)
{
    if (!counted) return json_pack("{s:n, s:n, s:n}", "on_hand", "reserved", "available");
    return json_pack("{s:I, s:I, s:I}", "on_hand", (json_int_t)stock->on_hand, "reserved",
                     (json_int_t)stock->reserved, "available",
                     (json_int_t)(stock->on_hand - stock->reserved));
}

/* ---- reading */

enum { STOCK_TARGETS_MAX = 1000 }; /* shown with the stock; /v1/targets has all */

struct adding {
    const char *only;
    json_t *list;
};

static bool add_pair(void *ctx, const struct query_stock *row)
{
    struct adding *adding = ctx;
    if (adding->only && strcmp(adding->only, row->warehouse->key) != 0) return true;
    json_t *pair = figures(&row->stock, row->counted);
    json_object_set_new(pair, "warehouse", api_text(bytes_text(row->warehouse->key)));
    json_object_set_new(pair, "changed", api_time(row->counted ? row->stock.changed_ms : 0));
    json_object_set_new(pair, "sequence",
                        row->counted ? json_integer((json_int_t)row->stock.revision) : json_null());
    json_array_append_new(adding->list, pair);
    return true;
}

static enum status check_warehouse(struct query *query, const char *key)
{
    if (!key || directory_warehouse_by_key(query->directory, bytes_text(key))) return ST_OK;
    return api_no_warehouse(bytes_text(key), query->error);
}

static enum status query_one(struct api_read *read, struct query *query)
{
    struct query_product product;
    struct adding adding = {read->texts[0], json_array()};
    json_t *targets = json_array();
    struct query_page page = {.limit = STOCK_TARGETS_MAX};
    const struct query_targets filter = {.sku = read->names[0], .state = -1};
    enum status status = query_product(query, read->names[0], &product);
    json_t *name = status == ST_OK ? api_text_or_null(product.product.name) : json_null();
    if (status == ST_OK) status = check_warehouse(query, read->texts[0]);
    const char *at = read->texts[1];
    if (status == ST_OK && at)
        status = query_stock_at(query, read->names[0], clock_parse(at), add_pair, &adding);
    else if (status == ST_OK)
        status = query_stock(query, read->names[0], NULL, add_pair, &adding);
    if (status == ST_OK && !at) status = api_targets_page(read, query, &filter, &page, targets);
    read->json = json_pack("{s:o, s:o, s:o, s:o}", "sku", api_text(read->names[0]), "name", name,
                           "stock", adding.list, "targets", targets);
    return status;
}

/* Of one figure: what If-Match takes. */
static void add_etag(struct api_read *read)
{
    const json_t *pair = json_array_get(json_object_get(read->json, "stock"), 0);
    if (read->texts[0] && !read->texts[1])
        api_answer_etag(read->exchange,
                        (uint64_t)json_integer_value(json_object_get(pair, "sequence")));
}

static void get_stock(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"warehouse", "at", NULL};
    if (api_time_refused(exchange, "at")) return;
    struct api_read *read = api_read_named(exchange, query_one, parameters);
    read->finish = add_etag;
    api_read_start(read);
}

/* ---- what happened */

static bool add_entry(void *ctx, const struct query_ledger *row)
{
    const struct ledger_record *e = &row->entry;
    const struct stock_record before = {.on_hand = e->on_hand_before,
                                        .reserved = e->reserved_before};
    const struct stock_record after = {.on_hand = e->on_hand_after, .reserved = e->reserved_after};
    json_array_append_new(
        ctx, json_pack("{s:o, s:o, s:I, s:s, s:o, s:o, s:o, s:o}", "time", api_time(e->time_ms),
                       "warehouse", api_cstr_or_null(row->warehouse ? row->warehouse->key : NULL),
                       "sequence", (json_int_t)row->sequence, "cause",
                       cause_name((enum cause)e->cause), "actor", api_text_or_null(row->actor),
                       "job", row->group ? json_integer((json_int_t)row->group) : json_null(),
                       "before", figures(&before, !e->first), "after", figures(&after, true)));
    return true;
}

static enum status query_entries(struct api_read *read, struct query *query)
{
    struct query_page page = api_query_page(&read->page);
    json_t *items = json_array();
    const char *warehouse = read->texts[0];
    enum status status = query_ledger(query, read->names[0], bytes_text(warehouse ? warehouse : ""),
                                      &page, add_entry, items);
    read->json = api_page_of(items, &page);
    return status;
}

static void get_history(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"warehouse", NULL};
    api_read_list(exchange, query_entries, parameters);
}

/* ---- changing */

struct matching {
    struct bytes warehouse;
    uint64_t revision;
};

static bool match_pair(void *ctx, const struct query_stock *row)
{
    struct matching *m = ctx;
    if (bytes_equal(bytes_text(row->warehouse->key), m->warehouse) && row->counted)
        m->revision = row->stock.revision;
    return true;
}

static enum status check_pair(struct api_change *change, struct store_txn *txn, struct error *error)
{
    struct query query;
    struct matching m = {change->names[1], 0};
    if (!change->match) return ST_OK;
    enum status status = query_open(&query, txn, error);
    if (status != ST_OK) return status;
    status = query_stock(&query, change->names[0], NULL, match_pair, &m);
    query_close(&query);
    return status == ST_OK ? api_change_match(change, m.revision, "the figure", error) : status;
}

static void answer_pair(struct api_change *change)
{
    const struct command_result *r = &change->result;
    api_answer_etag(change->exchange, r->after.revision);
    bool counted = r->before.revision != 0;
    http_answer_json(change->exchange, 200,
                     json_pack("{s:o, s:o, s:o, s:b, s:o, s:o}", "sku",
                               api_text(http_path(change->exchange, "sku")), "warehouse",
                               api_text(http_path(change->exchange, "warehouse")), "sequence",
                               json_integer((json_int_t)r->after.revision), "changed", r->changed,
                               "before", figures(&r->before, counted), "after",
                               figures(&r->after, r->after.revision != 0)));
}

/* The cause a person may give; 0: answered. */
static enum cause body_cause(struct http_exchange *exchange, const json_t *body)
{
    const json_t *value = json_object_get(body, "cause");
    if (!value) return CAUSE_COUNT;
    enum cause cause = cause_parse(json_string_value(value));
    if (cause == CAUSE_COUNT || cause == CAUSE_SALE || cause == CAUSE_RECEIPT ||
        cause == CAUSE_WRITE_OFF)
        return cause;
    http_answer_problem(exchange, 400, "invalid",
                        "member 'cause' is count, sale, receipt or write-off, not '%.40s'",
                        json_string_value(value));
    return 0;
}

static enum figure_kind body_kind(struct http_exchange *exchange, const json_t *body)
{
    const char *kind = json_string_value(json_object_get(body, "kind"));
    if (strcmp(kind, "on-hand") == 0) return FIGURE_ON_HAND;
    if (strcmp(kind, "available") == 0) return FIGURE_AVAILABLE;
    http_answer_problem(exchange, 400, "invalid",
                        "member 'kind' is on-hand or available, not '%.40s'", kind);
    return 0;
}

static void put_stock(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"quantity", API_INTEGER, true},
                                                {"kind", API_TEXT, true},
                                                {"cause", API_TEXT, false},
                                                {"if_figure", API_INTEGER_OR_NULL, false}};
    json_t *body = api_body(exchange, members, 4, false);
    if (!body) return;
    struct stock_set set = {.sku = http_path(exchange, "sku"),
                            .warehouse = http_path(exchange, "warehouse"),
                            .quantity = json_integer_value(json_object_get(body, "quantity"))};
    const json_t *condition = json_object_get(body, "if_figure");
    set.conditional = condition != NULL;
    set.expected = json_is_integer(condition) ? json_integer_value(condition) : FIGURE_UNKNOWN;
    set.kind = body_kind(exchange, body);
    set.cause = set.kind ? body_cause(exchange, body) : 0;
    if (!set.cause) {
        json_decref(body);
        return;
    }
    struct api_change *change = api_change_new(exchange, COMMAND_STOCK_SET, body, answer_pair);
    change->check = check_pair;
    command_stock_set(&change->payload, &set);
    api_change_submit(change);
}

static void adjust_stock(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"by", API_INTEGER, true},
                                                {"cause", API_TEXT, false}};
    json_t *body = api_body(exchange, members, 2, false);
    if (!body) return;
    const struct stock_adjust adjust = {.sku = http_path(exchange, "sku"),
                                        .warehouse = http_path(exchange, "warehouse"),
                                        .by = json_integer_value(json_object_get(body, "by")),
                                        .cause = body_cause(exchange, body)};
    if (!adjust.cause) {
        json_decref(body);
        return;
    }
    struct api_change *change = api_change_new(exchange, COMMAND_STOCK_ADJUST, body, answer_pair);
    change->check = check_pair;
    command_stock_adjust(&change->payload, &adjust);
    api_change_submit(change);
}

/* Where `store verify` found that the two differ. */
static void repair_stock(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"keep", API_TEXT, true}};
    json_t *body = api_body(exchange, members, 1, false);
    if (!body) return;
    const char *keep = json_string_value(json_object_get(body, "keep"));
    bool figure = strcmp(keep, "figure") == 0, ledger = strcmp(keep, "ledger") == 0;
    if (!figure && !ledger) {
        http_answer_problem(exchange, 400, "invalid",
                            "member 'keep' is figure or ledger, not '%.40s'", keep);
        json_decref(body);
        return;
    }
    struct api_change *change = api_change_new(exchange, COMMAND_STOCK_REPAIR, body, answer_pair);
    command_stock_repair(&change->payload, http_path(exchange, "sku"),
                         http_path(exchange, "warehouse"),
                         figure ? STOCK_KEEP_FIGURE : STOCK_KEEP_LEDGER);
    api_change_submit(change);
}

static void answer_transfer(struct api_change *change)
{
    const struct command_result *r = &change->result;
    json_t *from = figures(&r->after, true), *to = figures(&r->to_after, true);
    json_object_set_new(from, "warehouse", api_text(api_body_text(change->body, "from")));
    json_object_set_new(to, "warehouse", api_text(api_body_text(change->body, "to")));
    http_answer_json(change->exchange, 200,
                     json_pack("{s:o, s:I, s:O, s:o, s:o}", "sku",
                               api_text(http_path(change->exchange, "sku")), "sequence",
                               (json_int_t)r->sequence, "quantity",
                               json_object_get(change->body, "quantity"), "from", from, "to", to));
}

static void transfer_stock(struct http_exchange *exchange)
{
    static const struct api_member members[] = {
        {"from", API_TEXT, true}, {"to", API_TEXT, true}, {"quantity", API_INTEGER, true}};
    json_t *body = api_body(exchange, members, 3, false);
    if (!body) return;
    const struct stock_transfer transfer = {
        .sku = http_path(exchange, "sku"),
        .from = api_body_text(body, "from"),
        .to = api_body_text(body, "to"),
        .quantity = json_integer_value(json_object_get(body, "quantity"))};
    struct api_change *change =
        api_change_new(exchange, COMMAND_STOCK_TRANSFER, body, answer_transfer);
    command_stock_transfer(&change->payload, &transfer);
    api_change_submit(change);
}

const struct http_route api_stock_routes[] = {
    {.method = "GET",
     .pattern = "/v1/stock/{sku}",
     .scope = HTTP_SCOPE_READ,
     .handle = get_stock,
     .summary = "what is there of a product, and where it is shown",
     .query = "warehouse at"},
    {.method = "GET",
     .pattern = "/v1/stock/{sku}/history",
     .scope = HTTP_SCOPE_READ,
     .handle = get_history,
     .summary = "what happened to a product, the newest first",
     .query = "warehouse limit cursor"},
    {.method = "PUT",
     .pattern = "/v1/stock/{sku}/{warehouse}",
     .flags = HTTP_KEYED | HTTP_MATCHED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = put_stock,
     .summary = "sets a figure",
     .accept = "application/json"},
    {.method = "POST",
     .pattern = "/v1/stock/{sku}/{warehouse}/adjust",
     .flags = HTTP_KEYED | HTTP_MATCHED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = adjust_stock,
     .summary = "adds to on hand",
     .accept = "application/json"},
    {.method = "POST",
     .pattern = "/v1/stock/{sku}/{warehouse}/repair",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_ADMIN,
     .handle = repair_stock,
     .summary = "says whether the figure or its ledger is right, where they differ",
     .accept = "application/json"},
    {.method = "POST",
     .pattern = "/v1/stock/{sku}/transfer",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = transfer_stock,
     .summary = "moves pieces to another warehouse",
     .accept = "application/json"},
    {0},
};
