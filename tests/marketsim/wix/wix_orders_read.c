/* Orders in answers: the same under both catalogues. */
#include "marketsim/market_time.h"
#include "marketsim/wix/wix_state.h"

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

static json_t *render(struct wix_call *call, size_t index)
{
    const struct wix_order *order = &call->site->orders[index];
    return call->now_ms < order->visible_ms ? NULL : order_json(call->site, order);
}

/* Drains ask for what changed in the last minutes; of the rest nothing need be rendered. */
static bool may_fit(const struct wix_call *call, size_t index, const json_t *filter)
{
    char updated[MARKET_TIME_SIZE];
    const json_t *asked = json_object_get(json_object_get(filter, "updatedDate"), "$gte");
    const char *from = json_string_value(asked);
    if (!from) return true;
    return strcmp(market_time_format(call->site->orders[index].updated_ms, updated), from) >= 0;
}

static const struct wix_source orders = {
    "orders", "metadata", WIX_ORDERS_PAGE, 50, fields, count, render, NULL, NULL, may_fit};

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
