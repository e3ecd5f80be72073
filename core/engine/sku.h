/* SKUs without case and spaces: how two that people would take for one are found. Pure. */
#ifndef STOCKD_ENGINE_SKU_H
#define STOCKD_ENGINE_SKU_H

#include "engine/keys.h"

/* The beginning of a row of TABLE_PRODUCT_FOLD: the SKU in lower case (ASCII, Latin-1, Cyrillic)
 * without spaces, and a 0. At most KEY_TEXT_MAX bytes of the SKU are looked at. */
struct key sku_fold_prefix(struct bytes sku);

#endif
