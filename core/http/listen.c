/* Making, checking and removing the unix socket. */
#include "http/listen.h"

#include "base/address.h"
#include "base/mem.h"
#include "http/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { SOCKET_MODE = 0660 }; /* the daemon's user and group */

static enum status check_folder(const char *path, struct error *error)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == path ? mem_text("/")
                   : slash       ? mem_text_n(path, (size_t)(slash - path))
                                 : mem_text(".");
    struct stat st;
    enum status status = ST_OK;
    if (stat(folder, &st) != 0)
        status = error_set(error, ST_IO, "cannot make the socket %s: folder %s: %s", path, folder,
                           strerror(errno));
    else if (!S_ISDIR(st.st_mode))
        status = error_set(error, ST_INVALID, "cannot make the socket %s: %s is not a folder", path,
                           folder);
    else if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
        status = error_set(error, ST_DENIED,
                           "will not make the socket %s: everyone may write to %s, so anyone could "
                           "put another socket there; choose another folder, or chmod o-w it",
                           path, folder);
    mem_free(folder);
    return status;
}

static int try_connect(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    int result = connect(fd, (const struct sockaddr *)address, sizeof *address) ? errno : 0;
    close(fd);
    return result;
}

/* Makes sure nothing is at the path, or only what may be removed. */
static enum status clear_path(const struct sockaddr_un *address, struct error *error)
{
    const char *path = address->sun_path;
    struct stat st;
    if (lstat(path, &st) != 0) {
        if (errno == ENOENT) return ST_OK;
        return error_set(error, ST_IO, "cannot look at %s: %s", path, strerror(errno));
    }
    if (S_ISLNK(st.st_mode))
        return error_set(error, ST_DENIED,
                         "will not listen on %s: it is a symbolic link; remove it, or name the "
                         "place it points to",
                         path);
    if (!S_ISSOCK(st.st_mode))
        return error_set(error, ST_EXISTS,
                         "will not listen on %s: a file that is no socket is there; remove it, or "
                         "name another path",
                         path);
    int why = try_connect(address);
    if (why == 0 || why == EAGAIN)
        return error_set(error, ST_BUSY,
                         "another daemon listens on %s; stop it first, or give this one a path of "
                         "its own",
                         path);
    if (why != ECONNREFUSED)
        return error_set(error, ST_IO, "cannot tell whether a daemon listens on %s: %s", path,
                         strerror(why));
    if (unlink(path) != 0 && errno != ENOENT)
        return error_set(error, ST_IO, "cannot remove the old socket %s: %s", path,
                         strerror(errno));
    return ST_OK;
}

static enum status bind_and_listen(int fd, const struct sockaddr_un *address, struct error *error)
{
    /* On Linux the file gets the mode of the unbound socket, so there is no moment in which it is
     * open to others; chmod then undoes what the umask took. */
    const char *path = address->sun_path;
    if (fchmod(fd, SOCKET_MODE) != 0 ||
        bind(fd, (const struct sockaddr *)address, sizeof *address) != 0)
        return error_set(error, errno == EADDRINUSE ? ST_BUSY : ST_IO,
                         "cannot make the socket %s: %s", path, strerror(errno));
    if (chmod(path, SOCKET_MODE) != 0 || listen(fd, HTTP_BACKLOG) != 0) {
        int why = errno;
        unlink(path);
        return error_set(error, ST_IO, "cannot listen on %s: %s", path, strerror(why));
    }
    return ST_OK;
}

enum status http_listen(const char *path, struct http_listener *listener, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!*path) return error_set(error, ST_INVALID, "the socket has an empty path");
    if (strlen(path) >= sizeof address.sun_path)
        return error_set(error, ST_INVALID,
                         "the socket's path %s is too long: the kernel takes at most %zu bytes",
                         path, sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);

    enum status status = check_folder(path, error);
    if (status == ST_OK) status = clear_path(&address, error);
    if (status != ST_OK) return status;

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_set(error, ST_IO, "cannot make a socket for %s: %s", path, strerror(errno));
    status = bind_and_listen(fd, &address, error);
    struct stat st = {0};
    if (status == ST_OK && lstat(path, &st) != 0)
        status = error_set(error, ST_IO, "the socket %s vanished: %s", path, strerror(errno));
    if (status != ST_OK) {
        close(fd);
        return status;
    }
    *listener = (struct http_listener){fd, mem_text(path), st.st_dev, st.st_ino};
    return ST_OK;
}

void http_listen_close(struct http_listener *listener)
{
    if (!listener->path) return;
    struct stat st;
    if (lstat(listener->path, &st) == 0 && st.st_dev == listener->dev && st.st_ino == listener->ino)
        unlink(listener->path);
    close(listener->fd);
    mem_free(listener->path);
    *listener = (struct http_listener){.fd = -1};
}

/* ---- TCP */

static enum status bind_tcp(int fd, const char *text, const struct address *address,
                            struct error *error)
{
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->at.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&address->at, address->size) != 0 ||
        listen(fd, HTTP_BACKLOG) != 0)
        return error_set(
            error, errno == EADDRINUSE ? ST_BUSY : ST_IO,
            "cannot listen on %s ('listen' of the section 'api'): %s%s", text, strerror(errno),
            errno == EADDRINUSE ? "; stop what listens there, or choose another port" : "");
    return ST_OK;
}

int http_listen_tcp(const char *text, char **bound, struct error *error)
{
    struct address address;
    if (address_read(text, &address, error) != ST_OK) return -1;
    int fd = socket(address.at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        error_set(error, ST_IO, "cannot make a socket for %s: %s", text, strerror(errno));
        return -1;
    }
    if (bind_tcp(fd, text, &address, error) != ST_OK) {
        close(fd);
        return -1;
    }
    char name[ADDRESS_TEXT_MAX];
    socklen_t size = sizeof address.at;
    getsockname(fd, (struct sockaddr *)&address.at, &size);
    address_write(&address.at, name);
    *bound = mem_text(name);
    return fd;
}
