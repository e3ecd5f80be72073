/* The control side of Wix: its endpoints and what they work on (see market_control.h). */
#ifndef MARKETSIM_WIX_CONTROL_H
#define MARKETSIM_WIX_CONTROL_H

#include "marketsim/market_control.h"
#include "marketsim/wix/wix_state.h"

static inline struct wix *wix_of(const struct market_control *control)
{
    return control->state;
}

static inline struct wix_site *site_of(const struct market_control *control)
{
    return control->account;
}

/* wix_setup.c: `setup` of both names. */
bool wix_setup(void *state, const struct market_setup *setup, int64_t now_ms, char *error,
               size_t size);
/* wix_control_settings.c */
void wix_control_settings_get(struct market_control *control);
void wix_control_settings_set(struct market_control *control);
void wix_control_seller(struct market_control *control);
void wix_control_key(struct market_control *control);
void wix_control_catalog(struct market_control *control);
/* wix_control_set.c */
void wix_control_warehouses(struct market_control *control);
void wix_control_products(struct market_control *control);
void wix_control_stock(struct market_control *control);
void wix_control_foreign(struct market_control *control);
/* wix_control_orders.c */
void wix_control_order(struct market_control *control);
void wix_control_step(struct market_control *control);
void wix_control_orders(struct market_control *control);
/* wix_control_read.c */
void wix_control_state(struct market_control *control);
void wix_control_stock_get(struct market_control *control);
void wix_control_items(struct market_control *control);
void wix_control_writes(struct market_control *control);

#endif
