/* Inventory items: one per variant and location. What is there, what reads show of it, writes that
 * land late, the journal, and the calls by which tests look at stock and change it. */
#include "marketsim/wix/wix_state.h"

#include <stdlib.h>
#include <string.h>

struct wix_item *wix_item_at(const struct wix_site *site, size_t variant, size_t location)
{
    if (location >= site->location_count) return NULL;
    const struct wix_location *place = &site->locations[location];
    if (variant >= place->item_room || !place->items[variant]) return NULL;
    return &site->items[place->items[variant] - 1];
}

static void place_item(struct wix_location *place, size_t variant, size_t index)
{
    if (variant >= place->item_room) {
        size_t room = place->item_room ? place->item_room : 64;
        while (room <= variant)
            room *= 2;
        place->items = market_realloc(place->items, room * sizeof(*place->items));
        memset(place->items + place->item_room, 0,
               (room - place->item_room) * sizeof(*place->items));
        place->item_room = room;
    }
    place->items[variant] = index + 1;
}

struct wix_item *wix_item_make(struct wix *wix, struct wix_site *site, size_t variant,
                               size_t location, int64_t now_ms)
{
    struct wix_item *there = wix_item_at(site, variant, location);
    if (there) return there;
    if (site->item_count == site->item_room) {
        site->item_room = site->item_room ? site->item_room * 2 : 64;
        site->items = market_realloc(site->items, site->item_room * sizeof(*site->items));
    }
    size_t index = site->item_count++;
    char id[WIX_ID_SIZE];
    wix_id_make(wix, id);
    site->items[index] =
        (struct wix_item){.variant = variant,
                          .location = location,
                          .id = market_strdup(id),
                          .revision = 1,
                          .tracked = site->products[site->variants[variant].product].tracked,
                          .in_stock = true,
                          .preorder = {.limit = -1},
                          .created_ms = now_ms,
                          .updated_ms = now_ms,
                          .lag_until_ms = WIX_NEVER_MS};
    market_map_put_text(&site->by_item, site->items[index].id, index);
    place_item(&site->locations[location], variant, index);
    return &site->items[index];
}

int64_t wix_item_shown(const struct wix_item *item, int64_t now_ms)
{
    return now_ms < item->lag_until_ms ? item->shown : item->quantity;
}

bool wix_item_sells(const struct wix_item *item, int64_t now_ms)
{
    return item->tracked ? wix_item_shown(item, now_ms) > 0 : item->in_stock;
}

void wix_item_touch(const struct wix *wix, struct wix_site *site, struct wix_item *item,
                    int64_t now_ms)
{
    (void)wix;
    item->revision++;
    item->updated_ms = now_ms;
    if (item->location == site->main_location)
        site->products[site->variants[item->variant].product].updated_ms = now_ms;
}

void wix_item_set(const struct wix *wix, struct wix_site *site, struct wix_item *item,
                  int64_t quantity, int64_t now_ms)
{
    if (wix->settings.read_lag_ms > 0) {
        item->shown = wix_item_shown(item, now_ms);
        item->lag_until_ms = now_ms + wix->settings.read_lag_ms;
    }
    item->quantity = quantity;
    wix_item_touch(wix, site, item, now_ms);
}

static const char *sku_of(const struct wix_site *site, const struct wix_item *item)
{
    return site->variants[item->variant].sku;
}

void wix_item_write(struct wix_call *call, struct wix_item *item, bool change, int64_t value)
{
    struct wix *wix = call->wix;
    if (market_fault_loses(call->effect, sku_of(call->site, item), &wix->random)) return;
    if (call->effect->late_ms >= 0) {
        wix->late = market_realloc(wix->late, (wix->late_count + 1) * sizeof(*wix->late));
        wix->late[wix->late_count++] =
            (struct wix_late){call->site, (size_t)(item - call->site->items), change, value,
                              call->now_ms + call->effect->late_ms};
        return;
    }
    wix_item_set(wix, call->site, item, change ? item->quantity + value : value, call->now_ms);
}

/* In the order in which they fall due, so that two late writes of one item keep their order. */
void wix_late_apply(struct wix *wix, int64_t now_ms)
{
    for (;;) {
        size_t first = wix->late_count;
        for (size_t i = 0; i < wix->late_count; i++)
            if (wix->late[i].due_ms <= now_ms &&
                (first == wix->late_count || wix->late[i].due_ms < wix->late[first].due_ms))
                first = i;
        if (first == wix->late_count) return;
        struct wix_late late = wix->late[first];
        wix->late_count--;
        memmove(&wix->late[first], &wix->late[first + 1],
                (wix->late_count - first) * sizeof(*wix->late));
        struct wix_item *item = &late.site->items[late.item];
        wix_item_set(wix, late.site, item, late.change ? item->quantity + late.value : late.value,
                     late.due_ms);
    }
}

void wix_write_record(struct wix_call *call, const struct wix_item *item, bool change,
                      int64_t stock, const char *code)
{
    struct wix *wix = call->wix;
    const struct wix_site *site = call->site;
    uint64_t seq = ++wix->write_count;
    wix->writes[seq % WIX_WRITES] =
        (struct wix_write){.seq = seq,
                           .request = wix->trace.request_count,
                           .now_ms = call->now_ms,
                           .received_ns = call->request->received_ns,
                           .stock = stock,
                           .change = change,
                           .sku = item ? sku_of(site, item) : "",
                           .location = item ? site->locations[item->location].id : "",
                           .code = code};
}

void wix_preorder_free(struct wix_preorder *preorder)
{
    free(preorder->message);
    preorder->message = NULL;
}

/* NULL ends it. */
void wix_preorder_set(struct wix_preorder *preorder, const json_t *sent)
{
    const json_t *message = json_object_get(sent, "message");
    wix_preorder_free(preorder);
    preorder->enabled = json_is_true(json_object_get(sent, "enabled"));
    preorder->limit = wix_body_int(sent, "limit", -1);
    if (json_is_string(message)) preorder->message = market_strdup(json_string_value(message));
}

bool wix_stock_get(struct wix_site *site, const char *sku, const char *location,
                   int64_t *free_stock, int64_t *reserved)
{
    const struct wix_item *item =
        wix_item_at(site, wix_variant_find(site, sku), wix_location_find(site, location));
    if (!item) return false;
    *free_stock = item->quantity;
    *reserved = item->reserved;
    return true;
}

bool wix_stock_set(struct wix *wix, struct wix_site *site, const char *sku, const char *location,
                   int64_t quantity, int64_t now_ms)
{
    size_t variant = wix_variant_find(site, sku), place = wix_location_find(site, location);
    if (variant == MARKET_MAP_NONE || place == MARKET_MAP_NONE) return false;
    struct wix_item *item = wix_item_make(wix, site, variant, place, now_ms);
    item->quantity = quantity;
    item->lag_until_ms = WIX_NEVER_MS;
    wix_item_touch(wix, site, item, now_ms);
    return true;
}

uint64_t wix_write_count(const struct wix *wix)
{
    return wix->write_count;
}

const struct wix_write *wix_write_get(const struct wix *wix, uint64_t seq)
{
    if (seq == 0 || seq > wix->write_count || seq + WIX_WRITES <= wix->write_count) return NULL;
    return &wix->writes[seq % WIX_WRITES];
}
