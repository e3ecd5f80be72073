/* Products: they are made, are called otherwise, become one, or go with their stock. */
#include "op_theme.h"

#include "base/mem.h"
#include "oracle_store.h"
#include "ties.h"

#include <stdio.h>
#include <string.h>

static struct bytes sku(const struct op *op, uint32_t product)
{
    return bytes_text(op->sim->world.skus[product]);
}

static void draw_two(struct op *op, struct random *random)
{
    op->other = (uint32_t)random_below(random, op->sim->world.product_count);
    op->amount = (int64_t)random_below(random, 2);
}

/* ---- the record */

void truth_make(struct truth *t, uint32_t p)
{
    if (t->product[p]) return;
    t->product[p] = true;
    t->incarnation[p] = ++t->incarnations;
}

struct truth_product *truth_take_away(struct truth *t, uint32_t p, int64_t now_ms)
{
    struct truth_product *of = mem_alloc(sizeof *of);
    of->incarnation = t->incarnation[p];
    ties_unnamed(t, p);
    memcpy(of->rules, t->rules[p], sizeof of->rules);
    memset(t->rules[p], 0, sizeof t->rules[p]);
    for (uint32_t l = 0; l < PLAN_LOCALS_MAX; l++) {
        of->counted[l] = t->counted[p][l];
        of->figure[l] = t->figure[p][l];
        if (t->count[p][l]) truth_doubt(t, p, l, false, now_ms);
        of->unsure[l] = t->unsure[p][l];
        truth_counted(t, p, l, NULL);
        t->counted[p][l] = false;
        t->figure[p][l] = 0;
    }
    t->product[p] = false;
    return of;
}

void truth_give_back(struct truth *t, uint32_t p, const struct truth_product *of)
{
    t->product[p] = true;
    t->incarnation[p] = of->incarnation;
    memcpy(t->rules[p], of->rules, sizeof of->rules);
    for (uint32_t l = 0; l < PLAN_LOCALS_MAX; l++) {
        t->counted[p][l] = of->counted[l];
        t->figure[p][l] = of->figure[l];
        t->unsure[p][l] = of->unsure[l];
    }
}

static void move_reservations(struct truth *t, uint32_t from, uint32_t to, uint32_t merged)
{
    for (uint32_t i = 0; i < t->reservation_count; i++) {
        if (t->reservations[i].product != from) continue;
        t->reservations[i].product = to;
        if (merged) t->reservations[i].merged = merged;
    }
}

void truth_rename(struct truth *t, uint32_t from, uint32_t to)
{
    struct truth_count *count[PLAN_LOCALS_MAX];
    memcpy(count, t->count[from], sizeof count);
    memset(t->count[from], 0, sizeof count);
    struct truth_product *of = truth_take_away(t, from, 0);
    truth_give_back(t, to, of);
    memcpy(t->count[to], count, sizeof count);
    move_reservations(t, from, to, 0);
    mem_free(of);
}

static void tell_other(const struct op *op, char *out, size_t size)
{
    snprintf(out, size, " and %s", op->sim->world.skus[op->other]);
}

/* ---- put */

static enum command_kind write_product(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    command_product_put(out,
                        &(struct product_put){.sku = op_sku(op), .name = bytes_text("a thing")});
    return COMMAND_PRODUCT_PUT;
}

static void record_product(struct op *op, struct truth *t)
{
    truth_make(t, op->product);
}

const struct op_theme op_product = {
    .name = "product", .write = write_product, .record = record_product, .arranges = true};

/* ---- rename */

static enum command_kind write_rename(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    command_product_rename(out, sku(op, op->product), sku(op, op->other));
    return COMMAND_PRODUCT_RENAME;
}

static enum op_expected expect_rename(const struct op *op, const struct truth *t)
{
    if (!t->product[op->product]) return OP_REFUSED;
    return op->product == op->other || !t->product[op->other] ? OP_TAKEN : OP_REFUSED;
}

static void record_rename(struct op *op, struct truth *t)
{
    if (op->product == op->other || !t->product[op->product]) return;
    struct truth_past *past = past_new(op, t);
    if (past) {
        past->product = t->incarnation[op->product];
        past->name = op->product;
    }
    truth_rename(t, op->product, op->other);
}

const struct op_theme op_rename = {.name = "rename",
                                   .text = tell_other,
                                   .draw = draw_two,
                                   .write = write_rename,
                                   .expected = expect_rename,
                                   .record = record_rename,
                                   .ties = true};

/* ---- merge */

static bool sums(const struct op *op)
{
    return op->amount % 2 == 0;
}

static enum command_kind write_merge(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    command_product_merge(out, sku(op, op->product), sku(op, op->other),
                          sums(op) ? MERGE_SUM : MERGE_KEEP);
    return COMMAND_PRODUCT_MERGE;
}

/* What has left of the one that goes: its lines go with it, the pieces may not. */
static void look_merge(struct op *op, struct store_txn *txn)
{
    for (uint32_t l = 0; l < op->sim->world.local_count && op->sim->plan.orders.import; l++)
        op->shipped[l] = oracle_taken(op->sim, txn, op->other, l).shipped;
}

static enum op_expected expect_merge(const struct op *op, const struct truth *t)
{
    return op->product != op->other && t->product[op->product] && t->product[op->other]
               ? OP_TAKEN
               : OP_REFUSED;
}

static void merge_pair(struct op *op, struct truth *t, const struct truth_product *gone, uint32_t l)
{
    uint32_t p = op->product;
    if (!gone->counted[l] || op->sim->plan.mutation == MUTATION_LOST_MERGE) return;
    if (!t->counted[p][l] || sums(op))
        t->figure[p][l] += gone->figure[l];
    else
        t->figure[p][l] += op->shipped[l];
    t->counted[p][l] = true;
    int64_t now_ms = op_latest_ms(op);
    if (gone->unsure[l].until_ms > now_ms) now_ms = gone->unsure[l].until_ms;
    truth_doubt(t, p, l, gone->unsure[l].all, now_ms);
    t->unsure[p][l].times += gone->unsure[l].times;
}

static void record_merge(struct op *op, struct truth *t)
{
    if (expect_merge(op, t) != OP_TAKEN) return;
    struct truth_past *past = past_new(op, t);
    uint32_t p = op->product, locals = op->sim->world.local_count;
    struct truth_product *gone = truth_take_away(t, op->other, op_latest_ms(op));
    struct truth_step *steps = mem_array(locals, sizeof *steps);
    for (uint32_t l = 0; l < locals; l++) {
        int64_t before = t->figure[p][l];
        bool first = !t->counted[p][l];
        merge_pair(op, t, gone, l);
        steps[l] = (struct truth_step){t->incarnation[p],         l,    t->figure[p][l] - before,
                                       first && t->counted[p][l], true, t->unsure[p][l].all};
    }
    move_reservations(t, op->other, p, gone->incarnation);
    if (!past) {
        mem_free(steps);
        mem_free(gone);
        return;
    }
    past->product = t->incarnation[p];
    past->other_name = op->other;
    past->gone = gone;
    past->steps = steps;
    past->step_count = locals;
}

const struct op_theme op_merge = {.name = "merge",
                                  .text = tell_other,
                                  .draw = draw_two,
                                  .write = write_merge,
                                  .look = look_merge,
                                  .expected = expect_merge,
                                  .record = record_merge,
                                  .ties = true};

/* ---- delete */

static enum command_kind write_delete(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    command_product_delete(out, sku(op, op->product));
    return COMMAND_PRODUCT_DELETE;
}

/* Pieces that are promised, read without the engine. */
static void look_delete(struct op *op, struct store_txn *txn)
{
    struct bytes key, value;
    uint8_t prefix[8];
    op->promised = 0;
    if (store_get(txn, TABLE_PRODUCT_SKU, sku(op, op->product), &value) != ST_OK) return;
    memcpy(prefix, value.data, sizeof prefix);
    struct store_cursor *cursor = store_cursor(txn, TABLE_STOCK);
    enum status status = store_seek(cursor, bytes_of(prefix, 8), &key, &value);
    for (; status == ST_OK && key_starts(key, bytes_of(prefix, 8));
         status = store_next(cursor, &key, &value)) {
        struct stock_record stock;
        memcpy(&stock, value.data, sizeof stock);
        op->promised += stock.reserved;
    }
    store_cursor_close(cursor);
}

static enum op_expected expect_delete(const struct op *op, const struct truth *t)
{
    return t->product[op->product] && op->promised == 0 ? OP_TAKEN : OP_REFUSED;
}

static void record_delete(struct op *op, struct truth *t)
{
    if (!t->product[op->product]) return;
    struct truth_past *past = past_new(op, t);
    struct truth_product *gone = truth_take_away(t, op->product, op_latest_ms(op));
    if (!past) {
        mem_free(gone);
        return;
    }
    past->product = gone->incarnation;
    past->name = op->product;
    past->gone = gone;
}

const struct op_theme op_delete = {.name = "delete",
                                   .write = write_delete,
                                   .look = look_delete,
                                   .expected = expect_delete,
                                   .record = record_delete,
                                   .ties = true};
