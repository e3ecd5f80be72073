/* Outcomes of writes and of looking for them. What figures read say of them is in outcome_read.c.
 */
#include "engine/day.h"
#include "engine/outcome_private.h"
#include "engine/send.h"
#include "engine/stats.h"

enum {
    BACKOFF_FIRST_MS = 1000, /* after the first failure, doubled each time */
    BACKOFF_MAX_MS = 5 * 60 * 1000,
    SLOW_TIMER_MS =
        15 * 60 * 1000, /* after `attempts` failures in a row: kept, shown, tried now and then */
    SETTLE_LEAST_MS =
        1000, /* a reading sooner after a write proves nothing, whatever the route says */
    LOOK_AGAIN_MS = 30 * 1000,
    LOOK_AGAIN_MAX_MS = 30 * 60 * 1000,
    NOTE_AGAIN_MAX_MS = 2 * 60 * 60 * 1000, /* some marketplaces take hours over a command */
    STUCK_AFTER_MS = 60 * 60 * 1000,        /* unless the route says otherwise */
};

/* Spread by the target itself, so that applying stays a pure function of store and command. */
static int64_t jitter(const struct target *t, uint64_t salt, int64_t value)
{
    uint64_t h = (t->id.product * 0x9e3779b97f4a7c15u) ^ (t->id.listing * 0xbf58476d1ce4e5b9u) ^
                 ((uint64_t)t->id.remote << 17) ^ (salt * 0x94d049bb133111ebu);
    h ^= h >> 31;
    return value - value / 5 + (int64_t)(h % (uint64_t)(2 * (value / 5) + 1));
}

const struct engine_route *outcome_route(const struct applying *a, const struct target *t)
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

void outcome_look_at(struct applying *a, struct target *t, int64_t when_ms)
{
    if (t->record.flags & TARGET_UNRESOLVED) {
        struct key old = look_key(t);
        store_delete(a->txn, TABLE_UNRESOLVED, key_bytes(&old));
    }
    t->record.look_ms = when_ms > 0 ? when_ms : 0;
    t->record.flags |= TARGET_UNRESOLVED;
    struct key key = look_key(t);
    store_put(a->txn, TABLE_UNRESOLVED, key_bytes(&key), bytes_of("", 0));
    engine_touch_looks(a->engine, t->id.account);
}

/* The write is over, whatever it did. */
void outcome_close(struct applying *a, struct target *t)
{
    if (t->record.flags & TARGET_UNRESOLVED) {
        struct key key = look_key(t);
        store_delete(a->txn, TABLE_UNRESOLVED, key_bytes(&key));
    }
    t->record.flags &= ~(uint32_t)(TARGET_OPEN | TARGET_UNRESOLVED | TARGET_ABANDONED |
                                   TARGET_TAKEN | TARGET_ASKED | TARGET_RESYNC | TARGET_TWICE);
    t->record.looks = 0;
    t->record.land_ms = 0;
    target_note_drop(t);
}

/* It was surely not applied. If it was sent although the figure was there already, because somebody
 * asked for it, then that is still asked for. */
static void not_applied(struct applying *a, struct target *t)
{
    outcome_close(a, t);
    if (t->record.flags & TARGET_ACKED && t->record.acked_value == t->record.sent_value)
        t->record.flags |= TARGET_FORCED;
}

static void succeeded(struct target *t)
{
    t->record.attempts = 0;
    t->record.vain = 0;
    t->record.batch_cap = 0;
    t->record.due_ms = 0;
    target_error_set(t, bytes_of("", 0), bytes_of("", 0));
    t->record.flags &= ~(uint32_t)(TARGET_ERROR | TARGET_REJECTED);
}

/* What is wanted is there from now on, for the first time since it was wanted, and by a write. */
static void arrived(struct applying *a, const struct target *t, uint64_t acked_before)
{
    const struct target_record *r = &t->record;
    if (!r->sent_revision || acked_before >= r->wanted_revision ||
        r->acked_revision < r->wanted_revision)
        return;
    const int64_t took_ms = a->command->now_ms - r->wanted_ms;
    stats_latency(a->engine->stats, t->id.account, took_ms);
    day_arrived(a->engine->days, t->id.account, a->command->now_ms, t->id.product, took_ms);
}

void outcome_acknowledged(struct applying *a, struct target *t)
{
    const uint64_t before = t->record.acked_revision;
    if (t->record.flags & TARGET_DOUBTED) { /* it came, but perhaps before the pieces were sold */
        t->record.flags &= ~(uint32_t)TARGET_DOUBTED;
        target_forget_acked(t);
        succeeded(t);
        return;
    }
    t->record.flags |= TARGET_ACKED;
    t->record.acked_value = t->record.sent_value;
    t->record.acked_revision = t->record.sent_revision;
    t->record.acked_ms = a->command->now_ms;
    arrived(a, t, before);
    succeeded(t);
}

static void error_keep(struct target *t, const struct outcome *o)
{
    target_error_set(t, o->code, o->text);
    t->record.flags &= ~(uint32_t)TARGET_ERROR;
    if (o->code.size || o->text.size) t->record.flags |= TARGET_ERROR;
}

void outcome_failed(struct applying *a, struct target *t, const struct outcome *o)
{
    if (t->record.attempts < UINT16_MAX) t->record.attempts++;
    t->record.due_ms = a->command->now_ms + backoff(a, t);
    t->record.flags |= TARGET_PAUSE;
    error_keep(t, o);
}

/* The marketplace says when; that is no failure of the item. Without a time it is one. It is not the
 * figure that it asks to wait, so any other waits as well. */
static void throttled(struct applying *a, struct target *t, const struct outcome *o)
{
    if (o->until_ms <= a->command->now_ms) {
        outcome_failed(a, t, o);
    } else {
        t->record.due_ms = o->until_ms;
        error_keep(t, o);
    }
    t->record.flags &= ~(uint32_t)TARGET_PAUSE;
}

/* It shows what it should, whoever made it so: nothing to send (I8). */
void outcome_take_over(struct applying *a, struct target *t)
{
    struct target_record *r = &t->record;
    bool late = r->flags & TARGET_REJECTED && r->vain; /* rejected for not being seen: now it is */
    if (r->flags & (TARGET_ACKED | TARGET_FORCED) || (r->flags & TARGET_REJECTED && !late)) return;
    if (!(r->flags & TARGET_WANTED) || r->wanted_value != r->observed_value) return;
    if (late) succeeded(t);
    const uint64_t before = r->acked_revision;
    r->flags |= TARGET_ACKED;
    r->acked_value = r->observed_value;
    r->acked_revision = r->wanted_revision;
    r->acked_ms = a->command->now_ms;
    arrived(a, t, before);
}

void outcome_unresolved(struct applying *a, struct target *t, int64_t until_ms)
{
    const struct engine_route *route = outcome_route(a, t);
    int64_t settle = route->settle_ms > SETTLE_LEAST_MS ? route->settle_ms : SETTLE_LEAST_MS;
    int64_t look = a->command->now_ms + settle;
    t->record.land_ms = look > until_ms ? look : until_ms;
    t->record.flags &= ~(uint32_t)TARGET_ABANDONED; /* the one it passed, if any, counts no more */
    t->record.flags |= TARGET_OPEN;
    outcome_look_at(a, t, t->record.land_ms);
}

void outcome_ask(struct applying *a, struct target *t)
{
    const struct engine_route *route = outcome_route(a, t);
    int64_t now = a->command->now_ms, settled = t->record.sent_ms + route->settle_ms;
    t->record.flags |= TARGET_ASKED;
    t->record.looks = 0;
    t->record.land_ms = settled > now ? settled : now;
    outcome_look_at(a, t, t->record.land_ms);
}

void outcome_unask(struct applying *a, struct target *t)
{
    const struct target_record *r = &t->record;
    bool down = r->direction == DIRECTION_DOWN && r->flags & TARGET_WANTED && r->wanted_value == 0;
    if (!(r->flags & TARGET_RESYNC || down) || !(r->flags & TARGET_ASKED)) return;
    outcome_close(a, t);
    t->record.flags &= ~(uint32_t)TARGET_COMPARES;
    if (t->record.sent_revision)
        t->record.flags |= TARGET_RESYNC; /* that one may be wanted again */
}

/* When to look for it after so many looks in vain: at growing intervals, but not so late that a
 * write that is stuck would go on holding up a decrease. */
static int64_t next_look(const struct applying *a, const struct target *t, int64_t stuck_ms)
{
    const struct engine_route *route = outcome_route(a, t);
    int64_t most = route->by_note ? NOTE_AGAIN_MAX_MS : LOOK_AGAIN_MAX_MS, wait = LOOK_AGAIN_MS;
    for (uint32_t i = 1; i < t->record.looks && wait < most; i++)
        wait *= 2;
    int64_t when = a->command->now_ms + jitter(t, t->record.looks, wait < most ? wait : most);
    return a->command->now_ms < stuck_ms && when > stuck_ms ? stuck_ms : when;
}

/* Looked for in vain. */
static void look_again(struct applying *a, struct target *t, int64_t until_ms)
{
    const struct engine_route *route = outcome_route(a, t);
    int64_t stuck =
        t->record.sent_ms + (route->stuck_after_ms ? route->stuck_after_ms : STUCK_AFTER_MS);
    if (t->record.looks < UINT8_MAX) t->record.looks++;
    outcome_look_at(a, t, until_ms > a->command->now_ms ? until_ms : next_look(a, t, stuck));
    if (a->command->now_ms < stuck || t->record.flags & TARGET_ASKED) return;
    /* Abandoned: decreases may pass it; what it was read to be is not trusted until read again. */
    t->record.flags |= TARGET_ABANDONED;
    t->record.flags &=
        ~(uint32_t)(TARGET_OPEN | TARGET_ACKED); /* acked_ms stays: known before it */
}

/* It has not ended yet; told again and again, that must come to an end as well. */
static void not_ended(struct applying *a, struct target *t, const struct outcome *o)
{
    bool own = o->kind != OUTCOME_LOOK && !o->sent_ms; /* it counts from now, as nothing before */
    if (o->kind == OUTCOME_ACCEPTED) t->record.flags |= TARGET_TAKEN;
    if (own || !(t->record.flags & TARGET_UNRESOLVED)) {
        outcome_unresolved(a, t, o->until_ms);
        return;
    }
    if (o->kind == OUTCOME_UNRESOLVED && o->until_ms > t->record.land_ms)
        t->record.land_ms = o->until_ms;
    look_again(a, t, o->until_ms);
}

/* It never left. The abandoned write that it was to pass, if any, is looked for as before. */
static void unsent(struct applying *a, struct target *t)
{
    bool passing = t->record.flags & TARGET_ABANDONED;
    int64_t land_ms = t->record.land_ms;
    not_applied(a, t);
    t->record.sent_ms = t->record.sent_before_ms;
    if (!passing) return;
    t->record.flags |= TARGET_ABANDONED;
    t->record.land_ms = land_ms;
    outcome_look_at(a, t, a->command->now_ms);
}

/* Applied; where the answer shows another figure, it is that one which is there. */
static void applied(struct applying *a, struct target *t, const struct outcome *o)
{
    int64_t before = outcome_base(t);
    bool shown = o->observed != FIGURE_UNKNOWN;
    outcome_close(a, t);
    t->record.closed_ms = a->command->now_ms;
    if (shown) target_observed(a, t, o->observed, a->command->now_ms);
    if (shown && o->observed != t->record.sent_value) {
        outcome_not_seen(a, t, before);
        outcome_take_over(a, t);
    } else {
        outcome_acknowledged(a, t);
    }
}

/* Another figure is there than it started from: again at once with that one, and at growing
 * intervals where it changes all the time. */
static void changed(struct applying *a, struct target *t, const struct outcome *o)
{
    enum { AT_ONCE = 3 };
    outcome_close(a, t);
    outcome_failed(a, t, o);
    if (t->record.attempts <= AT_ONCE) t->record.due_ms = 0;
    target_forget_acked(t);
    t->record.flags &= ~(uint32_t)TARGET_OBSERVED;
    if (o->observed == FIGURE_UNKNOWN) return;
    target_observed(a, t, o->observed, a->command->now_ms);
    outcome_take_over(a, t);
}

static uint16_t batch_cap(int64_t most)
{
    return (uint16_t)(most < 1 ? 1 : most > UINT16_MAX ? UINT16_MAX : most);
}

static void apply_kind(struct applying *a, struct target *t, const struct outcome *o)
{
    switch (o->kind) {
    case OUTCOME_OK: applied(a, t, o); return;
    case OUTCOME_ACCEPTED:
    case OUTCOME_UNRESOLVED:
    case OUTCOME_LOOK: not_ended(a, t, o); return;
    case OUTCOME_RETRY:
        not_applied(a, t);
        outcome_failed(a, t, o);
        return;
    case OUTCOME_AGAIN:
        not_applied(a, t);
        t->record.sent_ms = t->record.sent_before_ms;
        t->record.due_ms = 0;
        error_keep(t, o);
        return;
    case OUTCOME_THROTTLED:
        not_applied(a, t);
        throttled(a, t, o);
        return;
    case OUTCOME_CHANGED: changed(a, t, o); return;
    case OUTCOME_REJECTED:
        outcome_close(a, t);
        t->record.rejected_revision = o->revision;
        t->record.flags |= TARGET_REJECTED;
        t->record.batch_cap = 0;
        target_error_set(t, o->code, o->text);
        return;
    case OUTCOME_SPLIT:
        not_applied(a, t);
        t->record.batch_cap = batch_cap(o->observed);
        error_keep(t, o);
        return;
    case OUTCOME_UNSENT: unsent(a, t); return;
    }
}

/* Under its name of when it was sent; or under the one it has since its listing was tied to another
 * product (retire.c), which had to guess when a write on its way would be given up. */
static enum status load_sent(struct applying *a, const struct outcome *o, struct target *t)
{
    enum status status = target_load(a->txn, &o->target, t, a->error);
    if (status != ST_OK || t->exists) return status;
    struct listing_view listing;
    struct target_id id = o->target;
    status = target_listing(a, &id, &listing);
    if (status != ST_OK) return status == ST_NOT_FOUND ? ST_OK : status;
    id.product = listing.product;
    return target_load(a->txn, &id, t, a->error);
}

enum status outcome_apply(struct applying *a, const struct outcome *o)
{
    struct target target;
    enum status status = load_sent(a, o, &target);
    if (status != ST_OK) return status;
    uint32_t flags = target.record.flags;
    bool expected = target.exists && flags & (TARGET_OPEN | TARGET_UNRESOLVED) &&
                    target.record.sent_revision == o->revision;
    /* What was looked for may have been closed by a figure meanwhile, and the same revision be on
     * its way again: of that one nothing is known yet. */
    bool of_another = o->sent_ms && o->sent_ms != target.record.sent_ms;
    if (!expected || of_another || (o->kind == OUTCOME_LOOK && !(flags & TARGET_UNRESOLVED)))
        return ST_OK;
    applying_sequence(a);
    int64_t before = outcome_base(&target);
    apply_kind(a, &target, o);
    send_note(a, &target, o->kind, before, o->code, o->text);
    /* Rejected was what was sent; what is wanted by now may be another figure. */
    if (o->kind == OUTCOME_REJECTED && target.record.wanted_revision > o->revision)
        target.record.flags ^= TARGET_REJECTED | TARGET_ERROR;
    return target_closed(a, &target);
}
