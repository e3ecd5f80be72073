/* Schedules as people see them: what is due when, and how it went last. */
#include "sync/private.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct telling {
    void (*each)(void *ctx, const struct sync_schedule_view *view);
    void *ctx;
};

static enum sync_task task_of(const struct sync_account *account, enum sync_timed timed)
{
    switch (timed) {
    case SYNC_TIMED_ORDERS: return SYNC_ORDERS;
    case SYNC_TIMED_VERIFY: return duty_verify(account);
    case SYNC_TIMED_LISTINGS: return SYNC_LISTINGS;
    case SYNC_TIMED_WAREHOUSES: return SYNC_WAREHOUSES;
    case SYNC_TIMED_RESYNC: return SYNC_RESYNC;
    case SYNC_TIMED_CHECK:
    case SYNC_TIMED: break;
    }
    return SYNC_CHECK;
}

static const char *result_of(const struct sync_duty *duty, const struct sync_past *past,
                             int64_t last_ms)
{
    if (duty->running) return "running";
    if (duty->failures) return "failed";
    if (past->state) return run_state_name(past->state);
    return last_ms ? "done" : "";
}

/* 0: not by itself, or not while something else holds it up. */
static int64_t next_of(struct sync_account *account, enum sync_task task, int64_t now)
{
    enum sync_state state = account_state(account);
    if (!account->facts_known || account->duties[task].running || state == SYNC_DISABLED ||
        state == SYNC_PAUSED || state == SYNC_PARKED)
        return 0;
    int64_t due = duty_due(account, task);
    if (due == INT64_MAX) return 0;
    return due > now ? due : now;
}

static void tell(struct sync_account *account, enum sync_timed timed, const struct telling *to)
{
    enum sync_task task = task_of(account, timed);
    const struct sync_duty *duty = &account->duties[task];
    const struct sync_past *past = &account->schedules.past[task];
    const struct schedule *schedule = account->schedules.of[timed];
    if (!duty_offered(account, task) || !schedule) return;
    int64_t last = duty_last_done(account, task);
    bool never = task == SYNC_RESYNC && !past->state; /* only counts from then on */
    if (never) last = 0;
    if (past->state && past->ended_ms > last) last = past->ended_ms;
    bool own = task == SYNC_ORDERS;
    const struct sync_schedule_view view = {
        .account = account->name,
        .task = sync_timed_name(timed),
        .schedule = schedule_text(schedule),
        .running = duty->running,
        .last_ms = last,
        .next_ms = next_of(account, task, sync_now_ms(account->sync)),
        .due_ms = duty_overdue(account, task),
        .took_ms = own           ? (duty->last_ms ? duty->took_ms : -1)
                   : past->state ? past->ended_ms - past->begun_ms
                                 : -1,
        .result = result_of(duty, past, last),
        .error = duty->error[0] ? duty->error : past->error,
        .missed_ms = duty->running ? duty->missed_ms : past->missed_ms};
    to->each(to->ctx, &view);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct sync_account *const *)a)->name,
                  (*(struct sync_account *const *)b)->name);
}

void sync_each_schedule(struct sync *sync, const char *name,
                        void (*each)(void *ctx, const struct sync_schedule_view *view), void *ctx)
{
    const struct telling to = {each, ctx};
    size_t count = 0;
    for (struct sync_account *a = sync->accounts; a; a = a->next)
        count += !a->removed;
    struct sync_account **sorted = mem_array(count + 1, sizeof *sorted);
    count = 0;
    for (struct sync_account *a = sync->accounts; a; a = a->next)
        if (!a->removed && (!name || strcmp(name, a->name) == 0)) sorted[count++] = a;
    qsort(sorted, count, sizeof *sorted, by_name);
    for (size_t i = 0; i < count; i++)
        for (int t = 0; t < SYNC_TIMED; t++)
            tell(sorted[i], (enum sync_timed)t, &to);
    mem_free(sorted);
}
