/* Looking at what waits, and at what is told of it. */
#include "oracle_stale.h"

#include "base/mem.h"
#include "daemon.h"
#include "engine/target_count.h"
#include "oracle_store.h"

#include <string.h>

enum {
    LOOK_MS = 5 * 60000,
    /* A change bears the time at which it was asked for, and is there when its turn comes. */
    TURN_MS = 60000,
    SECOND_MS = 1000, /* ages are kept to the second */
};

struct stale {
    struct sim *sim;
    struct waiting {
        bool is;
        int64_t wanted, shown, since_ms; /* at all looks since then */
        uint64_t revision;
    } * pairs;
    int64_t fine_ms[PLAN_ACCOUNTS_MAX]; /* the last look at which all was there; 0: none was */
};

struct stale *stale_new(struct sim *sim)
{
    struct stale *s = mem_alloc(sizeof *s);
    s->sim = sim;
    s->pairs = mem_array(world_pairs(&sim->world), sizeof *s->pairs);
    return s;
}

void stale_free(struct stale *s)
{
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
    bool fine[PLAN_ACCOUNTS_MAX];
    const struct waiting *oldest[PLAN_ACCOUNTS_MAX];
};

static void look_at(struct look *l, const uint8_t *key, const struct target_record *r)
{
    struct sim *sim = l->stale->sim;
    int found = oracle_pair_of(sim, l->txn, key);
    if (found == WORLD_NONE) return;
    uint32_t pair = (uint32_t)found;
    uint32_t account = sim->world.remote_account[pair / sim->world.product_count];
    struct truth_wanted wanted =
        oracle_store_wanted(l->txn, key, world_account_of(&sim->world, pair)->market->most);
    const struct waiting now = {.is = !is_excused(r, &wanted),
                                .wanted = wanted.figure,
                                .shown = world_shown(&sim->world, pair),
                                .since_ms = l->now_ms,
                                .revision = r->wanted_revision};
    struct waiting *was = &l->stale->pairs[pair];
    bool there = now.wanted == now.shown;
    bool same = was->is && was->wanted == now.wanted && was->shown == now.shown &&
                was->revision == now.revision;
    int64_t since_ms = same ? was->since_ms : now.since_ms;
    l->fine[account] &= !now.is && !(r->flags & (TARGET_OPEN | TARGET_QUEUED));
    *was = now;
    was->is &= !there;
    was->since_ms = since_ms;
    if (!was->is || !same || l->sweeping) return;
    if (!l->oldest[account] || l->oldest[account]->since_ms > since_ms) l->oldest[account] = was;
}

static void look_at_all(struct look *l)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(l->txn, TABLE_TARGET);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct target_record r;
        uint8_t at[TARGET_KEY_SIZE];
        memcpy(at, key.data, sizeof at);
        if (target_record_read(value, &r, NULL) == ST_OK) look_at(l, at, &r);
    }
    store_cursor_close(cursor);
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
    if (s->fine_ms[account] && told_ms && told_ms < s->fine_ms[account] - TURN_MS)
        sim_fail(
            s->sim, "I15", 0,
            "the counts of %s say that something waits for %lld ms, and %lld ms ago everything "
            "was there",
            name, (long long)(l->now_ms - told_ms), (long long)(l->now_ms - s->fine_ms[account]));
}

static void ask(struct look *l, uint32_t account)
{
    struct target_counts counts;
    if (!target_counts_get(l->txn, account + 1, &counts)) return;
    if (l->stale->sim->plan.mutation == MUTATION_NO_AGE) counts.since_ms = 0;
    check(l, account, counts.since_ms, l->oldest[account]);
}

static void look(struct stale *s)
{
    struct sim *sim = s->sim;
    struct look l = {.stale = s, .now_ms = clock_wall_ms(&sim->loop.clock)};
    if (!daemon_is_up(sim->daemon) || store_begin(sim->store, STORE_READ, &l.txn, NULL) != ST_OK)
        return;
    l.sweeping = store_count(l.txn, TABLE_SWEEP) > 0;
    memset(l.fine, !l.sweeping, sizeof l.fine);
    look_at_all(&l);
    for (uint32_t i = 0; i < sim->world.account_count; i++) {
        ask(&l, i);
        if (l.fine[i]) s->fine_ms[i] = l.now_ms;
    }
    store_abort(l.txn);
}

static void again(void *ctx)
{
    struct stale *s = ctx;
    if (s->sim->failed) return;
    look(s);
    stale_begin(s);
}

void stale_begin(struct stale *s)
{
    if (!s->sim->plan.step_ms) loop_after(&s->sim->loop, LOOK_MS * INT64_C(1000), again, s);
}
