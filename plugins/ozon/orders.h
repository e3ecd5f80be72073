/* What the two files of fetch_orders share. */
#ifndef OZON_ORDERS_H
#define OZON_ORDERS_H

#include "ozon.h"

/* Emits a posting's lines; false when it could not be read whole (and was said to be malformed). */
bool ozon_emit_posting(const struct stockd_call *call, const json_t *posting);

#endif
