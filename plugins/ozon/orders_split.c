/* When a posting is split, its products move to new postings. The old one shrinks, is cancelled, or
 * is never shown again, and does not always come by in the same drain. So its number is asked for,
 * and what moved away is closed there: else the pieces would stay reserved twice. */
#include "orders.h"

#include <stdio.h>

static bool same_pair(const struct ozon_split *split, const char *parent, int64_t sku)
{
    return split->sku == sku && strcmp(split->parent, parent) == 0;
}

static bool note_pair(struct ozon_splits *splits, const char *parent, int64_t sku)
{
    for (uint32_t i = 0; i < splits->count; i++)
        if (same_pair(&splits->at[i], parent, sku)) return true;
    if (splits->count == OZON_SPLITS_MAX) return false;
    struct ozon_split *split = &splits->at[splits->count++];
    split->sku = sku;
    strcpy(split->parent, parent);
    return true;
}

/* The number of the posting that it was a part of, or NULL. */
static const char *parent_of(const json_t *posting)
{
    const char *parent =
        kit_text(json_object_get(posting, "parent_posting_number"), OZON_POSTING_MAX);
    if (!parent) return NULL;
    const char *number = json_string_value(json_object_get(posting, "posting_number"));
    return number && strcmp(parent, number) == 0 ? NULL : parent;
}

bool ozon_split_is(const json_t *posting)
{
    return parent_of(posting) != NULL;
}

bool ozon_split_note(struct ozon_splits *splits, const json_t *posting)
{
    const char *parent = parent_of(posting);
    if (!parent) return true;
    size_t index;
    json_t *product;
    json_array_foreach (json_object_get(posting, "products"), index, product) {
        int64_t sku;
        if (!kit_id(json_object_get(product, "sku"), &sku)) continue; /* shown as malformed */
        if (!note_pair(splits, parent, sku)) return false;
    }
    return true;
}

const char *ozon_split_next(const struct ozon_splits *splits)
{
    for (uint32_t i = 0; i < splits->count; i++)
        if (splits->at[i].sku) return splits->at[i].parent;
    return NULL;
}

enum stockd_verdict ozon_split_ask(const struct stockd_call *call, const char *parent)
{
    char memory[OZON_POSTING_MAX * 6 + 64];
    struct out body = {.data = memory, .room = sizeof(memory)};
    out_literal(&body, "{\"posting_number\":");
    out_string(&body, parent);
    out_literal(&body, "}");
    return ozon_send(call, "/v3/posting/fbs/get", &body, false);
}

bool ozon_split_is_gone(const struct stockd_call *call)
{
    const struct stockd_response *answer = call->response;
    struct ozon_error error;
    char why[160];
    if (!answer || answer->transport != STOCKD_ARRIVED || answer->status != 404) return false;
    json_t *doc = kit_parse(answer->body, answer->body_size, why);
    ozon_error_read(doc, &error);
    /* "Unknown posting number", "POSTING_NOT_FOUND": a page not found is another thing. */
    bool gone = strcasestr(error.text, "posting") != NULL;
    json_decref(doc);
    return gone;
}

static bool holds(const json_t *products, int64_t sku)
{
    size_t index;
    json_t *product;
    int64_t other;
    json_array_foreach (products, index, product)
        if (kit_id(json_object_get(product, "sku"), &other) && other == sku) return true;
    return false;
}

static void close_line(const struct stockd_call *call, const struct ozon_split *split)
{
    char digits[KIT_ID_TEXT], key[STOCKD_ID_MAX + 1];
    kit_digits(split->sku, digits);
    snprintf(key, sizeof(key), "%s/%s", split->parent, digits);
    struct stockd_key ref = {OZON_KEY_SKU, digits};
    struct stockd_order_line line = {
        .size = sizeof(line),
        .state = STOCKD_ORDER_CANCELLED,
        .key = key,
        .order_id = split->parent,
        .refs = &ref,
        .ref_count = 1,
        .marketplace_lowered = 1,
        .status = "moved by a split",
    };
    call->host->order_line(call->ctx, &line);
}

bool ozon_split_take(const struct stockd_call *call, struct ozon_splits *splits, const json_t *doc)
{
    char parent[OZON_POSTING_MAX + 1];
    strcpy(parent, ozon_split_next(splits));
    const json_t *posting = json_object_get(doc, "result");
    const char *number = json_string_value(json_object_get(posting, "posting_number"));
    bool readable = !doc || (number && strcmp(number, parent) == 0);
    if (!readable) kit_malformed(call, "a posting that is not the one asked for", parent);
    if (doc && readable) readable = ozon_emit_posting(call, posting);
    const json_t *products = json_object_get(posting, "products");
    for (uint32_t i = 0; i < splits->count; i++) {
        struct ozon_split *split = &splits->at[i];
        if (!split->sku || strcmp(split->parent, parent) != 0) continue;
        if (readable && !holds(products, split->sku)) close_line(call, split);
        split->sku = 0;
    }
    return readable;
}
