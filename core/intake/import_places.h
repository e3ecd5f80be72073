/* The seller's warehouses by key, as a worker's read transaction sees them. */
#ifndef STOCKD_INTAKE_IMPORT_PLACES_H
#define STOCKD_INTAKE_IMPORT_PLACES_H

#include "store/store.h"

struct import_places;

enum status import_places_load(struct store_txn *txn, struct import_places **places,
                               struct error *error);
void import_places_free(struct import_places *places); /* NULL is fine */
/* 0: there is none. */
uint32_t import_places_find(struct import_places *places, struct bytes key);
/* The key nearest to it, or NULL. */
const char *import_places_near(const struct import_places *places, struct bytes key);

#endif
