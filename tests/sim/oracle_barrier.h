/* The order barrier (I17), judged by what the marketplace shows: a write that shows more than was
 * ever shown since the newest reading of the orders began was composed soon after that. So what is
 * shown too many is at most what was ordered since (oracle_orders.h says that such a reading missed
 * nothing, I7 that the figure is what the stock makes). */
#ifndef SIM_ORACLE_BARRIER_H
#define SIM_ORACLE_BARRIER_H

#include "network.h"
#include "sim.h"
#include "store/store.h"

#include <jansson.h>

struct barrier;
struct oracle_lines;
/* `lines` is told when an account's orders are imported from now on. */
struct barrier *barrier_new(struct sim *sim, struct oracle_lines *lines);
void barrier_free(struct barrier *barrier);

/* What the pair shows may have changed just now. */
void barrier_shown(struct barrier *barrier, uint32_t pair);
/* ... and may come to show that, as far as anybody can know. */
void barrier_accepted(struct barrier *barrier, uint32_t pair, int64_t value);
/* A reading of the account's orders begins. */
void barrier_begun(struct barrier *barrier, uint32_t account);
/* Any request of such a reading leaves: where it cannot be told which is its first, a reading began
 * no earlier than this after the one before came to its end. */
void barrier_reads(struct barrier *barrier, uint32_t account);
/* After each task of the engine: a reading may have come to its end in it. */
void barrier_task_ran(struct barrier *barrier, struct store_txn *txn);
/* The transaction in which pairs are selected until barrier_task_ran. */
void barrier_task_runs(struct barrier *barrier, struct store_txn *txn);
/* What the newest reading is when the pair's figure is composed. What passes an abandoned write is
 * a decrease from the most that may be there, and no increase whatever is. */
void barrier_selected(struct barrier *barrier, uint32_t pair, bool passes);
void barrier_sent(const struct barrier *barrier, struct exchange_item *item);
void barrier_landed(struct barrier *barrier, const struct exchange_item *item);
/* What an answer tells of orders that are not read yet (oracle_signs.h). */
void barrier_answered(struct barrier *barrier, const struct exchange *x, const json_t *doc);
void barrier_crashed(struct barrier *barrier);

#endif
