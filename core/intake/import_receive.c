/* Receiving an import: two buffers between the loop and the worker that writes the spool file, then
 * the engine's word that the job is durable. */
#include "base/mem.h"
#include "intake/import_file.h"
#include "intake/import_private.h"

#include <stdio.h>
#include <string.h>

struct import *import_make(struct imports *imports, const struct import_options *options)
{
    struct import *import = mem_alloc(sizeof *import);
    struct runtime *runtime = imports->options.runtime;
    import->imports = imports;
    import->options = *options;
    import->options.warehouse = mem_text(options->warehouse);
    stock_naming_copy(&import->options.columns, &options->columns);
    import->options.name = mem_text(options->name);
    import->options.actor = mem_text(options->actor ? options->actor : "");
    import->options.shop.account = mem_text(options->shop.account);
    import->options.shop.mirror = mem_text(options->shop.mirror);
    import->options.shop.remote = mem_text(options->shop.remote);
    const struct import_origin *origin = &options->origin;
    import->options.origin.inbox = mem_text(origin->inbox);
    import->options.origin.claim = mem_text(origin->claim);
    import->options.origin.file = mem_text(origin->file);
    if (options->keyed) import_key(import, options->keyed);
    import->options.keyed = NULL;
    if (!import->options.cause) import->options.cause = CAUSE_IMPORT;
    if (!import->options.kind) import->options.kind = FIGURE_ON_HAND;
    import->started_ms = clock_wall_ms(runtime->clock);
    import->begun_us = clock_mono_us(runtime->clock);
    import->state = IMPORT_RUNNING;
    import->fd = -1;
    buf_init(&import->filling, IMPORT_BUFFER_BYTES);
    buf_init(&import->writing, IMPORT_BUFFER_BYTES);
    import->next = imports->first;
    imports->first = import;
    return import;
}

void import_name_file(struct import *import, const char *suffix)
{
    struct imports *imports = import->imports;
    snprintf(import->file, sizeof import->file, IMPORT_FILE_PREFIX "%012llx-%016llx.%s",
             (unsigned long long)import->started_ms,
             (unsigned long long)random_u64(imports->options.runtime->random), suffix);
    import->path = mem_format("%s/%s", imports->directory, import->file);
}

struct import *import_new(struct imports *imports, const struct import_options *options,
                          const struct import_events *events)
{
    struct import *import = import_make(imports, options);
    import->events = *events;
    import->halted = imports->stopping;
    import_name_file(import, "csv");
    if (import->halted) import_receive_turn(import);
    return import;
}

/* ---- writing */

static void write_run(struct work_task *task)
{
    struct import *import = import_of_work(task);
    struct error *error = &import->work_error;
    enum status status = ST_OK;
    if (import->fd < 0) status = import_file_create(import->path, &import->fd, error);
    if (status == ST_OK)
        status = import_file_write(import->fd, import->path, import->writing.data,
                                   import->writing.size, error);
    if (status != ST_OK || !import->finishing) return;
    int fd = import->fd;
    import->fd = -1;
    import_file_finish(fd, import->path, error);
}

/* ---- accepting */

static enum status accept_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    return import_job_accept(import_of_task(task), txn, error);
}

static void accept_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct import *import = import_engine_done(task);
    if (status != ST_OK) {
        import->error = *error;
        import->error.status = status;
        import_finish(import);
        return;
    }
    if (import->repeated) {
        import_finish(import);
        return;
    }
    bool shop = import_is_shop(import);
    import->job = import->new_job;
    import->stage = shop ? STAGE_GATHERING : STAGE_WAITING;
    if (import->events.accepted) import->events.accepted(import->events.ctx, import->job);
    if (shop && import->stage == STAGE_GATHERING) {
        import_shop_start(import);
        return;
    }
    if (import->stage == STAGE_WAITING && !import_ends_early(import)) imports_turn(import->imports);
}

void import_accept(struct import *import)
{
    import->stage = STAGE_ACCEPTING;
    buf_free(&import->filling);
    buf_free(&import->writing);
    import_engine(import, accept_run, accept_done);
}

/* ---- the loop's side */

static void write_done(struct work_task *task)
{
    struct import *import = import_work_done(task);
    if (import->work_error.status != ST_OK && import->error.status == ST_OK)
        import->error = import->work_error;
    buf_reset(&import->writing);
    if (import->finishing && import->error.status == ST_OK && !import->cancelled &&
        !import->halted) {
        import_accept(import);
        return;
    }
    if (import->want_space) {
        import->want_space = false;
        if (import->events.writable) import->events.writable(import->events.ctx);
    }
    if (!import->busy && import->stage == STAGE_RECEIVING) import_receive_turn(import);
}

void import_receive_turn(struct import *import)
{
    if (import->busy || import->imports->resume || import_ends_early(import)) return;
    if (import->error.status != ST_OK) {
        import_finish(import);
        return;
    }
    if (import->filling.size == 0 && !import->whole) return;
    struct buf filled = import->filling;
    import->filling = import->writing;
    import->writing = filled;
    import->finishing = import->whole;
    import_work(import, write_run, write_done);
}

size_t import_write(struct import *import, struct bytes bytes)
{
    if (import->error.status != ST_OK || import->cancelled || import->halted) return bytes.size;
    if (bytes.size > IMPORT_BYTES_MAX - import->counts.bytes) {
        error_set(&import->error, ST_TOO_BIG,
                  "the file is over %lld bytes; split it and import the parts",
                  (long long)IMPORT_BYTES_MAX);
        import_receive_turn(import);
        return bytes.size;
    }
    size_t room = IMPORT_BUFFER_BYTES - import->filling.size;
    size_t size = bytes.size < room ? bytes.size : room;
    buf_add(&import->filling, bytes.data, size);
    import->counts.bytes += size;
    if (size < bytes.size) import->want_space = true;
    import_receive_turn(import);
    return size;
}

void import_digest(struct import *import, const uint8_t digest[IMPORT_DIGEST_SIZE])
{
    memcpy(import->digest, digest, IMPORT_DIGEST_SIZE);
}

void import_key(struct import *import, const struct keyed *keyed)
{
    import->keyed = *keyed;
    import->has_key = true;
}

void import_end(struct import *import)
{
    if (import->whole) return;
    import->whole = true;
    if (import->stage == STAGE_RECEIVING) import_receive_turn(import);
}
