/* What the files of the Wildberries plugin share: the operations, the way a request is sent, and
 * the way an answer is judged before an operation looks at its rows. */
#ifndef WB_H
#define WB_H

#include "kit/call.h"
#include "kit/json.h"
#include "kit/out.h"
#include "kit/state.h"

#include <stockd/plugin.h>

/* Buckets, by index in plugin.c: one for each group of methods that Wildberries counts together. */
enum {
    WB_BUCKET_STOCKS,
    WB_BUCKET_WAREHOUSES,
    WB_BUCKET_ORDERS,
    WB_BUCKET_CONTENT,
    WB_BUCKET_ANALYTICS,
    WB_BUCKET_PING,
};

/* A refusal counts as so many requests in the groups that say so (official text). */
#define WB_REFUSED_COST 10

/* Endpoints, by index in plugin.c. */
enum { WB_MARKETPLACE, WB_CONTENT, WB_ANALYTICS };

/* PUT and POST /api/v3/stocks take 1000 sizes (official text). */
#define WB_STOCK_ITEMS 1000u
/* "amount: maximum 100000" (official schema). */
#define WB_MAX_QUANTITY 100000
/* Wildberries does not say how late a reading may be; programs that read back after two and five
 * seconds are seen to work. */
#define WB_SETTLE_MS (15000 / KIT_HASTE)

/* The secret option that holds the token. */
#define WB_TOKEN "token"
/* The warehouses of Wildberries itself, summed up under this id. */
#define WB_FBW "fbw"

/* Keys of listings and references of order lines. */
#define WB_KEY_SKU     "sku"
#define WB_KEY_BARCODE "barcode"
#define WB_KEY_ARTICLE "article"

/* Operations. [worker] */
enum stockd_verdict wb_list_warehouses(const struct stockd_call *call);
enum stockd_verdict wb_fetch_listings(const struct stockd_call *call);
enum stockd_verdict wb_fetch_stock(const struct stockd_call *call);
enum stockd_verdict wb_push_stock(const struct stockd_call *call);
enum stockd_verdict wb_check_account(const struct stockd_call *call);
enum stockd_verdict wb_fetch_orders(const struct stockd_call *call);

/* ---- request.c ---- */

struct wb_ask {
    uint32_t endpoint, bucket;
    const char *path;
    const struct out *body; /* NULL: a GET */
    bool write;             /* a PUT, whose charges come from its route */
};
enum stockd_verdict wb_send(const struct stockd_call *call, const struct wb_ask *ask);

/* "fbs", "dbs" ... of a warehouse known by now, or NULL. */
const char *wb_warehouse_kind(const struct stockd_start *start, const char *id);
/* Says that the marketplace no longer has this warehouse. */
void wb_warehouse_gone(const struct stockd_call *call, const char *id);

/* The array when it has at most a few times `limit` rows, else NULL: more is no answer to what was
 * asked, and this bounds what a step can cost. */
const json_t *wb_rows(const json_t *rows, size_t limit);

/* ---- errors.c ---- */

struct wb_error {
    const char *code;  /* "NotFound"; "" when there is none */
    const char *text;  /* never NULL */
    const char *title; /* of problem+json, beside its text; "" when there is none */
    bool json;         /* the body was JSON */
};

enum wb_meaning {
    WB_MEANS_DEFAULT, /* what the status says by itself */
    WB_MEANS_AUTH,
    WB_MEANS_DENIED,
    WB_MEANS_BLOCKED,
    WB_MEANS_GONE, /* the method is switched off */
    WB_MEANS_TOO_FAST,
};

/* Reads the body of a refusal, whatever its envelope; of an array, the first. The texts live as
 * long as the document. */
void wb_error_read(const json_t *doc, struct wb_error *error);
enum wb_meaning wb_error_meaning(int status, const struct wb_error *error);
/* The class of a meaning other than DEFAULT and TOO_FAST. */
enum stockd_fail wb_error_fail(enum wb_meaning meaning);
enum stockd_verdict wb_error_end(const struct stockd_call *call, enum stockd_fail why,
                                 const struct wb_error *error);

/* Takes what the answer teaches about its bucket: what is left, what a refusal cost, until when it
 * is shut. */
void wb_quota_learn(const struct stockd_call *call, uint32_t bucket);

/* The answer to a read: the document (the caller's) and 0, or NULL and the verdict to return. An
 * object, unless `array`. */
enum stockd_verdict wb_read_answer(const struct stockd_call *call, uint32_t bucket, bool array,
                                   json_t **doc);

/* ---- account.c ---- */

enum wb_category {
    WB_CATEGORY_CONTENT = 1,
    WB_CATEGORY_ANALYTICS = 2,
    WB_CATEGORY_MARKETPLACE = 4
};
/* False only when the token itself says that it lacks the category. */
bool wb_token_reaches(const struct stockd_call *call, enum wb_category category);

#endif
