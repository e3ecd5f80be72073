/* Pages and chunks of a V3 list. */
#include "crawl_v3.h"

#include "kit/resume.h"

#include <string.h>

/* Where a list is: "3 CURSOR". */
static void resume(const struct stockd_call *call, struct wix_crawl *crawl)
{
    struct kit_list at;
    if (!kit_list_resume(call, &at) || at.place[0] != '3' || at.place[1] != ' ') return;
    crawl->gate.resumed = 1;
    crawl->told = at.told;
    strcpy(crawl->cursor, at.place + 2);
}

static void keep_place(const struct stockd_call *call, const struct wix_crawl *crawl)
{
    char place[KIT_PLACE_MAX + 1];
    size_t size = strlen(crawl->cursor);
    if (crawl->chunk_lost || size + 3 > sizeof(place)) return;
    memcpy(place, "3 ", 2);
    memcpy(place + 2, crawl->cursor, size + 1);
    kit_list_put(call, crawl->told, place);
}

/* The next chunk that holds an item that can be asked for, or the end. */
static enum stockd_verdict next_chunk(const struct stockd_call *call, struct wix_crawl *crawl,
                                      const struct wix_crawl_kind *kind)
{
    const struct stockd_start *start = call->start;
    for (crawl->first += crawl->count; crawl->first < start->item_count;
         crawl->first += crawl->count) {
        uint32_t left = start->item_count - crawl->first, usable = 0;
        crawl->count = left < WIX_FIND_ITEMS ? left : WIX_FIND_ITEMS;
        crawl->chunk_lost = false;
        crawl->cursor[0] = '\0';
        memset(crawl->seen, 0, sizeof(crawl->seen));
        for (uint32_t i = 0; i < crawl->count; i++)
            usable += kind->usable(call, crawl, crawl->first + i);
        if (usable) return kind->ask(call, crawl);
    }
    return kind->end(call, crawl);
}

enum stockd_verdict wix_crawl_begin(const struct stockd_call *call,
                                    const struct wix_crawl_kind *kind)
{
    struct wix_crawl *crawl = call->host->scratch(call->ctx, sizeof(*crawl));
    if (!crawl) return kit_bug(call, "no scratch memory");
    if (call->start->item_count) return next_chunk(call, crawl, kind);
    if (!call->start->warehouse_id) resume(call, crawl);
    return kind->ask(call, crawl);
}

enum stockd_verdict wix_crawl_take(const struct stockd_call *call,
                                   const struct wix_crawl_kind *kind, const json_t *doc)
{
    struct wix_crawl *crawl = call->host->scratch(call->ctx, sizeof(*crawl));
    if (!crawl) return kit_bug(call, "no scratch memory");
    const json_t *rows = wix_rows(doc, kind->rows, kind->page_rows);
    if (!rows) return kit_unreadable(call, kind->rows);
    crawl->gate.resumed = 0;
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row)
        if (!kind->row(call, crawl, row)) crawl->chunk_lost = true;
    crawl->told += (int64_t)json_array_size(rows);
    call->host->progress(call->ctx, crawl->told, 0);
    switch (wix_next(json_object_get(doc, "pagingMetadata"), json_array_size(rows), kind->page_rows,
                     crawl->cursor)) {
    case WIX_PAGE_MORE:
        if (!call->start->item_count && !call->start->warehouse_id) keep_place(call, crawl);
        if (++crawl->pages < kind->pages_max) return kind->ask(call, crawl);
        crawl->chunk_lost = true;
        break;
    case WIX_PAGE_LOST: crawl->chunk_lost = true; break;
    case WIX_PAGE_END: break;
    }
    if (crawl->chunk_lost)
        crawl->lost = true;
    else if (call->start->item_count)
        kind->missing(call, crawl);
    else if (!call->start->warehouse_id)
        kit_resume_drop(call);
    return call->start->item_count ? next_chunk(call, crawl, kind) : kind->end(call, crawl);
}
