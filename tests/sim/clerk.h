/* Who sees to imports (`--intake`): undoes them as the API does it, one part after the other, the
 * last one first; applies or drops what the guard held. Draws are of a stream of their own.
 *
 * What each part of an import brought is kept here for as long as the run lasts: it can be taken
 * back at any time. An undo that a crash has broken off is asked for again later, like any other.
 */
#ifndef SIM_CLERK_H
#define SIM_CLERK_H

#include "sim.h"

struct clerk;
struct op;

struct clerk *clerk_new(struct sim *sim);
void clerk_free(struct clerk *clerk);
/* A life begins: what was being asked for is not answered any more. */
void clerk_booted(struct clerk *clerk);

/* Recurring events: an import is undone, or a part of it; one that is held is applied or dropped.
 */
void clerk_undo(struct sim *sim);
void clerk_decide(struct sim *sim);

/* An import was accepted: others may be busy while it goes on, so that what the guard leaves is
 * used up before its last part. */
void clerk_accepted(struct clerk *clerk);
/* A chunk of one was applied: now and then the guard is set to let hardly anything through before
 * the next. What was judged by the old ones as a whole goes on by the new ones. */
void clerk_chunk(struct clerk *clerk);

/* ---- for the record */

/* Whether what the command brought is kept here. */
bool clerk_keeps(const struct op *op);
/* A part of an import is recorded: where its steps go. */
struct truth_past *clerk_past(const struct op *op);
/* The part with that number is taken back; NULL: it is not known. */
struct truth_past *clerk_undone(struct clerk *clerk, uint64_t sequence);
/* A part was asked to be undone, and this became of it. */
void clerk_answered(struct op *op, enum status status);

#endif
