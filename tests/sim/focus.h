/* Kinds of worlds that are dense in one thing: short, calm otherwise, and full of what one sort of
 * mistake needs in order to show. What is drawn comes from a stream of their own. */
#ifndef SIM_FOCUS_H
#define SIM_FOCUS_H

#include "sim.h"

/* FOCUS_KINDS: there is none of that name; "any": one that the seed draws (FOCUS_ANY). */
enum focus focus_parse(const char *name);
const char *focus_name(enum focus focus);

/* Makes the plan one of that kind, the last of the plan_*; where it takes accounts of its own, they
 * are at marketplaces of `market_kinds` (bits 1 << kind). `hours` 0: as long as the kind takes. */
void plan_focus(struct plan *plan, enum focus focus, unsigned market_kinds, double hours);

/* What the kind adds to the marketplaces' faults and to what happens; with the hostile phase. */
void focus_begin(struct sim *sim);
void focus_end(struct sim *sim);

#endif
