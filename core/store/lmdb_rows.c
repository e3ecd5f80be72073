/* Rows by key in the LMDB store. These are the hottest paths of the daemon: one call of LMDB and a
 * few compares each; everything about failing is elsewhere. */
#include "store/lmdb_internal.h"

static inline MDB_val val_of(struct bytes bytes)
{
    return (MDB_val){bytes.size, (void *)bytes.data};
}

enum status lmdb_get(struct store_txn *head, enum store_table table, struct bytes key,
                     struct bytes *value)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)head;
    if (txn->failure.status != ST_OK) return txn->failure.status;
    MDB_val k = val_of(key), v;
    MDB_cursor *cursor = lmdb_by_key(txn, table);
    if (!cursor) return txn->failure.status;
    int rc = mdb_cursor_get(cursor, &k, &v, MDB_SET);
    if (!rc) {
        if (value) *value = bytes_of(v.mv_data, v.mv_size);
        return ST_OK;
    }
    if (rc == MDB_NOTFOUND || key.size == 0 || key.size > STORE_KEY_MAX) return ST_NOT_FOUND;
    return lmdb_fail(txn, table, "reading", rc);
}

enum status lmdb_put(struct store_txn *head, enum store_table table, struct bytes key,
                     struct bytes value, bool append)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)head;
    if (txn->failure.status != ST_OK) return txn->failure.status;
    if (!txn->write) return lmdb_fail_text(txn, ST_BUG, "written in a read transaction", table);
    if (key.size - 1 >= STORE_KEY_MAX) return lmdb_fail_key(txn, table, "writing", key.size);
    MDB_val k = val_of(key), v = val_of(value);
    MDB_cursor *cursor = lmdb_by_key(txn, table);
    if (!cursor) return txn->failure.status;
    int rc = mdb_cursor_put(cursor, &k, &v, append ? MDB_APPEND : 0);
    txn->writes[table]++;
    if (!rc) return ST_OK;
    if (append && rc == MDB_KEYEXIST)
        return lmdb_fail_text(txn, ST_BUG, "an appended key is not above every other", table);
    return lmdb_fail(txn, table, "writing", rc);
}

enum status lmdb_del(struct store_txn *head, enum store_table table, struct bytes key)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)head;
    if (txn->failure.status != ST_OK) return txn->failure.status;
    if (!txn->write) return lmdb_fail_text(txn, ST_BUG, "written in a read transaction", table);
    if (key.size - 1 >= STORE_KEY_MAX) return ST_NOT_FOUND;
    MDB_val k = val_of(key), v;
    MDB_cursor *cursor = lmdb_by_key(txn, table);
    if (!cursor) return txn->failure.status;
    int rc = mdb_cursor_get(cursor, &k, &v, MDB_SET);
    if (rc == MDB_NOTFOUND) return ST_NOT_FOUND;
    if (!rc) rc = mdb_cursor_del(cursor, 0);
    txn->writes[table]++;
    return rc ? lmdb_fail(txn, table, "deleting from", rc) : ST_OK;
}

uint64_t lmdb_count(struct store_txn *head, enum store_table table)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)head;
    MDB_stat stat;
    if (txn->failure.status != ST_OK) return 0;
    if (mdb_stat(txn->mdb, txn->store->tables[table], &stat)) return 0;
    return stat.ms_entries;
}
