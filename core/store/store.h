/* The store: ordered tables of bytes in one environment, with transactions. Two implementations:
 * LMDB (lmdb_store.h) for the daemon, memory (memory.h) for tests and the simulator. What the
 * tables are is in tables.h; what records mean is the engine's. Schema versions are in schema.h,
 * restoring in backup.h, looking for damage in check.h.
 *
 * OWNERSHIP. Bytes returned by get and by cursors live until the next write in the same transaction
 * or its end; copy what must live longer. Bytes given are copied; those given to put and append
 * must not be ones this transaction returned (LMDB moves them while it copies).
 *
 * CONCURRENCY. One write transaction at a time, on the engine thread only. Read transactions on any
 * thread, each used by one thread at a time, each seeing the last commit before it began. No read
 * transaction is kept across a message between threads. A store object itself may be shared.
 *
 * ERRORS. The first failed write makes the transaction fail for good: later calls return the same
 * status and store_commit refuses with the first error's sentence. So a caller may write without
 * looking and check once. A read that fails (damage, a broken disk) does the same. ST_NOT_FOUND
 * from get, seek, next, prev, last and delete is an answer, not an error.
 *
 * KEYS have 1 to STORE_KEY_MAX bytes. Writing a longer one is ST_TOO_BIG, an empty one ST_INVALID,
 * both naming the table; looking for one finds nothing. Values have 0 to 4 GiB - 1 bytes. */
#ifndef STOCKD_STORE_STORE_H
#define STOCKD_STORE_STORE_H

#include "base/bytes.h"
#include "base/error.h"
#include "store/tables.h"

#include <stdbool.h>
#include <stdint.h>

struct store;
struct store_txn;
struct store_cursor;

enum { STORE_KEY_MAX = 511 }; /* LMDB's, as it is built everywhere (mdb_env_get_maxkeysize) */

enum store_access { STORE_READ, STORE_WRITE };

void store_close(struct store *store);

/* A second write transaction at the same time is ST_BUG: waiting for it would never end. */
enum status store_begin(struct store *store, enum store_access access, struct store_txn **txn,
                        struct error *error);
/* ST_OK: durable. Otherwise nothing of it is there. Either way the transaction is gone. */
enum status store_commit(struct store_txn *txn, struct error *error);
void store_abort(struct store_txn *txn);

/* `value` may be NULL where only being there matters; so may both results of cursors. */
enum status store_get(struct store_txn *txn, enum store_table table, struct bytes key,
                      struct bytes *value);
enum status store_put(struct store_txn *txn, enum store_table table, struct bytes key,
                      struct bytes value);
/* Faster put for a key greater than every key of the table; ST_BUG (and a failed transaction)
 * otherwise. */
enum status store_append(struct store_txn *txn, enum store_table table, struct bytes key,
                         struct bytes value);
/* ST_NOT_FOUND when it was not there; the transaction goes on. */
enum status store_delete(struct store_txn *txn, enum store_table table, struct bytes key);
/* Rows; 0 in a transaction that failed. */
uint64_t store_count(struct store_txn *txn, enum store_table table);

/* Why the transaction failed, or ST_OK. */
enum status store_failed(struct store_txn *txn, struct error *error);

/* Cursors die with their transaction, or earlier by store_cursor_close.
 *
 * A cursor stands before the first row, on a row, where a row was, or behind the last. A new one
 * stands nowhere: store_next gives the first row, store_prev the last. Behind the last (next, seek
 * or last found nothing) store_prev gives the last row and store_next nothing; before the first the
 * other way round. Writes by other means to the same table do not disturb it: store_next gives the
 * first row above the key it stood on, store_prev the last one below. */
struct store_cursor *store_cursor(struct store_txn *txn, enum store_table table);
void store_cursor_close(struct store_cursor *cursor);
/* The first row whose key is not below `key`. */
enum status store_seek(struct store_cursor *cursor, struct bytes key, struct bytes *found,
                       struct bytes *value);
enum status store_next(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
enum status store_prev(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
enum status store_last(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
/* Replaces the value of / removes the row the cursor stands on. After a delete, store_next gives
 * the row that followed it. Standing on no row is ST_BUG and fails the transaction. */
enum status store_cursor_put(struct store_cursor *cursor, struct bytes value);
enum status store_cursor_delete(struct store_cursor *cursor);

/* Removes every row whose key begins so; a failure is the transaction's (store_failed). */
void store_delete_prefix(struct store_txn *txn, enum store_table table, struct bytes prefix);

struct store_usage {
    uint64_t used_bytes;  /* pages in use; the other ones in the file are free to be used again */
    uint64_t file_bytes;  /* never shrinks; a backup is without the free pages */
    uint64_t limit_bytes; /* the map: what used_bytes can grow to */
};
/* Any thread. Begins a read transaction. */
struct store_usage store_usage(struct store *store);

/* A write failed in a way that this object cannot go on from: every transaction is refused from now
 * on, while the store itself is as the last commit left it. Opened anew, by a new process, it goes
 * on. Any thread. */
bool store_is_lost(struct store *store);

/* A consistent copy while writing goes on, into the new directory `path`, which appears only when
 * it is whole and on disk. ST_EXISTS when something is there, ST_UNSUPPORTED in memory. Any thread.
 * Pages freed meanwhile are not used again before it ends, so the file grows if much is written. */
enum status store_backup(struct store *store, const char *path, struct error *error);

/* For implementations: the head of every store, transaction and cursor. */
struct store_ops {
    void (*close)(struct store *);
    enum status (*begin)(struct store *, enum store_access, struct store_txn **, struct error *);
    enum status (*commit)(struct store_txn *, struct error *);
    void (*abort)(struct store_txn *);
    enum status (*get)(struct store_txn *, enum store_table, struct bytes, struct bytes *);
    enum status (*put)(struct store_txn *, enum store_table, struct bytes, struct bytes,
                       bool append);
    enum status (*del)(struct store_txn *, enum store_table, struct bytes);
    uint64_t (*count)(struct store_txn *, enum store_table);
    enum status (*failed)(struct store_txn *, struct error *);
    struct store_cursor *(*cursor)(struct store_txn *, enum store_table);
    void (*cursor_close)(struct store_cursor *);
    enum status (*seek)(struct store_cursor *, struct bytes, struct bytes *, struct bytes *);
    enum status (*next)(struct store_cursor *, struct bytes *, struct bytes *);
    enum status (*prev)(struct store_cursor *, struct bytes *, struct bytes *);
    enum status (*last)(struct store_cursor *, struct bytes *, struct bytes *);
    enum status (*cursor_put)(struct store_cursor *, struct bytes);
    enum status (*cursor_delete)(struct store_cursor *);
    struct store_usage (*usage)(struct store *);
    enum status (*backup)(struct store *, const char *, struct error *);
    bool (*is_lost)(struct store *); /* NULL: never */
    /* Whether the bytes underneath make sense, before anything trusts them; NULL: nothing to look
     * at. For check.c. */
    enum status (*check)(struct store_txn *, struct error *);
};

struct store {
    const struct store_ops *ops;
};
struct store_txn {
    const struct store_ops *ops;
};
struct store_cursor {
    const struct store_ops *ops;
};

#endif
