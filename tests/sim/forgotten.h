/* Order lines that were forgotten (compaction), as they were: nobody else knows any more what they
 * had taken. What may not be forgotten is said here, too (I2). */
#ifndef SIM_FORGOTTEN_H
#define SIM_FORGOTTEN_H

#include "engine/record_order.h"
#include "sim.h"

struct forgotten;
struct forgotten *forgotten_new(struct sim *sim);
void forgotten_free(struct forgotten *forgotten);

/* In a compaction's transaction: the latest time before which all may be forgotten, at most
 * `before_ms`: no order older than that is still to be read. */
int64_t forgotten_limit(struct forgotten *forgotten, struct store_txn *txn, int64_t before_ms);
/* ... before it runs, and after. */
void forgotten_before(struct forgotten *forgotten, struct store_txn *txn);
void forgotten_after(struct forgotten *forgotten, struct store_txn *txn);

/* A commit failed, or a new life begins, which may have lost some: rows that are there with an
 * effect were not forgotten. */
void forgotten_undone(struct forgotten *forgotten, struct store_txn *txn);

bool forgotten_is(const struct forgotten *forgotten, struct bytes key);
/* ... as it was then; lives as long as nothing else is forgotten. */
bool forgotten_row(const struct forgotten *forgotten, struct bytes key, struct order_view *row);
/* Each of them. The row lives for the callback. */
void forgotten_each(const struct forgotten *forgotten,
                    void (*each)(void *ctx, struct bytes key, const struct order_view *row),
                    void *ctx);

#endif
