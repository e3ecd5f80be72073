/* One order line on its way into the store. For order*.c only.
 *
 * A row is loaded into memory of its own (the caller frees it), changed in `now`, and applied:
 * what it has taken is brought to what it should have taken. */
#ifndef STOCKD_ENGINE_ORDER_ROW_H
#define STOCKD_ENGINE_ORDER_ROW_H

#include "engine/order.h"

struct order_row {
    uint32_t account;
    struct bytes key;
    struct order_view *was; /* NULL: new */
    struct order_view now;
    int64_t drained_ms; /* when the newest drain that came to its end began; 0: not known */
    int64_t beyond;     /* pieces that applying it took beyond what was available */
};

struct key order_row_key(uint32_t account, struct bytes line);
/* ST_NOT_FOUND without a sentence; then there is nothing to free. */
enum status order_row_load(struct applying *a, const struct key *key, struct buf *memory,
                           struct order_view *order);
/* Brings the line's parts to what should be taken, writes the difference, and saves it. */
enum status order_row_apply(struct applying *a, struct order_row *row);
/* Saves it as it is. */
void order_row_save(struct applying *a, struct order_row *row);

/* ---- in order_taken.c */

/* Brings the parts to what should be taken. A line that cannot be resolved keeps what it has. */
enum status order_taken_adjust(struct applying *a, struct order_row *row);
/* Writes the difference of the parts to the stock. */
enum status order_taken_apply(struct applying *a, struct order_row *row);

/* Pieces that the line's parts hold. */
struct order_taken {
    int64_t reserved, shipped;
};
struct order_taken order_taken_of(const struct order_view *order);

/* ---- in order_shown.c */

/* What the line's change means for the figure that the marketplace shows. */
enum status order_shown_moved(struct applying *a, const struct order_row *row);

#endif
