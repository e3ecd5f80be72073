/* The control side of Ozon: its endpoints and what they work on (see market_control.h). */
#ifndef MARKETSIM_OZON_CONTROL_H
#define MARKETSIM_OZON_CONTROL_H

#include "marketsim/market_control.h"
#include "marketsim/ozon/ozon_state.h"

static inline struct ozon *ozon_of(const struct market_control *control)
{
    return control->state;
}

static inline struct ozon_seller *seller_of(const struct market_control *control)
{
    return control->account;
}

/* ozon_setup.c: `setup` of the model. */
bool ozon_setup(void *state, const struct market_setup *setup, int64_t now_ms, char *error,
                size_t size);
/* ozon_control_set.c */
void control_settings_get(struct market_control *control);
void control_settings_set(struct market_control *control);
void control_seller(struct market_control *control);
void control_key(struct market_control *control);
void control_warehouses(struct market_control *control);
void control_products(struct market_control *control);
void control_stock(struct market_control *control);
void control_foreign(struct market_control *control);
/* ozon_control_orders.c */
void control_order(struct market_control *control);
void control_pack(struct market_control *control);
void control_ship(struct market_control *control);
void control_deliver(struct market_control *control);
void control_cancel(struct market_control *control);
void control_return(struct market_control *control);
void control_split(struct market_control *control);
void control_orders(struct market_control *control);
/* ozon_control_read.c */
void control_state(struct market_control *control);
void control_stock_get(struct market_control *control);
void control_writes(struct market_control *control);

#endif
