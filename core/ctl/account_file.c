/* Files of conf.d, put there and moved aside. */
#include "ctl/account_add.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *text)
{
    size_t size = strlen(text);
    while (size) {
        ssize_t wrote = write(fd, text, size);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return errno;
        text += wrote;
        size -= (size_t)wrote;
    }
    return 0;
}

static void sync_directory(const char *path)
{
    char *copy = mem_text(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    mem_free(copy);
}

/* Nothing in it is secret, secrets are sealed elsewhere; still it is for the daemon alone. */
static int open_to_daemon(int fd, uid_t uid, gid_t gid)
{
    if (geteuid() == uid) return fchmod(fd, 0600) ? errno : 0;
    if (fchown(fd, (uid_t)-1, gid) == 0) return fchmod(fd, 0640) ? errno : 0;
    return fchmod(fd, 0644) ? errno : 0;
}

int account_file_put(const char *path, const char *text, uid_t uid, gid_t gid)
{
    char *base = mem_text(path), *folder = mem_text(path);
    char *hidden = mem_format("%s/.%s.%ld", dirname(folder), basename(base), (long)getpid());
    int fd = open(hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = fd < 0 ? errno : write_all(fd, text);
    if (!error) error = open_to_daemon(fd, uid, gid);
    if (!error && fsync(fd)) error = errno;
    if (!error && link(hidden, path)) error = errno; /* fails where one is there */
    if (fd >= 0) {
        close(fd);
        unlink(hidden);
        sync_directory(path);
    }
    mem_free(hidden);
    mem_free(folder);
    mem_free(base);
    return error;
}

int account_file_aside(const char *path, char to[4096])
{
    enum { TRIES = 1000 };
    for (int i = 1; i < TRIES; i++) {
        if (i == 1)
            snprintf(to, 4096, "%s.removed", path);
        else
            snprintf(to, 4096, "%s.removed-%d", path, i);
        if (link(path, to) == 0) {
            int error = unlink(path) ? errno : 0;
            if (error) unlink(to);
            sync_directory(path);
            return error;
        }
        if (errno != EEXIST) return errno;
    }
    return EEXIST;
}
