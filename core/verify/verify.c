/* A verification: the walk, the findings, the progress. What is compared is in the others. */
#include "verify/verify.h"

#include "base/mem.h"
#include "verify/rows.h"

#include <stdarg.h>
#include <stdio.h>

void verify_finding(struct verifying *v, enum store_table table, const char *format, ...)
{
    v->result->findings++;
    if (!v->hooks->report) return;
    char sentence[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    v->hooks->report(v->hooks->ctx, store_table_name(table), sentence);
}

bool verify_step(struct verifying *v)
{
    v->result->checked++;
    if (v->status != ST_OK) return false;
    if (!v->hooks->progress || v->result->checked % VERIFY_PROGRESS_ROWS) return true;
    if (v->hooks->progress(v->hooks->ctx, v->result->checked, v->total)) return true;
    v->status = error_set(v->error, ST_CANCELLED, "the verification was stopped");
    return false;
}

void verify_walk(struct verifying *v, enum store_table table, verify_row row)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(v->txn, table);
    enum status status = ST_OK;
    while (v->status == ST_OK && (status = store_next(cursor, &key, &value)) == ST_OK) {
        row(v, key, value);
        if (!verify_step(v)) break;
    }
    store_cursor_close(cursor);
    if (v->status == ST_OK && status != ST_OK && status != ST_NOT_FOUND) {
        store_failed(v->txn, v->error);
        v->status = status;
    }
}

bool verify_get(struct verifying *v, enum store_table table, struct bytes key, struct bytes *value)
{
    enum status status = store_get(v->txn, table, key, value);
    if (status == ST_OK) return true;
    if (status != ST_NOT_FOUND && v->status == ST_OK) {
        store_failed(v->txn, v->error);
        v->status = status;
    }
    return false;
}

static const enum store_table walked[] = {
    TABLE_PRODUCT,
    TABLE_PRODUCT_SKU,
    TABLE_PRODUCT_BARCODE,
    TABLE_PRODUCT_FOLD,
    TABLE_CHANGE,
    TABLE_CHANGE_PRODUCT,
    TABLE_COMMAND_GROUP,
    TABLE_UNDONE,
    TABLE_SEND,
    TABLE_WAREHOUSE,
    TABLE_STOCK,
    TABLE_LEDGER,
    TABLE_COMMAND,
    TABLE_COMMAND_ID,
    TABLE_ACCOUNT,
    TABLE_ACCOUNT_STATE,
    TABLE_REMOTE_WAREHOUSE,
    TABLE_LINK,
    TABLE_LISTING,
    TABLE_LISTING_ID,
    TABLE_LISTING_KEY,
    TABLE_LISTING_PRODUCT,
    TABLE_TARGET,
    TABLE_OUTBOX,
    TABLE_FLIGHT,
    TABLE_UNRESOLVED,
    TABLE_OBSERVED,
    TABLE_CONFLICT,
    TABLE_SWEEP,
    TABLE_ORDER_LINE,
    TABLE_ORDER_EFFECT,
    TABLE_RULE,
    TABLE_DRIFT,
    TABLE_DRIFT_TARGET,
    TABLE_DRIFT_OPEN,
    TABLE_API_TOKEN,
    TABLE_API_ANSWER,
    TABLE_HOOK,
    TABLE_ALERT,
    TABLE_TARGET, /* against their drifts */
    TABLE_REPORT_DAY,
    TABLE_SEND, /* against what was counted of them */
    TABLE_DRIFT,
};

enum status engine_verify(struct store_txn *txn, const struct verify_hooks *hooks,
                          struct verify_result *result, struct error *error)
{
    static const struct verify_hooks none = {0};
    *result = (struct verify_result){0};
    struct verifying v = {
        .txn = txn, .hooks = hooks ? hooks : &none, .result = result, .error = error};
    for (size_t i = 0; i < sizeof walked / sizeof *walked; i++)
        v.total += store_count(txn, walked[i]);
    v.status = directory_load(txn, &v.directory, error);
    if (v.status != ST_OK) return v.status;
    void (*const parts[])(struct verifying *) = {
        verify_places, verify_stock,   verify_history, verify_products, verify_listings,
        verify_orders, verify_targets, verify_rules,   verify_drifts,   verify_tokens,
        verify_days,   verify_hooks,   verify_alerts};
    for (size_t i = 0; i < sizeof parts / sizeof *parts && v.status == ST_OK; i++)
        parts[i](&v);
    directory_free(v.directory);
    mem_free(v.flights);
    return v.status;
}
