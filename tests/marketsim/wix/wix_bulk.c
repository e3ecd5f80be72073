/* Writes under V3: items created and set, one or many, and adjusted by id or by place. Bulk calls
 * answer 200 with a row per item. */
#include "marketsim/market_field.h"
#include "marketsim/wix/wix_state.h"

#include <stdlib.h>
#include <string.h>

struct bulk {
    struct wix_call *call;
    size_t written, done, failed;
    bool entities;
};

struct outcome {
    const char *id;
    const struct wix_item *item; /* NULL: there is none */
    const char *code;            /* NULL: carried out */
    const char *text;
    bool by_fault; /* the code lives only as long as the fault */
};

static bool left_out(struct wix_call *call)
{
    double share = call->effect->short_share > 0 ? call->effect->short_share
                                                 : call->wix->settings.short_results;
    return share > 0 && market_random_share(&call->wix->random) < share;
}

static void write_outcome(struct bulk *bulk, size_t index, const struct outcome *outcome)
{
    struct market_answer *answer = bulk->call->answer;
    const char *id = outcome->item ? outcome->item->id : outcome->id;
    market_answer_text(answer, bulk->written++ ? "," : "");
    market_field_int(answer, "{\"itemMetadata\":{\"originalIndex\":", (int64_t)index);
    market_field_bool(answer, ",\"success\":", !outcome->code);
    if (id && *id) market_field_text(answer, ",\"id\":", id);
    if (outcome->code) {
        market_field_text(answer, ",\"error\":{\"code\":", outcome->code);
        market_field_text(answer,
                          ",\"description\":", outcome->text ? outcome->text : outcome->code);
        market_answer_text(answer, "}");
    }
    market_answer_text(answer, "}");
    if (bulk->entities && outcome->item && !outcome->code) {
        market_answer_text(answer, ",\"item\":");
        wix_item_text(bulk->call, outcome->item, answer);
    }
    market_answer_text(answer, "}");
}

static void bulk_row(struct bulk *bulk, size_t index, const struct outcome *outcome)
{
    if (outcome->code)
        bulk->failed++;
    else
        bulk->done++;
    if (!left_out(bulk->call)) write_outcome(bulk, index, outcome);
}

static const char *code_kept(const struct outcome *outcome)
{
    return outcome->by_fault ? "(fault)" : outcome->code ? outcome->code : "";
}

typedef struct outcome (*bulk_each)(struct wix_call *call, json_t *row);

/* Ids that are none fail the whole call. */
static bool ids_valid(struct wix_call *call, const json_t *list)
{
    static const char *const names[] = {"inventoryItemId", "variantId", "id"};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i), *inner = json_object_get(row, "inventoryItem");
        for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
            const char *id = json_string_value(json_object_get(inner ? inner : row, names[n]));
            if (!id || wix_id_valid(id)) continue;
            wix_invalid(call, names[n], "value is not a valid GUID", false);
            return false;
        }
    }
    return true;
}

static void bulk_run(struct wix_call *call, const char *name, bulk_each each)
{
    const json_t *list = json_object_get(call->body, name);
    if (!ids_valid(call, list)) return;
    struct bulk bulk = {.call = call,
                        .entities = json_is_true(json_object_get(call->body, "returnEntity"))};
    market_answer_text(wix_answer_begin(call), "{\"results\":[");
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct outcome outcome = each(call, json_array_get(list, i));
        bulk_row(&bulk, i, &outcome);
    }
    call->answer->items = json_array_size(list);
    market_field_int(call->answer,
                     "],\"bulkActionMetadata\":{\"totalSuccesses\":", (int64_t)bulk.done);
    market_field_int(call->answer, ",\"totalFailures\":", (int64_t)bulk.failed);
    market_answer_text(call->answer, ",\"undetailedFailures\":0}}");
}

static const char *item_fault(struct wix_call *call, size_t variant, struct outcome *outcome)
{
    const struct market_fault *fault =
        market_fault_item(call->effect, call->site->variants[variant].sku, &call->wix->random);
    if (!fault) return NULL;
    outcome->text = fault->message;
    outcome->by_fault = true;
    return outcome->code = fault->code ? fault->code : "INTERNAL";
}

/* quantity or inStock, never both. */
static const char *judge_tracking(const json_t *sent, bool needed)
{
    bool quantity = json_is_integer(json_object_get(sent, "quantity"));
    bool in_stock = json_is_boolean(json_object_get(sent, "inStock"));
    if (quantity && in_stock) return "INVALID_ARGUMENT";
    if (needed && !quantity && !in_stock) return "INVALID_ARGUMENT";
    if (wix_body_int(sent, "quantity", 0) < 0) return "REQUESTED_QUANTITY_MUST_BE_NON_NEGATIVE";
    return NULL;
}

static void apply_item(struct wix_call *call, struct wix_item *item, const json_t *sent)
{
    const json_t *quantity = json_object_get(sent, "quantity");
    const json_t *preorder = json_object_get(sent, "preorderInfo");
    bool written = json_is_integer(quantity), blind = call->effect->no_effect;
    if (preorder && !blind) {
        if (item->preorder.enabled && !json_is_true(json_object_get(preorder, "enabled")))
            wix_violation(call, "preorder_lost", "item %s", item->id);
        wix_preorder_set(&item->preorder, preorder);
    }
    if (written) {
        if (!blind && call->effect->late_ms < 0) item->tracked = true;
        wix_item_write(call, item, false, json_integer_value(quantity));
        return;
    }
    if (blind) return;
    if (json_is_boolean(json_object_get(sent, "inStock"))) {
        item->tracked = false;
        item->in_stock = json_is_true(json_object_get(sent, "inStock"));
    }
    wix_item_touch(call->wix, call->site, item, call->now_ms);
}

static struct outcome create_one(struct wix_call *call, json_t *sent)
{
    struct outcome outcome = {0};
    struct wix_site *site = call->site;
    const char *place = json_string_value(json_object_get(sent, "locationId"));
    size_t product = market_map_get_text(&site->by_product, wix_body_text(sent, "productId"));
    size_t variant = wix_variant_of(site, product, wix_body_text(sent, "variantId"));
    size_t location = wix_location_find(site, place);
    int64_t quantity = wix_body_int(sent, "quantity", 0);
    struct wix_item *item = wix_item_at(site, variant, location);
    if (variant == MARKET_MAP_NONE || location == MARKET_MAP_NONE)
        outcome.code = "NOT_FOUND";
    else if (item)
        outcome = (struct outcome){.item = item, .code = "ITEM_ALREADY_EXISTS"};
    else if (!(outcome.code = judge_tracking(sent, true)) && !item_fault(call, variant, &outcome) &&
             !market_fault_loses(call->effect, site->variants[variant].sku, &call->wix->random)) {
        item = wix_item_make(call->wix, site, variant, location, call->now_ms);
        item->tracked = json_is_integer(json_object_get(sent, "quantity"));
        item->in_stock = json_is_true(json_object_get(sent, "inStock"));
        item->quantity = quantity;
        if (json_object_get(sent, "preorderInfo"))
            wix_preorder_set(&item->preorder, json_object_get(sent, "preorderInfo"));
        outcome.item = item;
    }
    wix_write_record(call, item, false, quantity, code_kept(&outcome));
    return outcome;
}

static bool revision_fits(const struct wix_item *item, const json_t *sent)
{
    int64_t revision;
    return market_shape_id(json_object_get(sent, "revision"), &revision) &&
           revision == item->revision;
}

static struct outcome set_one(struct wix_call *call, const char *id, const json_t *sent)
{
    struct wix_site *site = call->site;
    struct outcome outcome = {.id = id};
    size_t index = market_map_get_text(&site->by_item, id);
    struct wix_item *item = index == MARKET_MAP_NONE ? NULL : &site->items[index];
    outcome.item = item;
    if (!item)
        outcome.code = "NOT_FOUND";
    else if (item_fault(call, item->variant, &outcome))
        ;
    else if (!revision_fits(item, sent))
        outcome = (struct outcome){.item = item,
                                   .code = call->wix->settings.stale_code,
                                   .text = "the revision is not the current one"};
    else if (!(outcome.code = judge_tracking(sent, false))) {
        bool to_quantity = json_is_integer(json_object_get(sent, "quantity"));
        bool to_status = json_is_boolean(json_object_get(sent, "inStock"));
        if ((to_quantity && !item->tracked) || (to_status && item->tracked))
            wix_violation(call, "tracking", "item %s: tracking switched %s", item->id,
                          to_quantity ? "on" : "off");
        apply_item(call, item, sent);
    }
    if (json_is_integer(json_object_get(sent, "quantity")))
        wix_write_record(call, item, false, wix_body_int(sent, "quantity", 0), code_kept(&outcome));
    return outcome;
}

static struct outcome update_one(struct wix_call *call, json_t *row)
{
    const json_t *sent = json_object_get(row, "inventoryItem");
    return set_one(call, wix_body_text(sent, "id"), sent);
}

static struct outcome adjust(struct wix_call *call, struct wix_item *item, const json_t *row,
                             int64_t by)
{
    struct outcome outcome = {.item = item};
    bool restricted = !json_is_false(json_object_get(call->body, "restrictInventory"));
    if (json_is_true(json_object_get(row, "preorderRequest")))
        wix_violation(call, "preorder_request", "%s", item ? item->id : "(none)");
    if (!item) {
        outcome.code = "NOT_FOUND";
    } else if (item_fault(call, item->variant, &outcome)) {
    } else if (!item->tracked) {
        outcome.code = "INVENTORY_QUANTITY_NOT_TRACKED";
        wix_violation(call, "untracked", "item %s is not tracked", item->id);
    } else if (by < 0 && restricted && item->quantity + by < 0) {
        outcome.code = "INSUFFICIENT_INVENTORY";
    } else if (item->quantity + by < -WIX_QUANTITY_MAX) {
        outcome.code = "MIN_QUANTITY_LIMIT_REACHED";
    } else if (item->quantity + by > WIX_QUANTITY_MAX) {
        outcome.code = "MAX_QUANTITY_LIMIT_REACHED";
    } else {
        wix_item_write(call, item, true, by);
    }
    wix_write_record(call, item, true, by, code_kept(&outcome));
    return outcome;
}

static int64_t change_of(const json_t *row)
{
    return wix_body_int(row, "incrementBy", 0) - wix_body_int(row, "decrementBy", 0);
}

static struct outcome adjust_by_id(struct wix_call *call, json_t *row)
{
    const char *id = wix_body_text(row, "inventoryItemId");
    size_t index = market_map_get_text(&call->site->by_item, id);
    struct outcome outcome = adjust(
        call, index == MARKET_MAP_NONE ? NULL : &call->site->items[index], row, change_of(row));
    outcome.id = id;
    return outcome;
}

static struct outcome adjust_by_place(struct wix_call *call, json_t *row)
{
    const char *place = json_string_value(json_object_get(row, "locationId"));
    size_t variant = market_map_get_text(&call->site->by_variant, wix_body_text(row, "variantId"));
    struct wix_item *item = wix_item_at(call->site, variant, wix_location_find(call->site, place));
    return adjust(call, item, row, change_of(row));
}

void wix_bulk_create(struct wix_call *call)
{
    bulk_run(call, "inventoryItems", create_one);
}

void wix_bulk_update(struct wix_call *call)
{
    bulk_run(call, "inventoryItems", update_one);
}

void wix_bulk_increment(struct wix_call *call)
{
    bulk_run(call, "incrementData", adjust_by_id);
}

void wix_bulk_decrement(struct wix_call *call)
{
    bulk_run(call, "decrementData", adjust_by_id);
}

void wix_place_increment(struct wix_call *call)
{
    bulk_run(call, "incrementData", adjust_by_place);
}

void wix_place_decrement(struct wix_call *call)
{
    bulk_run(call, "decrementData", adjust_by_place);
}

/* One item: what fails in a bulk row fails the call. */
static void answer_one(struct wix_call *call, const struct outcome *outcome)
{
    call->answer->items = 1;
    if (!outcome->code) {
        json_t *item = outcome->item ? wix_item_json(call, outcome->item) : json_object();
        wix_answer(call, json_pack("{s:o}", "inventoryItem", item));
        return;
    }
    int status = strcmp(outcome->code, "NOT_FOUND") == 0             ? 404
                 : strcmp(outcome->code, "ITEM_ALREADY_EXISTS") == 0 ? 409
                 : outcome->code == call->wix->settings.stale_code   ? 409
                                                                     : 428;
    wix_error(call, status, outcome->code, outcome->text ? outcome->text : outcome->code);
}

void wix_item_create(struct wix_call *call)
{
    struct outcome outcome = create_one(call, json_object_get(call->body, "inventoryItem"));
    answer_one(call, &outcome);
}

void wix_item_patch(struct wix_call *call)
{
    struct outcome outcome = set_one(call, call->id, json_object_get(call->body, "inventoryItem"));
    answer_one(call, &outcome);
}
