/* Reading an accepted import: slices on a worker, products made in between by the engine, then what
 * was found is recorded. */
#include "intake/import_private.h"

#include <stdio.h>

static void read_slice(struct import *import);
static void make_products(struct import *import);

static void fail(struct import *import, enum status status, const struct error *error)
{
    import->error = *error;
    import->error.status = status;
    import_finish(import);
}

/* ---- the end of reading */

static void record_checked(struct import *import);

static enum status checked_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct import *import = import_of_task(task);
    import->to_judge = !import->since && guard_is_on(import->imports->options.engine) &&
                       store_count(txn, TABLE_LINK) > 0;
    return import_job_checked(import, txn, error);
}

static void checked_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct import *import = import_engine_done(task);
    if (status == ST_OK) {
        import->retry_ms = 0;
        import->counts.changed = import->stored.changed;
        import->counts.unchanged = import->stored.unchanged;
        import->counts.left = import->stored.left;
        import->counts.created = import->stored.created;
        import->counts.done = import->stored.done;
        import_source_done(import->source);
        import_judge_start(import);
    } else if (!import_retry(import, error, record_checked)) {
        fail(import, status, error);
    }
}

static void record_checked(struct import *import)
{
    if (import_ends_early(import)) return;
    import_engine(import, checked_run, checked_done);
}

/* ---- products */

static enum status make_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct import *import = import_of_task(task);
    const struct command command = {.kind = COMMAND_PRODUCT_BULK,
                                    .actor = import->options.actor,
                                    .now_ms = import->now_ms,
                                    .group = import->job,
                                    .payload =
                                        import_source_payload(import->source, import->payload)};
    struct command_result result;
    enum status status =
        engine_apply(import->imports->options.engine, txn, &command, &result, error);
    if (status != ST_OK) return status;
    return import_job_created(import, txn, result.rows, error);
}

static void make_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct import *import = import_engine_done(task);
    if (status != ST_OK) {
        if (!import_retry(import, error, make_products)) fail(import, status, error);
        return;
    }
    import->retry_ms = 0;
    import->counts.created = import->stored.created;
    import_progress(import, "");
    import->payload++;
    make_products(import);
}

static void make_products(struct import *import)
{
    if (import_ends_early(import)) return;
    if (import->payload < import_source_payload_count(import->source))
        import_engine(import, make_run, make_done);
    else
        read_slice(import);
}

/* ---- slices */

static void slice_run(struct work_task *task)
{
    struct import *import = import_of_work(task);
    import_source_slice(import->source, &import->work_error);
}

static void slice_done(struct work_task *task)
{
    struct import *import = import_work_done(task);
    const struct import_source_counts counts = import->source->counts;
    import->counts.bytes_read = counts.bytes;
    import->counts.rows = counts.rows;
    import->counts.refused = counts.refused;
    struct buf found;
    buf_init(&found, sizeof import->found - 1);
    import_source_describe(import->source, &found);
    snprintf(import->found, sizeof import->found, "%s", buf_cstr(&found));
    buf_free(&found);
    import_progress(import, "");
    if (import->work_error.status != ST_OK)
        fail(import, import->work_error.status, &import->work_error);
    else if (import_source_at_end(import->source))
        record_checked(import);
    else
        make_products(import);
}

static void read_slice(struct import *import)
{
    import->payload = 0;
    import_work(import, slice_run, slice_done);
}

void import_read_start(struct import *import)
{
    const struct imports_options *options = &import->imports->options;
    const struct import_reader_options reader = {.store = options->store,
                                                 .path = import->path,
                                                 .size = import->counts.bytes,
                                                 .warehouse = import->options.warehouse,
                                                 .separator = import->options.separator,
                                                 .columns = import->options.columns,
                                                 .encoding = import->options.encoding,
                                                 .create = import->options.create,
                                                 .segment_rows = options->segment_rows,
                                                 .refused = &import->refused};
    import->stage = STAGE_READING;
    import->source =
        import_is_shop(import) ? import_shop_source(import) : import_reader_new(&reader);
    read_slice(import);
}
