/* Runs: one task on one account, or one thing a person asked for, kept as history. Local to the
 * machine, so not commands. [engine thread, write transaction] for run_put; run_read on any bytes.
 */
#ifndef STOCKD_ENGINE_RUN_H
#define STOCKD_ENGINE_RUN_H

#include "base/buf.h"
#include "engine/engine.h"

enum run_state { RUN_GOING = 1, RUN_DONE = 2, RUN_PARTIAL = 3, RUN_FAILED = 4, RUN_HELD = 5 };
const char *run_state_name(enum run_state state);

enum { RUNS_KEPT = 10000 }; /* older ones are removed as new ones come */

/* A part of a run. What waits has not begun; what is skipped never will. */
enum run_stage_state {
    RUN_STAGE_WAITING = 0,
    RUN_STAGE_RUNNING = 1,
    RUN_STAGE_DONE = 2,
    RUN_STAGE_FAILED = 3,
    RUN_STAGE_SKIPPED = 4,
};
const char *run_stage_state_name(enum run_stage_state state);

enum { RUN_STAGES_MAX = 8, RUN_PERCENT_UNKNOWN = -1 };

struct run_stage {
    struct bytes name, error; /* `error`: of its last failure, or "" */
    enum run_stage_state state;
    int64_t done, total; /* counted work; total 0: not known */
    int64_t started_ms, ended_ms;
};
/* Of its counted work, rounded down; RUN_PERCENT_UNKNOWN while its size is not known. 100 only when
 * it is done. */
int run_stage_percent(const struct run_stage *stage);

struct run_view {
    struct bytes kind;    /* "push", "listings", "import" ... */
    struct bytes account; /* or "" */
    struct bytes actor;
    struct bytes detail; /* what was asked for, in words */
    struct bytes error;
    enum run_state state;
    int64_t started_ms, ended_ms;
    int64_t done, total; /* units of the kind; total 0: not known */
    int64_t refused;     /* rows that were bad */
    /* push: what it is about */
    uint32_t only_account, only_warehouse;
    uint64_t only_product, revision;
    struct run_stage stages[RUN_STAGES_MAX];
    uint32_t stage_count; /* 0: the run has none, or was stored before there were any */
};
/* Each stage counts the same, and what it has done of its work; a stage of unknown size counts when
 * it is done. Of a run without stages: done of total. */
int run_percent(const struct run_view *run);
bool run_write(struct buf *out, const struct run_view *run);
enum status run_read(struct bytes from, struct run_view *run);

/* Stores the run; with *number 0 it gets one. */
enum status run_put(struct engine *engine, struct store_txn *txn, uint64_t *number,
                    const struct run_view *run, struct error *error);

#endif
