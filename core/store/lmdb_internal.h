/* What the files lmdb_*.c share. Private to them.
 *
 * CONCURRENCY. The pool of read transactions is under `pool_lock`; `writing`, `commits` and `lost`
 * are atomic; the rest of the store does not change after opening. A transaction and its cursors
 * belong to one thread. */
#ifndef STOCKD_STORE_LMDB_INTERNAL_H
#define STOCKD_STORE_LMDB_INTERNAL_H

#include "store/lmdb_store.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

struct lmdb_cursor;

/* Read transactions are kept between uses: LMDB resets and renews them for a tenth of the price of
 * a new one. The write transaction is the one in the store. */
struct lmdb_txn {
    struct store_txn head;
    struct lmdb_store *store;
    MDB_txn *mdb;
    bool write;
    struct error failure;         /* status ST_OK: none yet */
    uint32_t writes[TABLE_COUNT]; /* so that cursors notice writes by others */
    /* One of LMDB's cursors per table for get, put and delete by key: LMDB first looks whether the
     * key belongs on the page it stands on, which makes work in key order two to three times as
     * fast as mdb_put and mdb_get, and costs work at random nothing. */
    MDB_cursor *by_key[TABLE_COUNT];
    uint32_t by_key_use[TABLE_COUNT]; /* the use of this object it was opened or renewed in */
    uint32_t use;
    struct lmdb_cursor *open;
    struct lmdb_cursor *spare[TABLE_COUNT]; /* read: renewable; write: only [0], memory alone */
    struct lmdb_txn *next_idle;
};

struct lmdb_store {
    struct store head;
    MDB_env *env;
    MDB_dbi tables[TABLE_COUNT];
    char *path, *backups;
    int lock;    /* of "<path>.lock" */
    int data_fd; /* LMDB's */
    uint64_t page_bytes;
    struct lmdb_txn writer;
    atomic_bool writing;
    atomic_uint commits; /* that began; it may wrap */
    atomic_bool lost;    /* LMDB refuses everything from now on (MDB_PANIC) */
    pthread_mutex_t pool_lock;
    struct lmdb_txn *idle;
};

/* Where a cursor stands. */
enum lmdb_place { PLACE_NEW, PLACE_BEFORE, PLACE_ROW, PLACE_GAP, PLACE_BEHIND };

struct lmdb_cursor {
    struct store_cursor head;
    struct lmdb_txn *txn;
    MDB_cursor *mdb;
    enum store_table table;
    enum lmdb_place place;
    uint32_t writes; /* of the table when it came to stand there */
    struct lmdb_cursor *next, *prev;
    size_t key_size; /* PLACE_ROW in a write transaction, PLACE_GAP: the key it stands on */
    uint8_t key[STORE_KEY_MAX];
};

/* lmdb_error.c */
enum status lmdb_status(int rc);
/* A sentence for LMDB's `rc` while doing `what`. */
enum status lmdb_explain(const struct lmdb_store *store, int rc, const char *what,
                         struct error *error);
/* Makes the transaction fail for good; returns its (first) status. */
enum status lmdb_fail(struct lmdb_txn *txn, enum store_table table, const char *verb, int rc);
enum status lmdb_fail_key(struct lmdb_txn *txn, enum store_table table, const char *verb,
                          size_t size);
enum status lmdb_fail_text(struct lmdb_txn *txn, enum status status, const char *text,
                           enum store_table table);
/* "; the newest backup is ..." for messages about damage. */
void lmdb_error_add_backup(struct error *error, const char *backups);

/* lmdb_txn.c */
enum status lmdb_begin(struct store *store, enum store_access access, struct store_txn **txn,
                       struct error *error);
enum status lmdb_commit(struct store_txn *txn, struct error *error);
void lmdb_abort(struct store_txn *txn);
enum status lmdb_failed(struct store_txn *txn, struct error *error);
void lmdb_pool_empty(struct lmdb_store *store);

/* lmdb_rows.c */
enum status lmdb_get(struct store_txn *txn, enum store_table table, struct bytes key,
                     struct bytes *value);
enum status lmdb_put(struct store_txn *txn, enum store_table table, struct bytes key,
                     struct bytes value, bool append);
enum status lmdb_del(struct store_txn *txn, enum store_table table, struct bytes key);
uint64_t lmdb_count(struct store_txn *txn, enum store_table table);

/* lmdb_cursor.c */
struct store_cursor *lmdb_cursor_open(struct store_txn *txn, enum store_table table);
void lmdb_cursor_close(struct store_cursor *cursor);
enum status lmdb_seek(struct store_cursor *cursor, struct bytes key, struct bytes *found,
                      struct bytes *value);
enum status lmdb_next(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
enum status lmdb_prev(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
enum status lmdb_last(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
enum status lmdb_cursor_put(struct store_cursor *cursor, struct bytes value);
enum status lmdb_cursor_delete(struct store_cursor *cursor);
/* The table's cursor for access by key; NULL when the transaction failed by it. */
MDB_cursor *lmdb_by_key_open(struct lmdb_txn *txn, enum store_table table);
static inline MDB_cursor *lmdb_by_key(struct lmdb_txn *txn, enum store_table table)
{
    return txn->by_key_use[table] == txn->use ? txn->by_key[table] : lmdb_by_key_open(txn, table);
}
/* Before a transaction ends: closes its cursors. After, for good: frees what was spare. */
void lmdb_cursors_close(struct lmdb_txn *txn);
void lmdb_cursors_free(struct lmdb_txn *txn);

/* lmdb_backup.c */
enum status lmdb_backup(struct store *store, const char *path, struct error *error);
/* lmdb_check.c */
enum status lmdb_check(struct store_txn *txn, struct error *error);

#endif
