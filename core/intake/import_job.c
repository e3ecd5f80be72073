/* The job in the store: recorded as accepted, checked, moved on with each chunk, ended; and its
 * run. Everything here is called inside an engine task, perhaps more than once, so it reads what
 * the store says and never counts on from what it said the last time. */
#include "base/wire.h"
#include "engine/plan.h"
#include "engine/run.h"
#include "intake/import_private.h"
#include "intake/inbox_record.h"
#include "intake/mirrors.h"

#include <stdio.h>
#include <string.h>

enum { JOB_RECORD_MAX = 16 << 10 };

static struct engine *engine_of(const struct import *import)
{
    return import->imports->options.engine;
}

static struct bytes text(const char *text)
{
    return bytes_text(text ? text : "");
}

static enum run_state run_state_of(enum import_state state)
{
    switch (state) {
    case IMPORT_RUNNING: return RUN_GOING;
    case IMPORT_DONE: return RUN_DONE;
    case IMPORT_PARTIAL: return RUN_PARTIAL;
    case IMPORT_HELD: return RUN_HELD;
    case IMPORT_FAILED:
    case IMPORT_CANCELLED: break;
    }
    return RUN_FAILED;
}

/* Of an import from an account: a stage is done when the next one began. */
static void put_stages(struct run_view *run, const struct import_job *job)
{
    bool going = job->state == IMPORT_RUNNING;
    for (uint32_t i = 0; i < SHOP_STAGES; i++) {
        const struct import_stage_times *times = &job->shop.stages[i];
        struct run_stage *stage = &run->stages[run->stage_count++];
        *stage = (struct run_stage){.name = bytes_text(import_shop_stage_name(i)),
                                    .done = times->done,
                                    .started_ms = times->started_ms,
                                    .ended_ms = times->ended_ms};
        bool last = i + 1 == SHOP_STAGES;
        if (last) stage->done = (int64_t)job->counts.done;
        if (last) stage->total = (int64_t)job->counts.rows;
        if (times->ended_ms)
            stage->state = RUN_STAGE_DONE;
        else if (!times->started_ms)
            stage->state = going ? RUN_STAGE_WAITING : RUN_STAGE_SKIPPED;
        else if (going || job->state == IMPORT_HELD)
            stage->state = RUN_STAGE_RUNNING;
        else
            stage->state = job->state == IMPORT_FAILED || job->state == IMPORT_CANCELLED
                               ? RUN_STAGE_FAILED
                               : RUN_STAGE_DONE;
        if (stage->state == RUN_STAGE_DONE && !stage->ended_ms) stage->ended_ms = job->ended_ms;
        if (stage->state == RUN_STAGE_FAILED) {
            stage->ended_ms = job->ended_ms;
            stage->error = job->error;
        }
    }
}

static enum status put_run(struct engine *engine, struct store_txn *txn, uint64_t *number,
                           const struct import_job *job, struct error *error)
{
    struct run_view run = {.kind = bytes_text("import"),
                           .account = job->shop.account,
                           .actor = job->actor,
                           .detail = job->name,
                           .error = job->error,
                           .state = run_state_of(job->state),
                           .started_ms = job->started_ms,
                           .ended_ms = job->ended_ms,
                           .done = (int64_t)job->counts.done,
                           .total = (int64_t)job->counts.rows,
                           .refused = (int64_t)(job->counts.refused + job->counts.left)};
    if (job->shop.account.size) put_stages(&run, job);
    return run_put(engine, txn, number, &run, error);
}

/* A job's row and its run's. */
static enum status put_job(struct engine *engine, struct store_txn *txn, uint64_t number,
                           const struct import_job *job, struct error *error)
{
    uint8_t key[8];
    bytes_put_u64(key, number);
    struct buf record;
    buf_init(&record, JOB_RECORD_MAX);
    bool fits = import_job_write(&record, job);
    /* The run first: `job` may point into the transaction's memory, which put_run only reads. */
    enum status status = fits ? put_run(engine, txn, &number, job, error)
                              : error_set(error, ST_BUG, "the import's texts are too long");
    if (status == ST_OK)
        status = store_put(txn, TABLE_JOB, bytes_of(key, sizeof key),
                           bytes_of(record.data, record.size));
    buf_free(&record);
    return status == ST_OK ? ST_OK : (store_failed(txn, error), status);
}

static enum status get_job(uint64_t number, struct store_txn *txn, struct import_job *job,
                           struct error *error)
{
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, number);
    enum status status = store_get(txn, TABLE_JOB, bytes_of(key, sizeof key), &value);
    if (status == ST_OK) status = import_job_read(value, job);
    if (status == ST_OK) return ST_OK;
    if (store_failed(txn, error) != ST_OK) return status;
    return error_set(error, ST_DAMAGED, "store: row %llu of table job cannot be read",
                     (unsigned long long)number);
}

static void add_up(struct import_counts *counts)
{
    counts->done = counts->changed + counts->unchanged + counts->refused + counts->left;
}

/* ---- refused rows */

static void drop_refused(struct store_txn *txn, uint64_t job)
{
    uint8_t prefix[8];
    bytes_put_u64(prefix, job);
    store_delete_prefix(txn, TABLE_JOB_BAD, bytes_of(prefix, sizeof prefix));
}

static void put_refused(struct import *import, struct store_txn *txn, uint32_t from, uint32_t to)
{
    uint8_t key[16];
    struct buf record;
    buf_init(&record, JOB_RECORD_MAX);
    bytes_put_u64(key, import->job);
    for (uint32_t i = from; i < to; i++) {
        bytes_put_u64(key + 8, import->refused.at[i].line);
        buf_reset(&record);
        import_refusal_write(&record, import->refused.at[i].column, import->refused.at[i].reason);
        store_put(txn, TABLE_JOB_BAD, bytes_of(key, sizeof key),
                  bytes_of(record.data, record.size));
    }
    buf_free(&record);
}

/* ---- accepted */

/* Jobs that ended long ago. */
static void drop_old_jobs(struct store_txn *txn)
{
    uint64_t count = store_count(txn, TABLE_JOB);
    uint8_t from[8] = {0};
    struct bytes key, value;
    struct import_job job;
    struct store_cursor *cursor = store_cursor(txn, TABLE_JOB);
    enum status status = store_seek(cursor, bytes_of(from, sizeof from), &key, &value);
    for (; status == ST_OK && count > IMPORT_JOBS_KEPT; status = store_next(cursor, &key, &value)) {
        if (key.size != 8 || import_job_read(value, &job) != ST_OK) continue;
        if (job.state == IMPORT_RUNNING || job.state == IMPORT_HELD) continue;
        uint64_t number = bytes_get_u64(key.data);
        store_cursor_delete(cursor);
        drop_refused(txn, number);
        count--;
    }
    store_cursor_close(cursor);
}

/* Of a mirror's jobs that came to nothing only the last one is kept, or they would be all there
 * are; the runs stay. */
static void follow_mirror(struct store_txn *txn, const char *mirror, uint64_t number)
{
    uint64_t before;
    uint8_t key[8];
    struct import_job job;
    if (mirror_last_job(txn, mirror, &before, NULL) == ST_OK && before &&
        get_job(before, txn, &job, NULL) == ST_OK && job.counts.changed == 0 &&
        job.state != IMPORT_RUNNING && job.state != IMPORT_HELD) {
        bytes_put_u64(key, before);
        store_delete(txn, TABLE_JOB, bytes_of(key, sizeof key));
        drop_refused(txn, before);
    }
    mirror_job_put(txn, mirror, number);
}

/* The request came before: what became of it then is what is told. ST_NOT_FOUND: it did not. */
static enum status find_known(struct import *import, struct store_txn *txn, struct error *error)
{
    struct command_result kept;
    struct import_job job;
    bool unused;
    enum status status = keyed_find(txn, &import->keyed, &kept, &unused, error);
    if (status != ST_OK) return status;
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, kept.sequence);
    if (store_get(txn, TABLE_JOB, bytes_of(key, sizeof key), &value) == ST_NOT_FOUND)
        return error_set(error, ST_CONFLICT,
                         "this Idempotency-Key was used for import %llu, which has ended and is no "
                         "longer listed; nothing was done",
                         (unsigned long long)kept.sequence);
    status = get_job(kept.sequence, txn, &job, error);
    if (status != ST_OK) return status;
    import->repeated = true;
    import->new_job = kept.sequence;
    import->counts = job.counts;
    import->state = job.state;
    import->plan = job.plan;
    snprintf(import->because, sizeof import->because, "%.*s", (int)job.error.size,
             (const char *)job.error.data);
    snprintf(import->found, sizeof import->found, "%.*s", (int)job.found.size,
             (const char *)job.found.data);
    return ST_OK;
}

enum status import_job_accept(struct import *import, struct store_txn *txn, struct error *error)
{
    const struct import_options *options = &import->options;
    struct import_job job = {.state = IMPORT_RUNNING,
                             .file = bytes_text(import->file),
                             .name = text(options->name),
                             .actor = text(options->actor),
                             .warehouse = text(options->warehouse),
                             .error = bytes_of("", 0),
                             .kind = options->kind,
                             .cause = options->cause,
                             .create = options->create,
                             .separator = options->separator,
                             .encoding = options->encoding,
                             .found = bytes_of("", 0),
                             .started_ms = import->started_ms,
                             .counts = {.bytes = import->counts.bytes}};
    uint64_t number = 0;
    enum status status = import->has_key ? find_known(import, txn, error) : ST_NOT_FOUND;
    if (status != ST_NOT_FOUND) return status;
    if (import_is_shop(import)) import_shop_describe(import, &job.shop);
    for (size_t i = 0; i < STOCK_COLUMNS; i++)
        job.columns[i] = text(options->columns.of[i]);
    status = put_run(engine_of(import), txn, &number, &job, error);
    if (status == ST_OK) status = put_job(engine_of(import), txn, number, &job, error);
    if (status != ST_OK) return status;
    if (options->origin.inbox)
        inbox_row_put(txn, &options->origin, number, import->counts.bytes, import->digest);
    drop_old_jobs(txn);
    if (options->shop.mirror) follow_mirror(txn, options->shop.mirror, number);
    import->new_job = number;
    if (import->has_key)
        keyed_keep(txn, &import->keyed,
                   &(struct command_result){.sequence = number, .changed = true}, false,
                   import->started_ms);
    return store_failed(txn, error);
}

/* ---- going on */

enum status import_job_shop(struct import *import, struct store_txn *txn, struct error *error)
{
    struct import_job job;
    enum status status = get_job(import->job, txn, &job, error);
    if (status != ST_OK) return status;
    import_shop_describe(import, &job.shop);
    job.counts.bytes = import->counts.bytes;
    return put_job(engine_of(import), txn, import->job, &job, error);
}

enum status import_job_created(struct import *import, struct store_txn *txn, uint64_t created,
                               struct error *error)
{
    struct import_job job;
    enum status status = get_job(import->job, txn, &job, error);
    if (status != ST_OK) return status;
    job.counts.created += created;
    import->stored = job.counts;
    return put_job(engine_of(import), txn, import->job, &job, error);
}

enum status import_job_checked(struct import *import, struct store_txn *txn, struct error *error)
{
    struct import_job job;
    enum status status = get_job(import->job, txn, &job, error);
    if (status != ST_OK) return status;
    /* A resumed job is checked anew, so what it refused before is counted anew. */
    job.counts.rows = import->counts.rows;
    job.counts.refused = import->counts.refused;
    add_up(&job.counts);
    job.found = bytes_text(import->found);
    import->stored = job.counts;
    status = put_job(engine_of(import), txn, import->job, &job, error);
    if (status != ST_OK) return status;
    drop_refused(txn, import->job);
    put_refused(import, txn, 0, import->refused.count);
    return store_failed(txn, error);
}

/* What the engine will leave out of a chunk that a plan released (stock.c), so that it is listed
 * with the refused rows: it is seen before the chunk itself changes anything. */
static enum status is_left(const struct import *import, const struct stock_row *row,
                           struct store_txn *txn, bool *left, struct error *error)
{
    uint8_t key[12];
    struct bytes value;
    struct stock_record stock;
    bytes_put_u64(key, row->product);
    bytes_put_u32(key + 8, row->warehouse);
    *left = false;
    enum status status = store_get(txn, TABLE_STOCK, bytes_of(key, sizeof key), &value);
    if (status != ST_OK || value.size != sizeof stock) return ST_OK;
    memcpy(&stock, value.data, sizeof stock);
    if (stock.revision <= import->since) return ST_OK;
    return plan_product_changed(txn, row->product, import->since, UINT64_MAX, left, error);
}

static enum status note_left(struct import *import, const struct import_chunk *chunk, uint64_t had,
                             struct store_txn *txn, struct error *error)
{
    enum status status = ST_OK;
    if (!import->since) return ST_OK;
    for (uint32_t i = 0; i < chunk->count && had < IMPORT_REFUSED_KEPT && status == ST_OK; i++) {
        uint8_t key[16];
        struct buf reason;
        bool left;
        status = is_left(import, &chunk->rows[i], txn, &left, error);
        if (status != ST_OK || !left) continue;
        had++;
        bytes_put_u64(key, import->job);
        bytes_put_u64(key + 8, chunk->rows[i].line);
        buf_init(&reason, JOB_RECORD_MAX);
        import_refusal_write(&reason, 0,
                             "left out: its stock was changed since the plan that was "
                             "applied, by more than orders; import it again if it is right");
        store_put(txn, TABLE_JOB_BAD, bytes_of(key, sizeof key),
                  bytes_of(reason.data, reason.size));
        buf_free(&reason);
    }
    return status;
}

static enum status apply_chunk(struct import *import, const struct import_slot *slot,
                               struct store_txn *txn, struct command_result *result,
                               struct error *error)
{
    const struct import_chunk *chunk = &slot->chunk;
    *result = (struct command_result){0};
    if (chunk->count == 0) return ST_OK;
    const struct command command = {.kind = COMMAND_STOCK_BULK,
                                    .actor = import->options.actor,
                                    .now_ms = slot->now_ms,
                                    .group = import->job,
                                    .unguarded = import->since != 0,
                                    .payload = bytes_of(chunk->payload.data, chunk->payload.size)};
    return engine_apply(engine_of(import), txn, &command, result, error);
}

enum status import_job_chunk(struct import *import, struct import_slot *slot, struct store_txn *txn,
                             struct error *error)
{
    const struct import_chunk *chunk = &slot->chunk;
    struct import_job job;
    struct command_result result;
    enum status status = get_job(import->job, txn, &job, error);
    if (status != ST_OK) return status;
    slot->after = job.counts;
    if (job.chunks == slot->number + 1) return ST_OK; /* durable though its commit seemed to fail */
    if (job.chunks != slot->number)
        return error_set(error, ST_CONFLICT, "the rows before these are not applied yet");
    status = note_left(import, chunk, job.counts.left, txn, error);
    if (status == ST_OK) status = apply_chunk(import, slot, txn, &result, error);
    if (status == ST_OK) status = get_job(import->job, txn, &job, error); /* its texts have moved */
    if (status != ST_OK) return status;
    job.counts.changed += result.rows;
    job.counts.unchanged +=
        chunk->count - result.rows - result.skipped - result.differ + chunk->repeated;
    job.counts.refused += chunk->refused;
    job.counts.left += result.skipped + result.differ;
    add_up(&job.counts);
    job.cursor_product = chunk->last.product;
    job.cursor_warehouse = chunk->last.warehouse;
    job.chunks++;
    slot->after = job.counts;
    status = put_job(engine_of(import), txn, import->job, &job, error);
    if (status != ST_OK) return status;
    put_refused(import, txn, chunk->kept_from, chunk->kept_to);
    return store_failed(txn, error);
}

/* ---- held */

enum status import_job_held(struct import *import, const struct guard_effects *effects,
                            const char *reason, struct store_txn *txn, struct error *error)
{
    struct import_job job;
    char id[PLAN_ID_TEXT], sentence[ERROR_TEXT_MAX];
    enum status status = get_job(import->job, txn, &job, error);
    if (status == ST_OK)
        status = plan_keep_job(engine_of(import), txn, import->job, effects,
                               import->options.actor ? import->options.actor : "", reason,
                               import->now_ms, &import->plan, error);
    if (status == ST_OK) status = get_job(import->job, txn, &job, error); /* its texts moved */
    if (status != ST_OK) return status;
    plan_id_text(import->plan, id);
    snprintf(sentence, sizeof sentence,
             "held: %s; %s: `stockctl plan show %s` shows it, `stockctl apply %s` does it, "
             "`stockctl drop %s` gives it up",
             reason, job.chunks ? "what was applied stays" : "nothing was changed", id, id, id);
    job.state = IMPORT_HELD;
    job.plan = import->plan;
    job.error = bytes_text(sentence);
    status = put_job(engine_of(import), txn, import->job, &job, error);
    import->error.status = ST_HELD;
    snprintf(import->error.text, sizeof import->error.text, "%s", reason);
    return status;
}

static enum status get_held(struct store_txn *txn, uint64_t number, struct import_job *job,
                            struct error *error)
{
    enum status status = get_job(number, txn, job, error);
    if (status != ST_OK || job->state == IMPORT_HELD) return status;
    return error_set(error, ST_CONFLICT, "import %llu is %s, not held", (unsigned long long)number,
                     import_state_name(job->state));
}

enum status imports_release_run(struct engine *engine, struct store_txn *txn, uint64_t number,
                                uint64_t since, struct error *error)
{
    struct import_job job;
    enum status status = get_held(txn, number, &job, error);
    if (status != ST_OK) return status;
    job.state = IMPORT_RUNNING;
    job.plan = 0;
    job.since = since ? since : 1;
    job.error = bytes_of("", 0);
    return put_job(engine, txn, number, &job, error);
}

enum status imports_drop_run(struct engine *engine, struct store_txn *txn, uint64_t number,
                             int64_t now_ms, struct error *error)
{
    struct import_job job;
    enum status status = get_held(txn, number, &job, error);
    if (status != ST_OK) return status;
    job.state = job.chunks ? IMPORT_PARTIAL : IMPORT_CANCELLED;
    job.plan = 0;
    job.ended_ms = now_ms;
    job.error = bytes_text("its plan was dropped");
    return put_job(engine, txn, number, &job, error);
}

/* ---- ended */

enum status import_job_ended(struct import *import, struct store_txn *txn, struct error *error)
{
    struct import_job job;
    enum status status = get_job(import->job, txn, &job, error);
    if (status != ST_OK) return status;
    job.state = import->state;
    job.error = bytes_text(import->error.text);
    job.found = bytes_text(import->found);
    job.ended_ms = import->now_ms;
    job.counts.rows = import->counts.rows;
    job.counts.refused = import->counts.refused;
    add_up(&job.counts);
    if (import_is_shop(import)) import_shop_describe(import, &job.shop);
    return put_job(engine_of(import), txn, import->job, &job, error);
}
