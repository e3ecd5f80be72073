/* Connections: accepting them, knowing who is there, ending those that take too long, and seeing a
 * client leave while libmicrohttpd does not look. */
#include "api/http_internal.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TICK_MS = 1000,
    ACCEPT_ROUNDS = 16, /* in one turn of the loop; the rest wait for the next */
};

static void on_tick(uv_timer_t *timer)
{
    http_connections_tick(timer->data);
}

static void on_listen(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    http_connections_accept(poll->data);
}

/* The client hung up while its exchange was suspended. */
static void on_hang_up(uv_poll_t *watch, int status, int events)
{
    (void)status, (void)events;
    struct http_connection *connection = watch->data;
    uv_poll_stop(watch);
    if (!connection->exchange) return;
    http_exchange_gone(connection->exchange);
    http_exchange_resume(connection->exchange); /* libmicrohttpd then closes it */
}

void http_connection_watch(struct http_connection *connection, bool on)
{
    if (!on) {
        uv_poll_stop(&connection->watch);
        return;
    }
    /* Waiting for urgent data, which a unix socket never has, reports a hang-up of both directions
     * and nothing else: a client that only shut its sending side still wants its answer. */
    uv_poll_start(&connection->watch, UV_PRIORITIZED, on_hang_up);
}

void http_connection_phase(struct http_connection *connection, enum connection_phase phase)
{
    connection->phase = phase;
    connection->since_ms = uv_now(connection->server->loop);
}

static uid_t peer_uid(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return (uid_t)-1;
    return peer.uid;
}

static void add_connection(struct http_server *server, int fd)
{
    struct http_connection *connection = mem_alloc(sizeof *connection);
    connection->server = server;
    connection->fd = fd;
    connection->uid = peer_uid(fd);
    server->accepting = connection;
    struct sockaddr address = {.sa_family = AF_UNIX};
    if (MHD_add_connection(server->mhd, fd, &address, sizeof address.sa_family) != MHD_YES) {
        log_warning("api", "connection-refused", "why=%s", strerror(errno));
        if (server->accepting) mem_free(connection); /* else its end was told, and frees it */
    }
    server->accepting = NULL;
    server->wanted = true;
}

void http_connections_accept(struct http_server *server)
{
    if (!uv_is_active((uv_handle_t *)&server->tick))
        uv_timer_start(&server->tick, on_tick, TICK_MS, TICK_MS);
    for (int i = 0; i < ACCEPT_ROUNDS; i++) {
        if (server->connection_count == HTTP_CONNECTIONS_MAX) {
            uv_poll_stop(&server->listen_poll); /* until one closes */
            return;
        }
        int fd = accept4(server->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            add_connection(server, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_warning("api", "accept-failed", "why=\"%s\"", strerror(errno));
            uv_poll_stop(&server->listen_poll); /* until the next tick */
            return;
        }
        if (errno != EINTR && errno != ECONNABORTED) return;
    }
}

static void listen_again(struct http_server *server)
{
    if (server->quiet || uv_is_active((uv_handle_t *)&server->listen_poll)) return;
    uv_poll_start(&server->listen_poll, UV_READABLE, on_listen);
}

void http_connections_tick(struct http_server *server)
{
    uint64_t now = uv_now(server->loop);
    for (struct http_connection *c = server->connections; c; c = c->next) {
        int64_t limit = c->phase == PHASE_HEADER ? server->config.header_time_ms
                        : c->phase == PHASE_BODY ? server->config.body_time_ms
                                                 : INT64_MAX;
        /* libmicrohttpd sees the hang-up and cleans up. */
        if ((int64_t)(now - c->since_ms) >= limit) shutdown(c->fd, SHUT_RDWR);
    }
    if (server->connection_count < HTTP_CONNECTIONS_MAX) listen_again(server);
    if (!server->connections) uv_timer_stop(&server->tick);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct http_connection *connection = handle->data;
    struct http_server *server = connection->server;
    mem_free(connection);
    server->connection_count--;
    if (!server->closing) listen_again(server);
    http_server_maybe_free(server);
}

void http_connection_event(void *ctx, struct MHD_Connection *mhd, void **context,
                           enum MHD_ConnectionNotificationCode code)
{
    (void)mhd;
    struct http_server *server = ctx;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        struct http_connection *connection = server->accepting;
        server->accepting = NULL;
        *context = connection;
        connection->next = server->connections;
        if (connection->next) connection->next->prev = connection;
        server->connections = connection;
        server->connection_count++;
        uv_poll_init(server->loop, &connection->watch, connection->fd);
        connection->watch.data = connection;
        http_connection_phase(connection, PHASE_HEADER);
        return;
    }
    struct http_connection *connection = *context;
    *context = NULL;
    if (connection->next) connection->next->prev = connection->prev;
    if (connection->prev)
        connection->prev->next = connection->next;
    else
        server->connections = connection->next;
    uv_close((uv_handle_t *)&connection->watch, on_watch_closed);
}
