/* Gathering: a list of stages, each asked for until it was done since the gathering began. */
#include "sync/gather.h"

#include "base/mem.h"
#include "sync/private.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_EVERY_MS = 500 }; /* for what nothing tells: an account that was switched off */

struct gather {
    struct gather *next;
    struct sync *sync;
    struct gather_options options;
    char *account;
    struct timer timer;
    enum gather_stage stage;
    bool begun;          /* the stage was */
    enum sync_task task; /* that it asked for last */
    int64_t start_ms;    /* of all */
    int64_t since_ms;    /* of the stage */
    uint32_t failures;   /* when its task was asked for */
    int64_t stock_ms;
    bool stock_whole; /* as it was read by the end of that stage */
    struct gather_view told;
    bool told_any, ended;
};

static void look(struct gather *gather);

static void on_timer(struct timer *timer)
{
    look((struct gather *)((char *)timer - offsetof(struct gather, timer)));
}

static void arm(struct gather *gather, int64_t ms)
{
    gather->timer.fire = on_timer;
    gather->sync->runtime->timer_arm(gather->sync->runtime, &gather->timer, ms);
}

struct gather *gather_start(struct sync *sync, const struct gather_options *options)
{
    struct gather *gather = mem_alloc(sizeof *gather);
    gather->sync = sync;
    gather->options = *options;
    gather->account = mem_text(options->account);
    gather->start_ms = sync_now_ms(sync);
    gather->next = sync->gathers;
    sync->gathers = gather;
    arm(gather, 0);
    return gather;
}

void gather_free(struct gather *gather)
{
    if (!gather) return;
    struct gather **at = &gather->sync->gathers;
    while (*at && *at != gather)
        at = &(*at)->next;
    if (*at) *at = gather->next;
    gather->sync->runtime->timer_close(gather->sync->runtime, &gather->timer);
    mem_free(gather->account);
    mem_free(gather);
}

void gathers_changed(struct sync *sync, const struct sync_account *account)
{
    for (struct gather *g = sync->gathers; g; g = g->next)
        if (!g->ended && strcmp(g->account, account->name) == 0) arm(g, 0);
}

/* ---- the end */

static void end(struct gather *gather, enum status status, const char *text,
                const struct sync_account *account)
{
    const struct gather_ending ending = {
        .status = status,
        .error = text,
        .account = account ? account->number : 0,
        .orders_import = account && orders_wanted(account),
        .listings_whole =
            account && (account->listings_read || !duty_offered(account, SYNC_LISTINGS)),
        .stock_whole = gather->stock_whole,
        .stock_ms = gather->stock_ms,
    };
    gather->ended = true;
    gather->options.ended(gather->options.ctx, &ending); /* it may be freed now */
}

static void fail(struct gather *gather, const struct sync_account *account, enum status status,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
static void fail(struct gather *gather, const struct sync_account *account, enum status status,
                 const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    end(gather, status, text, account);
}

/* ---- stages */

static enum sync_task stock_task(const struct sync_account *account)
{
    return duty_offered(account, SYNC_STOCK) ? SYNC_STOCK : SYNC_LISTINGS;
}

/* What the stage waits for now; SYNC_TASKS: nothing. */
static enum sync_task task_of(const struct gather *gather, const struct sync_account *account)
{
    int64_t old = gather->start_ms - GATHER_LISTINGS_MS;
    switch (gather->stage) {
    case GATHER_ORDERS:
    case GATHER_ORDERS_AGAIN:
        if (!orders_wanted(account)) return SYNC_TASKS;
        return account->orders.drained_ms && account->orders.drained_ms >= gather->since_ms
                   ? SYNC_TASKS
                   : SYNC_ORDERS;
    case GATHER_LISTS:
        if (!account->warehouses_read || duty_last_done(account, SYNC_WAREHOUSES) < old)
            return SYNC_WAREHOUSES;
        if (duty_offered(account, SYNC_LISTINGS) && duty_offered(account, SYNC_STOCK) &&
            (!account->listings_read || duty_last_done(account, SYNC_LISTINGS) < old))
            return SYNC_LISTINGS;
        return SYNC_TASKS;
    case GATHER_STOCK: {
        enum sync_task task = stock_task(account);
        const struct sync_duty *duty = &account->duties[task];
        bool read = !duty->running && !duty->asked && !duty->failures && duty->last_ms &&
                    duty_reading_ms(duty) >= gather->since_ms && duty->last_ms >= duty->started_ms;
        return read ? SYNC_TASKS : task;
    }
    case GATHER_STAGES: break;
    }
    return SYNC_TASKS;
}

static const char *what_of(enum sync_task task)
{
    switch (task) {
    case SYNC_ORDERS: return "orders";
    case SYNC_WAREHOUSES: return "warehouses";
    case SYNC_LISTINGS: return "listings";
    default: return "stock";
    }
}

static void tell(struct gather *gather, const struct sync_duty *duty)
{
    const struct gather_view view = {.stage = gather->stage,
                                     .done = duty ? duty->done : 0,
                                     .total = duty ? duty->total : 0,
                                     .waiting = duty && duty->failures ? duty->error : ""};
    const struct gather_view *told = &gather->told;
    if (gather->told_any && told->stage == view.stage && told->done == view.done &&
        told->total == view.total && !*view.waiting)
        return;
    gather->told_any = true;
    gather->told = view;
    if (gather->options.changed) gather->options.changed(gather->options.ctx, &view);
}

/* Asks for it, once and again when somebody else's took the ask. */
static void ask(struct gather *gather, struct sync_account *account, enum sync_task task)
{
    struct sync_duty *duty = &account->duties[task];
    bool stage_began = !gather->begun || gather->task != task;
    gather->begun = true;
    gather->task = task;
    if (stage_began) gather->failures = duty->failures;
    if (duty->failures < gather->failures) gather->failures = duty->failures;
    bool ours = (duty->running || duty->resumes) && duty_reading_ms(duty) >= gather->since_ms;
    if (duty->asked || ours || (!stage_began && duty->failures)) return;
    duty->asked = true; /* not sync_ask: nobody has said that the account is to be written again */
    account_turn(account);
}

/* Why nothing will come of it, or NULL. */
static const char *hopeless(const struct sync_account *account)
{
    if (!account->enabled) return "it is disabled in its file of conf.d";
    if (!account->facts_known) return NULL;
    if (account->parked) return account->reason;
    if (account->paused) return "it is paused; 'stockctl account resume' lets it go on";
    return NULL;
}

static void look(struct gather *gather)
{
    struct sync_account *account = accounts_find(gather->sync, gather->account);
    int64_t now = sync_now_ms(gather->sync);
    const char *why = account ? hopeless(account) : NULL;
    if (gather->sync->stopping) {
        fail(gather, NULL, ST_CANCELLED, "stockd is stopping");
        return;
    }
    if (!account) {
        fail(gather, NULL, ST_NOT_FOUND,
             "there is no account '%s' in service; `stockctl account list` shows those there are",
             gather->account);
        return;
    }
    if (why) {
        fail(gather, account, ST_CONFLICT, "account '%s' cannot be read: %s", gather->account, why);
        return;
    }
    if (now - gather->start_ms > GATHER_LIMIT_MS) {
        fail(gather, account, ST_BUSY,
             "account '%s' was not read within an hour; 'stockctl status' "
             "shows what it waits for",
             gather->account);
        return;
    }
    arm(gather, LOOK_EVERY_MS);
    if (!account->facts_known || account->facts_stale || account->facts_running) return;
    for (;; gather->stage++, gather->begun = false) {
        if (gather->stage == GATHER_STAGES) {
            end(gather, ST_OK, "", account);
            return;
        }
        if (!gather->begun) gather->since_ms = now;
        if (!gather->begun && gather->stage == GATHER_STOCK) gather->stock_ms = now;
        enum sync_task task = task_of(gather, account);
        if (task == SYNC_TASKS && (gather->begun || gather->stage != GATHER_STOCK)) {
            if (gather->stage == GATHER_STOCK)
                gather->stock_whole = account->duties[stock_task(account)].whole;
            tell(gather, NULL);
            continue;
        }
        struct sync_duty *duty = &account->duties[task];
        ask(gather, account, task);
        tell(gather, duty);
        if (duty->failures < gather->failures + GATHER_FAILURES) return;
        fail(gather, account, ST_IO, "the %s of account '%s' could not be read to their end: %s",
             what_of(task), gather->account, duty->error);
        return;
    }
}
