/* What operations are asked to do: plain starts, items of each route, and items with odd ids. */
#include "tool.h"

#include <stdio.h>
#include <string.h>

static void fill_items(const struct settings *settings, struct shape *shape, bool odd)
{
    static const char *const odd_ids[START_ITEMS] = {"0", "Ж \"\\ 42", "99999999999999999999"};
    for (uint32_t i = 0; i < START_ITEMS; i++) {
        struct stockd_item *item = &shape->items[i];
        if (odd)
            snprintf(shape->ids[i][0], STOCKD_ID_MAX + 1, "%s", odd_ids[i]);
        else if (i == 0)
            snprintf(shape->ids[i][0], STOCKD_ID_MAX + 1, "%s", settings->listing);
        else
            snprintf(shape->ids[i][0], STOCKD_ID_MAX + 1, "%.180s%u", settings->listing, i);
        snprintf(shape->ids[i][1], STOCKD_ID_MAX + 1, "sku-%u", i);
        snprintf(shape->ids[i][2], STOCKD_ID_MAX + 1, "460000000000%u", i);
        shape->keys[i][0] = (struct stockd_key){"sku", shape->ids[i][1]};
        shape->keys[i][1] = (struct stockd_key){"barcode", shape->ids[i][2]};
        *item = (struct stockd_item){
            .listing_id = shape->ids[i][0],
            .group = shape->ids[0][0],
            .warehouse_id = odd ? (i ? NULL : "\"") : settings->warehouse,
            .keys = shape->keys[i],
            .key_count = odd && i == 0 ? 0 : 2,
            .wanted = 7,
            .base = odd ? -1 : 3,
            .revision = 1,
        };
    }
    shape->start.items = shape->items;
    shape->start.item_count = START_ITEMS;
}

/* Items of the nth route, twice: as they should be, and odd. */
static bool route_shape(const struct settings *settings, size_t nth, struct shape *shape)
{
    const struct stockd_plugin *plugin = settings->plugin;
    uint32_t index = (uint32_t)(nth / 2);
    if (index >= plugin->route_count) return false;
    const struct stockd_route *route =
        (const void *)((const char *)plugin->routes + (size_t)index * plugin->route_size);
    fill_items(settings, shape, nth % 2);
    shape->start.route = index;
    if (route->max_items < START_ITEMS) shape->start.item_count = route->max_items;
    snprintf(shape->name, sizeof(shape->name), "route %s%s", route->name,
             nth % 2 ? ", odd ids" : "");
    return true;
}

static bool stock_shape(const struct settings *settings, size_t nth, struct shape *shape)
{
    bool needs_ids = (settings->plugin->flags & STOCKD_STOCK_NEEDS_IDS) != 0;
    bool one_by_one = (settings->plugin->flags & STOCKD_STOCK_BY_WAREHOUSE) != 0;
    static const char *const names[] = {"items", "odd items", "one warehouse", "all"};
    if (nth >= (needs_ids ? 2u : one_by_one ? 3u : 4u)) return false;
    snprintf(shape->name, sizeof(shape->name), "%s", names[nth]);
    if (nth < 2) fill_items(settings, shape, nth == 1);
    if (nth == 2 || needs_ids || one_by_one) shape->start.warehouse_id = settings->warehouse;
    return true;
}

static bool orders_shape(size_t nth, struct shape *shape)
{
    static const char *const names[] = {"drain", "sweep"};
    if (nth >= 2) return false;
    snprintf(shape->name, sizeof(shape->name), "%s", names[nth]);
    shape->start.orders_mode = (uint32_t)nth;
    shape->start.since_ms = 1789000000000;
    shape->open_orders[0] = "1";
    shape->open_orders[1] = "odd \"id\"";
    shape->start.open_orders = shape->open_orders;
    shape->start.open_order_count = 2;
    return true;
}

static bool authorize_shape(size_t nth, struct shape *shape)
{
    static const char *const names[] = {"renew", "login"};
    if (nth >= 2) return false;
    snprintf(shape->name, sizeof(shape->name), "%s", names[nth]);
    shape->start.authorize_mode = (uint32_t)nth;
    return true;
}

bool shape_make(const struct settings *settings, uint32_t operation, size_t nth,
                struct shape *shape)
{
    memset(shape, 0, sizeof(*shape));
    shape->start.size = sizeof(shape->start);
    shape->start.operation = operation;
    shape->warehouses[0] = (struct stockd_warehouse_ref){.id = settings->warehouse, .writable = 1};
    shape->warehouses[1] = (struct stockd_warehouse_ref){.id = "odd \"id\"", .kind = "odd"};
    shape->start.warehouses = shape->warehouses;
    shape->start.warehouse_count = 2;
    switch (operation) {
    case STOCKD_PUSH_STOCK:
    case STOCKD_CONFIRM_STOCK: return route_shape(settings, nth, shape);
    case STOCKD_FETCH_STOCK: return stock_shape(settings, nth, shape);
    case STOCKD_FETCH_ORDERS: return orders_shape(nth, shape);
    case STOCKD_AUTHORIZE: return authorize_shape(nth, shape);
    case STOCKD_FETCH_LISTINGS:
        if (nth == 1) fill_items(settings, shape, true);
        snprintf(shape->name, sizeof(shape->name), "%s", nth ? "items" : "all");
        return nth < 2;
    default: snprintf(shape->name, sizeof(shape->name), "start"); return nth == 0;
    }
}
