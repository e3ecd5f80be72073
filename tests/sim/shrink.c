/* Ways of making a plan smaller, and trying them. */
#include "shrink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE_MS = 60000 };

/* Each is false when there is nothing of it left to take. */
#define TAKES(name, field)              \
    static bool name(struct plan *plan) \
    {                                   \
        bool some = plan->field != 0;   \
        plan->field = 0;                \
        return some;                    \
    }

TAKES(no_crash, crash_ms)
TAKES(no_restart, restart_ms)
TAKES(no_reload, reload_ms)
TAKES(no_step, step_ms)
TAKES(no_store_fault, store_fault_ms)
TAKES(no_dead_key, dead_key_ms)
TAKES(no_remote, remote_ms)
TAKES(no_stall, delays.stall_ppm)
TAKES(no_refused, network.refused)
TAKES(no_lost_before, network.lost_before)
TAKES(no_lost_after, network.lost_after)
TAKES(no_reset, network.reset_after)
TAKES(no_late, network.late)
TAKES(no_slow, network.slow)
TAKES(no_error_before, network.error_before)
TAKES(no_error_after, network.error_after)
TAKES(no_throttled, network.throttled)
TAKES(no_throttled_silent, network.throttled_silent)
TAKES(no_visible, orders.visible_ms)
TAKES(no_dark, orders.dark_ms)
TAKES(no_oversell, orders.oversell)
TAKES(no_split, orders.split)
TAKES(no_cancel, orders.cancel)
TAKES(no_foreign, foreign_ms)
TAKES(no_meddling, meddle_ms)
TAKES(no_lies, lies.kinds)
TAKES(no_limits, settings.guard_ms)
TAKES(no_leaving, settings.leave_ms)
TAKES(no_forgetting, settings.compact_ms)
TAKES(no_lying_orders, lies.orders)

static bool no_market(struct plan *plan)
{
    static const struct plan_market none;
    bool some = memcmp(&plan->market, &none, sizeof none) != 0;
    plan->market = none;
    return some;
}

static bool no_house(struct plan *plan)
{
    bool some = plan->house.every_ms != 0;
    plan->house.every_ms = 0;
    return some;
}

static bool no_guard(struct plan *plan)
{
    bool some = plan->house.guard.on;
    plan->house.guard.on = false;
    return some;
}

static bool no_op(struct plan *plan, enum op_kind kind)
{
    bool some = plan->house.weights[kind] != 0;
    plan->house.weights[kind] = 0;
    return some;
}

#define NO_OP(name, kind)                                      \
    static bool name(struct plan *plan)                        \
    {                                                          \
        return plan->house.every_ms != 0 && no_op(plan, kind); \
    }

NO_OP(no_rename, OP_RENAME)
NO_OP(no_merge, OP_MERGE)
NO_OP(no_delete, OP_DELETE)
NO_OP(no_rule, OP_RULE)
NO_OP(no_share, OP_SHARE)
NO_OP(no_take_back, OP_TAKE_BACK)
NO_OP(no_remap, OP_REMAP)
NO_OP(no_apply, OP_APPLY)

static bool no_orders(struct plan *plan)
{
    bool some = plan->orders.import;
    plan_external(plan);
    return some;
}

static bool half_the_time(struct plan *plan)
{
    plan->hostile_ms /= 2;
    return plan->hostile_ms >= MINUTE_MS;
}

static bool one_by_one(struct plan *plan)
{
    bool some = plan->burst > 1;
    plan->burst = 1;
    return some;
}

static bool half_the_commands(struct plan *plan)
{
    plan->op_ms *= 2;
    return plan->op_ms < plan->hostile_ms;
}

static bool half_the_products(struct plan *plan)
{
    plan->products /= 2;
    return plan->products > 0;
}

static bool one_local(struct plan *plan)
{
    bool some = plan->locals > 1;
    plan->locals = 1;
    return some;
}

static bool few_remotes(struct plan *plan)
{
    bool some = false;
    for (uint32_t i = 0; i < plan->accounts; i++) {
        uint32_t least = market_of(plan->kinds[i])->remotes_least;
        some |= plan->remotes[i] > least;
        plan->remotes[i] = least;
    }
    return some;
}

static bool drop_account(struct plan *plan, uint32_t at)
{
    if (plan->accounts < 2 || at >= plan->accounts) return false;
    if (at < 2) plan->shared_client = false;
    plan->accounts--;
    for (uint32_t i = at; i < plan->accounts; i++) {
        plan->kinds[i] = plan->kinds[i + 1];
        plan->remotes[i] = plan->remotes[i + 1];
    }
    return true;
}

static bool no_first(struct plan *plan)
{
    return drop_account(plan, 0);
}

static bool no_second(struct plan *plan)
{
    return drop_account(plan, 1);
}

static bool no_last(struct plan *plan)
{
    return plan->accounts > 0 && drop_account(plan, plan->accounts - 1);
}

static const struct way {
    const char *name;
    bool (*take)(struct plan *plan);
} ways[] = {
    {"time/2", half_the_time},
    {"first-account", no_first},
    {"second-account", no_second},
    {"last-account", no_last},
    {"products/2", half_the_products},
    {"orders", no_orders},
    {"house", no_house},
    {"guard", no_guard},
    {"rename", no_rename},
    {"merge", no_merge},
    {"delete", no_delete},
    {"rule", no_rule},
    {"share", no_share},
    {"take-back", no_take_back},
    {"remap", no_remap},
    {"apply", no_apply},
    {"crash", no_crash},
    {"restart", no_restart},
    {"reload", no_reload},
    {"clock", no_step},
    {"store-fault", no_store_fault},
    {"dead-key", no_dead_key},
    {"closed-warehouse", no_remote},
    {"stall", no_stall},
    {"market-faults", no_market},
    {"refused", no_refused},
    {"lost-before", no_lost_before},
    {"lost-after", no_lost_after},
    {"reset", no_reset},
    {"late", no_late},
    {"slow", no_slow},
    {"5xx-before", no_error_before},
    {"5xx-after", no_error_after},
    {"429", no_throttled},
    {"429-silent", no_throttled_silent},
    {"late-orders", no_visible},
    {"dark-orders", no_dark},
    {"oversell", no_oversell},
    {"split", no_split},
    {"cancel", no_cancel},
    {"foreign", no_foreign},
    {"meddling", no_meddling},
    {"limits", no_limits},
    {"leaving", no_leaving},
    {"forgetting", no_forgetting},
    {"lies", no_lies},
    {"lying-orders", no_lying_orders},
    {"locals", one_local},
    {"remotes", few_remotes},
    {"bursts", one_by_one},
    {"commands/2", half_the_commands},
};

enum { WAYS = sizeof ways / sizeof *ways, OPS_PREFIX = 3 };

/* "op-7": none of that kind of command. */
static bool take_op(struct plan *plan, int kind)
{
    bool some = kind > OP_SET && kind < OP_KINDS && plan->op_weights[kind];
    if (some) plan->op_weights[kind] = 0;
    return some;
}

static bool take_named(struct plan *plan, const char *name)
{
    if (strncmp(name, "op-", OPS_PREFIX) == 0) return take_op(plan, atoi(name + OPS_PREFIX));
    for (size_t i = 0; i < WAYS; i++)
        if (strcmp(ways[i].name, name) == 0) return ways[i].take(plan);
    return false;
}

bool shrink_apply(struct plan *plan, const char *names)
{
    char text[SHRINK_TEXT_MAX];
    snprintf(text, sizeof text, "%s", names);
    for (char *save, *name = strtok_r(text, ",", &save); name; name = strtok_r(NULL, ",", &save))
        if (!take_named(plan, name)) return false;
    return true;
}

/* Whether the plan still fails so without what the name says. */
static bool still_fails(struct plan *plan, const struct plugin *const plugins[MARKET_KINDS],
                        const char *oracle, const char *name)
{
    struct plan less = *plan;
    struct sim_result result = {0};
    if (!take_named(&less, name)) return false;
    sim_run(&less, plugins, NULL, NULL, &result);
    if (!result.failed || strcmp(result.oracle, oracle) != 0) return false;
    *plan = less;
    return true;
}

static bool keep(char names[SHRINK_TEXT_MAX], const char *name, FILE *progress)
{
    size_t size = strlen(names);
    if (size + strlen(name) + 2 > SHRINK_TEXT_MAX) return false;
    snprintf(names + size, SHRINK_TEXT_MAX - size, "%s%s", size ? "," : "", name);
    if (progress) fprintf(progress, "still fails without %s\n", name);
    return true;
}

void shrink(struct plan *plan, const struct plugin *const plugins[MARKET_KINDS], const char *oracle,
            char names[SHRINK_TEXT_MAX], FILE *progress)
{
    bool again = true;
    names[0] = 0;
    while (again) {
        again = false;
        for (size_t i = 0; i < WAYS; i++)
            while (still_fails(plan, plugins, oracle, ways[i].name) &&
                   keep(names, ways[i].name, progress))
                again = true;
        for (int kind = OP_SET + 1; kind < OP_KINDS; kind++) {
            char name[16];
            snprintf(name, sizeof name, "op-%d", kind);
            if (still_fails(plan, plugins, oracle, name) && keep(names, name, progress))
                again = true;
        }
    }
}
