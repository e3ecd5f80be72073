/* base/runtime.h on simulated time: one life of the process. Engine tasks gather and are run in
 * groups, work runs on workers that do not exist, and everything comes back late: each thing by a
 * delay of its own, drawn from the seed, except that commits come back in their order.
 *
 * A life ends by runtime_end: from then on nothing runs any more; what is submitted comes back as
 * cancelled, so that memory can be given back in order while the store and the network are out of
 * reach. That is kill -9 with clean hands. */
#ifndef SIM_RUNTIME_H
#define SIM_RUNTIME_H

#include "base/runtime.h"
#include "engine/engine.h"
#include "loop.h"
#include "store/store.h"

/* Delays: mostly short, sometimes a stall. */
struct runtime_delays {
    int64_t engine_us;  /* until the engine thread takes what has gathered, at most */
    int64_t commit_us;  /* until the loop hears of a commit, at most */
    int64_t work_us;    /* until a worker begins, and again until the loop hears of it, at most */
    uint32_t stall_ppm; /* how often any of them is `stall_us` instead */
    int64_t stall_us;
};

struct sim_runtime;

struct runtime_hooks {
    /* [inside the transaction] After a task's run, with what it returned. `again`: the group was
     * given up, and it runs in a transaction of its own. */
    void (*task_ran)(void *ctx, struct store_txn *txn, uint64_t task, enum status status,
                     bool again);
    /* What the task did is in the store, with ST_OK; the task does not know yet. */
    void (*task_kept)(void *ctx, uint64_t task, enum status status);
    /* All of a group's tasks know. So many commits in the store are younger. */
    void (*delivered)(void *ctx, const struct engine_touched *touched, uint64_t younger);
    void *ctx;
};

/* `seed` is for the delays and for what runs here. */
struct sim_runtime *runtime_new(struct loop *loop, uint64_t seed,
                                const struct runtime_delays *delays,
                                const struct runtime_hooks *hooks);
struct runtime *runtime_of(struct sim_runtime *runtime);
/* Which engine and store the tasks run on. */
void runtime_attach(struct sim_runtime *runtime, struct engine *engine, struct store *store);

void runtime_end(struct sim_runtime *runtime);
/* After runtime_end: lets one thing come back; false when there is nothing more. */
bool runtime_unwind(struct sim_runtime *runtime);
void runtime_free(struct sim_runtime *runtime);

#endif
