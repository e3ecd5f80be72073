/* Connections: accepting them, knowing who is there, ending those that take too long, and seeing a
 * client leave while libmicrohttpd does not look. */
#include "base/log.h"
#include "base/mem.h"
#include "http/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
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
    /* TCP has no such event while our side is open: there a client that shuts its sending side is
     * taken for gone. */
    uv_poll_start(&connection->watch, connection->door->tcp ? UV_DISCONNECT : UV_PRIORITIZED,
                  on_hang_up);
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

static void write_address(const struct sockaddr_storage *from, char out[HTTP_ADDRESS_MAX])
{
    const void *at = from->ss_family == AF_INET6
                         ? (const void *)&((const struct sockaddr_in6 *)from)->sin6_addr
                         : (const void *)&((const struct sockaddr_in *)from)->sin_addr;
    if (!inet_ntop(from->ss_family, at, out, HTTP_ADDRESS_MAX)) out[0] = 0;
}

static void add_connection(struct http_door *door, int fd, const struct sockaddr_storage *from,
                           socklen_t size)
{
    struct http_server *server = door->server;
    struct http_connection *connection = mem_alloc(sizeof *connection);
    connection->server = server;
    connection->fd = fd;
    connection->door = door;
    connection->uid = door->tcp ? (uid_t)-1 : peer_uid(fd);
    if (door->tcp) write_address(from, connection->address);
    server->accepting = connection;
    struct sockaddr local = {.sa_family = AF_UNIX};
    enum MHD_Result added =
        door->tcp ? MHD_add_connection(server->mhd, fd, (const struct sockaddr *)from, size)
                  : MHD_add_connection(server->mhd, fd, &local, sizeof local.sa_family);
    if (added != MHD_YES) {
        log_warning("api", "connection-refused", "why=%s", strerror(errno));
        if (server->accepting) mem_free(connection); /* else its end was told, and frees it */
    }
    server->accepting = NULL;
    server->wanted = true;
}

void http_connections_accept(struct http_door *door)
{
    struct http_server *server = door->server;
    if (!uv_is_active((uv_handle_t *)&server->tick))
        uv_timer_start(&server->tick, on_tick, TICK_MS, TICK_MS);
    for (int i = 0; i < ACCEPT_ROUNDS; i++) {
        if (door->connections == door->max) {
            uv_poll_stop(&door->poll); /* until one closes */
            return;
        }
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof from;
        int fd = accept4(door->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            add_connection(door, fd, &from, size);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_warning("api", "accept-failed", "why=\"%s\"", strerror(errno));
            uv_poll_stop(&door->poll); /* until the next tick */
            return;
        }
        if (errno != EINTR && errno != ECONNABORTED) return;
    }
}

static void listen_again(struct http_door *door)
{
    if (door->server->quiet || door->connections >= door->max ||
        uv_is_active((uv_handle_t *)&door->poll))
        return;
    uv_poll_start(&door->poll, UV_READABLE, on_listen);
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
    for (size_t i = 0; i < server->door_count; i++)
        listen_again(&server->doors[i]);
    if (!server->connections) uv_timer_stop(&server->tick);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct http_connection *connection = handle->data;
    struct http_server *server = connection->server;
    struct http_door *door = connection->door;
    mem_free(connection);
    server->connection_count--;
    door->connections--;
    if (!server->closing) listen_again(door);
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
        connection->door->connections++;
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
