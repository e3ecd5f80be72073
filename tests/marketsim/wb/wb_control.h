/* The control side of Wildberries: its endpoints and what they work on (see market_control.h). */
#ifndef MARKETSIM_WB_CONTROL_H
#define MARKETSIM_WB_CONTROL_H

#include "marketsim/market_control.h"
#include "marketsim/wb/wb_state.h"

static inline struct wb *wb_of(const struct market_control *control)
{
    return control->state;
}

static inline struct wb_seller *wb_seller_of(const struct market_control *control)
{
    return control->account;
}

/* wb_setup.c: `setup` of the model. */
bool wb_setup(void *state, const struct market_setup *setup, int64_t now_ms, char *error,
              size_t size);
/* wb_control_settings.c */
void wb_control_settings_get(struct market_control *control);
void wb_control_settings_set(struct market_control *control);
/* wb_control_set.c */
void wb_control_seller(struct market_control *control);
void wb_control_token_get(struct market_control *control);
void wb_control_token(struct market_control *control);
void wb_control_warehouses(struct market_control *control);
void wb_control_stock(struct market_control *control);
/* wb_control_products.c */
void wb_control_products(struct market_control *control);
/* wb_control_orders.c */
void wb_control_order(struct market_control *control);
void wb_control_confirm(struct market_control *control);
void wb_control_ship(struct market_control *control);
void wb_control_sort(struct market_control *control);
void wb_control_deliver(struct market_control *control);
void wb_control_cancel(struct market_control *control);
void wb_control_return(struct market_control *control);
void wb_control_orders(struct market_control *control);
/* wb_control_read.c */
void wb_control_state(struct market_control *control);
void wb_control_stock_get(struct market_control *control);
void wb_control_writes(struct market_control *control);

#endif
