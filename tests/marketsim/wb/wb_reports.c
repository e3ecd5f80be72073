/* POST /api/analytics/v1/stocks-report/...: Wildberries' own warehouses, and those of the seller.
 * Reports here are always fresh; the marketplace makes them every half hour. */
#include "marketsim/wb/wb_state.h"

#define REPORT_ROWS 250000
#define REPORT_NM   1000
#define HIDDEN_ID   (-999999)

const struct market_shape wb_report_fields[] = {
    {"nmIds", SHAPE_IDS, false, 0, REPORT_NM, NULL, NULL},
    {"chrtIds", SHAPE_IDS, false, 0, 0, NULL, NULL},
    {"limit", SHAPE_INT, false, 1, REPORT_ROWS, NULL, NULL},
    {"offset", SHAPE_INT, false, 0, INT64_MAX, NULL, NULL},
    {0}};

struct report {
    bool own;
    int64_t limit, offset, seen;
};

static void write_row(struct wb_call *call, struct report *report, size_t size, int64_t warehouse,
                      const char *name, int64_t quantity)
{
    struct market_answer *answer = call->answer;
    const struct wb_size *row = &call->seller->sizes[size];
    if (report->seen++ < report->offset || (int64_t)answer->items >= report->limit) return;
    market_answer_printf(answer,
                         "%s{\"nmId\":%lld,\"chrtId\":%lld,\"warehouseId\":%lld,"
                         "\"warehouseName\":",
                         answer->items++ ? "," : "",
                         (long long)call->seller->cards[row->card].nm_id, (long long)row->chrt_id,
                         (long long)warehouse);
    market_answer_string(answer, name);
    market_answer_text(answer, ",\"regionName\":");
    market_answer_string(answer, warehouse == HIDDEN_ID ? name : "Центральный");
    market_answer_printf(answer, ",\"quantity\":%lld%s}", (long long)quantity,
                         report->own ? ",\"inWayToClient\":0,\"inWayFromClient\":0" : "");
}

static bool asked_for(const struct wb_call *call, const struct wb_size *size)
{
    const json_t *nm_ids = json_object_get(call->body, "nmIds");
    const json_t *chrt_ids = json_object_get(call->body, "chrtIds");
    int64_t nm_id = call->seller->cards[size->card].nm_id;
    return (json_array_size(nm_ids) == 0 || wb_lists_int(nm_ids, nm_id)) &&
           (json_array_size(chrt_ids) == 0 || wb_lists_int(chrt_ids, size->chrt_id));
}

static void write_size(struct wb_call *call, struct report *report, size_t size)
{
    const struct wb_seller *seller = call->seller;
    bool hides = report->own && call->wb->settings.hide_fbw, any = false;
    int64_t sum = 0;
    for (size_t i = 0; i < seller->warehouse_count; i++) {
        const struct wb_warehouse *warehouse = &seller->warehouses[i];
        const struct wb_pair *pair = wb_pair_get(warehouse, size);
        if (!pair || warehouse->fbw != report->own || warehouse->flags & WB_REMOVED) continue;
        any = true;
        sum += pair->free;
        if (!hides) write_row(call, report, size, warehouse->id, warehouse->name, pair->free);
    }
    if (hides && any) write_row(call, report, size, HIDDEN_ID, "Склад WB", sum);
}

static void write_report(struct wb_call *call, bool own)
{
    struct report report = {.own = own,
                            .limit = wb_body_int(call->body, "limit", REPORT_ROWS),
                            .offset = wb_body_int(call->body, "offset", 0)};
    if (!wb_ids_check(call, "nmIds") || !wb_ids_check(call, "chrtIds")) return;
    market_answer_text(call->answer, "{\"data\":{\"items\":[");
    for (size_t i = 0; i < call->seller->size_count; i++)
        if (asked_for(call, &call->seller->sizes[i])) write_size(call, &report, i);
    market_answer_text(call->answer, "]}}");
}

void wb_report_own(struct wb_call *call)
{
    write_report(call, true);
}

void wb_report_sellers(struct wb_call *call)
{
    write_report(call, false);
    if (call->answer->items || call->answer->status != 200) return;
    call->answer->status = 204; /* "no data" */
    call->answer->len = 0;
}
