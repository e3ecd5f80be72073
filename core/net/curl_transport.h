/* The daemon's transport: libcurl's multi interface on a libuv loop. Loop thread only; nothing here
 * blocks.
 *
 * WHAT LEAVES. http and https only; http only to this machine or where the request allows it. TLS
 * is verified against the system's authorities. No redirects, cookies, netrc, proxies of the
 * environment, or HTTP authentication of curl's own. Secrets are filled in as the request is
 * started; the filled lines are wiped when it ends.
 *
 * ONCE. A request's bytes leave at most once. libcurl would repeat a request, of any method, when a
 * reused connection dies before the first byte of an answer (Curl_retry_request in its source,
 * up to five times), and when an HTTP/2 stream is refused. Each attempt passes
 * CURLOPT_PREREQFUNCTION just before it leaves; ours refuses the second one, and the request ends
 * as NET_LOST. Connections idle for NET_IDLE_MAX_S are not reused, which makes that rare.
 *
 * NOT SENT OR LOST. What fails before that function was called (no address, refused, TLS, a
 * deadline on the way there) is NET_NOT_SENT; everything after is NET_LOST.
 *
 * NAMES are resolved by resolver.h and handed to libcurl; its own resolver is never reached.
 *
 * Answers whose body is gzip by their own headers are unpacked like those with `gunzip`. */
#ifndef STOCKD_NET_CURL_TRANSPORT_H
#define STOCKD_NET_CURL_TRANSPORT_H

#include "base/clock.h"
#include "base/error.h"
#include "net/resolver.h"
#include "net/transport.h"

#include <uv.h>

enum {
    NET_CONNECT_TIMEOUT_MS = 10 * 1000,
    NET_IDLE_MAX_S = 30,           /* nginx closes after 60 or 75 s, balancers after 60 */
    NET_IDLE_CONNECTIONS_MAX = 64, /* kept open for reuse */
    NET_HANDLES_KEPT_MAX = 64,     /* curl handles kept for reuse */
};

struct net_curl_options {
    const struct clock_source *clock; /* NULL: the system's */
    const char *ca_file;              /* authorities besides the system's, PEM; or NULL */
    const char *proxy;                /* http://host:port, not for this machine itself; or NULL */
    const char *user_agent;           /* where a request brings none; NULL: "stockd/VERSION" */
    int64_t connect_timeout_ms;       /* 0: NET_CONNECT_TIMEOUT_MS */
    struct resolver_options names;
};

/* Once, before any use of libcurl in the process: its memory is there or ends the process
 * (base/mem.h). */
void net_curl_lend_memory(void);

struct net_curl;
struct recorder;

/* `recorder` may be NULL; it must outlive the transport. Options are copied. NULL with a sentence
 * when libcurl cannot do what is needed. */
struct net_curl *net_curl_transport_new(uv_loop_t *loop, const struct net_curl_options *options,
                                        struct recorder *recorder, struct error *error);
struct transport *net_curl_transport(struct net_curl *net);

/* Cancels everything without a callback, closes all connections, and calls `closed` from the loop
 * when its handles are closed and lookups under way have ended: a dead name server can make that
 * take seconds, which a stopping daemon need not wait for. May be called from a callback. */
void net_curl_transport_close(struct net_curl *net, void (*closed)(void *ctx), void *ctx);

/* For metrics. */
struct net_curl_view {
    uint64_t requests, arrived, not_sent, lost, too_large;
    uint64_t connections; /* opened */
    uint32_t open;        /* requests now */
};
void net_curl_view(const struct net_curl *net, struct net_curl_view *view);

#endif
