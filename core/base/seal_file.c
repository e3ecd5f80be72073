/* The directory of sealed secrets. */
#include "base/seal_file.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEALED_MAX = SEAL_FILE_BYTES_MAX + SEAL_MORE };
static const char fresh_name[] = ".new"; /* no valid name: it begins with a dot */

bool seal_file_name_valid(const char *name)
{
    size_t size = strlen(name);
    return size && size <= SEAL_FILE_NAME_MAX && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == size;
}

static enum status name_check(const char *name, struct error *error)
{
    if (seal_file_name_valid(name)) return ST_OK;
    return error_set(error, ST_INVALID,
                     "a sealed secret's name has 1 to %d of a-z, 0-9, '.', '_' and '-', and does "
                     "not begin with '.'",
                     SEAL_FILE_NAME_MAX);
}

static struct bytes label(const char *name, char out[SEAL_FILE_NAME_MAX + 16])
{
    int n = snprintf(out, SEAL_FILE_NAME_MAX + 16, "secret %s", name);
    return bytes_of(out, (size_t)n);
}

static enum status replace(int dir, const char *directory, const char *name, const struct buf *buf,
                           struct error *error)
{
    unlinkat(dir, fresh_name, 0);
    int file = openat(dir, fresh_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good =
        file >= 0 && write(file, buf->data, buf->size) == (ssize_t)buf->size && fsync(file) == 0;
    int why = errno;
    if (file >= 0) close(file);
    if (good) {
        good = renameat(dir, fresh_name, dir, name) == 0 && fsync(dir) == 0;
        why = errno;
    }
    if (good) return ST_OK;
    return error_set(error, why == ENOSPC ? ST_FULL : ST_IO,
                     "sealed secret %s/%s: cannot be written: %s", directory, name, strerror(why));
}

enum status seal_file_write(struct seal *seal, const char *directory, const char *name,
                            struct bytes plain, struct error *error)
{
    char what[SEAL_FILE_NAME_MAX + 16];
    struct buf sealed;
    enum status status = name_check(name, error);
    if (status != ST_OK) return status;
    if (plain.size > SEAL_FILE_BYTES_MAX)
        return error_set(error, ST_TOO_BIG, "a sealed secret has at most %d bytes",
                         SEAL_FILE_BYTES_MAX);
    if (mkdir(directory, 0700) && errno != EEXIST)
        return error_set(error, ST_IO, "directory %s: cannot be made: %s", directory,
                         strerror(errno));
    int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return error_set(error, ST_IO, "directory %s: cannot be opened: %s", directory,
                         strerror(errno));
    buf_init(&sealed, SEALED_MAX);
    status = seal_put(seal, label(name, what), plain, &sealed, error);
    if (status == ST_OK) status = replace(dir, directory, name, &sealed, error);
    buf_free(&sealed);
    close(dir);
    return status;
}

/* The sealed bytes as they are. */
static enum status slurp(const char *directory, const char *name, struct buf *out,
                         struct error *error)
{
    char *path = mem_format("%s/%s", directory, name);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    int why = errno;
    ssize_t size = -1;
    buf_init(out, SEALED_MAX + 1);
    char *at = buf_reserve(out, SEALED_MAX + 1);
    if (file >= 0) {
        size = read(file, at, SEALED_MAX + 1);
        why = errno;
        close(file);
    }
    enum status status = ST_OK;
    if (size >= 0)
        out->size = (size_t)size;
    else if (file < 0 && why == ENOENT)
        status =
            error_set(error, ST_NOT_FOUND, "there is no sealed secret '%s' in %s", name, directory);
    else
        status =
            error_set(error, ST_IO, "sealed secret %s: cannot be read: %s", path, strerror(why));
    mem_free(path);
    return status;
}

enum status seal_file_read(struct seal *seal, const char *directory, const char *name,
                           struct buf *out, struct error *error)
{
    char what[SEAL_FILE_NAME_MAX + 16];
    struct buf sealed;
    enum status status = name_check(name, error);
    if (status != ST_OK) return status;
    status = slurp(directory, name, &sealed, error);
    if (status == ST_OK)
        status = seal_get(seal, label(name, what), bytes_of(sealed.data, sealed.size), out, error);
    buf_free(&sealed);
    return status;
}

/* ---- another key */

static enum status renew_one(struct seal *seal, const char *directory, const char *name,
                             uint64_t *renewed, uint64_t *unreadable, struct error *error)
{
    char what[SEAL_FILE_NAME_MAX + 16];
    struct buf sealed, plain;
    enum status status = slurp(directory, name, &sealed, error);
    const struct bytes bytes = bytes_of(sealed.data, sealed.size);
    buf_init(&plain, SEAL_FILE_BYTES_MAX);
    if (status == ST_OK && !seal_is_newest(seal, bytes)) {
        status = seal_get(seal, label(name, what), bytes, &plain, error);
        if (seal_is_lost(status)) {
            ++*unreadable;
            status = ST_OK;
        } else if (status == ST_OK) {
            status =
                seal_file_write(seal, directory, name, bytes_of(plain.data, plain.size), error);
            *renewed += status == ST_OK;
        }
    }
    buf_free(&sealed);
    seal_buf_free(&plain);
    return status;
}

enum status seal_files_renew(struct seal *seal, const char *directory, uint64_t *sealed,
                             uint64_t *unreadable, struct error *error)
{
    enum status status = ST_OK;
    DIR *list = opendir(directory);
    if (!list && errno == ENOENT) return ST_OK;
    if (!list)
        return error_set(error, ST_IO, "directory %s: cannot be read: %s", directory,
                         strerror(errno));
    struct dirent *entry;
    while (status == ST_OK && (errno = 0, entry = readdir(list)))
        if (seal_file_name_valid(entry->d_name))
            status = renew_one(seal, directory, entry->d_name, sealed, unreadable, error);
    if (status == ST_OK && errno) /* not its end: the others still need the old key */
        status =
            error_set(error, ST_IO, "directory %s: cannot be read: %s", directory, strerror(errno));
    closedir(list);
    return status;
}
