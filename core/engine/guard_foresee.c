/* Foreseeing a bulk job, by an engine of its own that never writes: it sees the stock as the job's
 * rows would leave it, and allocates. */
#include "engine/guard_foresee.h"

#include "base/mem.h"
#include "engine/allocate.h"
#include "engine/guard_private.h"
#include "engine/stock.h"

struct guard_foresee {
    struct store_txn *txn;
    struct engine *engine;
    struct store_cursor *targets;
    struct command command; /* for its time */
    struct guard_effects effects;
    uint64_t product; /* whose rows are gathered; 0: none */
    struct stock_row *rows;
    struct stock_seen *pretended; /* as many */
    uint32_t count, room;
    struct stock_bulk head; /* of the rows */
};

enum status guard_foresee_new(struct store_txn *txn, uint32_t source, int64_t now_ms,
                              struct guard_foresee **to, struct error *error)
{
    struct guard_foresee *f = mem_alloc(sizeof *f);
    *to = f;
    f->txn = txn;
    f->engine = engine_new();
    f->command = (struct command){.kind = COMMAND_STOCK_BULK, .now_ms = now_ms};
    guard_effects_reset(&f->effects, source, guard_hour_now(f->engine, txn, now_ms));
    f->targets = store_cursor(txn, TABLE_TARGET);
    return engine_directory(f->engine, txn, error) ? ST_OK : ST_DAMAGED;
}

void guard_foresee_free(struct guard_foresee *f)
{
    if (!f) return;
    store_cursor_close(f->targets);
    engine_free(f->engine);
    guard_effects_free(&f->effects);
    mem_free(f->rows);
    mem_free(f->pretended);
    mem_free(f);
}

static int64_t quantity_of(const struct guard_foresee *f, const struct stock_row *row,
                           const struct stock_record *stock)
{
    const struct stock_bulk *head = &f->head;
    if (head->shown.account) return row->quantity + (head->shown.add ? stock->on_hand : 0);
    return row->quantity + (head->kind == FIGURE_AVAILABLE ? stock->reserved : 0);
}

/* The pairs as the rows would leave them. */
static enum status pretend(struct guard_foresee *f, struct applying *a, bool *changes)
{
    *changes = false;
    f->engine->pretended_count = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        const struct stock_seen *seen;
        enum status status = stock_look(a, f->product, f->rows[i].warehouse, &seen);
        if (status != ST_OK) return status;
        struct stock_record stock = seen->counted ? seen->stock : (struct stock_record){0};
        int64_t on_hand = quantity_of(f, &f->rows[i], &stock);
        *changes |= !seen->counted || stock.on_hand != on_hand;
        stock.on_hand = on_hand;
        f->pretended[i] = (struct stock_seen){.product = f->product,
                                              .warehouse = f->rows[i].warehouse,
                                              .counted = true,
                                              .stock = stock};
    }
    f->engine->pretended = f->pretended;
    f->engine->pretended_count = f->count;
    return ST_OK;
}

static enum status foresee_target(struct guard_foresee *f, struct applying *a, struct bytes key,
                                  struct bytes value)
{
    struct target t;
    struct allocation to;
    const struct target_id id = target_key_read(key.data);
    enum status status = target_decode(&id, value, &t);
    if (status == ST_OK) status = allocate(a, &t, NULL, &to);
    if (status != ST_OK || !to.known) return status;
    const struct target_record *r = &t.record;
    int64_t figure = to.value;
    if (r->capped == CAP_ROUTE && figure > r->wanted_value) figure = r->wanted_value;
    guard_effects_add(&f->effects, &id, &t.record.guard, target_figure(&t.record), figure);
    return ST_OK;
}

/* The targets of the product whose rows are all here. */
static enum status foresee_product(struct guard_foresee *f, struct error *error)
{
    struct applying a = {
        .engine = f->engine, .txn = f->txn, .command = &f->command, .error = error};
    bool changes = false;
    uint8_t prefix[8];
    struct bytes key, value;
    enum status status = f->count ? pretend(f, &a, &changes) : ST_OK;
    if (status != ST_OK || !changes) return status;
    bytes_put_u64(prefix, f->product);
    status = store_seek(f->targets, bytes_of(prefix, sizeof prefix), &key, &value);
    while (status == ST_OK && key.size == TARGET_KEY_SIZE &&
           key_starts(key, bytes_of(prefix, sizeof prefix))) {
        status = foresee_target(f, &a, key, value);
        if (status == ST_OK) status = store_next(f->targets, &key, &value);
    }
    return engine_read_failed(f->txn, status, "target", error);
}

static enum status add(struct guard_foresee *f, const struct stock_row *row, struct error *error)
{
    if (row->product != f->product) {
        enum status status = foresee_product(f, error);
        if (status != ST_OK) return status;
        f->product = row->product;
        f->count = 0;
    }
    if (f->count == f->room) {
        f->room = f->room ? f->room * 2 : 16;
        f->rows = mem_resize(f->rows, f->room * sizeof *f->rows);
        f->pretended = mem_resize(f->pretended, f->room * sizeof *f->pretended);
    }
    f->rows[f->count++] = *row;
    return ST_OK;
}

enum status guard_foresee_bulk(struct guard_foresee *f, struct bytes payload, struct error *error)
{
    struct stock_bulk head;
    struct wire_reader r = wire_reader(payload);
    command_stock_bulk_head(&r, &head);
    f->head = head;
    if (f->engine->directory->link_count == 0) return ST_OK; /* nothing is shown anywhere */
    struct stock_row row = {0};
    for (uint32_t i = 0; i < head.row_count && r.ok; i++) {
        command_stock_bulk_row(&r, &row);
        enum status status = r.ok ? add(f, &row, error) : ST_OK;
        if (status != ST_OK) return status;
    }
    return r.ok ? ST_OK : error_set(error, ST_BUG, "a chunk does not hold what it should");
}

enum status guard_foresee_end(struct guard_foresee *f, struct guard_effects *effects,
                              struct error *error)
{
    enum status status = foresee_product(f, error);
    f->product = 0;
    f->count = 0;
    *effects = f->effects;
    f->effects = (struct guard_effects){0};
    return status;
}
