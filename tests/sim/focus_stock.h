/* Dense worlds of what stock, orders and figures do: focus.h's, from FOCUS_CUT_OVER on. */
#ifndef SIM_FOCUS_STOCK_H
#define SIM_FOCUS_STOCK_H

#include "network.h"

void plan_focus_stock(struct plan *plan, enum focus focus, unsigned market_kinds);
void focus_stock_begin(struct sim *sim);
/* A request was carried out. */
void focus_landed(struct exchange *x);

#endif
