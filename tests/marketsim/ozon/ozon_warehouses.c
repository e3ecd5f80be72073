/* POST /v2/warehouse/list: the seller's own warehouses, FBS and rFBS. Ozon's own are in no list. */
#include "marketsim/market_time.h"
#include "marketsim/ozon/ozon_state.h"

#include <string.h>

#define PAGE_MAX 200

const struct market_shape ozon_warehouse_fields[] = {
    {"cursor", SHAPE_STRING, false, 0, 0, NULL, NULL},
    {"limit", SHAPE_INT, true, 1, PAGE_MAX, NULL, NULL},
    {"warehouse_ids", SHAPE_IDS, false, 0, PAGE_MAX, NULL, NULL},
    {0}};

static bool asked_for(const json_t *ids, int64_t id)
{
    for (size_t i = 0; i < json_array_size(ids); i++) {
        int64_t asked;
        if (market_shape_id(json_array_get(ids, i), &asked) && asked == id) return true;
    }
    return json_array_size(ids) == 0;
}

static void write_times(struct ozon_call *call, const struct ozon_warehouse *warehouse)
{
    char time[MARKET_TIME_SIZE];
    market_time_format(warehouse->created_ms, time);
    market_answer_printf(call->answer, ",\"created_at\":\"%s\",\"updated_at\":\"%s\"", time, time);
    if (strcmp(warehouse->status, "disabled_due_to_limit") == 0)
        market_answer_printf(call->answer, ",\"pause_at\":\"%s\"",
                             market_time_format(call->now_ms, time));
}

static void write_warehouse(struct ozon_call *call, const struct ozon_warehouse *warehouse)
{
    struct market_answer *answer = call->answer;
    if (answer->items++) market_answer_text(answer, ",");
    market_answer_text(answer, "{\"warehouse_id\":");
    market_answer_int(answer, warehouse->id);
    market_answer_text(answer, ",\"name\":");
    market_answer_string(answer, warehouse->name);
    market_answer_printf(answer,
                         ",\"status\":\"%s\",\"is_rfbs\":%s,\"is_kgt\":%s,\"is_express\":false,"
                         "\"is_comfort\":false,\"warehouse_type\":\"%s\",\"first_mile\":{\"type\":"
                         "\"DROP_OFF\",\"first_mile_is_changing\":false},\"postings_limit\":-1,"
                         "\"min_postings_limit\":2,\"has_postings_limit\":false,"
                         "\"has_entrusted_acceptance\":false,\"carriage_label_type\":\"BIG\","
                         "\"working_days\":[\"MONDAY\",\"TUESDAY\",\"WEDNESDAY\",\"THURSDAY\","
                         "\"FRIDAY\"]",
                         warehouse->status, warehouse->kind == OZON_RFBS ? "true" : "false",
                         warehouse->kgt ? "true" : "false", ozon_kind_name(warehouse->kind));
    write_times(call, warehouse);
    market_answer_text(answer, "}");
}

void ozon_warehouse_list(struct ozon_call *call)
{
    int64_t after, unused;
    if (!ozon_cursor_read(call, ozon_body_text(call->body, "cursor"), &after, &unused)) return;
    const json_t *ids = json_object_get(call->body, "warehouse_ids");
    size_t limit = (size_t)ozon_body_int(call->body, "limit", PAGE_MAX), last = 0;
    bool more = false;
    market_answer_text(call->answer, "{\"warehouses\":[");
    for (size_t i = after < 0 ? 0 : (size_t)after + 1; i < call->seller->warehouse_count; i++) {
        const struct ozon_warehouse *warehouse = &call->seller->warehouses[i];
        if (warehouse->removed || !ozon_kind_own(warehouse->kind) || !asked_for(ids, warehouse->id))
            continue;
        more = call->answer->items == limit;
        if (more) break;
        write_warehouse(call, warehouse);
        last = i;
    }
    market_answer_printf(call->answer, "],\"has_next\":%s,\"cursor\":", more ? "true" : "false");
    if (more)
        ozon_cursor_write(call->answer, (int64_t)last, 0);
    else
        market_answer_text(call->answer, "\"\"");
    market_answer_text(call->answer, "}");
}
