/* Accounts that are paused and go on, and what is asked for to be sent again. */
#include "op_theme.h"
#include "oracle.h"

/* ---- requeue */

/* Whether it asks for what was taken already to be sent again. */
static bool forces(const struct op *op)
{
    return op->secret || op->amount % 2;
}

static enum command_kind write_requeue(const struct op *op, struct store_txn *txn, struct buf *out)
{
    enum { LIMIT = 4096 };
    struct bytes value;
    struct requeue requeue = {.limit = LIMIT, .force = forces(op)};
    if (store_get(txn, TABLE_PRODUCT_SKU, op_sku(op), &value) == ST_OK)
        requeue.product = bytes_get_u64(value.data);
    command_requeue(out, &requeue);
    return COMMAND_REQUEUE;
}

/* Whether the listing may be of the command's product; without that product it is about all. */
static bool may_show(const struct op *op, uint32_t account, uint32_t listing)
{
    const struct truth *truth = &op->sim->truth;
    for (uint32_t i = 0; i < op->sim->world.product_count; i++)
        if (truth->mapped_by_hand[account][i]) return true;
    return op->sim->ties_moved || listing == op->product || !truth->product[op->product];
}

static void tell_requeue(const struct op *op)
{
    const struct world *world = &op->sim->world;
    for (uint32_t pair = 0; pair < world_pairs(world) && !op->secret; pair++) {
        uint32_t account = world_pair_account(world, pair);
        if (!may_show(op, account, pair % world->product_count)) continue;
        oracle_requeued(op->sim->oracle, pair);
        if (forces(op)) oracle_forced(op->sim->oracle, pair);
    }
}

const struct op_theme op_requeue = {
    .name = "requeue", .write = write_requeue, .happened = tell_requeue};

/* ---- pause, resume */

static enum command_kind write_switch(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    command_account_switch(out, op_account(op),
                           op->kind == OP_PAUSE ? ACCOUNT_PAUSE : ACCOUNT_RESUME, "", "");
    return COMMAND_ACCOUNT_SWITCH;
}

static void tell_resumed(const struct op *op)
{
    oracle_resumed(op->sim->oracle, op->account);
}

static void record_paused(struct op *op, struct truth *t)
{
    t->paused[op->account] = op->kind == OP_PAUSE;
}

const struct op_theme op_pause = {.name = "pause", .write = write_switch, .record = record_paused};
const struct op_theme op_resume = {
    .name = "resume", .write = write_switch, .happened = tell_resumed, .record = record_paused};
