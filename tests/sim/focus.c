/* What each kind of dense world is made of. */
#include "focus.h"

#include "base/random.h"
#include "chaos.h"
#include "daemon.h"
#include "focus_stock.h"
#include "market.h"

#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, MILLION = 1000000 };

static const char *const names[FOCUS_KINDS] = {
    [FOCUS_NONE] = "none",         [FOCUS_ITEMS] = "items",         [FOCUS_FINES] = "fines",
    [FOCUS_TORN] = "torn",         [FOCUS_BURSTS] = "bursts",       [FOCUS_SOLD_OUT] = "sold-out",
    [FOCUS_SIGNS] = "signs",       [FOCUS_CUT_OVER] = "cut-over",   [FOCUS_COUNTS] = "counts",
    [FOCUS_SMALL] = "small",       [FOCUS_CAPPED] = "capped",       [FOCUS_BLIND] = "blind",
    [FOCUS_BEHIND] = "behind",     [FOCUS_REFUSED] = "refused",     [FOCUS_LEFT_OUT] = "left-out",
    [FOCUS_ENDED] = "ended",       [FOCUS_READ] = "read",           [FOCUS_RESENT] = "resent",
    [FOCUS_VELOCITY] = "velocity", [FOCUS_FORGOTTEN] = "forgotten", [FOCUS_PASSED] = "passed",
    [FOCUS_ZEROS] = "zeros",       [FOCUS_LOGIN] = "login",
};

enum focus focus_parse(const char *name)
{
    if (strcmp(name, "any") == 0) return FOCUS_ANY;
    int i = FOCUS_NONE + 1;
    while (i < FOCUS_KINDS && strcmp(names[i], name) != 0)
        i++;
    return (enum focus)i;
}

const char *focus_name(enum focus focus)
{
    return names[focus];
}

/* ---- plans */

static uint32_t between(struct random *random, uint32_t least, uint32_t most)
{
    return least + (uint32_t)random_below(random, most - least + 1);
}

/* Buyers who order all the time. */
static void sell(struct plan *plan, int64_t every_ms)
{
    struct plan_orders *o = &plan->orders;
    o->import = true;
    o->place_ms = every_ms;
    o->step_ms = 2 * every_ms;
}

/* What may be read late is small: a few accounts, a few products, nobody who tidies up. */
static void make_small(struct plan *plan, struct random *random)
{
    plan_calm(plan);
    plan->sick = SICK_KINDS;
    plan->house.every_ms = 0;
    plan->house.guard.on = false;
    plan->foreign_ms = plan->meddle_ms = plan->jobs_ms = 0;
    plan->lies = (struct plan_lies){0};
    plan->settings = (struct plan_settings){0};
    if (plan->accounts > 2) plan->accounts = 2;
    plan->products = between(random, 20, 60);
    plan->hostile_ms = 12 * MINUTE;
    plan->op_ms = between(random, 200, 2 * SECOND);
    plan->burst = between(random, 1, 20);
}

static void draw_dense(struct plan *plan, enum focus focus)
{
    struct random random;
    random_seed(&random, plan->seed ^ UINT64_C(0x666f637573) ^ (uint64_t)focus << 48);
    make_small(plan, &random);
    plan->focus = focus;
    switch (focus) {
    case FOCUS_ITEMS: break; /* see focus_begin */
    case FOCUS_FINES:
        plan->delays = (struct runtime_delays){.engine_us = 500, .commit_us = 500, .work_us = 500};
        plan->network.latency_ms = between(&random, 1, 20);
        break;
    case FOCUS_TORN:
        sell(plan, between(&random, 2, 6) * SECOND);
        plan->market.malformed = between(&random, 50000, 300000);
        break;
    case FOCUS_BURSTS:
        sell(plan, between(&random, 4, 16) * SECOND);
        plan->products = PLAN_PRODUCTS_MAX - between(&random, 0, 60);
        plan->hostile_ms = 6 * MINUTE;
        plan->crash_ms = between(&random, 2, 12) * SECOND;
        plan->boot_ms = 1;
        plan->accounts = 1;
        break;
    case FOCUS_SOLD_OUT:
        sell(plan, between(&random, 2, 6) * SECOND);
        plan->orders.oversell = 600000;
        break;
    case FOCUS_SIGNS: /* where increases wait most of the time, and with them what shows nobody
                         knows what: of that the oracle of sales knows no cause */
        plan->judge = "I17";
        sell(plan, SECOND);
        plan->op_ms = between(&random, 100, 400);
        plan->network.latency_ms = between(&random, 200, 3000);
        plan->network.jitter_ms = between(&random, 1, 2000);
        plan->delays = (struct runtime_delays){.engine_us = 500, .commit_us = 500, .work_us = 500};
        break;
    default: break;
    }
}

void plan_focus(struct plan *plan, enum focus focus, unsigned market_kinds, double hours)
{
    if (focus == FOCUS_ANY)
        focus = (enum focus)(1 + plan->seed * UINT64_C(0x9e3779b97f4a7c15) % (FOCUS_KINDS - 1));
    if (focus >= FOCUS_CUT_OVER)
        plan_focus_stock(plan, focus, market_kinds);
    else
        draw_dense(plan, focus);
    if (hours > 0) plan->hostile_ms = (int64_t)(hours * HOUR);
}

/* ---- what happens */

/* Somebody presses the button again and again. */
static void ask(struct sim *sim)
{
    static const enum sync_task tasks[] = {SYNC_LISTINGS, SYNC_STOCK, SYNC_STOCK, SYNC_WAREHOUSES};
    uint32_t account = (uint32_t)random_below(&sim->chaos, sim->world.account_count);
    enum sync_task task = tasks[random_below(&sim->chaos, sizeof tasks / sizeof tasks[0])];
    if (daemon_is_up(sim->daemon)) daemon_ask(sim->daemon, account, task);
}

static void ask_stock(struct sim *sim)
{
    uint32_t account = (uint32_t)random_below(&sim->chaos, sim->world.account_count);
    if (daemon_is_up(sim->daemon)) daemon_ask(sim->daemon, account, SYNC_STOCK);
}

void focus_begin(struct sim *sim)
{
    static const char *const writes[MARKET_KINDS] = {
        [MARKET_OZON] = "/v2/products/stocks",
        [MARKET_WB] = "PUT /api/v3/stocks/*",
        [MARKET_ALLEGRO] = "/sale/offer-*",
        [MARKET_WIX_V3] = "*",
    };
    enum {
        ASK_MS = 300,
        ASK_STOCK_MS = 6000,
        OFTEN = MILLION * 3 / 10,
        NOW_AND_THEN = MILLION / 20
    };
    enum focus focus = sim->plan.focus;
    focus_stock_begin(sim);
    if (focus == FOCUS_BURSTS) chaos_every(sim, "ask", ASK_MS, ask);
    if (focus == FOCUS_SIGNS) chaos_every(sim, "ask", ASK_STOCK_MS, ask_stock);
    for (int kind = 0; kind < MARKET_KINDS; kind++) {
        if (!sim->world.models[kind] || !writes[kind]) continue;
        enum market_kind of = (enum market_kind)kind;
        if (focus == FOCUS_ITEMS && of != MARKET_WB) /* there a refusal is for good */
            chaos_fault(sim, of, FAULT_ITEM, writes[kind], OFTEN);
        if (focus == FOCUS_ITEMS && of == MARKET_OZON)
            chaos_fault(sim, of, FAULT_SHORT_RESULT, writes[kind], NOW_AND_THEN);
        if (focus == FOCUS_FINES && of == MARKET_WB)
            chaos_fault(sim, of, FAULT_ITEM, writes[kind], OFTEN);
    }
}

void focus_end(struct sim *sim)
{
    if (sim->plan.held_ms) market_allegro.hold(sim->world.models[MARKET_ALLEGRO], false);
}
