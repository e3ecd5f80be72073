/* A small hostile HTTP server on the test's own loop: what it does is in the path. */
#ifndef STOCKD_TEST_HTTP_SERVER_H
#define STOCKD_TEST_HTTP_SERVER_H

#include "base/buf.h"

#include <stdbool.h>
#include <uv.h>

struct http_server {
    uv_tcp_t listener; /* first */
    int port;
    int connections, requests, open, received_bytes;
    struct buf last; /* the last whole request as it came */
    struct http_peer *peers;
};

void http_server_open(struct http_server *server, uv_loop_t *loop);
/* All connections and the listener. Run the loop after. */
void http_server_close(struct http_server *server);
/* All connections that are idle now, as a keep-alive time does. */
void http_server_drop_peers(struct http_server *server);

#endif
