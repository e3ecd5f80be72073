/* How products look in answers, under V1 and under V3, and what else V1 shows. */
#include "marketsim/market_time.h"
#include "marketsim/wix/wix_state.h"

#include <stdio.h>

json_t *wix_time_json(int64_t ms)
{
    char text[MARKET_TIME_SIZE];
    return json_string(market_time_format(ms, text));
}

json_t *wix_revision_json(const struct wix_call *call, int64_t revision)
{
    if (call->wix->settings.numeric_revision) return json_integer(revision);
    return json_sprintf("%lld", (long long)revision);
}

static json_t *preorder_json(const struct wix_preorder *preorder)
{
    json_t *json = json_object();
    if (!preorder->enabled && !preorder->message) return json;
    json_object_set_new(json, "enabled", json_boolean(preorder->enabled));
    if (preorder->message) json_object_set_new(json, "message", json_string(preorder->message));
    if (preorder->limit >= 0) json_object_set_new(json, "limit", json_integer(preorder->limit));
    return json;
}

/* V1 sees the default location only; a variant that nobody counted yet has 0 there. */
static bool v1_figure(const struct wix_call *call, size_t variant, int64_t *quantity)
{
    const struct wix_site *site = call->site;
    const struct wix_product *product = &site->products[site->variants[variant].product];
    const struct wix_item *item = wix_item_at(site, variant, site->main_location);
    *quantity = item ? wix_item_shown(item, call->now_ms) : 0;
    return product->tracked ? *quantity > 0 : !item || item->in_stock;
}

json_t *wix_v1_item_json(struct wix_call *call, const struct wix_product *product)
{
    json_t *variants = json_array();
    for (size_t i = product->first; i < product->first + product->count; i++) {
        int64_t quantity;
        bool sells = v1_figure(call, i, &quantity);
        json_t *row =
            json_pack("{s:s, s:b, s:b}", "variantId", call->site->variants[i].id, "inStock", sells,
                      "availableForPreorder", !sells && product->preorder.enabled);
        if (product->tracked) json_object_set_new(row, "quantity", json_integer(quantity));
        json_array_append_new(variants, row);
    }
    return json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "id", product->item_id,
                     "externalId", product->id, "productId", product->id, "trackQuantity",
                     product->tracked, "variants", variants, "lastUpdated",
                     wix_time_json(product->updated_ms), "numericId",
                     json_sprintf("%lld", (long long)product->numeric_id), "preorderInfo",
                     preorder_json(&product->preorder));
}

static json_t *v1_stock_json(struct wix_call *call, size_t variant)
{
    int64_t quantity;
    bool sells = v1_figure(call, variant, &quantity);
    bool tracked = call->site->products[call->site->variants[variant].product].tracked;
    json_t *json = json_pack("{s:b, s:b}", "trackQuantity", tracked, "inStock", sells);
    if (tracked) json_object_set_new(json, "quantity", json_integer(quantity));
    return json;
}

/* The product's own stock: the sum, and the sku of a product without managed variants. */
json_t *wix_v1_product_json(struct wix_call *call, const struct wix_product *product, bool variants)
{
    const struct wix_site *site = call->site;
    json_t *list = json_array();
    int64_t sum = 0;
    bool any = false;
    for (size_t i = product->first; i < product->first + product->count; i++) {
        int64_t quantity;
        any = v1_figure(call, i, &quantity) || any;
        sum += quantity;
        json_array_append_new(list, json_pack("{s:s, s:{}, s:{s:s, s:b}, s:o}", "id",
                                              site->variants[i].id, "choices", "variant", "sku",
                                              site->variants[i].sku, "visible", 1, "stock",
                                              v1_stock_json(call, i)));
    }
    json_t *stock = json_pack("{s:b, s:b, s:s}", "trackInventory", product->tracked, "inStock", any,
                              "inventoryStatus", any ? "IN_STOCK" : "OUT_OF_STOCK");
    if (product->tracked) json_object_set_new(stock, "quantity", json_integer(sum));
    json_t *json = json_pack(
        "{s:s, s:s, s:b, s:s, s:o, s:b, s:o, s:s, s:o, s:o}", "id", product->id, "name",
        product->name, "visible", product->visible, "productType",
        product->digital ? "digital" : "physical", "stock", stock, "manageVariants",
        product->managed, "numericId", json_sprintf("%lld", (long long)product->numeric_id),
        "inventoryItemId", product->item_id, "lastUpdated", wix_time_json(product->updated_ms),
        "createdDate", wix_time_json(product->created_ms));
    if (!product->managed)
        json_object_set_new(json, "sku", json_string(site->variants[product->first].sku));
    if (variants) json_object_set(json, "variants", list);
    json_decref(list);
    return json;
}

json_t *wix_v1_variant_json(struct wix_call *call, size_t index)
{
    const struct wix_variant *variant = &call->site->variants[index];
    const struct wix_product *product = &call->site->products[variant->product];
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:{}, s:[], s:o}", "id",
                     json_sprintf("%s-%s", product->id, variant->id), "variantId", variant->id,
                     "productId", product->id, "variantName", variant->name, "productName",
                     product->name, "managedVariant", product->managed, "sku", variant->sku,
                     "stock", v1_stock_json(call, index), "choices", "collectionIds",
                     "preorderInfo", preorder_json(&product->preorder));
}

bool wix_variant_sells(const struct wix_call *call, size_t variant, bool *preorder)
{
    const struct wix_item *item = wix_item_at(call->site, variant, call->site->main_location);
    *preorder = item && item->preorder.enabled;
    return item && wix_item_sells(item, call->now_ms);
}

json_t *wix_product_json(struct wix_call *call, const struct wix_product *product, bool variants)
{
    json_t *list = json_array();
    size_t selling = 0;
    for (size_t i = product->first; i < product->first + product->count; i++) {
        bool preorder, sells = wix_variant_sells(call, i, &preorder);
        selling += sells;
        json_array_append_new(list, json_pack("{s:s, s:b, s:s, s:s, s:[], s:{s:b, s:b}}", "id",
                                              call->site->variants[i].id, "visible", 1, "sku",
                                              call->site->variants[i].sku, "barcode",
                                              call->site->variants[i].barcode, "choices",
                                              "inventoryStatus", "inStock", sells,
                                              "preorderEnabled", preorder));
    }
    const char *status = selling == product->count ? "IN_STOCK"
                         : selling                 ? "PARTIALLY_OUT_OF_STOCK"
                                                   : "OUT_OF_STOCK";
    json_t *json = json_pack(
        "{s:s, s:o, s:o, s:o, s:s, s:b, s:s, s:{s:s}, s:{s:I}}", "id", product->id, "revision",
        wix_revision_json(call, 1), "createdDate", wix_time_json(product->created_ms),
        "updatedDate", wix_time_json(product->updated_ms), "name", product->name, "visible",
        product->visible, "productType", product->digital ? "DIGITAL" : "PHYSICAL", "inventory",
        "availabilityStatus", status, "variantSummary", "variantCount", (json_int_t)product->count);
    if (variants) json_object_set_new(json, "variantsInfo", json_pack("{s:O}", "variants", list));
    json_decref(list);
    return json;
}
