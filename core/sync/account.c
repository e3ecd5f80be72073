/* An account's turn: everything that could be done for it now, in the order of what depends on
 * what. */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum {
    /* What the marketplace says is not for us is tried again after that, be it one ability that the
     * credentials lack or all that the seller does: it says the one and means the other, a right
     * may be granted, and a piece that is sold out is on sale for as long as nobody tries. Nobody
     * fines so few: at Wildberries each 4xx counts as ten requests of 300 a minute. */
    SHUT_MS = 10 * 60 * 1000,
    UNSUPPORTED_MS = 6 * 60 * 60 * 1000,
};

bool account_may_write(const struct sync_account *account)
{
    int64_t now = sync_now_ms(account->sync);
    return account_state(account) == SYNC_ACTIVE && account->recovered && !account->removed &&
           !account->sync->stopping && account->blocked_until_ms <= now &&
           account->denied_until_ms[STOCKD_PUSH_STOCK] <= now &&
           account_spacing_until(account) <= now;
}

int64_t account_spacing_until(const struct sync_account *account)
{
    int64_t most = 0;
    for (uint32_t r = 0; r < account->plugin->route_count; r++)
        if (account->plugin->routes[r].cadence_ms > most)
            most = account->plugin->routes[r].cadence_ms;
    return account->sync->time.stepped_ms ? account->sync->time.stepped_ms + most : 0;
}

int64_t account_settling_until(const struct sync_account *account)
{
    int64_t most = 0;
    for (uint32_t r = 0; r < account->plugin->route_count; r++)
        if (account->plugin->routes[r].settle_ms > most)
            most = account->plugin->routes[r].settle_ms;
    /* The clock may have been set forward just before the start, too. That holds up only what is
     * read back; a write that comes too soon is refused and goes again. */
    int64_t from = account->sync->time.stepped_ms;
    if (from == 0) from = account->sync->time.started_ms;
    /* Some writes count from when their request is given up (a listing tied elsewhere meanwhile).
     */
    return from + most + (account->timeout_ms ? account->timeout_ms : NET_TIMEOUT_DEFAULT_MS);
}

bool account_unproven(const struct sync_account *account)
{
    return account->proven_print && account->proven_print != account->print &&
           account->plugin->operations[STOCKD_CHECK_ACCOUNT];
}

bool account_mended(const struct sync_account *account)
{
    return account->parked && account->parked_print && account->parked_print != account->print;
}

bool account_loaded(const struct sync_account *account)
{
    return account->warehouses_read && account->listings_read && duty_stock_known(account);
}

int64_t account_other_time(const struct sync_account *account, int64_t now)
{
    if (now >= account_settling_until(account)) return 0;
    const struct sync_time *time = &account->sync->time;
    return time->stepped_ms ? time->stepped_ms : time->started_ms;
}

enum sync_state account_state(const struct sync_account *account)
{
    if (!account->enabled) return SYNC_DISABLED;
    if (account->parked) return SYNC_PARKED;
    if (account->paused) return SYNC_PAUSED;
    if (!account_loaded(account) || account_unproven(account))
        return account->facts_known && (account->checked_ms || account->warehouses_ms)
                   ? SYNC_LOADING
                   : SYNC_NEW;
    bool dry = account->dry_run || (account->first_plan && !account->planned);
    return dry ? SYNC_DRY_RUN : SYNC_ACTIVE;
}

void account_say_changed(struct sync_account *account)
{
    if (account->sync->changed) account->sync->changed(account->sync->ctx, account->number);
}

/* ---- the timer: one for all that waits for a time */

static void on_timer(struct timer *timer)
{
    struct sync_account *account =
        (struct sync_account *)((char *)timer - offsetof(struct sync_account, timer));
    timer->armed = false;
    account->wake_ms = 0;
    account_turn(account);
}

void account_wake_at(struct sync_account *account, int64_t wall_ms)
{
    struct runtime *runtime = account->sync->runtime;
    if (account->wake_ms && account->wake_ms <= wall_ms && account->timer.armed) return;
    int64_t wait = wall_ms - sync_now_ms(account->sync);
    account->wake_ms = wall_ms;
    account->timer.fire = on_timer;
    account->timer.armed = true;
    runtime->timer_arm(runtime, &account->timer, wait > 0 ? wait : 0);
}

/* ---- parking */

struct parking {
    struct engine_task task;
    struct sync_account *account;
    struct buf payload;
    int64_t now_ms;
};

static enum status park_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct parking *p = (struct parking *)((char *)task - offsetof(struct parking, task));
    const struct command command = {.kind = COMMAND_ACCOUNT_SWITCH,
                                    .actor = "stockd",
                                    .now_ms = p->now_ms,
                                    .payload = bytes_of(p->payload.data, p->payload.size)};
    return engine_apply(p->account->sync->engine, txn, &command, NULL, error);
}

static void park_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct parking *p = (struct parking *)((char *)task - offsetof(struct parking, task));
    struct sync_account *account = p->account;
    (void)status; /* in memory it is parked in any case */
    (void)error;
    buf_free(&p->payload);
    mem_free(p);
    account->facts_stale |= status == ST_OK;
    sync_busy(account, -1);
    account_turn(account);
}

static void switch_begin(struct sync_account *account, struct parking *p)
{
    p->task = (struct engine_task){.run = park_run, .done = park_done};
    sync_busy(account, 1);
    account->sync->runtime->engine_submit(account->sync->runtime, &p->task);
    account_say_changed(account);
}

static struct parking *switch_new(struct sync_account *account)
{
    struct parking *p = mem_alloc(sizeof *p);
    p->account = account;
    p->now_ms = account->since_ms = sync_now_ms(account->sync);
    buf_init(&p->payload, RECORD_MAX);
    return p;
}

static void park(struct sync_account *account, const char *code, const char *text, uint64_t print)
{
    if (account->parked && !(print && account_mended(account))) return;
    /* What it was still about has ended for want of a token, too: when it is back it tries. */
    if (account->removed) return;
    char quoted[LOG_QUOTED_MAX];
    log_warning("sync", "parked", "account=%s code=%s why=%s", account->name, code,
                log_quote(text, quoted));
    account->parked = true;
    account->parked_print = print;
    snprintf(account->reason, sizeof account->reason, "%s: %s", code, text);
    push_stop(account);
    struct parking *p = switch_new(account);
    command_account_park(&p->payload, bytes_text(account->name), code, text, print);
    switch_begin(account, p);
}

void account_park(struct sync_account *account, const char *code, const char *text)
{
    park(account, code, text, 0);
}

void account_refused(struct sync_account *account, const char *code, const char *text)
{
    park(account, code, text, account->print);
}

void account_unpark(struct sync_account *account)
{
    if (!account->parked || account->paused) return;
    log_info("sync", "resumed", "account=%s", account->name);
    account->parked = false;
    account->parked_print = 0;
    account->reason[0] = 0;
    struct parking *p = switch_new(account);
    command_account_switch(&p->payload, bytes_text(account->name), ACCOUNT_RESUME, "", "");
    switch_begin(account, p);
}

/* Of two operations that were on their way the later one may say the lesser thing. */
static void close_ability(struct sync_account *account, enum stockd_operation kind, int64_t ms,
                          const char *text)
{
    int64_t until_ms = sync_now_ms(account->sync) + ms;
    if (until_ms < account->denied_until_ms[kind]) return;
    account->denied_until_ms[kind] = until_ms;
    snprintf(account->denied_why[kind], sizeof account->denied_why[kind], "%s", text);
    account_wake_at(account, account->denied_until_ms[kind]);
}

void account_failed(struct sync_account *account, enum stockd_operation kind,
                    const struct sync_ending *ending)
{
    const char *text = ending->text && ending->text[0] ? ending->text : "no reason was given";
    const char *code = ending->code && ending->code[0] ? ending->code : "failed";
    char quoted[LOG_QUOTED_MAX];
    log_warning("sync", "operation-failed", "account=%s operation=%s code=%s why=%s", account->name,
                plugin_operation_name(kind), code, log_quote(text, quoted));
    switch (ending->fail) {
    case STOCKD_FAIL_AUTH:
        if (account->plugin->operations[STOCKD_AUTHORIZE])
            authorize_park(account, code, text);
        else
            account_refused(account, code, text);
        return;
    case STOCKD_FAIL_DENIED: close_ability(account, kind, SHUT_MS, text); return;
    case STOCKD_FAIL_UNSUPPORTED: close_ability(account, kind, UNSUPPORTED_MS, text); return;
    case STOCKD_FAIL_BLOCKED:
        if (kind != STOCKD_PUSH_STOCK) { /* reading may be shut out, and writing not */
            close_ability(account, kind, SHUT_MS, text);
            return;
        }
        account->blocked_until_ms = sync_now_ms(account->sync) + SHUT_MS;
        snprintf(account->blocked_why, sizeof account->blocked_why, "%s", text);
        account_wake_at(account, account->blocked_until_ms);
        return;
    case STOCKD_FAIL_RETRY:
    case STOCKD_FAIL_BUG: return;
    }
}

/* ---- the turn */

static void wake_if_later(struct sync_account *account, int64_t when_ms, int64_t now)
{
    if (when_ms > now) account_wake_at(account, when_ms);
}

/* The timer holds one time, the soonest: whatever else waits for one says so again each turn. `now`
 * is from before the turn: what fell due while it ran was not seen by it, and must not be lost. */
static void wake_for_all(struct sync_account *account, int64_t now)
{
    wake_if_later(account, account->next_due_ms, now);
    wake_if_later(account, account->next_look_ms, now);
    wake_if_later(account, account->next_reread_ms, now);
    wake_if_later(account, account->blocked_until_ms, now);
    wake_if_later(account, account->reopen_ms, now);
    wake_if_later(account, account_spacing_until(account), now);
    wake_if_later(account, account_settling_until(account), now);
    for (int i = 0; i < STOCKD_OPERATION_COUNT; i++)
        wake_if_later(account, account->denied_until_ms[i], now);
}

void account_turn(struct sync_account *account)
{
    if (account->probe) return;
    if (account->turning) {
        account->turn_again = true;
        return;
    }
    account->turning = true;
    do {
        int64_t now = sync_now_ms(account->sync);
        account->turn_again = false;
        if (account->wake_ms && account->wake_ms <= now) account->wake_ms = 0;
        if (account->sync->stopping || account->removed || !account->enabled)
            operations_authorized(account); /* nobody renews anything for them any more */
        if (account->sync->stopping || account->removed) break;
        if (!account->enabled) {
            facts_refresh(account);
            push_stop(account);
            break;
        }
        facts_refresh(account);
        if (!account->facts_known) break;
        load_turn(account);
        reopen_turn(account);
        if (!recover_turn(account)) break; /* it comes back */
        if (authorize_turn(account)) {
            duty_turn(account);
            resync_turn(account);
            orders_turn(account);
            look_turn(account);
            reread_turn(account);
            push_turn(account);
        } else {
            push_stop(account);
        }
        schedules_limits_turn(account); /* also of what was begun just now */
        wake_for_all(account, now);
    } while (account->turn_again);
    account->turning = false;
    gathers_changed(account->sync, account);
}
