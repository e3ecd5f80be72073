/* Order lines: what buyers took, as the marketplaces told it and as it was applied. */
#include "api/api_private.h"

#include <string.h>

enum { BY_ACCOUNT, BY_ORDER, BY_SKU, BY_STATE, HELD, OPEN, OVERSELL };

static json_t *parts_json(const struct query_order *o)
{
    json_t *parts = json_array();
    for (uint32_t i = 0; i < o->order.part_count; i++) {
        const struct query_order_part *part = &o->parts[i];
        json_array_append_new(
            parts,
            json_pack("{s:o, s:o, s:I, s:I}", "sku", api_text_or_null(part->sku), "warehouse",
                      api_cstr_or_null(part->warehouse ? part->warehouse->key : NULL), "reserved",
                      (json_int_t)part->reserved, "shipped", (json_int_t)part->shipped));
    }
    return parts;
}

static const char *exempt_name(enum order_exempt exempt)
{
    static const char *const names[] = {"", "before-import", "marketplace-stock", "not-imported"};
    return names[exempt <= ORDER_EXEMPT_EXTERNAL ? exempt : 0];
}

static json_t *order_json(const struct query_order *row)
{
    const struct order_view *o = &row->order;
    json_t *refs = json_array();
    for (uint32_t i = 0; i < o->ref_count; i++)
        json_array_append_new(refs, json_pack("{s:o, s:o}", "kind", api_text(o->refs[i].kind),
                                              "value", api_text(o->refs[i].value)));
    json_t *first = o->part_count ? api_text_or_null(row->parts[0].sku) : json_null();
    return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o, "
                     "s:o, s:o, s:o, s:o}",
                     "account", api_cstr_or_null(row->account ? row->account->name : NULL), "line",
                     api_text(row->line), "order", api_text_or_null(o->order_id), "state",
                     order_state_name(o->state), "status", api_text_or_null(o->status), "warehouse",
                     api_text_or_null(o->remote), "quantity", (json_int_t)o->quantity, "pack",
                     o->pack ? json_integer((json_int_t)o->pack) : json_null(), "sku", first,
                     "refs", refs, "oversell", o->oversell, "returned", o->return_confirmed,
                     "parts", parts_json(row), "held", api_cstr_or_null(order_held_name(o->held)),
                     "why", api_cstr_or_null(order_held_text(o->held)), "exempt",
                     api_cstr_or_null(exempt_name(o->exempt)), "ordered", api_time(o->ordered_ms),
                     "changed", api_time(o->changed_ms), "seen", api_time(o->first_ms));
}

/* ---- the list */

static bool add_order(void *ctx, const struct query_order *row)
{
    json_array_append_new(ctx, order_json(row));
    return true;
}

static struct bytes text_of(const char *text)
{
    return bytes_text(text ? text : "");
}

static enum status query_list(struct api_read *read, struct query *query)
{
    const struct query_orders filter = {
        .account = text_of(read->texts[BY_ACCOUNT]),
        .order_id = text_of(read->texts[BY_ORDER]),
        .sku = text_of(read->texts[BY_SKU]),
        .state = read->texts[BY_STATE] ? order_state_parse(read->texts[BY_STATE]) : -1,
        .held = read->texts[HELD] != NULL,
        .open = read->texts[OPEN] != NULL,
        .oversell = read->texts[OVERSELL] != NULL};
    struct query_page page = api_query_page(&read->page);
    json_t *items = json_array();
    enum status status = query_orders(query, &filter, &page, add_order, items);
    read->json = api_page_of(items, &page);
    return status;
}

static bool is_switch(struct http_exchange *exchange, const char *name)
{
    const char *value = http_query(exchange, name);
    if (!value || strcmp(value, "true") == 0) return true;
    http_answer_problem(exchange, 400, "invalid", "parameter '%s' is 'true', or left out", name);
    return false;
}

static void list_orders(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", "order", "sku",      "state",
                                             "held",    "open",  "oversell", NULL};
    const char *state = http_query(exchange, "state");
    if (state && order_state_parse(state) < 0) {
        http_answer_problem(
            exchange, 400, "invalid",
            "there is no state '%.40s'; there are open, shipped, cancelled and returned", state);
        return;
    }
    if (http_query(exchange, "order") && !http_query(exchange, "account")) {
        http_answer_problem(
            exchange, 400, "invalid",
            "parameter 'order' needs 'account': ids of two marketplaces may be equal");
        return;
    }
    if (is_switch(exchange, "held") && is_switch(exchange, "open") &&
        is_switch(exchange, "oversell"))
        api_read_list(exchange, query_list, parameters);
}

/* ---- returns */

static enum status query_one(struct api_read *read, struct query *query)
{
    struct query_order row;
    enum status status = query_order(query, read->names[0], read->names[1], &row);
    if (status == ST_OK) read->json = order_json(&row);
    return status;
}

static void answer_returned(struct api_change *change)
{
    api_read_start(api_read_named(change->exchange, query_one, NULL));
}

static void post_return(struct http_exchange *exchange)
{
    json_t *body = api_body(exchange, NULL, 0, true);
    if (!body) return;
    struct api_change *change =
        api_change_new(exchange, COMMAND_ORDER_RETURN, body, answer_returned);
    command_order_return(&change->payload, http_path(exchange, "account"),
                         http_path(exchange, "line"));
    api_change_submit(change);
}

const struct http_route api_order_routes[] = {
    {.method = "GET",
     .pattern = "/v1/orders",
     .scope = HTTP_SCOPE_READ,
     .handle = list_orders,
     .summary = "order lines, and what each has taken",
     .query = "account order sku state held open oversell limit cursor"},
    {.method = "POST",
     .pattern = "/v1/orders/{account}/{line}/return",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_return,
     .summary = "says that the pieces of a line are back",
     .accept = "application/json"},
    {0},
};
