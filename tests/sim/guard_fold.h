/* What a command does to the figures that should be shown: folded anew from stock, links and rules
 * in the command's own transaction, before and after it. */
#ifndef SIM_GUARD_FOLD_H
#define SIM_GUARD_FOLD_H

#include "sim.h"
#include "store/store.h"

#define GUARD_UNKNOWN INT64_MIN

struct op;
struct guard_fold;

/* What one command did. The op's; freed with it. */
struct guard_seen {
    uint32_t count, room;
    bool certain;               /* all rows are */
    uint32_t *same, same_count; /* pairs that it might have changed, and did not */
    uint32_t *lost, lost_count; /* ... of which nothing is wanted any more: their targets go */
    struct guard_seen_row {
        uint32_t pair;
        int64_t before, after; /* before GUARD_UNKNOWN: nobody knows */
        bool certain;
        bool swept; /* a sweep was under way */
        bool left;  /* it is counted, and left to a sweep */
    } * rows;
};
void guard_seen_free(struct guard_seen *seen);

struct guard_fold *guard_fold_new(struct sim *sim);
void guard_fold_free(struct guard_fold *fold);

/* Around the command; it may be run again. */
void guard_fold_before(struct guard_fold *fold, const struct op *op, struct store_txn *txn);
/* The caller's. */
struct guard_seen *guard_fold_after(struct guard_fold *fold, const struct op *op,
                                    struct store_txn *txn);

#endif
