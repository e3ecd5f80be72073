/* The life of an exchange: libmicrohttpd's calls on one side, the handler on the other. Bodies,
 * answers and routing have files of their own. */
#include "base/mem.h"
#include "http/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *http_exchange_new(void *ctx, const char *target, struct MHD_Connection *mhd)
{
    struct http_server *server = ctx;
    struct http_exchange *exchange = mem_alloc(sizeof *exchange);
    exchange->server = server;
    exchange->mhd = mhd;
    exchange->text = mem_text(target ? target : "");
    exchange->connection =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    exchange->uid = exchange->connection->uid;
    memcpy(exchange->address, exchange->connection->address, sizeof exchange->address);
    if (!exchange->connection->door->tcp) {
        exchange->granted = HTTP_SCOPE_ADMIN;
        snprintf(exchange->actor, sizeof exchange->actor, "uid:%u", (unsigned)exchange->uid);
    }
    exchange->connection->exchange = exchange;
    buf_init(&exchange->body, HTTP_PART_MAX);
    buf_init(&exchange->given, HTTP_PART_MAX);
    buf_init(&exchange->out, HTTP_STREAM_MAX);
    server->exchange_count++;
    return exchange;
}

static void maybe_free(struct http_exchange *exchange)
{
    if (!exchange->finished || !exchange->released || exchange->delivering || exchange->pending)
        return;
    struct http_server *server = exchange->server;
    if (exchange->response) MHD_destroy_response(exchange->response);
    for (size_t i = 0; i < exchange->header_count; i++) {
        mem_free(exchange->headers[i].name);
        mem_free(exchange->headers[i].value);
    }
    http_body_free(exchange);
    buf_free(&exchange->out);
    mem_free(exchange->text);
    mem_free(exchange);
    server->exchange_count--;
    http_server_maybe_free(server);
}

void http_exchange_release(struct http_exchange *exchange)
{
    if (exchange->dispatched && !exchange->released) exchange->server->unanswered--;
    exchange->released = true;
    maybe_free(exchange);
}

void http_exchange_pend(struct http_exchange *exchange)
{
    if (exchange->pending) return;
    exchange->pending = true;
    exchange->pending_next = NULL;
    *exchange->server->pending_last = exchange;
    exchange->server->pending_last = &exchange->pending_next;
}

void http_exchange_callbacks(struct http_exchange *exchange)
{
    exchange->delivering = true;
    if (exchange->drained_due) {
        exchange->drained_due = false;
        if (exchange->drained && !exchange->released && !exchange->gone)
            exchange->drained(exchange);
    }
    http_body_deliver(exchange);
    exchange->delivering = false;
    maybe_free(exchange);
}

void http_exchange_suspend(struct http_exchange *exchange)
{
    assert(!exchange->suspended);
    exchange->suspended = true;
    MHD_suspend_connection(exchange->mhd);
    http_connection_watch(exchange->connection, true);
}

void http_exchange_resume(struct http_exchange *exchange)
{
    if (!exchange->suspended) return;
    exchange->suspended = false;
    http_connection_watch(exchange->connection, false);
    MHD_resume_connection(exchange->mhd);
    exchange->server->wanted = true;
}

void http_exchange_gone(struct http_exchange *exchange)
{
    if (exchange->gone) return;
    exchange->gone = true;
    if (exchange->gone_fn && exchange->dispatched && !exchange->released) {
        bool outer = exchange->delivering;
        exchange->delivering = true; /* it may answer from there */
        exchange->gone_fn(exchange, exchange->gone_ctx);
        exchange->delivering = outer;
    }
}

void http_exchange_finished(void *ctx, struct MHD_Connection *mhd, void **context,
                            enum MHD_RequestTerminationCode why)
{
    (void)ctx, (void)mhd, (void)why;
    struct http_exchange *exchange = *context;
    *context = NULL;
    if (!exchange) return;
    exchange->connection->exchange = NULL;
    http_connection_phase(exchange->connection, PHASE_HEADER);
    exchange->connection = NULL;
    exchange->mhd = NULL;
    exchange->finished = true;
    if (!exchange->dispatched) exchange->released = true; /* no handler ever had it */
    if (!exchange->released) http_exchange_gone(exchange);
    maybe_free(exchange);
}

static enum MHD_Result queue_answer(struct http_exchange *exchange)
{
    struct MHD_Response *response = exchange->response;
    exchange->response = NULL;
    enum MHD_Result queued =
        MHD_queue_response(exchange->mhd, (unsigned)exchange->status, response);
    MHD_destroy_response(response); /* libmicrohttpd holds its own reference */
    return queued;
}

static void dispatch(struct http_exchange *exchange)
{
    exchange->dispatched = true;
    exchange->server->unanswered++;
    exchange->route->handle(exchange);
}

static bool announces_body(const struct http_exchange *exchange)
{
    const char *length = http_header(exchange, "Content-Length");
    return http_header(exchange, "Transfer-Encoding") || (length && strtoull(length, NULL, 10) > 0);
}

/* A body that need not be read when the answer is known already. libmicrohttpd closes the
 * connection after such an early answer, so small bodies are read and forgotten instead. */
static bool body_is_unwelcome(const struct http_exchange *exchange)
{
    const char *length = http_header(exchange, "Content-Length");
    return exchange->has_body && (http_header(exchange, "Expect") || !length ||
                                  strtoull(length, NULL, 10) > HTTP_DISCARD_EAGER);
}

static enum MHD_Result begin(struct http_exchange *exchange, const char *method)
{
    exchange->begun = true;
    exchange->has_body = announces_body(exchange);
    bool found = http_guard_admit(exchange, method) && http_route_find(exchange, method);
    if (found && exchange->route->early) found = exchange->route->early(exchange);
    bool streamed = found && (exchange->route->flags & HTTP_BODY_STREAMED);
    http_connection_phase(exchange->connection, streamed ? PHASE_WORK : PHASE_BODY);
    if (streamed)
        dispatch(exchange);
    else if (found && exchange->route->body_max)
        exchange->body.max = exchange->route->body_max;
    else
        exchange->body.max = HTTP_BODY_DEFAULT;
    if (exchange->response && body_is_unwelcome(exchange)) return queue_answer(exchange);
    return MHD_YES;
}

/* The request is whole. */
static enum MHD_Result conclude(struct http_exchange *exchange)
{
    http_connection_phase(exchange->connection, PHASE_WORK);
    http_body_whole(exchange);
    if (!exchange->dispatched && !exchange->response) dispatch(exchange);
    if (exchange->response) return queue_answer(exchange);
    http_exchange_suspend(exchange);
    return MHD_YES;
}

/* libmicrohttpd calls this with the header, then with each piece of the body, then with the whole
 * request; and again whenever a suspended connection was resumed. */
enum MHD_Result http_exchange_step(void *ctx, struct MHD_Connection *mhd, const char *url,
                                   const char *method, const char *version, const char *data,
                                   size_t *size, void **context)
{
    (void)ctx, (void)mhd, (void)url, (void)version;
    struct http_exchange *exchange = *context;
    if (exchange->gone) return MHD_NO; /* closes the connection */
    if (!exchange->begun) return begin(exchange, method);
    if (*size == 0) return conclude(exchange);
    *size -= http_body_take(exchange, data, *size);
    if (exchange->discarded > HTTP_DISCARD_MAX) return MHD_NO;
    if (*size) http_exchange_suspend(exchange);
    return MHD_YES;
}

/* What handlers ask. */

void *http_context(const struct http_exchange *exchange)
{
    return exchange->server->config.context;
}

const struct http_route *http_route(const struct http_exchange *exchange)
{
    return exchange->route;
}

struct bytes http_path(const struct http_exchange *exchange, const char *name)
{
    size_t size = strlen(name), index = 0;
    for (const char *at = strchr(exchange->route->pattern, '{'); at; at = strchr(at + 1, '{')) {
        if (strncmp(at + 1, name, size) == 0 && at[1 + size] == '}') return exchange->path[index];
        index++;
    }
    assert(0 && "the pattern has no such part");
    return bytes_of("", 0);
}

const char *http_query(const struct http_exchange *exchange, const char *name)
{
    return http_target_query(&exchange->target, name);
}

void http_query_each(const struct http_exchange *exchange,
                     void (*each)(void *ctx, const char *name, const char *value), void *ctx)
{
    for (size_t i = 0; i < exchange->target.query_count; i++)
        each(ctx, exchange->target.query[i].name, exchange->target.query[i].value);
}

const char *http_header(const struct http_exchange *exchange, const char *name)
{
    if (!exchange->mhd) return NULL;
    return MHD_lookup_connection_value(exchange->mhd, MHD_HEADER_KIND, name);
}

uid_t http_peer_uid(const struct http_exchange *exchange)
{
    return exchange->uid;
}

const char *http_peer_address(const struct http_exchange *exchange)
{
    return exchange->address;
}

const char *http_actor(const struct http_exchange *exchange)
{
    return exchange->actor;
}

void http_actor_set(struct http_exchange *exchange, const char *actor)
{
    snprintf(exchange->actor, sizeof exchange->actor, "%s", actor);
}

bool http_is_gone(const struct http_exchange *exchange)
{
    return exchange->gone;
}

void http_on_gone(struct http_exchange *exchange,
                  void (*gone)(struct http_exchange *exchange, void *ctx), void *ctx)
{
    exchange->gone_fn = gone;
    exchange->gone_ctx = ctx;
}

void http_user_set(struct http_exchange *exchange, void *user)
{
    exchange->user = user;
}

void *http_user(const struct http_exchange *exchange)
{
    return exchange->user;
}
