/* What targets' rows say is shown, against what is. */
#include "oracle_belief.h"

#include "base/mem.h"
#include "daemon.h"
#include "oracle_orders.h"
#include "oracle_targets.h"

enum {
    LOOKS = 5, /* in a row: what was just told is on its way through the process */
    SECOND_US = 1000000,
};

struct belief {
    struct wrong {
        bool is; /* something else is shown than is believed to be */
        int64_t shown, believed;
    } wrong;
    uint8_t looks;
    uint8_t late; /* ... at which what is wanted was not what the stock makes of it */
};

struct beliefs {
    struct sim *sim;
    struct oracle_targets *targets;
    struct belief *pairs;
    bool wrong; /* any of them */
};

/* The figure counts as shown, and nothing is to be done about it. */
static bool rests(const struct target_record *r)
{
    const uint32_t busy = TARGET_OPEN | TARGET_UNRESOLVED | TARGET_ASKED | TARGET_FORCED;
    return r->flags & TARGET_ACKED && r->flags & TARGET_WANTED && !(r->flags & busy) && !r->hold &&
           r->acked_value == r->wanted_value;
}

static void look_at_shown(struct beliefs *of, uint32_t pair, const struct target_record *r)
{
    const struct world *world = &of->sim->world;
    struct wrong *wrong = &of->pairs[pair].wrong;
    if (!rests(r)) return;
    int64_t shown = world_shown(world, pair);
    /* What Allegro ended when it was sold out is known to be by the next list of offers alone. */
    bool ended = shown == 0 && world_account_of(world, pair)->kind == MARKET_ALLEGRO;
    *wrong = (struct wrong){shown != r->acked_value && !ended, shown, r->acked_value};
    of->wrong |= wrong->is;
}

/* A change of the stock is one of what is wanted, in the same transaction (I6). */
static void look_at_wanted(struct beliefs *of, const struct oracle_target *target)
{
    struct belief *b = &of->pairs[target->pair];
    const struct target_record *r = &target->record;
    bool late = r->flags & TARGET_WANTED && target->wanted.kind == TRUTH_FIGURE &&
                r->wanted_value != target->wanted.figure;
    b->late = late ? (uint8_t)(b->late + 1) : 0;
    if (b->late < LOOKS) return;
    char name[128];
    sim_fail(of->sim, "I6", sim_topic(target->pair),
             "%lld is wanted at %s, but the store's stock makes %lld", (long long)r->wanted_value,
             world_pair_name(&of->sim->world, target->pair, name),
             (long long)target->wanted.figure);
}

static bool look_at(void *ctx, const struct oracle_target *target)
{
    struct beliefs *of = ctx;
    look_at_shown(of, target->pair, &target->record);
    look_at_wanted(of, target);
    return true; /* what is shown may change at any time */
}

/* A line that is not known as it is may be what moved its pair. */
static void excuse_lines(struct beliefs *of, struct store_txn *txn, uint32_t account)
{
    struct sim *sim = of->sim;
    const struct sim_market *market = sim->world.accounts[account].market;
    for (size_t i = 0; i < market->order_count(&sim->world, account); i++)
        for (size_t k = 0; k < market->line_count(&sim->world, account, i); k++) {
            struct market_line line;
            market->line(&sim->world, account, i, k, &line);
            if (line.pair != WORLD_NONE && of->pairs[line.pair].wrong.is &&
                oracle_line_wrong(sim, txn, account, &line, k))
                of->pairs[line.pair].wrong.is = false;
        }
}

static void judge(struct beliefs *of, uint32_t pair)
{
    struct belief *b = &of->pairs[pair];
    b->looks = b->wrong.is ? (uint8_t)(b->looks + 1) : 0;
    if (b->looks < LOOKS) return;
    char name[128];
    sim_fail(of->sim, "I14", sim_topic(pair),
             "%s shows %lld and counts as showing %lld, although all its orders are known",
             world_pair_name(&of->sim->world, pair, name), (long long)b->wrong.shown,
             (long long)b->wrong.believed);
}

static void look(struct beliefs *of)
{
    struct sim *sim = of->sim;
    struct store_txn *txn;
    if (!daemon_is_up(sim->daemon) || store_begin(sim->store, STORE_READ, &txn, NULL) != ST_OK)
        return;
    of->wrong = false;
    for (uint32_t pair = 0; pair < world_pairs(&sim->world); pair++)
        of->pairs[pair].wrong.is = false;
    oracle_targets_look(of->targets, txn, look_at, of);
    for (uint32_t i = 0; i < sim->world.account_count && of->wrong; i++)
        excuse_lines(of, txn, i);
    store_abort(txn);
    for (uint32_t pair = 0; pair < world_pairs(&sim->world); pair++)
        judge(of, pair);
}

static void again(void *ctx)
{
    struct beliefs *of = ctx;
    if (of->sim->failed || of->sim->phase == SIM_SILENT) return;
    look(of);
    loop_after(&of->sim->loop, SECOND_US, again, of);
}

void oracle_belief_begin(struct sim *sim)
{
    enum focus focus = sim->plan.focus;
    bool wanted = focus == FOCUS_CAPPED || focus == FOCUS_SMALL ? sim->plan.orders.import
                                                                : focus == FOCUS_PASSED;
    if (!wanted || sim->plan.foreign_ms || sim->plan.lies.kinds || sim->plan.step_ms ||
        sim->plan.crash_ms)
        return;
    sim->beliefs = mem_alloc(sizeof *sim->beliefs);
    sim->beliefs->sim = sim;
    sim->beliefs->targets = oracle_targets_new(sim);
    sim->beliefs->pairs = mem_array(world_pairs(&sim->world), sizeof *sim->beliefs->pairs);
    loop_after(&sim->loop, SECOND_US, again, sim->beliefs);
}

void oracle_belief_end(struct sim *sim)
{
    if (!sim->beliefs) return;
    oracle_targets_free(sim->beliefs->targets);
    mem_free(sim->beliefs->pairs);
    mem_free(sim->beliefs);
}
