/* What each kind of command is, and what it means to the record. */
#include "script_op.h"

#include "base/mem.h"
#include "daemon.h"
#include "engine/record_order.h"
#include "op_theme.h"
#include "oracle_counts.h"
#include "oracle_store.h"
#include "outside.h"
#include "ties.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIGURE_DRAWN_MAX = 120 };

const struct op_theme *op_theme_of(enum op_kind kind)
{
    static const struct op_theme *const themes[OP_KINDS] = {[OP_RENAME] = &op_rename,
                                                            [OP_MERGE] = &op_merge,
                                                            [OP_DELETE] = &op_delete,
                                                            [OP_RULE] = &op_rule,
                                                            [OP_SHARE] = &op_share,
                                                            [OP_REMAP] = &op_remap,
                                                            [OP_TAKE_BACK] = &op_take_back,
                                                            [OP_APPLY] = &op_apply,
                                                            [OP_DROP] = &op_drop,
                                                            [OP_UNDO_IMPORT] = &op_undo_import,
                                                            [OP_APPLY_IMPORT] = &op_apply_import,
                                                            [OP_DROP_IMPORT] = &op_drop_import,
                                                            [OP_VELOCITY] = &op_velocity};
    return themes[kind];
}

static uint32_t below(struct random *random, uint32_t limit)
{
    return (uint32_t)random_below(random, limit);
}

static int64_t figure(const struct op *op, struct random *random)
{
    const struct plan *plan = &op->sim->plan;
    if (plan->figure_most)
        return plan->figure_least +
               below(random, (uint32_t)(plan->figure_most - plan->figure_least + 1));
    if (below(random, 4) == 0) return 0;
    if (below(random, 50) == 0) return 2000000; /* over what Ozon takes */
    return below(random, FIGURE_DRAWN_MAX);
}

static void draw_bulk(struct op *op, struct random *random)
{
    const struct world *world = &op->sim->world;
    uint32_t first = below(random, world->product_count);
    uint32_t local = below(random, world->local_count);
    for (uint32_t p = first; p < world->product_count && op->bulk_count < OP_BULK_MOST; p++)
        if (below(random, 4))
            op->bulk[op->bulk_count++] =
                (struct op_row){.product = p, .local = local, .quantity = figure(op, random)};
}

/* A line whose pieces somebody has in hand again, or says so. */
static void draw_return(struct op *op, struct random *random)
{
    const struct world *world = &op->sim->world;
    op->seller = below(random, world->seller_count);
    uint32_t of = world->seller_account[op->seller];
    const struct sim_market *market = world->accounts[of].market;
    struct market_line line;
    snprintf(op->line_key, sizeof op->line_key, "none");
    uint32_t orders = (uint32_t)market->order_count(world, of);
    if (orders == 0) return;
    uint32_t order = below(random, orders);
    op->line = below(random, (uint32_t)market->line_count(world, of, order));
    market->line(world, of, order, op->line, &line);
    op->posting = (uint32_t)line.number;
    if (line.pair != WORLD_NONE)
        op->account = world->remote_account[(uint32_t)line.pair / world->product_count];
    snprintf(op->line_key, sizeof op->line_key, "%s", line.key);
}

static void draw_of_orders(struct op *op, struct random *random)
{
    enum { MINUTE_MS = 60000, LONGEST_MINUTES = 90 };
    struct truth *truth = &op->sim->truth;
    int64_t now_ms = clock_wall_ms(&op->sim->loop.clock);
    if (op->kind == OP_AVAILABLE && !op->sim->plan.figure_most)
        op->amount = below(random, FIGURE_DRAWN_MAX);
    if (op->kind == OP_RESERVE) {
        op->amount = 1 + below(random, 8);
        op->until_ms =
            below(random, 3) ? now_ms + (1 + below(random, LONGEST_MINUTES)) * MINUTE_MS : 0;
    }
    if (op->kind == OP_RELEASE && truth->reservation_count)
        op->reservation = truth->reservations[below(random, truth->reservation_count)].number;
    if (op->kind == OP_RETURN) draw_return(op, random);
    if (op->kind == OP_SWITCH) {
        struct world_account *account = &op->sim->world.accounts[op->account];
        op->amount = account->orders_import = !account->orders_import;
    }
}

/* One of the last changes; the same may be undone twice, which is refused. */
static void draw_undo(struct op *op, struct random *random)
{
    const struct truth *t = &op->sim->truth;
    uint32_t kept = t->undoable_count < TRUTH_UNDOABLE ? t->undoable_count : TRUTH_UNDOABLE;
    if (!kept) return;
    const struct truth_undoable *u = &t->undoable[below(random, kept)];
    op->sequence = u->sequence;
    op->undoes_transfer = u->transfer;
    op->product = u->product;
    op->local = u->local;
    op->to_local = u->to_local;
    op->amount = u->amount;
    op->incarnation = u->incarnation;
}

void op_draw(struct op *op, struct random *random)
{
    const struct world *world = &op->sim->world;
    op->product = below(random, world->product_count);
    op->local = below(random, world->local_count);
    op->to_local = below(random, world->local_count);
    op->remote = below(random, world->remote_count);
    op->account = below(random, world->account_count);
    op->amount = figure(op, random);
    if (op->kind == OP_ADJUST) op->amount = (int64_t)below(random, 21) - 10;
    if (op->kind == OP_TRANSFER) op->amount = 1 + below(random, 10);
    if (op->kind == OP_BULK) draw_bulk(op, random);
    if (op->kind == OP_LINK || op->kind == OP_UNLINK)
        op->account = world->remote_account[op->remote];
    if (op->kind >= OP_AVAILABLE && op->kind <= OP_SWITCH) draw_of_orders(op, random);
    if (op->kind == OP_UNDO) draw_undo(op, random);
    const struct op_theme *theme = op_theme_of(op->kind);
    if (theme) theme->draw(op, random);
}

/* ---- as bytes */

static struct bytes sku_of(const struct op *op)
{
    return bytes_text(op->sim->world.skus[op->product]);
}

static struct bytes local_of(const struct op *op, uint32_t local)
{
    return bytes_text(op->sim->world.locals[local]);
}

static uint32_t local_number(const struct op *op, struct store_txn *txn, uint32_t local)
{
    struct bytes key, value;
    struct warehouse_view view;
    uint32_t number = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_WAREHOUSE);
    while (!number && store_next(cursor, &key, &value) == ST_OK)
        if (warehouse_read(value, &view) == ST_OK && bytes_equal(view.key, local_of(op, local)))
            number = bytes_get_u32(key.data);
    store_cursor_close(cursor);
    return number;
}

static int by_product(const void *a, const void *b)
{
    const struct stock_row *x = a, *y = b;
    return (x->product > y->product) - (x->product < y->product);
}

/* As an import job does: rows of SKUs that exist, by their numbers, sorted. */
static void write_bulk(const struct op *op, struct store_txn *txn, struct buf *out)
{
    struct stock_row rows[OP_BULK_MOST];
    struct stock_bulk bulk = {.kind = FIGURE_ON_HAND, .cause = CAUSE_IMPORT, .rows = rows};
    for (uint32_t i = 0; i < op->bulk_count; i++) {
        struct bytes value;
        const char *sku = op->sim->world.skus[op->bulk[i].product];
        if (store_get(txn, TABLE_PRODUCT_SKU, bytes_text(sku), &value) != ST_OK) continue;
        rows[bulk.row_count++] =
            (struct stock_row){.product = bytes_get_u64(value.data),
                               .warehouse = local_number(op, txn, op->bulk[i].local),
                               .quantity = op->bulk[i].quantity};
    }
    qsort(rows, bulk.row_count, sizeof *rows, by_product);
    command_stock_bulk(out, &bulk);
}

static void write_link(const struct op *op, struct buf *out)
{
    const struct link_change change = {.warehouse = local_of(op, op->local),
                                       .account =
                                           bytes_text(op->sim->world.accounts[op->account].name),
                                       .remote = bytes_text(op->sim->world.remote_ids[op->remote]),
                                       .order = op->local};
    command_link(out, &change);
}

static void write_map(const struct op *op, struct buf *out)
{
    uint32_t seller = op->sim->world.accounts[op->account].seller;
    uint32_t listing = (uint32_t)op->amount % op->sim->world.product_count;
    command_listing_map(out, bytes_text(op->sim->world.accounts[op->account].name),
                        bytes_text(op->sim->world.listing_ids[seller][listing]),
                        op->kind == OP_MAP ? sku_of(op) : bytes_of("", 0));
}

/* Whether it asks for what was taken already to be sent again. */
static bool op_forces(const struct op *op)
{
    return op->kind == OP_REQUEUE && (op->secret || op->amount % 2);
}

static enum command_kind write_op(const struct op *op, struct store_txn *txn, struct buf *out)
{
    const char *account = op->sim->world.accounts[op->account].name;
    const struct op_theme *theme = op_theme_of(op->kind);
    if (theme) return theme->write(op, txn, out);
    switch (op->kind) {
    case OP_SET:
        command_stock_set(out, &(struct stock_set){.sku = sku_of(op),
                                                   .warehouse = local_of(op, op->local),
                                                   .quantity = op->amount,
                                                   .kind = FIGURE_ON_HAND,
                                                   .cause = CAUSE_COUNT});
        return COMMAND_STOCK_SET;
    case OP_AVAILABLE:
        command_stock_set(out, &(struct stock_set){.sku = sku_of(op),
                                                   .warehouse = local_of(op, op->local),
                                                   .quantity = op->amount,
                                                   .kind = FIGURE_AVAILABLE,
                                                   .cause = CAUSE_COUNT});
        return COMMAND_STOCK_SET;
    case OP_RESERVE: {
        /* Mutation: it is recorded as ending by itself. */
        bool ends = op->sim->plan.mutation != MUTATION_NO_EXPIRY;
        command_reserve(out, &(struct reserve){.sku = sku_of(op),
                                               .warehouse = local_of(op, op->local),
                                               .quantity = op->amount,
                                               .until_ms = ends ? op->until_ms : 0});
        return COMMAND_RESERVE;
    }
    case OP_RELEASE: command_release(out, op->reservation); return COMMAND_RELEASE;
    case OP_RETURN:
        command_order_return(out, bytes_text(account), bytes_text(op->line_key));
        return COMMAND_ORDER_RETURN;
    case OP_SWITCH:
        command_account_put(out, bytes_text(account),
                            bytes_text(op->sim->world.accounts[op->account].market->plugin),
                            op->amount);
        return COMMAND_ACCOUNT_PUT;
    case OP_UNDO: command_undo(out, op->sequence); return COMMAND_UNDO;
    case OP_ADJUST:
        command_stock_adjust(out, &(struct stock_adjust){.sku = sku_of(op),
                                                         .warehouse = local_of(op, op->local),
                                                         .by = op->amount,
                                                         .cause = CAUSE_SALE});
        return COMMAND_STOCK_ADJUST;
    case OP_TRANSFER:
        command_stock_transfer(out, &(struct stock_transfer){.sku = sku_of(op),
                                                             .from = local_of(op, op->local),
                                                             .to = local_of(op, op->to_local),
                                                             .quantity = op->amount});
        return COMMAND_STOCK_TRANSFER;
    case OP_BULK: write_bulk(op, txn, out); return COMMAND_STOCK_BULK;
    case OP_PRODUCT:
        command_product_put(
            out, &(struct product_put){.sku = sku_of(op), .name = bytes_text("a thing")});
        return COMMAND_PRODUCT_PUT;
    case OP_LINK: write_link(op, out); return COMMAND_LINK_PUT;
    case OP_UNLINK: write_link(op, out); return COMMAND_LINK_DELETE;
    case OP_MAP:
    case OP_UNMAP: write_map(op, out); return COMMAND_LISTING_MAP;
    case OP_REQUEUE: {
        struct bytes value;
        struct requeue requeue = {.limit = 4096, .force = op_forces(op)};
        if (store_get(txn, TABLE_PRODUCT_SKU, sku_of(op), &value) == ST_OK)
            requeue.product = bytes_get_u64(value.data);
        command_requeue(out, &requeue);
        return COMMAND_REQUEUE;
    }
    case OP_PAUSE:
        command_account_switch(out, bytes_text(account), ACCOUNT_PAUSE, "", "");
        return COMMAND_ACCOUNT_SWITCH;
    default: break;
    }
    command_account_switch(out, bytes_text(account), ACCOUNT_RESUME, "", "");
    return COMMAND_ACCOUNT_SWITCH;
}

/* Whether the listing may be of the command's product; without that product it is about all. */
static bool may_show(const struct op *op, uint32_t account, uint32_t listing)
{
    const struct truth *truth = &op->sim->truth;
    for (uint32_t i = 0; i < op->sim->world.product_count; i++)
        if (truth->mapped_by_hand[account][i]) return true;
    return op->sim->ties_moved || listing == op->product || !truth->product[op->product];
}

static void read_ties(const struct op *op, struct store_txn *txn, op_ties ties)
{
    for (uint32_t a = 0; a < op->sim->world.account_count; a++)
        for (uint32_t i = 0; i < op->sim->world.product_count; i++)
            ties[a][i] = (int16_t)oracle_mapped_product(op->sim, txn, a, i);
}

/* Their targets were made anew. */
static void tell_ties(const struct op *op, struct store_txn *txn)
{
    const struct world *world = &op->sim->world;
    op_ties after, *before = op->ties;
    read_ties(op, txn, after);
    for (uint32_t pair = 0; pair < world_pairs(world); pair++) {
        uint32_t account = world->remote_account[pair / world->product_count];
        uint32_t listing = pair % world->product_count;
        if ((*before)[account][listing] != after[account][listing])
            oracle_renewed(op->sim->oracle, pair);
    }
    op->sim->ties_moved = true;
    op->sim->deleted |= op->kind == OP_DELETE;
}

/* What the oracle must know of it at the moment it happens. */
static void tell_oracle(const struct op *op)
{
    const struct world *world = &op->sim->world;
    if (op->kind == OP_SWITCH) oracle_orders_switched(op->sim->oracle, op->account);
    if (op->kind == OP_RESUME) oracle_resumed(op->sim->oracle, op->account);
    for (uint32_t pair = 0; pair < world_pairs(world) && !op->secret; pair++) {
        uint32_t remote = pair / world->product_count;
        uint32_t account = world->remote_account[remote], listing = pair % world->product_count;
        if (op_forces(op) && may_show(op, account, listing)) oracle_forced(op->sim->oracle, pair);
        if ((op->kind == OP_MAP || op->kind == OP_UNMAP) && account == op->account)
            oracle_renewed(op->sim->oracle, pair);
        bool links = op->kind == OP_LINK || op->kind == OP_UNLINK || op->kind == OP_SHARE;
        if (links && remote == op->remote) oracle_renewed(op->sim->oracle, pair);
    }
}

/* Mutation: a piece appears from nowhere. */
static void mutate_stock(const struct op *op, struct store_txn *txn)
{
    if (op->sim->plan.mutation != MUTATION_SILENT_STOCK) return;
    struct store_cursor *cursor = store_cursor(txn, TABLE_STOCK);
    struct bytes key, value;
    if (store_next(cursor, &key, &value) == ST_OK) {
        struct stock_record stock;
        memcpy(&stock, value.data, sizeof stock);
        stock.on_hand++;
        store_cursor_put(cursor, bytes_of(&stock, sizeof stock));
    }
    store_cursor_close(cursor);
}

/* What is there before it, read without the engine. */
static void look_before(struct op *op, struct store_txn *txn)
{
    struct bytes value;
    uint8_t key[12];
    struct stock_record stock;
    op->available = 0;
    if (!op->sim->plan.orders.import) return;
    op->may_return =
        op->kind == OP_RETURN && oracle_line_may_return(op->sim, txn, op->account, op->line_key);
    if (store_get(txn, TABLE_PRODUCT_SKU, sku_of(op), &value) != ST_OK) return;
    memcpy(key, value.data, 8);
    bytes_put_u32(key + 8, local_number(op, txn, op->local));
    if (store_get(txn, TABLE_STOCK, bytes_of(key, sizeof key), &value) != ST_OK) return;
    memcpy(&stock, value.data, sizeof stock);
    op->available = stock.on_hand - stock.reserved;
}

static void look_after(struct op *op, struct store_txn *txn)
{
    if (!op->sim->plan.orders.import) return;
    if (op->kind == OP_SET || op->kind == OP_AVAILABLE) {
        op->taken = oracle_taken(op->sim, txn, op->product, op->local);
        mem_free(op->count); /* it may run twice */
        op->count = oracle_counts_note(op->sim, txn, op->product, op->local, op->now_ms);
        op->count->available = op->kind == OP_AVAILABLE;
    }
    for (uint32_t i = 0; op->kind == OP_BULK && i < op->bulk_count; i++)
        op_row_met(op, txn, &op->bulk[i]);
}

void op_row_met(struct op *op, struct store_txn *txn, struct op_row *row)
{
    row->shipped = oracle_taken(op->sim, txn, row->product, row->local).shipped;
    mem_free(row->count);
    row->count = oracle_counts_note(op->sim, txn, row->product, row->local, op->now_ms);
}

void op_forget_again(struct op *op)
{
    for (uint32_t i = 0; i < op->again_count; i++)
        mem_free(op->again[i].count);
    mem_free(op->again);
    op->again = NULL;
    op->again_count = 0;
}

void op_free(struct op *op)
{
    op_forget_again(op);
    guard_seen_free(op->seen);
    mem_free(op->ties);
    mem_free(op->count);
    for (uint32_t i = 0; i < OP_BULK_MOST; i++)
        mem_free(op->bulk[i].count);
    mem_free(op);
}

/* Of what it does: of a plan that is applied, of the command that it holds. */
static void tell_done(struct op *op, struct store_txn *txn)
{
    const struct op_theme *theme = op_theme_of(op->kind);
    tell_oracle(op);
    if (theme && theme->ties) tell_ties(op, txn);
    look_after(op, txn);
    bool arranges = op->kind == OP_LINK || op->kind == OP_UNLINK || op->kind == OP_SHARE ||
                    op->kind == OP_RULE || op->kind == OP_MAP || op->kind == OP_UNMAP ||
                    op->kind == OP_PRODUCT || (theme && theme->ties);
    op->sim->arranged += arranges;
}

/* Products are called otherwise by now, or gone. */
static void find_rows(struct op *op)
{
    for (uint32_t i = 0; i < op->bulk_count; i++) {
        int p = truth_find(&op->sim->truth, op->bulk[i].incarnation);
        if (p != WORLD_NONE) op->bulk[i].product = (uint32_t)p;
    }
}

static enum status run_command(struct op *op, struct store_txn *txn, struct command_result *result,
                               struct error *error)
{
    static const char *const people[] = {"operator", "stockctl", "api", "clerk"};
    struct buf payload;
    buf_init(&payload, COMMAND_PAYLOAD_MAX);
    struct command command = {.actor = op->sim->guard.on ? people[op->source] : people[0],
                              .now_ms = op->now_ms,
                              .unguarded = op->unguarded};
    command.kind = write_op(op, txn, &payload);
    command.payload = bytes_of(payload.data ? payload.data : "", payload.size);
    memcpy(command.id, op->id, sizeof op->id);
    op->arranged = op->sim->arranged;
    guard_oracle_before(op->sim->guard_oracle, op, txn);
    enum status status = engine_apply(daemon_engine(op->sim->daemon), txn, &command, result, error);
    guard_oracle_after(op->sim->guard_oracle, op, txn, status);
    buf_free(&payload);
    return status;
}

enum status op_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct op *op = (struct op *)task;
    struct op *of = op->kind == OP_APPLY && op->held ? op->held : op;
    struct command_result result;
    const struct op_theme *theme = op_theme_of(of->kind);
    bool ties = theme && theme->ties;
    if (ties && !of->ties) of->ties = mem_alloc(sizeof *of->ties);
    if (ties) read_ties(of, txn, *of->ties);
    of->now_ms = op->now_ms;
    if (of != op) find_rows(of);
    look_before(of, txn);
    if (theme && theme->look) theme->look(of, txn);
    enum status status = run_command(op, txn, &result, error);
    if (status == ST_OK && theme && theme->after) status = theme->after(of, txn, &result, error);
    if (status != ST_OK) return status;
    tell_done(of, txn);
    op->ran_us = op->sim->loop.now_us;
    if (op->kind != OP_UNDO) op->sequence = result.changed ? result.sequence : 0;
    if (op->kind == OP_RESERVE) op->reservation = result.reservation;
    if (op->kind == OP_ADJUST) mutate_stock(op, txn);
    return status;
}

/* ---- the record */

enum op_expected op_expected(const struct op *op, const struct truth *t)
{
    bool counted = t->counted[op->product][op->local];
    const struct op_theme *theme = op_theme_of(op->kind);
    if (theme) return theme->expected(op, t);
    switch (op->kind) {
    case OP_SET: return t->product[op->product] ? OP_TAKEN : OP_REFUSED;
    case OP_ADJUST: return counted ? OP_TAKEN : OP_REFUSED;
    case OP_TRANSFER:
        return counted && op->local != op->to_local &&
                       (op->sim->plan.orders.import
                            ? op->available
                            : t->figure[op->product][op->local]) >= op->amount
                   ? OP_TAKEN
                   : OP_REFUSED;
    case OP_LINK: return outside_clash(op, t) ? OP_REFUSED : OP_TAKEN;
    case OP_UNLINK: return t->link[op->remote][op->local] ? OP_TAKEN : OP_REFUSED;
    case OP_AVAILABLE: return t->product[op->product] ? OP_TAKEN : OP_REFUSED;
    case OP_RESERVE: return op->available >= op->amount ? OP_TAKEN : OP_REFUSED;
    case OP_RETURN: return op->may_return ? OP_TAKEN : OP_REFUSED;
    case OP_UNDO:    /* what came since may stand in the way */
    case OP_RELEASE: /* it may have come to its end */
    case OP_MAP:
    case OP_UNMAP: return OP_EITHER;
    default: return OP_TAKEN;
    }
}

static void record_figure(struct truth *t, uint32_t product, uint32_t local, int64_t quantity)
{
    t->counted[product][local] = true;
    t->figure[product][local] = quantity;
}

int64_t op_latest_ms(const struct op *op)
{
    int64_t true_ms = loop_true_ms(&op->sim->loop);
    return op->now_ms > true_ms ? op->now_ms : true_ms;
}

/* Counted: what was there until then says nothing any more. Takes `count`. */
static void record_count(const struct op *op, uint32_t product, uint32_t local, int64_t quantity,
                         struct truth_count **count)
{
    record_figure(&op->sim->truth, product, local, quantity);
    truth_counted(&op->sim->truth, product, local, *count);
    *count = NULL;
}

static void record_reservation(const struct op *op, struct truth *t)
{
    if (t->reservation_count == TRUTH_RESERVATIONS_MAX) return;
    t->reservations[t->reservation_count++] = (struct truth_reservation){.number = op->reservation,
                                                                         .product = op->product,
                                                                         .local = op->local,
                                                                         .quantity = op->amount,
                                                                         .until_ms = op->until_ms};
}

/* Of one whose answer was lost nobody knows the number. */
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

/* Lines that were known may be taken up anew: what they make of an available figure is not told. */
static void record_switch(const struct op *op, struct truth *t)
{
    t->imports[op->account] = op->amount;
    for (uint32_t p = 0; p < PLAN_PRODUCTS_MAX; p++)
        for (uint32_t l = 0; l < PLAN_LOCALS_MAX; l++)
            if (t->unsure[p][l].all || (t->count[p][l] && t->count[p][l]->available))
                truth_doubt(t, p, l, true, op_latest_ms(op));
}

/* The product may be called otherwise by now. */
static void record_undo(const struct op *op, struct truth *t)
{
    int p = truth_find(t, op->incarnation);
    if (p == WORLD_NONE) return;
    t->figure[p][op->local] += op->undoes_transfer ? op->amount : -op->amount;
    if (op->undoes_transfer) t->figure[p][op->to_local] -= op->amount;
}

static void record_row(const struct op *op, struct truth *t, struct op_row *row)
{
    if (row->incarnation ? truth_find(t, row->incarnation) != (int)row->product
                         : !t->product[row->product])
        return;
    record_count(op, row->product, row->local, row->quantity + row->shipped, &row->count);
    if (row->loose) truth_doubt(t, row->product, row->local, true, op_latest_ms(op));
}

static void record(struct op *op, struct truth *t)
{
    uint32_t p = op->product;
    const struct op_theme *theme = op_theme_of(op->kind);
    if (theme) {
        theme->record(op, t);
        return;
    }
    switch (op->kind) {
    case OP_SET:
        if (op->sim->plan.mutation == MUTATION_BELIEVED_ZERO && op->amount == 0) return;
        record_count(op, p, op->local, op->amount + op->taken.shipped, &op->count);
        return;
    case OP_AVAILABLE:
        record_count(op, p, op->local, op->amount + op->taken.reserved + op->taken.shipped,
                     &op->count);
        return;
    case OP_RESERVE: record_reservation(op, t); return;
    case OP_RELEASE:
        for (uint32_t i = 0; i < t->reservation_count; i++)
            t->reservations[i].released |= t->reservations[i].number == op->reservation;
        return;
    case OP_RETURN:
        if (op->sim->plan.mutation != MUTATION_LOST_RETURN)
            t->returned[op->seller][op->posting][op->line] = true;
        return;
    case OP_SWITCH: record_switch(op, t); return;
    case OP_PAUSE:
    case OP_RESUME: t->paused[op->account] = op->kind == OP_PAUSE; return;
    case OP_ADJUST:
        record_undoable(op, t);
        if (op->sim->plan.days && !op->sim->plan.orders.import)
            truth_sold(t, p, op->local, -op->amount, op->now_ms);
        t->figure[p][op->local] += op->amount;
        return;
    case OP_UNDO: record_undo(op, t); return;
    case OP_TRANSFER:
        if (t->counted[p][op->to_local]) record_undoable(op, t);
        t->figure[p][op->local] -= op->amount;
        record_figure(t, p, op->to_local, t->figure[p][op->to_local] + op->amount);
        return;
    case OP_BULK:
        for (uint32_t i = 0; i < op->made_count; i++)
            truth_make(t, op->made[i]);
        for (uint32_t i = 0; i < op->bulk_count; i++)
            record_row(op, t, &op->bulk[i]);
        for (uint32_t i = 0; i < op->again_count; i++)
            record_row(op, t, &op->again[i]);
        return;
    case OP_PRODUCT: truth_make(t, p); return;
    case OP_LINK:
    case OP_UNLINK:
        t->link[op->remote][op->local] = op->kind == OP_LINK;
        if (op->kind == OP_UNLINK) t->unlinked_ms[op->remote][op->local] = t->recorded_ms;
        t->share_ppm[op->remote][op->local] = 0;
        return;
    case OP_MAP:
    case OP_UNMAP:
        t->mapped_by_hand[op->account][(uint32_t)op->amount % op->sim->world.product_count] = true;
        return;
    default: return;
    }
}

void op_record(struct op *op, struct truth *t)
{
    struct past_notes notes;
    t->recorded_ms = loop_true_ms(&op->sim->loop);
    past_begin(op, t, &notes);
    record(op, t);
    past_end(op, t, &notes);
    ties_record(op, t);
}

const char *op_name(enum op_kind kind)
{
    static const char *const names[OP_KINDS] = {
        "set",       "adjust",  "transfer", "bulk",    "product", "link",
        "unlink",    "map",     "unmap",    "requeue", "pause",   "resume",
        "available", "reserve", "release",  "return",  "switch",  "undo"};
    const struct op_theme *theme = op_theme_of(kind);
    return theme ? theme->name : names[kind];
}

const char *op_text(const struct op *op, char out[160])
{
    const struct op_theme *theme = op_theme_of(op->kind);
    snprintf(out, 160, "%s %s %s->%s %lld remote=%s %s rows=%u", op_name(op->kind),
             op->sim->world.skus[op->product], op->sim->world.locals[op->local],
             op->sim->world.locals[op->to_local], (long long)op->amount,
             op->sim->world.remote_ids[op->remote], op->sim->world.accounts[op->account].name,
             op->bulk_count);
    if (theme && theme->text) theme->text(op, out + strlen(out), 160 - strlen(out));
    return out;
}
