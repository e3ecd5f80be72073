/* The control side's shared pieces: one control request and how its endpoints answer. */
#ifndef MARKETSIM_OZON_CONTROL_H
#define MARKETSIM_OZON_CONTROL_H

#include "marketsim/ozon/ozon_state.h"

struct control {
    struct ozon *ozon;
    struct ozon_seller *seller; /* of "client_id", in the body or the query; else the first */
    const struct market_request *request;
    struct market_answer *answer;
    json_t *body; /* an object, "client_id" taken out; empty where none was sent */
    int64_t now_ms;
};

void control_ok(struct control *control);
void control_error(struct control *control, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Takes the value over. */
void control_json(struct control *control, json_t *value);
/* Unpacks the whole body as json_unpack_ex() does; false after having answered. */
bool control_unpack(struct control *control, const char *format, ...);
/* A body of {"<list>": [...]} or a single object: calls `each` for every one. */
void control_each(struct control *control, const char *list,
                  bool (*each)(struct control *control, json_t *spec));

/* ozon_setup.c: `setup` of the model. */
bool ozon_setup(void *state, const struct market_setup *setup, int64_t now_ms, char *error,
                size_t size);
/* ozon_control_set.c */
void control_settings_get(struct control *control);
void control_settings_set(struct control *control);
void control_seller(struct control *control);
void control_key(struct control *control);
void control_warehouses(struct control *control);
void control_products(struct control *control);
void control_stock(struct control *control);
void control_foreign(struct control *control);
/* ozon_control_orders.c */
void control_order(struct control *control);
void control_pack(struct control *control);
void control_ship(struct control *control);
void control_deliver(struct control *control);
void control_cancel(struct control *control);
void control_return(struct control *control);
void control_split(struct control *control);
void control_orders(struct control *control);
/* ozon_control_read.c */
void control_state(struct control *control);
void control_stock_get(struct control *control);
void control_log(struct control *control);
void control_violations(struct control *control);
void control_counters(struct control *control);
void control_writes(struct control *control);

#endif
