/* What counts towards the guard's limits by the simulator's own record (oracle_guard.h): what
 * commands changed within the day, by account and by source, from what surely counts to what may.
 */
#ifndef SIM_GUARD_SUMS_H
#define SIM_GUARD_SUMS_H

#include "sim.h"

struct op;
struct guard_sums;

struct guard_sums *guard_sums_new(struct sim *sim);
void guard_sums_free(struct guard_sums *sums);

/* The number under which an import counts: a source of its own. */
uint32_t guard_sums_job(struct guard_sums *sums, uint64_t job);
/* What the op did (op->seen) counts from now on. */
void guard_sums_keep(struct guard_sums *sums, const struct op *op);

/* As if what is tried had been done, too, until that ends. */
void guard_sums_try(struct guard_sums *sums);
void guard_sums_add(struct guard_sums *sums, const struct op *op);
void guard_sums_end(struct guard_sums *sums);

struct guard_totals {
    struct guard_range {
        int64_t least, most;
    } changed, zeroed, pieces;
};
/* While it is tried. Source 0: of all. */
struct guard_totals guard_sums_of(const struct guard_sums *sums, uint32_t account, uint32_t source,
                                  int64_t now_ms);

#endif
