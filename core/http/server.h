/* The HTTP server of the daemon: libmicrohttpd on the loop, behind a unix socket and,
 * where it is wanted, a TCP port.
 *
 * How it runs: we listen and accept; libmicrohttpd speaks HTTP without a thread of its own; its
 * epoll descriptor is watched by the loop. An exchange whose handler has not answered yet is
 * suspended, and so is a stream with nothing to send; neither costs a wake-up. An answer given
 * outside of a handler leaves in the same turn of the loop: no timer lies between.
 *
 * What the socket's path must be: see listen.h.
 *
 * Refused before any handler sees it: 400 bad target or unknown parameter, 404, 405 (with Allow),
 * 413, 415, all as application/problem+json; and by libmicrohttpd itself in plain words: 400
 * malformed request, 431 header too large, 505.
 *
 * Over TCP a request must name a Host that is an address, localhost or one of `hosts` (a page in a
 * browser cannot reach it by a name of its own: DNS rebinding), and is shown to `admit` before the
 * table of routes is looked at. Who comes through the unix socket may do everything.
 *
 * THREADS. Everything on the thread of the loop. SIGPIPE must be ignored by the process. */
#ifndef STOCKD_HTTP_SERVER_H
#define STOCKD_HTTP_SERVER_H

#include "http/exchange.h"

#include <uv.h>

/* Limits. Each protects the daemon from a client that is broken rather than hostile: who may open
 * the socket is trusted with the stock. */
enum {
    HTTP_CONNECTIONS_MAX = 256,        /* on the unix socket: more wait in the kernel's queue until
                                          one closes */
    HTTP_TCP_CONNECTIONS_MAX = 128,    /* over TCP, counted by themselves: whoever fills them leaves
                                          the unix socket as it is */
    HTTP_CONNECTION_MEMORY = 64 << 10, /* buffers of one connection; a request's header must fit */
    HTTP_INACTIVE_S = 30,              /* neither side moved a byte: closed */
    HTTP_HEADER_TIME_MS = 30 * 1000,   /* from opening (or the last answer) to a whole header */
    HTTP_BODY_TIME_MS = 60 * 1000,     /* for a whole body, where it is not streamed */
    HTTP_DISCARD_EAGER = 64 << 10,     /* a refused request's body up to this is read to its end, so
                                          that the connection can be used again */
    HTTP_DISCARD_MAX =
        1 << 30, /* bytes of a body nobody wants any more; then the connection is cut */
    HTTP_BACKLOG = 128,
};

struct http_server;

struct http_config {
    const char *socket_path;
    const struct http_route *routes; /* static */
    size_t route_count;
    void *context;            /* for handlers */
    const char *tcp;          /* "127.0.0.1:8321" (base/address.h), or NULL: no TCP */
    const char *const *hosts; /* names that may stand in Host besides addresses and localhost */
    size_t host_count;
    /* Over TCP, before anything else is said of the request: what the client may do, after
     * http_actor_set; HTTP_SCOPE_NONE: it has answered with a problem. */
    enum http_scope (*admit)(struct http_exchange *exchange);
    /* What leaves as JSON, before it does: takes it, and gives what is to leave instead, which may
     * be told in the language that the request asks for. NULL: it leaves as it is. */
    json_t *(*tell)(const struct http_exchange *exchange, json_t *body);
    int64_t header_time_ms, body_time_ms; /* 0: the limits above (tests lower them) */
};

/* ST_BUSY when a live daemon listens there. */
enum status http_server_open(uv_loop_t *loop, const struct http_config *config,
                             struct http_server **server, struct error *error);

/* Takes no new connection and removes the socket; what is under way goes on. */
void http_server_quiet(struct http_server *server);
/* "127.0.0.1:8321", the port as the kernel gave it; NULL: no TCP. */
const char *http_server_tcp(const struct http_server *server);
size_t http_server_exchanges(const struct http_server *server); /* begun, not yet answered */

/* Drops every connection. Exchanges still open get their `gone` callback during the call and must
 * still be answered; `closed` comes after the last of them and frees nothing of yours. The server
 * must not be used after this call, which must not come from inside a handler. */
void http_server_close(struct http_server *server, void (*closed)(void *ctx), void *ctx);

#endif
