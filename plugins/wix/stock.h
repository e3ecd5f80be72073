/* What the ways of reading stock share. */
#ifndef WIX_STOCK_H
#define WIX_STOCK_H

#include "wix.h"

/* Ten million rows of V3. */
#define WIX_STOCK_PAGES_MAX 10000u

/* What can still be bought: a figure below zero is owed to preorders or paid orders. */
static inline int64_t wix_sellable(int64_t quantity)
{
    return quantity > 0 ? quantity : 0;
}

/* A pair that was asked for and stands nowhere in an answer that was read to its end. Never a 0. */
void wix_emit_absent(const struct stockd_call *call, const char *listing, const char *place);

enum stockd_verdict wix_stock_v1_begin(const struct stockd_call *call);
/* `doc` NULL: the product that was asked for is gone. */
enum stockd_verdict wix_stock_v1_take(const struct stockd_call *call, const json_t *doc);
enum stockd_verdict wix_stock_v3_begin(const struct stockd_call *call);
enum stockd_verdict wix_stock_v3_take(const struct stockd_call *call, const json_t *doc);

#endif
