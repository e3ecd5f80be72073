/* Addresses to listen on, as people write them: "127.0.0.1:8321", "[::1]:8321". Numbers only: a
 * name could mean another machine tomorrow. Pure; any thread. */
#ifndef STOCKD_BASE_ADDRESS_H
#define STOCKD_BASE_ADDRESS_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/socket.h>

enum { ADDRESS_TEXT_MAX = 64 }; /* "[" address "]:65535" and the end */

struct address {
    struct sockaddr_storage at;
    socklen_t size;
    bool loopback; /* reached from this machine alone */
};

/* ST_INVALID with a sentence. Port 0 stands for any that is free. */
enum status address_read(const char *text, struct address *address, struct error *error);
void address_write(const struct sockaddr_storage *at, char out[ADDRESS_TEXT_MAX]);

/* Whether the host of "scheme://host[:port][/...]" is localhost, 127.0.0.1 or [::1], so that what
 * is sent there stays on this machine. Nothing with a user or a password before its host is. */
bool address_url_is_loopback(const char *url);

#endif
