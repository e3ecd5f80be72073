/* Drawing what changes, and changing it as the daemon's reload does. */
#include "settings.h"

#include "base/buf.h"
#include "base/mem.h"
#include "daemon.h"
#include "engine/command.h"
#include "forgotten.h"
#include "oracle.h"
#include "oversold.h"

#include <stdio.h>

static uint64_t below(struct sim *sim, uint64_t limit)
{
    return random_below(&sim->settings, limit);
}

/* ---- the guard */

struct guard_task {
    struct engine_task task; /* first */
    struct sim *sim;
    struct engine_guard guard;
};

/* Declared in a transaction, as by a reload: commands before it were judged by the old limits. */
static enum status guard_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct guard_task *g = (struct guard_task *)task;
    (void)txn;
    (void)error;
    g->sim->guard = g->guard;
    daemon_guard(g->sim->daemon);
    return ST_OK;
}

static void guard_done(struct engine_task *task, enum status status, const struct error *error)
{
    (void)status;
    (void)error;
    mem_free(task);
}

static void draw_limit(struct sim *sim, struct guard_limit *limit)
{
    enum { ZEROED_LEAST = 3, ZEROED_MORE = 60, CHANGED_LEAST = 20, CHANGED_MORE = 76 };
    limit->zeroed_percent = below(sim, 2) ? ZEROED_LEAST + (uint32_t)below(sim, ZEROED_MORE) : 100;
    limit->changed_percent =
        below(sim, 2) ? CHANGED_LEAST + (uint32_t)below(sim, CHANGED_MORE) : 100;
    limit->pieces = below(sim, 2) ? (int64_t)100 << below(sim, 9) : 0;
}

static void change_guard(struct sim *sim, bool tight)
{
    enum { AT_LEAST_MOST = 12, TIGHT_PERCENT = 3 };
    if (!daemon_is_up(sim->daemon) || !sim->guard.on) return;
    struct guard_task *g = mem_alloc(sizeof *g);
    *g = (struct guard_task){.task = {.run = guard_run, .done = guard_done}, .sim = sim};
    g->guard.on = true;
    g->guard.at_least = (uint32_t)below(sim, AT_LEAST_MOST + 1);
    draw_limit(sim, &g->guard.account);
    draw_limit(sim, &g->guard.source);
    if (tight) g->guard.at_least = 0;
    if (tight) g->guard.account.changed_percent = TIGHT_PERCENT;
    tally_count(&sim->tally, "other limits of the guard");
    sim_say(sim, 0, "the guard's limits change: at least %u, %u %% and %u %% of an account",
            (unsigned)g->guard.at_least, (unsigned)g->guard.account.changed_percent,
            (unsigned)g->guard.account.zeroed_percent);
    daemon_submit(sim->daemon, &g->task);
}

void settings_guard(struct sim *sim)
{
    change_guard(sim, false);
}

void settings_guard_tight(struct sim *sim)
{
    change_guard(sim, true);
}

/* ---- accounts */

static void come_back(struct sim *sim, uint32_t account)
{
    if (!sim->away[account]) return;
    sim->away[account] = false;
    tally_count(&sim->tally, "account comes back");
    sim_say(sim, 0, "%s is configured again", sim->world.accounts[account].name);
    oversold_key(sim->oversold, account);
    if (daemon_is_up(sim->daemon)) daemon_reload(sim->daemon, account);
}

static void returns(void *ctx)
{
    const struct settings_return *of = ctx;
    if (!of->sim->failed) come_back(of->sim, of->account);
}

void settings_leave(struct sim *sim)
{
    uint32_t account = (uint32_t)below(sim, sim->world.account_count);
    int64_t ms = 1 + (int64_t)below(sim, (uint64_t)sim->plan.settings.away_most_ms);
    if (!daemon_is_up(sim->daemon) || sim->away[account]) return;
    sim->away[account] = true;
    tally_count(&sim->tally, "account leaves");
    sim_say(sim, 0, "%s is in no file for %lld ms", sim->world.accounts[account].name,
            (long long)ms);
    oracle_absent(sim->oracle, account);
    daemon_leave(sim->daemon, account);
    sim->returns[account] = (struct settings_return){sim, account};
    loop_after(&sim->loop, ms * 1000, returns, &sim->returns[account]);
}

void settings_end(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->world.account_count; i++)
        come_back(sim, i);
}

/* ---- forgetting */

struct compact_task {
    struct engine_task task; /* first */
    struct sim *sim;
    struct buf payload;
    struct command_result result;
};

static void submit_compact(struct sim *sim);

/* Nothing that somebody may still ask for goes: commands bear the time of a clock that was set. */
static enum status compact_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    enum { KEEP_MS = 6 * 60000, CHUNK = 50 };
    struct compact_task *c = (struct compact_task *)task;
    struct sim *sim = c->sim;
    int64_t before_ms = loop_true_ms(&sim->loop) - sim->set_back_ms - KEEP_MS;
    if (sim->forgotten) before_ms = forgotten_limit(sim->forgotten, txn, before_ms);
    if (sim->forgotten) forgotten_before(sim->forgotten, txn);
    buf_reset(&c->payload);
    command_compact(&c->payload, before_ms, CHUNK);
    const struct command command = {.kind = COMMAND_COMPACT,
                                    .actor = "stockd",
                                    .now_ms = clock_wall_ms(&sim->loop.clock),
                                    .payload = bytes_of(c->payload.data, c->payload.size)};
    enum status status = engine_apply(daemon_engine(sim->daemon), txn, &command, &c->result, error);
    if (sim->forgotten && status == ST_OK) forgotten_after(sim->forgotten, txn);
    return status;
}

static void compact_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct compact_task *c = (struct compact_task *)task;
    struct sim *sim = c->sim;
    if (status == ST_INVALID || status == ST_BUG || status == ST_DAMAGED)
        sim_fail(sim, "answers", 0, "old history is not forgotten: %s", error->text);
    struct store_txn *txn;
    bool lost = sim->forgotten && status != ST_OK && status != ST_CANCELLED;
    if (lost && store_begin(sim->store, STORE_READ, &txn, NULL) == ST_OK) {
        forgotten_undone(sim->forgotten, txn);
        store_abort(txn);
    }
    bool more = status == ST_OK && c->result.more && sim->phase == SIM_HOSTILE;
    buf_free(&c->payload);
    mem_free(c);
    if (more && daemon_is_up(sim->daemon)) submit_compact(sim);
}

static void submit_compact(struct sim *sim)
{
    struct compact_task *c = mem_alloc(sizeof *c);
    c->task = (struct engine_task){.run = compact_run, .done = compact_done};
    c->sim = sim;
    buf_init(&c->payload, 64);
    daemon_submit(sim->daemon, &c->task);
}

void settings_compact(struct sim *sim)
{
    bool orders = sim->plan.orders.import && !sim->forgotten;
    if (!daemon_is_up(sim->daemon) || orders || sim->guard.on) return;
    tally_count(&sim->tally, "old history forgotten");
    sim_say(sim, 0, "old history is forgotten");
    submit_compact(sim);
}
