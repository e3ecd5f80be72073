/* Alerts as the store keeps them, and the queue of what is to be told. TABLE_ALERT has the alerts
 * and, while one is open, its fingerprint; TABLE_ALERT_OUT one row for each thing that a channel is
 * still to be told.
 *
 * A finding that is new opens an alert and queues it for every channel that wants its severity. One
 * that is found no more is closed; channels that were told, or may have been, are told that too,
 * the others nothing at all.
 *
 * One that comes back within ALERT_AGAIN_MS of its end is told once more, and from then on is over
 * only when it was not found for told.keep_ms: a trouble that comes and goes each minute is told
 * twice, with its end, and not each time.
 *
 * BOUNDS. ALERTS_KEPT closed alerts are kept; ALERT_OUT_MAX rows wait at most, and what comes then
 * is listed but told to nobody. A row is tried for ALERT_OUT_KEPT_MS.
 *
 * THREADS. Functions with a transaction run wherever that does: writing ones on the engine
 * thread. Local to the machine, so not commands. */
#ifndef STOCKD_NOTIFY_ALERT_H
#define STOCKD_NOTIFY_ALERT_H

#include "base/buf.h"
#include "base/error.h"
#include "notify/rule.h"
#include "store/store.h"

enum {
    ALERTS_KEPT = 1000,    /* the numbers of the newest so many alerts; older ones go when closed */
    ALERT_OUT_MAX = 10000, /* rows: two megabytes */
    ALERT_CHANNELS_MAX = 16,
    ALERT_GROUP_MAX = 1000,        /* rows of one message */
    ALERT_CRITICAL_WAIT_MS = 5000, /* a critical one waits no longer for others of its rule */
    ALERT_AGAIN_MS = 30 * 60 * 1000,
    ALERT_RETRY_FIRST_MS = 30 * 1000,     /* doubled each time ... */
    ALERT_RETRY_MOST_MS = 60 * 60 * 1000, /* ... up to this */
};
#define ALERT_OUT_KEPT_MS (INT64_C(3) * 24 * 60 * 60 * 1000)

/* Texts point into the row. */
struct alert_view {
    enum alert_rule rule;
    enum alert_severity severity;
    int64_t opened_ms, closed_ms, acked_ms; /* 0: not */
    struct bytes key, account, what, why, acked_by;
    int64_t count, limit;
    bool again;        /* it came back within ALERT_AGAIN_MS of its end */
    int64_t absent_ms; /* of such a one: not found since then (alert_told's time); 0: it is there */
};
enum status alert_read(struct bytes from, struct alert_view *alert);
void alert_write(struct buf *out, const struct alert_view *alert);

/* Numbered alerts, the newest first, until `each` returns false. */
enum status alert_each(struct store_txn *txn, uint64_t below,
                       bool (*each)(void *ctx, uint64_t number, const struct alert_view *alert),
                       void *ctx);
/* The open alerts of a rule, by what its fingerprint is about. */
enum status alert_open_each(struct store_txn *txn, enum alert_rule rule,
                            bool (*each)(void *ctx, struct bytes subject), void *ctx);
struct alert_channel_place {
    const char *name;
    enum alert_severity least;
};
struct alert_told {
    const struct alert_channel_place *channels;
    size_t channel_count;
    int64_t group_ms;
    int64_t now_ms;  /* by the machine's clock: what people are told */
    int64_t time_ms; /* by a time that is not set back (sync/time.h): what waits goes by it */
    int64_t keep_ms; /* what came back is over when it stayed away for so long */
    /* Given back: */
    uint32_t opened, closed, dropped;
};
/* Whether the findings are just what is open, so that nothing has to be written. */
bool alert_all_known(struct store_txn *txn, const struct alert_findings *findings,
                     const struct alert_told *told);
enum status alert_update(struct store_txn *txn, const struct alert_findings *findings,
                         struct alert_told *told, struct error *error);
/* ST_NOT_FOUND with a sentence. */
enum status alert_ack(struct store_txn *txn, uint64_t number, const char *actor, int64_t now_ms,
                      struct error *error);

/* ---- the queue */

enum alert_news { ALERT_NEWS_OPENED = 0, ALERT_NEWS_CLOSED = 1, ALERT_NEWS_REPORT = 2 };

/* A report that is to be told: of which time, by whose clock. Its words are made when it is sent.
 */
enum { ALERT_ZONE_MAX = 64 };
struct alert_report {
    int64_t from_ms, until_ms;
    char zone[ALERT_ZONE_MAX];
};

struct alert_out {
    uint64_t number; /* of the row */
    uint64_t alert;
    enum alert_news news;
    enum alert_rule rule;
    enum alert_severity severity;
    int64_t queued_ms, due_ms; /* alert_told's time */
    uint32_t attempts;
};
/* What is told together: rows of one rule and kind of news, or one report. */
struct alert_group {
    enum alert_rule rule;
    enum alert_news news;
    enum alert_severity severity; /* the worst */
    struct alert_out rows[ALERT_GROUP_MAX];
    size_t count;
    struct alert_report report; /* of news of that kind */
    int64_t next_ms;            /* when there is something again; INT64_MAX: nothing waits */
    uint64_t given_up;          /* rows that were tried for too long */
};
/* Takes the first group that is due, each row put off until it would be tried again: so what is
 * lost with the process is told again later. `least`: only such (quiet hours). `now_ms`:
 * alert_told's time. It does not go back within a life, but begins each with the machine's clock:
 * what waits for a time that is further than it can be is of another life, and is due. */
enum status alert_out_take(struct store_txn *txn, const char *channel, enum alert_severity least,
                           int64_t now_ms, struct alert_group *group, struct error *error);
/* Queues a report for a channel, whatever the least severity that is told there; it waits for the
 * end of quiet hours. False: the queue is full. */
bool alert_out_report(struct store_txn *txn, const char *channel, const struct alert_report *report,
                      int64_t now_ms);
/* It was told. */
enum status alert_out_done(struct store_txn *txn, const char *channel,
                           const struct alert_group *group, struct error *error);
/* Channels that are no more need no rows. */
void alert_out_keep(struct store_txn *txn, const struct alert_channel_place *channels,
                    size_t count);
int64_t alert_retry_ms(uint32_t attempts);

#endif
