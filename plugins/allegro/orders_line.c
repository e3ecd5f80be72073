/* One checkout form, or one event, as order lines keyed by lineItem.id: the same in both, while the
 * form's own id changes when forms are merged. Allegro has lowered the offer's figure for each. */
#include "orders.h"

#include <stdio.h>

/* Lines of one form; the bound keeps a step short. */
#define LINES_MAX 1000u

/* Words of fulfillment.status. What may still be on the counter is open. */
static const struct {
    const char *status;
    enum stockd_order_state state;
} states[] = {
    {"NEW", STOCKD_ORDER_OPEN},
    {"PROCESSING", STOCKD_ORDER_OPEN},
    {"READY_FOR_SHIPMENT", STOCKD_ORDER_OPEN},
    {"READY_FOR_PICKUP", STOCKD_ORDER_OPEN},
    {"SUSPENDED", STOCKD_ORDER_OPEN},
    {"SENT", STOCKD_ORDER_SHIPPED},
    {"PICKED_UP", STOCKD_ORDER_SHIPPED},
    {"CANCELLED", STOCKD_ORDER_CANCELLED},
    {"RETURNED", STOCKD_ORDER_RETURNED},
};

/* Of the purchase (`status`) and of what the seller made of it (`handled`, or NULL). */
static bool state_of(const char *status, const char *handled, enum stockd_order_state *state)
{
    bool open = status && (strcmp(status, "BOUGHT") == 0 || strcmp(status, "FILLED_IN") == 0 ||
                           strcmp(status, "READY_FOR_PROCESSING") == 0);
    bool cancelled = status && strcmp(status, "CANCELLED") == 0;
    bool known = !handled;
    *state = STOCKD_ORDER_OPEN;
    for (size_t i = 0; handled && i < sizeof(states) / sizeof(states[0]); i++) {
        if (strcmp(handled, states[i].status) != 0) continue;
        *state = states[i].state;
        known = true;
    }
    /* What was sent before it was cancelled is not back on the shelf. */
    if (cancelled)
        *state = *state == STOCKD_ORDER_SHIPPED || *state == STOCKD_ORDER_RETURNED
                     ? STOCKD_ORDER_RETURNED
                     : STOCKD_ORDER_CANCELLED;
    return (open || cancelled) && known;
}

/* `line` holds what all lines of the document have in common. */
static bool emit_line(const struct stockd_call *call, struct stockd_order_line *line,
                      const json_t *item, struct allegro_sold *sold)
{
    const json_t *offer = json_object_get(item, "offer");
    const char *id = kit_text(json_object_get(offer, "id"), STOCKD_ID_MAX);
    const char *sku =
        kit_text(json_object_get(json_object_get(offer, "external"), "id"), STOCKD_ID_MAX);
    const char *key = kit_text(json_object_get(item, "id"), STOCKD_ID_MAX);
    struct stockd_key refs[2];
    const char *what = NULL;
    line->ref_count = 0;
    if (id) refs[line->ref_count++] = (struct stockd_key){"listing", id};
    if (sku) refs[line->ref_count++] = (struct stockd_key){ALLEGRO_KEY_SKU, sku};
    if (!key)
        what = "a line item without a usable id";
    else if (!line->ref_count)
        what = "a line item that does not name its offer";
    else if (!kit_int(json_object_get(item, "quantity"), &line->quantity) || line->quantity < 0 ||
             line->quantity > INT32_MAX)
        what = "a line item without a usable quantity";
    if (what) {
        kit_malformed(call, what, key ? key : line->order_id);
        return false;
    }
    line->key = key;
    line->refs = refs;
    line->ordered_ms = kit_time(json_object_get(item, "boughtAt"));
    call->host->order_line(call->ctx, line);
    if (id && !line->marketplace_stock)
        allegro_sold_add(sold, id, line->ordered_ms ? line->ordered_ms : line->changed_ms,
                         call->now_ms);
    return true;
}

static bool emit_lines(const struct stockd_call *call, struct stockd_order_line *line,
                       const json_t *items, struct allegro_sold *sold)
{
    size_t index, count = json_array_size(items);
    json_t *item;
    bool whole = count > 0 && count <= LINES_MAX;
    if (!whole) kit_malformed(call, "an order whose 'lineItems' cannot be read", line->order_id);
    if (count > LINES_MAX) return false;
    json_array_foreach (items, index, item)
        whole &= emit_line(call, line, item, sold);
    return whole;
}

bool allegro_emit_form(const struct stockd_call *call, const json_t *form,
                       struct allegro_sold *sold)
{
    const json_t *handling = json_object_get(form, "fulfillment");
    const json_t *word = json_object_get(handling, "status");
    const json_t *by = json_object_get(json_object_get(handling, "provider"), "id");
    const char *id = kit_text(json_object_get(form, "id"), STOCKD_ID_MAX);
    const char *status = kit_text(json_object_get(form, "status"), 64);
    const char *handled = kit_text(word, 64), *provider = kit_text(by, 64);
    enum stockd_order_state state;
    char text[160];
    const char *what = NULL;
    if (!id)
        what = "a checkout form without a usable id";
    else if ((word && !json_is_null(word) && !handled) || !state_of(status, handled, &state))
        what = "a checkout form whose status is not known";
    else if (by && !json_is_null(by) && !provider)
        what = "a checkout form whose provider is not known";
    if (what) {
        snprintf(text, sizeof(text), "%.60s, status '%s', '%s'", id ? id : "?",
                 status ? status : "", handled ? handled : "");
        kit_malformed(call, what, text);
        return false;
    }
    /* updatedAt does not always move with fulfilment.status: it says nothing of when that was. */
    bool moved = state == STOCKD_ORDER_OPEN || strcmp(status, "CANCELLED") == 0;
    bool theirs = provider && strcmp(provider, "ALLEGRO") == 0;
    kit_join(text, sizeof(text),
             (const char *const[]){status, handled ? "/" : NULL, handled, NULL});
    struct stockd_order_line line = {
        .size = sizeof(line),
        .state = state,
        .order_id = id,
        .marketplace_stock = theirs,
        .marketplace_lowered = 1,
        .warehouse_id = theirs ? ALLEGRO_FULFILLMENT : ALLEGRO_DEFAULT,
        .changed_ms = moved ? kit_time(json_object_get(form, "updatedAt")) : 0,
        .status = text,
    };
    return emit_lines(call, &line, json_object_get(form, "lineItems"), sold);
}

/* An event is a hint: of a form that exists it says only that it is there, and the form is read.
 * But what was bought is taken from the first one that is seen, and a purchase whose form was never
 * filled in has nothing else. */
bool allegro_emit_event(const struct stockd_call *call, const json_t *event,
                        struct allegro_sold *sold, const char **form)
{
    const json_t *order = json_object_get(event, "order");
    const json_t *reference = json_object_get(order, "checkoutForm");
    const json_t *form_id = json_object_get(reference, "id");
    const char *type = kit_text(json_object_get(event, "type"), 64);
    *form = kit_text(form_id, 63);
    bool named = reference && !json_is_null(reference);
    if (named && !allegro_is_segment(*form)) *form = NULL;
    if (!type || (named && !*form)) {
        kit_malformed(call, "an order event without a usable type or checkout form",
                      kit_text(json_object_get(event, "id"), 64));
        return false;
    }
    bool cancelled = strstr(type, "CANCELLED") != NULL;
    bool bought = strcmp(type, "BOUGHT") == 0 || strcmp(type, "FILLED_IN") == 0 ||
                  strcmp(type, "READY_FOR_PROCESSING") == 0;
    /* Whose stock it is, and what became of it, is in the form. */
    if (*form && !bought) return true;
    struct stockd_order_line line = {
        .size = sizeof(line),
        .state = cancelled ? STOCKD_ORDER_CANCELLED : STOCKD_ORDER_OPEN,
        .order_id = *form,
        .marketplace_lowered = 1,
        .warehouse_id = ALLEGRO_DEFAULT,
        .changed_ms = kit_time(json_object_get(event, "occurredAt")),
        .status = type,
    };
    return emit_lines(call, &line, json_object_get(order, "lineItems"), sold);
}
