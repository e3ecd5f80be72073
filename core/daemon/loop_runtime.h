/* The daemon's runtime (base/runtime.h): libuv's loop and worker pool, and one engine thread that
 * owns every write transaction and groups what has gathered into one commit.
 *
 * CONCURRENCY. Made, used and closed on the loop thread. The engine thread is started by
 * loop_runtime_open and joined by loop_runtime_close. */
#ifndef STOCKD_DAEMON_LOOP_RUNTIME_H
#define STOCKD_DAEMON_LOOP_RUNTIME_H

#include "base/runtime.h"
#include "engine/engine.h"
#include "store/store.h"

#include <uv.h>

struct loop_runtime;

struct loop_runtime_options {
    uv_loop_t *loop;
    struct store *store;
    struct engine *engine;
    struct random *random;
    /* After each commit, on the loop: which accounts have something new. */
    void (*touched)(void *ctx, const struct engine_touched *touched);
    void *ctx;
};

enum status loop_runtime_open(const struct loop_runtime_options *options,
                              struct loop_runtime **runtime, struct error *error);
struct runtime *loop_runtime(struct loop_runtime *runtime);

/* Waits until the engine thread has done what was given to it and ends it; then `closed` is called
 * from the loop. Nothing may be submitted after this call. */
void loop_runtime_close(struct loop_runtime *runtime, void (*closed)(void *ctx), void *ctx);
void loop_runtime_free(struct loop_runtime *runtime); /* after `closed` */

/* How long turns of the loop take: all that it does between two times of waiting, what sockets ask
 * for included. The bounds of its histogram: around the 5 ms that one turn in a hundred may take
 * and the 50 ms that none may; one that takes longer is logged. */
enum { LOOP_LAG_BOUNDS = 9, LOOP_TURN_MOST_US = 50000 };
extern const int64_t loop_lag_bounds_us[LOOP_LAG_BOUNDS];
struct loop_lag {
    uint64_t turns;
    uint64_t within[LOOP_LAG_BOUNDS]; /* turns that took at most so long */
    int64_t sum_us;
    int64_t p50_us, p99_us,
        max_us; /* since start; percentiles to the next power of two's quarter */
    /* The most that a turn used of a processor: what is missing to its time it was blocked, or not
     * given a processor. Not always the same turn as that of max_us. */
    int64_t processor_max_us;
};
/* From a signal's callback: this turn is not counted. Where a signal interrupts the loop's waiting,
 * libuv forgets what it had waited by then, which would look like a turn of that length. */
void loop_runtime_interrupted(struct loop_runtime *runtime);
struct loop_lag loop_runtime_lag(const struct loop_runtime *runtime);

#endif
