/* Which unresolved writes to look for now. What is found is applied by outcome.c. */
#include "engine/item.h"
#include "engine/select.h"

static struct key look_key(const struct target *t)
{
    struct key key = {0};
    key_u32(&key, t->id.account);
    key_u64(&key, (uint64_t)t->record.look_ms);
    key_target(&key, &t->id);
    return key;
}

static enum status look_one(struct applying *a, const struct target_id *id, bool notes,
                            int64_t lease_ms, struct engine_batch *batch)
{
    struct target target;
    enum status status = target_load(a->txn, id, &target, a->error);
    if (status != ST_OK || !target.exists) return status;
    const struct engine_rules *rules = engine_rules(a->engine, id->account);
    uint8_t route = target.record.route < rules->route_count ? target.record.route : 0;
    bool by_note = rules->routes[route].by_note && target.record.note_size > 0;
    if (by_note != notes) return ST_OK;
    struct engine_item *item;
    struct listing_view listing;
    status = target_listing(a, id, &listing);
    if (status == ST_OK) status = item_fill(a, &target, &listing, batch, &item);
    if (status != ST_OK) return status == ST_NOT_FOUND ? ST_OK : status;
    item->wanted = target.record.sent_value;
    item->revision = target.record.sent_revision;
    struct key key = look_key(&target);
    store_delete(a->txn, TABLE_UNRESOLVED, key_bytes(&key));
    target.record.look_ms = a->command->now_ms + lease_ms;
    key = look_key(&target);
    store_put(a->txn, TABLE_UNRESOLVED, key_bytes(&key), bytes_of("", 0));
    target_save(a, &target);
    return ST_OK;
}

static enum status walk(struct applying *a, struct store_cursor *cursor, uint32_t account,
                        bool notes, uint32_t most, int64_t lease_ms, struct engine_batch *batch)
{
    struct bytes key, value;
    uint8_t prefix[4];
    bytes_put_u32(prefix, account);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    for (uint32_t scanned = 0; status == ST_OK; scanned++) {
        if (key.size != 12 + TARGET_KEY_SIZE || bytes_get_u32(key.data) != account) break;
        int64_t look_ms = (int64_t)bytes_get_u64((const uint8_t *)key.data + 4);
        if (look_ms > a->command->now_ms) {
            batch->next_due_ms = look_ms;
            break;
        }
        if (batch->count == most || scanned == ENGINE_SCAN_MAX) {
            batch->more = true;
            break;
        }
        struct target_id id = target_key_read((const uint8_t *)key.data + 12);
        status = look_one(a, &id, notes, lease_ms, batch);
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    return status;
}

enum status engine_select_looks(struct engine *engine, struct store_txn *txn, uint32_t account,
                                bool notes, uint32_t most, int64_t now_ms, int64_t lease_ms,
                                struct engine_batch *batch, struct error *error)
{
    const struct command as = {.kind = COMMAND_ROWS, .now_ms = now_ms};
    struct applying a = {.engine = engine, .txn = txn, .command = &as, .error = error};
    batch_reset(batch);
    struct store_cursor *cursor = store_cursor(txn, TABLE_UNRESOLVED);
    enum status status = walk(&a, cursor, account, notes, most, lease_ms < 1 ? 1 : lease_ms, batch);
    store_cursor_close(cursor);
    status = engine_read_failed(txn, status, "unresolved", error);
    return status == ST_OK ? store_failed(txn, error) : status;
}
