/* /_control/...: what tests do to the model and see of it, as JSON. This file has the table of
 * endpoints that are Wildberries' own; they are in the wb_control_*.c files. */
#include "marketsim/wb/wb_control.h"

#include <stdlib.h>
#include <string.h>

static const struct market_control_endpoint endpoints[] = {
    {"GET", "settings", wb_control_settings_get},
    {"POST", "settings", wb_control_settings_set},
    {"POST", "seller", wb_control_seller},
    {"GET", "token", wb_control_token_get},
    {"POST", "token", wb_control_token},
    {"POST", "warehouse", wb_control_warehouses},
    {"POST", "products", wb_control_products},
    {"GET", "stock", wb_control_stock_get},
    {"POST", "stock", wb_control_stock},
    {"POST", "foreign-write", wb_control_stock}, /* no cadence here: the same */
    {"POST", "order", wb_control_order},
    {"GET", "orders", wb_control_orders},
    {"POST", "order/pack", wb_control_confirm},
    {"POST", "order/ship", wb_control_ship},
    {"POST", "order/sort", wb_control_sort},
    {"POST", "order/deliver", wb_control_deliver},
    {"POST", "order/cancel", wb_control_cancel},
    {"POST", "order/return", wb_control_return},
    {"GET", "state", wb_control_state},
    {"GET", "writes", wb_control_writes},
    {NULL, NULL, NULL},
};

static void *find_seller(void *state, const char *oid)
{
    if (!oid) return wb_seller_find(state, 0);
    int64_t number = strtoll(oid, NULL, 10);
    return number > 0 ? wb_seller_find(state, number) : NULL;
}

static void control(void *state, const struct market_request *request, int64_t now_ms,
                    struct market_answer *answer)
{
    struct wb *wb = state;
    struct market_control control = {.state = wb,
                                     .faults = &wb->faults,
                                     .trace = &wb->trace,
                                     .writes = wb->write_count,
                                     .request = request,
                                     .answer = answer,
                                     .now_ms = now_ms};
    wb_late_apply(wb, now_ms + wb->settings.clock_offset_ms);
    market_control_run(&control, endpoints, find_seller);
    if (strcmp(request->method, "GET") != 0) wb_forget(wb); /* whatever it changed */
}

static void *create(uint64_t seed)
{
    return wb_create(seed);
}

static void destroy(void *state)
{
    wb_destroy(state);
}

static void handle(void *state, const struct market_request *request, int64_t now_ms,
                   struct market_answer *answer)
{
    wb_handle(state, request, now_ms, answer);
}

const struct market_model wb_model = {"wb", create, destroy, wb_setup, handle, control};
