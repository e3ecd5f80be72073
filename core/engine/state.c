/* What a group of commands shares: counters, the small tables, rules, what was touched; and finding
 * what a command names. The door itself is engine.c. */
#include "engine/state.h"

#include "base/mem.h"
#include "engine/apply.h"
#include "engine/day.h"
#include "engine/guard_private.h"
#include "engine/stats.h"
#include "engine/target_count.h"

struct engine *engine_new(void)
{
    struct engine *engine = mem_alloc(sizeof *engine);
    buf_init(&engine->sends, COMMAND_PAYLOAD_MAX);
    buf_init(&engine->record, COMMAND_PAYLOAD_MAX + RECORD_MAX);
    engine->guard = mem_alloc(sizeof *engine->guard);
    buf_init(&engine->guard->memory, COMMAND_PAYLOAD_MAX + RECORD_MAX);
    engine->counting = target_counting_new();
    engine->stats = stats_new();
    engine->days = day_counting_new();
    return engine;
}

void engine_free(struct engine *engine)
{
    if (!engine) return;
    directory_free(engine->directory);
    buf_free(&engine->sends);
    buf_free(&engine->record);
    mem_free(engine->rules);
    guard_effects_free(&engine->guard->effects);
    buf_free(&engine->guard->memory);
    mem_free(engine->guard->waiting);
    mem_free(engine->guard->lives);
    mem_free(engine->guard);
    target_counting_free(engine->counting);
    stats_free(engine->stats);
    day_counting_free(engine->days);
    mem_free(engine);
}

/* ---- groups */

static void touched_forget(struct engine *engine)
{
    engine->touched = (struct engine_touched){0};
    engine->facts_all = (struct engine_accounts){0};
}

static const char counters_key[] = "counters";

enum status engine_group_begin(struct engine *engine, struct store_txn *txn, struct error *error)
{
    engine->targets = NULL;
    memset(engine->stock_seen, 0, sizeof engine->stock_seen);
    if (engine->counters_loaded) return ST_OK;
    day_begin(engine->days, txn);
    struct bytes value;
    enum status status = store_get(txn, TABLE_META, bytes_text(counters_key), &value);
    if (status == ST_NOT_FOUND) {
        engine->counters = (struct counters){0};
    } else if (status != ST_OK || value.size > sizeof engine->counters) {
        return error_set(
            error, status == ST_OK ? ST_DAMAGED : status,
            "store: the row 'counters' of table meta cannot be read; restore the newest backup");
    } else {
        engine->counters = (struct counters){0}; /* counters that came later begin at 0 */
        memcpy(&engine->counters, value.data, value.size);
    }
    engine->counters_loaded = true;
    return ST_OK;
}

enum status engine_group_flush(struct engine *engine, struct store_txn *txn, struct error *error)
{
    if (engine->targets) store_cursor_close(engine->targets);
    engine->targets = NULL;
    if (engine->counters_changed)
        store_put(txn, TABLE_META, bytes_text(counters_key),
                  bytes_of(&engine->counters, sizeof engine->counters));
    guard_live_flush(engine, txn);
    target_count_flush(engine->counting, txn);
    day_flush(engine->days, txn);
    enum status status = store_failed(txn, error);
    if (status != ST_OK) return status;
    engine->counters_changed = false;
    stats_keep(engine->stats);
    engine_touched_add(&engine->pending, &engine->touched);
    touched_forget(engine);
    return ST_OK;
}

void engine_group_drop(struct engine *engine)
{
    engine->targets = NULL; /* it died, or will die, with the transaction */
    engine_directory_stale(engine);
    engine->counters_loaded = false;
    engine->counters_changed = false;
    engine->guard->live_count = 0;
    target_count_drop(engine->counting);
    stats_drop(engine->stats);
    day_drop(engine->days);
    touched_forget(engine);
}

struct engine_touched engine_touched_take(struct engine *engine)
{
    struct engine_touched touched = engine->pending;
    engine->pending = (struct engine_touched){0};
    return touched;
}

/* A sign taken is one account's alone: numbers only rise, and there are never more accounts. */
_Static_assert((int)DIRECTORY_ACCOUNTS_MAX <= (int)ENGINE_TOUCHED_BITS,
               "each account has a bit of its own");

enum engine_facts engine_touched_facts_take(struct engine *engine, uint32_t account)
{
    bool any = engine_touched_facts(&engine->touched, account);
    bool all = engine_accounts_has(&engine->facts_all, account);
    engine_accounts_drop(&engine->touched.facts, account);
    engine_accounts_drop(&engine->facts_all, account);
    return all ? FACTS_ALL : any ? FACTS_STATE : FACTS_NONE;
}

void engine_touch(struct engine *engine, uint32_t account)
{
    engine_accounts_put(&engine->touched.sends, account);
}

void engine_touch_unsorted(struct engine *engine, uint32_t account)
{
    engine_accounts_put(&engine->touched.unsorted, account);
}

void engine_touch_decreases(struct engine *engine, uint32_t account)
{
    engine_accounts_put(&engine->touched.decreases, account);
}

void engine_touch_looks(struct engine *engine, uint32_t account)
{
    engine_accounts_put(&engine->touched.looks, account);
}

void engine_touch_orders(struct engine *engine, uint32_t account)
{
    engine_touch_looks(engine, account);
    engine_accounts_put(&engine->touched.orders, account);
}

void engine_touch_oversold(struct engine *engine, uint32_t account)
{
    engine_touch_orders(engine, account);
    engine_accounts_put(&engine->touched.oversold, account);
}

void engine_touch_facts(struct engine *engine, uint32_t account)
{
    engine_touch(engine, account);
    engine_touch_state(engine, account);
    engine_accounts_put(&engine->facts_all, account);
}

void engine_touch_state(struct engine *engine, uint32_t account)
{
    engine_accounts_put(&engine->touched.facts, account);
}

/* ---- the small tables and the rules */

struct directory *engine_directory(struct engine *engine, struct store_txn *txn,
                                   struct error *error)
{
    if (!engine->directory) directory_load(txn, &engine->directory, error);
    return engine->directory;
}

void engine_directory_stale(struct engine *engine)
{
    directory_free(engine->directory);
    engine->directory = NULL;
}

void engine_rules_set(struct engine *engine, uint32_t account, const struct engine_rules *rules)
{
    for (uint32_t i = 0; i < engine->rules_count; i++)
        if (engine->rules[i].account == account) {
            engine->rules[i].rules = *rules;
            return;
        }
    engine->rules = mem_resize(engine->rules, (engine->rules_count + 1) * sizeof *engine->rules);
    engine->rules[engine->rules_count++] = (struct rules_slot){account, *rules};
}

void engine_lives(struct engine *engine, int64_t now_ms)
{
    if (!engine->lived_ms) {
        engine->life = (uint32_t)now_ms ? (uint32_t)now_ms : 1;
        engine->born_ms = now_ms;
    }
    if (now_ms > engine->lived_ms) engine->lived_ms = now_ms;
}

const struct engine_rules *engine_rules(const struct engine *engine, uint32_t account)
{
    static const struct engine_rules none = {
        .route_count = 1, .routes = {{.max_items = 1}}, .attempts = 5};
    for (uint32_t i = 0; i < engine->rules_count; i++)
        if (engine->rules[i].account == account) return &engine->rules[i].rules;
    return &none;
}

/* ---- one command */

uint64_t applying_sequence(struct applying *a)
{
    if (!a->sequence) {
        a->sequence = ++a->engine->counters.sequence;
        a->engine->counters_changed = true;
    }
    return a->sequence;
}

/* ---- shared look-ups */

enum status engine_read_failed(struct store_txn *txn, enum status status, const char *table,
                               struct error *error)
{
    if (status == ST_OK || status == ST_NOT_FOUND) return ST_OK;
    if (store_failed(txn, error) != ST_OK) return status;
    return error_set(error, ST_DAMAGED,
                     "store: a row of table %s cannot be read; run `stockctl store verify`", table);
}

enum status apply_find_product(struct applying *a, struct bytes sku, uint64_t *product)
{
    struct bytes value;
    if (sku.size == 0 || sku.size > KEY_TEXT_MAX)
        return error_set(a->error, ST_INVALID, "an SKU has 1 to %d bytes; this one has %zu",
                         KEY_TEXT_MAX, sku.size);
    enum status status = store_get(a->txn, TABLE_PRODUCT_SKU, sku, &value);
    if (status == ST_NOT_FOUND)
        return error_set(a->error, ST_NOT_FOUND,
                         "there is no product '%.*s'; add it with `stockctl product add %.*s`",
                         (int)sku.size, (const char *)sku.data, (int)sku.size,
                         (const char *)sku.data);
    if (status != ST_OK || value.size != 8)
        return engine_read_failed(a->txn, ST_DAMAGED, "product_sku", a->error);
    *product = bytes_get_u64(value.data);
    return ST_OK;
}

enum status apply_find_warehouse(struct applying *a, struct bytes key,
                                 const struct directory_warehouse **warehouse)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    *warehouse = directory_warehouse_by_key(d, key);
    if (*warehouse) return ST_OK;
    return error_set(a->error, ST_NOT_FOUND,
                     "there is no warehouse '%.*s'; add it with `stockctl warehouse add %.*s`",
                     (int)key.size, (const char *)key.data, (int)key.size, (const char *)key.data);
}

enum status apply_find_account(struct applying *a, struct bytes name,
                               const struct directory_account **account)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    *account = directory_account_by_name(d, name);
    if (*account) return ST_OK;
    return error_set(a->error, ST_NOT_FOUND,
                     "there is no account '%.*s'; `stockctl account list` shows those there are",
                     (int)name.size, (const char *)name.data);
}

enum status apply_find_source(struct applying *a, struct bytes name,
                              const struct directory_account **source)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    *source = directory_source_by_name(d, name);
    return *source ? ST_OK : apply_find_account(a, name, source);
}
