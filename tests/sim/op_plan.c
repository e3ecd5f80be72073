/* What the guard held: kept with the command that it is, applied or dropped later. */
#include "op_theme.h"

#include "base/mem.h"
#include "engine/plan.h"
#include "oracle_guard.h"

/* Those that the operator was told of and that are still there, by the order they were held in. */
static struct op *find(const struct sim *sim, uint64_t plan)
{
    for (struct op *op = sim->held; op; op = op->next)
        if (plan && op->plan == plan) return op;
    return NULL;
}

static void take_out(struct sim *sim, struct op *op)
{
    struct op **at = &sim->held;
    while (*at != op)
        at = &(*at)->next;
    *at = op->next;
    op->next = NULL;
}

/* Freed when no command speaks of it any more. */
static void let_go(struct op *op)
{
    if (op && op->asked == 0 && op->over) op_free(op);
}

static void end(struct op *op)
{
    take_out(op->sim, op);
    op->over = true;
    let_go(op);
}

/* It names products by their numbers, and only those that there were. */
static void bind_rows(struct op *op)
{
    const struct truth *t = &op->sim->truth;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < op->bulk_count; i++) {
        if (!t->product[op->bulk[i].product]) continue;
        op->bulk[kept] = op->bulk[i];
        op->bulk[kept++].incarnation = t->incarnation[op->bulk[i].product];
    }
    op->bulk_count = kept;
}

void op_keep_held(struct op *op)
{
    bind_rows(op);
    struct op *same = find(op->sim, op->plan);
    if (same) end(same); /* the same once more */
    struct op **at = &op->sim->held;
    while (*at)
        at = &(*at)->next;
    op->next = NULL;
    *at = op;
}

void op_free_held(struct sim *sim)
{
    while (sim->held)
        end(sim->held);
}

void op_forget_held(struct op *op)
{
    if (!op->held) return;
    op->held->asked--;
    let_go(op->held);
    op->held = NULL;
}

/* What only its answer told is not known of a command that was held. */
static bool may_be_applied(const struct op *op)
{
    return op->kind != OP_RESERVE && op->kind != OP_UNDO && op->kind != OP_TAKE_BACK;
}

static void draw(struct op *op, struct random *random)
{
    uint64_t count = 0;
    for (const struct op *held = op->sim->held; held; held = held->next)
        count++;
    op->plan = 1 + random_below(random, UINT32_MAX);
    if (count == 0) return;
    uint64_t at = random_below(random, count);
    struct op *held = op->sim->held;
    while (at--)
        held = held->next;
    if (op->kind == OP_APPLY && !may_be_applied(held)) return;
    held->asked++;
    op->held = held;
    op->plan = held->plan;
}

static enum command_kind write(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    command_plan(out, op->plan);
    bool applies = op->kind == OP_APPLY || op->sim->plan.mutation == MUTATION_DROP_APPLIES;
    return applies ? COMMAND_PLAN_APPLY : COMMAND_PLAN_DROP;
}

/* One whose products were changed since is refused. */
static enum op_expected expect(const struct op *op, const struct truth *t)
{
    (void)t;
    if (!find(op->sim, op->plan)) return OP_REFUSED;
    return op->kind == OP_APPLY ? OP_EITHER : OP_TAKEN;
}

static void record(struct op *op, struct truth *t)
{
    struct op *there = find(op->sim, op->plan);
    if (op->kind == OP_APPLY && op->held) op_record(op->held, t);
    if (there) end(there);
}

const struct op_theme op_apply = {.name = "apply",
                                  .draw = draw,
                                  .write = write,
                                  .expected = expect,
                                  .record = record,
                                  .ties = true};
const struct op_theme op_drop = {
    .name = "drop", .draw = draw, .write = write, .expected = expect, .record = record};
