/* What happens to the process, the machine and the marketplace while the operator works. */
#ifndef SIM_CHAOS_H
#define SIM_CHAOS_H

#include "sim.h"

/* Starts everything the plan asks for. */
void chaos_begin(struct sim *sim);
/* The quiet phase: no more faults, everything that was broken is whole again. */
void chaos_end(struct sim *sim);
/* One account, drawn from the seed, begins to suffer from the plan's sickness, or is well again. */
void chaos_sicken(struct sim *sim, bool sick);
/* kill -9, and a new life later. */
void chaos_crash(struct sim *sim);
void chaos_free(struct sim *sim);

#endif
