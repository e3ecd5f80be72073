/* The two readings of stock: the seller's warehouses by given sizes, and all that Wildberries keeps
 * in its own. */
#ifndef WB_STOCK_H
#define WB_STOCK_H

#include "wb.h"

/* One size's figure in the warehouses of Wildberries. */
struct wb_fbw_size {
    int64_t chrt, quantity;
};

/* The state of a reading of FBW: the start of the operation's scratch memory, whose first field is
 * the operation's to tell its parts by. */
struct wb_fbw {
    uint32_t part;
    uint32_t count, room; /* of sizes */
    uint32_t emitted;
    uint32_t pages;
    bool emitting, lost;
    int64_t offset;
};

/* When FBW was last read, or was last refused; 0: never. */
int64_t wb_fbw_read_ms(const struct stockd_call *call);
/* Begins a reading: takes the operation's scratch memory and marks it with `part`. A refusal ends
 * the operation well, with a word in the log: these figures are only shown. */
enum stockd_verdict wb_fbw_begin(const struct stockd_call *call, uint32_t part);
enum stockd_verdict wb_fbw_step(const struct stockd_call *call);

#endif
