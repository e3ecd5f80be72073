/* The paths and what fits into their bodies. */
#include "marketsim/wix/wix_state.h"

#include <stdio.h>
#include <string.h>

#define TEXT(name)                                  \
    {                                               \
        name, SHAPE_STRING, false, 0, 0, NULL, NULL \
    }
#define TRUTH(name)                               \
    {                                             \
        name, SHAPE_BOOL, false, 0, 0, NULL, NULL \
    }
#define NEED(name)                                 \
    {                                              \
        name, SHAPE_STRING, true, 0, 0, NULL, NULL \
    }
#define NUM(name, a, b)                          \
    {                                            \
        name, SHAPE_INT, false, a, b, NULL, NULL \
    }
#define OBJ(name, f)                             \
    {                                            \
        name, SHAPE_OBJECT, false, 0, 0, f, NULL \
    }
#define NEED_OBJ(n, f)                       \
    {                                        \
        n, SHAPE_OBJECT, true, 0, 0, f, NULL \
    }
#define LIST(n, max, f)                         \
    {                                           \
        n, SHAPE_OBJECTS, true, 1, max, f, NULL \
    }

static const char *const reasons[] = {"ORDER", "MANUAL", "REVERT_INVENTORY_CHANGE", NULL};
static const char *const orders[] = {"ASC", "DESC", NULL};

/* V1 */
static const struct market_shape v1_paging[] = {
    NUM("limit", 1, WIX_V1_PAGE), NUM("offset", 0, INT32_MAX), {0}};
static const struct market_shape v1_query[] = {
    OBJ("paging", v1_paging), TEXT("filter"), TEXT("sort"), {0}};
const struct market_shape wix_v1_query_fields[] = {OBJ("query", v1_query), {0}};
const struct market_shape wix_v1_products_fields[] = {OBJ("query", v1_query),
                                                      TRUTH("includeVariants"),
                                                      TRUTH("includeHiddenProducts"),
                                                      TRUTH("includeMerchantSpecificData"),
                                                      {0}};
static const struct market_shape sorting[] = {
    TEXT("fieldName"), {"order", SHAPE_ENUM, false, 0, 0, NULL, orders}, {0}};
static const struct market_shape v1_store_query[] = {
    OBJ("paging", v1_paging),
    OBJ("filter", NULL),
    {"sort", SHAPE_OBJECTS, false, 0, 0, sorting, NULL},
    {0}};
const struct market_shape wix_v1_store_variants_fields[] = {NEED_OBJ("query", v1_store_query), {0}};
const struct market_shape wix_v1_variants_fields[] = {
    TEXT("inventoryId"),
    TEXT("externalId"),
    TEXT("productId"),
    {"variantIds", SHAPE_STRINGS, false, 0, 0, NULL, NULL},
    {0}};
static const struct market_shape v1_preorder[] = {
    TRUTH("enabled"), TEXT("message"), NUM("limit", 0, WIX_PREORDER_MAX), {0}};
static const struct market_shape v1_variant[] = {
    NEED("variantId"),
    TRUTH("inStock"),
    NUM("quantity", -WIX_QUANTITY_MAX, WIX_QUANTITY_MAX),
    TRUTH("availableForPreorder"),
    {0}};
static const struct market_shape v1_item[] = {
    TEXT("id"),
    TEXT("externalId"),
    TEXT("productId"),
    TRUTH("trackQuantity"),
    {"variants", SHAPE_OBJECTS, false, 0, 0, v1_variant, NULL},
    TEXT("lastUpdated"),
    TEXT("numericId"),
    OBJ("preorderInfo", v1_preorder),
    {0}};
const struct market_shape wix_v1_patch_fields[] = {NEED_OBJ("inventoryItem", v1_item), {0}};
static const struct market_shape v1_increment[] = {
    TEXT("inventoryId"),
    TEXT("productId"),
    NEED("variantId"),
    {"incrementBy", SHAPE_INT, true, 1, INT32_MAX, NULL, NULL},
    {0}};
static const struct market_shape v1_decrement[] = {
    TEXT("inventoryId"),
    TEXT("externalId"),
    TEXT("productId"),
    NEED("variantId"),
    {"decrementBy", SHAPE_INT, true, 1, INT32_MAX, NULL, NULL},
    TRUTH("preorderRequest"),
    {0}};
const struct market_shape wix_v1_increment_fields[] = {
    LIST("incrementData", WIX_BULK_ADJUST, v1_increment), {0}};
const struct market_shape wix_v1_decrement_fields[] = {
    LIST("decrementData", WIX_BULK_ADJUST, v1_decrement), {0}};

/* Cursor queries */
#define CURSOR_QUERY(name, max, sorts)                           \
    static const struct market_shape name##_paging[] = {         \
        NUM("limit", 0, max), TEXT("cursor"), {0}};              \
    static const struct market_shape name[] = {                  \
        OBJ("cursorPaging", name##_paging),                      \
        OBJ("filter", NULL),                                     \
        {"sort", SHAPE_OBJECTS, false, 0, sorts, sorting, NULL}, \
        OBJ("search", NULL),                                     \
        {0}}
CURSOR_QUERY(items_query, WIX_V3_PAGE, 10);
CURSOR_QUERY(products_query, WIX_PRODUCTS_PAGE, 5);
CURSOR_QUERY(variants_query, WIX_V3_PAGE, 5);
CURSOR_QUERY(locations_query, WIX_PRODUCTS_PAGE, 8);
CURSOR_QUERY(orders_query, WIX_ORDERS_PAGE, 4);
#define FIELDS                                             \
    {                                                      \
        "fields", SHAPE_STRINGS, false, 0, 100, NULL, NULL \
    }
const struct market_shape wix_query_fields[] = {OBJ("query", items_query), {0}};
const struct market_shape wix_search_fields[] = {NEED_OBJ("search", items_query), {0}};
const struct market_shape wix_products_query_fields[] = {OBJ("query", products_query), FIELDS, {0}};
const struct market_shape wix_products_search_fields[] = {
    NEED_OBJ("search", products_query), FIELDS, {0}};
const struct market_shape wix_variants_query_fields[] = {OBJ("query", variants_query), FIELDS, {0}};
const struct market_shape wix_variants_search_fields[] = {
    NEED_OBJ("search", variants_query), FIELDS, {0}};
const struct market_shape wix_locations_fields[] = {OBJ("query", locations_query), {0}};
const struct market_shape wix_orders_fields[] = {NEED_OBJ("search", orders_query), {0}};
static const struct market_shape business_paging[] = {
    NUM("limit", 0, WIX_V3_PAGE), NUM("offset", 0, INT32_MAX), {0}};
static const struct market_shape business_query[] = {
    OBJ("paging", business_paging),
    OBJ("filter", NULL),
    {"sort", SHAPE_OBJECTS, false, 0, 0, sorting, NULL},
    {0}};
const struct market_shape wix_business_fields[] = {
    OBJ("query", business_query), TRUTH("filterAuthorizedLocationEntities"), {0}};

/* V3 inventory */
static const struct market_shape preorder[] = {TRUTH("enabled"),
                                               TEXT("message"),
                                               NUM("limit", 0, WIX_PREORDER_MAX),
                                               NUM("counter", 0, INT32_MAX),
                                               NUM("quantity", INT32_MIN, INT32_MAX),
                                               {0}};
#define ITEM_FIELDS                                                                              \
    TRUTH("inStock"), NUM("quantity", -WIX_QUANTITY_MAX, WIX_QUANTITY_MAX), TEXT("createdDate"), \
        TEXT("updatedDate"), TRUTH("trackQuantity"), TEXT("availabilityStatus"),                 \
        OBJ("preorderInfo", preorder), OBJ("product", NULL), OBJ("extendedFields", NULL)
static const struct market_shape new_item[] = {
    ITEM_FIELDS,       TEXT("id"), TEXT("revision"), NEED("variantId"), TEXT("locationId"),
    NEED("productId"), {0}};
static const struct market_shape set_item[] = {
    ITEM_FIELDS,       NEED("id"), NEED("revision"), TEXT("variantId"), TEXT("locationId"),
    TEXT("productId"), {0}};
static const struct market_shape patch_item[] = {
    ITEM_FIELDS,       TEXT("id"), NEED("revision"), TEXT("variantId"), TEXT("locationId"),
    TEXT("productId"), {0}};
static const struct market_shape masked_item[] = {NEED_OBJ("inventoryItem", set_item), {0}};
#define REASON                                           \
    {                                                    \
        "reason", SHAPE_ENUM, false, 0, 0, NULL, reasons \
    }
const struct market_shape wix_item_create_fields[] = {NEED_OBJ("inventoryItem", new_item), {0}};
const struct market_shape wix_item_patch_fields[] = {
    NEED_OBJ("inventoryItem", patch_item), REASON, {0}};
const struct market_shape wix_bulk_create_fields[] = {
    LIST("inventoryItems", WIX_BULK_SET, new_item), TRUTH("returnEntity"), {0}};
const struct market_shape wix_bulk_update_fields[] = {
    LIST("inventoryItems", WIX_BULK_SET, masked_item), TRUTH("returnEntity"), REASON, {0}};
#define AMOUNT(name)                                           \
    {                                                          \
        name, SHAPE_INT, true, 1, WIX_QUANTITY_MAX, NULL, NULL \
    }
static const struct market_shape increment[] = {
    NEED("inventoryItemId"), AMOUNT("incrementBy"), {0}};
static const struct market_shape decrement[] = {
    NEED("inventoryItemId"), AMOUNT("decrementBy"), TRUTH("preorderRequest"), {0}};
static const struct market_shape place_increment[] = {
    NEED("variantId"), TEXT("locationId"), AMOUNT("incrementBy"), {0}};
static const struct market_shape place_decrement[] = {
    NEED("variantId"), TEXT("locationId"), AMOUNT("decrementBy"), TRUTH("preorderRequest"), {0}};
const struct market_shape wix_increment_fields[] = {
    LIST("incrementData", WIX_BULK_ADJUST, increment), TRUTH("returnEntity"), REASON, {0}};
const struct market_shape wix_decrement_fields[] = {
    LIST("decrementData", WIX_BULK_ADJUST, decrement),
    TRUTH("restrictInventory"),
    TRUTH("returnEntity"),
    REASON,
    {0}};
const struct market_shape wix_increment_place_fields[] = {
    LIST("incrementData", WIX_BULK_ADJUST, place_increment), TRUTH("returnEntity"), REASON, {0}};
const struct market_shape wix_decrement_place_fields[] = {
    LIST("decrementData", WIX_BULK_ADJUST, place_decrement),
    TRUTH("restrictInventory"),
    TRUTH("returnEntity"),
    REASON,
    {0}};

#define V1_READ  WORLD_V1, WIX_MAY_READ
#define V1_WRITE WORLD_V1, WIX_MAY_WRITE
#define V3_READ  WORLD_V3, WIX_MAY_READ
#define V3_WRITE WORLD_V3, WIX_MAY_WRITE
#define V3_GOODS WORLD_V3, WIX_MAY_PRODUCTS
#define BULK     "/stores/v3/bulk/inventory-items/"

/* Whole paths before those with an id. */
static const struct wix_route routes[] = {
    {"GET", "/stores/v3/provision/version", WORLD_ANY, WIX_MAY_CATALOG, NULL, wix_version, false},
    {"POST", "/stores-reader/v2/inventoryItems/query", V1_READ, wix_v1_query_fields, wix_v1_query,
     false},
    {"POST", "/stores-reader/v2/inventoryItems/product/{}/getVariants", V1_READ,
     wix_v1_variants_fields, wix_v1_get_product, false},
    {"POST", "/stores-reader/v2/inventoryItems/{}/getVariants", V1_READ, wix_v1_variants_fields,
     wix_v1_get, false},
    {"PATCH", "/stores/v2/inventoryItems/product/{}", V1_WRITE, wix_v1_patch_fields,
     wix_v1_patch_product, false},
    {"POST", "/stores/v2/inventoryItems/increment", V1_WRITE, wix_v1_increment_fields,
     wix_v1_increment, false},
    {"POST", "/stores/v2/inventoryItems/decrement", V1_WRITE, wix_v1_decrement_fields,
     wix_v1_decrement, false},
    {"PATCH", "/stores/v2/inventoryItems/{}", V1_WRITE, wix_v1_patch_fields, wix_v1_patch, false},
    {"POST", "/stores-reader/v1/products/query", WORLD_V1, WIX_MAY_PRODUCTS, wix_v1_products_fields,
     wix_v1_products, true},
    {"POST", "/stores-reader/v1/variants/query", WORLD_V1, WIX_MAY_PRODUCTS,
     wix_v1_store_variants_fields, wix_v1_store_variants, true},
    {"POST", "/stores/v3/inventory-items/query", V3_READ, wix_query_fields, wix_items_query, false},
    {"POST", "/stores/v3/inventory-items/search", V3_READ, wix_search_fields, wix_items_search,
     false},
    {"POST", "/stores/v3/inventory-items", V3_WRITE, wix_item_create_fields, wix_item_create,
     false},
    {"POST", BULK "create", V3_WRITE, wix_bulk_create_fields, wix_bulk_create, false},
    {"POST", BULK "update", V3_WRITE, wix_bulk_update_fields, wix_bulk_update, false},
    {"POST", BULK "increment", V3_WRITE, wix_increment_fields, wix_bulk_increment, false},
    {"POST", BULK "decrement", V3_WRITE, wix_decrement_fields, wix_bulk_decrement, false},
    {"POST", BULK "increment-by-variant-and-location", V3_WRITE, wix_increment_place_fields,
     wix_place_increment, false},
    {"POST", BULK "decrement-by-variant-and-location", V3_WRITE, wix_decrement_place_fields,
     wix_place_decrement, false},
    {"GET", "/stores/v3/inventory-items/{}", V3_READ, NULL, wix_item_get, false},
    {"PATCH", "/stores/v3/inventory-items/{}", V3_WRITE, wix_item_patch_fields, wix_item_patch,
     false},
    {"POST", "/stores/v3/products/query", V3_GOODS, wix_products_query_fields, wix_products_query,
     false},
    {"POST", "/stores/v3/products/search", V3_GOODS, wix_products_search_fields,
     wix_products_search, false},
    {"POST", "/stores/v3/products/query-variants", V3_GOODS, wix_variants_query_fields,
     wix_variants_query, false},
    {"POST", "/stores/v3/products/search-variants", V3_GOODS, wix_variants_search_fields,
     wix_variants_search, false},
    {"GET", "/stores/v3/products/{}", V3_GOODS, NULL, wix_product_get, false},
    {"POST", "/stores/v3/locations/query", WORLD_V3, WIX_MAY_LOCATIONS, wix_locations_fields,
     wix_locations_query, false},
    {"GET", "/stores/v3/locations/default", WORLD_V3, WIX_MAY_LOCATIONS, NULL, wix_location_main,
     false},
    {"GET", "/stores/v3/locations/{}", WORLD_V3, WIX_MAY_LOCATIONS, NULL, wix_location_get, false},
    {"GET", "/locations/v1/locations", WORLD_ANY, WIX_MAY_LOCATIONS, NULL, wix_business_list,
     false},
    {"POST", "/locations/v1/locations/query", WORLD_ANY, WIX_MAY_LOCATIONS, wix_business_fields,
     wix_business_query, false},
    {"GET", "/locations/v1/locations/{}", WORLD_ANY, WIX_MAY_LOCATIONS, NULL, wix_business_get,
     false},
    {"POST", "/ecom/v1/orders/search", WORLD_ANY, WIX_MAY_ORDERS, wix_orders_fields,
     wix_orders_search, false},
    {"GET", "/ecom/v1/orders/{}", WORLD_ANY, WIX_MAY_ORDERS, NULL, wix_order_get, false},
};

/* The id is one step of the path: without a slash, and not empty. */
static bool path_fits(const char *pattern, const char *path, char *id, size_t size)
{
    for (; *pattern && *pattern != '{'; pattern++, path++)
        if (*pattern != *path) return false;
    if (!*pattern) return !*path;
    size_t len = strcspn(path, "/");
    if (len == 0 || len >= size || strcmp(path + len, pattern + strlen("{}")) != 0) return false;
    memcpy(id, path, len);
    id[len] = '\0';
    return true;
}

const struct wix_route *wix_route_find(const char *method, const char *path, char *id, size_t size,
                                       bool *known)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (!path_fits(routes[i].path, path, id, size)) continue;
        *known = true;
        if (strcmp(routes[i].method, method) == 0) return &routes[i];
    }
    return NULL;
}
