/* I8: what was taken is sent a second time only where the process learned something of the pair
 * since that write was selected. What buyers and others do there lowers and raises what is shown;
 * the process learns of it by a row of an order's line, or by a figure that it reads. Either
 * excuses the one send that is selected next, and no later one. */
#ifndef SIM_ORACLE_AGAIN_H
#define SIM_ORACLE_AGAIN_H

#include "sim.h"
#include "store/store.h"

struct again;
struct again *again_new(struct sim *sim);
void again_free(struct again *again);

/* How often what the store has of the pair's orders was seen to be something else than before:
 * whether a line has a row, what it takes, why it is held or takes nothing. That a row was written
 * once more with the same says nothing. [inside the transaction of a selection] */
uint32_t again_learned(struct again *again, struct store_txn *txn, uint32_t pair);
/* Whether the store had any line of the pair's when that was asked last. */
bool again_ordered(const struct again *again, uint32_t pair);

#endif
