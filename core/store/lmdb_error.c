/* LMDB's numbers as statuses and sentences: what happened, where, how much room there is, and what
 * to do. Making a transaction fail for good is here as well. */
#include "base/mem.h"
#include "store/files.h"
#include "store/lmdb_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* LMDB says EIO for a write that was cut short, which is how a disk fills up. Below this much room
 * that is what it was: one write of LMDB's has at most 64 pages of 4 KiB. */
#define SHORT_WRITE_BYTES ((uint64_t)64 * 4096)

enum status lmdb_status(int rc)
{
    switch (rc) {
    case 0: return ST_OK;
    case MDB_NOTFOUND: return ST_NOT_FOUND;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ST_FULL;
    case MDB_PAGE_NOTFOUND:
    case MDB_CORRUPTED:
    case MDB_INVALID: return ST_DAMAGED;
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE: return ST_UNSUPPORTED;
    case MDB_READERS_FULL: return ST_BUSY;
    case MDB_BAD_VALSIZE: return ST_TOO_BIG;
    case EACCES:
    case EPERM: return ST_DENIED;
    case MDB_KEYEXIST:
    case MDB_BAD_TXN:
    case MDB_BAD_RSLOT:
    case MDB_BAD_DBI:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL:
    case MDB_DBS_FULL:
    case EINVAL: return ST_BUG;
    default: return ST_IO;
    }
}

static enum status explain_full(const struct lmdb_store *store, int rc, const char *what,
                                struct error *error)
{
    unsigned long long room = files_free_bytes(store->path);
    if (rc == MDB_TXN_FULL)
        return error_set(
            error, ST_FULL,
            "store %s: %s: one transaction changed more than LMDB can hold (512 MiB of "
            "pages); nothing of it was kept; do it in smaller parts",
            store->path, what);
    if (rc == MDB_MAP_FULL) {
        MDB_envinfo info;
        mdb_env_info(store->env, &info);
        return error_set(
            error, ST_FULL,
            "store %s: %s: its map of %zu bytes is full (%llu bytes free on the disk); "
            "nothing of this change was kept; raise store-size in conf.d and start "
            "again",
            store->path, what, info.me_mapsize, room);
    }
    return error_set(
        error, ST_FULL,
        "store %s: %s: the disk is full (%llu bytes free, %s); nothing of this change "
        "was kept; make room on that file system: stockd goes on by itself then, and a "
        "request that was refused is to be made again",
        store->path, what, room, rc > 0 ? strerror(rc) : mdb_strerror(rc));
}

enum status lmdb_explain(const struct lmdb_store *store, int rc, const char *what,
                         struct error *error)
{
    if (rc == EIO && files_free_bytes(store->path) < SHORT_WRITE_BYTES) rc = ENOSPC;
    enum status status = lmdb_status(rc);
    switch (status) {
    case ST_FULL: return explain_full(store, rc, what, error);
    case ST_DAMAGED:
        error_set(error, status, "store %s: %s: its file is damaged (%s); restore a backup",
                  store->path, what, mdb_strerror(rc));
        lmdb_error_add_backup(error, store->backups);
        return status;
    case ST_BUSY:
        return error_set(error, status,
                         "store %s: %s: all %d read transactions are in use; try again",
                         store->path, what, STORE_READERS_MAX);
    default: break;
    }
    if (rc == MDB_PANIC)
        return error_set(
            error, ST_IO,
            "store %s: %s: an earlier write to the disk failed in a way LMDB cannot go "
            "on from, and nothing of this change was kept; the daemon begins anew by itself; look "
            "at "
            "the disk (dmesg)",
            store->path, what);
    if (rc == EIO)
        return error_set(error, ST_IO,
                         "store %s: %s: the disk refused (%s; %llu bytes free); nothing of this "
                         "change was kept; look at the disk (dmesg)",
                         store->path, what, strerror(rc),
                         (unsigned long long)files_free_bytes(store->path));
    return error_set(error, status, "store %s: %s: %s", store->path, what, mdb_strerror(rc));
}

enum status lmdb_fail(struct lmdb_txn *txn, enum store_table table, const char *verb, int rc)
{
    if (txn->failure.status != ST_OK) return txn->failure.status;
    char what[96];
    snprintf(what, sizeof what, "%s table %s", verb, store_table_name(table));
    enum status status = lmdb_explain(txn->store, rc, what, &txn->failure);
    return status;
}

enum status lmdb_fail_key(struct lmdb_txn *txn, enum store_table table, const char *verb,
                          size_t size)
{
    if (txn->failure.status != ST_OK) return txn->failure.status;
    if (size == 0)
        return error_set(&txn->failure, ST_INVALID, "store %s: %s table %s: the key is empty",
                         txn->store->path, verb, store_table_name(table));
    return error_set(&txn->failure, ST_TOO_BIG,
                     "store %s: %s table %s: the key has %zu bytes, %d are possible",
                     txn->store->path, verb, store_table_name(table), size, STORE_KEY_MAX);
}

enum status lmdb_fail_text(struct lmdb_txn *txn, enum status status, const char *text,
                           enum store_table table)
{
    if (txn->failure.status != ST_OK) return txn->failure.status;
    return error_set(&txn->failure, status, "store %s: table %s: %s", txn->store->path,
                     store_table_name(table), text);
}

void lmdb_error_add_backup(struct error *error, const char *backups)
{
    if (!error) return;
    char *newest = files_newest_backup(backups);
    size_t used = strlen(error->text);
    if (newest)
        snprintf(error->text + used, sizeof error->text - used, "; the newest backup is %s",
                 newest);
    else if (backups)
        snprintf(error->text + used, sizeof error->text - used, "; no backup was found in %s",
                 backups);
    mem_free(newest);
}
