/* Orders in the small world of engine_fixture.h, as a drain of its account "shop" tells of them. */
#ifndef STOCKD_TEST_ENGINE_ORDERS_H
#define STOCKD_TEST_ENGINE_ORDERS_H

#include "engine_fixture.h"

#include "engine/record_order.h"

/* A line of order "O1": so many of listing "LA" from "R1", whose figure the marketplace has lowered
 * by itself. It does not say when it was ordered. */
struct order_view order_of(enum order_state state, int64_t quantity);
/* ... ordered now. */
struct order_view order_now(const struct world *w, enum order_state state, int64_t quantity);

/* A drain tells of that line, and goes on. */
void tell_line(struct world *w, const char *line, const struct order_view *told);
/* ... of a line of another listing, and the marketplace has lowered nothing. */
void tell_of(struct world *w, const char *line, const char *listing, enum order_state state,
             int64_t quantity);
void tell_drained(struct world *w); /* it has told of all there are */

enum status do_orders(struct world *w, const char *account, bool import);
void world_import_orders(struct world *w); /* of "shop", and the first drain is over */
/* world_shop with orders that are imported, a minute after the first drain. */
void world_order_shop(struct world *w, unsigned products);

#endif
