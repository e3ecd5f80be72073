/* The store in memory: transactions with undo, crashes, faults. Rows in order are memory_table.c's,
 * cursors memory_cursor.c's. */
#include "store/memory.h"

#include "base/mem.h"
#include "store/memory_internal.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#define STRICT_BY_ITSELF true
#else
#define STRICT_BY_ITSELF false
#endif

static struct memory_store *store_of(const struct store *store)
{
    return (struct memory_store *)store;
}

/* There is one version of the data. Not assert(): simulations run in release builds. */
static void must(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "store in memory: %s\n", what);
    abort();
}

/* Faults. */

void store_memory_fail_next(struct store *store, enum store_memory_fault fault, uint64_t after,
                            enum status status, bool always)
{
    store_of(store)->faults[fault] = (struct memory_fault){status, after, always};
}

static enum status fault_due(struct memory_store *store, enum store_memory_fault which)
{
    struct memory_fault *fault = &store->faults[which];
    if (fault->status == ST_OK) return ST_OK;
    if (fault->after > 0) {
        fault->after--;
        return ST_OK;
    }
    enum status status = fault->status;
    if (!fault->always) fault->status = ST_OK;
    return status;
}

/* Changes, and taking them back. */

static void log_add(struct memory_log *log, struct memory_change change)
{
    if (log->count == log->room) {
        log->room = log->room ? log->room * 2 : 16;
        log->changes = mem_resize(log->changes, log->room * sizeof *log->changes);
    }
    log->changes[log->count++] = change;
}

static void log_free(struct memory_log *log)
{
    mem_free(log->changes);
    *log = (struct memory_log){0};
}

static void log_undo(struct memory_store *store, struct memory_log *log)
{
    while (log->count > 0) {
        struct memory_change *change = &log->changes[--log->count];
        struct memory_table *table = &store->tables[change->table];
        struct memory_row *row = change->after ? change->after : change->before;
        struct memory_place place;
        memory_table_find(table, memory_row_key(row), &place);
        if (!change->before)
            memory_table_remove(table, place);
        else if (change->after)
            memory_table_replace(table, place, change->before);
        else
            memory_table_insert(table, &place, change->before);
        mem_free(change->after);
    }
    log_free(log);
}

/* The changes stay: what was before them is not needed any more. */
static void log_keep(struct memory_log *log)
{
    for (size_t i = 0; i < log->count; i++)
        mem_free(log->changes[i].before);
    log_free(log);
}

void memory_change_row(struct memory_txn *txn, enum store_table table, struct memory_place *place,
                       bool there, struct memory_row *after)
{
    struct memory_table *rows = &txn->store->tables[table];
    struct memory_change change = {table, NULL, after};
    if (there && after)
        change.before = memory_table_replace(rows, *place, after);
    else if (there)
        change.before = memory_table_remove(rows, *place);
    else
        memory_table_insert(rows, place, after);
    log_add(&txn->log, change);
}

/* What callers are shown. */

void memory_lent_free(struct memory_txn *txn)
{
    while (txn->lent) {
        struct memory_lent *lent = txn->lent;
        txn->lent = lent->next;
        mem_free(lent);
    }
}

void memory_lend(struct memory_txn *txn, const struct memory_row *row, struct bytes *key,
                 struct bytes *value)
{
    const uint8_t *bytes = row->bytes;
    if (txn->store->strict && (key || value)) {
        struct memory_lent *lent = mem_alloc(sizeof *lent + row->key_size + row->value_size);
        memcpy(lent->bytes, row->bytes, row->key_size + row->value_size);
        lent->next = txn->lent;
        txn->lent = lent;
        bytes = lent->bytes;
    }
    if (key) *key = bytes_of(bytes, row->key_size);
    if (value) *value = bytes_of(bytes + row->key_size, row->value_size);
}

/* Transactions. */

/* All but the room for a sentence, which is most of it, is zeroed. */
static struct memory_txn *txn_new(struct memory_store *store)
{
    struct memory_txn *txn = mem_bare(sizeof *txn);
    memset(txn, 0, offsetof(struct memory_txn, failure));
    txn->head.ops = store->head.ops;
    txn->store = store;
    txn->failure.status = ST_OK;
    txn->failure.text[0] = 0;
    return txn;
}

static enum status memory_begin(struct store *head, enum store_access access,
                                struct store_txn **out, struct error *error)
{
    struct memory_store *store = store_of(head);
    *out = NULL;
    enum status status = fault_due(store, STORE_FAULT_BEGIN);
    if (status != ST_OK)
        return error_set(error, status,
                         "store in memory: beginning a transaction: a fault was "
                         "asked for");
    if (access == STORE_WRITE && store->writer)
        return error_set(error, ST_BUG, "store in memory: a write transaction is open already");
    must(access == STORE_WRITE || !store->writer || store->writer->log.count == 0,
         "a read transaction begins amid the writes of another");
    struct memory_txn *txn = txn_new(store);
    txn->write = access == STORE_WRITE;
    txn->next = store->open;
    if (txn->next) txn->next->prev = txn;
    store->open = txn;
    if (txn->write)
        store->writer = txn;
    else
        store->readers++;
    *out = &txn->head;
    return ST_OK;
}

static void txn_free(struct memory_txn *txn)
{
    struct memory_store *store = txn->store;
    memory_cursors_close(txn);
    memory_lent_free(txn);
    if (txn->write)
        store->writer = NULL;
    else
        store->readers--;
    if (txn->next) txn->next->prev = txn->prev;
    if (txn->prev)
        txn->prev->next = txn->next;
    else
        store->open = txn->next;
    mem_free(txn);
}

static void memory_abort(struct store_txn *head)
{
    struct memory_txn *txn = (struct memory_txn *)head;
    log_undo(txn->store, &txn->log);
    txn_free(txn);
}

static void commit_keep(struct memory_store *store, struct memory_log *log)
{
    if (store->kept == STORE_MEMORY_COMMITS) {
        log_keep(&store->commits[store->first]);
        store->first = (store->first + 1) % STORE_MEMORY_COMMITS;
        store->kept--;
    }
    store->commits[(store->first + store->kept++) % STORE_MEMORY_COMMITS] = *log;
    *log = (struct memory_log){0};
}

static enum status memory_failed(struct store_txn *head, struct error *error)
{
    struct memory_txn *txn = (struct memory_txn *)head;
    if (txn->failure.status != ST_OK && error) *error = txn->failure;
    return txn->failure.status;
}

static enum status memory_commit(struct store_txn *head, struct error *error)
{
    struct memory_txn *txn = (struct memory_txn *)head;
    enum status status = memory_failed(head, error);
    if (status == ST_OK && txn->write) {
        status = fault_due(txn->store, STORE_FAULT_COMMIT);
        if (status != ST_OK)
            error_set(error, status, "store in memory: committing: a fault was asked for");
    }
    if (status == ST_OK && txn->write) commit_keep(txn->store, &txn->log);
    memory_abort(head);
    return status;
}

enum status memory_fail(struct memory_txn *txn, enum status status, enum store_table table,
                        const char *why)
{
    if (txn->failure.status != ST_OK) return txn->failure.status;
    return error_set(&txn->failure, status, "store in memory: table %s: %s",
                     store_table_name(table), why);
}

enum status memory_writable(struct memory_txn *txn, enum store_table table)
{
    if (txn->failure.status != ST_OK) return txn->failure.status;
    if (!txn->write) return memory_fail(txn, ST_BUG, table, "written in a read transaction");
    must(txn->store->readers == 0, "a write while a read transaction is open");
    enum status status = fault_due(txn->store, STORE_FAULT_WRITE);
    return status == ST_OK ? ST_OK : memory_fail(txn, status, table, "a fault was asked for");
}

/* Rows by key. */

static enum status memory_get(struct store_txn *head, enum store_table table, struct bytes key,
                              struct bytes *value)
{
    struct memory_txn *txn = (struct memory_txn *)head;
    if (txn->failure.status != ST_OK) return txn->failure.status;
    struct memory_place place;
    struct memory_table *rows = &txn->store->tables[table];
    if (!memory_table_find(rows, key, &place)) return ST_NOT_FOUND;
    memory_lend(txn, memory_table_at(rows, place), NULL, value);
    return ST_OK;
}

static enum status key_possible(struct memory_txn *txn, enum store_table table, struct bytes key)
{
    if (key.size == 0) return memory_fail(txn, ST_INVALID, table, "the key is empty");
    if (key.size <= STORE_KEY_MAX) return ST_OK;
    return memory_fail(txn, ST_TOO_BIG, table, "the key is longer than 511 bytes");
}

static enum status memory_put(struct store_txn *head, enum store_table table, struct bytes key,
                              struct bytes value, bool append)
{
    struct memory_txn *txn = (struct memory_txn *)head;
    enum status status = memory_writable(txn, table);
    if (status == ST_OK) status = key_possible(txn, table, key);
    if (status != ST_OK) return status;
    memory_lent_free(txn); /* before the copy: bytes given must not be bytes returned */
    struct memory_row *row = memory_row_new(key, value);
    struct memory_place place;
    struct memory_table *rows = &txn->store->tables[table];
    bool there = memory_table_find(rows, memory_row_key(row), &place);
    if (append && place.leaf != rows->count) {
        mem_free(row);
        return memory_fail(txn, ST_BUG, table, "an appended key is not above every other");
    }
    memory_change_row(txn, table, &place, there, row);
    return ST_OK;
}

static enum status memory_del(struct store_txn *head, enum store_table table, struct bytes key)
{
    struct memory_txn *txn = (struct memory_txn *)head;
    enum status status = memory_writable(txn, table);
    if (status != ST_OK) return status;
    struct memory_place place;
    if (!memory_table_find(&txn->store->tables[table], key, &place)) return ST_NOT_FOUND;
    memory_change_row(txn, table, &place, true, NULL);
    memory_lent_free(txn);
    return ST_OK;
}

static uint64_t memory_count(struct store_txn *head, enum store_table table)
{
    struct memory_txn *txn = (struct memory_txn *)head;
    return txn->failure.status == ST_OK ? txn->store->tables[table].rows : 0;
}

/* The whole. */

static struct store_usage memory_usage(struct store *head)
{
    struct store_usage usage = {.limit_bytes = SIZE_MAX};
    for (unsigned table = 0; table < TABLE_COUNT; table++)
        usage.used_bytes += store_of(head)->tables[table].bytes;
    usage.file_bytes = usage.used_bytes;
    return usage;
}

static enum status memory_backup(struct store *store, const char *path, struct error *error)
{
    (void)store;
    return error_set(error, ST_UNSUPPORTED, "%s: a store in memory has no backup", path);
}

static void memory_close(struct store *head)
{
    struct memory_store *store = store_of(head);
    while (store->open)
        memory_abort(&store->open->head);
    store_memory_acknowledge(head);
    for (unsigned table = 0; table < TABLE_COUNT; table++)
        memory_table_free(&store->tables[table]);
    mem_free(store);
}

static const struct store_ops memory_ops = {
    .close = memory_close,
    .begin = memory_begin,
    .commit = memory_commit,
    .abort = memory_abort,
    .get = memory_get,
    .put = memory_put,
    .del = memory_del,
    .count = memory_count,
    .failed = memory_failed,
    .cursor = memory_cursor_open,
    .cursor_close = memory_cursor_close,
    .seek = memory_seek,
    .next = memory_next,
    .prev = memory_prev,
    .last = memory_last,
    .cursor_put = memory_cursor_put,
    .cursor_delete = memory_cursor_delete,
    .usage = memory_usage,
    .backup = memory_backup,
};

struct store *store_open_memory(void)
{
    struct memory_store *store = mem_alloc(sizeof *store);
    store->head.ops = &memory_ops;
    store->strict = STRICT_BY_ITSELF;
    return &store->head;
}

void store_memory_strict(struct store *store, bool strict)
{
    store_of(store)->strict = strict;
}

void store_memory_acknowledge_but(struct store *head, uint64_t newest)
{
    struct memory_store *store = store_of(head);
    for (; store->kept > newest; store->kept--) {
        log_keep(&store->commits[store->first]);
        store->first = (store->first + 1) % STORE_MEMORY_COMMITS;
    }
}

void store_memory_acknowledge(struct store *head)
{
    store_memory_acknowledge_but(head, 0);
}

uint64_t store_memory_unacknowledged(const struct store *store)
{
    return store_of(store)->kept;
}

uint64_t store_memory_changes(const struct store *store, enum store_table table)
{
    return store_of(store)->tables[table].changes;
}

uint64_t store_memory_crash(struct store *head, uint64_t commits_lost)
{
    struct memory_store *store = store_of(head);
    uint64_t lost = 0;
    while (store->open)
        memory_abort(&store->open->head);
    for (; lost < commits_lost && store->kept > 0; lost++)
        log_undo(store, &store->commits[(store->first + --store->kept) % STORE_MEMORY_COMMITS]);
    return lost;
}
