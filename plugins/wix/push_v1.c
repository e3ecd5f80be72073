/* V1, absolute: the due variants of one product. There is no revision, and a request that does not
 * say how the product is tracked switches tracking off, so the product is read first: its tracking
 * and preorder settings are sent as they are, and a figure that moved is told instead of
 * overwritten. Wix answers {}. */
#include "push.h"
#include "v1.h"

#include <stdio.h>
#include <stdlib.h>

/* Its message has at most 250 characters (published types), of 6 bytes each when escaped. */
#define PREORDER_MAX (WIX_PUSH_FRAME / 2)

enum { PHASE_READ = 1, PHASE_COUNT, PHASE_FLAG, PHASE_PROOF };

static void product_of(const struct stockd_call *call, const struct wix_push *push,
                       struct wix_pair *pair)
{
    for (uint32_t i = 0; i < call->start->item_count; i++)
        if (!push->done[i] && wix_pair_of(call->start->items[i].listing_id, pair)) return;
    *pair = (struct wix_pair){.product = ""};
}

enum stockd_verdict wix_product_begin(const struct stockd_call *call, struct wix_push *push)
{
    struct wix_pair first, pair;
    product_of(call, push, &first);
    /* A batch is of one group, which is the product. */
    for (uint32_t i = 0; i < call->start->item_count; i++)
        if (!push->done[i] && wix_pair_of(call->start->items[i].listing_id, &pair) &&
            strcmp(pair.product, first.product) != 0)
            wix_push_kind(call, push, i, STOCKD_RETRY, "other-product", NULL);
    push->phase = PHASE_READ;
    return wix_v1_ask_product(call, first.product);
}

static const json_t *variant_of(const json_t *variants, const char *id)
{
    size_t index;
    json_t *variant;
    json_array_foreach (variants, index, variant) {
        const char *other = wix_id(json_object_get(variant, "variantId"));
        if (other && strcmp(other, id) == 0) return variant;
    }
    return NULL;
}

/* Every row says which variant it is of. A product has at least the one that stands for itself, so
 * none at all is no list either. */
static bool names_all(const json_t *variants)
{
    size_t index;
    json_t *variant;
    json_array_foreach (variants, index, variant)
        if (!wix_id(json_object_get(variant, "variantId"))) return false;
    return json_array_size(variants) > 0;
}

/* That it is gone is believed of a list that was read whole, and where no figure was ever read that
 * says otherwise: a list that was cut short looks the same. */
static void say_missing(const struct stockd_call *call, struct wix_push *push, uint32_t item,
                        const json_t *variants)
{
    if (!names_all(variants))
        wix_push_kind(call, push, item, STOCKD_RETRY, "not-read",
                      "the product's variants could not all be read");
    else
        wix_push_kind(call, push, item,
                      call->start->items[item].base >= 0 ? STOCKD_RETRY : STOCKD_REJECTED,
                      "variant-not-found", "the product no longer has this variant");
}

/* Judges what is there now; what may be written stays without an outcome. Where the figure was not
 * known and can be adjusted from now on, telling it is all there is to do. */
static void hold_against(const struct stockd_call *call, struct wix_push *push,
                         const struct wix_v1_item *there)
{
    struct wix_pair pair;
    bool learn = call->start->route == WIX_ROUTE_LEARN;
    for (uint32_t i = 0; i < call->start->item_count; i++) {
        const struct stockd_item *item = &call->start->items[i];
        if (push->done[i] || !wix_pair_of(item->listing_id, &pair)) continue;
        struct wix_mark mark = {'1', there->track, there->preorder};
        call->host->listing_data(call->ctx, i, &mark, sizeof(mark));
        const json_t *variant = variant_of(there->variants, pair.variant);
        int64_t quantity;
        if (learn && there->track == 'U') {
            wix_push_kind(call, push, i, STOCKD_RETRY, "untracked", "it is no longer tracked");
            continue;
        }
        bool known = kit_int(json_object_get(variant, "quantity"), &quantity);
        if (!variant) {
            say_missing(call, push, i, there->variants);
        } else if (there->track == 'U' && push->untracked == WIX_SKIP) {
            wix_push_untracked(call, push, i);
            call->host->warning(call->ctx, "untracked",
                                "products without tracking are left as they are");
        } else if (there->track == 'T' && known &&
                   (item->base >= 0 ? wix_sellable(quantity) != item->base
                                    : learn && there->preorder == '-')) {
            struct stockd_outcome changed = STOCKD_OUTCOME(STOCKD_CHANGED);
            changed.observed = wix_sellable(quantity);
            wix_push_say(call, push, i, &changed);
        }
    }
}

/* Preorder settings as they were read: what a request leaves out might be taken for "none". */
static bool write_preorder(struct out *body, const json_t *preorder)
{
    static const char *const fields[] = {"enabled", "message", "limit"};
    json_t *kept = json_object();
    for (size_t i = 0; i < 3; i++) {
        json_t *value = json_object_get(preorder, fields[i]);
        if (value) json_object_set(kept, fields[i], value);
    }
    char text[PREORDER_MAX];
    size_t size = json_object_size(kept) ? json_dumpb(kept, text, sizeof(text), JSON_COMPACT) : 0;
    bool fits = size <= sizeof(text);
    if (size && fits) {
        out_literal(body, ",\"preorderInfo\":");
        out_bytes(body, text, size);
    }
    json_decref(kept);
    return fits;
}

static enum stockd_verdict send_product(const struct stockd_call *call, struct wix_push *push,
                                        const struct wix_v1_item *there, const json_t *preorder)
{
    const struct stockd_start *start = call->start;
    struct wix_pair pair;
    char path[96];
    struct out body = wix_push_body(call, push);
    bool count = there->track == 'T' || push->untracked == WIX_ENABLE;
    push->sent_count = 0;
    product_of(call, push, &pair);
    snprintf(path, sizeof(path), "/stores/v2/inventoryItems/product/%s", pair.product);
    if (count)
        out_literal(&body, "{\"inventoryItem\":{\"trackQuantity\":true");
    else
        out_literal(&body, "{\"inventoryItem\":{\"trackQuantity\":false");
    if (!write_preorder(&body, preorder)) return wix_push_unread(call, push);
    out_literal(&body, ",\"variants\":[");
    for (uint32_t i = 0; i < start->item_count; i++) {
        if (push->done[i] || !wix_pair_of(start->items[i].listing_id, &pair)) continue;
        if (push->sent_count) out_literal(&body, ",");
        out_literal(&body, "{\"variantId\":");
        out_string(&body, pair.variant);
        if (count) {
            out_literal(&body, ",\"quantity\":");
            out_int(&body, start->items[i].wanted);
        } else if (start->items[i].wanted > 0) {
            out_literal(&body, ",\"inStock\":true");
        } else {
            out_literal(&body, ",\"inStock\":false");
        }
        out_literal(&body, "}");
        push->sent[push->sent_count++] = (uint16_t)i;
    }
    out_literal(&body, "]}}");
    if (!push->sent_count) return STOCKD_DONE;
    push->phase = count ? PHASE_COUNT : PHASE_FLAG;
    if (there->track == 'U')
        call->host->warning(call->ctx, "untracked",
                            count ? "tracking was switched on for products that had none"
                                  : "products without tracking are kept in stock or out of stock "
                                    "only");
    return wix_send(call, "PATCH", path, &body, true);
}

static enum stockd_verdict take_read(const struct stockd_call *call, struct wix_push *push)
{
    const struct stockd_response *answer = call->response;
    struct wix_v1_item there;
    struct wix_pair pair;
    char why[160];
    if (wix_answer_not_found(call)) {
        wix_push_rest(call, push, STOCKD_REJECTED, 0, "product-not-found",
                      "Wix no longer knows this product");
        return STOCKD_DONE;
    }
    if (answer->transport != STOCKD_ARRIVED || answer->status != 200)
        return wix_push_unread(call, push);
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    const json_t *inventory = json_object_get(doc, "inventoryItem");
    const char *what = wix_v1_item_read(inventory, &there);
    product_of(call, push, &pair);
    enum stockd_verdict verdict;
    if (what || strcmp(there.product, pair.product) != 0) {
        verdict = wix_push_unread(call, push);
    } else {
        hold_against(call, push, &there);
        verdict = send_product(call, push, &there, json_object_get(inventory, "preorderInfo"));
    }
    json_decref(doc);
    return verdict;
}

static enum stockd_verdict take_write(const struct stockd_call *call, struct wix_push *push)
{
    const struct stockd_response *answer = call->response;
    char why[160];
    if (answer->transport != STOCKD_ARRIVED) return STOCKD_DEFAULT;
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    enum stockd_verdict verdict = STOCKD_DONE;
    if (answer->status < 200 || answer->status >= 400) {
        verdict = wix_push_refused(call, push, doc);
    } else if (answer->status != 200 || !json_is_object(doc)) {
        for (uint32_t i = 0; i < push->sent_count; i++)
            wix_push_unclear(call, push, push->sent[i], "the answer is not {}");
    } else if (push->phase == PHASE_FLAG) {
        struct wix_pair pair;
        product_of(call, push, &pair);
        push->phase = PHASE_PROOF;
        verdict = wix_v1_ask_product(call, pair.product);
    } else {
        for (uint32_t i = 0; i < push->sent_count; i++)
            wix_push_kind(call, push, push->sent[i], STOCKD_ACCEPTED, NULL, NULL);
    }
    json_decref(doc);
    return verdict;
}

/* In stock or not has no figure that the core could read back: proven here. */
static enum stockd_verdict take_proof(const struct stockd_call *call, struct wix_push *push)
{
    const struct stockd_response *answer = call->response;
    struct wix_v1_item there = {.variants = NULL};
    struct wix_pair pair;
    char why[160];
    json_t *doc = answer->transport == STOCKD_ARRIVED && answer->status == 200
                      ? kit_parse(answer->body, answer->body_size, why)
                      : NULL;
    product_of(call, push, &pair);
    bool read = !wix_v1_item_read(json_object_get(doc, "inventoryItem"), &there) &&
                there.track == 'U' && strcmp(there.product, pair.product) == 0;
    for (uint32_t i = 0; i < call->start->item_count; i++) {
        const struct stockd_item *item = &call->start->items[i];
        if (push->done[i] || !wix_pair_of(item->listing_id, &pair)) continue;
        const json_t *variant = read ? variant_of(there.variants, pair.variant) : NULL;
        enum kit_flag stock = kit_flag(json_object_get(variant, "inStock"));
        if (stock == (item->wanted > 0 ? KIT_TRUE : KIT_FALSE))
            wix_push_kind(call, push, i, STOCKD_OK, NULL, NULL);
        else
            wix_push_unclear(call, push, i, "inStock does not read as it was written");
    }
    json_decref(doc);
    return STOCKD_DONE;
}

enum stockd_verdict wix_product_take(const struct stockd_call *call, struct wix_push *push)
{
    if (push->phase == PHASE_READ) return take_read(call, push);
    if (push->phase == PHASE_PROOF) return take_proof(call, push);
    return take_write(call, push);
}
