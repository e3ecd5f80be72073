/* Writes under V1: the PATCH that sets a product's variants, and increments and decrements. They
 * answer {} or fail as a whole. */
#include "marketsim/wix/wix_state.h"

#include <stdio.h>
#include <string.h>

static void answer_empty(struct wix_call *call)
{
    wix_answer(call, json_object());
}

/* What a PATCH does to the product besides its figures. Left out, trackQuantity is false: that
 * switches tracking off for every variant. */
static void patch_product(struct wix_call *call, struct wix_product *product, const json_t *item)
{
    bool tracked = json_is_true(json_object_get(item, "trackQuantity"));
    const json_t *preorder = json_object_get(item, "preorderInfo");
    if (tracked != product->tracked)
        wix_violation(call, "tracking", "product %s: tracking switched %s%s", product->id,
                      tracked ? "on" : "off",
                      json_object_get(item, "trackQuantity") ? "" : ", trackQuantity left out");
    bool lost = product->preorder.enabled && !json_is_true(json_object_get(preorder, "enabled")) &&
                (preorder || call->wix->settings.patch_drops_preorder);
    if (lost) wix_violation(call, "preorder_lost", "product %s", product->id);
    if (call->effect->no_effect || call->effect->late_ms >= 0) return;
    if (preorder || lost) wix_preorder_set(&product->preorder, preorder);
    product->tracked = tracked;
    product->updated_ms = call->now_ms;
}

static bool variants_known(struct wix_call *call, size_t product, const json_t *variants)
{
    for (size_t i = 0; i < json_array_size(variants); i++) {
        const json_t *row = json_array_get(variants, i);
        const char *id = wix_body_text(row, "variantId");
        int64_t quantity = wix_body_int(row, "quantity", 0);
        if (wix_variant_of(call->site, product, id) == MARKET_MAP_NONE) {
            wix_write_record(call, NULL, false, quantity, "VARIANT_NOT_FOUND");
            wix_error(call, 404, "VARIANT_NOT_FOUND", "Variant not found");
            return false;
        }
        if (quantity < 0) {
            wix_invalid(call, "inventoryItem.variants.quantity", "quantity must not be negative",
                        false);
            return false;
        }
    }
    return true;
}

static void set_variant(struct wix_call *call, size_t product, const json_t *row, bool tracked)
{
    struct wix_site *site = call->site;
    size_t variant = wix_variant_of(site, product, wix_body_text(row, "variantId"));
    struct wix_item *item =
        wix_item_make(call->wix, site, variant, site->main_location, call->now_ms);
    const json_t *quantity = json_object_get(row, "quantity");
    const json_t *in_stock = json_object_get(row, "inStock");
    if (json_is_boolean(in_stock) && !tracked && !call->effect->no_effect)
        item->in_stock = json_is_true(in_stock);
    if (!json_is_integer(quantity)) return;
    wix_item_write(call, item, false, json_integer_value(quantity));
    wix_write_record(call, item, false, json_integer_value(quantity), "");
    call->answer->items++;
}

/* One bad variant fails the whole PATCH: V1 has no rows to tell of single ones. */
static bool fault_on_variant(struct wix_call *call, size_t product, const json_t *variants)
{
    for (size_t i = 0; i < json_array_size(variants); i++) {
        size_t variant = wix_variant_of(call->site, product,
                                        wix_body_text(json_array_get(variants, i), "variantId"));
        const struct market_fault *fault =
            market_fault_item(call->effect, call->site->variants[variant].sku, &call->wix->random);
        if (!fault) continue;
        wix_error(call, fault->status ? fault->status : 428, fault->code ? fault->code : "INTERNAL",
                  fault->message ? fault->message : "Internal error");
        return true;
    }
    return false;
}

static void patch(struct wix_call *call, size_t product)
{
    const json_t *item = json_object_get(call->body, "inventoryItem");
    const json_t *variants = json_object_get(item, "variants");
    if (product == MARKET_MAP_NONE) {
        wix_error(call, 404, "INVENTORY_ITEM_NOT_FOUND", "Inventory item not found");
        return;
    }
    if (!variants_known(call, product, variants)) return;
    if (fault_on_variant(call, product, variants)) return;
    patch_product(call, &call->site->products[product], item);
    for (size_t i = 0; i < json_array_size(variants); i++)
        set_variant(call, product, json_array_get(variants, i),
                    json_is_true(json_object_get(item, "trackQuantity")));
    answer_empty(call);
}

void wix_v1_patch(struct wix_call *call)
{
    patch(call, market_map_get_text(&call->site->by_v1_item, call->id));
}

void wix_v1_patch_product(struct wix_call *call)
{
    patch(call, market_map_get_text(&call->site->by_product, call->id));
}

static size_t entry_product(const struct wix_call *call, const json_t *row)
{
    const char *item = wix_body_text(row, "inventoryId"), *id = wix_body_text(row, "productId");
    if (*item) return market_map_get_text(&call->site->by_v1_item, item);
    if (!*id) id = wix_body_text(row, "externalId");
    return market_map_get_text(&call->site->by_product, id);
}

static struct wix_item *entry_item(struct wix_call *call, const json_t *row)
{
    size_t product = entry_product(call, row);
    size_t variant = wix_variant_of(call->site, product, wix_body_text(row, "variantId"));
    if (variant == MARKET_MAP_NONE) return NULL;
    return wix_item_make(call->wix, call->site, variant, call->site->main_location, call->now_ms);
}

/* NULL: it may be carried out. `sum` is what earlier entries of the call did to the same item. */
static const char *judge(struct wix_call *call, const json_t *row, int64_t by, int64_t sum)
{
    const struct wix_item *item = entry_item(call, row);
    if (!item) return "INVENTORY_ITEM_NOT_FOUND";
    const struct wix_product *product =
        &call->site->products[call->site->variants[item->variant].product];
    if (json_is_true(json_object_get(row, "preorderRequest")))
        wix_violation(call, "preorder_request", "product %s", product->id);
    if (!product->tracked) {
        wix_violation(call, "untracked", "product %s is not tracked", product->id);
        return "INVENTORY_QUANTITY_NOT_TRACKED";
    }
    if (by < 0 && item->quantity + sum + by < 0) return "INSUFFICIENT_INVENTORY";
    if (item->quantity + sum + by > WIX_QUANTITY_MAX) return "MAX_QUANTITY_LIMIT_REACHED";
    return NULL;
}

static int64_t earlier(struct wix_call *call, const json_t *list, size_t until, const char *name,
                       int64_t sign)
{
    const struct wix_item *item = entry_item(call, json_array_get(list, until));
    int64_t sum = 0;
    for (size_t i = 0; i < until && item; i++)
        if (entry_item(call, json_array_get(list, i)) == item)
            sum += sign * wix_body_int(json_array_get(list, i), name, 0);
    return sum;
}

/* All entries or none. */
static void adjust(struct wix_call *call, const char *list_name, const char *name, int64_t sign)
{
    const json_t *list = json_object_get(call->body, list_name);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        int64_t by = sign * wix_body_int(row, name, 0);
        const char *code = judge(call, row, by, earlier(call, list, i, name, sign));
        const struct wix_item *item = entry_item(call, row);
        const struct market_fault *fault =
            item ? market_fault_item(call->effect, call->site->variants[item->variant].sku,
                                     &call->wix->random)
                 : NULL;
        if (!code && !fault) continue;
        wix_write_record(call, item, true, by, code ? code : "(fault)");
        if (!code) code = fault->code ? fault->code : "INTERNAL";
        wix_error(call, strcmp(code, "INVENTORY_ITEM_NOT_FOUND") == 0 ? 404 : 428, code, code);
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        int64_t by = sign * wix_body_int(row, name, 0);
        struct wix_item *item = entry_item(call, row);
        wix_item_write(call, item, true, by);
        wix_write_record(call, item, true, by, "");
    }
    call->answer->items = json_array_size(list);
    answer_empty(call);
}

void wix_v1_increment(struct wix_call *call)
{
    adjust(call, "incrementData", "incrementBy", 1);
}

void wix_v1_decrement(struct wix_call *call)
{
    adjust(call, "decrementData", "decrementBy", -1);
}
