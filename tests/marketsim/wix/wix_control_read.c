/* Control endpoints that look: stock, ids and the journal of writes. */
#include "marketsim/wix/wix_control.h"

#include <string.h>

static void write_pair(struct market_control *control, const struct wix_item *item)
{
    const struct wix_site *site = site_of(control);
    struct market_answer *answer = control->answer;
    if (answer->items++) market_answer_text(answer, ",");
    market_answer_text(answer, "[");
    market_answer_string(answer, site->variants[item->variant].sku);
    market_answer_text(answer, ",");
    market_answer_string(answer, site->locations[item->location].id);
    market_answer_printf(answer, ",%lld,%lld]", (long long)item->quantity,
                         (long long)item->reserved);
}

/* Rows of [sku, location, free, reserved]; ?warehouse_id, ?prefix, ?offset and ?limit select. */
void wix_control_state(struct market_control *control)
{
    const struct wix_site *site = site_of(control);
    int64_t offset = market_control_number(control, "offset", 0), seen = 0;
    int64_t limit = market_control_number(control, "limit", INT64_MAX);
    char prefix[96] = "", place[64] = "";
    market_request_query(control->request, "prefix", prefix, sizeof(prefix));
    market_request_query(control->request, "warehouse_id", place, sizeof(place));
    market_answer_text(control->answer, "{\"pairs\":[");
    for (size_t v = 0; v < site->variant_count; v++) {
        if (strncmp(site->variants[v].sku, prefix, strlen(prefix)) != 0) continue;
        for (size_t l = 0; l < site->location_count; l++) {
            const struct wix_item *item = wix_item_at(site, v, l);
            if (!item || (*place && strcmp(site->locations[l].id, place) != 0)) continue;
            if (seen++ >= offset && (int64_t)control->answer->items < limit)
                write_pair(control, item);
        }
    }
    control->answer->status = 200;
    market_answer_printf(control->answer,
                         "],\"total\":%lld,\"products\":%zu,\"postings\":%zu,\"writes\":%llu,"
                         "\"requests\":%llu,\"violations\":%llu}",
                         (long long)seen, site->product_count, site->order_count,
                         (unsigned long long)wix_of(control)->write_count,
                         (unsigned long long)wix_of(control)->trace.request_count,
                         (unsigned long long)wix_of(control)->trace.violation_count);
}

void wix_control_stock_get(struct market_control *control)
{
    char sku[128] = "", place[64];
    int64_t free_stock, reserved;
    market_request_query(control->request, "offer_id", sku, sizeof(sku));
    bool placed = market_request_query(control->request, "warehouse_id", place, sizeof(place));
    if (!wix_stock_get(site_of(control), sku, placed ? place : NULL, &free_stock, &reserved)) {
        market_control_error(control, "no figure for offer %.100s there", sku);
        control->answer->status = 404;
        return;
    }
    market_control_json(control, json_pack("{s:s, s:I, s:I, s:I}", "offer_id", sku, "free",
                                           (json_int_t)free_stock, "reserved", (json_int_t)reserved,
                                           "present", (json_int_t)(free_stock + reserved)));
}

/* The ids that the catalogue of the moment has for its goods; ?offer_id selects. */
void wix_control_items(struct market_control *control)
{
    const struct wix_site *site = site_of(control);
    char sku[128];
    bool one = market_request_query(control->request, "offer_id", sku, sizeof(sku));
    json_t *rows = json_array();
    for (size_t v = 0; v < site->variant_count; v++) {
        const struct wix_variant *variant = &site->variants[v];
        const struct wix_product *product = &site->products[variant->product];
        if (one && strcmp(variant->sku, sku) != 0) continue;
        json_t *items = json_array();
        for (size_t l = 0; l < site->location_count; l++) {
            const struct wix_item *item = wix_item_at(site, v, l);
            if (!item) continue;
            json_array_append_new(
                items, json_pack("{s:s, s:s, s:I, s:I, s:b, s:b}", "id", item->id, "warehouse_id",
                                 site->locations[l].id, "stock", (json_int_t)item->quantity,
                                 "revision", (json_int_t)item->revision, "tracked", item->tracked,
                                 "preorder", item->preorder.enabled));
        }
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:o}", "offer_id",
                                              variant->sku, "product_id", product->id, "variant_id",
                                              variant->id, "inventory_id", product->item_id,
                                              "tracked", product->tracked, "preorder",
                                              product->preorder.enabled, "items", items));
    }
    market_control_json(control, json_pack("{s:o}", "items", rows));
}

/* The journal of written figures, from ?since on, of ?offer_id only. */
void wix_control_writes(struct market_control *control)
{
    const struct wix *wix = wix_of(control);
    char sku[128];
    bool one = market_request_query(control->request, "offer_id", sku, sizeof(sku));
    int64_t since = market_control_number(control, "since", 0);
    uint64_t seq = wix->write_count > WIX_WRITES ? wix->write_count - WIX_WRITES : 0;
    if (since > 0 && (uint64_t)since > seq) seq = (uint64_t)since;
    json_t *rows = json_array();
    for (seq++; seq <= wix->write_count; seq++) {
        const struct wix_write *row = wix_write_get(wix, seq);
        if (!row || (one && strcmp(row->sku, sku) != 0)) continue;
        json_array_append_new(
            rows, json_pack("{s:I, s:I, s:I, s:I, s:s, s:I, s:b, s:s, s:s}", "seq",
                            (json_int_t)row->seq, "request", (json_int_t)row->request, "now_ms",
                            (json_int_t)row->now_ms, "received_ns", (json_int_t)row->received_ns,
                            "warehouse_id", row->location, "stock", (json_int_t)row->stock,
                            "change", row->change, "offer_id", row->sku, "code", row->code));
    }
    market_control_json(control, json_pack("{s:o}", "writes", rows));
}
