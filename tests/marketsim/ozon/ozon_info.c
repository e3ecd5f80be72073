/* POST /v3/product/info/list: cards of up to 1000 products by their ids. */
#include "marketsim/market_field.h"
#include "marketsim/ozon/ozon_state.h"

#define IDS_MAX 1000 /* in sum over the three lists */

const struct market_shape ozon_info_fields[] = {
    {"offer_id", SHAPE_STRINGS, false, 0, IDS_MAX, NULL, NULL},
    {"product_id", SHAPE_IDS, false, 0, IDS_MAX, NULL, NULL},
    {"sku", SHAPE_IDS, false, 0, IDS_MAX, NULL, NULL},
    {0}};

static void write_statuses(struct market_answer *answer, const struct ozon_product *product)
{
    bool created = !(product->flags & OZON_NOT_CREATED);
    market_field_bool(answer, ",\"statuses\":{\"is_created\":", created);
    market_field_text(answer, ",\"moderate_status\":", created ? "approved" : "");
    market_field_text(answer, ",\"status\":", created ? "price_sent" : "imported");
    market_field_text(answer,
                      ",\"status_description\":\"\",\"status_failed\":", created ? "" : "imported");
    market_field_text(answer, ",\"status_name\":", created ? "Продается" : "Не создан");
    market_field_time(answer,
                      ",\"status_tooltip\":\"\",\"status_updated_at\":", product->created_ms);
    market_field_text(answer, ",\"validation_status\":", created ? "success" : "pending");
    market_answer_text(answer, "}");
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
    static const char *const names[2] = {"fbo", "fbs"};
    market_field_bool(answer, ",\"stocks\":{\"has_stock\":", present[0] + present[1] > 0);
    market_answer_text(answer, ",\"stocks\":[");
    for (int own = 0; own < 2; own++) {
        market_field_int(answer, own ? ",{\"present\":" : "{\"present\":", present[own]);
        market_field_int(answer, ",\"reserved\":", reserved[own]);
        market_field_int(answer, ",\"sku\":", seller->products[index].sku);
        market_field_text(answer, ",\"source\":", names[own]);
        market_answer_text(answer, "}");
    }
    market_answer_text(answer, "]}");
}

static void write_sources(struct market_answer *answer, const struct ozon_product *product)
{
    if (product->flags & OZON_NO_SKU) {
        market_answer_text(answer, ",\"sources\":[]");
        return;
    }
    market_field_int(answer, ",\"sources\":[{\"sku\":", product->sku);
    market_field_time(answer, ",\"source\":\"SDS\",\"created_at\":", product->created_ms);
    market_answer_text(answer,
                       ",\"shipment_type\":\"SHIPMENT_TYPE_GENERAL\",\"quant_code\":\"\"}]");
}

static void write_archive(struct market_answer *answer, const struct ozon_product *product)
{
    bool by_ozon =
        product->archive == OZON_ARCHIVED_AUTO || product->archive == OZON_ARCHIVED_SEASONAL;
    market_field_bool(answer, ",\"is_archived\":", product->archive != OZON_NOT_ARCHIVED);
    market_field_bool(answer, ",\"is_autoarchived\":", by_ozon);
    market_field_bool(answer, ",\"is_kgt\":", product->flags & (OZON_KGT | OZON_OVER_KGT));
}

static void write_card(struct ozon_call *call, size_t index)
{
    struct market_answer *answer = call->answer;
    const struct ozon_product *product = &call->seller->products[index];
    if (answer->items++) market_answer_text(answer, ",");
    market_field_int(answer, "{\"id\":", product->product_id);
    market_field_int(answer, ",\"sku\":", product->flags & OZON_NO_SKU ? 0 : product->sku);
    market_field_text(answer, ",\"offer_id\":", product->offer_id);
    market_field_text(answer, ",\"name\":", product->name);
    market_answer_text(answer, ",\"barcodes\":[");
    if (*product->barcode) market_answer_string(answer, product->barcode);
    market_answer_text(answer, "]");
    write_archive(answer, product);
    market_field_time(answer, ",\"created_at\":", product->created_ms);
    market_field_time(answer, ",\"updated_at\":", product->created_ms);
    market_field_text(answer, ",\"currency_code\":", call->seller->currency);
    market_answer_text(answer,
                       ",\"price\":\"1000.00\",\"old_price\":\"1200.00\",\"min_price\":\"\","
                       "\"vat\":\"0.20\",\"images\":[],\"primary_image\":[],\"errors\":[],"
                       "\"is_discounted\":false");
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
