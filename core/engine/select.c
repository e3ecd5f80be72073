/* Taking the next batch out of the outbox. */
#include "engine/select.h"

#include "engine/flight.h"
#include "engine/outcome.h"
#include "engine/selecting.h"
#include "engine/send.h"

enum { URGENT_GROUPS_MAX = 1000 }; /* push groups searched for decreases before increases go */

/* WAITS: the batch's last item, to be sent when the route has as many as it needs. */
enum verdict { TAKEN, SETTLED, LATER, WAITS, BROKEN };

/* ---- one due row */

void select_tell_route(struct selecting *s, uint32_t route, uint8_t priority)
{
    if (route == s->ask->route) return;
    s->batch->other_routes |= 1u << route;
    if (priority != PRIORITY_INCREASE) s->batch->other_decreases |= 1u << route;
}

void select_tell_due(struct selecting *s, int64_t due_ms, uint8_t priority)
{
    struct engine_batch *batch = s->batch;
    if (due_ms < batch->next_due_ms) batch->next_due_ms = due_ms;
    if (priority != PRIORITY_INCREASE && due_ms < batch->next_decrease_ms)
        batch->next_decrease_ms = due_ms;
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
    bool passes = r->flags & TARGET_UNRESOLVED, twice = passes && r->sent_value == r->wanted_value;
    if (passes) { /* an abandoned write, passed by a decrease */
        struct key key = {0};
        key_u32(&key, t->id.account);
        key_u64(&key, (uint64_t)r->look_ms);
        key_target(&key, &t->id);
        store_delete(s->a.txn, TABLE_UNRESOLVED, key_bytes(&key));
        target_note_drop(t); /* was of that write */
    }
    r->flags &= ~(uint32_t)(TARGET_QUEUED | TARGET_FORCED | TARGET_UNRESOLVED | TARGET_TAKEN |
                            TARGET_DOUBTED | TARGET_RESYNC | TARGET_PAUSE | TARGET_TWICE);
    r->flags |= TARGET_OPEN | (twice ? TARGET_TWICE : 0);
    r->sent_value = r->wanted_value;
    r->sent_revision = r->wanted_revision;
    r->sent_before_ms = r->sent_ms;
    r->sent_ms = s->ask->now_ms;
    r->due_ms = 0; /* another figure's pause may not be over, and is not this one's */
    r->route = (uint8_t)s->ask->route;
    r->looks = 0;
    target_save(&s->a, t);
}

/* Those that waited for as many as the route needs. */
static void record_waiting(struct selecting *s, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        target_dequeue(&s->a, &s->waiting[i]);
        record_sent(s, &s->waiting[i]);
    }
}

/* The batch's last item is `t`. */
static enum verdict keep(struct selecting *s, struct target *t)
{
    uint32_t count = s->batch->count;
    if (count < s->least) return WAITS;
    store_cursor_delete(s->outbox);
    record_sent(s, t);
    if (count == s->least) record_waiting(s, count - 1);
    return TAKEN;
}

/* It left its place: nothing to send any more, or it waits elsewhere now. */
static void moved(struct selecting *s, const struct target *t)
{
    if (!(t->record.flags & TARGET_QUEUED)) return;
    if (t->record.queued_due_ms <= s->ask->now_ms)
        tell_more(s, t->record.queued_priority);
    else
        select_tell_due(s, t->record.queued_due_ms, t->record.queued_priority);
}

/* What is there was read after the last write and after the last sale, and not long ago. */
static bool read_lately(const struct selecting *s, const struct target_record *r)
{
    enum { BASE_FRESH_MS = 5 * 60 * 1000 };
    return r->flags & TARGET_OBSERVED && r->observed_ms > r->sent_ms &&
           r->observed_ms > r->sold_ms && s->ask->now_ms - r->observed_ms < BASE_FRESH_MS;
}

/* ... by a clock that is known to have gone on since: what another life noted by one that was set
 * back, then or since, may seem to be of just now for hours. */
static bool read_in_this_life(const struct selecting *s, const struct target_record *r)
{
    return read_lately(s, r) && r->life == s->a.engine->life;
}

/* For a route that starts from what is there. True when it cannot be taken now: what is there is
 * read first, or is as it should be, or an abandoned write may still add to it. */
static bool base_missing(struct selecting *s, struct target *t, const struct engine_item *item)
{
    struct target_record *r = &t->record;
    bool none = (r->flags & (TARGET_COMPARES | TARGET_ASKED)) == TARGET_COMPARES;
    bool fresh = s->route->delta ? read_in_this_life(s, r) : item->base >= 0 || none;
    if (r->flags & TARGET_UNRESOLVED && (s->route->delta || !fresh)) { /* it is read in any case */
        r->due_ms = r->look_ms > s->ask->now_ms ? r->look_ms + 1 : s->ask->now_ms + 1;
        r->flags &= ~(uint32_t)TARGET_PAUSE;
    } else if (!fresh) {
        outcome_ask(&s->a, t);
        r->flags &= ~(uint32_t)TARGET_COMPARES;
        if (s->route->compare) r->flags |= TARGET_COMPARES;
    } else if (s->route->delta && r->observed_value == r->wanted_value) {
        r->flags |= TARGET_ACKED;
        r->flags &= ~(uint32_t)TARGET_FORCED;
        r->acked_value = r->observed_value;
        r->acked_ms = s->ask->now_ms;
        send_note_equal(&s->a, t);
    } else {
        return false;
    }
    target_settle(&s->a, t);
    target_save(&s->a, t);
    return true;
}

/* What is believed to be there is more than what was read since: a decrease of the one is an
 * increase of the other, and pieces that are ordered already would be on sale again. */
static bool is_increase_after_all(const struct selecting *s, const struct target_record *r)
{
    return s->barrier >= BARRIER_INCREASES && read_lately(s, r) &&
           r->wanted_value > r->observed_value;
}

static enum verdict take(struct selecting *s, struct target *t, const struct listing_view *listing)
{
    uint32_t cap = t->record.batch_cap;
    bool placed;
    if (cap && s->batch->count >= cap) {
        tell_more(s, t->record.queued_priority);
        return LATER;
    }
    struct engine_item *item;
    if (item_fill(&s->a, t, listing, s->batch, &item) != ST_OK) return BROKEN;
    if (!select_takes_route(s, t, item)) {
        item_drop_last(s->batch);
        if (!routes_chosen(s->rules)) return LATER;
        if (select_sort_one(s, t, listing, 0, &placed) != ST_OK) return BROKEN;
        moved(s, t);
        return SETTLED;
    }
    if (!same_group(s, item)) {
        item_drop_last(s->batch);
        tell_more(s, t->record.queued_priority);
        return LATER;
    }
    if ((s->route->delta || s->route->compare) && base_missing(s, t, item)) {
        item_drop_last(s->batch);
        moved(s, t);
        return SETTLED;
    }
    if (is_increase_after_all(s, &t->record)) {
        item_drop_last(s->batch);
        s->batch->barred = true;
        return LATER;
    }
    if (s->route->delta) item->base = t->record.observed_value;
    if (s->batch->count == 1) s->group = t->record.group;
    if (cap && cap < s->most) s->most = cap;
    return keep(s, t);
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
    if ((verdict == LATER || verdict == WAITS) && changed) target_save(&s->a, &target);
    /* After it was saved: what was counted then is not counted again when it is sent. */
    if (verdict == WAITS) s->waiting[s->batch->count - 1] = target;
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
        (key->size != OUTBOX_KEY_SIZE || bytes_get_u32(key->data) != s->ask->account ||
         outbox_key_place(key->data).group > s->last))
        return ST_NOT_FOUND;
    return status;
}

static bool full(const struct selecting *s)
{
    return s->batch->count >= s->most || s->scanned >= ENGINE_SCAN_MAX;
}

static bool is_barred(const struct selecting *s, uint8_t priority)
{
    return (priority == PRIORITY_INCREASE && s->barrier >= BARRIER_INCREASES) ||
           (priority == PRIORITY_DECREASE && s->barrier >= BARRIER_ALL);
}

/* Until the cut-over is over, the stock is without the orders that are open: who asks may not have
 * heard yet that the account's orders are imported. */
static enum engine_barrier barrier_of(struct selecting *s)
{
    const struct directory *d = engine_directory(s->a.engine, s->a.txn, s->a.error);
    const struct directory_account *of = d ? directory_account(d, s->ask->account) : NULL;
    bool cutting_over = of && of->orders_import && !of->orders_read;
    return cutting_over && s->ask->barrier == BARRIER_OPEN ? BARRIER_INCREASES : s->ask->barrier;
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
            select_tell_due(s, place.due_ms, priority);
            break;
        }
        if (is_barred(s, priority)) {
            s->batch->barred = true;
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
    return s->batch->count && s->route->grouping != GROUPING_NONE;
}

/* Rows of the priorities `first` to `last`, group after group. */
static enum status walk_groups(struct selecting *s, uint8_t first, uint8_t last, uint64_t group,
                               uint32_t groups)
{
    struct bytes key;
    enum status status;
    while (groups-- && (status = seek_place(s, group, first, &key)) == ST_OK) {
        struct outbox_place place = outbox_key_place(key.data);
        group = place.group;
        for (uint8_t at = first; at <= last && status == ST_OK; at++)
            if (place.priority <= last) status = walk_priority(s, group, at);
        if (status != ST_OK) return status;
        if (last < PRIORITY_INCREASE) s->urgent_from = group;
        if (group_chosen(s) || group == s->last) return ST_OK;
        if (s->batch->more && (s->ask->holding || full(s))) return ST_OK;
        group++;
    }
    if (last < PRIORITY_INCREASE) s->urgent_from = group;
    return ST_OK;
}

/* A batch of one group is complete: is there anything of other groups? */
static void look_beyond(struct selecting *s)
{
    struct bytes key;
    bool other =
        seek_place(s, s->first, 0, &key) == ST_OK && outbox_key_place(key.data).group != s->group;
    if (!other && s->group < s->last) other = seek_place(s, s->group + 1, 0, &key) == ST_OK;
    if (other) tell_more(s, outbox_key_place(key.data).priority);
}

/* Zeros and decreases of all groups come before any increase. */
static enum status walk(struct selecting *s)
{
    enum status status =
        walk_groups(s, PRIORITY_ZERO, PRIORITY_DECREASE, s->urgent_from, URGENT_GROUPS_MAX);
    if (status != ST_OK) return status;
    if (group_chosen(s)) {
        status = walk_priority(s, s->group, PRIORITY_INCREASE);
        look_beyond(s);
        return status;
    }
    if (s->batch->more && (s->ask->holding || full(s))) return ST_OK;
    status = walk_groups(s, PRIORITY_INCREASE, PRIORITY_INCREASE, s->first, UINT32_MAX);
    if (status == ST_OK && group_chosen(s)) look_beyond(s);
    return status;
}

/* Fewer than the route needs: each takes its next choice. Those that have none go as they are. */
static enum status give_up_few(struct selecting *s)
{
    uint32_t count = s->batch->count, kept = 0;
    struct target *targets = s->waiting;
    for (uint32_t i = 0; i < count; i++) {
        struct listing_view listing;
        bool placed = false;
        struct engine_item item = s->batch->items[i];
        enum status status = target_listing(&s->a, &targets[i].id, &listing);
        if (status == ST_OK && routes_chosen(s->rules))
            status = select_sort_one(s, &targets[i], &listing, targets[i].record.choice, &placed);
        if (status != ST_OK) return status;
        if (placed) continue;
        s->batch->items[kept] = item;
        targets[kept++] = targets[i];
    }
    s->batch->count = kept;
    record_waiting(s, kept);
    return ST_OK;
}

/* Batch after batch, until one has as many items as the route needs. */
static enum status walk_until_enough(struct selecting *s)
{
    enum status status = select_sort(s);
    if (s->ask->holding) return status == ST_OK ? walk(s) : status;
    for (bool unsorted = s->batch->more; status == ST_OK; s->batch->more = unsorted) {
        status = walk(s);
        if (status != ST_OK || s->batch->count == 0 || s->batch->count >= s->least) return status;
        status = give_up_few(s);
        if (s->batch->count) return status;
        if (s->scanned >= ENGINE_SCAN_MAX) {
            s->batch->more = true;
            return status;
        }
    }
    return status;
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
        .a = {.engine = engine, .txn = txn, .command = &as, .error = error, .selects = true},
        .ask = select,
        .rules = rules,
        .route = &rules->routes[select->route < rules->route_count ? select->route : 0],
        .batch = batch,
        .most = select->most < ENGINE_BATCH_MAX ? select->most : ENGINE_BATCH_MAX,
        .last = UINT64_MAX,
        .outbox = store_cursor(txn, TABLE_OUTBOX),
    };
    if (routes_chosen(rules)) {
        s.first = s.urgent_from = route_first_group(select->route);
        s.last = route_first_group(select->route + 1) - 1;
    }
    engine_lives(engine, select->now_ms);
    s.least = s.route->min_items < s.most ? s.route->min_items : s.most;
    s.barrier = barrier_of(&s);
    batch_reset(batch);
    if (s.least > 1) s.waiting = arena_alloc(&batch->memory, (s.least - 1) * sizeof *s.waiting);
    enum status status = walk_until_enough(&s);
    store_cursor_close(s.outbox);
    if (status != ST_OK) return engine_read_failed(txn, status, "outbox", error), status;
    send_flush(&s.a, select->account, bytes_of("", 0)); /* what was found to be there already */
    if (batch->count) {
        leave_flight(&s);
        store_quotas(&s);
    }
    return store_failed(txn, error);
}
