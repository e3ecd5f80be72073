/* What targets' rows say is shown, against what is. */
#include "oracle_belief.h"

#include "base/mem.h"
#include "daemon.h"
#include "engine/record.h"
#include "oracle_orders.h"
#include "oracle_store.h"

#include <string.h>

enum {
    LOOKS = 5, /* in a row: what was just told is on its way through the process */
    SECOND_US = 1000000,
};

struct belief {
    bool sure; /* every line of an order that moved it is known as it is */
    uint8_t looks;
    uint8_t late; /* ... at which what is wanted was not what the stock makes of it */
};

/* The figure counts as shown, and nothing is to be done about it. */
static bool rests(const struct target_record *r)
{
    const uint32_t busy = TARGET_OPEN | TARGET_UNRESOLVED | TARGET_ASKED | TARGET_FORCED;
    return r->flags & TARGET_ACKED && r->flags & TARGET_WANTED && !(r->flags & busy) && !r->hold &&
           r->acked_value == r->wanted_value;
}

static void look_at(struct sim *sim, uint32_t pair, const struct target_record *r)
{
    struct belief *b = &sim->beliefs[pair];
    int64_t shown = world_shown(&sim->world, pair);
    /* What Allegro ended when it was sold out is known to be by the next list of offers alone. */
    bool ended = shown == 0 && world_account_of(&sim->world, pair)->kind == MARKET_ALLEGRO;
    bool wrong = b->sure && rests(r) && shown != r->acked_value && !ended;
    b->looks = wrong ? (uint8_t)(b->looks + 1) : 0;
    if (b->looks < LOOKS) return;
    char name[128];
    sim_fail(sim, "I14", sim_topic(pair),
             "%s shows %lld and counts as showing %lld, although all its orders are known",
             world_pair_name(&sim->world, pair, name), (long long)shown, (long long)r->acked_value);
}

/* A change of the stock is one of what is wanted, in the same transaction (I6). */
static void look_at_wanted(struct sim *sim, struct store_txn *txn, uint32_t pair,
                           const uint8_t *key, const struct target_record *r)
{
    struct belief *b = &sim->beliefs[pair];
    int64_t most = world_account_of(&sim->world, pair)->market->most;
    struct truth_wanted wanted = oracle_store_wanted(sim, txn, key, most);
    bool late =
        r->flags & TARGET_WANTED && wanted.kind == TRUTH_FIGURE && r->wanted_value != wanted.figure;
    b->late = late ? (uint8_t)(b->late + 1) : 0;
    if (b->late < LOOKS) return;
    char name[128];
    sim_fail(sim, "I6", sim_topic(pair), "%lld is wanted at %s, but the store's stock makes %lld",
             (long long)r->wanted_value, world_pair_name(&sim->world, pair, name),
             (long long)wanted.figure);
}

static void look_at_lines(struct sim *sim, struct store_txn *txn, uint32_t account)
{
    const struct sim_market *market = sim->world.accounts[account].market;
    for (size_t i = 0; i < market->order_count(&sim->world, account); i++)
        for (size_t k = 0; k < market->line_count(&sim->world, account, i); k++) {
            struct market_line line;
            market->line(&sim->world, account, i, k, &line);
            if (line.pair != WORLD_NONE && oracle_line_wrong(sim, txn, account, &line, k))
                sim->beliefs[line.pair].sure = false;
        }
}

static void look(struct sim *sim)
{
    struct store_txn *txn;
    struct bytes key, value;
    if (!daemon_is_up(sim->daemon) || store_begin(sim->store, STORE_READ, &txn, NULL) != ST_OK)
        return;
    for (uint32_t pair = 0; pair < world_pairs(&sim->world); pair++)
        sim->beliefs[pair].sure = true;
    for (uint32_t i = 0; i < sim->world.account_count; i++)
        look_at_lines(sim, txn, i);
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    while (store_next(cursor, &key, &value) == ST_OK && !sim->failed) {
        struct target_record r;
        uint8_t at[TARGET_KEY_SIZE];
        memcpy(at, key.data, sizeof at);
        target_record_read(value, &r, NULL);
        int pair = oracle_pair_of(sim, txn, at);
        if (pair == WORLD_NONE) continue;
        look_at(sim, (uint32_t)pair, &r);
        look_at_wanted(sim, txn, (uint32_t)pair, at, &r);
    }
    store_cursor_close(cursor);
    store_abort(txn);
}

static void again(void *ctx)
{
    struct sim *sim = ctx;
    if (sim->failed || sim->phase == SIM_SILENT) return;
    look(sim);
    loop_after(&sim->loop, SECOND_US, again, sim);
}

void oracle_belief_begin(struct sim *sim)
{
    bool wanted = sim->plan.focus == FOCUS_CAPPED || sim->plan.focus == FOCUS_SMALL;
    if (!wanted || !sim->plan.orders.import || sim->plan.foreign_ms || sim->plan.lies.kinds ||
        sim->plan.step_ms || sim->plan.crash_ms)
        return;
    sim->beliefs = mem_array(world_pairs(&sim->world), sizeof *sim->beliefs);
    loop_after(&sim->loop, SECOND_US, again, sim);
}

void oracle_belief_end(struct sim *sim)
{
    mem_free(sim->beliefs);
}
