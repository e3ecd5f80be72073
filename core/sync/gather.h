/* Reading an account for an import: its orders to their end, warehouses and listings where they are
 * stale, all stock anew, and the orders again, so that every order placed before the stock was read
 * is known. What is read goes the ordinary way (duty.h, orders.c) into the store; a gathering only
 * asks, waits, and says how it went.
 *
 * What fails is tried again as ever; after GATHER_FAILURES in a row the gathering fails, with the
 * marketplace's own words. Loop thread.
 *
 * OWNERSHIP. The caller's, from gather_start to gather_free, which may be called at any time, also
 * inside its callbacks. */
#ifndef STOCKD_SYNC_GATHER_H
#define STOCKD_SYNC_GATHER_H

#include "sync/sync.h"

enum {
    GATHER_FAILURES = 3,
    GATHER_LISTINGS_MS = 10 * 60 * 1000, /* lists older than that are read again */
    GATHER_LIMIT_MS = 60 * 60 * 1000,    /* of all: then somebody should look */
};

enum gather_stage {
    GATHER_ORDERS = 0,
    GATHER_LISTS = 1, /* warehouses and listings */
    GATHER_STOCK = 2,
    GATHER_ORDERS_AGAIN = 3,
    GATHER_STAGES = 4,
};

struct gather_view {
    enum gather_stage stage;
    int64_t done, total; /* of the stage; total 0: not known */
    const char *waiting; /* "" or the last failure */
};

struct gather_ending {
    enum status status;
    const char *error;
    uint32_t account;    /* the engine's number */
    bool orders_import;  /* its reservations are known */
    bool listings_whole; /* were read to their end */
    bool stock_whole;    /* likewise, and each row of it was used: what was not read is not there */
    int64_t stock_ms;    /* when the reading of stock began: figures read since are of it */
};

struct gather_options {
    const char *account; /* copied */
    void (*changed)(void *ctx, const struct gather_view *view);
    void (*ended)(void *ctx,
                  const struct gather_ending *ending); /* once, never from gather_start */
    void *ctx;
};

struct gather;
struct gather *gather_start(struct sync *sync, const struct gather_options *options);
void gather_free(struct gather *gather); /* NULL is fine */

#endif
