/* push_stock: up to 100 pairs of product and warehouse in one absolute write, confirmed item by
 * item by the answer. Each item is judged by what the answer says of it and of nothing else. */
#include "ozon.h"

#include <stdio.h>

/* An item that is still being made or moderated is tried again this often: moderation takes minutes
 * to days, and a try costs one pair of a batch. */
#define NOT_READY_MS 3600000
/* Bytes of one item's body without its article. */
#define ITEM_BYTES 112u

enum code_kind {
    CODE_REJECT,
    CODE_NO_WAREHOUSE,
    CODE_ARCHIVED,
    CODE_NOT_READY,
    CODE_FAILED, /* Ozon's own trouble */
    CODE_TOO_SOON
};

/* The codes of the official table; the worst of several counts (CODE_REJECT is the worst). What is
 * not here is rejected with its own words. "~": a part of the code or of the message; "^": a part
 * of the code. */
static const struct {
    const char *pattern;
    enum code_kind kind;
} codes[] = {
    {"product_is_not_created", CODE_NOT_READY},
    {"PRODUCT_HAS_NOT_BEEN_TAGGED_YET", CODE_NOT_READY},
    {"WAREHOUSE_NOT_FOUND", CODE_NO_WAREHOUSE},
    {"PRODUCT_IS_ARCHIVED", CODE_ARCHIVED},
    {"TOO_MANY_REQUESTS", CODE_TOO_SOON},
    {"~updated too frequently", CODE_TOO_SOON},
    {"~warehouse has wrong id", CODE_NO_WAREHOUSE},
    {"^INTERNAL", CODE_FAILED},
    {"^UNAVAILABLE", CODE_FAILED},
    {"^TIMEOUT", CODE_FAILED},
};

/* What is known of one item while its answer is read. */
struct slot {
    int64_t product, warehouse; /* 0: not a number */
    const char *offer;
    struct stockd_outcome outcome; /* kind 0: the answer has not named it */
    enum code_kind code;
    bool unsendable;
};

static void slot_fill(const struct stockd_item *item, struct slot *slot)
{
    *slot = (struct slot){
        .product = kit_id_of(item->listing_id),
        .warehouse = kit_id_of(item->warehouse_id),
        .outcome = {.size = sizeof(slot->outcome), .observed = STOCKD_UNKNOWN},
    };
    slot->offer = kit_key(item, OZON_KEY_OFFER);
    slot->unsendable = !slot->warehouse || (!slot->product && !slot->offer) || item->wanted < 0 ||
                       item->wanted > OZON_MAX_QUANTITY;
}

/* Says of an item that never leaves why it does not. */
static void reject_unsendable(const struct stockd_call *call, uint32_t index,
                              const struct slot *slot)
{
    struct stockd_outcome outcome = {
        .size = sizeof(outcome), .kind = STOCKD_REJECTED, .observed = STOCKD_UNKNOWN};
    if (!slot->warehouse) {
        outcome.code = "bad-warehouse";
        outcome.text = "the remote warehouse is none of the seller's: its id is no number";
    } else if (!slot->product && !slot->offer) {
        outcome.code = "bad-listing";
        outcome.text = "the listing has neither a product_id nor an article";
    } else {
        outcome.code = "bad-quantity";
        outcome.text = "Ozon takes quantities from 0 to 999999";
    }
    call->host->outcome(call->ctx, index, &outcome);
}

/* product_id alone when it is known: of two ids Ozon would follow the article, which the seller can
 * give to another product. */
static void write_item(struct out *body, const struct stockd_item *item, const struct slot *slot)
{
    if (slot->product) {
        out_literal(body, "{\"product_id\":");
        out_int(body, slot->product);
    } else {
        out_literal(body, "{\"offer_id\":");
        out_string(body, slot->offer);
    }
    out_literal(body, ",\"stock\":");
    out_int(body, item->wanted);
    out_literal(body, ",\"warehouse_id\":");
    out_int(body, slot->warehouse);
    out_literal(body, "},");
}

static enum stockd_verdict send_batch(const struct stockd_call *call)
{
    const struct stockd_start *start = call->start;
    size_t room = 32;
    for (uint32_t i = 0; i < start->item_count; i++) {
        const char *offer = kit_id_of(start->items[i].listing_id)
                                ? NULL
                                : kit_key(&start->items[i], OZON_KEY_OFFER);
        room += ITEM_BYTES + (offer ? strlen(offer) * 6 : 0);
    }
    struct out body = {.data = call->host->scratch(call->ctx, room), .room = room};
    if (!body.data) return kit_bug(call, "no scratch memory for the batch");
    out_literal(&body, "{\"stocks\":[");
    size_t empty = body.size;
    for (uint32_t i = 0; i < start->item_count; i++) {
        struct slot slot;
        slot_fill(&start->items[i], &slot);
        if (slot.unsendable)
            reject_unsendable(call, i, &slot);
        else
            write_item(&body, &start->items[i], &slot);
    }
    if (body.size == empty) return STOCKD_DONE;
    body.size--; /* the last comma */
    out_literal(&body, "]}");
    return ozon_send(call, "/v2/products/stocks", &body, true);
}

/* ---- the answer ---- */

static bool same_item(const struct slot *slot, int64_t warehouse, int64_t product,
                      const char *offer)
{
    if (slot->unsendable || slot->warehouse != warehouse) return false;
    if (slot->product && product) return slot->product == product;
    /* Ozon answers product_id 0 for some failures although it was sent one. */
    return offer && slot->offer && strcmp(offer, slot->offer) == 0;
}

/* The item a row is about, looking first where it would be if the order was kept. */
static struct slot *find_slot(struct slot *slots, uint32_t count, size_t guess, const json_t *row)
{
    int64_t warehouse, product = 0;
    if (!kit_id(json_object_get(row, "warehouse_id"), &warehouse)) return NULL;
    const json_t *id = json_object_get(row, "product_id");
    if (id && !json_is_null(id) && !kit_int(id, &product)) return NULL;
    const char *offer = kit_text(json_object_get(row, "offer_id"), SIZE_MAX);
    for (uint32_t i = 0; i < count; i++) {
        size_t at = (guess + i) % count;
        if (same_item(&slots[at], warehouse, product, offer)) return &slots[at];
    }
    return NULL;
}

static bool code_fits(const char *pattern, const char *code, const char *message)
{
    if (pattern[0] == '^') return strcasestr(code, pattern + 1) != NULL;
    if (pattern[0] != '~') return strcasecmp(code, pattern) == 0;
    return strcasestr(code, pattern + 1) || strcasestr(message, pattern + 1);
}

static enum code_kind code_kind(const char *code, const char *message)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (code_fits(codes[i].pattern, code, message)) return codes[i].kind;
    return CODE_REJECT;
}

/* The worst error of a row; false when there is none, or one that cannot be read. */
static bool worst_error(const json_t *errors, struct slot *slot)
{
    size_t index;
    json_t *error;
    bool any = false;
    json_array_foreach (errors, index, error) {
        const char *code = kit_text(json_object_get(error, "code"), STOCKD_ID_MAX);
        const char *message = kit_text(json_object_get(error, "message"), SIZE_MAX);
        if (!code && !message) return false;
        enum code_kind kind = code_kind(code ? code : "", message ? message : "");
        if (any && kind >= slot->code) continue;
        slot->code = kind;
        slot->outcome.code = code;
        slot->outcome.text = message;
        any = true;
    }
    return any;
}

static void unresolved(const struct stockd_call *call, struct slot *slot, const char *text)
{
    slot->outcome.kind = STOCKD_UNRESOLVED;
    slot->outcome.until_ms = call->now_ms + OZON_SETTLE_MS;
    slot->outcome.code = "unclear-answer";
    slot->outcome.text = text;
    slot->code = CODE_REJECT;
}

static void judge_row(const struct stockd_call *call, struct slot *slot, const json_t *row)
{
    const json_t *errors = json_object_get(row, "errors"), *said = json_object_get(row, "updated");
    bool clean =
        !errors || json_is_null(errors) || (json_is_array(errors) && json_array_size(errors) == 0);
    /* Only the JSON true is a success: a string that reads "true" is nothing Ozon promised. */
    if (json_is_true(said)) {
        if (!clean) return unresolved(call, slot, "updated, and yet with errors");
        slot->outcome.kind = STOCKD_OK;
        return;
    }
    if (said && !json_is_false(said)) return unresolved(call, slot, "'updated' is not a bool");
    if (clean) return unresolved(call, slot, "not updated, and no error says why");
    if (!worst_error(errors, slot)) return unresolved(call, slot, "its errors cannot be read");
    slot->outcome.kind = slot->code >= CODE_NOT_READY ? STOCKD_THROTTLED : STOCKD_REJECTED;
    if (slot->code == CODE_FAILED) slot->outcome.kind = STOCKD_RETRY;
    if (slot->code == CODE_NOT_READY) slot->outcome.until_ms = call->now_ms + NOT_READY_MS;
    if (slot->code == CODE_TOO_SOON) slot->outcome.until_ms = call->now_ms + OZON_CADENCE_MS;
}

/* What an item's failure teaches about its listing or warehouse. */
static void emit_lesson(const struct stockd_call *call, const struct stockd_item *item,
                        const struct slot *slot)
{
    const struct stockd_outcome *outcome = &slot->outcome;
    if (slot->code == CODE_NO_WAREHOUSE) {
        char why[STOCKD_TEXT_MAX];
        snprintf(why, sizeof(why), "WAREHOUSE_NOT_FOUND: %.900s",
                 outcome->text ? outcome->text : "Ozon knows no such active warehouse");
        struct stockd_warehouse row = {
            .size = sizeof(row),
            .id = item->warehouse_id,
            .kind = ozon_warehouse_kind(call->start, item->warehouse_id),
            .why = why,
        };
        call->host->warehouse(call->ctx, &row);
        return;
    }
    struct stockd_listing row = {
        .size = sizeof(row),
        .state = slot->code == CODE_ARCHIVED ? STOCKD_LISTING_ARCHIVED : STOCKD_LISTING_NOT_READY,
        .id = item->listing_id,
        .keys = item->keys,
        .key_count = item->key_count,
        .group = item->group,
        .code = outcome->code,
        .text = outcome->text,
    };
    call->host->listing(call->ctx, &row);
}

static void emit_outcomes(const struct stockd_call *call, struct slot *slots)
{
    for (uint32_t i = 0; i < call->start->item_count; i++) {
        struct slot *slot = &slots[i];
        if (slot->unsendable) continue; /* was said before the request left */
        if (!slot->outcome.kind) unresolved(call, slot, "the answer does not name this item");
        call->host->outcome(call->ctx, i, &slot->outcome);
        bool failed =
            slot->outcome.kind == STOCKD_REJECTED || slot->outcome.kind == STOCKD_THROTTLED;
        if (failed && slot->code != CODE_REJECT && slot->code != CODE_TOO_SOON)
            emit_lesson(call, &call->start->items[i], slot);
    }
}

static bool same_verdict(const struct stockd_outcome *a, const struct stockd_outcome *b)
{
    const char *x = a->code ? a->code : "", *y = b->code ? b->code : "";
    return a->kind == b->kind && strcmp(x, y) == 0;
}

/* `result` may be NULL: then no item is named, and all are unresolved. */
static enum stockd_verdict take_result(const struct stockd_call *call, const json_t *result)
{
    struct slot slots[OZON_PUSH_ITEMS];
    uint32_t count = call->start->item_count;
    for (uint32_t i = 0; i < count; i++)
        slot_fill(&call->start->items[i], &slots[i]);
    size_t index;
    json_t *row;
    json_array_foreach (result, index, row) {
        struct slot *slot = find_slot(slots, count, index, row);
        if (!slot) {
            kit_malformed(call, "a result that is about none of the items sent",
                          "/v2/products/stocks");
            continue;
        }
        struct slot before = *slot;
        judge_row(call, slot, row);
        if (before.outcome.kind && !same_verdict(&before.outcome, &slot->outcome))
            unresolved(call, slot, "the answer names this item twice and contradicts itself");
    }
    emit_outcomes(call, slots);
    return STOCKD_DONE;
}

/* The request was refused as a whole: surely nothing was applied. */
static void outcome_for_all(const struct stockd_call *call, enum stockd_outcome_kind kind,
                            int64_t until_ms, const char *text)
{
    struct stockd_outcome outcome = {.size = sizeof(outcome),
                                     .kind = kind,
                                     .until_ms = until_ms,
                                     .observed = STOCKD_UNKNOWN,
                                     .text = text};
    struct slot slot;
    for (uint32_t i = 0; i < call->start->item_count; i++) {
        slot_fill(&call->start->items[i], &slot);
        if (!slot.unsendable) call->host->outcome(call->ctx, i, &outcome);
    }
}

static enum stockd_verdict take_refusal(const struct stockd_call *call, const json_t *doc)
{
    struct ozon_error error;
    ozon_error_read(doc, &error);
    int status = call->response->status;
    /* From 500 on nothing is sure, whatever the text says; 408 is the same. */
    if (status >= 500 || status == 408) return STOCKD_DEFAULT;
    enum ozon_meaning meaning = ozon_error_meaning(status, &error);
    int64_t until = ozon_quota_learn(call, true, meaning);
    static const enum stockd_fail fails[] = {
        [OZON_MEANS_AUTH] = STOCKD_FAIL_AUTH,
        [OZON_MEANS_DENIED] = STOCKD_FAIL_DENIED,
        [OZON_MEANS_BLOCKED] = STOCKD_FAIL_BLOCKED,
        [OZON_MEANS_GONE] = STOCKD_FAIL_UNSUPPORTED,
    };
    switch (meaning) {
    case OZON_MEANS_DEFAULT:
    case OZON_MEANS_RETRY: return STOCKD_DEFAULT;
    case OZON_MEANS_TOO_FAST:
        if (status == 429) return STOCKD_DEFAULT;
        /* fall through */
    case OZON_MEANS_CIRCUIT:
        outcome_for_all(call, STOCKD_THROTTLED, until, error.text);
        return STOCKD_DONE;
    default: break;
    }
    outcome_for_all(call, STOCKD_RETRY, 0, error.text);
    char code[24];
    snprintf(code, sizeof(code), "http-%d", status);
    return kit_fail(call, fails[meaning], error.word ? error.word : code,
                    error.text[0] ? error.text : "Ozon gave no reason");
}

static enum stockd_verdict take_answer(const struct stockd_call *call)
{
    const struct stockd_response *answer = call->response;
    char why[160];
    if (answer->transport == STOCKD_NOT_SENT || answer->transport == STOCKD_LOST)
        return STOCKD_DEFAULT;
    if (answer->transport == STOCKD_TOO_LARGE) return take_result(call, NULL);
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    enum stockd_verdict verdict;
    if (answer->status >= 200 && answer->status < 400) {
        ozon_quota_learn(call, true, OZON_MEANS_DEFAULT);
        const json_t *result = answer->status == 200 ? json_object_get(doc, "result") : NULL;
        verdict = take_result(call, result);
    } else {
        verdict = take_refusal(call, doc);
    }
    json_decref(doc);
    return verdict;
}

enum stockd_verdict ozon_push_stock(const struct stockd_call *call)
{
    if (call->start->item_count > OZON_PUSH_ITEMS)
        return kit_bug(call, "more items than the route takes");
    if (call->event == STOCKD_START) return send_batch(call);
    if (call->event != STOCKD_RESPONSE || !call->response)
        return kit_bug(call, "a step without an answer");
    return take_answer(call);
}
