/* Control endpoints that set goods up: locations, products, stock. */
#include "marketsim/wix/wix_control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SKUS_MAX 1000

/* Ids are texts; a number becomes one, so that tests may be shared with other markets. */
static const char *place_id(const json_t *value, char text[64])
{
    if (json_is_integer(value))
        snprintf(text, 64, "%lld", (long long)json_integer_value(value));
    else if (json_is_string(value))
        snprintf(text, 64, "%s", json_string_value(value));
    else
        return NULL;
    return text;
}

static bool set_warehouse(struct market_control *control, json_t *spec)
{
    json_t *id = NULL;
    const char *name = NULL;
    int main_one = 0;
    char text[64];
    json_error_t error;
    if (json_unpack_ex(spec, &error, JSON_STRICT, "{s:o, s?s, s?b}", "id", &id, "name", &name,
                       "default", &main_one) ||
        !place_id(id, text)) {
        market_control_error(control, "warehouse: id, name, default");
        return false;
    }
    wix_location_add(site_of(control), text, name);
    if (main_one) wix_location_default(site_of(control), text);
    return true;
}

void wix_control_warehouses(struct market_control *control)
{
    market_control_each(control, "warehouses", set_warehouse);
}

static void fill_stock(struct market_control *control, size_t first, const json_t *places,
                       int64_t stock)
{
    struct wix_site *site = site_of(control);
    char text[64];
    for (size_t w = 0; w < json_array_size(places); w++) {
        const char *id = place_id(json_array_get(places, w), text);
        if (!id) continue;
        wix_location_add(site, id, NULL);
        size_t location = wix_location_find(site, id);
        for (size_t i = first; stock >= 0 && i < site->variant_count; i++) {
            struct wix_item *item =
                wix_item_make(wix_of(control), site, i, location, control->now_ms);
            item->quantity = stock;
        }
    }
}

static void fill_products(struct market_control *control)
{
    json_int_t count, first = 1, stock = -1;
    const char *prefix = "SKU-";
    json_t *places = NULL;
    if (!market_control_unpack(control, "{s:I, s?I, s?s, s?I, s?o}", "count", &count, "first",
                               &first, "prefix", &prefix, "stock", &stock, "warehouses", &places))
        return;
    size_t from = site_of(control)->variant_count;
    for (json_int_t i = 0; i < count; i++) {
        char sku[96];
        snprintf(sku, sizeof(sku), "%.64s%06lld", prefix, (long long)(first + i));
        wix_product_add(wix_of(control), site_of(control), &(struct wix_product_spec){.sku = sku});
    }
    fill_stock(control, from, places, stock);
    market_control_ok(control);
}

static void change_product(struct wix_site *site, size_t variant, const json_t *spec)
{
    struct wix_product *product = &site->products[site->variants[variant].product];
    const json_t *hidden = json_object_get(spec, "hidden"), *value;
    if (hidden) product->visible = !json_is_true(hidden);
    if ((value = json_object_get(spec, "digital"))) product->digital = json_is_true(value);
    wix_orders_forget(site);
    if ((value = json_object_get(spec, "preorder"))) {
        wix_preorder_set(&product->preorder, value);
        for (size_t l = 0; l < site->location_count; l++) {
            struct wix_item *item = wix_item_at(site, variant, l);
            if (item) wix_preorder_set(&item->preorder, value);
        }
    }
    for (size_t l = 0; l < site->location_count; l++) {
        struct wix_item *item = wix_item_at(site, variant, l);
        if (!item) continue;
        if ((value = json_object_get(spec, "untracked"))) item->tracked = !json_is_true(value);
        if ((value = json_object_get(spec, "in_stock"))) item->in_stock = json_is_true(value);
    }
    if ((value = json_object_get(spec, "untracked"))) product->tracked = !json_is_true(value);
}

static bool set_product(struct market_control *control, json_t *spec)
{
    static const char *const known[] = {"offer_id", "offer_ids", "name",     "new",
                                        "hidden",   "digital",   "preorder", "untracked",
                                        "in_stock", "product_id"};
    struct wix_site *site = site_of(control);
    const char *name, *skus[SKUS_MAX], *sku = wix_body_text(spec, "offer_id");
    json_t *value;
    json_object_foreach (spec, name, value) {
        bool found = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            found = found || strcmp(known[i], name) == 0;
        if (found) continue;
        market_control_error(control, "products: unknown field %.60s", name);
        return false;
    }
    const json_t *list = json_object_get(spec, "offer_ids");
    struct wix_product_spec product = {.sku = sku,
                                       .name = json_string_value(json_object_get(spec, "name")),
                                       .id = json_string_value(json_object_get(spec, "product_id")),
                                       .skus = list ? skus : NULL,
                                       .sku_count = json_array_size(list),
                                       .untracked =
                                           json_is_true(json_object_get(spec, "untracked")),
                                       .digital = json_is_true(json_object_get(spec, "digital")),
                                       .hidden = json_is_true(json_object_get(spec, "hidden"))};
    for (size_t i = 0; i < product.sku_count && i < SKUS_MAX; i++) {
        skus[i] = json_string_value(json_array_get(list, i));
        if (!skus[i]) skus[i] = "";
    }
    size_t variant = list ? MARKET_MAP_NONE : wix_variant_find(site, sku);
    if (variant == MARKET_MAP_NONE || json_is_true(json_object_get(spec, "new"))) {
        variant = site->variant_count;
        wix_product_add(wix_of(control), site, &product);
    }
    change_product(site, variant, spec);
    return true;
}

void wix_control_products(struct market_control *control)
{
    if (json_object_get(control->body, "count"))
        fill_products(control);
    else
        market_control_each(control, "products", set_product);
}

static bool set_stock(struct market_control *control, json_t *spec)
{
    json_int_t stock;
    const char *sku;
    json_t *place = NULL;
    char text[64];
    json_error_t error;
    if (json_unpack_ex(spec, &error, JSON_STRICT, "{s:s, s?o, s:I}", "offer_id", &sku,
                       "warehouse_id", &place, "stock", &stock)) {
        market_control_error(control, "stock: %s", error.text);
        return false;
    }
    if (wix_stock_set(wix_of(control), site_of(control), sku, place ? place_id(place, text) : NULL,
                      stock, control->now_ms + wix_of(control)->settings.clock_offset_ms))
        return true;
    market_control_error(control, "stock: no such offer or warehouse: %.100s", sku);
    return false;
}

void wix_control_stock(struct market_control *control)
{
    market_control_each(control, "stocks", set_stock);
}

/* Somebody else's write looks like ours: the revision rises. */
void wix_control_foreign(struct market_control *control)
{
    market_control_each(control, "stocks", set_stock);
}
