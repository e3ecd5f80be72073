/* POST /v2/products/stocks: up to 100 pairs, each accepted or refused on its own in a 200 answer.
 * Codes are those of the official error table. */
#include "marketsim/ozon/ozon_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct market_shape stock_fields[] = {
    {"offer_id", SHAPE_STRING, false, 0, 0, NULL, NULL},
    {"product_id", SHAPE_INT, false, 0, INT64_MAX, NULL, NULL},
    {"stock", SHAPE_INT, true, 0, INT64_MAX, NULL, NULL},
    {"warehouse_id", SHAPE_INT, true, 1, INT64_MAX, NULL, NULL},
    {0}};

const struct market_shape ozon_stocks_fields[] = {
    {"stocks", SHAPE_OBJECTS, true, 1, OZON_STOCK_PAIRS, stock_fields, NULL}, {0}};

struct item {
    struct ozon_stock_row sent;
    size_t product; /* index, or MARKET_MAP_NONE */
    size_t warehouse;
    const char *code; /* NULL: accepted */
    bool by_fault;    /* the code belongs to a fault */
    char message[128];
};

static bool fail(struct item *item, const char *code, const char *message)
{
    item->code = code;
    snprintf(item->message, sizeof(item->message), "%s", message);
    return false;
}

/* Where both ids are sent, offer_id decides. */
static bool find_product(struct ozon_seller *seller, struct item *item)
{
    if (*item->sent.offer_id) {
        item->product = market_map_get_text(&seller->by_offer, item->sent.offer_id);
        if (item->product == MARKET_MAP_NONE)
            return fail(item, "offer_id_not_found", "offer_id is not found");
        return true;
    }
    item->product = market_map_get_number(&seller->by_id, item->sent.product_id);
    if (item->product == MARKET_MAP_NONE)
        return fail(item, "NOT_FOUND_ERROR", "product is not found");
    return true;
}

static bool find_warehouse(struct ozon_call *call, struct item *item)
{
    const struct ozon_seller *seller = call->seller;
    item->warehouse = ozon_warehouse_find(seller, item->sent.warehouse_id);
    bool own = item->warehouse != MARKET_MAP_NONE &&
               ozon_kind_own(seller->warehouses[item->warehouse].kind);
    if (own && !seller->warehouses[item->warehouse].removed &&
        strcmp(seller->warehouses[item->warehouse].status, "created") == 0)
        return true;
    if (!own)
        ozon_violation(call, "wrong_warehouse", "%lld is not a warehouse the seller can write",
                       (long long)item->sent.warehouse_id);
    item->code = "WAREHOUSE_NOT_FOUND";
    snprintf(item->message, sizeof(item->message), "warehouse has wrong id: %lld",
             (long long)item->sent.warehouse_id);
    return false;
}

static bool judge_card(const struct ozon_product *product, struct item *item)
{
    if (product->flags & OZON_NOT_CREATED)
        return fail(item, "product_is_not_created", "product is not created");
    if (product->archive != OZON_NOT_ARCHIVED)
        return fail(item, "PRODUCT_IS_ARCHIVED", "product is archived");
    if (product->flags & OZON_NO_SKU)
        return fail(item, "SOURCE_TYPE_NOT_FOUND", "product has no SKU");
    if (product->flags & OZON_SIZE_NEEDED)
        return fail(item, "SIZE_REQUIRED_FOR_NOT_UNIQUE_OFFER_ID",
                    "size is required for not unique offer_id");
    if (product->flags & OZON_NOT_TAGGED)
        return fail(item, "PRODUCT_HAS_NOT_BEEN_TAGGED_YET", "product has not been tagged yet");
    return true;
}

static bool judge_size(const struct ozon_product *product, const struct ozon_warehouse *warehouse,
                       struct item *item)
{
    bool kgt = product->flags & (OZON_KGT | OZON_OVER_KGT);
    if (warehouse->kgt && !kgt)
        return fail(item, "NON_KGT_ON_KGT_WAREHOUSE", "non-KGT product on a KGT warehouse");
    if (!warehouse->kgt && kgt)
        return fail(item, "OVER_MAX_OVH_NON_KGT", "product is too large for the warehouse");
    if (product->flags & OZON_OVER_KGT)
        return fail(item, "OVER_MAX_OVH_KGT", "product is too large for a KGT warehouse");
    return true;
}

static bool judge_delivery(const struct ozon_product *product,
                           const struct ozon_warehouse *warehouse, struct item *item)
{
    bool fbs = warehouse->kind == OZON_FBS;
    if (product->flags & OZON_ONLY_FBP)
        return fail(item, "CB_DELIVERY_ONLY_FBP", "delivery is possible by FBP only");
    if (product->flags & OZON_ONLY_3PL && !warehouse->third_party)
        return fail(item, "MP_DELIVERY_ONLY_3PL_ERROR", "delivery is possible by 3PL only");
    if (product->flags & OZON_FLAMMABLE && fbs)
        return fail(item, "FLAMMABLE_ONLY_ON_SELF_OR_PROVIDER_DELIVERY",
                    "flammable products need self or provider delivery");
    if (product->flags & OZON_MULTIBOX && fbs)
        return fail(item, "MULTIBOX_NOT_ALLOWED_FOR_FBS", "multibox is not allowed for FBS");
    return true;
}

/* An accepted write of the pair less than 30 s ago, be it earlier in this very request. */
static bool judge_cadence(struct ozon_call *call, struct item *item)
{
    const struct ozon_pair *pair =
        ozon_pair_get(&call->seller->warehouses[item->warehouse], item->product);
    int64_t span = ozon_scaled(call->ozon, call->ozon->settings.pair_ms);
    if (!pair || call->now_ms >= pair->written_ms + span) return true;
    ozon_violation(call, "cadence", "%s in %lld again after %lld ms",
                   call->seller->products[item->product].offer_id,
                   (long long)item->sent.warehouse_id,
                   (long long)(call->now_ms - pair->written_ms));
    return fail(item, "TOO_MANY_REQUESTS", "Stock is updated too frequently");
}

static bool judge(struct ozon_call *call, struct item *item)
{
    if (!find_product(call->seller, item)) return false;
    const struct ozon_product *product = &call->seller->products[item->product];
    const struct market_fault *fault =
        market_fault_item(call->effect, product->offer_id, &call->ozon->random);
    item->by_fault = fault != NULL;
    if (fault)
        return fail(item, fault->code ? fault->code : "INTERNAL_ERROR",
                    fault->message ? fault->message : "internal error");
    if (!judge_card(product, item) || !find_warehouse(call, item)) return false;
    const struct ozon_warehouse *warehouse = &call->seller->warehouses[item->warehouse];
    if (!judge_size(product, warehouse, item) || !judge_delivery(product, warehouse, item))
        return false;
    if (item->sent.stock >= OZON_STOCK_MAX)
        return fail(item, "STOCK_TOO_BIG", "stock must be less than 1000000");
    return judge_cadence(call, item);
}

static void apply(struct ozon_call *call, const struct item *item)
{
    struct ozon *ozon = call->ozon;
    if (call->effect->late_ms >= 0) {
        ozon->late = market_realloc(ozon->late, (ozon->late_count + 1) * sizeof(*ozon->late));
        ozon->late[ozon->late_count++] =
            (struct ozon_late){call->seller, item->warehouse, item->product, item->sent.stock,
                               call->now_ms + call->effect->late_ms};
        return;
    }
    struct ozon_pair *pair =
        ozon_pair_make(&call->seller->warehouses[item->warehouse], item->product);
    const char *offer = call->seller->products[item->product].offer_id;
    if (market_fault_loses(call->effect, offer, &ozon->random))
        pair->written_ms = call->now_ms;
    else
        ozon_pair_write(ozon, pair, item->sent.stock, call->now_ms);
}

static void record(struct ozon_call *call, const struct item *item)
{
    struct ozon *ozon = call->ozon;
    uint64_t seq = ++ozon->write_count;
    bool known = item->product != MARKET_MAP_NONE;
    /* a code that a fault brought lives only as long as the fault */
    const char *kept = !item->code ? "" : item->by_fault ? "(fault)" : item->code;
    ozon->writes[seq % OZON_WRITES] =
        (struct ozon_write){.seq = seq,
                            .request = ozon->trace.request_count,
                            .now_ms = call->now_ms,
                            .received_ns = call->request->received_ns,
                            .warehouse_id = item->sent.warehouse_id,
                            .stock = item->sent.stock,
                            .offer_id = known ? call->seller->products[item->product].offer_id : "",
                            .code = kept};
}

static void answer_item(struct ozon_call *call, const struct item *item, bool first)
{
    struct market_answer *answer = call->answer;
    const struct ozon_product *product =
        item->product == MARKET_MAP_NONE ? NULL : &call->seller->products[item->product];
    int64_t id = product ? product->product_id : item->sent.product_id;
    if (item->code && call->ozon->settings.zero_ids) id = 0;
    market_answer_text(answer, first ? "{\"warehouse_id\":" : ",{\"warehouse_id\":");
    market_answer_int(answer, item->sent.warehouse_id);
    market_answer_text(answer, ",\"product_id\":");
    market_answer_int(answer, id);
    market_answer_text(answer, ",\"offer_id\":");
    market_answer_string(answer, product ? product->offer_id : item->sent.offer_id);
    if (!item->code) {
        market_answer_text(answer, ",\"updated\":true,\"errors\":[]}");
        return;
    }
    market_answer_text(answer, ",\"updated\":false,\"errors\":[{\"code\":");
    market_answer_string(answer, item->code);
    market_answer_text(answer, ",\"message\":");
    market_answer_string(answer, item->message);
    market_answer_text(answer, "}]}");
}

/* A pair without any product is refused with the whole request, before anything is applied. */
static bool check_ids(struct ozon_call *call, const json_t *stocks)
{
    for (size_t i = 0; i < json_array_size(stocks); i++) {
        const json_t *stock = json_array_get(stocks, i);
        if (*ozon_body_text(stock, "offer_id") || ozon_body_int(stock, "product_id", 0)) continue;
        char message[160];
        snprintf(message, sizeof(message),
                 "Request validation error: invalid ProductsStocksRequest.Stocks[%zu]: embedded "
                 "message failed validation",
                 i);
        ozon_violation(call, "shape", "stocks[%zu] has neither offer_id nor product_id", i);
        ozon_error(call, 400, 3, message);
        return false;
    }
    return true;
}

static bool left_out(struct ozon_call *call)
{
    double share = call->effect->short_share;
    return share > 0 && market_random_share(&call->ozon->random) < share;
}

static void write_rows(struct ozon_call *call, const struct ozon_stock_row *rows, size_t count)
{
    bool first = true;
    call->answer->status = 200;
    call->answer->items = count;
    market_answer_text(call->answer, "{\"result\":[");
    for (size_t i = 0; i < count; i++) {
        struct item item = {
            .sent = rows[i], .product = MARKET_MAP_NONE, .warehouse = MARKET_MAP_NONE};
        if (judge(call, &item)) apply(call, &item);
        record(call, &item);
        if (left_out(call)) continue;
        answer_item(call, &item, first);
        first = false;
    }
    market_answer_text(call->answer, "]}");
}

void ozon_stocks_write(struct ozon_call *call)
{
    const json_t *stocks = json_object_get(call->body, "stocks");
    struct ozon_stock_row rows[OZON_STOCK_PAIRS];
    if (!check_ids(call, stocks)) return;
    for (size_t i = 0; i < json_array_size(stocks); i++) {
        const json_t *stock = json_array_get(stocks, i);
        rows[i] = (struct ozon_stock_row){.offer_id = ozon_body_text(stock, "offer_id"),
                                          .product_id = ozon_body_int(stock, "product_id", 0),
                                          .warehouse_id = ozon_body_int(stock, "warehouse_id", 0),
                                          .stock = ozon_body_int(stock, "stock", 0)};
    }
    write_rows(call, rows, json_array_size(stocks));
}

bool ozon_stocks_write_plain(struct ozon_call *call)
{
    const struct market_request *request = call->request;
    struct ozon_stock_row rows[OZON_STOCK_PAIRS];
    size_t count;
    /* a text of n bytes stands between two quotes and is kept with one zero */
    char *texts = market_alloc(request->body_len + 1);
    bool plain = request->body_len &&
                 ozon_stocks_scan(request->body, request->body_len, texts, rows, &count);
    if (plain) write_rows(call, rows, count);
    free(texts);
    return plain;
}
