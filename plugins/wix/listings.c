/* fetch_listings: which catalogue is read, and how a variant becomes a listing. The crawls are in
 * listings_v1.c and listings_v3.c. */
#include "listings.h"

#include "kit/resume.h"

#include <stdio.h>

void wix_emit_listing(const struct stockd_call *call, const struct wix_listing *listing)
{
    char id[WIX_LISTING_MAX + 1], text[128];
    struct stockd_key keys[2];
    uint32_t count = 0;
    bool preorder = listing->mark.preorder == 'P';
    wix_listing_id(listing->product, listing->variant, id);
    if (listing->sku) keys[count++] = (struct stockd_key){WIX_KEY_SKU, listing->sku};
    if (listing->barcode) keys[count++] = (struct stockd_key){WIX_KEY_BARCODE, listing->barcode};
    snprintf(text, sizeof(text), "%s%s%s%s", listing->digital ? "digital product" : "",
             listing->hidden ? (listing->digital ? "; hidden" : "hidden from visitors") : "",
             preorder && (listing->digital || listing->hidden) ? "; " : "",
             preorder ? "can be preordered at zero" : "");
    struct stockd_listing row = {
        .size = sizeof(row),
        /* A hidden product is not on sale; its stock is kept true all the same, since it is shown
         * again by one click. */
        .state = listing->digital  ? STOCKD_LISTING_DIGITAL
                 : listing->hidden ? STOCKD_LISTING_ENDED
                                   : STOCKD_LISTING_ACTIVE,
        .id = id,
        .keys = keys,
        .key_count = count,
        .group = listing->product,
        .title = listing->title,
        .code = listing->digital  ? "digital"
                : listing->hidden ? "hidden"
                : preorder        ? "preorder"
                                  : "physical",
        .text = text[0] ? text : NULL,
        .data = listing->mark.catalog ? &listing->mark : NULL,
        .data_size = listing->mark.catalog ? sizeof(listing->mark) : 0,
    };
    call->host->listing(call->ctx, &row);
}

void wix_emit_gone(const struct stockd_call *call, const char *listing_id)
{
    struct stockd_listing row = {
        .size = sizeof(row),
        .state = STOCKD_LISTING_GONE,
        .id = listing_id,
        .code = "not-found",
        .text = "Wix no longer knows this product and variant",
    };
    call->host->listing(call->ctx, &row);
}

enum stockd_verdict wix_listings_end(const struct stockd_call *call, bool lost)
{
    if (lost)
        call->host->log(call->ctx, 1, "the list of products could not be read to its end");
    else if (!call->start->item_count)
        call->host->complete(call->ctx, STOCKD_SCOPE_LISTINGS, NULL);
    return STOCKD_DONE;
}

enum stockd_verdict wix_fetch_listings(const struct stockd_call *call)
{
    struct wix_gate *gate = call->host->scratch(call->ctx, sizeof(*gate));
    if (!gate) return kit_bug(call, "no scratch memory");
    bool begin;
    /* Old V1 readings have been seen to go on answering after the move: asked anew each time. */
    enum stockd_verdict verdict = wix_gate(call, gate, !call->start->item_count, &begin);
    if (verdict) return verdict;
    bool v1 = gate->catalog == WIX_CATALOG_V1;
    if (begin) return v1 ? wix_listings_v1_begin(call) : wix_listings_v3_begin(call);
    if (v1 && call->response && call->response->transport == STOCKD_TOO_LARGE)
        return wix_listings_v1_smaller(call);
    if (v1 && call->start->item_count && wix_answer_not_found(call))
        return wix_listings_v1_take(call, NULL);
    json_t *doc;
    verdict = wix_read_answer(call, gate, &doc);
    if (!doc && gate->resumed) kit_resume_refused(call);
    if (!doc) return verdict;
    verdict = v1 ? wix_listings_v1_take(call, doc) : wix_listings_v3_take(call, doc);
    json_decref(doc);
    return verdict;
}
