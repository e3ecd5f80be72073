/* Counts against parcels (I2): what had left before a shelf was counted is not in the count,
 * however late the process hears of it; what left after it goes off it once. Where a marketplace
 * tells when an order changed, both can be told, and only in worlds of --focus counts is it:
 * elsewhere orders change too often for a time to say much, and figures near them count as loose
 * (truth.h). */
#ifndef SIM_ORACLE_COUNTS_H
#define SIM_ORACLE_COUNTS_H

#include "engine/record_order.h"
#include "sim.h"
#include "store/store.h"

bool oracle_counts_are_judged(const struct sim *sim);
/* In the transaction of a count: the lines whose parcels it knows of. */
void oracle_counts_note(struct sim *sim, struct store_txn *txn, uint32_t product, uint32_t local,
                        struct truth_available *parcels);
/* What the row's parcels have to do with the last count of the place. */
void oracle_counts_judge(struct truth *truth, uint32_t product, uint32_t local, struct bytes line,
                         const struct order_view *row, const struct order_part *part);

#endif
