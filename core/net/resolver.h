/* Host names to addresses by uv_getaddrinfo, with a small cache. Loop thread only.
 *
 * ISOLATION. Lookups run on libuv's pool, which nothing else uses, and which gives them half its
 * threads (with UV_THREADPOOL_SIZE=8, four). A name whose last lookup failed or was slow is looked up one at a
 * time with others of its kind, so names known to be dead cannot fill those threads. An address
 * that has grown old is used while it is asked for again (and while it cannot be asked for), at
 * most RESOLVER_STALE_MS.
 *
 * OWNERSHIP. A wait belongs to the caller and must stay until its `done` is called or
 * resolver_forget returns. Text handed out lives until the next call. */
#ifndef STOCKD_NET_RESOLVER_H
#define STOCKD_NET_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum {
    RESOLVER_FRESH_MS = 60 * 1000,      /* getaddrinfo does not say the TTL; curl's default */
    RESOLVER_NEGATIVE_MS = 5 * 1000,    /* a name that failed is not asked for again before */
    RESOLVER_STALE_MS = 10 * 60 * 1000, /* an address too old is better than none for so long */
    RESOLVER_SLOW_MS = 1000,            /* a lookup that took longer makes its name suspect */
    RESOLVER_HOSTS_MAX = 256,
    RESOLVER_ADDRESSES_MAX = 8, /* of one name */
    RESOLVER_RUNNING_MAX = 4,   /* lookups at once */
};

struct resolver;

/* How a lookup is begun; uv_getaddrinfo's shape; tests give slow
 * and dead names by it. */
typedef int (*resolver_lookup_fn)(uv_loop_t *loop, uv_getaddrinfo_t *lookup, uv_getaddrinfo_cb done,
                                  const char *host, const char *service,
                                  const struct addrinfo *hints);

struct resolver_options {
    resolver_lookup_fn lookup;               /* NULL: uv_getaddrinfo */
    int64_t fresh_ms, negative_ms, stale_ms; /* 0: as above */
};

struct resolver *resolver_new(uv_loop_t *loop, const struct resolver_options *options);
/* No wait may be open. Frees itself when the lookups under way have ended, then calls `closed`. */
void resolver_close(struct resolver *resolver, void (*closed)(void *ctx), void *ctx);

enum resolver_state { RESOLVER_KNOWN, RESOLVER_FAILED, RESOLVER_PENDING };

struct resolver_wait {
    /* KNOWN: `text` is "host:port:address,address". FAILED: why. */
    void (*done)(struct resolver_wait *wait, enum resolver_state state, const char *text);
    struct resolver_wait *prev, *next; /* the resolver's */
};

/* KNOWN and FAILED are answered at once through *text, and `done` is not called. */
enum resolver_state resolver_ask(struct resolver *resolver, const char *host, unsigned port,
                                 struct resolver_wait *wait, const char **text);
void resolver_forget(struct resolver_wait *wait);

#endif
