/* Answers of unknown length: a buffer between the writer and the client. */
#include "base/mem.h"
#include "http/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    READ_BLOCK = 32 << 10,  /* libmicrohttpd's buffer of one chunk */
    COMPACT_AT = 128 << 10, /* sent bytes at the front before the rest is moved there */
};

static size_t waiting(const struct http_exchange *exchange)
{
    return exchange->out.size - exchange->out_at;
}

/* libmicrohttpd asks for the next bytes. */
static ssize_t read_out(void *ctx, uint64_t position, char *to, size_t max)
{
    (void)position;
    struct http_exchange *exchange = ctx;
    if (exchange->gone) return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t size = waiting(exchange);
    if (size == 0) {
        if (exchange->out_ended) return MHD_CONTENT_READER_END_OF_STREAM;
        http_exchange_suspend(exchange);
        return 0;
    }
    if (size > max) size = max;
    memcpy(to, exchange->out.data + exchange->out_at, size);
    exchange->out_at += size;
    if (exchange->out_full && waiting(exchange) <= HTTP_STREAM_PAUSE / 4) {
        exchange->out_full = false;
        exchange->drained_due = true;
        http_exchange_pend(exchange);
    }
    return (ssize_t)size;
}

void http_answer_stream_begin(struct http_exchange *exchange, int status, const char *type,
                              void (*drained)(struct http_exchange *exchange))
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, READ_BLOCK, read_out, exchange, NULL);
    mem_must(response, "an answer");
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    exchange->streaming = true;
    exchange->drained = drained;
    http_answer_set(exchange, status, response);
}

static void make_room(struct http_exchange *exchange)
{
    if (exchange->out_at < COMPACT_AT && exchange->out_at < exchange->out.size) return;
    size_t size = waiting(exchange);
    if (size) memmove(exchange->out.data, exchange->out.data + exchange->out_at, size);
    exchange->out.size = size;
    exchange->out_at = 0;
}

/* A client that lets megabytes pile up is cut off; libmicrohttpd sees the hang-up. */
static void cut_off(struct http_exchange *exchange)
{
    exchange->out_at = exchange->out.size;
    if (exchange->connection) shutdown(exchange->connection->fd, SHUT_RDWR);
}

bool http_answer_stream_write(struct http_exchange *exchange, struct bytes bytes)
{
    assert(exchange->streaming && !exchange->out_ended);
    if (exchange->gone || exchange->out.overflow) return false;
    make_room(exchange);
    if (!buf_add(&exchange->out, bytes.data, bytes.size)) {
        cut_off(exchange);
        return false;
    }
    http_exchange_resume(exchange);
    if (waiting(exchange) > HTTP_STREAM_PAUSE) exchange->out_full = true;
    return !exchange->out_full;
}

bool http_answer_stream_json(struct http_exchange *exchange, json_t *line)
{
    line = http_tell(exchange, line);
    char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    assert(text);
    if (!text) return http_answer_stream_write(exchange, bytes_of("", 0));
    size_t size = strlen(text);
    text[size] = '\n'; /* in the place of the terminator: one write, one chunk */
    bool more = http_answer_stream_write(exchange, bytes_of(text, size + 1));
    free(text);
    return more;
}

void http_answer_stream_end(struct http_exchange *exchange)
{
    assert(exchange->streaming && !exchange->out_ended);
    exchange->out_ended = true;
    if (!exchange->gone) http_exchange_resume(exchange);
    http_exchange_release(exchange);
}
