/* Reading products beyond one by one: filtered lists, brands, probable duplicates, and what hangs
 * on a product. As query.h: inside the caller's read transaction, on any thread. */
#ifndef STOCKD_QUERY_CATALOGUE_H
#define STOCKD_QUERY_CATALOGUE_H

#include "query/query.h"

struct query_product_filter {
    struct bytes prefix;  /* of the SKU; size 0: any */
    struct bytes brand;   /* size 0: any */
    struct bytes account; /* has a listing there; size 0: any */
    int state;            /* has a target in it (of that account); enum target_state, -1: any */
    int64_t least, most;  /* available pieces of all counted warehouses; FIGURE_UNKNOWN: no limit.
                             With a limit, products that were never counted are left out (I9) */
};
/* By SKU. ST_INVALID when `least` is above `most`. */
enum status query_products_filtered(struct query *query, const struct query_product_filter *filter,
                                    struct query_page *page,
                                    bool (*row)(void *ctx, const struct query_product *product),
                                    void *ctx);

enum { QUERY_BRANDS_MAX = 10000 }; /* different ones */
/* Every brand with its products, by name; "" are those without. Looks at all products. */
enum status query_brands(struct query *query,
                         bool (*row)(void *ctx, struct bytes brand, uint64_t products), void *ctx);

/* Products that are probably one: with one barcode, or with SKUs equal but for case and spaces. */
enum { QUERY_DUPLICATES_MAX = 32 }; /* of one group; further ones are in none */
struct query_duplicate {
    const char *why;    /* "sku", "barcode" */
    struct bytes value; /* the barcode, or the SKU without case and spaces */
    struct query_product products[QUERY_DUPLICATES_MAX]; /* the oldest first */
    uint32_t count;
};
/* First all by SKU, then all by barcode: the same products may come twice. */
enum status query_duplicates(struct query *query, struct query_page *page,
                             bool (*row)(void *ctx, const struct query_duplicate *group),
                             void *ctx);

struct query_attached {
    struct query_count figures, listings, lines, targets;
    int64_t on_hand, reserved;
};
/* What a product takes with it when it is deleted. */
enum status query_attached(struct query *query, struct bytes sku, struct query_attached *attached);

#endif
