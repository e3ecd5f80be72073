/* Imports in each life of the process, and somebody who brings files. What is judged of them is
 * jobs_task.c's and jobs_files.c's. */
#include "jobs_private.h"
#include "shops.h"

#include "base/buf.h"
#include "base/mem.h"
#include "chaos.h"
#include "clerk.h"
#include "daemon.h"
#include "engine/plan.h"
#include "intake/import.h"
#include "intake/mirrors.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CHUNK_ROWS = 16, /* so that a file has some */
    SEGMENT_ROWS = 32,
};

static void timer_arm(struct runtime *runtime, struct timer *timer, int64_t ms)
{
    struct jobs *j = (struct jobs *)runtime;
    j->below->timer_arm(j->below, timer, ms);
}

static void timer_stop(struct runtime *runtime, struct timer *timer)
{
    struct jobs *j = (struct jobs *)runtime;
    j->below->timer_stop(j->below, timer);
}

static void timer_close(struct runtime *runtime, struct timer *timer)
{
    struct jobs *j = (struct jobs *)runtime;
    j->below->timer_close(j->below, timer);
}

/* ---- lives */

struct jobs *jobs_new(struct sim *sim)
{
    struct jobs *j = mem_alloc(sizeof *j);
    const char *temporary = getenv("TMPDIR");
    j->sim = sim;
    j->files = files_new(sim);
    j->foreseen = UINT64_MAX;
    snprintf(j->directory, sizeof j->directory, "%.40s/stockd-sim-XXXXXX",
             temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(j->directory)) {
        perror(j->directory);
        exit(2);
    }
    return j;
}

void jobs_free(struct jobs *j)
{
    if (!j) return;
    DIR *directory = opendir(j->directory);
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        if (entry->d_name[0] != '.') unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory) closedir(directory);
    rmdir(j->directory);
    files_free(j->files);
    mem_free(j);
}

void jobs_boot(struct jobs *j, struct runtime *runtime, struct engine *engine, struct sync *sync)
{
    j->below = runtime;
    j->stopped = j->mirrors_stopped = false;
    j->runtime = (struct runtime){.clock = runtime->clock,
                                  .random = runtime->random,
                                  .engine_submit = jobs_engine_submit,
                                  .work_submit = jobs_work_submit,
                                  .timer_arm = timer_arm,
                                  .timer_stop = timer_stop,
                                  .timer_close = timer_close};
    const struct imports_options options = {.runtime = &j->runtime,
                                            .sync = j->sim->shops ? sync : NULL,
                                            .engine = engine,
                                            .store = j->sim->store,
                                            .directory = j->directory,
                                            .segment_rows = SEGMENT_ROWS,
                                            .chunk_rows = CHUNK_ROWS};
    j->imports = imports_new(&options);
    imports_resume(j->imports);
    if (!j->sim->shops) return;
    j->mirrors = mirrors_new(&j->runtime, j->sim->store, j->imports);
    shops_mirror(j->sim);
}

static void stopped(void *ctx)
{
    struct jobs *j = ctx;
    j->stopped = true;
}

static void mirrors_have_stopped(void *ctx)
{
    struct jobs *j = ctx;
    j->mirrors_stopped = true;
}

void jobs_stop(struct jobs *j)
{
    if (j->mirrors) mirrors_stop(j->mirrors, mirrors_have_stopped, j);
    imports_stop(j->imports, stopped, j);
}

bool jobs_stopped(const struct jobs *j)
{
    return j->stopped && (!j->mirrors || j->mirrors_stopped);
}

void jobs_over(struct jobs *j)
{
    mirrors_free(j->mirrors);
    j->mirrors = NULL;
    imports_free(j->imports);
    j->imports = NULL;
}

bool jobs_idle(struct sim *sim)
{
    struct store_txn *txn;
    struct bytes key, value;
    bool going = false;
    if (!sim->jobs || store_begin(sim->store, STORE_READ, &txn, NULL) != ST_OK) return !sim->jobs;
    struct store_cursor *cursor = store_cursor(txn, TABLE_JOB);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct import_job job;
        going |= import_job_read(value, &job) == ST_OK && job.state == IMPORT_RUNNING;
    }
    store_cursor_close(cursor);
    store_abort(txn);
    return !going;
}

bool jobs_wait_for_people(struct sim *sim)
{
    struct store_txn *txn;
    if (store_begin(sim->store, STORE_READ, &txn, NULL) != ST_OK) return false;
    bool full = store_count(txn, TABLE_PLAN) >= PLANS_MAX;
    store_abort(txn);
    return full;
}

uint32_t jobs_held(struct sim *sim, struct jobs_held held[JOBS_HELD_MOST])
{
    struct store_txn *txn;
    struct bytes key, value;
    uint32_t count = 0;
    if (store_begin(sim->store, STORE_READ, &txn, NULL) != ST_OK) return 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_JOB);
    while (count < JOBS_HELD_MOST && store_next(cursor, &key, &value) == ST_OK) {
        struct import_job job;
        if (import_job_read(value, &job) == ST_OK && job.state == IMPORT_HELD)
            held[count++] = (struct jobs_held){bytes_get_u64(key.data), job.plan};
    }
    store_cursor_close(cursor);
    store_abort(txn);
    return count;
}

void jobs_dropped(struct jobs *j, uint64_t job)
{
    struct file *file = files_of(j->files, job);
    if (file) file->dropped = true;
}

void jobs_look_again(struct jobs *j)
{
    if (j->imports) imports_look_again(j->imports);
}

/* Whether a job still needs the file. */
static bool is_needed(struct store_txn *txn, const char *name)
{
    struct bytes key, value;
    struct import_job job;
    bool needed = false;
    struct store_cursor *cursor = store_cursor(txn, TABLE_JOB);
    while (!needed && store_next(cursor, &key, &value) == ST_OK)
        needed = import_job_read(value, &job) == ST_OK && bytes_equal(job.file, bytes_text(name)) &&
                 (job.state == IMPORT_RUNNING || job.state == IMPORT_HELD);
    store_cursor_close(cursor);
    return needed;
}

void jobs_check_end(struct sim *sim)
{
    struct store_txn *txn;
    if (sim->failed || store_begin(sim->store, STORE_READ, &txn, NULL) != ST_OK) return;
    DIR *directory = opendir(sim->jobs->directory);
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        if (entry->d_name[0] != '.' && !is_needed(txn, entry->d_name))
            sim_fail(sim, "import", 0, "a file of the spool is left, of an import that is over");
    if (directory) closedir(directory);
    store_abort(txn);
}

/* ---- files */

static uint64_t below(struct sim *sim, uint64_t limit)
{
    return random_below(&sim->settings, limit);
}

/* Of no row there is a product: they were deleted, or are called otherwise. */
static bool names_nobody(struct sim *sim, const struct import_ending *ending)
{
    struct store_txn *txn;
    if (ending->status != ST_INVALID || ending->counts.refused != ending->counts.rows ||
        store_begin(sim->store, STORE_READ, &txn, NULL) != ST_OK)
        return false;
    bool nobody = files_names_nobody(sim->jobs->files, ending->job, txn);
    store_abort(txn);
    return nobody;
}

static void ended(void *ctx, const struct import_ending *ending)
{
    struct sim *sim = ctx;
    const struct import_counts *c = &ending->counts;
    sim_say(sim, 0, "import %llu: %s, %llu rows: %llu changed, %llu not, %llu refused %s",
            (unsigned long long)ending->job, import_state_name(ending->state),
            (unsigned long long)c->rows, (unsigned long long)c->changed,
            (unsigned long long)c->unchanged, (unsigned long long)c->refused, ending->error);
    bool whole = ending->state == IMPORT_DONE || ending->state == IMPORT_PARTIAL;
    if (whole) tally_count(&sim->tally, "import that ended in its own life");
    if (whole && c->rows != c->changed + c->unchanged + c->refused + c->left)
        sim_fail(sim, "import", 0, "%llu rows, and %llu of them are told of",
                 (unsigned long long)c->rows,
                 (unsigned long long)(c->changed + c->unchanged + c->refused + c->left));
    bool bad = ending->status == ST_INVALID || ending->status == ST_BUG;
    if ((bad || ending->status == ST_DAMAGED) && !names_nobody(sim, ending))
        sim_fail(sim, "import", 0, "a good file is refused: %s", ending->error);
}

static void crash_amid(void *ctx)
{
    struct sim *sim = ctx;
    if (sim->phase != SIM_HOSTILE || sim->failed || !daemon_is_up(sim->daemon)) return;
    if (!jobs_idle(sim)) tally_count(&sim->tally, "kill -9 amid an import");
    chaos_crash(sim);
}

/* A crash by itself hardly ever meets one: it is over within the second. */
static void accepted(void *ctx, uint64_t job)
{
    struct sim *sim = ctx;
    enum { STEPS = 10 };
    const struct runtime_delays *d = &sim->plan.delays;
    uint64_t steps_us = (uint64_t)(STEPS * (d->work_us + d->engine_us + d->commit_us));
    (void)job;
    if (sim->clerk) clerk_accepted(sim->clerk);
    if (sim->plan.crash_ms == 0 || below(sim, 2)) return;
    loop_after(&sim->loop, (int64_t)below(sim, steps_us), crash_amid, sim);
}

void jobs_file(struct sim *sim)
{
    struct jobs *j = sim->jobs;
    struct buf file;
    if (!daemon_is_up(sim->daemon) || !jobs_idle(sim) || (sim->guard.on && !sim->clerk)) return;
    buf_init(&file, 1 << 16);
    bool create;
    const char *name = files_make(j->files, &file, &create);
    const struct import_events events = {.accepted = accepted, .ended = ended, .ctx = sim};
    const struct import_options options = {
        .kind = FIGURE_ON_HAND, .name = name, .actor = "clerk", .create = create};
    tally_count(&sim->tally, "file brought for an import");
    sim_say(sim, 0, "%s is brought: %zu bytes", name, file.size);
    struct import *import = import_new(j->imports, &options, &events);
    import_write(import, bytes_of(file.data, file.size));
    import_end(import);
    buf_free(&file);
}
