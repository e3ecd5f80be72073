/* Looking a store through from the bytes up: pages, then rows. What rows mean is the engine's to
 * check. Any thread; a read transaction of its own, so the store may be written meanwhile. */
#ifndef STOCKD_STORE_CHECK_H
#define STOCKD_STORE_CHECK_H

#include "base/error.h"
#include "store/store.h"

#include <stdint.h>

struct store_check {
    uint64_t rows[TABLE_COUNT];
    uint64_t bytes[TABLE_COUNT]; /* keys and values */
};

/* Every page is readable, sane and used once; every table's keys ascend, and its rows are as many
 * as it says. ST_DAMAGED names table and place. `report` may be NULL. */
enum status store_check(struct store *store, struct store_check *report, struct error *error);

/* The same within a transaction, for what must be seen together with it; without the pages. */
enum status store_check_rows(struct store_txn *txn, enum store_table table,
                             struct store_check *report, struct error *error);

#endif
