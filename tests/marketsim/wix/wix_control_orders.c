/* Control endpoints that play the buyers. */
#include "marketsim/market_time.h"
#include "marketsim/wix/wix_control.h"

#include <stdio.h>
#include <string.h>

#define LINES_MAX 100

void wix_control_order(struct market_control *control)
{
    struct wix_order_line lines[LINES_MAX];
    json_t *items, *place = NULL;
    json_int_t visible_after = 0;
    int oversell = 0, paid = 1;
    const char *placed = NULL;
    char id[WIX_ID_SIZE], text[64];
    if (!market_control_unpack(control, "{s?o, s:o, s?b, s?b, s?I, s?s}", "warehouse_id", &place,
                               "items", &items, "oversell", &oversell, "paid", &paid,
                               "visible_after_ms", &visible_after, "placed_at", &placed))
        return;
    struct wix_order_spec spec = {.lines = lines,
                                  .line_count = json_array_size(items),
                                  .unpaid = !paid,
                                  .oversell = oversell,
                                  .visible_after_ms = visible_after};
    if (json_is_integer(place)) {
        snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(place));
        spec.location = text;
    } else if (json_is_string(place)) {
        spec.location = json_string_value(place);
    }
    if (!spec.line_count || spec.line_count > LINES_MAX ||
        (placed && !market_time_parse(placed, &spec.placed_ms))) {
        market_control_error(control, "order: items is a list of {\"offer_id\", \"quantity\"}, "
                                      "placed_at a time");
        return;
    }
    for (size_t i = 0; i < spec.line_count; i++)
        lines[i] = (struct wix_order_line){wix_body_text(json_array_get(items, i), "offer_id"),
                                           wix_body_int(json_array_get(items, i), "quantity", 1)};
    if (wix_order_place(wix_of(control), site_of(control), &spec, control->now_ms, id))
        market_control_json(
            control, json_pack("{s:b, s:s, s:s}", "ok", 1, "posting_number", id, "order_id", id));
    else
        market_control_error(control,
                             "order: no such offer or warehouse, or not enough free stock");
}

void wix_control_step(struct market_control *control)
{
    static const struct {
        const char *path;
        enum wix_order_step step;
    } steps[] = {{"pay", WIX_PAY},
                 {"ship", WIX_FULFIL},
                 {"cancel", WIX_CANCEL},
                 {"return", WIX_REFUND},
                 {"reject", WIX_REJECT}};
    const char *id = NULL, *order = NULL, *name = strrchr(control->request->path, '/') + 1;
    int restock = wix_of(control)->settings.cancel_restores;
    if (!market_control_unpack(control, "{s?s, s?s, s?b}", "posting_number", &id, "order_id",
                               &order, "restock", &restock))
        return;
    if (!id) id = order ? order : "";
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (strcmp(steps[i].path, name) != 0) continue;
        if (wix_order_do(wix_of(control), site_of(control), id, steps[i].step, restock,
                         control->now_ms))
            market_control_ok(control);
        else
            market_control_error(control, "order %.60s: unknown, or its status does not allow that",
                                 id);
        return;
    }
}

static json_t *order_json(const struct wix_site *site, const struct wix_order *order)
{
    json_t *lines = json_array();
    char placed[MARKET_TIME_SIZE], changed[MARKET_TIME_SIZE];
    for (size_t i = 0; i < order->line_count; i++) {
        const struct wix_line *line = &order->lines[i];
        json_array_append_new(lines, json_pack("{s:s, s:I, s:I, s:I}", "offer_id",
                                               site->variants[line->variant].sku, "quantity",
                                               (json_int_t)line->quantity, "reserved",
                                               (json_int_t)(line->held ? line->taken : 0),
                                               "restocked", (json_int_t)line->restocked));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "posting_number", order->id,
                     "order_id", order->id, "status", order->status, "payment", order->payment,
                     "fulfillment", order->fulfillment, "warehouse_id",
                     site->locations[order->location].id, "placed_at",
                     market_time_format(order->created_ms, placed), "changed_at",
                     market_time_format(order->updated_ms, changed), "items", lines);
}

void wix_control_orders(struct market_control *control)
{
    const struct wix_site *site = site_of(control);
    json_t *rows = json_array();
    for (size_t i = 0; i < site->order_count; i++)
        json_array_append_new(rows, order_json(site, &site->orders[i]));
    market_control_json(control, json_pack("{s:o}", "postings", rows));
}
