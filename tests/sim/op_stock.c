/* Figures: counts, changes, transfers, files of them. */
#include "op_theme.h"

#include "base/mem.h"
#include "engine/record.h"
#include "oracle_counts.h"

#include <stdlib.h>
#include <string.h>

enum { FIGURE_DRAWN_MAX = 120 };

int64_t op_draw_figure(const struct op *op, struct random *random)
{
    enum { FIGURE_OVER = 2000000 }; /* what Ozon takes */
    const struct plan *plan = &op->sim->plan;
    if (plan->figure_most)
        return plan->figure_least +
               (int64_t)random_below(random,
                                     (uint64_t)(plan->figure_most - plan->figure_least + 1));
    if (random_below(random, 4) == 0) return 0;
    if (random_below(random, 50) == 0) return FIGURE_OVER;
    return (int64_t)random_below(random, FIGURE_DRAWN_MAX);
}

/* ---- what a figure meets, in its own transaction */

static enum status look_after(struct op *op, struct store_txn *txn,
                              const struct command_result *result, struct error *error)
{
    (void)result;
    (void)error;
    if (!op->sim->plan.orders.import) return ST_OK;
    op->taken = oracle_taken(op->sim, txn, op->product, op->local);
    mem_free(op->count); /* it may run twice */
    op->count = oracle_counts_note(op->sim, txn, op->product, op->local, op->now_ms);
    op->count->available = op->kind == OP_AVAILABLE;
    return ST_OK;
}

void op_row_met(struct op *op, struct store_txn *txn, struct op_row *row)
{
    row->shipped = oracle_taken(op->sim, txn, row->product, row->local).shipped;
    mem_free(row->count);
    row->count = oracle_counts_note(op->sim, txn, row->product, row->local, op->now_ms);
}

/* What there is before it, read without the engine. */
void op_look_available(struct op *op, struct store_txn *txn)
{
    struct bytes value;
    uint8_t key[12];
    struct stock_record stock;
    op->available = 0;
    if (!op->sim->plan.orders.import) return;
    if (store_get(txn, TABLE_PRODUCT_SKU, op_sku(op), &value) != ST_OK) return;
    memcpy(key, value.data, 8);
    bytes_put_u32(key + 8, op_local_number(op, txn, op->local));
    if (store_get(txn, TABLE_STOCK, bytes_of(key, sizeof key), &value) != ST_OK) return;
    memcpy(&stock, value.data, sizeof stock);
    op->available = stock.on_hand - stock.reserved;
}

/* ---- into the record */

static void record_figure(struct truth *t, uint32_t product, uint32_t local, int64_t quantity)
{
    t->counted[product][local] = true;
    t->figure[product][local] = quantity;
}

/* Counted: what was there until then says nothing any more. Takes `count`. */
static void record_count(const struct op *op, uint32_t product, uint32_t local, int64_t quantity,
                         struct truth_count **count)
{
    record_figure(&op->sim->truth, product, local, quantity);
    truth_counted(&op->sim->truth, product, local, *count);
    *count = NULL;
}

/* What OP_UNDO may take back. Of one whose answer was lost nobody knows the number. */
static void record_undoable(const struct op *op, struct truth *t)
{
    if (!op->sequence || !op->amount) return;
    t->undoable[t->undoable_count++ % TRUTH_UNDOABLE] =
        (struct truth_undoable){.sequence = op->sequence,
                                .transfer = op->kind == OP_TRANSFER,
                                .product = op->product,
                                .incarnation = t->incarnation[op->product],
                                .local = op->local,
                                .to_local = op->to_local,
                                .amount = op->amount};
}

/* ---- set, available */

static void draw_available(struct op *op, struct random *random)
{
    if (!op->sim->plan.figure_most) op->amount = (int64_t)random_below(random, FIGURE_DRAWN_MAX);
}

static enum command_kind write_set(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    command_stock_set(
        out, &(struct stock_set){.sku = op_sku(op),
                                 .warehouse = op_local(op, op->local),
                                 .quantity = op->amount,
                                 .kind = op->kind == OP_SET ? FIGURE_ON_HAND : FIGURE_AVAILABLE,
                                 .cause = CAUSE_COUNT});
    return COMMAND_STOCK_SET;
}

static enum op_expected expect_set(const struct op *op, const struct truth *t)
{
    return t->product[op->product] ? OP_TAKEN : OP_REFUSED;
}

static void record_set(struct op *op, struct truth *t)
{
    (void)t;
    if (op->sim->plan.mutation == MUTATION_BELIEVED_ZERO && op->amount == 0) return;
    record_count(op, op->product, op->local, op->amount + op->taken.shipped, &op->count);
}

static void record_available(struct op *op, struct truth *t)
{
    (void)t;
    record_count(op, op->product, op->local, op->amount + op->taken.reserved + op->taken.shipped,
                 &op->count);
}

const struct op_theme op_set = {.name = "set",
                                .write = write_set,
                                .after = look_after,
                                .expected = expect_set,
                                .record = record_set};
const struct op_theme op_available = {.name = "available",
                                      .draw = draw_available,
                                      .write = write_set,
                                      .after = look_after,
                                      .expected = expect_set,
                                      .record = record_available};

/* ---- adjust */

static void draw_adjust(struct op *op, struct random *random)
{
    enum { MOST = 10 };
    op->amount = (int64_t)random_below(random, 2 * MOST + 1) - MOST;
}

static enum command_kind write_adjust(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    command_stock_adjust(out, &(struct stock_adjust){.sku = op_sku(op),
                                                     .warehouse = op_local(op, op->local),
                                                     .by = op->amount,
                                                     .cause = CAUSE_SALE});
    return COMMAND_STOCK_ADJUST;
}

/* Mutation: a piece appears from nowhere. */
static enum status mutate_stock(struct op *op, struct store_txn *txn,
                                const struct command_result *result, struct error *error)
{
    (void)result;
    (void)error;
    if (op->sim->plan.mutation != MUTATION_SILENT_STOCK) return ST_OK;
    struct store_cursor *cursor = store_cursor(txn, TABLE_STOCK);
    struct bytes key, value;
    if (store_next(cursor, &key, &value) == ST_OK) {
        struct stock_record stock;
        memcpy(&stock, value.data, sizeof stock);
        stock.on_hand++;
        store_cursor_put(cursor, bytes_of(&stock, sizeof stock));
    }
    store_cursor_close(cursor);
    return ST_OK;
}

static enum op_expected expect_adjust(const struct op *op, const struct truth *t)
{
    return t->counted[op->product][op->local] ? OP_TAKEN : OP_REFUSED;
}

static void record_adjust(struct op *op, struct truth *t)
{
    record_undoable(op, t);
    if (op->sim->plan.days && !op->sim->plan.orders.import)
        truth_sold(t, op->product, op->local, -op->amount, op->now_ms);
    t->figure[op->product][op->local] += op->amount;
}

const struct op_theme op_adjust = {.name = "adjust",
                                   .draw = draw_adjust,
                                   .write = write_adjust,
                                   .after = mutate_stock,
                                   .expected = expect_adjust,
                                   .record = record_adjust};

/* ---- transfer */

static void draw_transfer(struct op *op, struct random *random)
{
    enum { MOST = 10 };
    op->amount = 1 + (int64_t)random_below(random, MOST);
}

static enum command_kind write_transfer(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    command_stock_transfer(out, &(struct stock_transfer){.sku = op_sku(op),
                                                         .from = op_local(op, op->local),
                                                         .to = op_local(op, op->to_local),
                                                         .quantity = op->amount});
    return COMMAND_STOCK_TRANSFER;
}

static enum op_expected expect_transfer(const struct op *op, const struct truth *t)
{
    int64_t there = op->sim->plan.orders.import ? op->available : t->figure[op->product][op->local];
    bool moves = t->counted[op->product][op->local] && op->local != op->to_local;
    return moves && there >= op->amount ? OP_TAKEN : OP_REFUSED;
}

static void record_transfer(struct op *op, struct truth *t)
{
    uint32_t p = op->product;
    if (t->counted[p][op->to_local]) record_undoable(op, t);
    t->figure[p][op->local] -= op->amount;
    record_figure(t, p, op->to_local, t->figure[p][op->to_local] + op->amount);
}

const struct op_theme op_transfer = {.name = "transfer",
                                     .draw = draw_transfer,
                                     .write = write_transfer,
                                     .look = op_look_available,
                                     .expected = expect_transfer,
                                     .record = record_transfer};

/* ---- bulk: a file of figures, or a part of one */

static void draw_bulk(struct op *op, struct random *random)
{
    const struct world *world = &op->sim->world;
    uint32_t first = (uint32_t)random_below(random, world->product_count);
    uint32_t local = (uint32_t)random_below(random, world->local_count);
    for (uint32_t p = first; p < world->product_count && op->bulk_count < OP_BULK_MOST; p++)
        if (random_below(random, 4))
            op->bulk[op->bulk_count++] = (struct op_row){
                .product = p, .local = local, .quantity = op_draw_figure(op, random)};
}

static int by_product(const void *a, const void *b)
{
    const struct stock_row *x = a, *y = b;
    return (x->product > y->product) - (x->product < y->product);
}

/* As an import job does: rows of SKUs that exist, by their numbers, sorted. */
static enum command_kind write_bulk(const struct op *op, struct store_txn *txn, struct buf *out)
{
    struct stock_row rows[OP_BULK_MOST];
    struct stock_bulk bulk = {.kind = FIGURE_ON_HAND, .cause = CAUSE_IMPORT, .rows = rows};
    for (uint32_t i = 0; i < op->bulk_count; i++) {
        struct bytes value;
        const char *sku = op->sim->world.skus[op->bulk[i].product];
        if (store_get(txn, TABLE_PRODUCT_SKU, bytes_text(sku), &value) != ST_OK) continue;
        rows[bulk.row_count++] =
            (struct stock_row){.product = bytes_get_u64(value.data),
                               .warehouse = op_local_number(op, txn, op->bulk[i].local),
                               .quantity = op->bulk[i].quantity};
    }
    qsort(rows, bulk.row_count, sizeof *rows, by_product);
    command_stock_bulk(out, &bulk);
    return COMMAND_STOCK_BULK;
}

static enum status look_after_rows(struct op *op, struct store_txn *txn,
                                   const struct command_result *result, struct error *error)
{
    (void)result;
    (void)error;
    for (uint32_t i = 0; op->sim->plan.orders.import && i < op->bulk_count; i++)
        op_row_met(op, txn, &op->bulk[i]);
    return ST_OK;
}

static void record_row(const struct op *op, struct truth *t, struct op_row *row)
{
    if (row->incarnation ? truth_find(t, row->incarnation) != (int)row->product
                         : !t->product[row->product])
        return;
    record_count(op, row->product, row->local, row->quantity + row->shipped, &row->count);
    if (row->loose) truth_doubt(t, row->product, row->local, true, op_latest_ms(op));
}

static void record_bulk(struct op *op, struct truth *t)
{
    for (uint32_t i = 0; i < op->made_count; i++)
        truth_make(t, op->made[i]);
    for (uint32_t i = 0; i < op->bulk_count; i++)
        record_row(op, t, &op->bulk[i]);
    for (uint32_t i = 0; i < op->again_count; i++)
        record_row(op, t, &op->again[i]);
}

const struct op_theme op_bulk = {.name = "bulk",
                                 .draw = draw_bulk,
                                 .write = write_bulk,
                                 .after = look_after_rows,
                                 .record = record_bulk};

/* ---- undo: an adjustment or a transfer */

/* One of the last changes; the same may be undone twice, which is refused. */
static void draw_undo(struct op *op, struct random *random)
{
    const struct truth *t = &op->sim->truth;
    uint32_t kept = t->undoable_count < TRUTH_UNDOABLE ? t->undoable_count : TRUTH_UNDOABLE;
    if (!kept) return;
    const struct truth_undoable *u = &t->undoable[random_below(random, kept)];
    op->undoes = u->sequence;
    op->undoes_transfer = u->transfer;
    op->product = u->product;
    op->local = u->local;
    op->to_local = u->to_local;
    op->amount = u->amount;
    op->incarnation = u->incarnation;
}

/* The product may be called otherwise by now. */
static void record_undo(struct op *op, struct truth *t)
{
    int p = truth_find(t, op->incarnation);
    if (p == WORLD_NONE) return;
    t->figure[p][op->local] += op->undoes_transfer ? op->amount : -op->amount;
    if (op->undoes_transfer) t->figure[p][op->to_local] -= op->amount;
}

const struct op_theme op_undo = {.name = "undo",
                                 .draw = draw_undo,
                                 .write = op_write_undo,
                                 .expected =
                                     op_expect_either, /* what came since may stand in the way */
                                 .record = record_undo};
