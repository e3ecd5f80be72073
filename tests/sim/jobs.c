/* Files, the tasks that apply them, and what these bring. */
#include "jobs.h"

#include "base/buf.h"
#include "base/mem.h"
#include "chaos.h"
#include "daemon.h"
#include "intake/import.h"
#include "op_theme.h"
#include "oracle_store.h"
#include "script.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SAID = 8,        /* figures of files that are remembered of a pair */
    CHUNK_ROWS = 16, /* so that a file has some */
    SEGMENT_ROWS = 32,
    ROWS_MOST = 90,
    FIGURE_MOST = 120,
};

struct jobs {
    struct runtime runtime; /* first: what imports see */
    struct runtime *below;
    struct sim *sim;
    struct imports *imports;
    bool stopped;
    char directory[64];
    uint64_t files;
    int64_t (*said)[PLAN_LOCALS_MAX][SAID];
    uint32_t (*said_count)[PLAN_LOCALS_MAX];
};

/* ---- tasks of imports */

struct followed {
    struct engine_task task; /* first */
    struct engine_task *inner;
    struct jobs *jobs;
    struct op *op;
};

struct figures {
    bool there;
    int64_t on_hand;
};

static void read_figures(struct jobs *j, struct store_txn *txn, struct figures *figures)
{
    const struct world *world = &j->sim->world;
    for (uint32_t p = 0; p < world->product_count; p++) {
        struct bytes value;
        uint8_t key[12];
        bool is = store_get(txn, TABLE_PRODUCT_SKU, bytes_text(world->skus[p]), &value) == ST_OK;
        if (is) memcpy(key, value.data, 8);
        for (uint32_t l = 0; l < world->local_count; l++) {
            struct figures *f = &figures[p * world->local_count + l];
            struct stock_record stock;
            bytes_put_u32(key + 8, l + 1); /* warehouses are made in this order */
            *f = (struct figures){0};
            if (!is || store_get(txn, TABLE_STOCK, bytes_of(key, 12), &value) != ST_OK) continue;
            memcpy(&stock, value.data, sizeof stock);
            *f = (struct figures){true, stock.on_hand};
        }
    }
}

static bool was_said(const struct jobs *j, uint32_t p, uint32_t l, int64_t figure)
{
    for (uint32_t i = 0; i < SAID && i < j->said_count[p][l]; i++)
        if (j->said[p][l][i] == figure) return true;
    return false;
}

static void note_row(struct followed *f, struct store_txn *txn, uint32_t p, uint32_t l,
                     int64_t figure)
{
    struct sim *sim = f->jobs->sim;
    struct op *op = f->op;
    if (!was_said(f->jobs, p, l, figure))
        sim_fail(sim, "import", 0, "an import brings %lld of %s in %s, and no file said so",
                 (long long)figure, sim->world.skus[p], sim->world.locals[l]);
    if (op->bulk_count == OP_BULK_MOST) return;
    struct op_row row = {.product = p, .local = l, .quantity = figure};
    if (sim->plan.orders.import) row.shipped = oracle_taken(sim, txn, p, l, NULL).shipped;
    op->bulk[op->bulk_count++] = row;
}

/* How far the newest job is; a job is put in the transaction of each chunk. */
static bool newest_job(struct store_txn *txn, uint64_t *number, struct import_job *job)
{
    struct bytes key, value;
    bool found = false;
    struct store_cursor *cursor = store_cursor(txn, TABLE_JOB);
    while (store_next(cursor, &key, &value) == ST_OK) {
        *number = bytes_get_u64(key.data);
        found = import_job_read(value, job) == ST_OK;
    }
    store_cursor_close(cursor);
    return found;
}

static uint64_t last_command(struct store_txn *txn)
{
    struct bytes key, value;
    uint64_t sequence = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_COMMAND);
    if (store_last(cursor, &key, &value) == ST_OK) sequence = bytes_get_u64(key.data);
    store_cursor_close(cursor);
    return sequence;
}

static enum status followed_run(struct engine_task *task, struct store_txn *txn,
                                struct error *error)
{
    struct followed *f = (struct followed *)task;
    struct sim *sim = f->jobs->sim;
    uint32_t count = sim->world.product_count * sim->world.local_count;
    struct figures *before = mem_array(count, sizeof *before);
    struct figures *after = mem_array(count, sizeof *after);
    read_figures(f->jobs, txn, before);
    enum status status = f->inner->run(f->inner, txn, error);
    f->op->bulk_count = 0;
    f->op->sequence = 0;
    if (status == ST_OK) read_figures(f->jobs, txn, after);
    for (uint32_t i = 0; i < count && status == ST_OK; i++)
        if (after[i].there && (!before[i].there || after[i].on_hand != before[i].on_hand))
            note_row(f, txn, i / sim->world.local_count, i % sim->world.local_count,
                     after[i].on_hand);
    struct import_job job;
    if (f->op->bulk_count && newest_job(txn, &f->op->job, &job)) {
        f->op->job_done = job.counts.done;
        f->op->sequence = last_command(txn);
        f->op->ran_us = sim->loop.now_us;
    }
    mem_free(before);
    mem_free(after);
    return status;
}

static void followed_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct followed *f = (struct followed *)task;
    struct engine_task *inner = f->inner;
    if (status != ST_CANCELLED) /* or the next life asks */
        script_followed(f->jobs->sim->script, f->op, status == ST_OK && f->op->bulk_count);
    inner->status = status;
    inner->plan = task->plan;
    mem_free(f);
    inner->done(inner, status, error);
}

static void submit(struct runtime *runtime, struct engine_task *task)
{
    struct jobs *j = (struct jobs *)runtime;
    struct followed *f = mem_alloc(sizeof *f);
    *f = (struct followed){.task = {.run = followed_run, .done = followed_done},
                           .inner = task,
                           .jobs = j,
                           .op = mem_alloc(sizeof *f->op)};
    f->op->sim = j->sim;
    f->op->kind = OP_BULK;
    f->op->followed = true;
    f->op->now_ms = clock_wall_ms(&j->sim->loop.clock);
    script_follow(j->sim->script, f->op);
    j->below->engine_submit(j->below, &f->task);
}

bool jobs_kept(struct store_txn *txn, const struct op *op)
{
    struct key key = {0};
    struct bytes value;
    struct import_job job;
    key_u64(&key, op->job);
    return op->bulk_count && store_get(txn, TABLE_JOB, key_bytes(&key), &value) == ST_OK &&
           import_job_read(value, &job) == ST_OK && job.counts.done >= op->job_done;
}

static void work(struct runtime *runtime, struct work_task *task)
{
    struct jobs *j = (struct jobs *)runtime;
    j->below->work_submit(j->below, task);
}

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
    j->said = mem_array(sim->world.product_count, sizeof *j->said);
    j->said_count = mem_array(sim->world.product_count, sizeof *j->said_count);
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
    mem_free(j->said);
    mem_free(j->said_count);
    mem_free(j);
}

void jobs_boot(struct jobs *j, struct runtime *runtime, struct engine *engine)
{
    j->below = runtime;
    j->stopped = false;
    j->runtime = (struct runtime){.clock = runtime->clock,
                                  .random = runtime->random,
                                  .engine_submit = submit,
                                  .work_submit = work,
                                  .timer_arm = timer_arm,
                                  .timer_stop = timer_stop,
                                  .timer_close = timer_close};
    const struct imports_options options = {.runtime = &j->runtime,
                                            .engine = engine,
                                            .store = j->sim->store,
                                            .directory = j->directory,
                                            .segment_rows = SEGMENT_ROWS,
                                            .chunk_rows = CHUNK_ROWS};
    j->imports = imports_new(&options);
    imports_resume(j->imports);
}

static void stopped(void *ctx)
{
    struct jobs *j = ctx;
    j->stopped = true;
}

void jobs_stop(struct jobs *j)
{
    imports_stop(j->imports, stopped, j);
}

bool jobs_stopped(const struct jobs *j)
{
    return j->stopped;
}

void jobs_over(struct jobs *j)
{
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

/* ---- files */

static uint64_t below(struct sim *sim, uint64_t limit)
{
    return random_below(&sim->settings, limit);
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
    if (ending->status == ST_INVALID || ending->status == ST_BUG || ending->status == ST_DAMAGED)
        sim_fail(sim, "import", 0, "a good file is refused: %s", ending->error);
    if (ending->state == IMPORT_HELD)
        sim_fail(sim, "import", 0, "held without a guard: %s", ending->error);
}

static void say(struct jobs *j, uint32_t p, uint32_t l, int64_t figure)
{
    j->said[p][l][j->said_count[p][l]++ % SAID] = figure;
}

/* Some of the products, and SKUs that nobody has. */
static void write_file(struct jobs *j, struct buf *out)
{
    const struct world *world = &j->sim->world;
    uint32_t local = (uint32_t)below(j->sim, world->local_count), rows = 0;
    buf_format(out, "sku,warehouse,quantity\n");
    for (uint32_t p = 0; p < world->product_count && rows < ROWS_MOST; p++) {
        if (below(j->sim, 3) == 0) continue;
        int64_t figure = below(j->sim, 4) ? (int64_t)below(j->sim, FIGURE_MOST) : 0;
        buf_format(out, "%s,%s,%" PRId64 "\n", world->skus[p], world->locals[local], figure);
        say(j, p, local, figure);
        rows++;
    }
    if (below(j->sim, 3) == 0) buf_format(out, "nobody-has-it,%s,5\n", world->locals[local]);
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
    if (sim->plan.crash_ms == 0 || below(sim, 2)) return;
    loop_after(&sim->loop, (int64_t)below(sim, steps_us), crash_amid, sim);
}

void jobs_file(struct sim *sim)
{
    struct jobs *j = sim->jobs;
    struct buf file;
    char name[24];
    if (!daemon_is_up(sim->daemon) || !jobs_idle(sim) || sim->guard.on) return;
    buf_init(&file, 1 << 16);
    write_file(j, &file);
    snprintf(name, sizeof name, "file-%llu.csv", (unsigned long long)++j->files);
    const struct import_events events = {.accepted = accepted, .ended = ended, .ctx = sim};
    const struct import_options options = {.kind = FIGURE_ON_HAND, .name = name, .actor = "clerk"};
    tally_count(&sim->tally, "file brought for an import");
    sim_say(sim, 0, "%s is brought: %zu bytes", name, file.size);
    struct import *import = import_new(j->imports, &options, &events);
    import_write(import, bytes_of(file.data, file.size));
    import_end(import);
    buf_free(&file);
}
