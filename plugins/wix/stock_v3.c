/* The stock of a V3 site: its inventory items, all, of one location, or of given items. Readings of
 * given items also keep each one's id and revision, which a write must name. */
#include "crawl_v3.h"
#include "stock.h"
#include "v3.h"

static const char *place_of(const struct stockd_call *call, const struct stockd_item *item)
{
    return item->warehouse_id ? item->warehouse_id : call->start->warehouse_id;
}

static bool names_a_place(const struct stockd_call *call, const struct stockd_item *item,
                          struct wix_pair *pair)
{
    return wix_pair_of(item->listing_id, pair) && place_of(call, item);
}

static enum stockd_verdict ask(const struct stockd_call *call, const struct wix_crawl *crawl)
{
    struct wix_question question;
    struct wix_pair pair;
    const struct stockd_start *start = call->start;
    wix_v3_question(&question);
    for (uint32_t i = 0; i < crawl->count && !crawl->cursor[0]; i++)
        if (names_a_place(call, &start->items[crawl->first + i], &pair))
            wix_v3_variant(&question, pair.variant);
    return wix_v3_send(call, &question, start->warehouse_id, crawl->cursor);
}

static bool usable(const struct stockd_call *call, struct wix_crawl *crawl, uint32_t item)
{
    const struct stockd_item *at = &call->start->items[item];
    struct wix_pair pair;
    if (names_a_place(call, at, &pair)) return true;
    kit_lose(call, &crawl->lost, "an item with a foreign id", at->listing_id);
    return false;
}

static void mark_seen(const struct stockd_call *call, struct wix_crawl *crawl, const char *listing,
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

static bool emit_row(const struct stockd_call *call, struct wix_crawl *crawl, const json_t *json)
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

static void emit_missing(const struct stockd_call *call, const struct wix_crawl *crawl)
{
    const struct wix_held none = {.kind = WIX_HELD_ABSENT};
    struct wix_pair pair;
    for (uint32_t i = 0; i < crawl->count; i++) {
        const struct stockd_item *item = &call->start->items[crawl->first + i];
        if (crawl->seen[i] || !names_a_place(call, item, &pair)) continue;
        wix_emit_absent(call, item->listing_id, place_of(call, item));
        wix_held_keep(call, crawl->first + i, &none);
    }
}

static enum stockd_verdict finish(const struct stockd_call *call, const struct wix_crawl *crawl)
{
    const char *only = call->start->warehouse_id;
    if (call->start->item_count) {
        if (!crawl->lost) call->host->complete(call->ctx, STOCKD_SCOPE_ITEMS, NULL);
    } else if (crawl->lost) {
        call->host->log(call->ctx, 1, "the stock could not be read to its end");
    } else {
        call->host->complete(call->ctx, only ? STOCKD_SCOPE_WAREHOUSE : STOCKD_SCOPE_ALL_STOCK,
                             only);
    }
    return STOCKD_DONE;
}

static const struct wix_crawl_kind kind = {.rows = "inventoryItems",
                                           .page_rows = WIX_V3_ROWS,
                                           .pages_max = WIX_STOCK_PAGES_MAX,
                                           .ask = ask,
                                           .usable = usable,
                                           .row = emit_row,
                                           .missing = emit_missing,
                                           .end = finish};

enum stockd_verdict wix_stock_v3_begin(const struct stockd_call *call)
{
    return wix_crawl_begin(call, &kind);
}

enum stockd_verdict wix_stock_v3_take(const struct stockd_call *call, const json_t *doc)
{
    return wix_crawl_take(call, &kind, doc);
}
