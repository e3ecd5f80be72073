/* Reads of goods under V3: inventory items, products, variants. Free text is looked for in names
 * and SKUs. */
#include "marketsim/wix/wix_state.h"

#include <string.h>

#define OTHERWISE 100 /* rows of a page where no limit was given */

static const struct wix_field item_fields[] = {{"id", true, false},
                                               {"productId", true, false},
                                               {"variantId", true, false},
                                               {"locationId", false, false},
                                               {"quantity", true, false},
                                               {"trackQuantity", true, false},
                                               {"inStock", false, false},
                                               {"availabilityStatus", true, false},
                                               {"createdDate", true, false},
                                               {"updatedDate", true, false},
                                               {"preorderInfo.enabled", true, false},
                                               {"product.name", true, false},
                                               {"product.variantSku", true, false},
                                               {"product.variantName", true, false},
                                               {"product.variantBarcode", true, false},
                                               {0}};
/* createdDate is typed as sortable and fails at run time. */
static const struct wix_field product_fields[] = {{"id", true, false},
                                                  {"name", true, false},
                                                  {"visible", true, false},
                                                  {"productType", false, false},
                                                  {"updatedDate", true, false},
                                                  {"createdDate", false, false},
                                                  {"inventory.availabilityStatus", false, false},
                                                  {0}};
static const struct wix_field variant_fields[] = {{"id", true, false},
                                                  {"variantId", true, false},
                                                  {"sku", true, false},
                                                  {"barcode", true, false},
                                                  {"visible", false, false},
                                                  {"productData.productId", true, false},
                                                  {"productData.name", true, false},
                                                  {"productData.visible", false, false},
                                                  {"productData.productType", false, false},
                                                  {0}};

static size_t item_count(const struct wix_call *call)
{
    return call->site->item_count;
}

static size_t product_count(const struct wix_call *call)
{
    return call->site->product_count;
}

static size_t variant_count(const struct wix_call *call)
{
    return call->site->variant_count;
}

static bool may_see(const struct wix_call *call, const struct wix_product *product)
{
    return product->visible || call->key->abilities & WIX_MAY_HIDDEN;
}

static json_t *render_item(struct wix_call *call, size_t index)
{
    return wix_item_json(call, &call->site->items[index]);
}

static void write_item(struct wix_call *call, size_t index, struct market_answer *answer)
{
    wix_item_text(call, &call->site->items[index], answer);
}

static json_t *render_product(struct wix_call *call, size_t index)
{
    const struct wix_product *product = &call->site->products[index];
    return may_see(call, product) ? wix_product_json(call, product, false) : NULL;
}

static bool seen_variant(const struct wix_call *call, size_t index)
{
    const struct wix_site *site = call->site;
    return may_see(call, &site->products[site->variants[index].product]);
}

static json_t *render_variant(struct wix_call *call, size_t index)
{
    return seen_variant(call, index) ? wix_variant_json(call, index) : NULL;
}

static void write_variant(struct wix_call *call, size_t index, struct market_answer *answer)
{
    wix_variant_text(call, index, answer);
}

static size_t item_by_id(const struct wix_call *call, const char *id)
{
    return market_map_get_text(&call->site->by_item, id);
}

static size_t items_by_variant(const struct wix_call *call, const char *id, size_t *indexes)
{
    const struct wix_site *site = call->site;
    size_t variant = market_map_get_text(&site->by_variant, id), count = 0;
    for (size_t l = 0; l < site->location_count; l++) {
        const struct wix_item *item = wix_item_at(site, variant, l);
        if (item) indexes[count++] = (size_t)(item - site->items);
    }
    return count;
}

static size_t product_by_id(const struct wix_call *call, const char *id)
{
    return market_map_get_text(&call->site->by_product, id);
}

static const struct wix_source items = {.rows = "inventoryItems",
                                        .paging = "pagingMetadata",
                                        .otherwise = OTHERWISE,
                                        .fields = item_fields,
                                        .count = item_count,
                                        .render = render_item,
                                        .write = write_item,
                                        .by_id = item_by_id,
                                        .by_variant = items_by_variant};
static const struct wix_source products = {.rows = "products",
                                           .paging = "pagingMetadata",
                                           .otherwise = OTHERWISE,
                                           .fields = product_fields,
                                           .count = product_count,
                                           .render = render_product,
                                           .by_id = product_by_id};
static const struct wix_source variants = {.rows = "variants",
                                           .paging = "pagingMetadata",
                                           .otherwise = OTHERWISE,
                                           .fields = variant_fields,
                                           .count = variant_count,
                                           .render = render_variant,
                                           .write = write_variant,
                                           .seen = seen_variant};

/* A search's free text becomes a filter: the words must begin one of these fields. */
static void search(struct wix_call *call, const struct wix_source *source,
                   const char *const fields[])
{
    json_t *query = json_object_get(call->body, "search");
    const char *text = wix_body_text(json_object_get(query, "search"), "expression");
    json_t *copy = json_copy(query), *any = json_array();
    for (size_t i = 0; fields[i]; i++)
        json_array_append_new(any, json_pack("{s:{s:s}}", fields[i], "$startsWith", text));
    json_object_del(copy, "search");
    json_t *filter = json_object_get(query, "filter");
    if (*text)
        json_object_set_new(copy, "filter",
                            json_pack("{s:[o, O]}", "$and", json_pack("{s:O}", "$or", any),
                                      filter ? filter : json_null()));
    wix_query_cursor(call, source, copy);
    json_decref(any);
    json_decref(copy);
}

void wix_items_query(struct wix_call *call)
{
    wix_query_cursor(call, &items, json_object_get(call->body, "query"));
}

void wix_items_search(struct wix_call *call)
{
    static const char *const fields[] = {"product.name", "product.variantName",
                                         "product.variantSku", "product.variantBarcode", NULL};
    search(call, &items, fields);
}

void wix_item_get(struct wix_call *call)
{
    size_t index = item_by_id(call, call->id);
    if (index == MARKET_MAP_NONE)
        wix_error(call, 404, "NOT_FOUND", "Inventory item not found");
    else
        wix_answer(call, json_pack("{s:o}", "inventoryItem", render_item(call, index)));
}

void wix_products_query(struct wix_call *call)
{
    wix_query_cursor(call, &products, json_object_get(call->body, "query"));
}

void wix_products_search(struct wix_call *call)
{
    static const char *const fields[] = {"name", NULL};
    search(call, &products, fields);
}

void wix_product_get(struct wix_call *call)
{
    size_t index = product_by_id(call, call->id);
    if (index == MARKET_MAP_NONE || !may_see(call, &call->site->products[index]))
        wix_error(call, 404, "PRODUCT_NOT_FOUND", "Product not found");
    else
        wix_answer(call, json_pack("{s:o}", "product",
                                   wix_product_json(call, &call->site->products[index], true)));
}

void wix_variants_query(struct wix_call *call)
{
    wix_query_cursor(call, &variants, json_object_get(call->body, "query"));
}

void wix_variants_search(struct wix_call *call)
{
    static const char *const fields[] = {"productData.name", "sku", "barcode", NULL};
    search(call, &variants, fields);
}
