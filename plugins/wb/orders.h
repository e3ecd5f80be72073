/* What the files of fetch_orders share. */
#ifndef WB_ORDERS_H
#define WB_ORDERS_H

#include "wb.h"

#define WB_ORDER_ROWS 1000u /* of a page, and ids of one question for statuses (official text) */

/* Read again before the cursor: clocks differ, and a task may be shown late. */
#define WB_OVERLAP_MS 900000

/* Barcodes kept of one task; the size's own id stands beside them. */
#define WB_TASK_BARCODES 4u
#define WB_BARCODE_MAX   64u

/* An assembly task, which is one piece, as a page told it. */
struct wb_task {
    int64_t id, chrt, warehouse, created_ms; /* 0: not said */
    bool zero;                               /* ordered although the stock was 0 */
    bool id_only;                            /* all else a page told of it, some time before */
    bool told;                               /* its line went out */
    char article[STOCKD_ID_MAX + 1];
    char barcodes[WB_TASK_BARCODES][WB_BARCODE_MAX + 1];
};

/* ---- orders_line.c ---- */

/* Reads a row of a page; false when it is malformed (and was said to be). */
bool wb_task_read(const struct stockd_call *call, const json_t *row, struct wb_task *task);

/* The two words for a task's state. */
struct wb_status {
    const char *supplier, *wb; /* NULL: not said */
};
/* What they mean; false when they are not known. */
bool wb_status_state(const struct wb_status *status, enum stockd_order_state *state);

/* Emits the task's line. Without a status that is known it is open: that it was ordered is sure,
 * that its piece is back is not. */
void wb_task_emit(const struct stockd_call *call, const struct wb_task *task,
                  const struct wb_status *status);

/* ---- orders.c: one drain ---- */

enum wb_phase { WB_READ_NEW, WB_READ_PAGE, WB_READ_STATUS, WB_READ_OPEN };

struct wb_open {
    int64_t id;
    const char *text; /* the same, of the call's start: each drain asks about all of them */
    bool told;        /* a page had it: its line went out, with its status */
};

struct wb_drain {
    enum wb_phase phase;
    uint32_t pages; /* of the window */
    uint32_t count; /* of tasks */
    uint32_t open_count, open_first, open_asked;
    uint32_t unknown; /* tasks whose status was not told */
    bool lost;        /* a task could not be read, or a page not be reached */
    bool gap;         /* a sweep that begins after what is known: moves nothing */
    bool cut_over;    /* nobody knows yet which tasks were over when the orders began to be read */
    bool last_page;
    bool resumed; /* it goes on where an earlier one was interrupted */
    bool went_on; /* a page was read */
    int64_t started_ms, from_ms, to_ms, next;
    uint32_t open_room;
    struct wb_open open[]; /* in order, each once; behind it the tasks of the page */
};

/* `count` of them; most drains have none, and none has room for more than its page has. */
static inline struct wb_task *wb_drain_tasks(struct wb_drain *drain)
{
    return (struct wb_task *)(drain->open + drain->open_room);
}

enum stockd_verdict wb_orders_send(const struct stockd_call *call, const char *path,
                                   const struct out *body);

/* ---- orders_status.c ---- */

/* Compares two struct wb_open, for qsort and bsearch. */
int wb_open_order(const void *a, const void *b);
/* The one of that id; NULL: it is not open here. */
struct wb_open *wb_open_find(struct wb_drain *drain, int64_t id);
/* Asks about the tasks of the page, or (WB_READ_OPEN) the next of those that are open here; 0 when
 * there are none left to ask about. */
enum stockd_verdict wb_status_ask(const struct stockd_call *call, struct wb_drain *drain);
/* Emits the lines of those asked about; false when the answer has no list. */
bool wb_status_take(const struct stockd_call *call, struct wb_drain *drain, const json_t *doc);

#endif
