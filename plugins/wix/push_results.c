/* The answer to a V3 bulk write: each item is judged by the result that names its place in the
 * request, and by nothing else. Results may be fewer than items, and in any order. */
#include "push.h"

/* Parts of an error's code or description, in any case. */
static const char *const stale[] = {"revision", "ALREADY_EXISTS", "CONFLICT",
                                    "ABORTED",  "STALE",          "OUT_OF_DATE"};
static const char *const busy[] = {"RESOURCE_EXHAUSTED", "TOO_MANY"};
/* Wix's own trouble, which may last: the pauses are the core's, and grow. */
static const char *const trouble[] = {"INTERNAL", "UNAVAILABLE", "TIMEOUT", "DEADLINE"};

#define NAMES_ONE(parts, code, text) \
    names_one(parts, sizeof(parts) / sizeof((parts)[0]), code, text)

static bool names_one(const char *const *parts, size_t count, const char *code, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcasestr(code, parts[i]) || strcasestr(text, parts[i])) return true;
    return false;
}

static void judge_error(const struct stockd_call *call, struct wix_push *push, uint32_t index,
                        const json_t *error)
{
    const struct wix_held nothing = {.kind = WIX_HELD_NOTHING};
    const char *code = kit_text(json_object_get(error, "code"), STOCKD_ID_MAX);
    const char *text = kit_text(json_object_get(error, "description"), SIZE_MAX);
    if (!code && !text) {
        wix_push_unclear(call, push, index, "not written, and no error says why");
        return;
    }
    const char *known_code = code ? code : "", *known_text = text ? text : "";
    if (NAMES_ONE(stale, known_code, known_text)) {
        push->step[index] = WIX_STEP_LOOK;
    } else if (strcasestr(known_code, "NOT_FOUND")) {
        /* The item is gone, perhaps with its variant: asked for before the next try. That may last
         * until listings are read, so the pauses are the core's here, too. */
        wix_held_keep(call, index, &nothing);
        wix_push_kind(call, push, index, STOCKD_RETRY, code, text);
    } else if (NAMES_ONE(busy, known_code, "")) {
        wix_push_kind(call, push, index, STOCKD_THROTTLED, code, text);
    } else if (NAMES_ONE(trouble, known_code, "")) {
        wix_push_kind(call, push, index, STOCKD_RETRY, code, text);
    } else {
        wix_push_kind(call, push, index, STOCKD_REJECTED, code, text);
    }
}

/* The entity that came back is the one that was sent, and shows what was wanted. */
static bool fits(const struct wix_push *push, uint32_t index, const struct stockd_item *item,
                 const struct wix_stock_row *row)
{
    char listing[WIX_LISTING_MAX + 1];
    const struct wix_held *held = &push->held[index];
    bool flag = held->kind == WIX_HELD_ITEM && !held->tracked && push->untracked != WIX_ENABLE;
    wix_listing_id(row->product, row->variant, listing);
    if (strcmp(listing, item->listing_id) != 0 || strcmp(row->place, item->warehouse_id) != 0)
        return false;
    if (flag) return !row->held.tracked && row->in_stock == (item->wanted > 0);
    return row->held.tracked && row->quantity == item->wanted;
}

static void judge_success(const struct stockd_call *call, struct wix_push *push, uint32_t index,
                          const json_t *entity)
{
    const struct stockd_item *item = &call->start->items[index];
    const struct wix_held nothing = {.kind = WIX_HELD_NOTHING};
    struct stockd_outcome ok = STOCKD_OUTCOME(STOCKD_OK);
    struct wix_stock_row row;
    if (!entity || json_is_null(entity)) {
        /* Written; but which revision it has now must be asked for. */
        wix_held_keep(call, index, &nothing);
        wix_push_say(call, push, index, &ok);
        return;
    }
    if (wix_stock_row_read(entity, &row)) {
        wix_held_keep(call, index, &nothing);
        wix_push_unclear(call, push, index, "written, and its item cannot be read");
        return;
    }
    wix_held_keep(call, index, &row.held);
    if (!fits(push, index, item, &row)) {
        wix_push_unclear(call, push, index, "written, and its item shows something else");
        return;
    }
    if (row.held.tracked) ok.observed = row.quantity;
    wix_push_say(call, push, index, &ok);
}

/* The place in the request that a result is about; false when it is about none. */
static bool place_of(const struct wix_push *push, const json_t *meta, uint32_t *index)
{
    int64_t at;
    if (!kit_int(json_object_get(meta, "originalIndex"), &at) || at < 0 ||
        at >= (int64_t)push->sent_count)
        return false;
    *index = push->sent[at];
    const char *id = wix_id(json_object_get(meta, "id"));
    const struct wix_held *held = &push->held[*index];
    return held->kind != WIX_HELD_ITEM || !id || strcmp(id, held->id) == 0;
}

void wix_bulk_judge(const struct stockd_call *call, struct wix_push *push, const json_t *doc)
{
    uint8_t named[WIX_BULK_ITEMS] = {0};
    const json_t *results = wix_rows(doc, "results", push->sent_count);
    const json_t *judged[WIX_BULK_ITEMS];
    size_t at;
    json_t *result;
    json_array_foreach (results, at, result) {
        uint32_t i;
        if (!place_of(push, json_object_get(result, "itemMetadata"), &i)) {
            kit_malformed(call, "a result that is about none of the items sent",
                          "bulk/inventory-items");
            continue;
        }
        if (named[i]++ == 0)
            judged[i] = result;
        else
            named[i] = 2;
    }
    for (uint32_t k = 0; k < push->sent_count; k++) {
        uint32_t i = push->sent[k];
        if (named[i] != 1) {
            wix_push_unclear(call, push, i,
                             named[i] ? "the answer names this item twice"
                                      : "the answer does not name this item");
            continue;
        }
        const json_t *meta = json_object_get(judged[i], "itemMetadata");
        const json_t *said = json_object_get(meta, "success");
        const json_t *error = json_object_get(meta, "error");
        bool failed = error && !json_is_null(error);
        if (json_is_true(said) && !failed)
            judge_success(call, push, i, json_object_get(judged[i], "item"));
        else if (json_is_false(said) && failed)
            judge_error(call, push, i, error);
        else
            wix_push_unclear(call, push, i, "the result contradicts itself");
    }
}
