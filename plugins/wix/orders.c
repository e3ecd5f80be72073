/* fetch_orders: the orders that were updated since the last drain, to their end. Which requests are
 * made, and when the cursor may move; the lines are made in orders_line.c. */
#include "orders.h"

#include "kit/brief.h"
#include "kit/resume.h"

#define PAGE_ROWS 100u    /* the method's most */
#define PAGES_MAX 100000u /* ten million orders */
/* Read again before the cursor: clocks differ, and a change may be shown late. */
#define OVERLAP_MS 900000
/* How far back a first drain looks when nobody says. */
#define FIRST_MS (INT64_C(30) * 86400000)
#define CURSOR   "orders-cursor"

struct drain {
    struct wix_gate gate;
    int64_t started_ms, from_ms;
    uint32_t pages;
    bool lost;    /* an order or page could not be read */
    bool gap;     /* a sweep that begins after what is known: moves nothing */
    bool resumed; /* it goes on where an earlier one was interrupted */
    struct kit_brief brief;
    char cursor[]; /* most have none: memory for it is taken when it comes */
};

/* The operation's memory, with room for that cursor; it may move, and keeps what was in it. */
static struct drain *memory_for(const struct stockd_call *call, const char *cursor)
{
    return call->host->scratch(call->ctx, sizeof(struct drain) + strlen(cursor) + 1);
}

static enum stockd_verdict no_memory(const struct stockd_call *call)
{
    return kit_bug(call, "no scratch memory");
}

static void begin(const struct stockd_call *call, struct drain *drain)
{
    int64_t cursor = kit_state_past(call, CURSOR), since = call->start->since_ms;
    drain->started_ms = call->now_ms;
    drain->pages = 0;
    drain->resumed = false;
    drain->cursor[0] = '\0';
    drain->brief = (struct kit_brief){0};
    if (call->start->orders_mode == STOCKD_ORDERS_SWEEP) {
        drain->from_ms = since;
        drain->gap = !cursor || since > cursor;
    } else if (cursor) {
        drain->from_ms = kit_brief_from(call, cursor, cursor - OVERLAP_MS, &drain->brief);
    } else {
        drain->from_ms = since > 0 ? since : call->now_ms - FIRST_MS;
    }
}

static struct drain *resume(const struct stockd_call *call, struct drain *drain)
{
    struct kit_resume at;
    if (!kit_resume(call, &at)) return drain;
    drain = memory_for(call, at.place);
    if (!drain) return NULL;
    drain->resumed = true;
    drain->started_ms = at.started_ms;
    drain->from_ms = at.from_ms;
    strcpy(drain->cursor, at.place);
    return drain;
}

/* Wix remembers the filter and the order of a cursor; neither may be sent with it again. */
static enum stockd_verdict ask(const struct stockd_call *call, const struct drain *drain)
{
    char memory[WIX_CURSOR_MAX * 6 + 256], from[32];
    struct out body = {.data = memory, .room = sizeof(memory)};
    out_literal(&body, "{\"search\":{");
    if (!drain->cursor[0]) {
        kit_time_text(drain->from_ms, from);
        out_literal(&body, "\"filter\":{\"updatedDate\":{\"$gte\":");
        out_string(&body, from);
        out_literal(&body, "}},\"sort\":[{\"fieldName\":\"updatedDate\",\"order\":\"ASC\"}],");
    }
    wix_paging(&body, PAGE_ROWS, drain->cursor);
    out_literal(&body, "}}");
    return wix_send(call, "POST", "/ecom/v1/orders/search", &body, false);
}

/* The cursor and the word that all was read are committed with the last page's lines. An order that
 * could not be read keeps the cursor where it is: it is read again until it can be. What went on
 * from a kept place knows of what was before it as of its first page: a drain goes on from there.
 */
static enum stockd_verdict finish(const struct stockd_call *call, struct drain *drain)
{
    if (drain->resumed && !drain->lost && call->start->orders_mode == STOCKD_ORDERS_DRAIN) {
        int64_t known_ms = drain->started_ms;
        begin(call, drain);
        drain->from_ms = known_ms - OVERLAP_MS;
        kit_resume_put(call, drain->started_ms, drain->from_ms, "");
        return ask(call, drain);
    }
    if (!drain->lost) kit_resume_drop(call);
    if (!drain->lost && call->start->orders_mode == STOCKD_ORDERS_DRAIN)
        kit_brief_end(call, drain->started_ms, drain->pages + 1, &drain->brief);
    return kit_drain_end(call, CURSOR, drain->started_ms, drain->lost, drain->gap);
}

static const char endless[] = "a list of orders that does not show its end";

static enum stockd_verdict take_page(const struct stockd_call *call, struct drain *drain,
                                     const json_t *doc)
{
    const json_t *orders = wix_rows(doc, "orders", PAGE_ROWS);
    if (!orders) return kit_unreadable(call, "orders");
    char cursor[WIX_CURSOR_MAX + 1];
    size_t index;
    json_t *order;
    json_array_foreach (orders, index, order) {
        int64_t changed = kit_time(json_object_get(order, "updatedDate"));
        if (changed > drain->brief.newest_ms) drain->brief.newest_ms = changed;
        if (!wix_emit_order(call, drain->gate.catalog, order)) drain->lost = true;
    }
    strcpy(cursor, drain->cursor);
    switch (
        wix_next(json_object_get(doc, "metadata"), json_array_size(orders), PAGE_ROWS, cursor)) {
    case WIX_PAGE_MORE:
        drain = memory_for(call, cursor);
        if (!drain) return no_memory(call);
        strcpy(drain->cursor, cursor);
        if (!drain->lost && json_array_size(orders) >= KIT_RESUME_ROWS)
            kit_resume_put(call, drain->started_ms, drain->from_ms, drain->cursor);
        if (++drain->pages < PAGES_MAX) return ask(call, drain);
        kit_lose(call, &drain->lost, endless, NULL);
        break;
    case WIX_PAGE_LOST: kit_lose(call, &drain->lost, endless, NULL); break;
    case WIX_PAGE_END: break;
    }
    return finish(call, drain);
}

enum stockd_verdict wix_fetch_orders(const struct stockd_call *call)
{
    struct drain *drain = memory_for(call, "");
    if (!drain) return no_memory(call);
    bool first;
    /* The orders are the same for both catalogues; what their lines name is not. */
    enum stockd_verdict verdict = wix_gate(call, &drain->gate, false, &first);
    if (verdict) return verdict;
    if (first) {
        begin(call, drain);
        drain = resume(call, drain);
        return drain ? ask(call, drain) : no_memory(call);
    }
    json_t *doc;
    verdict = wix_read_answer(call, &drain->gate, &doc);
    if (!doc && drain->resumed && !drain->pages) kit_resume_refused(call);
    if (!doc) return verdict;
    verdict = take_page(call, drain, doc);
    json_decref(doc);
    return verdict;
}
