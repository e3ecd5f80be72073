/* Migrations, one function for each version there was.
 *
 * 1: before the counts of what an account's targets are. While it was being built, rows changed
 *    without a new number: a store from before the ledger said when a figure was given cannot be
 *    read, and is refused rather than misunderstood.
 * 2: before targets knew which sources changed them last, and before reports counted by quarters of
 *    an hour. Both kinds of rows are read as they are; an older version could not read newer ones.
 *    And before stock knew at which remote warehouse its figure was read, and what was in that: its
 *    rows were shorter. And before the changes of order lines were kept as they were told: what is
 *    taken over from a reading of before counts them by the ledger.
 */
#include "engine/schema.h"

#include "engine/directory.h"
#include "engine/record.h"
#include "engine/target.h"
#include "engine/target_count.h"

#include <stddef.h>

/* Bytes of a row of TABLE_STOCK, up to schema 2. */
enum { STOCK_ROW_2 = offsetof(struct stock_record, counted_remote) };

typedef bool readable(struct bytes key, struct bytes value);

static bool stock_readable(struct bytes key, struct bytes value)
{
    return key.size == sizeof(uint64_t) + sizeof(uint32_t) && value.size == STOCK_ROW_2;
}

static bool product_readable(struct bytes key, struct bytes value)
{
    struct product_view view;
    return key.size == sizeof(uint64_t) && product_read(value, &view) == ST_OK;
}

static bool listing_readable(struct bytes key, struct bytes value)
{
    struct listing_view view;
    return key.size == sizeof(uint32_t) + sizeof(uint64_t) && listing_read(value, &view) == ST_OK;
}

static bool target_readable(struct bytes key, struct bytes value)
{
    struct target target;
    if (key.size != TARGET_KEY_SIZE) return false;
    const struct target_id id = target_key_read(key.data);
    return target_decode(&id, value, &target) == ST_OK;
}

/* Every row, before anything is built on it. */
static enum status read_all(struct store_txn *txn, enum store_table table, readable *is_readable,
                            struct error *error)
{
    struct store_cursor *cursor = store_cursor(txn, table);
    struct bytes key, value;
    enum status status;
    bool good = true;
    while (good && (status = store_next(cursor, &key, &value)) == ST_OK)
        good = is_readable(key, value);
    store_cursor_close(cursor);
    if (!good)
        return error_set(error, ST_UNSUPPORTED,
                         "table %s: a row is not as stockd 0.1 writes it: the store was made by a "
                         "version from before that. Put the figures into a CSV with that version, "
                         "begin with a new store ('store' in conf.d), and import them",
                         store_table_name(table));
    return status == ST_NOT_FOUND ? ST_OK : store_failed(txn, error);
}

static enum status count_targets(struct store_txn *txn, struct error *error)
{
    uint32_t accounts[DIRECTORY_ACCOUNTS_MAX], count = 0;
    struct directory *d = NULL;
    enum status status = directory_load(txn, &d, error);
    if (status != ST_OK) return status;
    for (; count < d->account_count && count < DIRECTORY_ACCOUNTS_MAX; count++)
        accounts[count] = d->accounts[count].no;
    directory_free(d);
    if (count == 0) return ST_OK;
    return target_count_check(txn, accounts, count, true, NULL, NULL) == ST_OK
               ? ST_OK
               : store_failed(txn, error);
}

static enum status from_1(struct store_txn *txn, struct error *error)
{
    enum status status = read_all(txn, TABLE_PRODUCT, product_readable, error);
    if (status == ST_OK) status = read_all(txn, TABLE_STOCK, stock_readable, error);
    if (status == ST_OK) status = read_all(txn, TABLE_LISTING, listing_readable, error);
    if (status == ST_OK) status = read_all(txn, TABLE_TARGET, target_readable, error);
    return status == ST_OK ? count_targets(txn, error) : status;
}

/* Nobody knows any more where the figure was read: that stays 0. */
static enum status from_2(struct store_txn *txn, struct error *error)
{
    struct store_cursor *cursor = store_cursor(txn, TABLE_STOCK);
    struct bytes value;
    enum status status;
    while ((status = store_next(cursor, NULL, &value)) == ST_OK) {
        struct stock_record stock = {0};
        if (value.size != STOCK_ROW_2) break;
        memcpy(&stock, value.data, STOCK_ROW_2);
        status = store_cursor_put(cursor, bytes_of(&stock, sizeof stock));
        if (status != ST_OK) break;
    }
    store_cursor_close(cursor);
    if (status == ST_OK)
        return error_set(error, ST_DAMAGED, "store: a row of table stock cannot be read");
    return store_failed(txn, error);
}

static const struct store_migration migrations[] = {{1, from_1}, {2, from_2}};
static const struct store_schema schema = {STORE_SCHEMA, migrations,
                                           sizeof migrations / sizeof *migrations};

const struct store_schema *engine_schema(void)
{
    return &schema;
}
