/* The control side's shared pieces: one control request and how its endpoints answer. */
#ifndef MARKETSIM_ALLEGRO_CONTROL_H
#define MARKETSIM_ALLEGRO_CONTROL_H

#include "marketsim/allegro/allegro_state.h"

struct allegro_control {
    struct allegro *allegro;
    struct allegro_seller *seller; /* of "seller" or "client_id", in the body or the query */
    const struct market_request *request;
    struct market_answer *answer;
    json_t *body; /* an object, both taken out of it; empty where none was sent */
    char client_id[64];
    char seller_id[24];
    int64_t now_ms;
};

void allegro_control_ok(struct allegro_control *control);
void allegro_control_error(struct allegro_control *control, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Takes the value over. */
void allegro_control_json(struct allegro_control *control, json_t *value);
/* Unpacks the whole body as json_unpack_ex() does; false after having answered. */
bool allegro_control_unpack(struct allegro_control *control, const char *format, ...);
/* A body of {"<list>": [...]} or a single object: calls `each` for every one. */
void allegro_control_each(struct allegro_control *control, const char *list,
                          bool (*each)(struct allegro_control *control, json_t *spec));

/* allegro_setup.c: `setup` of the model. */
bool allegro_setup(void *state, const struct market_setup *setup, int64_t now_ms, char *error,
                   size_t size);
/* allegro_control_settings.c */
void allegro_control_settings_get(struct allegro_control *control);
void allegro_control_settings_set(struct allegro_control *control);
/* allegro_control_set.c */
void allegro_control_seller(struct allegro_control *control);
void allegro_control_token_get(struct allegro_control *control);
void allegro_control_token(struct allegro_control *control);
void allegro_control_device(struct allegro_control *control);
void allegro_control_shut(struct allegro_control *control);
void allegro_control_products(struct allegro_control *control);
void allegro_control_stock(struct allegro_control *control);
void allegro_control_foreign(struct allegro_control *control);
void allegro_control_finish(struct allegro_control *control);
/* allegro_control_orders.c */
void allegro_control_order(struct allegro_control *control);
void allegro_control_step(struct allegro_control *control); /* order/<step> */
void allegro_control_orders(struct allegro_control *control);
/* allegro_control_read.c */
void allegro_control_state(struct allegro_control *control);
void allegro_control_stock_get(struct allegro_control *control);
void allegro_control_log(struct allegro_control *control);
void allegro_control_violations(struct allegro_control *control);
void allegro_control_counters(struct allegro_control *control);
void allegro_control_writes(struct allegro_control *control);
void allegro_control_commands(struct allegro_control *control);

#endif
