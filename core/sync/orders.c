/* Reading an account's orders, beside whatever else is read: again and again to their end (a
 * drain), now and then everything of the last days (a sweep, for what hints have missed), and at
 * once when a write waits for it. Upholds the barrier of I17: what may be written without a drain
 * is decided here, what waits is held back by the engine. */
#include "sync/private.h"

#include "base/mem.h"
#include "net/backoff.h"

#include <stdio.h>

#ifndef ORDERS_FRESHNESS_MS /* a test has a daemon without the barrier */
#define ORDERS_FRESHNESS_MS (10 * 1000)
#endif

enum {
    SECOND_MS = 1000,
    HOUR_MS = 60 * 60 * SECOND_MS,
    /* A write needs a drain begun at most so long before it was composed (I17). */
    FRESHNESS_MS = ORDERS_FRESHNESS_MS,
    SWEEP_EVERY_MS = 6 * HOUR_MS,
    /* The first of a life: its drains go on from a cursor, which a clock that was ahead in an
     * earlier one may have moved past orders that nobody has read. */
    SWEEP_FIRST_MS = 10 * 60 * 1000,
    SWEEP_BACK_MS = 3 * 24 * HOUR_MS,
    /* What a drain reads again covers a clock that was so far off. */
    STEP_MS = 5 * 60 * SECOND_MS,
    RETRY_FIRST_MS = 1000,
    RETRY_MAX_MS = 60 * SECOND_MS,
    /* One that came some of the way counts as so many: its rest grows while it waits. */
    FAILURES_KEPT = 2,
};

#define FIRST_BACK_MS (INT64_C(30) * 24 * HOUR_MS) /* open orders are hardly older */

/* One operation: the ids of what is open first, where the plugin wants them. */
struct drain {
    struct sync_account *account;
    struct engine_task task;
    struct engine_open_orders open;
    struct arena memory;
};

bool orders_wanted(const struct sync_account *account)
{
    return account->orders_import && account->plugin->operations[STOCKD_FETCH_ORDERS];
}

enum engine_barrier orders_barrier(struct sync_account *account)
{
    struct sync_orders *o = &account->orders;
    int64_t now = sync_now_ms(account->sync);
    if (!orders_wanted(account)) return BARRIER_OPEN;
    bool unread = o->signs != o->signs_drained;
    if (o->drained_ms && now - o->drained_ms <= FRESHNESS_MS && !unread) {
        o->waiting_ms = 0;
        return BARRIER_OPEN;
    }
    if (!o->waiting_ms) return BARRIER_ALL;
    return now - o->waiting_ms >= FRESHNESS_MS ? BARRIER_INCREASES : BARRIER_ALL;
}

/* What waited may go. */
static void open_routes(struct sync_account *account)
{
    account->orders.barred = false;
    for (uint32_t r = 0; r < account->plugin->route_count; r++)
        account->push[r].work = true;
}

void orders_barred(struct sync_account *account)
{
    struct sync_orders *o = &account->orders;
    int64_t now = sync_now_ms(account->sync);
    if (orders_barrier(account) == BARRIER_OPEN) { /* since the selection began */
        open_routes(account);
        return;
    }
    duty_need(account, SYNC_ORDERS);
    o->barred = true;
    if (o->waiting_ms) return;
    o->waiting_ms = now;
    o->released = false;
}

void orders_signed(struct sync_account *account, bool oversold)
{
    struct sync_orders *o = &account->orders;
    duty_need(account, SYNC_ORDERS);
    if (o->signs++ != o->signs_drained) return;
    o->sign_ms = sync_now_ms(account->sync);
    o->oversold = oversold;
}

bool orders_describe(const struct sync_account *account, char *text, size_t size, int64_t *since_ms)
{
    const struct sync_orders *o = &account->orders;
    const struct sync_duty *duty = &account->duties[SYNC_ORDERS];
    bool unread = o->signs != o->signs_drained;
    if (!orders_wanted(account) || (!o->waiting_ms && !unread)) return false;
    int64_t since =
        unread && (!o->waiting_ms || o->sign_ms < o->waiting_ms) ? o->sign_ms : o->waiting_ms;
    *since_ms = since;
    const char *sign = o->oversold ? "; an order came of what was sold out there"
                                   : "; more is reserved there than the orders read so far explain";
    char when[CLOCK_TEXT_MAX];
    snprintf(text, size,
             "increases are held since %s, until the account's orders were read%s%s%.150s",
             clock_text(since, when), unread ? sign : "", duty->failures ? ", which fails: " : "",
             duty->failures ? duty->error : "");
    return true;
}

/* ---- one operation */

/* What hints have missed is there now; the drain that was due goes next. */
static void sweep_done(struct sync_account *account)
{
    struct sync_duty *duty = &account->duties[SYNC_ORDERS];
    account->orders.swept_ms = duty->started_ms;
    account->orders.offset_ms = account->orders.begun_offset_ms;
    duty->failures = 0;
    duty->next_ms = 0;
    account->denied_until_ms[STOCKD_FETCH_ORDERS] = 0;
}

static void drain_done(struct sync_account *account)
{
    struct sync_duty *duty = &account->duties[SYNC_ORDERS];
    struct sync_orders *o = &account->orders;
    duty->failures = 0;
    duty->error[0] = 0;
    duty->last_ms = sync_now_ms(account->sync);
    duty->took_ms = duty->last_ms - duty->started_ms;
    duty->next_ms = schedules_next(account, SYNC_TIMED_ORDERS, duty->last_ms);
    account->denied_until_ms[STOCKD_FETCH_ORDERS] = 0;
    o->drained_ms = duty->started_ms;
    o->signs_drained = o->signs_begun;
    if (o->signs == o->signs_drained) o->waiting_ms = 0;
    if (!o->offset_known) o->offset_ms = o->begun_offset_ms;
    o->offset_known = true;
    if (!o->swept_ms) o->swept_ms = duty->started_ms - (SWEEP_EVERY_MS - SWEEP_FIRST_MS);
    if (o->barred) open_routes(account);
}

static void drain_failed(struct sync_account *account, const struct sync_ending *ending)
{
    struct sync_duty *duty = &account->duties[SYNC_ORDERS];
    duty->failures = ending->kept && ending->rows ? FAILURES_KEPT : duty->failures + 1;
    duty->next_ms =
        sync_now_ms(account->sync) +
        backoff_ms(account->sync->runtime->random, duty->failures, RETRY_FIRST_MS, RETRY_MAX_MS);
    snprintf(duty->error, sizeof duty->error, "%s%s%s", ending->code ? ending->code : "",
             ending->code && ending->text ? ": " : "", ending->text ? ending->text : "");
    account->failures++;
}

/* Nothing moves by a sweep, so what it could not read may be there the next time. But at the
 * cut-over it tells which orders had left before: a drain that came first upon an old hint of one
 * that the sweep missed would take it for open. */
static bool is_whole(const struct sync_account *account, const struct sync_ending *ending)
{
    if (!account->orders.sweeping) return ending->drained;
    return account->orders_read || !ending->malformed;
}

static void operation_ended(struct sync_operation *operation, const struct sync_ending *ending)
{
    struct sync_account *account = sync_operation_ctx(operation);
    struct sync_duty *duty = &account->duties[SYNC_ORDERS];
    struct sync_ending judged = *ending;
    bool swept = account->orders.sweeping;
    if (ending->ok && !is_whole(account, ending)) {
        judged.ok = judged.kept = false;
        judged.fail = STOCKD_FAIL_RETRY;
        judged.code = "incomplete";
        judged.text = "some orders could not be read, so they count as not read to their end";
    }
    bool first = duty->failures == 0;
    duty->running = false;
    duty->operation = NULL;
    if (judged.ok && swept) {
        sweep_done(account);
    } else if (judged.ok) {
        drain_done(account);
    } else {
        drain_failed(account, &judged);
        account_failed(account, STOCKD_FETCH_ORDERS, &judged);
    }
    if (judged.ok ? swept : first) history_end(account, SYNC_ORDERS, &judged);
    account_say_changed(account);
}

static void drain_free(struct drain *drain)
{
    arena_free(&drain->memory);
    mem_free(drain);
}

static void operate(struct drain *drain)
{
    struct sync_account *account = drain->account;
    struct sync_duty *duty = &account->duties[SYNC_ORDERS];
    /* The marketplace is asked by the time of day, not by the time that sync keeps going. */
    int64_t now = clock_wall_ms(account->sync->runtime->clock);
    int64_t back = account->orders_read ? (int64_t)SWEEP_BACK_MS : FIRST_BACK_MS;
    bool goes_on = account->orders_read && !account->orders.sweeping;
    const struct stockd_start what = {.size = sizeof what,
                                      .operation = STOCKD_FETCH_ORDERS,
                                      .warehouses = account->warehouses,
                                      .warehouse_count = account->warehouse_count,
                                      .orders_mode = account->orders.sweeping ? STOCKD_ORDERS_SWEEP
                                                                              : STOCKD_ORDERS_DRAIN,
                                      .since_ms = goes_on ? 0 : now - back,
                                      .open_orders = drain->open.ids,
                                      .open_order_count = drain->open.count,
                                      .reading_ms = account->orders.era};
    struct sync_setup setup = {.account = account,
                               .kind = STOCKD_FETCH_ORDERS,
                               .start = &what,
                               .class = QUOTA_ORDERS,
                               .states = account->states,
                               .state_count = account->state_count,
                               .orders_era = account->orders.era,
                               .ended = operation_ended,
                               .ctx = account};
    sync_random_id(account->sync, setup.id);
    struct error error = {0};
    duty->account = account;
    if (!sync_operation_start(&setup, &duty->operation, &error)) {
        const struct sync_ending ending = {
            .fail = STOCKD_FAIL_BUG, .code = "refused", .text = error.text};
        duty->running = false;
        drain_failed(account, &ending);
    }
    drain_free(drain);
}

static enum status open_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct drain *drain = (struct drain *)((char *)task - offsetof(struct drain, task));
    arena_reset(&drain->memory);
    return engine_open_orders(txn, drain->account->number, &drain->memory, &drain->open, error);
}

static void open_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct drain *drain = (struct drain *)((char *)task - offsetof(struct drain, task));
    struct sync_account *account = drain->account;
    struct sync_duty *duty = &account->duties[SYNC_ORDERS];
    if (status == ST_OK && !account->sync->stopping && !account->removed) {
        operate(drain);
    } else {
        const struct sync_ending ending = {
            .fail = STOCKD_FAIL_RETRY, .code = "not-read", .text = error->text};
        duty->running = false;
        drain_failed(account, &ending);
        drain_free(drain);
    }
    sync_busy(account, -1);
    account_turn(account);
}

/* Everything of the last days, not only what the cursor has not passed: at the cut-over (a cursor
 * may be there of an earlier one), now and then, and after the clock was set, for drains may have
 * asked for the wrong times until then. */
static bool sweep_is_due(const struct sync_account *account, int64_t now)
{
    const struct sync_orders *o = &account->orders;
    int64_t off = account->sync->time.offset_ms - o->offset_ms;
    if (!account->orders_read) return !o->swept_ms;
    if (o->offset_known && (off > STEP_MS || off < -STEP_MS)) return true;
    return o->swept_ms && now - o->swept_ms >= SWEEP_EVERY_MS;
}

static void start(struct sync_account *account, int64_t now)
{
    struct sync_orders *o = &account->orders;
    struct sync_duty *duty = &account->duties[SYNC_ORDERS];
    struct drain *drain = mem_alloc(sizeof *drain);
    drain->account = account;
    duty->asked = duty->needed = false;
    duty->running = true;
    duty->started_ms = now;
    duty->done = duty->total = 0;
    o->sweeping = sweep_is_due(account, now);
    o->begun_offset_ms = account->sync->time.offset_ms;
    o->signs_begun = o->signs;
    if (!(account->plugin->flags & STOCKD_ORDERS_NEED_OPEN)) {
        operate(drain);
        return;
    }
    drain->task = (struct engine_task){.run = open_run, .done = open_done};
    sync_busy(account, 1);
    account->sync->runtime->engine_submit(account->sync->runtime, &drain->task);
}

static int64_t due_at(const struct sync_account *account)
{
    const struct sync_duty *duty = &account->duties[SYNC_ORDERS];
    int64_t due = duty->next_ms;
    int64_t shut_until = duty_shut_until(account, SYNC_ORDERS);
    if ((duty->asked || duty->needed) && !duty->failures) due = 0;
    if (shut_until > due) due = shut_until;
    return account->blocked_until_ms > due ? account->blocked_until_ms : due;
}

/* Orders name listings and warehouses: those are read first, or all lines would be held. */
static bool has_basis(const struct sync_account *account)
{
    return account->warehouses_read &&
           (account->listings_read || !duty_offered(account, SYNC_LISTINGS));
}

/* Decreases have waited long enough: they go without a drain. */
static void release_decreases(struct sync_account *account)
{
    struct sync_orders *o = &account->orders;
    if (!o->waiting_ms || o->released) return;
    if (sync_now_ms(account->sync) - o->waiting_ms < FRESHNESS_MS) {
        account_wake_at(account, o->waiting_ms + FRESHNESS_MS);
        return;
    }
    o->released = true;
    open_routes(account);
}

void orders_turn(struct sync_account *account)
{
    struct sync_duty *duty = &account->duties[SYNC_ORDERS];
    release_decreases(account);
    bool same = account->orders_import && account->orders.era == account->orders_era;
    if (account->facts_known && !same && !duty->running)
        account->orders = (struct sync_orders){.era = account->orders_era}; /* a new cut-over */
    if (!orders_wanted(account) || duty->running || !has_basis(account)) return;
    if (!account->enabled || account->paused || account->parked || !account->facts_known) return;
    if (account->facts_stale || account->facts_running) return; /* its cursor may have moved */
    if (account_unproven(account)) return;
    int64_t now = sync_now_ms(account->sync), due = due_at(account);
    if (due == INT64_MAX) return; /* it is off; a write that waits for one asks for it */
    if (due <= now)
        start(account, now);
    else
        account_wake_at(account, due);
}
