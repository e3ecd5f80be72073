/* Control endpoints that play the buyers. */
#include "marketsim/market_time.h"
#include "marketsim/wb/wb_control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNITS_MAX 1000 /* of one basket */

static bool place_units(struct market_control *control, struct wb_order_spec *spec,
                        const json_t *item, json_t *ids)
{
    int64_t quantity = wb_body_int(item, "quantity", 1);
    spec->offer = wb_body_text(item, "offer_id");
    for (int64_t i = 0; i < quantity && i < UNITS_MAX; i++) {
        int64_t id = wb_order_place(wb_of(control), wb_seller_of(control), spec, control->now_ms);
        if (!id) return false;
        json_array_append_new(ids, json_integer(id));
    }
    return quantity > 0;
}

/* Whether every piece is there, so that a basket is placed whole or not at all. */
static bool enough(struct wb_seller *seller, const json_t *items, int64_t warehouse)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        const char *offer = wb_body_text(json_array_get(items, i), "offer_id");
        int64_t free_stock = 0, reserved, wanted = 0;
        wb_stock_get(seller, offer, warehouse, &free_stock, &reserved);
        for (size_t j = 0; j < json_array_size(items); j++)
            if (strcmp(offer, wb_body_text(json_array_get(items, j), "offer_id")) == 0)
                wanted += wb_body_int(json_array_get(items, j), "quantity", 1);
        if (free_stock < wanted) return false;
    }
    return true;
}

void wb_control_order(struct market_control *control)
{
    json_int_t warehouse, visible_after = 0;
    int oversell = 0;
    json_t *items;
    const char *placed = NULL;
    char basket[48];
    if (!market_control_unpack(control, "{s:I, s:o, s?b, s?I, s?s}", "warehouse_id", &warehouse,
                               "items", &items, "oversell", &oversell, "visible_after_ms",
                               &visible_after, "placed_at", &placed))
        return;
    snprintf(basket, sizeof(basket), "165918930_%032llx",
             (unsigned long long)wb_of(control)->last_order + 1);
    struct wb_order_spec spec = {.warehouse_id = warehouse,
                                 .oversell = oversell,
                                 .visible_after_ms = visible_after,
                                 .basket = basket};
    if (placed && !market_time_parse(placed, &spec.placed_ms)) {
        market_control_error(control, "order: placed_at is no time");
        return;
    }
    json_t *ids = json_array();
    bool done =
        json_array_size(items) > 0 && (oversell || enough(wb_seller_of(control), items, warehouse));
    for (size_t i = 0; done && i < json_array_size(items); i++)
        done = place_units(control, &spec, json_array_get(items, i), ids);
    if (done)
        market_control_json(control, json_pack("{s:b, s:s, s:O}", "ok", 1, "posting_number", basket,
                                               "orders", ids));
    else
        market_control_error(control, "order: no such offer or warehouse, or not enough stock");
    json_decref(ids);
}

/* An order by its id, or all orders of a basket. */
static void step(struct market_control *control, const char *number, enum wb_order_step wanted)
{
    struct wb_seller *seller = wb_seller_of(control);
    char id[24];
    size_t hit = 0, done = 0;
    for (size_t i = 0; i < seller->order_count; i++) {
        snprintf(id, sizeof(id), "%lld", (long long)seller->orders[i].id);
        if (strcmp(id, number) != 0 && strcmp(seller->orders[i].basket, number) != 0) continue;
        hit++;
        done +=
            wb_order_step(wb_of(control), seller, seller->orders[i].id, wanted, control->now_ms);
    }
    if (hit && hit == done)
        market_control_ok(control);
    else
        market_control_error(control, "order %s: unknown, or its status does not allow that",
                             number);
}

static void plain_step(struct market_control *control, enum wb_order_step wanted)
{
    const char *number;
    if (market_control_unpack(control, "{s:s}", "posting_number", &number))
        step(control, number, wanted);
}

void wb_control_confirm(struct market_control *control)
{
    plain_step(control, WB_CONFIRM);
}

void wb_control_ship(struct market_control *control)
{
    plain_step(control, WB_COMPLETE);
}

void wb_control_sort(struct market_control *control)
{
    plain_step(control, WB_SORT);
}

void wb_control_deliver(struct market_control *control)
{
    plain_step(control, WB_SELL);
}

/* On its way back to the seller: the buyer did not take it. */
void wb_control_return(struct market_control *control)
{
    plain_step(control, WB_CANCEL_CLIENT);
}

void wb_control_cancel(struct market_control *control)
{
    static const struct {
        const char *by;
        enum wb_order_step step;
    } ways[] = {{"seller", WB_CANCEL},
                {"client", WB_DECLINE},
                {"receipt", WB_CANCEL_CLIENT},
                {"defect", WB_DEFECT},
                {"carrier", WB_CANCEL_CARRIER}};
    const char *number, *by = "seller";
    if (!market_control_unpack(control, "{s:s, s?s}", "posting_number", &number, "by", &by)) return;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        if (strcmp(ways[i].by, by) == 0) {
            step(control, number, ways[i].step);
            return;
        }
    market_control_error(control, "cancel: by seller, client, receipt, defect or carrier");
}

void wb_control_orders(struct market_control *control)
{
    const struct wb_seller *seller = wb_seller_of(control);
    json_t *rows = json_array();
    for (size_t i = 0; i < seller->order_count; i++) {
        const struct wb_order *order = &seller->orders[i];
        char placed[MARKET_TIME_SIZE], changed[MARKET_TIME_SIZE];
        json_array_append_new(
            rows, json_pack("{s:I, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:b, s:b}", "id",
                            (json_int_t)order->id, "posting_number", order->basket, "offer_id",
                            seller->sizes[order->size].offer, "supplier_status",
                            order->supplier_status, "wb_status", order->wb_status, "warehouse_id",
                            (json_int_t)seller->warehouses[order->warehouse].id, "placed_at",
                            market_time_format(order->placed_ms, placed), "changed_at",
                            market_time_format(order->changed_ms, changed), "zero", order->zero,
                            "reserved", order->reserved));
    }
    market_control_json(control, json_pack("{s:o}", "orders", rows));
}
