/* Accounts: declared, paused, resumed, parked; what is learnt about them. */
#include "engine/account.h"

#include "engine/apply.h"
#include "engine/change.h"
#include "engine/place.h"
#include "engine/sweep.h"
#include "engine/target_count.h"

#include <stdio.h>

enum {
    ACCOUNT_NAME_MAX = 63,
    FACT_MAX = 16 << 10, /* bytes of one fact: all of them fit a record */
};

enum status account_load(struct applying *a, uint32_t account, struct buf *memory,
                         struct account_view *view)
{
    uint8_t key[4];
    bytes_put_u32(key, account);
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_ACCOUNT, bytes_of(key, sizeof key), &value);
    if (status == ST_NOT_FOUND)
        return error_set(a->error, ST_NOT_FOUND, "account %u is not known", account);
    if (status == ST_OK) {
        buf_init(memory, RECORD_MAX);
        buf_add(memory, value.data, value.size);
        status = account_read(bytes_of(memory->data, memory->size), view);
        if (status != ST_OK) buf_free(memory);
    }
    if (status != ST_OK) {
        engine_read_failed(a->txn, ST_DAMAGED, "account", a->error);
        return ST_DAMAGED;
    }
    return ST_OK;
}

void account_save(struct applying *a, uint32_t account, const struct account_view *view)
{
    uint8_t key[4];
    bytes_put_u32(key, account);
    struct buf *record = &a->engine->record;
    buf_reset(record);
    account_write(record, view);
    store_put(a->txn, TABLE_ACCOUNT, bytes_of(key, sizeof key),
              bytes_of(record->data, record->size));
    applying_sequence(a);
    engine_directory_stale(a->engine);
    engine_touch_facts(a->engine, account);
}

static void note_account(struct applying *a, uint32_t account, const char *name, const char *old,
                         const char *new)
{
    char what[ACCOUNT_NAME_MAX + 16];
    snprintf(what, sizeof what, "account %s", name);
    change_setting(a, account, 0, what, old, new);
}

/* Who nets the account's orders changes: what is over by then has no effect, a new cut-over begins.
 */
static enum status orders_switch(struct applying *a, const struct directory_account *account,
                                 bool orders_import)
{
    if (account->orders_import == orders_import) return ST_OK;
    struct directory *d = a->engine->directory;
    for (uint32_t i = 0; i < d->link_count; i++) {
        enum status status =
            d->links[i].account == account->no
                ? orders_agree(a, d->links[i].warehouse, account->no, orders_import)
                : ST_OK;
        if (status != ST_OK) return status;
    }
    struct buf memory;
    struct account_view view;
    uint32_t no = account->no;
    enum status status = account_load(a, no, &memory, &view);
    if (status != ST_OK) return status;
    note_account(a, no, account->name, view.orders_import ? "orders: import" : "orders: external",
                 orders_import ? "orders: import" : "orders: external");
    view.orders_import = orders_import;
    view.orders_read = false;
    view.orders_era++;
    account_save(a, no, &view);
    buf_free(&memory);
    if (!orders_import) sweep_leave(a, no);
    return ST_OK;
}

enum status apply_account_put(struct applying *a, struct wire_reader *r)
{
    struct bytes name = wire_get_bytes(r), plugin = wire_get_bytes(r);
    bool orders_import = wire_get_u8(r) != 0;
    if (name.size == 0 || name.size > ACCOUNT_NAME_MAX || plugin.size > ACCOUNT_NAME_MAX)
        return error_set(a->error, ST_INVALID,
                         "an account's name has 1 to %d bytes; this one has %zu", ACCOUNT_NAME_MAX,
                         name.size);
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_account *old = directory_account_by_name(d, name);
    if (old) {
        if (strlen(old->plugin) == plugin.size &&
            memcmp(old->plugin, plugin.data, plugin.size) == 0)
            return orders_switch(a, old, orders_import);
        return error_set(a->error, ST_CONFLICT,
                         "account '%s' was made with plugin '%s' and its listings are of that "
                         "marketplace; give the "
                         "new account another name",
                         old->name, old->plugin);
    }
    if (d->account_count >= DIRECTORY_ACCOUNTS_MAX)
        return error_set(a->error, ST_TOO_BIG,
                         "there are %d accounts already, the most there can be",
                         DIRECTORY_ACCOUNTS_MAX);
    applying_sequence(a);
    uint32_t account = (uint32_t)++a->engine->counters.account;
    const struct account_view view = {.name = name,
                                      .plugin = plugin,
                                      .orders_import = orders_import,
                                      .since_ms = a->command->now_ms};
    char what[ACCOUNT_NAME_MAX + 1], how[ACCOUNT_NAME_MAX + 40];
    snprintf(what, sizeof what, "%.*s", (int)name.size, (const char *)name.data);
    snprintf(how, sizeof how, "plugin %.*s, orders: %s", (int)plugin.size,
             (const char *)plugin.data, orders_import ? "import" : "external");
    note_account(a, account, what, "", how);
    account_save(a, account, &view);
    target_count_begin(a->txn, account);
    return ST_OK;
}

static bool same_text(struct bytes x, struct bytes y)
{
    return bytes_equal(x, y);
}

static struct bytes clipped(struct bytes bytes)
{
    return bytes_of(bytes.data, bytes.size < FACT_MAX ? bytes.size : FACT_MAX);
}

static bool park(struct applying *a, struct account_view *view, struct bytes code,
                 struct bytes text, uint64_t print)
{
    if (view->parked && same_text(view->parked_code, code) && same_text(view->parked_text, text) &&
        view->parked_print == print)
        return false;
    if (!view->parked) view->since_ms = a->command->now_ms;
    view->parked = true;
    view->parked_print = print;
    view->parked_code = code;
    view->parked_text = text;
    return true;
}

static void unpark(struct account_view *view)
{
    view->parked = false;
    view->parked_code = view->parked_text = bytes_of("", 0);
    view->parked_print = 0;
}

/* What a person switches, in words. */
static void switch_text(const struct account_view *view, char out[ERROR_TEXT_MAX])
{
    size_t at = 0;
    if (view->paused) at = (size_t)snprintf(out, ERROR_TEXT_MAX, "paused");
    if (view->parked)
        at += (size_t)snprintf(out + at, ERROR_TEXT_MAX - at, "%sparked (%.*s)", at ? ", " : "",
                               (int)(view->parked_code.size < 100 ? view->parked_code.size : 100),
                               (const char *)view->parked_code.data);
    if (at == 0) snprintf(out, ERROR_TEXT_MAX, "on");
}

enum status apply_account_switch(struct applying *a, struct wire_reader *r)
{
    struct bytes name = wire_get_bytes(r);
    enum account_switch change = (enum account_switch)wire_get_u8(r);
    struct bytes code = wire_get_bytes(r), text = wire_get_bytes(r);
    uint64_t print = wire_at_end(r) ? 0 : wire_get_u64(r);
    const struct directory_account *account;
    enum status status = apply_find_account(a, name, &account);
    if (status != ST_OK) return status;
    struct buf memory;
    struct account_view view;
    uint32_t no = account->no;
    status = account_load(a, no, &memory, &view);
    if (status != ST_OK) return status;
    bool changed = false;
    char old[ERROR_TEXT_MAX], new[ERROR_TEXT_MAX];
    switch_text(&view, old);
    if (change == ACCOUNT_PARK) {
        changed = park(a, &view, clipped(code), clipped(text), print);
    } else if (change == ACCOUNT_PAUSE) {
        changed = !view.paused;
        view.paused = true;
    } else {
        changed = view.paused || view.parked;
        view.paused = false;
        unpark(&view);
    }
    if (changed) {
        if (change != ACCOUNT_PARK) view.since_ms = a->command->now_ms;
        switch_text(&view, new);
        note_account(a, no, account->name, old, new);
        account_save(a, no, &view);
    }
    buf_free(&memory);
    return ST_OK;
}

static void learn_identity(struct applying *a, struct account_view *view,
                           const struct account_fact *fact)
{
    struct bytes identity = fact->identity;
    if (view->identity.size == 0) {
        view->identity = identity;
        return;
    }
    if (bytes_equal(view->identity, identity)) return;
    if (view->print == fact->print) view->print = 0; /* the same key opens another shop now */
    park(a, view, bytes_text("other-seller"),
         bytes_text("the credentials now belong to another seller than the one this account was "
                    "made for; give "
                    "the other seller an account of its own, or put the old credentials back"),
         fact->print);
}

/* Its settings passed a check: what they, or others before them, were refused for is over. */
static void accepted(struct applying *a, uint32_t account, struct account_view *view)
{
    char old[ERROR_TEXT_MAX], new[ERROR_TEXT_MAX], name[ACCOUNT_NAME_MAX];
    if (!view->parked_print) return;
    snprintf(name, sizeof name, "%.*s", (int)view->name.size, (const char *)view->name.data);
    switch_text(view, old);
    unpark(view);
    switch_text(view, new);
    view->since_ms = a->command->now_ms;
    note_account(a, account, name, old, new);
}

enum status account_learn(struct applying *a, uint32_t account, const struct account_fact *fact)
{
    struct buf memory;
    struct account_view view;
    enum status status = account_load(a, account, &memory, &view);
    if (status != ST_OK) return status;
    if (fact->identity.data && fact->identity.size <= FACT_MAX) learn_identity(a, &view, fact);
    if (fact->epoch.data && fact->epoch.size <= FACT_MAX && !bytes_equal(view.epoch, fact->epoch)) {
        bool first = view.epoch.size == 0;
        view.epoch = fact->epoch;
        if (!first) { /* what is known is of the old one: read again, then tied again */
            view.epoch_number++;
            view.listings_read = view.warehouses_read = false;
            view.stock_ms = 0;
            view.since_ms = a->command->now_ms;
        }
    }
    if (fact->warnings.data && fact->warnings.size <= FACT_MAX) view.warnings = fact->warnings;
    if (fact->abilities.data && fact->abilities.size <= FACT_MAX) view.abilities = fact->abilities;
    if (fact->key_expires_ms) view.key_expires_ms = fact->key_expires_ms;
    if (fact->checked) view.checked_ms = a->command->now_ms;
    /* Who says nothing of whose they are has not shown that they are the same seller's. */
    bool same = fact->identity.size ? bytes_equal(view.identity, fact->identity)
                                    : fact->checked && view.identity.size == 0;
    if (same && fact->print) view.print = fact->print;
    if (fact->checked && fact->print && view.print == fact->print) accepted(a, account, &view);
    account_save(a, account, &view);
    buf_free(&memory);
    return ST_OK;
}

enum status account_complete(struct applying *a, uint32_t account, enum rows_scope scope,
                             int64_t begun_ms)
{
    struct buf memory;
    struct account_view view;
    enum status status = account_load(a, account, &memory, &view);
    if (status != ST_OK) return status;
    bool was_ready = view.listings_read && view.warehouses_read;
    if (scope == SCOPE_WAREHOUSES) {
        view.warehouses_read = true;
        view.warehouses_ms = a->command->now_ms;
    } else if (scope == SCOPE_LISTINGS) {
        view.listings_read = true;
        view.listings_ms = a->command->now_ms;
    } else if (scope == SCOPE_ALL_STOCK) {
        view.stock_ms = a->command->now_ms;
    }
    if (!was_ready && view.listings_read && view.warehouses_read)
        view.since_ms = a->command->now_ms;
    account_save(a, account, &view);
    buf_free(&memory);
    if (scope == SCOPE_WAREHOUSES) return remote_list_complete(a, account, begun_ms);
    return ST_OK;
}
