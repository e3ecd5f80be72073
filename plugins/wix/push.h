/* What the ways of writing share: the outcome of each item, said once. */
#ifndef WIX_PUSH_H
#define WIX_PUSH_H

#include "stock.h"

enum wix_untracked { WIX_SKIP, WIX_IN_STOCK, WIX_ENABLE };

/* Where an item of a V3 batch stands. */
enum wix_step {
    WIX_STEP_NONE,
    WIX_STEP_FIND,   /* its inventory item is asked for */
    WIX_STEP_UPDATE, /* to be updated */
    WIX_STEP_CREATE, /* to be created */
    WIX_STEP_LOOK,   /* was stale: its figure is asked for */
};

struct wix_push {
    struct wix_gate gate;
    uint8_t phase; /* of the route's own steps */
    uint8_t untracked;
    bool lost;
    uint32_t sent_count;
    uint16_t sent[WIX_BULK_ITEMS]; /* the item that stands at each place of the request in flight */
    uint8_t done[WIX_BULK_ITEMS];  /* its outcome was given */
    uint8_t step[WIX_BULK_ITEMS];  /* V3: enum wix_step */
    struct wix_held held[WIX_BULK_ITEMS];
};

/* Bytes of the largest body: its frame with a product's preorder settings, and for each item three
 * ids, a revision, a figure and the names of it all. It lies behind struct wix_push. */
#define WIX_PUSH_FRAME 4096u
#define WIX_PUSH_ENTRY (3 * WIX_ID_MAX + 2 * KIT_ID_TEXT + 128u)
struct out wix_push_body(const struct stockd_call *call, struct wix_push *push);

void wix_push_say(const struct stockd_call *call, struct wix_push *push, uint32_t item,
                  const struct stockd_outcome *outcome);
void wix_push_kind(const struct stockd_call *call, struct wix_push *push, uint32_t item,
                   enum stockd_outcome_kind kind, const char *code, const char *text);
/* The same for every item that has none yet. */
void wix_push_rest(const struct stockd_call *call, struct wix_push *push,
                   enum stockd_outcome_kind kind, int64_t until_ms, const char *code,
                   const char *text);
void wix_push_unclear(const struct stockd_call *call, struct wix_push *push, uint32_t item,
                      const char *text);
/* Rejects the item of a product that is not tracked, with what to do about it. */
void wix_push_untracked(const struct stockd_call *call, struct wix_push *push, uint32_t item);

/* The answer to a write that is not 2xx; every item without an outcome was in it or after it. */
enum stockd_verdict wix_push_refused(const struct stockd_call *call, struct wix_push *push,
                                     const json_t *doc);
/* A reading inside a write gave nothing usable: nothing of the rest was written. */
enum stockd_verdict wix_push_unread(const struct stockd_call *call, struct wix_push *push);

/* The routes. Begin, and take the answer in call->response. */
enum stockd_verdict wix_adjust_begin(const struct stockd_call *call, struct wix_push *push);
enum stockd_verdict wix_adjust_take(const struct stockd_call *call, struct wix_push *push);
enum stockd_verdict wix_product_begin(const struct stockd_call *call, struct wix_push *push);
enum stockd_verdict wix_product_take(const struct stockd_call *call, struct wix_push *push);
enum stockd_verdict wix_bulk_begin(const struct stockd_call *call, struct wix_push *push);
enum stockd_verdict wix_bulk_take(const struct stockd_call *call, struct wix_push *push);

/* push_results.c: judges a bulk answer, item by item; stale ones get WIX_STEP_LOOK. */
void wix_bulk_judge(const struct stockd_call *call, struct wix_push *push, const json_t *doc);

#endif
