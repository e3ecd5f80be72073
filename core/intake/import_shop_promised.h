/* What is promised of a warehouse by the open orders of one remote warehouse: it lies there, and is
 * in no available figure that was read at that one since they were placed. Workers. */
#ifndef STOCKD_INTAKE_IMPORT_SHOP_PROMISED_H
#define STOCKD_INTAKE_IMPORT_SHOP_PROMISED_H

#include "intake/import_shop_take.h"

struct shop_promise;
struct shop_promised {
    struct shop_promise *list; /* by product */
    size_t count, room;
};

/* Of the places of `places`; also by orders of the account that do not say where they were placed.
 * ST_DAMAGED with a sentence. */
enum status shop_promised_read(struct shop_promised *promised, struct store_txn *txn,
                               const struct shop_places *places, struct error *error);
/* Pieces of the product in orders that were placed until then. */
int64_t shop_promised_of(const struct shop_promised *promised, uint64_t product, int64_t until_ms);
void shop_promised_free(struct shop_promised *promised);

#endif
