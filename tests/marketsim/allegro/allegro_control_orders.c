/* Control endpoints that play the buyers. */
#include "marketsim/allegro/allegro_control.h"
#include "marketsim/market_time.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MAX 100

static bool read_lines(struct market_control *control, const json_t *items,
                       struct allegro_order_line lines[LINES_MAX], size_t *count)
{
    *count = json_array_size(items);
    for (size_t i = 0; i < *count && *count <= LINES_MAX; i++) {
        const json_t *item = json_array_get(items, i);
        int64_t quantity = allegro_body_int(item, "quantity", 1);
        lines[i].name = allegro_body_text(item, "offer_id");
        lines[i].quantity = quantity > 0 && quantity < 1000000 ? (int32_t)quantity : 0;
    }
    if (*count > 0 && *count <= LINES_MAX) return true;
    market_control_error(control, "order: items is a list of {\"offer_id\", \"quantity\"}");
    return false;
}

static bool read_stage(struct market_control *control, const char *name, enum allegro_stage *stage)
{
    for (unsigned i = STAGE_BOUGHT; i <= STAGE_READY; i++)
        if (strcmp(allegro_stage_name((enum allegro_stage)i), name) == 0) {
            *stage = (enum allegro_stage)i;
            return true;
        }
    market_control_error(control, "order: status is BOUGHT, FILLED_IN or READY_FOR_PROCESSING");
    return false;
}

void allegro_control_order(struct market_control *control)
{
    struct allegro_order_line lines[LINES_MAX];
    json_int_t visible_after = 0;
    int oversell = 0;
    json_t *items;
    const char *placed = NULL, *warehouse = NULL, *status = "READY_FOR_PROCESSING";
    const char *provider = "SELLER";
    char id[64];
    if (!market_control_unpack(control, "{s?s, s:o, s?b, s?I, s?s, s?s, s?s}", "warehouse_id",
                               &warehouse, "items", &items, "oversell", &oversell,
                               "visible_after_ms", &visible_after, "placed_at", &placed, "status",
                               &status, "provider", &provider))
        return;
    struct allegro_order_spec spec = {.lines = lines,
                                      .oversell = oversell,
                                      .by_allegro = strcmp(provider, "ALLEGRO") == 0,
                                      .visible_after_ms = visible_after};
    if (!read_lines(control, items, lines, &spec.line_count) ||
        !read_stage(control, status, &spec.stage))
        return;
    if (placed && !market_time_parse(placed, &spec.placed_ms)) {
        market_control_error(control, "order: placed_at is no time");
        return;
    }
    if (allegro_order_place(allegro_of(control), seller_of(control), &spec, control->now_ms, id,
                            sizeof(id)))
        market_control_json(
            control, json_pack("{s:b, s:s, s:s}", "ok", 1, "posting_number", id, "order_id", id));
    else
        market_control_error(control, "order: no such offer, or not enough to be bought");
}

void allegro_control_step(struct market_control *control)
{
    static const char *const names[] = {"fill",    "pay",    "pack",        "ship",
                                        "deliver", "cancel", "auto-cancel", "return"};
    const char *id = NULL, *wanted = strrchr(control->request->path, '/') + 1;
    unsigned step = 0;
    if (!market_control_unpack(control, "{s?s, s?s}", "posting_number", &id, "order_id", &id))
        return;
    while (strcmp(names[step], wanted) != 0)
        step++;
    if (id && allegro_order_step(allegro_of(control), seller_of(control), id,
                                 (enum allegro_order_step)step, control->now_ms))
        market_control_ok(control);
    else
        market_control_error(control, "order %s: unknown, or its status does not allow that",
                             id ? id : "(none)");
}

void allegro_control_again(struct market_control *control)
{
    const char *id;
    if (!market_control_unpack(control, "{s:s}", "order_id", &id)) return;
    if (allegro_order_again(allegro_of(control), seller_of(control), id, control->now_ms))
        market_control_ok(control);
    else
        market_control_error(control, "order %s: unknown, cancelled or merged", id);
}

void allegro_control_merge(struct market_control *control)
{
    const char *id, *into;
    if (!market_control_unpack(control, "{s:s, s:s}", "order_id", &id, "into", &into)) return;
    if (allegro_order_merge(allegro_of(control), seller_of(control), id, into, control->now_ms))
        market_control_ok(control);
    else
        market_control_error(control, "order %s: it or the other is unknown, or paid", id);
}

static json_t *order_json(const struct allegro_seller *seller, const struct allegro_order *order)
{
    json_t *lines = json_array();
    char placed[MARKET_TIME_SIZE], changed[MARKET_TIME_SIZE];
    for (size_t i = 0; i < order->line_count; i++) {
        const struct allegro_line *line = &order->lines[i];
        const struct allegro_offer *offer = &seller->offers[line->offer];
        json_array_append_new(lines, json_pack("{s:s, s:s, s:s, s:i, s:i}", "id", line->id,
                                               "offer_id", offer->external ? offer->external : "",
                                               "offer", offer->id, "quantity", (int)line->quantity,
                                               "reserved", (int)line->reserved));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "posting_number", order->id,
                     "order_id", order->id, "status", allegro_stage_name(order->stage),
                     "fulfillment", order->fulfillment, "warehouse_id", ALLEGRO_WAREHOUSE,
                     "placed_at", market_time_format(order->placed_ms, placed), "changed_at",
                     market_time_format(order->updated_ms, changed), "items", lines);
}

void allegro_control_orders(struct market_control *control)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < seller_of(control)->order_count; i++)
        json_array_append_new(rows, order_json(seller_of(control), &seller_of(control)->orders[i]));
    market_control_json(control, json_pack("{s:o}", "postings", rows));
}
