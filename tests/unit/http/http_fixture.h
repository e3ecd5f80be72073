/* A server on a real unix socket and raw clients, on one thread: each wait runs the loop until what
 * is waited for has come, so nothing sleeps and nothing races. */
#ifndef TEST_HTTP_FIXTURE_H
#define TEST_HTTP_FIXTURE_H

#include "base/buf.h"
#include "http/server.h"

#include "test_main.h"

struct fixture {
    uv_loop_t loop;
    struct http_server *server;
    char folder[64], path[96];
    bool closed;
};

/* Opens a server with these routes; `context` is for handlers. Time limits 0: the real ones. */
void fixture_open(struct fixture *f, const struct http_route *routes, size_t count, void *context,
                  int64_t header_ms, int64_t body_ms);
/* Closes it and checks that nothing is left behind. */
void fixture_close(struct fixture *f);

/* One turn of the loop that does not wait. */
void fixture_turn(struct fixture *f);

struct client {
    struct fixture *f;
    int fd;
    struct buf in; /* all that has come */
    bool ended;    /* the server closed the connection */
};

void client_open(struct client *c, struct fixture *f);
void client_close(struct client *c);
/* Sends all of it, running the loop when the socket is full. */
void client_send(struct client *c, const char *text);
void client_send_bytes(struct client *c, const void *data, size_t size);
/* Sends what the socket takes now; how much. */
size_t client_try(struct client *c, const void *data, size_t size);
/* Reads what has come, once. */
void client_read(struct client *c);
/* Runs the loop until `text` was received / the server closed. Fails the test when the server
 * closes before. Answers the whole received text. */
const char *client_until(struct client *c, const char *text);
const char *client_until_end(struct client *c);

/* Opens, sends, reads until the server closes, closes: for requests with "Connection: close". */
char *ask(struct fixture *f, const char *request); /* mem_free it */
void assert_asked(struct fixture *f, const char *request, const char *status, const char *says);

#endif
