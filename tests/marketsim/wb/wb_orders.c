/* Buyers: an order is one unit; placing, confirming, handing over, the ways it ends, and what each
 * does to the stock. How orders look in reads is in wb_orders_read.c. */
#include "marketsim/wb/wb_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS 3600000 /* in which a buyer may decline */

static void forget(struct wb_order *order)
{
    for (int i = 0; i < WB_READS; i++)
        market_kept_forget(&order->looks[i]);
}

void wb_orders_forget(struct wb_seller *seller)
{
    for (size_t i = 0; i < seller->order_count; i++)
        forget(&seller->orders[i]);
}

void wb_orders_free(struct wb_seller *seller)
{
    wb_orders_forget(seller);
    free(seller->orders);
}

size_t wb_order_count(const struct wb_seller *seller)
{
    return seller->order_count;
}

static struct wb_order *find_order(struct wb_seller *seller, int64_t id)
{
    for (size_t i = seller->order_count; i > 0; i--)
        if (seller->orders[i - 1].id == id) return &seller->orders[i - 1];
    return NULL;
}

static struct wb_order *add_order(struct wb_seller *seller)
{
    if (seller->order_count == seller->order_room) {
        seller->order_room = seller->order_room ? seller->order_room * 2 : 64;
        seller->orders =
            market_realloc(seller->orders, seller->order_room * sizeof(*seller->orders));
    }
    struct wb_order *order = &seller->orders[seller->order_count++];
    memset(order, 0, sizeof(*order));
    return order;
}

int64_t wb_order_place(struct wb *wb, struct wb_seller *seller, const struct wb_order_spec *spec,
                       int64_t now_ms)
{
    now_ms += wb->settings.clock_offset_ms;
    size_t size = market_map_get_text(&seller->by_offer, spec->offer);
    size_t warehouse = wb_warehouse_index(seller, spec->warehouse_id);
    if (size == MARKET_MAP_NONE || warehouse == MARKET_MAP_NONE) return 0;
    const struct wb_pair *there = wb_pair_get(&seller->warehouses[warehouse], size);
    bool zero = !there || there->free < 1;
    if (zero && !spec->oversell) return 0;
    struct wb_pair *pair = wb_pair_make(&seller->warehouses[warehouse], size);
    if (!zero) pair->free--;
    pair->reserved++; /* an oversold piece too: the buyer has paid for it */
    struct wb_order *order = add_order(seller);
    *order = (struct wb_order){.id = ++wb->last_order,
                               .size = size,
                               .warehouse = warehouse,
                               .supplier_status = "new",
                               .wb_status = "waiting",
                               .placed_ms = spec->placed_ms ? spec->placed_ms : now_ms,
                               .changed_ms = now_ms,
                               .visible_ms = now_ms + spec->visible_after_ms,
                               .zero = zero,
                               .reserved = true};
    if (spec->basket)
        snprintf(order->basket, sizeof(order->basket), "%s", spec->basket);
    else
        snprintf(order->basket, sizeof(order->basket), "165918930_%032llx",
                 (unsigned long long)order->id);
    return order->id;
}

/* Ends the reserve of an order: its piece is gone, or back on the shelf. */
static void release(struct wb_seller *seller, struct wb_order *order, bool back)
{
    struct wb_pair *pair = wb_pair_make(&seller->warehouses[order->warehouse], order->size);
    if (!order->reserved) return;
    order->reserved = false;
    pair->reserved--;
    if (back && !order->zero) pair->free++;
}

static bool is(const char *status, const char *wanted)
{
    return strcmp(status, wanted) == 0;
}

static bool end(struct wb_seller *seller, struct wb_order *order, const char *supplier,
                const char *wb_status, bool back)
{
    if (supplier) order->supplier_status = supplier;
    order->wb_status = wb_status;
    release(seller, order, back);
    return true;
}

static bool take_step(const struct wb *wb, struct wb_seller *seller, struct wb_order *order,
                      enum wb_order_step step, int64_t now_ms)
{
    bool fresh = is(order->supplier_status, "new") && is(order->wb_status, "waiting");
    bool here = fresh || (is(order->supplier_status, "confirm") && is(order->wb_status, "waiting"));
    bool away = is(order->supplier_status, "complete") &&
                (is(order->wb_status, "waiting") || is(order->wb_status, "sorted"));
    switch (step) {
    case WB_CONFIRM:
        if (fresh) order->supplier_status = "confirm";
        return fresh;
    case WB_COMPLETE: return here && end(seller, order, "complete", "waiting", false);
    case WB_SORT: return away && end(seller, order, NULL, "sorted", false);
    case WB_SELL: return away && end(seller, order, NULL, "sold", false);
    case WB_CANCEL:
        return here && end(seller, order, "cancel", "canceled", wb->settings.cancel_restores);
    case WB_DECLINE:
        return fresh && now_ms < order->placed_ms + HOUR_MS &&
               end(seller, order, NULL, "declined_by_client", wb->settings.decline_restores);
    case WB_CANCEL_CLIENT: return away && end(seller, order, NULL, "canceled_by_client", false);
    case WB_DEFECT: return away && end(seller, order, NULL, "defect", false);
    case WB_CANCEL_CARRIER:
        return away && end(seller, order, "cancel_carrier", "canceled_by_carrier", false);
    }
    return false;
}

bool wb_order_step(struct wb *wb, struct wb_seller *seller, int64_t id, enum wb_order_step step,
                   int64_t now_ms)
{
    now_ms += wb->settings.clock_offset_ms;
    struct wb_order *order = find_order(seller, id);
    if (!order || !take_step(wb, seller, order, step, now_ms)) return false;
    order->changed_ms = now_ms;
    forget(order);
    return true;
}
