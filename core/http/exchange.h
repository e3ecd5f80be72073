/* One request and its answer, as a handler sees it.
 *
 * THE RULE. Every exchange that reaches a handler is answered exactly once: by one http_answer_*
 * call, or by http_answer_stream_begin and, some time later, http_answer_stream_end. Now or later,
 * from anywhere on the loop thread. The exchange is valid until then and not a moment longer. A
 * client that went away changes nothing in this rule: its `gone` callback is a hint that the work
 * may be dropped, the answer must still be given (and is thrown away).
 *
 * OWNERSHIP. What accessors return lives as long as the exchange. What answers are given is copied,
 * except a json_t, whose reference is taken.
 *
 * THREADS. Loop thread only. Callbacks are never called from inside a call of this header. */
#ifndef STOCKD_HTTP_EXCHANGE_H
#define STOCKD_HTTP_EXCHANGE_H

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

enum {
    HTTP_BODY_DEFAULT = 1 << 20,   /* bytes of a request body, where the route names no other */
    HTTP_PART_MAX = 256 << 10,     /* bytes of one part of a streamed body */
    HTTP_STREAM_PAUSE = 256 << 10, /* bytes waiting for a client: the writer is told to pause */
    HTTP_STREAM_MAX = 4 << 20,     /* bytes waiting for a client: it is cut off */
    HTTP_ANSWER_HEADERS_MAX = 8,
    HTTP_KEY_MAX = 255,    /* bytes of an Idempotency-Key */
    HTTP_ACTOR_MAX = 40,   /* bytes of who asks, with the end */
    HTTP_ADDRESS_MAX = 46, /* of an address, as INET6_ADDRSTRLEN */
    HTTP_PAGE_DEFAULT = 100,
    HTTP_PAGE_MAX = 1000, /* rows of one page of a list */
};

struct http_exchange;

enum http_route_flags {
    HTTP_BODY_STREAMED = 1 << 0, /* the handler is called with the headers and takes the body in
                                    parts; body_max is then not applied */
    HTTP_KEYED = 1 << 1,         /* takes an Idempotency-Key; others refuse one */
    HTTP_MATCHED = 1 << 2,       /* takes If-Match; others refuse it */
};

/* What a token may do; each may do what the one before may. A route without a scope is refused to
 * everybody who comes with a token, but for one that is `early`. */
enum http_scope { HTTP_SCOPE_NONE = 0, HTTP_SCOPE_READ, HTTP_SCOPE_WRITE, HTTP_SCOPE_ADMIN };
const char *http_scope_name(enum http_scope scope); /* "read" ...; static */

/* One entry of the table that feeds the router, documentation and tests. The first entry whose
 * pattern and method fit is taken. GET also serves HEAD; OPTIONS is answered from the table. */
struct http_route {
    const char *method, *pattern; /* "/v1/stock/{sku}" */
    enum http_scope scope;        /* what it takes to ask for it */
    void (*handle)(struct http_exchange *exchange);
    const char *summary;
    const char *query;  /* parameter names separated by spaces; any other is refused. NULL: none */
    const char *accept; /* body types separated by spaces; others are refused. NULL: body ignored */
    size_t body_max;    /* 0: HTTP_BODY_DEFAULT */
    unsigned flags;
    /* Of a resource that knows by itself who may ask (a signature): no token is asked for, and
     * `scope` is NONE. Called when the header is there, before the body is read; false: answered.
     */
    bool (*early)(struct http_exchange *exchange);
};

/* The request. */
void *http_context(const struct http_exchange *exchange); /* as given to http_server_open */
const struct http_route *http_route(const struct http_exchange *exchange);
/* What "{name}" of the pattern stands for: any bytes, at least one, NUL-terminated past its size.
 */
struct bytes http_path(const struct http_exchange *exchange, const char *name);
const char *http_query(const struct http_exchange *exchange, const char *name); /* NULL: absent */
void http_query_each(const struct http_exchange *exchange,
                     void (*each)(void *ctx, const char *name, const char *value), void *ctx);
const char *http_header(const struct http_exchange *exchange, const char *name);
struct bytes http_body(const struct http_exchange *exchange); /* whole; empty when streamed */
uid_t http_peer_uid(const struct http_exchange *exchange);    /* as the kernel tells */
/* The client's address; "" on the unix socket. */
const char *http_peer_address(const struct http_exchange *exchange);
/* Who asks: "uid:1000" on the unix socket; over TCP what the door-keeper (http_config.admit) said.
 */
const char *http_actor(const struct http_exchange *exchange);
void http_actor_set(struct http_exchange *exchange, const char *actor);
bool http_is_gone(const struct http_exchange *exchange);

/* These answer with a problem themselves when the request is wrong, and then return false (or
 * NULL): the handler returns at once. */
bool http_query_int(struct http_exchange *exchange, const char *name, int64_t min, int64_t max,
                    int64_t *value);                      /* absent: `value` stays */
json_t *http_body_object(struct http_exchange *exchange); /* a new reference to a JSON object */

/* Called once if the client goes away before it has the whole answer. */
void http_on_gone(struct http_exchange *exchange,
                  void (*gone)(struct http_exchange *exchange, void *ctx), void *ctx);

/* The handler's own pointer. */
void http_user_set(struct http_exchange *exchange, void *user);
void *http_user(const struct http_exchange *exchange);

/* A streamed body. Each call asks for the next part; `part` is called once for it, with at least
 * one byte, or with none and `last` at the end. The part is the handler's to read until it asks
 * again or answers. Not asking stops the client's writes: that is the back-pressure. After the
 * client has gone away no part comes any more. */
void http_body_next(struct http_exchange *exchange,
                    void (*part)(struct http_exchange *exchange, struct bytes bytes, bool last));

/* Answers. Header before the answer itself. */
void http_answer_header(struct http_exchange *exchange, const char *name, const char *value);
void http_answer_json(struct http_exchange *exchange, int status, json_t *body);
void http_answer_text(struct http_exchange *exchange, int status, const char *type,
                      struct bytes body);
void http_answer_empty(struct http_exchange *exchange, int status);
/* application/problem+json: {"type","title","status","code","detail"}. `code` is a word for
 * programs, `detail` the sentence for people. */
void http_answer_problem(struct http_exchange *exchange, int status, const char *code,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The problem an error value stands for: ST_NOT_FOUND is 404, ST_CONFLICT 409 ... */
void http_answer_error(struct http_exchange *exchange, const struct error *error);
int http_status_of(enum status status);

/* An answer of unknown length: NDJSON or server-sent events. `drained` (or NULL) is called when the
 * client has caught up after a write returned false. */
void http_answer_stream_begin(struct http_exchange *exchange, int status, const char *type,
                              void (*drained)(struct http_exchange *exchange));
/* Takes the bytes. False: pause until `drained`, or the client is gone (and will stay so). */
bool http_answer_stream_write(struct http_exchange *exchange, struct bytes bytes);
bool http_answer_stream_json(struct http_exchange *exchange, json_t *line); /* + newline */
void http_answer_stream_end(struct http_exchange *exchange);

#endif
