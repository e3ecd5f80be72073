/* What became of a write. For the engine's own files only. Upholds I4, I5 and I8. */
#ifndef STOCKD_ENGINE_OUTCOME_H
#define STOCKD_ENGINE_OUTCOME_H

#include "engine/drift.h"
#include "engine/rows.h"
#include "engine/target.h"

/* Applies one outcome to its target. One for a write that is no longer open, or of another
 * revision, is ignored. */
enum status outcome_apply(struct applying *a, const struct outcome *outcome);

/* The write's outcome is not known: it is looked for after its route's settle time, not before
 * `until_ms`. */
void outcome_unresolved(struct applying *a, struct target *target, int64_t until_ms);

/* No write is open: its figure is to be read before there can be one. */
void outcome_ask(struct applying *a, struct target *target);

/* It was to be read only to compare (TARGET_RESYNC), or to know which way a write would be, and a
 * zero is down whatever is shown: what is wanted now does not wait for that. */
void outcome_unask(struct applying *a, struct target *target);

/* It is looked for at `when_ms`, whenever that was to be before. */
void outcome_look_at(struct applying *a, struct target *target, int64_t when_ms);

/* A figure that was read. Closes an unresolved write when it was read late enough to tell; takes
 * the figure over as acknowledged when nothing was ever sent and it is what is wanted; otherwise it
 * is compared with what should be there (drift.h), unless the listing has `ended`: that is why it
 * shows 0. */
enum status outcome_observed(struct applying *a, struct target *target,
                             const struct drift_reading *reading, bool ended);

#endif
