/* Answers given at once: JSON, text, nothing, problems. Streams are in stream.c. */
#include "base/mem.h"
#include "http/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void http_answer_header(struct http_exchange *exchange, const char *name, const char *value)
{
    assert(exchange->header_count < HTTP_ANSWER_HEADERS_MAX);
    if (exchange->header_count == HTTP_ANSWER_HEADERS_MAX) return;
    exchange->headers[exchange->header_count++] =
        (struct answer_header){mem_text(name), mem_text(value)};
}

void http_answer_set(struct http_exchange *exchange, int status, struct MHD_Response *response)
{
    assert(!exchange->released && !exchange->response); /* answered exactly once */
    for (size_t i = 0; i < exchange->header_count; i++)
        MHD_add_response_header(response, exchange->headers[i].name, exchange->headers[i].value);
    exchange->response = response;
    exchange->status = status;
    if (!exchange->gone) http_exchange_resume(exchange);
}

/* `body` was allocated by malloc and is taken. */
static void answer_buffer(struct http_exchange *exchange, int status, const char *type, char *body,
                          size_t size)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE);
    mem_must(response, "an answer");
    if (type) MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    http_answer_set(exchange, status, response);
    http_exchange_release(exchange);
}

void http_answer_text(struct http_exchange *exchange, int status, const char *type,
                      struct bytes body)
{
    char *copy = mem_bare(body.size + 1);
    memcpy(copy, body.data, body.size);
    answer_buffer(exchange, status, type, copy, body.size);
}

void http_answer_empty(struct http_exchange *exchange, int status)
{
    answer_buffer(exchange, status, NULL, NULL, 0);
}

json_t *http_tell(const struct http_exchange *exchange, json_t *body)
{
    const struct http_config *config = &exchange->server->config;
    return body && config->tell ? config->tell(exchange, body) : body;
}

static void answer_json(struct http_exchange *exchange, int status, const char *type, json_t *body)
{
    body = http_tell(exchange, body);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    assert(text); /* a NULL value was put in */
    if (!text) {
        http_answer_problem(exchange, 500, "bug", "the answer could not be written as JSON");
        return;
    }
    answer_buffer(exchange, status, type, text, strlen(text));
}

void http_answer_json(struct http_exchange *exchange, int status, json_t *body)
{
    answer_json(exchange, status, "application/json", body);
}

void http_answer_problem(struct http_exchange *exchange, int status, const char *code,
                         const char *format, ...)
{
    char detail[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    const char *title = MHD_get_reason_phrase_for((unsigned)status);
    json_t *body = json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank", "title",
                             title ? title : "Problem", "status", status, "code", code);
    json_t *text = json_string(detail);
    /* A sentence that quotes bytes which are no UTF-8, or was cut inside a letter. */
    if (!text) {
        for (char *at = detail; *at; at++)
            if ((unsigned char)*at > 126) *at = '?';
        text = json_string(detail);
    }
    json_object_set_new(body, "detail", text);
    answer_json(exchange, status, "application/problem+json", body);
}

int http_status_of(enum status status)
{
    switch (status) {
    case ST_OK: return 200;
    case ST_INVALID: return 400;
    case ST_NOT_FOUND: return 404;
    case ST_EXISTS:
    case ST_CONFLICT: return 409;
    case ST_TOO_BIG: return 413;
    case ST_FULL: return 507;
    case ST_BUSY: return 503;
    case ST_DENIED: return 403;
    case ST_UNSUPPORTED: return 501;
    case ST_CANCELLED: return 503;
    case ST_HELD: return 202;
    case ST_DAMAGED:
    case ST_IO:
    case ST_BUG: return 500;
    }
    return 500;
}

void http_answer_error(struct http_exchange *exchange, const struct error *error)
{
    http_answer_problem(exchange, http_status_of(error->status), status_name(error->status), "%s",
                        error->text);
}
