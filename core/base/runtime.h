/* Where work runs: the seam between what is decided and what executes it. The daemon gives libuv,
 * an engine thread and workers; the simulator gives one thread, a simulated clock, and
 * completions in seeded order.
 *
 * CONCURRENCY. All functions are called on the loop thread. `run` of an engine task is called on
 * the engine thread inside an open write transaction; `run` of a work task on some worker thread;
 * `done` always on the loop thread, later, never from inside the submitting call. A task belongs to
 * the runtime from submit until its `done` is called, and to the caller again from then on. Nothing
 * is shared but the task. */
#ifndef STOCKD_BASE_RUNTIME_H
#define STOCKD_BASE_RUNTIME_H

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

#include <stdbool.h>
#include <stdint.h>

struct store_txn;
struct runtime;

/* A change to the store. `run` may be called more than once, each time from an unchanged store (the
 * group it shared a commit with may have to be run again without it), so it must only depend on the
 * task and the store. When `done` is called with ST_OK the change is durable. When `run` returns
 * anything but ST_OK, nothing of it is kept. */
struct engine_task {
    enum status (*run)(struct engine_task *task, struct store_txn *txn, struct error *error);
    void (*done)(struct engine_task *task, enum status status, const struct error *error);
    struct engine_task *next; /* the runtime's */
    struct error error;       /* the runtime's */
    enum status status;       /* the runtime's */
    uint64_t plan;            /* ST_HELD: the plan that was kept of it (engine/plan.h); 0: none */
};

/* Work off the loop: plugin steps, long reads with their own read transaction, file copies. */
struct work_task {
    void (*run)(struct work_task *task);
    void (*done)(struct work_task *task);
    void *slot; /* the runtime's */
};

struct timer {
    void (*fire)(struct timer *timer);
    void *slot; /* the runtime's */
    bool armed;
};

struct runtime {
    const struct clock_source *clock;
    struct random *random; /* loop thread */
    void (*engine_submit)(struct runtime *runtime, struct engine_task *task);
    void (*work_submit)(struct runtime *runtime, struct work_task *task);
    /* Fires once, `ms` from now (at least the next turn); arming again moves it. */
    void (*timer_arm)(struct runtime *runtime, struct timer *timer, int64_t ms);
    void (*timer_stop)(struct runtime *runtime, struct timer *timer);
    /* Must be called before a timer's memory goes away. */
    void (*timer_close)(struct runtime *runtime, struct timer *timer);
};

#endif
