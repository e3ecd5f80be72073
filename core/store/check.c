/* Looking a store through: the pages by the implementation, the rows by its interface. */
#include "store/check.h"

#include <string.h>

/* Beginning again when writers were too quick: each try needs two commits within microseconds. */
enum { CHECK_TRIES = 100 };

static enum status bad(struct error *error, enum store_table table, uint64_t row, const char *why)
{
    return error_set(error, ST_DAMAGED, "store: damaged: table %s, row %llu: %s",
                     store_table_name(table), (unsigned long long)row, why);
}

/* A checksum would be better than nothing to compare with; reading all of it is what is wanted. */
static void touch(struct bytes value)
{
    const volatile uint8_t *at = value.data;
    for (size_t i = 0; i < value.size; i += 4096)
        (void)at[i];
}

enum status store_check_rows(struct store_txn *txn, enum store_table table,
                             struct store_check *report, struct error *error)
{
    uint8_t last[STORE_KEY_MAX];
    size_t last_size = 0;
    uint64_t rows = 0, bytes = 0;
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, table);
    enum status status;
    while ((status = store_next(cursor, &key, &value)) == ST_OK) {
        if (key.size == 0 || key.size > STORE_KEY_MAX)
            return bad(error, table, rows, "its key has an impossible length");
        if (bytes_compare(bytes_of(last, last_size), key) >= 0)
            return bad(error, table, rows, "its key is not above the one before");
        memcpy(last, key.data, key.size);
        last_size = key.size;
        touch(value);
        rows++;
        bytes += key.size + value.size;
    }
    store_cursor_close(cursor);
    if (status != ST_NOT_FOUND) return store_failed(txn, error);
    if (rows != store_count(txn, table))
        return bad(error, table, rows, "is the last, but the table says it has another number");
    if (report) {
        report->rows[table] = rows;
        report->bytes[table] = bytes;
    }
    return ST_OK;
}

static enum status check_once(struct store *store, struct store_check *report, struct error *error)
{
    struct store_txn *txn;
    enum status status = store_begin(store, STORE_READ, &txn, error);
    if (status != ST_OK) return status;
    if (store->ops->check) status = store->ops->check(txn, error);
    for (unsigned table = 0; table < TABLE_COUNT && status == ST_OK; table++)
        status = store_check_rows(txn, table, report, error);
    store_abort(txn);
    return status;
}

enum status store_check(struct store *store, struct store_check *report, struct error *error)
{
    enum status status = ST_BUSY;
    for (int i = 0; i < CHECK_TRIES && status == ST_BUSY; i++)
        status = check_once(store, report, error);
    return status;
}
