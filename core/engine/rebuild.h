/* Rebuilding what is derived: every index is computed again from the rows it is an index of, and
 * what is missing, wrong or surplus is mended, a chunk at a time while everything else goes on.
 *
 * DERIVED, and from what:
 *   product_sku, product_barcode, product_fold      product
 *   listing_id, listing_key, listing_product        listing
 *   target (those that a tied listing lacks)        listing, link
 *   outbox, unresolved                              target
 *   command_id, command_group                       command
 *   change_product                                  change
 *   order, order_open, order_held, order_product    order_line
 *   wake (ends of reservations)                     reservation
 *   alert (which of them are open)                  alert
 *   guard (live targets of each account)            target
 *   target_count (what people see of each account)  target
 *
 * NOT DERIVED: facts. Stock follows from the ledger, but which of the two is right when they differ
 * nobody can tell; `store verify` says it, a person decides. So with everything else.
 *
 * Between two chunks anything may change; each row is judged in the transaction that mends it. */
#ifndef STOCKD_ENGINE_REBUILD_H
#define STOCKD_ENGINE_REBUILD_H

#include "base/buf.h"
#include "engine/keys.h"
#include "store/store.h"

/* Where a rebuild is; all 0: at its beginning. */
struct rebuild_place {
    uint8_t part;
    bool end; /* there is nothing left */
    struct key from;
};

struct rebuild_count {
    uint64_t right, missing, surplus, mended;
};
struct rebuild_told {
    struct rebuild_place next;
    struct rebuild_count counts[TABLE_COUNT]; /* added to */
    uint64_t rows;                            /* looked at */
};
/* Of what one table says. */
bool rebuild_is_derived(enum store_table table);
/* Rows there are to look at, about. [any transaction] */
uint64_t rebuild_total(struct store_txn *txn);

enum { REBUILD_CHUNK = 2000 };

/* One chunk from told->next on; changes nothing. [any thread, read transaction] */
enum status rebuild_look(struct store_txn *txn, uint32_t limit, struct rebuild_told *told,
                         struct error *error);

/* COMMAND_REBUILD: the same chunk, mended. What was found is added to command->rebuilt, which says
 * where the next one begins. */
void command_rebuild(struct buf *out, const struct rebuild_place *from, uint32_t limit);

#endif
