/* Order lines that hold pieces of a pair which an undo would leave without a figure. */
#include "engine/undo.h"

#include "base/wire.h"
#include "engine/keys.h"
#include "engine/order_move.h"

struct looking {
    struct store_txn *txn;
    uint64_t product;
    uint32_t warehouse;
};

/* Pieces that the line holds of the pair; -1: it has no part of it. */
static enum status held_by(const struct looking *l, struct bytes line, int64_t *pieces)
{
    struct bytes value;
    struct order_view order;
    *pieces = -1;
    enum status status = store_get(l->txn, TABLE_ORDER_LINE, line, &value);
    if (status == ST_OK) status = order_read(value, &order);
    for (uint32_t i = 0; status == ST_OK && i < order.part_count; i++)
        if (order.parts[i].product == l->product && order.parts[i].warehouse == l->warehouse)
            *pieces = order.parts[i].reserved + order.parts[i].shipped;
    return status == ST_NOT_FOUND ? ST_OK : status;
}

static enum status count_lines(const struct looking *l, uint64_t *lines)
{
    struct key prefix = {0};
    struct bytes key;
    key_u64(&prefix, l->product);
    struct store_cursor *cursor = store_cursor(l->txn, TABLE_ORDER_PRODUCT);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, NULL);
    while (status == ST_OK && key_starts(key, key_bytes(&prefix))) {
        int64_t pieces;
        status = held_by(l, bytes_of((const uint8_t *)key.data + 8, key.size - 8), &pieces);
        *lines += pieces >= 0;
        if (status == ST_OK) status = store_next(cursor, &key, NULL);
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

/* Whether a merge brought the line all that it holds, which goes back with it. */
static enum status brought_all(const struct looking *l, const struct change_view *c, bool *all)
{
    struct order_part parts[ORDER_PARTS_MAX];
    int64_t pieces;
    *all = false;
    if (c->what != CHANGE_ORDER || !c->other || c->product != l->product) return ST_OK;
    enum status status = held_by(l, c->key, &pieces);
    uint32_t count = pieces >= 0 ? order_pieces_read(c->old, parts) : 0;
    for (uint32_t i = 0; i < count; i++)
        *all |=
            parts[i].warehouse == l->warehouse && pieces <= parts[i].reserved + parts[i].shipped;
    return status;
}

static enum status count_brought(const struct looking *l, uint64_t sequence, uint64_t *lines)
{
    struct key prefix = {0};
    struct bytes key, value;
    key_u64(&prefix, sequence);
    struct store_cursor *cursor = store_cursor(l->txn, TABLE_CHANGE);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    while (status == ST_OK && key_starts(key, key_bytes(&prefix))) {
        struct change_view change;
        bool all = false;
        status = change_read(value, &change);
        if (status == ST_OK) status = brought_all(l, &change, &all);
        *lines += all;
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

enum status undo_lines_left(struct store_txn *txn, uint64_t sequence, uint64_t product,
                            uint32_t warehouse, uint64_t *lines, struct error *error)
{
    const struct looking l = {txn, product, warehouse};
    uint64_t held = 0, brought = 0;
    enum status status = count_lines(&l, &held);
    if (status == ST_OK && held) status = count_brought(&l, sequence, &brought);
    *lines = held - brought;
    return engine_read_failed(txn, status, "order_line", error);
}
