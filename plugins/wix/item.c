/* Ids, what is kept with listings and targets, and the routes that follow from it. Pure but for
 * wix_held_keep. */
#include "wix.h"

/* Target data: kind, tracked, revision (8 bytes, little endian), id with its NUL. */
#define HELD_SIZE (2 + 8 + WIX_ID_MAX + 1)

static bool is_id(const char *text, size_t size)
{
    if (size == 0 || size > WIX_ID_MAX) return false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              c == '-'))
            return false;
    }
    return true;
}

const char *wix_id(const json_t *value)
{
    const char *text = kit_text(value, WIX_ID_MAX);
    return text && is_id(text, strlen(text)) ? text : NULL;
}

void wix_listing_id(const char *product, const char *variant, char out[WIX_LISTING_MAX + 1])
{
    size_t size = strlen(product);
    memcpy(out, product, size);
    out[size] = '/';
    strcpy(out + size + 1, variant);
}

bool wix_pair_of(const char *listing_id, struct wix_pair *pair)
{
    const char *slash = listing_id ? strchr(listing_id, '/') : NULL;
    if (!slash || !is_id(listing_id, (size_t)(slash - listing_id)) ||
        !is_id(slash + 1, strlen(slash + 1)))
        return false;
    memcpy(pair->product, listing_id, (size_t)(slash - listing_id));
    pair->product[slash - listing_id] = '\0';
    strcpy(pair->variant, slash + 1);
    return true;
}

struct wix_mark wix_mark_of(const struct stockd_item *item)
{
    struct wix_mark mark = {0};
    if (item->listing_data && item->listing_data_size == sizeof(mark))
        memcpy(&mark, item->listing_data, sizeof(mark));
    if (mark.catalog != '1' && mark.catalog != '3') mark = (struct wix_mark){0};
    return mark;
}

void wix_held_of(const struct stockd_item *item, struct wix_held *held)
{
    *held = (struct wix_held){.kind = WIX_HELD_NOTHING};
    const unsigned char *data = item->target_data;
    if (!data || item->target_data_size != HELD_SIZE) return;
    if (data[0] == WIX_HELD_ABSENT) {
        held->kind = WIX_HELD_ABSENT;
        return;
    }
    uint64_t revision = 0;
    for (unsigned i = 0; i < 8; i++)
        revision |= (uint64_t)data[2 + i] << (8 * i);
    memcpy(held->id, data + 10, WIX_ID_MAX + 1);
    held->id[WIX_ID_MAX] = '\0';
    if (data[0] != WIX_HELD_ITEM || !is_id(held->id, strlen(held->id))) return;
    held->kind = WIX_HELD_ITEM;
    held->tracked = data[1] == 1;
    held->revision = (int64_t)revision;
}

void wix_held_keep(const struct stockd_call *call, uint32_t item, const struct wix_held *held)
{
    unsigned char data[HELD_SIZE] = {(unsigned char)held->kind, held->tracked};
    for (unsigned i = 0; i < 8; i++)
        data[2 + i] = (unsigned char)((uint64_t)held->revision >> (8 * i));
    memcpy(data + 10, held->id, strlen(held->id));
    call->host->target_data(call->ctx, item, data, sizeof(data));
}

const char *wix_stock_row_read(const json_t *json, struct wix_stock_row *row)
{
    *row = (struct wix_stock_row){
        .product = wix_id(json_object_get(json, "productId")),
        .variant = wix_id(json_object_get(json, "variantId")),
        .place = wix_id(json_object_get(json, "locationId")),
        .held = {.kind = WIX_HELD_ITEM},
        .quantity = STOCKD_UNKNOWN,
        .updated_ms = kit_time(json_object_get(json, "updatedDate")),
    };
    const char *id = wix_id(json_object_get(json, "id"));
    if (!id) return "an inventory item without a usable id";
    if (!row->product || !row->variant || !row->place)
        return "an inventory item without a usable productId, variantId or locationId";
    /* A string in Stores, a number in sister interfaces. */
    if (!kit_int(json_object_get(json, "revision"), &row->held.revision) || row->held.revision < 0)
        return "an inventory item without a usable revision";
    strcpy(row->held.id, id);
    const json_t *quantity = json_object_get(json, "quantity");
    enum kit_flag track = kit_flag(json_object_get(json, "trackQuantity"));
    enum kit_flag in_stock = kit_flag(json_object_get(json, "inStock"));
    bool counted = quantity && !json_is_null(quantity);
    /* quantity or inStock says how the item is counted; trackQuantity is derived from it. */
    if (track == KIT_TRUE || (track == KIT_MISSING && counted)) {
        /* What is put back may lift it over the most that can be written. */
        if (!kit_int(quantity, &row->quantity) || row->quantity > INT32_MAX ||
            row->quantity < INT32_MIN) {
            row->quantity = STOCKD_UNKNOWN;
            return "an inventory item without a usable quantity";
        }
        row->held.tracked = true;
        return NULL;
    }
    if (track == KIT_ODD || (in_stock != KIT_TRUE && in_stock != KIT_FALSE))
        return "an inventory item that has neither a quantity nor inStock";
    row->in_stock = in_stock == KIT_TRUE;
    return NULL;
}

/* Increments and decrements leave alone what a sale did in between, and many products share a
 * request: the way to write wherever the figure to start from is known. They make no sense where
 * nothing is counted, and not below zero, where a product that takes preorders may be, and one that
 * was read as being there is: its figure is told as 0, and what is added to that falls short. */
static uint32_t route_v1(const struct stockd_item *item, struct wix_mark mark)
{
    if (mark.track == 'U') return WIX_ROUTE_UNTRACKED;
    if (mark.track == 'T' && mark.preorder == '-')
        return item->base >= 0 ? WIX_ROUTE_ADJUST : WIX_ROUTE_LEARN;
    return WIX_ROUTE_PRODUCT;
}

uint32_t wix_item_routes(const struct stockd_item *item, uint32_t *routes, uint32_t max)
{
    struct wix_mark mark = wix_mark_of(item);
    struct wix_held held;
    if (!max) return 0;
    if (mark.catalog != '3') {
        routes[0] = route_v1(item, mark);
        return 1;
    }
    wix_held_of(item, &held);
    routes[0] = held.kind == WIX_HELD_ITEM     ? WIX_ROUTE_UPDATE
                : held.kind == WIX_HELD_ABSENT ? WIX_ROUTE_CREATE
                                               : WIX_ROUTE_FIND;
    return 1;
}
