/* What has to be read about an account, and when: its rights, warehouses, listings, and once all
 * stock. One at a time in an account. */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/backoff.h"

#include <stdio.h>
#include <string.h>

enum {
    MINUTE_MS = 60 * 1000,
    WAREHOUSES_CLOSED_EVERY_MS = 10 * MINUTE_MS, /* while a linked one is not writable */
    VERIFY_REST = 4, /* a reading that takes long is left off for so many times as long */
    RETRY_FIRST_MS = 2000,
    RETRY_MAX_MS = 10 * MINUTE_MS,
    RESUME_MS = 1000, /* a reading that rests goes on; what else is due of the account goes first */
    RETRY_SLOW_MS = 15 * MINUTE_MS, /* after the account's `attempts` */
    RETRY_HELD_MS = MINUTE_MS,      /* at most, where the whole account waits for it */
};

static const enum stockd_operation operations[SYNC_TASKS] = {
    [SYNC_CHECK] = STOCKD_CHECK_ACCOUNT,
    [SYNC_WAREHOUSES] = STOCKD_LIST_WAREHOUSES,
    [SYNC_LISTINGS] = STOCKD_FETCH_LISTINGS,
    [SYNC_STOCK] = STOCKD_FETCH_STOCK,
    [SYNC_RENEW] = STOCKD_AUTHORIZE, /* these two are begun by authorize.c */
    [SYNC_LOGIN] = STOCKD_AUTHORIZE,
    [SYNC_ORDERS] = STOCKD_FETCH_ORDERS, /* and this by orders.c */
    [SYNC_RESYNC] = STOCKD_FETCH_STOCK,  /* by resync.c, which asks for a reading */
};

const char *sync_task_name(enum sync_task task)
{
    static const char *const names[SYNC_TASKS] = {"check", "warehouses", "listings", "stock",
                                                  "renew", "login",      "orders",   "resync"};
    return (unsigned)task < SYNC_TASKS ? names[task] : "";
}

bool duty_offered(const struct sync_account *account, enum sync_task task)
{
    if (task == SYNC_STOCK && account->plugin->flags & STOCKD_LISTINGS_CARRY_STOCK)
        return false; /* the listings are the reading of stock */
    if (task == SYNC_ORDERS) return orders_wanted(account);
    if (task == SYNC_RESYNC) task = duty_verify(account);
    return account->plugin->operations[operations[task]] != NULL;
}

int64_t duty_last_done(const struct sync_account *account, enum sync_task task)
{
    const int64_t stored[SYNC_TASKS] = {account->checked_ms, account->warehouses_ms,
                                        account->listings_ms, account->stock_ms};
    int64_t here = account->duties[task].last_ms;
    return here > stored[task] ? here : stored[task];
}

enum sync_task duty_verify(const struct sync_account *account)
{
    return account->plugin->flags & STOCKD_LISTINGS_CARRY_STOCK ? SYNC_LISTINGS : SYNC_STOCK;
}

enum quota_class duty_class(const struct sync_account *account, enum sync_task task)
{
    return task == duty_verify(account) && account_loaded(account) ? QUOTA_VERIFY : QUOTA_READ;
}

/* When it is due again. A verification that takes long is left off for longer. */
static int64_t due_after(struct sync_account *account, enum sync_task task, int64_t last)
{
    int64_t due = schedules_next_of(account, task, last);
    int64_t rest = last + account->duties[task].took_ms * VERIFY_REST;
    if (task == duty_verify(account) && due < rest) due = rest;
    if (task == SYNC_WAREHOUSES && account->closed_remotes &&
        due > last + WAREHOUSES_CLOSED_EVERY_MS)
        due = last + WAREHOUSES_CLOSED_EVERY_MS;
    return due;
}

/* What must be known before it makes sense. */
static bool has_basis(const struct sync_account *account, enum sync_task task)
{
    bool listings = account->listings_read || !duty_offered(account, SYNC_LISTINGS);
    return task == SYNC_STOCK ? account->warehouses_read && listings : true;
}

void duty_need(struct sync_account *account, enum sync_task task)
{
    account->duties[task].needed = true;
}

int64_t duty_shut_until(const struct sync_account *account, enum sync_task task)
{
    return account->duties[task].asked ? 0 : account->denied_until_ms[operations[task]];
}

/* When it is due; INT64_MAX: not at all now. */
static int64_t due_at(struct sync_account *account, enum sync_task task, int64_t now)
{
    const struct sync_duty *duty = &account->duties[task];
    if (!duty_offered(account, task) || !has_basis(account, task)) return INT64_MAX;
    int64_t last = duty_last_done(account, task);
    if (last > now) last = 0; /* of a life whose clock was ahead of this */
    int64_t due = last ? due_after(account, task, last) : 0;
    if (task == SYNC_WAREHOUSES && !account->warehouses_read) due = 0;
    if (task == SYNC_LISTINGS && !account->listings_read) due = 0;
    if (task == SYNC_STOCK && !account->listings_read) due = 0; /* there they come with the stock */
    if (task == SYNC_CHECK && account_mended(account)) due = 0;
    if (task == SYNC_CHECK && account_unproven(account))
        due = duty->last_ms ? duty->last_ms + MINUTE_MS : 0;
    if (duty->failures || duty->resumes) due = duty->next_ms;
    if (duty->asked || duty->needed) due = 0;
    int64_t shut_until = duty_shut_until(account, task);
    return due > shut_until ? due : shut_until;
}

int64_t duty_due(struct sync_account *account, enum sync_task task)
{
    const struct sync_duty *duty = &account->duties[task];
    if (task == SYNC_ORDERS) return duty->next_ms;
    if (task != SYNC_RESYNC) return due_at(account, task, sync_now_ms(account->sync));
    return duty->asked ? 0 : schedules_next(account, SYNC_TIMED_RESYNC, duty->last_ms);
}

/* What fails is tried again and again, so when it is tried next says nothing. */
int64_t duty_overdue(struct sync_account *account, enum sync_task task)
{
    const struct sync_duty *duty = &account->duties[task];
    int64_t now = sync_now_ms(account->sync), last = duty_last_done(account, task);
    if (!duty_offered(account, task) || !has_basis(account, task) || !last || last > now) return 0;
    if (task == SYNC_RESYNC) return schedules_next(account, SYNC_TIMED_RESYNC, duty->last_ms);
    return account->denied_until_ms[operations[task]] > now ? 0 : due_after(account, task, last);
}

int64_t duty_reading_ms(const struct sync_duty *duty)
{
    bool before = duty->reading_ms && duty->reading_ms < duty->started_ms;
    return before ? duty->reading_ms : duty->started_ms;
}

bool duty_goes_on(const struct sync_account *account, enum sync_task task)
{
    if (task == SYNC_STOCK && crawl_needed(account)) return true;
    bool list = task == SYNC_LISTINGS || task == SYNC_STOCK;
    return list && account->plugin->flags & STOCKD_READINGS_GO_ON;
}

bool duty_will_go_on(const struct sync_duty *duty)
{
    return duty->resumes || (duty->limited && duty->kept && duty->failures);
}

bool duty_stock_known(const struct sync_account *account)
{
    const struct sync_duty *duty = &account->duties[SYNC_STOCK];
    return !duty_offered(account, SYNC_STOCK) || duty_last_done(account, SYNC_STOCK) ||
           duty->failures >= account->attempts || account->denied_until_ms[STOCKD_FETCH_STOCK];
}

/* No figure of the account goes without it, not even a zero: the check of other settings, and the
 * first reading of what there is. When the marketplace answers again, that must not wait for the
 * slow timer. */
static bool holds_all_up(const struct sync_account *account, const struct sync_duty *duty)
{
    switch ((enum sync_task)(duty - account->duties)) {
    case SYNC_CHECK: return account_unproven(account) || account_mended(account);
    case SYNC_WAREHOUSES: return !account->warehouses_read;
    case SYNC_LISTINGS: return !account->listings_read;
    case SYNC_STOCK: return !account_loaded(account);
    default: return false;
    }
}

/* `answered`: it came to its end, and what it told will not do: a list with rows that cannot be
 * read is the same a minute later, however long it is. */
static int64_t retry_wait(const struct sync_account *account, const struct sync_duty *duty,
                          const struct sync_ending *ending, bool answered)
{
    struct random *random = account->sync->runtime->random;
    if (ending->fail == STOCKD_FAIL_RETRY && !answered && holds_all_up(account, duty))
        return backoff_ms(random, duty->failures, RETRY_FIRST_MS, RETRY_HELD_MS);
    if (duty->failures >= account->attempts) return random_jitter(random, RETRY_SLOW_MS);
    return backoff_ms(random, duty->failures, RETRY_FIRST_MS, RETRY_MAX_MS);
}

static void retry_later(struct sync_account *account, struct sync_duty *duty,
                        const struct sync_ending *ending, bool answered)
{
    /* What was ended for its hard limit has its next turn soon: it gets on, however long it takes.
     */
    duty->failures = duty->limited && duty->kept ? 1 : duty->failures + 1;
    duty->next_ms = sync_now_ms(account->sync) + retry_wait(account, duty, ending, answered);
    snprintf(duty->error, sizeof duty->error, "%s%s%s", ending->code ? ending->code : "",
             ending->code && ending->text ? ": " : "", ending->text ? ending->text : "");
}

/* The last run stopped at its soft limit; that is no failure. */
static void rest(struct sync_account *account, struct sync_duty *duty,
                 const struct sync_ending *ending)
{
    duty->resumes = true;
    duty->next_ms = sync_now_ms(account->sync) + RESUME_MS;
    snprintf(duty->error, sizeof duty->error, "%s: %s", ending->code, ending->text);
}

/* There were listings, and now there is none: more likely the marketplace is at fault. A reading of
 * what has changed since the last one may well be of nothing. */
static bool is_emptied(const struct sync_account *account, enum sync_task task,
                       const struct sync_ending *ending)
{
    bool before = duty_goes_on(account, task) && account->duties[task].told;
    return ending->ok && ending->listed && ending->rows == 0 && !before && task == SYNC_LISTINGS &&
           account->has_listings;
}

/* A list that ended well but not at its end is not read: nothing may be concluded from it (I10),
 * nor from one that has nothing in it where there was something. Figures that are known by now and
 * are only verified wait for the next time; listings do not, even where they carry the figures. */
static struct sync_ending judge(const struct sync_account *account, enum sync_task task,
                                const struct sync_ending *ending)
{
    struct sync_ending judged = *ending;
    bool list = task != SYNC_CHECK, known = task == SYNC_STOCK && account_loaded(account);
    judged.partial = ending->ok && account->duties[task].refusals.count > 0;
    if (is_emptied(account, task, ending)) {
        judged.ok = false;
        judged.fail = STOCKD_FAIL_RETRY;
        judged.code = "empty";
        judged.text = "the marketplace shows none of the listings that it had; they stay as they "
                      "are here";
        return judged;
    }
    if (!ending->ok && account->duties[task].limited) {
        judged.fail = STOCKD_FAIL_RETRY;
        judged.code = "hard-limit";
        judged.text = "it was ended, for it went on for its hard limit; the next run goes on from "
                      "there where that can be";
        return judged;
    }
    if (!ending->ok || !list || ending->completed || (judged.partial && known)) return judged;
    judged.ok = false;
    judged.fail = STOCKD_FAIL_RETRY;
    judged.code = "incomplete";
    judged.text = "some rows could not be read, so the list counts as not read to its end";
    return judged;
}

/* All stock was read, by however many operations; with it the listings, where there is no other way
 * to them. */
struct completion {
    struct engine_task task;
    struct sync_account *account;
    struct buf payload;
    int64_t now_ms;
};

static enum status completion_run(struct engine_task *task, struct store_txn *txn,
                                  struct error *error)
{
    struct completion *c = (struct completion *)((char *)task - offsetof(struct completion, task));
    const struct command command = {.kind = COMMAND_ROWS,
                                    .actor = c->account->name,
                                    .now_ms = c->now_ms,
                                    .payload = bytes_of(c->payload.data, c->payload.size),
                                    .unlogged = true};
    return engine_apply(c->account->sync->engine, txn, &command, NULL, error);
}

static void completion_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct completion *c = (struct completion *)((char *)task - offsetof(struct completion, task));
    struct sync_account *account = c->account;
    (void)status; /* not stored: read again at the next start */
    (void)error;
    buf_free(&c->payload);
    mem_free(c);
    account->facts_stale = true;
    sync_busy(account, -1);
    account_turn(account);
}

static void complete_stock(struct sync_account *account)
{
    struct completion *c = mem_alloc(sizeof *c);
    c->account = account;
    c->now_ms = sync_now_ms(account->sync);
    buf_init(&c->payload, RECORD_MAX);
    const struct rows_head head = {.account = account->number,
                                   .data_version = account->plugin->data_version,
                                   .begun_ms = account->duties[SYNC_STOCK].started_ms,
                                   .received_ms = c->now_ms};
    rows_begin(&c->payload, &head);
    rows_complete(&c->payload, SCOPE_ALL_STOCK, bytes_of("", 0));
    if (!duty_offered(account, SYNC_LISTINGS))
        rows_complete(&c->payload, SCOPE_LISTINGS, bytes_of("", 0));
    c->task = (struct engine_task){.run = completion_run, .done = completion_done};
    sync_busy(account, 1);
    account->sync->runtime->engine_submit(account->sync->runtime, &c->task);
}

/* ---- one operation of a duty */

static void operation_ended(struct sync_operation *operation, const struct sync_ending *how);

static bool start_operation(struct sync_account *account, enum sync_task task)
{
    struct sync_duty *duty = &account->duties[task];
    const struct stockd_start what = {.size = sizeof what,
                                      .operation = (uint32_t)operations[task],
                                      .warehouses = account->warehouses,
                                      .warehouse_count = account->warehouse_count,
                                      .reading_ms =
                                          duty_goes_on(account, task) ? duty->reading_ms : 0};
    struct sync_setup setup = {.account = account,
                               .kind = operations[task],
                               .start = &what,
                               .class = duty_class(account, task),
                               .refusals = &duty->refusals,
                               .states = account->states,
                               .state_count = account->state_count,
                               .ended = operation_ended,
                               .ctx = duty};
    sync_random_id(account->sync, setup.id);
    struct error error = {0};
    duty->running = true;
    if (sync_operation_start(&setup, &duty->operation, &error)) return true;
    const struct sync_ending ending = {
        .fail = STOCKD_FAIL_BUG, .code = "refused", .text = error.text};
    duty->running = false;
    retry_later(account, duty, &ending, false);
    return false;
}

static void duty_done(struct sync_account *account, enum sync_task task,
                      const struct sync_ending *ending)
{
    struct sync_duty *duty = &account->duties[task];
    duty->failures = 0;
    duty->error[0] = 0;
    duty->last_ms = sync_now_ms(account->sync);
    duty->took_ms = duty->last_ms - duty->started_ms;
    for (int i = 0; i < STOCKD_OPERATION_COUNT; i++)
        if (task == SYNC_CHECK || (int)operations[task] == i) account->denied_until_ms[i] = 0;
    if (task == duty_verify(account) && ending->completed) complete_stock(account);
}

/* Nothing that is shown there is missing here: what was not read is absent (I10). */
static void note_whole(struct sync_account *account, enum sync_task task,
                       const struct sync_ending *ending)
{
    struct sync_duty *duty = &account->duties[task];
    bool all = task == SYNC_LISTINGS ? ending->listed : ending->all_stock;
    duty->torn |= duty->refusals.count > 0;
    duty->whole = ending->ok && all && !duty->torn;
}

void duty_ended(struct sync_account *account, enum sync_task task, const struct sync_ending *how)
{
    struct sync_duty *duty = &account->duties[task];
    const struct sync_ending judged = judge(account, task, how), *ending = &judged;
    note_whole(account, task, ending);
    duty->running = false;
    duty->operation = NULL;
    account->facts_stale = true;
    if (ending->ok) {
        duty_done(account, task, ending);
    } else if (ending->resumes) {
        rest(account, duty, ending);
    } else {
        account->failures++;
        retry_later(account, duty, ending, how->ok);
        account_failed(account, operations[task], ending);
    }
    history_end(account, task, ending);
    account_say_changed(account);
}

static void operation_ended(struct sync_operation *operation, const struct sync_ending *ending)
{
    struct sync_duty *duty = sync_operation_ctx(operation);
    duty_ended(duty->account, (enum sync_task)(duty - duty->account->duties), ending);
}

/* Whether it begins from its beginning: because it was asked for, since the last one was read to
 * its end, or for what was read by now may be of another catalogue or another seller. */
static bool is_anew(const struct sync_account *account, const struct sync_duty *duty)
{
    return duty->asked || duty->needed || (!duty->failures && !duty->resumes) ||
           duty->reading_epoch != account->epoch || duty->reading_print != account->print;
}

static void begin_reading(const struct sync_account *account, struct sync_duty *duty, int64_t now)
{
    duty->reading_ms = now;
    duty->reading_epoch = account->epoch;
    duty->reading_print = account->print;
    duty->told = false;
}

/* Another number than that of the reading before. */
static uint32_t reading_of(const struct sync_account *account, enum sync_task task)
{
    uint64_t hash = (uint64_t)sync_now_ms(account->sync) * UINT64_C(0x9e3779b97f4a7c15) + task;
    return (uint32_t)(hash >> 32) | 1;
}

/* Not anew, and what was told by now is not told again. */
static bool goes_on(const struct sync_account *account, enum sync_task task)
{
    const struct sync_duty *duty = &account->duties[task];
    if (task == SYNC_STOCK && crawl_needed(account)) return account->crawl != NULL;
    return duty->kept || duty->resumes;
}

static void start(struct sync_account *account, enum sync_task task)
{
    struct sync_duty *duty = &account->duties[task];
    duty->account = account;
    bool anew = is_anew(account, duty);
    int64_t now = sync_now_ms(account->sync), last = duty_last_done(account, task);
    bool scheduled = anew && !duty->asked && !duty->needed;
    duty->missed_ms = scheduled ? schedules_missed(account, task, last) : 0;
    if (anew) begin_reading(account, duty, now);
    if (anew || !goes_on(account, task)) duty->torn = false;
    duty->moved_ms = now;
    duty->asked = duty->needed = false;
    duty->resumes = duty->limited = duty->kept = false;
    duty->done = duty->total = 0;
    duty->refusals = (struct sync_refusals){.reading = reading_of(account, task)};
    if (task == SYNC_STOCK && crawl_needed(account)) {
        history_begin(account, task);
        duty->running = true;
        crawl_start(account, anew);
    } else if (start_operation(account, task)) {
        history_begin(account, task);
    }
}

/* Begun elsewhere, beside the others. */
static bool has_its_own_turn(enum sync_task task)
{
    return operations[task] == STOCKD_AUTHORIZE || task == SYNC_ORDERS || task == SYNC_RESYNC;
}

void duty_turn(struct sync_account *account)
{
    int64_t now = sync_now_ms(account->sync), soonest = INT64_MAX;
    for (int i = 0; i < SYNC_TASKS; i++)
        if (account->duties[i].running && !has_its_own_turn((enum sync_task)i)) return;
    if (!account->enabled || account->paused || !account->facts_known) return;
    if (account->facts_stale || account->facts_running)
        return; /* what was just read may have answered it */
    for (int i = 0; i < SYNC_TASKS; i++) {
        enum sync_task task = (enum sync_task)i;
        if (has_its_own_turn(task)) continue;
        if (task != SYNC_CHECK && account_unproven(account)) continue;
        bool may = task == SYNC_CHECK && (account->duties[i].asked || account_mended(account));
        if (account->parked && !may) continue;
        int64_t due = due_at(account, task, now);
        if (due <= now) {
            start(account, task);
            return;
        }
        if (due < soonest) soonest = due;
        account->duties[i].next_ms = due == INT64_MAX ? 0 : due;
    }
    if (soonest != INT64_MAX) account_wake_at(account, schedules_glance(soonest, now));
}
