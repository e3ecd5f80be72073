/* The listings of a V3 site: its variants, a thousand at a time; given ones by their variant ids.
 */
#include "listings.h"

#define PAGE_ROWS 1000u /* the method's most */

struct crawl {
    struct wix_gate gate;
    uint32_t pages;
    uint32_t first, count; /* items of the chunk in flight */
    bool lost, chunk_lost;
    int64_t told;
    bool seen[WIX_FIND_ITEMS];
    char cursor[WIX_CURSOR_MAX + 1];
};

static enum stockd_verdict ask(const struct stockd_call *call, const struct crawl *crawl)
{
    char memory[WIX_CURSOR_MAX * 6 + WIX_FIND_ITEMS * (WIX_ID_MAX + 3) + 256];
    struct out body = {.data = memory, .room = sizeof(memory)};
    struct wix_pair pair;
    out_literal(&body, "{\"query\":{");
    if (call->start->item_count && !crawl->cursor[0]) {
        bool any = false;
        out_literal(&body, "\"filter\":{\"variantId\":{\"$in\":[");
        for (uint32_t i = 0; i < crawl->count; i++) {
            if (!wix_pair_of(call->start->items[crawl->first + i].listing_id, &pair)) continue;
            if (any) out_literal(&body, ",");
            out_string(&body, pair.variant);
            any = true;
        }
        out_literal(&body, "]}},");
    }
    wix_paging(&body, PAGE_ROWS, crawl->cursor);
    out_literal(&body, "}}");
    return wix_send(call, "POST", "/stores/v3/products/query-variants", &body, false);
}

/* The next chunk that holds an item that can be asked for, or the end. */
static enum stockd_verdict next_chunk(const struct stockd_call *call, struct crawl *crawl)
{
    const struct stockd_start *start = call->start;
    struct wix_pair pair;
    for (crawl->first += crawl->count; crawl->first < start->item_count;
         crawl->first += crawl->count) {
        uint32_t left = start->item_count - crawl->first, usable = 0;
        crawl->count = left < WIX_FIND_ITEMS ? left : WIX_FIND_ITEMS;
        crawl->chunk_lost = false;
        crawl->cursor[0] = '\0';
        memset(crawl->seen, 0, sizeof(crawl->seen));
        for (uint32_t i = 0; i < crawl->count; i++)
            usable += wix_pair_of(start->items[crawl->first + i].listing_id, &pair);
        if (usable) return ask(call, crawl);
    }
    return wix_listings_end(call, crawl->lost);
}

static void mark_seen(const struct stockd_call *call, struct crawl *crawl,
                      const struct wix_listing *listing)
{
    char id[WIX_LISTING_MAX + 1];
    wix_listing_id(listing->product, listing->variant, id);
    for (uint32_t i = 0; i < crawl->count; i++)
        if (strcmp(call->start->items[crawl->first + i].listing_id, id) == 0) crawl->seen[i] = true;
}

/* The text when there is one; false when there is something that is none. */
static bool optional_text(const json_t *value, const char **text)
{
    *text = kit_text(value, STOCKD_ID_MAX);
    return *text || !value || json_is_null(value) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

static bool emit_row(const struct stockd_call *call, struct crawl *crawl, const json_t *row)
{
    const json_t *product = json_object_get(row, "productData");
    struct wix_listing listing = {
        .product = wix_id(json_object_get(product, "productId")),
        .variant = wix_id(json_object_get(row, "variantId")),
        .title = kit_text(json_object_get(product, "name"), SIZE_MAX),
        .mark = {.catalog = '3', .track = '?', .preorder = '-'},
    };
    /* The older name of the same. */
    if (!listing.variant) listing.variant = wix_id(json_object_get(row, "id"));
    if (!listing.product || !listing.variant) {
        kit_malformed(call, "a variant without a usable variantId or productId",
                      "/stores/v3/products/query-variants");
        return false;
    }
    const char *type = kit_text(json_object_get(product, "productType"), 32);
    listing.digital = type && strcasecmp(type, "DIGITAL") == 0;
    listing.hidden = kit_flag(json_object_get(product, "visible")) == KIT_FALSE ||
                     kit_flag(json_object_get(row, "visible")) == KIT_FALSE;
    const json_t *status = json_object_get(row, "inventoryStatus");
    if (kit_flag(json_object_get(status, "preorderEnabled")) == KIT_TRUE)
        listing.mark.preorder = 'P';
    bool whole = optional_text(json_object_get(row, "sku"), &listing.sku);
    whole &= optional_text(json_object_get(row, "barcode"), &listing.barcode);
    if (!whole) kit_malformed(call, "a variant with an unreadable SKU or barcode", listing.variant);
    if (call->start->item_count) mark_seen(call, crawl, &listing);
    wix_emit_listing(call, &listing);
    return whole;
}

static void emit_missing(const struct stockd_call *call, const struct crawl *crawl)
{
    struct wix_pair pair;
    for (uint32_t i = 0; i < crawl->count; i++) {
        const char *id = call->start->items[crawl->first + i].listing_id;
        if (!crawl->seen[i] && wix_pair_of(id, &pair)) wix_emit_gone(call, id);
    }
}

enum stockd_verdict wix_listings_v3_begin(const struct stockd_call *call)
{
    struct crawl *crawl = call->host->scratch(call->ctx, sizeof(*crawl));
    if (!crawl) return kit_bug(call, "no scratch memory");
    return call->start->item_count ? next_chunk(call, crawl) : ask(call, crawl);
}

enum stockd_verdict wix_listings_v3_take(const struct stockd_call *call, const json_t *doc)
{
    struct crawl *crawl = call->host->scratch(call->ctx, sizeof(*crawl));
    if (!crawl) return kit_bug(call, "no scratch memory");
    const json_t *rows = wix_rows(doc, "variants", PAGE_ROWS);
    if (!rows) return kit_unreadable(call, "variants");
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row)
        if (!emit_row(call, crawl, row)) crawl->chunk_lost = true;
    crawl->told += (int64_t)json_array_size(rows);
    call->host->progress(call->ctx, crawl->told, 0);
    switch (wix_next(json_object_get(doc, "pagingMetadata"), json_array_size(rows), PAGE_ROWS,
                     crawl->cursor)) {
    case WIX_PAGE_MORE:
        if (++crawl->pages < WIX_PAGES_MAX) return ask(call, crawl);
        crawl->chunk_lost = true;
        break;
    case WIX_PAGE_LOST: crawl->chunk_lost = true; break;
    case WIX_PAGE_END: break;
    }
    if (crawl->chunk_lost)
        crawl->lost = true;
    else if (call->start->item_count)
        emit_missing(call, crawl);
    return call->start->item_count ? next_chunk(call, crawl) : wix_listings_end(call, crawl->lost);
}
