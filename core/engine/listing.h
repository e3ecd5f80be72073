/* Listings and their mapping to products: by equal SKU, then by barcode, or by hand; what is
 * ambiguous becomes a conflict and is never guessed. For the engine's own files only. */
#ifndef STOCKD_ENGINE_LISTING_H
#define STOCKD_ENGINE_LISTING_H

#include "engine/state.h"

enum listing_key_kind { LISTING_KEY_SKU = 1, LISTING_KEY_BARCODE = 2 };

/* The row of TABLE_LISTING_KEY for one key of a listing; false when that kind of key is not one
 * that products are found by. */
bool listing_index_key(const struct listing_key *of, uint32_t account, uint64_t listing,
                       struct key *key);

/* The listing's number; 0 when the account has none of that id. */
enum status listing_find(struct applying *a, uint32_t account, struct bytes id, uint64_t *listing);

/* The record, copied into `memory` so that it outlives writes. */
enum status listing_load(struct applying *a, uint32_t account, uint64_t listing, struct buf *memory,
                         struct listing_view *view);

struct rows_head;

/* A listing as the marketplace tells it: made, changed, mapped. */
enum status listing_seen(struct applying *a, const struct rows_head *head,
                         const struct listing_view *seen, bool keep_data);

/* Plugin data alone. */
enum status listing_data_put(struct applying *a, uint32_t account, uint64_t listing,
                             struct bytes data, uint32_t data_version);

/* Products of that SKU (size 0: none) or with those barcodes came or went: maps the listings that
 * wait for them. */
enum status listing_map_waiting(struct applying *a, struct bytes sku, const struct bytes *barcodes,
                                uint32_t barcode_count);

#endif
