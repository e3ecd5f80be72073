/* Drawing orders and what happens to them. */
#include "buyers.h"

#include "oracle.h"
#include "oracle_counts.h"
#include "outside.h"
#include "oversold.h"

#include <stdio.h>
#include <string.h>

enum {
    PIECES_MOST = 4,
    LATE_MUTATED_MS = 40 * 60000, /* beyond what a drain reads again */
};

static uint32_t below(struct sim *sim, uint32_t limit)
{
    return (uint32_t)random_below(&sim->buyers, limit);
}

void buyers_say(struct sim *sim, uint32_t pair, const char *order, const char *what,
                int64_t quantity)
{
    char name[128];
    sim_say(sim, sim_topic(pair), "  order %s %s: %d of %s, which shows %lld", order, what,
            (int)quantity, world_pair_name(&sim->world, pair, name),
            (long long)world_shown(&sim->world, pair));
}

void buyers_tell(struct sim *sim, uint32_t pair, const char *order, const char *what,
                 int64_t quantity)
{
    buyers_say(sim, pair, order, what, quantity);
    oracle_shown(sim->oracle, pair);
}

static void draw_lines(struct sim *sim, struct market_order *order)
{
    const struct world *world = &sim->world;
    enum { LOOKS = 12 };
    bool stale = sim->plan.focus == FOCUS_SOLD_OUT; /* their page shows what is sold by now */
    uint32_t wanted = 1 + below(sim, below(sim, 3) ? 1 : 3);
    for (int i = 0; i < LOOKS && order->line_count < wanted; i++) {
        uint32_t product = below(sim, world->product_count);
        int64_t shown = world_shown(world, world_pair(world, order->remote, product));
        bool again = false;
        for (uint32_t k = 0; k < order->line_count; k++)
            again |= order->lines[k].product == product;
        if (again || (shown <= 0 && !stale)) continue;
        if (shown <= 0) shown = 1;
        uint32_t most = shown < PIECES_MOST ? (uint32_t)shown : PIECES_MOST;
        order->lines[order->line_count++] =
            (struct market_piece){product, 1 + (int32_t)below(sim, most)};
    }
}

void buyers_order(struct sim *sim)
{
    const struct plan_orders *plan = &sim->plan.orders;
    struct market_order order = {.remote = below(sim, sim->world.remote_count)};
    uint32_t account = sim->world.remote_account[order.remote];
    const struct sim_market *market = sim->world.accounts[account].market;
    draw_lines(sim, &order);
    order.oversell = sim_chance(&sim->buyers, plan->oversell);
    if (order.line_count == 0 || market->order_count(&sim->world, account) >= BUYERS_ORDERS_MOST)
        return;
    if (order.oversell) order.lines[0].quantity += 3;
    order.late_ms = plan->visible_ms && below(sim, 4) == 0
                        ? (int64_t)random_below(&sim->buyers, (uint64_t)plan->visible_ms)
                        : 0;
    if (sim->plan.mutation == MUTATION_LATE_ORDERS) order.late_ms = LATE_MUTATED_MS;
    tally_count(&sim->tally, "order");
    if (order.line_count > 1) tally_count(&sim->tally, "order of several lines");
    if (order.late_ms) tally_count(&sim->tally, "order shown late");
    if (order.oversell) tally_count(&sim->tally, "order beyond what is shown");
    oracle_time_passes(sim->oracle);
    if (outside_is(sim, account)) {
        market->place(sim, account, &order);
        outside_sold(sim, &order);
        return;
    }
    oversold_before(sim->oversold, &order);
    market->place(sim, account, &order);
    oracle_counts_look(sim, account);
    oversold_after(sim->oversold, account, &order);
}

void buyers_go_on(struct sim *sim)
{
    uint32_t account = sim->world.seller_account[below(sim, sim->world.seller_count)];
    if (outside_is(sim, account)) return;
    tally_count(&sim->tally, "step of an order");
    oracle_time_passes(sim->oracle);
    sim->world.accounts[account].market->go_on(sim, account);
    oracle_counts_look(sim, account);
    oversold_moved(sim->oversold, account);
}

void buyers_dark(struct sim *sim)
{
    int64_t ms = 1 + (int64_t)random_below(&sim->buyers, (uint64_t)sim->plan.orders.dark_most_ms);
    sim->dark_until_us = sim->loop.now_us + ms * 1000;
    tally_count(&sim->tally, "list of orders fails");
    sim_say(sim, 0, "the list of orders fails for %lld ms", (long long)ms);
}
