/* Looking at what waits, and at what is told of it. */
#include "oracle_stale.h"

#include "base/mem.h"
#include "daemon.h"
#include "engine/target_count.h"
#include "oracle_store.h"
#include "store/memory.h"

#include <string.h>

enum {
    LOOK_MS = 5 * 60000,
    SECOND_MS = 1000, /* ages are kept to the second */
};

struct stale {
    struct sim *sim;
    struct waiting {
        bool is;
        int64_t wanted, most, shown, since_ms; /* at all looks since then */
        uint64_t revision, acked;              /* acked: it was believed to be there since */
    } * pairs;
    /* Which pair each target is, in the order of the last look; while the tables that say so have
     * been through no more than this. */
    struct known {
        uint8_t key[TARGET_KEY_SIZE];
        int pair;
    } * known;
    size_t known_count, known_room;
    uint64_t known_changes;
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
    mem_free(s->known);
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

/* The pair of the `nth` target. */
static int pair_of(struct look *l, size_t nth, const uint8_t *key)
{
    struct stale *s = l->stale;
    if (nth < s->known_count && memcmp(s->known[nth].key, key, TARGET_KEY_SIZE) == 0)
        return s->known[nth].pair;
    if (nth >= s->known_room) {
        s->known_room = nth ? 2 * nth : 256;
        s->known = mem_resize(s->known, s->known_room * sizeof *s->known);
    }
    s->known_count = nth + 1; /* those behind it stood elsewhere */
    memcpy(s->known[nth].key, key, TARGET_KEY_SIZE);
    return s->known[nth].pair = oracle_pair_of(s->sim, l->txn, key);
}

static void look_at(struct look *l, size_t nth, const uint8_t *key, const struct target_record *r)
{
    struct sim *sim = l->stale->sim;
    int found = pair_of(l, nth, key);
    if (found == WORLD_NONE) return;
    uint32_t pair = (uint32_t)found;
    uint32_t account = sim->world.remote_account[pair / sim->world.product_count];
    struct truth_wanted wanted =
        oracle_store_wanted(sim, l->txn, key, world_account_of(&sim->world, pair)->market->most);
    const struct waiting now = {.is = !is_excused(r, &wanted),
                                .wanted = wanted.figure,
                                .most = wanted.most,
                                .shown = world_shown(&sim->world, pair),
                                .since_ms = l->now_ms,
                                .revision = r->wanted_revision,
                                .acked = r->acked_revision};
    struct waiting *was = &l->stale->pairs[pair];
    bool there = now.shown >= wanted.figure && now.shown <= wanted.most;
    bool same = was->is && was->wanted == now.wanted && was->shown == now.shown &&
                was->revision == now.revision && was->acked == now.acked;
    int64_t since_ms = same ? was->since_ms : now.since_ms;
    *was = now;
    was->is &= !there;
    was->since_ms = since_ms;
    if (!was->is || !same || l->sweeping) return;
    if (!l->oldest[account] || l->oldest[account]->since_ms > since_ms) l->oldest[account] = was;
}

static void look_at_all(struct look *l)
{
    struct bytes key, value;
    struct stale *s = l->stale;
    uint64_t changes = store_memory_changes(s->sim->store, TABLE_LISTING) +
                       store_memory_changes(s->sim->store, TABLE_REMOTE_WAREHOUSE) +
                       store_memory_changes(s->sim->store, TABLE_ACCOUNT);
    if (changes != s->known_changes) s->known_count = 0;
    s->known_changes = changes;
    struct store_cursor *cursor = store_cursor(l->txn, TABLE_TARGET);
    for (size_t nth = 0; store_next(cursor, &key, &value) == ST_OK; nth++) {
        struct target_record r;
        uint8_t at[TARGET_KEY_SIZE];
        memcpy(at, key.data, sizeof at);
        if (target_record_read(value, &r, NULL) == ST_OK) look_at(l, nth, at, &r);
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
    look_at_all(&l);
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
    struct waiting *w = &s->pairs[pair];
    int64_t shown = w->is ? world_shown(&s->sim->world, pair) : 0;
    w->is &= shown < w->wanted || shown > w->most;
}

void stale_begin(struct stale *s)
{
    if (!s->sim->plan.step_ms) loop_after(&s->sim->loop, LOOK_MS * INT64_C(1000), again, s);
}
