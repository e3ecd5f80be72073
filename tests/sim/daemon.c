/* Lives of the process. */
#include "daemon.h"

#include "base/buf.h"
#include "base/mem.h"
#include "engine/command.h"
#include "engine/group.h"
#include "jobs.h"
#include "network.h"
#include "oracle.h"
#include "runtime.h"
#include "script.h"
#include "store/memory.h"

#include <string.h>

struct daemon {
    struct sim *sim;
    struct sim_runtime *runtime;
    struct engine *engine;
    struct sync *sync;
    struct plugin_instance *instances[PLAN_ACCOUNTS_MAX];
    uint32_t numbers[PLAN_ACCOUNTS_MAX];
    bool up, stopping, stopped;
    bool logged_in[PLAN_ACCOUNTS_MAX]; /* once, in whichever life */
    uint64_t lives, crashes;
};

struct daemon *daemon_new(struct sim *sim)
{
    struct daemon *d = mem_alloc(sizeof *d);
    d->sim = sim;
    return d;
}

bool daemon_is_up(const struct daemon *d)
{
    return d->up && !d->stopping;
}

struct engine *daemon_engine(struct daemon *d)
{
    return d->engine;
}

uint64_t daemon_crashes(const struct daemon *d)
{
    return d->crashes;
}

void daemon_submit(struct daemon *d, struct engine_task *task)
{
    struct runtime *runtime = runtime_of(d->runtime);
    runtime->engine_submit(runtime, task);
}

/* ---- what the runtime tells */

static void task_ran(void *ctx, struct store_txn *txn, uint64_t task, enum status status,
                     bool again)
{
    struct daemon *d = ctx;
    if (status == ST_OK) oracle_task_ran(d->sim->oracle, txn, task, again);
}

static void task_kept(void *ctx, uint64_t task, enum status status)
{
    struct daemon *d = ctx;
    if (status == ST_IO || status == ST_FULL) {
        d->sim->unstored_us = d->sim->loop.now_us;
        oracle_unstored(d->sim->oracle);
    }
    oracle_task_kept(d->sim->oracle, task, status == ST_OK);
}

static void delivered(void *ctx, const struct engine_touched *touched, uint64_t younger)
{
    struct daemon *d = ctx;
    if (d->sim->plan.mutation != MUTATION_LOSE_COMMITS)
        store_memory_acknowledge_but(d->sim->store, younger);
    if (d->sim->plan.mutation != MUTATION_NO_WAKEUPS) sync_touched(d->sync, touched);
}

/* ---- birth */

struct declare {
    struct engine_task task;
    struct daemon *daemon;
    struct buf payload;
};

static enum status declare_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct declare *declare = (struct declare *)task;
    const struct command command = {.kind = COMMAND_ACCOUNT_PUT,
                                    .actor = "conf.d",
                                    .unguarded = true,
                                    .now_ms = clock_wall_ms(&declare->daemon->sim->loop.clock),
                                    .payload =
                                        bytes_of(declare->payload.data, declare->payload.size)};
    return engine_apply(declare->daemon->engine, txn, &command, NULL, error);
}

/* As the daemon does before its loop turns: the files' accounts are in the store. */
static void declare_account(struct daemon *d, uint32_t account)
{
    struct declare declare = {.task = {.run = declare_run}, .daemon = d};
    struct engine_touched touched;
    buf_init(&declare.payload, 1024);
    command_account_put(&declare.payload, bytes_text(d->sim->world.accounts[account].name),
                        bytes_text(d->sim->world.accounts[account].market->plugin),
                        d->sim->world.accounts[account].orders_import &&
                            d->sim->plan.mutation != MUTATION_NO_BARRIER);
    enum { TRIES = 5 }; /* a store that fails now and then: the supervisor starts it again */
    for (int i = 0; i < TRIES && (i == 0 || declare.task.status != ST_OK); i++)
        engine_group_run(d->engine, d->sim->store, &declare.task, &touched);
    buf_free(&declare.payload);
    if (declare.task.status != ST_OK)
        sim_fail(d->sim, "boot", 0, "account not declared: %s", declare.task.error.text);
}

static void find_numbers(struct daemon *d)
{
    struct store_txn *txn;
    if (store_begin(d->sim->store, STORE_READ, &txn, NULL) != ST_OK) return;
    struct bytes key, value;
    struct account_view view;
    struct store_cursor *cursor = store_cursor(txn, TABLE_ACCOUNT);
    while (store_next(cursor, &key, &value) == ST_OK)
        for (uint32_t i = 0; i < d->sim->world.account_count; i++)
            if (account_read(value, &view) == ST_OK &&
                bytes_equal(view.name, bytes_text(d->sim->world.accounts[i].name)))
                d->numbers[i] = bytes_get_u32(key.data);
    store_cursor_close(cursor);
    oracle_begun(d->sim->oracle, txn);
    store_abort(txn);
}

void daemon_reload(struct daemon *d, uint32_t account)
{
    const struct world_account *of = &d->sim->world.accounts[account];
    if (d->sim->away[account]) return;
    struct plugin_value values[MARKET_OPTIONS_MAX];
    size_t count = of->market->options(&d->sim->world, account, values);
    if (d->sim->plan.mutation == MUTATION_LOST_OPTION) count--;
    const struct plugin_settings settings = {
        .account = of->name, .values = values, .value_count = count};
    struct error error = {0};
    struct plugin_instance *instance =
        plugin_instance_new(d->sim->plugins[of->kind], &settings, &error);
    if (!instance) {
        sim_fail(d->sim, "boot", 0, "no instance: %s", error.text);
        return;
    }
    static const struct sync_quota_limit free_quota[] = {{"all", 1000000, 1000, 0},
                                                         {"stock", 1000000, 1000, 0}};
    bool free = d->sim->plan.mutation == MUTATION_FREE_QUOTA && of->kind == MARKET_OZON;
    const struct sync_settings with = {.name = of->name,
                                       .number = d->numbers[account],
                                       .instance = instance,
                                       .enabled = true,
                                       .timeout_ms = d->sim->plan.network.timeout_ms,
                                       .attempts = 5,
                                       .limits = free_quota,
                                       .limit_count = free ? 2 : 0};
    sync_account_put(d->sync, &with);
    plugin_instance_unref(d->instances[account]);
    d->instances[account] = instance;
    if (d->sim->plan.mutation == MUTATION_NEEDLESS_PARK) sync_park(d->sync, of->name, "whim", "no");
}

void daemon_person(struct daemon *d)
{
    struct sync_account_view view;
    for (uint32_t i = 0; i < d->sim->world.account_count && daemon_is_up(d); i++) {
        const struct world_account *account = &d->sim->world.accounts[i];
        if (account->market != &market_allegro || account->key_dead ||
            !sync_account_view(d->sync, account->name, &view))
            continue;
        d->logged_in[i] |= view.state == SYNC_ACTIVE;
        if (view.state != SYNC_PARKED || strncmp(view.reason, "login:", 6) != 0 ||
            view.tasks[SYNC_LOGIN].running)
            continue;
        if (d->logged_in[i]) oracle_locked_out(d->sim->oracle, i, view.reason);
        tally_count(&d->sim->tally, "login by a person");
        sim_say(d->sim, 0, "somebody logs %s in", account->name);
        sync_ask(d->sync, account->name, SYNC_LOGIN);
    }
}

void daemon_ask(struct daemon *d, uint32_t account, enum sync_task task)
{
    const char *name = d->sim->world.accounts[account].name;
    sim_say(d->sim, 0, "somebody asks %s for %s", name, sync_task_name(task));
    sync_ask(d->sync, name, task);
}

void daemon_leave(struct daemon *d, uint32_t account)
{
    sync_account_remove(d->sync, d->sim->world.accounts[account].name);
}

void daemon_guard(struct daemon *d)
{
    struct engine_guard guard = d->sim->guard;
    if (d->sim->plan.mutation == MUTATION_NO_GUARD) guard.on = false;
    if (d->sim->plan.mutation == MUTATION_TIGHT_GUARD) {
        guard.at_least /= 2;
        guard.account.changed_percent /= 2;
        guard.account.zeroed_percent /= 2;
    }
    engine_guard_set(d->engine, &guard);
}

void daemon_boot(struct daemon *d)
{
    struct sim *sim = d->sim;
    const struct runtime_hooks hooks = {task_ran, task_kept, delivered, d};
    uint64_t seed = sim->plan.seed * UINT64_C(0x9e3779b97f4a7c15) + ++d->lives;
    d->runtime = runtime_new(&sim->loop, seed, &sim->plan.delays, &hooks);
    d->engine = engine_new();
    daemon_guard(d);
    d->up = true;
    d->stopping = d->stopped = false;
    runtime_attach(d->runtime, d->engine, sim->store);
    sim_say(sim, 0, "process %llu starts", (unsigned long long)d->lives);
    for (uint32_t i = 0; i < sim->world.account_count; i++)
        if (!sim->away[i]) declare_account(d, i);
    store_memory_acknowledge(sim->store);
    find_numbers(d);
    const struct sync_options options = {.runtime = runtime_of(d->runtime),
                                         .engine = d->engine,
                                         .transport = network_transport(sim->network),
                                         .seal = sim->seal};
    d->sync = sync_new(&options);
    for (uint32_t i = 0; i < sim->world.account_count; i++)
        daemon_reload(d, i);
    if (sim->jobs) jobs_boot(sim->jobs, runtime_of(d->runtime), d->engine, d->sync);
    script_booted(sim->script);
}

/* ---- death */

static void give_back(struct daemon *d)
{
    sync_free(d->sync);
    if (d->sim->jobs) jobs_over(d->sim->jobs);
    runtime_free(d->runtime);
    engine_free(d->engine);
    for (uint32_t i = 0; i < PLAN_ACCOUNTS_MAX; i++)
        plugin_instance_unref(d->instances[i]);
    memset(d->instances, 0, sizeof d->instances);
    d->sync = NULL;
    d->runtime = NULL;
    d->engine = NULL;
    d->up = d->stopping = false;
}

static void stopped(void *ctx)
{
    struct daemon *d = ctx;
    d->stopped = true;
}

static bool is_stopped(const struct daemon *d)
{
    return d->stopped && (!d->sim->jobs || jobs_stopped(d->sim->jobs));
}

/* Everything in memory goes, with nothing reaching the store or the network any more. */
static void unwind(struct daemon *d)
{
    enum { UNWIND_MOST = 1000000 };
    runtime_end(d->runtime);
    network_cut(d->sim->network);
    if (!d->stopping) sync_stop(d->sync, 0, stopped, d);
    if (!d->stopping && d->sim->jobs) jobs_stop(d->sim->jobs);
    bool deaf = d->sim->plan.mutation == MUTATION_LOST_END;
    for (int i = 0; i < UNWIND_MOST && !is_stopped(d) && !deaf; i++)
        if (!runtime_unwind(d->runtime)) break;
    if (!is_stopped(d)) {
        sim_fail(d->sim, "stop", 0, "sync does not come to its end when everything is cancelled");
        return;
    }
    while (runtime_unwind(d->runtime)) /* the operator's own tasks */
        ;
    give_back(d);
}

void daemon_crash(struct daemon *d)
{
    struct sim *sim = d->sim;
    if (!d->up) return;
    uint64_t most = store_memory_unacknowledged(sim->store);
    uint64_t lost = store_memory_crash(sim->store, random_below(&sim->chaos, most + 1));
    sim_say(sim, 0, "kill -9: %llu of %llu unacknowledged commits lost", (unsigned long long)lost,
            (unsigned long long)most);
    d->crashes++;
    tally_count(&sim->tally, "kill -9");
    if (lost) tally_count(&sim->tally, "kill -9 that takes commits along");
    oracle_crashed(sim->oracle);
    unwind(d);
}

static void after_stop(void *ctx)
{
    struct daemon *d = ctx;
    stopped(d);
}

void daemon_stop(struct daemon *d, int64_t grace_ms)
{
    if (!daemon_is_up(d)) return;
    tally_count(&d->sim->tally, "restart in order");
    sim_say(d->sim, 0, "asked to stop within %lld ms", (long long)grace_ms);
    d->stopping = true;
    sync_stop(d->sync, grace_ms, after_stop, d);
    if (d->sim->jobs) jobs_stop(d->sim->jobs);
}

/* Called between events: a process that has stopped is taken away. */
bool daemon_reap(struct daemon *d)
{
    if (!d->up || !d->stopping || !is_stopped(d)) return false;
    sim_say(d->sim, 0, "stopped");
    oracle_crashed(d->sim->oracle); /* what was given up is not known, as after a crash */
    unwind(d);
    return true;
}

void daemon_free(struct daemon *d)
{
    if (d->up && !d->sim->failed) {
        store_memory_crash(d->sim->store, 0);
        unwind(d);
    }
    mem_free(d);
}

bool daemon_idles(struct daemon *d, uint32_t account, uint64_t *sends)
{
    struct sync_account_view view;
    *sends = 0;
    if (!d->up || !sync_account_view(d->sync, d->sim->world.accounts[account].name, &view))
        return false;
    *sends = view.sends;
    return view.state == SYNC_ACTIVE && view.wait == SYNC_WAIT_NONE && view.in_flight == 0;
}

bool daemon_view(struct daemon *d, uint32_t account, struct sync_account_view *view)
{
    return d->up && sync_account_view(d->sync, d->sim->world.accounts[account].name, view);
}

bool daemon_counts(const struct daemon *d, struct store_txn *txn, uint32_t account,
                   struct target_counts *counts)
{
    bool told = target_counts_get(txn, account + 1, counts); /* declared in this order */
    if (d->sim->plan.mutation == MUTATION_NO_AGE) counts->since_ms = 0;
    return told && d->sim->plan.mutation != MUTATION_NO_COUNTS;
}

void daemon_describe(struct daemon *d, FILE *out)
{
    for (uint32_t i = 0; i < d->sim->world.account_count && d->up; i++) {
        struct sync_account_view view;
        if (!sync_account_view(d->sync, d->sim->world.accounts[i].name, &view)) continue;
        fprintf(out,
                "  %s: %s%s%s waiting='%s' in_flight=%u sends=%llu failures=%llu next_due=%lld\n",
                view.name, sync_state_name(view.state), view.reason[0] ? " why=" : "", view.reason,
                view.waiting, view.in_flight, (unsigned long long)view.sends,
                (unsigned long long)view.failures, (long long)view.next_due_ms);
        for (int t = 0; t < SYNC_TASKS; t++)
            fprintf(out, "    %s: last=%lld next=%lld failures=%u %s\n",
                    sync_task_name((enum sync_task)t), (long long)view.tasks[t].last_ms,
                    (long long)view.tasks[t].next_ms, view.tasks[t].failures, view.tasks[t].error);
    }
}
