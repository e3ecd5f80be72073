/* Drawing orders and what happens to them. */
#include "buyers.h"

#include "oracle.h"

#include <stdio.h>
#include <string.h>

enum {
    ORDERS_MOST = 260, /* of a seller: each of them is looked at again and again */
    PIECES_MOST = 4,
    LATE_MUTATED_MS = 40 * 60000, /* beyond what a drain reads again */
};

static uint32_t below(struct sim *sim, uint32_t limit)
{
    return (uint32_t)random_below(&sim->buyers, limit);
}

int buyers_pair(const struct sim *sim, const struct ozon_seller *seller,
                const struct ozon_posting *posting, size_t line)
{
    const char *sku = seller->products[posting->lines[line].product].offer_id;
    int remote = world_remote_by_id(&sim->world, seller->warehouses[posting->warehouse].id);
    int product = world_product_by_sku(&sim->world, sku, strlen(sku));
    if (remote == WORLD_NONE || product == WORLD_NONE) return WORLD_NONE;
    return (int)world_pair(&sim->world, (uint32_t)remote, (uint32_t)product);
}

void buyers_key(const struct ozon_seller *seller, const struct ozon_posting *posting, size_t line,
                char key[64])
{
    snprintf(key, 64, "%s/%lld", posting->number,
             (long long)seller->products[posting->lines[line].product].sku);
}

static void tell(struct sim *sim, const struct ozon_seller *seller,
                 const struct ozon_posting *posting, const char *what)
{
    for (size_t i = 0; i < posting->line_count; i++) {
        int pair = buyers_pair(sim, seller, posting, i);
        char name[64];
        if (pair == WORLD_NONE) continue;
        sim_say(sim, sim_topic((uint32_t)pair), "  order %s %s: %d of %s, which shows %lld",
                posting->number, what, (int)posting->lines[i].quantity,
                world_pair_name(&sim->world, (uint32_t)pair, name),
                (long long)world_shown(&sim->world, (uint32_t)pair));
        oracle_shown(sim->oracle, (uint32_t)pair);
    }
}

static struct ozon_posting *last_made(struct ozon_seller *seller)
{
    for (size_t i = seller->posting_count; i > 0; i--)
        if (seller->postings[i - 1].id == seller->postings_made) return &seller->postings[i - 1];
    return NULL;
}

/* ---- ordering */

static uint32_t draw_lines(struct sim *sim, uint32_t remote, struct ozon_order_line *lines)
{
    const struct world *world = &sim->world;
    enum { LOOKS = 12 };
    uint32_t count = 0, wanted = 1 + below(sim, below(sim, 3) ? 1 : 3);
    for (int i = 0; i < LOOKS && count < wanted; i++) {
        uint32_t product = below(sim, world->product_count);
        int64_t shown = world_shown(world, world_pair(world, remote, product));
        bool again = false;
        for (uint32_t k = 0; k < count; k++)
            again |= strcmp(lines[k].offer_id, world->skus[product]) == 0;
        if (again || shown <= 0) continue;
        uint32_t most = shown < PIECES_MOST ? (uint32_t)shown : PIECES_MOST;
        lines[count++] =
            (struct ozon_order_line){world->skus[product], 1 + (int32_t)below(sim, most)};
    }
    return count;
}

void buyers_order(struct sim *sim)
{
    const struct plan_orders *plan = &sim->plan.orders;
    uint32_t remote = below(sim, sim->world.remote_count);
    struct ozon_seller *seller =
        sim->world.sellers[sim->world.accounts[sim->world.remote_account[remote]].seller];
    struct ozon_order_line lines[TRUTH_LINES_MAX];
    uint32_t count = draw_lines(sim, remote, lines);
    bool oversell = sim_chance(&sim->buyers, plan->oversell);
    if (count == 0 || seller->posting_count >= ORDERS_MOST) return;
    if (oversell) lines[0].quantity += 3;
    int64_t late = plan->visible_ms && below(sim, 4) == 0
                       ? (int64_t)random_below(&sim->buyers, (uint64_t)plan->visible_ms)
                       : 0;
    if (sim->plan.mutation == MUTATION_LATE_ORDERS) late = LATE_MUTATED_MS;
    const struct ozon_order_spec spec = {.warehouse_id = sim->world.remote_ids[remote],
                                         .lines = lines,
                                         .line_count = count,
                                         .oversell = oversell,
                                         .visible_after_ms = late};
    char number[64];
    if (ozon_order_place(sim->world.ozon, seller, &spec, loop_true_ms(&sim->loop), number,
                         sizeof number))
        tell(sim, seller, last_made(seller), late ? "is placed, and not shown yet" : "is placed");
}

/* ---- and on */

static const char *const step_names[] = {"is packed", "is handed over", "is delivered",
                                         "is cancelled", "goes back"};

static enum ozon_posting_step draw_step(struct sim *sim, const struct ozon_posting *posting)
{
    if (sim_chance(&sim->buyers, sim->plan.orders.cancel)) return OZON_CANCEL;
    switch (posting->status) {
    case STATUS_AWAITING_PACKAGING: return below(sim, 4) ? OZON_PACK : OZON_SHIP;
    case STATUS_AWAITING_DELIVER: return OZON_SHIP;
    case STATUS_DELIVERING: return below(sim, 4) ? OZON_DELIVER : OZON_RETURN;
    default: return OZON_RETURN;
    }
}

static bool is_over(struct sim *sim, const struct ozon_posting *posting)
{
    bool delivered = posting->status == STATUS_DELIVERED;
    return posting->status >= STATUS_CANCELLED || posting->returned || (delivered && below(sim, 8));
}

/* Mutation: cancelled, and no reading by what has changed will ever tell. */
static bool cancel_silently(struct sim *sim, struct ozon_posting *posting)
{
    if (sim->plan.mutation != MUTATION_SILENT_CANCEL || below(sim, 8)) return false;
    if (posting->status > STATUS_AWAITING_DELIVER) return false;
    posting->status = STATUS_CANCELLED;
    posting->changed_ms -= INT64_C(400) * 86400000;
    return true;
}

void buyers_go_on(struct sim *sim)
{
    enum { LOOKS = 6 };
    const struct plan_orders *plan = &sim->plan.orders;
    struct ozon_seller *seller = sim->world.sellers[below(sim, sim->world.seller_count)];
    struct ozon_posting *posting = NULL;
    int64_t now_ms = loop_true_ms(&sim->loop);
    for (int i = 0; i < LOOKS && seller->posting_count && !posting; i++) {
        posting = &seller->postings[below(sim, (uint32_t)seller->posting_count)];
        if (is_over(sim, posting)) posting = NULL;
    }
    if (!posting || cancel_silently(sim, posting)) return;
    char number[40];
    snprintf(number, sizeof number, "%s", posting->number);
    if (sim_chance(&sim->buyers, plan->split) && seller->posting_count < ORDERS_MOST &&
        ozon_order_split(sim->world.ozon, seller, number, plan->keep_parent, now_ms)) {
        sim_say(sim, 0, "order %s is split", number);
        return;
    }
    enum ozon_posting_step step = draw_step(sim, posting);
    if (ozon_order_step(sim->world.ozon, seller, number, step, now_ms))
        tell(sim, seller, posting, step_names[step]);
}

void buyers_dark(struct sim *sim)
{
    int64_t ms = 1 + (int64_t)random_below(&sim->buyers, (uint64_t)sim->plan.orders.dark_most_ms);
    sim->dark_until_us = sim->loop.now_us + ms * 1000;
    sim_say(sim, 0, "the list of orders fails for %lld ms", (long long)ms);
}
