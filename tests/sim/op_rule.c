/* What is said of products and of links: rules, shares, ties. */
#include "op_theme.h"
#include "outside.h"

#include "engine/record_rule.h"

#include <stdio.h>
#include <string.h>

static struct bytes sku(const struct op *op)
{
    return bytes_text(op->sim->world.skus[op->product]);
}

/* ---- rules */

/* A least figure is never drawn above a largest: what contradicts itself is refused, and unit tests
 * say so. */
/* Of a focus: everywhere, and few enough that what is wanted stays the same whatever is sold. */
static void draw_cap(struct op *op, struct random *random)
{
    enum { LEAST_CAP = 2, CAPS = 6, MORE = 20 };
    op->rule.given = 1u << RULE_CAP;
    op->rule.fields[RULE_CAP] = LEAST_CAP + (int64_t)random_below(random, CAPS);
    if (op->sim->plan.seed % 2) op->rule.fields[RULE_CAP] += MORE; /* does not sell out */
}

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
    struct rule_change change = {.sku = sku(op),
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
                                 .record = record_rule};

/* ---- shares */

static void draw_share(struct op *op, struct random *random)
{
    enum { TENTH = 100000, TENTHS = 9, ODD = 333333 };
    op->account = op->sim->world.remote_account[op->remote];
    op->share_ppm =
        random_below(random, 3) == 0 ? ODD : TENTH * (1 + (uint32_t)random_below(random, TENTHS));
}

static enum command_kind write_share(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    const struct world *world = &op->sim->world;
    command_link(out,
                 &(struct link_change){.warehouse = bytes_text(world->locals[op->local]),
                                       .account = bytes_text(world->accounts[op->account].name),
                                       .remote = bytes_text(world->remote_ids[op->remote]),
                                       .order = op->local,
                                       .share_ppm = op->share_ppm});
    return COMMAND_LINK_PUT;
}

/* The shares of one warehouse are pieces of one cake. */
static enum op_expected expect_share(const struct op *op, const struct truth *t)
{
    enum { WHOLE = 1000000 };
    uint32_t others = 0;
    for (uint32_t r = 0; r < op->sim->world.remote_count; r++)
        if (r != op->remote && t->link[r][op->local]) others += t->share_ppm[r][op->local];
    return others + op->share_ppm <= WHOLE && !outside_clash(op, t) ? OP_TAKEN : OP_REFUSED;
}

static void record_share(struct op *op, struct truth *t)
{
    t->link[op->remote][op->local] = true;
    t->share_ppm[op->remote][op->local] = op->share_ppm;
}

const struct op_theme op_share = {.name = "share",
                                  .draw = draw_share,
                                  .write = write_share,
                                  .expected = expect_share,
                                  .record = record_share};

/* ---- a listing to another product */

static void draw_remap(struct op *op, struct random *random)
{
    op->other = (uint32_t)random_below(random, op->sim->world.product_count); /* the listing */
}

static enum command_kind write_remap(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    const struct world *world = &op->sim->world;
    uint32_t seller = world->accounts[op->account].seller;
    command_listing_map(out, bytes_text(world->accounts[op->account].name),
                        bytes_text(world->listing_ids[seller][op->other]), sku(op));
    return COMMAND_LISTING_MAP;
}

/* The listing may not have been read yet, or be none that can be tied. */
static enum op_expected expect_remap(const struct op *op, const struct truth *t)
{
    return t->product[op->product] ? OP_EITHER : OP_REFUSED;
}

static void record_remap(struct op *op, struct truth *t)
{
    t->mapped_by_hand[op->account][op->other] = true;
    past_new(op, t);
}

const struct op_theme op_remap = {.name = "remap",
                                  .draw = draw_remap,
                                  .write = write_remap,
                                  .expected = expect_remap,
                                  .record = record_remap,
                                  .ties = true};
