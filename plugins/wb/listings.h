/* What the files of fetch_listings share. */
#ifndef WB_LISTINGS_H
#define WB_LISTINGS_H

#include "wb.h"

/* "2023-12-06T11:17:00.96577Z", and room for another way of writing it. */
#define WB_MARK_MAX 64u

/* The two lists of cards. */
enum wb_list { WB_CARDS, WB_TRASH };

/* Where a list is to be gone on with: the page after this card. */
struct wb_mark {
    char at[WB_MARK_MAX + 1]; /* updatedAt or trashedAt; "": from the start */
    int64_t nm;
};

/* How far the catalogue was read. Durable: committed with the rows of each page. */
struct wb_crawl {
    bool full;         /* a crawl from the start is under way */
    bool lost;         /* a row of the last full crawl, or since, could not be read */
    enum wb_list list; /* the one being read */
    int64_t told;      /* rows, in all operations of this crawl */
    int64_t full_ms;   /* when the last full crawl ended, or 0 */
    int64_t ended_ms;  /* when the last crawl of any kind ended, or 0 */
    struct wb_mark marks[2];
};

/* ---- listings_crawl.c ---- */

/* The crawl to go on with, or to begin. */
void wb_crawl_begin(const struct stockd_call *call, struct wb_crawl *crawl);
void wb_crawl_save(const struct stockd_call *call, const struct wb_crawl *crawl);

enum wb_next { WB_PAGE_MORE, WB_PAGE_END, WB_PAGE_LOST };
/* Whether a page follows the one with `cards` cards, and from where (kept in `mark`). LOST: there
 * may be more that cannot be reached. */
enum wb_next wb_crawl_next(const json_t *doc, size_t cards, enum wb_list list,
                           struct wb_mark *mark);

/* ---- listings_card.c ---- */

/* Emits a listing for each size of a card; false when some of it could not be read (and was said
 * to be malformed). */
bool wb_emit_card(const struct stockd_call *call, const json_t *card, enum wb_list list);

/* ---- listings_items.c ---- */

/* fetch_listings with items. [worker] */
enum stockd_verdict wb_fetch_listings_items(const struct stockd_call *call);

/* ---- listings.c ---- */

/* Asks for a page: after the mark, or with a search the first one of what is found. */
enum stockd_verdict wb_ask_cards(const struct stockd_call *call, enum wb_list list,
                                 const struct wb_mark *mark, const char *search);
#define WB_CARDS_ROWS 100u /* the most a page has */

#endif
