/* Orders in answers: the same under both catalogues. */
#include "marketsim/market_time.h"
#include "marketsim/wix/wix_state.h"

#include <stdlib.h>
#include <string.h>

static const struct wix_field fields[] = {
    {"id", true, false},
    {"number", true, false},
    {"createdDate", true, false},
    {"updatedDate", true, false},
    {"status", true, false},
    {"paymentStatus", true, false},
    {"fulfillmentStatus", true, false},
    {"archived", true, false},
    {"lineItems.id", false, false},
    {"lineItems.catalogReference.catalogItemId", false, false},
    {"lineItems.catalogReference.options.variantId", false, false},
    {"lineItems.physicalProperties.sku", false, false},
    {"lineItems.locations.id", false, false},
    {"channelInfo.type", true, false},
    {0}};

static json_t *line_json(const struct wix_site *site, const struct wix_order *order, size_t index)
{
    const struct wix_line *line = &order->lines[index];
    const struct wix_variant *variant = &site->variants[line->variant];
    const struct wix_product *product = &site->products[variant->product];
    const struct wix_location *location = &site->locations[order->location];
    return json_pack("{s:o, s:{s:s}, s:{s:s, s:s, s:{s:s}}, s:I, s:{s:s, s:b}, s:{s:s}, s:I, s:I, "
                     "s:[{s:s, s:I, s:s}]}",
                     "id", json_sprintf("00000000-0000-0000-0000-%012zu", index + 1), "productName",
                     "original", product->name, "catalogReference", "catalogItemId",
                     line->product_id, "appId", WIX_STORES_APP, "options", "variantId",
                     line->variant_id, "quantity", (json_int_t)line->quantity, "physicalProperties",
                     "sku", variant->sku, "shippable", !product->digital, "itemType", "preset",
                     product->digital ? "DIGITAL" : "PHYSICAL", "refundQuantity",
                     (json_int_t)line->refunded, "restockQuantity", (json_int_t)line->restocked,
                     "locations", "id", location->id, "quantity", (json_int_t)line->quantity,
                     "name", location->name);
}

static json_t *order_json(const struct wix_site *site, const struct wix_order *order)
{
    json_t *lines = json_array();
    for (size_t i = 0; i < order->line_count; i++)
        json_array_append_new(lines, line_json(site, order, i));
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:b, s:{s:s}}", "id", order->id,
                     "number", json_sprintf("%lld", (long long)order->number), "createdDate",
                     wix_time_json(order->created_ms), "updatedDate",
                     wix_time_json(order->updated_ms), "lineItems", lines, "status", order->status,
                     "paymentStatus", order->payment, "fulfillmentStatus", order->fulfillment,
                     "currency", "USD", "archived", 0, "channelInfo", "type",
                     order->till ? "POS" : "WEB");
}

static size_t count(const struct wix_call *call)
{
    return call->site->order_count;
}

static bool seen(const struct wix_call *call, size_t index)
{
    return call->now_ms >= call->site->orders[index].visible_ms;
}

/* Drains read the same orders again and again: each is kept as it looks. */
static json_t *row_of(struct wix_site *site, size_t index)
{
    struct wix_order *order = &site->orders[index];
    if (!order->row) order->row = order_json(site, order);
    return order->row;
}

static json_t *render(struct wix_call *call, size_t index)
{
    return seen(call, index) ? json_incref(row_of(call->site, index)) : NULL;
}

static void write(struct wix_call *call, size_t index, struct market_answer *answer)
{
    struct wix_order *order = &call->site->orders[index];
    if (market_kept_write(&order->look, answer)) return;
    size_t from = answer->len;
    char *text = json_dumps(row_of(call->site, index), JSON_COMPACT);
    market_answer_text(answer, text);
    free(text);
    market_kept_take(&order->look, answer, from);
}

static int64_t updated_ms(const struct wix_call *call, size_t index)
{
    return call->site->orders[index].updated_ms;
}

static const struct wix_source orders = {.rows = "orders",
                                         .paging = "metadata",
                                         .otherwise = 50,
                                         .fields = fields,
                                         .count = count,
                                         .render = render,
                                         .write = write,
                                         .seen = seen,
                                         .updated_ms = updated_ms};

void wix_orders_search(struct wix_call *call)
{
    wix_query_cursor(call, &orders, json_object_get(call->body, "search"));
}

void wix_order_get(struct wix_call *call)
{
    for (size_t i = call->site->order_count; i > 0; i--) {
        if (strcmp(call->site->orders[i - 1].id, call->id) != 0) continue;
        json_t *order = render(call, i - 1);
        if (!order) break;
        wix_answer(call, json_pack("{s:o}", "order", order));
        return;
    }
    wix_error(call, 404, "ORDER_NOT_FOUND", "Order not found");
}
