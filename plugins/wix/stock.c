/* fetch_stock: which catalogue is read. The readings are in stock_v1.c and stock_v3.c. */
#include "stock.h"

#include "kit/resume.h"

void wix_emit_absent(const struct stockd_call *call, const char *listing, const char *place)
{
    struct stockd_stock row = STOCKD_STOCK_ROW;
    row.kind = STOCKD_STOCK_ABSENT;
    row.warehouse_id = place;
    row.listing_id = listing;
    call->host->stock(call->ctx, &row);
}

enum stockd_verdict wix_fetch_stock(const struct stockd_call *call)
{
    struct wix_gate *gate = call->host->scratch(call->ctx, sizeof(*gate));
    if (!gate) return kit_bug(call, "no scratch memory");
    bool begin;
    enum stockd_verdict verdict = wix_gate(call, gate, false, &begin);
    if (verdict) return verdict;
    bool v1 = gate->catalog == WIX_CATALOG_V1;
    if (begin) return v1 ? wix_stock_v1_begin(call) : wix_stock_v3_begin(call);
    if (v1 && wix_answer_not_found(call)) return wix_stock_v1_take(call, NULL);
    json_t *doc;
    verdict = wix_read_answer(call, gate, &doc);
    if (!doc && gate->resumed) kit_resume_refused(call);
    if (!doc) return verdict;
    verdict = v1 ? wix_stock_v1_take(call, doc) : wix_stock_v3_take(call, doc);
    json_decref(doc);
    return verdict;
}
