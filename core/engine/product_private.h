/* What the files about products share. */
#ifndef STOCKD_ENGINE_PRODUCT_PRIVATE_H
#define STOCKD_ENGINE_PRODUCT_PRIVATE_H

#include "engine/state.h"

/* ---- product_rows.c */

struct key product_key(uint64_t product);
/* The record alone; the indexes are the caller's. */
void product_save(struct applying *a, uint64_t product, const struct product_view *view);
/* The record, copied into `memory` so that it outlives writes; ST_NOT_FOUND without a sentence. */
enum status product_find(struct applying *a, uint64_t product, struct buf *memory,
                         struct product_view *view);
/* The same of one that must be there. */
enum status product_load(struct applying *a, uint64_t product, struct buf *memory,
                         struct product_view *view);
/* 0 when there is none of that SKU. */
enum status product_number(struct applying *a, struct bytes sku, uint64_t *product);

void product_index_barcodes(struct applying *a, uint64_t product, const struct product_view *view,
                            bool present);
void product_index_sku(struct applying *a, uint64_t product, struct bytes sku, bool present);
/* Record and indexes of a product with a number of its own / of one to go. */
void product_enter(struct applying *a, uint64_t product, const struct product_view *view);
void product_leave(struct applying *a, uint64_t product, const struct product_view *view);

enum status product_check_sku(struct applying *a, struct bytes sku);
enum status product_check_barcodes(struct applying *a, const struct bytes *barcodes,
                                   uint32_t count);
enum status product_check_texts(struct applying *a, const struct product_view *view);
bool product_barcodes_equal(const struct product_view *x, const struct product_view *y);

/* ---- product.c */

/* Brings the record from `old` to `view`, whose SKU is the same; ST_OK also when nothing changes.
 */
enum status product_change_to(struct applying *a, uint64_t product, const struct product_view *old,
                              struct product_view *view);

/* ---- product_rename.c: `view` gets the new SKU, which is checked and free */
enum status product_rename_to(struct applying *a, uint64_t product, struct product_view *view,
                              struct bytes sku);

/* ---- product_delete.c */

/* With what hangs on it; no pieces of it are promised. */
enum status product_delete(struct applying *a, uint64_t product);
/* Nothing hangs on it any more: its rows go, what it was is written down. `into` 0: deleted. */
enum status product_gone(struct applying *a, uint64_t product, const struct product_view *view,
                         uint64_t into);

/* ---- product_merge.c */

/* The reservation is of another product; the stock is the caller's. ST_NOT_FOUND without a sentence
 * when it is over, or not of `from`. */
struct reservation_view;
enum status reservation_move(struct applying *a, struct bytes number, uint64_t from, uint64_t to,
                             struct reservation_view *moved);

/* ---- product_rows.c: what hangs on a product */

/* Calls `each` for the rows of `table` that begin with `prefix`, which it may change:
 * they are gathered in chunks. */
typedef enum status product_each(struct applying *a, void *ctx, struct bytes key);
enum status product_walk(struct applying *a, enum store_table table, struct bytes prefix,
                         product_each *each, void *ctx);

/* ... for the listings that are tied to it; who changes `view` saves it. */
struct listing_view;
struct product_listing {
    uint64_t product, listing;
    uint32_t account;
};
typedef enum status product_listing_each(struct applying *a, void *ctx,
                                         const struct product_listing *at,
                                         struct listing_view *view);
enum status product_listings(struct applying *a, uint64_t product, product_listing_each *each,
                             void *ctx);

#endif
