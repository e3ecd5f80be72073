/* Stock: /v1/stock. */
#include "api/api_target.h"

#include <string.h>

static json_t *figures(const struct stock_record *stock, bool counted)
{
    if (!counted) return json_pack("{s:n, s:n, s:n}", "on_hand", "reserved", "available");
    return json_pack("{s:I, s:I, s:I}", "on_hand", (json_int_t)stock->on_hand, "reserved",
                     (json_int_t)stock->reserved, "available",
                     (json_int_t)(stock->on_hand - stock->reserved));
}

/* ---- reading */

static enum status add_pair(struct store_txn *txn, uint64_t product,
                            const struct directory_warehouse *warehouse, json_t *list,
                            struct error *error)
{
    uint8_t key[12];
    struct bytes value;
    struct stock_record stock = {0};
    bytes_put_u64(key, product);
    bytes_put_u32(key + 8, warehouse->no);
    enum status status = store_get(txn, TABLE_STOCK, bytes_of(key, sizeof key), &value);
    bool counted = status == ST_OK;
    if (status != ST_NOT_FOUND && (!counted || value.size != sizeof stock))
        return api_damaged(txn, "stock", error);
    if (counted) memcpy(&stock, value.data, sizeof stock);
    json_t *pair = figures(&stock, counted);
    json_object_set_new(pair, "warehouse", api_text(bytes_text(warehouse->key)));
    json_object_set_new(pair, "changed", api_time(counted ? stock.changed_ms : 0));
    json_object_set_new(pair, "sequence",
                        counted ? json_integer((json_int_t)stock.revision) : json_null());
    json_array_append_new(list, pair);
    return ST_OK;
}

static enum status add_pairs(struct api_read *read, struct store_txn *txn,
                             const struct directory *d, uint64_t product, json_t *list,
                             struct error *error)
{
    const char *only = read->texts[0];
    enum status status = ST_OK;
    if (only && !directory_warehouse_by_key(d, bytes_text(only)))
        return error_set(error, ST_NOT_FOUND,
                         "there is no warehouse '%s'; add it with `stockctl warehouse add %s`",
                         only, only);
    for (uint32_t i = 0; i < d->warehouse_count && status == ST_OK; i++)
        if (!only || strcmp(only, d->warehouses[i].key) == 0)
            status = add_pair(txn, product, &d->warehouses[i], list, error);
    return status;
}

static json_t *product_name(struct store_txn *txn, uint64_t product)
{
    uint8_t key[8];
    struct bytes value;
    struct product_view view;
    bytes_put_u64(key, product);
    if (store_get(txn, TABLE_PRODUCT, bytes_of(key, sizeof key), &value) != ST_OK ||
        product_read(value, &view) != ST_OK)
        return json_null();
    return api_text_or_null(view.name);
}

static enum status query_stock(struct api_read *read, struct store_txn *txn, struct error *error)
{
    uint64_t product;
    struct directory *d;
    enum status status = api_find_product(txn, read->names[0], &product, error);
    if (status == ST_OK) status = directory_load(txn, &d, error);
    if (status != ST_OK) return status;
    json_t *stock = json_array(), *targets = json_array();
    status = add_pairs(read, txn, d, product, stock, error);
    if (status == ST_OK)
        status = targets_of_product(txn, d, &read->accounts, product, targets, error);
    read->json = json_pack("{s:o, s:o, s:o, s:o}", "sku", api_text(read->names[0]), "name",
                           product_name(txn, product), "stock", stock, "targets", targets);
    directory_free(d);
    return status;
}

static void get_stock(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"warehouse", NULL};
    api_read_start(api_read_named(exchange, query_stock, parameters));
}

/* ---- changing */

static void answer_pair(struct api_change *change)
{
    const struct command_result *r = &change->result;
    bool counted = r->before.revision != 0;
    http_answer_json(change->exchange, 200,
                     json_pack("{s:o, s:o, s:o, s:b, s:o, s:o}", "sku",
                               api_text(http_path(change->exchange, "sku")), "warehouse",
                               api_text(http_path(change->exchange, "warehouse")), "sequence",
                               json_integer((json_int_t)r->after.revision), "changed", r->changed,
                               "before", figures(&r->before, counted), "after",
                               figures(&r->after, true)));
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
    command_stock_adjust(&change->payload, &adjust);
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
     .handle = get_stock,
     .summary = "what is there of a product, and where it is shown",
     .query = "warehouse"},
    {.method = "PUT",
     .pattern = "/v1/stock/{sku}/{warehouse}",
     .handle = put_stock,
     .summary = "sets a figure",
     .accept = "application/json"},
    {.method = "POST",
     .pattern = "/v1/stock/{sku}/{warehouse}/adjust",
     .handle = adjust_stock,
     .summary = "adds to on hand",
     .accept = "application/json"},
    {.method = "POST",
     .pattern = "/v1/stock/{sku}/transfer",
     .handle = transfer_stock,
     .summary = "moves pieces to another warehouse",
     .accept = "application/json"},
    {0},
};
