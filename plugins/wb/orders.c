/* fetch_orders: the new tasks, then those made since the last drain, page by page with their
 * statuses, then the statuses of what is still open here. No drain is brief (kit/brief.h): only
 * asking for each shows that it was cancelled. Which requests are made, and when the cursor may
 * move; a task's line is made in orders_line.c. */
#include "orders.h"

#include "kit/resume.h"

#include <stdio.h>
#include <stdlib.h>

/* The method takes periods of 30 days, and was seen to refuse more than about a week with an end.
 */
#define WINDOW_MS (INT64_C(6) * 86400000)
/* It knows tasks of three months. */
#define OLDEST_MS (INT64_C(89) * 86400000)
/* How far back a first drain looks when nobody says. */
#define FIRST_MS (INT64_C(30) * 86400000)
/* A million tasks in one window: a server whose pages never end is not followed. */
#define PAGES_MAX 1000u
/* The last window ends past the present, as far as Wildberries surely takes: the clock here may be
 * behind, and what was ordered since its now and cancelled again is in no list of new tasks. */
#define AHEAD_MS INT64_C(86400000)
/* /orders/new has no pages; so many new tasks at once are no answer. */
#define NEW_MAX 25000u
#define CURSOR  "orders-cursor"
/* The number of the last cut-over (start->reading_ms) whose orders were read to their end. */
#define CUT_OVER "orders-cut-over"

/* ---- where a drain begins ---- */

static void keep_open(const struct stockd_call *call, struct wb_drain *drain)
{
    uint32_t count = 0;
    bool sorted = true; /* as they mostly are: ids of one length in the order of their texts */
    for (uint32_t i = 0; i < call->start->open_order_count; i++) {
        const char *text = call->start->open_orders[i];
        int64_t id = kit_id_of(text);
        if (!id) continue;
        sorted &= !count || drain->open[count - 1].id <= id;
        drain->open[count++] = (struct wb_open){.id = id, .text = text};
    }
    if (!sorted) qsort(drain->open, count, sizeof(drain->open[0]), wb_open_order);
    for (uint32_t i = 0; i < count; i++)
        if (!drain->open_count || drain->open[drain->open_count - 1].id != drain->open[i].id)
            drain->open[drain->open_count++] = drain->open[i];
}

static void begin_pages(const struct stockd_call *call, struct wb_drain *drain)
{
    int64_t cursor = kit_state_past(call, CURSOR), since = call->start->since_ms;
    int64_t over = kit_state_time(call, CUT_OVER);
    drain->started_ms = call->now_ms;
    drain->resumed = false;
    if (call->start->orders_mode == STOCKD_ORDERS_SWEEP) {
        drain->cut_over = !over || over != call->start->reading_ms;
        drain->from_ms = since;
        drain->gap = !cursor || since > cursor;
    } else if (cursor) {
        drain->from_ms = cursor - WB_OVERLAP_MS;
    } else {
        drain->from_ms = since > 0 ? since : call->now_ms - FIRST_MS;
    }
    if (drain->from_ms < call->now_ms - OLDEST_MS) drain->from_ms = call->now_ms - OLDEST_MS;
    if (drain->from_ms > call->now_ms - WB_OVERLAP_MS)
        drain->from_ms = call->now_ms - WB_OVERLAP_MS;
}

static void resume_pages(const struct stockd_call *call, struct wb_drain *drain)
{
    struct kit_resume at;
    if (!kit_resume(call, &at)) return;
    int64_t next = strcmp(at.place, "0") == 0 ? 0 : kit_id_of(at.place);
    if (!next && strcmp(at.place, "0") != 0) return;
    drain->resumed = true;
    drain->started_ms = at.started_ms;
    drain->from_ms = at.from_ms;
    drain->next = next;
}

static void keep_place(const struct stockd_call *call, const struct wb_drain *drain)
{
    char digits[KIT_ID_TEXT];
    if (drain->lost || drain->count < KIT_RESUME_ROWS) return;
    kit_digits(drain->next, digits);
    kit_resume_put(call, drain->started_ms, drain->from_ms, digits);
}

/* ---- the requests ---- */

enum stockd_verdict wb_orders_send(const struct stockd_call *call, const char *path,
                                   const struct out *body)
{
    return wb_send(call, &(struct wb_ask){.endpoint = WB_MARKETPLACE,
                                          .bucket = WB_BUCKET_ORDERS,
                                          .path = path,
                                          .body = body});
}

static enum stockd_verdict ask_page(const struct stockd_call *call, struct wb_drain *drain)
{
    char memory[160];
    struct out path = {.data = memory, .room = sizeof(memory) - 1};
    drain->phase = WB_READ_PAGE;
    drain->to_ms = drain->from_ms + WINDOW_MS;
    if (drain->to_ms > drain->started_ms + AHEAD_MS) drain->to_ms = drain->started_ms + AHEAD_MS;
    out_literal(&path, "/api/v3/orders?limit=");
    out_int(&path, WB_ORDER_ROWS);
    out_literal(&path, "&next=");
    out_int(&path, drain->next);
    out_literal(&path, "&dateFrom=");
    out_int(&path, drain->from_ms / 1000);
    out_literal(&path, "&dateTo=");
    out_int(&path, drain->to_ms / 1000);
    memory[path.size] = '\0';
    return wb_orders_send(call, memory, NULL);
}

/* ---- the end ---- */

/* The cursor and the word that all was read are committed with the last lines. A task that could
 * not be read keeps the cursor where it is: it is read again until it can be. A status that was not
 * told does not, but at a cut-over: its task is open, and is asked about by every drain until it is
 * told. */
static enum stockd_verdict finish(const struct stockd_call *call, const struct wb_drain *drain)
{
    char text[160];
    if (drain->unknown) {
        snprintf(text, sizeof(text), "Wildberries did not tell the status of %u orders",
                 drain->unknown);
        call->host->log(call->ctx, 1, text);
    }
    if (!drain->lost && !drain->gap && kit_state_time(call, CUT_OVER) != call->start->reading_ms)
        kit_state_time_put(call, CUT_OVER, call->start->reading_ms);
    return kit_drain_end(call, CURSOR, drain->started_ms, drain->lost, drain->gap);
}

static enum stockd_verdict ask_open(const struct stockd_call *call, struct wb_drain *drain)
{
    drain->phase = WB_READ_OPEN;
    enum stockd_verdict verdict = wb_status_ask(call, drain);
    return verdict ? verdict : finish(call, drain);
}

/* After a page and its statuses: the next page, window, or what is open. */
static enum stockd_verdict go_on(const struct stockd_call *call, struct wb_drain *drain)
{
    bool more = !drain->last_page;
    if (!more) {
        drain->from_ms = drain->to_ms;
        drain->next = 0;
        drain->pages = 0;
        drain->last_page = false;
        more = drain->from_ms < drain->started_ms + AHEAD_MS;
    }
    drain->went_on = true;
    if (more) {
        keep_place(call, drain);
        return ask_page(call, drain);
    }
    if (!drain->resumed || drain->lost || call->start->orders_mode == STOCKD_ORDERS_SWEEP) {
        if (!drain->lost) kit_resume_drop(call);
        return ask_open(call, drain);
    }
    /* Of what was before the kept place it knows as of its first page: from there once more. */
    int64_t known_ms = drain->started_ms;
    begin_pages(call, drain);
    drain->from_ms = known_ms - WB_OVERLAP_MS;
    kit_resume_put(call, drain->started_ms, drain->from_ms, "0");
    return ask_page(call, drain);
}

/* ---- the answers ---- */

/* New tasks are new: their status needs no question. Of one that is open here nothing is told: as
 * long as it waits, every drain lists it, and what is known of it is known. */
static enum stockd_verdict take_new(const struct stockd_call *call, struct wb_drain *drain,
                                    const json_t *doc)
{
    static const struct wb_status fresh = {.supplier = "new", .wb = "waiting"};
    const json_t *rows = wb_rows(json_object_get(doc, "orders"), NEW_MAX);
    if (!rows) return kit_unreadable(call, "orders");
    size_t index;
    json_t *row;
    int64_t id;
    json_array_foreach (rows, index, row) {
        struct wb_task task;
        if (kit_id(json_object_get(row, "id"), &id) && wb_open_find(drain, id)) continue;
        if (wb_task_read(call, row, &task))
            wb_task_emit(call, &task, &fresh);
        else
            drain->lost = true;
    }
    return ask_page(call, drain);
}

static const char endless[] = "a list of orders that does not show its end";

/* Whether the page is the last of its window: `next` null, 0 or where it was, or an empty page. */
static void note_next(const struct stockd_call *call, struct wb_drain *drain, const json_t *doc,
                      size_t rows)
{
    const json_t *value = json_object_get(doc, "next");
    int64_t next = 0;
    drain->last_page = true;
    if (value && !json_is_null(value) && (!kit_int(value, &next) || next < 0)) {
        kit_lose(call, &drain->lost, endless, NULL);
        return;
    }
    if (!value && rows >= WB_ORDER_ROWS) kit_lose(call, &drain->lost, endless, NULL);
    if (rows == 0 || next == 0 || next == drain->next) return;
    if (++drain->pages == PAGES_MAX) {
        kit_lose(call, &drain->lost, endless, NULL);
        return;
    }
    drain->next = next;
    drain->last_page = false;
}

/* Room for what is open here, and behind it for so many tasks; what is there stays. */
static struct wb_drain *drain_room(const struct stockd_call *call, size_t tasks)
{
    struct wb_drain *drain;
    size_t open = call->start->open_order_count;
    drain = call->host->scratch(call->ctx, sizeof(*drain) + open * sizeof(struct wb_open) +
                                               tasks * sizeof(struct wb_task));
    if (drain) drain->open_room = (uint32_t)open;
    return drain;
}

static enum stockd_verdict take_page(const struct stockd_call *call, const json_t *doc)
{
    const json_t *rows = wb_rows(json_object_get(doc, "orders"), WB_ORDER_ROWS);
    if (!rows) return kit_unreadable(call, "orders");
    size_t room = json_array_size(rows) < WB_ORDER_ROWS ? json_array_size(rows) : WB_ORDER_ROWS;
    struct wb_drain *drain = drain_room(call, room);
    if (!drain) return kit_bug(call, "no scratch memory for a page of orders");
    size_t index;
    json_t *row;
    drain->count = 0;
    json_array_foreach (rows, index, row) {
        if (drain->count == WB_ORDER_ROWS) {
            kit_lose(call, &drain->lost, "more orders than a page has", "/api/v3/orders");
            break;
        }
        struct wb_task *task = &wb_drain_tasks(drain)[drain->count];
        if (wb_task_read(call, row, task))
            drain->count++;
        else
            drain->lost = true;
    }
    note_next(call, drain, doc, json_array_size(rows));
    drain->phase = WB_READ_STATUS;
    enum stockd_verdict verdict = wb_status_ask(call, drain);
    return verdict ? verdict : go_on(call, drain);
}

static enum stockd_verdict take(const struct stockd_call *call, struct wb_drain *drain,
                                const json_t *doc)
{
    switch (drain->phase) {
    case WB_READ_NEW: return take_new(call, drain, doc);
    case WB_READ_PAGE: return take_page(call, doc);
    case WB_READ_STATUS:
    case WB_READ_OPEN: break;
    }
    if (!wb_status_take(call, drain, doc)) return kit_unreadable(call, "orders");
    return drain->phase == WB_READ_OPEN ? ask_open(call, drain) : go_on(call, drain);
}

enum stockd_verdict wb_fetch_orders(const struct stockd_call *call)
{
    struct wb_drain *drain = drain_room(call, 0);
    if (!drain) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) {
        begin_pages(call, drain);
        resume_pages(call, drain);
        keep_open(call, drain);
        return wb_orders_send(call, "/api/v3/orders/new", NULL);
    }
    json_t *doc;
    enum stockd_verdict verdict = wb_read_answer(call, WB_BUCKET_ORDERS, false, &doc);
    if (!doc && drain->resumed && drain->phase == WB_READ_PAGE && !drain->went_on)
        kit_resume_refused(call);
    if (!doc) return verdict;
    verdict = take(call, drain, doc);
    json_decref(doc);
    return verdict;
}
