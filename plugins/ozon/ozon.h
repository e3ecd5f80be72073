/* What the files of the Ozon plugin share: the operations, the way a request is sent, and the way
 * an answer is judged before an operation looks at its rows. */
#ifndef OZON_H
#define OZON_H

#include "kit/call.h"
#include "kit/json.h"
#include "kit/out.h"
#include "kit/state.h"

#include <stockd/plugin.h>

/* Buckets, by index in plugin.c. */
enum { OZON_BUCKET_ALL, OZON_BUCKET_STOCK };

/* POST /v2/products/stocks takes 100 pairs (official text). */
#define OZON_PUSH_ITEMS 100u
/* "stock must be below 1 000 000" (STOCK_TOO_BIG). */
#define OZON_MAX_QUANTITY 999999
/* One pair is taken once in 30 s (official text). */
#define OZON_CADENCE_MS (30000 / KIT_HASTE)
/* Ozon does not say how late a reading may be. It refuses a pair for 30 s after a write, so it
 * takes that long itself to be sure of it; twice that is what a reading gets. */
#define OZON_SETTLE_MS (60000 / KIT_HASTE)
/* The longest page cursor that is followed. Those seen have up to 400 bytes. */
#define OZON_CURSOR_MAX 2048u

/* The key of a listing that is the seller's article; the same word in items and orders. */
#define OZON_KEY_OFFER   "sku"
#define OZON_KEY_SKU     "ozon-sku"
#define OZON_KEY_BARCODE "barcode"

/* Warehouses that are Ozon's (fbo) or its partners' (fbp), summed up under these ids. */
#define OZON_FBO "fbo"
#define OZON_FBP "fbp"

/* Operations: one file each. [worker] */
enum stockd_verdict ozon_list_warehouses(const struct stockd_call *call);
enum stockd_verdict ozon_fetch_listings(const struct stockd_call *call);
enum stockd_verdict ozon_fetch_stock(const struct stockd_call *call);
enum stockd_verdict ozon_push_stock(const struct stockd_call *call);
enum stockd_verdict ozon_check_account(const struct stockd_call *call);
enum stockd_verdict ozon_fetch_orders(const struct stockd_call *call);

/* ---- request.c ---- */

/* Sends a POST, an empty body as none. A write's charges come from its route; a read is charged one
 * request. */
enum stockd_verdict ozon_send(const struct stockd_call *call, const char *path,
                              const struct out *body, bool write);
/* `name` of the document, or of its `result` object: Ozon moves its pages in and out of one. */
json_t *ozon_member(const json_t *doc, const char *name);

/* "fbs", "rfbs" ... of a warehouse known by now, or NULL. */
const char *ozon_warehouse_kind(const struct stockd_start *start, const char *id);

/* The rows of a page that was asked for with a limit; NULL when there are none to read, or so many
 * more than asked for that it is no answer to the question (which also bounds what a step can
 * cost). */
const json_t *ozon_rows(const json_t *doc, const char *name, size_t limit);

enum ozon_next { OZON_PAGE_MORE, OZON_PAGE_END, OZON_PAGE_LOST };
/* Whether another page follows a page of `rows` rows, and its cursor (kept in `cursor`). LOST:
 * there may be more that cannot be reached, so nothing may be concluded from what is absent. */
enum ozon_next ozon_next(const json_t *doc, size_t rows, char cursor[OZON_CURSOR_MAX + 1]);

/* ---- errors.c ---- */

struct ozon_error {
    int64_t code;     /* of the rpc envelope; -1 when there is none */
    const char *word; /* of the older envelope, "ACCESS_DENIED"; or NULL */
    const char *text; /* never NULL */
    bool json;        /* the body was an object */
};

enum ozon_meaning {
    OZON_MEANS_DEFAULT, /* what the status says by itself */
    OZON_MEANS_RETRY,
    OZON_MEANS_AUTH,
    OZON_MEANS_DENIED,
    OZON_MEANS_BLOCKED,
    OZON_MEANS_GONE,     /* the method is switched off */
    OZON_MEANS_TOO_FAST, /* nothing was done; not before a pause */
    OZON_MEANS_CIRCUIT,  /* the method is shut for minutes */
};

void ozon_error_read(const json_t *doc, struct ozon_error *error);
enum ozon_meaning ozon_error_meaning(int status, const struct ozon_error *error);

/* Takes what the headers say about the quotas, and when the bucket was shut, until when (else 0).
 */
int64_t ozon_quota_learn(const struct stockd_call *call, bool write, enum ozon_meaning meaning);

/* The answer to a read: the document (the caller's) and 0, or NULL and the verdict to return. */
enum stockd_verdict ozon_read_answer(const struct stockd_call *call, json_t **doc);

#endif
