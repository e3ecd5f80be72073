/* Closed drifts that are older than they have to be kept. */
#include "engine/drift_rows.h"

static enum status forget_of(struct applying *a, uint32_t account, int64_t before_ms,
                             uint32_t *left)
{
    struct key from = {0};
    struct bytes key, value;
    key_u32(&from, account);
    key_u64(&from, drift_newest(before_ms - 1));
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_DRIFT);
    enum status status = store_seek(cursor, key_bytes(&from), &key, &value);
    while (status == ST_OK && *left && key.size == DRIFT_KEY_SIZE &&
           bytes_get_u32(key.data) == account) {
        struct drift_record record;
        if (value.size != sizeof record) {
            status = ST_DAMAGED;
            break;
        }
        memcpy(&record, value.data, sizeof record);
        (*left)--;
        if (record.end != DRIFT_OPEN) {
            struct target_id id = target_key_read((const uint8_t *)key.data + 12);
            struct key index = drift_target_key(&id, record.opened_ms);
            applying_sequence(a);
            store_cursor_delete(cursor);
            store_delete(a->txn, TABLE_DRIFT_TARGET, key_bytes(&index));
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, "drift", a->error);
}

enum status drift_forget(struct applying *a, int64_t before_ms, uint32_t *left)
{
    const struct directory *d = engine_directory(a->engine, a->txn, a->error);
    enum status status = ST_OK;
    if (!d) return ST_DAMAGED;
    if (store_count(a->txn, TABLE_DRIFT) == 0) return ST_OK;
    for (uint32_t i = 0; i < d->account_count && status == ST_OK; i++)
        status = forget_of(a, d->accounts[i].no, before_ms, left);
    return status;
}
