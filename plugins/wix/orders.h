/* What the files of fetch_orders share. */
#ifndef WIX_ORDERS_H
#define WIX_ORDERS_H

#include "places.h"

/* Emits an order's lines; false when it could not be read whole (and was said to be malformed). */
bool wix_emit_order(const struct stockd_call *call, enum wix_catalog catalog, const json_t *order);

#endif
