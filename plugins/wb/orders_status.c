/* fetch_orders: asking for the statuses of a page's tasks, and of those that are open here, and
 * what is told of each. What two words mean together is in orders_line.c. */
#include "orders.h"

#include <stdlib.h>
#include <string.h>

int wb_open_order(const void *a, const void *b)
{
    const struct wb_open *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

enum stockd_verdict wb_status_ask(const struct stockd_call *call, struct wb_drain *drain)
{
    char memory[WB_ORDER_ROWS * (KIT_ID_TEXT + 1) + 32];
    struct out body = {.data = memory, .room = sizeof(memory)};
    const struct wb_task *tasks = wb_drain_tasks(drain);
    bool open = drain->phase == WB_READ_OPEN;
    uint32_t asked = 0;
    out_literal(&body, "{\"orders\":[");
    for (uint32_t i = 0; !open && i < drain->count; i++) {
        if (asked++) out_literal(&body, ",");
        out_int(&body, tasks[i].id);
    }
    drain->open_first += open ? drain->open_asked : 0;
    drain->open_asked = 0;
    for (; open && asked < WB_ORDER_ROWS; drain->open_asked++) {
        if (drain->open_first + drain->open_asked == drain->open_count) break;
        const struct wb_open *order = &drain->open[drain->open_first + drain->open_asked];
        if (order->told) continue;
        if (asked++) out_literal(&body, ",");
        out_bytes(&body, order->text, strlen(order->text));
    }
    if (!asked) return 0;
    out_literal(&body, "]}");
    return wb_orders_send(call, "/api/v3/orders/status", &body);
}

struct wb_open *wb_open_find(struct wb_drain *drain, int64_t id)
{
    struct wb_open key = {.id = id};
    if (!drain->open_count) return NULL;
    return bsearch(&key, drain->open, drain->open_count, sizeof(key), wb_open_order);
}

static void mark_told(struct wb_drain *drain, int64_t id)
{
    struct wb_open *order = wb_open_find(drain, id);
    if (order) order->told = true;
}

static struct wb_task *find_task(struct wb_drain *drain, int64_t id, size_t guess)
{
    for (uint32_t i = 0; i < drain->count; i++) {
        struct wb_task *task = &wb_drain_tasks(drain)[(guess + i) % drain->count];
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
static void take_status(const struct stockd_call *call, struct wb_drain *drain, const json_t *row,
                        int64_t id, size_t guess)
{
    struct wb_status status = status_of(row);
    struct wb_task known_only = {.id = id, .id_only = true};
    enum stockd_order_state state;
    if (drain->phase == WB_READ_STATUS) {
        struct wb_task *task = find_task(drain, id, guess);
        if (!task || task->told) return;
        if (!wb_status_state(&status, &state)) return; /* counted with those that are missing */
        wb_task_emit(call, task, &status);
        task->told = true;
        mark_told(drain, id);
        return;
    }
    struct wb_open key = {.id = id};
    struct wb_open *order = bsearch(&key, drain->open + drain->open_first, drain->open_asked,
                                    sizeof(key), wb_open_order);
    if (!order || order->told || !wb_status_state(&status, &state)) return;
    if (state != STOCKD_ORDER_OPEN) wb_task_emit(call, &known_only, &status); /* else it is known */
    order->told = true;
}

/* At a cut-over what is over by then is to have no effect, and most of what is listed is over: were
 * a task open whose status is not told, the piece of a parcel of last week would be reserved, and
 * leave the shelf when it is told; one that was cancelled would give back a piece that an available
 * figure has already. And the guard lets what orders do pass: one answer without statuses would
 * take a month's sales off every figure. So the orders count as not read, and are read again. What
 * was ordered a moment ago is not over for long, and may have no status yet; what is open here was
 * told. */
static bool may_be_over(struct wb_drain *drain, const struct wb_task *task)
{
    return drain->cut_over && task->created_ms < drain->started_ms - WB_OVERLAP_MS &&
           !wb_open_find(drain, task->id);
}

/* What was asked about and not told, or in words that this version does not know: a task of the
 * page is open, as far as is known; of one that is open here nothing new is known. */
static void take_missing(const struct stockd_call *call, struct wb_drain *drain)
{
    static const struct wb_status none;
    const struct wb_task *tasks = wb_drain_tasks(drain);
    for (uint32_t i = 0; drain->phase == WB_READ_STATUS && i < drain->count; i++) {
        if (tasks[i].told) continue;
        if (may_be_over(drain, &tasks[i])) {
            char digits[KIT_ID_TEXT];
            kit_digits(tasks[i].id, digits);
            kit_lose(call, &drain->lost, "an order whose status is not told", digits);
            continue;
        }
        wb_task_emit(call, &tasks[i], &none);
        mark_told(drain, tasks[i].id);
        drain->unknown++;
    }
    for (uint32_t i = 0; drain->phase == WB_READ_OPEN && i < drain->open_asked; i++)
        if (!drain->open[drain->open_first + i].told) drain->unknown++;
}

bool wb_status_take(const struct stockd_call *call, struct wb_drain *drain, const json_t *doc)
{
    const json_t *rows = wb_rows(json_object_get(doc, "orders"), WB_ORDER_ROWS);
    if (!rows) return false;
    size_t index;
    json_t *row;
    json_array_foreach (rows, index, row) {
        int64_t id;
        if (kit_id(json_object_get(row, "id"), &id)) {
            take_status(call, drain, row, id, index);
            continue;
        }
        kit_lose(call, &drain->lost, "a status without a usable id", "/api/v3/orders/status");
    }
    take_missing(call, drain);
    return true;
}
