/* What the files of the loop object share. */
#ifndef STOCKD_NOTIFY_PRIVATE_H
#define STOCKD_NOTIFY_PRIVATE_H

#include "notify/compose.h"
#include "notify/notify.h"
#include "notify/quiet.h"
#include "sync/time.h"

#include <stdatomic.h>

struct channel;

/* One message on its way; has a copy of its channel's settings. */
struct delivery {
    struct notify *notify;
    struct notify_channel to; /* owned */
    struct message message;
    struct work_task work;
    struct net_request request;
    struct net_header headers[4];
    char *url, *body, *zone; /* the zone by its name: the one in force may change meanwhile */
    enum alert_lang lang;
    /* Called on the worker to write `message`. */
    enum status (*compose)(struct delivery *delivery, struct error *error);
    void (*ended)(struct delivery *delivery, bool good, const char *said);
    void *arg;
    struct delivery *next; /* of all, so that a stop finds them */
    enum status status;
    char said[NOTIFY_SAID_MAX];
    bool requested;
};
/* deliver.c */
struct delivery *delivery_new(struct notify *notify, const struct notify_channel *to);
void delivery_start(struct delivery *delivery);
void deliveries_stop(struct notify *notify);
void notify_channel_copy(struct notify_channel *to, const struct notify_channel *from);
void notify_channel_free(struct notify_channel *channel);

/* tell.c: what a channel is still to be told. */
struct channel {
    struct notify *notify;
    struct notify_channel settings; /* owned */
    struct engine_task task;
    struct alert_group *group; /* taken and on its way; or NULL */
    int64_t next_ms;           /* when it is looked at again, by notify_time_ms */
    int64_t told_ms, failed_ms;
    char said[NOTIFY_SAID_MAX];
    int64_t taken_ms; /* by notify_time_ms */
    int64_t wall_ms;  /* ... and by the clock then: what messages say */
    enum alert_severity least;
    bool busy, gone, again; /* again: something was queued meanwhile */
};
void channels_put(struct notify *notify, const struct notify_settings *settings);
void channels_tell(struct notify *notify); /* those that are due; arms for the others */
void channels_wake(struct notify *notify); /* something was queued */
void channels_free(struct notify *notify);

/* look_task.c */
struct looking_task {
    struct work_task work;
    struct engine_task write;
    struct alert_findings findings;
    struct alert_account *accounts;
    size_t account_count;
    struct alert_limits limits;
    struct alert_memory memory;
    struct alert_channel_place places[ALERT_CHANNELS_MAX];
    char *names[ALERT_CHANNELS_MAX];
    struct alert_told told;
    enum status status;
    struct error error;
    bool changed, going;
};
void looking_start(struct notify *notify);

struct notify {
    struct notify_options options;
    char *store_path;
    struct channel **channels;
    size_t channel_count;
    struct delivery *deliveries;
    struct looking_task looking;
    struct alert_limits limits;
    struct sync_time time;
    struct zone *zone;
    char *zone_name; /* of it */
    struct quiet_hours quiet;
    enum alert_lang lang;
    bool quiet_but_critical;
    int64_t every_ms, group_ms, keep_ms, started_ms, looked_us;
    bool figures_known; /* as in struct alert_memory */
    uint64_t figures_after;
    int exposure_in;
    struct timer look_timer, tell_timer;
    bool put, again, stopping, told_stopped;
    uint32_t busy;    /* tasks and deliveries under way */
    atomic_bool stop; /* for mails on workers */
    uint64_t serial;  /* of messages */
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};
int64_t notify_now_ms(const struct notify *notify); /* by the machine's clock; any thread */
/* By a time that is not set back: what waits goes by it. Loop thread. */
int64_t notify_time_ms(struct notify *notify);
void notify_look_in(struct notify *notify, int64_t ms);
/* Something under way ended. */
void notify_ended(struct notify *notify);

#endif
