/* A plain HTTP/1.1 client on one kept connection, blocking: what a careful caller in C would write,
 * so that the daemon is measured and not a library. Bodies with a Content-Length only (which is all
 * that stockd and marketsim send, streams apart). */
#ifndef STOCKD_BENCH_CLIENT_H
#define STOCKD_BENCH_CLIENT_H

#include <jansson.h>
#include <stddef.h>
#include <sys/socket.h>

struct client {
    int fd;
    struct sockaddr_storage address; /* to connect again: servers close what idles */
    socklen_t address_size;
    char *buffer;
    size_t size, used; /* bytes of `buffer`, and of what is unread in it */
    const char *body;  /* of the last answer; until the next request */
    size_t body_size;
};

/* False when nobody listens there. */
struct client *client_unix(const char *path);
struct client *client_tcp(unsigned port);
void client_close(struct client *client);

/* A whole request as bytes; for requests that are built once and sent often. */
size_t client_build(char *out, size_t size, const char *method, const char *path,
                    const char *headers, const char *body, size_t body_size);
void client_send(struct client *client, const char *bytes, size_t size);
int client_answer(
    struct client *client); /* waits for it; the status, or 0 when the connection ended */

/* Connects again, once, when the server had closed the idle connection. */
int client_ask(struct client *client, const char *method, const char *path, const char *body);
/* The same, and its JSON; ends the program unless the status is 2xx. */
json_t *client_json(struct client *client, const char *method, const char *path, const char *body);

#endif
