/* Reading a V3 list page after page: all of it, or given items in chunks that a filter can hold.
 * What a row says, and what follows from a missing one, is the caller's. */
#ifndef WIX_CRAWL_V3_H
#define WIX_CRAWL_V3_H

#include "wix.h"

/* In the operation's scratch memory. */
struct wix_crawl {
    struct wix_gate gate;
    uint32_t pages;
    uint32_t first, count; /* items of the chunk in flight */
    bool lost;             /* something could not be read */
    bool chunk_lost;       /* of this chunk, so nothing is missing for sure */
    int64_t told;
    bool seen[WIX_FIND_ITEMS]; /* by item of the chunk; set by `row` */
    char cursor[WIX_CURSOR_MAX + 1];
};

/* What is read. Constant. */
struct wix_crawl_kind {
    const char *rows;   /* the member that holds them */
    uint32_t page_rows; /* of one page at most */
    uint32_t pages_max; /* more is a loop */
    /* Asks for the next page: of the items first..first + count, or of everything. */
    enum stockd_verdict (*ask)(const struct stockd_call *call, const struct wix_crawl *crawl);
    /* Whether the item can be asked for; may set `lost`. */
    bool (*usable)(const struct stockd_call *call, struct wix_crawl *crawl, uint32_t item);
    /* False: the row could not be used. */
    bool (*row)(const struct stockd_call *call, struct wix_crawl *crawl, const json_t *row);
    /* A chunk was read to its end: tells of the items not seen in it. */
    void (*missing)(const struct stockd_call *call, const struct wix_crawl *crawl);
    enum stockd_verdict (*end)(const struct stockd_call *call, const struct wix_crawl *crawl);
};

enum stockd_verdict wix_crawl_begin(const struct stockd_call *call,
                                    const struct wix_crawl_kind *kind);
/* A page: an answer's document. */
enum stockd_verdict wix_crawl_take(const struct stockd_call *call,
                                   const struct wix_crawl_kind *kind, const json_t *doc);

#endif
