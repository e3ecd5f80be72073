/* One posting as order lines: its state, and a line for each product in it. */
#include "orders.h"

#include <stdio.h>

/* Products of one posting. Real ones have a few; the bound keeps the comparing of each with each
 * short. */
#define PRODUCTS_MAX 1000u

/* All status words of the official document. OPEN and SHIPPED lower what is available alike, so
 * what may be on either side of the counter is open: a disputed or not accepted posting can come
 * back. */
static const struct {
    const char *status;
    enum stockd_order_state state;
} states[] = {
    {"awaiting_registration", STOCKD_ORDER_OPEN},
    {"acceptance_in_progress", STOCKD_ORDER_OPEN},
    {"awaiting_approve", STOCKD_ORDER_OPEN},
    {"awaiting_packaging", STOCKD_ORDER_OPEN},
    {"awaiting_deliver", STOCKD_ORDER_OPEN},
    {"awaiting_verification", STOCKD_ORDER_OPEN},
    {"arbitration", STOCKD_ORDER_OPEN},
    {"client_arbitration", STOCKD_ORDER_OPEN},
    {"not_accepted", STOCKD_ORDER_OPEN},
    {"delivering", STOCKD_ORDER_SHIPPED},
    {"driver_pickup", STOCKD_ORDER_SHIPPED},
    {"sent_by_seller", STOCKD_ORDER_SHIPPED},
    {"delivered", STOCKD_ORDER_SHIPPED},
    {"cancelled", STOCKD_ORDER_CANCELLED},
    {"cancelled_from_split_pending", STOCKD_ORDER_CANCELLED},
};

static bool state_of(const json_t *posting, const char *status, enum stockd_order_state *state)
{
    for (size_t i = 0; status && i < sizeof(states) / sizeof(states[0]); i++) {
        if (strcmp(status, states[i].status) != 0) continue;
        *state = states[i].state;
        /* What was packed and perhaps handed over is not back on the shelf when it is cancelled. */
        const json_t *cancellation = json_object_get(posting, "cancellation");
        if (*state == STOCKD_ORDER_CANCELLED &&
            kit_flag(json_object_get(cancellation, "cancelled_after_ship")) == KIT_TRUE)
            *state = STOCKD_ORDER_RETURNED;
        return true;
    }
    return false;
}

/* The pieces of one SKU in a posting: two rows of one SKU (two prices) are one line. False: a row
 * of it cannot be read. */
static bool quantity_of(const json_t *products, int64_t sku, int64_t *quantity)
{
    size_t index;
    json_t *product;
    *quantity = 0;
    json_array_foreach (products, index, product) {
        int64_t other, pieces;
        if (!kit_id(json_object_get(product, "sku"), &other) || other != sku) continue;
        if (!kit_int(json_object_get(product, "quantity"), &pieces) || pieces < 0 ||
            pieces > INT32_MAX)
            return false;
        *quantity += pieces;
    }
    return true;
}

static bool seen_before(const json_t *products, size_t before, int64_t sku)
{
    int64_t other;
    for (size_t i = 0; i < before; i++)
        if (kit_id(json_object_get(json_array_get(products, i), "sku"), &other) && other == sku)
            return true;
    return false;
}

/* What all lines of a posting have in common. */
struct posting {
    const char *number;
    const json_t *products;
    struct stockd_order_line line;
    char warehouse[KIT_ID_TEXT];
};

static bool read_posting(const struct stockd_call *call, const json_t *json,
                         struct posting *posting)
{
    enum stockd_order_state state = STOCKD_ORDER_OPEN;
    const char *status = kit_text(json_object_get(json, "status"), STOCKD_ID_MAX);
    const char *order = kit_text(json_object_get(json, "order_number"), STOCKD_ID_MAX);
    const char *schema = kit_text(json_object_get(json, "delivery_schema"), 32);
    int64_t warehouse;
    posting->number = kit_text(json_object_get(json, "posting_number"), OZON_POSTING_MAX);
    posting->products = json_object_get(json, "products");
    const char *what = NULL;
    if (!posting->number)
        what = "a posting without a usable posting_number";
    else if (!state_of(json, status, &state))
        what = "a posting whose status is not known";
    else if (json_array_size(posting->products) == 0)
        what = "a posting without products";
    if (what) {
        char where[STOCKD_ID_MAX * 2 + 16];
        snprintf(where, sizeof(where), "%s, status '%s'", posting->number ? posting->number : "?",
                 status ? status : "");
        kit_malformed(call, what, where);
        return false;
    }
    const json_t *place = json_object_get(json_object_get(json, "delivery_method"), "warehouse_id");
    bool placed = kit_id(place, &warehouse);
    if (placed) kit_digits(warehouse, posting->warehouse);
    posting->line = (struct stockd_order_line){
        .size = sizeof(posting->line),
        .state = state,
        .order_id = order ? order : posting->number,
        .marketplace_stock = schema && strcasecmp(schema, "FBO") == 0,
        .marketplace_lowered = 1, /* what is reserved is no longer in free_stock */
        .warehouse_id = placed ? posting->warehouse : NULL,
        .ordered_ms = kit_time(json_object_get(json, "in_process_at")),
        .status = status,
    };
    /* Split off another posting: bought with that, and nothing was lowered for it since. With the
     * time of the order it would look as if the figure had been lowered twice, and as if a figure
     * counted before knew it twice. */
    const char *parent = kit_text(json_object_get(json, "parent_posting_number"), OZON_POSTING_MAX);
    if (parent && strcmp(parent, posting->number) != 0) posting->line.ordered_ms = 0;
    return true;
}

/* The key is posting and SKU: a split makes new postings, and cancels or shrinks the old one, so
 * each pair has one level at any time. */
static bool emit_line(const struct stockd_call *call, struct posting *posting, size_t index)
{
    const json_t *product = json_array_get(posting->products, index);
    char digits[KIT_ID_TEXT], key[STOCKD_ID_MAX + 1];
    struct stockd_key refs[2];
    int64_t sku;
    if (!kit_id(json_object_get(product, "sku"), &sku)) {
        kit_malformed(call, "a product of a posting without a usable sku", posting->number);
        return false;
    }
    if (seen_before(posting->products, index, sku)) return true;
    struct stockd_order_line *line = &posting->line;
    if (!quantity_of(posting->products, sku, &line->quantity)) {
        kit_malformed(call, "a product of a posting without a usable quantity", posting->number);
        return false;
    }
    kit_digits(sku, digits);
    kit_join(key, sizeof(key), (const char *const[]){posting->number, "/", digits, NULL});
    const char *offer = kit_text(json_object_get(product, "offer_id"), STOCKD_ID_MAX);
    line->ref_count = 0;
    if (offer) refs[line->ref_count++] = (struct stockd_key){OZON_KEY_OFFER, offer};
    refs[line->ref_count++] = (struct stockd_key){OZON_KEY_SKU, digits};
    line->refs = refs;
    line->key = key;
    call->host->order_line(call->ctx, line);
    return true;
}

bool ozon_emit_posting(const struct stockd_call *call, const json_t *json)
{
    struct posting posting;
    if (!read_posting(call, json, &posting)) return false;
    bool whole = true;
    for (size_t i = 0; i < json_array_size(posting.products); i++)
        whole &= emit_line(call, &posting, i);
    return whole;
}
