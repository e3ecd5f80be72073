/* Buyers, and what becomes of their orders at the marketplace: placed, split, packed, handed over,
 * delivered, cancelled before and after, returned. The process learns of it from lists alone. */
#ifndef SIM_BUYERS_H
#define SIM_BUYERS_H

#include "marketsim/ozon/ozon_state.h"
#include "sim.h"

/* Somebody orders. */
void buyers_order(struct sim *sim);
/* The next thing happens to one of the orders. */
void buyers_go_on(struct sim *sim);
/* The list of orders fails for a while. */
void buyers_dark(struct sim *sim);

/* The pair of a posting's line; WORLD_NONE for what the world does not have. */
int buyers_pair(const struct sim *sim, const struct ozon_seller *seller,
                const struct ozon_posting *posting, size_t line);
/* The line's key at the marketplace. */
void buyers_key(const struct ozon_seller *seller, const struct ozon_posting *posting, size_t line,
                char key[64]);

#endif
