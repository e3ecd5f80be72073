/* The reads of stock: by product over all schemes, by product and warehouse, a whole warehouse. A
 * pair that was never given a figure has no row anywhere. */
#include "marketsim/market_field.h"
#include "marketsim/ozon/ozon_state.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_MAX 1000 /* rows a page, ids a request */

const struct market_shape ozon_fbs_stocks_fields[] = {
    {"cursor", SHAPE_STRING, false, 0, 0, NULL, NULL},
    {"limit", SHAPE_INT, true, 1, PAGE_MAX, NULL, NULL},
    {"offer_id", SHAPE_STRINGS, false, 0, PAGE_MAX, NULL, NULL},
    {"sku", SHAPE_IDS, false, 0, PAGE_MAX, NULL, NULL},
    {0}};

const struct market_shape ozon_fbo_stocks_fields[] = {
    {"cursor", SHAPE_STRING, false, 0, 0, NULL, NULL},
    {"limit", SHAPE_INT, true, 1, PAGE_MAX, NULL, NULL},
    {"offer_ids", SHAPE_STRINGS, false, 0, PAGE_MAX, NULL, NULL},
    {"skus", SHAPE_IDS, false, 0, PAGE_MAX, NULL, NULL},
    {0}};

const struct market_shape ozon_dump_fields[] = {
    {"cursor", SHAPE_STRING, false, 0, 0, NULL, NULL},
    {"limit", SHAPE_INT, true, 1, PAGE_MAX, NULL, NULL},
    {"warehouse_id", SHAPE_INT, true, 1, INT64_MAX, NULL, NULL},
    {0}};

struct row {
    size_t product;
    size_t warehouse;
    bool name;    /* warehouse_name */
    bool updated; /* updated_at */
    bool free;    /* free_stock */
};

static void write_row(struct ozon_call *call, const struct row *row)
{
    struct market_answer *answer = call->answer;
    const struct ozon_product *product = &call->seller->products[row->product];
    const struct ozon_warehouse *warehouse = &call->seller->warehouses[row->warehouse];
    const struct ozon_pair *pair = ozon_pair_get(warehouse, row->product);
    int64_t shown = ozon_pair_shown(pair, call->now_ms);
    if (answer->items++) market_answer_text(answer, ",");
    market_field_int(answer, "{\"sku\":", product->flags & OZON_NO_SKU ? 0 : product->sku);
    market_field_text(answer, ",\"offer_id\":", product->offer_id);
    market_field_int(answer, ",\"product_id\":", product->product_id);
    market_field_int(answer, ",\"present\":", shown + pair->reserved);
    market_field_int(answer, ",\"reserved\":", pair->reserved);
    if (row->free) market_field_int(answer, ",\"free_stock\":", shown);
    market_field_int(answer, ",\"warehouse_id\":", warehouse->id);
    if (row->name) market_field_text(answer, ",\"warehouse_name\":", warehouse->name);
    if (row->updated) market_field_time(answer, ",\"updated_at\":", pair->updated_ms);
    market_answer_text(answer, "}");
}

static void write_end(struct ozon_call *call, bool more, int64_t a, int64_t b)
{
    market_answer_text(call->answer, "],\"has_next\":");
    market_answer_text(call->answer, more ? "true" : "false");
    market_answer_text(call->answer, ",\"cursor\":");
    if (more)
        ozon_cursor_write(call->answer, a, b);
    else
        market_answer_text(call->answer, "\"\"");
    market_answer_text(call->answer, "}");
}

static int compare_index(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* Known products among the ids asked for, each once, by index. skus win where both are given. */
static size_t asked_products(struct ozon_call *call, const char *skus, const char *offers,
                             size_t found[PAGE_MAX])
{
    const json_t *by_sku = json_object_get(call->body, skus);
    const json_t *by_offer = json_object_get(call->body, offers);
    const json_t *ids = json_array_size(by_sku) ? by_sku : by_offer;
    size_t count = 0, unique = 0;
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *id = json_array_get(ids, i);
        int64_t sku = 0;
        if (ids == by_sku) market_shape_id(id, &sku);
        size_t index = ids == by_sku
                           ? market_map_get_number(&call->seller->by_sku, sku)
                           : market_map_get_text(&call->seller->by_offer, json_string_value(id));
        if (index != MARKET_MAP_NONE) found[count++] = index;
    }
    qsort(found, count, sizeof(*found), compare_index);
    for (size_t i = 0; i < count; i++)
        if (unique == 0 || found[unique - 1] != found[i]) found[unique++] = found[i];
    return unique;
}

static bool asks_nothing(struct ozon_call *call, const char *skus, const char *offers)
{
    if (json_array_size(json_object_get(call->body, skus)) ||
        json_array_size(json_object_get(call->body, offers)))
        return false;
    ozon_violation(call, "shape", "neither %s nor %s", skus, offers);
    ozon_error(call, 400, 3, "Request validation error: offer_id or sku is required");
    return true;
}

static bool takes_warehouse(const struct ozon_warehouse *warehouse, bool own)
{
    return own ? ozon_kind_own(warehouse->kind) && !warehouse->removed
               : warehouse->kind == OZON_FBO;
}

static void read_products(struct ozon_call *call, const char *skus, const char *offers, bool own)
{
    size_t found[PAGE_MAX];
    int64_t after_product, after_warehouse;
    if (asks_nothing(call, skus, offers) ||
        !ozon_cursor_read(call, ozon_body_text(call->body, "cursor"), &after_product,
                          &after_warehouse))
        return;
    size_t limit = (size_t)ozon_body_int(call->body, "limit", PAGE_MAX);
    size_t count = asked_products(call, skus, offers, found);
    struct row last = {0, 0, own, false, own};
    bool more = false;
    market_answer_text(call->answer, "{\"products\":[");
    for (size_t i = 0; i < count && !more; i++)
        for (size_t w = 0; w < call->seller->warehouse_count && !more; w++) {
            const struct ozon_warehouse *warehouse = &call->seller->warehouses[w];
            if ((int64_t)found[i] < after_product ||
                ((int64_t)found[i] == after_product && (int64_t)w <= after_warehouse))
                continue;
            if (!takes_warehouse(warehouse, own) ||
                !ozon_pair_listed(call->ozon, ozon_pair_get(warehouse, found[i]), call->now_ms))
                continue;
            more = call->answer->items == limit;
            if (more) break;
            last.product = found[i];
            last.warehouse = w;
            write_row(call, &last);
        }
    write_end(call, more, (int64_t)last.product, (int64_t)last.warehouse);
}

void ozon_stocks_fbs(struct ozon_call *call)
{
    read_products(call, "sku", "offer_id", true);
}

void ozon_stocks_fbo(struct ozon_call *call)
{
    read_products(call, "skus", "offer_ids", false);
}

void ozon_stocks_dump(struct ozon_call *call)
{
    size_t w = ozon_warehouse_find(call->seller, ozon_body_int(call->body, "warehouse_id", 0));
    int64_t after, unused;
    if (w == MARKET_MAP_NONE || !takes_warehouse(&call->seller->warehouses[w], true)) {
        ozon_violation(call, "wrong_warehouse", "no warehouse to dump");
        ozon_error(call, 404, 5, "warehouse not found");
        return;
    }
    if (!ozon_cursor_read(call, ozon_body_text(call->body, "cursor"), &after, &unused)) return;
    const struct ozon_warehouse *warehouse = &call->seller->warehouses[w];
    size_t limit = (size_t)ozon_body_int(call->body, "limit", PAGE_MAX);
    struct row last = {0, w, false, true, true};
    bool more = false;
    market_answer_text(call->answer, "{\"stocks\":[");
    for (size_t p = after < 0 ? 0 : (size_t)after + 1; p < warehouse->pair_count; p++) {
        if (!ozon_pair_listed(call->ozon, ozon_pair_get(warehouse, p), call->now_ms)) continue;
        more = call->answer->items == limit;
        if (more) break;
        last.product = p;
        write_row(call, &last);
    }
    write_end(call, more, (int64_t)last.product, 0);
}
