/* What orders have done to the stock, judged by the marketplace's own list of orders (I2), and
 * whether readings of it pass over anything (I3). Only of accounts whose orders are imported. */
#ifndef SIM_ORACLE_ORDERS_H
#define SIM_ORACLE_ORDERS_H

#include "sim.h"
#include "store/store.h"

enum {
    /* With a clock so far ahead a drain asks for times that have not come yet. */
    ORDERS_AHEAD_MS = 4 * 60000,
    /* From when a drain chooses its times until its request leaves: it waits for a quota. */
    ORDERS_MADE_MS = 60000,
};

struct orders_taken {
    int64_t reserved, shipped;
    bool held; /* of one line: nobody knows from where it takes */
};

/* What lines and reservations of the store have taken from the pair. */
struct orders_taken oracle_taken(struct sim *sim, struct store_txn *txn, uint32_t product,
                                 uint32_t local);
/* Whether the line's row says that pieces of it have left and may come back. */
bool oracle_line_may_return(struct sim *sim, struct store_txn *txn, uint32_t account,
                            const char *line);
/* What the line's row has taken; false: there is no row of it. */
bool oracle_line_taken(struct sim *sim, struct store_txn *txn, uint32_t account, const char *line,
                       struct orders_taken *taken);
/* NULL: the row is what the marketplace's line, the order's one with that index, makes of it. */
const char *oracle_line_wrong(struct sim *sim, struct store_txn *txn, uint32_t account,
                              const struct market_line *line, size_t index);
/* The numbers that the store knows the product and the warehouse by; false: it has no product. */
struct orders_place {
    uint64_t product;
    uint32_t warehouse;
};
bool oracle_place(struct sim *sim, struct store_txn *txn, uint32_t product, uint32_t local,
                  struct orders_place *place);
uint64_t oracle_line_hash(struct bytes key);
/* Brings what the record has of orders up to the rows there are. */
void oracle_orders_refresh(struct sim *sim, struct store_txn *txn);

/* Lines that are not what the marketplace's order makes of them, and reservations that the record
 * does not have or that should be over. Writes about the first. */
uint32_t oracle_orders_differences(struct sim *sim, struct store_txn *txn, char *why, size_t size,
                                   journal_topic *topic);

/* The account's orders are netted by somebody else: when no sweep is left to say so, none of them
 * holds anything. */
void oracle_left(struct sim *sim, struct store_txn *txn, uint32_t account);

/* Whether a drain whose first request left then may have chosen its times by a clock so far ahead.
 */
bool oracle_drain_was_ahead(const struct sim *sim, int64_t begun_us);

/* A reading that began then came to its end: every order that it must have shown is there (I3). */
void oracle_drained(struct sim *sim, struct store_txn *txn, uint32_t account, int64_t begun_us,
                    int64_t first_us);

#endif
