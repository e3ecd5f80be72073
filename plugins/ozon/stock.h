/* What the two ways of reading stock share. */
#ifndef OZON_STOCK_H
#define OZON_STOCK_H

#include "ozon.h"

/* Emits one row of a reading of the seller's own warehouses; false when it is malformed (and said
 * to be). `asked` is the warehouse it must be of, or NULL when the row names its own. */
bool ozon_emit_stock(const struct stockd_call *call, const json_t *row, const char *asked);

/* fetch_stock with items. [worker] */
enum stockd_verdict ozon_fetch_stock_items(const struct stockd_call *call);

#endif
