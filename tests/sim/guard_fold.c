/* Folding what commands do. */
#include "guard_fold.h"

#include "base/mem.h"
#include "oracle_store.h"
#include "script_op.h"

#include <string.h>

struct guard_fold {
    struct sim *sim;
    int64_t *before, *after;        /* by pair */
    uint64_t *of_before, *of_after; /* the product that the listing is tied to */
    uint32_t *touched, touched_count;
    bool *is_touched, sweeping;
};

struct guard_fold *guard_fold_new(struct sim *sim)
{
    struct guard_fold *g = mem_alloc(sizeof *g);
    uint32_t pairs = world_pairs(&sim->world);
    g->sim = sim;
    g->before = mem_array(pairs, sizeof *g->before);
    g->after = mem_array(pairs, sizeof *g->after);
    g->of_before = mem_array(pairs, sizeof *g->of_before);
    g->of_after = mem_array(pairs, sizeof *g->of_after);
    g->touched = mem_array(pairs, sizeof *g->touched);
    g->is_touched = mem_array(pairs, sizeof *g->is_touched);
    return g;
}

void guard_fold_free(struct guard_fold *g)
{
    mem_free(g->before);
    mem_free(g->after);
    mem_free(g->of_before);
    mem_free(g->of_after);
    mem_free(g->touched);
    mem_free(g->is_touched);
    mem_free(g);
}

void guard_seen_free(struct guard_seen *seen)
{
    if (seen) mem_free(seen->rows);
    if (seen) mem_free(seen->same);
    if (seen) mem_free(seen->lost);
    mem_free(seen);
}

static uint64_t listed_product(struct store_txn *txn, const struct target_id *id)
{
    uint8_t key[12];
    struct bytes value;
    struct listing_view view;
    bytes_put_u32(key, id->account);
    bytes_put_u64(key + 4, id->listing);
    return store_get(txn, TABLE_LISTING, bytes_of(key, sizeof key), &value) == ST_OK &&
                   listing_read(value, &view) == ST_OK
               ? view.product
               : 0;
}

static void fold_target(struct guard_fold *g, struct store_txn *txn, const uint8_t *key,
                        int64_t *figures)
{
    struct target_id id = target_key_read(key);
    int found = oracle_pair_of(g->sim, txn, key);
    if (found == WORLD_NONE || listed_product(txn, &id) != id.product) return;
    uint32_t pair = (uint32_t)found;
    int64_t most = world_account_of(&g->sim->world, pair)->market->most;
    struct truth_wanted wanted = oracle_store_wanted(g->sim, txn, key, most);
    if (!g->is_touched[pair]) {
        g->is_touched[pair] = true;
        g->touched[g->touched_count++] = pair;
        g->before[pair] = g->after[pair] = GUARD_UNKNOWN;
        g->of_before[pair] = g->of_after[pair] = 0;
    }
    (figures == g->before ? g->of_before : g->of_after)[pair] = id.product;
    figures[pair] = wanted.kind == TRUTH_FIGURE ? wanted.figure : GUARD_UNKNOWN;
}

/* Of one product, or (size 0) of all. */
static void fold_targets(struct guard_fold *g, struct store_txn *txn, struct bytes product,
                         int64_t *figures)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    enum status status = store_seek(cursor, product, &key, &value);
    for (; status == ST_OK && key_starts(key, product); status = store_next(cursor, &key, &value)) {
        uint8_t at[TARGET_KEY_SIZE];
        memcpy(at, key.data, sizeof at);
        fold_target(g, txn, at, figures);
    }
    store_cursor_close(cursor);
}

static void fold_named(struct guard_fold *g, struct store_txn *txn, uint32_t product,
                       int64_t *figures)
{
    struct bytes value;
    uint8_t number[8];
    const char *sku = g->sim->world.skus[product];
    if (store_get(txn, TABLE_PRODUCT_SKU, bytes_text(sku), &value) != ST_OK) return;
    memcpy(number, value.data, sizeof number);
    fold_targets(g, txn, bytes_of(number, sizeof number), figures);
}

/* What the command may touch. */
static void fold(struct guard_fold *g, const struct op *op, struct store_txn *txn, int64_t *figures)
{
    if (op->followed) { /* it names its rows when it has run */
        fold_targets(g, txn, bytes_of("", 0), figures);
        return;
    }
    switch (op->kind) {
    case OP_SET:
    case OP_AVAILABLE:
    case OP_ADJUST:
    case OP_TRANSFER:
    case OP_RESERVE:
    case OP_RULE:
    case OP_PRODUCT: fold_named(g, txn, op->product, figures); return;
    case OP_RENAME:
    case OP_MERGE:
        fold_named(g, txn, op->product, figures);
        if (op->other != op->product) fold_named(g, txn, op->other, figures);
        return;
    case OP_BULK:
        for (uint32_t i = 0; i < op->bulk_count; i++)
            fold_named(g, txn, op->bulk[i].product, figures);
        return;
    case OP_PAUSE:
    case OP_RESUME:
    case OP_REQUEUE:
    case OP_RETURN: return;
    default: /* OP_DELETE: its listings go to whoever bears their names */
        fold_targets(g, txn, bytes_of("", 0), figures);
        return;
    }
}

void guard_fold_before(struct guard_fold *g, const struct op *op, struct store_txn *txn)
{
    for (uint32_t i = 0; i < g->touched_count; i++)
        g->is_touched[g->touched[i]] = false;
    g->touched_count = 0;
    g->sweeping = store_count(txn, TABLE_SWEEP) > 0;
    fold(g, op, txn, g->before);
}

static void add_row(const struct guard_fold *g, const struct op *op, uint32_t pair,
                    struct guard_seen *seen)
{
    int64_t before = g->before[pair], after = g->after[pair];
    int64_t most = world_account_of(&g->sim->world, pair)->market->most;
    /* A target that moves to another product begins with what is shown, not with what was wanted.
     */
    bool moves = g->of_before[pair] != g->of_after[pair];
    if (before != GUARD_UNKNOWN && after == GUARD_UNKNOWN) seen->lost[seen->lost_count++] = pair;
    if (before == after && after != GUARD_UNKNOWN) seen->same[seen->same_count++] = pair;
    /* What a sweep has yet to come to is another figure in its target; and one that is above the
     * largest is cut when its route is chosen. */
    if ((before == after && !moves && !g->sweeping && after < most) || after == GUARD_UNKNOWN)
        return;
    if (seen->count == seen->room) {
        seen->room = seen->room ? seen->room * 2 : 8;
        seen->rows = mem_resize(seen->rows, seen->room * sizeof *seen->rows);
    }
    bool certain =
        before != GUARD_UNKNOWN && !moves && !g->sweeping && before < most && after < most;
    seen->certain &= certain;
    bool left = op->kind == OP_LINK || op->kind == OP_UNLINK || op->kind == OP_SHARE;
    seen->rows[seen->count++] =
        (struct guard_seen_row){pair, before, after, certain, g->sweeping, left};
}

struct guard_seen *guard_fold_after(struct guard_fold *g, const struct op *op,
                                    struct store_txn *txn)
{
    struct guard_seen *seen = mem_alloc(sizeof *seen);
    fold(g, op, txn, g->after);
    seen->certain = true;
    seen->same = mem_array(g->touched_count + 1, sizeof *seen->same);
    seen->lost = mem_array(g->touched_count + 1, sizeof *seen->lost);
    for (uint32_t i = 0; i < g->touched_count; i++)
        add_row(g, op, g->touched[i], seen);
    return seen;
}
