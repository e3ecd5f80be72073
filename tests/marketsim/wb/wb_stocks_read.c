/* POST and DELETE /api/v3/stocks/{warehouseId}, and what all three methods ask of the warehouse. */
#include "marketsim/wb/wb_state.h"

#include <stdlib.h>
#include <string.h>

static bool read_id(const char *text, int64_t *id)
{
    char *end;
    *id = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end;
}

static void not_found(struct wb_call *call, const struct wb_warehouse *warehouse, int64_t id)
{
    if (!warehouse || warehouse->fbw)
        wb_violation(call, "wrong_warehouse", "%lld is not a warehouse of the seller",
                     (long long)id);
    wb_error(call, 404, "NotFound", "");
}

/* As an array for PUT, as an object for DELETE. */
static void processing(struct wb_call *call)
{
    bool put = strcmp(call->request->method, "PUT") == 0;
    call->answer->status = 409;
    market_answer_text(call->answer,
                       put ? "[{\"code\":\"StoreIsProcessing\",\"message\":\"The store is "
                             "processing\"}]"
                           : "{\"code\":\"StoreIsProcessing\",\"message\":\"The store is "
                             "processing\"}");
}

struct wb_warehouse *wb_stocks_warehouse(struct wb_call *call)
{
    int64_t id;
    if (!read_id(call->argument, &id)) {
        wb_bad_request(call, "IncorrectParameter", "warehouseId is no number");
        return NULL;
    }
    size_t index = wb_warehouse_index(call->seller, id);
    struct wb_warehouse *warehouse =
        index == MARKET_MAP_NONE ? NULL : &call->seller->warehouses[index];
    bool writes = call->route->write;
    if (writes && call->seller->banned) {
        wb_error(call, 406, "StatusNotAcceptable",
                 "Обновление остатков заблокировано в связи с баном поставщика");
        return NULL;
    }
    if (!warehouse || warehouse->fbw || warehouse->flags & WB_REMOVED) {
        not_found(call, warehouse, id);
        return NULL;
    }
    if (writes && warehouse->flags & (WB_PROCESSING | WB_DELETING)) {
        processing(call);
        return NULL;
    }
    if (writes && warehouse->flags & WB_BLOCKED) {
        wb_error(call, 406, "WarehouseStocksUpdateBlock", "The warehouse is processing");
        return NULL;
    }
    return warehouse;
}

static void write_row(struct wb_call *call, const struct wb_warehouse *warehouse, size_t index,
                      bool by_sku)
{
    struct market_answer *answer = call->answer;
    if (index == MARKET_MAP_NONE) return;
    const struct wb_size *size = &call->seller->sizes[index];
    const struct wb_pair *pair = wb_pair_get(warehouse, index);
    int64_t shown = pair ? wb_pair_shown(pair, call->now_ms) : 0;
    if (!pair || (shown == 0 && !call->wb->settings.zero_rows)) return;
    double share = call->effect->short_share;
    if (share > 0 && market_random_share(&call->wb->random) < share) return;
    market_answer_text(answer, answer->items++ ? ",{" : "{");
    if (by_sku)
        market_answer_printf(answer, "\"sku\":\"%.*s\",", (int)strcspn(size->barcodes, ","),
                             size->barcodes);
    market_answer_text(answer, "\"chrtId\":");
    market_answer_int(answer, size->chrt_id);
    market_answer_text(answer, ",\"amount\":");
    market_answer_int(answer, shown);
    market_answer_text(answer, "}");
}

/* The list of ids by its right name; NULL after having answered, or where the name is wrong. */
static const json_t *read_ids(struct wb_call *call, bool *by_sku, bool *answered)
{
    const json_t *ids = json_object_get(call->body, "chrtIds");
    const json_t *skus = json_object_get(call->body, "skus");
    *by_sku = !ids && skus;
    *answered = true;
    if (*by_sku && !call->wb->settings.sku_accepted) {
        wb_violation(call, "shape", "stocks by sku");
        wb_error(call, 400, "SKUUploadDisabled",
                 "Uploading stock is not allowed by 'sku'. Please use the 'chrtId' key");
        return NULL;
    }
    if (!ids) ids = skus;
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *id = json_array_get(ids, i);
        if (*by_sku ? json_is_string(id) : json_is_integer(id)) continue;
        wb_bad_request(call, "IncorrectRequestBody", "an id is mistyped");
        return NULL;
    }
    if (ids && !json_is_array(ids)) {
        wb_bad_request(call, "IncorrectRequestBody", "the ids are no list");
        return NULL;
    }
    if (json_array_size(ids) > WB_STOCK_ITEMS) {
        wb_violation(call, "too_many", "%zu ids", json_array_size(ids));
        wb_error(call, 400, "IncorrectRequest", "Переданы некорректные данные");
        return NULL;
    }
    if (!ids) wb_violation(call, "shape", "no list named chrtIds");
    *answered = false;
    return ids;
}

static size_t find_size(const struct wb_seller *seller, const json_t *id)
{
    if (json_is_integer(id)) return market_map_get_number(&seller->by_chrt, json_integer_value(id));
    return market_map_get_number(&seller->by_barcode, strtoll(json_string_value(id), NULL, 10));
}

void wb_stocks_post(struct wb_call *call)
{
    bool by_sku, answered;
    const struct wb_warehouse *warehouse = wb_stocks_warehouse(call);
    if (!warehouse) return;
    const json_t *ids = read_ids(call, &by_sku, &answered);
    if (answered) return;
    market_answer_text(call->answer, "{\"stocks\":[");
    for (size_t i = 0; i < json_array_size(ids); i++)
        write_row(call, warehouse, find_size(call->seller, json_array_get(ids, i)), by_sku);
    market_answer_text(call->answer, "]}");
}

static bool all_there(struct wb_call *call, const struct wb_warehouse *warehouse, const json_t *ids)
{
    struct market_answer *answer = call->answer;
    size_t missing = 0;
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *id = json_array_get(ids, i);
        size_t size = find_size(call->seller, id);
        if (size != MARKET_MAP_NONE && wb_pair_get(warehouse, size)) continue;
        if (!missing++)
            market_answer_text(answer, "{\"code\":\"NotFound\",\"message\":\"\","
                                       "\"data\":{");
        market_answer_printf(answer, missing > 1 ? ",\"%lld\":\"\"" : "\"%lld\":\"\"",
                             (long long)json_integer_value(id));
    }
    if (!missing) return true;
    market_answer_text(answer, "}}");
    answer->status = 404;
    return false;
}

void wb_stocks_delete(struct wb_call *call)
{
    bool by_sku, answered;
    struct wb_warehouse *warehouse = wb_stocks_warehouse(call);
    if (!warehouse) return;
    const json_t *ids = read_ids(call, &by_sku, &answered);
    if (answered) return;
    if (!json_array_size(ids)) {
        wb_bad_request(call, "IncorrectRequestBody", "no chrtIds");
        return;
    }
    if (!all_there(call, warehouse, ids)) return;
    for (size_t i = 0; i < json_array_size(ids) && !call->effect->no_effect; i++)
        *wb_pair_make(warehouse, find_size(call->seller, json_array_get(ids, i))) =
            (struct wb_pair){0};
    call->answer->items = json_array_size(ids);
    call->answer->status = 204;
}
