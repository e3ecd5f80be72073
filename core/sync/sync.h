/* Sync: what is being done. It takes due work from the engine, runs it through a plugin and the
 * network, and gives the outcomes back to the engine; it decides when each account is read,
 * written, looked at again, or left alone.
 *
 * CONCURRENCY. Everything here on the loop thread. Work elsewhere goes through the runtime
 * (base/runtime.h): engine tasks inside a write transaction, plugin steps and long reads on
 * workers. One account's steps never run at the same time; accounts that share no quota never wait
 * for each other (I12).
 *
 * OWNERSHIP. Everything given to sync_new must outlive sync_free. */
#ifndef STOCKD_SYNC_SYNC_H
#define STOCKD_SYNC_SYNC_H

#include "base/bytes.h"
#include "base/runtime.h"
#include "engine/engine.h"
#include "net/quota.h"
#include "net/transport.h"
#include "plugin/instance.h"
#include "schedule/schedule.h"
#include "store/store.h"

struct sync;
struct sync_account;
struct recorder;
struct seal;

struct sync_options {
    struct runtime *runtime;
    struct engine *engine; /* used inside engine tasks only */
    struct transport *transport;
    struct recorder *recorder; /* the transport's; may be NULL */
    struct seal *seal;         /* for tokens; NULL: a plugin that has any cannot keep them */
    /* Something about an account changed that people may be watching: state, waits, outcomes. May
     * be NULL. */
    void (*changed)(void *ctx, uint32_t account);
    void *ctx;
};

struct sync *sync_new(const struct sync_options *options);
/* Stops starting anything new. `stopped` is called when nothing is under way any more: requests in
 * flight are waited for at most `grace_ms`, then given up (their writes are unresolved and looked
 * for at the next start). */
void sync_stop(struct sync *sync, int64_t grace_ms, void (*stopped)(void *ctx), void *ctx);
void sync_free(struct sync *sync); /* after `stopped` */

/* ---- accounts */

struct sync_quota_limit {
    const char *bucket;
    int64_t amount, per_ms, burst; /* 0: the plugin's own */
};

/* What has a schedule. Verifying is a reading of all figures, which some plugins do by their
 * listings. */
enum sync_timed {
    SYNC_TIMED_ORDERS,
    SYNC_TIMED_VERIFY,
    SYNC_TIMED_LISTINGS,
    SYNC_TIMED_WAREHOUSES,
    SYNC_TIMED_CHECK,
    SYNC_TIMED_RESYNC,
    SYNC_TIMED,
};
const char *sync_timed_name(enum sync_timed timed);

/* The schedules are the caller's; sync takes references. */
struct sync_schedules {
    struct schedule *of[SYNC_TIMED];      /* NULL: its default */
    int64_t soft_limit_ms, hard_limit_ms; /* of one run; 0: the defaults */
};

struct sync_settings {
    const char *name;
    uint32_t number;                  /* the engine's */
    struct plugin_instance *instance; /* a reference is taken */
    bool enabled, dry_run, allow_plain_http;
    bool first_plan; /* nothing is sent until a plan was applied (engine/plan.h) */
    int64_t timeout_ms;
    uint32_t batch;    /* at most so many items; 0: the route's own */
    uint32_t attempts; /* failures in a row before the slow timer */
    const struct sync_quota_limit *limits;
    size_t limit_count;
    const struct sync_schedules *schedules; /* NULL: the defaults */
};

/* Adds the account, or gives it new settings: what is under way goes on with the old instance. */
void sync_account_put(struct sync *sync, const struct sync_settings *settings);
/* Nothing new is started, and readings are given up. A write under way ends by itself, as does what
 * asks for a token; after that the recorder forgets the account. */
void sync_account_remove(struct sync *sync, const char *name);

/* Parks the account, durably: nothing is started for it until somebody resumes it. */
void sync_park(struct sync *sync, const char *name, const char *code, const char *text);

/* Commits told that these accounts have something new (engine_touched_take, after each commit). */
void sync_touched(struct sync *sync, const struct engine_touched *touched);

/* ---- asking for something now */

enum sync_task {
    SYNC_CHECK = 0,      /* check_account */
    SYNC_WAREHOUSES = 1, /* list_warehouses */
    SYNC_LISTINGS = 2,   /* fetch_listings */
    SYNC_STOCK = 3,      /* fetch_stock, everything */
    SYNC_RENEW = 4,      /* authorize: a new token, by itself */
    SYNC_LOGIN = 5,      /* authorize: a person gives their consent */
    SYNC_ORDERS = 6,     /* fetch_orders, to their end */
    SYNC_RESYNC = 7,     /* all is read and compared, nothing confirmed before is believed */
    SYNC_TASKS = 8,
};
const char *sync_task_name(enum sync_task task);

/* Due at once. False: no such account, or it is switched off. */
bool sync_ask(struct sync *sync, const char *account, enum sync_task task);

/* ---- looking */

enum sync_state {
    SYNC_NEW,     /* nothing is known about it yet */
    SYNC_LOADING, /* warehouses and listings are being read for the first time */
    SYNC_ACTIVE,
    SYNC_DRY_RUN,  /* active, but nothing is sent */
    SYNC_PAUSED,   /* by a person */
    SYNC_PARKED,   /* by stockd: see reason */
    SYNC_DISABLED, /* by configuration */
};
const char *sync_state_name(enum sync_state state);

struct sync_task_view {
    bool running, offered;
    int64_t last_ms, next_ms; /* wall; 0: never */
    uint32_t failures;        /* in a row */
    const char *error;        /* of the last failure, or "" */
    int64_t done, total;      /* progress of the one running */
    uint64_t run;             /* number of the run that is going on, or of the last */
};

enum { SYNC_TEXT_MAX = 300 };

/* The run that reads an account for the first time. */
struct sync_load_view {
    uint64_t run; /* its number, or that of the last one; 0: none */
    bool going;
    uint32_t stage, stages; /* the one that goes on or is next, from 1; 0: none */
    const char *name;       /* of that stage */
    int64_t done, total;    /* of that stage; total 0: not known */
};

/* What a login waits for a person to do. */
struct sync_prompt {
    const char *text, *url, *code; /* url and code may be NULL */
    int64_t expires_ms;            /* 0: not said */
};

/* What the next write waits for, when that is known. */
enum sync_wait {
    SYNC_WAIT_NONE,
    SYNC_WAIT_BLOCKED, /* the marketplace has shut the seller out for now */
    SYNC_WAIT_DENIED,  /* the credentials may not write */
    SYNC_WAIT_ORDERS,  /* a reading of the orders to their end (I17): increases, and decreases for a
                          while; zeros go */
    SYNC_WAIT_QUOTA,
    SYNC_WAIT_PAUSE, /* batches failed in a row */
};

struct sync_account_view {
    const char *name, *plugin;
    uint32_t number;
    enum sync_state state;
    char reason[SYNC_TEXT_MAX]; /* why it is in that state, or "" */
    int64_t since_ms;
    char waiting[SYNC_TEXT_MAX]; /* what the next write waits for: "quota stock until ...", or "" */
    enum sync_wait wait;
    int64_t waiting_since_ms; /* ORDERS; 0: not known */
    int64_t waiting_until_ms; /* 0: not known */
    int64_t next_due_ms; /* when the outbox has something due that is not yet; 0: nothing waits */
    uint32_t in_flight;  /* write requests on their way */
    uint64_t sends, items, failures; /* since start */
    struct sync_task_view tasks[SYNC_TASKS];
    enum sync_task verify; /* the one that reads every figure, to be compared */
    struct sync_load_view load;
    struct sync_prompt prompt; /* text is NULL when there is none */
};

/* False: no such account. Texts live until the next call into sync. */
bool sync_account_view(struct sync *sync, const char *name, struct sync_account_view *view);
/* One task of one account by its schedule. */
struct sync_schedule_view {
    const char *account, *task, *schedule;
    bool running;
    int64_t last_ms;    /* when it was last done, or tried and failed; 0: never */
    int64_t next_ms;    /* 0: not by itself, or it is not known yet */
    int64_t due_ms;     /* when its schedule wants it done after the last time that it was; 0: not
                           known, or it may not be done now; INT64_MAX: never */
    int64_t took_ms;    /* the last run; -1: not known */
    const char *result; /* "running", "done", "partial", "failed", or "" when it never ran */
    const char *error;  /* why it did not end as it should, or "" */
    int64_t missed_ms;  /* the appointed time that the last run made up for; 0: none */
};
/* Each task of each account that is in service, by name; of one only with `account`. Texts live for
 * the callback. */
void sync_each_schedule(struct sync *sync, const char *account,
                        void (*each)(void *ctx, const struct sync_schedule_view *view), void *ctx);

/* Calls back for each account, by name. */
void sync_each(struct sync *sync, void (*each)(void *ctx, const struct sync_account_view *view),
               void *ctx);
/* The account's buckets. */
void sync_quotas(struct sync *sync, const char *name,
                 void (*each)(void *ctx, const struct quota_view *view), void *ctx);
/* One request and its answer, as recorded: redacted (net/recorder.h). Lives for the callback. */
struct sync_exchange {
    int64_t sent_ms, received_ms;
    const char *method, *url;
    const char *request_headers, *answer_headers; /* "Name: value\n" each */
    struct bytes request_body, answer_body;       /* cut */
    size_t request_size, answer_size;             /* what they were */
    const char *result;                           /* "arrived", "not-sent", "lost", "too-large" */
    int status;                                   /* 0: none */
    const char *error;                            /* "" when there is none */
};

/* The account's last exchanges, newest first, until `each` returns false. False: no such account.
 */
bool sync_traffic(struct sync *sync, const char *name,
                  bool (*each)(const struct sync_exchange *exchange, void *ctx), void *ctx);

/* "push_stock" ...: what an ability of an account is about (engine/record.h, abilities). "" when
 * there is none such. */
const char *sync_operation_name(unsigned operation);

#endif
