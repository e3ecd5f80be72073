/* Figures that are to be read again (engine/drift.h), by their ids, when their time has come. One
 * operation at a time in an account; what fails is left to the next reading of everything. */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"

enum { REREAD_ITEMS_MAX = 1000 };

struct reread {
    struct sync_account *account;
    struct engine_batch *batch;
    struct engine_task task;
    struct arena memory;
    int64_t now_ms;
};

static void reread_free(struct reread *r)
{
    struct sync_account *account = r->account;
    account->rereading = false;
    if (r->batch) engine_batch_free(r->batch);
    mem_free(r->batch);
    arena_free(&r->memory);
    mem_free(r);
    sync_busy(account, -1);
}

static void ended(struct sync_operation *operation, const struct sync_ending *ending)
{
    struct reread *r = sync_operation_ctx(operation);
    struct sync_account *account = r->account;
    if (!ending->ok) account_failed(account, STOCKD_FETCH_STOCK, ending);
    account->reread_work = true;
    account_say_changed(account);
    r->batch = NULL; /* freed with the operation */
    reread_free(r);
}

static bool start_operation(struct reread *r)
{
    struct sync_account *account = r->account;
    bool by_place = account->plugin->flags & STOCKD_STOCK_BY_WAREHOUSE;
    const struct stockd_start start = {.size = sizeof start,
                                       .operation = STOCKD_FETCH_STOCK,
                                       .item_count = r->batch->count,
                                       .items = sync_items(r->batch, &r->memory),
                                       .warehouse_id =
                                           by_place ? r->batch->items[0].remote_id : NULL,
                                       .warehouses = account->warehouses,
                                       .warehouse_count = account->warehouse_count};
    struct sync_setup setup = {.account = account,
                               .kind = STOCKD_FETCH_STOCK,
                               .start = &start,
                               .batch = r->batch,
                               .class = QUOTA_VERIFY,
                               .states = account->states,
                               .state_count = account->state_count,
                               .ended = ended,
                               .ctx = r};
    sync_random_id(account->sync, setup.id);
    struct error error = {0};
    if (sync_operation_start(&setup, NULL, &error)) return true;
    char quoted[LOG_QUOTED_MAX];
    log_error("sync", "reread-refused", "account=%s error=%s", account->name,
              log_quote(error.text, quoted));
    return false;
}

static enum status select_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct reread *r = (struct reread *)((char *)task - offsetof(struct reread, task));
    const struct sync_account *account = r->account;
    const struct engine_rereads ask = {.account = account->number,
                                       .one_remote =
                                           account->plugin->flags & STOCKD_STOCK_BY_WAREHOUSE,
                                       .most = REREAD_ITEMS_MAX,
                                       .now_ms = r->now_ms};
    return engine_select_rereads(account->sync->engine, txn, &ask, r->batch, error);
}

static void select_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct reread *r = (struct reread *)((char *)task - offsetof(struct reread, task));
    struct sync_account *account = r->account;
    (void)error;
    account->next_reread_ms = 0;
    if (status == ST_OK && r->batch->next_due_ms != INT64_MAX) {
        account->next_reread_ms = r->batch->next_due_ms;
        account_wake_at(account, account->next_reread_ms);
    }
    if (status == ST_OK && r->batch->count && !account->sync->stopping && start_operation(r))
        return;
    reread_free(r);
    account_turn(account);
}

void reread_turn(struct sync_account *account)
{
    int64_t now = sync_now_ms(account->sync);
    if (account->rereading || account->paused || account->parked || !account->enabled) return;
    if (account_unproven(account)) return;
    if (!account->facts_known || !account_loaded(account)) return;
    if (account->denied_until_ms[STOCKD_FETCH_STOCK] > now) return;
    if (account->next_reread_ms && account->next_reread_ms <= now) account->reread_work = true;
    if (!account->reread_work) return;
    account->reread_work = false;
    account->rereading = true;
    sync_busy(account, 1);
    struct reread *r = mem_alloc(sizeof *r);
    r->account = account;
    r->batch = mem_alloc(sizeof *r->batch);
    engine_batch_init(r->batch);
    r->now_ms = now;
    r->task = (struct engine_task){.run = select_run, .done = select_done};
    account->sync->runtime->engine_submit(account->sync->runtime, &r->task);
}
