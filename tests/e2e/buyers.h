/* Buyers at any of the marketplaces, and what they make of its figures by the marketplace's own
 * record: its state, its orders, its log. Nothing here asks the daemon, but the last part. */
#ifndef STOCKD_E2E_BUYERS_H
#define STOCKD_E2E_BUYERS_H

#include "markets.h"

/* ---- what they do */

/* One order of `quantity` pieces at the shop's place `place` (0: the first); `more` are further
 * members (",\"oversell\":true") or "". Its number there: at WB that of the whole basket. */
const char *buyer_orders(const struct shop *shop, const char *sku, int place, int quantity,
                         const char *more);
/* The body that does the same, for shop_moment. */
const char *buyer_body(const struct shop *shop, const char *sku, int place, int quantity,
                       const char *more);
/* Puts pieces there, past all rules. */
void shop_has(const struct shop *shop, const char *sku, int place, int pieces);
/* ship, deliver, cancel, return; ship packs it before where that is a step of its own, and what is
 * returned is not put back on sale by the marketplace. */
void buyer_step(const struct shop *shop, const char *what, const char *order);

/* Lets a control request happen right before (or after) the next request whose method and path
 * match; see marketsim's README. `body` NULL: a GET. */
void shop_moment(const struct shop *shop, const char *path, bool after, const char *control,
                 const char *body);
/* ... right before whatever writes stock: once for each way of writing. */
void shop_moment_writes(const struct shop *shop, const char *control, const char *body);
json_t *shop_moments(const struct shop *shop);
/* A fault for all that tells of orders. */
void shop_fault_orders(const struct shop *shop, const char *fields);

/* ---- what the marketplace knows */

int64_t shop_figure(const struct shop *shop, const char *sku, int place); /* -1: none */
/* Pieces of all orders that are not cancelled, placed at or after that time there (0: ever). */
int64_t shop_sold(const struct shop *shop, const char *sku, int64_t since_ms);

/* A row of its log. */
struct shop_request {
    int64_t seq, now_ms, received_ns;
    int status;
};
/* The newest request that any of the patterns of faults (up to NULL) is for and that was answered
 * 2xx, received before `before_ns` (0: whenever); seq 0: there is none. */
struct shop_request shop_last(const struct shop *shop, const char *const *patterns,
                              int64_t before_ns);
/* How many requests of that seller to write came. */
int shop_wrote(const struct shop *shop, const char *seller);
/* What was written of the SKU since that row of `writes`: how often, and what last. */
struct shop_told {
    int64_t seq;
    int count;
    int64_t last;
};
struct shop_told shop_told(const struct shop *shop, const char *sku, int64_t since);

/* ---- what the daemon has */

/* "on_hand", "reserved" or "available" of (SKU, warehouse); -1: uncounted. */
int64_t stock_of(const char *sku, const char *warehouse, const char *member);
/* Asks for a drain of the account's orders. */
void drain(const struct shop *shop);
/* Lines of that account: all, or those of a state as the API's filter has them ("held=true"). */
int64_t lines_of(const struct shop *shop, const char *filter);
json_t *line_at(const struct shop *shop, const char *filter, size_t index);

#endif
