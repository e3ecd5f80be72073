/* Gathering a report from the store. How it reads is in words.h and render.h. */
#include "report/report.h"

#include "base/mem.h"
#include "query/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS (DAY_SLOTS * DAY_SLOT_MS)

static const struct {
    uint16_t bit;
    const char *name;
} holds[REPORT_HOLDS] = {
    [REPORT_HOLD_UNCOUNTED] = {HOLD_UNCOUNTED, "uncounted"},
    [REPORT_HOLD_LISTING] = {HOLD_LISTING, "listing"},
    [REPORT_HOLD_EPOCH] = {HOLD_EPOCH, "catalogue"},
    [REPORT_HOLD_FOREIGN] = {HOLD_FOREIGN, "foreign-writer"},
    [REPORT_HOLD_ROUTE] = {HOLD_ROUTE, "route"},
    [REPORT_HOLD_REMOTE] = {HOLD_REMOTE | HOLD_NEVER, "warehouse"},
};

const char *report_hold_name(enum report_hold hold)
{
    return (unsigned)hold < REPORT_HOLDS ? holds[hold].name : "";
}

/* Bytes of the character that begins there (RFC 3629, 4); 0: none does. */
static size_t character(const unsigned char *at)
{
    if (at[0] < 0x80) return 1;
    const size_t size = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    const unsigned char least = at[0] == 0xe0   ? 0xa0
                                : at[0] == 0xf0 ? 0x90
                                                : 0x80,
                        most = at[0] == 0xed   ? 0x9f
                               : at[0] == 0xf4 ? 0x8f
                                               : 0xbf;
    if (at[0] < 0xc2 || at[0] > 0xf4 || at[1] < least || at[1] > most) return 0;
    for (size_t i = 2; i < size; i++)
        if ((at[i] & 0xc0) != 0x80) return 0;
    return size;
}

/* An SKU may be any bytes; a report is text. */
static void copy(char *to, size_t room, struct bytes text)
{
    char cut[ALERT_TEXT_MAX];
    alert_text(cut, text);
    for (size_t at = 0, size; cut[at]; at += size) {
        size = character((const unsigned char *)cut + at);
        if (!size) cut[at] = '?';
        if (!size) size = 1;
    }
    snprintf(to, room, "%.*s", (int)room - 1, cut);
}

/* ---- accounts */

static bool count_held(void *ctx, const struct query_target *target)
{
    struct report_account *account = ctx;
    for (int i = 0; i < REPORT_HOLDS; i++) {
        if (!(target->record.hold & holds[i].bit)) continue;
        account->held[i]++;
        break;
    }
    return true;
}

static enum status look_held(struct query *query, struct report_account *account)
{
    const struct query_targets filter = {.account = bytes_text(account->name), .state = STATE_HELD};
    struct query_page page = {.limit = QUERY_PAGE_MAX};
    enum status status = ST_OK;
    account->held_whole = true;
    if (!account->now.of[COUNT_HELD]) return ST_OK;
    for (int i = 0; i < REPORT_HELD_PAGES && status == ST_OK; i++) {
        uint8_t from[QUERY_PLACE_MAX];
        memcpy(from, page.next, page.next_size);
        page.from = bytes_of(from, page.next_size);
        status = query_targets(query, &filter, &page, count_held, account);
        if (!page.next_size) return status;
    }
    account->held_whole = false;
    return status;
}

static bool is_known(const struct report_ask *ask, uint32_t number)
{
    for (size_t i = 0; i < ask->known_count; i++)
        if (ask->known[i] == number) return true;
    return false;
}

struct gathering {
    const struct report_ask *ask;
    struct report *report;
    struct query *query;
    enum status status;
};

static bool on_account(void *ctx, const struct query_account *found)
{
    struct gathering *g = ctx;
    const struct account_view *view = &found->account;
    struct report_account a = {.number = found->number, .state = found->state};
    if (g->ask->account.size && !bytes_equal(g->ask->account, view->name)) return true;
    g->status = day_sum(g->query->txn, a.number, g->report->from_ms, g->report->until_ms, &a.sums);
    if (g->status != ST_OK) return false;
    if (!g->ask->account.size && !is_known(g->ask, a.number) && day_sums_empty(&a.sums))
        return true;
    copy(a.name, sizeof a.name, view->name);
    if (view->parked) copy(a.why, sizeof a.why, view->parked_text);
    const struct bytes sku = a.sums.of[DAY_SLOWEST_PRODUCT]
                                 ? query_sku(g->query, (uint64_t)a.sums.of[DAY_SLOWEST_PRODUCT])
                                 : bytes_of("", 0);
    copy(a.slowest_sku, sizeof a.slowest_sku, sku);
    target_counts_get(g->query->txn, a.number, &a.now);
    g->status = look_held(g->query, &a);
    if (g->status != ST_OK) return false;
    struct report *r = g->report;
    r->accounts = mem_resize(r->accounts, (r->account_count + 1) * sizeof *r->accounts);
    r->accounts[r->account_count++] = a;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct report_account *)a)->name,
                  ((const struct report_account *)b)->name);
}

static enum status gather_accounts(struct query *query, const struct report_ask *ask,
                                   struct report *report)
{
    struct gathering g = {ask, report, query, ST_OK};
    enum status status = query_accounts(query, on_account, &g);
    if (status == ST_OK) status = g.status;
    if (status != ST_OK) return status;
    if (ask->account.size && !report->account_count)
        return error_set(query->error, ST_NOT_FOUND,
                         "there is no account '%.*s'; `stockctl account list` shows those there "
                         "are",
                         (int)(ask->account.size < 64 ? ask->account.size : 64),
                         (const char *)ask->account.data);
    if (report->account_count)
        qsort(report->accounts, report->account_count, sizeof *report->accounts, by_name);
    return ST_OK;
}

/* ---- what is held */

static int newest_plan(const void *a, const void *b)
{
    const struct report_plan *x = a, *y = b;
    return (x->since_ms < y->since_ms) - (x->since_ms > y->since_ms);
}

static enum status gather_plans(struct store_txn *txn, struct report *report)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_PLAN);
    enum status status = store_next(cursor, &key, &value);
    for (; status == ST_OK; status = store_next(cursor, &key, &value)) {
        struct plan_view plan;
        if (key.size != 8 || plan_read(value, &plan) != ST_OK || plan.kind == PLAN_OUTBOX) continue;
        report->plans = mem_resize(report->plans, (report->plan_count + 1) * sizeof *report->plans);
        struct report_plan *p = &report->plans[report->plan_count++];
        *p = (struct report_plan){.since_ms = plan.created_ms, .figures = plan.total};
        plan_id_text(bytes_get_u64(key.data), p->id);
        copy(p->why, sizeof p->why, plan.reason);
    }
    store_cursor_close(cursor);
    if (report->plan_count)
        qsort(report->plans, report->plan_count, sizeof *report->plans, newest_plan);
    if (report->plan_count > REPORT_PLANS_MAX) {
        report->plans_more = report->plan_count - REPORT_PLANS_MAX;
        report->plan_count = REPORT_PLANS_MAX;
    }
    return status == ST_NOT_FOUND ? ST_OK : status;
}

/* ---- what needs a person */

static bool on_alert(void *ctx, uint64_t number, const struct alert_view *alert)
{
    struct gathering *g = ctx;
    struct report *r = g->report;
    const struct bytes account = g->ask->account;
    if (alert->closed_ms) return true;
    if (account.size && alert->account.size && !bytes_equal(account, alert->account)) return true;
    if (r->alert_count == REPORT_ALERTS_MAX) {
        r->alerts_more++;
        return true;
    }
    r->alerts = mem_resize(r->alerts, (r->alert_count + 1) * sizeof *r->alerts);
    struct report_alert *a = &r->alerts[r->alert_count++];
    *a = (struct report_alert){.number = number,
                               .rule = alert->rule,
                               .severity = alert->severity,
                               .count = alert->count,
                               .limit = alert->limit,
                               .opened_ms = alert->opened_ms,
                               .known = alert->acked_ms != 0};
    copy(a->account, sizeof a->account, alert->account);
    copy(a->what, sizeof a->what, alert->what);
    copy(a->why, sizeof a->why, alert->why);
    return true;
}

static int worst_alert(const void *a, const void *b)
{
    const struct report_alert *x = a, *y = b;
    if (x->severity != y->severity) return x->severity < y->severity ? 1 : -1;
    return (x->number < y->number) - (x->number > y->number);
}

/* ---- */

static enum status gather_all(struct query *query, const struct report_ask *ask,
                              struct report *report)
{
    struct gathering g = {ask, report, query, ST_OK};
    enum status status = gather_accounts(query, ask, report);
    if (status != ST_OK) return status;
    status = day_sum(query->txn, 0, report->from_ms, report->until_ms, &report->daemon);
    if (status == ST_OK) status = gather_plans(query->txn, report);
    if (status == ST_OK) status = alert_each(query->txn, 0, on_alert, &g);
    if (report->alert_count)
        qsort(report->alerts, report->alert_count, sizeof *report->alerts, worst_alert);
    return status;
}

static enum status take_span(struct store_txn *txn, const struct report_ask *ask,
                             struct report *report, struct error *error)
{
    const struct day_span span = day_span_get(txn);
    const int64_t until = ask->until_ms < ask->now_ms ? ask->until_ms : ask->now_ms;
    report->now_ms = ask->now_ms;
    report->from_ms = (int64_t)day_slot_of(ask->from_ms) * DAY_SLOT_MS;
    report->until_ms = (int64_t)day_slot_of(until + DAY_SLOT_MS - 1) * DAY_SLOT_MS;
    if (report->until_ms > ask->now_ms) report->until_ms = ask->now_ms;
    if (report->from_ms >= report->until_ms)
        return error_set(error, ST_INVALID,
                         "a report is of a time that has been: `until` must be after `since`, and "
                         "`since` before now");
    if (report->until_ms - report->from_ms > (REPORT_SPAN_DAYS_MAX + 1) * DAY_MS)
        return error_set(error, ST_INVALID,
                         "a report is of %d days at most: longer ago than that nothing is kept",
                         REPORT_SPAN_DAYS_MAX);
    int64_t counted = span.since_ms > span.forgotten_ms ? span.since_ms : span.forgotten_ms;
    if (!span.since_ms) counted = ask->now_ms;
    if (counted > report->from_ms) report->counted_ms = counted;
    return ST_OK;
}

enum status report_gather(struct store_txn *txn, const struct report_ask *ask,
                          struct report *report, struct error *error)
{
    struct query query;
    *report = (struct report){0};
    enum status status = take_span(txn, ask, report, error);
    if (status == ST_OK) status = query_open(&query, txn, error);
    if (status != ST_OK) return status;
    status = gather_all(&query, ask, report);
    query_close(&query);
    if (status == ST_OK || status == ST_NOT_FOUND || status == ST_INVALID) return status;
    return error_set(error, status,
                     "store: what a report is made of cannot be read; run `stockctl "
                     "store verify`");
}

void report_free(struct report *report)
{
    mem_free(report->accounts);
    mem_free(report->plans);
    mem_free(report->alerts);
    *report = (struct report){0};
}
