/* Life of a state: sites, locations, products, the move from V1 to V3. Stock is in wix_stock.c,
 * orders in wix_orders.c, keys in wix_access.c. */
#include "marketsim/wix/wix_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDED_MS        1735689600000    /* 2025-01-01: long before anything a test does */
#define FIRST_NUMERIC_ID 1669039466977000 /* V1 counts microseconds */

struct wix *wix_create(uint64_t seed, enum wix_catalog catalog)
{
    struct wix *wix = market_alloc(sizeof(*wix));
    wix->random = seed;
    wix->ids = seed ^ 0x5157u; /* ids do not depend on what faults drew */
    wix->settings = (struct wix_settings){.scale = 1,
                                          .per_minute = WIX_REQUESTS_PER_MINUTE,
                                          .retry_after = -1,
                                          .cancel_restores = true,
                                          .patch_drops_preorder = true,
                                          .stale_code = "REVISION_MISMATCH"};
    wix->writes = market_alloc(WIX_WRITES * sizeof(*wix->writes));
    market_trace_init(&wix->trace);
    struct wix_site *site = wix_site_add(wix, WIX_DEFAULT_SITE, catalog);
    wix_key_set(site, WIX_DEFAULT_KEY, WIX_MAY_ALL, true);
    return wix;
}

static void forget_maps(struct wix_site *site)
{
    market_map_free(&site->by_product);
    market_map_free(&site->by_variant);
    market_map_free(&site->by_item);
    market_map_free(&site->by_v1_item);
}

static void products_free(struct wix_site *site)
{
    for (size_t i = 0; i < site->product_count; i++) {
        struct wix_product *product = &site->products[i];
        free(product->id);
        free(product->item_id);
        free(product->name);
        wix_preorder_free(&product->preorder);
    }
    for (size_t i = 0; i < site->variant_count; i++) {
        free(site->variants[i].id);
        free(site->variants[i].sku);
        free(site->variants[i].barcode);
        free(site->variants[i].name);
    }
    for (size_t i = 0; i < site->item_count; i++) {
        free(site->items[i].id);
        wix_preorder_free(&site->items[i].preorder);
    }
    free(site->products);
    free(site->variants);
    free(site->items);
}

static void site_free(struct wix_site *site)
{
    wix_orders_free(site);
    wix_cursors_free(site);
    products_free(site);
    for (size_t i = 0; i < site->location_count; i++) {
        free(site->locations[i].id);
        free(site->locations[i].name);
        free(site->locations[i].items);
    }
    for (size_t i = 0; i < site->key_count; i++)
        free(site->keys[i].text);
    forget_maps(site);
    market_map_free(&site->by_sku);
    market_window_free(&site->minute);
    free(site->locations);
    free(site->keys);
    free(site->id);
    free(site);
}

void wix_destroy(struct wix *wix)
{
    for (size_t i = 0; i < wix->site_count; i++)
        site_free(wix->sites[i]);
    free(wix->sites);
    free(wix->late);
    market_body_free(&wix->last);
    free(wix->writes);
    market_trace_free(&wix->trace);
    market_fault_clear(&wix->faults);
    free(wix);
}

struct wix_settings wix_settings_get(const struct wix *wix)
{
    return wix->settings;
}

void wix_settings_set(struct wix *wix, const struct wix_settings *settings)
{
    bool limit = settings->per_minute != wix->settings.per_minute;
    wix->settings = *settings;
    if (wix->settings.scale <= 0) wix->settings.scale = 1;
    for (size_t i = 0; limit && i < wix->site_count; i++)
        market_window_set(&wix->sites[i]->minute, settings->per_minute);
    wix_forget(wix);
}

void wix_forget(struct wix *wix)
{
    for (size_t i = 0; i < wix->site_count; i++)
        wix_orders_forget(wix->sites[i]);
}

struct market_faults *wix_faults(struct wix *wix)
{
    return &wix->faults;
}

struct market_trace *wix_trace(struct wix *wix)
{
    return &wix->trace;
}

void wix_id_make(struct wix *wix, char id[WIX_ID_SIZE])
{
    uint64_t a = market_random(&wix->ids), b = market_random(&wix->ids);
    snprintf(id, WIX_ID_SIZE, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
             (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
             (unsigned)(0x8000 | (b >> 48 & 0x3fff)), (unsigned long long)(b & 0xffffffffffff));
}

bool wix_id_valid(const char *id)
{
    for (size_t i = 0; i < WIX_ID_SIZE - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? id[i] != '-' : !id[i] || !strchr("0123456789abcdefABCDEF", id[i])) return false;
    }
    return id[WIX_ID_SIZE - 1] == '\0';
}

struct wix_site *wix_site_add(struct wix *wix, const char *id, enum wix_catalog catalog)
{
    struct wix_site *site = wix_site_find(wix, id);
    if (wix->site_count && site) return site;
    site = market_alloc(sizeof(*site));
    site->id = market_strdup(id);
    site->catalog = catalog;
    market_window_set(&site->minute, wix->settings.per_minute);
    wix->sites = market_realloc(wix->sites, (wix->site_count + 1) * sizeof(*wix->sites));
    wix->sites[wix->site_count++] = site;
    return site;
}

struct wix_site *wix_site_find(struct wix *wix, const char *id)
{
    if (!id) return wix->sites[0];
    for (size_t i = 0; i < wix->site_count; i++)
        if (strcmp(wix->sites[i]->id, id) == 0) return wix->sites[i];
    return NULL;
}

bool wix_location_add(struct wix_site *site, const char *id, const char *name)
{
    for (size_t i = 0; i < site->location_count; i++)
        if (strcmp(site->locations[i].id, id) == 0) return false;
    site->locations =
        market_realloc(site->locations, (site->location_count + 1) * sizeof(*site->locations));
    char text[96];
    snprintf(text, sizeof(text), "Location %.60s", id);
    site->locations[site->location_count++] =
        (struct wix_location){.id = market_strdup(id), .name = market_strdup(name ? name : text)};
    return true;
}

bool wix_location_default(struct wix_site *site, const char *id)
{
    size_t index = wix_location_find(site, id);
    if (index == MARKET_MAP_NONE) return false;
    site->main_location = index;
    return true;
}

bool wix_location_rename(struct wix_site *site, const char *id, const char *name)
{
    size_t index = wix_location_find(site, id);
    if (index == MARKET_MAP_NONE) return false;
    free(site->locations[index].name);
    site->locations[index].name = market_strdup(name);
    wix_orders_forget(site);
    return true;
}

size_t wix_location_find(const struct wix_site *site, const char *id)
{
    if (!id) return site->location_count ? site->main_location : MARKET_MAP_NONE;
    for (size_t i = 0; i < site->location_count; i++)
        if (strcmp(site->locations[i].id, id) == 0) return i;
    return MARKET_MAP_NONE;
}

/* V1's inventory id is the product id with every bit turned over, as published samples show. */
static char *turned_over(const char *id)
{
    static const char digits[] = "0123456789abcdef";
    char *turned = market_strdup(id);
    for (char *at = turned; *at; at++) {
        const char *digit = strchr(digits, *at);
        if (digit) *at = digits[15 - (digit - digits)];
    }
    return turned;
}

static void name_product(struct wix_site *site, size_t index, const char *id)
{
    struct wix_product *product = &site->products[index];
    free(product->id);
    free(product->item_id);
    product->id = market_strdup(id);
    product->item_id = turned_over(id);
    market_map_put_text(&site->by_product, product->id, index);
    market_map_put_text(&site->by_v1_item, product->item_id, index);
}

static void name_variant(struct wix *wix, struct wix_site *site, size_t index)
{
    struct wix_variant *variant = &site->variants[index];
    char id[WIX_ID_SIZE];
    bool nil = site->catalog == WIX_V1 && !site->products[variant->product].managed;
    wix_id_make(wix, id);
    free(variant->id);
    variant->id = market_strdup(nil ? WIX_NIL_ID : id);
    if (!nil) market_map_put_text(&site->by_variant, variant->id, index);
}

static size_t variant_add(struct wix *wix, struct wix_site *site, size_t product, const char *sku)
{
    if (site->variant_count == site->variant_room) {
        site->variant_room = site->variant_room ? site->variant_room * 2 : 64;
        site->variants =
            market_realloc(site->variants, site->variant_room * sizeof(*site->variants));
    }
    size_t index = site->variant_count++;
    char text[48];
    struct wix_variant *variant = &site->variants[index];
    *variant = (struct wix_variant){.product = product, .sku = market_strdup(sku ? sku : "")};
    snprintf(text, sizeof(text), "46%011zu", index + 1);
    variant->barcode = market_strdup(text);
    snprintf(text, sizeof(text), "Variant %zu", index + 1);
    variant->name = market_strdup(text);
    name_variant(wix, site, index);
    if (*variant->sku && market_map_get_text(&site->by_sku, variant->sku) == MARKET_MAP_NONE)
        market_map_put_text(&site->by_sku, variant->sku, index);
    return index;
}

size_t wix_product_add(struct wix *wix, struct wix_site *site, const struct wix_product_spec *spec)
{
    if (site->product_count == site->product_room) {
        site->product_room = site->product_room ? site->product_room * 2 : 64;
        site->products =
            market_realloc(site->products, site->product_room * sizeof(*site->products));
    }
    size_t index = site->product_count++;
    char id[WIX_ID_SIZE], name[48];
    snprintf(name, sizeof(name), "Product %zu", index + 1);
    site->products[index] =
        (struct wix_product){.numeric_id = FIRST_NUMERIC_ID + (int64_t)index * 1000,
                             .name = market_strdup(spec->name ? spec->name : name),
                             .visible = !spec->hidden,
                             .digital = spec->digital,
                             .managed = spec->skus != NULL,
                             .tracked = !spec->untracked,
                             .preorder = {.limit = -1},
                             .first = site->variant_count,
                             .count = spec->skus ? spec->sku_count : 1,
                             .created_ms = SEEDED_MS,
                             .updated_ms = SEEDED_MS};
    wix_id_make(wix, id);
    name_product(site, index, spec->id ? spec->id : id);
    for (size_t i = 0; i < site->products[index].count; i++)
        variant_add(wix, site, index, spec->skus ? spec->skus[i] : spec->sku);
    return index;
}

size_t wix_variant_count(const struct wix_site *site)
{
    return site->variant_count;
}

size_t wix_variant_find(const struct wix_site *site, const char *sku)
{
    return market_map_get_text(&site->by_sku, sku);
}

size_t wix_variant_of(const struct wix_site *site, size_t product, const char *variant_id)
{
    if (product == MARKET_MAP_NONE) return MARKET_MAP_NONE;
    const struct wix_product *owner = &site->products[product];
    for (size_t i = owner->first; i < owner->first + owner->count; i++)
        if (strcmp(site->variants[i].id, variant_id) == 0) return i;
    return MARKET_MAP_NONE;
}

/* Tracking and preorder belong to the product under V1, to each item under V3. */
static void move_items(struct wix *wix, struct wix_site *site, int64_t now_ms)
{
    for (size_t i = 0; i < site->item_count; i++) {
        struct wix_item *item = &site->items[i];
        const struct wix_product *product = &site->products[site->variants[item->variant].product];
        char id[WIX_ID_SIZE];
        wix_id_make(wix, id);
        free(item->id);
        item->id = market_strdup(id);
        item->revision = 1;
        item->tracked = product->tracked;
        wix_preorder_free(&item->preorder);
        item->preorder = product->preorder;
        if (product->preorder.message)
            item->preorder.message = market_strdup(product->preorder.message);
        item->created_ms = item->updated_ms = now_ms;
        market_map_put_text(&site->by_item, item->id, i);
    }
}

void wix_catalog_set(struct wix *wix, struct wix_site *site, enum wix_catalog catalog,
                     int64_t now_ms)
{
    bool moved = catalog != site->catalog && catalog != WIX_NO_STORES;
    site->catalog = catalog;
    site->told = false;
    if (!moved) return;
    forget_maps(site);
    wix_cursors_free(site);
    char id[WIX_ID_SIZE];
    for (size_t i = 0; i < site->product_count; i++) {
        wix_id_make(wix, id);
        name_product(site, i, id);
    }
    for (size_t i = 0; i < site->variant_count; i++)
        name_variant(wix, site, i);
    move_items(wix, site, now_ms);
}
