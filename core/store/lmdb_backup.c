/* Hot backup of an LMDB store: a compacted copy under another name, looked through, synced,
 * renamed. Restoring is in backup.c. */
#include "base/mem.h"
#include "store/files.h"
#include "store/lmdb_file.h"
#include "store/lmdb_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status explain(const char *path, const char *partial, const char *what, int rc,
                           struct error *error)
{
    if (lmdb_status(rc) == ST_FULL)
        return error_set(error, ST_FULL,
                         "backup %s: the disk is full (%llu bytes free there); nothing was left "
                         "behind; make room or choose another place",
                         path, (unsigned long long)files_free_bytes(partial));
    return error_set(error, lmdb_status(rc), "backup %s: %s cannot be %s: %s", path, partial, what,
                     mdb_strerror(rc));
}

static int copy_to(MDB_env *env, int fd)
{
    int rc = mdb_env_copyfd2(env, fd, MDB_CP_COMPACT);
    if (rc == MDB_INCOMPATIBLE || rc == MDB_CORRUPTED) {
        /* Compacting refuses where pages were lost; a plain copy takes them along. If it is worse
         * than that, the look through it says so. */
        if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET)) return errno;
        rc = mdb_env_copyfd2(env, fd, 0);
    }
    if (!rc && fsync(fd)) rc = errno;
    return rc;
}

static enum status copy_into(struct lmdb_store *store, const char *path, const char *partial,
                             struct error *error)
{
    char *data = files_join(partial, FILES_DATA);
    unlink(data); /* of a backup that was killed */
    int fd = open(data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int rc = fd < 0 ? errno : copy_to(store->env, fd);
    if (fd >= 0) close(fd);
    enum status status = rc ? explain(path, partial, "written", rc, error) : ST_OK;
    if (status == ST_OK) status = lmdb_file_check(data, true, error);
    if (status == ST_OK) status = files_sync(partial, error);
    if (status == ST_OK) status = files_rename_new(partial, path, error);
    if (status == ST_OK) status = files_sync_parent(path, error);
    mem_free(data);
    return status;
}

/* The directory being filled is locked, so what a killed one left can be told from another's work.
 */
static enum status backup_to(struct lmdb_store *store, const char *path, const char *partial,
                             struct error *error)
{
    if (mkdir(partial, 0700) && errno != EEXIST)
        return explain(path, partial, "made", errno, error);
    int dir = open(partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir < 0) return explain(path, partial, "opened", errno, error);
    enum status status;
    if (flock(dir, LOCK_EX | LOCK_NB)) {
        status = errno == EWOULDBLOCK
                     ? error_set(error, ST_BUSY, "backup %s: another one is writing there", path)
                     : explain(path, partial, "locked", errno, error);
    } else {
        status = copy_into(store, path, partial, error);
        if (status != ST_OK) files_remove_directory(partial);
    }
    close(dir);
    return status;
}

enum status lmdb_backup(struct store *head, const char *path, struct error *error)
{
    struct error own = {ST_OK, ""};
    char *real = files_real_path(path, &own);
    if (!real) {
        if (error) *error = own;
        return own.status;
    }
    enum status status;
    if (files_exists(real)) {
        status =
            error_set(error, ST_EXISTS, "backup %s: exists already; choose another name", real);
    } else {
        char *partial = mem_format("%s.partial", real);
        status = backup_to((struct lmdb_store *)head, real, partial, error);
        mem_free(partial);
    }
    mem_free(real);
    return status;
}
