/* Pages and chunks of a V3 list. */
#include "crawl_v3.h"

#include <string.h>

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
    return call->start->item_count ? next_chunk(call, crawl, kind) : kind->ask(call, crawl);
}

enum stockd_verdict wix_crawl_take(const struct stockd_call *call,
                                   const struct wix_crawl_kind *kind, const json_t *doc)
{
    struct wix_crawl *crawl = call->host->scratch(call->ctx, sizeof(*crawl));
    if (!crawl) return kit_bug(call, "no scratch memory");
    const json_t *rows = wix_rows(doc, kind->rows, kind->page_rows);
    if (!rows) return kit_unreadable(call, kind->rows);
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row)
        if (!kind->row(call, crawl, row)) crawl->chunk_lost = true;
    crawl->told += (int64_t)json_array_size(rows);
    call->host->progress(call->ctx, crawl->told, 0);
    switch (wix_next(json_object_get(doc, "pagingMetadata"), json_array_size(rows), kind->page_rows,
                     crawl->cursor)) {
    case WIX_PAGE_MORE:
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
    return call->start->item_count ? next_chunk(call, crawl, kind) : kind->end(call, crawl);
}
