/* Life of a state: sellers, products, warehouses, settings. Stock is in ozon_stock.c, orders in
 * ozon_orders.c, keys in ozon_access.c. */
#include "marketsim/ozon/ozon_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PRODUCT_ID 100000001
#define FIRST_SKU        500000001
#define SEEDED_MS        1735689600000 /* 2025-01-01: long before anything a test does */

struct ozon *ozon_create(uint64_t seed)
{
    struct ozon *ozon = market_alloc(sizeof(*ozon));
    ozon->random = seed;
    ozon->settings = (struct ozon_settings){.scale = 1,
                                            .per_second = OZON_REQUESTS_PER_SECOND,
                                            .stock_per_minute = OZON_STOCK_PER_MINUTE,
                                            .pair_ms = OZON_PAIR_MS,
                                            .total_items = true,
                                            .cancel_restores = true};
    ozon->writes = market_alloc(OZON_WRITES * sizeof(*ozon->writes));
    market_trace_init(&ozon->trace);
    ozon_seller_add(ozon, OZON_DEFAULT_CLIENT, OZON_DEFAULT_KEY);
    return ozon;
}

static void seller_free(struct ozon_seller *seller)
{
    for (size_t i = 0; i < seller->key_count; i++)
        ozon_key_free(&seller->keys[i]);
    for (size_t i = 0; i < seller->product_count; i++) {
        free(seller->products[i].offer_id);
        free(seller->products[i].name);
        free(seller->products[i].barcode);
    }
    for (size_t i = 0; i < seller->warehouse_count; i++) {
        free(seller->warehouses[i].name);
        free(seller->warehouses[i].pairs);
    }
    ozon_postings_free(seller);
    market_map_free(&seller->by_offer);
    market_map_free(&seller->by_id);
    market_map_free(&seller->by_sku);
    market_window_free(&seller->second);
    market_window_free(&seller->stock_minute);
    free(seller->keys);
    free(seller->products);
    free(seller->warehouses);
    free(seller->name);
    free(seller);
}

void ozon_destroy(struct ozon *ozon)
{
    for (size_t i = 0; i < ozon->seller_count; i++)
        seller_free(ozon->sellers[i]);
    free(ozon->sellers);
    free(ozon->late);
    market_body_free(&ozon->last);
    free(ozon->writes);
    market_trace_free(&ozon->trace);
    market_fault_clear(&ozon->faults);
    free(ozon);
}

struct ozon_settings ozon_settings_get(const struct ozon *ozon)
{
    return ozon->settings;
}

void ozon_settings_set(struct ozon *ozon, const struct ozon_settings *settings)
{
    bool limits = settings->per_second != ozon->settings.per_second ||
                  settings->stock_per_minute != ozon->settings.stock_per_minute;
    ozon->settings = *settings;
    if (ozon->settings.scale <= 0) ozon->settings.scale = 1;
    for (size_t i = 0; limits && i < ozon->seller_count; i++)
        ozon_quota_reset(ozon, ozon->sellers[i]);
    ozon_forget(ozon);
}

void ozon_forget(struct ozon *ozon)
{
    for (size_t i = 0; i < ozon->seller_count; i++)
        ozon_postings_forget(ozon->sellers[i]);
}

struct market_faults *ozon_faults(struct ozon *ozon)
{
    return &ozon->faults;
}

struct market_trace *ozon_trace(struct ozon *ozon)
{
    return &ozon->trace;
}

struct ozon_seller *ozon_seller_add(struct ozon *ozon, const char *client_id, const char *api_key)
{
    struct ozon_seller *seller = ozon_seller_find(ozon, client_id);
    if (!seller) {
        seller = market_alloc(sizeof(*seller));
        snprintf(seller->client_id, sizeof(seller->client_id), "%s", client_id);
        snprintf(seller->currency, sizeof(seller->currency), "RUB");
        seller->name = market_strdup("Test seller");
        seller->signed_up = true;
        ozon->sellers =
            market_realloc(ozon->sellers, (ozon->seller_count + 1) * sizeof(*ozon->sellers));
        ozon->sellers[ozon->seller_count++] = seller;
        ozon_quota_reset(ozon, seller);
    }
    ozon_key_set(seller, api_key, OZON_KEY_ACTIVE);
    return seller;
}

struct ozon_seller *ozon_seller_find(struct ozon *ozon, const char *client_id)
{
    if (!client_id) return ozon->sellers[0];
    for (size_t i = 0; i < ozon->seller_count; i++)
        if (strcmp(ozon->sellers[i]->client_id, client_id) == 0) return ozon->sellers[i];
    return NULL;
}

void ozon_seller_sign(struct ozon_seller *seller, bool signed_up)
{
    seller->signed_up = signed_up;
}

static struct ozon_product *product_room(struct ozon_seller *seller)
{
    if (seller->product_count == seller->product_room) {
        seller->product_room = seller->product_room ? seller->product_room * 2 : 64;
        seller->products =
            market_realloc(seller->products, seller->product_room * sizeof(*seller->products));
    }
    struct ozon_product *product = &seller->products[seller->product_count];
    memset(product, 0, sizeof(*product));
    return product;
}

struct ozon_product *ozon_product_add(struct ozon_seller *seller, const char *offer_id,
                                      int64_t product_id, int64_t sku, const char *barcode)
{
    size_t index = seller->product_count;
    int64_t number = (int64_t)index;
    if (!product_id) product_id = FIRST_PRODUCT_ID + number;
    if (!sku) sku = FIRST_SKU + number;
    if (market_map_get_text(&seller->by_offer, offer_id) != MARKET_MAP_NONE ||
        market_map_get_number(&seller->by_id, product_id) != MARKET_MAP_NONE ||
        market_map_get_number(&seller->by_sku, sku) != MARKET_MAP_NONE)
        return NULL;
    struct ozon_product *product = product_room(seller);
    char text[48];
    snprintf(text, sizeof(text), "46%011lld", (long long)number + 1);
    product->offer_id = market_strdup(offer_id);
    product->barcode = market_strdup(barcode ? barcode : text);
    snprintf(text, sizeof(text), "Product %lld", (long long)number + 1);
    product->name = market_strdup(text);
    product->product_id = product_id;
    product->sku = sku;
    product->created_ms = SEEDED_MS;
    seller->product_count++;
    market_map_put_text(&seller->by_offer, product->offer_id, index);
    market_map_put_number(&seller->by_id, product_id, index);
    market_map_put_number(&seller->by_sku, sku, index);
    return product;
}

void ozon_products_fill(struct ozon_seller *seller, const char *prefix, size_t first, size_t count)
{
    char offer[96];
    for (size_t i = 0; i < count; i++) {
        snprintf(offer, sizeof(offer), "%.64s%06zu", prefix, first + i);
        ozon_product_add(seller, offer, 0, 0, NULL);
    }
}

struct ozon_product *ozon_product_find(struct ozon_seller *seller, const char *offer_id)
{
    size_t index = market_map_get_text(&seller->by_offer, offer_id);
    return index == MARKET_MAP_NONE ? NULL : &seller->products[index];
}

size_t ozon_product_count(const struct ozon_seller *seller)
{
    return seller->product_count;
}

size_t ozon_warehouse_find(const struct ozon_seller *seller, int64_t id)
{
    for (size_t i = 0; i < seller->warehouse_count; i++)
        if (seller->warehouses[i].id == id) return i;
    return MARKET_MAP_NONE;
}

bool ozon_warehouse_add(struct ozon_seller *seller, const struct ozon_warehouse_spec *spec)
{
    if (spec->id <= 0 || ozon_warehouse_find(seller, spec->id) != MARKET_MAP_NONE) return false;
    seller->warehouses = market_realloc(seller->warehouses, (seller->warehouse_count + 1) *
                                                                sizeof(*seller->warehouses));
    char name[48];
    snprintf(name, sizeof(name), "Warehouse %lld", (long long)spec->id);
    seller->warehouses[seller->warehouse_count++] =
        (struct ozon_warehouse){.id = spec->id,
                                .name = market_strdup(spec->name ? spec->name : name),
                                .status = "created",
                                .kind = spec->kind,
                                .kgt = spec->kgt,
                                .third_party = spec->third_party,
                                .created_ms = SEEDED_MS};
    return true;
}

bool ozon_warehouse_status(struct ozon_seller *seller, int64_t warehouse_id, const char *status)
{
    static const char *const known[] = {"created", "disabled", "blocked", "disabled_due_to_limit",
                                        "new",     "error"};
    size_t index = ozon_warehouse_find(seller, warehouse_id);
    if (index == MARKET_MAP_NONE) return false;
    struct ozon_warehouse *warehouse = &seller->warehouses[index];
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i], status) == 0) {
            snprintf(warehouse->status, sizeof(warehouse->status), "%s", status);
            warehouse->removed = false;
            return true;
        }
    return false;
}

bool ozon_warehouse_remove(struct ozon_seller *seller, int64_t warehouse_id)
{
    size_t index = ozon_warehouse_find(seller, warehouse_id);
    if (index == MARKET_MAP_NONE) return false;
    seller->warehouses[index].removed = true;
    return true;
}
