/* push_stock: which route is taken, and what all have in common. V1 is written in push_adjust.c and
 * push_v1.c, V3 in push_v3.c. */
#include "push.h"

#include <stdio.h>

/* After a failure that says "later" and not when. */
#define PAUSE_MS (30000 / KIT_HASTE)

static size_t body_room(const struct stockd_call *call)
{
    return WIX_PUSH_FRAME + call->start->item_count * WIX_PUSH_ENTRY;
}

struct out wix_push_body(const struct stockd_call *call, struct wix_push *push)
{
    return (struct out){.data = (char *)(push + 1), .room = body_room(call)};
}

void wix_push_say(const struct stockd_call *call, struct wix_push *push, uint32_t item,
                  const struct stockd_outcome *outcome)
{
    if (push->done[item]) return;
    push->done[item] = 1;
    call->host->outcome(call->ctx, item, outcome);
}

void wix_push_kind(const struct stockd_call *call, struct wix_push *push, uint32_t item,
                   enum stockd_outcome_kind kind, const char *code, const char *text)
{
    struct stockd_outcome outcome = STOCKD_OUTCOME(kind);
    outcome.code = code;
    outcome.text = text;
    if (kind == STOCKD_THROTTLED) outcome.until_ms = call->now_ms + PAUSE_MS;
    if (kind == STOCKD_ACCEPTED || kind == STOCKD_UNRESOLVED)
        outcome.until_ms = call->now_ms + WIX_SETTLE_MS;
    wix_push_say(call, push, item, &outcome);
}

void wix_push_rest(const struct stockd_call *call, struct wix_push *push,
                   enum stockd_outcome_kind kind, int64_t until_ms, const char *code,
                   const char *text)
{
    struct stockd_outcome outcome = STOCKD_OUTCOME(kind);
    outcome.until_ms = until_ms;
    outcome.code = code;
    outcome.text = text;
    for (uint32_t i = 0; i < call->start->item_count; i++)
        wix_push_say(call, push, i, &outcome);
}

void wix_push_unclear(const struct stockd_call *call, struct wix_push *push, uint32_t item,
                      const char *text)
{
    wix_push_kind(call, push, item, STOCKD_UNRESOLVED, "unclear-answer", text);
}

void wix_push_untracked(const struct stockd_call *call, struct wix_push *push, uint32_t item)
{
    wix_push_kind(call, push, item, STOCKD_REJECTED, "untracked",
                  "Wix does not track this product's quantity: switch tracking on in the "
                  "dashboard, or set the account's option 'untracked'");
}

enum stockd_verdict wix_push_refused(const struct stockd_call *call, struct wix_push *push,
                                     const json_t *doc)
{
    struct wix_error error;
    int status = call->response->status;
    /* From 500 on nothing is sure, whatever the text says; 408 is the same. */
    if (status >= 500 || status == 408 || status < 400) return STOCKD_DEFAULT;
    wix_error_read(doc, call->response->body_size, &error);
    static const enum stockd_fail fails[] = {
        [WIX_MEANS_AUTH] = STOCKD_FAIL_AUTH,
        [WIX_MEANS_DENIED] = STOCKD_FAIL_DENIED,
        [WIX_MEANS_BLOCKED] = STOCKD_FAIL_BLOCKED,
        [WIX_MEANS_GONE] = STOCKD_FAIL_UNSUPPORTED,
    };
    enum wix_meaning meaning = wix_error_meaning(status, &error);
    switch (meaning) {
    case WIX_MEANS_DEFAULT: return STOCKD_DEFAULT;
    case WIX_MEANS_TOO_FAST:
        wix_push_rest(call, push, STOCKD_THROTTLED, wix_quota_shut(call), error.code, error.text);
        return STOCKD_DONE;
    case WIX_MEANS_CATALOG:
        wix_push_rest(call, push, STOCKD_RETRY, 0, error.code, error.text);
        return wix_gate_recheck(call, &push->gate);
    default: break;
    }
    wix_push_rest(call, push, STOCKD_RETRY, 0, error.code, error.text);
    char code[24];
    snprintf(code, sizeof(code), "http-%d", status);
    return kit_fail(call, fails[meaning], error.code[0] ? error.code : code,
                    error.text[0] ? error.text : "Wix gave no reason");
}

/* What a reading about one thing was refused for is said of that thing; true when it was said. */
static bool reject_alone(const struct stockd_call *call, struct wix_push *push, const json_t *doc)
{
    struct wix_error error;
    uint32_t route = call->start->route;
    bool alone =
        call->start->item_count == 1 || (route >= WIX_ROUTE_PRODUCT && route <= WIX_ROUTE_LEARN);
    wix_error_read(doc, call->response->body_size, &error);
    if (!alone || call->response->status == 408) return false;
    wix_push_rest(call, push, STOCKD_REJECTED, 0, error.code[0] ? error.code : "refused",
                  error.text[0] ? error.text : "Wix refused to tell what is there");
    return true;
}

enum stockd_verdict wix_push_unread(const struct stockd_call *call, struct wix_push *push)
{
    const struct stockd_response *answer = call->response;
    char why[160];
    if (answer->transport == STOCKD_ARRIVED && answer->status >= 400 && answer->status < 500) {
        json_t *doc = kit_parse(answer->body, answer->body_size, why);
        enum stockd_verdict verdict = wix_push_refused(call, push, doc);
        if (verdict == STOCKD_DEFAULT && reject_alone(call, push, doc)) verdict = STOCKD_DONE;
        json_decref(doc);
        if (verdict != STOCKD_DEFAULT) return verdict;
    }
    wix_push_rest(call, push, STOCKD_THROTTLED, call->now_ms + PAUSE_MS, "not-read",
                  "the figures there could not be read, so nothing was written");
    return STOCKD_DONE;
}

/* ---- */

static uint8_t untracked_of(const struct stockd_call *call)
{
    const char *word = call->host->option(call->ctx, "untracked");
    if (word && strcmp(word, "in-stock") == 0) return WIX_IN_STOCK;
    if (word && strcmp(word, "enable") == 0) return WIX_ENABLE;
    return WIX_SKIP;
}

/* Says of an item that never leaves why it does not. */
static void refuse_unsendable(const struct stockd_call *call, struct wix_push *push, bool v1)
{
    struct wix_pair pair;
    for (uint32_t i = 0; i < call->start->item_count; i++) {
        const struct stockd_item *item = &call->start->items[i];
        const char *place = item->warehouse_id;
        json_t *id = place && !v1 ? json_string(place) : NULL;
        if (!place || (v1 ? strcmp(place, WIX_V1_PLACE) != 0 : !wix_id(id)))
            wix_push_kind(call, push, i, STOCKD_REJECTED, "bad-warehouse",
                          "the remote warehouse is none of this site's");
        else if (!wix_pair_of(item->listing_id, &pair))
            wix_push_kind(call, push, i, STOCKD_REJECTED, "bad-listing",
                          "the listing's id is not a product and a variant");
        else if (item->wanted < 0 || item->wanted > WIX_MAX_QUANTITY)
            wix_push_kind(call, push, i, STOCKD_REJECTED, "bad-quantity",
                          "Wix takes quantities from 0 to 99999");
        json_decref(id);
    }
}

static bool any_left(const struct stockd_call *call, const struct wix_push *push)
{
    for (uint32_t i = 0; i < call->start->item_count; i++)
        if (!push->done[i]) return true;
    return false;
}

static enum stockd_verdict begin(const struct stockd_call *call, struct wix_push *push)
{
    uint32_t route = call->start->route;
    bool v1 = push->gate.catalog == WIX_CATALOG_V1;
    if (v1 != (route <= WIX_ROUTE_LEARN)) {
        wix_push_rest(call, push, STOCKD_THROTTLED, call->now_ms + WIX_RELINK_MS, "catalog-changed",
                      "the listing is of another catalogue than the site has now");
        return STOCKD_DONE;
    }
    refuse_unsendable(call, push, v1);
    if (!any_left(call, push)) return STOCKD_DONE;
    push->untracked = untracked_of(call);
    if (route == WIX_ROUTE_ADJUST) return wix_adjust_begin(call, push);
    return v1 ? wix_product_begin(call, push) : wix_bulk_begin(call, push);
}

/* The version is asked for by a push only when a write was refused or nothing was sent yet. A site
 * that cannot be asked leaves the items as they are: surely not written. */
static void version_unknown(const struct stockd_call *call, struct wix_push *push)
{
    wix_push_rest(call, push, STOCKD_RETRY, 0, "no-version",
                  "which catalogue the site has could not be asked");
}

enum stockd_verdict wix_push_stock(const struct stockd_call *call)
{
    struct wix_push *push = call->host->scratch(call->ctx, sizeof(*push) + body_room(call));
    if (!push) return kit_bug(call, "no scratch memory");
    if (call->start->item_count > WIX_BULK_ITEMS ||
        (call->start->route == WIX_ROUTE_FIND && call->start->item_count > WIX_FIND_ITEMS) ||
        (call->start->route == WIX_ROUTE_ADJUST && call->start->item_count > WIX_ADJUST_ITEMS))
        return kit_bug(call, "more items than the route takes");
    bool first, was_asking = push->gate.asking;
    enum stockd_verdict verdict = wix_gate(call, &push->gate, false, &first);
    if (verdict && was_asking) version_unknown(call, push);
    if (verdict) return verdict;
    if (first) return begin(call, push);
    if (call->event != STOCKD_RESPONSE || !call->response)
        return kit_bug(call, "a step without an answer");
    switch (call->start->route) {
    case WIX_ROUTE_ADJUST: return wix_adjust_take(call, push);
    case WIX_ROUTE_PRODUCT:
    case WIX_ROUTE_UNTRACKED:
    case WIX_ROUTE_LEARN: return wix_product_take(call, push);
    default: return wix_bulk_take(call, push);
    }
}
