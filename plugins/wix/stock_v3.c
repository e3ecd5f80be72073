/* The stock of a V3 site: its inventory items, all, of one location, or of given items. Readings of
 * given items also keep each one's id and revision, which a write must name. */
#include "stock.h"
#include "v3.h"

struct crawl {
    struct wix_gate gate;
    uint32_t pages;
    uint32_t first, count; /* items of the chunk in flight */
    bool lost, chunk_lost;
    int64_t told;
    bool seen[WIX_FIND_ITEMS];
    char cursor[WIX_CURSOR_MAX + 1];
};

static const char *place_of(const struct stockd_call *call, const struct stockd_item *item)
{
    return item->warehouse_id ? item->warehouse_id : call->start->warehouse_id;
}

static bool usable(const struct stockd_call *call, const struct stockd_item *item,
                   struct wix_pair *pair)
{
    return wix_pair_of(item->listing_id, pair) && place_of(call, item);
}

static enum stockd_verdict ask(const struct stockd_call *call, const struct crawl *crawl)
{
    struct wix_question question;
    struct wix_pair pair;
    const struct stockd_start *start = call->start;
    wix_v3_question(&question);
    for (uint32_t i = 0; i < crawl->count && !crawl->cursor[0]; i++)
        if (usable(call, &start->items[crawl->first + i], &pair))
            wix_v3_variant(&question, pair.variant);
    return wix_v3_send(call, &question, start->warehouse_id, crawl->cursor);
}

/* The next chunk that holds an item that can be asked for, or the end. */
static enum stockd_verdict next_chunk(const struct stockd_call *call, struct crawl *crawl)
{
    const struct stockd_start *start = call->start;
    struct wix_pair pair;
    for (crawl->first += crawl->count; crawl->first < start->item_count;
         crawl->first += crawl->count) {
        uint32_t left = start->item_count - crawl->first, some = 0;
        crawl->count = left < WIX_FIND_ITEMS ? left : WIX_FIND_ITEMS;
        crawl->chunk_lost = false;
        crawl->cursor[0] = '\0';
        memset(crawl->seen, 0, sizeof(crawl->seen));
        for (uint32_t i = 0; i < crawl->count; i++) {
            const struct stockd_item *item = &start->items[crawl->first + i];
            if (usable(call, item, &pair)) {
                some++;
                continue;
            }
            kit_malformed(call, "an item with a foreign id", item->listing_id);
            crawl->lost = true;
        }
        if (some) return ask(call, crawl);
    }
    if (!crawl->lost) call->host->complete(call->ctx, STOCKD_SCOPE_ITEMS, NULL);
    return STOCKD_DONE;
}

static void mark_seen(const struct stockd_call *call, struct crawl *crawl, const char *listing,
                      const struct wix_stock_row *row)
{
    for (uint32_t i = 0; i < crawl->count; i++) {
        const struct stockd_item *item = &call->start->items[crawl->first + i];
        const char *place = place_of(call, item);
        if (!place || strcmp(place, row->place) != 0 || strcmp(item->listing_id, listing) != 0)
            continue;
        crawl->seen[i] = true;
        wix_held_keep(call, crawl->first + i, &row->held);
    }
}

static bool emit_row(const struct stockd_call *call, struct crawl *crawl, const json_t *json)
{
    struct wix_stock_row read;
    char listing[WIX_LISTING_MAX + 1];
    const char *only = call->start->warehouse_id;
    const char *what = wix_stock_row_read(json, &read);
    if (!what && only && strcmp(only, read.place) != 0)
        what = "an inventory item of another location than was asked for";
    if (what) {
        kit_malformed(call, what, read.variant ? read.variant : "/stores/v3/inventory-items/query");
        return false;
    }
    wix_listing_id(read.product, read.variant, listing);
    struct stockd_stock row = STOCKD_STOCK_ROW;
    row.warehouse_id = read.place;
    row.listing_id = listing;
    row.marketplace_ms = read.updated_ms;
    if (read.held.tracked)
        row.quantity = wix_sellable(read.quantity);
    else
        row.kind = STOCKD_STOCK_UNTRACKED;
    call->host->stock(call->ctx, &row);
    mark_seen(call, crawl, listing, &read);
    return true;
}

static void emit_missing(const struct stockd_call *call, const struct crawl *crawl)
{
    const struct wix_held none = {.kind = WIX_HELD_ABSENT};
    struct wix_pair pair;
    for (uint32_t i = 0; i < crawl->count; i++) {
        const struct stockd_item *item = &call->start->items[crawl->first + i];
        if (crawl->seen[i] || !usable(call, item, &pair)) continue;
        wix_emit_absent(call, item->listing_id, place_of(call, item));
        wix_held_keep(call, crawl->first + i, &none);
    }
}

static enum stockd_verdict finish(const struct stockd_call *call, const struct crawl *crawl)
{
    const char *only = call->start->warehouse_id;
    if (crawl->lost)
        call->host->log(call->ctx, 1, "the stock could not be read to its end");
    else
        call->host->complete(call->ctx, only ? STOCKD_SCOPE_WAREHOUSE : STOCKD_SCOPE_ALL_STOCK,
                             only);
    return STOCKD_DONE;
}

enum stockd_verdict wix_stock_v3_begin(const struct stockd_call *call)
{
    struct crawl *crawl = call->host->scratch(call->ctx, sizeof(*crawl));
    if (!crawl) return kit_bug(call, "no scratch memory");
    return call->start->item_count ? next_chunk(call, crawl) : ask(call, crawl);
}

enum stockd_verdict wix_stock_v3_take(const struct stockd_call *call, const json_t *doc)
{
    struct crawl *crawl = call->host->scratch(call->ctx, sizeof(*crawl));
    if (!crawl) return kit_bug(call, "no scratch memory");
    const json_t *rows = wix_rows(doc, "inventoryItems", WIX_V3_ROWS);
    if (!rows) return kit_unreadable(call, "inventoryItems");
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row)
        if (!emit_row(call, crawl, row)) crawl->chunk_lost = true;
    crawl->told += (int64_t)json_array_size(rows);
    call->host->progress(call->ctx, crawl->told, 0);
    switch (wix_next(json_object_get(doc, "pagingMetadata"), json_array_size(rows), WIX_V3_ROWS,
                     crawl->cursor)) {
    case WIX_PAGE_MORE:
        if (++crawl->pages < WIX_STOCK_PAGES_MAX) return ask(call, crawl);
        crawl->chunk_lost = true;
        break;
    case WIX_PAGE_LOST: crawl->chunk_lost = true; break;
    case WIX_PAGE_END: break;
    }
    if (crawl->chunk_lost)
        crawl->lost = true;
    else if (call->start->item_count)
        emit_missing(call, crawl);
    return call->start->item_count ? next_chunk(call, crawl) : finish(call, crawl);
}
