/* One commit for many tasks, and one for each when that fails. Nothing here knows what a task does.
 */
#include "engine/group.h"

#include "engine/plan.h"
#include "engine/state.h"

static bool is_refusal(enum status status)
{
    return status == ST_INVALID || status == ST_NOT_FOUND || status == ST_CONFLICT ||
           status == ST_EXISTS || status == ST_TOO_BIG;
}

/* True when the transaction may go on: it is as before the task, or holds all of it. */
static bool run_task(struct engine *engine, struct store_txn *txn, struct engine_task *task)
{
    uint64_t sequence = engine->counters.sequence;
    task->error.status = ST_OK;
    task->error.text[0] = 0;
    task->status = task->run(task, txn, &task->error);
    if (task->status == ST_OK) return store_failed(txn, &task->error) == ST_OK;
    /* A task of several commands may be refused when some of them have changed something already.
     */
    return is_refusal(task->status) && engine->counters.sequence == sequence;
}

static enum status begin(struct engine *engine, struct store *store, struct store_txn **txn,
                         struct error *error)
{
    enum status status = store_begin(store, STORE_WRITE, txn, error);
    if (status != ST_OK) return status;
    status = engine_group_begin(engine, *txn, error);
    if (status == ST_OK) return ST_OK;
    engine_group_drop(engine);
    store_abort(*txn);
    return status;
}

static enum status commit(struct engine *engine, struct store_txn *txn, struct error *error)
{
    enum status status = engine_group_flush(engine, txn, error);
    if (status == ST_OK) {
        status = store_commit(txn, error);
        if (status != ST_OK) engine_group_drop(engine);
        return status;
    }
    engine_group_drop(engine);
    store_abort(txn);
    return status;
}

static bool run_together(struct engine *engine, struct store *store, struct engine_task *tasks)
{
    struct store_txn *txn;
    if (begin(engine, store, &txn, NULL) != ST_OK) return false;
    for (struct engine_task *task = tasks; task; task = task->next) {
        if (run_task(engine, txn, task)) continue;
        engine_group_drop(engine);
        store_abort(txn);
        return false;
    }
    return commit(engine, txn, NULL) == ST_OK;
}

/* The guard held it: its transaction is gone, and the plan is kept in one of its own. */
static void keep_plan(struct engine *engine, struct store *store, struct engine_task *task)
{
    struct store_txn *txn;
    struct error reason = task->error;
    uint64_t id;
    if (begin(engine, store, &txn, &reason) != ST_OK) return;
    enum status status = plan_keep_held(engine, txn, &id, &reason);
    if (status == ST_OK && commit(engine, txn, &reason) == ST_OK) {
        task->plan = id;
        return;
    }
    if (status != ST_OK) {
        engine_group_drop(engine);
        store_abort(txn);
    }
    if (status == ST_NOT_FOUND) return; /* of a job, which is held as a whole */
    task->status = reason.status;
    task->error = reason;
}

static void run_alone(struct engine *engine, struct store *store, struct engine_task *task)
{
    struct store_txn *txn;
    task->error = (struct error){0};
    task->plan = 0;
    task->status = begin(engine, store, &txn, &task->error);
    if (task->status != ST_OK) return;
    bool whole = run_task(engine, txn, task);
    if (task->status == ST_OK && whole) {
        task->status = commit(engine, txn, &task->error);
        return;
    }
    if (task->status == ST_OK) task->status = store_failed(txn, &task->error);
    engine_group_drop(engine);
    store_abort(txn);
    if (task->status == ST_HELD) keep_plan(engine, store, task);
}

void engine_group_run(struct engine *engine, struct store *store, struct engine_task *tasks,
                      struct engine_touched *touched)
{
    bool together = tasks && tasks->next && run_together(engine, store, tasks);
    for (struct engine_task *task = tasks; task && !together; task = task->next)
        run_alone(engine, store, task);
    *touched = engine_touched_take(engine);
}
