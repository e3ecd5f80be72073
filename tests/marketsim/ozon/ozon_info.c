/* POST /v3/product/info/list: cards of up to 1000 products by their ids. */
#include "marketsim/market_time.h"
#include "marketsim/ozon/ozon_state.h"

#define IDS_MAX 1000 /* in sum over the three lists */

const struct market_shape ozon_info_fields[] = {
    {"offer_id", SHAPE_STRINGS, false, 0, IDS_MAX, NULL, NULL},
    {"product_id", SHAPE_IDS, false, 0, IDS_MAX, NULL, NULL},
    {"sku", SHAPE_IDS, false, 0, IDS_MAX, NULL, NULL},
    {0}};

static const char *yes(bool value)
{
    return value ? "true" : "false";
}

static void write_statuses(struct market_answer *answer, const struct ozon_product *product)
{
    bool created = !(product->flags & OZON_NOT_CREATED);
    char time[MARKET_TIME_SIZE];
    market_answer_printf(
        answer,
        ",\"statuses\":{\"is_created\":%s,\"moderate_status\":\"%s\",\"status\":\"%s\","
        "\"status_description\":\"\",\"status_failed\":\"%s\",\"status_name\":\"%s\","
        "\"status_tooltip\":\"\",\"status_updated_at\":\"%s\",\"validation_status\":\"%s\"}",
        yes(created), created ? "approved" : "", created ? "price_sent" : "imported",
        created ? "" : "imported", created ? "Продается" : "Не создан",
        market_time_format(product->created_ms, time), created ? "success" : "pending");
}

static void write_stocks(struct ozon_call *call, size_t index)
{
    struct market_answer *answer = call->answer;
    const struct ozon_seller *seller = call->seller;
    int64_t present[2] = {0, 0}, reserved[2] = {0, 0}; /* of Ozon's warehouses, of the seller's */
    for (size_t i = 0; i < seller->warehouse_count; i++) {
        const struct ozon_pair *pair = ozon_pair_get(&seller->warehouses[i], index);
        int own = ozon_kind_own(seller->warehouses[i].kind);
        if (!pair) continue;
        reserved[own] += pair->reserved;
        present[own] += pair->reserved + ozon_pair_shown(pair, call->now_ms);
    }
    long long sku = (long long)seller->products[index].sku;
    market_answer_printf(answer,
                         ",\"stocks\":{\"has_stock\":%s,\"stocks\":["
                         "{\"present\":%lld,\"reserved\":%lld,\"sku\":%lld,\"source\":\"fbo\"},"
                         "{\"present\":%lld,\"reserved\":%lld,\"sku\":%lld,\"source\":\"fbs\"}]}",
                         yes(present[0] + present[1] > 0), (long long)present[0],
                         (long long)reserved[0], sku, (long long)present[1], (long long)reserved[1],
                         sku);
}

static void write_sources(struct market_answer *answer, const struct ozon_product *product)
{
    char time[MARKET_TIME_SIZE];
    if (product->flags & OZON_NO_SKU) {
        market_answer_text(answer, ",\"sources\":[]");
        return;
    }
    market_answer_printf(answer,
                         ",\"sources\":[{\"sku\":%lld,\"source\":\"SDS\",\"created_at\":\"%s\","
                         "\"shipment_type\":\"SHIPMENT_TYPE_GENERAL\",\"quant_code\":\"\"}]",
                         (long long)product->sku, market_time_format(product->created_ms, time));
}

static void write_card(struct ozon_call *call, size_t index)
{
    struct market_answer *answer = call->answer;
    const struct ozon_product *product = &call->seller->products[index];
    char time[MARKET_TIME_SIZE];
    if (answer->items++) market_answer_text(answer, ",");
    market_answer_printf(answer,
                         "{\"id\":%lld,\"sku\":%lld,\"offer_id\":", (long long)product->product_id,
                         (long long)(product->flags & OZON_NO_SKU ? 0 : product->sku));
    market_answer_string(answer, product->offer_id);
    market_answer_text(answer, ",\"name\":");
    market_answer_string(answer, product->name);
    market_answer_text(answer, ",\"barcodes\":[");
    if (*product->barcode) market_answer_string(answer, product->barcode);
    market_answer_printf(
        answer, "],\"is_archived\":%s,\"is_autoarchived\":%s,\"is_kgt\":%s",
        yes(product->archive != OZON_NOT_ARCHIVED),
        yes(product->archive == OZON_ARCHIVED_AUTO || product->archive == OZON_ARCHIVED_SEASONAL),
        yes(product->flags & (OZON_KGT | OZON_OVER_KGT)));
    market_time_format(product->created_ms, time);
    market_answer_printf(answer,
                         ",\"created_at\":\"%s\",\"updated_at\":\"%s\",\"currency_code\":\"%s\","
                         "\"price\":\"1000.00\",\"old_price\":\"1200.00\",\"min_price\":\"\","
                         "\"vat\":\"0.20\",\"images\":[],\"primary_image\":[],\"errors\":[],"
                         "\"is_discounted\":false",
                         time, time, call->seller->currency);
    write_statuses(answer, product);
    write_sources(answer, product);
    write_stocks(call, index);
    market_answer_text(answer, "}");
}

static void write_found(struct ozon_call *call, struct market_map *seen, size_t index)
{
    if (index == MARKET_MAP_NONE || market_map_get_number(seen, (int64_t)index) != MARKET_MAP_NONE)
        return;
    market_map_put_number(seen, (int64_t)index, index);
    write_card(call, index);
}

static void write_by_number(struct ozon_call *call, struct market_map *seen, const json_t *ids,
                            const struct market_map *map)
{
    for (size_t i = 0; i < json_array_size(ids); i++) {
        int64_t id = 0;
        market_shape_id(json_array_get(ids, i), &id);
        write_found(call, seen, market_map_get_number(map, id));
    }
}

void ozon_product_info(struct ozon_call *call)
{
    const json_t *offers = json_object_get(call->body, "offer_id");
    const json_t *products = json_object_get(call->body, "product_id");
    const json_t *skus = json_object_get(call->body, "sku");
    size_t sum = json_array_size(offers) + json_array_size(products) + json_array_size(skus);
    if (sum == 0 || sum > IDS_MAX) {
        ozon_violation(call, sum ? "too_many" : "shape", "%zu ids", sum);
        ozon_error(call, 400, 3,
                   "Request validation error: the number of identifiers must be from 1 to 1000");
        return;
    }
    struct market_map seen = {0};
    market_answer_text(call->answer, "{\"items\":[");
    for (size_t i = 0; i < json_array_size(offers); i++)
        write_found(call, &seen,
                    market_map_get_text(&call->seller->by_offer,
                                        json_string_value(json_array_get(offers, i))));
    write_by_number(call, &seen, products, &call->seller->by_id);
    write_by_number(call, &seen, skus, &call->seller->by_sku);
    market_answer_text(call->answer, "]}");
    market_map_free(&seen);
}
