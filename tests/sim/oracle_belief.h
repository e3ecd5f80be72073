/* What the process counts as shown is shown (I14), and what it wants is what its stock makes (I6).
 * A belief that is wrong comes right with the next order or the next readings, long before anybody
 * looks at what is shown in the end; until then too few are sold, or too many. So it is looked at
 * every second, where all that moved a place is known: only in worlds of --focus in which nobody
 * else writes, no answer lies, and no order is shown late.
 */
#ifndef SIM_ORACLE_BELIEF_H
#define SIM_ORACLE_BELIEF_H

#include "sim.h"

/* From now on, if the world is one of those. */
void oracle_belief_begin(struct sim *sim);
void oracle_belief_end(struct sim *sim);

#endif
