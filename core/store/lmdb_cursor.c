/* Cursors of the LMDB store. LMDB keeps cursors right under writes by others more or less,
 * depending on its version; here a cursor in a write transaction remembers the key it stands on and
 * seeks it again when the table was written by other means, so store.h's promise is ours. */
#include "base/mem.h"
#include "store/lmdb_internal.h"

#include <string.h>

static inline struct lmdb_cursor *cursor_of(struct store_cursor *head)
{
    return (struct lmdb_cursor *)head;
}

/* Opening and closing. A reader's cursors are renewed, a writer's die with LMDB's transaction. */

static struct lmdb_cursor *cursor_reuse(struct lmdb_txn *txn, enum store_table table)
{
    unsigned slot = txn->write ? 0 : table;
    struct lmdb_cursor *cursor = txn->spare[slot];
    if (!cursor) {
        cursor = mem_alloc(sizeof *cursor);
        cursor->head.ops = txn->head.ops;
        cursor->txn = txn;
    } else {
        txn->spare[slot] = cursor->next;
    }
    cursor->table = table;
    return cursor;
}

struct store_cursor *lmdb_cursor_open(struct store_txn *head, enum store_table table)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)head;
    struct lmdb_cursor *cursor = cursor_reuse(txn, table);
    int rc = 0;
    if (cursor->mdb)
        rc = mdb_cursor_renew(txn->mdb, cursor->mdb);
    else if (txn->failure.status == ST_OK)
        rc = mdb_cursor_open(txn->mdb, txn->store->tables[table], &cursor->mdb);
    if (rc) lmdb_fail(txn, table, "opening a cursor on", rc);
    cursor->place = PLACE_NEW;
    cursor->prev = NULL;
    cursor->next = txn->open;
    if (cursor->next) cursor->next->prev = cursor;
    txn->open = cursor;
    return &cursor->head;
}

void lmdb_cursor_close(struct store_cursor *head)
{
    struct lmdb_cursor *cursor = cursor_of(head);
    struct lmdb_txn *txn = cursor->txn;
    if (txn->write && cursor->mdb) {
        mdb_cursor_close(cursor->mdb);
        cursor->mdb = NULL;
    }
    if (cursor->next) cursor->next->prev = cursor->prev;
    if (cursor->prev)
        cursor->prev->next = cursor->next;
    else
        txn->open = cursor->next;
    unsigned slot = txn->write ? 0 : cursor->table;
    cursor->next = txn->spare[slot];
    txn->spare[slot] = cursor;
}

MDB_cursor *lmdb_by_key_open(struct lmdb_txn *txn, enum store_table table)
{
    MDB_cursor **cursor = &txn->by_key[table];
    int rc = *cursor ? mdb_cursor_renew(txn->mdb, *cursor)
                     : mdb_cursor_open(txn->mdb, txn->store->tables[table], cursor);
    if (rc) {
        lmdb_fail(txn, table, "opening a cursor on", rc);
        return NULL;
    }
    txn->by_key_use[table] = txn->use;
    return *cursor;
}

void lmdb_cursors_close(struct lmdb_txn *txn)
{
    /* LMDB frees a writer's cursors with the transaction; a reader's stay for the next use. */
    if (txn->write) memset(txn->by_key, 0, sizeof txn->by_key);
    while (txn->open)
        lmdb_cursor_close(&txn->open->head);
}

void lmdb_cursors_free(struct lmdb_txn *txn)
{
    for (unsigned slot = 0; slot < TABLE_COUNT; slot++) {
        struct lmdb_cursor *cursor;
        if (txn->by_key[slot]) mdb_cursor_close(txn->by_key[slot]);
        while ((cursor = txn->spare[slot])) {
            txn->spare[slot] = cursor->next;
            if (cursor->mdb) mdb_cursor_close(cursor->mdb);
            mem_free(cursor);
        }
    }
}

/* Moving. */

static enum status move(struct lmdb_cursor *cursor, MDB_cursor_op op, MDB_val *k, MDB_val *v)
{
    int rc = mdb_cursor_get(cursor->mdb, k, v, op);
    if (!rc) return ST_OK;
    if (rc == MDB_NOTFOUND) return ST_NOT_FOUND;
    return lmdb_fail(cursor->txn, cursor->table, "reading", rc);
}

/* Stands on the row just found, or at `otherwise` when there was none. */
static enum status stand(struct lmdb_cursor *cursor, enum status status, enum lmdb_place otherwise,
                         const MDB_val *k, const MDB_val *v, struct bytes *found,
                         struct bytes *value)
{
    if (status != ST_OK) {
        if (status == ST_NOT_FOUND) cursor->place = otherwise;
        return status;
    }
    cursor->place = PLACE_ROW;
    if (cursor->txn->write) {
        cursor->writes = cursor->txn->writes[cursor->table];
        cursor->key_size = k->mv_size;
        memcpy(cursor->key, k->mv_data, k->mv_size);
    }
    if (found) *found = bytes_of(k->mv_data, k->mv_size);
    if (value) *value = bytes_of(v->mv_data, v->mv_size);
    return ST_OK;
}

/* LMDB's cursor may not be where ours stands: the row is gone or others wrote. */
static inline bool astray(const struct lmdb_cursor *cursor)
{
    return cursor->place == PLACE_GAP ||
           (cursor->txn->write && cursor->writes != cursor->txn->writes[cursor->table]);
}

static bool is_key(const struct lmdb_cursor *cursor, const MDB_val *k)
{
    return k->mv_size == cursor->key_size && memcmp(k->mv_data, cursor->key, k->mv_size) == 0;
}

enum status lmdb_seek(struct store_cursor *head, struct bytes key, struct bytes *found,
                      struct bytes *value)
{
    struct lmdb_cursor *cursor = cursor_of(head);
    if (cursor->txn->failure.status != ST_OK) return cursor->txn->failure.status;
    MDB_val k = {key.size, (void *)key.data}, v;
    enum status status = move(cursor, key.size ? MDB_SET_RANGE : MDB_FIRST, &k, &v);
    return stand(cursor, status, PLACE_BEHIND, &k, &v, found, value);
}

/* The row above the remembered key. */
static enum status next_astray(struct lmdb_cursor *cursor, MDB_val *k, MDB_val *v)
{
    *k = (MDB_val){cursor->key_size, cursor->key};
    enum status status = move(cursor, MDB_SET_RANGE, k, v);
    if (status == ST_OK && is_key(cursor, k)) status = move(cursor, MDB_NEXT, k, v);
    return status;
}

/* The row below the remembered key. */
static enum status prev_astray(struct lmdb_cursor *cursor, MDB_val *k, MDB_val *v)
{
    *k = (MDB_val){cursor->key_size, cursor->key};
    enum status status = move(cursor, MDB_SET_RANGE, k, v);
    return move(cursor, status == ST_NOT_FOUND ? MDB_LAST : MDB_PREV, k, v);
}

enum status lmdb_next(struct store_cursor *head, struct bytes *found, struct bytes *value)
{
    struct lmdb_cursor *cursor = cursor_of(head);
    if (cursor->txn->failure.status != ST_OK) return cursor->txn->failure.status;
    MDB_val k, v;
    enum status status;
    if (cursor->place == PLACE_BEHIND)
        return ST_NOT_FOUND;
    else if (cursor->place == PLACE_NEW || cursor->place == PLACE_BEFORE)
        status = move(cursor, MDB_FIRST, &k, &v);
    else if (astray(cursor))
        status = next_astray(cursor, &k, &v);
    else
        status = move(cursor, MDB_NEXT, &k, &v);
    return stand(cursor, status, PLACE_BEHIND, &k, &v, found, value);
}

enum status lmdb_prev(struct store_cursor *head, struct bytes *found, struct bytes *value)
{
    struct lmdb_cursor *cursor = cursor_of(head);
    if (cursor->txn->failure.status != ST_OK) return cursor->txn->failure.status;
    MDB_val k, v;
    enum status status;
    if (cursor->place == PLACE_BEFORE)
        return ST_NOT_FOUND;
    else if (cursor->place == PLACE_NEW || cursor->place == PLACE_BEHIND)
        status = move(cursor, MDB_LAST, &k, &v);
    else if (astray(cursor))
        status = prev_astray(cursor, &k, &v);
    else
        status = move(cursor, MDB_PREV, &k, &v);
    return stand(cursor, status, PLACE_BEFORE, &k, &v, found, value);
}

enum status lmdb_last(struct store_cursor *head, struct bytes *found, struct bytes *value)
{
    struct lmdb_cursor *cursor = cursor_of(head);
    if (cursor->txn->failure.status != ST_OK) return cursor->txn->failure.status;
    MDB_val k, v;
    enum status status = move(cursor, MDB_LAST, &k, &v);
    return stand(cursor, status, PLACE_BEHIND, &k, &v, found, value);
}

/* Writing where the cursor stands. */

static enum status writable(struct lmdb_cursor *cursor)
{
    struct lmdb_txn *txn = cursor->txn;
    if (txn->failure.status != ST_OK) return txn->failure.status;
    if (!txn->write)
        return lmdb_fail_text(txn, ST_BUG, "written in a read transaction", cursor->table);
    enum status status = cursor->place == PLACE_ROW ? ST_OK : ST_NOT_FOUND;
    if (status == ST_OK && astray(cursor)) {
        MDB_val k = {cursor->key_size, cursor->key}, v;
        status = move(cursor, MDB_SET, &k, &v);
    }
    if (status == ST_NOT_FOUND)
        return lmdb_fail_text(txn, ST_BUG, "a cursor wrote standing on no row", cursor->table);
    return status;
}

enum status lmdb_cursor_put(struct store_cursor *head, struct bytes value)
{
    struct lmdb_cursor *cursor = cursor_of(head);
    enum status status = writable(cursor);
    if (status != ST_OK) return status;
    MDB_val k = {cursor->key_size, cursor->key}, v = {value.size, (void *)value.data};
    int rc = mdb_cursor_put(cursor->mdb, &k, &v, MDB_CURRENT);
    cursor->writes = ++cursor->txn->writes[cursor->table];
    return rc ? lmdb_fail(cursor->txn, cursor->table, "writing", rc) : ST_OK;
}

enum status lmdb_cursor_delete(struct store_cursor *head)
{
    struct lmdb_cursor *cursor = cursor_of(head);
    enum status status = writable(cursor);
    if (status != ST_OK) return status;
    int rc = mdb_cursor_del(cursor->mdb, 0);
    cursor->writes = ++cursor->txn->writes[cursor->table];
    cursor->place = PLACE_GAP;
    return rc ? lmdb_fail(cursor->txn, cursor->table, "deleting from", rc) : ST_OK;
}
