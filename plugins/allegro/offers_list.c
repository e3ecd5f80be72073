/* list_warehouses, fetch_listings and fetch_stock: Allegro has one place, and one list of offers
 * that tells listings and figures alike. Reading by ids is in offers_items.c. */
#include "allegro.h"

#include "kit/resume.h"

#include <stdio.h>
#include <stdlib.h>

/* The method gives a thousand; half of that is parsed well within a step's 50 ms. */
#define PAGE_ROWS 500
/* "Maximum sum of offset and limit is 10 000 000." */
#define OFFSET_MAX 10000000
/* Twice the pages of the longest list: one that never ends is not followed. */
#define PAGES_MAX (2u * OFFSET_MAX / PAGE_ROWS)

enum stockd_verdict allegro_list_warehouses(const struct stockd_call *call)
{
    size_t size;
    struct stockd_warehouse own = {.size = sizeof(own),
                                   .writable = 1,
                                   .is_default = 1,
                                   .id = ALLEGRO_DEFAULT,
                                   .name = "Allegro",
                                   .kind = "offer"};
    struct stockd_warehouse theirs = {.size = sizeof(theirs),
                                      .marketplace = 1,
                                      .id = ALLEGRO_FULFILLMENT,
                                      .name = "One Fulfillment by Allegro",
                                      .kind = "fulfillment"};
    call->host->warehouse(call->ctx, &own);
    if (call->host->state_get(call->ctx, ALLEGRO_STATE_FULFILLMENT, &size))
        call->host->warehouse(call->ctx, &theirs);
    call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSES, NULL);
    return STOCKD_DONE;
}

struct crawl {
    int64_t offset;
    int64_t total; /* what the last page said; below 0: not said yet */
    uint32_t pages;
    bool holes;
    char first[STOCKD_ID_MAX + 1]; /* the first id of the page before */
    bool lost;                     /* there is more that was not reached */
};

static enum stockd_verdict ask(const struct stockd_call *call, const struct crawl *crawl)
{
    char memory[128];
    struct out path = {.data = memory, .room = sizeof(memory)};
    out_literal(&path, "/sale/offers?limit=");
    out_int(&path, PAGE_ROWS);
    out_literal(&path, "&offset=");
    out_int(&path, crawl->offset);
    return allegro_get(call, &path, ALLEGRO_BUCKET_CLIENT, 0);
}

/* Where it is: "OFFSET TOTAL". What has left the list meanwhile is seen by the total, as between
 * two pages. */
static void resume(const struct stockd_call *call, struct crawl *crawl)
{
    struct kit_list at;
    char *end;
    if (!kit_list_resume(call, &at)) return;
    long long offset = strtoll(at.place, &end, 10);
    if (*end != ' ' || offset <= 0 || offset + PAGE_ROWS > OFFSET_MAX) return;
    long long total = strtoll(end + 1, &end, 10);
    if (*end || total < -1) return;
    crawl->offset = offset;
    crawl->total = total;
}

static void keep_place(const struct stockd_call *call, const struct crawl *crawl)
{
    char place[64];
    if (crawl->holes || crawl->lost || !crawl->offset) return;
    snprintf(place, sizeof(place), "%lld %lld", (long long)crawl->offset, (long long)crawl->total);
    kit_list_put(call, crawl->offset, place);
}

static enum stockd_verdict finish(const struct stockd_call *call, const struct crawl *crawl)
{
    enum stockd_scope scope = call->start->operation == STOCKD_FETCH_LISTINGS
                                  ? STOCKD_SCOPE_LISTINGS
                                  : STOCKD_SCOPE_ALL_STOCK;
    /* A list that is empty from the start is not believed: it has been seen so with offers there.
     */
    if (crawl->lost || crawl->offset == 0) {
        call->host->log(call->ctx, 1,
                        "the list of offers was empty, or could not be read to its end");
        return STOCKD_DONE;
    }
    kit_resume_drop(call);
    call->host->complete(call->ctx, scope, NULL);
    if (scope == STOCKD_SCOPE_LISTINGS && !crawl->holes)
        call->host->complete(call->ctx, STOCKD_SCOPE_ALL_STOCK, NULL);
    return STOCKD_DONE;
}

/* The newest offers come first. What is added moves the rest on, and is read twice; what leaves the
 * list draws the rest back past the beginning of the page that shows it, and from so far before
 * that all is read again. */
static bool step_back(struct crawl *crawl, int64_t total, int64_t count)
{
    bool shorter = total >= 0 && crawl->total > total;
    if (shorter) {
        int64_t back = crawl->total - total + count;
        crawl->offset = crawl->offset > back ? crawl->offset - back : 0;
        crawl->first[0] = '\0'; /* the same page may well come again */
    }
    crawl->total = total;
    return shorter;
}

/* The same page again: a server that does not look at the offset. */
static bool is_circle(struct crawl *crawl, const json_t *rows)
{
    const char *first = NULL; /* that can be read */
    for (size_t i = 0; i < json_array_size(rows) && !first; i++)
        first = kit_text(json_object_get(json_array_get(rows, i), "id"), sizeof(crawl->first) - 1);
    bool same = first && strcmp(first, crawl->first) == 0;
    if (first) strcpy(crawl->first, first);
    return same;
}

static enum stockd_verdict take_page(const struct stockd_call *call, struct crawl *crawl,
                                     const json_t *doc)
{
    const json_t *rows = allegro_rows(doc, "offers", PAGE_ROWS);
    if (!rows) return kit_unreadable(call, "offers");
    size_t index;
    json_t *row;
    int64_t total, count = kit_page_count(rows, PAGE_ROWS);
    if (!kit_int(json_object_get(doc, "totalCount"), &total) || total < 0) total = -1;
    int64_t usable = 0;
    json_array_foreach (rows, index, row) {
        enum allegro_offer offer = allegro_emit_offer(call, row, NULL);
        if (offer != ALLEGRO_OFFER_WHOLE) crawl->holes = true;
        usable += offer != ALLEGRO_OFFER_LOST;
    }
    bool circle = is_circle(crawl, rows) || (count > 0 && usable == 0);
    crawl->offset += count;
    call->host->progress(call->ctx, crawl->offset, total > 0 ? total : 0);
    /* Only an empty page or the number told ends the list; a short page proves nothing, nor does
     * either while rows have moved to before this page. */
    bool shorter = step_back(crawl, total, count);
    bool end = !shorter && (count == 0 || crawl->offset == total);
    if (circle) end = crawl->lost = true;
    if (!end && (crawl->offset + PAGE_ROWS > OFFSET_MAX || ++crawl->pages > PAGES_MAX))
        end = crawl->lost = true;
    if (end && count == 0 && crawl->offset < total) crawl->lost = true;
    if (end) return finish(call, crawl);
    keep_place(call, crawl);
    return ask(call, crawl);
}

static enum stockd_verdict read_all(const struct stockd_call *call)
{
    struct crawl *crawl = call->host->scratch(call->ctx, sizeof(*crawl));
    if (!crawl) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) {
        resume(call, crawl);
        return ask(call, crawl);
    }
    json_t *doc;
    enum stockd_verdict verdict = allegro_read_answer(call, &doc);
    if (!doc) return verdict;
    verdict = take_page(call, crawl, doc);
    json_decref(doc);
    return verdict;
}

static enum stockd_verdict read_items(const struct stockd_call *call)
{
    struct allegro_reading *reading =
        call->host->scratch(call->ctx, allegro_reading_size(call->start->item_count));
    if (!reading) return kit_bug(call, "no scratch memory");
    enum stockd_verdict verdict = call->event == STOCKD_START ? allegro_reading_next(call, reading)
                                                              : allegro_reading_take(call, reading);
    if (verdict == STOCKD_DONE && !reading->lost && call->start->operation == STOCKD_FETCH_STOCK)
        call->host->complete(call->ctx, STOCKD_SCOPE_ITEMS, NULL);
    return verdict;
}

enum stockd_verdict allegro_fetch_listings(const struct stockd_call *call)
{
    return call->start->item_count ? read_items(call) : read_all(call);
}

enum stockd_verdict allegro_fetch_stock(const struct stockd_call *call)
{
    return call->start->item_count ? read_items(call) : read_all(call);
}
