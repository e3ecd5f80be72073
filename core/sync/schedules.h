/* When the tasks of an account are due, how they went, and how long they may take (inside sync).
 *
 * WHEN. Found from when a task was last done. Intervals of a minute and longer are a tenth longer
 * or shorter, fixed from one run to the next. Appointed times are kept but for a second for each
 * account before it, a minute at most, so that accounts that share one do not all begin at once.
 *
 * WHAT IS KEPT. How the last run of each task went is a row of TABLE_META beside that of the run,
 * so that it is known over a restart. Drains of orders, every few seconds, leave none.
 *
 * Loop thread, but for what is marked. */
#ifndef STOCKD_SYNC_SCHEDULES_H
#define STOCKD_SYNC_SCHEDULES_H

#include "engine/run.h"
#include "sync/sync.h"

struct sync_account;

/* The last run of a task. */
struct sync_past {
    enum run_state state; /* 0: it never ran */
    int64_t begun_ms, ended_ms;
    int64_t missed_ms; /* the appointed time that it made up for; 0: none */
    char error[SYNC_TEXT_MAX];
};

/* Of one account. */
struct sync_schedules_of {
    struct schedule *of[SYNC_TIMED]; /* references */
    int64_t soft_limit_ms, hard_limit_ms;
    int64_t up_ms; /* since when this process has had it switched on */
    struct sync_past past[SYNC_TASKS];
    bool past_known;
    struct {
        int64_t from_ms, due_ms; /* an appointed time that was worked out */
    } found[SYNC_TIMED];
};

void schedules_take(struct sync_account *account, const struct sync_schedules *settings);
void schedules_free(struct sync_account *account);
/* When it is due, having been done last at `last_ms`; INT64_MAX: it is off. */
int64_t schedules_next(struct sync_account *account, enum sync_timed timed, int64_t last_ms);
/* The same of a task, which may have two schedules. */
int64_t schedules_next_of(struct sync_account *account, enum sync_task task, int64_t last_ms);
/* The machine slept, or the account was not in service, when the task, last done at `last_ms`,
 * should have been done next: when that was. 0: it was not missed. */
int64_t schedules_missed(struct sync_account *account, enum sync_task task, int64_t last_ms);
/* When to look next at what is due then: the timer stands still while the machine sleeps. */
int64_t schedules_glance(int64_t due_ms, int64_t now_ms);

/* Whether the last run of the task is kept. */
bool schedules_keep(enum sync_task task);
/* [engine thread] All rows of an account. One that has none of `resync` gets it: from now on it
 * counts. */
enum status schedules_read(struct store_txn *txn, uint32_t account, int64_t now_ms,
                           struct sync_past past[SYNC_TASKS], struct error *error);
void schedules_known(struct sync_account *account, const struct sync_past past[SYNC_TASKS]);
/* [engine thread] */
void schedules_past_put(struct store_txn *txn, uint32_t account, enum sync_task task,
                        const struct sync_past *past);

/* Ends what has gone on for longer than the hard limit. */
void schedules_limits_turn(struct sync_account *account);

#endif
