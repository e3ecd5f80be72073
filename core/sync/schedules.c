/* Schedules of accounts: taken over from settings, and when a task is due by them; the rows of last
 * runs; the hard limit. Not here: what else makes a task due (duty.c), how it is shown
 * (schedules_view.c). */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/wire.h"

#include <stdio.h>
#include <string.h>

enum {
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    JITTER_LEAST_MS = MINUTE_MS, /* shorter intervals drift apart by themselves */
    JITTER_PARTS = 10,
    SPREAD_ACCOUNTS = 60, /* a second each: a minute at most */
    /* So much later than appointed is only late. */
    MISSED_AFTER_MS = 2 * MINUTE_MS,
    MISSED_LEAST_MS = 60 * MINUTE_MS, /* shorter intervals are not missed: they come again soon */
    GLANCE_MS = 10 * MINUTE_MS,
    SOFT_LIMIT_MS = 560 * SECOND_MS, /* where nobody says otherwise; as in config/tables.c */
    HARD_LIMIT_MS = 600 * SECOND_MS,
};

static const struct timed {
    const char *name, *usual; /* the default; as in config/tables.c */
} timed_table[SYNC_TIMED] = {
    [SYNC_TIMED_ORDERS] = {"orders", "every 10s"},
    [SYNC_TIMED_VERIFY] = {"verify", "every 30m"},
    [SYNC_TIMED_LISTINGS] = {"listings", "every 6h"},
    [SYNC_TIMED_WAREHOUSES] = {"warehouses", "daily 03:00 UTC"},
    [SYNC_TIMED_CHECK] = {"check", "daily 03:00 UTC"},
    [SYNC_TIMED_RESYNC] = {"resync", "weekly sun 03:30 UTC"},
};

const char *sync_timed_name(enum sync_timed timed)
{
    return (unsigned)timed < SYNC_TIMED ? timed_table[timed].name : "";
}

/* ---- settings */

static struct schedule *usual(enum sync_timed timed)
{
    struct schedule *schedule = NULL;
    struct error error;
    if (schedule_new(timed_table[timed].usual, &schedule, &error) != ST_OK)
        log_error("sync", "schedule", "text=%s", timed_table[timed].name); /* UTC needs no file */
    return schedule;
}

void schedules_take(struct sync_account *account, const struct sync_schedules *settings)
{
    static const struct sync_schedules none;
    struct sync_schedules_of *mine = &account->schedules;
    struct sync_duty *orders = &account->duties[SYNC_ORDERS];
    if (!settings) settings = &none;
    for (int t = 0; t < SYNC_TIMED; t++) {
        schedule_free(mine->of[t]);
        mine->of[t] = settings->of[t] ? schedule_ref(settings->of[t]) : usual((enum sync_timed)t);
        mine->found[t].from_ms = 0;
    }
    mine->soft_limit_ms = settings->soft_limit_ms ? settings->soft_limit_ms : SOFT_LIMIT_MS;
    mine->hard_limit_ms = settings->hard_limit_ms ? settings->hard_limit_ms : HARD_LIMIT_MS;
    if (orders->next_ms && orders->last_ms && !orders->failures)
        orders->next_ms = schedules_next(account, SYNC_TIMED_ORDERS, orders->last_ms);
}

void schedules_free(struct sync_account *account)
{
    for (int t = 0; t < SYNC_TIMED; t++)
        schedule_free(account->schedules.of[t]);
}

/* ---- when */

static int64_t spread_ms(const struct sync_account *account)
{
    return (account->number - 1) % SPREAD_ACCOUNTS * (int64_t)SECOND_MS;
}

/* Fixed from one run to the next, for it is asked for again and again. */
static int64_t jittered(const struct sync_account *account, int64_t every, int64_t last)
{
    uint64_t hash = (account->number + (uint64_t)last) * UINT64_C(0x9e3779b97f4a7c15);
    int64_t part = every / JITTER_PARTS;
    if (every < JITTER_LEAST_MS) return every;
    return every - part + (int64_t)((hash >> 32) % (uint64_t)(2 * part));
}

int64_t schedules_next(struct sync_account *account, enum sync_timed timed, int64_t last_ms)
{
    struct sync_schedules_of *mine = &account->schedules;
    const struct schedule *schedule = mine->of[timed];
    int64_t every = schedule ? schedule_interval_ms(schedule) : 0;
    if (!schedule || schedule_is_off(schedule)) return INT64_MAX;
    if (every) return last_ms + jittered(account, every, last_ms);
    if (mine->found[timed].from_ms != last_ms || !last_ms) {
        mine->found[timed].from_ms = last_ms;
        mine->found[timed].due_ms =
            schedule_due(schedule, last_ms ? last_ms : mine->up_ms, mine->up_ms);
    }
    int64_t due = mine->found[timed].due_ms;
    return due == INT64_MAX ? due : due + spread_ms(account);
}

static enum sync_timed timed_of(enum sync_task task)
{
    switch (task) {
    case SYNC_WAREHOUSES: return SYNC_TIMED_WAREHOUSES;
    case SYNC_LISTINGS: return SYNC_TIMED_LISTINGS;
    case SYNC_STOCK: return SYNC_TIMED_VERIFY;
    case SYNC_ORDERS: return SYNC_TIMED_ORDERS;
    case SYNC_RESYNC: return SYNC_TIMED_RESYNC;
    case SYNC_CHECK:
    case SYNC_RENEW:
    case SYNC_LOGIN:
    case SYNC_TASKS: break;
    }
    return SYNC_TIMED_CHECK;
}

/* Of the two that a task may have, the one that is due first. */
static enum sync_timed first_of(struct sync_account *account, enum sync_task task, int64_t last_ms)
{
    enum sync_timed timed = timed_of(task);
    if (task == SYNC_LISTINGS && duty_verify(account) == SYNC_LISTINGS &&
        schedules_next(account, SYNC_TIMED_VERIFY, last_ms) <
            schedules_next(account, timed, last_ms))
        return SYNC_TIMED_VERIFY;
    return timed;
}

int64_t schedules_next_of(struct sync_account *account, enum sync_task task, int64_t last_ms)
{
    return schedules_next(account, first_of(account, task, last_ms), last_ms);
}

int64_t schedules_missed(struct sync_account *account, enum sync_task task, int64_t last_ms)
{
    enum sync_timed timed = first_of(account, task, last_ms);
    const struct sync_time *time = &account->sync->time;
    const struct schedule *schedule = account->schedules.of[timed];
    int64_t every = schedule ? schedule_interval_ms(schedule) : 0;
    if (!last_ms || !schedule || (every && every < MISSED_LEAST_MS)) return 0;
    int64_t due = schedules_next(account, timed, last_ms);
    if (due > sync_now_ms(account->sync)) return 0;
    bool down = due + MISSED_AFTER_MS < account->schedules.up_ms;
    bool slept =
        due >= time->stepped_ms - time->stepped_by_ms && due + MISSED_AFTER_MS < time->stepped_ms;
    if (!down && !slept) return 0;
    if (!every) due -= spread_ms(account);
    char when[CLOCK_TEXT_MAX];
    log_info("sync", "missed", "task=%s account=%s was_due=%s", sync_timed_name(timed),
             account->name, clock_text(due, when));
    return due;
}

int64_t schedules_glance(int64_t due_ms, int64_t now_ms)
{
    int64_t glance = now_ms + GLANCE_MS;
    return due_ms < glance ? due_ms : glance;
}

/* ---- last runs */

static struct bytes past_key(char out[64], uint32_t account, enum sync_task task)
{
    snprintf(out, 64, "task.%u.%s", account, sync_task_name(task));
    return bytes_text(out);
}

bool schedules_keep(enum sync_task task)
{
    return task != SYNC_ORDERS && task != SYNC_RENEW && task != SYNC_LOGIN;
}

void schedules_past_put(struct store_txn *txn, uint32_t account, enum sync_task task,
                        const struct sync_past *past)
{
    char key[64];
    struct buf out;
    buf_init(&out, RECORD_MAX);
    wire_put_u8(&out, (uint8_t)past->state);
    wire_put_i64(&out, past->begun_ms);
    wire_put_i64(&out, past->ended_ms);
    wire_put_i64(&out, past->missed_ms);
    wire_put_text(&out, past->error);
    store_put(txn, TABLE_META, past_key(key, account, task), bytes_of(out.data, out.size));
    buf_free(&out);
}

static bool past_read(struct bytes value, struct sync_past *past)
{
    struct wire_reader r = wire_reader(value);
    past->state = (enum run_state)wire_get_u8(&r);
    past->begun_ms = wire_get_i64(&r);
    past->ended_ms = wire_get_i64(&r);
    past->missed_ms = wire_get_i64(&r);
    struct bytes error = wire_get_bytes(&r);
    bool good = r.ok && error.size < sizeof past->error && past->state <= RUN_HELD;
    if (good && error.size) memcpy(past->error, error.data, error.size);
    return good;
}

enum status schedules_read(struct store_txn *txn, uint32_t account, int64_t now_ms,
                           struct sync_past past[SYNC_TASKS], struct error *error)
{
    char key[64];
    struct bytes value;
    memset(past, 0, SYNC_TASKS * sizeof *past);
    for (int i = 0; i < SYNC_TASKS; i++) {
        enum status status =
            store_get(txn, TABLE_META, past_key(key, account, (enum sync_task)i), &value);
        if (status != ST_OK && status != ST_NOT_FOUND) return store_failed(txn, error);
        if (status == ST_OK && past_read(value, &past[i])) continue;
        past[i] = (struct sync_past){0};
        if (i != SYNC_RESYNC) continue;
        past[i].begun_ms = past[i].ended_ms = now_ms;
        schedules_past_put(txn, account, SYNC_RESYNC, &past[i]);
    }
    return ST_OK;
}

void schedules_known(struct sync_account *account, const struct sync_past past[SYNC_TASKS])
{
    int64_t now = sync_now_ms(account->sync);
    struct sync_duty *resync = &account->duties[SYNC_RESYNC];
    memcpy(account->schedules.past, past, sizeof account->schedules.past);
    account->schedules.past_known = true;
    resync->last_ms = past[SYNC_RESYNC].ended_ms;
    if (resync->last_ms > now) resync->last_ms = now; /* the clock was set back */
}

/* ---- the hard limit */

/* What cannot go on where it was ended may take as long as it moves on. */
static int64_t limit_at(const struct sync_account *account, enum sync_task task)
{
    const struct sync_duty *duty = &account->duties[task];
    bool whole = task == SYNC_STOCK && crawl_needed(account);
    int64_t from = whole || duty->kept || duty->moved_ms < duty->started_ms ? duty->started_ms
                                                                            : duty->moved_ms;
    return from + account->schedules.hard_limit_ms;
}

void schedules_limits_turn(struct sync_account *account)
{
    static const enum sync_task tasks[] = {SYNC_CHECK, SYNC_WAREHOUSES, SYNC_LISTINGS, SYNC_STOCK};
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        struct sync_duty *duty = &account->duties[tasks[i]];
        if (!duty->running || duty->limited) continue;
        int64_t at = limit_at(account, tasks[i]);
        if (at > sync_now_ms(account->sync)) {
            account_wake_at(account, at);
            continue;
        }
        duty->limited = true;
        if (duty->operation)
            sync_operation_cancel(duty->operation);
        else if (tasks[i] == SYNC_STOCK)
            crawl_cancel(account);
    }
}
