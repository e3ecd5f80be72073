/* Looking for what is wrong: the rules over one read transaction, and over what only the loop
 * knows. Reads accounts, links, conflicts, open orders, open drifts, plans and the outbox, each
 * through its own index and to a bound; never all targets. [any thread] */
#ifndef STOCKD_NOTIFY_LOOK_H
#define STOCKD_NOTIFY_LOOK_H

#include "base/error.h"
#include "notify/rule.h"
#include "store/store.h"

#include <stdint.h>

/* When something counts as wrong. */
struct alert_limits {
    bool off[ALERT_RULES];
    int64_t key_days, unsent_ms, stale_ms, missed_ms, disk_percent, change_percent;
    int64_t exposure;                               /* pieces */
    int64_t stale_times;                            /* of the account's own schedule */
    int64_t usual_times, usual_changes, usual_days; /* usual.h; from so many values on */
};

/* An account as sync sees it. */
struct alert_account {
    char name[64];
    uint32_t number;
    bool active, offers_reading; /* active: it is read and written */
    int64_t read_ms;             /* when figures were read last; 0: never */
    int64_t read_every_ms;       /* by its schedule, as of that reading; 0: not known */
    int64_t since_ms;            /* of its state */
    char error[ALERT_TEXT_MAX];  /* of the last failed reading, or "" */
};

/* What one look leaves to the next. */
enum { ALERT_DAYS_MAX = 256 }; /* DIRECTORY_ACCOUNTS_MAX */
struct alert_day {
    uint32_t account;
    int64_t changed;
};
struct alert_memory {
    bool figures_known;
    uint64_t figures_after;                /* the last command looked at for unusual figures */
    int exposure_in;                       /* looks until it is worked out again */
    struct alert_day days[ALERT_DAYS_MAX]; /* of accounts whose day is over: to be kept */
    size_t day_count;
};
/* [engine thread] */
enum status alert_days_keep(struct store_txn *txn, const struct alert_memory *memory,
                            int64_t now_ms);

struct alert_look {
    const struct alert_limits *limits;
    const struct alert_account *accounts;
    size_t account_count;
    int64_t now_ms, started_ms;
    struct store *store;
    const char *store_path;      /* NULL: its disk is not looked at */
    struct alert_memory *memory; /* NULL: what needs it is not looked at */
};

/* Adds what is wrong. An error: nothing follows from what was or was not found. */
enum status alert_look(const struct alert_look *look, struct store_txn *txn,
                       struct alert_findings *findings, struct error *error);

#endif
