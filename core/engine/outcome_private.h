/* What outcome.c and outcome_read.c share. */
#ifndef STOCKD_ENGINE_OUTCOME_PRIVATE_H
#define STOCKD_ENGINE_OUTCOME_PRIVATE_H

#include "engine/outcome.h"

/* ---- outcome.c */

/* The route of its last write. */
const struct engine_route *outcome_route(const struct applying *a, const struct target *target);
/* The write is over, whatever it did. */
void outcome_close(struct applying *a, struct target *target);
/* What was sent is there. */
void outcome_acknowledged(struct applying *a, struct target *target);
/* It failed and is tried again after a back-off; `o` has code and text. */
void outcome_failed(struct applying *a, struct target *target, const struct outcome *o);
/* It shows what it should, whoever made it so: nothing to send (I8). */
void outcome_take_over(struct applying *a, struct target *target);

/* ---- outcome_read.c */

/* What is believed to be there; FIGURE_UNKNOWN when nothing is. */
int64_t outcome_base(const struct target *target);
/* A write was taken, and its figure is not what is there; `before` was there before it. Tried again
 * after a back-off, and given up as rejected when it never shows. */
void outcome_not_seen(struct applying *a, struct target *target, int64_t before);

#endif
