/* libcurl's sockets and timer on the libuv loop, after the pattern of curl's multi-uv example. */
#include "base/mem.h"
#include "net/curl_internal.h"

struct poll {
    uv_poll_t handle; /* first */
    struct link link;
    struct net_curl *net;
    curl_socket_t socket;
};

/* libcurl acts on a socket or, for CURL_SOCKET_TIMEOUT, on its timer; then what came of it. */
static void act(struct net_curl *net, curl_socket_t socket, int flags)
{
    CURLMsg *message;
    int left;
    net->acting = true;
    curl_multi_socket_action(net->multi, socket, flags, &left);
    while ((message = curl_multi_info_read(net->multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        struct exchange *exchange = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
        exchange_end(exchange, code);
    }
    net->acting = false;
    deliver_all(net);
}

static void on_socket(uv_poll_t *handle, int status, int events)
{
    struct poll *poll = (struct poll *)handle;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
    act(poll->net, poll->socket, flags); /* `poll` may be gone after */
}

static void on_curl_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static void on_kick(uv_timer_t *timer)
{
    deliver_all(timer->data);
}

void loop_kick(struct net_curl *net)
{
    if (!net->acting && !net->closing && !uv_is_active((uv_handle_t *)&net->kick_timer))
        uv_timer_start(&net->kick_timer, on_kick, 0, 0);
}

static void finish_closing(struct net_curl *net)
{
    if (!net->closing || net->handles_open || !net->resolver_gone) return;
    void (*closed)(void *) = net->closed;
    void *ctx = net->closed_ctx;
    authorities_close(net);
    mem_free(net->proxy);
    mem_free(net->user_agent);
    target_free(&net->proxy_target);
    mem_free(net);
    if (closed) closed(ctx);
}

static void poll_gone(uv_handle_t *handle)
{
    struct poll *poll = (struct poll *)handle;
    struct net_curl *net = poll->net;
    mem_free(poll);
    net->handles_open--;
    finish_closing(net);
}

static void poll_close(struct poll *poll)
{
    link_remove(&poll->link);
    uv_poll_stop(&poll->handle);
    uv_close((uv_handle_t *)&poll->handle, poll_gone);
}

static struct poll *poll_new(struct net_curl *net, curl_socket_t socket)
{
    struct poll *poll = mem_alloc(sizeof *poll);
    if (uv_poll_init_socket(net->loop, &poll->handle, socket) != 0) {
        mem_free(poll);
        return NULL;
    }
    poll->net = net;
    poll->socket = socket;
    link_add(&net->polls, &poll->link);
    net->handles_open++;
    curl_multi_assign(net->multi, socket, poll);
    return poll;
}

static int socket_changed(CURL *easy, curl_socket_t socket, int what, void *ctx, void *slot)
{
    struct net_curl *net = ctx;
    struct poll *poll = slot;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        curl_multi_assign(net->multi, socket, NULL);
        if (poll) poll_close(poll);
        return 0;
    }
    if (!poll) poll = poll_new(net, socket);
    if (!poll) return -1;
    int events = 0;
    if (what != CURL_POLL_OUT) events |= UV_READABLE;
    if (what != CURL_POLL_IN) events |= UV_WRITABLE;
    return uv_poll_start(&poll->handle, events, on_socket) == 0 ? 0 : -1;
}

static int timer_changed(CURLM *multi, long ms, void *ctx)
{
    struct net_curl *net = ctx;
    (void)multi;
    if (net->closing || ms < 0)
        uv_timer_stop(&net->curl_timer);
    else
        uv_timer_start(&net->curl_timer, on_curl_timer, (uint64_t)ms, 0);
    return 0;
}

static void timer_open(struct net_curl *net, uv_timer_t *timer)
{
    uv_timer_init(net->loop, timer);
    timer->data = net;
    net->handles_open++;
}

bool loop_open(struct net_curl *net, struct error *error)
{
    net->multi = curl_multi_init();
    net->share = curl_share_init();
    if (!net->multi || !net->share) {
        error_set(error, ST_IO, "libcurl could not be started");
        return false;
    }
    curl_multi_setopt(net->multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
    curl_multi_setopt(net->multi, CURLMOPT_SOCKETDATA, net);
    curl_multi_setopt(net->multi, CURLMOPT_TIMERFUNCTION, timer_changed);
    curl_multi_setopt(net->multi, CURLMOPT_TIMERDATA, net);
    curl_multi_setopt(net->multi, CURLMOPT_MAXCONNECTS, (long)NET_IDLE_CONNECTIONS_MAX);
    /* One thread: no locks. */
    curl_share_setopt(net->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    link_init(&net->polls);
    timer_open(net, &net->curl_timer);
    timer_open(net, &net->kick_timer);
    timer_open(net, &net->resolve_timer);
    return true;
}

static void timer_gone(uv_handle_t *handle)
{
    struct net_curl *net = handle->data;
    net->handles_open--;
    finish_closing(net);
}

static void on_resolver_closed(void *ctx)
{
    struct net_curl *net = ctx;
    net->resolver_gone = true;
    finish_closing(net);
}

void loop_close(struct net_curl *net)
{
    while (net->kept_count)
        curl_easy_cleanup(net->kept[--net->kept_count]);
    curl_multi_cleanup(net->multi);
    curl_share_cleanup(net->share);
    net->multi = NULL;
    while (!link_empty(&net->polls))
        poll_close((struct poll *)((char *)net->polls.next - offsetof(struct poll, link)));
    uv_close((uv_handle_t *)&net->curl_timer, timer_gone);
    uv_close((uv_handle_t *)&net->kick_timer, timer_gone);
    uv_close((uv_handle_t *)&net->resolve_timer, timer_gone);
    resolver_close(net->resolver, on_resolver_closed, net);
}
