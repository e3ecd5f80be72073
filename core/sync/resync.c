/* Resync of an account on its schedule: nothing that was confirmed is believed, and all figures are
 * read and compared. What a person asks for does the same (api/api_push.c) and is followed there;
 * here it is one run, which ends with the reading. Not by this reading: what it leaves out is asked
 * for one by one (engine/requeue.c). */
#include "sync/private.h"

#include "base/mem.h"

#include <stdio.h>

enum {
    RESYNC_CHUNK = 4000, /* targets looked at by one command: others pass between */
    RESYNC_RETRY_MS = 60 * 1000,
};

struct sync_resync {
    struct engine_task task;
    struct sync_account *account;
    struct requeue requeue;
    struct command_result result; /* of this chunk */
    uint64_t rows;                /* of those before */
    int64_t now_ms, asked_ms;     /* asked: 0: it still goes through the targets */
};

static void end(struct sync_account *account, const struct sync_ending *ending)
{
    struct sync_duty *duty = &account->duties[SYNC_RESYNC];
    mem_free(account->resync);
    account->resync = NULL;
    duty->running = false;
    if (ending->ok) {
        duty->failures = 0;
        duty->error[0] = 0;
        duty->last_ms = sync_now_ms(account->sync);
    } else {
        duty->failures++;
        duty->next_ms = sync_now_ms(account->sync) + RESYNC_RETRY_MS;
        snprintf(duty->error, sizeof duty->error, "%s: %s", ending->code, ending->text);
    }
    history_end(account, SYNC_RESYNC, ending);
    account_say_changed(account);
}

/* ---- through the targets */

static enum status chunk_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct sync_resync *r =
        (struct sync_resync *)((char *)task - offsetof(struct sync_resync, task));
    struct buf payload;
    buf_init(&payload, 256);
    command_resync(&payload, &r->requeue, true);
    const struct command command = {.kind = COMMAND_RESYNC,
                                    .actor = "stockd",
                                    .now_ms = r->now_ms,
                                    .payload = bytes_of(payload.data, payload.size)};
    enum status status = engine_apply(r->account->sync->engine, txn, &command, &r->result, error);
    buf_free(&payload);
    return status;
}

static void chunk_submit(struct sync_resync *r);

static void chunk_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct sync_resync *r =
        (struct sync_resync *)((char *)task - offsetof(struct sync_resync, task));
    struct sync_account *account = r->account;
    struct sync_duty *duty = &account->duties[SYNC_RESYNC];
    bool stopped = account->removed || account->sync->stopping;
    if (status != ST_OK || stopped) {
        const struct sync_ending ending = {.fail = STOCKD_FAIL_RETRY,
                                           .code = stopped ? "stopped" : "not-stored",
                                           .text = stopped ? "stockd is stopping" : error->text};
        end(account, &ending);
    } else {
        r->rows += r->result.rows;
        duty->done = (int64_t)r->rows;
        r->requeue.from = r->result.next;
        if (r->result.more) {
            chunk_submit(r);
        } else {
            r->asked_ms = sync_now_ms(account->sync);
            duty_need(account, duty_verify(account));
        }
    }
    sync_busy(account, -1);
    account_turn(account);
}

static void chunk_submit(struct sync_resync *r)
{
    r->now_ms = sync_now_ms(r->account->sync);
    r->task = (struct engine_task){.run = chunk_run, .done = chunk_done};
    sync_busy(r->account, 1);
    r->account->sync->runtime->engine_submit(r->account->sync->runtime, &r->task);
}

static void start(struct sync_account *account, int64_t now)
{
    struct sync_duty *duty = &account->duties[SYNC_RESYNC];
    struct sync_resync *r = mem_alloc(sizeof *r);
    duty->missed_ms =
        duty->asked || duty->failures ? 0 : schedules_missed(account, SYNC_RESYNC, duty->last_ms);
    duty->account = account;
    duty->asked = false;
    duty->running = true;
    duty->started_ms = now;
    duty->done = duty->total = 0;
    account->resync = r;
    r->account = account;
    r->requeue = (struct requeue){.account = account->number, .limit = RESYNC_CHUNK};
    chunk_submit(r);
}

/* ---- the reading */

static void look(struct sync_account *account)
{
    const struct sync_resync *r = account->resync;
    const struct sync_duty *verify = &account->duties[duty_verify(account)];
    if (!r->asked_ms) return;
    if (account_state(account) != SYNC_ACTIVE) {
        const struct sync_ending ending = {.fail = STOCKD_FAIL_RETRY,
                                           .code = "stopped",
                                           .text = "the account was stopped while it was read",
                                           .rows = r->rows};
        end(account, &ending);
        return;
    }
    if (verify->asked || verify->running || duty_will_go_on(verify)) return;
    /* What may not be read now is read once it may be; this run does not go on until then. */
    bool shut = duty_shut_until(account, duty_verify(account)) > sync_now_ms(account->sync);
    bool tried = !verify->needed && (verify->failures || duty_reading_ms(verify) >= r->asked_ms);
    if (!tried && !shut) return;
    const struct sync_ending ending = {
        .ok = true, .partial = !tried || verify->failures, .rows = r->rows};
    end(account, &ending);
}

void resync_turn(struct sync_account *account)
{
    struct sync_duty *duty = &account->duties[SYNC_RESYNC];
    if (account->resync) look(account);
    if (account->resync || !account->schedules.past_known) return;
    if (!duty_offered(account, SYNC_RESYNC) || account_state(account) != SYNC_ACTIVE) return;
    if (account->facts_stale || account->facts_running) return;
    int64_t now = sync_now_ms(account->sync), due = duty_due(account, SYNC_RESYNC);
    if (duty->failures && duty->next_ms > due) due = duty->next_ms;
    if (due == INT64_MAX || account->duties[duty_verify(account)].running) return;
    if (due <= now)
        start(account, now);
    else
        account_wake_at(account, schedules_glance(due, now));
}
