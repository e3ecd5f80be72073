/* Buyers, and what becomes of their orders at the marketplace: placed, split, packed, handed over,
 * delivered, cancelled before and after, returned. The process learns of it from lists alone. */
#ifndef SIM_BUYERS_H
#define SIM_BUYERS_H

#include "loop.h"
#include "sim.h"

enum { BUYERS_ORDERS_MOST = 260 }; /* of a seller: each of them is looked at again and again */

/* Somebody orders. */
void buyers_order(struct sim *sim);
/* The next thing happens to one of the orders. */
void buyers_go_on(struct sim *sim);
/* The list of orders fails for a while. */
void buyers_dark(struct sim *sim);

/* For the marketplaces: the order did something to what the pair shows. */
void buyers_tell(struct sim *sim, uint32_t pair, const char *order, const char *what,
                 int64_t quantity);
/* ... did something to the order alone, and the marketplace says so of it. */
void buyers_say(struct sim *sim, uint32_t pair, const char *order, const char *what,
                int64_t quantity);

#endif
