/* fetch_orders: the new tasks, then those made since the last drain, page by page with their
 * statuses, then the statuses of what is still open here. Which requests are made, and when the
 * cursor may move; a task's line is made in orders_line.c. */
#include "orders.h"

#include <stdio.h>
#include <stdlib.h>

/* The method takes periods of 30 days, and was seen to refuse more than about a week with an end.
 */
#define WINDOW_MS (INT64_C(6) * 86400000)
/* It knows tasks of three months. */
#define OLDEST_MS (INT64_C(89) * 86400000)
/* How far back a first drain looks when nobody says. */
#define FIRST_MS (INT64_C(30) * 86400000)
/* Read again before the cursor: clocks differ, and a task may be shown late. */
#define OVERLAP_MS 900000
/* A million tasks in one window: a server whose pages never end is not followed. */
#define PAGES_MAX 1000u
/* /orders/new has no pages; so many new tasks at once are no answer. */
#define NEW_MAX 25000u
#define CURSOR  "orders-cursor"

enum phase { READ_NEW, READ_PAGE, READ_STATUS, READ_OPEN };

struct open_order {
    int64_t id;
    bool told; /* a page had it: its line went out, with its status */
};

struct drain {
    enum phase phase;
    uint32_t pages; /* of the window */
    uint32_t count; /* of tasks */
    uint32_t open_count, open_first, open_asked;
    uint32_t unknown; /* tasks whose status was not told */
    bool lost;        /* a task could not be read, or a page not be reached */
    bool gap;         /* a sweep that begins after what is known: moves nothing */
    bool last_page;
    int64_t started_ms, from_ms, to_ms, next;
    struct wb_task tasks[WB_ORDER_ROWS];
    struct open_order open[]; /* in order, each once */
};

/* ---- where a drain begins ---- */

/* The stored cursor, or 0. */
static int64_t stored_cursor(const struct stockd_call *call)
{
    size_t size;
    char text[KIT_ID_TEXT] = "";
    const void *data = call->host->state_get(call->ctx, CURSOR, &size);
    if (!data || size >= sizeof(text)) return 0;
    memcpy(text, data, size);
    int64_t cursor = kit_id_of(text);
    return cursor <= call->now_ms ? cursor : call->now_ms;
}

static int by_id(const void *a, const void *b)
{
    const struct open_order *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void keep_open(const struct stockd_call *call, struct drain *drain)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < call->start->open_order_count; i++) {
        int64_t id = kit_id_of(call->start->open_orders[i]);
        if (id) drain->open[count++] = (struct open_order){.id = id};
    }
    qsort(drain->open, count, sizeof(drain->open[0]), by_id);
    for (uint32_t i = 0; i < count; i++)
        if (!drain->open_count || drain->open[drain->open_count - 1].id != drain->open[i].id)
            drain->open[drain->open_count++] = drain->open[i];
}

static void begin(const struct stockd_call *call, struct drain *drain)
{
    int64_t cursor = stored_cursor(call), since = call->start->since_ms;
    drain->started_ms = call->now_ms;
    if (call->start->orders_mode == STOCKD_ORDERS_SWEEP) {
        drain->from_ms = since;
        drain->gap = !cursor || since > cursor;
    } else if (cursor) {
        drain->from_ms = cursor - OVERLAP_MS;
    } else {
        drain->from_ms = since > 0 ? since : call->now_ms - FIRST_MS;
    }
    if (drain->from_ms < call->now_ms - OLDEST_MS) drain->from_ms = call->now_ms - OLDEST_MS;
    if (drain->from_ms > call->now_ms - OVERLAP_MS) drain->from_ms = call->now_ms - OVERLAP_MS;
    keep_open(call, drain);
}

/* ---- the requests ---- */

static enum stockd_verdict send(const struct stockd_call *call, const char *path,
                                const struct out *body)
{
    return wb_send(call, &(struct wb_ask){.endpoint = WB_MARKETPLACE,
                                          .bucket = WB_BUCKET_ORDERS,
                                          .path = path,
                                          .body = body});
}

/* The window's end is never ahead of now, which Wildberries refuses. */
static enum stockd_verdict ask_page(const struct stockd_call *call, struct drain *drain)
{
    char path[160];
    drain->phase = READ_PAGE;
    drain->to_ms = drain->from_ms + WINDOW_MS;
    if (drain->to_ms > drain->started_ms) drain->to_ms = drain->started_ms;
    snprintf(path, sizeof(path), "/api/v3/orders?limit=%u&next=%lld&dateFrom=%lld&dateTo=%lld",
             WB_ORDER_ROWS, (long long)drain->next, (long long)(drain->from_ms / 1000),
             (long long)(drain->to_ms / 1000));
    return send(call, path, NULL);
}

static enum stockd_verdict ask_status(const struct stockd_call *call, struct drain *drain)
{
    char memory[WB_ORDER_ROWS * (KIT_ID_TEXT + 1) + 32];
    struct out body = {.data = memory, .room = sizeof(memory)};
    bool open = drain->phase == READ_OPEN;
    uint32_t asked = 0;
    out_literal(&body, "{\"orders\":[");
    for (uint32_t i = 0; !open && i < drain->count; i++) {
        if (asked++) out_literal(&body, ",");
        out_int(&body, drain->tasks[i].id);
    }
    drain->open_first += open ? drain->open_asked : 0;
    drain->open_asked = 0;
    for (; open && asked < WB_ORDER_ROWS; drain->open_asked++) {
        if (drain->open_first + drain->open_asked == drain->open_count) break;
        const struct open_order *order = &drain->open[drain->open_first + drain->open_asked];
        if (order->told) continue;
        if (asked++) out_literal(&body, ",");
        out_int(&body, order->id);
    }
    if (!asked) return 0;
    out_literal(&body, "]}");
    return send(call, "/api/v3/orders/status", &body);
}

/* ---- the end ---- */

/* The cursor and the word that all was read are committed with the last lines. A task that could
 * not be read keeps the cursor where it is: it is read again until it can be. A status that was not
 * told does not: its task is open, and is asked about by every drain until it is told. */
static enum stockd_verdict finish(const struct stockd_call *call, const struct drain *drain)
{
    char text[160], digits[KIT_ID_TEXT];
    if (drain->unknown) {
        snprintf(text, sizeof(text), "Wildberries did not tell the status of %u orders",
                 drain->unknown);
        call->host->log(call->ctx, 1, text);
    }
    if (drain->lost) {
        call->host->log(call->ctx, 1, "orders were not read to their end; the cursor stays");
        return STOCKD_DONE;
    }
    if (drain->gap) return STOCKD_DONE;
    size_t size = kit_digits(drain->started_ms, digits);
    call->host->state_put(call->ctx, CURSOR, digits, size);
    call->host->drained_until(call->ctx, drain->started_ms);
    return STOCKD_DONE;
}

static enum stockd_verdict ask_open(const struct stockd_call *call, struct drain *drain)
{
    drain->phase = READ_OPEN;
    enum stockd_verdict verdict = ask_status(call, drain);
    return verdict ? verdict : finish(call, drain);
}

/* After a page and its statuses: the next page, window, or what is open. */
static enum stockd_verdict go_on(const struct stockd_call *call, struct drain *drain)
{
    if (!drain->last_page) return ask_page(call, drain);
    drain->from_ms = drain->to_ms;
    drain->next = 0;
    drain->pages = 0;
    drain->last_page = false;
    if (drain->from_ms < drain->started_ms) return ask_page(call, drain);
    return ask_open(call, drain);
}

/* ---- the answers ---- */

static void mark_told(struct drain *drain, int64_t id)
{
    struct open_order key = {.id = id};
    struct open_order *order =
        drain->open_count ? bsearch(&key, drain->open, drain->open_count, sizeof(key), by_id)
                          : NULL;
    if (order) order->told = true;
}

/* New tasks are new: their status needs no question. */
static enum stockd_verdict take_new(const struct stockd_call *call, struct drain *drain,
                                    const json_t *doc)
{
    static const struct wb_status fresh = {.supplier = "new", .wb = "waiting"};
    const json_t *rows = wb_rows(json_object_get(doc, "orders"), NEW_MAX);
    if (!rows) return kit_unreadable(call, "orders");
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row) {
        struct wb_task task;
        if (wb_task_read(call, row, &task))
            wb_task_emit(call, &task, &fresh);
        else
            drain->lost = true;
    }
    return ask_page(call, drain);
}

/* Whether the page is the last of its window: `next` null, 0 or where it was, or an empty page. */
static void note_next(struct drain *drain, const json_t *doc, size_t rows)
{
    const json_t *value = json_object_get(doc, "next");
    int64_t next = 0;
    drain->last_page = true;
    if (value && !json_is_null(value) && (!kit_int(value, &next) || next < 0)) {
        drain->lost = true;
        return;
    }
    if (!value && rows >= WB_ORDER_ROWS) drain->lost = true;
    if (rows == 0 || next == 0 || next == drain->next) return;
    if (++drain->pages == PAGES_MAX) {
        drain->lost = true;
        return;
    }
    drain->next = next;
    drain->last_page = false;
}

static enum stockd_verdict take_page(const struct stockd_call *call, struct drain *drain,
                                     const json_t *doc)
{
    const json_t *rows = wb_rows(json_object_get(doc, "orders"), WB_ORDER_ROWS);
    if (!rows) return kit_unreadable(call, "orders");
    size_t index;
    json_t *row;
    drain->count = 0;
    json_array_foreach (rows, index, row) {
        if (drain->count == WB_ORDER_ROWS) {
            kit_malformed(call, "more orders than a page has", "/api/v3/orders");
            drain->lost = true;
            break;
        }
        struct wb_task *task = &drain->tasks[drain->count];
        if (wb_task_read(call, row, task))
            drain->count++;
        else
            drain->lost = true;
    }
    note_next(drain, doc, json_array_size(rows));
    drain->phase = READ_STATUS;
    enum stockd_verdict verdict = ask_status(call, drain);
    return verdict ? verdict : go_on(call, drain);
}

static struct wb_task *find_task(struct drain *drain, int64_t id, size_t guess)
{
    for (uint32_t i = 0; i < drain->count; i++) {
        struct wb_task *task = &drain->tasks[(guess + i) % drain->count];
        if (task->id == id) return task;
    }
    return NULL;
}

static struct wb_status status_of(const json_t *row)
{
    return (struct wb_status){
        .supplier = kit_text(json_object_get(row, "supplierStatus"), 64),
        .wb = kit_text(json_object_get(row, "wbStatus"), 64),
    };
}

/* The status of a task of the page, or of one that is open here. */
static void take_status(const struct stockd_call *call, struct drain *drain, const json_t *row,
                        int64_t id, size_t guess)
{
    struct wb_status status = status_of(row);
    struct wb_task known_only = {.id = id};
    enum stockd_order_state state;
    if (drain->phase == READ_STATUS) {
        struct wb_task *task = find_task(drain, id, guess);
        if (!task || task->told) return;
        if (!wb_status_state(&status, &state)) return; /* counted with those that are missing */
        wb_task_emit(call, task, &status);
        task->told = true;
        mark_told(drain, id);
        return;
    }
    struct open_order key = {.id = id};
    struct open_order *order =
        bsearch(&key, drain->open + drain->open_first, drain->open_asked, sizeof(key), by_id);
    if (!order || order->told || !wb_status_state(&status, &state)) return;
    wb_task_emit(call, &known_only, &status);
    order->told = true;
}

/* What was asked about and not told: a task of the page is open, as far as is known; of one that is
 * open here nothing new is known. */
static void take_missing(const struct stockd_call *call, struct drain *drain)
{
    static const struct wb_status none;
    for (uint32_t i = 0; drain->phase == READ_STATUS && i < drain->count; i++) {
        if (drain->tasks[i].told) continue;
        wb_task_emit(call, &drain->tasks[i], &none);
        mark_told(drain, drain->tasks[i].id);
        drain->unknown++;
    }
    for (uint32_t i = 0; drain->phase == READ_OPEN && i < drain->open_asked; i++)
        if (!drain->open[drain->open_first + i].told) drain->unknown++;
}

static enum stockd_verdict take_statuses(const struct stockd_call *call, struct drain *drain,
                                         const json_t *doc)
{
    const json_t *rows = wb_rows(json_object_get(doc, "orders"), WB_ORDER_ROWS);
    if (!rows) return kit_unreadable(call, "orders");
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row) {
        int64_t id;
        if (kit_id(json_object_get(row, "id"), &id)) {
            take_status(call, drain, row, id, index);
            continue;
        }
        kit_malformed(call, "a status without a usable id", "/api/v3/orders/status");
        drain->lost = true;
    }
    take_missing(call, drain);
    return drain->phase == READ_OPEN ? ask_open(call, drain) : go_on(call, drain);
}

static enum stockd_verdict take(const struct stockd_call *call, struct drain *drain,
                                const json_t *doc)
{
    switch (drain->phase) {
    case READ_NEW: return take_new(call, drain, doc);
    case READ_PAGE: return take_page(call, drain, doc);
    case READ_STATUS:
    case READ_OPEN: break;
    }
    return take_statuses(call, drain, doc);
}

enum stockd_verdict wb_fetch_orders(const struct stockd_call *call)
{
    struct drain *drain =
        call->host->scratch(call->ctx, sizeof(*drain) + sizeof(struct open_order) *
                                                            (size_t)call->start->open_order_count);
    if (!drain) return kit_bug(call, "no scratch memory");
    if (call->event == STOCKD_START) {
        begin(call, drain);
        return send(call, "/api/v3/orders/new", NULL);
    }
    json_t *doc;
    enum stockd_verdict verdict = wb_read_answer(call, WB_BUCKET_ORDERS, false, &doc);
    if (!doc) return verdict;
    verdict = take(call, drain, doc);
    json_decref(doc);
    return verdict;
}
