/* Looking at what waits, and at what is told of it. */
#include "oracle_stale.h"

#include "base/mem.h"
#include "daemon.h"
#include "oracle_targets.h"

enum {
    LOOK_MS = 30000,
    SECOND_MS = 1000, /* ages are kept to the second */
};

struct stale {
    struct sim *sim;
    struct waiting {
        bool is;
        int64_t wanted, most, shown, since_ms; /* at all looks since then */
        uint64_t revision, acked;              /* acked: it was believed to be there since */
    } * pairs;
    struct oracle_targets *targets;
};

struct stale *stale_new(struct sim *sim)
{
    struct stale *s = mem_alloc(sizeof *s);
    s->sim = sim;
    s->pairs = mem_array(world_pairs(&sim->world), sizeof *s->pairs);
    s->targets = oracle_targets_new(sim);
    return s;
}

void stale_free(struct stale *s)
{
    oracle_targets_free(s->targets);
    mem_free(s->pairs);
    mem_free(s);
}

/* ---- what waits */

/* Shown as something else than a change that waits. */
static bool is_excused(const struct target_record *r, const struct truth_wanted *wanted)
{
    bool believed = r->flags & TARGET_ACKED && r->acked_value == wanted->figure;
    return wanted->kind != TRUTH_FIGURE || wanted->off || wanted->direction || r->hold ||
           r->flags & (TARGET_REJECTED | TARGET_ASKED) || believed; /* asked: docs/roadmap.md */
}

struct look {
    struct stale *stale;
    struct store_txn *txn;
    int64_t now_ms;
    bool sweeping;
    const struct waiting *oldest[PLAN_ACCOUNTS_MAX];
};

static bool look_at(void *ctx, const struct oracle_target *target)
{
    struct look *l = ctx;
    struct sim *sim = l->stale->sim;
    const struct target_record *r = &target->record;
    const struct truth_wanted *wanted = &target->wanted;
    struct waiting *was = &l->stale->pairs[target->pair];
    uint32_t remote = target->pair / sim->world.product_count;
    uint32_t account = sim->world.remote_account[remote];
    /* Shut there, it is held for a while whenever it was refused, and waits anew after that. */
    if (is_excused(r, wanted) || sim->world.remote_closed[remote]) {
        was->is = false;
        return false;
    }
    struct waiting now = {.wanted = wanted->figure,
                          .most = wanted->most,
                          .shown = world_shown(&sim->world, target->pair),
                          .since_ms = l->now_ms,
                          .revision = r->wanted_revision,
                          .acked = r->acked_revision};
    bool same = was->is && was->wanted == now.wanted && was->shown == now.shown &&
                was->revision == now.revision && was->acked == now.acked;
    if (same) now.since_ms = was->since_ms;
    now.is = now.shown < wanted->figure || now.shown > wanted->most;
    *was = now;
    if (!was->is || !same || l->sweeping) return true;
    if (!l->oldest[account] || l->oldest[account]->since_ms > was->since_ms)
        l->oldest[account] = was;
    return true;
}

/* ---- what is told */

static void check(struct look *l, uint32_t account, int64_t told_ms, const struct waiting *oldest)
{
    struct stale *s = l->stale;
    const char *name = s->sim->world.accounts[account].name;
    if (oldest && (!told_ms || told_ms > oldest->since_ms + SECOND_MS))
        sim_fail(s->sim, "I15", sim_topic((uint32_t)(oldest - s->pairs)),
                 "%lld is wanted and %lld shown for %lld ms, and the counts of %s say that nothing "
                 "waits for more than %lld ms",
                 (long long)oldest->wanted, (long long)oldest->shown,
                 (long long)(l->now_ms - oldest->since_ms), name,
                 told_ms ? (long long)(l->now_ms - told_ms) : 0LL);
}

static bool is_there(struct store_txn *txn, uint32_t account)
{
    uint8_t key[4];
    struct bytes value;
    bytes_put_u32(key, account + 1); /* declared in this order */
    return store_get(txn, TABLE_ACCOUNT, bytes_of(key, sizeof key), &value) == ST_OK;
}

static void ask(struct look *l, uint32_t account)
{
    struct sim *sim = l->stale->sim;
    struct target_counts counts;
    if (daemon_counts(sim->daemon, l->txn, account, &counts))
        check(l, account, counts.since_ms, l->oldest[account]);
    else if (is_there(l->txn, account))
        sim_fail(sim, "I15", 0, "nothing tells how many figures of %s wait, and since when",
                 sim->world.accounts[account].name);
}

static void look(struct stale *s)
{
    struct sim *sim = s->sim;
    struct look l = {.stale = s, .now_ms = clock_wall_ms(&sim->loop.clock)};
    if (!daemon_is_up(sim->daemon) || store_begin(sim->store, STORE_READ, &l.txn, NULL) != ST_OK)
        return;
    l.sweeping = store_count(l.txn, TABLE_SWEEP) > 0;
    oracle_targets_look(s->targets, l.txn, look_at, &l);
    for (uint32_t i = 0; i < sim->world.account_count; i++)
        ask(&l, i);
    store_abort(l.txn);
}

static void again(void *ctx)
{
    struct stale *s = ctx;
    if (s->sim->failed) return;
    look(s);
    stale_begin(s);
}

void stale_written(struct stale *s, uint32_t pair)
{
    stale_acknowledged(s, pair, world_shown(&s->sim->world, pair));
}

void stale_acknowledged(struct stale *s, uint32_t pair, int64_t value)
{
    struct waiting *w = &s->pairs[pair];
    w->is &= value < w->wanted || value > w->most;
}

void stale_refused(struct stale *s, uint32_t pair)
{
    s->pairs[pair].is = false;
}

void stale_opened(struct stale *s, uint32_t remote)
{
    uint32_t count = s->sim->world.product_count;
    for (uint32_t i = 0; i < count; i++)
        s->pairs[remote * count + i].is = false;
}

void stale_begin(struct stale *s)
{
    if (!s->sim->plan.step_ms) loop_after(&s->sim->loop, LOOK_MS * INT64_C(1000), again, s);
}
