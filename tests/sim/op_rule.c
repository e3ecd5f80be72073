/* What is said of products: rules of their figures. */
#include "op_theme.h"

#include "engine/record_rule.h"

#include <stdio.h>
#include <string.h>

/* Of a focus: everywhere, and few enough that what is wanted stays the same whatever is sold. */
static void draw_cap(struct op *op, struct random *random)
{
    enum { LEAST_CAP = 2, CAPS = 6, MORE = 20 };
    op->rule.given = 1u << RULE_CAP;
    op->rule.fields[RULE_CAP] = LEAST_CAP + (int64_t)random_below(random, CAPS);
    if (op->sim->plan.seed % 2) op->rule.fields[RULE_CAP] += MORE; /* does not sell out */
}

/* A least figure is never drawn above a largest: what contradicts itself is refused, and unit tests
 * say so. */
static void draw_rule(struct op *op, struct random *random)
{
    enum { LEAST_CAP = 6, MOST_CAP = 60, MOST_MIN = 5, MOST_BUFFER = 6, MOST_PACK = 4 };
    struct truth_rule *r = &op->rule;
    if (op->sim->plan.focus == FOCUS_CAPPED || op->sim->plan.focus == FOCUS_READ) {
        draw_cap(op, random);
        return;
    }
    bool everywhere = random_below(random, 2) != 0;
    op->scope = everywhere ? 0 : op->account + 1;
    op->replace = random_below(random, 3) == 0;
    if (random_below(random, 2)) r->mode = (uint8_t)random_below(random, RULE_MODES);
    static const enum rule_field fields[] = {RULE_BUFFER, RULE_CAP, RULE_MIN, RULE_PACK};
    for (int i = 0; i < RULE_FIELDS; i++)
        if (random_below(random, 3) == 0) r->given |= (uint16_t)(1u << fields[i]);
    r->fields[RULE_BUFFER] = (int64_t)random_below(random, MOST_BUFFER + 1);
    r->fields[RULE_CAP] = LEAST_CAP + (int64_t)random_below(random, MOST_CAP);
    r->fields[RULE_MIN] = (int64_t)random_below(random, MOST_MIN + 1);
    r->fields[RULE_PACK] = 1 + (int64_t)random_below(random, MOST_PACK);
    for (int i = 0; i < RULE_FIELDS; i++)
        if (!(r->given & 1u << i)) r->fields[i] = 0;
}

static enum command_kind write_rule(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    op->sim->packs |= op->rule.given & 1u << RULE_PACK ? 1u << op->rule.fields[RULE_PACK] : 0;
    struct rule_change change = {.sku = op_sku(op),
                                 .account = bytes_of("", 0),
                                 .replace = op->replace,
                                 .rule = {.mode = op->rule.mode, .given = op->rule.given}};
    if (op->scope) change.account = bytes_text(op->sim->world.accounts[op->scope - 1].name);
    memcpy(change.rule.fields, op->rule.fields, sizeof change.rule.fields);
    command_rule_set(out, &change, 1);
    return COMMAND_RULE_SET;
}

static enum op_expected expect_rule(const struct op *op, const struct truth *t)
{
    return t->product[op->product] ? OP_TAKEN : OP_REFUSED;
}

static void record_rule(struct op *op, struct truth *t)
{
    struct truth_rule *r = &t->rules[op->product][op->scope];
    if (!t->product[op->product] || op->sim->plan.mutation == MUTATION_LOST_RULE) return;
    struct truth_past *past = past_new(op, t);
    struct truth_rule before = *r;
    if (op->replace) *r = (struct truth_rule){0};
    if (op->rule.mode) r->mode = op->rule.mode;
    for (int i = 0; i < RULE_FIELDS; i++)
        if (op->rule.given & 1u << i) r->fields[i] = op->rule.fields[i];
    r->given |= op->rule.given;
    if (!past) return;
    past->product = t->incarnation[op->product];
    past->account = op->scope;
    past->rule = before;
    past->rule_after = *r;
}

static void tell_rule(const struct op *op, char *out, size_t size)
{
    const int64_t *f = op->rule.fields;
    snprintf(out, size, " scope=%u %s mode=%s given=%#x %lld/%lld/%lld/%lld", op->scope,
             op->replace ? "replace" : "", rule_mode_name((enum rule_mode)op->rule.mode),
             op->rule.given, (long long)f[0], (long long)f[1], (long long)f[2], (long long)f[3]);
}

const struct op_theme op_rule = {.name = "rule",
                                 .text = tell_rule,
                                 .draw = draw_rule,
                                 .write = write_rule,
                                 .expected = expect_rule,
                                 .record = record_rule,
                                 .arranges = true};
