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

/* ---- moments: what happens right before or right after a request of the seller's software */

enum { SERVER_MOMENTS_MAX = 64, SERVER_MOMENTS_DONE_MAX = 1024 };

struct server_moments {
    struct server_moment {
        char *path;    /* pattern of fnmatch(3) for "METHOD /path" as it came in */
        char *control; /* the control request to be made, after "/_control/"; with its query */
        char *body;    /* of a POST; NULL: a GET */
        bool after, fires;
        int64_t left, skip; /* as those of faults */
    } list[SERVER_MOMENTS_MAX];
    size_t count;
    struct server_moment_done { /* in their order */
        char request[160];
        const char *control;
        char *answer; /* the control request's */
        bool after;
        int64_t received_ns; /* the request's, as in the log */
        int status;
    } done[SERVER_MOMENTS_DONE_MAX];
    size_t done_count;
};

/* Answers POST /_control/moment and moments/clear, GET /_control/moments; false for all else. */
bool server_moment_control(struct server_moments *moments, const struct market_request *request,
                           struct market_answer *answer);
/* Around the model's handling of every request that is no control request. */
void server_moment_before(struct server_moments *moments, const struct market_model *model,
                          void *state, const struct market_request *request, int64_t now_ms);
void server_moment_after(struct server_moments *moments, const struct market_model *model,
                         void *state, const struct market_request *request, int64_t now_ms);
void server_moments_free(struct server_moments *moments);

#endif
