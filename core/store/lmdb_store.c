/* Opening and closing the LMDB store: lock, look at the file, map, tables. What happens in it is in
 * lmdb_txn.c, lmdb_rows.c and lmdb_cursor.c. */
#include "store/lmdb_store.h"

#include "base/log.h"
#include "base/mem.h"
#include "store/files.h"
#include "store/lmdb_file.h"
#include "store/lmdb_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { META_PAGES = 2 };

static void lmdb_close(struct store *head)
{
    struct lmdb_store *store = (struct lmdb_store *)head;
    lmdb_pool_empty(store);
    lmdb_cursors_free(&store->writer);
    if (store->env) mdb_env_close(store->env);
    files_unlock(store->lock);
    pthread_mutex_destroy(&store->pool_lock);
    mem_free(store->path);
    mem_free(store->backups);
    mem_free(store);
}

/* Pages of a tree; LMDB's list of free pages and its tree of tables have the handles 0 and 1. */
static uint64_t pages_of(MDB_txn *txn, MDB_dbi tree)
{
    MDB_stat stat;
    if (mdb_stat(txn, tree, &stat)) return 0;
    return stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
}

static struct store_usage lmdb_usage(struct store *head)
{
    struct lmdb_store *store = (struct lmdb_store *)head;
    struct store_usage usage = {0};
    MDB_envinfo info;
    struct stat st;
    struct store_txn *txn;
    if (!mdb_env_info(store->env, &info)) usage.limit_bytes = info.me_mapsize;
    if (!fstat(store->data_fd, &st)) usage.file_bytes = (uint64_t)st.st_size;
    if (lmdb_begin(head, STORE_READ, &txn, NULL) != ST_OK) return usage;
    MDB_txn *mdb = ((struct lmdb_txn *)txn)->mdb;
    uint64_t pages = META_PAGES + pages_of(mdb, 0) + pages_of(mdb, 1);
    for (unsigned table = 0; table < TABLE_COUNT; table++)
        pages += pages_of(mdb, store->tables[table]);
    lmdb_abort(txn);
    usage.used_bytes = pages * store->page_bytes;
    return usage;
}

static bool lmdb_is_lost(struct store *head)
{
    return atomic_load(&((struct lmdb_store *)head)->lost);
}

static const struct store_ops lmdb_ops = {
    .close = lmdb_close,
    .begin = lmdb_begin,
    .commit = lmdb_commit,
    .abort = lmdb_abort,
    .get = lmdb_get,
    .put = lmdb_put,
    .del = lmdb_del,
    .count = lmdb_count,
    .failed = lmdb_failed,
    .cursor = lmdb_cursor_open,
    .cursor_close = lmdb_cursor_close,
    .seek = lmdb_seek,
    .next = lmdb_next,
    .prev = lmdb_prev,
    .last = lmdb_last,
    .cursor_put = lmdb_cursor_put,
    .cursor_delete = lmdb_cursor_delete,
    .usage = lmdb_usage,
    .backup = lmdb_backup,
    .is_lost = lmdb_is_lost,
    .check = lmdb_check,
};

/* LMDB calls this and then aborts: it found its own pages to be wrong. */
static void on_assert(MDB_env *env, const char *message)
{
    const struct lmdb_store *store = mdb_env_get_userctx(env);
    struct error error = {ST_DAMAGED, ""};
    char quoted[LOG_QUOTED_MAX];
    error_set(&error, ST_DAMAGED, "the file is damaged (%s); restore a backup", message);
    lmdb_error_add_backup(&error, store->backups);
    log_error("store", "damaged", "store=%s why=%s", store->path, log_quote(error.text, quoted));
}

/* All tables, in one transaction; those that are missing (a new store, or a new schema's) are made
 * in a second one, so that opening a complete store writes nothing. */
static int tables_open(struct lmdb_store *store, unsigned txn_flags, unsigned table_flags)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(store->env, NULL, txn_flags, &txn);
    if (rc) return rc;
    for (unsigned table = 0; table < TABLE_COUNT && !rc; table++)
        rc = mdb_dbi_open(txn, store_table_name(table), table_flags, &store->tables[table]);
    if (!rc) return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}

static int env_open(struct lmdb_store *store, const char *file, uint64_t map_bytes, unsigned flags)
{
    int rc = mdb_env_create(&store->env);
    if (rc) return rc;
    mdb_env_set_userctx(store->env, store);
    mdb_env_set_assert(store->env, on_assert);
    if ((rc = mdb_env_set_maxdbs(store->env, TABLE_COUNT)) ||
        (rc = mdb_env_set_maxreaders(store->env, STORE_READERS_MAX)) ||
        (rc = mdb_env_set_mapsize(store->env, map_bytes)) ||
        (rc = mdb_env_open(store->env, file, flags | MDB_NOTLS, 0600)))
        return rc;
    int dead;
    mdb_reader_check(store->env, &dead);
    rc = tables_open(store, MDB_RDONLY, 0);
    return rc == MDB_NOTFOUND ? tables_open(store, 0, MDB_CREATE) : rc;
}

/* A new store comes into being under another name, so that a data.mdb is always whole and an empty
 * one never passes for a new one. */
static enum status create_file(struct lmdb_store *store, const char *data, uint64_t map_bytes,
                               struct error *error)
{
    char *fresh = mem_format("%s.new", data), *fresh_lock = mem_format("%s.new-lock", data);
    unlink(fresh);
    unlink(fresh_lock);
    enum status status = ST_OK;
    int rc = env_open(store, fresh, map_bytes, MDB_NOSUBDIR);
    if (rc) status = lmdb_explain(store, rc, "creating", error);
    if (store->env) mdb_env_close(store->env);
    store->env = NULL;
    unlink(fresh_lock);
    if (status == ST_OK) status = files_rename_new(fresh, data, error);
    if (status == ST_OK) status = files_sync(store->path, error);
    if (status == ST_OK) status = files_sync_parent(store->path, error);
    if (status != ST_OK) unlink(fresh);
    mem_free(fresh);
    mem_free(fresh_lock);
    return status;
}

static enum status look_at_files(struct lmdb_store *store, const struct store_options *options,
                                 uint64_t map_bytes, struct error *error)
{
    char *data = files_join(store->path, FILES_DATA), *lock = files_join(store->path, FILES_LOCK);
    enum status status;
    if (files_exists(data)) {
        status = lmdb_file_check(data, false, error);
    } else if (files_exists(lock)) {
        status = error_set(error, ST_DAMAGED, "store %s: " FILES_DATA " is gone", store->path);
    } else if (options->create) {
        status = create_file(store, data, map_bytes, error);
    } else {
        status = error_set(error, ST_NOT_FOUND, "store %s: there is none", store->path);
    }
    if (status == ST_DAMAGED && error) {
        size_t used = strlen(error->text);
        snprintf(error->text + used, sizeof error->text - used,
                 "; it was left as it is; restore a backup");
        lmdb_error_add_backup(error, options->backups);
    }
    mem_free(data);
    mem_free(lock);
    return status;
}

static enum status open_locked(struct lmdb_store *store, const struct store_options *options,
                               struct error *error)
{
    uint64_t map_bytes = options->map_bytes ? options->map_bytes : STORE_MAP_BYTES_DEFAULT;
    if (options->create && mkdir(store->path, 0700) && errno != EEXIST)
        return error_set(error, errno == EACCES ? ST_DENIED : ST_IO,
                         "store %s: cannot create its directory: %s", store->path, strerror(errno));
    enum status status = look_at_files(store, options, map_bytes, error);
    if (status != ST_OK) return status;
    unsigned flags = options->without_durability ? MDB_NOSYNC | MDB_NOMETASYNC : 0;
    int rc = env_open(store, store->path, map_bytes, flags);
    if (rc == ENOMEM)
        return error_set(error, ST_IO,
                         "store %s: cannot reserve %llu bytes of addresses for its map; raise the "
                         "limit on address space (ulimit -v) or lower store-size",
                         store->path, (unsigned long long)map_bytes);
    if (rc) return lmdb_explain(store, rc, "opening", error);
    MDB_stat stat;
    mdb_env_stat(store->env, &stat);
    store->page_bytes = stat.ms_psize;
    mdb_env_get_fd(store->env, &store->data_fd);
    return ST_OK;
}

enum status store_open_lmdb(const struct store_options *options, struct store **out,
                            struct error *error)
{
    struct error own = {ST_OK, ""};
    *out = NULL;
    char *path = files_real_path(options->path, &own);
    if (!path) {
        if (error) *error = own;
        return own.status;
    }
    struct lmdb_store *store = mem_alloc(sizeof *store);
    store->head.ops = &lmdb_ops;
    store->path = path;
    store->backups = mem_text(options->backups);
    store->lock = -1;
    pthread_mutex_init(&store->pool_lock, NULL);
    store->writer.head.ops = &lmdb_ops;
    store->writer.store = store;
    store->writer.write = true;
    enum status status = files_lock_store(path, &store->lock, error);
    if (status == ST_OK) status = open_locked(store, options, error);
    if (status != ST_OK) {
        lmdb_close(&store->head);
        return status;
    }
    *out = &store->head;
    return ST_OK;
}
