/* What the loop knows of the store: an account's facts, read inside engine tasks; and finding
 * writes that were on their way when the daemon ended. */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"
#include "engine/directory.h"

#include <stdio.h>
#include <string.h>

enum { UNREAD_PAUSE_MS = 1000 };

struct facts {
    struct engine_task task;
    struct sync_account *account;
    bool found;
    bool paused, parked, warehouses_read, listings_read, orders_import, orders_read, planned;
    bool has_listings;
    int64_t since_ms, checked_ms, warehouses_ms, listings_ms, stock_ms;
    uint64_t print;
    uint32_t closed_remotes, epoch, orders_era;
    int64_t reopen_ms;
    char reason[SYNC_TEXT_MAX];
    char *identity;
    int64_t now_ms;
    struct arena memory;
    struct stockd_warehouse_ref *warehouses;
    uint32_t warehouse_count;
    struct plugin_state *states;
    size_t state_count;
    bool with_tokens;                 /* they are read once: from then on sync knows them better */
    bool with_load;                   /* likewise */
    bool with_past;                   /* likewise */
    struct plugin_instance *instance; /* NULL: what was used of the quotas is known */
    struct sync_stored_quotas quotas;
    struct sync_load load;
    struct sync_past past[SYNC_TASKS];
    struct token_set *tokens;
    enum status tokens_status;
    struct error tokens_error;
};

static void read_reason(struct facts *f, const struct account_view *view)
{
    int code = (int)view->parked_code.size, text = (int)view->parked_text.size;
    snprintf(f->reason, sizeof f->reason, "%.*s%s%.*s", code, (const char *)view->parked_code.data,
             code && text ? ": " : "", text, (const char *)view->parked_text.data);
}

static enum status read_account(struct facts *f, struct store_txn *txn, struct error *error)
{
    uint8_t key[4];
    bytes_put_u32(key, f->account->number);
    struct bytes value;
    struct account_view view;
    enum status status = store_get(txn, TABLE_ACCOUNT, bytes_of(key, sizeof key), &value);
    if (status == ST_NOT_FOUND) return ST_OK;
    if (status == ST_OK) status = account_read(value, &view);
    if (status != ST_OK)
        return error_set(error, ST_DAMAGED, "store: the row of account '%s' cannot be read",
                         f->account->name);
    f->found = true;
    f->paused = view.paused;
    f->parked = view.parked;
    f->warehouses_read = view.warehouses_read;
    f->listings_read = view.listings_read;
    f->orders_import = view.orders_import;
    f->orders_read = view.orders_read;
    f->orders_era = view.orders_era;
    f->planned = view.planned;
    f->since_ms = view.since_ms;
    f->checked_ms = view.checked_ms;
    f->warehouses_ms = view.warehouses_ms;
    f->listings_ms = view.listings_ms;
    f->stock_ms = view.stock_ms;
    f->epoch = view.epoch_number;
    f->print = view.print;
    read_reason(f, &view);
    if (view.identity.size) f->identity = mem_text_n(view.identity.data, view.identity.size);
    struct store_cursor *cursor = store_cursor(txn, TABLE_LISTING);
    struct bytes first;
    f->has_listings = store_seek(cursor, bytes_of(key, sizeof key), &first, NULL) == ST_OK &&
                      first.size > sizeof key && memcmp(first.data, key, sizeof key) == 0;
    store_cursor_close(cursor);
    return ST_OK;
}

static enum status read_warehouses(struct facts *f, struct store_txn *txn, struct error *error)
{
    int64_t now = f->now_ms;
    const struct directory *d = engine_directory(f->account->sync->engine, txn, error);
    if (!d) return ST_DAMAGED;
    f->warehouses = arena_alloc(&f->memory, sizeof *f->warehouses * (d->remote_count + 1));
    for (uint32_t i = 0; i < d->remote_count; i++) {
        const struct directory_remote *r = &d->remotes[i];
        if (r->account == f->account->number && r->closed_until_ms &&
            (!f->reopen_ms || r->closed_until_ms < f->reopen_ms))
            f->reopen_ms = r->closed_until_ms;
        if (r->account != f->account->number || r->gone || r->marketplace || r->read_ms == 0)
            continue;
        f->warehouses[f->warehouse_count++] =
            (struct stockd_warehouse_ref){.id = arena_text(&f->memory, bytes_text(r->id)),
                                          .kind = arena_text(&f->memory, bytes_text(r->kind)),
                                          .writable = directory_writable(r, now)};
        f->closed_remotes += r->link_count > 0 && !r->writable && !r->closed_until_ms;
    }
    return ST_OK;
}

static enum status read_states(struct facts *f, struct store_txn *txn)
{
    enum { STATES_MAX = 256 };
    uint8_t prefix[4];
    bytes_put_u32(prefix, f->account->number);
    struct bytes key, value;
    f->states = arena_alloc(&f->memory, sizeof *f->states * STATES_MAX);
    struct store_cursor *cursor = store_cursor(txn, TABLE_ACCOUNT_STATE);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    while (status == ST_OK && key_starts(key, bytes_of(prefix, sizeof prefix)) &&
           f->state_count < STATES_MAX) {
        struct wire_reader r = wire_reader(value);
        uint64_t version = wire_get_u64(&r);
        if (r.ok && version == f->account->plugin->data_version) {
            struct bytes name = bytes_of((const char *)key.data + 4, key.size - 4);
            size_t size = (size_t)(r.end - r.at);
            f->states[f->state_count++] = (struct plugin_state){
                .name = arena_text(&f->memory, name),
                .data = bytes_of(arena_text(&f->memory, bytes_of(r.at, size)), size)};
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

static enum status facts_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct facts *f = (struct facts *)((char *)task - offsetof(struct facts, task));
    mem_free(f->identity);
    f->identity = NULL;
    arena_reset(&f->memory);
    f->warehouse_count = f->closed_remotes = 0;
    f->reopen_ms = 0;
    f->state_count = 0;
    enum status status = read_account(f, txn, error);
    if (status == ST_OK) status = read_warehouses(f, txn, error);
    if (status == ST_OK) status = read_states(f, txn);
    if (status == ST_OK && f->with_load)
        status = load_read(txn, f->account->number, &f->load, error);
    if (status == ST_OK && f->instance) {
        quotas_stored_name(&f->quotas, f->instance, f->identity);
        quotas_stored_read(&f->quotas, txn);
    }
    if (status == ST_OK && f->with_past && f->found)
        status = schedules_read(txn, f->account->number, f->now_ms, f->past, error);
    if (status == ST_OK && f->with_tokens) {
        token_set_unref(f->tokens);
        f->tokens = NULL;
        f->tokens_status =
            token_load(f->account->sync->seal, txn, f->account->name, &f->tokens, &f->tokens_error);
        status = store_failed(txn, error);
    }
    return status;
}

static void take_over(struct sync_account *account, struct facts *f)
{
    bool other_seller = (account->identity == NULL) != (f->identity == NULL) ||
                        (f->identity && strcmp(account->identity, f->identity) != 0);
    account->facts_known = f->found;
    account->paused = f->paused;
    account->parked = f->parked;
    account->warehouses_read = f->warehouses_read;
    account->listings_read = f->listings_read;
    account->has_listings = f->has_listings;
    account->proven_print = f->print;
    account->orders_import = f->orders_import;
    account->orders_read = f->orders_read;
    account->orders_era = f->orders_era;
    account->planned = f->planned;
    account->since_ms = f->since_ms;
    account->checked_ms = f->checked_ms;
    account->warehouses_ms = f->warehouses_ms;
    account->listings_ms = f->listings_ms;
    account->stock_ms = f->stock_ms;
    account->closed_remotes = f->closed_remotes;
    account->reopen_ms = f->reopen_ms;
    if (account->epoch != f->epoch)
        account->duties[SYNC_STOCK].last_ms = 0; /* was of the old one */
    account->epoch = f->epoch;
    memcpy(account->reason, f->reason, sizeof account->reason);
    arena_free(&account->facts_memory);
    account->facts_memory = f->memory;
    account->warehouses = f->warehouses;
    account->warehouse_count = f->warehouse_count;
    account->states = f->states;
    account->state_count = f->state_count;
    char *old = account->identity;
    account->identity = f->identity;
    mem_free(old);
    if (other_seller) quotas_bind(account);
    quotas_stored_take(&f->quotas, account, f->now_ms);
    if (f->with_load) account->load = f->load;
    if (f->with_past && f->found) schedules_known(account, f->past);
    if (f->with_tokens) authorize_loaded(account, f->tokens, f->tokens_status, &f->tokens_error);
}

static void facts_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct facts *f = (struct facts *)((char *)task - offsetof(struct facts, task));
    struct sync_account *account = f->account;
    char quoted[LOG_QUOTED_MAX];
    account->facts_running = false;
    if (status == ST_OK) {
        take_over(account, f);
    } else {
        log_error("sync", "facts-unread", "account=%s error=%s", account->name,
                  log_quote(error->text, quoted));
        arena_free(&f->memory);
        mem_free(f->identity);
        token_set_unref(f->tokens);
        account->facts_stale = true;
        account_wake_at(account, sync_now_ms(account->sync) + UNREAD_PAUSE_MS);
    }
    quotas_stored_free(&f->quotas);
    plugin_instance_unref(f->instance);
    mem_free(f);
    sync_busy(account, -1);
    account_say_changed(account);
    if (status == ST_OK) account_turn(account); /* else not at once: it would never pause */
}

void facts_refresh(struct sync_account *account)
{
    if (account->facts_running || !account->facts_stale) return;
    account->facts_stale = false;
    account->facts_running = true;
    sync_busy(account, 1);
    struct facts *f = mem_alloc(sizeof *f);
    f->account = account;
    f->with_tokens = account->plugin->operations[STOCKD_AUTHORIZE] && !account->authorize.tokens;
    if (!quotas_restored(account)) f->instance = plugin_instance_ref(account->instance);
    f->with_load = !account->load.known;
    f->with_past = !account->schedules.past_known;
    f->now_ms = sync_now_ms(account->sync);
    f->task = (struct engine_task){.run = facts_run, .done = facts_done};
    account->sync->runtime->engine_submit(account->sync->runtime, &f->task);
}

/* ---- quotas as they were, and writes that were on their way */

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

bool recover_turn(struct sync_account *account)
{
    bool restored = quotas_restored(account);
    if ((account->recovered && restored) || account->recovering) return restored;
    /* Again, after something could not be stored: what is still on its way has a flight row too,
     * and tells its own end. */
    for (uint32_t i = 0; i < STOCKD_ROUTES_MAX; i++)
        if (account->push[i].in_flight) return restored;
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
