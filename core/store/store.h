/* The store: ordered tables of bytes in one environment, with transactions. Two implementations:
 * LMDB (lmdb.h of this folder) for the daemon, memory (memory.h) for tests and the simulator. What
 * the tables are is in tables.h; what records mean is the engine's.
 *
 * OWNERSHIP. Bytes returned by get and by cursors live until the next write in the same transaction
 * or its end; copy what must live longer. Bytes given are copied.
 *
 * CONCURRENCY. One write transaction at a time, on the engine thread only. Read transactions on any
 * thread, each used by one thread at a time, each seeing the last commit before it began. No read
 * transaction is kept across a message between threads. A store object itself may be shared.
 *
 * ERRORS. The first failed write makes the transaction fail for good: later calls return the same
 * status and store_commit refuses with the first error's sentence. So a caller may write without
 * looking and check once. ST_NOT_FOUND from get, seek and next is an answer, not an error. */
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

enum store_access { STORE_READ, STORE_WRITE };

void store_close(struct store *store);

enum status store_begin(struct store *store, enum store_access access, struct store_txn **txn,
                        struct error *error);
/* ST_OK: durable. Otherwise nothing of it is there. Either way the transaction is gone. */
enum status store_commit(struct store_txn *txn, struct error *error);
void store_abort(struct store_txn *txn);

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
uint64_t store_count(struct store_txn *txn, enum store_table table);

/* Why the transaction failed, or ST_OK. */
enum status store_failed(struct store_txn *txn, struct error *error);

/* Cursors die with their transaction, or earlier by store_cursor_close. */
struct store_cursor *store_cursor(struct store_txn *txn, enum store_table table);
void store_cursor_close(struct store_cursor *cursor);
/* The first row whose key is not below `key`. */
enum status store_seek(struct store_cursor *cursor, struct bytes key, struct bytes *found,
                       struct bytes *value);
enum status store_next(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
enum status store_prev(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
enum status store_last(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
/* Replaces the value of / removes the row the cursor stands on. After a delete, store_next gives
 * the row that followed it. */
enum status store_cursor_put(struct store_cursor *cursor, struct bytes value);
enum status store_cursor_delete(struct store_cursor *cursor);

struct store_usage {
    uint64_t used_bytes; /* pages in use */
    uint64_t file_bytes;
    uint64_t limit_bytes; /* the map: what used_bytes can grow to */
};
struct store_usage store_usage(struct store *store);

/* A consistent copy while writing goes on, into the new directory `path`. Any thread. */
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
