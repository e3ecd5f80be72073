/* Pieces kept back for what sold lately (`--days`): rules of velocity, and what the record makes of
 * the sales of the last days. What was sold stops counting by itself, so a figure changes although
 * nobody does anything (I6). */
#include "base/mem.h"
#include "op_theme.h"

#include "engine/record_rule.h"

#include <stdio.h>

enum { DAY_MS = 24 * 3600000, MOST_DAYS = 2, QUARTERS = 8, QUARTER = 250000 };

static void draw(struct op *op, struct random *random)
{
    bool everywhere = random_below(random, 2) != 0;
    op->scope = everywhere ? 0 : op->account + 1;
    op->rule.days = 1 + (uint32_t)random_below(random, MOST_DAYS);
    op->rule.factor = QUARTER * (uint32_t)random_below(random, QUARTERS + 1);
}

static enum command_kind write(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    const struct world *world = &op->sim->world;
    struct rule_change change = {.sku = bytes_text(world->skus[op->product]),
                                 .account = bytes_of("", 0),
                                 .rule = {.days = op->rule.days, .factor = op->rule.factor}};
    if (op->scope) change.account = bytes_text(world->accounts[op->scope - 1].name);
    command_rule_set(out, &change, 1);
    return COMMAND_RULE_SET;
}

static enum op_expected expect(const struct op *op, const struct truth *t)
{
    return t->product[op->product] ? OP_TAKEN : OP_REFUSED;
}

static void record(struct op *op, struct truth *t)
{
    struct truth_rule *r = &t->rules[op->product][op->scope];
    if (!t->product[op->product] || op->sim->plan.mutation == MUTATION_LOST_RULE) return;
    r->days = op->rule.days;
    r->factor = op->rule.factor;
}

static void tell(const struct op *op, char *out, size_t size)
{
    snprintf(out, size, " scope=%u velocity=%ux%u/1000000", op->scope, op->rule.days,
             op->rule.factor);
}

const struct op_theme op_velocity = {.name = "velocity",
                                     .text = tell,
                                     .draw = draw,
                                     .write = write,
                                     .expected = expect,
                                     .record = record};

/* ---- what sold */

void truth_sold(struct truth *t, uint32_t product, uint32_t local, int64_t pieces, int64_t now_ms)
{
    if (t->sale_count == t->sale_room) {
        t->sale_room = t->sale_room ? t->sale_room * 2 : 64;
        t->sales = mem_resize(t->sales, t->sale_room * sizeof *t->sales);
    }
    t->sales[t->sale_count++] = (struct truth_sale){t->incarnation[product], local, pieces, now_ms};
}

int64_t truth_sold_since(const struct truth *t, uint32_t product, uint32_t local, int64_t now_ms,
                         uint32_t days)
{
    int64_t sum = 0;
    for (size_t i = 0; i < t->sale_count; i++) {
        const struct truth_sale *s = &t->sales[i];
        if (s->product == t->incarnation[product] && s->local == local &&
            s->time_ms > now_ms - days * (int64_t)DAY_MS)
            sum += s->pieces;
    }
    return sum > 0 ? sum : 0;
}
