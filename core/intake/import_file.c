/* Files of imports. Nothing here knows what is in them. */
#include "intake/import_file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The directory that `path` is in; free with mem_free. */
static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? mem_text_n(path, (size_t)(slash - path)) : mem_text(".");
}

static enum status fail(const char *what, const char *path, int code, struct error *error)
{
    char *parent = parent_of(path);
    struct statvfs disk;
    enum status status;
    if (code == ENOSPC || code == EDQUOT) {
        uint64_t free_bytes = statvfs(parent, &disk) == 0 ? disk.f_bavail * disk.f_frsize : 0;
        status = error_set(error, ST_FULL,
                           "%s: there is no room to %s it (%llu KiB are free); make room in %s and "
                           "import again",
                           path, what, (unsigned long long)(free_bytes >> 10), parent);
    } else {
        status = error_set(error, ST_IO, "%s: cannot %s it: %s", path, what, strerror(code));
    }
    mem_free(parent);
    return status;
}

enum status import_file_create(const char *path, int *fd, struct error *error)
{
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    *fd = open(path, flags, 0600);
    if (*fd < 0 && errno == ENOENT) {
        char *parent = parent_of(path);
        if (mkdir(parent, 0700) == 0 || errno == EEXIST) *fd = open(path, flags, 0600);
        mem_free(parent);
    }
    return *fd < 0 ? fail("create", path, errno, error) : ST_OK;
}

enum status import_file_write(int fd, const char *path, const void *data, size_t size,
                              struct error *error)
{
    const char *at = data;
    while (size) { /* each round writes something or leaves */
        ssize_t wrote = write(fd, at, size);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return fail("write", path, wrote < 0 ? errno : EIO, error);
        at += wrote;
        size -= (size_t)wrote;
    }
    return ST_OK;
}

static int sync_directory(const char *path)
{
    char *parent = parent_of(path);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    mem_free(parent);
    if (fd < 0) return errno;
    int code = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return code;
}

enum status import_file_finish(int fd, const char *path, struct error *error)
{
    int code = fsync(fd) == 0 ? 0 : errno;
    if (close(fd) != 0 && !code) code = errno;
    if (!code) code = sync_directory(path);
    return code ? fail("write", path, code, error) : ST_OK;
}

enum status import_file_read(int fd, const char *path, void *data, size_t size, uint64_t offset,
                             size_t *got, struct error *error)
{
    for (*got = 0; *got < size;) { /* each round reads something or leaves */
        ssize_t n = pread(fd, (char *)data + *got, size - *got, (off_t)(offset + *got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail("read", path, errno, error);
        if (n == 0) break;
        *got += (size_t)n;
    }
    return ST_OK;
}
