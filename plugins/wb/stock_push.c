/* push_stock: up to a thousand sizes of one warehouse in one absolute write. A good answer has no
 * body and proves nothing: its items are accepted, and read back. Refusals are in push_errors.c. */
#include "push.h"

/* Bytes of one item's body. */
#define ITEM_BYTES 64u

static const char *why_unsendable(const struct stockd_item *item, const char **code)
{
    *code = "bad-listing";
    if (!kit_id_of(item->listing_id)) return "the listing's id is no chrtId, which is a number";
    *code = "bad-quantity";
    if (item->wanted < 0 || item->wanted > WB_MAX_QUANTITY)
        return "Wildberries takes quantities from 0 to 100000";
    return NULL;
}

/* The warehouse of the batch; NULL when the items are not all of one, or it is no number. */
static const char *warehouse_of(const struct stockd_start *start)
{
    const char *id = start->items[0].warehouse_id;
    if (!kit_id_of(id)) return NULL;
    for (uint32_t i = 1; i < start->item_count; i++)
        if (!start->items[i].warehouse_id || strcmp(start->items[i].warehouse_id, id) != 0)
            return NULL;
    return id;
}

static void reject(const struct stockd_call *call, uint32_t index, const char *code,
                   const char *text)
{
    struct stockd_outcome outcome = STOCKD_OUTCOME(STOCKD_REJECTED);
    outcome.code = code;
    outcome.text = text;
    call->host->outcome(call->ctx, index, &outcome);
}

static enum stockd_verdict send_batch(const struct stockd_call *call)
{
    const struct stockd_start *start = call->start;
    size_t room = 32 + ITEM_BYTES * (size_t)start->item_count;
    char path[64];
    struct out body = {.data = call->host->scratch(call->ctx, room), .room = room};
    struct out line = {.data = path, .room = sizeof(path)};
    if (!body.data) return kit_bug(call, "no scratch memory for the batch");
    const char *warehouse = warehouse_of(start);
    out_literal(&body, "{\"stocks\":[");
    size_t empty = body.size;
    for (uint32_t i = 0; i < start->item_count; i++) {
        const char *code, *why = why_unsendable(&start->items[i], &code);
        if (!warehouse) {
            reject(call, i, "bad-warehouse",
                   "the remote warehouse is none of the seller's: its id is no number");
            continue;
        }
        if (why) {
            reject(call, i, code, why);
            continue;
        }
        if (body.size > empty) out_literal(&body, ",");
        out_literal(&body, "{\"chrtId\":");
        out_int(&body, kit_id_of(start->items[i].listing_id));
        out_literal(&body, ",\"amount\":");
        out_int(&body, start->items[i].wanted);
        out_literal(&body, "}");
    }
    if (body.size == empty) return STOCKD_DONE;
    out_literal(&body, "]}");
    out_literal(&line, "/api/v3/stocks/");
    out_int(&line, kit_id_of(warehouse));
    out_bytes(&line, "", 1);
    return wb_send(call, &(struct wb_ask){.endpoint = WB_MARKETPLACE,
                                          .bucket = WB_BUCKET_STOCKS,
                                          .path = path,
                                          .body = &body,
                                          .write = true});
}

void wb_push_rest(const struct stockd_call *call, const struct wb_slot *slots,
                  enum stockd_outcome_kind kind, int64_t until_ms, const struct wb_error *error)
{
    struct stockd_outcome outcome = STOCKD_OUTCOME(kind);
    outcome.until_ms = until_ms;
    if (error) {
        outcome.code = error->code[0] ? error->code : NULL;
        outcome.text = error->text[0] ? error->text : NULL;
    }
    for (uint32_t i = 0; i < call->start->item_count; i++)
        if (slots[i].chrt && !slots[i].named) call->host->outcome(call->ctx, i, &outcome);
}

static enum stockd_verdict take_answer(const struct stockd_call *call, struct wb_slot *slots)
{
    static const struct wb_error unclear = {
        .code = "unclear-answer", .text = "Wildberries answers a write with 204 and nothing else"};
    const struct stockd_response *answer = call->response;
    char why[160];
    if (answer->transport == STOCKD_NOT_SENT || answer->transport == STOCKD_LOST)
        return STOCKD_DEFAULT;
    int64_t settled = call->now_ms + WB_SETTLE_MS;
    if (answer->transport == STOCKD_TOO_LARGE) {
        wb_push_rest(call, slots, STOCKD_UNRESOLVED, settled, &unclear);
        return STOCKD_DONE;
    }
    wb_quota_learn(call, WB_BUCKET_STOCKS);
    /* From 500 on nothing is sure, whatever the text says; 408 is the same. */
    if (answer->status >= 500 || answer->status == 408) return STOCKD_DEFAULT;
    if (answer->status < 400) {
        bool good = answer->status == 204;
        wb_push_rest(call, slots, good ? STOCKD_ACCEPTED : STOCKD_UNRESOLVED, settled,
                     good ? NULL : &unclear);
        return STOCKD_DONE;
    }
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    enum stockd_verdict verdict = wb_push_refused(call, slots, doc);
    json_decref(doc);
    return verdict;
}

enum stockd_verdict wb_push_stock(const struct stockd_call *call)
{
    const struct stockd_start *start = call->start;
    struct wb_slot slots[WB_STOCK_ITEMS];
    if (!start->item_count || start->item_count > WB_STOCK_ITEMS)
        return kit_bug(call, "more items than the route takes, or none");
    if (call->event == STOCKD_START) return send_batch(call);
    if (call->event != STOCKD_RESPONSE || !call->response)
        return kit_bug(call, "a step without an answer");
    for (uint32_t i = 0; i < start->item_count; i++) {
        const char *code;
        bool sent = !why_unsendable(&start->items[i], &code);
        slots[i] = (struct wb_slot){.chrt = sent ? kit_id_of(start->items[i].listing_id) : 0};
    }
    return take_answer(call, slots);
}
