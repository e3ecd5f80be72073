/* What readings tell of reserved pieces, against the orders in the store. */
#include "oracle_signs.h"

#include "base/mem.h"
#include "engine/record_order.h"
#include "oracle_store.h"
#include "store/memory.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

enum {
    STEPS = 6, /* from an answer until the process goes by it, and from there to a selection */
};

struct signs {
    struct sim *sim;
    struct sign {
        int64_t reserved, told_us;
    } * pairs; /* reserved 0: none */
};

struct signs *signs_new(struct sim *sim)
{
    struct signs *s = mem_alloc(sizeof *s);
    s->sim = sim;
    s->pairs = mem_array(world_pairs(&sim->world), sizeof *s->pairs);
    return s;
}

void signs_free(struct signs *s)
{
    mem_free(s->pairs);
    mem_free(s);
}

void signs_crashed(struct signs *s)
{
    memset(s->pairs, 0, world_pairs(&s->sim->world) * sizeof *s->pairs);
}

/* The most that the store's order lines of that product and account may explain. */
static int64_t known(struct sim *sim, struct store_txn *txn, uint32_t account, uint32_t product)
{
    struct bytes key, value;
    struct key prefix = {0};
    int64_t pieces = 0;
    if (store_get(txn, TABLE_PRODUCT_SKU, bytes_text(sim->world.skus[product]), &value) != ST_OK)
        return INT64_MAX;
    key_add(&prefix, value);
    key_u32(&prefix, account + 1); /* accounts are declared in this order */
    struct store_cursor *cursor = store_cursor(txn, TABLE_ORDER_PRODUCT);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, key_bytes(&prefix));
         status = store_next(cursor, &key, &value)) {
        struct order_view order;
        struct bytes line = bytes_of((const char *)key.data + 8, key.size - 8);
        if (store_get(txn, TABLE_ORDER_LINE, line, &value) != ST_OK ||
            order_read(value, &order) != ST_OK)
            continue;
        for (uint32_t i = 0; i < order.part_count; i++)
            pieces += order.parts[i].reserved;
    }
    store_cursor_close(cursor);
    return pieces;
}

static bool is_sign(struct sim *sim, struct store_txn *txn, uint32_t pair, int64_t reserved)
{
    uint32_t account = world_pair_account(&sim->world, pair);
    uint32_t listing = pair % sim->world.product_count;
    int product = oracle_mapped_product(sim, txn, account, listing);
    return product != WORLD_NONE && known(sim, txn, account, (uint32_t)product) < reserved;
}

void signs_answered(struct signs *s, const struct exchange *x, const json_t *doc)
{
    const struct world *world = &s->sim->world;
    struct store_txn *txn;
    const json_t *rows = json_object_get(doc, "products"), *row;
    size_t index;
    if (!x->is_stock_reading || x->status != 200 || x->lies ||
        world->accounts[x->account].market != &market_ozon)
        return;
    if (!rows) rows = json_object_get(doc, "stocks");
    if (store_begin(s->sim->store, STORE_READ, &txn, NULL) != ST_OK) return;
    json_array_foreach (rows, index, row) {
        int64_t reserved = wire_number_or(json_object_get(row, "reserved"), 0);
        int remote = world_remote_by_number(
            world, x->account, wire_number_or(json_object_get(row, "warehouse_id"), 0));
        int product = world_product_by_number(
            world, x->account, wire_number_or(json_object_get(row, "product_id"), 0));
        if (remote == WORLD_NONE || product == WORLD_NONE) continue;
        /* What it reads of a namesake's warehouses is the namesake's. */
        if (world->remote_account[remote] != x->account) continue;
        uint32_t pair = world_pair(world, (uint32_t)remote, (uint32_t)product);
        if (reserved > 0 && is_sign(s->sim, txn, pair, reserved))
            s->pairs[pair] = (struct sign){reserved, s->sim->loop.now_us};
    }
    store_abort(txn);
}

int64_t signs_unread_us(struct signs *s, struct store_txn *txn, uint32_t account,
                        int64_t drained_us)
{
    const struct world *world = &s->sim->world;
    const struct runtime_delays *d = &s->sim->plan.delays;
    int64_t knows_us = s->sim->loop.now_us - 2 * STEPS * (d->engine_us + d->commit_us + d->work_us);
    const struct world_range pairs = world_pairs_of(world, account);
    int64_t newest_us = SIGNS_NONE;
    for (uint32_t i = pairs.first; i < pairs.end; i++) {
        const struct sign *sign = &s->pairs[i];
        if (!sign->reserved || sign->told_us <= drained_us || sign->told_us >= knows_us ||
            sign->told_us <= newest_us || !is_sign(s->sim, txn, i, sign->reserved))
            continue;
        newest_us = sign->told_us;
    }
    return newest_us;
}
