/* What reading a V1 site's two lists has in common: pages by the row's own number, and the shape of
 * an inventory item. */
#ifndef WIX_V1_H
#define WIX_V1_H

#include "wix.h"

#define WIX_V1_ROWS 100u /* the most of both methods */
/* A hundred million products. A server whose pages never end is not followed. */
#define WIX_V1_PAGES_MAX 1000000u

#define WIX_V1_INVENTORY "/stores-reader/v2/inventoryItems/query"
#define WIX_V1_PRODUCTS  "/stores-reader/v1/products/query"

/* The page after number `after`. Offsets end at about ten thousand rows, and shift while products
 * come and go; the number does neither. */
enum stockd_verdict wix_v1_ask(const struct stockd_call *call, const char *path, int64_t after,
                               uint32_t limit);
/* Moves `after` past a page. The end is an empty page: a short one proves nothing. */
enum wix_next wix_v1_next(const json_t *rows, int64_t *after);

/* Where a list is, kept with each page that was read whole: the number it is past. 0: not kept, or
 * of no use; `told` is then left as it is. */
int64_t wix_v1_resume(const struct stockd_call *call, int64_t *told);
void wix_v1_keep(const struct stockd_call *call, int64_t after, int64_t told);

/* POST .../product/{id}/getVariants. */
enum stockd_verdict wix_v1_ask_product(const struct stockd_call *call, const char *product);

struct wix_v1_item {
    const char *product;
    uint8_t track, preorder; /* as in struct wix_mark */
    const json_t *variants;  /* an array */
    int64_t updated_ms;
};
/* NULL, or what is wrong with it. */
const char *wix_v1_item_read(const json_t *json, struct wix_v1_item *item);

#endif
