/* What each of them draws, and what it makes happen. Lists that are behind are replica.c's,
 * what all of it must come to is judged in oracle_*.c. */
#include "focus_stock.h"

#include "base/mem.h"
#include "base/random.h"
#include "chaos.h"
#include "daemon.h"
#include "meddle.h"

#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, WHOLE_PPM = 1000000 };

/* ---- plans */

static uint32_t between(struct random *random, uint32_t least, uint32_t most)
{
    return least + (uint32_t)random_below(random, most - least + 1);
}

/* So many accounts, each at one of these marketplaces. */
static void settle_at(struct plan *plan, struct random *random, unsigned kinds, uint32_t accounts)
{
    plan->accounts = accounts;
    plan->shared_client = false;
    plan->own_streams = true;
    plan->sick = SICK_KINDS;
    for (uint32_t i = 0; i < accounts; i++) {
        do
            plan->kinds[i] = (enum market_kind)random_below(random, MARKET_KINDS);
        while (!(kinds & 1u << plan->kinds[i]));
        const struct sim_market *market = market_of(plan->kinds[i]);
        plan->remotes[i] = market->remotes_least;
    }
}

/* Nobody tidies up, nothing is held; people count and adjust, and that often. */
static void work(struct plan *plan, int64_t every_ms)
{
    enum { SET = 30, ADJUST = 20 };
    plan->house = (struct plan_house){0};
    memset(plan->op_weights, 0, sizeof plan->op_weights);
    plan->op_weights[OP_SET] = SET;
    plan->op_weights[OP_ADJUST] = ADJUST;
    plan->op_ms = every_ms;
    plan->burst = 1;
}

/* Orders are imported; buyers order and go on so often. */
static void sell(struct plan *plan, int64_t place_ms, int64_t step_ms)
{
    struct plan_orders *o = &plan->orders;
    if (!o->import) *o = (struct plan_orders){.import = true};
    o->place_ms = place_ms;
    o->step_ms = step_ms;
    o->visible_ms = 0;
    o->oversell = 0;
}

static void draw_cut_over(struct plan *plan, struct random *random, unsigned kinds)
{
    enum { SWITCH = 4 };
    settle_at(plan, random, kinds, 1); /* or one that does not import would share the stock */
    work(plan, SECOND / 4 << random_below(random, 3));
    plan->op_weights[OP_SWITCH] = SWITCH;
    sell(plan, 3 * SECOND, SECOND / 2);
    plan->orders.dark_ms = 0;
    plan->products = between(random, 10, 30);
    /* What was decided before the switch is composed after it. */
    plan->delays.engine_us = plan->delays.commit_us = (int64_t)20000 << random_below(random, 3);
}

static void draw_counts(struct plan *plan, struct random *random, unsigned kinds)
{
    const unsigned tell_changes = 1u << MARKET_WIX_V3 | 1u << MARKET_WIX_V1;
    settle_at(plan, random, kinds & tell_changes ? kinds & tell_changes : tell_changes, 1);
    work(plan, SECOND);
    sell(plan, 3 * SECOND, SECOND);
    plan->orders.cancel = 0;
    plan->orders.dark_ms = MINUTE;
    plan->orders.dark_most_ms = 2 * MINUTE;
    plan->products = between(random, 10, 40);
    plan->locals = 1;
}

/* Either buyers, or people who say what is available: what both at once make of a figure depends on
 * who knew of what. */
static void draw_small(struct plan *plan, struct random *random, unsigned kinds)
{
    enum { AVAILABLE = 20, RESERVE = 12, RELEASE = 4 };
    settle_at(plan, random, kinds, between(random, 1, 2));
    work(plan, SECOND / 2 << random_below(random, 3));
    sell(plan, 3 * SECOND, 2 * SECOND);
    plan->products = between(random, 6, 20);
    plan->locals = 1;
    plan->figure_most = between(random, 2, 8);
    if (random_below(random, 2)) return;
    plan->orders.place_ms = plan->orders.step_ms = plan->orders.dark_ms = 0;
    plan->op_weights[OP_AVAILABLE] = AVAILABLE;
    plan->op_weights[OP_RESERVE] = RESERVE;
    plan->op_weights[OP_RELEASE] = RELEASE;
}

static void draw_capped(struct plan *plan, struct random *random, unsigned kinds)
{
    settle_at(plan, random, kinds, between(random, 1, 2));
    work(plan, 4 * SECOND);
    sell(plan, 2 * SECOND, 4 * SECOND);
    plan->house.every_ms = 20 * SECOND;
    plan->house.weights[OP_RULE] = 1;
    plan->products = between(random, 6, 20);
    plan->figure_least = 40;
    plan->figure_most = 120;
    plan->orders.cancel = random_below(random, 2) ? 0 : 200000;
    /* Orders meet writes that are under way. */
    plan->slow_push_ms = (2 * SECOND) << random_below(random, 4);
}

static void draw_blind(struct plan *plan, struct random *random, unsigned kinds)
{
    enum { LOST = 200000 };
    settle_at(plan, random, kinds, between(random, 1, 2));
    work(plan, 4 * SECOND);
    plan_external(plan);
    plan->products = between(random, 10, 30);
    plan->blind_ms = 20 * MINUTE;
    plan->blind_most_ms = 4 * 60 * MINUTE;
    plan->network.lost_after = LOST;
    plan->network.late = LOST / 4;
}

static void draw_behind(struct plan *plan, struct random *random, unsigned kinds)
{
    settle_at(plan, random, kinds, between(random, 1, 2));
    work(plan, 4 * SECOND);
    sell(plan, 8 * SECOND, 2 * SECOND);
    plan->orders.dark_ms = 0;
    plan->orders.cancel = 150000;
    plan->behind = (uint32_t)(20000 << random_below(random, 5));
    plan->products = between(random, 10, 30);
}

static void draw_refused(struct plan *plan, struct random *random, unsigned kinds)
{
    settle_at(plan, random, kinds, between(random, 1, 2));
    work(plan, 8 * SECOND << random_below(random, 4));
    plan->products = between(random, 10, 30);
}

static void draw_left_out(struct plan *plan, struct random *random, unsigned kinds)
{
    enum { SHARE = 100000, LOST = 100000 };
    settle_at(plan, random, kinds, between(random, 1, 2));
    work(plan, 2 * SECOND);
    plan->products = between(random, 10, 40);
    plan->lies = (struct plan_lies){.kinds = 1u << LIE_EMPTY | 1u << LIE_HALF,
                                    .share = (uint32_t)SHARE << random_below(random, 3)};
    plan->network.lost_after = LOST;
}

static void draw_ended(struct plan *plan, struct random *random, unsigned kinds)
{
    (void)kinds; /* the others have no offers that end */
    settle_at(plan, random, 1u << MARKET_ALLEGRO, between(random, 1, 2));
    work(plan, 2 * SECOND);
    plan->products = between(random, 10, 40);
    plan->figure_most = between(random, 4, 40);
    plan->ask_ms = 20 * SECOND;
}

static void draw_read(struct plan *plan, struct random *random, unsigned kinds)
{
    enum { LOST = 150000 };
    draw_capped(plan, random, kinds);
    plan->ask_ms = 5 * SECOND;
    plan->slow_read_ms = 20 * SECOND;
    plan->network.lost_before = plan->network.lost_after = plan->network.late = LOST;
}

/* A command is asked for; meanwhile a reading shows that it came, somebody sends the figure again,
 * and again another one: the late answer is about neither. */
static void draw_resent(struct plan *plan, struct random *random, unsigned kinds)
{
    enum { LOST = 60000, REQUEUE = 120 };
    (void)kinds; /* the others are not asked for commands */
    settle_at(plan, random, 1u << MARKET_ALLEGRO, between(random, 1, 2));
    work(plan, SECOND / 4);
    plan_external(plan);
    plan->op_weights[OP_REQUEUE] = REQUEUE;
    plan->op_weights[OP_LINK] = 1; /* the only place there is may be fed by nothing */
    plan->products = between(random, 10, 30);
    plan->hostile_ms = 20 * MINUTE;
    plan->ask_ms = 4 * SECOND;
    plan->slow_tasks_ms = 25 * SECOND;
    plan->network.late = plan->network.lost_after = LOST;
}

/* Commands that are given up, and end some time after that. Hours pass between two lives of some
 * minutes: each asks for all that are old by then, and again soon. What passes them is turned away
 * at the door while the answers are on their way, and those are about what was to be passed. */
static void draw_passed(struct plan *plan, struct random *random, unsigned kinds)
{
    (void)kinds; /* the others have no commands */
    settle_at(plan, random, 1u << MARKET_ALLEGRO, 1);
    work(plan, SECOND / 2);
    plan_external(plan);
    plan->op_weights[OP_LINK] = 1;
    plan->products = between(random, 20, 40);
    plan->figure_most = 60;
    plan->away_ms = 8 * MINUTE;
    plan->held_ms = 120 * MINUTE;
    plan->slow_tasks_ms = 25 * SECOND;
    plan->hostile_ms = 8 * 60 * MINUTE;
}

/* Shelves are emptied, whoever does it: nothing but the share of figures that become 0 is limited,
 * of an account or of one source (I11). */
static void draw_zeros(struct plan *plan, struct random *random, unsigned kinds)
{
    enum { APPLY = 6, DROP = 6, BULK = 4, NO_LIMIT = 100 };
    settle_at(plan, random, kinds, between(random, 1, 2));
    work(plan, 2 * SECOND << random_below(random, 3));
    plan->op_weights[OP_BULK] = BULK;
    plan->house.every_ms = 30 * SECOND;
    plan->house.weights[OP_APPLY] = APPLY;
    plan->house.weights[OP_DROP] = DROP;
    struct engine_guard *guard = &plan->house.guard;
    guard->on = true;
    guard->at_least = between(random, 0, 4);
    guard->account = guard->source =
        (struct guard_limit){.zeroed_percent = NO_LIMIT, .changed_percent = NO_LIMIT};
    struct guard_limit *limit = random_below(random, 2) ? &guard->account : &guard->source;
    limit->zeroed_percent = between(random, 5, 40);
    plan->products = between(random, 20, 40);
    plan->figure_most = between(random, 1, 3);
}

/* As --days where orders are imported: half an hour of them, and the days in which they stop
 * counting. One account, for each drains all the while. */
static void draw_velocity(struct plan *plan, struct random *random, unsigned kinds)
{
    settle_at(plan, random, kinds, 1);
    work(plan, MINUTE);
    sell(plan, 20 * SECOND, 10 * SECOND);
    plan->orders.dark_ms = 0;
    plan->days = true;
    plan->op_weights[OP_LINK] = 1;
    plan->step_ms = 0; /* when something stops counting is told by the clock */
    plan->house.every_ms = 30 * SECOND;
    plan->house.weights[OP_VELOCITY] = 4;
    plan->house.weights[OP_RULE] = 1;
    plan->products = between(random, 4, 8);
    plan->locals = between(random, 1, 2);
    plan->figure_least = 10;
    plan->figure_most = 120;
    plan->hostile_ms = 30 * MINUTE;
}

/* What is ninety days old is some minutes old here, so nothing may happen to an order that is over:
 * parcels leave, and that is all. */
static void draw_forgotten(struct plan *plan, struct random *random, unsigned kinds)
{
    const unsigned wix = 1u << MARKET_WIX_V3 | 1u << MARKET_WIX_V1;
    settle_at(plan, random, kinds & wix ? kinds & wix : wix, between(random, 1, 2));
    work(plan, 4 * SECOND);
    plan->op_weights[OP_LINK] = 1;
    plan->locals = 1;
    sell(plan, 4 * SECOND, SECOND);
    plan->orders.cancel = 0;
    plan->orders.dark_ms = MINUTE;
    plan->orders.dark_most_ms = 2 * MINUTE;
    plan->settings.compact_ms = 2 * MINUTE;
    plan->step_ms = 0;
    plan->products = between(random, 10, 30);
    plan->figure_least = 40;
    plan->figure_most = 120;
    plan->hostile_ms = 40 * MINUTE;
}

/* Tokens that live for minutes, and a host that renews none for up to an hour. Each life of the
 * process tries a figure once with a token that the one before knew to be refused: with lives of
 * seconds that is often (FOCUS_BURSTS has those). */
static void draw_login(struct plan *plan, struct random *random, unsigned kinds)
{
    (void)kinds; /* the others renew none */
    settle_at(plan, random, 1u << MARKET_ALLEGRO, between(random, 1, 2));
    work(plan, 4 * SECOND << random_below(random, 3));
    plan_external(plan);
    plan->products = between(random, 10, 40);
    plan->dead_key_ms = 0;
    if (plan->crash_ms) plan->crash_ms = 10 * MINUTE;
    if (plan->restart_ms) plan->restart_ms = 10 * MINUTE;
    plan->login_ms = 20 * MINUTE;
    plan->login_most_ms = 60 * MINUTE;
    plan->hostile_ms = 3 * 60 * MINUTE;
}

void plan_focus_stock(struct plan *plan, enum focus focus, unsigned kinds)
{
    static void (*const draw[FOCUS_KINDS])(struct plan *, struct random *, unsigned) = {
        [FOCUS_CUT_OVER] = draw_cut_over,   [FOCUS_COUNTS] = draw_counts,
        [FOCUS_SMALL] = draw_small,         [FOCUS_CAPPED] = draw_capped,
        [FOCUS_BLIND] = draw_blind,         [FOCUS_BEHIND] = draw_behind,
        [FOCUS_REFUSED] = draw_refused,     [FOCUS_LEFT_OUT] = draw_left_out,
        [FOCUS_ENDED] = draw_ended,         [FOCUS_READ] = draw_read,
        [FOCUS_RESENT] = draw_resent,       [FOCUS_VELOCITY] = draw_velocity,
        [FOCUS_FORGOTTEN] = draw_forgotten, [FOCUS_PASSED] = draw_passed,
        [FOCUS_ZEROS] = draw_zeros,         [FOCUS_LOGIN] = draw_login,
    };
    struct random random;
    random_seed(&random, plan->seed ^ UINT64_C(0x666f637573));
    random_u64(&random);
    plan->focus = focus;
    draw[focus](plan, &random, kinds);
}

/* ---- what happens */

/* Somebody wants to see what an account shows. */
static void ask(struct sim *sim)
{
    uint32_t account = (uint32_t)random_below(&sim->chaos, sim->world.account_count);
    if (!daemon_is_up(sim->daemon)) return;
    daemon_ask(sim->daemon, account, SYNC_LISTINGS);
    daemon_ask(sim->daemon, account, SYNC_STOCK);
}

/* From now on for a while, at most so long. */
static void begin_spell(struct sim *sim, int64_t most_ms, int64_t *until_us, const char *what)
{
    int64_t ms = 1 + (int64_t)random_below(&sim->chaos, (uint64_t)most_ms);
    int64_t then_us = sim->loop.now_us + ms * 1000;
    if (then_us > *until_us) *until_us = then_us;
    tally_count(&sim->tally, what);
    sim_say(sim, 0, "%s for %lld s", what, (long long)ms / 1000);
}

/* Every answer to a reading of figures is an error. */
static void go_blind(struct sim *sim)
{
    begin_spell(sim, sim->plan.blind_most_ms, &sim->blind_until_us, "figures cannot be read");
}

/* Nobody gets a token; what has one goes on. */
static void lock_out(struct sim *sim)
{
    begin_spell(sim, sim->plan.login_most_ms, &sim->login_until_us, "tokens cannot be renewed");
}

/* ---- offers that end */

struct ending {
    struct sim *sim;
    uint32_t account, product;
};

static void end_offer(void *ctx)
{
    struct ending *ending = ctx;
    struct sim *sim = ending->sim;
    if (sim->phase == SIM_HOSTILE && !sim->failed)
        meddle_with(sim, ending->account, ending->product, MEDDLE_END);
    mem_free(ending);
}

/* ---- commands that are passed */

static void come_back(void *ctx)
{
    struct sim *sim = ctx;
    if (!daemon_is_up(sim->daemon) && !sim->failed) daemon_boot(sim->daemon);
}

/* For as long as it takes to give up what is under way. */
static void go_away(struct sim *sim)
{
    if (!daemon_is_up(sim->daemon)) return;
    daemon_crash(sim->daemon);
    loop_after(&sim->loop, sim->plan.held_ms * 1000, come_back, sim);
}

/* A write that its token or its haste did not let in changes nothing: what it was to pass is as it
 * was. A token that readings go with counts as good, and then such a write as refused: so both. */
static void turn_away(struct sim *sim)
{
    static const char *const writes[] = {"PATCH /sale/product-offers/*",
                                         "POST /sale/offer-bulk-modification-commands",
                                         "PUT /sale/offer-quantity-change-commands/*"};
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++)
        chaos_fault(sim, MARKET_ALLEGRO, i % 2 ? FAULT_DEAD_KEY : FAULT_RATE, writes[i],
                    WHOLE_PPM / 2);
}

/* Half of the commands that are asked for when they are old end just afterwards: the next question
 * about them is answered otherwise. */
static void let_go(struct exchange *x)
{
    if (strstr(x->path, "/tasks?") && random_below(&x->sim->lies, 2))
        market_allegro.let_go(x, x->sim->plan.held_ms);
}

void focus_landed(struct exchange *x)
{
    enum { ONE_OF = 4, SOON_MS = 8000 };
    struct sim *sim = x->sim;
    if (sim->plan.focus == FOCUS_PASSED && sim->phase == SIM_HOSTILE) let_go(x);
    if (sim->plan.focus != FOCUS_ENDED || sim->phase != SIM_HOSTILE || !x->is_push) return;
    for (uint32_t i = 0; i < x->item_count; i++) {
        if (random_below(&sim->lies, ONE_OF)) continue;
        struct ending *ending = mem_alloc(sizeof *ending);
        *ending = (struct ending){sim, x->account, x->items[i].pair % sim->world.product_count};
        loop_after(&sim->loop, (int64_t)random_below(&sim->lies, SOON_MS) * 1000, end_offer,
                   ending);
    }
}

/* ---- items that are not taken */

static void refuse(struct sim *sim, enum market_kind kind, const char *path)
{
    /* Half of the seeds: somebody else changes all of them again and again, where that is told. */
    bool changes = kind == MARKET_WIX_V3 && sim->plan.seed % 2;
    char code[32], of[64];
    struct market_fault fault = market_fault_make(FAULT_ITEM);
    if (!sim->world.models[kind]) return;
    snprintf(code, sizeof code, "%s", changes ? "CONFLICT" : "INTERNAL_ERROR");
    snprintf(of, sizeof of, "%s", path);
    fault.path = of;
    fault.left = -1;
    fault.code = code;
    market_fault_add(market_of(kind)->faults(sim->world.models[kind]), &fault);
}

void focus_stock_begin(struct sim *sim)
{
    if (sim->plan.focus == FOCUS_PASSED) {
        market_allegro.hold(sim->world.models[MARKET_ALLEGRO], true);
        chaos_every(sim, "away", sim->plan.away_ms, go_away);
        turn_away(sim);
    }
    chaos_every(sim, "blind", sim->plan.blind_ms, go_blind);
    chaos_every(sim, "lock-out", sim->plan.login_ms, lock_out);
    chaos_every(sim, "ask", sim->plan.ask_ms, ask);
    if (sim->plan.focus != FOCUS_REFUSED) return;
    refuse(sim, MARKET_OZON, "/v2/products/stocks");
    refuse(sim, MARKET_ALLEGRO, "/sale/offer-*");
    refuse(sim, MARKET_WIX_V3, "*");
}
