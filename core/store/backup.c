/* Restoring: copy beside the store, look through, swap. Making backups is lmdb_backup.c's. */
#include "store/backup.h"

#include "base/log.h"
#include "base/mem.h"
#include "store/check.h"
#include "store/files.h"
#include "store/lmdb_file.h"
#include "store/lmdb_store.h"
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { COPY_CHUNK_BYTES = 1 << 20, KEPT_NAMES_MAX = 100 };

/* Every path of one restore. */
struct restore {
    char *backup, *backup_data;
    char *store;
    char *stage, *stage_data, *stage_lock, *stage_lmdb_lock; /* the copy */
    char *kept; /* the old store; NULL: there is none */
};

static enum status copy_bytes(int from, int to, struct error *error, const struct restore *r)
{
    uint8_t *chunk = mem_alloc(COPY_CHUNK_BYTES);
    enum status status = ST_OK;
    ssize_t n;
    while (status == ST_OK && (n = read(from, chunk, COPY_CHUNK_BYTES)) != 0) {
        if (n < 0)
            status =
                error_set(error, ST_IO, "%s: cannot read: %s", r->backup_data, strerror(errno));
        for (ssize_t done = 0; status == ST_OK && done < n;) {
            ssize_t wrote = write(to, chunk + done, (size_t)(n - done));
            if (wrote < 0)
                status = error_set(error, errno == ENOSPC || errno == EDQUOT ? ST_FULL : ST_IO,
                                   "%s: cannot write the copy of the backup: %s (%llu bytes free "
                                   "there); the store is as it was",
                                   r->stage_data, strerror(errno),
                                   (unsigned long long)files_free_bytes(r->stage));
            else
                done += wrote;
        }
    }
    if (status == ST_OK && fsync(to))
        status =
            error_set(error, ST_IO, "%s: cannot sync to disk: %s", r->stage_data, strerror(errno));
    mem_free(chunk);
    return status;
}

static enum status copy_backup(const struct restore *r, struct error *error)
{
    files_remove_directory(r->stage); /* of a restore that was killed: never a whole store */
    if (mkdir(r->stage, 0700))
        return error_set(error, ST_IO, "%s: cannot create: %s", r->stage, strerror(errno));
    int from = open(r->backup_data, O_RDONLY | O_CLOEXEC);
    int to = open(r->stage_data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum status status;
    if (from < 0)
        status = error_set(error, ST_IO, "%s: cannot open: %s", r->backup_data, strerror(errno));
    else if (to < 0)
        status = error_set(error, ST_IO, "%s: cannot create: %s", r->stage_data, strerror(errno));
    else
        status = copy_bytes(from, to, error, r);
    if (from >= 0) close(from);
    if (to >= 0) close(to);
    return status;
}

static enum status mark_restored(struct store *store, const char *kept, struct error *error)
{
    struct store_txn *txn;
    uint32_t version;
    enum status status = store_begin(store, STORE_WRITE, &txn, error);
    if (status != ST_OK) return status;
    status = store_schema_read(txn, &version, error);
    if (status == ST_OK) status = store_schema_known(store_schema_current(), version, error);
    if (status != ST_OK) {
        store_abort(txn);
        return status;
    }
    store_put(txn, TABLE_META, bytes_text(STORE_META_RESTORED), bytes_text(kept ? kept : ""));
    return store_commit(txn, error);
}

/* What is looked through is the copy: it is what will be used. */
static enum status look_through(const struct restore *r, struct error *error)
{
    struct store_options options = {.path = r->stage};
    struct store *store = NULL;
    enum status status = lmdb_file_check(r->stage_data, true, error);
    if (status == ST_OK) status = store_open_lmdb(&options, &store, error);
    if (status == ST_OK) status = store_check(store, NULL, error);
    if (status == ST_OK) status = mark_restored(store, r->kept, error);
    store_close(store);
    unlink(r->stage_lock);
    unlink(r->stage_lmdb_lock);
    if (status != ST_OK) error_prefix(error, "backup %s cannot be restored", r->backup);
    return status == ST_OK ? files_sync(r->stage, error) : status;
}

/* The old store's new name is the copy's before the swap and the old store's after it. */
static enum status swap(const struct restore *r, struct error *error)
{
    if (!r->kept) return files_rename_new(r->stage, r->store, error);
    enum status status = files_rename_new(r->stage, r->kept, error);
    if (status != ST_OK) return status;
    if (!renameat2(AT_FDCWD, r->kept, AT_FDCWD, r->store, RENAME_EXCHANGE)) return ST_OK;
    if (errno == EINVAL || errno == ENOSYS) { /* a file system without: two renames */
        if (rename(r->kept, r->stage) == 0 && rename(r->store, r->kept) == 0) {
            if (rename(r->stage, r->store) == 0) return ST_OK;
            if (rename(r->kept, r->store))
                return error_set(error, ST_IO, "store %s: its directory is now %s: rename it back",
                                 r->store, r->kept);
        }
    }
    status = error_set(error, ST_IO, "store %s: cannot swap it with the restored copy: %s",
                       r->store, strerror(errno));
    files_remove_directory(r->kept);
    return status;
}

static char *kept_name(const char *store)
{
    char when[32];
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &tm);
    char *name = mem_format("%s.before-restore-%s", store, when);
    for (int i = 2; files_exists(name) && i <= KEPT_NAMES_MAX; i++) {
        mem_free(name);
        name = mem_format("%s.before-restore-%s-%d", store, when, i);
    }
    return name;
}

static enum status restore_locked(const struct restore *r, struct error *error)
{
    enum status status = copy_backup(r, error);
    if (status == ST_OK) status = look_through(r, error);
    if (status == ST_OK) status = swap(r, error);
    if (status == ST_OK) status = files_sync_parent(r->store, error);
    if (status != ST_OK) {
        files_remove_directory(r->stage);
        return status;
    }
    char a[LOG_QUOTED_MAX], b[LOG_QUOTED_MAX];
    log_info("store", "restored", "store=%s backup=%s kept=%s", r->store, log_quote(r->backup, a),
             log_quote(r->kept ? r->kept : "none", b));
    return ST_OK;
}

/* The lock of what was named as the backup, where it has one: a live store's file may not be copied
 * so. -1 and ST_OK where it has none. */
static enum status lock_backup(const char *path, int *lock, struct error *error)
{
    char *name = mem_format("%s.lock", path);
    bool there = files_exists(name);
    mem_free(name);
    *lock = -1;
    return there ? files_lock_store(path, lock, error) : ST_OK;
}

static enum status restore_paths(struct restore *r, struct error *error)
{
    if (strcmp(r->backup, r->store) == 0)
        return error_set(error, ST_INVALID, "%s: is the store itself, not a backup", r->backup);
    if (!files_exists(r->backup_data))
        return error_set(error, ST_NOT_FOUND, "backup %s: there is no " FILES_DATA " in it",
                         r->backup);
    int store_lock, backup_lock = -1;
    enum status status = files_lock_store(r->store, &store_lock, error);
    if (status == ST_OK) status = lock_backup(r->backup, &backup_lock, error);
    if (status == ST_OK) {
        if (files_exists(r->store)) r->kept = kept_name(r->store);
        status = restore_locked(r, error);
    }
    files_unlock(backup_lock);
    files_unlock(store_lock);
    return status;
}

enum status store_restore(const char *backup_path, const char *store_path, struct error *error)
{
    struct error own = {ST_OK, ""};
    struct restore r = {0};
    enum status status = ST_OK;
    if (!(r.backup = files_real_path(backup_path, &own)) ||
        !(r.store = files_real_path(store_path, &own)))
        status = own.status;
    if (status == ST_OK) {
        r.backup_data = files_join(r.backup, FILES_DATA);
        r.stage = mem_format("%s.restoring", r.store);
        r.stage_data = files_join(r.stage, FILES_DATA);
        r.stage_lmdb_lock = files_join(r.stage, FILES_LOCK);
        r.stage_lock = mem_format("%s.lock", r.stage);
        status = restore_paths(&r, &own);
    }
    if (status != ST_OK && error) *error = own;
    char *const all[] = {r.backup,     r.backup_data,     r.store,      r.stage,
                         r.stage_data, r.stage_lmdb_lock, r.stage_lock, r.kept};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
    return status;
}

enum status store_backup_verify(const char *backup_path, struct error *error)
{
    char *data = files_join(backup_path, FILES_DATA);
    enum status status =
        files_exists(data) ? lmdb_file_check(data, true, error)
                           : error_set(error, ST_NOT_FOUND,
                                       "backup %s: there is no " FILES_DATA " in it", backup_path);
    mem_free(data);
    return status;
}
