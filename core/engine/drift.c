/* Comparing what was read with what should be there, and deciding what follows. The rows are
 * drift_rows.c's, what people decide is drift_resolve.c's. */
#include "engine/day.h"
#include "engine/drift_rows.h"
#include "engine/outcome_private.h"

struct comparing {
    struct applying *a;
    struct target *t;
    const struct drift_reading *reading;
    struct drift_record drift;
    bool imports; /* stockd nets the account's orders itself */
};

bool drift_lets(const struct target_record *r)
{
    int64_t there = r->sent_value;
    if (r->flags & TARGET_ACKED)
        there = r->acked_value;
    else if (r->flags & TARGET_OBSERVED)
        there = r->observed_value;
    return r->acked_revision < r->wanted_revision && r->wanted_value < there;
}

/* ---- what may be why */

/* It shows what was read there before the last write, which was taken: so that was lost. */
static bool is_lost(const struct comparing *c)
{
    const struct target_record *r = &c->t->record;
    return c->drift.repairs == 0 && r->sent_revision && r->flags & TARGET_OBSERVED &&
           r->observed_ms < r->sent_ms && r->observed_value == c->reading->quantity;
}

static int64_t missing(const struct drift_record *d)
{
    return d->expected - d->observed;
}

/* The same difference as before, of the same wanted figure; else its time begins anew. */
static void keep_since(struct comparing *c, const struct drift_record *was)
{
    struct drift_record *d = &c->drift;
    if (d->code == DRIFT_FOREIGN) return; /* when it was named */
    bool same = was->observed != FIGURE_UNKNOWN && missing(d) == missing(was) &&
                d->revision == was->revision;
    if (!same) d->since_ms = c->reading->read_ms;
}

/* What an order that is told of later may explain. */
static void keep_unexplained(struct comparing *c)
{
    struct drift_record *d = &c->drift;
    if (d->code == DRIFT_FOREIGN) return; /* of the reading for which it was named */
    int64_t more = d->observed == FIGURE_UNKNOWN ? 0 : d->observed - d->expected;
    if (more < 0) more = 0;
    d->unexplained = more < UINT32_MAX ? (uint32_t)more : UINT32_MAX;
}

/* ---- what is done */

/* It was repaired often enough: held from now on, with how often and when. */
static void name_writer(struct comparing *c, uint32_t before, int64_t last_ms)
{
    struct drift_record *d = &c->drift;
    if (d->code != DRIFT_FOREIGN) {
        d->repairs += before;
        d->earlier = (uint8_t)before;
        d->since_ms = d->read_ms;
    }
    if (last_ms > d->repaired_ms) d->repaired_ms = last_ms;
    c->t->record.hold |= HOLD_FOREIGN;
    d->code = DRIFT_FOREIGN;
    d->done = DRIFT_NAMED;
}

/* Ours is to go out again, if anything may. `code` says why it is another one. */
static enum status repair(struct comparing *c, enum drift_code code)
{
    struct drift_record *d = &c->drift;
    struct target *t = c->t;
    int64_t now = c->a->command->now_ms, last_ms = 0;
    uint32_t before = 0;
    bool named = t->record.hold & HOLD_FOREIGN;
    if (!named && d->repairs && now - d->repaired_ms > DRIFT_WINDOW_MS) d->repairs = 0;
    enum status status = drift_repairs(c->a, t, now - DRIFT_WINDOW_MS, &before, &last_ms);
    if (status != ST_OK) return status;
    target_forget_acked(t);
    if (named || before + d->repairs >= DRIFT_REPAIRS_MAX) {
        name_writer(c, before, last_ms);
        return ST_OK;
    }
    d->code = (uint8_t)code;
    d->done = DRIFT_LEFT;
    if (!target_must_send(&t->record)) return ST_OK;
    d->done = DRIFT_REPAIRED;
    d->repairs++;
    d->repaired_ms = now;
    day_count(c->a->engine->days, t->id.account, now, DAY_DRIFT_MENDED, 1);
    return ST_OK;
}

static enum status higher(struct comparing *c)
{
    if (c->imports) engine_touch_orders(c->a->engine, c->t->id.account);
    return repair(c, is_lost(c) ? DRIFT_LOST : DRIFT_RAISED);
}

static enum status lower(struct comparing *c)
{
    struct drift_record *d = &c->drift;
    int64_t lasts = c->reading->begun_ms - d->since_ms;
    bool drained = c->reading->drained_ms > d->since_ms;
    bool over = c->imports ? drained && lasts >= DRIFT_LATE_MS : lasts >= DRIFT_EXTERNAL_MS;
    if (over || c->t->record.hold & HOLD_FOREIGN)
        return repair(c, is_lost(c) ? DRIFT_LOST : DRIFT_LOWERED);
    d->code = c->imports ? DRIFT_ORDERS : DRIFT_ELSEWHERE;
    d->done = c->imports ? DRIFT_DRAINS : DRIFT_WAITS;
    if (!c->imports) return ST_OK; /* the next readings see to it */
    int64_t late = d->since_ms + DRIFT_LATE_MS + 1, soon = c->reading->read_ms + REREAD_SOON_MS;
    engine_touch_orders(c->a->engine, c->t->id.account);
    reread_ask(c->a, c->t, late > soon ? late : soon);
    return ST_OK;
}

static enum status decide(struct comparing *c)
{
    if (c->reading->kind != OBSERVED_NUMBER) {
        c->drift.code = c->reading->kind == OBSERVED_UNTRACKED ? DRIFT_UNTRACKED : DRIFT_MISSING;
        c->drift.done = DRIFT_LEFT;
        return ST_OK;
    }
    return c->reading->quantity > c->drift.expected ? higher(c) : lower(c);
}

/* ---- one reading */

static bool as_expected(const struct target_record *r, const struct drift_reading *reading)
{
    if (reading->kind == OBSERVED_ABSENT) return r->acked_value == 0;
    if (reading->kind != OBSERVED_NUMBER) return false;
    return reading->quantity == r->acked_value ||
           (r->flags & TARGET_WANTED && reading->quantity == r->wanted_value);
}

static enum status load(struct comparing *c)
{
    enum status status = ST_NOT_FOUND;
    if (c->t->record.flags & TARGET_DRIFT)
        status = drift_load_open(c->a->txn, &c->t->id, &c->drift);
    else
        c->drift =
            (struct drift_record){.observed = FIGURE_UNKNOWN, .opened_ms = c->a->command->now_ms};
    /* Of a life that ran ahead of the clock: it lasts since just now. */
    if (c->drift.since_ms > c->reading->read_ms) c->drift.since_ms = c->reading->read_ms;
    if (status == ST_OK || !(c->t->record.flags & TARGET_DRIFT)) return ST_OK;
    engine_read_failed(c->a->txn, ST_DAMAGED, "drift", c->a->error);
    return ST_DAMAGED;
}

/* What a foreign writer shows by now. */
static enum status follow_foreign(struct comparing *c)
{
    enum status status = load(c);
    if (status != ST_OK || c->reading->kind != OBSERVED_NUMBER) return status;
    c->drift.observed = c->reading->quantity;
    c->drift.read_ms = c->reading->read_ms;
    drift_put(c->a, c->t, &c->drift);
    return ST_OK;
}

static enum status differs(struct comparing *c)
{
    const struct target_record *r = &c->t->record;
    enum status status = load(c);
    if (status != ST_OK) return status;
    const struct drift_record was = c->drift;
    bool number = c->reading->kind == OBSERVED_NUMBER;
    c->drift.expected = r->acked_value;
    c->drift.observed = number ? c->reading->quantity : FIGURE_UNKNOWN;
    c->drift.wanted = r->flags & TARGET_WANTED ? r->wanted_value : FIGURE_UNKNOWN;
    c->drift.revision = r->wanted_revision;
    c->drift.read_ms = c->reading->read_ms;
    c->drift.seen++;
    keep_since(c, &was);
    keep_unexplained(c);
    status = decide(c);
    if (status == ST_OK) drift_put(c->a, c->t, &c->drift);
    return status;
}

enum status drift_compare(struct applying *a, struct target *t, const struct drift_reading *reading)
{
    struct comparing c = {.a = a, .t = t, .reading = reading};
    const struct target_record *r = &t->record;
    const struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_account *account = directory_account(d, t->id.account);
    c.imports = account && account->orders_import;
    bool named = r->hold & HOLD_FOREIGN && r->flags & TARGET_DRIFT;
    if (!(r->flags & TARGET_ACKED)) return named ? follow_foreign(&c) : ST_OK;
    if (!as_expected(r, reading)) return differs(&c);
    return named ? follow_foreign(&c) : drift_close(a, t, DRIFT_TRUE_AGAIN);
}

void drift_unclear(struct applying *a, struct target *t, const struct drift_reading *reading)
{
    const struct target_record *r = &t->record;
    if (!(r->flags & TARGET_ACKED) || reading->kind != OBSERVED_NUMBER) return;
    if (as_expected(r, reading)) return;
    reread_ask(a, t, a->command->now_ms + outcome_route(a, t)->settle_ms + REREAD_SOON_MS);
}

enum status drift_sold(struct applying *a, struct target *t)
{
    const struct target_record *r = &t->record;
    struct drift_record drift;
    if (!(r->flags & TARGET_DRIFT) || !(r->flags & TARGET_ACKED)) return ST_OK;
    if (drift_load_open(a->txn, &t->id, &drift) != ST_OK) {
        engine_read_failed(a->txn, ST_DAMAGED, "drift", a->error);
        return ST_DAMAGED;
    }
    bool explained = drift.code == DRIFT_ORDERS && drift.observed == r->acked_value;
    return explained ? drift_close(a, t, DRIFT_EXPLAINED) : ST_OK;
}

void drift_gone(struct applying *a, struct target *t)
{
    drift_close(a, t, DRIFT_GONE); /* a store that fails says so at the command's end */
    t->record.flags &= ~(uint32_t)TARGET_REREAD; /* its row is passed over when it is due */
}

enum status drift_release(struct applying *a, struct target *t)
{
    t->record.hold &= (uint16_t)~HOLD_FOREIGN;
    if (!(t->record.flags & TARGET_DRIFT)) return ST_OK;
    target_forget_acked(t);
    return drift_close(a, t, DRIFT_RELEASED);
}
