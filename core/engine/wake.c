/* The list of what is due at a time, and taking from it. */
#include "engine/wake.h"

#include "engine/apply.h"

enum { WAKE_KEY = 8 + 1 + 8, WAKE_CHUNK_MAX = 1024 };

struct key wake_key(int64_t due_ms, enum wake_kind kind, uint64_t number)
{
    struct key key = {0};
    key_u64(&key, (uint64_t)(due_ms > 0 ? due_ms : 0));
    key_u8(&key, (uint8_t)kind);
    key_u64(&key, number);
    return key;
}

void wake_put(struct applying *a, int64_t due_ms, enum wake_kind kind, uint64_t number)
{
    struct key key = wake_key(due_ms, kind, number);
    store_put(a->txn, TABLE_WAKE, key_bytes(&key), bytes_of("", 0));
    a->engine->touched.wakes = true;
}

void wake_delete(struct applying *a, int64_t due_ms, enum wake_kind kind, uint64_t number)
{
    struct key key = wake_key(due_ms, kind, number);
    store_delete(a->txn, TABLE_WAKE, key_bytes(&key));
}

/* The first row, when it is due. */
static bool first_due(struct store_txn *txn, int64_t now_ms, uint8_t at[WAKE_KEY])
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_WAKE);
    bool due = store_seek(cursor, bytes_of("", 0), &key, &value) == ST_OK && key.size == WAKE_KEY &&
               (int64_t)bytes_get_u64(key.data) <= now_ms;
    if (due) memcpy(at, key.data, WAKE_KEY);
    store_cursor_close(cursor);
    return due;
}

static enum status wake_one(struct applying *a, uint8_t kind, uint64_t number)
{
    switch (kind) {
    case WAKE_RESERVATION: return reservation_expired(a, number);
    case WAKE_VELOCITY: return velocity_passed(a, number);
    }
    return ST_OK;
}

enum status apply_wake(struct applying *a, struct wire_reader *r)
{
    uint32_t limit = wire_get_u32(r);
    uint8_t at[WAKE_KEY];
    if (limit == 0 || limit > WAKE_CHUNK_MAX) limit = WAKE_CHUNK_MAX;
    while (first_due(a->txn, a->command->now_ms, at)) {
        if (a->result->rows == limit) {
            a->result->more = true;
            return ST_OK;
        }
        store_delete(a->txn, TABLE_WAKE, bytes_of(at, sizeof at));
        applying_sequence(a);
        a->result->rows++;
        enum status status = wake_one(a, at[8], bytes_get_u64(at + 9));
        if (status != ST_OK) return status;
    }
    return ST_OK;
}

int64_t engine_wake_next(struct store_txn *txn)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_WAKE);
    bool found = store_seek(cursor, bytes_of("", 0), &key, &value) == ST_OK && key.size == WAKE_KEY;
    int64_t due = found ? (int64_t)bytes_get_u64(key.data) : INT64_MAX;
    store_cursor_close(cursor);
    return due;
}
