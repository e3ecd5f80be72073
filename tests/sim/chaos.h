/* What happens to the process, the machine and the marketplace while the operator works. */
#ifndef SIM_CHAOS_H
#define SIM_CHAOS_H

#include "marketsim/market_fault.h"
#include "sim.h"

/* Starts everything the plan asks for. */
void chaos_begin(struct sim *sim);
/* The quiet phase: no more faults, everything that was broken is whole again. */
void chaos_end(struct sim *sim);
/* One account, drawn from the seed, begins to suffer from the plan's sickness, or is well again. */
void chaos_sicken(struct sim *sim, bool sick);
/* kill -9, and a new life later. */
void chaos_crash(struct sim *sim);
/* Lets it happen again and again while the hostile phase lasts, so often on average; 0: never. The
 * name chooses its stream. */
void chaos_every(struct sim *sim, const char *name, int64_t ms, void (*happen)(struct sim *sim));
/* A fault of that marketplace until the quiet; `ppm`: of the requests of the path. */
void chaos_fault(struct sim *sim, enum market_kind of, enum market_fault_kind kind,
                 const char *path, uint32_t ppm);
/* A warehouse opens, or takes no figures until it does, where the marketplace knows such. */
void chaos_set_remote(struct sim *sim, uint32_t remote, bool open);
void chaos_free(struct sim *sim);

#endif
