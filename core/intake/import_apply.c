/* Applying an import that was read: a worker makes the next chunk while the engine applies the one
 * before. Never more than IMPORT_CHUNKS are in the engine's queue, so what others submit waits for
 * no more than that. */
#include "intake/import_private.h"

static void apply_turn(struct import *import);

/* Slots are used in turn: the oldest holds the chunk to be applied next. */
static struct import_slot *slot_at(struct import *import, unsigned index)
{
    return &import->slots[(import->oldest + index) % IMPORT_CHUNKS];
}

/* ---- filling */

static void fill_run(struct work_task *task)
{
    struct import *import = import_of_work(task);
    import_fill_next(&import->fill, &import->to_fill->chunk, &import->work_error);
}

static void fill_done(struct work_task *task)
{
    struct import *import = import_work_done(task);
    struct import_slot *slot = import->to_fill;
    import->to_fill = NULL;
    slot->state = SLOT_EMPTY;
    if (import->work_error.status != ST_OK) {
        if (import->error.status == ST_OK) import->error = import->work_error;
    } else if (import_chunk_is_empty(&slot->chunk)) {
        import->filled_all = true;
    } else {
        slot->state = SLOT_READY;
        slot->number = import->chunks++;
    }
    apply_turn(import);
}

static void fill(struct import *import)
{
    if (import->to_fill || import->filled_all) return;
    for (unsigned i = 0; i < IMPORT_CHUNKS; i++) {
        struct import_slot *slot = slot_at(import, i);
        if (slot->state != SLOT_EMPTY) continue;
        slot->state = SLOT_FILLING;
        import->to_fill = slot;
        import_work(import, fill_run, fill_done);
        return;
    }
}

/* ---- the engine */

static struct import_slot *slot_of(struct engine_task *task)
{
    return (struct import_slot *)((char *)task - offsetof(struct import_slot, task));
}

static enum status chunk_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct import_slot *slot = slot_of(task);
    return import_job_chunk(slot->import, slot, txn, error);
}

static void take_counts(struct import *import, const struct import_counts *stored)
{
    struct import_counts *counts = &import->counts;
    const uint64_t bytes_read = counts->bytes_read;
    *counts = *stored;
    counts->bytes_read = bytes_read;
}

static void chunk_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct import_slot *slot = slot_of(task);
    struct import *import = slot->import;
    import->busy--;
    if (status == ST_OK) {
        slot->state = SLOT_EMPTY;
        import->oldest = (import->oldest + 1) % IMPORT_CHUNKS;
        import->retry_ms = 0;
        take_counts(import, &slot->after);
        import_progress(import, "");
    } else {
        slot->state = SLOT_READY;
        /* Those behind a failed one are refused because it is missing: the first one tells why. */
        if (import->slot_error.status == ST_OK) {
            import->slot_error = *error;
            import->slot_error.status = status;
        }
    }
    apply_turn(import);
}

static void send(struct import *import)
{
    struct runtime *runtime = import->imports->options.runtime;
    for (unsigned i = 0; i < IMPORT_CHUNKS; i++) {
        struct import_slot *slot = slot_at(import, i);
        if (slot->state == SLOT_SENT) continue;
        if (slot->state != SLOT_READY) return;
        slot->state = SLOT_SENT;
        slot->task = (struct engine_task){.run = chunk_run, .done = chunk_done};
        slot->now_ms = clock_wall_ms(runtime->clock);
        import->busy++;
        runtime->engine_submit(runtime, &slot->task);
    }
}

/* ---- both */

static void try_again(struct import *import)
{
    if (!import_ends_early(import)) apply_turn(import);
}

/* A chunk failed and nothing is on its way. */
static void judge_failure(struct import *import)
{
    struct error error = import->slot_error;
    import->slot_error = (struct error){0};
    if (import_ends_early(import) || import_retry(import, &error, try_again)) return;
    if (error.status == ST_HELD) {
        import_hold(import, error.text);
        return;
    }
    import->error = error;
    import_finish(import);
}

static void apply_turn(struct import *import)
{
    bool failed = import->error.status != ST_OK || import->slot_error.status != ST_OK;
    if (!failed && !import->cancelled && !import->halted) {
        send(import);
        fill(import);
    }
    if (import->busy || import->on_timer) return;
    if (import->slot_error.status != ST_OK)
        judge_failure(import);
    else if (import->error.status != ST_OK ||
             (import->filled_all && slot_at(import, 0)->state == SLOT_EMPTY))
        import_finish(import);
    else
        import_ends_early(import);
}

void import_apply_start(struct import *import)
{
    const struct imports_options *options = &import->imports->options;
    import->stage = STAGE_APPLYING;
    import->fill = (struct import_fill){.rows = import_source_rows(import->source),
                                        .refused = &import->refused,
                                        .cursor = import->cursor,
                                        .chunk_rows = options->chunk_rows,
                                        .kind = import->options.kind,
                                        .cause = import->options.cause,
                                        .job = import->job,
                                        .since = import->since,
                                        .shown = import_shop_shown(import)};
    import_shop_stage(import, SHOP_STAGE_APPLY);
    for (unsigned i = 0; i < IMPORT_CHUNKS; i++)
        import->slots[i].import = import;
    apply_turn(import);
}

void import_apply_free(struct import *import)
{
    for (unsigned i = 0; i < IMPORT_CHUNKS; i++)
        import_chunk_free(&import->slots[i].chunk);
}
