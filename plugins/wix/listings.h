/* What the two ways of reading listings share. */
#ifndef WIX_LISTINGS_H
#define WIX_LISTINGS_H

#include "wix.h"

/* Twenty million variants. A server whose pages never end is not followed. */
#define WIX_PAGES_MAX 20000u

/* One variant as either catalogue tells it. */
struct wix_listing {
    const char *product, *variant, *sku, *barcode, *title;
    bool digital, hidden;
    struct wix_mark mark;
};
void wix_emit_listing(const struct stockd_call *call, const struct wix_listing *listing);
/* Says that the listings were read to their end, or that they were not. */
enum stockd_verdict wix_listings_end(const struct stockd_call *call, bool lost);
/* Asked for by its very id, in an answer that was read to its end, and not there. */
void wix_emit_gone(const struct stockd_call *call, const char *listing_id);

/* One crawl each; `scratch` as the step found it. [worker] */
enum stockd_verdict wix_listings_v1_begin(const struct stockd_call *call);
/* `doc` NULL: the product that was asked for is gone. */
enum stockd_verdict wix_listings_v1_take(const struct stockd_call *call, const json_t *doc);
/* The page was larger than an answer may be: asks for a smaller one. */
enum stockd_verdict wix_listings_v1_smaller(const struct stockd_call *call);
enum stockd_verdict wix_listings_v3_begin(const struct stockd_call *call);
enum stockd_verdict wix_listings_v3_take(const struct stockd_call *call, const json_t *doc);

#endif
