/* The sockets the daemon listens on: a unix socket, and a TCP port where one is wanted.
 *
 * The unix socket:
 *
 * Made with mode 0660. Refused, with a sentence: a path too long for the kernel; a folder that
 * everyone may write to without the sticky bit (anyone could put another socket in its place); a
 * symbolic link or any other file in the socket's place; a socket a live daemon answers on. A
 * socket nobody answers on was left by a dead daemon and is removed. */
#ifndef STOCKD_HTTP_LISTEN_H
#define STOCKD_HTTP_LISTEN_H

#include "base/error.h"

#include <sys/types.h>

struct http_listener {
    int fd;
    char *path;
    dev_t dev; /* of the file we made: only that one is removed at the end */
    ino_t ino;
};

enum status http_listen(const char *path, struct http_listener *listener, struct error *error);
void http_listen_close(struct http_listener *listener);

/* The TCP port: -1 and a sentence when there is none. `*bound` (the caller's) is the address with
 * its port as the kernel gave it. */
int http_listen_tcp(const char *address, char **bound, struct error *error);

#endif
