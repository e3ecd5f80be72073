/* What the files of fetch_orders share. */
#ifndef WB_ORDERS_H
#define WB_ORDERS_H

#include "wb.h"

#define WB_ORDER_ROWS 1000u /* of a page, and ids of one question for statuses (official text) */

/* Barcodes kept of one task; the size's own id stands beside them. */
#define WB_TASK_BARCODES 4u
#define WB_BARCODE_MAX   64u

/* An assembly task, which is one piece, as a page told it. */
struct wb_task {
    int64_t id, chrt, warehouse, created_ms; /* 0: not said */
    bool zero;                               /* ordered although the stock was 0 */
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

#endif
