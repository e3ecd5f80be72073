/* Looking for unresolved writes: asking by their notes where the route confirms so, reading the
 * figures back otherwise. One look at a time in an account. */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"

enum {
    LOOK_ITEMS_MAX = 1000,
    LOOK_REFUSED_MS = 1000,        /* after the store refused to say what is to be looked for */
    LOOK_LEASE_MS = 2 * 60 * 1000, /* a look that comes to nothing is taken up again after that */
};

struct look {
    struct sync_account *account;
    struct engine_batch *batch;
    struct engine_task task;
    struct arena memory;
    bool notes;
    int64_t now_ms;
};

static void look_free(struct look *look)
{
    struct sync_account *account = look->account;
    account->looking = false;
    if (look->batch) engine_batch_free(look->batch);
    mem_free(look->batch);
    arena_free(&look->memory);
    mem_free(look);
    sync_busy(account, -1);
}

static void look_ended(struct sync_operation *operation, const struct sync_ending *ending)
{
    struct look *look = sync_operation_ctx(operation);
    struct sync_account *account = look->account;
    if (!ending->ok)
        account_failed(account, look->notes ? STOCKD_CONFIRM_STOCK : STOCKD_FETCH_STOCK, ending);
    account->look_work = true;
    account_say_changed(account);
    look->batch = NULL; /* freed with the operation */
    look_free(look);
}

static bool start_operation(struct look *look)
{
    struct sync_account *account = look->account;
    const struct stockd_start start = {
        .size = sizeof start,
        .operation = look->notes ? STOCKD_CONFIRM_STOCK : STOCKD_FETCH_STOCK,
        .route = look->notes ? look->batch->route : 0,
        .item_count = look->batch->count,
        .items = sync_items(look->batch, &look->memory),
        .warehouse_id = !look->notes && account->plugin->flags & STOCKD_STOCK_BY_WAREHOUSE
                            ? look->batch->items[0].remote_id
                            : NULL,
        .warehouses = account->warehouses,
        .warehouse_count = account->warehouse_count,
    };
    struct sync_setup setup = {.account = account,
                               .kind = (enum stockd_operation)start.operation,
                               .start = &start,
                               .batch = look->batch,
                               .class = QUOTA_DECREASE, /* a decrease may be waiting behind it */
                               .states = account->states,
                               .state_count = account->state_count,
                               .ended = look_ended,
                               .ctx = look};
    sync_random_id(account->sync, setup.id);
    struct error error = {0};
    if (sync_operation_start(&setup, NULL, &error)) return true;
    char quoted[LOG_QUOTED_MAX];
    log_error("sync", "look-refused", "account=%s error=%s", account->name,
              log_quote(error.text, quoted));
    return false;
}

static enum status select_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct look *look = (struct look *)((char *)task - offsetof(struct look, task));
    struct sync_account *account = look->account;
    const struct engine_looks ask = {.account = account->number,
                                     .notes = look->notes,
                                     .one_remote =
                                         account->plugin->flags & STOCKD_STOCK_BY_WAREHOUSE,
                                     .most = LOOK_ITEMS_MAX,
                                     .now_ms = look->now_ms,
                                     .lease_ms = LOOK_LEASE_MS,
                                     .other_time_ms = account_other_time(account, look->now_ms)};
    return engine_select_looks(account->sync->engine, txn, &ask, look->batch, error);
}

static void select_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct look *look = (struct look *)((char *)task - offsetof(struct look, task));
    struct sync_account *account = look->account;
    account->next_look_ms = 0;
    if (status != ST_OK) { /* the disk refused: what is to be looked for is there still */
        char quoted[LOG_QUOTED_MAX];
        log_error("sync", "not-looked", "account=%s error=%s", account->name,
                  log_quote(error->text, quoted));
        account->next_look_ms = look->now_ms + LOOK_REFUSED_MS;
        account_wake_at(account, account->next_look_ms);
    } else if (look->batch->next_due_ms != INT64_MAX) {
        account->next_look_ms = look->batch->next_due_ms;
        account_wake_at(account, account->next_look_ms);
    }
    bool may_ask = account->denied_until_ms[STOCKD_CONFIRM_STOCK] <= look->now_ms;
    if (status == ST_OK && look->batch->count == 0 && !look->notes && may_ask &&
        plugin_offers(plugin_instance_plugin(account->instance), STOCKD_CONFIRM_STOCK)) {
        look->notes = true; /* nothing to read back: is there something to ask for? */
        account->sync->runtime->engine_submit(account->sync->runtime, &look->task);
        return;
    }
    if (status == ST_OK && look->batch->count && start_operation(look)) return;
    look_free(look);
    account_turn(account);
}

void look_turn(struct sync_account *account)
{
    int64_t now = sync_now_ms(account->sync);
    if (account->looking || !account->recovered || account->paused || account->parked ||
        account_unproven(account) || !account->enabled)
        return;
    if (account->denied_until_ms[STOCKD_FETCH_STOCK] > now) return;
    int64_t settled = account_settling_until(account);
    if (settled <= now && account->settled_ms != settled) { /* what was left for later */
        account->settled_ms = settled;
        account->look_work = true;
    }
    if (account->next_look_ms && account->next_look_ms <= now) account->look_work = true;
    if (!account->look_work) return;
    account->look_work = false;
    account->looking = true;
    sync_busy(account, 1);
    struct look *look = mem_alloc(sizeof *look);
    look->account = account;
    look->batch = mem_alloc(sizeof *look->batch);
    engine_batch_init(look->batch);
    look->now_ms = now;
    look->task = (struct engine_task){.run = select_run, .done = select_done};
    account->sync->runtime->engine_submit(account->sync->runtime, &look->task);
}
