/* Transactions of the LMDB store: the one writer, and the pool of readers. What is read and written
 * in them is in lmdb_rows.c and lmdb_cursor.c. */
#include "base/mem.h"
#include "store/lmdb_internal.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status begin_write(struct lmdb_store *store, struct store_txn **out,
                               struct error *error)
{
    /* LMDB would wait for the other one: on the same thread, for ever. */
    if (atomic_exchange(&store->writing, true))
        return error_set(error, ST_BUG, "store %s: a write transaction is open already",
                         store->path);
    struct lmdb_txn *txn = &store->writer;
    int rc = mdb_txn_begin(store->env, NULL, 0, &txn->mdb);
    if (rc) {
        if (rc == MDB_PANIC) atomic_store(&store->lost, true);
        atomic_store(&store->writing, false);
        return lmdb_explain(store, rc, "beginning a write transaction", error);
    }
    txn->failure.status = ST_OK;
    txn->use++;
    *out = &txn->head;
    return ST_OK;
}

static struct lmdb_txn *pool_take(struct lmdb_store *store)
{
    pthread_mutex_lock(&store->pool_lock);
    struct lmdb_txn *txn = store->idle;
    if (txn) store->idle = txn->next_idle;
    pthread_mutex_unlock(&store->pool_lock);
    return txn;
}

static void pool_give(struct lmdb_txn *txn)
{
    struct lmdb_store *store = txn->store;
    pthread_mutex_lock(&store->pool_lock);
    txn->next_idle = store->idle;
    store->idle = txn;
    pthread_mutex_unlock(&store->pool_lock);
}

static void reader_free(struct lmdb_txn *txn)
{
    lmdb_cursors_free(txn);
    if (txn->mdb) mdb_txn_abort(txn->mdb);
    mem_free(txn);
}

void lmdb_pool_empty(struct lmdb_store *store)
{
    struct lmdb_txn *txn;
    while ((txn = pool_take(store)))
        reader_free(txn);
}

/* LMDB takes the number of the last commit, then copies that commit's meta page, of which there are
 * two in turn (mdb_txn_renew0 of 0.9.24). A reader that is held up in between may copy what the
 * next but one commit is writing there: it sees that commit before its end, and the transaction it
 * begins after may see less. So a commit that began meanwhile makes it look again. */
static int snapshot(struct lmdb_store *store, MDB_txn **txn)
{
    unsigned before = atomic_load(&store->commits), after;
    int rc = *txn ? mdb_txn_renew(*txn) : mdb_txn_begin(store->env, NULL, MDB_RDONLY, txn);
    while (!rc && (after = atomic_load(&store->commits)) != before) {
        before = after;
        mdb_txn_reset(*txn);
        rc = mdb_txn_renew(*txn);
    }
    return rc;
}

static enum status begin_read(struct lmdb_store *store, struct store_txn **out, struct error *error)
{
    struct lmdb_txn *txn = pool_take(store);
    if (!txn) {
        txn = mem_alloc(sizeof *txn);
        txn->head.ops = store->head.ops;
        txn->store = store;
    }
    int rc = snapshot(store, &txn->mdb);
    if (rc) {
        if (rc == MDB_PANIC) atomic_store(&store->lost, true);
        reader_free(txn);
        return lmdb_explain(store, rc, "beginning a read transaction", error);
    }
    txn->failure.status = ST_OK;
    txn->use++;
    *out = &txn->head;
    return ST_OK;
}

enum status lmdb_begin(struct store *head, enum store_access access, struct store_txn **txn,
                       struct error *error)
{
    struct lmdb_store *store = (struct lmdb_store *)head;
    *txn = NULL;
    return access == STORE_WRITE ? begin_write(store, txn, error) : begin_read(store, txn, error);
}

void lmdb_abort(struct store_txn *head)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)head;
    lmdb_cursors_close(txn);
    if (txn->write) {
        mdb_txn_abort(txn->mdb);
        txn->mdb = NULL;
        atomic_store(&txn->store->writing, false);
    } else {
        mdb_txn_reset(txn->mdb);
        pool_give(txn);
    }
}

/* LMDB does not write pages that were taken at the end and freed in one transaction, so the file
 * may be shorter than its meta page says. Nothing reads those, but at the next start such a file
 * could not be told from a truncated one without walking it. */
static void file_extend(struct lmdb_store *store)
{
    MDB_envinfo info;
    struct stat st;
    if (mdb_env_info(store->env, &info) || fstat(store->data_fd, &st)) return;
    off_t size = (off_t)((info.me_last_pgno + 1) * store->page_bytes);
    if (st.st_size < size && ftruncate(store->data_fd, size)) return; /* the walk will do */
}

/* After a commit that failed: whether LMDB goes on is said by the next transaction only. */
static void look_if_lost(struct lmdb_store *store)
{
    MDB_txn *probe;
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &probe);
    if (rc == 0) mdb_txn_abort(probe);
    if (rc == MDB_PANIC) atomic_store(&store->lost, true);
}

enum status lmdb_commit(struct store_txn *head, struct error *error)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)head;
    struct lmdb_store *store = txn->store;
    if (txn->failure.status != ST_OK || !txn->write) {
        enum status status = lmdb_failed(head, error);
        lmdb_abort(head);
        return status;
    }
    lmdb_cursors_close(txn);
    atomic_fetch_add(&store->commits, 1);
    int rc = mdb_txn_commit(txn->mdb);
    txn->mdb = NULL;
    if (!rc)
        file_extend(store);
    else
        look_if_lost(store);
    atomic_store(&store->writing, false);
    return rc ? lmdb_explain(store, rc, "committing", error) : ST_OK;
}

enum status lmdb_failed(struct store_txn *head, struct error *error)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)head;
    if (txn->failure.status != ST_OK && error) *error = txn->failure;
    return txn->failure.status;
}
