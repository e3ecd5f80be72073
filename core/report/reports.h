/* Reports by schedule: notes each minute who was in service (engine/day.h), and when a report is
 * due queues it for its channels, in one transaction with the note that it was: so each is queued
 * once, over restarts, and delivered as alerts are (notify/notify.h).
 *
 * A report goes from the end of the one before to the last midnight: what a report would have told
 * that was missed, for the machine slept or the daemon was down, is told by the next, once. It is
 * of no more than REPORTS_DAILY_MOST or REPORTS_WEEKLY_MOST days.
 *
 * THREADS. Loop thread, but for reports_compose. OWNERSHIP. What is given to reports_new must
 * outlive reports_free; settings are copied. */
#ifndef STOCKD_REPORT_REPORTS_H
#define STOCKD_REPORT_REPORTS_H

#include "base/runtime.h"
#include "notify/compose.h"
#include "notify/notify.h"
#include "schedule/schedule.h"
#include "sync/sync.h"

enum {
    REPORTS_TICK_MS = 60 * 1000,
    REPORTS_DAILY_MOST = 7, /* days */
    REPORTS_WEEKLY_MOST = 31,
};

enum report_kind { REPORT_DAILY = 0, REPORT_WEEKLY = 1, REPORT_KINDS };

struct reports_settings {
    struct schedule *schedules[REPORT_KINDS]; /* references are taken; NULL: off */
    const char *zone;                         /* whose midnights they begin and end at */
    const char *const *channels;              /* by name */
    size_t channel_count;
};
struct reports_options {
    struct runtime *runtime;
    struct engine *engine; /* inside engine tasks only */
    struct sync *sync;
    struct notify *notify;
};

struct reports;
struct reports *reports_new(const struct reports_options *options);
void reports_put(struct reports *reports, const struct reports_settings *settings);
const char *reports_zone(const struct reports *reports); /* until the next reports_put */
/* Notes what is not noted yet, then calls `stopped`, perhaps from inside. */
void reports_stop(struct reports *reports, void (*stopped)(void *ctx), void *ctx);
void reports_free(struct reports *reports); /* after `stopped`, or when nothing was put */

/* For notify_options.report. */
enum status reports_compose(void *ctx, struct store_txn *txn, const struct notify_report *report,
                            struct message *message, struct error *error);

/* What is due at that time and queued by it, in the caller's transaction. False: nothing was.
 * `lost`: for so many channels there was no room. For reports.c and tests. */
bool reports_queue(struct store_txn *txn, enum report_kind kind, const struct schedule *schedule,
                   const char *zone, const char *const *channels, size_t channel_count,
                   int64_t now_ms, uint32_t *lost);

#endif
