/* Sending one HTTP request, as an interface: libcurl on libuv in the daemon (curl_transport.h of
 * this folder), the marketplace models in the simulator. Loop thread only; callbacks come later,
 * never from inside transport_send, transport_cancel or transport_resume.
 *
 * OWNERSHIP. The request and all it points to belong to the caller and stay unchanged until `done`
 * is called or transport_cancel returns; after cancel neither callback is called again. Answer
 * memory lives for the callback, which may send, cancel and resume what it likes.
 *
 * PARTS. With `parts`, `part` is called with what has come, at most NET_PART_MAX bytes; then not
 * again before transport_resume. Meanwhile at most as much again is kept and the connection is left
 * unread. `done` comes after the last part was resumed, its body empty. body_max does not apply:
 * memory is bounded by the part, time by timeout_ms. */
#ifndef STOCKD_NET_TRANSPORT_H
#define STOCKD_NET_TRANSPORT_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NET_PART_MAX = 64 * 1024,
    NET_BODY_DEFAULT = 8 * 1024 * 1024, /* when body_max is 0 */
    NET_TIMEOUT_DEFAULT_MS = 30 * 1000, /* when timeout_ms is 0 */
    NET_ANSWER_HEADERS_MAX = 64,        /* more are dropped, the last ones */
    NET_ANSWER_HEADER_BYTES_MAX = 32 * 1024,
};

enum net_secret_use {
    NET_SECRET_NONE = 0,
    NET_SECRET_PLAIN,              /* value, then the secret */
    NET_SECRET_BEARER,             /* "Bearer ", then the secret */
    NET_SECRET_BASIC,              /* "Basic " base64(value ":" secret) */
    NET_SECRET_HMAC_SHA256_HEX,    /* hex(HMAC-SHA256(secret, value)) */
    NET_SECRET_HMAC_SHA256_BASE64, /* base64 of the same */
};

struct net_header {
    const char *name, *value;
    const char *secret; /* the secret itself; recordings show "***" in place of the whole value */
    enum net_secret_use use;
};

enum net_result {
    NET_ARRIVED,   /* status holds an HTTP status */
    NET_NOT_SENT,  /* surely nothing reached the other side */
    NET_LOST,      /* sent, at least in part, and no whole answer came */
    NET_TOO_LARGE, /* the answer was longer than body_max; status holds its status */
};

struct net_answer {
    enum net_result result;
    int status;
    const struct net_header *headers;
    size_t header_count;
    struct bytes body;            /* NUL-terminated past its size; empty when taken in parts */
    int64_t sent_ms, received_ms; /* wall clock */
    const char *error;            /* what the transport said, or NULL */
};

struct net_request {
    const char *account; /* whose it is: for recordings and per-account state */
    const char *method;
    const char *url;
    const struct net_header *headers;
    size_t header_count;
    struct bytes body;
    size_t body_max;
    int64_t timeout_ms; /* for the whole exchange */
    bool allow_plain;   /* http to other hosts than loopback was allowed by name */
    bool gunzip;        /* the body may be gzip whatever the headers say */
    bool parts;         /* see PARTS */
    bool secret_answer; /* a good answer is a secret as a whole: its body is not recorded */
    void (*part)(struct net_request *request, const struct net_answer *head, struct bytes part);
    void (*done)(struct net_request *request, const struct net_answer *answer);
    void *slot; /* the transport's */
};

struct transport {
    void (*send)(struct transport *transport, struct net_request *request);
    void (*cancel)(struct transport *transport, struct net_request *request);
    void (*resume)(struct transport *transport, struct net_request *request);
};

static inline void transport_send(struct transport *t, struct net_request *r)
{
    t->send(t, r);
}

static inline void transport_cancel(struct transport *t, struct net_request *r)
{
    t->cancel(t, r);
}

static inline void transport_resume(struct transport *t, struct net_request *r)
{
    t->resume(t, r);
}

/* The header of that name (any case) or NULL. */
const char *net_answer_header(const struct net_answer *answer, const char *name);

struct buf;
/* The header's value with its secret filled in. False when it does not fit the buffer. Any thread.
 */
bool net_header_fill(const struct net_header *header, struct buf *out);

#endif
