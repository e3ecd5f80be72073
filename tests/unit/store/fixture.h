/* What tests of the store share: a scratch directory, both implementations behind one call, and
 * short ways to write and expect rows. */
#ifndef STOCKD_TEST_STORE_FIXTURE_H
#define STOCKD_TEST_STORE_FIXTURE_H

#include "store/lmdb_store.h"
#include "store/memory.h"
#include "store/store.h"

#include "test_main.h"

enum {
    FIXTURE_MAP_BYTES = 1 << 30 /* a slow backup keeps many old pages */,
    FIXTURE_PATH_MAX = 256
};

/* A fresh directory under $TMPDIR or /tmp; removed with all below it by fixture_scratch_remove. */
struct scratch {
    char path[FIXTURE_PATH_MAX];
};
void scratch_make(struct scratch *scratch);
void scratch_remove(struct scratch *scratch);
/* "<scratch>/<name>", static storage, eight at a time. */
const char *scratch_path(const struct scratch *scratch, const char *name);

enum fixture_kind { FIXTURE_LMDB, FIXTURE_MEMORY, FIXTURE_KINDS };

/* A new store of that kind; LMDB's at "<scratch>/store", without durability. */
struct store *fixture_open(enum fixture_kind kind, const struct scratch *scratch);
/* The LMDB store at `path` with a small map; fails the test when it does not open. */
struct store *fixture_open_lmdb(const char *path);

struct store_txn *fixture_begin(struct store *store, enum store_access access);
void fixture_commit(struct store_txn *txn);
/* One row in a transaction of its own. */
void fixture_put(struct store *store, enum store_table table, const char *key, const char *value);
/* The row's value equals `value`; NULL: there is no such row. */
void fixture_expect(struct store_txn *txn, enum store_table table, const char *key,
                    const char *value);
void fixture_expect_committed(struct store *store, enum store_table table, const char *key,
                              const char *value);
/* A sentence has this part. */
void fixture_expect_text(const struct error *error, const char *part);

void fixture_file_write(const char *path, const void *data, size_t size);
/* The whole file, mem_free. */
char *fixture_file_read(const char *path, size_t *size);

#endif
