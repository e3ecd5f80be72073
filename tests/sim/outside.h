/* Accounts whose orders somebody else nets (`--mixed`), beside accounts whose orders are imported:
 * buyers buy at both. What is bought there is taken from the stock by the seller's other program, a
 * moment later, as an adjustment. */
#ifndef SIM_OUTSIDE_H
#define SIM_OUTSIDE_H

#include "sim.h"

struct market_order;

/* Whether the account's orders are netted elsewhere, while others' are imported. */
bool outside_is(const struct sim *sim, uint32_t account);
/* An order was placed there. */
void outside_sold(struct sim *sim, const struct market_order *order);
struct op;
/* The warehouse that is to be linked feeds an account of the other kind. */
bool outside_clash(const struct op *op, const struct truth *truth);
/* The most pieces that the pair may show too few: a sale there and a receipt that are netted before
 * anything was sent leave what is wanted as it was, and a decrease that nobody here made is left
 * alone for a day (engine/drift.h). */
int64_t outside_fewer(const struct sim *sim, uint32_t pair);

#endif
