/* Request bodies: collected whole, or handed over in parts with back-pressure. */
#include "http/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_streamed(const struct http_exchange *exchange)
{
    return exchange->route && (exchange->route->flags & HTTP_BODY_STREAMED);
}

static size_t discard(struct http_exchange *exchange, size_t size)
{
    exchange->discarded += size;
    return size;
}

static size_t collect(struct http_exchange *exchange, const char *data, size_t size)
{
    if (buf_add(&exchange->body, data, size)) return size;
    size_t max = exchange->body.max;
    buf_free(&exchange->body);
    http_answer_problem(exchange, 413, "too-big",
                        "the body is longer than the %zu bytes this resource takes", max);
    return discard(exchange, size);
}

size_t http_body_take(struct http_exchange *exchange, const char *data, size_t size)
{
    if (exchange->response || exchange->released) return discard(exchange, size);
    if (!is_streamed(exchange)) return collect(exchange, data, size);
    size_t room = HTTP_PART_MAX - exchange->body.size;
    if (size > room) size = room;
    buf_add(&exchange->body, data, size);
    if (exchange->part) http_exchange_pend(exchange);
    return size;
}

void http_body_whole(struct http_exchange *exchange)
{
    exchange->body_whole = true;
    if (exchange->part) http_exchange_pend(exchange);
}

static bool part_is_ready(const struct http_exchange *exchange)
{
    return exchange->part && !exchange->gone && !exchange->released && !exchange->end_given &&
           (exchange->body.size || exchange->body_whole);
}

void http_body_deliver(struct http_exchange *exchange)
{
    /* Ends: each round gives a part away, and the end is given once. */
    while (part_is_ready(exchange)) {
        void (*part)(struct http_exchange *, struct bytes, bool) = exchange->part;
        exchange->part = NULL;
        struct buf filled = exchange->body;
        exchange->body = exchange->given;
        exchange->given = filled;
        buf_reset(&exchange->body);
        bool last = exchange->given.size == 0;
        exchange->end_given = last;
        if (!exchange->body_whole) http_exchange_resume(exchange); /* there is room again */
        part(exchange, bytes_of(buf_cstr(&exchange->given), exchange->given.size), last);
    }
}

void http_body_next(struct http_exchange *exchange,
                    void (*part)(struct http_exchange *exchange, struct bytes bytes, bool last))
{
    exchange->part = part;
    if (part_is_ready(exchange) && !exchange->delivering) http_exchange_pend(exchange);
}

void http_body_free(struct http_exchange *exchange)
{
    buf_free(&exchange->body);
    buf_free(&exchange->given);
}

struct bytes http_body(const struct http_exchange *exchange)
{
    if (is_streamed(exchange)) return bytes_of("", 0);
    return bytes_of(buf_cstr(&exchange->body), exchange->body.size);
}

json_t *http_body_object(struct http_exchange *exchange)
{
    struct bytes body = http_body(exchange);
    if (body.size == 0) {
        http_answer_problem(exchange, 400, "invalid", "the body is empty; send a JSON object");
        return NULL;
    }
    json_error_t why;
    json_t *value = json_loadb(body.data, body.size, JSON_REJECT_DUPLICATES, &why);
    if (!value) {
        http_answer_problem(exchange, 400, "invalid",
                            "the body is not JSON: line %d, column %d: %s", why.line, why.column,
                            why.text);
    } else if (!json_is_object(value)) {
        json_decref(value);
        value = NULL;
        http_answer_problem(exchange, 400, "invalid", "the body must be a JSON object");
    }
    return value;
}

bool http_query_int(struct http_exchange *exchange, const char *name, int64_t min, int64_t max,
                    int64_t *value)
{
    const char *text = http_query(exchange, name);
    if (!text) return true;
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (!*text || *end || errno || n < min || n > max) {
        http_answer_problem(exchange, 400, "invalid",
                            "parameter '%s' must be a whole number from %lld to %lld, not '%.40s'",
                            name, (long long)min, (long long)max, text);
        return false;
    }
    *value = n;
    return true;
}
