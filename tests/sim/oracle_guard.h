/* The guard (I11), judged from outside: what each command does to the figures that should be shown
 * is folded anew from stock, links and rules in the command's own transaction, before and after it,
 * and added up over 24 h by account and by source. What exceeds a limit must be held, what does not
 * must not; dropping a plan changes nothing; applying it lets out what it holds and no more.
 *
 * What cannot be known from outside (a figure of which nothing was wanted before, a sweep under
 * way) is counted as little as it can be where a command was let through, and as much as it can be
 * where it was held. */
#ifndef SIM_ORACLE_GUARD_H
#define SIM_ORACLE_GUARD_H

#include "engine/guard.h"
#include "guard_fold.h"
#include "sim.h"
#include "store/store.h"

struct op;

struct guard_oracle *guard_oracle_new(struct sim *sim);
void guard_oracle_free(struct guard_oracle *guard);

/* Around engine_apply, in its transaction; it may be run again. */
void guard_oracle_before(struct guard_oracle *guard, struct op *op, struct store_txn *txn);
void guard_oracle_after(struct guard_oracle *guard, struct op *op, struct store_txn *txn,
                        enum status status);
/* The number under which an import counts: a source of its own. */
uint32_t guard_oracle_job(struct guard_oracle *guard, uint64_t job);
/* It is known to be in the store: it counts. */
void guard_oracle_counts(struct guard_oracle *guard, const struct op *op);
/* It was held: the plan in the store says what it would have done. */
void guard_oracle_held(struct guard_oracle *guard, const struct op *op, uint64_t plan);

/* How often commands were held, and judged. */
struct guard_told {
    uint64_t judged, held, applied, dropped;
};
struct guard_told guard_oracle_told(const struct guard_oracle *guard);

#endif
