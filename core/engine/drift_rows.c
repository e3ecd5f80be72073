/* Drifts as rows: the drift, the index of its target, and that of open ones. */
#include "engine/drift_rows.h"

#include "engine/day.h"

struct key drift_key(const struct target_id *id, int64_t opened_ms)
{
    struct key key = {0};
    key_u32(&key, id->account);
    key_u64(&key, drift_newest(opened_ms));
    key_target(&key, id);
    return key;
}

struct key drift_target_key(const struct target_id *id, int64_t opened_ms)
{
    struct key key = {0};
    key_target(&key, id);
    key_u64(&key, drift_newest(opened_ms));
    return key;
}

struct key drift_open_key(const struct target_id *id)
{
    struct key key = {0};
    key_u32(&key, id->account);
    key_target(&key, id);
    return key;
}

enum status drift_load(struct store_txn *txn, const struct target_id *id, int64_t opened_ms,
                       struct drift_record *record)
{
    struct key key = drift_key(id, opened_ms);
    struct bytes value;
    enum status status = store_get(txn, TABLE_DRIFT, key_bytes(&key), &value);
    if (status != ST_OK) return status;
    if (value.size != sizeof *record) return ST_DAMAGED;
    memcpy(record, value.data, sizeof *record);
    return ST_OK;
}

enum status drift_load_open(struct store_txn *txn, const struct target_id *id,
                            struct drift_record *record)
{
    struct key key = drift_open_key(id);
    struct bytes value;
    enum status status = store_get(txn, TABLE_DRIFT_OPEN, key_bytes(&key), &value);
    if (status != ST_OK) return status;
    if (value.size != 8) return ST_DAMAGED;
    status = drift_load(txn, id, (int64_t)bytes_get_u64(value.data), record);
    return status == ST_NOT_FOUND ? ST_DAMAGED : status;
}

enum status drift_load_newest(struct applying *a, const struct target_id *id,
                              struct drift_record *record)
{
    uint8_t prefix[TARGET_KEY_SIZE];
    target_key_write(prefix, id);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_DRIFT_TARGET);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    bool has = status == ST_OK && key.size == DRIFT_TARGET_KEY_SIZE &&
               key_starts(key, bytes_of(prefix, sizeof prefix));
    uint64_t newest = has ? bytes_get_u64((const uint8_t *)key.data + TARGET_KEY_SIZE) : 0;
    store_cursor_close(cursor);
    if (status == ST_OK && !has) return ST_NOT_FOUND;
    if (status == ST_OK && drift_load(a->txn, id, drift_opened(newest), record) != ST_OK)
        status = ST_DAMAGED;
    if (status != ST_OK && status != ST_NOT_FOUND)
        engine_read_failed(a->txn, status, "drift", a->error);
    return status;
}

void drift_save(struct applying *a, const struct target_id *id, const struct drift_record *record)
{
    struct key key = drift_key(id, record->opened_ms);
    applying_sequence(a);
    store_put(a->txn, TABLE_DRIFT, key_bytes(&key), bytes_of(record, sizeof *record));
}

void drift_put(struct applying *a, struct target *t, const struct drift_record *record)
{
    drift_save(a, &t->id, record);
    if (t->record.flags & TARGET_DRIFT) return;
    day_count(a->engine->days, t->id.account, record->opened_ms, DAY_DRIFT_FOUND, 1);
    uint8_t opened[8];
    bytes_put_u64(opened, (uint64_t)record->opened_ms);
    struct key open = drift_open_key(&t->id), index = drift_target_key(&t->id, record->opened_ms);
    store_put(a->txn, TABLE_DRIFT_OPEN, key_bytes(&open), bytes_of(opened, sizeof opened));
    store_put(a->txn, TABLE_DRIFT_TARGET, key_bytes(&index), bytes_of("", 0));
    t->record.flags |= TARGET_DRIFT;
}

/* The target's rows beyond those that are kept. */
static enum status drop_oldest(struct applying *a, const struct target_id *id)
{
    uint8_t prefix[TARGET_KEY_SIZE];
    target_key_write(prefix, id);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_DRIFT_TARGET);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    for (uint32_t n = 0; status == ST_OK && key.size == DRIFT_TARGET_KEY_SIZE &&
                         key_starts(key, bytes_of(prefix, sizeof prefix));
         n++) {
        if (n >= DRIFT_KEPT_PER_TARGET) {
            uint64_t newest = bytes_get_u64((const uint8_t *)key.data + TARGET_KEY_SIZE);
            struct key row = drift_key(id, drift_opened(newest));
            store_cursor_delete(cursor);
            store_delete(a->txn, TABLE_DRIFT, key_bytes(&row));
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, "drift_target", a->error);
}

enum status drift_close(struct applying *a, struct target *t, enum drift_end end)
{
    struct drift_record record;
    if (!(t->record.flags & TARGET_DRIFT)) return ST_OK;
    enum status status = drift_load_open(a->txn, &t->id, &record);
    t->record.flags &= ~(uint32_t)TARGET_DRIFT;
    if (status != ST_OK) {
        engine_read_failed(a->txn, ST_DAMAGED, "drift", a->error);
        return ST_DAMAGED;
    }
    record.end = (uint8_t)end;
    record.closed_ms = a->command->now_ms;
    struct key open = drift_open_key(&t->id);
    drift_save(a, &t->id, &record);
    store_delete(a->txn, TABLE_DRIFT_OPEN, key_bytes(&open));
    return drop_oldest(a, &t->id);
}

enum status drift_repairs(struct applying *a, const struct target *t, int64_t from_ms,
                          uint32_t *count, int64_t *last_ms)
{
    uint8_t prefix[TARGET_KEY_SIZE];
    target_key_write(prefix, &t->id);
    struct bytes key, value;
    *count = 0;
    *last_ms = 0;
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_DRIFT_TARGET);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    while (status == ST_OK && key.size == DRIFT_TARGET_KEY_SIZE &&
           key_starts(key, bytes_of(prefix, sizeof prefix))) {
        struct drift_record record;
        uint64_t newest = bytes_get_u64((const uint8_t *)key.data + TARGET_KEY_SIZE);
        status = drift_load(a->txn, &t->id, drift_opened(newest), &record);
        if (status != ST_OK) {
            status = ST_DAMAGED;
            break;
        }
        if (record.end == DRIFT_RELEASED) break;
        if (record.end != DRIFT_OPEN && record.repaired_ms >= from_ms) {
            *count += record.repairs;
            if (record.repaired_ms > *last_ms) *last_ms = record.repaired_ms;
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, "drift", a->error);
}
