/* /_control/...: what tests do to the model and see of it, as JSON. This file has the table of
 * endpoints that are Ozon's own; they are in the ozon_control_*.c files. */
#include "marketsim/ozon/ozon_control.h"

#include <string.h>

static const struct market_control_endpoint endpoints[] = {
    {"GET", "settings", control_settings_get},  {"POST", "settings", control_settings_set},
    {"POST", "seller", control_seller},         {"POST", "key", control_key},
    {"POST", "warehouse", control_warehouses},  {"POST", "products", control_products},
    {"GET", "stock", control_stock_get},        {"POST", "stock", control_stock},
    {"POST", "foreign-write", control_foreign}, {"POST", "order", control_order},
    {"GET", "orders", control_orders},          {"POST", "order/pack", control_pack},
    {"POST", "order/ship", control_ship},       {"POST", "order/deliver", control_deliver},
    {"POST", "order/cancel", control_cancel},   {"POST", "order/return", control_return},
    {"POST", "order/split", control_split},     {"GET", "state", control_state},
    {"GET", "writes", control_writes},          {NULL, NULL, NULL},
};

static void *find_seller(void *state, const char *client_id)
{
    return ozon_seller_find(state, client_id);
}

static void ozon_control(void *state, const struct market_request *request, int64_t now_ms,
                         struct market_answer *answer)
{
    struct ozon *ozon = state;
    struct market_control control = {.state = ozon,
                                     .faults = &ozon->faults,
                                     .trace = &ozon->trace,
                                     .writes = ozon->write_count,
                                     .request = request,
                                     .answer = answer,
                                     .now_ms = now_ms};
    ozon_late_apply(ozon, now_ms + ozon->settings.clock_offset_ms);
    market_control_run(&control, endpoints, find_seller);
    if (strcmp(request->method, "GET") != 0) ozon_forget(ozon); /* whatever it changed */
}

static void *create(uint64_t seed)
{
    return ozon_create(seed);
}

static void destroy(void *state)
{
    ozon_destroy(state);
}

static void handle(void *state, const struct market_request *request, int64_t now_ms,
                   struct market_answer *answer)
{
    ozon_handle(state, request, now_ms, answer);
}

const struct market_model ozon_model = {"ozon", create, destroy, ozon_setup, handle, ozon_control};
