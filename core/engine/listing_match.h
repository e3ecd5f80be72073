/* The product that a listing's keys name: by an equal SKU before a barcode. [engine thread, or any
 * read transaction] */
#ifndef STOCKD_ENGINE_LISTING_MATCH_H
#define STOCKD_ENGINE_LISTING_MATCH_H

#include "base/error.h"
#include "engine/record.h"
#include "store/store.h"

struct listing_match {
    uint64_t product;     /* 0: none */
    const char *conflict; /* why nothing was chosen ("barcode-on-two-products" ...), or NULL */
    struct bytes value;   /* the key that matched; points into the view */
    bool by_barcode;
};
enum status listing_match(struct store_txn *txn, const struct listing_view *view,
                          struct listing_match *match, struct error *error);

/* Whether its stock is the seller's to write, as far as its state says. */
bool listing_can_be_target(enum listing_state state);

#endif
