/* fetch_stock: the sizes that were given, a thousand of one warehouse at a time. There is no dump
 * of a warehouse; without items only what Wildberries keeps itself (stock_fbw.c) can be read. */
#include "stock.h"

#include <stdlib.h>

enum { PART_ITEMS, PART_FBW };

enum mark { TO_ASK, ASKED };

struct asked_size {
    int64_t chrt, amount; /* amount -1: not seen yet; -2: what was said cannot be used */
};
enum { UNSEEN = -1, UNUSABLE = -2 };

struct reading {
    uint32_t part;
    uint32_t first; /* no item before it is still to ask */
    uint32_t count; /* sizes in the request in flight */
    bool lost;
    char warehouse[KIT_ID_TEXT];
    struct asked_size sizes[WB_STOCK_ITEMS];
    uint8_t marks[]; /* one for each item */
};

static const char *place_of(const struct stockd_call *call, const struct stockd_item *item)
{
    return item->warehouse_id ? item->warehouse_id : call->start->warehouse_id;
}

/* The sizes of the next request: up to a thousand of the first warehouse that has some left. */
static void collect(const struct stockd_call *call, struct reading *reading)
{
    const struct stockd_start *start = call->start;
    reading->count = 0;
    for (uint32_t i = reading->first; i < start->item_count; i++) {
        const struct stockd_item *item = &start->items[i];
        if (reading->marks[i] == ASKED) continue;
        if (reading->count == WB_STOCK_ITEMS) return;
        int64_t chrt = kit_id_of(item->listing_id), place = kit_id_of(place_of(call, item));
        char digits[KIT_ID_TEXT];
        kit_digits(place, digits);
        if (chrt && place && reading->count && strcmp(digits, reading->warehouse) != 0) continue;
        reading->marks[i] = ASKED;
        if (!chrt || !place) {
            kit_lose(call, &reading->lost, "an item with a foreign id, or without a warehouse",
                     item->listing_id);
            continue;
        }
        strcpy(reading->warehouse, digits);
        reading->sizes[reading->count++] = (struct asked_size){chrt, UNSEEN};
    }
}

static int by_chrt(const void *a, const void *b)
{
    const struct asked_size *x = a, *y = b;
    return x->chrt < y->chrt ? -1 : x->chrt > y->chrt;
}

/* In order, each once: so rows are found, and a size in two items is asked for and told once. */
static void sort(struct reading *reading)
{
    uint32_t kept = 0;
    qsort(reading->sizes, reading->count, sizeof(reading->sizes[0]), by_chrt);
    for (uint32_t i = 0; i < reading->count; i++)
        if (!kept || reading->sizes[kept - 1].chrt != reading->sizes[i].chrt)
            reading->sizes[kept++] = reading->sizes[i];
    reading->count = kept;
}

static enum stockd_verdict ask(const struct stockd_call *call, struct reading *reading)
{
    char memory[WB_STOCK_ITEMS * (KIT_ID_TEXT + 1) + 32], path[64];
    struct out body = {.data = memory, .room = sizeof(memory)};
    struct out line = {.data = path, .room = sizeof(path)};
    while (reading->first < call->start->item_count && reading->marks[reading->first] == ASKED)
        reading->first++;
    collect(call, reading);
    sort(reading);
    if (!reading->count) {
        if (!reading->lost) call->host->complete(call->ctx, STOCKD_SCOPE_ITEMS, NULL);
        return STOCKD_DONE;
    }
    out_literal(&body, "{\"chrtIds\":[");
    for (uint32_t i = 0; i < reading->count; i++) {
        if (i) out_literal(&body, ",");
        out_int(&body, reading->sizes[i].chrt);
    }
    out_literal(&body, "]}");
    out_literal(&line, "/api/v3/stocks/");
    out_bytes(&line, reading->warehouse, strlen(reading->warehouse) + 1);
    return wb_send(call, &(struct wb_ask){.endpoint = WB_MARKETPLACE,
                                          .bucket = WB_BUCKET_STOCKS,
                                          .path = path,
                                          .body = &body});
}

/* Notes what a row says of its size; false when it is malformed. */
static bool note_row(const struct stockd_call *call, struct reading *reading, const json_t *row)
{
    struct asked_size key = {.chrt = 0};
    char digits[KIT_ID_TEXT];
    int64_t amount;
    if (!kit_id(json_object_get(row, "chrtId"), &key.chrt)) {
        kit_malformed(call, "a stock row without a usable chrtId", reading->warehouse);
        return false;
    }
    kit_digits(key.chrt, digits);
    struct asked_size *size = bsearch(&key, reading->sizes, reading->count, sizeof(key), by_chrt);
    if (!size) {
        kit_malformed(call, "a stock row of a size that was not asked for", digits);
        return true;
    }
    bool usable = kit_int(json_object_get(row, "amount"), &amount) && amount >= 0;
    bool again = size->amount != UNSEEN && size->amount != amount;
    if (usable && !again) {
        size->amount = amount;
        return true;
    }
    kit_malformed(call, usable ? "a size with two figures" : "a stock row without a usable amount",
                  digits);
    size->amount = UNUSABLE;
    return false;
}

static void emit_sizes(const struct stockd_call *call, const struct reading *reading, bool holes)
{
    const char *kind = wb_warehouse_kind(call->start, reading->warehouse);
    for (uint32_t i = 0; i < reading->count; i++) {
        const struct asked_size *size = &reading->sizes[i];
        char digits[KIT_ID_TEXT];
        struct stockd_stock row = STOCKD_STOCK_ROW;
        /* A row whose id could not be read may be that of any size that is missing. */
        if (size->amount == UNUSABLE || (size->amount == UNSEEN && holes)) continue;
        kit_digits(size->chrt, digits);
        row.warehouse_id = reading->warehouse;
        row.listing_id = digits;
        row.type = kind ? kind : "fbs";
        /* Missing rows are zeros, or sizes unknown there: neither is said. */
        row.kind = size->amount < 0 ? STOCKD_STOCK_ABSENT : STOCKD_STOCK_NUMBER;
        if (size->amount >= 0) row.quantity = size->amount;
        call->host->stock(call->ctx, &row);
    }
}

static enum stockd_verdict take_rows(const struct stockd_call *call, struct reading *reading,
                                     const json_t *doc)
{
    const json_t *rows = wb_rows(json_object_get(doc, "stocks"), WB_STOCK_ITEMS);
    if (!rows) return kit_unreadable(call, "stocks");
    size_t index;
    json_t *row;
    bool holes = false;
    json_array_foreach (rows, index, row)
        if (!note_row(call, reading, row)) holes = true;
    emit_sizes(call, reading, holes);
    reading->lost |= holes;
    return ask(call, reading);
}

/* The warehouse is gone: the others can still be read. */
static bool warehouse_is_gone(const struct stockd_call *call)
{
    const struct stockd_response *answer = call->response;
    struct wb_error error;
    char why[160];
    if (!answer || answer->transport != STOCKD_ARRIVED || answer->status != 404) return false;
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    wb_error_read(doc, &error);
    bool gone = strcmp(error.code, "NotFound") == 0;
    json_decref(doc);
    return gone;
}

static enum stockd_verdict take_answer(const struct stockd_call *call, struct reading *reading)
{
    if (warehouse_is_gone(call)) {
        wb_quota_learn(call, WB_BUCKET_STOCKS);
        wb_warehouse_gone(call, reading->warehouse);
        reading->lost = true;
        return ask(call, reading);
    }
    json_t *doc;
    enum stockd_verdict verdict = wb_read_answer(call, WB_BUCKET_STOCKS, false, &doc);
    if (!doc) return verdict;
    verdict = take_rows(call, reading, doc);
    json_decref(doc);
    return verdict;
}

enum stockd_verdict wb_fetch_stock(const struct stockd_call *call)
{
    const struct stockd_start *start = call->start;
    bool own = start->item_count && (!start->warehouse_id || kit_id_of(start->warehouse_id));
    if (!own) {
        if (call->event != STOCKD_START) return wb_fbw_step(call);
        if (!start->warehouse_id || strcmp(start->warehouse_id, WB_FBW) == 0)
            return wb_fbw_begin(call, PART_FBW);
        return kit_fail(call, STOCKD_FAIL_UNSUPPORTED, "needs-ids",
                        "Wildberries tells stock only of sizes that are asked for by id");
    }
    struct reading *reading = call->host->scratch(call->ctx, sizeof(*reading) + start->item_count);
    if (!reading) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) return ask(call, reading);
    return take_answer(call, reading);
}
