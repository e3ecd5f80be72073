/* One order as order lines: its state, and a line for each item that takes stock. */
#include "orders.h"

#include <ctype.h>
#include <stdio.h>

#define ITEMS_MAX  1200u  /* of one order; the published types allow 300 */
#define PIECES_MAX 100000 /* of one item (published types) */

/* The catalogues that are Wix Stores: today's id and the one in older orders. */
static const char *const stores_apps[] = {"215238eb-22a5-4c36-9e7b-e7c08025e04e",
                                          "1380b703-ce81-ff05-f115-39571d94dfcd"};

/* What may still be sold is open: an order that waits for its payment or its approval holds its
 * pieces until it is cancelled. */
static const struct {
    const char *status;
    enum stockd_order_state state;
} states[] = {
    {"INITIALIZED", STOCKD_ORDER_OPEN},   {"PENDING", STOCKD_ORDER_OPEN},
    {"APPROVED", STOCKD_ORDER_OPEN},      {"CANCELED", STOCKD_ORDER_CANCELLED},
    {"REJECTED", STOCKD_ORDER_CANCELLED},
};

/* The merchant chooses whether stock is lowered when an order is placed or when it is paid, and no
 * call tells which. Once paid, it was lowered either way. */
static const char *const paid[] = {"PAID", "PARTIALLY_REFUNDED", "FULLY_REFUNDED"};

static bool is_paid(const char *payment)
{
    for (size_t i = 0; payment && i < sizeof(paid) / sizeof(paid[0]); i++)
        if (strcmp(payment, paid[i]) == 0) return true;
    return false;
}

struct order {
    const char *id;
    const json_t *items;
    enum wix_catalog catalog;
    struct stockd_order_line line;
    char status[96];
};

static bool state_of(const char *status, const char *fulfilment, enum stockd_order_state *state)
{
    bool sent = fulfilment && strcmp(fulfilment, "FULFILLED") == 0;
    for (size_t i = 0; status && i < sizeof(states) / sizeof(states[0]); i++) {
        if (strcmp(status, states[i].status) != 0) continue;
        *state = states[i].state;
        if (sent && *state == STOCKD_ORDER_OPEN) *state = STOCKD_ORDER_SHIPPED;
        /* Sent out and then cancelled: not back on the shelf. */
        if (sent && *state == STOCKD_ORDER_CANCELLED) *state = STOCKD_ORDER_RETURNED;
        return true;
    }
    return false;
}

static bool read_order(const struct stockd_call *call, const json_t *json, struct order *order)
{
    enum stockd_order_state state = STOCKD_ORDER_OPEN;
    const char *status = kit_text(json_object_get(json, "status"), 32);
    const char *payment = kit_text(json_object_get(json, "paymentStatus"), 32);
    const char *number = kit_text(json_object_get(json, "number"), STOCKD_ID_MAX);
    order->id = wix_id(json_object_get(json, "id"));
    order->items = json_object_get(json, "lineItems");
    const char *what = NULL;
    if (!order->id)
        what = "an order without a usable id";
    else if (!state_of(status, kit_text(json_object_get(json, "fulfillmentStatus"), 32), &state))
        what = "an order whose status is not known";
    else if (!json_is_array(order->items) || json_array_size(order->items) > ITEMS_MAX)
        what = "an order without its lineItems";
    if (what) {
        char where[128];
        snprintf(where, sizeof(where), "%s, status '%s'", order->id ? order->id : "?",
                 status ? status : "");
        kit_malformed(call, what, where);
        return false;
    }
    kit_join(order->status, sizeof(order->status),
             (const char *const[]){status, payment ? ", " : NULL, payment, NULL});
    /* An order brought in from elsewhere took nothing here. */
    bool imported = kit_flag(json_object_get(json, "imported")) == KIT_TRUE;
    order->line = (struct stockd_order_line){
        .size = sizeof(order->line),
        .state = state,
        .order_id = number ? number : order->id,
        .marketplace_lowered = is_paid(payment) && !imported,
        .ordered_ms = kit_time(json_object_get(json, "createdDate")),
        .changed_ms = kit_time(json_object_get(json, "updatedDate")),
        .status = order->status,
    };
    return true;
}

static bool is_stores(const json_t *reference)
{
    const char *app = kit_text(json_object_get(reference, "appId"), 64);
    for (size_t i = 0; app && i < sizeof(stores_apps) / sizeof(stores_apps[0]); i++)
        if (strcasecmp(app, stores_apps[i]) == 0) return true;
    return false;
}

/* The listing that a line names, as it is known here; false when it names none. */
static bool listing_of(const struct order *order, const json_t *reference,
                       char out[WIX_LISTING_MAX + 1])
{
    const char *product = wix_id(json_object_get(reference, "catalogItemId"));
    const char *variant =
        wix_id(json_object_get(json_object_get(reference, "options"), "variantId"));
    if (!product || !is_stores(reference)) return false;
    /* A V1 product without variants is sold without naming one. */
    if (!variant && order->catalog == WIX_CATALOG_V1) variant = WIX_V1_VARIANT;
    if (!variant) return false;
    wix_listing_id(product, variant, out);
    return true;
}

static const char *state_text(const struct stockd_call *call, const char *name,
                              char out[WIX_ID_MAX + 1])
{
    size_t size;
    const void *data = call->host->state_get(call->ctx, name, &size);
    if (!data || size == 0 || size > WIX_ID_MAX) return NULL;
    memcpy(out, data, size);
    out[size] = '\0';
    return out;
}

/* Orders name business locations; those without one took from the default. NULL: not known. */
static const char *place_of(const struct stockd_call *call, const struct order *order,
                            const json_t *item, char out[WIX_ID_MAX + 1])
{
    const json_t *locations = json_object_get(item, "locations");
    if (order->catalog == WIX_CATALOG_V1) return WIX_V1_PLACE;
    if (json_array_size(locations) == 0) return state_text(call, WIX_STATE_DEFAULT, out);
    const char *id = wix_id(json_object_get(json_array_get(locations, 0), "id"));
    if (!id || json_array_size(locations) > 1) return NULL;
    char name[sizeof(WIX_STATE_PLACE) + WIX_ID_MAX];
    kit_join(name, sizeof(name), (const char *const[]){WIX_STATE_PLACE, id, NULL});
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    const char *known = state_text(call, name, out);
    for (uint32_t i = 0; !known && i < call->start->warehouse_count; i++)
        if (strcmp(call->start->warehouses[i].id, id) == 0) known = id;
    return known;
}

/* Pieces that left: what was put back on the shelf is not among them. */
static bool pieces_of(const json_t *item, int64_t *pieces)
{
    int64_t back = 0;
    const json_t *restocked = json_object_get(item, "restockQuantity");
    if (!kit_int(json_object_get(item, "quantity"), pieces) || *pieces < 0 || *pieces > PIECES_MAX)
        return false;
    if (restocked && !json_is_null(restocked) &&
        (!kit_int(restocked, &back) || back < 0 || back > *pieces))
        return false;
    *pieces -= back;
    return true;
}

static bool takes_no_stock(const json_t *item)
{
    const char *type = kit_text(json_object_get(json_object_get(item, "itemType"), "preset"), 32);
    return type && (strcmp(type, "DIGITAL") == 0 || strcmp(type, "SERVICE") == 0 ||
                    strcmp(type, "GIFT_CARD") == 0 || strcmp(type, "MEMBERSHIP") == 0);
}

static bool emit_line(const struct stockd_call *call, struct order *order, const json_t *item)
{
    const json_t *reference = json_object_get(item, "catalogReference");
    const json_t *properties = json_object_get(item, "physicalProperties");
    char key[STOCKD_ID_MAX + 1], listing[WIX_LISTING_MAX + 1], place[WIX_ID_MAX + 1];
    struct stockd_key refs[2];
    struct stockd_order_line *line = &order->line;
    const char *id = kit_text(json_object_get(item, "id"), STOCKD_ID_MAX - WIX_ID_MAX - 1);
    if (!id) {
        kit_malformed(call, "a line of an order without a usable id", order->id);
        return false;
    }
    if (takes_no_stock(item)) return true;
    line->ref_count = 0;
    const char *sku = kit_text(json_object_get(properties, "sku"), STOCKD_ID_MAX);
    if (listing_of(order, reference, listing))
        refs[line->ref_count++] = (struct stockd_key){"listing", listing};
    if (sku) refs[line->ref_count++] = (struct stockd_key){WIX_KEY_SKU, sku};
    /* A custom line, or one of another catalogue, bookings say: none of this stock. */
    bool elsewhere = json_is_object(reference) && !is_stores(reference);
    if (!line->ref_count && (elsewhere || !json_is_object(reference))) return true;
    if (!line->ref_count) {
        kit_malformed(call, "a line that names neither a variant nor a SKU", order->id);
        return false;
    }
    if (!pieces_of(item, &line->quantity)) {
        kit_malformed(call, "a line of an order without a usable quantity", order->id);
        return false;
    }
    kit_join(key, sizeof(key), (const char *const[]){order->id, "/", id, NULL});
    line->key = key;
    line->refs = refs;
    line->warehouse_id = place_of(call, order, item, place);
    call->host->order_line(call->ctx, line);
    return true;
}

bool wix_emit_order(const struct stockd_call *call, enum wix_catalog catalog, const json_t *json)
{
    struct order order = {.catalog = catalog};
    if (!read_order(call, json, &order)) return false;
    bool whole = true;
    size_t index;
    json_t *item;
    json_array_foreach (order.items, index, item)
        whole &= emit_line(call, &order, item);
    return whole;
}
