/* What the files about listings share. */
#ifndef STOCKD_ENGINE_LISTING_PRIVATE_H
#define STOCKD_ENGINE_LISTING_PRIVATE_H

#include "engine/listing.h"
#include "engine/listing_match.h"

/* ---- listing.c */

/* The row of TABLE_LISTING, and of TABLE_CONFLICT. */
struct key listing_row_key(uint32_t account, uint64_t listing);
void listing_save(struct applying *a, uint32_t account, uint64_t listing,
                  const struct listing_view *view);
/* Refreshes the listing's targets when its record is saved. */
enum status listing_refresh(struct applying *a, uint32_t account, uint64_t listing,
                            const struct listing_view *view);

/* ---- listing_keys.c */

/* enum listing_key_kind; 0: products are not found by it. */
uint8_t listing_key_kind(struct bytes kind);
void listing_index_keys(struct applying *a, uint32_t account, uint64_t listing,
                        const struct listing_view *view, bool present);
bool listing_keys_equal(const struct listing_view *x, const struct listing_view *y);

/* ---- listing_map.c: these change `view`, which the caller saves */

/* It is tied, or waits for nothing any more. */
void listing_conflict_clear(struct applying *a, uint32_t account, uint64_t listing);
/* Ties it to `product` instead of what it is tied to; 0 means to none. */
enum status listing_tie(struct applying *a, uint32_t account, uint64_t listing,
                        struct listing_view *view, uint64_t product);
/* Unless it is tied already: to the product that its keys name. */
enum status listing_map_by_keys(struct applying *a, uint32_t account, uint64_t listing,
                                struct listing_view *view);
/* As listing_map_by_keys, of one that is stored: it is saved. */
enum status listing_map_one(struct applying *a, uint32_t account, uint64_t listing);
/* Its product is about to go: ties it to another one that its keys name, or to none. */
enum status listing_let_go(struct applying *a, uint32_t account, uint64_t listing,
                           struct listing_view *view);
/* A listing of the product is gone, or shows another one: those that waited for it to be free are
 * tied. */
enum status listing_freed(struct applying *a, uint64_t product);
/* The product that its keys name by now; none when they name none or too many. */
enum status listing_map_again(struct applying *a, uint32_t account, uint64_t listing,
                              struct listing_view *view);

#endif
