/* Rules about an account as a whole: its access, how far behind it is, how much was changed. */
#include "engine/guard.h"
#include "engine/target_count.h"
#include "notify/look_private.h"
#include "schedule/civil.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MS = 24 * 60 * 60 * 1000, MINUTE_MS = 60 * 1000, WHOLE = 100, CHANGED_LEAST = 10 };

static const struct alert_account *known(const struct looking *l, uint32_t number)
{
    for (size_t i = 0; i < l->look->account_count; i++)
        if (l->look->accounts[i].number == number) return &l->look->accounts[i];
    return NULL;
}

static struct alert_finding *add(const struct looking *l, enum alert_rule rule,
                                 const struct query_account *account)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)account->account.name.size,
             (const char *)account->account.name.data);
    return look_wants(l, rule) ? alert_findings_add(l->to, rule, name, bytes_of("", 0)) : NULL;
}

/* An account is parked because it was refused, or for one of the core's own reasons. */
static bool is_access(struct bytes code)
{
    static const char *const others[] = {"plugin-hangs", "other-seller"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (bytes_equal(code, bytes_text(others[i]))) return false;
    return true;
}

static void look_parked(const struct looking *l, const struct query_account *account)
{
    const struct account_view *a = &account->account;
    if (!a->parked) return;
    struct alert_finding *f =
        add(l, is_access(a->parked_code) ? ALERT_TOKEN_DEAD : ALERT_PARKED, account);
    if (!f) return;
    alert_text(f->what, a->parked_code);
    alert_text(f->why, a->parked_text);
}

static void look_key(const struct looking *l, const struct query_account *account)
{
    int64_t expires = account->account.key_expires_ms, now = l->look->now_ms;
    if (!expires || expires - now > l->look->limits->key_days * DAY_MS) return;
    struct alert_finding *f = add(l, ALERT_KEY_EXPIRES, account);
    if (!f) return;
    struct civil day = civil_of(expires / 1000);
    snprintf(f->what, sizeof f->what, "%04d-%02d-%02d", day.year, day.month, day.day);
    f->count = expires > now ? (expires - now) / DAY_MS : 0;
    f->limit = l->look->limits->key_days;
}

/* Since when the oldest figure waits is kept with the counts: the outbox is not read, which may
 * have a million rows. An account of an old store is not counted before something of it changes.
 * Whole minutes; so an alert's row is written once a minute at most. */
static void look_unsent(const struct looking *l, const struct query_account *account)
{
    struct target_counts counts;
    if (!look_wants(l, ALERT_UNSENT)) return;
    if (!target_counts_get(l->query->txn, account->number, &counts) || !counts.since_ms) return;
    int64_t age = l->look->now_ms - counts.since_ms;
    if (age <= l->look->limits->unsent_ms) return;
    struct alert_finding *f = add(l, ALERT_UNSENT, account);
    if (!f) return;
    f->count = age / MINUTE_MS;
    f->limit = l->look->limits->unsent_ms / MINUTE_MS;
}

/* Before the first reading the clock runs from the start of the account's state, and after a start
 * of the daemon it has the whole time to read again. */
static void look_stale(const struct looking *l, const struct query_account *account,
                       const struct alert_account *seen)
{
    if (!seen->offers_reading) return;
    int64_t last = seen->read_ms ? seen->read_ms : account->account.stock_ms;
    int64_t from = last > l->look->started_ms ? last : l->look->started_ms;
    if (!last && seen->since_ms > from) from = seen->since_ms;
    int64_t limit = l->look->limits->stale_times * seen->read_every_ms;
    if (limit < l->look->limits->stale_ms) limit = l->look->limits->stale_ms;
    if (l->look->now_ms - from <= limit) return;
    struct alert_finding *f = add(l, ALERT_STALE, account);
    if (!f) return;
    f->count = (l->look->now_ms - (last ? last : from)) / MINUTE_MS;
    f->limit = limit / MINUTE_MS;
    alert_text(f->why, bytes_text(seen->error));
}

static void look_much(const struct looking *l, const struct query_account *account,
                      const struct guard_view *guard)
{
    if (guard->live <= 0 || guard->changed < CHANGED_LEAST) return;
    int64_t percent = (int64_t)((double)guard->changed / (double)guard->live * WHOLE);
    if (percent <= l->look->limits->change_percent) return;
    struct alert_finding *f = add(l, ALERT_CHANGE, account);
    if (!f) return;
    snprintf(f->what, sizeof f->what, "%lld / %lld", (long long)guard->changed,
             (long long)guard->live);
    f->count = percent;
    f->limit = l->look->limits->change_percent;
}

static enum status look_change(const struct looking *l, const struct query_account *account)
{
    struct guard_view guard;
    char name[64];
    enum status status =
        guard_view_get(l->query->txn, account->number, l->look->now_ms, &guard, l->query->error);
    if (status != ST_OK) return status;
    if (look_wants(l, ALERT_CHANGE)) look_much(l, account, &guard);
    snprintf(name, sizeof name, "%.*s", (int)account->account.name.size,
             (const char *)account->account.name.data);
    return look_days(l, account->number, name, &guard);
}

enum status look_account(const struct looking *l, const struct query_account *account)
{
    const struct alert_account *seen = known(l, account->number);
    if (!seen) return ST_OK; /* in no file of conf.d, or switched off */
    look_parked(l, account);
    look_key(l, account);
    enum status status = look_change(l, account);
    if (status != ST_OK || !seen->active) return status;
    look_stale(l, account, seen);
    look_unsent(l, account);
    return ST_OK;
}
