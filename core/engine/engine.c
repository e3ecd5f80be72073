/* The door: which command goes where, once only, and its row in the log. What each command does is
 * in the files named by apply.h. */
#include "engine/engine.h"

#include "engine/apply.h"
#include "engine/guard_private.h"

static enum status dispatch(struct applying *a, struct wire_reader *r)
{
    switch (a->command->kind) {
    case COMMAND_STOCK_SET: return apply_stock_set(a, r);
    case COMMAND_STOCK_ADJUST: return apply_stock_adjust(a, r);
    case COMMAND_STOCK_TRANSFER: return apply_stock_transfer(a, r);
    case COMMAND_STOCK_BULK: return apply_stock_bulk(a, r);
    case COMMAND_PRODUCT_PUT: return apply_product_put(a, r);
    case COMMAND_PRODUCT_DELETE: return apply_product_delete(a, r);
    case COMMAND_PRODUCT_RENAME: return apply_product_rename(a, r);
    case COMMAND_PRODUCT_MERGE: return apply_product_merge(a, r);
    case COMMAND_UNDO: return apply_undo(a, r);
    case COMMAND_COMPACT: return apply_compact(a, r);
    case COMMAND_PRODUCT_BULK: return apply_product_bulk(a, r);
    case COMMAND_WAREHOUSE_PUT: return apply_warehouse_put(a, r);
    case COMMAND_LINK_PUT: return apply_link_put(a, r);
    case COMMAND_LINK_DELETE: return apply_link_delete(a, r);
    case COMMAND_ACCOUNT_PUT: return apply_account_put(a, r);
    case COMMAND_ACCOUNT_SWITCH: return apply_account_switch(a, r);
    case COMMAND_LISTING_MAP: return apply_listing_map(a, r);
    case COMMAND_ROWS: return apply_rows(a, r);
    case COMMAND_REQUEUE: return apply_requeue(a, r);
    case COMMAND_RESYNC: return apply_resync(a, r);
    case COMMAND_RETRY: return apply_retry(a, r);
    case COMMAND_REBUILD: return apply_rebuild(a, r);
    case COMMAND_STOCK_REPAIR: return apply_stock_repair(a, r);
    case COMMAND_SWEEP: return apply_sweep(a, r);
    case COMMAND_RECOVER: return apply_recover(a, r);
    case COMMAND_DISTRUST: return apply_distrust(a, r);
    case COMMAND_REOPEN: return apply_reopen(a, r);
    case COMMAND_RESERVE: return apply_reserve(a, r);
    case COMMAND_RELEASE: return apply_release(a, r);
    case COMMAND_WAKE: return apply_wake(a, r);
    case COMMAND_ORDER_RETURN: return apply_order_return(a, r);
    case COMMAND_PLAN_APPLY: return apply_plan_apply(a, r);
    case COMMAND_PLAN_DROP: return apply_plan_drop(a, r);
    case COMMAND_RULE_SET: return apply_rule_set(a, r);
    case COMMAND_DRIFT_RESOLVE: return apply_drift_resolve(a, r);
    case COMMAND_REREAD: return apply_reread(a, r);
    case COMMAND_TOKEN_ADD: return apply_token_add(a, r);
    case COMMAND_TOKEN_REVOKE: return apply_token_revoke(a, r);
    case COMMAND_HOOK_STOCK: return apply_hook_stock(a, r);
    case COMMAND_HOOK_ORDERS: return apply_hook_orders(a, r);
    }
    return error_set(a->error, ST_UNSUPPORTED, "command of unknown kind %d", (int)a->command->kind);
}

static bool command_has_id(const struct command *command)
{
    static const uint8_t none[OPERATION_ID_SIZE];
    return memcmp(command->id, none, sizeof none) != 0;
}

/* A command with an id is applied once, however often it is sent. */
static bool applied_before(struct store_txn *txn, const struct command *command,
                           struct command_result *result)
{
    struct bytes value;
    if (!command_has_id(command)) return false;
    struct bytes id = bytes_of(command->id, sizeof command->id);
    if (store_get(txn, TABLE_COMMAND_ID, id, &value) != ST_OK || value.size != 8) return false;
    result->sequence = bytes_get_u64(value.data);
    return true;
}

/* The command log: one row per command that changed something (applying_sequence) or has an id. */
static void log_command(struct applying *a)
{
    const struct command *command = a->command;
    bool has_id = command_has_id(command);
    struct command_view view = {
        .kind = command->kind,
        .time_ms = command->now_ms,
        .group = command->group,
        .actor = bytes_text(command->actor ? command->actor : ""),
        .id = bytes_of(command->id, has_id ? OPERATION_ID_SIZE : 0),
        .payload = command->unlogged ? bytes_of("", 0) : command->payload,
    };
    struct buf *record = &a->engine->record;
    buf_reset(record);
    command_write(record, &view);
    uint8_t key[8];
    bytes_put_u64(key, a->sequence);
    store_append(a->txn, TABLE_COMMAND, bytes_of(key, sizeof key),
                 bytes_of(record->data, record->size));
    if (command->group) {
        uint8_t place[16];
        bytes_put_u64(place, command->group);
        bytes_put_u64(place + 8, a->sequence);
        store_put(a->txn, TABLE_COMMAND_GROUP, bytes_of(place, sizeof place), bytes_of("", 0));
    }
    if (has_id) store_put(a->txn, TABLE_COMMAND_ID, view.id, bytes_of(key, sizeof key));
}

enum status engine_apply(struct engine *engine, struct store_txn *txn,
                         const struct command *command, struct command_result *result,
                         struct error *error)
{
    struct command_result unused;
    if (!result) result = &unused;
    *result = (struct command_result){0};
    if (applied_before(txn, command, result)) return ST_OK;
    struct applying a = {
        .engine = engine, .txn = txn, .command = command, .result = result, .error = error};
    struct wire_reader reader = wire_reader(command->payload);
    if (engine->lived_ms) engine_lives(engine, command->now_ms);
    guard_begin(&a);
    enum status status = dispatch(&a, &reader);
    if (status == ST_OK) status = guard_end(&a);
    if (status != ST_OK) { /* where the store failed, that is why, whatever was made of it */
        enum status store = store_failed(txn, error);
        return store != ST_OK ? store : status;
    }
    if (!reader.ok)
        return error_set(error, ST_BUG, "command '%s' does not hold what it should",
                         command_kind_name(command->kind));
    result->changed = a.sequence != 0;
    /* One with an id is remembered even so: sent again after another change, it must not apply. */
    if (command_has_id(command)) applying_sequence(&a);
    if (a.sequence) {
        log_command(&a);
        result->sequence = a.sequence;
    }
    return store_failed(txn, error);
}
