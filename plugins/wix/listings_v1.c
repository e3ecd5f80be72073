/* The listings of a V1 site: what is tracked and may be preordered from the inventory, then SKUs
 * and names from the products, joined by product. Given listings are asked for one product at a
 * time. */
#include "listings.h"
#include "v1.h"

#include "kit/resume.h"

#include <stdlib.h>

struct known {
    char product[WIX_ID_MAX + 1];
    uint8_t track, preorder;
};

struct crawl {
    struct wix_gate gate;
    bool products; /* the request in flight is of the second list */
    bool lost;
    bool blind; /* it goes on among the products: what the inventory said of them is not known */
    uint32_t pages, limit;
    uint32_t item; /* given listings: the first of the product in flight */
    int64_t after, told;
    uint32_t count; /* of `known` */
    struct known known[];
};

/* Memory for `more` more products; the crawl may move. */
static struct crawl *crawl_of(const struct stockd_call *call, uint32_t count, size_t more)
{
    return call->host->scratch(call->ctx,
                               sizeof(struct crawl) + (count + more) * sizeof(struct known));
}

static int by_product(const void *a, const void *b)
{
    return strcmp(((const struct known *)a)->product, ((const struct known *)b)->product);
}

static enum stockd_verdict go_on(const struct stockd_call *call, struct crawl *crawl,
                                 enum wix_next next)
{
    if (next == WIX_PAGE_MORE && ++crawl->pages >= WIX_V1_PAGES_MAX) next = WIX_PAGE_LOST;
    if (next == WIX_PAGE_LOST) crawl->lost = true;
    const char *path = crawl->products ? WIX_V1_PRODUCTS : WIX_V1_INVENTORY;
    if (next == WIX_PAGE_MORE && crawl->products && !crawl->lost)
        wix_v1_keep(call, crawl->after, crawl->told);
    if (next == WIX_PAGE_MORE) return wix_v1_ask(call, path, crawl->after, crawl->limit);
    if (crawl->products && !crawl->lost) kit_resume_drop(call);
    if (crawl->products) return wix_listings_end(call, crawl->lost);
    qsort(crawl->known, crawl->count, sizeof(crawl->known[0]), by_product);
    crawl->products = true;
    crawl->after = 0;
    return wix_v1_ask(call, WIX_V1_PRODUCTS, 0, crawl->limit);
}

/* ---- the inventory */

static enum stockd_verdict take_inventory(const struct stockd_call *call, struct crawl *crawl,
                                          const json_t *doc)
{
    const json_t *rows = wix_rows(doc, "inventoryItems", WIX_V1_ROWS);
    if (!rows) return kit_unreadable(call, "inventoryItems");
    crawl = crawl_of(call, crawl->count, json_array_size(rows));
    if (!crawl) return kit_bug(call, "no scratch memory for so many products");
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row) {
        struct wix_v1_item item;
        const char *what = wix_v1_item_read(row, &item);
        if (what) {
            kit_lose(call, &crawl->lost, what, item.product ? item.product : WIX_V1_INVENTORY);
            if (!item.product) continue;
        }
        struct known *known = &crawl->known[crawl->count++];
        strcpy(known->product, item.product);
        known->track = item.track;
        known->preorder = item.preorder;
    }
    call->host->progress(call->ctx, 0, crawl->count);
    return go_on(call, crawl, wix_v1_next(rows, &crawl->after));
}

/* ---- the products */

static struct wix_mark mark_of(const struct crawl *crawl, const char *product, const json_t *json)
{
    struct known key;
    if (crawl->blind) return (struct wix_mark){0}; /* what is kept with the listing, stays */
    strcpy(key.product, product);
    const struct known *known = bsearch(&key, crawl->known, crawl->count, sizeof(key), by_product);
    if (known) return (struct wix_mark){'1', known->track, known->preorder};
    const json_t *stock = json_object_get(json, "stock");
    enum kit_flag track = kit_flag(json_object_get(stock, "trackInventory"));
    return (struct wix_mark){'1', track == KIT_TRUE ? 'T' : track == KIT_FALSE ? 'U' : '?', '?'};
}

/* The SKU when there is one; false when there is something that is none. */
static bool sku_of(const json_t *value, const char **sku)
{
    *sku = kit_text(value, STOCKD_ID_MAX);
    return *sku || !value || json_is_null(value) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

static bool emit_variant(const struct stockd_call *call, struct wix_listing *listing,
                         const json_t *json)
{
    const json_t *details = json_object_get(json, "variant");
    struct wix_listing one = *listing;
    one.variant = wix_id(json_object_get(json, "id"));
    if (!one.variant) {
        kit_malformed(call, "a variant without a usable id", listing->product);
        return false;
    }
    bool whole = sku_of(json_object_get(details, "sku"), &one.sku);
    if (!whole) kit_malformed(call, "a variant with an unreadable SKU", one.variant);
    one.hidden |= kit_flag(json_object_get(details, "visible")) == KIT_FALSE;
    wix_emit_listing(call, &one);
    return whole;
}

static bool emit_product(const struct stockd_call *call, const struct crawl *crawl,
                         const json_t *json)
{
    struct wix_listing listing = {
        .product = wix_id(json_object_get(json, "id")),
        .variant = WIX_V1_VARIANT,
        .title = kit_text(json_object_get(json, "name"), SIZE_MAX),
        .hidden = kit_flag(json_object_get(json, "visible")) == KIT_FALSE,
    };
    if (!listing.product) {
        kit_malformed(call, "a product without a usable id", WIX_V1_PRODUCTS);
        return false;
    }
    const char *type = kit_text(json_object_get(json, "productType"), 32);
    listing.digital = type && strcasecmp(type, "digital") == 0;
    listing.mark = mark_of(crawl, listing.product, json);
    enum kit_flag managed = kit_flag(json_object_get(json, "manageVariants"));
    const json_t *variants = json_object_get(json, "variants");
    if (managed == KIT_ODD || (managed == KIT_TRUE && !json_is_array(variants))) {
        kit_malformed(call, "a product without the variants it is said to have", listing.product);
        return false;
    }
    if (managed != KIT_TRUE) {
        bool whole = sku_of(json_object_get(json, "sku"), &listing.sku);
        if (!whole) kit_malformed(call, "a product with an unreadable SKU", listing.product);
        wix_emit_listing(call, &listing);
        return whole;
    }
    bool whole = true;
    size_t index;
    json_t *variant;
    json_array_foreach (variants, index, variant)
        whole &= emit_variant(call, &listing, variant);
    return whole;
}

static enum stockd_verdict take_products(const struct stockd_call *call, struct crawl *crawl,
                                         const json_t *doc)
{
    const json_t *rows = wix_rows(doc, "products", WIX_V1_ROWS);
    if (!rows) return kit_unreadable(call, "products");
    crawl->gate.resumed = 0;
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row)
        if (!emit_product(call, crawl, row)) crawl->lost = true;
    crawl->told += (int64_t)json_array_size(rows);
    call->host->progress(call->ctx, crawl->told, crawl->count);
    return go_on(call, crawl, wix_v1_next(rows, &crawl->after));
}

/* ---- given listings */

static enum stockd_verdict next_item(const struct stockd_call *call, struct crawl *crawl)
{
    struct wix_pair pair;
    for (; crawl->item < call->start->item_count; crawl->item++)
        if (wix_pair_of(call->start->items[crawl->item].listing_id, &pair))
            return wix_v1_ask_product(call, pair.product);
    return STOCKD_DONE;
}

/* The item as it was known, with what its inventory says today. */
static void emit_known(const struct stockd_call *call, const struct stockd_item *item,
                       struct wix_mark mark)
{
    struct stockd_listing row = {
        .size = sizeof(row),
        .state = item->listing_state == STOCKD_LISTING_GONE ? STOCKD_LISTING_ACTIVE
                                                            : item->listing_state,
        .id = item->listing_id,
        .keys = item->keys,
        .key_count = item->key_count,
        .group = item->group,
        .code = mark.preorder == 'P' ? "preorder" : NULL,
        .data = &mark,
        .data_size = sizeof(mark),
    };
    call->host->listing(call->ctx, &row);
}

static bool has_variant(const json_t *variants, const char *id)
{
    size_t index;
    json_t *variant;
    json_array_foreach (variants, index, variant) {
        const char *other = wix_id(json_object_get(variant, "variantId"));
        if (!other || strcmp(other, id) == 0) return true; /* unreadable: may be it */
    }
    return false;
}

/* `doc` NULL: the product is gone. */
static enum stockd_verdict take_item(const struct stockd_call *call, struct crawl *crawl,
                                     const json_t *doc)
{
    struct wix_pair asked, pair;
    struct wix_v1_item inventory;
    const char *what = NULL;
    if (!wix_pair_of(call->start->items[crawl->item].listing_id, &asked))
        return kit_bug(call, "an answer to nothing");
    if (doc) what = wix_v1_item_read(json_object_get(doc, "inventoryItem"), &inventory);
    if (doc && !what && strcmp(inventory.product, asked.product) != 0)
        what = "the inventory of another product than was asked for";
    if (what) kit_malformed(call, what, asked.product);
    for (; !what && crawl->item < call->start->item_count; crawl->item++) {
        const struct stockd_item *item = &call->start->items[crawl->item];
        if (!wix_pair_of(item->listing_id, &pair) || strcmp(pair.product, asked.product) != 0)
            break;
        if (!doc || !has_variant(inventory.variants, pair.variant))
            wix_emit_gone(call, item->listing_id);
        else
            emit_known(call, item, (struct wix_mark){'1', inventory.track, inventory.preorder});
    }
    if (what) crawl->item++;
    return next_item(call, crawl);
}

/* ---- */

enum stockd_verdict wix_listings_v1_begin(const struct stockd_call *call)
{
    struct crawl *crawl = crawl_of(call, 0, 0);
    if (!crawl) return kit_bug(call, "no scratch memory");
    crawl->limit = WIX_V1_ROWS;
    if (call->start->item_count) return next_item(call, crawl);
    crawl->after = wix_v1_resume(call, &crawl->told);
    crawl->products = crawl->blind = crawl->after > 0;
    crawl->gate.resumed = crawl->products;
    return wix_v1_ask(call, crawl->products ? WIX_V1_PRODUCTS : WIX_V1_INVENTORY, crawl->after,
                      crawl->limit);
}

enum stockd_verdict wix_listings_v1_smaller(const struct stockd_call *call)
{
    struct crawl *crawl = crawl_of(call, 0, 0);
    if (!crawl || crawl->limit <= 1 || !crawl->products) return STOCKD_DEFAULT;
    crawl->limit /= 4;
    if (!crawl->limit) crawl->limit = 1;
    return wix_v1_ask(call, WIX_V1_PRODUCTS, crawl->after, crawl->limit);
}

enum stockd_verdict wix_listings_v1_take(const struct stockd_call *call, const json_t *doc)
{
    struct crawl *crawl = crawl_of(call, 0, 0);
    if (!crawl) return kit_bug(call, "no scratch memory");
    if (call->start->item_count) return take_item(call, crawl, doc);
    return crawl->products ? take_products(call, crawl, doc) : take_inventory(call, crawl, doc);
}
