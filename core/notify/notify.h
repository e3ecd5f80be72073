/* Telling people what is wrong: looks at everything once a minute, and soon after something
 * changed; keeps alerts (alert.h); tells each channel what it is still to be told.
 *
 * DELIVERY. What is to be told is a row of the store before it is sent and until the other side has
 * taken it, so it is told at least once, over restarts; after a failure again with growing pauses
 * (alert_retry_ms). HTTP goes through the transport of net/, mail through net/mail.h on a worker:
 * one message at a time per channel.
 *
 * THREADS. Loop thread; the rules run on a worker with a read transaction of their own, writes in
 * engine tasks.
 *
 * OWNERSHIP. Everything given to notify_new must outlive notify_free; settings are copied. */
#ifndef STOCKD_NOTIFY_NOTIFY_H
#define STOCKD_NOTIFY_NOTIFY_H

#include "base/runtime.h"
#include "net/transport.h"
#include "notify/alert.h"
#include "notify/look.h"
#include "notify/messages.h"
#include "sync/sync.h"

enum {
    NOTIFY_DEBOUNCE_MS = 2000, /* after a change, and least time between two looks */
    NOTIFY_SAID_MAX = 400,
    NOTIFY_TIMEOUT_MS = 30 * 1000,
};

struct notify;

enum notify_type { NOTIFY_EMAIL = 0, NOTIFY_TELEGRAM = 1, NOTIFY_WEBHOOK = 2 };

struct notify_channel {
    const char *name;
    enum notify_type type;
    enum alert_severity least;
    const char *url; /* TELEGRAM: base address, or NULL */
    const char *from, *to, *user, *password, *token, *chat, *secret; /* NULL: not used */
};
struct notify_settings {
    const struct notify_channel *channels;
    size_t channel_count; /* at most ALERT_CHANNELS_MAX */
    enum alert_lang lang;
    const char *zone;
    int32_t quiet_from, quiet_to; /* minutes of the day; equal: none */
    bool quiet_but_critical;
    int64_t every_ms, group_ms;
    int64_t keep_ms; /* so long must stay away what came back (alert.h) */
    struct alert_limits limits;
};

struct message;
/* A report that is to be written now (compose.h). */
struct notify_report {
    struct alert_report of;
    enum alert_lang lang;
    int64_t now_ms;
};

struct notify_options {
    struct runtime *runtime;
    struct store *store;
    struct sync *sync;
    struct transport *transport;
    const char *store_path; /* copied; NULL: its disk is not looked at */
    /* Adds what only the daemon knows: plugins. [loop] May be NULL. */
    void (*more)(void *ctx, struct alert_findings *findings);
    /* Writes a report that was queued (alert_out_report). [worker] May be NULL. */
    enum status (*report)(void *ctx, struct store_txn *txn, const struct notify_report *report,
                          struct message *message, struct error *error);
    void *ctx;
};

struct notify *notify_new(const struct notify_options *options);
/* From the first call on it looks and tells. */
void notify_put(struct notify *notify, const struct notify_settings *settings);
/* Something changed: looks soon. */
void notify_changed(struct notify *notify);
/* Something was queued besides: it is told at once. */
void notify_tell(struct notify *notify);
/* The language of messages, as of the last notify_put. */
enum alert_lang notify_lang(const struct notify *notify);
/* Begins nothing more; requests under way are given up and told again after the next start.
 * `stopped` may be called from inside. */
void notify_stop(struct notify *notify, void (*stopped)(void *ctx), void *ctx);
void notify_free(struct notify *notify); /* after `stopped`; NULL is fine */

struct notify_channel_view {
    const char *name;
    enum notify_type type;
    enum alert_severity least;
    int64_t told_ms, failed_ms; /* the last time since the start; 0: never */
    const char *said;           /* the last answer or failure, or "" */
    bool busy, quiet;
};
void notify_each(const struct notify *notify,
                 void (*each)(void *ctx, const struct notify_channel_view *view), void *ctx);

/* Sends a test message now, whatever the hour. `done` comes later, once. False: there is no such
 * channel, or the daemon is stopping. */
typedef void notify_tested_fn(void *arg, const char *channel, bool good, const char *said);
bool notify_test(struct notify *notify, const char *channel, notify_tested_fn *done, void *arg);

#endif
