/* The stock of a V1 site: all inventory items by their numbers; or of given items, one product at a
 * time while that is fewer requests than reading everything. */
#include "stock.h"
#include "v1.h"

#include "kit/resume.h"

#include <stdlib.h>

#define ASK_PRODUCTS 40u    /* more products than this are looked for in the whole list */
#define ASK_ITEMS    10000u /* items of one reading */

struct crawl {
    struct wix_gate gate;
    bool whole; /* the whole list is read */
    bool lost;
    uint32_t pages, item;
    int64_t after, told;
    uint8_t seen[ASK_ITEMS];
    uint16_t order[ASK_ITEMS]; /* the items by listing: a page is looked up among them */
};

static bool is_tracked_here(const char *place)
{
    return !place || strcmp(place, WIX_V1_PLACE) == 0;
}

static bool emit_variant(const struct stockd_call *call, const struct wix_v1_item *item,
                         const json_t *json, char id[WIX_LISTING_MAX + 1])
{
    struct stockd_stock row = STOCKD_STOCK_ROW;
    const char *variant = wix_id(json_object_get(json, "variantId"));
    if (!variant) {
        kit_malformed(call, "a variant without a usable variantId", item->product);
        return false;
    }
    wix_listing_id(item->product, variant, id);
    row.warehouse_id = WIX_V1_PLACE;
    row.listing_id = id;
    row.marketplace_ms = item->updated_ms;
    if (item->track == 'U') {
        row.kind = STOCKD_STOCK_UNTRACKED;
    } else if (!kit_int(json_object_get(json, "quantity"), &row.quantity)) {
        /* Seen: only "inStock": false. That is no figure. */
        kit_malformed(call, "a tracked variant without a usable quantity", id);
        return false;
    } else {
        row.quantity = wix_sellable(row.quantity);
    }
    call->host->stock(call->ctx, &row);
    return true;
}

static int by_listing(const void *a, const void *b, void *items)
{
    const struct stockd_item *at = items;
    return strcmp(at[*(const uint16_t *)a].listing_id, at[*(const uint16_t *)b].listing_id);
}

/* The first place in `order` whose item is not before the listing. */
static uint32_t find_listing(const struct stockd_start *start, const struct crawl *crawl,
                             const char *listing)
{
    uint32_t low = 0, high = start->item_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (strcmp(start->items[crawl->order[middle]].listing_id, listing) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void mark_seen(const struct stockd_call *call, struct crawl *crawl, const char *listing,
                      struct wix_mark mark)
{
    const struct stockd_start *start = call->start;
    for (uint32_t at = find_listing(start, crawl, listing); at < start->item_count; at++) {
        uint32_t i = crawl->order[at];
        if (strcmp(start->items[i].listing_id, listing) != 0) return;
        crawl->seen[i] = 1;
        call->host->listing_data(call->ctx, i, &mark, sizeof(mark));
    }
}

/* False when a part of it could not be read. */
static bool emit_item(const struct stockd_call *call, struct crawl *crawl, const json_t *json)
{
    struct wix_v1_item item;
    const char *what = wix_v1_item_read(json, &item);
    if (what) {
        kit_malformed(call, what, item.product ? item.product : "inventoryItems");
        return false;
    }
    bool whole = true;
    size_t index;
    json_t *variant;
    json_array_foreach (item.variants, index, variant) {
        char id[WIX_LISTING_MAX + 1];
        if (emit_variant(call, &item, variant, id))
            mark_seen(call, crawl, id, (struct wix_mark){'1', item.track, item.preorder});
        else
            whole = false;
    }
    return whole;
}

/* ---- the end of a reading */

static enum stockd_verdict finish(const struct stockd_call *call, const struct crawl *crawl)
{
    const struct stockd_start *start = call->start;
    if (crawl->lost) {
        call->host->log(call->ctx, 1, "the stock could not be read to its end");
        return STOCKD_DONE;
    }
    for (uint32_t i = 0; i < start->item_count; i++) {
        const struct stockd_item *item = &start->items[i];
        const char *place = item->warehouse_id ? item->warehouse_id : start->warehouse_id;
        if (!crawl->seen[i]) wix_emit_absent(call, item->listing_id, place ? place : WIX_V1_PLACE);
    }
    if (start->item_count) {
        call->host->complete(call->ctx, STOCKD_SCOPE_ITEMS, NULL);
        return STOCKD_DONE;
    }
    kit_resume_drop(call);
    call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSE, WIX_V1_PLACE);
    if (!start->warehouse_id) call->host->complete(call->ctx, STOCKD_SCOPE_ALL_STOCK, NULL);
    return STOCKD_DONE;
}

/* ---- the whole list */

static enum stockd_verdict take_page(const struct stockd_call *call, struct crawl *crawl,
                                     const json_t *doc)
{
    const json_t *rows = wix_rows(doc, "inventoryItems", WIX_V1_ROWS);
    if (!rows) return kit_unreadable(call, "inventoryItems");
    crawl->gate.resumed = 0;
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row)
        if (!emit_item(call, crawl, row)) crawl->lost = true;
    crawl->told += (int64_t)json_array_size(rows);
    call->host->progress(call->ctx, crawl->told, 0);
    switch (wix_v1_next(rows, &crawl->after)) {
    case WIX_PAGE_MORE:
        if (!call->start->item_count && !crawl->lost) wix_v1_keep(call, crawl->after, crawl->told);
        if (++crawl->pages < WIX_V1_PAGES_MAX)
            return wix_v1_ask(call, WIX_V1_INVENTORY, crawl->after, WIX_V1_ROWS);
        crawl->lost = true;
        break;
    case WIX_PAGE_LOST: crawl->lost = true; break;
    case WIX_PAGE_END: break;
    }
    return finish(call, crawl);
}

/* ---- given products */

static bool same_product(const struct stockd_item *item, const struct wix_pair *asked)
{
    struct wix_pair pair;
    return wix_pair_of(item->listing_id, &pair) && strcmp(pair.product, asked->product) == 0;
}

static enum stockd_verdict next_product(const struct stockd_call *call, struct crawl *crawl)
{
    struct wix_pair pair;
    for (; crawl->item < call->start->item_count; crawl->item++) {
        const struct stockd_item *item = &call->start->items[crawl->item];
        if (crawl->seen[crawl->item]) continue;
        if (wix_pair_of(item->listing_id, &pair) && is_tracked_here(item->warehouse_id))
            return wix_v1_ask_product(call, pair.product);
        kit_lose(call, &crawl->lost, "an item with a foreign id", item->listing_id);
    }
    return finish(call, crawl);
}

static enum stockd_verdict take_product(const struct stockd_call *call, struct crawl *crawl,
                                        const json_t *doc)
{
    const struct stockd_item *items = call->start->items;
    struct wix_pair asked;
    if (crawl->item >= call->start->item_count ||
        !wix_pair_of(items[crawl->item].listing_id, &asked))
        return kit_bug(call, "an answer to nothing");
    const json_t *inventory = json_object_get(doc, "inventoryItem");
    if (doc && !json_is_object(inventory)) return kit_unreadable(call, "inventoryItem");
    const char *product = wix_id(json_object_get(inventory, "productId"));
    if (doc && product && strcmp(product, asked.product) != 0)
        return kit_unreadable(call, "inventoryItem of the product that was asked for");
    bool whole = !doc || emit_item(call, crawl, inventory);
    if (!whole) crawl->lost = true;
    /* What this answer did not name is not there; it is said so at the end. 2: done with. */
    for (uint32_t i = crawl->item; i < call->start->item_count; i++) {
        if (crawl->seen[i] || !same_product(&items[i], &asked)) continue;
        if (whole) wix_emit_absent(call, items[i].listing_id, WIX_V1_PLACE);
        crawl->seen[i] = 2;
    }
    return next_product(call, crawl);
}

static uint32_t count_products(const struct stockd_start *start)
{
    struct wix_pair pair, last = {.product = ""};
    uint32_t count = 0;
    for (uint32_t i = 0; i < start->item_count; i++) {
        if (!wix_pair_of(start->items[i].listing_id, &pair)) continue;
        count += strcmp(pair.product, last.product) != 0;
        last = pair;
    }
    return count;
}

/* ---- */

enum stockd_verdict wix_stock_v1_begin(const struct stockd_call *call)
{
    struct crawl *crawl = call->host->scratch(call->ctx, sizeof(*crawl));
    if (!crawl) return kit_bug(call, "no scratch memory");
    if (call->start->item_count > ASK_ITEMS) return kit_bug(call, "more items than can be asked");
    for (uint32_t i = 0; i < call->start->item_count; i++)
        crawl->order[i] = (uint16_t)i;
    qsort_r(crawl->order, call->start->item_count, sizeof(crawl->order[0]), by_listing,
            (void *)(uintptr_t)call->start->items);
    if (call->start->item_count && count_products(call->start) <= ASK_PRODUCTS)
        return next_product(call, crawl);
    crawl->whole = true;
    if (!call->start->item_count) crawl->after = wix_v1_resume(call, &crawl->told);
    crawl->gate.resumed = crawl->after > 0;
    return wix_v1_ask(call, WIX_V1_INVENTORY, crawl->after, WIX_V1_ROWS);
}

enum stockd_verdict wix_stock_v1_take(const struct stockd_call *call, const json_t *doc)
{
    struct crawl *crawl = call->host->scratch(call->ctx, sizeof(*crawl));
    if (!crawl) return kit_bug(call, "no scratch memory");
    if (!crawl->whole) return take_product(call, crawl, doc);
    return doc ? take_page(call, crawl, doc) : kit_unreadable(call, "inventoryItems");
}
