/* What was changed since a plan was made, orders left aside. */
#include "engine/plan.h"
#include "engine/state.h"

static bool by_order(uint32_t cause)
{
    return cause == CAUSE_ORDER || cause == CAUSE_RETURN;
}

/* The pair's entries after that command and before the other one. */
static enum status look_at_entries(struct store_txn *txn, struct bytes pair, uint64_t sequence,
                                   uint64_t before, bool *changed)
{
    uint8_t from[20];
    struct bytes key, value;
    memcpy(from, pair.data, 12);
    bytes_put_u64(from + 12, sequence + 1);
    struct store_cursor *cursor = store_cursor(txn, TABLE_LEDGER);
    enum status status = store_seek(cursor, bytes_of(from, sizeof from), &key, &value);
    while (status == ST_OK && !*changed && key_starts(key, bytes_of(from, 12))) {
        struct ledger_record entry;
        if (bytes_get_u64((const uint8_t *)key.data + 12) >= before) break;
        if (value.size != sizeof entry) {
            status = ST_DAMAGED;
            break;
        }
        memcpy(&entry, value.data, sizeof entry);
        *changed = !by_order(entry.cause);
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

enum status plan_product_changed(struct store_txn *txn, uint64_t product, uint64_t sequence,
                                 uint64_t before, bool *changed, struct error *error)
{
    uint8_t prefix[8];
    struct bytes key, value;
    bytes_put_u64(prefix, product);
    *changed = false;
    struct store_cursor *cursor = store_cursor(txn, TABLE_STOCK);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    while (status == ST_OK && !*changed && key_starts(key, bytes_of(prefix, sizeof prefix))) {
        struct stock_record stock;
        if (value.size != sizeof stock || key.size != 12) {
            status = ST_DAMAGED;
            break;
        }
        memcpy(&stock, value.data, sizeof stock);
        if (stock.revision > sequence) {
            uint8_t pair[12];
            memcpy(pair, key.data, sizeof pair);
            status = look_at_entries(txn, bytes_of(pair, sizeof pair), sequence, before, changed);
        }
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(txn, status, "stock", error) == ST_OK ? ST_OK : ST_DAMAGED;
}
