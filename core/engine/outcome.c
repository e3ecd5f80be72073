/* Outcomes of writes and of looking for them. */
#include "engine/outcome.h"

enum {
    BACKOFF_FIRST_MS = 1000, /* after the first failure, doubled each time */
    BACKOFF_MAX_MS = 5 * 60 * 1000,
    SLOW_TIMER_MS =
        15 * 60 * 1000, /* after `attempts` failures in a row: kept, shown, tried now and then */
    SETTLE_LEAST_MS =
        1000, /* a reading sooner after a write proves nothing, whatever the route says */
    LOOK_AGAIN_MS = 30 * 1000,
    LOOK_AGAIN_MAX_MS = 30 * 60 * 1000,
    STUCK_AFTER_MS = 60 * 60 * 1000, /* unless the route says otherwise */
};

/* Spread by the target itself, so that applying stays a pure function of store and command. */
static int64_t jitter(const struct target *t, uint64_t salt, int64_t value)
{
    uint64_t h = (t->id.product * 0x9e3779b97f4a7c15u) ^ (t->id.listing * 0xbf58476d1ce4e5b9u) ^
                 ((uint64_t)t->id.remote << 17) ^ (salt * 0x94d049bb133111ebu);
    h ^= h >> 31;
    return value - value / 5 + (int64_t)(h % (uint64_t)(2 * (value / 5) + 1));
}

static const struct engine_route *route_of(const struct applying *a, const struct target *t)
{
    const struct engine_rules *rules = engine_rules(a->engine, t->id.account);
    return &rules->routes[t->record.route < rules->route_count ? t->record.route : 0];
}

static int64_t backoff(const struct applying *a, const struct target *t)
{
    uint32_t most = engine_rules(a->engine, t->id.account)->attempts;
    uint32_t n = t->record.attempts;
    if (n >= most) return jitter(t, n, SLOW_TIMER_MS);
    int64_t wait = BACKOFF_FIRST_MS;
    for (uint32_t i = 1; i < n && wait < BACKOFF_MAX_MS; i++)
        wait *= 2;
    return jitter(t, n, wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS);
}

/* ---- the list of unresolved writes */

static struct key look_key(const struct target *t)
{
    struct key key = {0};
    key_u32(&key, t->id.account);
    key_u64(&key, (uint64_t)t->record.look_ms);
    key_target(&key, &t->id);
    return key;
}

static void look_at(struct applying *a, struct target *t, int64_t when_ms)
{
    if (t->record.flags & TARGET_UNRESOLVED) {
        struct key old = look_key(t);
        store_delete(a->txn, TABLE_UNRESOLVED, key_bytes(&old));
    }
    t->record.look_ms = when_ms > 0 ? when_ms : 0;
    t->record.flags |= TARGET_UNRESOLVED;
    struct key key = look_key(t);
    store_put(a->txn, TABLE_UNRESOLVED, key_bytes(&key), bytes_of("", 0));
    engine_touch(a->engine, t->id.account);
}

/* The write is over, whatever it did. */
static void close_write(struct applying *a, struct target *t)
{
    if (t->record.flags & TARGET_UNRESOLVED) {
        struct key key = look_key(t);
        store_delete(a->txn, TABLE_UNRESOLVED, key_bytes(&key));
    }
    t->record.flags &= ~(uint32_t)(TARGET_OPEN | TARGET_UNRESOLVED | TARGET_ABANDONED);
    t->record.looks = 0;
    t->record.land_ms = 0;
    target_note_set(t, bytes_of("", 0));
}

static void succeeded(struct target *t)
{
    t->record.attempts = 0;
    t->record.batch_cap = 0;
    t->record.due_ms = 0;
    if (t->record.flags & (TARGET_ERROR | TARGET_REJECTED))
        target_error_set(t, bytes_of("", 0), bytes_of("", 0));
    t->record.flags &= ~(uint32_t)(TARGET_ERROR | TARGET_REJECTED);
}

static void acknowledged(struct applying *a, struct target *t)
{
    t->record.flags |= TARGET_ACKED;
    t->record.acked_value = t->record.sent_value;
    t->record.acked_revision = t->record.sent_revision;
    t->record.acked_ms = a->command->now_ms;
    succeeded(t);
}

static void failed(struct applying *a, struct target *t, const struct outcome *o)
{
    if (t->record.attempts < UINT16_MAX) t->record.attempts++;
    t->record.due_ms = a->command->now_ms + backoff(a, t);
    target_error_set(t, o->code, o->text);
    if (o->code.size || o->text.size) t->record.flags |= TARGET_ERROR;
}

static void seen_there(struct applying *a, struct target *t, int64_t figure)
{
    t->record.flags |= TARGET_OBSERVED;
    t->record.observed_value = figure;
    t->record.observed_ms = a->command->now_ms;
}

void outcome_unresolved(struct applying *a, struct target *t, int64_t until_ms)
{
    const struct engine_route *route = route_of(a, t);
    int64_t settle = route->settle_ms > SETTLE_LEAST_MS ? route->settle_ms : SETTLE_LEAST_MS;
    int64_t look = a->command->now_ms + settle;
    t->record.land_ms = look > until_ms ? look : until_ms;
    look_at(a, t, t->record.land_ms);
}

/* Looked for in vain. */
static void look_again(struct applying *a, struct target *t, int64_t until_ms)
{
    const struct engine_route *route = route_of(a, t);
    if (t->record.looks < UINT8_MAX) t->record.looks++;
    int64_t wait = LOOK_AGAIN_MS;
    for (uint32_t i = 1; i < t->record.looks && wait < LOOK_AGAIN_MAX_MS; i++)
        wait *= 2;
    int64_t when = a->command->now_ms +
                   jitter(t, t->record.looks, wait < LOOK_AGAIN_MAX_MS ? wait : LOOK_AGAIN_MAX_MS);
    look_at(a, t, until_ms > a->command->now_ms ? until_ms : when);
    int64_t stuck = route->stuck_after_ms ? route->stuck_after_ms : STUCK_AFTER_MS;
    if (a->command->now_ms - t->record.sent_ms < stuck) return;
    /* Abandoned: decreases may pass it; what it was read to be is not trusted until read again. */
    t->record.flags |= TARGET_ABANDONED;
    t->record.flags &= ~(uint32_t)(TARGET_OPEN | TARGET_ACKED);
}

static void apply_kind(struct applying *a, struct target *t, const struct outcome *o)
{
    switch (o->kind) {
    case OUTCOME_OK:
        close_write(a, t);
        acknowledged(a, t);
        if (o->observed != FIGURE_UNKNOWN) seen_there(a, t, o->observed);
        return;
    case OUTCOME_ACCEPTED: outcome_unresolved(a, t, o->until_ms); return;
    case OUTCOME_UNRESOLVED: outcome_unresolved(a, t, o->until_ms); return;
    case OUTCOME_LOOK: look_again(a, t, o->until_ms); return;
    case OUTCOME_RETRY:
        close_write(a, t);
        failed(a, t, o);
        return;
    case OUTCOME_THROTTLED:
        close_write(a, t);
        failed(a, t, o);
        if (o->until_ms > t->record.due_ms ||
            t->record.attempts < engine_rules(a->engine, t->id.account)->attempts)
            t->record.due_ms = o->until_ms;
        return;
    case OUTCOME_CHANGED:
        close_write(a, t);
        t->record.flags &= ~(uint32_t)TARGET_ACKED;
        if (o->observed != FIGURE_UNKNOWN) seen_there(a, t, o->observed);
        return;
    case OUTCOME_REJECTED:
        close_write(a, t);
        t->record.rejected_revision = o->revision;
        t->record.flags |= TARGET_REJECTED;
        t->record.batch_cap = 0;
        target_error_set(t, o->code, o->text);
        return;
    case OUTCOME_SPLIT:
        close_write(a, t);
        t->record.batch_cap = (uint16_t)(o->observed > 1 ? o->observed : 1);
        target_error_set(t, o->code, o->text);
        if (o->code.size || o->text.size) t->record.flags |= TARGET_ERROR;
        return;
    case OUTCOME_UNSENT: close_write(a, t); return;
    }
}

enum status outcome_apply(struct applying *a, const struct outcome *o)
{
    struct target target;
    enum status status = target_load(a->txn, &o->target, &target, a->error);
    if (status != ST_OK) return status;
    uint32_t flags = target.record.flags;
    bool expected = target.exists && flags & (TARGET_OPEN | TARGET_UNRESOLVED) &&
                    target.record.sent_revision == o->revision;
    if (!expected) return ST_OK;
    applying_sequence(a);
    apply_kind(a, &target, o);
    /* Rejected was what was sent; what is wanted by now may be another figure. */
    if (o->kind == OUTCOME_REJECTED && target.record.wanted_revision > o->revision)
        target.record.flags &= ~(uint32_t)TARGET_REJECTED;
    return target_closed(a, &target);
}

/* ---- figures read */

static void close_by_reading(struct applying *a, struct target *t, int64_t figure)
{
    bool landed = figure == t->record.sent_value;
    close_write(a, t);
    if (landed) {
        acknowledged(a, t);
        return;
    }
    t->record.flags &= ~(uint32_t)TARGET_ACKED; /* not there: `observed` is the base from now on */
}

enum status outcome_observed(struct applying *a, struct target *t, enum observed_kind kind,
                             int64_t quantity, int64_t begun_ms, int64_t read_ms)
{
    struct target_record *r = &t->record;
    bool open = r->flags & (TARGET_OPEN | TARGET_UNRESOLVED);
    bool tells = kind == OBSERVED_NUMBER || (kind == OBSERVED_ABSENT && open && r->sent_value == 0);
    if (!tells || begun_ms < r->observed_ms) return ST_OK;
    if (kind == OBSERVED_ABSENT) quantity = 0; /* confirms a sent 0 and nothing else */
    if (open && (!(r->flags & TARGET_UNRESOLVED) || begun_ms < r->land_ms)) return ST_OK;
    const struct engine_route *route = route_of(a, t);
    if (!open && r->sent_revision && begun_ms < r->sent_ms + route->settle_ms) return ST_OK;
    applying_sequence(a);
    r->flags |= TARGET_OBSERVED;
    r->observed_value = quantity;
    r->observed_ms = read_ms;
    if (open) {
        close_by_reading(a, t, quantity);
    } else if (!(r->flags & (TARGET_ACKED | TARGET_REJECTED)) && r->flags & TARGET_WANTED &&
               r->wanted_value == quantity && !(r->flags & TARGET_FORCED)) {
        r->flags |= TARGET_ACKED; /* it shows what it should: nothing to send (I8) */
        r->acked_value = quantity;
        r->acked_revision = r->wanted_revision;
        r->acked_ms = a->command->now_ms;
    }
    return target_closed(a, t);
}
