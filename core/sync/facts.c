/* What the loop knows of the store: an account's facts, read inside engine tasks. A commit of an
 * operation that changes them reads them itself; for whatever else changes them there is a task. */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"
#include "engine/directory.h"

#include <stdio.h>
#include <string.h>

enum { UNREAD_PAUSE_MS = 1000 };

struct sync_facts {
    struct sync_account *account;
    bool all;   /* else the states alone */
    bool found; /* the account has a row */
    bool paused, parked, warehouses_read, listings_read, orders_import, orders_read, planned;
    bool has_listings;
    int64_t since_ms, checked_ms, warehouses_ms, listings_ms, stock_ms;
    uint64_t print, parked_print;
    uint32_t closed_remotes, epoch, orders_era;
    int64_t reopen_ms;
    char reason[SYNC_TEXT_MAX];
    char *identity;
    int64_t now_ms;
    struct arena memory; /* of the warehouses */
    struct stockd_warehouse_ref *warehouses;
    uint32_t warehouse_count;
    struct arena states_memory;
    struct plugin_state *states;
    size_t state_count;
};

/* ---- reading [engine thread] */

static void read_reason(struct sync_facts *f, const struct account_view *view)
{
    int code = (int)view->parked_code.size, text = (int)view->parked_text.size;
    snprintf(f->reason, sizeof f->reason, "%.*s%s%.*s", code, (const char *)view->parked_code.data,
             code && text ? ": " : "", text, (const char *)view->parked_text.data);
}

static enum status read_account(struct sync_facts *f, struct store_txn *txn, struct error *error)
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
    f->parked_print = view.parked_print;
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

static enum status read_warehouses(struct sync_facts *f, struct store_txn *txn, struct error *error)
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

static enum status read_states(struct sync_facts *f, struct store_txn *txn)
{
    enum { STATES_MAX = 256 };
    uint8_t prefix[4];
    bytes_put_u32(prefix, f->account->number);
    struct bytes key, value;
    uint64_t all = store_count(txn, TABLE_ACCOUNT_STATE);
    size_t room = all < STATES_MAX ? (size_t)all : STATES_MAX;
    f->states = arena_alloc(&f->states_memory, sizeof *f->states * (room + 1));
    struct store_cursor *cursor = store_cursor(txn, TABLE_ACCOUNT_STATE);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    while (status == ST_OK && key_starts(key, bytes_of(prefix, sizeof prefix)) &&
           f->state_count < room) {
        struct wire_reader r = wire_reader(value);
        uint64_t version = wire_get_u64(&r);
        if (r.ok && version == f->account->plugin->data_version) {
            struct bytes name = bytes_of((const char *)key.data + 4, key.size - 4);
            size_t size = (size_t)(r.end - r.at);
            f->states[f->state_count++] = (struct plugin_state){
                .name = arena_text(&f->states_memory, name),
                .data = bytes_of(arena_text(&f->states_memory, bytes_of(r.at, size)), size)};
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

enum status facts_read(struct sync_account *account, enum engine_facts which, int64_t now_ms,
                       struct store_txn *txn, struct sync_facts **facts, struct error *error)
{
    enum status status = ST_OK;
    struct sync_facts *f = mem_alloc(sizeof *f);
    f->account = account;
    f->all = which == FACTS_ALL;
    f->now_ms = now_ms;
    if (f->all) status = read_account(f, txn, error);
    if (f->all && status == ST_OK) status = read_warehouses(f, txn, error);
    if (status == ST_OK) status = read_states(f, txn);
    facts_free(*facts);
    *facts = f;
    return status;
}

void facts_free(struct sync_facts *f)
{
    if (!f) return;
    arena_free(&f->memory);
    arena_free(&f->states_memory);
    mem_free(f->identity);
    mem_free(f);
}

/* ---- taking over [loop] */

static void take_account(struct sync_account *account, const struct sync_facts *f)
{
    account->facts_known = f->found;
    account->paused = f->paused;
    if (account->facts_known && account->parked && !f->parked)
        log_info("sync", "resumed", "account=%s", account->name);
    account->parked = f->parked;
    account->parked_print = f->parked_print;
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
}

static void take_warehouses(struct sync_account *account, struct sync_facts *f)
{
    arena_free(&account->facts_memory);
    account->facts_memory = f->memory;
    f->memory = (struct arena){0};
    account->warehouses = f->warehouses;
    account->warehouse_count = f->warehouse_count;
}

static void take_states(struct sync_account *account, struct sync_facts *f)
{
    arena_free(&account->states_memory);
    account->states_memory = f->states_memory;
    f->states_memory = (struct arena){0};
    account->states = f->states;
    account->state_count = f->state_count;
}

static void take_identity(struct sync_account *account, struct sync_facts *f)
{
    char *old = account->identity;
    bool other_seller =
        (old == NULL) != (f->identity == NULL) || (f->identity && strcmp(old, f->identity) != 0);
    account->identity = f->identity;
    f->identity = old;
    if (other_seller) quotas_bind(account);
}

void facts_take(struct sync_facts *f)
{
    struct sync_account *account = f->account;
    if (f->all) {
        take_account(account, f);
        take_warehouses(account, f);
        take_identity(account, f);
    }
    take_states(account, f);
    facts_free(f);
}

/* ---- the task */

/* What is read once: from then on sync knows it better. */
struct first_facts {
    bool with_tokens, with_load, with_past;
    struct plugin_instance *instance; /* NULL: what was used of the quotas is known */
    struct sync_stored_quotas quotas;
    struct sync_load load;
    struct sync_past past[SYNC_TASKS];
    struct token_set *tokens;
    enum status tokens_status;
    struct error tokens_error;
};

struct refresh {
    struct engine_task task;
    struct sync_account *account;
    int64_t now_ms;
    struct sync_facts *facts;
    struct first_facts *first; /* NULL: all of it is known */
};

static struct first_facts *first_new(const struct sync_account *account)
{
    const struct first_facts wants = {
        .with_tokens = account->plugin->operations[STOCKD_AUTHORIZE] && !account->authorize.tokens,
        .with_load = !account->load.known,
        .with_past = !account->schedules.past_known};
    bool quotas = !quotas_restored(account);
    if (!wants.with_tokens && !wants.with_load && !wants.with_past && !quotas) return NULL;
    struct first_facts *first = mem_alloc(sizeof *first);
    *first = wants;
    if (quotas) first->instance = plugin_instance_ref(account->instance);
    return first;
}

static void first_free(struct first_facts *first)
{
    if (!first) return;
    quotas_stored_free(&first->quotas);
    plugin_instance_unref(first->instance);
    token_set_unref(first->tokens);
    mem_free(first);
}

static enum status first_read(struct first_facts *first, const struct sync_facts *f,
                              struct store_txn *txn, struct error *error)
{
    struct sync_account *account = f->account;
    enum status status = ST_OK;
    if (first->with_load) status = load_read(txn, account->number, &first->load, error);
    if (status == ST_OK && first->instance) {
        quotas_stored_name(&first->quotas, first->instance, f->identity);
        quotas_stored_read(&first->quotas, txn);
    }
    if (status == ST_OK && first->with_past && f->found)
        status = schedules_read(txn, account->number, f->now_ms, first->past, error);
    if (status == ST_OK && first->with_tokens) {
        token_set_unref(first->tokens);
        first->tokens = NULL;
        first->tokens_status = token_load(account->sync->seal, txn, account->name, &first->tokens,
                                          &first->tokens_error);
        status = store_failed(txn, error);
    }
    return status;
}

static void first_take(struct first_facts *first, struct sync_account *account, bool found,
                       int64_t now_ms)
{
    quotas_stored_take(&first->quotas, account, now_ms);
    if (first->with_load) account->load = first->load;
    if (first->with_past && found) schedules_known(account, first->past);
    if (!first->with_tokens) return;
    authorize_loaded(account, first->tokens, first->tokens_status, &first->tokens_error);
    first->tokens = NULL; /* authorize.c's now */
}

static enum status refresh_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct refresh *r = (struct refresh *)((char *)task - offsetof(struct refresh, task));
    enum status status = facts_read(r->account, FACTS_ALL, r->now_ms, txn, &r->facts, error);
    return status == ST_OK && r->first ? first_read(r->first, r->facts, txn, error) : status;
}

static void refresh_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct refresh *r = (struct refresh *)((char *)task - offsetof(struct refresh, task));
    struct sync_account *account = r->account;
    char quoted[LOG_QUOTED_MAX];
    account->facts_running = false;
    if (status == ST_OK) {
        bool found = r->facts->found;
        facts_take(r->facts);
        if (r->first) first_take(r->first, account, found, r->now_ms);
    } else {
        log_error("sync", "facts-unread", "account=%s error=%s", account->name,
                  log_quote(error->text, quoted));
        facts_free(r->facts);
        account->facts_stale = true;
        account_wake_at(account, sync_now_ms(account->sync) + UNREAD_PAUSE_MS);
    }
    first_free(r->first);
    mem_free(r);
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
    struct refresh *r = mem_alloc(sizeof *r);
    r->account = account;
    r->first = first_new(account);
    r->now_ms = sync_now_ms(account->sync);
    r->task = (struct engine_task){.run = refresh_run, .done = refresh_done};
    account->sync->runtime->engine_submit(account->sync->runtime, &r->task);
}
