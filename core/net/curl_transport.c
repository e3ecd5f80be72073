/* The transport as its callers see it: open, send, cancel, resume, close. */
#include "net/curl_transport.h"

#include "base/mem.h"
#include "net/curl_internal.h"
#include "net/recorder.h"

#include <sodium.h>
#include <stdio.h>

void link_init(struct link *head)
{
    head->prev = head->next = head;
}

void link_add(struct link *head, struct link *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

void link_remove(struct link *link)
{
    if (!link->next) return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = link->next = NULL;
}

static struct exchange *exchange_of(struct link *all)
{
    return (struct exchange *)((char *)all - offsetof(struct exchange, all));
}

/* --- waiting for an address ----------------------------------------------------------------- */

static void on_resolve_deadline(uv_timer_t *timer);

static void arm_resolve_timer(struct net_curl *net)
{
    int64_t next = INT64_MAX;
    for (struct link *at = net->exchanges.next; at != &net->exchanges; at = at->next) {
        struct exchange *exchange = exchange_of(at);
        if (exchange->phase == PHASE_RESOLVING && exchange->deadline_ms < next)
            next = exchange->deadline_ms;
    }
    int64_t ms = next - (int64_t)uv_now(net->loop);
    if (next == INT64_MAX)
        uv_timer_stop(&net->resolve_timer);
    else
        uv_timer_start(&net->resolve_timer, on_resolve_deadline, ms > 0 ? (uint64_t)ms : 0, 0);
}

static void on_resolve_deadline(uv_timer_t *timer)
{
    struct net_curl *net = timer->data;
    int64_t now = (int64_t)uv_now(net->loop);
    for (struct link *at = net->exchanges.next; at != &net->exchanges; at = at->next) {
        struct exchange *exchange = exchange_of(at);
        if (exchange->phase != PHASE_RESOLVING || exchange->deadline_ms > now) continue;
        resolver_forget(&exchange->wait);
        snprintf(exchange->error, sizeof exchange->error, "the name %s was not resolved in time",
                 exchange->target.host);
        exchange_fail(exchange, NET_NOT_SENT);
    }
    arm_resolve_timer(net);
}

static void resolved(struct exchange *exchange, enum resolver_state state, const char *text)
{
    if (state == RESOLVER_KNOWN) {
        exchange_start(exchange, text);
        return;
    }
    snprintf(exchange->error, sizeof exchange->error, "%s", text);
    exchange_fail(exchange, NET_NOT_SENT);
}

static void on_resolved(struct resolver_wait *wait, enum resolver_state state, const char *text)
{
    resolved((struct exchange *)((char *)wait - offsetof(struct exchange, wait)), state, text);
}

static void resolve(struct exchange *exchange)
{
    struct net_curl *net = exchange->net;
    const struct target *via = &exchange->target;
    if (net->proxy && !via->loopback) via = &net->proxy_target;
    if (via->literal) {
        exchange_start(exchange, NULL);
        return;
    }
    const char *text = NULL;
    exchange->wait.done = on_resolved;
    enum resolver_state state =
        resolver_ask(net->resolver, via->host, via->port, &exchange->wait, &text);
    if (state == RESOLVER_PENDING)
        arm_resolve_timer(net);
    else
        resolved(exchange, state, text);
}

/* --- the interface -------------------------------------------------------------------------- */

static struct exchange *exchange_new(struct net_curl *net, struct net_request *request)
{
    struct exchange *exchange = mem_alloc(sizeof *exchange);
    size_t limit = request->body_max ? request->body_max : NET_BODY_DEFAULT;
    int64_t timeout = request->timeout_ms > 0 ? request->timeout_ms : NET_TIMEOUT_DEFAULT_MS;
    exchange->net = net;
    exchange->request = request;
    exchange->deadline_ms = (int64_t)uv_now(net->loop) + timeout;
    head_init(&exchange->head);
    body_init(&exchange->body, request->parts ? NET_PART_MAX : limit, request->parts);
    buf_init(&exchange->sample, recorder_body_max(net->recorder));
    link_add(&net->exchanges, &exchange->all);
    request->slot = exchange;
    net->counts.requests++;
    return exchange;
}

static void curl_send(struct transport *transport, struct net_request *request)
{
    struct net_curl *net = (struct net_curl *)transport;
    struct exchange *exchange = exchange_new(net, request);
    char why[REQUEST_ERROR_MAX] = "";
    if (!net->closing && target_of(request, &exchange->target, why) &&
        request_lines(request, &exchange->lines, why)) {
        resolve(exchange);
        return;
    }
    snprintf(exchange->error, sizeof exchange->error, "%s",
             net->closing ? "the transport is closing" : why);
    exchange_fail(exchange, NET_NOT_SENT);
}

static void curl_cancel(struct transport *transport, struct net_request *request)
{
    struct exchange *exchange = request->slot;
    (void)transport;
    if (!exchange) return;
    exchange_detach(exchange);
    exchange->dead = true;
    if (!exchange->in_callback) exchange_free(exchange);
}

static void curl_resume(struct transport *transport, struct net_request *request)
{
    struct exchange *exchange = request->slot;
    (void)transport;
    if (!exchange || !exchange->part_out) return;
    exchange->part_out = false;
    exchange_ready(exchange);
}

static void count_open(const struct net_curl *net, struct net_curl_view *view)
{
    for (struct link *at = net->exchanges.next; at != &net->exchanges; at = at->next)
        view->open++;
}

void net_curl_view(const struct net_curl *net, struct net_curl_view *view)
{
    *view = net->counts;
    count_open(net, view);
}

static bool parse_proxy(struct net_curl *net, struct error *error)
{
    char why[REQUEST_ERROR_MAX] = "";
    struct net_request as_request = {.method = "GET", .url = net->proxy, .allow_plain = true};
    if (!net->proxy || target_of(&as_request, &net->proxy_target, why)) return true;
    error_set(error, ST_INVALID, "proxy: %s", why);
    return false;
}

void net_curl_lend_memory(void)
{
    curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_bare, mem_free, mem_resize, mem_text, mem_array);
}

static bool libraries_ready(struct error *error)
{
    if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        error_set(error, ST_IO, "libsodium or libcurl could not be started");
        return false;
    }
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    if (curl->version_num >= 0x075000 && (curl->features & CURL_VERSION_SSL)) return true;
    error_set(error, ST_UNSUPPORTED, "libcurl %s is too old or lacks TLS; 7.80 or newer is needed",
              curl->version);
    return false;
}

struct net_curl *net_curl_transport_new(uv_loop_t *loop, const struct net_curl_options *options,
                                        struct recorder *recorder, struct error *error)
{
    static const struct net_curl_options none;
    if (!options) options = &none;
    if (!libraries_ready(error)) return NULL;
    struct net_curl *net = mem_alloc(sizeof *net);
    net->transport = (struct transport){curl_send, curl_cancel, curl_resume};
    net->loop = loop;
    net->clock = options->clock ? options->clock : clock_system();
    net->recorder = recorder;
    net->proxy = mem_text(options->proxy);
    net->user_agent =
        mem_text(options->user_agent ? options->user_agent : "stockd/" STOCKD_VERSION);
    net->connect_timeout_ms =
        options->connect_timeout_ms > 0 ? options->connect_timeout_ms : NET_CONNECT_TIMEOUT_MS;
    link_init(&net->exchanges);
    link_init(&net->ready);
    if (!authorities_open(net, options->ca_file, error) || !parse_proxy(net, error) ||
        !loop_open(net, error)) {
        target_free(&net->proxy_target);
        authorities_close(net);
        mem_free(net->proxy);
        mem_free(net->user_agent);
        mem_free(net);
        return NULL;
    }
    net->resolver = resolver_new(loop, &options->names);
    return net;
}

struct transport *net_curl_transport(struct net_curl *net)
{
    return &net->transport;
}

void net_curl_transport_close(struct net_curl *net, void (*closed)(void *ctx), void *ctx)
{
    if (net->closing) return;
    net->closing = true;
    net->closed = closed;
    net->closed_ctx = ctx;
    while (!link_empty(&net->exchanges))
        curl_cancel(&net->transport, exchange_of(net->exchanges.next)->request);
    loop_close(net);
}
