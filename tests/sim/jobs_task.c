/* Tasks of imports on their way to the engine and to workers: each keeps its place among the
 * operator's commands, and what it does to figures and to jobs is judged in its own transaction. */
#include "jobs_private.h"

#include "base/mem.h"
#include "clerk.h"
#include "intake/import.h"
#include "op_theme.h"
#include "oracle_store.h"
#include "script.h"
#include "shops.h"

#include <string.h>

enum { STATES_MOST = 2 * IMPORT_JOBS_KEPT };

struct followed {
    struct engine_task task; /* first */
    struct engine_task *inner;
    struct jobs *jobs;
    struct op *op;
    bool exact; /* what it was held for is known */
};

struct figures {
    bool product, there;
    int64_t on_hand, given_ms; /* when a figure of it was last given, changed or not */
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
            *f = (struct figures){.product = is};
            if (!is || store_get(txn, TABLE_STOCK, bytes_of(key, 12), &value) != ST_OK) continue;
            memcpy(&stock, value.data, sizeof stock);
            *f = (struct figures){true, true, stock.on_hand, stock.counted_ms};
        }
    }
}

static void note_row(struct followed *f, struct store_txn *txn, const struct import_job *job,
                     uint32_t p, uint32_t l, int64_t before, int64_t figure)
{
    struct sim *sim = f->jobs->sim;
    struct op *op = f->op;
    bool shop = job->shop.account.size > 0;
    if (shop)
        shops_check_row(sim->shops, txn, job, p, l, before, figure);
    else
        files_check_row(f->jobs->files, op->job, p, l, figure);
    if (op->bulk_count == OP_BULK_MOST) return;
    struct op_row *row = &op->bulk[op->bulk_count++];
    mem_free(row->count);
    *row = (struct op_row){.product = p, .local = l, .quantity = figure};
    row->loose = shop && sim->plan.orders.import;
    if (sim->plan.orders.import) op_row_met(op, txn, row);
}

/* The same figure once more: which orders it knew counts from now on. A chunk that changes no
 * figure leaves no command, which would tell of what import it is. */
static void note_again(struct followed *f, struct store_txn *txn, uint32_t p, uint32_t l,
                       const struct figures *figure)
{
    struct op *op = f->op;
    op->again = mem_resize(op->again, (op->again_count + 1) * sizeof *op->again);
    struct op_row *row = &op->again[op->again_count++];
    *row = (struct op_row){
        .product = p, .local = l, .quantity = figure->on_hand, .loose = f->jobs->sim->shops};
    op->given_ms = figure->given_ms;
    op_row_met(op, txn, row);
}

bool jobs_row(struct store_txn *txn, uint64_t number, struct import_job *job)
{
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, number);
    return store_get(txn, TABLE_JOB, bytes_of(key, sizeof key), &value) == ST_OK &&
           import_job_read(value, job) == ST_OK;
}

/* The last command, and the job that it is of. */
static uint64_t last_command(struct store_txn *txn, uint64_t *job)
{
    struct bytes key, value;
    struct command_view view;
    uint64_t sequence = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_COMMAND);
    if (store_last(cursor, &key, &value) == ST_OK) sequence = bytes_get_u64(key.data);
    if (job) *job = sequence && command_read(value, &view) == ST_OK ? view.group : 0;
    store_cursor_close(cursor);
    return sequence;
}

/* ---- what becomes of jobs in a task */

struct states {
    uint32_t count;
    struct state_of {
        uint64_t job;
        enum import_state state;
        bool released;
    } of[STATES_MOST];
};

static void read_states(struct store_txn *txn, struct states *states)
{
    struct bytes key, value;
    struct import_job job;
    states->count = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_JOB);
    while (store_next(cursor, &key, &value) == ST_OK && states->count < STATES_MOST)
        if (import_job_read(value, &job) == ST_OK)
            states->of[states->count++] =
                (struct state_of){bytes_get_u64(key.data), job.state, job.since != 0};
    store_cursor_close(cursor);
}

static enum import_state state_in(const struct states *states, uint64_t job)
{
    for (uint32_t i = 0; i < states->count; i++)
        if (states->of[i].job == job) return states->of[i].state;
    return (enum import_state)0;
}

struct would {
    struct followed *f;
    struct store_txn *txn;
};

static void would(void *ctx)
{
    const struct would *w = ctx;
    w->f->op->foreseen = true;
    guard_oracle_after(w->f->jobs->sim->guard_oracle, w->f->op, w->txn, ST_HELD);
}

/* Held as a whole, before its first row: that must exceed a limit, as far as what was foreseen is
 * what would be now. */
static void check_held(struct followed *f, struct store_txn *txn, uint64_t number,
                       const struct import_job *job)
{
    struct jobs *j = f->jobs;
    struct file *file = files_of(j->files, number);
    struct would w = {f, txn};
    bool amid = job->chunks || j->chunk_held == number; /* a plan without figures */
    tally_count(&j->sim->tally, amid ? "import held amid" : "import held by the guard");
    if (file && job->chunks) file->amid = true;
    if (job->shop.account.size) return; /* perhaps as a likely error of the marketplace's */
    if (!j->sim->guard.on)
        sim_fail(j->sim, "import", 0, "import %llu is held without a guard",
                 (unsigned long long)number);
    f->op->source = guard_oracle_job(j->sim->guard_oracle, number);
    f->op->plan = job->plan;
    if (file && !amid && j->foreseen == last_command(txn, NULL))
        f->exact = files_as_if(j->files, file, txn, would, &w);
}

static void check_jobs(struct followed *f, struct store_txn *txn, const struct states *before,
                       const struct states *after)
{
    struct jobs *j = f->jobs;
    for (uint32_t i = 0; i < after->count; i++) {
        const struct state_of *now = &after->of[i];
        enum import_state was = state_in(before, now->job);
        struct import_job job;
        if (was == now->state || !jobs_row(txn, now->job, &job)) continue;
        if (!was) files_accepted(j->files, &job, now->job, last_command(txn, NULL));
        if (!was && j->sim->shops) shops_check_new(j->sim->shops, txn, &job, now->job);
        if (was && was != IMPORT_RUNNING)
            sim_fail(j->sim, "import", 0, "import %llu was %s, and is %s",
                     (unsigned long long)now->job, import_state_name(was),
                     import_state_name(now->state));
        if (now->state == IMPORT_HELD) check_held(f, txn, now->job, &job);
        if (now->state == IMPORT_DONE || now->state == IMPORT_PARTIAL)
            files_check_end(j->files, now->job, &job, txn);
    }
}

/* One chunk was held: it is of the one import that can be. */
static void check_chunk_held(struct followed *f, struct store_txn *txn, const struct states *states)
{
    uint64_t job = 0, count = 0;
    for (uint32_t i = 0; i < states->count; i++) {
        if (states->of[i].state != IMPORT_RUNNING || states->of[i].released) continue;
        job = states->of[i].job;
        count++;
    }
    if (count != 1) return;
    f->jobs->chunk_held = job;
    f->op->source = guard_oracle_job(f->jobs->sim->guard_oracle, job);
    guard_oracle_after(f->jobs->sim->guard_oracle, f->op, txn, ST_HELD);
}

/* Mutation: one piece more of the first row. */
static void mutate_row(const struct sim *sim, struct store_txn *txn, const struct figures *before,
                       struct figures *after, uint32_t count)
{
    uint32_t i = 0;
    uint8_t key[12];
    struct bytes value;
    struct stock_record stock;
    while (i < count && (!after[i].there || after[i].on_hand == before[i].on_hand))
        i++;
    const char *sku = i < count ? sim->world.skus[i / sim->world.local_count] : "";
    if (store_get(txn, TABLE_PRODUCT_SKU, bytes_text(sku), &value) != ST_OK) return;
    memcpy(key, value.data, 8);
    bytes_put_u32(key + 8, i % sim->world.local_count + 1);
    if (store_get(txn, TABLE_STOCK, bytes_of(key, 12), &value) != ST_OK) return;
    memcpy(&stock, value.data, sizeof stock);
    after[i].on_hand = ++stock.on_hand;
    store_put(txn, TABLE_STOCK, bytes_of(key, 12), bytes_of(&stock, sizeof stock));
}

/* Products that it made: of an import that goes on, and whose file names them. */
static void note_made(struct followed *f, struct store_txn *txn, const struct figures *before,
                      const struct figures *after, uint64_t sequence)
{
    struct sim *sim = f->jobs->sim;
    struct op *op = f->op;
    struct import_job job;
    for (uint32_t p = 0; p < sim->world.product_count; p++) {
        uint32_t at = p * sim->world.local_count;
        if (before[at].product || !after[at].product) continue;
        op->made[op->made_count++] = (uint16_t)p;
        files_check_made(f->jobs->files, op->job, p, sequence);
    }
    if (!op->made_count || !jobs_row(txn, op->job, &job)) return;
    op->job_made = job.counts.created;
    sim->arranged++;
}

static void note_rows(struct followed *f, struct store_txn *txn, const struct figures *before,
                      uint32_t count)
{
    struct sim *sim = f->jobs->sim;
    struct op *op = f->op;
    struct import_job job;
    struct figures *after = mem_array(count, sizeof *after);
    uint64_t sequence = last_command(txn, &op->job);
    bool going = jobs_row(txn, op->job, &job) && job.state == IMPORT_RUNNING;
    read_figures(f->jobs, txn, after);
    note_made(f, txn, before, after, sequence);
    if (sim->plan.mutation == MUTATION_OTHER_ROW) mutate_row(sim, txn, before, after, count);
    for (uint32_t i = 0; i < count; i++) {
        bool given = after[i].there && after[i].given_ms != before[i].given_ms;
        bool same = before[i].there && after[i].on_hand == before[i].on_hand;
        if (!after[i].there || (same && !(given && sim->plan.orders.import))) continue;
        uint32_t p = i / sim->world.local_count, l = i % sim->world.local_count;
        if (same)
            note_again(f, txn, p, l, &after[i]);
        else if (going)
            note_row(f, txn, &job, p, l, before[i].on_hand, after[i].on_hand);
        else
            sim_fail(sim, "import", 0, "%s in %s is changed by import %llu, which does not go on",
                     sim->world.skus[p], sim->world.locals[l], (unsigned long long)op->job);
    }
    mem_free(after);
    if (!op->bulk_count) return;
    op->job_done = job.counts.done;
    op->sequence = sequence;
    op->ran_us = sim->loop.now_us;
    op->unguarded = job.since != 0;
    if (!sim->guard.on || op->unguarded) return;
    op->source = guard_oracle_job(sim->guard_oracle, op->job);
    guard_oracle_after(sim->guard_oracle, op, txn, ST_OK);
}

static enum status followed_run(struct engine_task *task, struct store_txn *txn,
                                struct error *error)
{
    struct followed *f = (struct followed *)task;
    struct sim *sim = f->jobs->sim;
    struct op *op = f->op;
    uint32_t count = sim->world.product_count * sim->world.local_count;
    struct figures *before = mem_array(count, sizeof *before);
    struct states *states = mem_array(2, sizeof *states);
    read_figures(f->jobs, txn, before);
    read_states(txn, &states[0]);
    op->bulk_count = op->made_count = 0;
    op_forget_again(op);
    op->sequence = 0;
    op->foreseen = op->unguarded = f->exact = false;
    guard_oracle_before(sim->guard_oracle, op, txn);
    enum status status = f->inner->run(f->inner, txn, error);
    if (status == ST_OK) {
        note_rows(f, txn, before, count);
        read_states(txn, &states[1]);
        check_jobs(f, txn, &states[0], &states[1]);
    } else if (status == ST_HELD) {
        check_chunk_held(f, txn, &states[0]);
    }
    f->jobs->foreseen = UINT64_MAX;
    mem_free(before);
    mem_free(states);
    return status;
}

static void followed_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct followed *f = (struct followed *)task;
    struct engine_task *inner = f->inner;
    if (status == ST_OK && f->exact)
        guard_oracle_held(f->jobs->sim->guard_oracle, f->op, f->op->plan);
    bool brought = status == ST_OK && f->op->bulk_count;
    if (status != ST_CANCELLED) /* or the next life asks */
        script_followed(f->jobs->sim->script, f->op,
                        status == ST_OK &&
                            (f->op->bulk_count || f->op->made_count || f->op->again_count));
    if (brought && f->jobs->sim->clerk) clerk_chunk(f->jobs->sim->clerk);
    inner->status = status;
    inner->plan = task->plan;
    mem_free(f);
    inner->done(inner, status, error);
}

void jobs_engine_submit(struct runtime *runtime, struct engine_task *task)
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

/* Only figures that were what they are: the last of them is from then, unless another came. */
static bool again_kept(struct store_txn *txn, const struct op *op)
{
    struct orders_place place;
    struct bytes value;
    struct stock_record stock;
    uint8_t key[12];
    if (op->bulk_count || op->made_count || !op->again_count) return false;
    const struct op_row *last = &op->again[op->again_count - 1];
    if (!oracle_place(op->sim, txn, last->product, last->local, &place)) return false;
    bytes_put_u64(key, place.product);
    bytes_put_u32(key + 8, place.warehouse);
    if (store_get(txn, TABLE_STOCK, bytes_of(key, sizeof key), &value) != ST_OK) return false;
    memcpy(&stock, value.data, sizeof stock);
    return stock.counted_ms == op->given_ms;
}

bool jobs_kept(struct store_txn *txn, const struct op *op)
{
    struct import_job job;
    if (again_kept(txn, op)) return true;
    if (!jobs_row(txn, op->job, &job)) return false;
    return (op->bulk_count && job.counts.done >= op->job_done) ||
           (op->made_count && job.counts.created >= op->job_made);
}

/* ---- what workers look at */

struct looked {
    struct work_task task; /* first */
    struct work_task *inner;
    struct jobs *jobs;
};

static void looked_run(struct work_task *task)
{
    struct looked *l = (struct looked *)task;
    struct store_txn *txn;
    uint64_t last = 0;
    if (store_begin(l->jobs->sim->store, STORE_READ, &txn, NULL) == ST_OK) {
        last = last_command(txn, NULL);
        store_abort(txn);
    }
    if (last < l->jobs->foreseen) l->jobs->foreseen = last;
    l->inner->run(l->inner);
}

static void looked_done(struct work_task *task)
{
    struct looked *l = (struct looked *)task;
    struct work_task *inner = l->inner;
    mem_free(l);
    inner->done(inner);
}

void jobs_work_submit(struct runtime *runtime, struct work_task *task)
{
    struct jobs *j = (struct jobs *)runtime;
    if (!j->sim->clerk) {
        j->below->work_submit(j->below, task);
        return;
    }
    struct looked *l = mem_alloc(sizeof *l);
    *l = (struct looked){{.run = looked_run, .done = looked_done}, task, j};
    j->below->work_submit(j->below, &l->task);
}
