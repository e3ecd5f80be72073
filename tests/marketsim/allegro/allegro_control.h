/* The control side of Allegro: its endpoints and what they work on (see market_control.h). Its
 * "client_id" names an application, meaning the first of its sellers, or a seller. */
#ifndef MARKETSIM_ALLEGRO_CONTROL_H
#define MARKETSIM_ALLEGRO_CONTROL_H

#include "marketsim/allegro/allegro_state.h"
#include "marketsim/market_control.h"

static inline struct allegro *allegro_of(const struct market_control *control)
{
    return control->state;
}

static inline struct allegro_seller *seller_of(const struct market_control *control)
{
    return control->account;
}

/* allegro_setup.c: `setup` of the model. */
bool allegro_setup(void *state, const struct market_setup *setup, int64_t now_ms, char *error,
                   size_t size);
/* allegro_control_settings.c */
void allegro_control_settings_get(struct market_control *control);
void allegro_control_settings_set(struct market_control *control);
/* allegro_control_set.c */
void allegro_control_seller(struct market_control *control);
void allegro_control_token_get(struct market_control *control);
void allegro_control_token(struct market_control *control);
void allegro_control_device(struct market_control *control);
void allegro_control_shut(struct market_control *control);
void allegro_control_warehouses(struct market_control *control);
void allegro_control_products(struct market_control *control);
void allegro_control_stock(struct market_control *control);
void allegro_control_foreign(struct market_control *control);
void allegro_control_finish(struct market_control *control);
/* allegro_control_orders.c */
void allegro_control_order(struct market_control *control);
void allegro_control_step(struct market_control *control); /* order/<step> */
void allegro_control_again(struct market_control *control);
void allegro_control_merge(struct market_control *control);
void allegro_control_orders(struct market_control *control);
/* allegro_control_read.c */
void allegro_control_state(struct market_control *control);
void allegro_control_stock_get(struct market_control *control);
void allegro_control_writes(struct market_control *control);
void allegro_control_commands(struct market_control *control);

#endif
