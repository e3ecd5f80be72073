/* The time that sync, the engine's due times and what waits to be told go by: wall time without its
 * steps.
 *
 * A clock set BACK makes this time run on from where it was, ahead of the wall, and lose a
 * twentieth until the wall has caught up: nothing that waits for a time waits longer for it. A
 * clock set FORWARD takes this time along (nobody wants to live in 1970 because a machine woke up
 * there), and `stepped_ms` tells when, so that what must not happen sooner than some span after
 * something else (cadence, settle time) can wait that span out once more. The quotas are told of it
 * at once, where there are any (`book` may be NULL).
 *
 * What happened to the clock while nobody watched is not known: `started_ms` serves where that
 * matters.
 *
 * Loop thread only. */
#ifndef STOCKD_SYNC_TIME_H
#define STOCKD_SYNC_TIME_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct quota_book;

struct sync_time {
    const struct clock_source *source;
    struct quota_book *book;
    bool started;
    int64_t started_ms;    /* in this time */
    int64_t offset_ms;     /* wall minus monotonic, as last seen */
    int64_t mono_ms;       /* as last seen */
    int64_t wall_ms;       /* ... and the wall then */
    int64_t ahead_ms;      /* of the wall */
    int64_t owed_ms;       /* monotonic time that has not counted towards catching up yet */
    int64_t stepped_by_ms; /* by how much that was */
    int64_t stepped_ms; /* when (in this time, after the step) it was last set forward; 0: never */
};

void sync_time_init(struct sync_time *time, const struct clock_source *source,
                    struct quota_book *book);
int64_t sync_time_now(struct sync_time *time);

#endif
