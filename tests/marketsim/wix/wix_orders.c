/* Buyers: placing, paying, fulfilling, cancelling, refunding, and what each does to the stock. How
 * orders look in reads is in wix_orders_read.c. */
#include "marketsim/wix/wix_state.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_NUMBER 10001

static void forget(struct wix_order *order)
{
    json_decref(order->row);
    order->row = NULL;
    market_kept_forget(&order->look);
}

void wix_orders_forget(struct wix_site *site)
{
    for (size_t i = 0; i < site->order_count; i++)
        forget(&site->orders[i]);
}

void wix_orders_free(struct wix_site *site)
{
    wix_orders_forget(site);
    for (size_t i = 0; i < site->order_count; i++) {
        for (size_t j = 0; j < site->orders[i].line_count; j++) {
            free(site->orders[i].lines[j].variant_id);
            free(site->orders[i].lines[j].product_id);
        }
        free(site->orders[i].lines);
    }
    free(site->orders);
}

size_t wix_order_count(const struct wix_site *site)
{
    return site->order_count;
}

static bool tracked(const struct wix_site *site, const struct wix_item *item)
{
    return site->catalog == WIX_V1 ? site->products[site->variants[item->variant].product].tracked
                                   : item->tracked;
}

static bool can_place(const struct wix_site *site, const struct wix_order_spec *spec,
                      size_t location)
{
    for (size_t i = 0; i < spec->line_count; i++) {
        size_t variant = wix_variant_find(site, spec->lines[i].sku);
        const struct wix_item *item = wix_item_at(site, variant, location);
        int64_t wanted = 0;
        for (size_t j = 0; j < spec->line_count; j++)
            if (strcmp(spec->lines[j].sku, spec->lines[i].sku) == 0)
                wanted += spec->lines[j].quantity;
        if (!item || spec->lines[i].quantity <= 0) return false;
        if (!spec->oversell && tracked(site, item) && item->quantity < wanted) return false;
    }
    return spec->line_count > 0;
}

/* Tracked pieces leave the stock, however many are left: the order is there already. */
static void take_stock(struct wix *wix, struct wix_site *site, struct wix_order *order,
                       int64_t now_ms)
{
    for (size_t i = 0; i < order->line_count; i++) {
        struct wix_line *line = &order->lines[i];
        struct wix_item *item = wix_item_at(site, line->variant, order->location);
        if (!item || line->taken || !tracked(site, item)) continue;
        item->quantity -= line->quantity;
        item->reserved += line->quantity;
        line->taken = line->quantity;
        line->held = true;
        wix_item_touch(wix, site, item, now_ms);
    }
}

static void end_hold(struct wix_site *site, struct wix_order *order)
{
    for (size_t i = 0; i < order->line_count; i++) {
        struct wix_line *line = &order->lines[i];
        struct wix_item *item = wix_item_at(site, line->variant, order->location);
        if (line->held && item) item->reserved -= line->taken;
        line->held = false;
    }
}

static void give_back(struct wix *wix, struct wix_site *site, struct wix_order *order,
                      int64_t now_ms)
{
    for (size_t i = 0; i < order->line_count; i++) {
        struct wix_line *line = &order->lines[i];
        struct wix_item *item = wix_item_at(site, line->variant, order->location);
        int64_t back = line->taken - line->restocked;
        if (!item || back <= 0) continue;
        item->quantity += back;
        line->restocked += back;
        wix_item_touch(wix, site, item, now_ms);
    }
}

static struct wix_order *order_room(struct wix_site *site)
{
    if (site->order_count == site->order_room) {
        site->order_room = site->order_room ? site->order_room * 2 : 64;
        site->orders = market_realloc(site->orders, site->order_room * sizeof(*site->orders));
    }
    struct wix_order *order = &site->orders[site->order_count++];
    memset(order, 0, sizeof(*order));
    return order;
}

bool wix_order_place(struct wix *wix, struct wix_site *site, const struct wix_order_spec *spec,
                     int64_t now_ms, char id[WIX_ID_SIZE])
{
    size_t location = wix_location_find(site, spec->location);
    if (location == MARKET_MAP_NONE || !can_place(site, spec, location)) return false;
    now_ms += wix->settings.clock_offset_ms;
    struct wix_order *order = order_room(site);
    wix_id_make(wix, order->id);
    memcpy(id, order->id, WIX_ID_SIZE);
    order->number = FIRST_NUMBER + (int64_t)site->order_count - 1;
    order->status = "APPROVED";
    order->payment = spec->unpaid ? "NOT_PAID" : "PAID";
    order->fulfillment = "NOT_FULFILLED";
    order->location = location;
    order->till = spec->location != NULL && location != site->main_location;
    order->oversell = spec->oversell;
    order->created_ms = order->updated_ms = spec->placed_ms ? spec->placed_ms : now_ms;
    order->visible_ms = now_ms + spec->visible_after_ms;
    order->lines = market_alloc(spec->line_count * sizeof(*order->lines));
    order->line_count = spec->line_count;
    for (size_t i = 0; i < spec->line_count; i++) {
        size_t variant = wix_variant_find(site, spec->lines[i].sku);
        order->lines[i] = (struct wix_line){
            .variant = variant,
            .variant_id = market_strdup(site->variants[variant].id),
            .product_id = market_strdup(site->products[site->variants[variant].product].id),
            .quantity = spec->lines[i].quantity};
    }
    if (!spec->unpaid || wix->settings.deduct == WIX_WHEN_PLACED)
        take_stock(wix, site, order, now_ms);
    return true;
}

static struct wix_order *find_order(struct wix_site *site, const char *id)
{
    for (size_t i = site->order_count; i > 0; i--)
        if (strcmp(site->orders[i - 1].id, id) == 0) return &site->orders[i - 1];
    return NULL;
}

static bool is(const char *have, const char *status)
{
    return strcmp(have, status) == 0;
}

static bool cancel(struct wix *wix, struct wix_site *site, struct wix_order *order, bool restock,
                   int64_t now_ms)
{
    if (!is(order->status, "APPROVED")) return false;
    order->status = "CANCELED";
    end_hold(site, order);
    if (restock) give_back(wix, site, order, now_ms);
    return true;
}

static bool refund(struct wix *wix, struct wix_site *site, struct wix_order *order, bool restock,
                   int64_t now_ms)
{
    if (!is(order->payment, "PAID")) return false;
    order->payment = "FULLY_REFUNDED";
    for (size_t i = 0; i < order->line_count; i++)
        order->lines[i].refunded = order->lines[i].quantity;
    if (restock) {
        end_hold(site, order);
        give_back(wix, site, order, now_ms);
    }
    return true;
}

static bool carry_out(struct wix *wix, struct wix_site *site, struct wix_order *order,
                      enum wix_order_step step, bool restock, int64_t now_ms)
{
    switch (step) {
    case WIX_PAY:
        if (!is(order->payment, "NOT_PAID") || !is(order->status, "APPROVED")) return false;
        order->payment = "PAID";
        take_stock(wix, site, order, now_ms);
        return true;
    case WIX_FULFIL:
        if (!is(order->status, "APPROVED") || is(order->fulfillment, "FULFILLED")) return false;
        order->fulfillment = "FULFILLED";
        end_hold(site, order);
        return true;
    case WIX_CANCEL: return cancel(wix, site, order, restock, now_ms);
    case WIX_REFUND: return refund(wix, site, order, restock, now_ms);
    case WIX_REJECT:
        if (!cancel(wix, site, order, restock, now_ms)) return false;
        order->status = "REJECTED";
        return true;
    }
    return false;
}

bool wix_order_do(struct wix *wix, struct wix_site *site, const char *id, enum wix_order_step step,
                  bool restock, int64_t now_ms)
{
    struct wix_order *order = find_order(site, id);
    now_ms += wix->settings.clock_offset_ms;
    if (!order || !carry_out(wix, site, order, step, restock, now_ms)) return false;
    order->updated_ms = now_ms;
    forget(order);
    return true;
}
