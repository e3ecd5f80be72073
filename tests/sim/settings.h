/* The configuration changes while all goes on (`--settings`): the guard has other limits, an
 * account leaves the files and comes back, what is old is forgotten. Draws are of a stream of their
 * own. */
#ifndef SIM_SETTINGS_H
#define SIM_SETTINGS_H

#include "sim.h"

/* Other limits of the guard, as a reload brings them: for commands from then on. */
void settings_guard(struct sim *sim);
void settings_guard_tight(struct sim *sim); /* hardly anything may be changed */
/* An account is in no file any more, and is there again later. */
void settings_leave(struct sim *sim);
/* What is older than some minutes goes. Only where nothing that is kept so long by design is
 * needed: no orders that a sweep would read anew, no guard with its day. */
void settings_compact(struct sim *sim);

/* All accounts are back. */
void settings_end(struct sim *sim);

#endif
