/* Remote warehouses that were closed until some time: when it comes they are taken for open, and
 * the marketplace is asked again. The time itself is in their rows, so a restart forgets nothing.
 */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"

enum { NOT_STORED_PAUSE_MS = 2000 };

struct reopening {
    struct engine_task task;
    struct sync_account *account;
    struct command_result result;
    struct buf payload;
    int64_t now_ms;
};

static enum status reopen_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct reopening *r = (struct reopening *)((char *)task - offsetof(struct reopening, task));
    const struct command command = {.kind = COMMAND_REOPEN,
                                    .actor = r->account->name,
                                    .now_ms = r->now_ms,
                                    .payload = bytes_of(r->payload.data, r->payload.size)};
    return engine_apply(r->account->sync->engine, txn, &command, &r->result, error);
}

/* The marketplace is asked how it stands, unless it has said not to be asked: then it is once it
 * may be, for that reading has failed and is due again. */
static void ask_how(struct sync_account *account)
{
    bool may = account->denied_until_ms[STOCKD_LIST_WAREHOUSES] <= sync_now_ms(account->sync);
    if (may) account->duties[SYNC_WAREHOUSES].asked = true;
}

static void reopen_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct reopening *r = (struct reopening *)((char *)task - offsetof(struct reopening, task));
    struct sync_account *account = r->account;
    char quoted[LOG_QUOTED_MAX];
    account->reopening = false;
    if (status != ST_OK) {
        log_error("sync", "not-reopened", "account=%s error=%s", account->name,
                  log_quote(error->text, quoted));
        account->reopen_ms = sync_now_ms(account->sync) + NOT_STORED_PAUSE_MS;
    } else {
        account->reopen_ms = 0;
        account->facts_stale = true;
        if (r->result.rows) ask_how(account);
    }
    buf_free(&r->payload);
    mem_free(r);
    sync_busy(account, -1);
    account_turn(account);
}

void reopen_turn(struct sync_account *account)
{
    int64_t now = sync_now_ms(account->sync);
    if (account->reopening || !account->reopen_ms) return;
    if (account->reopen_ms > now) {
        account_wake_at(account, account->reopen_ms);
        return;
    }
    account->reopening = true;
    sync_busy(account, 1);
    struct reopening *r = mem_alloc(sizeof *r);
    r->account = account;
    r->now_ms = now;
    buf_init(&r->payload, 64);
    command_reopen(&r->payload, account->number);
    r->task = (struct engine_task){.run = reopen_run, .done = reopen_done};
    account->sync->runtime->engine_submit(account->sync->runtime, &r->task);
}
