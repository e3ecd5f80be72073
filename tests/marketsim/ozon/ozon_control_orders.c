/* Control endpoints that play the buyers. */
#include "marketsim/market_time.h"
#include "marketsim/ozon/ozon_control.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MAX 100

static bool read_lines(struct market_control *control, const json_t *items,
                       struct ozon_order_line lines[LINES_MAX], size_t *count)
{
    *count = json_array_size(items);
    for (size_t i = 0; i < *count && *count <= LINES_MAX; i++) {
        const json_t *item = json_array_get(items, i);
        int64_t quantity = ozon_body_int(item, "quantity", 1);
        lines[i].offer_id = ozon_body_text(item, "offer_id");
        lines[i].quantity = quantity > 0 && quantity < 1000000 ? (int32_t)quantity : 0;
    }
    if (*count > 0 && *count <= LINES_MAX) return true;
    market_control_error(control, "order: items is a list of {\"offer_id\", \"quantity\"}");
    return false;
}

void control_order(struct market_control *control)
{
    struct ozon_order_line lines[LINES_MAX];
    json_int_t warehouse, visible_after = 0;
    int oversell = 0;
    json_t *items;
    const char *placed = NULL;
    char number[40];
    if (!market_control_unpack(control, "{s:I, s:o, s?b, s?I, s?s}", "warehouse_id", &warehouse,
                               "items", &items, "oversell", &oversell, "visible_after_ms",
                               &visible_after, "placed_at", &placed))
        return;
    struct ozon_order_spec spec = {.warehouse_id = warehouse,
                                   .lines = lines,
                                   .oversell = oversell,
                                   .visible_after_ms = visible_after};
    if (!read_lines(control, items, lines, &spec.line_count)) return;
    if (placed && !market_time_parse(placed, &spec.placed_ms)) {
        market_control_error(control, "order: placed_at is no time");
        return;
    }
    if (ozon_order_place(ozon_of(control), seller_of(control), &spec, control->now_ms, number,
                         sizeof(number)))
        market_control_json(control, json_pack("{s:b, s:s}", "ok", 1, "posting_number", number));
    else
        market_control_error(control,
                             "order: no such offer or warehouse, or not enough free stock");
}

static void step(struct market_control *control, enum ozon_posting_step wanted)
{
    const char *number;
    if (!market_control_unpack(control, "{s:s}", "posting_number", &number)) return;
    if (ozon_order_step(ozon_of(control), seller_of(control), number, wanted, control->now_ms))
        market_control_ok(control);
    else
        market_control_error(control, "posting %s: unknown, or its status does not allow that",
                             number);
}

void control_pack(struct market_control *control)
{
    step(control, OZON_PACK);
}

void control_ship(struct market_control *control)
{
    step(control, OZON_SHIP);
}

void control_deliver(struct market_control *control)
{
    step(control, OZON_DELIVER);
}

void control_cancel(struct market_control *control)
{
    step(control, OZON_CANCEL);
}

void control_return(struct market_control *control)
{
    step(control, OZON_RETURN);
}

void control_split(struct market_control *control)
{
    const char *number;
    int keep = 0;
    if (!market_control_unpack(control, "{s:s, s?b}", "posting_number", &number, "keep_parent",
                               &keep))
        return;
    if (ozon_order_split(ozon_of(control), seller_of(control), number, keep, control->now_ms))
        market_control_ok(control);
    else
        market_control_error(
            control, "posting %s: unknown, packed, split before, or a single piece", number);
}

static json_t *posting_json(const struct ozon_seller *seller, const struct ozon_posting *posting)
{
    json_t *lines = json_array();
    char placed[MARKET_TIME_SIZE], changed[MARKET_TIME_SIZE];
    for (size_t i = 0; i < posting->line_count; i++)
        json_array_append_new(lines, json_pack("{s:s, s:i, s:i}", "offer_id",
                                               seller->products[posting->lines[i].product].offer_id,
                                               "quantity", (int)posting->lines[i].quantity,
                                               "reserved", (int)posting->lines[i].reserved));
    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:b, s:b, s:o}", "posting_number",
                     posting->number, "parent", posting->parent, "status",
                     ozon_status_name(posting->status), "warehouse_id",
                     (json_int_t)seller->warehouses[posting->warehouse].id, "placed_at",
                     market_time_format(posting->placed_ms, placed), "changed_at",
                     market_time_format(posting->changed_ms, changed), "cancelled_after_ship",
                     posting->after_ship, "returned", posting->returned, "items", lines);
}

void control_orders(struct market_control *control)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < seller_of(control)->posting_count; i++)
        json_array_append_new(rows,
                              posting_json(seller_of(control), &seller_of(control)->postings[i]));
    market_control_json(control, json_pack("{s:o}", "postings", rows));
}
