/* What the files of the HTTP server share; nobody else includes it.
 *
 * LIFETIMES. A connection record lives from accept until libmicrohttpd has closed the connection
 * and our watch on it is closed. An exchange lives until both libmicrohttpd is done with the
 * request
 * (`finished`) and the handler has answered (`released`). The server lives until it was closed, its
 * handles are closed, and the last exchange is gone.
 *
 * SUSPENSION. An exchange is suspended exactly when its connection is out of libmicrohttpd's hands:
 * waiting for the handler to answer, to ask for more body, or to write more of a stream. While it
 * is, libmicrohttpd does not see the client leave, so our own watch on the descriptor does. */
#ifndef STOCKD_HTTP_INTERNAL_H
#define STOCKD_HTTP_INTERNAL_H

#include "base/buf.h"
#include "http/listen.h"
#include "http/server.h"
#include "http/target.h"

#include <microhttpd.h>

enum connection_phase {
    PHASE_HEADER, /* idle, or sending a header */
    PHASE_BODY,   /* sending a body that is collected */
    PHASE_WORK,   /* streaming a body, or waiting for us */
};

struct http_connection {
    struct http_server *server;
    struct http_connection *prev, *next;
    int fd;
    uid_t uid;
    struct http_door *door;
    char address[HTTP_ADDRESS_MAX]; /* of TCP, else "" */
    enum connection_phase phase;
    uint64_t since_ms;              /* in uv_now */
    uv_poll_t watch;                /* for the client leaving while suspended */
    struct http_exchange *exchange; /* under way, or NULL */
};

struct answer_header {
    char *name, *value;
};

struct http_exchange {
    struct http_server *server;
    struct http_connection *connection;
    struct MHD_Connection *mhd;
    const struct http_route *route;
    struct http_target target;
    struct bytes path[HTTP_SEGMENTS_MAX];
    char *text; /* the target's memory */
    void *user;
    void (*gone_fn)(struct http_exchange *exchange, void *ctx);
    void *gone_ctx;

    uid_t uid;
    char actor[HTTP_ACTOR_MAX], address[HTTP_ADDRESS_MAX];
    enum http_scope granted;
    bool begun;      /* the header was looked at */
    bool dispatched; /* the handler was called */
    bool suspended;
    bool gone;     /* the client left before the answer's end */
    bool finished; /* libmicrohttpd is done with it */
    bool released; /* the handler is done with it */
    bool has_body; /* the request announces one */

    struct buf body;  /* collected, or the part being filled */
    struct buf given; /* the part in the handler's hands */
    bool body_whole, end_given;
    uint64_t discarded;
    void (*part)(struct http_exchange *exchange, struct bytes bytes, bool last); /* asked for */

    struct MHD_Response *response;
    int status;
    struct answer_header headers[HTTP_ANSWER_HEADERS_MAX];
    size_t header_count;

    struct buf out; /* a stream's bytes still to send, from out_at on */
    size_t out_at;
    bool streaming, out_ended, out_full;
    void (*drained)(struct http_exchange *exchange);

    bool drained_due;
    bool delivering; /* callbacks of it are being called: not to be freed */
    bool pending;    /* in the server's list of exchanges with a callback due */
    struct http_exchange *pending_next;
};

/* Where clients come in. */
struct http_door {
    struct http_server *server;
    int fd;
    bool tcp;
    uv_poll_t poll;
    size_t connections, max;
};
enum { DOOR_UNIX, DOOR_TCP, DOORS };

struct http_server {
    uv_loop_t *loop;
    struct http_config config;
    struct http_listener listener;
    struct http_door doors[DOORS];
    size_t door_count;
    char *tcp_address; /* as it was bound; or NULL */
    struct MHD_Daemon *mhd;
    uv_poll_t mhd_poll;
    uv_timer_t mhd_timer; /* libmicrohttpd's own timeouts, and what one turn left over */
    uv_timer_t tick;      /* time limits of clients; runs while there are connections */
    uv_prepare_t prepare; /* before the loop sleeps: what handlers caused outside of a turn */
    int handles;          /* still to be closed */
    bool wanted;          /* libmicrohttpd must run before the loop sleeps */
    bool in_turn, closing, quiet, stopped;
    struct http_connection *connections, *accepting;
    size_t connection_count;
    size_t exchange_count, unanswered;
    struct http_exchange *pending_first, **pending_last;
    void (*closed_fn)(void *ctx);
    void *closed_ctx;
};

/* answer.c: what leaves instead of that (http_config.tell). */
json_t *http_tell(const struct http_exchange *exchange, json_t *body);

/* server.c */
void http_server_maybe_free(struct http_server *server);

/* connection.c: accepting, watching, time limits. */
void http_connections_accept(struct http_door *door);
void http_connections_tick(struct http_server *server);
void http_connection_phase(struct http_connection *connection, enum connection_phase phase);
void http_connection_watch(struct http_connection *connection, bool on);
void http_connection_event(void *server, struct MHD_Connection *mhd, void **context,
                           enum MHD_ConnectionNotificationCode code);

/* exchange.c: life of an exchange between libmicrohttpd and the handler. */
void *http_exchange_new(void *server, const char *target, struct MHD_Connection *mhd);
enum MHD_Result http_exchange_step(void *server, struct MHD_Connection *mhd, const char *url,
                                   const char *method, const char *version, const char *data,
                                   size_t *size, void **context);
void http_exchange_finished(void *server, struct MHD_Connection *mhd, void **context,
                            enum MHD_RequestTerminationCode why);
void http_exchange_gone(struct http_exchange *exchange);
void http_exchange_suspend(struct http_exchange *exchange);
void http_exchange_resume(struct http_exchange *exchange);
void http_exchange_release(struct http_exchange *exchange);
void http_exchange_pend(struct http_exchange *exchange); /* its callbacks are due this turn */
void http_exchange_callbacks(struct http_exchange *exchange);

/* body.c: request bodies. */
/* How many bytes were taken; fewer than `size` means: no room until the handler asks. */
size_t http_body_take(struct http_exchange *exchange, const char *data, size_t size);
void http_body_whole(struct http_exchange *exchange);
void http_body_deliver(struct http_exchange *exchange); /* calls the handler if it can */
void http_body_free(struct http_exchange *exchange);

/* answer.c: the answer given, in libmicrohttpd's shape. Takes the response. */
void http_answer_set(struct http_exchange *exchange, int status, struct MHD_Response *response);

/* guard.c: what is looked at before the table: malformed or forged headers; who asks, over
 * TCP. False: answered with a problem. */
bool http_guard_admit(struct http_exchange *exchange, const char *method);
bool http_guard_scope(struct http_exchange *exchange);
bool http_guard_conditions(struct http_exchange *exchange);

/* route.c: what the table says about a request. False: answered with a problem. */
bool http_route_find(struct http_exchange *exchange, const char *method);
/* The request is for a resource that knows by itself who may ask (http_route.early). */
bool http_route_is_early(const struct http_exchange *exchange, const char *method);

#endif
