/* What was said of a product's stock follows the product: when it is called otherwise, when another
 * becomes one with it, when it goes. What somebody takes back, or drops with a merge, may leave a
 * figure of which nobody can tell what it was given without; the next one ends that. */
#include "oversold_private.h"

#include "script_op.h"

#include <string.h>

static void forget(struct oversold *o, uint32_t product)
{
    for (uint32_t l = 0; l < PLAN_LOCALS_MAX; l++) {
        o->shift[product][l] = 0;
        o->unclear[product][l] = false;
        o->counts[product][l] = (struct oversold_count){.at_us = OVERSOLD_NEVER};
    }
}

static void lead_lines(struct oversold *o, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < o->line_count; i++)
        for (uint32_t h = 0; h < o->lines[i].home_count; h++)
            if (o->lines[i].homes[h].product == from) o->lines[i].homes[h].product = to;
}

static void rename_product(struct oversold *o, uint32_t from, uint32_t to)
{
    memcpy(o->shift[to], o->shift[from], sizeof o->shift[to]);
    memcpy(o->unclear[to], o->unclear[from], sizeof o->unclear[to]);
    memcpy(o->counts[to], o->counts[from], sizeof o->counts[to]);
    forget(o, from);
    lead_lines(o, from, to);
}

/* Both figures go on in the later one. */
static void join_ahead(struct oversold_count *a, struct oversold_count *b)
{
    if (!a->ahead_until_us) a->ahead_from_us = b->ahead_from_us;
    if (!b->ahead_until_us) b->ahead_from_us = a->ahead_from_us;
    int64_t from_us = a->ahead_from_us < b->ahead_from_us ? a->ahead_from_us : b->ahead_from_us;
    int64_t until_us =
        a->ahead_until_us > b->ahead_until_us ? a->ahead_until_us : b->ahead_until_us;
    a->ahead_from_us = b->ahead_from_us = from_us;
    a->ahead_until_us = b->ahead_until_us = until_us;
}

/* `from` has gone into the other, and its lines with it; its pieces, too, or they are dropped. */
static void merge_pair(struct oversold *o, const struct op *op, uint32_t l, int64_t at_us)
{
    uint32_t from = op->other, to = op->product;
    struct oversold_count *gone = &o->counts[from][l], *count = &o->counts[to][l];
    if (o->known[from][l] == OVERSOLD_UNCOUNTED) return;
    bool dropped = o->known[to][l] != OVERSOLD_UNCOUNTED && op->amount % 2;
    if (dropped) { /* with what had left of them */
        *gone = (struct oversold_count){.at_us = at_us};
        oversold_count_bases(o, from, l, op->shipped[l]);
        /* Nobody has counted: whose is what the process did not know of? */
        o->unclear[to][l] |= o->shift[from][l] != 0;
    }
    o->shift[to][l] += o->shift[from][l];
    o->unclear[to][l] |= o->unclear[from][l];
    join_ahead(count, gone);
    if (!dropped && gone->at_us > count->at_us) *count = *gone;
}

static void merge_products(struct oversold *o, const struct op *op, int64_t at_us)
{
    for (uint32_t l = 0; l < o->sim->world.local_count; l++)
        merge_pair(o, op, l, at_us);
    forget(o, op->other);
    lead_lines(o, op->other, op->product);
    o->products[op->other] = 0;
}

/* The last figure there was given without what some line took. */
static bool has_base(const struct oversold *o, uint32_t product, uint32_t local)
{
    for (size_t i = 0; i < o->line_count; i++)
        for (uint32_t h = 0; h < o->lines[i].home_count; h++) {
            const struct oversold_home *home = &o->lines[i].homes[h];
            if (home->product == product && home->local == local && home->base) return true;
        }
    return false;
}

/* Figures that were taken back, in part perhaps: lines that a merge had brought leave with what
 * they took, and of that a figure may have been given since. */
static void unsettle(struct oversold *o)
{
    for (uint32_t p = 0; p < o->sim->world.product_count; p++)
        for (uint32_t l = 0; l < o->sim->world.local_count; l++)
            if (o->figures[p][l] != o->sim->truth.figure[p][l])
                o->unclear[p][l] |= o->shift[p][l] || has_base(o, p, l);
}

static int called_before(const struct oversold *o, uint32_t incarnation)
{
    for (uint32_t p = 0; p < o->sim->world.product_count; p++)
        if (o->products[p] == incarnation) return (int)p;
    return WORLD_NONE;
}

void oversold_follow_products(struct oversold *o, const struct op *op, int64_t at_us)
{
    const struct truth *t = &o->sim->truth;
    if (op->kind == OP_MERGE && !t->product[op->other] && op->other != op->product)
        merge_products(o, op, at_us);
    if (op->kind == OP_TAKE_BACK || op->kind == OP_UNDO_IMPORT) unsettle(o);
    for (uint32_t p = 0; p < o->sim->world.product_count; p++) {
        if (!t->product[p] || t->incarnation[p] == o->products[p]) continue;
        int before = called_before(o, t->incarnation[p]);
        if (before != WORLD_NONE)
            rename_product(o, (uint32_t)before, p);
        else
            forget(o, p);
        /* One that is there again: what its orders took meanwhile cannot be told. */
        for (uint32_t l = 0; l < PLAN_LOCALS_MAX && before == WORLD_NONE; l++)
            o->unclear[p][l] = t->counted[p][l];
    }
    for (uint32_t p = 0; p < o->sim->world.product_count; p++)
        o->products[p] = t->product[p] ? t->incarnation[p] : 0;
}
