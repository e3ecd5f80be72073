/* Figures that are to be read again, by id: asked for when a reading told nothing, or when a
 * decision waits for another one. A row is taken when its time has come and not put back: what is
 * lost with it, the next reading of everything finds. */
#include "engine/drift.h"
#include "engine/item.h"
#include "engine/select.h"

enum {
    REREAD_KEY_SIZE = 4 + 8 + TARGET_KEY_SIZE,
    /* Nothing is asked for later than in a quarter of an hour, or a settle time and a minute: what
     * waits longer was asked for in a life that ran ahead of the clock, and is read now. */
    LATEST_MS = 60 * 60 * 1000,
};

void reread_ask(struct applying *a, struct target *t, int64_t when_ms)
{
    if (t->record.flags & TARGET_REREAD) return;
    struct key key = {0};
    key_u32(&key, t->id.account);
    key_u64(&key, (uint64_t)(when_ms > 0 ? when_ms : 0));
    key_target(&key, &t->id);
    applying_sequence(a);
    store_put(a->txn, TABLE_REREAD, key_bytes(&key), bytes_of("", 0));
    t->record.flags |= TARGET_REREAD;
    engine_touch_looks(a->engine, t->id.account);
    a->engine->touched.rereads = true;
}

struct rereading {
    struct applying a;
    const struct engine_rereads *ask;
    struct engine_batch *batch;
};

static enum status take(struct rereading *s, const struct target_id *id)
{
    struct target target;
    struct listing_view listing;
    struct engine_item *item;
    enum status status = target_load(s->a.txn, id, &target, s->a.error);
    if (status != ST_OK || !target.exists || !(target.record.flags & TARGET_REREAD)) return status;
    target.record.flags &= ~(uint32_t)TARGET_REREAD;
    target_save(&s->a, &target);
    status = target_listing(&s->a, id, &listing);
    if (status == ST_OK) status = item_fill(&s->a, &target, &listing, s->batch, &item);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

static enum status walk(struct rereading *s, struct store_cursor *cursor)
{
    struct bytes key, value;
    uint8_t prefix[4];
    bytes_put_u32(prefix, s->ask->account);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    for (uint32_t scanned = 0; status == ST_OK; scanned++) {
        if (key.size != REREAD_KEY_SIZE || bytes_get_u32(key.data) != s->ask->account) break;
        int64_t due = (int64_t)bytes_get_u64((const uint8_t *)key.data + 4);
        if (due > s->ask->now_ms && due - s->ask->now_ms <= LATEST_MS) {
            s->batch->next_due_ms = due;
            break;
        }
        if (s->batch->count == s->ask->most || scanned == ENGINE_SCAN_MAX) {
            s->batch->more = true;
            break;
        }
        struct target_id id = target_key_read((const uint8_t *)key.data + 12);
        bool other =
            s->ask->one_remote && s->batch->count && id.remote != s->batch->items[0].target.remote;
        s->batch->more |= other;
        if (!other) {
            store_cursor_delete(cursor);
            status = take(s, &id);
        }
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    return status;
}

enum status engine_select_rereads(struct engine *engine, struct store_txn *txn,
                                  const struct engine_rereads *ask, struct engine_batch *batch,
                                  struct error *error)
{
    const struct command as = {.kind = COMMAND_ROWS, .now_ms = ask->now_ms};
    struct rereading s = {.a = {.engine = engine, .txn = txn, .command = &as, .error = error},
                          .ask = ask,
                          .batch = batch};
    batch_reset(batch);
    batch->reading = true;
    struct store_cursor *cursor = store_cursor(txn, TABLE_REREAD);
    enum status status = walk(&s, cursor);
    store_cursor_close(cursor);
    status = engine_read_failed(txn, status, "reread", error);
    return status == ST_OK ? store_failed(txn, error) : status;
}
