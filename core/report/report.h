/* A report: what happened in a span of time, account by account, and what stands now: what is held
 * and why, and what needs a person. Figures are those counted in the store (engine/day.h), so they
 * are true over restarts; what stands now is read with them, in one transaction.
 *
 * A report is gathered once and then written in any form: render.h. Telling it by schedule is
 * reports.h. Needs neither loop nor clock; any thread. */
#ifndef STOCKD_REPORT_REPORT_H
#define STOCKD_REPORT_REPORT_H

#include "engine/day.h"
#include "engine/plan.h"
#include "engine/target_count.h"
#include "notify/alert.h"

enum {
    REPORT_ALERTS_MAX = 2000, /* open ones that are read; the rest is counted */
    REPORT_PLANS_MAX = 50,
    REPORT_HELD_PAGES = 40, /* of QUERY_SCAN_MAX targets: a second on a worker for two millions */
    REPORT_SPAN_DAYS_MAX = 92,
};

/* Why targets are held, by the bits of their rows; the first that applies counts. */
enum report_hold {
    REPORT_HOLD_UNCOUNTED,
    REPORT_HOLD_LISTING,
    REPORT_HOLD_EPOCH,
    REPORT_HOLD_FOREIGN,
    REPORT_HOLD_ROUTE,
    REPORT_HOLD_REMOTE,
    REPORT_HOLDS,
};
const char *report_hold_name(enum report_hold hold); /* "uncounted" ... */

struct report_account {
    uint32_t number;
    char name[64];
    const char *state; /* "active", "starting", "paused", "parked" */
    char why[ALERT_TEXT_MAX];
    struct day_sums sums;
    char slowest_sku[ALERT_TEXT_MAX]; /* "": none, or its product is gone */
    struct target_counts now;
    uint64_t held[REPORT_HOLDS];
    bool held_whole; /* all targets were looked at for it */
};

struct report_plan {
    char id[PLAN_ID_TEXT], why[ALERT_TEXT_MAX];
    int64_t since_ms;
    uint64_t figures;
};

struct report_alert {
    uint64_t number;
    enum alert_rule rule;
    enum alert_severity severity;
    char account[64], what[ALERT_TEXT_MAX], why[ALERT_TEXT_MAX];
    int64_t count, limit, opened_ms;
    bool known; /* somebody acknowledged it */
};

struct report {
    int64_t from_ms, until_ms; /* on quarters of an hour, but for now */
    int64_t now_ms;
    int64_t counted_ms; /* figures are counted from then on; 0: all of the span is */
    struct day_sums daemon;
    struct report_account *accounts; /* by name */
    size_t account_count;
    struct report_plan *plans; /* the newest first */
    size_t plan_count, plans_more;
    struct report_alert *alerts; /* the worst first, then the newest */
    size_t alert_count, alerts_more;
};

struct report_ask {
    struct bytes account; /* size 0: all that were in service, or have something to tell */
    int64_t from_ms, until_ms, now_ms;
    /* Accounts that are in the configuration now; they are told of whatever happened. */
    const uint32_t *known;
    size_t known_count;
};

/* `from_ms` and `until_ms` are moved to quarters of an hour, outward, and not beyond now. ST_NOT_FOUND: no
 * such account; ST_INVALID: the span is empty, or longer than REPORT_SPAN_DAYS_MAX. The report is
 * to be freed in any case. */
enum status report_gather(struct store_txn *txn, const struct report_ask *ask,
                          struct report *report, struct error *error);
void report_free(struct report *report);

#endif
