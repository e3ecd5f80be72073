/* PUT /api/v3/stocks/{warehouseId}: a batch that is applied whole or, where one item is bad, not at
 * all. Item names are not looked at: what has no chrtId or no amount is answered as done. */
#include "marketsim/wb/wb_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct item {
    int64_t chrt_id;
    const char *sku; /* as sent, or NULL */
    int64_t amount;
    bool whole;       /* both names were right; the others have no effect */
    size_t size;      /* index, or MARKET_MAP_NONE */
    const char *code; /* NULL: good */
    const char *message;
    bool by_fault; /* the code belongs to a fault */
    bool told;     /* in the answer already */
};

static bool fail(struct item *item, const char *code, const char *message)
{
    item->code = code;
    item->message = message;
    return false;
}

static bool judge_cargo(const struct wb_card *card, const struct wb_warehouse *warehouse,
                        struct item *item)
{
    if (card->cargo == WB_MGT && warehouse->cargo != WB_MGT)
        return fail(item, "CargoWarehouseRestrictionMGT",
                    "The selected warehouse is not suitable for goods with the type \"LCL (Less "
                    "than Container Load)\". Upload the balances to the warehouse without the ODC "
                    "or CD+ mark");
    if (card->cargo == WB_SGT && warehouse->cargo != WB_SGT)
        return fail(item, "CargoWarehouseRestrictionSGT",
                    "The selected warehouse is not suitable for goods with the type \"ODC\". "
                    "Upload the balances to the warehouse marked - ODC");
    if (card->cargo == WB_KGT && warehouse->cargo != WB_KGT)
        return fail(item, "CargoWarehouseRestrictionKGTPlus",
                    "The selected warehouse is not suitable for goods with the type \"CD+\". "
                    "Upload the balances to the warehouse marked - CD+");
    if (card->cargo == WB_SGT_OR_KGT && warehouse->cargo == WB_MGT)
        return fail(item, "CargoWarehouseRestrictionSGTKGTPlus",
                    "The selected warehouse is not suitable for goods with the type \"ODC/CD+\". "
                    "Upload the balances to the warehouse with the label - ODC or CD+");
    return true;
}

static bool judge(struct wb_call *call, const struct wb_warehouse *warehouse, struct item *item)
{
    const struct wb_seller *seller = call->seller;
    item->size = item->sku
                     ? market_map_get_number(&seller->by_barcode, strtoll(item->sku, NULL, 10))
                     : market_map_get_number(&seller->by_chrt, item->chrt_id);
    if (item->size == MARKET_MAP_NONE) return fail(item, "NotFound", "Not found");
    const struct wb_card *card = &seller->cards[seller->sizes[item->size].card];
    const struct market_fault *fault =
        market_fault_item(call->effect, seller->sizes[item->size].offer, &call->wb->random);
    item->by_fault = fault != NULL;
    if (fault)
        return fail(item, fault->code ? fault->code : "NotFound",
                    fault->message ? fault->message : "Not found");
    if (card->trashed_ms) return fail(item, "NotFound", "Not found");
    if (item->amount > WB_STOCK_MAX) return fail(item, "UploadDataLimit", "Upload limit exceeded.");
    if (!judge_cargo(card, warehouse, item)) return false;
    if (card->deliveries && !(card->deliveries & 1u << warehouse->delivery))
        return fail(item, "DeliveryTypeRestriction",
                    "This product category is not available for sale under this delivery type.");
    if (card->wholesale)
        return fail(item, "ProductPropertyConflict",
                    "Products are not allowed for sale under the selected supply scheme.");
    return true;
}

static void apply(struct wb_call *call, struct wb_warehouse *warehouse, const struct item *item)
{
    struct wb *wb = call->wb;
    if (market_fault_loses(call->effect, call->seller->sizes[item->size].offer, &wb->random))
        return;
    if (call->effect->late_ms < 0) {
        wb_pair_write(wb, wb_pair_make(warehouse, item->size), item->amount, call->now_ms);
        return;
    }
    wb->late = market_realloc(wb->late, (wb->late_count + 1) * sizeof(*wb->late));
    wb->late[wb->late_count++] =
        (struct wb_late){call->seller, (size_t)(warehouse - call->seller->warehouses), item->size,
                         item->amount, call->now_ms + call->effect->late_ms};
}

static void record(struct wb_call *call, int64_t warehouse_id, const struct item *item,
                   const char *otherwise)
{
    struct wb *wb = call->wb;
    uint64_t seq = ++wb->write_count;
    bool known = item->size != MARKET_MAP_NONE;
    const struct wb_size *size = known ? &call->seller->sizes[item->size] : NULL;
    /* a code that a fault brought lives only as long as the fault */
    const char *code = item->code ? item->code : otherwise;
    wb->writes[seq % WB_WRITES] = (struct wb_write){.seq = seq,
                                                    .request = wb->trace.request_count,
                                                    .now_ms = call->now_ms,
                                                    .received_ns = call->request->received_ns,
                                                    .warehouse_id = warehouse_id,
                                                    .chrt_id = size ? size->chrt_id : item->chrt_id,
                                                    .stock = item->amount,
                                                    .offer = size ? size->offer : "",
                                                    .code = item->by_fault ? "(fault)" : code};
}

/* How a bad item is named; its barcode where it is known. */
static void name_item(struct wb_call *call, const struct item *item)
{
    struct market_answer *answer = call->answer;
    enum wb_naming naming = call->wb->settings.naming;
    char sku[64];
    if (item->sku)
        snprintf(sku, sizeof(sku), "%s", item->sku);
    else if (item->size == MARKET_MAP_NONE)
        snprintf(sku, sizeof(sku), "%lld", (long long)item->chrt_id);
    else {
        const char *barcodes = call->seller->sizes[item->size].barcodes;
        snprintf(sku, sizeof(sku), "%.*s", (int)strcspn(barcodes, ","), barcodes);
    }
    bool by_chrt = naming == WB_NAME_CHRT && !item->sku;
    market_answer_text(answer, "{\"sku\":");
    market_answer_string(answer, by_chrt ? "" : sku);
    if (naming != WB_NAME_DOC) {
        market_answer_text(answer, ",\"chrtId\":");
        market_answer_int(answer, by_chrt ? item->chrt_id : 0);
    }
    market_answer_text(answer, ",\"amount\":");
    market_answer_int(answer, naming == WB_NAME_SKU ? 0 : item->amount);
    market_answer_text(answer, "}");
}

/* One element for all items of a code. */
static void tell_code(struct wb_call *call, struct item *items, size_t count, size_t first)
{
    struct market_answer *answer = call->answer;
    bool named = call->wb->settings.naming != WB_NAME_NONE &&
                 strcmp(items[first].code, "ProductPropertyConflict") != 0;
    const char *code = items[first].code;
    market_answer_text(answer, answer->len > 1 ? ",{\"code\":" : "{\"code\":");
    market_answer_string(answer, code);
    market_answer_text(answer, ",\"message\":");
    market_answer_string(answer, items[first].message);
    if (named) market_answer_text(answer, ",\"data\":[");
    for (size_t i = first, told = 0; i < count; i++) {
        if (!items[i].code || strcmp(items[i].code, code) != 0) continue;
        items[i].told = true;
        if (!named) continue;
        if (told++) market_answer_text(answer, ",");
        name_item(call, &items[i]);
    }
    market_answer_text(answer, named ? "]}" : "}");
}

static void tell_conflict(struct wb_call *call, struct item *items, size_t count)
{
    call->answer->status = 409;
    market_answer_text(call->answer, "[");
    for (size_t i = 0; i < count; i++) {
        if (!items[i].code || items[i].told) continue;
        tell_code(call, items, count, i);
        if (call->wb->settings.first_code_only) break;
    }
    market_answer_text(call->answer, "]");
}

static void write_items(struct wb_call *call, struct wb_warehouse *warehouse, struct item *items,
                        size_t count)
{
    size_t bad = 0;
    for (size_t i = 0; i < count; i++)
        if (items[i].whole && !judge(call, warehouse, &items[i])) bad++;
    bool applies = bad == 0 || call->wb->settings.partial_409;
    for (size_t i = 0; i < count; i++) {
        bool whole = items[i].whole;
        if (whole && applies && !items[i].code) apply(call, warehouse, &items[i]);
        record(call, warehouse->id, &items[i], !whole ? "(names)" : applies ? "" : "(batch)");
    }
    call->answer->items = count;
    call->answer->status = 204;
    if (bad) tell_conflict(call, items, count);
}

/* False after having answered. Wrong types and values are refused, wrong names are not seen. */
static bool read_item(struct wb_call *call, const json_t *json, struct item *item)
{
    const json_t *chrt = json_object_get(json, "chrtId"), *amount = json_object_get(json, "amount");
    const json_t *sku = json_object_get(json, "sku");
    *item = (struct item){.size = MARKET_MAP_NONE, .amount = json_integer_value(amount)};
    if (!json_is_object(json) || (chrt && !json_is_integer(chrt)) ||
        (amount && !json_is_integer(amount)) || (sku && !json_is_string(sku))) {
        wb_bad_request(call, "IncorrectRequestBody", "an item of stocks is mistyped");
        return false;
    }
    if (sku && !chrt && !call->wb->settings.sku_accepted) {
        wb_violation(call, "shape", "stocks by sku");
        wb_error(call, 400, "SKUUploadDisabled",
                 "Uploading stock is not allowed by 'sku'. Please use the 'chrtId' key");
        return false;
    }
    if (item->amount < 0 || (chrt && json_integer_value(chrt) <= 0)) {
        wb_bad_request(call, "IncorrectRequest", "amount below 0 or chrtId not above 0");
        return false;
    }
    item->chrt_id = json_integer_value(chrt);
    item->sku = chrt ? NULL : json_string_value(sku);
    item->whole = amount && (chrt || sku);
    return true;
}

static bool check_names(struct wb_call *call, const json_t *json, const struct item *item)
{
    const char *name;
    json_t *value;
    bool known = true;
    json_object_foreach ((json_t *)(uintptr_t)json, name, value) {
        if (strcmp(name, "chrtId") == 0 || strcmp(name, "amount") == 0 || strcmp(name, "sku") == 0)
            continue;
        wb_violation(call, "shape", "stocks: unknown name %.60s", name);
        known = false;
    }
    if (!item->whole && known) wb_violation(call, "shape", "stocks: chrtId or amount is missing");
    if ((item->whole && known) || !call->wb->settings.names_checked) return true;
    wb_error(call, 400, "IncorrectRequestBody", "Incorrect required body");
    return false;
}

static bool check_count(struct wb_call *call, const json_t *stocks)
{
    size_t count = json_array_size(stocks);
    if (stocks && !json_is_array(stocks)) {
        wb_bad_request(call, "IncorrectRequestBody", "stocks is no list");
        return false;
    }
    if (count > WB_STOCK_ITEMS) {
        wb_violation(call, "too_many", "%zu items in stocks", count);
        wb_error(call, 400, "IncorrectRequest", "Переданы некорректные данные");
        return false;
    }
    if (count) return true;
    if (stocks || call->wb->settings.names_checked) {
        wb_bad_request(call, stocks ? "IncorrectRequest" : "IncorrectRequestBody", "no stocks");
    } else {
        wb_violation(call, "shape", "no list named stocks");
        call->answer->status = 204;
    }
    return false;
}

void wb_stocks_put(struct wb_call *call)
{
    const json_t *stocks = json_object_get(call->body, "stocks");
    struct wb_warehouse *warehouse = wb_stocks_warehouse(call);
    if (!warehouse || !check_count(call, stocks)) return;
    size_t count = json_array_size(stocks);
    struct item *items = market_alloc(count * sizeof(*items));
    struct market_map seen = {0};
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        const json_t *json = json_array_get(stocks, i);
        good = read_item(call, json, &items[i]) && check_names(call, json, &items[i]);
        if (!good || !items[i].chrt_id) continue;
        if (market_map_get_number(&seen, items[i].chrt_id) != MARKET_MAP_NONE)
            wb_violation(call, "repeated", "chrtId %lld twice in one request",
                         (long long)items[i].chrt_id);
        market_map_put_number(&seen, items[i].chrt_id, i);
    }
    if (good) write_items(call, warehouse, items, count);
    market_map_free(&seen);
    free(items);
}
