/* The pages and the inventory items of a V1 site. */
#include "v1.h"

#include "kit/resume.h"

#include <stdio.h>

/* Of one product; the published types allow 1000. */
#define VARIANTS_MAX 4000u

enum stockd_verdict wix_v1_ask(const struct stockd_call *call, const char *path, int64_t after,
                               uint32_t limit)
{
    char memory[512], filter[80];
    struct out body = {.data = memory, .room = sizeof(memory)};
    out_literal(&body, "{\"query\":{\"paging\":{\"limit\":");
    out_int(&body, limit);
    out_literal(&body, "}");
    if (after > 0) { /* filter and sort are JSON inside a string */
        snprintf(filter, sizeof(filter), "{\"numericId\":{\"$gt\":%lld}}", (long long)after);
        out_literal(&body, ",\"filter\":");
        out_string(&body, filter);
    }
    out_literal(&body, ",\"sort\":");
    out_string(&body, "[{\"numericId\":\"asc\"}]");
    out_literal(&body, "}");
    if (strcmp(path, WIX_V1_PRODUCTS) == 0) /* without it hidden products are silently missing */
        out_literal(&body, ",\"includeVariants\":true,\"includeHiddenProducts\":true");
    out_literal(&body, "}");
    return wix_send(call, "POST", path, &body, false);
}

enum wix_next wix_v1_next(const json_t *rows, int64_t *after)
{
    int64_t last = *after, number;
    size_t index;
    json_t *row;
    if (json_array_size(rows) == 0) return WIX_PAGE_END;
    json_array_foreach (rows, index, row)
        if (kit_id(json_object_get(row, "numericId"), &number) && number > last) last = number;
    if (last == *after) return WIX_PAGE_LOST;
    *after = last;
    return WIX_PAGE_MORE;
}

int64_t wix_v1_resume(const struct stockd_call *call, int64_t *told)
{
    struct kit_list at;
    if (!kit_list_resume(call, &at) || strncmp(at.place, "1 ", 2) != 0) return 0;
    int64_t after = kit_id_of(at.place + 2);
    if (after) *told = at.told;
    return after;
}

void wix_v1_keep(const struct stockd_call *call, int64_t after, int64_t told)
{
    char place[32];
    snprintf(place, sizeof(place), "1 %lld", (long long)after);
    if (after > 0) kit_list_put(call, told, place);
}

enum stockd_verdict wix_v1_ask_product(const struct stockd_call *call, const char *product)
{
    char path[128], memory[4];
    struct out body = {.data = memory, .room = sizeof(memory)};
    snprintf(path, sizeof(path), "/stores-reader/v2/inventoryItems/product/%s/getVariants",
             product);
    out_literal(&body, "{}");
    return wix_send(call, "POST", path, &body, false);
}

/* Orders took more of a variant than was there: increments would first fill that up. */
static bool any_below(const json_t *variants)
{
    size_t index;
    json_t *variant;
    json_array_foreach (variants, index, variant) {
        int64_t quantity;
        if (kit_int(json_object_get(variant, "quantity"), &quantity) && quantity < 0) return true;
    }
    return false;
}

const char *wix_v1_item_read(const json_t *json, struct wix_v1_item *item)
{
    *item = (struct wix_v1_item){
        .product = wix_id(json_object_get(json, "productId")),
        .variants = json_object_get(json, "variants"),
        .track = '?',
        .preorder = '-',
        .updated_ms = kit_time(json_object_get(json, "lastUpdated")),
    };
    /* Its older name. */
    if (!item->product) item->product = wix_id(json_object_get(json, "externalId"));
    if (!item->product) return "an inventory item without a usable productId";
    enum kit_flag track = kit_flag(json_object_get(json, "trackQuantity"));
    const json_t *preorder = json_object_get(json, "preorderInfo");
    enum kit_flag enabled = kit_flag(json_object_get(preorder, "enabled"));
    if (enabled == KIT_TRUE) item->preorder = 'P';
    if (enabled == KIT_ODD || (preorder && !json_is_object(preorder) && !json_is_null(preorder)))
        item->preorder = '?';
    if (json_array_size(item->variants) > VARIANTS_MAX)
        return "an inventory item with more variants than Wix allows";
    if (!json_is_array(item->variants)) return "an inventory item without its variants";
    if (track != KIT_TRUE && track != KIT_FALSE)
        return "an inventory item that does not say whether it is tracked";
    item->track = track == KIT_TRUE ? 'T' : 'U';
    if (item->preorder == '-' && any_below(item->variants)) item->preorder = 'B';
    return NULL;
}
