/* Which unresolved writes to look for now. What is found is applied by outcome_read.c. */
#include "engine/item.h"
#include "engine/select.h"

struct looking {
    struct applying a;
    const struct engine_looks *ask;
    struct engine_batch *batch;
};

static struct key look_key(const struct target *t)
{
    struct key key = {0};
    key_u32(&key, t->id.account);
    key_u64(&key, (uint64_t)t->record.look_ms);
    key_target(&key, &t->id);
    return key;
}

/* The plugin can be asked for it by the note that it left. */
static bool by_note(const struct looking *l, const struct target *t, uint8_t route)
{
    const struct engine_rules *rules = engine_rules(l->a.engine, t->id.account);
    return rules->routes[route].by_note && t->record.note_size > 0 &&
           t->record.data_version == rules->data_version;
}

/* Whether it can share an operation with the first one. */
static bool goes_along(const struct looking *l, const struct target *t, uint8_t route)
{
    const struct engine_batch *batch = l->batch;
    if (batch->count == 0) return true;
    if (l->ask->notes && route != batch->route) return false;
    return !l->ask->one_remote || t->id.remote == batch->items[0].target.remote;
}

static void lease(struct looking *l, struct target *t)
{
    struct key key = look_key(t);
    store_delete(l->a.txn, TABLE_UNRESOLVED, key_bytes(&key));
    t->record.look_ms = l->ask->now_ms + (l->ask->lease_ms < 1 ? 1 : l->ask->lease_ms);
    key = look_key(t);
    store_put(l->a.txn, TABLE_UNRESOLVED, key_bytes(&key), bytes_of("", 0));
    target_save(&l->a, t);
}

static enum status look_one(struct looking *l, const struct target_id *id)
{
    struct target target;
    enum status status = target_load(l->a.txn, id, &target, l->a.error);
    if (status != ST_OK || !target.exists) return status;
    target_bring_back(&l->a, &target); /* saved with its lease, or again the next time */
    const struct engine_rules *rules = engine_rules(l->a.engine, id->account);
    uint8_t route = target.record.route < rules->route_count ? target.record.route : 0;
    if (by_note(l, &target, route) != l->ask->notes) return ST_OK;
    if (target_sent_before(&l->a, &target, l->ask->other_time_ms)) return ST_OK;
    if (!goes_along(l, &target, route)) {
        l->batch->more = true;
        return ST_OK;
    }
    struct engine_item *item;
    struct listing_view listing;
    status = target_listing(&l->a, id, &listing);
    if (status == ST_OK) status = item_fill(&l->a, &target, &listing, l->batch, &item);
    if (status != ST_OK) return status == ST_NOT_FOUND ? ST_OK : status;
    item->wanted = target.record.sent_value;
    item->revision = target.record.sent_revision;
    l->batch->route = route;
    lease(l, &target);
    return ST_OK;
}

static enum status walk(struct looking *l, struct store_cursor *cursor)
{
    struct bytes key, value;
    uint8_t prefix[4];
    bytes_put_u32(prefix, l->ask->account);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    for (uint32_t scanned = 0; status == ST_OK; scanned++) {
        if (key.size != 12 + TARGET_KEY_SIZE || bytes_get_u32(key.data) != l->ask->account) break;
        int64_t look_ms = (int64_t)bytes_get_u64((const uint8_t *)key.data + 4);
        if (look_ms > l->ask->now_ms) {
            l->batch->next_due_ms = look_ms;
            break;
        }
        if (l->batch->count == l->ask->most || scanned == ENGINE_SCAN_MAX) {
            l->batch->more = true;
            break;
        }
        struct target_id id = target_key_read((const uint8_t *)key.data + 12);
        status = look_one(l, &id);
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    return status;
}

enum status engine_select_looks(struct engine *engine, struct store_txn *txn,
                                const struct engine_looks *ask, struct engine_batch *batch,
                                struct error *error)
{
    const struct command as = {.kind = COMMAND_ROWS, .now_ms = ask->now_ms};
    struct looking looking = {
        .a = {.engine = engine, .txn = txn, .command = &as, .error = error},
        .ask = ask,
        .batch = batch,
    };
    batch_reset(batch);
    engine_lives(engine, ask->now_ms);
    struct store_cursor *cursor = store_cursor(txn, TABLE_UNRESOLVED);
    enum status status = walk(&looking, cursor);
    store_cursor_close(cursor);
    status = engine_read_failed(txn, status, "unresolved", error);
    return status == ST_OK ? store_failed(txn, error) : status;
}
