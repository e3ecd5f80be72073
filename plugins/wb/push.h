/* What the two files of push_stock share. */
#ifndef WB_PUSH_H
#define WB_PUSH_H

#include "wb.h"

/* What is known of one item while its answer is read. */
struct wb_slot {
    int64_t chrt;     /* 0: cannot be sent */
    bool named;       /* the answer refuses this very item */
    const char *code; /* and says why; of the document */
    const char *text;
};

/* The same outcome for every item that was sent and is not named. */
void wb_push_rest(const struct stockd_call *call, const struct wb_slot *slots,
                  enum stockd_outcome_kind kind, int64_t until_ms, const struct wb_error *error);

/* ---- push_errors.c ---- */

/* The answer to a write that was refused; `doc` may be NULL. */
enum stockd_verdict wb_push_refused(const struct stockd_call *call, struct wb_slot *slots,
                                    const json_t *doc);

#endif
