/* Rows of a reading that were refused: what they said, and why they cannot be. Kept with their run,
 * at most RUN_BAD_MAX of each, and removed with it. [engine thread, write transaction] but for
 * run_bad_read. */
#ifndef STOCKD_ENGINE_RUN_BAD_H
#define STOCKD_ENGINE_RUN_BAD_H

#include "engine/run.h"

enum { RUN_BAD_MAX = 1000 }; /* rows kept of one run: more of them say nothing new */

struct run_bad {
    struct bytes code; /* "negative", "above-maximum", "twice", "unknown-listing" ... */
    struct bytes text; /* a sentence */
    struct bytes listing, warehouse; /* as the row named them; size 0: it did not */
    struct bytes place;              /* where in the answer, as the plugin says; or "" */
    int64_t figure;                  /* FIGURE_UNKNOWN: none that could be read */
};

/* A number for a run that has no row yet: run_put takes it. The run that is too old goes. */
uint64_t run_number_next(struct engine *engine, struct store_txn *txn);
/* The run's n-th refused row, from 0; past RUN_BAD_MAX it is not kept. */
void run_bad_put(struct engine *engine, struct store_txn *txn, uint64_t run, uint64_t n,
                 const struct run_bad *bad);
enum status run_bad_read(struct bytes from, struct run_bad *bad);

#endif
