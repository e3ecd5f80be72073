/* What the files of fetch_orders share. */
#ifndef OZON_ORDERS_H
#define OZON_ORDERS_H

#include "ozon.h"

/* A posting number leaves room in a line's key for "/" and the SKU. */
#define OZON_POSTING_MAX (STOCKD_ID_MAX - KIT_ID_TEXT)

/* ---- orders_line.c ---- */

/* Emits a posting's lines; false when it could not be read whole (and was said to be malformed). */
bool ozon_emit_posting(const struct stockd_call *call, const json_t *posting);

/* ---- orders_split.c: parents of the postings that were split off ---- */

/* Pairs remembered in one drain. More leave the drain unfinished. */
#define OZON_SPLITS_MAX 256u

struct ozon_split {
    int64_t sku; /* 0: dealt with */
    char parent[OZON_POSTING_MAX + 1];
};

struct ozon_splits {
    uint32_t count;
    struct ozon_split at[OZON_SPLITS_MAX];
};

/* True when the posting is a piece of another one. */
bool ozon_split_is(const json_t *posting);
/* Remembers the products of such a posting; false when there is no room. */
bool ozon_split_note(struct ozon_splits *splits, const json_t *posting);
/* The next parent to look at, or NULL. */
const char *ozon_split_next(const struct ozon_splits *splits);
enum stockd_verdict ozon_split_ask(const struct stockd_call *call, const char *parent);
/* True when the answer says that the parent no longer exists. */
bool ozon_split_is_gone(const struct stockd_call *call);
/* Takes the parent's document, or NULL when it is gone; false when it could not be read. */
bool ozon_split_take(const struct stockd_call *call, struct ozon_splits *splits, const json_t *doc);

#endif
