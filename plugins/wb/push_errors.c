/* Refused writes. Wildberries refuses the whole batch for one bad item and names it; whether the
 * others were applied is not documented, and seen not to be. So what is named is rejected, and the
 * rest goes into a new selection, with fresh figures. */
#include "push.h"

#include <stdio.h>

/* "The store is processing": retry in seconds (official text). Each refusal costs ten requests, so
 * what is refused for long goes at growing intervals, as after any failure. */
#define PROCESSING_MS (30000 / KIT_HASTE)
/* Works at the warehouse, and what else shuts it for longer. */
#define BLOCK_MS (600000 / KIT_HASTE)
/* Rows of an answer that are looked at: one for each item and code is more than any has. */
#define ROWS_MAX (WB_STOCK_ITEMS * 8)

/* Says that nothing can be written to the warehouse for a while. */
static void close_warehouse(const struct stockd_call *call, int64_t until_ms,
                            const struct wb_error *error)
{
    const char *id = call->start->items[0].warehouse_id;
    char why[STOCKD_TEXT_MAX];
    const char *said = error->text[0] ? error->text : "the warehouse takes no stock now";
    snprintf(why, sizeof(why), "%.*s: %.*s", kit_cut(error->code, 100), error->code,
             kit_cut(said, 800), said);
    struct stockd_warehouse row = {
        .size = sizeof(row),
        .id = id,
        .kind = wb_warehouse_kind(call->start, id),
        .closed_until_ms = until_ms,
        .why = why,
    };
    call->host->warehouse(call->ctx, &row);
}

/* ---- which items an answer names ---- */

static bool has_barcode(const struct stockd_item *item, const char *barcode)
{
    for (uint32_t i = 0; i < item->key_count; i++)
        if (strcmp(item->keys[i].kind, WB_KEY_BARCODE) == 0 &&
            strcmp(item->keys[i].value, barcode) == 0)
            return true;
    return false;
}

/* The item that a row is about, by chrtId, or by barcode where that is 0. A barcode of two items
 * names neither. */
static struct wb_slot *find(const struct stockd_call *call, struct wb_slot *slots,
                            const json_t *row, uint32_t *hint)
{
    uint32_t count = call->start->item_count;
    const char *barcode = kit_text(json_object_get(row, "sku"), STOCKD_ID_MAX);
    int64_t chrt;
    bool by_id = kit_id(json_object_get(row, "chrtId"), &chrt);
    struct wb_slot *found = NULL;
    if (!by_id && !barcode) return NULL;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (*hint + i) % count;
        if (!slots[at].chrt) continue;
        if (by_id ? slots[at].chrt != chrt : !has_barcode(&call->start->items[at], barcode))
            continue;
        if (found) return NULL;
        found = &slots[at];
        if (!by_id) continue;
        *hint = at + 1;
        return found;
    }
    return found;
}

struct reading {
    uint32_t rows, named, hint;
    const char *processing; /* the text of StoreIsProcessing, or NULL */
};

static void name_item(const struct stockd_call *call, struct wb_slot *slots, const json_t *row,
                      const struct wb_error *error, struct reading *reading)
{
    if (++reading->rows > ROWS_MAX) return;
    struct wb_slot *slot = find(call, slots, row, &reading->hint);
    if (!slot) {
        kit_malformed(call, "a refusal that is about none of the items sent", error->code);
        return;
    }
    if (slot->named) return;
    slot->named = true;
    slot->code = error->code[0] ? error->code : "refused";
    slot->text = error->text[0] ? error->text : "Wildberries gave no reason";
    reading->named++;
}

static void read_error(const struct stockd_call *call, struct wb_slot *slots, const json_t *json,
                       struct reading *reading)
{
    struct wb_error error;
    wb_error_read(json, &error);
    if (strcmp(error.code, "StoreIsProcessing") == 0) {
        reading->processing = error.text;
        return; /* about the warehouse, even where it shows items */
    }
    const json_t *data = json_object_get(json, "data");
    size_t index;
    json_t *row;
    if (json_is_array(data))
        json_array_foreach (data, index, row)
            name_item(call, slots, row, &error, reading);
    else if (json_object_get(data, "chrtId") || json_object_get(data, "sku"))
        name_item(call, slots, data, &error, reading);
}

/* An array of errors; an object stands for one of them. */
static struct reading read_errors(const struct stockd_call *call, struct wb_slot *slots,
                                  const json_t *doc)
{
    struct reading reading = {.rows = 0};
    size_t index;
    json_t *error;
    if (json_is_array(doc)) {
        json_array_foreach (doc, index, error)
            if (index < ROWS_MAX) read_error(call, slots, error, &reading);
    } else {
        read_error(call, slots, doc, &reading);
    }
    return reading;
}

static void reject_named(const struct stockd_call *call, const struct wb_slot *slots)
{
    for (uint32_t i = 0; i < call->start->item_count; i++) {
        if (!slots[i].named) continue;
        struct stockd_outcome outcome = STOCKD_OUTCOME(STOCKD_REJECTED);
        outcome.code = slots[i].code;
        outcome.text = slots[i].text;
        call->host->outcome(call->ctx, i, &outcome);
    }
}

/* ---- the refusal as a whole ---- */

static enum stockd_verdict shut(const struct stockd_call *call, const struct wb_slot *slots,
                                enum stockd_outcome_kind kind, int64_t pause_ms,
                                const struct wb_error *error)
{
    int64_t until = call->now_ms + pause_ms;
    wb_push_rest(call, slots, kind, kind == STOCKD_THROTTLED ? until : 0, error);
    close_warehouse(call, until, error);
    return STOCKD_DONE;
}

static enum stockd_verdict about_items(const struct stockd_call *call, struct wb_slot *slots,
                                       const json_t *doc)
{
    struct reading reading = read_errors(call, slots, doc);
    reject_named(call, slots);
    if (reading.processing) {
        struct wb_error error = {
            .code = "StoreIsProcessing", .text = reading.processing, .title = ""};
        return shut(call, slots, STOCKD_RETRY, PROCESSING_MS, &error);
    }
    if (!reading.named) return STOCKD_DEFAULT; /* the core halves the batch */
    wb_push_rest(call, slots, STOCKD_RETRY, 0, NULL);
    return STOCKD_DONE;
}

enum stockd_verdict wb_push_refused(const struct stockd_call *call, struct wb_slot *slots,
                                    const json_t *doc)
{
    int status = call->response->status;
    struct wb_error error;
    wb_error_read(doc, &error);
    enum wb_meaning meaning = wb_error_meaning(status, &error);
    if (meaning == WB_MEANS_TOO_FAST) return STOCKD_DEFAULT;
    if (meaning != WB_MEANS_DEFAULT) {
        wb_push_rest(call, slots, STOCKD_RETRY, 0, &error);
        return wb_error_end(call, wb_error_fail(meaning), &error);
    }
    if (status == 404) {
        /* Not gone for good: where the list of warehouses still has it, it is written again. */
        wb_push_rest(call, slots, STOCKD_THROTTLED, call->now_ms + BLOCK_MS, &error);
        wb_warehouse_gone(call, call->start->items[0].warehouse_id);
        return STOCKD_DONE;
    }
    if (status == 406) return shut(call, slots, STOCKD_THROTTLED, BLOCK_MS, &error);
    if (status == 400 || status == 409 || status == 422) return about_items(call, slots, doc);
    return STOCKD_DEFAULT;
}
