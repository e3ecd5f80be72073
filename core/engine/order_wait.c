/* Order lines that wait: tried again when what they lacked may have come, and given up when
 * somebody else counts from now on. */
#include "engine/apply.h"
#include "engine/order_row.h"
#include "engine/sweep.h"

/* ---- lines that wait */

void order_retry(struct applying *a, uint32_t account)
{
    if (store_count(a->txn, TABLE_ORDER_HELD) > 0) sweep_orders(a, account);
}

void order_retry_all(struct applying *a)
{
    order_retry(a, 0);
}

/* The next lines of such a table, so that applying may change it. */
static enum status read_lines(struct applying *a, enum store_table table, uint32_t account,
                              const struct key *after, struct key *list, uint32_t limit,
                              uint32_t *count)
{
    struct key from = *after;
    if (from.size == 0 && account) key_u32(&from, account);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(a->txn, table);
    enum status status = store_seek(cursor, key_bytes(&from), &key, &value);
    *count = 0;
    while (status == ST_OK && *count < limit && key.size > 4 && key.size <= KEY_MAX) {
        if (account && bytes_get_u32(key.data) != account) break;
        if (!bytes_equal(key, key_bytes(after))) {
            struct key *at = &list[(*count)++];
            at->size = 0;
            key_add(at, key);
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, store_table_name(table), a->error);
}

static enum status retry_line(struct applying *a, const struct key *key)
{
    struct buf memory;
    struct order_view was;
    enum status status = order_row_load(a, key, &memory, &was);
    if (status == ST_NOT_FOUND) return ST_OK;
    if (status != ST_OK) return status;
    struct order_row row = {.account = bytes_get_u32(key->at),
                            .key = bytes_of(key->at + 4, key->size - 4),
                            .was = &was,
                            .now = was};
    status = order_row_apply(a, &row);
    buf_free(&memory);
    return status;
}

enum status order_retry_chunk(struct applying *a, uint32_t account, struct key *after,
                              uint32_t limit, bool *end)
{
    enum { CHUNK = 64 };
    struct key list[CHUNK];
    uint32_t count = 0, most = limit < CHUNK ? limit : CHUNK;
    enum status status = read_lines(a, TABLE_ORDER_HELD, account, after, list, most, &count);
    for (uint32_t i = 0; i < count && status == ST_OK; i++)
        status = retry_line(a, &list[i]);
    if (count) *after = list[count - 1];
    *end = count < most;
    a->result->rows += count;
    return status;
}

/* ---- lines that somebody else counts from now on */

/* What has left stays as it is; what had not is theirs. */
static enum status leave_line(struct applying *a, const struct key *key)
{
    struct buf memory;
    struct order_view was;
    enum status status = order_row_load(a, key, &memory, &was);
    if (status != ST_OK) return status;
    struct order_row row = {.account = bytes_get_u32(key->at),
                            .key = bytes_of(key->at + 4, key->size - 4),
                            .was = &was,
                            .now = was};
    if (order_taken_of(&was).shipped > 0) {
        row.now.held = ORDER_HELD_NOT;
        order_row_save(a, &row);
    } else {
        row.now.exempt = ORDER_EXEMPT_EXTERNAL;
        status = order_row_apply(a, &row);
    }
    buf_free(&memory);
    return status;
}

enum status order_leave_chunk(struct applying *a, uint32_t account, uint32_t limit, bool *end)
{
    enum { CHUNK = 64 };
    static const enum store_table tables[] = {TABLE_ORDER_OPEN, TABLE_ORDER_HELD};
    struct key list[CHUNK];
    const struct key first = {0};
    const struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_account *of = directory_account(d, account);
    uint32_t most = limit < CHUNK ? limit : CHUNK, count = 0;
    *end = true;
    if (!of || of->orders_import) return ST_OK; /* imported again: the rest never left */
    enum status status = ST_OK;
    for (int t = 0; t < 2 && status == ST_OK && count == 0; t++) {
        status = read_lines(a, tables[t], account, &first, list, most, &count);
        for (uint32_t i = 0; i < count && status == ST_OK; i++)
            status = leave_line(a, &list[i]);
    }
    *end = count == 0;
    a->result->rows += count;
    return status;
}
