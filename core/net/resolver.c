/* The cache of names, who waits for them, and which lookup runs next. */
#include "net/resolver.h"

#include "base/buf.h"
#include "base/mem.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

enum { ADDRESS_TEXT_MAX = 64, RESOLVE_LINE_MAX = 1024 };

struct name {
    struct resolver *resolver;
    struct name *next;
    char *host;
    unsigned port;
    char *line;  /* for CURLOPT_RESOLVE; NULL: no address is known */
    char *error; /* why the last lookup failed; NULL: it did not */
    int64_t found_ms, asked_ms, used_ms;
    bool suspect, queued, running;
    uint64_t queue_place;
    struct resolver_wait waits; /* head of a ring */
    uv_getaddrinfo_t lookup;
};

struct resolver {
    uv_loop_t *loop;
    struct resolver_options options;
    struct name *names;
    uint32_t count, running, suspects_running;
    uint64_t queue_next;
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

struct resolver *resolver_new(uv_loop_t *loop, const struct resolver_options *options)
{
    struct resolver *resolver = mem_alloc(sizeof *resolver);
    struct resolver_options *own = &resolver->options;
    resolver->loop = loop;
    *own = *options;
    if (!own->lookup) own->lookup = uv_getaddrinfo;
    if (own->fresh_ms <= 0) own->fresh_ms = RESOLVER_FRESH_MS;
    if (own->negative_ms <= 0) own->negative_ms = RESOLVER_NEGATIVE_MS;
    if (own->stale_ms <= 0) own->stale_ms = RESOLVER_STALE_MS;
    return resolver;
}

static void name_free(struct name *name)
{
    mem_free(name->host);
    mem_free(name->line);
    mem_free(name->error);
    mem_free(name);
}

static int64_t now_ms(const struct resolver *resolver)
{
    return (int64_t)uv_now(resolver->loop);
}

/* --- waiting ------------------------------------------------------------------------------------
 */

static void wait_add(struct name *name, struct resolver_wait *wait)
{
    wait->prev = name->waits.prev;
    wait->next = &name->waits;
    name->waits.prev->next = wait;
    name->waits.prev = wait;
}

void resolver_forget(struct resolver_wait *wait)
{
    if (!wait->next) return;
    wait->prev->next = wait->next;
    wait->next->prev = wait->prev;
    wait->prev = wait->next = NULL;
}

/* A callback may ask again, for this name too, and may even be the reason that the name goes: ring
 * and text are taken off first. */
static void tell_waiting(struct name *name)
{
    enum resolver_state state = name->line ? RESOLVER_KNOWN : RESOLVER_FAILED;
    char *text = mem_text(name->line ? name->line : name->error);
    struct resolver_wait waits = {.prev = &waits, .next = &waits};
    while (name->waits.next != &name->waits) {
        struct resolver_wait *wait = name->waits.next;
        resolver_forget(wait);
        wait->prev = waits.prev;
        wait->next = &waits;
        waits.prev->next = wait;
        waits.prev = wait;
    }
    while (waits.next != &waits) {
        struct resolver_wait *wait = waits.next;
        resolver_forget(wait);
        wait->done(wait, state, text);
    }
    mem_free(text);
}

/* --- looking up ----------------------------------------------------------------------------------
 */

static void run_next(struct resolver *resolver);

static bool add_address(struct buf *line, const struct sockaddr *address)
{
    char text[ADDRESS_TEXT_MAX];
    if (address->sa_family == AF_INET) {
        uv_ip4_name((const struct sockaddr_in *)address, text, sizeof text);
        return buf_text(line, text);
    }
    if (address->sa_family != AF_INET6) return false;
    uv_ip6_name((const struct sockaddr_in6 *)address, text, sizeof text);
    return buf_format(line, "[%s]", text);
}

/* "+host:port:a,b": the plus lets curl forget it again. NULL when there is no usable address. */
static char *line_of(const struct name *name, const struct addrinfo *list)
{
    struct buf line;
    buf_init(&line, RESOLVE_LINE_MAX);
    buf_format(&line, "+%s:%u:", name->host, name->port);
    int count = 0;
    for (; list && count < RESOLVER_ADDRESSES_MAX; list = list->ai_next) {
        size_t before = line.size;
        if (count) buf_char(&line, ',');
        if (add_address(&line, list->ai_addr)) {
            count++;
        } else if (line.data) {
            line.size = before;
            line.data[before] = 0;
        }
    }
    char *text = count && !line.overflow ? buf_take(&line) : NULL;
    buf_free(&line);
    return text;
}

static void finish_closing(struct resolver *resolver)
{
    if (resolver->running) return;
    while (resolver->names) {
        struct name *next = resolver->names->next;
        name_free(resolver->names);
        resolver->names = next;
    }
    void (*closed)(void *) = resolver->closed;
    void *ctx = resolver->closed_ctx;
    mem_free(resolver);
    closed(ctx);
}

static void learn(struct name *name, int status, const struct addrinfo *list)
{
    int64_t now = now_ms(name->resolver);
    char *line = status == 0 ? line_of(name, list) : NULL;
    mem_free(name->error);
    name->error = NULL;
    name->suspect = !line || now - name->asked_ms > RESOLVER_SLOW_MS;
    if (line) {
        mem_free(name->line);
        name->line = line;
        name->found_ms = now;
    } else {
        const char *why = status ? uv_strerror(status) : "it has no address";
        name->error = mem_format("the name %s cannot be resolved: %s", name->host, why);
        if (name->line && now - name->found_ms > name->resolver->options.stale_ms) {
            mem_free(name->line);
            name->line = NULL;
        }
    }
    name->asked_ms = now;
}

static void on_lookup(uv_getaddrinfo_t *lookup, int status, struct addrinfo *list)
{
    struct name *name = lookup->data;
    struct resolver *resolver = name->resolver;
    resolver->running--;
    resolver->suspects_running -= name->suspect;
    name->running = false;
    if (resolver->closing) {
        uv_freeaddrinfo(list);
        finish_closing(resolver);
        return;
    }
    learn(name, status, list);
    uv_freeaddrinfo(list);
    run_next(resolver);
    tell_waiting(name);
}

static void lookup_begin(struct name *name)
{
    struct resolver *resolver = name->resolver;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    name->queued = false;
    name->running = true;
    name->asked_ms = now_ms(resolver);
    name->lookup.data = name;
    resolver->running++;
    resolver->suspects_running += name->suspect;
    int status = resolver->options.lookup(resolver->loop, &name->lookup, on_lookup, name->host,
                                          NULL, &hints);
    if (status == 0) return;
    resolver->running--;
    resolver->suspects_running -= name->suspect;
    name->running = false;
    learn(name, status, NULL);
}

/* The queued name that has waited longest among those that may run now. */
static struct name *next_queued(struct resolver *resolver)
{
    struct name *best = NULL;
    for (struct name *name = resolver->names; name; name = name->next) {
        if (!name->queued || (name->suspect && resolver->suspects_running)) continue;
        if (!best || name->queue_place < best->queue_place) best = name;
    }
    return best;
}

static void run_next(struct resolver *resolver)
{
    struct name *name;
    while (resolver->running < RESOLVER_RUNNING_MAX && (name = next_queued(resolver)))
        lookup_begin(name);
}

static void enqueue(struct name *name)
{
    if (name->queued || name->running) return;
    name->queued = true;
    name->queue_place = name->resolver->queue_next++;
    run_next(name->resolver);
}

/* --- the cache -----------------------------------------------------------------------------------
 */

static bool idle(const struct name *name)
{
    return !name->queued && !name->running && name->waits.next == &name->waits;
}

static void make_room(struct resolver *resolver)
{
    struct name **oldest = NULL;
    for (struct name **at = &resolver->names; *at; at = &(*at)->next)
        if (idle(*at) && (!oldest || (*at)->used_ms < (*oldest)->used_ms)) oldest = at;
    if (!oldest) return;
    struct name *gone = *oldest;
    *oldest = gone->next;
    resolver->count--;
    name_free(gone);
}

static struct name *find(struct resolver *resolver, const char *host, unsigned port)
{
    for (struct name *name = resolver->names; name; name = name->next)
        if (name->port == port && strcmp(name->host, host) == 0) return name;
    return NULL;
}

static struct name *add(struct resolver *resolver, const char *host, unsigned port)
{
    if (resolver->count >= RESOLVER_HOSTS_MAX) make_room(resolver);
    if (resolver->count >= RESOLVER_HOSTS_MAX) return NULL;
    struct name *name = mem_alloc(sizeof *name);
    name->resolver = resolver;
    name->host = mem_text(host);
    name->port = port;
    name->waits.prev = name->waits.next = &name->waits;
    name->next = resolver->names;
    resolver->names = name;
    resolver->count++;
    return name;
}

enum resolver_state resolver_ask(struct resolver *resolver, const char *host, unsigned port,
                                 struct resolver_wait *wait, const char **text)
{
    int64_t now = now_ms(resolver);
    wait->prev = wait->next = NULL;
    struct name *name = find(resolver, host, port);
    if (!name) name = add(resolver, host, port);
    if (!name) {
        *text = "too many host names are being resolved";
        return RESOLVER_FAILED;
    }
    name->used_ms = now;
    bool asked_lately = name->error && now - name->asked_ms < resolver->options.negative_ms;
    bool fresh = name->line && now - name->found_ms < resolver->options.fresh_ms;
    if (!fresh && !asked_lately) enqueue(name);
    if (name->line && now - name->found_ms < resolver->options.stale_ms) {
        *text = name->line;
        return RESOLVER_KNOWN;
    }
    if (idle(name)) { /* failed a moment ago, or the lookup could not even begin */
        *text = name->error;
        return RESOLVER_FAILED;
    }
    wait_add(name, wait);
    return RESOLVER_PENDING;
}

void resolver_close(struct resolver *resolver, void (*closed)(void *ctx), void *ctx)
{
    resolver->closing = true;
    resolver->closed = closed;
    resolver->closed_ctx = ctx;
    for (struct name *name = resolver->names; name; name = name->next)
        if (name->running) uv_cancel((uv_req_t *)&name->lookup);
    finish_closing(resolver);
}
