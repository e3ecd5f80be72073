/* list_warehouses: the seller's own, in one answer without pages, and a row for the warehouses of
 * Wildberries (FBW), so that their figures have something to stand under. */
#include "wb.h"

#include <stdio.h>

#define WAREHOUSES_MAX 2500u /* of one seller; an answer of more than a few times that is none */
/* "Updating may take several minutes" (official text). */
#define PROCESSING_MS (300000 / KIT_HASTE)

/* What a warehouse delivers, by deliveryType. */
static const char *kind_of(const json_t *row)
{
    static const char *const kinds[] = {
        [1] = "fbs", [2] = "dbs", [3] = "dbw", [5] = "c&c", [6] = "edbs"};
    int64_t type;
    if (!kit_id(json_object_get(row, "deliveryType"), &type)) return NULL;
    return type < (int64_t)(sizeof(kinds) / sizeof(kinds[0])) ? kinds[type] : NULL;
}

static bool emit_row(const struct stockd_call *call, const json_t *row, size_t index)
{
    int64_t id;
    char digits[KIT_ID_TEXT], where[64];
    if (!kit_id(json_object_get(row, "id"), &id)) {
        snprintf(where, sizeof(where), "/api/v3/warehouses, row %zu", index);
        kit_malformed(call, "a warehouse without a usable id", where);
        return false;
    }
    kit_digits(id, digits);
    struct stockd_warehouse out = {
        .size = sizeof(out),
        .writable = 1,
        .id = digits,
        .name = kit_text(json_object_get(row, "name"), SIZE_MAX),
        .kind = kind_of(row),
    };
    if (kit_flag(json_object_get(row, "isProcessing")) == KIT_TRUE) {
        out.writable = 0;
        out.closed_until_ms = call->now_ms + PROCESSING_MS;
        out.why = "isProcessing: Wildberries is updating the warehouse, for some minutes";
    }
    if (kit_flag(json_object_get(row, "isDeleting")) == KIT_TRUE) {
        out.writable = 0;
        out.closed_until_ms = 0;
        out.why = "isDeleting: the warehouse is being deleted";
    }
    call->host->warehouse(call->ctx, &out);
    return true;
}

static void emit_fbw(const struct stockd_call *call)
{
    struct stockd_warehouse row = {
        .size = sizeof(row),
        .id = WB_FBW,
        .name = "Wildberries (FBW)",
        .kind = "fbw",
        .marketplace = 1,
        .why = "the stock is in Wildberries' warehouses and counted by Wildberries",
    };
    call->host->warehouse(call->ctx, &row);
}

static enum stockd_verdict take_list(const struct stockd_call *call, const json_t *doc)
{
    const json_t *rows = wb_rows(doc, WAREHOUSES_MAX);
    if (!rows) return kit_unreadable(call, "warehouses");
    size_t index;
    json_t *row;
    bool lost = false;
    json_array_foreach (rows, index, row)
        if (!emit_row(call, row, index)) lost = true;
    emit_fbw(call);
    if (lost)
        call->host->log(call->ctx, 1, "some warehouses could not be read");
    else
        call->host->complete(call->ctx, STOCKD_SCOPE_WAREHOUSES, NULL);
    return STOCKD_DONE;
}

enum stockd_verdict wb_list_warehouses(const struct stockd_call *call)
{
    if (call->event == STOCKD_START)
        return wb_send(call, &(struct wb_ask){.endpoint = WB_MARKETPLACE,
                                              .bucket = WB_BUCKET_WAREHOUSES,
                                              .path = "/api/v3/warehouses"});
    json_t *doc;
    enum stockd_verdict verdict = wb_read_answer(call, WB_BUCKET_WAREHOUSES, true, &doc);
    if (!doc) return verdict;
    verdict = take_list(call, doc);
    json_decref(doc);
    return verdict;
}
