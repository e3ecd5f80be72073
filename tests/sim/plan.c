/* Drawing a plan from a seed. */
#include "plan.h"

#include "base/random.h"
#include "market.h"

#include <string.h>

static const char *const mutation_names[MUTATION_COUNT] = {
    "none",         "ack-dropped",   "alter-figure",  "deny-sent",     "repeat",
    "free-quota",   "no-cadence",    "lose-commits",  "no-wakeups",    "secret-force",
    "silent-stock", "zero-readings", "late-orders",   "silent-cancel", "no-barrier",
    "empty-drains", "no-expiry",     "lost-return",   "believed-zero", "other-name",
    "other-figure", "new-revision",  "no-guard",      "tight-guard",   "drop-applies",
    "lost-rule",    "lost-merge",    "lost-import",   "lost-row",      "lost-undo",
    "no-age",       "other-row",     "counted-twice", "all-ill",       "denied-login",
    "lost-tie",     "needless-park", "other-host",    "lost-option",   "lost-end",
    "lost-part",    "no-counts",
};

const char *mutation_name(enum mutation mutation)
{
    return mutation_names[mutation];
}

enum mutation mutation_parse(const char *name)
{
    int i = 0;
    while (i < MUTATION_COUNT && strcmp(mutation_names[i], name) != 0)
        i++;
    return (enum mutation)i;
}

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static uint32_t between(struct random *random, uint32_t least, uint32_t most)
{
    return least + (uint32_t)random_below(random, most - least + 1);
}

static bool half(struct random *random)
{
    return random_below(random, 2) != 0;
}

/* Between least and most, small ones as likely as large ones; 0 in half of the seeds. */
static int64_t sometimes(struct random *random, int64_t least, int64_t most)
{
    bool on = half(random);
    int64_t value = least;
    uint32_t doublings = 0;
    while (value * 2 <= most) {
        value *= 2;
        doublings++;
    }
    value = least << random_below(random, doublings + 1);
    value += (int64_t)random_below(random, (uint64_t)value);
    return on ? value : 0;
}

static uint32_t rate(struct random *random, uint32_t most)
{
    return (uint32_t)sometimes(random, most / 64 + 1, most);
}

static void draw_world(struct plan *plan, struct random *random)
{
    enum { ACCOUNTS = 2, PRODUCTS_MOST = 200 }; /* of a world that has Ozon alone */
    plan->accounts = between(random, 1, ACCOUNTS);
    plan->shared_client = plan->accounts > 1 && random_below(random, 3) == 0;
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        plan->remotes[i] = between(random, 2, PLAN_REMOTES_MAX);
    plan->locals = between(random, 1, PLAN_LOCALS_MAX);
    plan->products =
        random_below(random, 4) ? between(random, 20, 60) : between(random, 61, PRODUCTS_MOST);
}

static void draw_operator(struct plan *plan, struct random *random)
{
    static const uint32_t usual[OP_KINDS] = {
        [OP_SET] = 30,    [OP_ADJUST] = 30, [OP_TRANSFER] = 10, [OP_BULK] = 8,
        [OP_PRODUCT] = 5, [OP_LINK] = 2,    [OP_UNLINK] = 2,    [OP_MAP] = 2,
        [OP_UNMAP] = 1,   [OP_REQUEUE] = 2, [OP_PAUSE] = 1,     [OP_RESUME] = 3,
    };
    for (int i = 0; i <= OP_RESUME; i++)
        plan->op_weights[i] = i == OP_SET || half(random) ? usual[i] : 0;
    if (plan->op_weights[OP_PAUSE]) plan->op_weights[OP_RESUME] = usual[OP_RESUME];
    plan->op_ms = (int64_t)200 << random_below(random, 9);
    plan->burst = half(random) ? 1 : between(random, 2, 40);
}

static void draw_network(struct plan *plan, struct random *random)
{
    bool clean = random_below(random, 5) == 0;
    uint32_t most = clean ? 1 : 200000;
    plan->network = (struct plan_network){
        .latency_ms = 1 << random_below(random, 10),
        .jitter_ms = 1 << random_below(random, 11),
        .timeout_ms = between(random, 5, 30) * SECOND,
        .refused = rate(random, most),
        .lost_before = rate(random, most),
        .lost_after = rate(random, most),
        .reset_after = rate(random, most),
        .late = rate(random, most / 4),
        .slow = rate(random, most / 2),
        .error_before = rate(random, most),
        .error_after = rate(random, most),
        .throttled = rate(random, most / 4),
        .throttled_silent = rate(random, most / 4),
    };
    most = clean ? 1 : 60000;
    plan->market = (struct plan_market){
        .item_codes = rate(random, most),
        .short_result = rate(random, most),
        .malformed = rate(random, most),
        .truncated = rate(random, most),
        .mistyped = rate(random, most),
        .duplicate = rate(random, most),
        .html = rate(random, most),
        .forbidden = rate(random, most / 16),
        .circuit = rate(random, most / 16),
        .oversized = rate(random, most / 16),
    };
}

static void draw_process(struct plan *plan, struct random *random)
{
    plan->delays = (struct runtime_delays){
        .engine_us = INT64_C(100) << random_below(random, 9),
        .commit_us = INT64_C(100) << random_below(random, 9),
        .work_us = INT64_C(100) << random_below(random, 9),
        .stall_ppm = rate(random, 5000),
        .stall_us = INT64_C(1000) << random_below(random, 12),
    };
    plan->crash_ms = sometimes(random, 20 * SECOND, HOUR);
    plan->boot_ms = INT64_C(1) << random_below(random, 17);
    plan->restart_ms = sometimes(random, 5 * MINUTE, HOUR);
    plan->reload_ms = sometimes(random, MINUTE, HOUR);
    plan->step_ms = sometimes(random, MINUTE, HOUR);
    plan->step_most_ms = SECOND << random_below(random, 13);
    plan->store_fault_ms = sometimes(random, 30 * SECOND, HOUR);
    plan->dead_key_ms = sometimes(random, 10 * MINUTE, 2 * HOUR);
    plan->remote_ms = sometimes(random, 10 * MINUTE, 2 * HOUR);
}

static void draw_imported(struct plan *plan, struct random *random)
{
    struct plan_orders *o = &plan->orders;
    *o = (struct plan_orders){
        .import = true,
        .cancel_restores = half(random),
        .keep_parent = half(random),
        .place_ms = (4 * SECOND) << random_below(random, 5),
        .visible_ms = sometimes(random, SECOND, 8 * MINUTE),
        .dark_ms = sometimes(random, 2 * MINUTE, HOUR),
        .dark_most_ms = (4 * SECOND) << random_below(random, 9),
        .oversell = rate(random, 100000),
        .split = rate(random, 200000),
        .cancel = rate(random, 500000),
    };
    o->step_ms = o->place_ms * between(random, 1, 3) / 3 + 1;
    static const uint32_t usual[OP_KINDS] = {[OP_AVAILABLE] = 20,
                                             [OP_RESERVE] = 10,
                                             [OP_RELEASE] = 6,
                                             [OP_RETURN] = 10,
                                             [OP_SWITCH] = 1};
    for (int i = OP_AVAILABLE; i <= OP_SWITCH; i++)
        plan->op_weights[i] = half(random) ? usual[i] : 0;
    if (plan->op_weights[OP_RESERVE]) plan->op_weights[OP_RELEASE] = usual[OP_RELEASE];
    if (plan->accounts > 1) plan->op_weights[OP_SWITCH] = 0; /* they share warehouses */
}

static void draw_orders(struct plan *plan)
{
    struct random random;
    random_seed(&random, plan->seed ^ UINT64_C(0x6f7264657273));
    if (!half(&random)) draw_imported(plan, &random);
}

void plan_mixed(struct plan *plan)
{
    struct random random;
    random_seed(&random, plan->seed ^ UINT64_C(0x6f757473696465));
    if (plan->accounts < 2) return;
    if (plan->locals < 2) plan->locals = 2; /* none may feed both kinds */
    if (!plan->orders.import) draw_imported(plan, &random);
    const unsigned all = (1u << plan->accounts) - 1;
    plan->orders.outside = 1 + (unsigned)random_below(&random, all - 1);
}

/* Draws until it is one of them. */
static enum market_kind draw_kind(struct random *random, unsigned kinds)
{
    enum market_kind kind;
    do
        kind = (enum market_kind)random_below(random, MARKET_KINDS);
    while (!(kinds & 1u << kind));
    return kind;
}

/* Shares in percent: tight ones and wide ones, so that some commands are held and some are not. */
static void draw_limit(struct guard_limit *limit, struct random *random)
{
    enum { PIECES_LEAST = 100 };
    limit->zeroed_percent = half(random) ? between(random, 3, 60) : 100;
    limit->changed_percent = half(random) ? between(random, 20, 95) : 100;
    limit->pieces = half(random) ? (int64_t)PIECES_LEAST << random_below(random, 9) : 0;
}

void plan_tidy(struct plan *plan)
{
    static const uint32_t usual[OP_KINDS] = {
        [OP_RENAME] = 4, [OP_MERGE] = 3, [OP_DELETE] = 3,    [OP_RULE] = 20,
        [OP_SHARE] = 3,  [OP_SET] = 4,   [OP_TAKE_BACK] = 8, [OP_REMAP] = 2,
    };
    struct plan_house *h = &plan->house;
    struct random random;
    random_seed(&random, plan->seed ^ UINT64_C(0x686f757365));
    h->every_ms = (8 * SECOND) << random_below(&random, 6);
    if (half(&random)) h->every_ms = 0;
    for (int i = 0; i <= OP_DROP; i++)
        h->weights[i] = i == OP_SET || half(&random) ? usual[i] : 0;
    h->guard.on = half(&random);
    h->guard.at_least = between(&random, 0, 12);
    draw_limit(&h->guard.account, &random);
    draw_limit(&h->guard.source, &random);
    if (!h->guard.on) return;
    enum { OP_LEAST_MS = 1000, APPLY_WEIGHT = 12, DROP_WEIGHT = 4 };
    h->weights[OP_APPLY] = APPLY_WEIGHT;
    h->weights[OP_DROP] = half(&random) ? DROP_WEIGHT : 0;
    if (h->every_ms == 0) h->every_ms = MINUTE;
    if (plan->op_ms < OP_LEAST_MS) plan->op_ms = OP_LEAST_MS;
}

void plan_mix(struct plan *plan, unsigned kinds)
{
    struct random random;
    random_seed(&random, plan->seed ^ UINT64_C(0x6b696e6473));
    plan->accounts = between(&random, 1, PLAN_ACCOUNTS_MAX);
    plan->shared_client = false;
    plan->own_streams = true;
    for (uint32_t i = 0; i < plan->accounts; i++) {
        const struct sim_market *market;
        plan->kinds[i] = draw_kind(&random, kinds);
        market = market_of(plan->kinds[i]);
        plan->remotes[i] = between(&random, market->remotes_least, market->remotes_most);
    }
    if (plan->products > 60 && plan->accounts > 2) plan->products = 60;
    enum { UNDO_WEIGHT = 6 };
    plan->op_weights[OP_UNDO] = half(&random) ? UNDO_WEIGHT : 0;
    random_seed(&random, plan->seed ^ UINT64_C(0x7369636b));
    if (plan->accounts > 1 && half(&random))
        plan->sick = (uint32_t)random_below(&random, SICK_KINDS);
    if (plan->accounts > 1) plan->op_weights[OP_SWITCH] = 0; /* they share warehouses */
}

void plan_speed(struct plan *plan, double hours, bool busy)
{
    static const enum market_kind kinds[] = {MARKET_OZON, MARKET_WB, MARKET_ALLEGRO, MARKET_WIX_V3};
    plan_calm(plan);
    plan->accounts = 4;
    plan->products = PLAN_PRODUCTS_MAX;
    plan->locals = 2;
    plan->shared_client = false;
    for (int i = 0; i < 4; i++) {
        plan->kinds[i] = kinds[i];
        plan->remotes[i] = market_of(kinds[i])->remotes_least;
    }
    plan->remotes[0] = 1;
    plan->orders.import = true;
    plan->orders.place_ms = 5 * MINUTE;
    plan->orders.step_ms = busy ? 5 * MINUTE : 90 * 1000; /* an order takes about three of them */
    plan->op_ms = busy ? MINUTE : 5 * MINUTE;
    plan->burst = 1;
    plan->hostile_ms = (int64_t)(hours * HOUR);
}

void plan_external(struct plan *plan)
{
    plan->orders = (struct plan_orders){0};
    for (int i = OP_AVAILABLE; i <= OP_SWITCH; i++)
        plan->op_weights[i] = 0;
}

void plan_foreign(struct plan *plan)
{
    plan->foreign_ms = 2 * MINUTE;
    if (plan->own_streams) plan->meddle_ms = 2 * MINUTE;
}

void plan_jobs(struct plan *plan)
{
    plan->jobs_ms = 2 * MINUTE;
    plan->house.guard.on = false;
    plan->house.weights[OP_APPLY] = plan->house.weights[OP_DROP] = 0;
    if (plan->house.every_ms) plan->house.weights[OP_SET]++;
}

void plan_intake(struct plan *plan)
{
    struct random random;
    random_seed(&random, plan->seed ^ UINT64_C(0x696e74616b65));
    if (!plan->jobs_ms) plan->jobs_ms = 2 * MINUTE;
    plan->intake = (struct plan_intake){
        .on = true,
        .undo_ms = sometimes(&random, MINUTE, 8 * MINUTE),
        .decide_ms = sometimes(&random, MINUTE, 8 * MINUTE),
        .drop = rate(&random, 500000),
    };
    if (!plan->intake.decide_ms) plan->intake.decide_ms = MINUTE; /* what is held is seen to */
}

void plan_shops(struct plan *plan)
{
    struct random random;
    random_seed(&random, plan->seed ^ UINT64_C(0x73686f7073));
    if (!plan->intake.on) plan_intake(plan);
    plan->jobs_ms *= 2; /* one at a time */
    plan->shops = (struct plan_shops){.take_ms = (int64_t)MINUTE << random_below(&random, 3),
                                      .mirror = half(&random)};
}

static void slow(int64_t *every_ms, int64_t times)
{
    enum { DAY = 24 * HOUR };
    *every_ms *= times;
    if (*every_ms > DAY) *every_ms = DAY;
}

void plan_days(struct plan *plan)
{
    enum { SLOWER = 40, PRODUCTS = 6, VELOCITY_WEIGHT = 12, RULE_WEIGHT = 3 };
    struct random random;
    random_seed(&random, plan->seed ^ UINT64_C(0x64617973));
    plan_external(plan);
    plan->days = true;
    plan->hostile_ms = between(&random, 1, 3) * (int64_t)24 * HOUR;
    plan->products = PRODUCTS;
    if (plan->accounts > 2) plan->accounts = 2;
    if (plan->locals > 2) plan->locals = 2;
    for (uint32_t i = 0; i < plan->accounts; i++)
        plan->remotes[i] = market_of(plan->kinds[i])->remotes_least;
    plan->sick = SICK_KINDS;
    plan->step_ms = 0;
    plan->op_ms = 10 * MINUTE;
    plan->burst = 1;
    plan->op_weights[OP_ADJUST] = 60;
    plan->house = (struct plan_house){.every_ms = 2 * HOUR};
    plan->house.weights[OP_VELOCITY] = VELOCITY_WEIGHT;
    plan->house.weights[OP_RULE] = RULE_WEIGHT;
    slow(&plan->crash_ms, SLOWER);
    slow(&plan->restart_ms, SLOWER);
    slow(&plan->reload_ms, SLOWER);
    slow(&plan->store_fault_ms, SLOWER);
    slow(&plan->dead_key_ms, SLOWER);
    slow(&plan->remote_ms, SLOWER);
}

void plan_settings(struct plan *plan)
{
    struct random random;
    random_seed(&random, plan->seed ^ UINT64_C(0x73657474696e67));
    plan->settings = (struct plan_settings){
        .guard_ms = sometimes(&random, MINUTE, 20 * MINUTE),
        .leave_ms = sometimes(&random, 4 * MINUTE, HOUR),
        .away_most_ms = (4 * SECOND) << random_below(&random, 8),
        .compact_ms = sometimes(&random, 4 * MINUTE, HOUR),
    };
}

void plan_lie(struct plan *plan)
{
    struct random random;
    random_seed(&random, plan->seed ^ UINT64_C(0x6c696573));
    plan->lies = (struct plan_lies){
        .share = rate(&random, 60000),
        .ms = sometimes(&random, 2 * MINUTE, 40 * MINUTE),
        .most_ms = (4 * SECOND) << random_below(&random, 9),
        .orders = plan->orders.import && half(&random),
    };
    for (int kind = 0; kind < LIE_KINDS; kind++)
        plan->lies.kinds |= half(&random) ? 1u << kind : 0;
    if (!plan->lies.kinds) plan->lies.kinds = 1u << random_below(&random, LIE_KINDS);
}

/* What drains missed comes with a sweep of orders, six hours after the last one (SWEEP_EVERY_MS,
 * core/sync/orders.c); a figure that is lower for it is raised a quarter of an hour after it was
 * read (DRIFT_LATE_MS, core/engine/drift.h), and figures are read each half hour. Of 1390 runs in
 * all kinds of worlds nine in ten took less than an hour and a half, and none more than 6 h 16. */
enum { CONVERGED_MS = 7 * HOUR };

void plan_draw(struct plan *plan, uint64_t seed, double hours)
{
    struct random random;
    *plan = (struct plan){
        .seed = seed, .quiet_ms = CONVERGED_MS, .silence_ms = 30 * MINUTE, .sick = SICK_KINDS};
    random_seed(&random, seed);
    draw_world(plan, &random);
    draw_operator(plan, &random);
    draw_network(plan, &random);
    draw_process(plan, &random);
    plan->hostile_ms = (int64_t)10 * MINUTE << random_below(&random, 5);
    draw_orders(plan);
    if (hours > 0) plan->hostile_ms = (int64_t)(hours * HOUR);
}

void plan_calm(struct plan *plan)
{
    int64_t latency = plan->network.latency_ms;
    plan->network = (struct plan_network){.latency_ms = latency < 100 ? latency : 100,
                                          .timeout_ms = 30 * SECOND};
    plan->market = (struct plan_market){0};
    plan->crash_ms = plan->restart_ms = plan->reload_ms = plan->step_ms = 0;
    plan->store_fault_ms = plan->dead_key_ms = plan->remote_ms = 0;
    plan->orders.dark_ms = plan->orders.visible_ms = 0;
    plan->op_weights[OP_SWITCH] = 0;
    plan->op_weights[OP_PAUSE] = plan->op_weights[OP_RESUME] = 0;
    plan->op_weights[OP_UNLINK] = plan->op_weights[OP_MAP] = plan->op_weights[OP_UNMAP] = 0;
    plan->delays.stall_ppm = 0;
}
