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
};
bool run_write(struct buf *out, const struct run_view *run);
enum status run_read(struct bytes from, struct run_view *run);

/* Stores the run; with *number 0 it gets one. */
enum status run_put(struct engine *engine, struct store_txn *txn, uint64_t *number,
                    const struct run_view *run, struct error *error);

#endif
