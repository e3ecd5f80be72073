/* Recurring events, each with its own interval. */
#include "chaos.h"

#include "base/mem.h"
#include "buyers.h"
#include "clerk.h"
#include "daemon.h"
#include "engine/drift.h"
#include "focus.h"
#include "jobs.h"
#include "lies.h"
#include "meddle.h"
#include "oracle.h"
#include "oracle_orders.h"
#include "oracle_stale.h"
#include "outside.h"
#include "oversold.h"
#include "script.h"
#include "settings.h"
#include "shops.h"
#include "store/memory.h"

#include <stdio.h>

/* An event that comes again and again while the hostile phase lasts. */
struct recurring {
    struct sim *sim;
    struct random random; /* where each has a stream of its own */
    int64_t every_ms;
    void (*happen)(struct sim *sim);
    struct recurring *next;
};

static void recur(void *ctx);

static void schedule(struct recurring *r)
{
    int64_t ms = 1 + (int64_t)random_below(&r->sim->chaos, (uint64_t)r->every_ms * 2);
    loop_after(&r->sim->loop, ms * 1000 + (int64_t)random_below(&r->sim->chaos, 1000), recur, r);
}

/* Its own stream takes the place of the common one while it happens. */
static void swap_streams(struct recurring *r)
{
    struct random common = r->sim->chaos;
    if (!r->sim->plan.own_streams) return;
    r->sim->chaos = r->random;
    r->random = common;
}

static void recur(void *ctx)
{
    struct recurring *r = ctx;
    if (r->sim->phase != SIM_HOSTILE || r->sim->failed) return;
    swap_streams(r);
    r->happen(r->sim);
    schedule(r);
    swap_streams(r);
}

static uint64_t seed_of(const struct sim *sim, const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(1099511628211);
    return sim->plan.seed ^ hash;
}

void chaos_every(struct sim *sim, const char *name, int64_t ms, void (*happen)(struct sim *sim))
{
    if (ms <= 0) return;
    struct recurring *r = mem_alloc(sizeof *r);
    *r = (struct recurring){.sim = sim, .every_ms = ms, .happen = happen, .next = sim->recurring};
    random_seed(&r->random, seed_of(sim, name));
    sim->recurring = r;
    swap_streams(r);
    schedule(r);
    swap_streams(r);
}

/* ---- the process */

static void boot(void *ctx)
{
    struct sim *sim = ctx;
    if (!daemon_is_up(sim->daemon) && !sim->failed) daemon_boot(sim->daemon);
}

static void boot_later(struct sim *sim)
{
    int64_t ms = 1 + (int64_t)random_below(&sim->chaos, (uint64_t)sim->plan.boot_ms + 1);
    loop_after(&sim->loop, ms * 1000, boot, sim);
}

void chaos_crash(struct sim *sim)
{
    if (!daemon_is_up(sim->daemon)) return;
    daemon_crash(sim->daemon);
    boot_later(sim);
}

static void reap(void *ctx)
{
    struct sim *sim = ctx;
    enum { LOOK_AGAIN_US = 10000 };
    if (daemon_reap(sim->daemon))
        boot_later(sim);
    else
        loop_after(&sim->loop, LOOK_AGAIN_US, reap, sim);
}

static void restart(struct sim *sim)
{
    if (!daemon_is_up(sim->daemon)) return;
    daemon_stop(sim->daemon, (int64_t)random_below(&sim->chaos, 20000));
    reap(sim);
}

static void reload(struct sim *sim)
{
    uint32_t account = (uint32_t)random_below(&sim->chaos, sim->world.account_count);
    if (!daemon_is_up(sim->daemon)) return;
    tally_count(&sim->tally, "reload");
    sim_say(sim, 0, "reload of %s", sim->world.accounts[account].name);
    daemon_reload(sim->daemon, account);
}

/* ---- the machine */

static void step_clock(struct sim *sim)
{
    uint64_t most = (uint64_t)sim->plan.step_most_ms;
    int64_t by = (int64_t)random_below(&sim->chaos, 2 * most + 1) - (int64_t)most;
    if (!daemon_is_up(sim->daemon)) return;
    /* An order that is shown late by a marketplace whose clock is ahead looks like one placed after
     * the last write: nobody could tell. */
    if (sim->plan.orders.visible_ms && sim->loop.wall_offset_ms + by < 0) by = 0;
    if (sim->loop.wall_offset_ms > ORDERS_AHEAD_MS) sim->ahead_us = sim->loop.now_us;
    sim->loop.wall_offset_ms += by;
    if (sim->loop.wall_offset_ms > ORDERS_AHEAD_MS && !sim->ahead_first_us)
        sim->ahead_first_us = sim->loop.now_us;
    if (by > 0) {
        sim->stepped_us = sim->loop.now_us;
    } else {
        sim->back_us = sim->loop.now_us;
        sim->set_back_ms -= by;
    }
    tally_count(&sim->tally, by > 0 ? "clock set forward" : "clock set back");
    sim_say(sim, 0, "the clock is set by %lld ms", (long long)by);
}

static void break_store(struct sim *sim)
{
    static const enum status statuses[] = {ST_IO, ST_FULL};
    enum store_memory_fault fault = (enum store_memory_fault)random_below(&sim->chaos, 3);
    uint64_t after = random_below(&sim->chaos, fault == STORE_FAULT_WRITE ? 200 : 20);
    store_memory_fail_next(sim->store, fault, after, statuses[random_below(&sim->chaos, 2)], false);
    tally_count(&sim->tally, "store that fails");
    sim_say(sim, 0, "the store will fail (%d after %llu)", (int)fault, (unsigned long long)after);
}

/* ---- the marketplace */

static void mend_key(struct sim *sim, uint32_t i)
{
    struct world_account *account = &sim->world.accounts[i];
    account->key_dead = false;
    oversold_key(sim->oversold, i);
    account->market->key(&sim->world, i, true);
    tally_count(&sim->tally, "new key");
    sim_say(sim, 0, "%s has a new key", account->name);
    if (daemon_is_up(sim->daemon)) daemon_reload(sim->daemon, i);
}

static void touch_key(struct sim *sim)
{
    uint32_t i = (uint32_t)random_below(&sim->chaos, sim->world.account_count);
    struct world_account *account = &sim->world.accounts[i];
    if (!account->market->key) return;
    if (account->key_dead) {
        mend_key(sim, i);
        return;
    }
    account->key_dead = true;
    account->market->key(&sim->world, i, false);
    tally_count(&sim->tally, "key dies");
    sim_say(sim, 0, "the key of %s is dead", account->name);
}

void chaos_set_remote(struct sim *sim, uint32_t remote, bool open)
{
    const struct world_account *account = &sim->world.accounts[sim->world.remote_account[remote]];
    if (!account->market->open) return;
    if (sim->phase == SIM_HOSTILE)
        tally_count(&sim->tally, open ? "warehouse opens" : "warehouse closes");
    sim_say(sim, 0, "remote warehouse %s is %s", sim->world.remote_ids[remote],
            open ? "open" : "closed");
    account->market->open(&sim->world, remote, open);
    sim->world.remote_closed[remote] = !open;
    stale_opened(sim->stale, remote);
}

static void touch_remote(struct sim *sim)
{
    uint32_t remote = (uint32_t)random_below(&sim->chaos, sim->world.remote_count);
    chaos_set_remote(sim, remote, random_below(&sim->chaos, 2));
}

void chaos_fault(struct sim *sim, enum market_kind to, enum market_fault_kind kind,
                 const char *path, uint32_t ppm)
{
    if (!ppm) return;
    struct market_fault fault = market_fault_make(kind);
    char code[] = "INTERNAL_ERROR", whole[64];
    snprintf(whole, sizeof whole, "%s", path);
    fault.path = whole;
    fault.left = -1;
    fault.probability = ppm / 1e6;
    fault.share = 0.3;
    if (kind == FAULT_ITEM) fault.code = code;
    market_fault_add(market_of(to)->faults(sim->world.models[to]), &fault);
}

static void add_fault(struct sim *sim, enum market_fault_kind kind, const char *path, uint32_t ppm)
{
    for (int to = 0; to < MARKET_KINDS; to++)
        if (sim->world.models[to] && (path[0] == '*' || to == MARKET_OZON))
            chaos_fault(sim, (enum market_kind)to, kind, path, ppm);
}

/* Answers that lie are none of them: see lies.c. */
static void add_faults(struct sim *sim)
{
    const struct plan_market *m = &sim->plan.market;
    add_fault(sim, FAULT_ITEM, "/v2/products/stocks", m->item_codes);
    add_fault(sim, FAULT_SHORT_RESULT, "/v2/products/stocks", m->short_result);
    add_fault(sim, FAULT_MALFORMED, "*", m->malformed);
    add_fault(sim, FAULT_TRUNCATED, "*", m->truncated);
    add_fault(sim, FAULT_MISTYPED, "*", m->mistyped);
    add_fault(sim, FAULT_DUPLICATE, "*", m->duplicate);
    add_fault(sim, FAULT_HTML, "*", m->html);
    add_fault(sim, FAULT_EMPTY_403, "*", m->forbidden);
    add_fault(sim, FAULT_CIRCUIT, "*", m->circuit);
    add_fault(sim, FAULT_OVERSIZED, "*", m->oversized);
    /* Single items fail for no fault of theirs, where that does not reject them for good. */
    if (sim->plan.meddle_ms && sim->world.models[MARKET_ALLEGRO])
        chaos_fault(sim, MARKET_ALLEGRO, FAULT_ITEM, "/sale/offer-*", m->item_codes + 10000);
    if (sim->plan.meddle_ms && sim->world.models[MARKET_WIX_V3])
        chaos_fault(sim, MARKET_WIX_V3, FAULT_ITEM, "*", m->item_codes + 10000);
    if (sim->plan.mutation == MUTATION_ZERO_READINGS)
        add_fault(sim, FAULT_ZEROS, "/v2/product/info/*", 1000000);
}

/* A pair that shows a figure of ours; WORLD_NONE: none was found. */
static int live_pair(struct sim *sim)
{
    enum { LOOKS = 50 };
    for (int i = 0; i < LOOKS; i++) {
        uint32_t pair = (uint32_t)random_below(&sim->chaos, world_pairs(&sim->world));
        struct truth_wanted wanted =
            truth_wanted(&sim->truth, &sim->world, pair / sim->world.product_count,
                         pair % sim->world.product_count);
        if (wanted.kind == TRUTH_FIGURE && world_shown(&sim->world, pair) == wanted.figure)
            return (int)pair;
    }
    return WORLD_NONE;
}

/* Another program of the seller's. Rarely enough to the same place not to be named: who is named is
 * not fought. Lower figures only where a reading and a drain explain them within the quiet; where
 * somebody else nets the orders they are left for a day. */
static void write_foreign(struct sim *sim)
{
    enum { OF_A_PAIR = DRIFT_REPAIRS_MAX - 1, MORE = 9 };
    int pair = live_pair(sim);
    if (pair == WORLD_NONE || sim->foreign[pair] == OF_A_PAIR) return;
    uint32_t remote = (uint32_t)pair / sim->world.product_count;
    const struct sim_market *market = sim->world.accounts[sim->world.remote_account[remote]].market;
    bool lower = sim->plan.orders.import && !sim->plan.op_weights[OP_SWITCH] &&
                 !outside_is(sim, sim->world.remote_account[remote]) &&
                 random_below(&sim->chaos, 2);
    int64_t shown = world_shown(&sim->world, (uint32_t)pair);
    int64_t by = 1 + (int64_t)random_below(&sim->chaos, MORE);
    int64_t figure = lower ? (shown > by ? shown - by : 0) : shown + by;
    char name[128];
    if (!market->write || figure > market->most) return;
    sim->foreign[pair]++;
    tally_count(&sim->tally,
                lower ? "figure lowered by somebody else" : "figure raised by somebody else");
    market->write(&sim->world, remote, (uint32_t)pair % sim->world.product_count, figure,
                  loop_true_ms(&sim->loop));
    sim_say(sim, sim_topic((uint32_t)pair), "  somebody else writes %s = %lld",
            world_pair_name(&sim->world, (uint32_t)pair, name), (long long)figure);
    oversold_shown(sim->oversold, (uint32_t)pair, OVERSOLD_OTHER);
    oracle_shown(sim->oracle, (uint32_t)pair);
}

/* ---- the operator */

static void tidy(struct sim *sim)
{
    if (daemon_is_up(sim->daemon)) script_tidy(sim->script);
}

static void act(struct sim *sim)
{
    if (!daemon_is_up(sim->daemon)) return;
    uint64_t count = 1 + random_below(&sim->chaos, sim->plan.burst);
    for (uint64_t i = 0; i < count; i++)
        script_act(sim->script);
}

void chaos_begin(struct sim *sim)
{
    const struct plan *plan = &sim->plan;
    add_faults(sim);
    if (plan->focus) focus_begin(sim);
    chaos_every(sim, "act", plan->op_ms * plan->burst, act);
    chaos_every(sim, "tidy", plan->house.every_ms, tidy);
    chaos_every(sim, "crash", plan->crash_ms, chaos_crash);
    chaos_every(sim, "restart", plan->restart_ms, restart);
    chaos_every(sim, "reload", plan->reload_ms, reload);
    chaos_every(sim, "step-clock", plan->step_ms, step_clock);
    chaos_every(sim, "break-store", plan->store_fault_ms, break_store);
    chaos_every(sim, "touch-key", plan->dead_key_ms, touch_key);
    chaos_every(sim, "touch-remote", plan->remote_ms, touch_remote);
    chaos_every(sim, "write-foreign", plan->foreign_ms, write_foreign);
    chaos_every(sim, "meddle", plan->meddle_ms, meddle);
    chaos_every(sim, "jobs-file", plan->jobs_ms, jobs_file);
    chaos_every(sim, "shops-take", plan->shops.take_ms, shops_take);
    chaos_every(sim, "clerk-undo", plan->intake.undo_ms, clerk_undo);
    chaos_every(sim, "clerk-decide", plan->intake.decide_ms, clerk_decide);
    chaos_every(sim, "settings-guard", plan->settings.guard_ms, settings_guard);
    chaos_every(sim, "settings-leave", plan->settings.leave_ms, settings_leave);
    chaos_every(sim, "settings-compact", plan->settings.compact_ms, settings_compact);
    chaos_every(sim, "lie", plan->lies.kinds ? plan->lies.ms : 0, lies_begin);
    if (!plan->orders.import) return;
    chaos_every(sim, "buyers-order", plan->orders.place_ms, buyers_order);
    chaos_every(sim, "buyers-go-on", plan->orders.step_ms, buyers_go_on);
    chaos_every(sim, "buyers-dark", plan->orders.dark_ms, buyers_dark);
}

static void count_faults(struct sim *sim, const struct market_faults *faults)
{
    static const char *const names[FAULT_KINDS] = {
        [FAULT_ITEM] = "items refused",
        [FAULT_SHORT_RESULT] = "items missing in an answer",
        [FAULT_MALFORMED] = "rows broken",
        [FAULT_TRUNCATED] = "answer cut",
        [FAULT_MISTYPED] = "numbers as texts",
        [FAULT_DUPLICATE] = "rows twice",
        [FAULT_HTML] = "page instead of an answer",
        [FAULT_EMPTY_403] = "403 without a body",
        [FAULT_CIRCUIT] = "circuit is open",
        [FAULT_OVERSIZED] = "body too large",
    };
    for (size_t i = 0; i < faults->count; i++)
        for (uint64_t hit = 0; hit < faults->list[i].hits && names[faults->list[i].kind]; hit++)
            tally_count(&sim->tally, names[faults->list[i].kind]);
}

void chaos_end(struct sim *sim)
{
    for (int fault = 0; fault < 3; fault++)
        store_memory_fail_next(sim->store, (enum store_memory_fault)fault, 0, ST_OK, false);
    for (int kind = 0; kind < MARKET_KINDS; kind++) {
        if (!sim->world.models[kind]) continue;
        struct market_faults *faults =
            market_of((enum market_kind)kind)->faults(sim->world.models[kind]);
        count_faults(sim, faults);
        market_fault_clear(faults);
    }
    sim->dark_until_us = sim->blind_until_us = sim->login_until_us = 0;
    focus_end(sim);
    if (sim->shops) shops_mirror(sim);
    meddle_end(sim);
    settings_end(sim);
    for (uint32_t i = 0; i < sim->world.remote_count; i++)
        chaos_set_remote(sim, i, true);
    for (uint32_t i = 0; i < sim->world.account_count; i++)
        if (sim->world.accounts[i].key_dead) mend_key(sim, i);
}

void chaos_sicken(struct sim *sim, bool sick)
{
    static const char *const names[SICK_KINDS] = {"a dead key", "a host that is down", "429s",
                                                  "5xx"};
    if (sick) sim->sick = (int)(sim->plan.seed % sim->world.account_count);
    struct world_account *account = &sim->world.accounts[sim->sick];
    sim_say(sim, 0, "%s has %s%s", account->name, sick ? "" : "no more ", names[sim->plan.sick]);
    if (sim->plan.sick == SICK_KEY && sick) {
        account->key_dead = true;
        account->market->key(&sim->world, (uint32_t)sim->sick, false);
    } else if (sim->plan.sick == SICK_KEY) {
        mend_key(sim, (uint32_t)sim->sick);
    }
    if (!sick) sim->sick = WORLD_NONE;
}

void chaos_free(struct sim *sim)
{
    mem_free(sim->foreign);
    for (struct recurring *r = sim->recurring, *next; r; r = next) {
        next = r->next;
        mem_free(r);
    }
}
