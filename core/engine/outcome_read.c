/* What figures that were read say of writes. */
#include "engine/outcome_private.h"
#include "engine/send.h"

#include <stdio.h>

#define NO_EFFECT "no-effect"

enum { NO_EFFECT_MAX = 5 }; /* writes taken and never seen, before the figure counts as rejected */

int64_t outcome_base(const struct target *t)
{
    if (t->record.flags & TARGET_ACKED) return t->record.acked_value;
    return t->record.flags & TARGET_OBSERVED ? t->record.observed_value : FIGURE_UNKNOWN;
}

/* A figure that stays as it was, write after write, is one that the marketplace does not take; one
 * that is neither the old nor the new one was made by somebody else. Where orders moved it
 * meanwhile it says neither, and is no failure: what buyers take as fast as it is written is
 * written on. */
void outcome_not_seen(struct applying *a, struct target *t, int64_t before)
{
    struct target_record *r = &t->record;
    bool known = r->flags & TARGET_OBSERVED;
    bool same = !known || before == FIGURE_UNKNOWN || r->observed_value == before;
    char text[200], shows[32] = "none";
    target_forget_acked(t);
    if (r->flags & TARGET_DOUBTED) return;
    if (same && r->vain < UINT8_MAX) r->vain++;
    if (known) snprintf(shows, sizeof shows, "%lld", (long long)r->observed_value);
    snprintf(text, sizeof text,
             same ? "the marketplace took the figure %lld and goes on showing %s"
                  : "the marketplace took the figure %lld and then showed %s: somebody else "
                    "changes it, or pieces were sold",
             (long long)r->sent_value, shows);
    const struct outcome why = {.code = bytes_text(same ? NO_EFFECT : "changed-elsewhere"),
                                .text = bytes_text(text)};
    outcome_failed(a, t, &why);
    if (!same || r->vain < NO_EFFECT_MAX || r->wanted_revision != r->sent_revision) return;
    r->rejected_revision = r->sent_revision;
    r->flags ^= TARGET_REJECTED | TARGET_ERROR;
    r->attempts = 0;
    r->due_ms = 0;
}

static void close_by_reading(struct applying *a, struct target *t, int64_t before)
{
    bool taken = t->record.flags & TARGET_TAKEN, asked = t->record.flags & TARGET_ASKED;
    outcome_close(a, t);
    if (asked) t->record.flags &= ~(uint32_t)TARGET_COMPARES; /* there is a figure */
    if (asked) return;
    t->record.closed_ms = a->command->now_ms;
    if (t->record.observed_value == t->record.sent_value)
        outcome_acknowledged(a, t);
    else if (taken)
        outcome_not_seen(a, t, before);
    else
        target_forget_acked(t); /* what was read is the base from now on */
    bool there = t->record.flags & TARGET_ACKED && t->record.acked_value == t->record.sent_value;
    send_note(a, t, there ? OUTCOME_OK : OUTCOME_RETRY, before, bytes_text(there ? "" : "not-seen"),
              bytes_of("", 0));
}

/* A figure was to be read to start from, and there is none. */
static enum status no_base(struct applying *a, struct target *t)
{
    applying_sequence(a);
    outcome_close(a, t);
    if (t->record.flags & TARGET_COMPARES) { /* the plugin has a way to make what is missing */
        t->record.flags &= ~(uint32_t)TARGET_OBSERVED;
        target_forget_acked(t);
        return target_closed(a, t);
    }
    t->record.flags |= TARGET_REJECTED;
    t->record.flags &= ~(uint32_t)(TARGET_ERROR | TARGET_OBSERVED);
    target_forget_acked(t);
    t->record.rejected_revision = t->record.wanted_revision;
    target_error_set(t, bytes_text("no-figure"),
                     bytes_text("the marketplace shows no figure there that could be changed"));
    return target_closed(a, t);
}

/* Asked for after it must have landed, and not in an answer that was read to its end: what was sent
 * is not there, so the write is over. What is there instead is not known, and surely not 0 for that
 * (I9). A place that never had a figure is in no answer, so nothing else would ever close its first
 * write. A delta needs a figure to start from and goes on being looked for. */
static enum status absent(struct applying *a, struct target *t, const struct engine_route *route)
{
    if (t->record.flags & TARGET_ASKED) return no_base(a, t);
    if (route->delta) return ST_OK;
    bool taken = t->record.flags & TARGET_TAKEN;
    applying_sequence(a);
    outcome_close(a, t);
    t->record.closed_ms = a->command->now_ms;
    t->record.flags &= ~(uint32_t)TARGET_OBSERVED;
    if (taken) outcome_not_seen(a, t, FIGURE_UNKNOWN);
    target_forget_acked(t);
    return target_closed(a, t);
}

/* A command that may take hours: until it is given up only the answer to its note tells that it
 * came to nothing. A reading can but prove that it came. */
static bool waits_for_note(const struct applying *a, const struct target *t)
{
    const struct target_record *r = &t->record;
    return outcome_route(a, t)->by_note && r->note_size > 0 &&
           r->data_version == engine_rules(a->engine, t->id.account)->data_version &&
           !(r->flags & (TARGET_ABANDONED | TARGET_ASKED));
}

/* Shows what was sent, where another figure was there before. */
static bool proves(const struct target *t, const struct drift_reading *reading)
{
    const struct target_record *r = &t->record;
    const int64_t before = outcome_base(t);
    if (before == FIGURE_UNKNOWN || before == r->sent_value || r->flags & TARGET_TWICE)
        return false;
    return reading->kind == OBSERVED_NUMBER ? reading->quantity == r->sent_value
                                            : r->sent_value == 0;
}

/* Read while a command is waited for, and no proof that it came: somebody else or buyers made this
 * figure, or another write did. Should the command come to nothing, the next one starts from it. */
static enum status seen_meanwhile(struct applying *a, struct target *t,
                                  const struct drift_reading *reading)
{
    int64_t before = outcome_base(t);
    if (reading->kind != OBSERVED_NUMBER || before == FIGURE_UNKNOWN) return ST_OK;
    if (reading->quantity == before) return ST_OK;
    applying_sequence(a);
    target_forget_acked(t);
    target_observed(a, t, reading->quantity, reading->read_ms);
    target_settle(a, t);
    target_save(a, t);
    return ST_OK;
}

/* A resync forgot what was acknowledged, and it is there: also where another figure is wanted that
 * may not go (up only, down only), so that it is not sent again when it is wanted again. */
static void still_there(struct applying *a, struct target *t)
{
    struct target_record *r = &t->record;
    if (r->flags & TARGET_ACKED || !r->sent_revision || r->observed_value != r->sent_value) return;
    r->flags |= TARGET_ACKED;
    r->acked_value = r->observed_value;
    r->acked_ms = a->command->now_ms;
}

/* Begun before what was read last. A time that has not come is of a life that ran ahead of the
 * clock: whatever this one reads is newer. */
static bool is_older(const struct applying *a, const struct target_record *r, int64_t begun_ms)
{
    return begun_ms < r->observed_ms && r->observed_ms <= a->command->now_ms;
}

/* A write of it is open. */
static enum status observed_open(struct applying *a, struct target *t,
                                 const struct drift_reading *reading)
{
    struct target_record *r = &t->record;
    int64_t quantity = reading->quantity;
    if (reading->kind == OBSERVED_UNTRACKED || is_older(a, r, reading->begun_ms)) return ST_OK;
    if (!(r->flags & TARGET_UNRESOLVED) || reading->begun_ms < r->land_ms) return ST_OK;
    if (waits_for_note(a, t) && !proves(t, reading)) return seen_meanwhile(a, t, reading);
    if (reading->kind == OBSERVED_ABSENT) {
        const struct engine_route *route = outcome_route(a, t);
        /* Confirms a sent 0 and no other figure, and that not where the next write is added to it:
         * were it a row that the answer left out, too many would be shown. */
        if (r->sent_value != 0 || r->sent_revision == 0 || route->delta) return absent(a, t, route);
        quantity = 0;
    }
    applying_sequence(a);
    int64_t before = outcome_base(t);
    bool asked = r->flags & TARGET_ASKED, compared = r->flags & TARGET_RESYNC;
    target_observed(a, t, quantity, reading->read_ms);
    /* Nor does a change that goes by another route start from it. */
    if (reading->kind == OBSERVED_ABSENT) r->life = 0;
    close_by_reading(a, t, before);
    bool due = asked && !(r->flags & TARGET_ACKED);
    outcome_take_over(a, t);
    if (due && r->flags & TARGET_ACKED) send_note_equal(a, t);
    if (compared) still_there(a, t);
    return target_closed(a, t);
}

/* Something moved it from the request on, or too short a time before: a write, an order. A write
 * may have landed until it was over: between its selection and its bytes a plugin may ask for more.
 */
static bool is_clear(const struct applying *a, const struct target *t, int64_t begun_ms)
{
    const struct target_record *r = &t->record;
    int64_t settle_ms = outcome_route(a, t)->settle_ms;
    if (is_older(a, r, begun_ms) || begun_ms < r->closed_ms) return false;
    if (r->sold_ms && begun_ms < r->sold_ms + settle_ms) return false;
    int64_t over_ms = r->closed_ms > r->sent_ms ? r->closed_ms : r->sent_ms;
    return !r->sent_revision || begun_ms >= over_ms + settle_ms;
}

enum status outcome_observed(struct applying *a, struct target *t,
                             const struct drift_reading *reading, bool ended)
{
    struct target_record *r = &t->record;
    if (target_bring_back(a, t)) { /* also where this reading tells nothing */
        applying_sequence(a);
        target_settle(a, t);
        target_save(a, t);
    }
    if (r->flags & (TARGET_OPEN | TARGET_UNRESOLVED)) return observed_open(a, t, reading);
    uint32_t flags = r->flags;
    uint16_t hold = r->hold;
    enum status status = ST_OK;
    int64_t base = outcome_base(t);
    bool clear = is_clear(a, t, reading->begun_ms);
    if (!clear)
        drift_unclear(a, t, reading);
    else if (!ended)
        status = drift_compare(a, t, reading);
    else if (reading->kind == OBSERVED_NUMBER && r->flags & TARGET_ACKED &&
             r->acked_value != reading->quantity)
        target_forget_acked(t); /* it was taken, and had ended while it was under way */
    if (status != ST_OK) return status;
    bool number = clear && reading->kind == OBSERVED_NUMBER;
    if (!number && r->flags == flags && r->hold == hold) return ST_OK;
    applying_sequence(a);
    if (number) {
        /* Refused where no figure was known to be, as what is not there would be; and here one is.
         * Not again and again: the next refusal finds a figure. And a change is another one where
         * it starts from another figure. */
        bool moved = base != FIGURE_UNKNOWN && base != reading->quantity;
        if (base == FIGURE_UNKNOWN || (moved && outcome_route(a, t)->delta)) target_try_again(t);
        r->flags &= ~(uint32_t)TARGET_COMPARES; /* there is a figure */
        target_observed(a, t, reading->quantity, reading->read_ms);
        bool due = r->flags & TARGET_QUEUED && !(r->flags & TARGET_ACKED);
        outcome_take_over(a, t);
        if (r->flags & TARGET_RESYNC) still_there(a, t);
        r->flags &= ~(uint32_t)TARGET_RESYNC;
        if (due && r->flags & TARGET_ACKED) send_note_equal(a, t);
    }
    return target_closed(a, t);
}
