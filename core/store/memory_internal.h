/* What memory.c and memory_cursor.c share. Private to them. One thread. */
#ifndef STOCKD_STORE_MEMORY_INTERNAL_H
#define STOCKD_STORE_MEMORY_INTERNAL_H

#include "store/memory.h"
#include "store/memory_table.h"

/* One change of one row, with the rows before and after it; one of them may be NULL. */
struct memory_change {
    enum store_table table;
    struct memory_row *before, *after;
};

struct memory_log {
    struct memory_change *changes;
    size_t count, room;
};

struct memory_cursor;

struct memory_lent {
    struct memory_lent *next;
    uint8_t bytes[];
};

struct memory_txn {
    struct store_txn head;
    struct memory_store *store;
    bool write;
    struct memory_log log;
    struct memory_cursor *open;
    struct memory_lent *lent; /* strict */
    struct memory_txn *next, *prev;
    struct error failure; /* the last: its text is not zeroed */
};

struct memory_fault {
    enum status status;
    uint64_t after;
    bool always;
};

struct memory_store {
    struct store head;
    struct memory_table tables[TABLE_COUNT];
    struct memory_txn *writer, *open; /* open: all, the writer too */
    size_t readers;
    struct memory_log commits[STORE_MEMORY_COMMITS]; /* a ring: undoable, oldest first */
    size_t first, kept;
    struct memory_fault faults[STORE_FAULT_COMMIT + 1];
    bool strict;
};

/* Fails the transaction when it may not write or a fault is due. */
enum status memory_writable(struct memory_txn *txn, enum store_table table);
enum status memory_fail(struct memory_txn *txn, enum status status, enum store_table table,
                        const char *why);
/* Changes the row at `place`: `after` instead of what is there (`there`), NULL for removing. */
void memory_change_row(struct memory_txn *txn, enum store_table table, struct memory_place *place,
                       bool there, struct memory_row *after);
/* The row's bytes as the caller gets them. */
void memory_lend(struct memory_txn *txn, const struct memory_row *row, struct bytes *key,
                 struct bytes *value);
void memory_lent_free(struct memory_txn *txn);

struct store_cursor *memory_cursor_open(struct store_txn *txn, enum store_table table);
void memory_cursor_close(struct store_cursor *cursor);
enum status memory_seek(struct store_cursor *cursor, struct bytes key, struct bytes *found,
                        struct bytes *value);
enum status memory_next(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
enum status memory_prev(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
enum status memory_last(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
enum status memory_cursor_put(struct store_cursor *cursor, struct bytes value);
enum status memory_cursor_delete(struct store_cursor *cursor);
void memory_cursors_close(struct memory_txn *txn);

#endif
