/* The first load of an account as one run, stored as it goes: what is read, how far it is, what
 * failed. A process that ends in the midst leaves the run as it is; the next one goes on with it.
 * What is read when is duty.c's: here it is only told. */
#include "sync/private.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { STORE_EVERY_MS = 500 }; /* progress; a stage that begins or ends is stored at once */

static const enum sync_task stages[LOAD_STAGES_MAX] = {SYNC_CHECK, SYNC_WAREHOUSES, SYNC_LISTINGS,
                                                       SYNC_STOCK};

/* ---- rows */

/* Of TABLE_META: the number of the account's last load. */
static struct bytes meta_key(char name[32], uint32_t account)
{
    snprintf(name, 32, "load.%u", account);
    return bytes_text(name);
}

static const char *error_of(const struct sync_load *load, char out[SYNC_TEXT_MAX + 20])
{
    out[0] = 0;
    if (load->why[0]) return load->why;
    for (uint32_t i = 0; i < load->stage_count; i++) {
        const struct sync_load_stage *stage = &load->stages[i];
        if (!stage->error[0]) continue;
        snprintf(out, SYNC_TEXT_MAX + 20, "%s: %s", sync_task_name(stage->task), stage->error);
        return out;
    }
    return out;
}

static struct run_view run_of(const struct sync_load *load, const char *account, char *error)
{
    struct run_view run = {.kind = bytes_text("load"),
                           .account = bytes_text(account),
                           .actor = bytes_text("stockd"),
                           .detail = bytes_text("the account is read for the first time"),
                           .error = bytes_text(error_of(load, error)),
                           .state = load->state,
                           .started_ms = load->started_ms,
                           .ended_ms = load->ended_ms,
                           .stage_count = load->stage_count};
    for (uint32_t i = 0; i < load->stage_count; i++) {
        const struct sync_load_stage *from = &load->stages[i];
        run.stages[i] = (struct run_stage){.name = bytes_text(sync_task_name(from->task)),
                                           .error = bytes_text(from->error),
                                           .state = from->state,
                                           .done = from->done,
                                           .total = from->total,
                                           .started_ms = from->started_ms,
                                           .ended_ms = from->ended_ms};
        run.done += from->done;
    }
    return run;
}

static void text_take(char out[SYNC_TEXT_MAX], struct bytes from)
{
    snprintf(out, SYNC_TEXT_MAX, "%.*s", (int)from.size, (const char *)from.data);
}

/* What was on its way when the process ended begins anew: it waits. */
static void stage_take(struct sync_load *load, const struct run_stage *from)
{
    for (uint32_t i = 0; i < LOAD_STAGES_MAX; i++) {
        if (!bytes_equal(from->name, bytes_text(sync_task_name(stages[i])))) continue;
        struct sync_load_stage *stage = &load->stages[load->stage_count++];
        *stage = (struct sync_load_stage){
            .task = stages[i],
            .state = from->state == RUN_STAGE_RUNNING ? RUN_STAGE_WAITING : from->state,
            .done = from->done,
            .total = from->total,
            .started_ms = from->started_ms,
            .ended_ms = from->ended_ms};
        text_take(stage->error, from->error);
    }
}

enum status load_read(struct store_txn *txn, uint32_t account, struct sync_load *load,
                      struct error *error)
{
    char name[32];
    struct bytes value;
    struct run_view run;
    *load = (struct sync_load){.known = true};
    enum status status = store_get(txn, TABLE_META, meta_key(name, account), &value);
    if (status == ST_NOT_FOUND) return ST_OK;
    if (status == ST_OK && value.size == 8) {
        uint64_t number = bytes_get_u64(value.data);
        status = store_get(txn, TABLE_RUN, value, &value);
        if (status == ST_NOT_FOUND) return ST_OK; /* so old that it is not kept */
        if (status == ST_OK && run_read(value, &run) == ST_OK) {
            load->number = number;
            load->state = run.state;
            load->going = run.state == RUN_GOING;
            load->started_ms = run.started_ms;
            load->ended_ms = run.ended_ms;
            for (uint32_t i = 0; i < run.stage_count && load->stage_count < LOAD_STAGES_MAX; i++)
                stage_take(load, &run.stages[i]);
            return ST_OK;
        }
    }
    return error_set(error, ST_DAMAGED, "store: the first load of account %u cannot be read",
                     account);
}

/* ---- storing */

struct storing {
    struct engine_task task;
    struct sync_account *account;
    struct sync_load load; /* as of now */
    uint64_t number;
};

static enum status storing_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct storing *s = (struct storing *)((char *)task - offsetof(struct storing, task));
    char why[SYNC_TEXT_MAX + 20], name[32];
    uint8_t number[8];
    const struct run_view run = run_of(&s->load, s->account->name, why);
    s->number = s->load.number;
    enum status status = run_put(s->account->sync->engine, txn, &s->number, &run, error);
    bytes_put_u64(number, s->number);
    if (status == ST_OK && s->load.number == 0)
        store_put(txn, TABLE_META, meta_key(name, s->account->number),
                  bytes_of(number, sizeof number));
    return status == ST_OK ? store_failed(txn, error) : status;
}

static void store_now(struct sync_account *account);

static void storing_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct storing *s = (struct storing *)((char *)task - offsetof(struct storing, task));
    struct sync_account *account = s->account;
    struct sync_load *load = &account->load;
    (void)error;
    load->storing = false;
    bool same = load->started_ms == s->load.started_ms;
    if (status == ST_OK && same)
        load->number = s->number;
    else if (same)
        load->changed = load->urgent = true;
    mem_free(s);
    if (status == ST_OK && load->changed && load->urgent) store_now(account);
    sync_busy(account, -1);
    account_say_changed(account);
}

static void store_now(struct sync_account *account)
{
    struct sync_load *load = &account->load;
    if (load->storing) return;
    load->storing = true;
    load->changed = load->urgent = false;
    load->stored_ms = sync_now_ms(account->sync);
    struct storing *s = mem_alloc(sizeof *s);
    s->account = account;
    s->load = *load;
    s->task = (struct engine_task){.run = storing_run, .done = storing_done};
    sync_busy(account, 1);
    account->sync->runtime->engine_submit(account->sync->runtime, &s->task);
}

static void store_soon(struct sync_account *account, bool urgent)
{
    struct sync_load *load = &account->load;
    int64_t due = load->stored_ms + STORE_EVERY_MS;
    load->changed = true;
    load->urgent |= urgent;
    if (load->urgent || due <= sync_now_ms(account->sync))
        store_now(account);
    else
        account_wake_at(account, due);
}

/* ---- beginning and ending */

static struct sync_load_stage *stage_of(struct sync_account *account, enum sync_task task)
{
    struct sync_load *load = &account->load;
    for (uint32_t i = 0; load->going && i < load->stage_count; i++)
        if (load->stages[i].task == task) return &load->stages[i];
    return NULL;
}

static bool is_stage(enum sync_task task)
{
    for (uint32_t i = 0; i < LOAD_STAGES_MAX; i++)
        if (stages[i] == task) return true;
    return false;
}

/* Nothing of it is missing any more, whoever read it. */
static bool is_read(const struct sync_account *account, enum sync_task task)
{
    if (task == SYNC_WAREHOUSES) return account->warehouses_read;
    if (task == SYNC_LISTINGS) return account->listings_read;
    return duty_last_done(account, task) && (task == SYNC_CHECK || account->listings_read);
}

static void begin(struct sync_account *account)
{
    struct sync_load *load = &account->load;
    *load = (struct sync_load){.known = true, .going = true, .state = RUN_GOING};
    load->started_ms = sync_now_ms(account->sync);
    for (uint32_t i = 0; i < LOAD_STAGES_MAX; i++)
        if (duty_offered(account, stages[i])) load->stages[load->stage_count++].task = stages[i];
}

static void end(struct sync_account *account, enum run_state state, const char *why)
{
    struct sync_load *load = &account->load;
    load->going = false;
    load->state = state;
    load->ended_ms = sync_now_ms(account->sync);
    snprintf(load->why, sizeof load->why, "%s", why);
    for (uint32_t i = 0; i < load->stage_count; i++) {
        struct sync_load_stage *stage = &load->stages[i];
        if (stage->state == RUN_STAGE_WAITING || stage->state == RUN_STAGE_RUNNING)
            stage->state = RUN_STAGE_SKIPPED;
    }
    store_soon(account, true);
}

void load_stage_begins(struct sync_account *account, enum sync_task task)
{
    if (!is_stage(task)) return;
    const struct sync_load *load = &account->load;
    bool stored = !load->storing && !load->changed; /* the end of the one before */
    if (!load->going && stored && !account_loaded(account)) begin(account);
    struct sync_load_stage *stage = stage_of(account, task);
    if (!stage || stage->state == RUN_STAGE_DONE) return;
    stage->state = RUN_STAGE_RUNNING;
    stage->done = stage->total = 0;
    stage->started_ms = sync_now_ms(account->sync);
    store_soon(account, true);
}

void load_stage_progress(struct sync_account *account, enum sync_task task)
{
    struct sync_load_stage *stage = stage_of(account, task);
    const struct sync_duty *duty = &account->duties[task];
    if (!stage || stage->state != RUN_STAGE_RUNNING) return;
    if (stage->done == duty->done && stage->total == duty->total) return;
    stage->done = duty->done;
    stage->total = duty->total;
    store_soon(account, false);
}

/* Whether the daemon goes on without it. What it cannot go on without is tried on and on. */
static bool given_up(const struct sync_account *account, enum sync_task task, enum stockd_fail fail)
{
    bool needed = task == SYNC_WAREHOUSES || task == SYNC_LISTINGS;
    if (fail == STOCKD_FAIL_RETRY || fail == STOCKD_FAIL_BUG)
        return !needed && account->duties[task].failures >= account->attempts;
    return fail != STOCKD_FAIL_BLOCKED || task == SYNC_STOCK;
}

void load_stage_ends(struct sync_account *account, enum sync_task task,
                     const struct sync_ending *ending)
{
    struct sync_load_stage *stage = stage_of(account, task);
    if (!stage || stage->state == RUN_STAGE_DONE) return;
    stage->ended_ms = sync_now_ms(account->sync);
    if (ending->ok) {
        stage->state = RUN_STAGE_DONE;
        stage->done = stage->total = account->duties[task].done;
        if (stage->done < (int64_t)ending->rows) stage->done = stage->total = (int64_t)ending->rows;
        stage->error[0] = 0;
    } else {
        stage->state = given_up(account, task, ending->fail) ? RUN_STAGE_FAILED : RUN_STAGE_WAITING;
        snprintf(stage->error, sizeof stage->error, "%s", account->duties[task].error);
    }
    store_soon(account, true);
}

/* What was read without this run: just before the process ended, or before a run that failed. */
static void catch_up(struct sync_account *account)
{
    struct sync_load *load = &account->load;
    for (uint32_t i = 0; i < load->stage_count; i++) {
        struct sync_load_stage *stage = &load->stages[i];
        if (stage->state == RUN_STAGE_DONE || account->duties[stage->task].running) continue;
        if (!is_read(account, stage->task)) continue;
        stage->state = RUN_STAGE_DONE;
        stage->ended_ms = duty_last_done(account, stage->task);
        stage->total = stage->done;
        stage->error[0] = 0;
        store_soon(account, true);
    }
}

static void judge(struct sync_account *account)
{
    struct sync_load *load = &account->load;
    uint32_t failed = 0, open = 0;
    bool hopeless = false;
    for (uint32_t i = 0; i < load->stage_count; i++) {
        const struct sync_load_stage *stage = &load->stages[i];
        failed += stage->state == RUN_STAGE_FAILED;
        open += stage->state == RUN_STAGE_WAITING || stage->state == RUN_STAGE_RUNNING;
        hopeless |= stage->state == RUN_STAGE_FAILED &&
                    (stage->task == SYNC_WAREHOUSES || stage->task == SYNC_LISTINGS);
    }
    if (account->parked)
        end(account, RUN_FAILED, account->reason);
    else if (hopeless)
        end(account, RUN_FAILED, "");
    else if (open == 0 && account_loaded(account))
        end(account, failed ? RUN_PARTIAL : RUN_DONE, "");
}

void load_turn(struct sync_account *account)
{
    struct sync_load *load = &account->load;
    if (load->going && !account->facts_stale && !account->facts_running) {
        catch_up(account);
        judge(account);
    }
    if (load->changed) store_soon(account, false);
}

void load_removed(struct sync_account *account)
{
    if (account->load.going)
        end(account, RUN_FAILED, "the account was removed from the configuration");
}

/* ---- looking */

void load_describe(const struct sync_account *account, struct sync_load_view *view)
{
    const struct sync_load *load = &account->load;
    *view = (struct sync_load_view){
        .run = load->number, .going = load->going, .stages = load->stage_count};
    for (uint32_t i = 0; i < load->stage_count && load->going; i++) {
        const struct sync_load_stage *stage = &load->stages[i];
        if (stage->state != RUN_STAGE_RUNNING && stage->state != RUN_STAGE_WAITING) continue;
        if (view->stage && stage->state == RUN_STAGE_WAITING) continue;
        view->stage = i + 1;
        view->name = sync_task_name(stage->task);
        view->done = stage->done;
        view->total = stage->total;
        if (stage->state == RUN_STAGE_RUNNING) return;
    }
}
