/* Runs of duties as rows of history. Written behind: a lost row loses nothing that matters. */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

struct history {
    struct engine_task task;
    struct sync_account *account;
    enum sync_task duty;
    uint64_t number;
    enum run_state state;
    int64_t started_ms, ended_ms, rows, refused;
    struct sync_past past;
    char error[SYNC_TEXT_MAX], detail[SYNC_TEXT_MAX];
    uint32_t only_account;
};

static enum status history_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct history *h = (struct history *)((char *)task - offsetof(struct history, task));
    const struct run_view run = {.kind = bytes_text(sync_task_name(h->duty)),
                                 .account = bytes_text(h->account->name),
                                 .actor = bytes_text("stockd"),
                                 .detail = bytes_text(h->detail),
                                 .error = bytes_text(h->error),
                                 .state = h->state,
                                 .started_ms = h->started_ms,
                                 .ended_ms = h->ended_ms,
                                 .done = h->rows,
                                 .refused = h->refused,
                                 .only_account = h->only_account};
    if (schedules_keep(h->duty)) schedules_past_put(txn, h->account->number, h->duty, &h->past);
    return run_put(h->account->sync->engine, txn, &h->number, &run, error);
}

/* One line for each run that ended. */
static void history_log(const struct history *h)
{
    char quoted[LOG_QUOTED_MAX];
    log_info("run", "ended",
             "run=%llu task=%s account=%s state=%s rows=%lld refused=%lld took_ms=%lld error=%s",
             (unsigned long long)h->number, sync_task_name(h->duty), h->account->name,
             run_state_name(h->state), (long long)h->rows, (long long)h->refused,
             (long long)(h->ended_ms - h->started_ms), log_quote(h->error, quoted));
}

static void history_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct history *h = (struct history *)((char *)task - offsetof(struct history, task));
    struct sync_account *account = h->account;
    (void)error;
    if (status == ST_OK) account->duties[h->duty].run = h->number;
    history_log(h);
    mem_free(h);
    sync_busy(account, -1);
}

void history_begin(struct sync_account *account, enum sync_task task)
{
    account->duties[task].started_ms = sync_now_ms(account->sync);
    account->duties[task].run = 0;
    load_stage_begins(account, task);
}

static void describe_missed(const struct sync_duty *duty, char detail[SYNC_TEXT_MAX])
{
    char when[CLOCK_TEXT_MAX];
    if (duty->missed_ms)
        snprintf(detail, SYNC_TEXT_MAX, "missed at %s, run late",
                 clock_text(duty->missed_ms, when));
}

static void note_past(struct sync_account *account, struct history *h)
{
    h->past = (struct sync_past){.state = h->state,
                                 .begun_ms = h->started_ms,
                                 .ended_ms = h->ended_ms,
                                 .missed_ms = account->duties[h->duty].missed_ms};
    memcpy(h->past.error, h->error, sizeof h->past.error);
    if (schedules_keep(h->duty)) account->schedules.past[h->duty] = h->past;
}

void history_end(struct sync_account *account, enum sync_task task,
                 const struct sync_ending *ending)
{
    load_stage_ends(account, task, ending);
    struct history *h = mem_alloc(sizeof *h);
    h->account = account;
    h->duty = task;
    h->number = account->duties[task].refusals.run; /* where its refused rows are */
    h->refused = (int64_t)account->duties[task].refusals.count;
    h->state = ending->ok ? RUN_DONE : RUN_FAILED;
    if (ending->partial || ending->resumes) h->state = RUN_PARTIAL;
    if (task == SYNC_RESYNC) h->only_account = account->number;
    h->started_ms = account->duties[task].started_ms;
    h->ended_ms = sync_now_ms(account->sync);
    h->rows = (int64_t)ending->rows;
    snprintf(h->error, sizeof h->error, "%s", ending->ok ? "" : account->duties[task].error);
    describe_missed(&account->duties[task], h->detail);
    note_past(account, h);
    h->task = (struct engine_task){.run = history_run, .done = history_done};
    sync_busy(account, 1);
    account->sync->runtime->engine_submit(account->sync->runtime, &h->task);
}
