/* The daemon's runtime (base/runtime.h): libuv's loop, workers (daemon/workers.h), and one engine
 * thread that owns every write transaction and groups what has gathered into one commit.
 *
 * CONCURRENCY. Made, used and closed on the loop thread. The engine thread is started by
 * loop_runtime_open and joined by loop_runtime_close. */
#ifndef STOCKD_DAEMON_LOOP_RUNTIME_H
#define STOCKD_DAEMON_LOOP_RUNTIME_H

#include "base/runtime.h"
#include "daemon/loop_lag.h"
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

/* Waits until the engine thread has done what was given to it and ends it; `closed` is called from
 * the loop when the workers have, too. Nothing may be submitted after this call. */
void loop_runtime_close(struct loop_runtime *runtime, void (*closed)(void *ctx), void *ctx);
void loop_runtime_free(struct loop_runtime *runtime); /* after `closed` */

/* From a signal's callback: as loop_lag_interrupted. */
void loop_runtime_interrupted(struct loop_runtime *runtime);
struct loop_lag loop_runtime_lag(const struct loop_runtime *runtime);

#endif
