/* What the process before left: what it had used of the quotas, and writes that were on their way
 * when it ended. */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"

struct recovery {
    struct engine_task task;
    struct sync_account *account;
    struct command_result result;
    int64_t now_ms;
    struct buf payload;
    struct sync_stored_quotas quotas;
};

enum { RECOVER_FLIGHTS = 64 }; /* batches looked at by one command */

static enum status recover_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct recovery *r = (struct recovery *)((char *)task - offsetof(struct recovery, task));
    struct sync_account *account = r->account;
    quotas_stored_read(&r->quotas, txn);
    const struct command command = {.kind = COMMAND_RECOVER,
                                    .actor = account->name,
                                    .now_ms = r->now_ms,
                                    .payload = bytes_of(r->payload.data, r->payload.size)};
    return engine_apply(account->sync->engine, txn, &command, &r->result, error);
}

static void recover_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct recovery *r = (struct recovery *)((char *)task - offsetof(struct recovery, task));
    struct sync_account *account = r->account;
    char quoted[LOG_QUOTED_MAX];
    account->recovering = false;
    if (status == ST_OK) {
        quotas_stored_take(&r->quotas, account, r->now_ms);
        account->recovered = !r->result.more;
        account->look_work = account->reread_work = true;
        if (r->result.rows)
            log_info("sync", "recovered", "account=%s unresolved=%llu", account->name,
                     (unsigned long long)r->result.rows);
    } else {
        log_error("sync", "not-recovered", "account=%s error=%s", account->name,
                  log_quote(error->text, quoted));
        account_wake_at(account, sync_now_ms(account->sync) + 1000);
    }
    quotas_stored_free(&r->quotas);
    buf_free(&r->payload);
    mem_free(r);
    sync_busy(account, -1);
    if (status == ST_OK) account_turn(account);
}

/* Its own, after something could not be stored; or those of the one that it was before it left the
 * configuration and came back. */
static bool has_writes_under_way(const struct sync_account *account)
{
    for (const struct sync_account *a = account->sync->accounts; a; a = a->next)
        for (uint32_t i = 0; i < STOCKD_ROUTES_MAX; i++)
            if (a->number == account->number && a->push[i].in_flight) return true;
    return false;
}

void recover_left(const struct sync_account *removed)
{
    struct sync_account *account = accounts_find(removed->sync, removed->name);
    if (account && !account->recovered) account_turn(account);
}

bool recover_turn(struct sync_account *account)
{
    bool restored = quotas_restored(account);
    if ((account->recovered && restored) || account->recovering) return restored;
    /* What is still on its way has a flight row too, and tells its own end. */
    if (has_writes_under_way(account)) return restored;
    account->recovering = true;
    sync_busy(account, 1);
    struct recovery *r = mem_alloc(sizeof *r);
    r->account = account;
    r->now_ms = sync_now_ms(account->sync);
    buf_init(&r->payload, 64);
    command_recover(&r->payload, account->number, RECOVER_FLIGHTS);
    for (uint32_t i = 0; i < SYNC_BUCKETS_MAX && account->buckets[i]; i++)
        r->quotas.keys[i] = mem_text(quota_bucket_key(account->buckets[i]));
    r->task = (struct engine_task){.run = recover_run, .done = recover_done};
    account->sync->runtime->engine_submit(account->sync->runtime, &r->task);
    return restored;
}
