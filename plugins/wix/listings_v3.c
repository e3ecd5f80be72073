/* The listings of a V3 site: its variants, a thousand at a time; given ones by their variant ids.
 */
#include "crawl_v3.h"
#include "listings.h"

#define PAGE_ROWS 1000u /* the method's most */

static enum stockd_verdict ask(const struct stockd_call *call, const struct wix_crawl *crawl)
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

static bool usable(const struct stockd_call *call, struct wix_crawl *crawl, uint32_t item)
{
    struct wix_pair pair;
    (void)crawl;
    return wix_pair_of(call->start->items[item].listing_id, &pair);
}

static void mark_seen(const struct stockd_call *call, struct wix_crawl *crawl,
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

static bool emit_row(const struct stockd_call *call, struct wix_crawl *crawl, const json_t *row)
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

static void emit_missing(const struct stockd_call *call, const struct wix_crawl *crawl)
{
    struct wix_pair pair;
    for (uint32_t i = 0; i < crawl->count; i++) {
        const char *id = call->start->items[crawl->first + i].listing_id;
        if (!crawl->seen[i] && wix_pair_of(id, &pair)) wix_emit_gone(call, id);
    }
}

static enum stockd_verdict end(const struct stockd_call *call, const struct wix_crawl *crawl)
{
    return wix_listings_end(call, crawl->lost);
}

static const struct wix_crawl_kind kind = {.rows = "variants",
                                           .page_rows = PAGE_ROWS,
                                           .pages_max = WIX_PAGES_MAX,
                                           .ask = ask,
                                           .usable = usable,
                                           .row = emit_row,
                                           .missing = emit_missing,
                                           .end = end};

enum stockd_verdict wix_listings_v3_begin(const struct stockd_call *call)
{
    return wix_crawl_begin(call, &kind);
}

enum stockd_verdict wix_listings_v3_take(const struct stockd_call *call, const json_t *doc)
{
    return wix_crawl_take(call, &kind, doc);
}
