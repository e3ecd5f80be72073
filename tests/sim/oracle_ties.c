/* The store's ties and the parts of its lines, held against the record of ties. */
#include "oracle_ties.h"

#include "oracle_store.h"
#include "script.h"
#include "ties.h"

#include <stdio.h>

static const char *sku_of(const struct sim *sim, int product)
{
    return product == WORLD_NONE ? "nothing" : sim->world.skus[product];
}

bool oracle_tie_differs(struct sim *sim, struct store_txn *txn, uint32_t account, uint32_t listing,
                        char *why, size_t size)
{
    int is = oracle_mapped_product(sim, txn, account, listing);
    int should = ties_product(&sim->truth, account, listing);
    if (is == should) return false;
    /* A list of cards that lied leaves them out until the next one, which is a day away. */
    bool unread = sim->lied_cards[account] && !oracle_knows_listing(sim, txn, account, listing);
    if (is == WORLD_NONE && (unread || ties_may_wait(&sim->truth, &sim->world, account, listing)))
        return false;
    snprintf(why, size, "listing %s of %s is tied to %s and belongs to %s",
             sim->world.skus[listing], sim->world.accounts[account].name, sku_of(sim, is),
             sku_of(sim, should));
    return true;
}

void oracle_tie_selected(struct sim *sim, struct store_txn *txn, uint32_t pair, uint64_t product)
{
    uint32_t account = world_pair_account(&sim->world, pair);
    uint32_t listing = pair % sim->world.product_count;
    if (!script_idle(sim->script)) return; /* a command has run, perhaps, that is not recorded */
    int is = oracle_product_of(sim, txn, product);
    int should = ties_product(&sim->truth, account, listing);
    if (is != should)
        sim_fail(sim, "I14", sim_topic(pair), "a figure of %s is selected, and it belongs to %s",
                 sku_of(sim, is), sku_of(sim, should));
}

/* The warehouse feeds the place, or did so after the order was placed. */
static bool was_linked(const struct sim *sim, uint32_t remote, uint32_t local, int64_t since_ms)
{
    const struct truth *t = &sim->truth;
    return local < sim->world.local_count &&
           (t->link[remote][local] || t->unlinked_ms[remote][local] >= since_ms);
}

const char *oracle_parts_wrong(struct sim *sim, struct store_txn *txn, uint32_t account,
                               const struct market_line *line, const struct order_view *row)
{
    uint32_t remote = (uint32_t)line->pair / sim->world.product_count;
    uint32_t listing = (uint32_t)line->pair % sim->world.product_count;
    if (!script_idle(sim->script)) return NULL; /* as above */
    for (uint32_t i = 0; i < row->part_count; i++) {
        const struct order_part *part = &row->parts[i];
        if (part->reserved == 0 && part->shipped == 0) continue;
        int product = oracle_product_of(sim, txn, part->product);
        if (product == WORLD_NONE ||
            !ties_was(&sim->truth, account, listing, (uint32_t)product, line->placed_ms))
            return "takes pieces of a product that its listing does not belong to";
        if (!was_linked(sim, remote, part->warehouse - 1, line->placed_ms))
            return "takes pieces from a warehouse that does not feed its place";
    }
    return NULL;
}
