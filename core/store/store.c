/* The names of the tables, and the way from the interface to the implementation behind it. Nothing
 * else: what a call means is in store.h, how it is done in lmdb_*.c and memory*.c. */
#include "store/store.h"

#include <string.h>

static const char *const table_names[TABLE_COUNT] = {
    [TABLE_META] = "meta",
    [TABLE_PRODUCT] = "product",
    [TABLE_PRODUCT_SKU] = "product_sku",
    [TABLE_PRODUCT_BARCODE] = "product_barcode",
    [TABLE_PRODUCT_FOLD] = "product_fold",
    [TABLE_WAREHOUSE] = "warehouse",
    [TABLE_STOCK] = "stock",
    [TABLE_LEDGER] = "ledger",
    [TABLE_COMMAND] = "command",
    [TABLE_COMMAND_ID] = "command_id",
    [TABLE_COMMAND_GROUP] = "command_group",
    [TABLE_CHANGE] = "change",
    [TABLE_CHANGE_PRODUCT] = "change_product",
    [TABLE_UNDONE] = "undone",
    [TABLE_SEND] = "send",
    [TABLE_ACCOUNT] = "account",
    [TABLE_ACCOUNT_STATE] = "account_state",
    [TABLE_REMOTE_WAREHOUSE] = "remote_warehouse",
    [TABLE_LINK] = "link",
    [TABLE_LISTING] = "listing",
    [TABLE_LISTING_ID] = "listing_id",
    [TABLE_LISTING_KEY] = "listing_key",
    [TABLE_LISTING_PRODUCT] = "listing_product",
    [TABLE_TARGET] = "target",
    [TABLE_OUTBOX] = "outbox",
    [TABLE_FLIGHT] = "flight",
    [TABLE_UNRESOLVED] = "unresolved",
    [TABLE_OBSERVED] = "observed",
    [TABLE_CONFLICT] = "conflict",
    [TABLE_SWEEP] = "sweep",
    [TABLE_JOB] = "job",
    [TABLE_JOB_BAD] = "job_bad",
    [TABLE_RUN] = "run",
    [TABLE_QUOTA] = "quota",
    [TABLE_TOKEN] = "token",
    [TABLE_ORDER_LINE] = "order_line",
    [TABLE_ORDER] = "order",
    [TABLE_ORDER_OPEN] = "order_open",
    [TABLE_ORDER_HELD] = "order_held",
    [TABLE_ORDER_PRODUCT] = "order_product",
    [TABLE_ORDER_EFFECT] = "order_effect",
    [TABLE_RESERVATION] = "reservation",
    [TABLE_WAKE] = "wake",
    [TABLE_GUARD] = "guard",
    [TABLE_PLAN] = "plan",
    [TABLE_PLAN_ROW] = "plan_row",
    [TABLE_RULE] = "rule",
    [TABLE_DRIFT] = "drift",
    [TABLE_DRIFT_TARGET] = "drift_target",
    [TABLE_DRIFT_OPEN] = "drift_open",
    [TABLE_REREAD] = "reread",
    [TABLE_RUN_BAD] = "run_bad",
    [TABLE_INBOX] = "inbox",
    [TABLE_TARGET_COUNT] = "target_count",
    [TABLE_API_TOKEN] = "api_token",
    [TABLE_API_ANSWER] = "api_answer",
    [TABLE_ALERT] = "alert",
    [TABLE_ALERT_OUT] = "alert-out",
    [TABLE_REPORT_DAY] = "report_day",
    [TABLE_HOOK] = "hook",
};

const char *store_table_name(enum store_table table)
{
    const char *name = (unsigned)table < TABLE_COUNT ? table_names[table] : NULL;
    return name ? name : "unknown";
}

void store_close(struct store *store)
{
    if (store) store->ops->close(store);
}

enum status store_begin(struct store *store, enum store_access access, struct store_txn **txn,
                        struct error *error)
{
    return store->ops->begin(store, access, txn, error);
}

enum status store_commit(struct store_txn *txn, struct error *error)
{
    return txn->ops->commit(txn, error);
}

void store_abort(struct store_txn *txn)
{
    if (txn) txn->ops->abort(txn);
}

enum status store_get(struct store_txn *txn, enum store_table table, struct bytes key,
                      struct bytes *value)
{
    return txn->ops->get(txn, table, key, value);
}

enum status store_put(struct store_txn *txn, enum store_table table, struct bytes key,
                      struct bytes value)
{
    return txn->ops->put(txn, table, key, value, false);
}

enum status store_append(struct store_txn *txn, enum store_table table, struct bytes key,
                         struct bytes value)
{
    return txn->ops->put(txn, table, key, value, true);
}

enum status store_delete(struct store_txn *txn, enum store_table table, struct bytes key)
{
    return txn->ops->del(txn, table, key);
}

uint64_t store_count(struct store_txn *txn, enum store_table table)
{
    return txn->ops->count(txn, table);
}

enum status store_failed(struct store_txn *txn, struct error *error)
{
    return txn->ops->failed(txn, error);
}

struct store_cursor *store_cursor(struct store_txn *txn, enum store_table table)
{
    return txn->ops->cursor(txn, table);
}

void store_cursor_close(struct store_cursor *cursor)
{
    if (cursor) cursor->ops->cursor_close(cursor);
}

enum status store_seek(struct store_cursor *cursor, struct bytes key, struct bytes *found,
                       struct bytes *value)
{
    return cursor->ops->seek(cursor, key, found, value);
}

enum status store_next(struct store_cursor *cursor, struct bytes *found, struct bytes *value)
{
    return cursor->ops->next(cursor, found, value);
}

enum status store_prev(struct store_cursor *cursor, struct bytes *found, struct bytes *value)
{
    return cursor->ops->prev(cursor, found, value);
}

enum status store_last(struct store_cursor *cursor, struct bytes *found, struct bytes *value)
{
    return cursor->ops->last(cursor, found, value);
}

enum status store_cursor_put(struct store_cursor *cursor, struct bytes value)
{
    return cursor->ops->cursor_put(cursor, value);
}

enum status store_cursor_delete(struct store_cursor *cursor)
{
    return cursor->ops->cursor_delete(cursor);
}

void store_delete_prefix(struct store_txn *txn, enum store_table table, struct bytes prefix)
{
    struct bytes key;
    struct store_cursor *cursor = store_cursor(txn, table);
    enum status status = store_seek(cursor, prefix, &key, NULL);
    while (status == ST_OK && key.size >= prefix.size &&
           memcmp(key.data, prefix.data, prefix.size) == 0) {
        store_cursor_delete(cursor);
        status = store_next(cursor, &key, NULL);
    }
    store_cursor_close(cursor);
}

struct store_usage store_usage(struct store *store)
{
    return store->ops->usage(store);
}

bool store_is_lost(struct store *store)
{
    return store->ops->is_lost && store->ops->is_lost(store);
}

enum status store_backup(struct store *store, const char *path, struct error *error)
{
    return store->ops->backup(store, path, error);
}
