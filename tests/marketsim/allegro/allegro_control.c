/* /_control/...: what tests do to the model and see of it, as JSON. This file has the table of
 * endpoints; what they do is in the allegro_control_*.c files, what every model has in
 * market_control.c. */
#include "marketsim/allegro/allegro_control.h"

#include <string.h>

static const struct market_control_endpoint endpoints[] = {
    {"GET", "settings", allegro_control_settings_get},
    {"POST", "settings", allegro_control_settings_set},
    {"POST", "seller", allegro_control_seller},
    {"GET", "token", allegro_control_token_get},
    {"POST", "token", allegro_control_token},
    {"POST", "device", allegro_control_device},
    {"POST", "shut", allegro_control_shut},
    {"POST", "warehouse", allegro_control_warehouses},
    {"POST", "products", allegro_control_products},
    {"GET", "stock", allegro_control_stock_get},
    {"POST", "stock", allegro_control_stock},
    {"POST", "foreign-write", allegro_control_foreign},
    {"GET", "commands", allegro_control_commands},
    {"POST", "command/finish", allegro_control_finish},
    {"POST", "order", allegro_control_order},
    {"GET", "orders", allegro_control_orders},
    {"POST", "order/fill", allegro_control_step},
    {"POST", "order/pay", allegro_control_step},
    {"POST", "order/pack", allegro_control_step},
    {"POST", "order/ship", allegro_control_step},
    {"POST", "order/deliver", allegro_control_step},
    {"POST", "order/cancel", allegro_control_step},
    {"POST", "order/auto-cancel", allegro_control_step},
    {"POST", "order/return", allegro_control_step},
    {"POST", "order/again", allegro_control_again},
    {"POST", "order/merge", allegro_control_merge},
    {"GET", "state", allegro_control_state},
    {"GET", "writes", allegro_control_writes},
    {NULL, NULL, NULL},
};

static void *find_seller(void *state, const char *id)
{
    struct allegro_seller *seller = allegro_seller_find(state, id, NULL);
    return seller ? seller : allegro_seller_find(state, NULL, id);
}

static void control(void *state, const struct market_request *request, int64_t now_ms,
                    struct market_answer *answer)
{
    struct allegro *allegro = state;
    struct market_control control = {.state = state,
                                     .faults = &allegro->faults,
                                     .trace = &allegro->trace,
                                     .writes = allegro->write_count,
                                     .request = request,
                                     .answer = answer,
                                     .now_ms = now_ms};
    allegro_advance(allegro, now_ms);
    market_control_run(&control, endpoints, find_seller);
    if (strcmp(request->method, "GET") != 0) allegro_forget(allegro); /* whatever it changed */
}

static void *create(uint64_t seed)
{
    return allegro_create(seed);
}

static void destroy(void *state)
{
    allegro_destroy(state);
}

static void handle(void *state, const struct market_request *request, int64_t now_ms,
                   struct market_answer *answer)
{
    allegro_handle(state, request, now_ms, answer);
}

const struct market_model allegro_model = {"allegro",     create, destroy,
                                           allegro_setup, handle, control};
