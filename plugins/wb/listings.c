/* fetch_listings: the cards, then the trash, page by page in the order of their changes, so that
 * the next crawl goes on where this one ended. At its end, now and then, what Wildberries keeps in
 * its own warehouses. Which crawl it is, is decided in listings_crawl.c. */
#include "listings.h"
#include "stock.h"

/* Two million cards. A server whose pages never end is not followed for longer. */
#define PAGES_MAX 20000u
/* The figures of FBW change every half an hour; they are read along with the cards. */
#define FBW_EVERY_MS 14400000

enum { PART_CARDS, PART_FBW };

struct listings {
    uint32_t part;
    uint32_t pages;
    struct wb_crawl crawl;
};

enum stockd_verdict wb_ask_cards(const struct stockd_call *call, enum wb_list list,
                                 const struct wb_mark *mark, const char *search)
{
    char memory[WB_MARK_MAX * 6 + STOCKD_ID_MAX * 6 + 256];
    struct out body = {.data = memory, .room = sizeof(memory)};
    out_literal(&body, "{\"settings\":{\"sort\":{\"ascending\":true},\"cursor\":{\"limit\":");
    out_int(&body, WB_CARDS_ROWS);
    if (mark->at[0]) {
        out_bytes(&body, list == WB_TRASH ? ",\"trashedAt\":" : ",\"updatedAt\":", 13);
        out_string(&body, mark->at);
        out_literal(&body, ",\"nmID\":");
        out_int(&body, mark->nm);
    }
    out_literal(&body, "}");
    if (list == WB_CARDS || search) out_literal(&body, ",\"filter\":{");
    if (list == WB_CARDS) out_literal(&body, "\"withPhoto\":-1");
    if (list == WB_CARDS && search) out_literal(&body, ",");
    if (search) {
        out_literal(&body, "\"textSearch\":");
        out_string(&body, search);
    }
    if (list == WB_CARDS || search) out_literal(&body, "}");
    out_literal(&body, "}}");
    return wb_send(call, &(struct wb_ask){.endpoint = WB_CONTENT,
                                          .bucket = WB_BUCKET_CONTENT,
                                          .path = list == WB_TRASH ? "/content/v2/get/cards/trash"
                                                                   : "/content/v2/get/cards/list",
                                          .body = &body});
}

static enum stockd_verdict ask(const struct stockd_call *call, const struct listings *listings)
{
    const struct wb_crawl *crawl = &listings->crawl;
    return wb_ask_cards(call, crawl->list, &crawl->marks[crawl->list], NULL);
}

static enum stockd_verdict finish(const struct stockd_call *call, struct listings *listings)
{
    struct wb_crawl *crawl = &listings->crawl;
    bool full = crawl->full;
    if (full) crawl->full_ms = call->now_ms;
    crawl->full = false;
    crawl->list = WB_CARDS;
    crawl->ended_ms = call->now_ms;
    crawl->told = 0;
    wb_crawl_save(call, crawl);
    if (crawl->lost) {
        call->host->log(call->ctx, 1, "some cards could not be read; all are read again later");
        return STOCKD_DONE;
    }
    /* What changed was read to its end, and it is all that was asked for; nothing follows from
     * what is absent there. */
    call->host->complete(call->ctx, full ? STOCKD_SCOPE_LISTINGS : STOCKD_SCOPE_ITEMS, NULL);
    if (call->now_ms - wb_fbw_read_ms(call) < FBW_EVERY_MS) return STOCKD_DONE;
    return wb_fbw_begin(call, PART_FBW);
}

static enum stockd_verdict next_list(const struct stockd_call *call, struct listings *listings)
{
    struct wb_crawl *crawl = &listings->crawl;
    if (crawl->list == WB_TRASH) return finish(call, listings);
    crawl->list = WB_TRASH;
    wb_crawl_save(call, crawl);
    return ask(call, listings);
}

static enum stockd_verdict take_page(const struct stockd_call *call, struct listings *listings,
                                     const json_t *doc)
{
    struct wb_crawl *crawl = &listings->crawl;
    const json_t *cards = wb_rows(json_object_get(doc, "cards"), WB_CARDS_ROWS);
    if (!cards) return kit_unreadable(call, "cards");
    size_t index;
    json_t *card;
    json_array_foreach (cards, index, card)
        if (!wb_emit_card(call, card, crawl->list)) crawl->lost = true;
    crawl->told += (int64_t)json_array_size(cards);
    call->host->progress(call->ctx, crawl->told, 0);
    switch (wb_crawl_next(doc, json_array_size(cards), crawl->list, &crawl->marks[crawl->list])) {
    case WB_PAGE_MORE:
        wb_crawl_save(call, crawl);
        /* The crawl is gone on with by the next operation. */
        if (++listings->pages == PAGES_MAX)
            return kit_fail(call, STOCKD_FAIL_RETRY, "endless", "the list of cards does not end");
        return ask(call, listings);
    case WB_PAGE_LOST: crawl->lost = true; break;
    case WB_PAGE_END: break;
    }
    return next_list(call, listings);
}

enum stockd_verdict wb_fetch_listings(const struct stockd_call *call)
{
    if (call->start->item_count) return wb_fetch_listings_items(call);
    struct listings *listings = call->host->scratch(call->ctx, sizeof(*listings));
    if (!listings) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) {
        wb_crawl_begin(call, &listings->crawl);
        call->host->progress(call->ctx, listings->crawl.told, 0);
        return ask(call, listings);
    }
    if (listings->part == PART_FBW) return wb_fbw_step(call);
    json_t *doc;
    enum stockd_verdict verdict = wb_read_answer(call, WB_BUCKET_CONTENT, false, &doc);
    if (!doc) return verdict;
    verdict = take_page(call, listings, doc);
    json_decref(doc);
    return verdict;
}
