/* V1 increments and decrements: what changed, not what is. A sale in between stays a sale, and up
 * to 300 variants of any products share a request. Decrements go first. Wix answers {}: taken, and
 * read back. */
#include "push.h"

enum { PHASE_DECREMENT = 1, PHASE_INCREMENT };

static enum stockd_verdict send_changes(const struct stockd_call *call, struct wix_push *push)
{
    const struct stockd_start *start = call->start;
    struct out body = wix_push_body(call, push);
    bool down = push->phase == PHASE_DECREMENT;
    push->sent_count = 0;
    if (down)
        out_literal(&body, "{\"decrementData\":[");
    else
        out_literal(&body, "{\"incrementData\":[");
    for (uint32_t i = 0; i < start->item_count; i++) {
        const struct stockd_item *item = &start->items[i];
        struct wix_pair pair;
        int64_t by = down ? item->base - item->wanted : item->wanted - item->base;
        if (push->done[i] || by <= 0 || !wix_pair_of(item->listing_id, &pair)) continue;
        if (push->sent_count) out_literal(&body, ",");
        out_literal(&body, "{\"productId\":");
        out_string(&body, pair.product);
        out_literal(&body, ",\"variantId\":");
        out_string(&body, pair.variant);
        if (down)
            out_literal(&body, ",\"decrementBy\":");
        else
            out_literal(&body, ",\"incrementBy\":");
        out_int(&body, by);
        out_literal(&body, "}");
        push->sent[push->sent_count++] = (uint16_t)i;
    }
    out_literal(&body, "]}");
    if (!push->sent_count) return 0;
    return wix_send(call, "POST",
                    down ? "/stores/v2/inventoryItems/decrement"
                         : "/stores/v2/inventoryItems/increment",
                    &body, true);
}

enum stockd_verdict wix_adjust_begin(const struct stockd_call *call, struct wix_push *push)
{
    for (uint32_t i = 0; i < call->start->item_count; i++) {
        const struct stockd_item *item = &call->start->items[i];
        if (item->base < 0 || item->base > INT32_MAX)
            wix_push_kind(call, push, i, STOCKD_RETRY, "no-base",
                          "the figure to start from is not known");
        else if (item->base == item->wanted) /* nothing to send; a reading tells */
            wix_push_kind(call, push, i, STOCKD_ACCEPTED, NULL, NULL);
    }
    push->phase = PHASE_DECREMENT;
    enum stockd_verdict verdict = send_changes(call, push);
    if (verdict) return verdict;
    push->phase = PHASE_INCREMENT;
    verdict = send_changes(call, push);
    return verdict ? verdict : STOCKD_DONE;
}

/* Somebody sold: how far the request got before it was refused is not said, so it is read. */
static bool is_short(const json_t *doc)
{
    struct wix_error error;
    wix_error_read(doc, 1, &error);
    return strcmp(error.code, "INSUFFICIENT_INVENTORY") == 0;
}

static void sent_are(const struct stockd_call *call, struct wix_push *push,
                     enum stockd_outcome_kind kind, const char *code, const char *text)
{
    for (uint32_t i = 0; i < push->sent_count; i++)
        wix_push_kind(call, push, push->sent[i], kind, code, text);
}

/* The core is to judge the request: what was not in it was surely not applied. */
static enum stockd_verdict leave_to_core(const struct stockd_call *call, struct wix_push *push)
{
    uint8_t sent[WIX_BULK_ITEMS] = {0};
    for (uint32_t i = 0; i < push->sent_count; i++)
        sent[push->sent[i]] = 1;
    for (uint32_t i = 0; i < call->start->item_count; i++)
        if (!sent[i]) wix_push_kind(call, push, i, STOCKD_RETRY, "not-sent", NULL);
    return STOCKD_DEFAULT;
}

enum stockd_verdict wix_adjust_take(const struct stockd_call *call, struct wix_push *push)
{
    const struct stockd_response *answer = call->response;
    char why[160];
    if (answer->transport != STOCKD_ARRIVED) return leave_to_core(call, push);
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    enum stockd_verdict verdict = 0;
    if (answer->status == 200 && json_is_object(doc))
        sent_are(call, push, STOCKD_ACCEPTED, NULL, NULL);
    else if (answer->status >= 200 && answer->status < 400)
        sent_are(call, push, STOCKD_UNRESOLVED, "unclear-answer", "the answer is not JSON");
    else if (answer->status < 500 && is_short(doc))
        sent_are(call, push, STOCKD_UNRESOLVED, "INSUFFICIENT_INVENTORY",
                 "less is there than was to be taken away: read back");
    else
        verdict = wix_push_refused(call, push, doc);
    json_decref(doc);
    if (verdict == STOCKD_DEFAULT) return leave_to_core(call, push);
    if (verdict || push->phase == PHASE_INCREMENT) return verdict ? verdict : STOCKD_DONE;
    push->phase = PHASE_INCREMENT;
    verdict = send_changes(call, push);
    return verdict ? verdict : STOCKD_DONE;
}
