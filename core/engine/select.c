/* Taking the next batch out of the outbox. */
#include "engine/select.h"

#include "engine/flight.h"
#include "engine/item.h"

struct selecting {
    struct applying a;
    const struct engine_select *ask;
    const struct engine_rules *rules;
    const struct engine_route *route;
    struct engine_batch *batch;
    struct store_cursor *outbox;
    uint32_t most; /* shrinks to the smallest cap of an item taken */
    uint32_t scanned;
};

enum verdict { TAKEN, SETTLED, LATER, FULL, BROKEN };

/* ---- one due row */

static uint32_t best_routes(const struct selecting *s, const struct engine_item *item,
                            uint32_t *routes)
{
    if (s->rules->item_routes)
        return s->rules->item_routes(s->rules->ctx, item, routes, ENGINE_ROUTES_MAX);
    routes[0] = 0;
    return 1;
}

/* Whether the item goes by the route asked for. Its second choice counts only where its first would
 * be too small a batch, which the caller finds by asking for that first. */
static bool takes_route(struct selecting *s, const struct engine_item *item)
{
    uint32_t routes[ENGINE_ROUTES_MAX];
    uint32_t count = best_routes(s, item, routes);
    for (uint32_t i = 0; i < count && i < ENGINE_ROUTES_MAX; i++) {
        if (routes[i] == s->ask->route) return true;
        if (i == 0 && routes[i] < ENGINE_ROUTES_MAX) s->batch->other_routes |= 1u << routes[i];
    }
    return false;
}

static bool same_group(const struct selecting *s, const struct engine_item *item)
{
    const struct engine_item *first = &s->batch->items[0];
    if (item == first) return true;
    switch (s->route->grouping) {
    case GROUPING_NONE: return true;
    case GROUPING_WAREHOUSE: return item->target.remote == first->target.remote;
    case GROUPING_LISTING: return strcmp(item->group, first->group) == 0;
    case GROUPING_VALUE: return item->wanted == first->wanted;
    }
    return false;
}

/* The write is recorded as sent before it can be: from here on it is open until something closes it
 * (I4, I5). */
static void record_sent(struct selecting *s, struct target *t)
{
    struct target_record *r = &t->record;
    if (r->flags & TARGET_UNRESOLVED) { /* an abandoned write, passed by a decrease */
        struct key key = {0};
        key_u32(&key, t->id.account);
        key_u64(&key, (uint64_t)r->look_ms);
        key_target(&key, &t->id);
        store_delete(s->a.txn, TABLE_UNRESOLVED, key_bytes(&key));
    }
    r->flags &= ~(uint32_t)(TARGET_QUEUED | TARGET_FORCED | TARGET_UNRESOLVED | TARGET_ABANDONED);
    r->flags |= TARGET_OPEN;
    r->sent_value = r->wanted_value;
    r->sent_revision = r->wanted_revision;
    r->sent_ms = s->ask->now_ms;
    r->route = (uint8_t)s->ask->route;
    r->looks = 0;
    target_save(&s->a, t);
}

static enum verdict take(struct selecting *s, struct target *t)
{
    uint32_t cap = t->record.batch_cap;
    if (cap && s->batch->count >= cap) return LATER;
    struct engine_item *item;
    enum status status = item_fill(&s->a, t, s->batch, &item);
    if (status == ST_NOT_FOUND) { /* its listing is gone: nothing can be sent */
        target_delete(&s->a, t);
        return SETTLED;
    }
    if (status != ST_OK) return BROKEN;
    if (!takes_route(s, item) || !same_group(s, item)) {
        item_drop_last(s->batch);
        return LATER;
    }
    if (cap && cap < s->most) s->most = cap;
    store_cursor_delete(s->outbox);
    record_sent(s, t);
    return TAKEN;
}

static enum verdict consider(struct selecting *s, const struct target_id *id)
{
    struct target target;
    enum status status = target_load(s->a.txn, id, &target, s->a.error);
    if (status != ST_OK) return BROKEN;
    if (!target.exists) {
        store_cursor_delete(s->outbox);
        return SETTLED;
    }
    uint8_t priority = target.record.queued_priority;
    uint64_t revision = target.record.wanted_revision;
    status = target_recompute(&s->a, &target);
    if (status != ST_OK) return BROKEN;
    int64_t due = target.record.queued_due_ms;
    target_settle(&s->a, &target);
    bool here = target.record.flags & TARGET_QUEUED && target.record.queued_priority == priority &&
                target.record.queued_due_ms == due;
    if (!here) { /* nothing to send any more, or it moved to another place of the outbox */
        target_save(&s->a, &target);
        return SETTLED;
    }
    enum verdict verdict = take(s, &target);
    if (verdict == LATER && target.record.wanted_revision != revision) target_save(&s->a, &target);
    return verdict;
}

/* ---- the outbox, in order */

static struct key place_key(uint32_t account, uint64_t group, uint8_t priority)
{
    struct key key = {0};
    key_u32(&key, account);
    key_u64(&key, group);
    key_u8(&key, priority);
    return key;
}

static enum status seek_place(struct selecting *s, uint64_t group, uint8_t priority,
                              struct bytes *key)
{
    struct key from = place_key(s->ask->account, group, priority);
    struct bytes value;
    enum status status = store_seek(s->outbox, key_bytes(&from), key, &value);
    if (status == ST_OK &&
        (key->size != OUTBOX_KEY_SIZE || bytes_get_u32(key->data) != s->ask->account))
        return ST_NOT_FOUND;
    return status;
}

static bool full(const struct selecting *s)
{
    return s->batch->count >= s->most || s->scanned >= ENGINE_SCAN_MAX;
}

/* Due rows of one (group, priority), oldest first. */
static enum status walk_priority(struct selecting *s, uint64_t group, uint8_t priority)
{
    struct bytes key, value;
    enum status status = seek_place(s, group, priority, &key);
    while (status == ST_OK && bytes_get_u32(key.data) == s->ask->account) {
        struct outbox_place place = outbox_key_place(key.data);
        if (place.group != group || place.priority != priority) break;
        if (place.due_ms > s->ask->now_ms) {
            if (place.due_ms < s->batch->next_due_ms) s->batch->next_due_ms = place.due_ms;
            break;
        }
        if (s->ask->holding || full(s)) {
            if (!s->batch->more) s->batch->decreases = priority != PRIORITY_INCREASE;
            s->batch->more = true;
            break;
        }
        s->scanned++;
        uint8_t at[OUTBOX_KEY_SIZE];
        memcpy(at, key.data, sizeof at);
        struct target_id id = target_key_read(at + 21);
        enum verdict verdict = consider(s, &id);
        if (verdict == BROKEN) return ST_DAMAGED;
        s->batch->settled += verdict == SETTLED;
        if (verdict == SETTLED) /* rows of other places may have moved: find this place again */
            status = store_seek(s->outbox, bytes_of(at, sizeof at), &key, &value);
        else
            status = store_next(s->outbox, &key, &value);
        if (status == ST_OK && key.size != OUTBOX_KEY_SIZE) break;
    }
    return status == ST_NOT_FOUND ? ST_OK : status;
}

static enum status walk(struct selecting *s)
{
    struct bytes key;
    uint64_t group = 0;
    enum status status;
    while ((status = seek_place(s, group, 0, &key)) == ST_OK) {
        group = outbox_key_place(key.data).group;
        for (uint8_t priority = 0; priority < PRIORITY_COUNT && status == ST_OK; priority++)
            status = walk_priority(s, group, priority);
        if (status != ST_OK || group == UINT64_MAX) return status;
        if (s->batch->count && s->route->grouping != GROUPING_NONE &&
            s->route->grouping != GROUPING_VALUE) {
            if (seek_place(s, group + 1, 0, &key) == ST_OK) s->batch->more = true;
            return ST_OK;
        }
        if (full(s) && s->batch->more) return ST_OK;
        group++;
    }
    return status == ST_NOT_FOUND ? ST_OK : status;
}

static void leave_flight(struct selecting *s)
{
    size_t size = (size_t)s->batch->count * TARGET_KEY_SIZE;
    uint8_t *keys = arena_alloc(&s->batch->memory, size);
    for (uint32_t i = 0; i < s->batch->count; i++)
        target_key_write(keys + (size_t)i * TARGET_KEY_SIZE, &s->batch->items[i].target);
    flight_put(&s->a, s->ask->account, s->ask->operation, bytes_of(keys, size));
}

static void store_quotas(struct selecting *s)
{
    for (uint32_t i = 0; i < s->ask->quota_count; i++)
        store_put(s->a.txn, TABLE_QUOTA, bytes_text(s->ask->quotas[i].bucket),
                  s->ask->quotas[i].state);
}

enum status engine_select(struct engine *engine, struct store_txn *txn,
                          const struct engine_select *select, struct engine_batch *batch,
                          struct error *error)
{
    const struct command as = {.kind = COMMAND_ROWS, .now_ms = select->now_ms};
    const struct engine_rules *rules = engine_rules(engine, select->account);
    struct selecting s = {
        .a = {.engine = engine, .txn = txn, .command = &as, .error = error},
        .ask = select,
        .rules = rules,
        .route = &rules->routes[select->route < rules->route_count ? select->route : 0],
        .batch = batch,
        .most = select->most < ENGINE_BATCH_MAX ? select->most : ENGINE_BATCH_MAX,
        .outbox = store_cursor(txn, TABLE_OUTBOX),
    };
    batch->count = batch->other_routes = batch->settled = 0;
    batch->more = batch->decreases = false;
    batch->next_due_ms = INT64_MAX;
    arena_reset(&batch->memory);
    enum status status = walk(&s);
    store_cursor_close(s.outbox);
    if (status != ST_OK) return engine_read_failed(txn, status, "outbox", error), status;
    if (batch->count) {
        leave_flight(&s);
        store_quotas(&s);
    }
    return store_failed(txn, error);
}

/* ---- unresolved writes to look for */

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
    status = item_fill(a, &target, batch, &item);
    if (status != ST_OK) return status == ST_NOT_FOUND ? ST_OK : status;
    item->wanted = target.record.sent_value;
    item->revision = target.record.sent_revision;
    struct key old = {0}, new = {0};
    key_u32(&old, id->account);
    key_u64(&old, (uint64_t)target.record.look_ms);
    key_target(&old, id);
    target.record.look_ms = a->command->now_ms + lease_ms;
    key_u32(&new, id->account);
    key_u64(&new, (uint64_t)target.record.look_ms);
    key_target(&new, id);
    store_delete(a->txn, TABLE_UNRESOLVED, key_bytes(&old));
    store_put(a->txn, TABLE_UNRESOLVED, key_bytes(&new), bytes_of("", 0));
    target_save(a, &target);
    return ST_OK;
}

enum status engine_select_looks(struct engine *engine, struct store_txn *txn, uint32_t account,
                                bool notes, uint32_t most, int64_t now_ms, int64_t lease_ms,
                                struct engine_batch *batch, struct error *error)
{
    const struct command as = {.kind = COMMAND_ROWS, .now_ms = now_ms};
    struct applying a = {.engine = engine, .txn = txn, .command = &as, .error = error};
    batch->count = 0;
    batch->more = false;
    batch->next_due_ms = INT64_MAX;
    arena_reset(&batch->memory);
    struct key from = {0};
    key_u32(&from, account);
    enum { LOOKS_SCAN_MAX = 4096 };
    for (uint32_t scanned = 0; scanned < LOOKS_SCAN_MAX && batch->count < most; scanned++) {
        struct store_cursor *cursor = store_cursor(txn, TABLE_UNRESOLVED);
        struct bytes key, value;
        enum status status = store_seek(cursor, key_bytes(&from), &key, &value);
        bool mine = status == ST_OK && key.size == 12 + TARGET_KEY_SIZE &&
                    bytes_get_u32(key.data) == account;
        int64_t look = mine ? (int64_t)bytes_get_u64((const uint8_t *)key.data + 4) : 0;
        struct target_id id = {0};
        if (mine) {
            id = target_key_read((const uint8_t *)key.data + 12);
            from.size = 0;
            key_add(&from, key);
            key_u8(&from, 0); /* the next row after this one */
        }
        store_cursor_close(cursor);
        if (!mine) return engine_read_failed(txn, status, "unresolved", error);
        if (look > now_ms) {
            batch->next_due_ms = look;
            return ST_OK;
        }
        status = look_one(&a, &id, notes, lease_ms, batch);
        if (status != ST_OK) return status;
    }
    batch->more = true;
    return store_failed(txn, error);
}
