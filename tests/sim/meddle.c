/* Drawing what is meddled with, and undoing it. */
#include "meddle.h"

#include "chaos.h"
#include "engine/drift.h"
#include "oracle.h"
#include "oversold.h"

static const char *const names[MEDDLE_KINDS] = {
    [MEDDLE_VANISH] = "vanishes",
    [MEDDLE_RETURN] = "is back",
    [MEDDLE_RENAME] = "has another SKU",
    [MEDDLE_NAME_BACK] = "has its SKU again",
    [MEDDLE_BARCODE] = "has another barcode",
    [MEDDLE_END] = "is ended by hand",
    [MEDDLE_ACTIVATE] = "is put back by hand",
};

/* Each is undone by the next one; the others are left as they are. */
static bool is_done(enum meddling what)
{
    return what == MEDDLE_VANISH || what == MEDDLE_RENAME;
}

static void tell_pairs(struct sim *sim, uint32_t account, uint32_t product, enum meddling what)
{
    const struct world_account *of = &sim->world.accounts[account];
    for (uint32_t r = of->remote_first; r < of->remote_first + of->remote_count; r++) {
        uint32_t pair = world_pair(&sim->world, r, product);
        char name[128];
        sim_say(sim, sim_topic(pair), "  %s %s", world_pair_name(&sim->world, pair, name),
                names[what]);
        oversold_shown(sim->oversold, pair, OVERSOLD_OTHER);
        oracle_shown(sim->oracle, pair);
        if (what != MEDDLE_END && what != MEDDLE_ACTIVATE) oracle_renewed(sim->oracle, pair);
    }
}

static bool try(struct sim *sim, uint32_t account, uint32_t product, enum meddling what)
{
    const struct sim_market *market = sim->world.accounts[account].market;
    if (!market->meddle ||
        !market->meddle(&sim->world, account, product, what, loop_true_ms(&sim->loop)))
        return false;
    uint8_t *done = &sim->meddled[sim->world.accounts[account].seller][product];
    if (is_done(what)) *done |= (uint8_t)(1u << what);
    if (what == MEDDLE_VANISH) *done |= 1u << MEDDLE_KINDS; /* for good: it was away once */
    if (what > 0 && is_done(what - 1)) *done &= (uint8_t) ~(1u << (what - 1));
    tally_count(&sim->tally, names[what]);
    tell_pairs(sim, account, product, what);
    return true;
}

static void meddle_remote(struct sim *sim)
{
    uint32_t remote = (uint32_t)random_below(&sim->chaos, sim->world.remote_count);
    const struct sim_market *market = sim->world.accounts[sim->world.remote_account[remote]].market;
    bool rename = random_below(&sim->chaos, 2);
    if (rename && market->rename) {
        market->rename(&sim->world, remote, (uint32_t)random_below(&sim->chaos, 1000));
        tally_count(&sim->tally, "warehouse renamed");
        sim_say(sim, 0, "remote warehouse %s has another name", sim->world.remote_ids[remote]);
    }
    if (rename || !market->open) return;
    chaos_set_remote(sim, remote, random_below(&sim->chaos, 2));
}

void meddle_with(struct sim *sim, uint32_t account, uint32_t product, enum meddling what)
{
    enum { OF_A_PLACE = DRIFT_REPAIRS_MAX - 1 };
    uint32_t pair = world_pair(&sim->world, sim->world.accounts[account].remote_first, product);
    bool moves = what == MEDDLE_END || what == MEDDLE_ACTIVATE;
    if (moves && sim->foreign[pair] >= OF_A_PLACE) return;
    if (try(sim, account, product, what) && moves) sim->foreign[pair]++;
}

void meddle(struct sim *sim)
{
    uint32_t account = (uint32_t)random_below(&sim->chaos, sim->world.account_count);
    uint32_t product = (uint32_t)random_below(&sim->chaos, sim->world.product_count);
    uint32_t what = (uint32_t)random_below(&sim->chaos, MEDDLE_KINDS + 2);
    if (what >= MEDDLE_KINDS) {
        meddle_remote(sim);
        return;
    }
    uint8_t done = sim->meddled[sim->world.accounts[account].seller][product];
    /* What is done is undone sooner or later, and not done twice. */
    for (uint32_t kind = 0; kind < MEDDLE_KINDS; kind++)
        if (done & 1u << kind) what = kind + 1;
    meddle_with(sim, account, product, (enum meddling)what);
}

void meddle_end(struct sim *sim)
{
    for (uint32_t s = 0; s < sim->world.seller_count; s++)
        for (uint32_t p = 0; p < sim->world.product_count; p++)
            for (uint32_t kind = 0; kind < MEDDLE_KINDS; kind++)
                if (sim->meddled[s][p] & 1u << kind)
                    try(sim, sim->world.seller_account[s], p, (enum meddling)(kind + 1));
}
