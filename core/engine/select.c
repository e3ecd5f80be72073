/* Taking the next batch out of the outbox. */
#include "engine/select.h"

#include "engine/flight.h"
#include "engine/item.h"

enum { URGENT_GROUPS_MAX = 1000 }; /* push groups searched for decreases before increases go */

struct selecting {
    struct applying a;
    const struct engine_select *ask;
    const struct engine_rules *rules;
    const struct engine_route *route;
    struct engine_batch *batch;
    struct store_cursor *outbox;
    struct target *waiting; /* the first items, until there are as many as the route needs */
    uint32_t least;         /* items the route needs */
    uint32_t most;          /* shrinks to the smallest cap of an item taken */
    uint32_t scanned;
    uint64_t group; /* of the first item */
};

enum verdict { TAKEN, SETTLED, LATER, BROKEN };

/* ---- one due row */

static uint32_t item_routes(const struct selecting *s, const struct engine_item *item,
                            uint32_t *routes)
{
    routes[0] = 0;
    if (!s->rules->item_routes) return 1;
    uint32_t count = s->rules->item_routes(s->rules->ctx, item, routes, ENGINE_ROUTES_MAX);
    return count < ENGINE_ROUTES_MAX ? count : ENGINE_ROUTES_MAX;
}

static void tell_route(struct selecting *s, uint32_t route)
{
    if (route < ENGINE_ROUTES_MAX) s->batch->other_routes |= 1u << route;
}

/* Whether the item can go by the route asked for, be it its first choice or a later one. */
static bool takes_route(struct selecting *s, const struct engine_item *item)
{
    uint32_t routes[ENGINE_ROUTES_MAX];
    uint32_t count = item_routes(s, item, routes);
    for (uint32_t i = 0; i < count; i++)
        if (routes[i] == s->ask->route) return true;
    if (count) tell_route(s, routes[0]);
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

/* Something due is left for another batch. */
static void tell_more(struct selecting *s, uint8_t priority)
{
    if (!s->batch->more) s->batch->decreases = priority != PRIORITY_INCREASE;
    s->batch->more = true;
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
        target_note_drop(t); /* was of that write */
    }
    r->flags &= ~(uint32_t)(TARGET_QUEUED | TARGET_FORCED | TARGET_UNRESOLVED | TARGET_TAKEN);
    r->flags |= TARGET_OPEN;
    r->sent_value = r->wanted_value;
    r->sent_revision = r->wanted_revision;
    r->sent_before_ms = r->sent_ms;
    r->sent_ms = s->ask->now_ms;
    r->route = (uint8_t)s->ask->route;
    r->looks = 0;
    target_save(&s->a, t);
}

/* The batch's last item is `t`. The first ones wait until the route has as many as it needs. */
static enum verdict keep(struct selecting *s, struct target *t)
{
    uint32_t count = s->batch->count;
    if (count < s->least) {
        s->waiting[count - 1] = *t;
        return LATER;
    }
    store_cursor_delete(s->outbox);
    record_sent(s, t);
    if (count > s->least) return TAKEN;
    for (uint32_t i = 0; i + 1 < count; i++) {
        target_dequeue(&s->a, &s->waiting[i]);
        record_sent(s, &s->waiting[i]);
    }
    return TAKEN;
}

static enum verdict take(struct selecting *s, struct target *t, const struct listing_view *listing)
{
    uint32_t cap = t->record.batch_cap;
    if (cap && s->batch->count >= cap) {
        tell_more(s, t->record.queued_priority);
        return LATER;
    }
    struct engine_item *item;
    if (item_fill(&s->a, t, listing, s->batch, &item) != ST_OK) return BROKEN;
    bool goes = takes_route(s, item);
    bool fits = same_group(s, item);
    if (goes && !fits) tell_more(s, t->record.queued_priority);
    if (!goes || !fits) {
        item_drop_last(s->batch);
        return LATER;
    }
    if (s->batch->count == 1) s->group = t->record.group;
    if (cap && cap < s->most) s->most = cap;
    return keep(s, t);
}

/* It left its place: nothing to send any more, or it waits elsewhere now. */
static void moved(struct selecting *s, const struct target *t)
{
    if (!(t->record.flags & TARGET_QUEUED)) return;
    if (t->record.queued_due_ms <= s->ask->now_ms)
        tell_more(s, t->record.queued_priority);
    else if (t->record.queued_due_ms < s->batch->next_due_ms)
        s->batch->next_due_ms = t->record.queued_due_ms;
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
    struct target_record before = target.record;
    struct listing_view listing;
    status = target_listing(&s->a, id, &listing);
    if (status == ST_NOT_FOUND) { /* nothing can be sent */
        target_retire(&s->a, &target);
        return SETTLED;
    }
    if (status == ST_OK) status = target_recompute(&s->a, &target, &listing);
    if (status != ST_OK) return BROKEN;
    target_settle(&s->a, &target);
    const struct target_record *now = &target.record;
    bool here = now->flags & TARGET_QUEUED && now->group == before.group &&
                now->queued_priority == before.queued_priority &&
                now->queued_due_ms == before.queued_due_ms;
    if (!here) {
        target_save(&s->a, &target);
        moved(s, &target);
        return SETTLED;
    }
    bool changed = memcmp(&before, now, sizeof before) != 0;
    enum verdict verdict = take(s, &target, &listing);
    if (verdict == LATER && changed) target_save(&s->a, &target);
    return verdict;
}

/* ---- the outbox, in order */

static enum status seek_place(struct selecting *s, uint64_t group, uint8_t priority,
                              struct bytes *key)
{
    struct key from = {0};
    struct bytes value;
    key_u32(&from, s->ask->account);
    key_u64(&from, group);
    key_u8(&from, priority);
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
    while (status == ST_OK && key.size == OUTBOX_KEY_SIZE &&
           bytes_get_u32(key.data) == s->ask->account) {
        struct outbox_place place = outbox_key_place(key.data);
        if (place.group != group || place.priority != priority) break;
        if (place.due_ms > s->ask->now_ms) {
            if (place.due_ms < s->batch->next_due_ms) s->batch->next_due_ms = place.due_ms;
            break;
        }
        if (s->ask->holding || full(s)) {
            tell_more(s, priority);
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
    }
    return status == ST_NOT_FOUND ? ST_OK : status;
}

/* The batch holds one push group and has its first item. */
static bool group_chosen(const struct selecting *s)
{
    return s->batch->count &&
           (s->route->grouping == GROUPING_WAREHOUSE || s->route->grouping == GROUPING_LISTING);
}

/* Rows of the priorities `first` to `last`, group after group. */
static enum status walk_groups(struct selecting *s, uint8_t first, uint8_t last, uint32_t groups)
{
    struct bytes key;
    uint64_t group = 0;
    enum status status;
    while (groups-- && (status = seek_place(s, group, first, &key)) == ST_OK) {
        struct outbox_place place = outbox_key_place(key.data);
        group = place.group;
        for (uint8_t at = first; at <= last && status == ST_OK; at++)
            if (place.priority <= last) status = walk_priority(s, group, at);
        if (status != ST_OK) return status;
        if (group_chosen(s) || group == UINT64_MAX) return ST_OK;
        if (s->batch->more && (s->ask->holding || full(s))) return ST_OK;
        group++;
    }
    return ST_OK;
}

/* A batch of one group is complete: is there anything of other groups? */
static void look_beyond(struct selecting *s)
{
    struct bytes key;
    bool other = seek_place(s, 0, 0, &key) == ST_OK && outbox_key_place(key.data).group != s->group;
    if (!other && s->group < UINT64_MAX) other = seek_place(s, s->group + 1, 0, &key) == ST_OK;
    if (other) tell_more(s, outbox_key_place(key.data).priority);
}

/* Zeros and decreases of all groups come before any increase. */
static enum status walk(struct selecting *s)
{
    enum status status = walk_groups(s, PRIORITY_ZERO, PRIORITY_DECREASE, URGENT_GROUPS_MAX);
    if (status != ST_OK) return status;
    if (group_chosen(s)) {
        status = walk_priority(s, s->group, PRIORITY_INCREASE);
        look_beyond(s);
        return status;
    }
    if (s->batch->more && (s->ask->holding || full(s))) return ST_OK;
    status = walk_groups(s, PRIORITY_INCREASE, PRIORITY_INCREASE, UINT32_MAX);
    if (status == ST_OK && group_chosen(s)) look_beyond(s);
    return status;
}

/* Fewer than the route needs: none was recorded as sent; each waits for its next choice. */
static void give_up_few(struct selecting *s)
{
    for (uint32_t i = 0; i < s->batch->count; i++) {
        uint32_t routes[ENGINE_ROUTES_MAX];
        uint32_t count = item_routes(s, &s->batch->items[i], routes);
        for (uint32_t j = 0; j + 1 < count; j++)
            if (routes[j] == s->ask->route) tell_route(s, routes[j + 1]);
    }
    s->batch->count = 0;
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
    s.least = s.route->min_items < s.most ? s.route->min_items : s.most;
    batch_reset(batch);
    if (s.least > 1) s.waiting = arena_alloc(&batch->memory, (s.least - 1) * sizeof *s.waiting);
    enum status status = walk(&s);
    store_cursor_close(s.outbox);
    if (status != ST_OK) return engine_read_failed(txn, status, "outbox", error), status;
    if (batch->count < s.least) give_up_few(&s);
    if (batch->count) {
        leave_flight(&s);
        store_quotas(&s);
    }
    return store_failed(txn, error);
}
