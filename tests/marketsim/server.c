/* marketsim: one marketplace model on a loopback port. One thread runs the HTTP server and the
 * model; delayed answers and drops wait beside it without blocking others. No rules of any
 * marketplace in here. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define BODY_MAX        (64u << 20)
#define HEADERS_MAX     64
#define CONNECTIONS_MAX 1000
#define READ_BUFFER     (64u << 10)

struct server {
    const struct market_model *model;
    void *state;
    struct MHD_Daemon *daemon;
    struct server_delays delays;
    struct server_moments moments;
    int64_t epoch_ms; /* wall clock at monotonic 0, read once: the model's time never jumps */
};

struct exchange {
    char *query;
    char *body;
    size_t len, size;
    struct market_header headers[HEADERS_MAX];
    size_t header_count;
    struct market_answer answer;
    bool answered; /* the model has spoken */
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t now_ms(const struct server *server)
{
    return server->epoch_ms + clock_ns(CLOCK_MONOTONIC) / 1000000;
}

/* Called with the whole URI before anything else of a request. */
static void *exchange_begin(void *context, const char *uri, struct MHD_Connection *connection)
{
    (void)context;
    (void)connection;
    struct exchange *exchange = market_alloc(sizeof(*exchange));
    const char *query = strchr(uri, '?');
    exchange->query = market_strdup(query ? query + 1 : "");
    return exchange;
}

static void exchange_end(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode why)
{
    (void)context;
    (void)connection;
    (void)why;
    struct exchange *exchange = *slot;
    if (!exchange) return;
    market_answer_free(&exchange->answer);
    free(exchange->query);
    free(exchange->body);
    free(exchange);
    *slot = NULL;
}

static bool take_body(struct exchange *exchange, const char *bytes, size_t len)
{
    if (exchange->len + len > BODY_MAX) return false;
    if (exchange->len + len > exchange->size) {
        size_t size = exchange->size ? exchange->size * 2 : 16384;
        while (size < exchange->len + len)
            size *= 2;
        exchange->body = market_realloc(exchange->body, size);
        exchange->size = size;
    }
    memcpy(exchange->body + exchange->len, bytes, len);
    exchange->len += len;
    return true;
}

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    (void)kind;
    struct exchange *exchange = context;
    if (exchange->header_count == HEADERS_MAX) return MHD_NO;
    exchange->headers[exchange->header_count++] = (struct market_header){name, value ? value : ""};
    return MHD_YES;
}

static void ask_model(struct server *server, struct MHD_Connection *connection,
                      struct exchange *exchange, const char *method, const char *path)
{
    MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, exchange);
    struct market_request request = {.method = method,
                                     .path = path,
                                     .query = exchange->query,
                                     .headers = exchange->headers,
                                     .header_count = exchange->header_count,
                                     .body = exchange->body,
                                     .body_len = exchange->len,
                                     .received_ns = clock_ns(CLOCK_MONOTONIC)};
    exchange->answered = true;
    if (strncmp(path, "/_control/", 10) == 0) {
        if (!server_moment_control(&server->moments, &request, &exchange->answer))
            server->model->control(server->state, &request, now_ms(server), &exchange->answer);
        return;
    }
    server_moment_before(&server->moments, server->model, server->state, &request, now_ms(server));
    server->model->handle(server->state, &request, now_ms(server), &exchange->answer);
    server_moment_after(&server->moments, server->model, server->state, &request, now_ms(server));
}

/* The body's memory goes over to the response. */
static enum MHD_Result send_answer(struct MHD_Connection *connection, struct market_answer *answer)
{
    if (answer->drop) return MHD_NO; /* closes the connection */
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->len, answer->body, answer->body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (!response) return MHD_NO;
    answer->body = NULL;
    answer->size = 0;
    for (size_t i = 0; i < answer->header_count; i++)
        MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
    enum MHD_Result queued = MHD_queue_response(connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *upload, size_t *upload_len, void **slot)
{
    (void)version;
    struct server *server = context;
    struct exchange *exchange = *slot;
    if (exchange->answered) return send_answer(connection, &exchange->answer);
    if (!exchange->size) { /* the first call has the headers only */
        exchange->body = market_alloc(READ_BUFFER);
        exchange->size = READ_BUFFER;
        return MHD_YES;
    }
    if (*upload_len) {
        if (!take_body(exchange, upload, *upload_len)) return MHD_NO;
        *upload_len = 0;
        return MHD_YES;
    }
    ask_model(server, connection, exchange, method, path);
    if (exchange->answer.delay_ms <= 0) return send_answer(connection, &exchange->answer);
    MHD_suspend_connection(connection);
    server_delay_add(&server->delays, now_ms(server) + exchange->answer.delay_ms, connection);
    return MHD_YES;
}

static int poll_timeout(const struct server *server)
{
    MHD_UNSIGNED_LONG_LONG of_http;
    int64_t wait = server_delay_wait(&server->delays, now_ms(server));
    if (MHD_get_timeout(server->daemon, &of_http) == MHD_YES &&
        (wait < 0 || of_http < (MHD_UNSIGNED_LONG_LONG)wait))
        wait = (int64_t)of_http;
    return wait > 60000 ? 60000 : (int)wait;
}

static void resume_due(struct server *server, int64_t until_ms)
{
    struct MHD_Connection *connection;
    while ((connection = server_delay_take(&server->delays, until_ms)))
        MHD_resume_connection(connection);
}

static void serve(struct server *server, int signals)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd fds[2] = {{info->epoll_fd, POLLIN, 0}, {signals, POLLIN, 0}};
    for (;;) {
        if (poll(fds, 2, poll_timeout(server)) < 0 && errno != EINTR) break;
        if (fds[1].revents) break;
        resume_due(server, now_ms(server));
        MHD_run(server->daemon);
    }
    resume_due(server, INT64_MAX); /* the HTTP server cannot stop while one is suspended */
    MHD_run(server->daemon);
}

/* Blocked before the first thread or request, so that none is lost. */
static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool start(struct server *server, const struct server_options *options)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    if (options->address.ss_family == AF_INET6) flags |= MHD_USE_IPv6;
    server->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR,
                         (const struct sockaddr *)&options->address, MHD_OPTION_URI_LOG_CALLBACK,
                         exchange_begin, server, MHD_OPTION_NOTIFY_COMPLETED, exchange_end, server,
                         MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)READ_BUFFER, MHD_OPTION_END);
    return server->daemon != NULL;
}

/* Whoever waits for the file sees it whole or not at all. */
static bool write_port_file(const char *file, unsigned port)
{
    char temporary[4096];
    snprintf(temporary, sizeof(temporary), "%s.tmp", file);
    FILE *stream = fopen(temporary, "w");
    if (!stream) return false;
    bool written = fprintf(stream, "%u\n", port) > 0;
    written = fclose(stream) == 0 && written;
    return written && rename(temporary, file) == 0;
}

static bool announce(const struct server *server, const struct server_options *options)
{
    unsigned port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    char host[INET_ADDRSTRLEN] = "";
    if (options->address.ss_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)&options->address)->sin_addr, host,
                  sizeof(host));
    if (options->port_file && !write_port_file(options->port_file, port)) {
        fprintf(stderr, "marketsim: cannot write %s: %s\n", options->port_file, strerror(errno));
        return false;
    }
    printf("http://%s:%u\n", *host ? host : "[::1]", port);
    fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    struct server_options options;
    server_options_parse(&options, argc, argv);
    struct server server = {.model = market_model_find(options.market)};
    char error[256];
    if (!server.model) {
        fprintf(stderr, "marketsim: no market '%s' (there is: %s)\n", options.market,
                market_model_names());
        return 2;
    }
    int signals = open_signals();
    server.epoch_ms = (clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC)) / 1000000;
    server.state = server.model->create(options.seed);
    int status = 1;
    if (!server.model->setup(server.state, &options.setup, now_ms(&server), error, sizeof(error)))
        fprintf(stderr, "marketsim: %s\n", error);
    else if (!start(&server, &options))
        fprintf(stderr, "marketsim: cannot listen there: %s\n", strerror(errno));
    else if (announce(&server, &options)) {
        serve(&server, signals);
        status = 0;
    }
    if (server.daemon) MHD_stop_daemon(server.daemon);
    server.model->destroy(server.state);
    free(server.delays.list);
    server_moments_free(&server.moments);
    close(signals);
    return status;
}
