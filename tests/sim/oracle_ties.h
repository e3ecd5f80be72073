/* What is tied to what, and where orders take pieces from: by the store, against the operator's own
 * record of ties and links (ties.h). */
#ifndef SIM_ORACLE_TIES_H
#define SIM_ORACLE_TIES_H

#include "engine/record_order.h"
#include "sim.h"

/* Where all is answered and the marketplace was read: the listing is tied to the product that it
 * belongs to. Writes about what differs. */
bool oracle_tie_differs(struct sim *sim, struct store_txn *txn, uint32_t account, uint32_t listing,
                        char *why, size_t size);

/* A figure of the store's product is selected for that pair: it is the one that it belongs to. */
void oracle_tie_selected(struct sim *sim, struct store_txn *txn, uint32_t pair, uint64_t product);

/* NULL: what the line's row takes is of the product that the listing belonged to at some time since
 * it was ordered, from warehouses that were linked there since. */
const char *oracle_parts_wrong(struct sim *sim, struct store_txn *txn, uint32_t account,
                               const struct market_line *line, const struct order_view *row);

#endif
