/* Files and directories: real names, syncing, removing, room, and the lock that keeps a store to
 * one process. Nothing about what is in them. */
#include "store/files.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

char *files_join(const char *directory, const char *name)
{
    return mem_format("%s/%s", directory, name);
}

bool files_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

static char *real_or_null(const char *path)
{
    char real[PATH_MAX];
    return realpath(path, real) ? mem_text(real) : NULL;
}

char *files_real_path(const char *path, struct error *error)
{
    if (!path || !*path) {
        error_set(error, ST_INVALID, "the store has no path: name its directory");
        return NULL;
    }
    char *real = real_or_null(path);
    if (real) return real;
    if (errno != ENOENT) {
        error_set(error, ST_IO, "%s: cannot be found: %s", path, strerror(errno));
        return NULL;
    }
    char *copy = mem_text(path);
    size_t size = strlen(copy);
    while (size > 1 && copy[size - 1] == '/')
        copy[--size] = 0;
    char *slash = strrchr(copy, '/');
    const char *name = slash ? slash + 1 : copy;
    char *parent =
        slash ? mem_text_n(copy, slash == copy ? 1 : (size_t)(slash - copy)) : mem_text(".");
    char *real_parent = real_or_null(parent);
    if (!real_parent)
        error_set(error, ST_NOT_FOUND, "%s: its parent directory %s: %s; create it first", path,
                  parent, strerror(errno));
    else
        real = mem_format("%s/%s", strcmp(real_parent, "/") ? real_parent : "", name);
    mem_free(real_parent);
    mem_free(parent);
    mem_free(copy);
    return real;
}

enum status files_sync(const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return error_set(error, ST_IO, "%s: cannot open: %s", path, strerror(errno));
    int rc = fsync(fd);
    int why = errno;
    close(fd);
    if (rc) return error_set(error, ST_IO, "%s: cannot sync to disk: %s", path, strerror(why));
    return ST_OK;
}

enum status files_sync_parent(const char *path, struct error *error)
{
    const char *slash = strrchr(path, '/');
    char *parent = !slash          ? mem_text(".")
                   : slash == path ? mem_text("/")
                                   : mem_text_n(path, (size_t)(slash - path));
    enum status status = files_sync(parent, error);
    mem_free(parent);
    return status;
}

void files_remove_directory(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir) return;
    struct dirent *entry;
    while ((entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(path);
}

uint64_t files_free_bytes(const char *path)
{
    struct statvfs fs;
    if (statvfs(path, &fs)) return 0;
    return (uint64_t)fs.f_bavail * fs.f_frsize;
}

enum status files_rename_new(const char *from, const char *to, struct error *error)
{
    int rc = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    if (rc && (errno == EINVAL || errno == ENOSYS)) { /* a file system that cannot promise it */
        if (files_exists(to))
            errno = EEXIST;
        else
            rc = rename(from, to);
    }
    if (!rc) return ST_OK;
    if (errno == EEXIST) return error_set(error, ST_EXISTS, "%s: exists already", to);
    return error_set(error, ST_IO, "%s: cannot rename to %s: %s", from, to, strerror(errno));
}

static enum status lock_busy(const char *path, int fd, struct error *error)
{
    char pid[32] = "";
    ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
    pid[n > 0 ? strspn(pid, "0123456789") : 0] = 0;
    return error_set(error, ST_BUSY,
                     "store %s is in use by process %s; one process at a time may have it, so stop "
                     "that one first (systemctl stop stockd)",
                     path, *pid ? pid : "(unknown)");
}

enum status files_lock_store(const char *path, int *lock, struct error *error)
{
    char *name = mem_format("%s.lock", path);
    enum status status = ST_OK;
    char pid[32];
    int size = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        status =
            error_set(error, errno == EACCES || errno == EPERM ? ST_DENIED : ST_IO,
                      "store %s: cannot open its lock file %s: %s", path, name, strerror(errno));
    else if (flock(fd, LOCK_EX | LOCK_NB))
        status = errno == EWOULDBLOCK
                     ? lock_busy(path, fd, error)
                     : error_set(error, ST_IO, "%s: cannot lock: %s", name, strerror(errno));
    else if (ftruncate(fd, 0) == 0 && pwrite(fd, pid, (size_t)size, 0) < 0)
        errno = 0; /* the pid is for people; the lock holds without it, on a full disk too */
    mem_free(name);
    if (status != ST_OK && fd >= 0) close(fd);
    *lock = status == ST_OK ? fd : -1;
    return status;
}

void files_unlock(int lock)
{
    /* The file stays: removing it would let two processes lock two files of one name. */
    if (lock >= 0) close(lock);
}

char *files_newest_backup(const char *directory)
{
    DIR *dir = directory ? opendir(directory) : NULL;
    if (!dir) return NULL;
    char *newest = NULL;
    struct timespec newest_time = {0, 0};
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.' || strstr(entry->d_name, ".partial")) continue;
        char *path = mem_format("%s/%s", directory, entry->d_name);
        char *data = files_join(path, FILES_DATA);
        struct stat st;
        bool newer =
            stat(data, &st) == 0 && S_ISREG(st.st_mode) &&
            (st.st_mtim.tv_sec > newest_time.tv_sec ||
             (st.st_mtim.tv_sec == newest_time.tv_sec && st.st_mtim.tv_nsec > newest_time.tv_nsec));
        mem_free(data);
        if (newer) {
            mem_free(newest);
            newest = path;
            newest_time = st.st_mtim;
        } else {
            mem_free(path);
        }
    }
    closedir(dir);
    return newest;
}
