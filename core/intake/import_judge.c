/* What an import would do, judged before its first row is applied: its rows are gone through once
 * on a worker, foreseen against what is shown, and the engine says whether that is too much. */
#include "engine/plan.h"
#include "intake/import_private.h"

#include <stdio.h>

static void judge(struct import *import);

static void forget(struct import *import)
{
    guard_effects_free(&import->effects);
}

/* ---- foreseeing */

static enum status foresee_chunks(struct import *import, struct guard_foresee *foresee,
                                  struct import_rows *rows, struct error *error)
{
    struct import_refused refused = {0}; /* told when they are applied */
    struct import_chunk chunk = {0};
    struct import_fill fill = {.rows = rows,
                               .refused = &refused,
                               .cursor = import->cursor,
                               .chunk_rows = import->imports->options.chunk_rows,
                               .kind = import->options.kind,
                               .cause = import->options.cause,
                               .job = import->job,
                               .shown = import_shop_shown(import)};
    enum status status;
    while ((status = import_fill_next(&fill, &chunk, error)) == ST_OK &&
           !import_chunk_is_empty(&chunk)) {
        if (chunk.count == 0) continue;
        status =
            guard_foresee_bulk(foresee, bytes_of(chunk.payload.data, chunk.payload.size), error);
        if (status != ST_OK) break;
    }
    import_chunk_free(&chunk);
    import_refused_free(&refused);
    return status;
}

static void foresee_run(struct work_task *task)
{
    struct import *import = import_of_work(task);
    struct import_rows *rows = import_source_rows(import->source);
    struct error *error = &import->work_error;
    struct guard_foresee *foresee = NULL;
    struct store_txn *txn;
    enum status status = store_begin(import->imports->options.store, STORE_READ, &txn, error);
    if (status != ST_OK) return;
    status = guard_foresee_new(txn, guard_source(import->options.actor, import->job),
                               import->now_ms, &foresee, error);
    if (status == ST_OK) status = foresee_chunks(import, foresee, rows, error);
    if (status == ST_OK) status = guard_foresee_end(foresee, &import->effects, error);
    guard_foresee_free(foresee);
    store_abort(txn);
    if (status == ST_OK) status = import_rows_rewind(rows, error);
    error->status = status;
}

/* ---- judging */

static enum status judge_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct import *import = import_of_task(task);
    struct engine *engine = import->imports->options.engine;
    struct error reason = {0};
    import->plan = 0;
    enum status status = guard_judge(engine, txn, &import->effects, true, &reason);
    if (status == ST_OK) status = import_shop_judge(import, &reason);
    if (status == ST_HELD)
        return import_job_held(import, &import->effects, reason.text, txn, error);
    if (status != ST_OK && error) *error = reason;
    return status;
}

static void judge_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct import *import = import_engine_done(task);
    if (status != ST_OK && import_retry(import, error, judge)) return;
    forget(import);
    if (status != ST_OK) {
        import->error = *error;
        import->error.status = status;
        import_finish(import);
    } else if (import->plan) {
        import_told_held(import);
    } else {
        import->retry_ms = 0;
        import_apply_start(import);
    }
}

static void judge(struct import *import)
{
    if (import->cancelled || import->halted) forget(import);
    if (import_ends_early(import)) return;
    import_engine(import, judge_run, judge_done);
}

static void foresee_done(struct work_task *task)
{
    struct import *import = import_work_done(task);
    if (import->work_error.status == ST_OK) {
        judge(import);
        return;
    }
    forget(import);
    import->error = import->work_error;
    import_finish(import);
}

void import_judge_start(struct import *import)
{
    import->stage = STAGE_JUDGING;
    if (import->to_judge)
        import_work(import, foresee_run, foresee_done);
    else if (import_is_shop(import) && !import->since)
        judge(import);
    else
        import_apply_start(import);
}

/* ---- held amid: other commands used up what there was room for */

static enum status hold_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct import *import = import_of_task(task);
    const struct guard_effects none = {0};
    return import_job_held(import, &none, import->because, txn, error);
}

static void hold(struct import *import);

static void hold_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct import *import = import_engine_done(task);
    if (status != ST_OK && import_retry(import, error, hold)) return;
    if (status == ST_OK) {
        import_told_held(import);
        return;
    }
    import->error = *error;
    import->error.status = status;
    import_finish(import);
}

static void hold(struct import *import)
{
    if (!import_ends_early(import)) import_engine(import, hold_run, hold_done);
}

void import_hold(struct import *import, const char *reason)
{
    snprintf(import->because, sizeof import->because, "%s", reason);
    hold(import);
}
