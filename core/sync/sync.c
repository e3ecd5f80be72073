/* Sync as a whole: stopping, and what people see. Its accounts are in accounts.c. */
#include "sync/sync.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/recorder.h"
#include "sync/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t sync_now_ms(struct sync *sync)
{
    return sync_time_now(&sync->time);
}

void sync_random_id(struct sync *sync, uint8_t id[OPERATION_ID_SIZE])
{
    uint64_t a = random_u64(sync->runtime->random), b = random_u64(sync->runtime->random);
    memcpy(id, &a, 8);
    memcpy(id + 8, &b, 8);
}

struct sync *sync_new(const struct sync_options *options)
{
    struct sync *sync = mem_alloc(sizeof *sync);
    sync->runtime = options->runtime;
    sync->engine = options->engine;
    sync->transport = options->transport;
    sync->recorder = options->recorder;
    sync->seal = options->seal;
    sync->changed = options->changed;
    sync->ctx = options->ctx;
    sync->book = quota_book_new();
    sync_time_init(&sync->time, options->runtime->clock, sync->book);
    return sync;
}

/* ---- being busy, and stopping */

void sync_finished(struct sync *sync)
{
    if (!sync->stopping || sync->busy || !sync->stopped) return;
    void (*stopped)(void *) = sync->stopped;
    sync->stopped = NULL;
    sync->runtime->timer_stop(sync->runtime, &sync->grace);
    stopped(sync->stopped_ctx);
}

void sync_busy(struct sync_account *account, int change)
{
    struct sync *sync = account->sync;
    account->busy = (uint32_t)((int)account->busy + change);
    sync->busy = (uint32_t)((int)sync->busy + change);
    if (change < 0) sync_finished(sync);
}

static void give_up(struct timer *timer)
{
    struct sync *sync = (struct sync *)((char *)timer - offsetof(struct sync, grace));
    for (struct sync_account *a = sync->accounts; a; a = a->next)
        for (struct sync_operation *op = a->operations, *next; op; op = next) {
            next = sync_operation_next(op);
            sync_operation_cancel(op);
        }
}

void sync_stop(struct sync *sync, int64_t grace_ms, void (*stopped)(void *ctx), void *ctx)
{
    sync->stopping = true;
    sync->stopped = stopped;
    sync->stopped_ctx = ctx;
    for (struct sync_account *a = sync->accounts; a; a = a->next)
        push_stop(a);
    probes_stop(sync);
    if (!sync->busy) {
        sync_finished(sync);
        return;
    }
    sync->grace.fire = give_up;
    sync->runtime->timer_arm(sync->runtime, &sync->grace, grace_ms);
}

void sync_free(struct sync *sync)
{
    if (!sync) return;
    sync->runtime->timer_close(sync->runtime, &sync->grace);
    sync->runtime->timer_close(sync->runtime, &sync->quota_timer);
    sync->runtime->timer_close(sync->runtime, &sync->collector);
    sync->runtime->timer_close(sync->runtime, &sync->wake_timer);
    sync->runtime->timer_close(sync->runtime, &sync->sweep_timer);
    probes_free(sync);
    while (sync->accounts) {
        struct sync_account *account = sync->accounts;
        sync->accounts = account->next;
        accounts_free_one(account);
    }
    quota_book_free(sync->book);
    mem_free(sync);
}

void sync_touched(struct sync *sync, const struct engine_touched *touched)
{
    if (sync->stopping) return;
    if (touched->sweeps) sweeps_go(sync);
    if (touched->wakes) wakes_go(sync);
    for (struct sync_account *a = sync->accounts; a; a = a->next) {
        bool work = engine_touched_has(touched, a->number);
        bool unsorted = engine_touched_unsorted(touched, a->number);
        bool looks = work || unsorted || engine_touched_looks(touched, a->number);
        bool facts = engine_touched_facts(touched, a->number);
        if (a->removed || (!looks && !facts)) continue;
        for (uint32_t r = 0; work && a->plugin && r < a->plugin->route_count; r++)
            a->push[r].work = true;
        if (a->plugin && engine_touched_decreases(touched, a->number)) push_hurry(a);
        a->unsorted |= unsorted;
        a->look_work |= looks;
        a->reread_work |= looks && touched->rereads;
        a->facts_stale |= facts;
        if (engine_touched_orders(touched, a->number))
            orders_signed(a, engine_touched_oversold(touched, a->number));
        account_turn(a);
        account_say_changed(a);
    }
}

/* ---- asking and looking */

bool sync_ask(struct sync *sync, const char *name, enum sync_task task)
{
    struct sync_account *account = accounts_find(sync, name);
    if (!account || !account->enabled || (unsigned)task >= SYNC_TASKS) return false;
    if (task == SYNC_STOCK) task = duty_verify(account);
    account->duties[task].asked = true;
    account->blocked_until_ms = 0;
    account_turn(account);
    return true;
}

const char *sync_state_name(enum sync_state state)
{
    static const char *const names[] = {"new",    "loading", "active",  "dry-run",
                                        "paused", "parked",  "disabled"};
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "";
}

/* Why nothing is being sent although something may be due. */
static void describe_waiting(const struct sync_account *account, struct sync_account_view *view)
{
    int64_t now = sync_now_ms(account->sync);
    char when[CLOCK_TEXT_MAX];
    if (account->blocked_until_ms > now) {
        view->wait = SYNC_WAIT_BLOCKED;
        view->waiting_until_ms = account->blocked_until_ms;
        snprintf(view->waiting, sizeof view->waiting, "blocked by the marketplace until %s: %.200s",
                 clock_text(account->blocked_until_ms, when), account->blocked_why);
        return;
    }
    if (account->denied_until_ms[STOCKD_PUSH_STOCK] > now) {
        view->wait = SYNC_WAIT_DENIED;
        view->waiting_until_ms = account->denied_until_ms[STOCKD_PUSH_STOCK];
        snprintf(view->waiting, sizeof view->waiting, "the credentials may not write stock: %.200s",
                 account->denied_why[STOCKD_PUSH_STOCK]);
        return;
    }
    if (orders_describe(account, view->waiting, sizeof view->waiting, &view->waiting_since_ms)) {
        view->wait = SYNC_WAIT_ORDERS;
        return;
    }
    for (uint32_t r = 0; r < STOCKD_ROUTES_MAX; r++) {
        const struct sync_push *push = &account->push[r];
        const struct quota_bucket *why = NULL;
        if (push->claim) {
            view->wait = SYNC_WAIT_QUOTA;
            view->waiting_until_ms = quota_expected(push->claim, now, &why);
            snprintf(view->waiting, sizeof view->waiting, "quota '%s' until %s",
                     why ? quota_bucket_label(why) : "", clock_text(view->waiting_until_ms, when));
            return;
        }
        int64_t pause = breaker_wait_ms(&push->breaker, now);
        if (pause > 0) {
            view->wait = SYNC_WAIT_PAUSE;
            view->waiting_until_ms = now + pause;
            snprintf(view->waiting, sizeof view->waiting,
                     "a pause until %s after %u batches failed in a row",
                     clock_text(now + pause, when), push->breaker.failures);
            return;
        }
    }
}

static void describe(const struct sync_account *account, struct sync_account_view *view)
{
    *view = (struct sync_account_view){.name = account->name,
                                       .plugin = account->plugin->id,
                                       .number = account->number,
                                       .state = account_state(account),
                                       .since_ms = account->since_ms,
                                       .next_due_ms = account->next_due_ms,
                                       .sends = account->sends,
                                       .items = account->items,
                                       .verify = duty_verify(account),
                                       .failures = account->failures};
    if (account->parked) snprintf(view->reason, sizeof view->reason, "%s", account->reason);
    if (view->state == SYNC_DRY_RUN && !account->dry_run)
        snprintf(view->reason, sizeof view->reason,
                 "new: it sends nothing until its first plan is applied; `stockctl plan --account "
                 "%.60s` shows it, `stockctl apply ID` sends it",
                 account->name);
    if (!view->reason[0] && account_unproven(account))
        snprintf(
            view->reason, sizeof view->reason,
            "its settings changed: first it is checked whether they are the same seller's%s%.150s",
            account->duties[SYNC_CHECK].failures ? ", which fails: " : "",
            account->duties[SYNC_CHECK].error);
    for (uint32_t r = 0; r < STOCKD_ROUTES_MAX; r++)
        view->in_flight += account->push[r].in_flight;
    describe_waiting(account, view);
    for (int i = 0; i < SYNC_TASKS; i++) {
        const struct sync_duty *duty = &account->duties[i];
        view->tasks[i] =
            (struct sync_task_view){.running = duty->running,
                                    .offered = duty_offered(account, (enum sync_task)i),
                                    .last_ms = duty_last_done(account, (enum sync_task)i),
                                    .next_ms = duty->next_ms,
                                    .failures = duty->failures,
                                    .error = duty->error,
                                    .done = duty->done,
                                    .total = duty->total,
                                    .run = duty->run};
        if (!view->reason[0] && duty->failures && i == SYNC_RENEW)
            snprintf(view->reason, sizeof view->reason, "renewing its token fails: %.250s",
                     duty->error);
        else if (!view->reason[0] && duty->failures && i == SYNC_ORDERS &&
                 orders_describe(account, view->reason, sizeof view->reason,
                                 &view->waiting_since_ms))
            continue; /* says that too */
        else if (!view->reason[0] && duty->failures && i != SYNC_LOGIN)
            snprintf(view->reason, sizeof view->reason, "reading its %s fails: %.250s",
                     sync_task_name((enum sync_task)i), duty->error);
    }
    load_describe(account, &view->load);
    if (!view->reason[0] && view->load.going && view->load.run && view->load.name)
        snprintf(view->reason, sizeof view->reason,
                 "read for the first time: run r%llu, stage %u of %u, %s",
                 (unsigned long long)view->load.run, view->load.stage, view->load.stages,
                 view->load.name);
    view->prompt = account->authorize.prompt;
}

bool sync_account_view(struct sync *sync, const char *name, struct sync_account_view *view)
{
    struct sync_account *account = accounts_find(sync, name);
    if (!account) return false;
    describe(account, view);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct sync_account *const *)a)->name,
                  (*(struct sync_account *const *)b)->name);
}

void sync_each(struct sync *sync, void (*each)(void *ctx, const struct sync_account_view *view),
               void *ctx)
{
    size_t count = 0;
    for (struct sync_account *a = sync->accounts; a; a = a->next)
        count += !a->removed;
    struct sync_account **sorted = mem_array(count, sizeof *sorted);
    count = 0;
    for (struct sync_account *a = sync->accounts; a; a = a->next)
        if (!a->removed) sorted[count++] = a;
    qsort(sorted, count, sizeof *sorted, by_name);
    for (size_t i = 0; i < count; i++) {
        struct sync_account_view view;
        describe(sorted[i], &view);
        each(ctx, &view);
    }
    mem_free(sorted);
}

void sync_quotas(struct sync *sync, const char *name,
                 void (*each)(void *ctx, const struct quota_view *view), void *ctx)
{
    struct sync_account *account = accounts_find(sync, name);
    for (uint32_t i = 0; account && i < SYNC_BUCKETS_MAX; i++) {
        struct quota_view view;
        if (!account->buckets[i]) continue;
        quota_view(account->buckets[i], sync_now_ms(sync), &view);
        each(ctx, &view);
    }
}

struct showing {
    bool (*each)(const struct sync_exchange *exchange, void *ctx);
    void *ctx;
};

static bool show_entry(const struct recorder_entry *e, void *ctx)
{
    static const char *const results[] = {[NET_ARRIVED] = "arrived",
                                          [NET_NOT_SENT] = "not-sent",
                                          [NET_LOST] = "lost",
                                          [NET_TOO_LARGE] = "too-large"};
    const struct showing *showing = ctx;
    const struct sync_exchange exchange = {.sent_ms = e->sent_ms,
                                           .received_ms = e->received_ms,
                                           .method = e->method,
                                           .url = e->url,
                                           .request_headers = e->request_headers,
                                           .answer_headers = e->answer_headers,
                                           .request_body = e->request_body,
                                           .answer_body = e->answer_body,
                                           .request_size = e->request_size,
                                           .answer_size = e->answer_size,
                                           .result = results[e->result],
                                           .status = e->status,
                                           .error = e->error};
    return showing->each(&exchange, showing->ctx);
}

bool sync_traffic(struct sync *sync, const char *name,
                  bool (*each)(const struct sync_exchange *exchange, void *ctx), void *ctx)
{
    struct showing showing = {each, ctx};
    if (!accounts_find(sync, name)) return false;
    if (sync->recorder) recorder_each(sync->recorder, name, show_entry, &showing);
    return true;
}

const char *sync_operation_name(unsigned operation)
{
    return operation < STOCKD_OPERATION_COUNT
               ? plugin_operation_name((enum stockd_operation)operation)
               : "";
}
