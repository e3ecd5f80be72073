/* Looking for damage of meaning: every fold and every index is computed again from one read
 * transaction and compared with what is stored. What `stockctl store verify` runs, and what the
 * tests run after every step. (Damage of bytes is the store's: store/check.h.)
 *
 * Rows are streamed; memory is bounded by the small tables (directory.h) and by the writes on
 * their way (VERIFY_FLIGHTS_MAX). Any thread; holds its read transaction as long as it runs, so
 * pages freed meanwhile are not used again: about a second for a million targets. */
#ifndef STOCKD_VERIFY_VERIFY_H
#define STOCKD_VERIFY_VERIFY_H

#include "base/error.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    VERIFY_PROGRESS_ROWS = 10000, /* rows between two calls of `progress` */
    VERIFY_FLIGHTS_MAX = 1000000, /* targets on their way that are compared one by one */
};

struct verify_hooks {
    /* One finding, a sentence: which row, what it says, what it should say. May be NULL. */
    void (*report)(void *ctx, const char *table, const char *sentence);
    /* `done` of `total` rows; false stops (ST_CANCELLED). May be NULL. */
    bool (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
};

struct verify_result {
    uint64_t checked;  /* rows */
    uint64_t findings; /* 0: all is as it should be */
};

/* ST_OK when it came to the end, whatever it found; anything else when it could not read on. */
enum status engine_verify(struct store_txn *txn, const struct verify_hooks *hooks,
                          struct verify_result *result, struct error *error);

#endif
