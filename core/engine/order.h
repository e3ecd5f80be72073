/* Orders: what buyers took, applied by level (I2). For the engine's own files only.
 *
 * A line keeps what the marketplace told and what has been applied for it; applying writes the
 * difference between the two. So duplicates and reordering are harmless. A line that cannot be
 * resolved exactly is held: kept, shown, and tried again when a mapping, a link or a first figure
 * comes (a durable sweep). */
#ifndef STOCKD_ENGINE_ORDER_H
#define STOCKD_ENGINE_ORDER_H

#include "engine/record_order.h"
#include "engine/state.h"

enum {
    ORDER_QUANTITY_MAX = 1000000, /* of one line: the sum of many stays far inside int64 */
};

/* A line as the account's marketplace tells it. What can be no line of an order is left out.
 * `drained_ms`: when the newest drain that was read to its end began; 0: not known. */
enum status order_seen(struct applying *a, uint32_t account, struct bytes line,
                       const struct order_view *told, int64_t drained_ms);

/* A line as a hook tells it (hook.h). `restocked`: its pieces are back. `held`: it waits. */
enum status order_told(struct applying *a, uint32_t source, struct bytes line,
                       const struct order_view *told, bool restocked, bool *held);

/* The marketplace says that `reserved` of that target are promised to buyers. When the
 * orders seen by now do not explain so many, there are others: asks for a drain. */
enum status order_check_reserved(struct applying *a, const struct target_id *id, int64_t reserved);

/* One drain of the account's orders, begun at `begun_ms`, was read to its end. */
enum status order_drained(struct applying *a, uint32_t account, int64_t begun_ms);

/* ---- in order_wait.c */

/* Held lines of the account, or of all, may be resolved by now: leaves a sweep. */
void order_retry(struct applying *a, uint32_t account);
void order_retry_all(struct applying *a);
/* A chunk of that sweep: held lines from `after` (a key of TABLE_ORDER_HELD) on; `after` moves. */
enum status order_retry_chunk(struct applying *a, uint32_t account, struct key *after,
                              uint32_t limit, bool *end);

/* The account's orders are not imported any more: a chunk of that sweep. Lines that are open or
 * held have no effect from now on. */
enum status order_leave_chunk(struct applying *a, uint32_t account, uint32_t limit, bool *end);

/* Lines ordered before that were forgotten (compact_rows.c): one that is told again has no effect,
 * for nobody knows what it had taken. */
void order_forgotten_put(struct applying *a, int64_t before_ms);

/* ---- in order_resolve.c */

/* What the line's references and its warehouse lead to. held says why they do not. */
struct order_place {
    enum order_held held;
    uint64_t product, listing;
    uint32_t remote;
};
enum status order_resolve(struct applying *a, uint32_t account, const struct order_view *order,
                          struct order_place *place);

/* Adds parts for `need` more pieces: from the warehouses that feed the remote one, in their order;
 * what none of them has is taken from the first, which shows it as a shortfall.
 * ORDER_HELD_UNCOUNTED when none has a figure. */
enum status order_take(struct applying *a, uint32_t account, const struct order_place *place,
                       int64_t need, struct order_view *order, enum order_held *held);

#endif
