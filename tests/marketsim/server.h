/* The parts of the HTTP server: its options, and the connections that wait for a delayed answer. */
#ifndef MARKETSIM_SERVER_H
#define MARKETSIM_SERVER_H

#include "market.h"

#include <netinet/in.h>

struct server_options {
    const char *market;
    struct sockaddr_storage address; /* loopback */
    const char *port_file;           /* NULL: none */
    uint64_t seed;
    struct market_setup setup;
};

/* Exits with 0 for --help and with 2 for a mistake, having said what it is. */
void server_options_parse(struct server_options *options, int argc, char **argv);

/* Waiting connections, ordered by the time they are due. The server runs on one thread. */
struct server_delays {
    struct server_delay {
        int64_t due_ms;
        void *connection;
    } * list;
    size_t count;
    size_t room;
};

void server_delay_add(struct server_delays *delays, int64_t due_ms, void *connection);
/* The next connection that is due at `now_ms`, or NULL. */
void *server_delay_take(struct server_delays *delays, int64_t now_ms);
/* Milliseconds to the next one, or -1 where none waits. */
int64_t server_delay_wait(const struct server_delays *delays, int64_t now_ms);

#endif
