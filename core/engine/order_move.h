/* What order lines hold of a product, when that product goes. For the engine's own files only. */
#ifndef STOCKD_ENGINE_ORDER_MOVE_H
#define STOCKD_ENGINE_ORDER_MOVE_H

#include "engine/record_order.h"
#include "engine/state.h"

/* A line, held in memory of its own. */
struct order_held_line {
    struct order_view view;
    struct buf memory;
};
/* `line` is a key of TABLE_ORDER_LINE. ST_NOT_FOUND without a sentence. */
enum status order_line_load(struct applying *a, struct bytes line, struct order_held_line *held);
/* Frees it. Its parts of `from` are not among its products any more when it has none. */
void order_line_save(struct applying *a, struct bytes line, struct order_held_line *held,
                     uint64_t from);

/* Pieces that one line holds of a product, by warehouse: as bytes for a row of TABLE_CHANGE. */
void order_pieces_write(struct buf *out, const struct order_view *view, uint64_t product);
uint32_t order_pieces_read(struct bytes from, struct order_part parts[ORDER_PARTS_MAX]);

/* Moves up to `most` pieces of the part (from, warehouse) to (to, warehouse), the promised ones
 * first; says how many of those. The stock is the caller's. */
void order_pieces_move(struct order_view *view, uint64_t from, uint64_t to, uint32_t warehouse,
                       int64_t most, int64_t *reserved);

#endif
