/* What the files of the Wix plugin share: names, the two catalogues, the way a request is sent, and
 * the way an answer is judged before an operation looks at its rows. */
#ifndef WIX_H
#define WIX_H

#include "kit/call.h"
#include "kit/json.h"
#include "kit/out.h"
#include "kit/state.h"

#include <stockd/plugin.h>

/* The one bucket, by index in plugin.c. */
enum { WIX_BUCKET_ALL };

/* Routes, by index in plugin.c. */
enum wix_route {
    WIX_ROUTE_ADJUST,    /* V1: increments and decrements of many products */
    WIX_ROUTE_PRODUCT,   /* V1: absolute, one product */
    WIX_ROUTE_UNTRACKED, /* V1: absolute, one product that counts nothing */
    WIX_ROUTE_LEARN,     /* V1: reads one product, whose figures are then adjusted */
    WIX_ROUTE_UPDATE,    /* V3: inventory items known by id and revision */
    WIX_ROUTE_CREATE,    /* V3: inventory items known to be missing */
    WIX_ROUTE_FIND,      /* V3: nothing is known yet: read, then update or create */
};

#define WIX_ADJUST_ITEMS 300u  /* entries of one increment or decrement (published types) */
#define WIX_BULK_ITEMS   1000u /* items of one bulk update or create (published types) */
#define WIX_FIND_ITEMS   100u  /* variants named in one filter: Wix's usual bound of a list there */
#define WIX_MAX_QUANTITY 99999 /* of an inventory item (published types) */
/* Wix does not say how late a reading may be. */
#define WIX_SETTLE_MS (15000 / KIT_HASTE)
/* An item of one catalogue while the site has the other: the listings are about to be re-read. */
#define WIX_RELINK_MS (600000 / KIT_HASTE)
/* The longest page cursor of the published types. */
#define WIX_CURSOR_MAX  16000u

#define WIX_V1_VARIANT  "00000000-0000-0000-0000-000000000000" /* of a product without variants */
#define WIX_V1_PLACE    "default" /* a V1 site has one stock and no name for it */
#define WIX_KEY_SKU     "sku"
#define WIX_KEY_BARCODE "barcode"

/* Operations. [worker] */
enum stockd_verdict wix_list_warehouses(const struct stockd_call *call);
enum stockd_verdict wix_fetch_listings(const struct stockd_call *call);
enum stockd_verdict wix_fetch_stock(const struct stockd_call *call);
enum stockd_verdict wix_push_stock(const struct stockd_call *call);
enum stockd_verdict wix_check_account(const struct stockd_call *call);
enum stockd_verdict wix_fetch_orders(const struct stockd_call *call);
/* [pure] */
uint32_t wix_item_routes(const struct stockd_item *item, uint32_t *routes, uint32_t max);

/* ---- request.c ---- */

/* Sends a request; `body` may be NULL. A write's charges come from its route; a read costs one. */
enum stockd_verdict wix_send(const struct stockd_call *call, const char *method, const char *path,
                             const struct out *body, bool write);
/* The rows of a page that was asked for with a limit; NULL when there are none to read, or so many
 * more than asked for that it is no answer to the question. */
const json_t *wix_rows(const json_t *doc, const char *name, size_t limit);

enum wix_next { WIX_PAGE_MORE, WIX_PAGE_END, WIX_PAGE_LOST };
/* Whether another page follows a page of `rows` rows, by `paging` (pagingMetadata or metadata), and
 * its cursor (kept in `cursor`). LOST: there may be more that cannot be reached. */
enum wix_next wix_next(const json_t *paging, size_t rows, size_t limit,
                       char cursor[WIX_CURSOR_MAX + 1]);
/* "cursorPaging":{...} with the limit and, when there is one, the cursor. */
void wix_paging(struct out *body, size_t limit, const char *cursor);

/* ---- catalog.c: which of the two catalogues the site has ---- */

enum wix_catalog { WIX_CATALOG_NONE = 0, WIX_CATALOG_V1 = 1, WIX_CATALOG_V3 = 3 };

/* First in every operation's scratch memory. */
struct wix_gate {
    uint8_t asking;  /* the request in flight asks for the version */
    uint8_t refused; /* it is asked because a call was refused with 428 */
    uint8_t catalog; /* enum wix_catalog */
    uint8_t resumed; /* the request in flight is a list's first from a kept place */
};

/* At the first step, and when the answer is one to the version: 0 with *begin when the operation
 * may make its first request, else the verdict to return. 0 without *begin: the answer is the
 * operation's own. `anew`: ask although the version is known. */
enum stockd_verdict wix_gate(const struct stockd_call *call, struct wix_gate *gate, bool anew,
                             bool *begin);
/* A call was refused with a 428 that may mean another catalogue: asks for the version. */
enum stockd_verdict wix_gate_recheck(const struct stockd_call *call, struct wix_gate *gate);

/* ---- errors.c ---- */

struct wix_error {
    const char *code;  /* of applicationError, or the rule of the first violation; "" */
    const char *field; /* of the first violation; "" */
    const char *text;  /* never NULL */
    bool json, empty;  /* the body was an object; it says nothing */
};

enum wix_meaning {
    WIX_MEANS_DEFAULT, /* what the status says by itself */
    WIX_MEANS_AUTH,
    WIX_MEANS_DENIED,
    WIX_MEANS_BLOCKED,
    WIX_MEANS_GONE,
    WIX_MEANS_TOO_FAST,
    WIX_MEANS_CATALOG, /* the site may have another catalogue than was thought */
};

void wix_error_read(const json_t *doc, size_t body_size, struct wix_error *error);
enum wix_meaning wix_error_meaning(int status, const struct wix_error *error);
/* Shuts the bucket after a refusal for haste; until when. */
int64_t wix_quota_shut(const struct stockd_call *call);
/* Says why a read failed: the verdict to return. */
enum stockd_verdict wix_read_refused(const struct stockd_call *call, struct wix_gate *gate,
                                     const json_t *doc);
/* The answer to a read: the document (the caller's) and 0, or NULL and the verdict to return. */
enum stockd_verdict wix_read_answer(const struct stockd_call *call, struct wix_gate *gate,
                                    json_t **doc);
/* The answer is a 404 that says of itself that it is about the thing asked for. */
bool wix_answer_not_found(const struct stockd_call *call);

/* ---- item.c: ids, and what is kept with listings and targets ---- */

#define WIX_ID_MAX      36u /* of product, variant, location and inventory item */
#define WIX_LISTING_MAX (2 * WIX_ID_MAX + 1)

struct wix_pair {
    char product[WIX_ID_MAX + 1], variant[WIX_ID_MAX + 1];
};

/* An id as Wix makes them, letters, digits and hyphens: safe in a path. NULL: none. */
const char *wix_id(const json_t *value);
/* "product/variant", the listing's id here. */
void wix_listing_id(const char *product, const char *variant, char out[WIX_LISTING_MAX + 1]);
bool wix_pair_of(const char *listing_id, struct wix_pair *pair);

/* Kept with a listing. */
struct wix_mark {
    uint8_t catalog; /* '1' or '3'; 0: nothing is kept */
    uint8_t track;   /* V1: 'T' counted, 'U' not counted, '?' */
    /* V1: 'P' may be ordered at zero; '-' not; 'B' not, and yet a variant is below zero; '?' */
    uint8_t preorder;
};
struct wix_mark wix_mark_of(const struct stockd_item *item);

/* Kept with a V3 target: its inventory item. */
struct wix_held {
    enum { WIX_HELD_NOTHING, WIX_HELD_ITEM, WIX_HELD_ABSENT } kind;
    bool tracked;
    int64_t revision;
    char id[WIX_ID_MAX + 1];
};
void wix_held_of(const struct stockd_item *item, struct wix_held *held);
void wix_held_keep(const struct stockd_call *call, uint32_t item, const struct wix_held *held);

/* One V3 inventory item as an answer tells it. */
struct wix_stock_row {
    const char *product, *variant, *place;
    struct wix_held held;
    int64_t quantity; /* STOCKD_UNKNOWN: not counted */
    bool in_stock;
    int64_t updated_ms;
};
/* NULL, or what is wrong with it. */
const char *wix_stock_row_read(const json_t *json, struct wix_stock_row *row);

#endif
