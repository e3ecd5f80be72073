/* What takes of the stock, and what comes back: reservations, returns, and whether orders are
 * imported at all. */
#include "op_theme.h"
#include "oracle.h"

#include <stdio.h>

/* ---- reserve, release */

static void draw_reserve(struct op *op, struct random *random)
{
    enum { MINUTE_MS = 60000, LONGEST_MINUTES = 90, MOST = 8 };
    int64_t now_ms = clock_wall_ms(&op->sim->loop.clock);
    op->amount = 1 + (int64_t)random_below(random, MOST);
    if (random_below(random, 3))
        op->until_ms = now_ms + (1 + (int64_t)random_below(random, LONGEST_MINUTES)) * MINUTE_MS;
}

/* Mutation: it is recorded as ending by itself. */
static enum command_kind write_reserve(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    bool ends = op->sim->plan.mutation != MUTATION_NO_EXPIRY;
    command_reserve(out, &(struct reserve){.sku = op_sku(op),
                                           .warehouse = op_local(op, op->local),
                                           .quantity = op->amount,
                                           .until_ms = ends ? op->until_ms : 0});
    return COMMAND_RESERVE;
}

static enum status take_number(struct op *op, struct store_txn *txn,
                               const struct command_result *result, struct error *error)
{
    (void)txn;
    (void)error;
    op->reservation = result->reservation;
    return ST_OK;
}

static enum op_expected expect_reserve(const struct op *op, const struct truth *t)
{
    (void)t;
    return op->available >= op->amount ? OP_TAKEN : OP_REFUSED;
}

static void record_reserve(struct op *op, struct truth *t)
{
    if (t->reservation_count == TRUTH_RESERVATIONS_MAX) return;
    t->reservations[t->reservation_count++] = (struct truth_reservation){.number = op->reservation,
                                                                         .product = op->product,
                                                                         .local = op->local,
                                                                         .quantity = op->amount,
                                                                         .until_ms = op->until_ms};
}

const struct op_theme op_reserve = {.name = "reserve",
                                    .draw = draw_reserve,
                                    .write = write_reserve,
                                    .look = op_look_available,
                                    .after = take_number,
                                    .expected = expect_reserve,
                                    .record = record_reserve};

static void draw_release(struct op *op, struct random *random)
{
    const struct truth *t = &op->sim->truth;
    if (t->reservation_count)
        op->reservation = t->reservations[random_below(random, t->reservation_count)].number;
}

static enum command_kind write_release(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    command_release(out, op->reservation);
    return COMMAND_RELEASE;
}

static void record_release(struct op *op, struct truth *t)
{
    for (uint32_t i = 0; i < t->reservation_count; i++)
        t->reservations[i].released |= t->reservations[i].number == op->reservation;
}

const struct op_theme op_release = {.name = "release",
                                    .draw = draw_release,
                                    .write = write_release,
                                    .expected = op_expect_either, /* it may have come to its end */
                                    .record = record_release};

/* ---- return */

/* A line whose pieces somebody has in hand again, or says so. */
static void draw_return(struct op *op, struct random *random)
{
    const struct world *world = &op->sim->world;
    op->seller = (uint32_t)random_below(random, world->seller_count);
    uint32_t of = world->seller_account[op->seller];
    const struct sim_market *market = world->accounts[of].market;
    struct market_line line;
    snprintf(op->line_key, sizeof op->line_key, "none");
    uint32_t orders = (uint32_t)market->order_count(world, of);
    if (orders == 0) return;
    uint32_t order = (uint32_t)random_below(random, orders);
    op->line = (uint32_t)random_below(random, market->line_count(world, of, order));
    market->line(world, of, order, op->line, &line);
    op->posting = (uint32_t)line.number;
    if (line.pair != WORLD_NONE) op->account = world_pair_account(world, (uint32_t)line.pair);
    snprintf(op->line_key, sizeof op->line_key, "%s", line.key);
}

static enum command_kind write_return(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    command_order_return(out, op_account(op), bytes_text(op->line_key));
    return COMMAND_ORDER_RETURN;
}

static void look_return(struct op *op, struct store_txn *txn)
{
    op->may_return = oracle_line_may_return(op->sim, txn, op->account, op->line_key);
    oracle_line_taken(op->sim, txn, op->account, op->line_key, &op->taken);
}

static enum op_expected expect_return(const struct op *op, const struct truth *t)
{
    (void)t;
    return op->may_return ? OP_TAKEN : OP_REFUSED;
}

static void record_return(struct op *op, struct truth *t)
{
    if (op->sim->plan.mutation != MUTATION_LOST_RETURN)
        t->returned[op->seller][op->posting][op->line] = true;
}

const struct op_theme op_return = {.name = "return",
                                   .draw = draw_return,
                                   .write = write_return,
                                   .look = look_return,
                                   .expected = expect_return,
                                   .record = record_return};

/* ---- switch */

static void draw_switch(struct op *op, struct random *random)
{
    (void)random;
    struct world_account *account = &op->sim->world.accounts[op->account];
    op->amount = account->orders_import = !account->orders_import;
}

static enum command_kind write_switch(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    const struct world_account *account = &op->sim->world.accounts[op->account];
    command_account_put(out, bytes_text(account->name), bytes_text(account->market->plugin),
                        op->amount);
    return COMMAND_ACCOUNT_PUT;
}

static void tell_switch(const struct op *op)
{
    oracle_orders_switched(op->sim->oracle, op->account);
}

/* Lines that were known may be taken up anew: what they make of an available figure is not told. */
static void record_switch(struct op *op, struct truth *t)
{
    t->imports[op->account] = op->amount;
    for (uint32_t p = 0; p < PLAN_PRODUCTS_MAX; p++)
        for (uint32_t l = 0; l < PLAN_LOCALS_MAX; l++)
            if (t->unsure[p][l].all || (t->count[p][l] && t->count[p][l]->available))
                truth_doubt(t, p, l, true, op_latest_ms(op));
}

const struct op_theme op_switch = {.name = "switch",
                                   .draw = draw_switch,
                                   .write = write_switch,
                                   .happened = tell_switch,
                                   .record = record_switch};
