/* Figures against orders (I2): what had left before a shelf was counted is not in the count,
 * however late the process hears of it; what left after it goes off it once; and what was ordered
 * before an available figure is netted by it already. Judged by the marketplace's own orders: their
 * pieces, and when each was placed, left, was over and changed last. Of the store's row only this
 * is taken: the places that the pieces come from, and what the process knew when a figure was
 * given. Where nobody can know whether a figure has a line's pieces, they may be on hand or not:
 * a range, as wide as that line. */
#ifndef SIM_ORACLE_COUNTS_H
#define SIM_ORACLE_COUNTS_H

#include "engine/record_order.h"
#include "market.h"
#include "sim.h"
#include "store/store.h"

struct oracle_counts;
struct oracle_counts *oracle_counts_new(struct sim *sim);
void oracle_counts_free(struct oracle_counts *counts);

/* Buyers may have done something at the account: what its lines are now. */
void oracle_counts_look(struct sim *sim, uint32_t account);
/* In the transaction of a figure of that time: what is known of the lines that take from there. The
 * caller's, to be freed by mem_free. */
struct truth_count *oracle_counts_note(struct sim *sim, struct store_txn *txn, uint32_t product,
                                       uint32_t local, int64_t at_ms);

/* A line, and what the store has of it. */
struct counts_line {
    uint32_t account;
    const struct market_line *line; /* the order's one with that index */
    size_t index;
    uint64_t hash; /* of its key in the store */
    const struct order_view *row;
};
/* How many pieces more are on hand of the place for that part of the row, the least and the most,
 * than when all that it has shipped since the figure had gone off it. */
struct counts_range {
    int64_t least, most;
};
struct counts_range oracle_counts_judge(struct sim *sim, uint32_t product, uint32_t local,
                                        const struct counts_line *of,
                                        const struct order_part *part);

#endif
