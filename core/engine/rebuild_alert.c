/* The index of open alerts, which lies in the table it is an index of. An alert that lost its
 * row there was opened anew, and nobody would ever close the old one: it is closed. */
#include "engine/rebuild_private.h"

#include "engine/alert_row.h"

static bool row_of(struct store_txn *txn, uint64_t number, struct alert_row_head *head,
                   struct bytes *value)
{
    struct key key;
    alert_row_number_key(&key, number);
    if (!number || store_get(txn, TABLE_ALERT, key_bytes(&key), value) != ST_OK) return false;
    struct wire_reader r = wire_reader(*value);
    return alert_row_head_get(&r, head);
}

/* Whether the number is that of an open alert with that fingerprint. */
static bool is_open_as(struct store_txn *txn, uint64_t number, struct bytes fingerprint)
{
    struct alert_row_head head;
    struct bytes value;
    return row_of(txn, number, &head, &value) && !head.closed_ms &&
           bytes_equal(head.fingerprint, fingerprint);
}

enum rebuild_alert rebuild_alert_look(struct store_txn *txn, struct bytes key, struct bytes value)
{
    struct alert_row_head head;
    struct wire_reader r = wire_reader(value);
    struct bytes found;
    struct key at;
    uint64_t number = alert_row_number(key);
    if (!number || !alert_row_head_get(&r, &head) || head.closed_ms) return REBUILD_ALERT_RIGHT;
    alert_row_open_key(&at, head.fingerprint);
    bool indexed = store_get(txn, TABLE_ALERT, key_bytes(&at), &found) == ST_OK;
    uint64_t other = indexed ? alert_row_open_number(found) : 0;
    if (other == number) return REBUILD_ALERT_RIGHT;
    return is_open_as(txn, other, head.fingerprint) ? REBUILD_ALERT_LEFT : REBUILD_ALERT_LOST;
}

void rebuild_alert_mend(struct store_txn *txn, struct bytes key, struct bytes value,
                        enum rebuild_alert what, int64_t now_ms)
{
    struct alert_row_head head;
    struct wire_reader r = wire_reader(value);
    struct buf row;
    struct key at;
    uint8_t number[8];
    if (!alert_row_head_get(&r, &head)) return;
    if (what == REBUILD_ALERT_LOST) {
        alert_row_open_key(&at, head.fingerprint);
        bytes_put_u64(number, alert_row_number(key));
        store_put(txn, TABLE_ALERT, key_bytes(&at), bytes_of(number, sizeof number));
        return;
    }
    head.closed_ms = now_ms;
    buf_init(&row, value.size + 64);
    alert_row_head_put(&row, &head);
    buf_add(&row, r.at, (size_t)(r.end - r.at));
    store_put(txn, TABLE_ALERT, key, bytes_of(row.data, row.size));
    buf_free(&row);
}

bool rebuild_alert_is_index(struct bytes key)
{
    return key.size && *(const uint8_t *)key.data == ALERT_ROW_OPEN;
}

bool rebuild_alert_is_index_right(struct store_txn *txn, struct bytes key, struct bytes value)
{
    const struct bytes fingerprint = bytes_of((const uint8_t *)key.data + 1, key.size - 1);
    return is_open_as(txn, alert_row_open_number(value), fingerprint);
}
