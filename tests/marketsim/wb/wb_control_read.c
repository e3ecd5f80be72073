/* Control endpoints that look: stock and the journal of writes. */
#include "marketsim/wb/wb_control.h"

#include <stdlib.h>
#include <string.h>

static void write_pair(struct market_control *control, const struct wb_size *size,
                       const struct wb_warehouse *warehouse, const struct wb_pair *pair)
{
    struct market_answer *answer = control->answer;
    market_answer_text(answer, answer->items++ ? ",[" : "[");
    market_answer_string(answer, size->offer);
    market_answer_text(answer, ",");
    market_answer_int(answer, warehouse->id);
    market_answer_text(answer, ",");
    market_answer_int(answer, pair->free);
    market_answer_text(answer, ",");
    market_answer_int(answer, pair->reserved);
    market_answer_text(answer, "]");
}

/* Rows of [offer_id, warehouse_id, free, reserved]; ?warehouse_id, ?prefix, ?offset and ?limit of
 * rows select. */
void wb_control_state(struct market_control *control)
{
    const struct wb_seller *seller = wb_seller_of(control);
    const struct wb *wb = wb_of(control);
    int64_t id = market_control_number(control, "warehouse_id", 0);
    int64_t offset = market_control_number(control, "offset", 0);
    int64_t limit = market_control_number(control, "limit", INT64_MAX);
    char prefix[96] = "";
    market_request_query(control->request, "prefix", prefix, sizeof(prefix));
    market_answer_text(control->answer, "{\"pairs\":[");
    int64_t seen = 0;
    for (size_t s = 0; s < seller->size_count; s++) {
        if (strncmp(seller->sizes[s].offer, prefix, strlen(prefix)) != 0) continue;
        for (size_t w = 0; w < seller->warehouse_count; w++) {
            const struct wb_pair *pair = wb_pair_get(&seller->warehouses[w], s);
            if (!pair || (id && seller->warehouses[w].id != id)) continue;
            if (seen++ >= offset && (int64_t)control->answer->items < limit)
                write_pair(control, &seller->sizes[s], &seller->warehouses[w], pair);
        }
    }
    control->answer->status = 200;
    market_answer_printf(control->answer,
                         "],\"total\":%lld,\"products\":%zu,\"postings\":%zu,\"writes\":%llu,"
                         "\"requests\":%llu,\"violations\":%llu}",
                         (long long)seen, seller->card_count, seller->order_count,
                         (unsigned long long)wb->write_count,
                         (unsigned long long)wb->trace.request_count,
                         (unsigned long long)wb->trace.violation_count);
}

void wb_control_stock_get(struct market_control *control)
{
    char offer[200] = "";
    int64_t free_stock, reserved;
    market_request_query(control->request, "offer_id", offer, sizeof(offer));
    if (!wb_stock_get(wb_seller_of(control), offer,
                      market_control_number(control, "warehouse_id", 0), &free_stock, &reserved)) {
        market_control_error(control, "no figure for offer %.100s there", offer);
        control->answer->status = 404;
        return;
    }
    market_control_json(control, json_pack("{s:s, s:I, s:I, s:I}", "offer_id", offer, "free",
                                           (json_int_t)free_stock, "reserved", (json_int_t)reserved,
                                           "present", (json_int_t)(free_stock + reserved)));
}

/* The journal of written items, from ?since on, of ?offer_id only. */
void wb_control_writes(struct market_control *control)
{
    const struct wb *wb = wb_of(control);
    char offer[200];
    bool by_offer = market_request_query(control->request, "offer_id", offer, sizeof(offer));
    int64_t since = market_control_number(control, "since", 0);
    uint64_t seq = wb->write_count > WB_WRITES ? wb->write_count - WB_WRITES : 0;
    if (since > 0 && (uint64_t)since > seq) seq = (uint64_t)since;
    json_t *rows = json_array();
    for (seq++; seq <= wb->write_count; seq++) {
        const struct wb_write *row = wb_write_get(wb, seq);
        if (!row || (by_offer && strcmp(row->offer, offer) != 0)) continue;
        json_array_append_new(
            rows,
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:s}", "seq", (json_int_t)row->seq,
                      "request", (json_int_t)row->request, "now_ms", (json_int_t)row->now_ms,
                      "received_ns", (json_int_t)row->received_ns, "warehouse_id",
                      (json_int_t)row->warehouse_id, "stock", (json_int_t)row->stock, "chrt_id",
                      (json_int_t)row->chrt_id, "offer_id", row->offer, "code", row->code));
    }
    market_control_json(control, json_pack("{s:o}", "writes", rows));
}
