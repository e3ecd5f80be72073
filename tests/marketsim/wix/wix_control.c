/* /_control/...: what tests do to the model and see of it, as JSON. This file has the table of
 * endpoints that are Wix's own; they are in the wix_control_*.c files. */
#include "marketsim/wix/wix_control.h"

#include <string.h>

static const struct market_control_endpoint endpoints[] = {
    {"GET", "settings", wix_control_settings_get},
    {"POST", "settings", wix_control_settings_set},
    {"POST", "seller", wix_control_seller},
    {"POST", "key", wix_control_key},
    {"POST", "catalog", wix_control_catalog},
    {"POST", "warehouse", wix_control_warehouses},
    {"POST", "products", wix_control_products},
    {"GET", "stock", wix_control_stock_get},
    {"POST", "stock", wix_control_stock},
    {"POST", "foreign-write", wix_control_foreign},
    {"GET", "items", wix_control_items},
    {"POST", "order", wix_control_order},
    {"GET", "orders", wix_control_orders},
    {"POST", "order/pay", wix_control_step},
    {"POST", "order/ship", wix_control_step},
    {"POST", "order/cancel", wix_control_step},
    {"POST", "order/return", wix_control_step},
    {"POST", "order/reject", wix_control_step},
    {"GET", "state", wix_control_state},
    {"GET", "writes", wix_control_writes},
    {NULL, NULL, NULL},
};

static void *find_site(void *state, const char *id)
{
    return wix_site_find(state, id);
}

static void wix_control(void *state, const struct market_request *request, int64_t now_ms,
                        struct market_answer *answer)
{
    struct wix *wix = state;
    struct market_control control = {.state = wix,
                                     .faults = &wix->faults,
                                     .trace = &wix->trace,
                                     .writes = wix->write_count,
                                     .request = request,
                                     .answer = answer,
                                     .now_ms = now_ms};
    wix_late_apply(wix, now_ms + wix->settings.clock_offset_ms);
    market_control_run(&control, endpoints, find_site);
    if (strcmp(request->method, "GET") != 0) wix_forget(wix); /* whatever it changed */
}

static void *create(uint64_t seed)
{
    return wix_create(seed, WIX_V3);
}

static void *create_v1(uint64_t seed)
{
    return wix_create(seed, WIX_V1);
}

static void destroy(void *state)
{
    wix_destroy(state);
}

static void handle(void *state, const struct market_request *request, int64_t now_ms,
                   struct market_answer *answer)
{
    wix_handle(state, request, now_ms, answer);
}

const struct market_model wix_model = {"wix", create, destroy, wix_setup, handle, wix_control};
const struct market_model wix_v1_model = {"wix-v1",  create_v1, destroy,
                                          wix_setup, handle,    wix_control};
