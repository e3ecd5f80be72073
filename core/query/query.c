/* What all queries share: opening, pages, finding what is named. */
#include "query/query.h"

#include "query/rows.h"

enum status query_open(struct query *query, struct store_txn *txn, struct error *error)
{
    *query = (struct query){.txn = txn, .error = error};
    return directory_load(txn, &query->directory, error);
}

void query_close(struct query *query)
{
    directory_free(query->directory);
    query->directory = NULL;
}

enum status query_damaged(struct query *query, enum store_table table)
{
    return error_set(query->error, ST_DAMAGED,
                     "store: a row of table %s cannot be read; run `stockctl store verify`",
                     store_table_name(table));
}

enum status query_failed(struct query *query, enum status status, enum store_table table)
{
    if (status == ST_OK || status == ST_NOT_FOUND) return ST_OK;
    enum status failed = store_failed(query->txn, query->error);
    return failed != ST_OK ? failed : query_damaged(query, table);
}

/* ---- pages: a place is the key of the last row looked at */

static enum status first_row(struct query *query, struct store_cursor *cursor, struct bytes prefix,
                             const struct query_page *page, struct bytes *key, struct bytes *value)
{
    if (page->from.size == 0) return store_seek(cursor, prefix, key, value);
    if (page->from.size > KEY_MAX || !key_starts(page->from, prefix))
        return error_set(query->error, ST_INVALID,
                         "that place is not one of this list; begin at its beginning");
    enum status status = store_seek(cursor, page->from, key, value);
    return status == ST_OK && bytes_equal(*key, page->from) ? store_next(cursor, key, value)
                                                            : status;
}

enum status query_walk(struct query *query, enum store_table table, struct bytes prefix,
                       struct query_page *page, query_look look, void *ctx)
{
    uint32_t limit = page->limit ? page->limit : QUERY_PAGE_DEFAULT, given = 0, seen = 0;
    if (limit > QUERY_PAGE_MAX) limit = QUERY_PAGE_MAX;
    page->next_size = 0;
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(query->txn, table);
    enum status status = first_row(query, cursor, prefix, page, &key, &value);
    struct bytes last = {0};
    while (status == ST_OK && key_starts(key, prefix)) {
        if (given == limit || seen == QUERY_SCAN_MAX) { /* there is more */
            memcpy(page->next, last.data, last.size);
            page->next_size = last.size;
            break;
        }
        enum look did = look(query, ctx, key, value);
        if (did == LOOK_STOP) break;
        if (did == LOOK_BROKEN) {
            store_cursor_close(cursor);
            return ST_DAMAGED;
        }
        given += did == LOOK_GIVEN;
        seen++;
        last = key;
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == ST_INVALID ? status : query_failed(query, status, table);
}

enum status query_count_prefix(struct query *query, enum store_table table, struct bytes prefix,
                               struct query_count *count)
{
    *count = (struct query_count){.whole = true};
    struct bytes key;
    struct store_cursor *cursor = store_cursor(query->txn, table);
    enum status status = store_seek(cursor, prefix, &key, NULL);
    while (status == ST_OK && key_starts(key, prefix)) {
        if (count->count == QUERY_COUNT_MAX) {
            count->whole = false;
            break;
        }
        count->count++;
        status = store_next(cursor, &key, NULL);
    }
    store_cursor_close(cursor);
    return query_failed(query, status, table);
}

/* ---- finding what is named */

enum status query_find_product(struct query *query, struct bytes sku, uint64_t *product)
{
    struct bytes value;
    enum status status = sku.size && sku.size <= KEY_TEXT_MAX
                             ? store_get(query->txn, TABLE_PRODUCT_SKU, sku, &value)
                             : ST_NOT_FOUND;
    if (status == ST_NOT_FOUND)
        return error_set(query->error, ST_NOT_FOUND, "there is no product '%.*s'", (int)sku.size,
                         (const char *)sku.data);
    if (status != ST_OK) return query_failed(query, status, TABLE_PRODUCT_SKU);
    if (value.size != 8) return query_damaged(query, TABLE_PRODUCT_SKU);
    *product = bytes_get_u64(value.data);
    return ST_OK;
}

enum status query_find_account(struct query *query, struct bytes name,
                               const struct directory_account **account)
{
    *account = directory_account_by_name(query->directory, name);
    if (*account) return ST_OK;
    return error_set(query->error, ST_NOT_FOUND, "there is no account '%.*s'", (int)name.size,
                     (const char *)name.data);
}

enum status query_find_source(struct query *query, struct bytes name,
                              const struct directory_account **source)
{
    *source = directory_source_by_name(query->directory, name);
    return *source ? ST_OK : query_find_account(query, name, source);
}

enum status query_find_named(struct query *query, query_find_fn *find, struct bytes name,
                             struct bytes sku, const struct directory_account **account,
                             uint64_t *product)
{
    enum status status = name.size ? find(query, name, account) : ST_OK;
    return status == ST_OK && sku.size ? query_find_product(query, sku, product) : status;
}

struct bytes query_sku(struct query *query, uint64_t product)
{
    struct query_product found;
    struct query quiet = *query;
    quiet.error = NULL;
    if (query_product_by_number(&quiet, product, &found) != ST_OK) return bytes_of("", 0);
    return found.product.sku;
}

enum status query_load_listing(struct query *query, uint32_t account, uint64_t listing,
                               struct listing_view *view)
{
    uint8_t key[12];
    bytes_put_u32(key, account);
    bytes_put_u64(key + 4, listing);
    struct bytes value;
    enum status status = store_get(query->txn, TABLE_LISTING, bytes_of(key, sizeof key), &value);
    if (status == ST_NOT_FOUND) return status;
    if (status != ST_OK) return query_failed(query, status, TABLE_LISTING);
    return listing_read(value, view) == ST_OK ? ST_OK : query_damaged(query, TABLE_LISTING);
}
