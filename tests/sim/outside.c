/* The seller's other program: it takes what was sold at accounts whose orders it nets. */
#include "outside.h"

#include "base/mem.h"
#include "buyers.h"
#include "daemon.h"
#include "script.h"
#include "script_op.h"

struct sale {
    struct sim *sim;
    uint32_t remote;
    struct market_piece piece;
};

bool outside_is(const struct sim *sim, uint32_t account)
{
    return sim->plan.orders.outside >> account & 1;
}

/* From the first warehouse that feeds the place and where somebody counted. */
static void take(void *ctx)
{
    struct sale *sale = ctx;
    struct sim *sim = sale->sim;
    const struct truth *t = &sim->truth;
    enum { AGAIN_US = 5000000 };
    if (!daemon_is_up(sim->daemon) && !sim->failed) {
        loop_after(&sim->loop, AGAIN_US, take, sale);
        return;
    }
    uint32_t l = 0;
    while (l < sim->world.local_count &&
           !(t->link[sale->remote][l] && t->counted[sale->piece.product][l]))
        l++;
    if (l < sim->world.local_count && !sim->failed)
        script_sold(sim->script, sale->piece.product, l, sale->piece.quantity, &sim->outside);
    mem_free(sale);
}

void outside_sold(struct sim *sim, const struct market_order *order)
{
    enum { LATEST_MS = 60000 };
    tally_count(&sim->tally, "order that somebody else nets");
    for (uint32_t i = 0; i < order->line_count; i++) {
        struct sale *sale = mem_alloc(sizeof *sale);
        *sale = (struct sale){sim, order->remote, order->lines[i]};
        sim->sold_outside[world_pair(&sim->world, order->remote, order->lines[i].product)] +=
            order->lines[i].quantity;
        loop_after(&sim->loop, 1000 * (int64_t)random_below(&sim->outside, LATEST_MS), take, sale);
    }
}

bool outside_clash(const struct op *op, const struct truth *t)
{
    const struct sim *sim = op->sim;
    bool clash = false;
    for (uint32_t r = 0; r < sim->world.remote_count; r++)
        clash |=
            t->link[r][op->local] && outside_is(sim, sim->world.remote_account[r]) !=
                                         outside_is(sim, sim->world.remote_account[op->remote]);
    return clash;
}

int64_t outside_fewer(const struct sim *sim, uint32_t pair)
{
    return sim->sold_outside[pair];
}
