/* The server: opening, one turn of libmicrohttpd on the loop, closing. Connections and exchanges
 * have files of their own. */
#include "base/log.h"
#include "base/mem.h"
#include "http/internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Rounds of libmicrohttpd in one turn of the loop: enough for an answer to leave at once, few
 * enough (at most about 1 MiB moved for each connection) to keep the turn short. */
enum { TURN_ROUNDS = 8 };

static void deliver_pending(struct http_server *server)
{
    struct http_exchange *list = server->pending_first;
    server->pending_first = NULL;
    server->pending_last = &server->pending_first;
    while (list) {
        struct http_exchange *exchange = list;
        list = exchange->pending_next;
        exchange->pending = false;
        http_exchange_callbacks(exchange); /* may free it */
    }
}

static void on_timer(uv_timer_t *timer);

/* Runs libmicrohttpd until it has nothing to do but wait. */
static void turn(struct http_server *server)
{
    server->in_turn = true;
    MHD_UNSIGNED_LONG_LONG timeout = 0;
    bool again = true, timed = false;
    for (int round = 0; again && round < TURN_ROUNDS; round++) {
        deliver_pending(server);
        server->wanted = false;
        MHD_run(server->mhd);
        timed = MHD_get_timeout(server->mhd, &timeout) == MHD_YES;
        again = server->pending_first || server->wanted || (timed && timeout == 0);
    }
    server->in_turn = false;
    if (again)
        uv_timer_start(&server->mhd_timer, on_timer, 0, 0);
    else if (timed)
        uv_timer_start(&server->mhd_timer, on_timer, timeout, 0);
    else
        uv_timer_stop(&server->mhd_timer);
}

static void on_mhd(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    turn(poll->data);
}

static void on_timer(uv_timer_t *timer)
{
    turn(timer->data);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct http_server *server = prepare->data;
    if (server->wanted || server->pending_first) turn(server);
}

static void on_listen(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    http_connections_accept(poll->data);
}

static void on_message(void *ctx, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void on_message(void *ctx, const char *format, va_list args)
{
    (void)ctx;
    if (log_level_get() < LOG_DEBUG) return;
    char text[256], quoted[LOG_QUOTED_MAX];
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    log_debug("api", "http-library", "says=%s", log_quote(text, quoted));
}

/* Leaves percent-encoding alone: target.c reads the target as it was sent. */
static size_t keep_escaped(void *ctx, struct MHD_Connection *mhd, char *text)
{
    (void)ctx, (void)mhd;
    return strlen(text);
}

static struct MHD_Daemon *start_mhd(struct http_server *server)
{
    /* No listening socket of its own: MHD_accept_connection of 0.9.75 reads past its buffer when a
     * client has bound its own end to a path, and the peer's credentials are needed anyway. */
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, http_exchange_step, server,         /* */
        MHD_OPTION_EXTERNAL_LOGGER, on_message, server, /* first */
        MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)(HTTP_CONNECTIONS_MAX + HTTP_TCP_CONNECTIONS_MAX + 1),    /* ours acts */
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_CONNECTION_MEMORY, /* */
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_INACTIVE_S,           /* */
        MHD_OPTION_STRICT_FOR_CLIENT, 1,                                    /* */
        MHD_OPTION_URI_LOG_CALLBACK, http_exchange_new, server,             /* */
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, server,                 /* */
        MHD_OPTION_NOTIFY_COMPLETED, http_exchange_finished, server,        /* */
        MHD_OPTION_NOTIFY_CONNECTION, http_connection_event, server, MHD_OPTION_END);
}

static void start_handles(struct http_server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    for (size_t i = 0; i < server->door_count; i++) {
        struct http_door *door = &server->doors[i];
        uv_poll_init(server->loop, &door->poll, door->fd);
        door->poll.data = door;
        uv_poll_start(&door->poll, UV_READABLE, on_listen);
    }
    uv_poll_init(server->loop, &server->mhd_poll, info->epoll_fd);
    uv_timer_init(server->loop, &server->mhd_timer);
    uv_timer_init(server->loop, &server->tick);
    uv_prepare_init(server->loop, &server->prepare);
    server->handles = 4 + (int)server->door_count;
    server->mhd_poll.data = server->mhd_timer.data = server;
    server->tick.data = server->prepare.data = server;
    uv_poll_start(&server->mhd_poll, UV_READABLE, on_mhd);
    uv_prepare_start(&server->prepare, on_prepare);
}

static void close_doors(struct http_server *server)
{
    http_listen_close(&server->listener);
    if (server->door_count > DOOR_TCP) close(server->doors[DOOR_TCP].fd);
    mem_free(server->tcp_address);
    server->tcp_address = NULL;
}

static enum status open_doors(struct http_server *server, const struct http_config *config,
                              struct error *error)
{
    enum status status = http_listen(config->socket_path, &server->listener, error);
    if (status != ST_OK) return status;
    server->doors[server->door_count++] =
        (struct http_door){server, server->listener.fd, .max = HTTP_CONNECTIONS_MAX};
    if (!config->tcp) return ST_OK;
    int fd = http_listen_tcp(config->tcp, &server->tcp_address, error);
    if (fd < 0) {
        close_doors(server);
        return error->status;
    }
    server->doors[server->door_count++] =
        (struct http_door){server, fd, .tcp = true, .max = HTTP_TCP_CONNECTIONS_MAX};
    return ST_OK;
}

const char *http_server_tcp(const struct http_server *server)
{
    return server->tcp_address;
}

enum status http_server_open(uv_loop_t *loop, const struct http_config *config,
                             struct http_server **out, struct error *error)
{
    struct http_server *server = mem_alloc(sizeof *server);
    server->loop = loop;
    server->config = *config;
    server->config.socket_path = server->config.tcp = NULL; /* the doors have their own */
    if (!server->config.header_time_ms) server->config.header_time_ms = HTTP_HEADER_TIME_MS;
    if (!server->config.body_time_ms) server->config.body_time_ms = HTTP_BODY_TIME_MS;
    server->pending_last = &server->pending_first;
    enum status status = open_doors(server, config, error);
    if (status == ST_OK && !(server->mhd = start_mhd(server))) {
        close_doors(server);
        status = error_set(error, ST_IO, "cannot start the HTTP server: libmicrohttpd refused");
    }
    if (status != ST_OK) {
        mem_free(server);
        return status;
    }
    start_handles(server);
    *out = server;
    return ST_OK;
}

size_t http_server_exchanges(const struct http_server *server)
{
    return server->unanswered;
}

void http_server_quiet(struct http_server *server)
{
    if (server->quiet) return;
    server->quiet = true;
    for (size_t i = 0; i < server->door_count; i++)
        uv_poll_stop(&server->doors[i].poll);
    close_doors(server);
}

void http_server_maybe_free(struct http_server *server)
{
    if (!server->stopped || server->handles || server->connection_count || server->exchange_count)
        return;
    if (server->closed_fn) server->closed_fn(server->closed_ctx);
    mem_free(server);
}

static void handle_closed(struct http_server *server)
{
    server->handles--;
    http_server_maybe_free(server);
}

static void on_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

static void on_door_closed(uv_handle_t *handle)
{
    handle_closed(((struct http_door *)handle->data)->server);
}

void http_server_close(struct http_server *server, void (*closed)(void *ctx), void *ctx)
{
    if (!server->in_turn) turn(server); /* what was answered last, and the ends of streams */
    server->closed_fn = closed;
    server->closed_ctx = ctx;
    server->closing = true;
    http_server_quiet(server);
    /* libmicrohttpd may not be stopped while it holds a suspended connection. */
    for (struct http_connection *c = server->connections; c; c = c->next)
        if (c->exchange) {
            http_exchange_gone(c->exchange);
            http_exchange_resume(c->exchange);
        }
    uv_close((uv_handle_t *)&server->mhd_poll, on_closed); /* before its descriptor goes */
    for (size_t i = 0; i < server->door_count; i++)
        uv_close((uv_handle_t *)&server->doors[i].poll, on_door_closed);
    uv_close((uv_handle_t *)&server->mhd_timer, on_closed);
    uv_close((uv_handle_t *)&server->tick, on_closed);
    uv_close((uv_handle_t *)&server->prepare, on_closed);
    MHD_stop_daemon(server->mhd);
    server->mhd = NULL;
    deliver_pending(server);
    server->stopped = true;
}
