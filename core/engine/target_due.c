/* Whether a target has something to send, which way that goes, and when it may: its place in the
 * outbox. */
#include "engine/drift.h"
#include "engine/outcome.h"
#include "engine/route.h"
#include "engine/target.h"

void target_dequeue(struct applying *a, struct target *t)
{
    if (!(t->record.flags & TARGET_QUEUED)) return;
    const struct outbox_place place = {t->record.group, t->record.queued_due_ms,
                                       t->record.queued_priority};
    uint8_t key[OUTBOX_KEY_SIZE];
    outbox_key_write(key, &place, &t->id);
    store_delete(a->txn, TABLE_OUTBOX, bytes_of(key, sizeof key));
    t->record.flags &= ~(uint32_t)TARGET_QUEUED;
}

static void tell_due(struct applying *a, const struct target *t)
{
    uint32_t account = t->id.account;
    if (routes_chosen(engine_rules(a->engine, account)) && t->record.group == ROUTE_UNSORTED)
        engine_touch_unsorted(a->engine, account);
    else
        engine_touch(a->engine, account);
    if (t->record.queued_priority != PRIORITY_INCREASE) engine_touch_decreases(a->engine, account);
}

static void outbox_insert(struct applying *a, struct target *t, int64_t due_ms, uint8_t priority)
{
    const struct outbox_place place = {t->record.group, due_ms, priority};
    uint8_t key[OUTBOX_KEY_SIZE];
    outbox_key_write(key, &place, &t->id);
    store_put(a->txn, TABLE_OUTBOX, bytes_of(key, sizeof key), bytes_of("", 0));
    t->record.queued_due_ms = due_ms;
    t->record.queued_priority = priority;
    t->record.flags |= TARGET_QUEUED;
    if (!a->selects) tell_due(a, t);
}

/* The most that may be shown there while an abandoned write may still land: what was known before
 * it, or what it sent. */
static int64_t shown_at_most(const struct target_record *r)
{
    int64_t before = r->sent_value;
    if (r->flags & TARGET_OBSERVED && r->observed_ms > r->acked_ms)
        before = r->observed_value;
    else if (r->acked_ms)
        before = r->acked_value;
    return before > r->sent_value ? before : r->sent_value;
}

/* What is believed to be shown there now; FIGURE_UNKNOWN when nothing is. A figure that was read
 * long before it was to be another one (buyers have ordered since) makes no decrease: that may pass
 * the barrier. */
static int64_t shown(const struct target_record *r)
{
    enum { READ_LATELY_MS = 5 * 60 * 1000 };
    if (r->flags & TARGET_ABANDONED) return shown_at_most(r);
    if (r->flags & TARGET_ACKED) return r->acked_value;
    if (r->flags & TARGET_OBSERVED && r->wanted_ms - r->observed_ms < READ_LATELY_MS)
        return r->observed_value;
    return FIGURE_UNKNOWN;
}

int64_t target_figure(const struct target_record *r)
{
    return r->flags & TARGET_WANTED ? r->wanted_value : shown(r);
}

uint8_t target_priority(const struct target_record *r)
{
    if (r->wanted_value == 0) return PRIORITY_ZERO;
    int64_t there = shown(r);
    return there != FIGURE_UNKNOWN && r->wanted_value < there ? PRIORITY_DECREASE
                                                              : PRIORITY_INCREASE;
}

/* It was asked for what is shown there, and there is no figure. */
static bool shows_none(const struct target_record *r)
{
    return (r->flags & (TARGET_COMPARES | TARGET_ASKED)) == TARGET_COMPARES;
}

static bool shown_is_unknown(const struct target_record *r)
{
    return !(r->flags & (TARGET_ACKED | TARGET_OBSERVED | TARGET_ABANDONED));
}

bool target_blocked(const struct target_record *r)
{
    if (!r->direction || !(r->flags & TARGET_WANTED)) return false;
    int64_t there = r->observed_value; /* however long ago */
    /* It cannot be told which way that would be (target_settle has it read); from none it is up,
     * and a zero is never more than what is shown. */
    if (shown_is_unknown(r) && r->direction == DIRECTION_DOWN)
        return r->wanted_value != 0 || shows_none(r);
    if (shown_is_unknown(r)) return !shows_none(r);
    if (r->flags & TARGET_ABANDONED)
        there = shown_at_most(r);
    else if (r->flags & TARGET_ACKED)
        there = r->acked_value;
    return r->direction == DIRECTION_UP ? r->wanted_value < there : r->wanted_value > there;
}

bool target_must_send(const struct target_record *r)
{
    bool held = r->hold == HOLD_FOREIGN ? !drift_lets(r) : r->hold != 0;
    if (!(r->flags & TARGET_WANTED) || held || target_blocked(r)) return false;
    if (r->flags & (TARGET_OPEN | TARGET_REJECTED | TARGET_ASKED | TARGET_LEFT)) return false;
    if (r->flags & TARGET_ABANDONED && target_priority(r) == PRIORITY_INCREASE) return false;
    if (r->flags & TARGET_FORCED) return true;
    return !(r->flags & TARGET_ACKED) || r->acked_value != r->wanted_value;
}

/* The longer of two routes' cadences: of the last write, and of the one it waits for. */
static int64_t cadence(const struct engine_rules *rules, const struct target_record *r)
{
    uint8_t last = r->route < rules->route_count ? r->route : 0;
    int64_t ms = rules->routes[last].cadence_ms;
    uint32_t next = r->choice ? route_of_group(r->group) : last;
    if (next < rules->route_count && rules->routes[next].cadence_ms > ms)
        ms = rules->routes[next].cadence_ms;
    return ms;
}

/* Until when what is wanted waits for what the last write came to. A figure that was refused
 * pauses; another one does not: were it lower, pieces that are gone would go on being sold. How
 * often in a row something was refused stays (attempts), so that it pauses as long when it is
 * refused, too. */
static int64_t paused_until(const struct target_record *r)
{
    return r->flags & TARGET_PAUSE && r->wanted_value != r->sent_value ? 0 : r->due_ms;
}

/* The earliest moment a write may go: its back-off, and the marketplace's cadence (I13). */
static int64_t earliest(struct applying *a, const struct target *t)
{
    const struct target_record *r = &t->record;
    int64_t due = paused_until(r);
    if (r->sent_revision || r->closed_ms) {
        int64_t wait = cadence(engine_rules(a->engine, t->id.account), r);
        /* The marketplace counts from when it took the write: between sent and closed. */
        int64_t from = r->closed_ms > r->sent_ms ? r->closed_ms : r->sent_ms;
        /* Both clocks are read in whole milliseconds: one more, or it may be a fraction short. */
        if (wait && from + wait + 1 > due) due = from + wait + 1;
    }
    return due;
}

/* Its figure may only go one way, and what is shown is not known: that is read, soon, unless a
 * reading of everything comes first. */
static void ask_which_way(struct applying *a, struct target *t)
{
    enum { PATIENCE_MS = 2 * 60 * 1000 };
    struct target_record *r = &t->record;
    const uint32_t busy =
        TARGET_OPEN | TARGET_UNRESOLVED | TARGET_ASKED | TARGET_REJECTED | TARGET_LEFT;
    if (!r->direction || !(r->flags & TARGET_WANTED) || r->hold || r->flags & busy) return;
    if (!shown_is_unknown(r) || shows_none(r)) return;
    outcome_ask(a, t);
    r->flags |= TARGET_COMPARES;
    outcome_look_at(a, t, a->command->now_ms + PATIENCE_MS);
}

/* A resync forgot what was acknowledged, while it was held or another figure was about to go. Now
 * nothing holds it, and what is wanted is that figure: it is read before it is sent again, as those
 * were that it found so. */
static void ask_what_was_there(struct applying *a, struct target *t)
{
    struct target_record *r = &t->record;
    const uint32_t busy = TARGET_OPEN | TARGET_UNRESOLVED | TARGET_ASKED;
    if (!(r->flags & TARGET_RESYNC) || r->hold & ~HOLD_FOREIGN || r->flags & busy) return;
    if (r->flags & TARGET_WANTED && r->wanted_value != r->acked_value) return; /* it may be again */
    r->flags &= ~(uint32_t)TARGET_RESYNC;
    if (!(r->flags & TARGET_WANTED) || r->hold || !shown_is_unknown(r)) return;
    outcome_ask(a, t);
    r->flags |= TARGET_COMPARES | TARGET_RESYNC;
}

void target_settle(struct applying *a, struct target *t)
{
    struct target_record *r = &t->record;
    target_bring_back(a, t);
    ask_what_was_there(a, t);
    if (!target_must_send(r)) {
        target_dequeue(a, t);
        ask_which_way(a, t);
        if (r->flags & TARGET_ACKED && r->flags & TARGET_WANTED &&
            r->acked_value == r->wanted_value && !(r->flags & TARGET_OPEN))
            r->acked_revision = r->wanted_revision;
        return;
    }
    uint8_t priority = target_priority(r);
    int64_t due = earliest(a, t);
    if (r->flags & TARGET_QUEUED) {
        bool soon = r->queued_due_ms >= due && r->queued_due_ms <= a->command->now_ms;
        if (priority == r->queued_priority && (soon || r->queued_due_ms == due)) return;
        target_dequeue(a, t);
    }
    outbox_insert(a, t, due > a->command->now_ms ? due : a->command->now_ms, priority);
}
