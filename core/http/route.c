/* The router: which entry of the table answers a request, and what the table alone can refuse. */
#include "base/mem.h"
#include "base/suggest.h"
#include "http/internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Is `word` (of `size` bytes) among the words of `list`? */
static bool in_list(const char *list, const char *word, size_t size)
{
    for (const char *at = list; at && *at;) {
        size_t n = strcspn(at, " ");
        if (n == size && strncasecmp(at, word, n) == 0) return true;
        at += n + (at[n] == ' ');
    }
    return false;
}

/* The nearest name of a list of at most HTTP_QUERY_MAX words. */
static void suggest(const char *list, const char *word, char *out, size_t size)
{
    char *copy = mem_text(list), *save = NULL;
    const char *names[HTTP_QUERY_MAX];
    size_t count = 0;
    for (char *at = strtok_r(copy, " ", &save); at && count < HTTP_QUERY_MAX;
         at = strtok_r(NULL, " ", &save))
        names[count++] = at;
    const char *near = suggest_name(word, names, count);
    if (near)
        snprintf(out, size, "; did you mean '%s'?", near);
    else
        snprintf(out, size, "; it takes: %s", list);
    mem_free(copy);
}

static bool check_query(struct http_exchange *exchange)
{
    const char *known = exchange->route->query;
    for (size_t i = 0; i < exchange->target.query_count; i++) {
        const char *name = exchange->target.query[i].name;
        if (in_list(known, name, strlen(name))) continue;
        char hint[200] = "; this resource takes none";
        if (known) suggest(known, name, hint, sizeof hint);
        http_answer_problem(exchange, 400, "invalid", "unknown parameter '%.64s'%s", name, hint);
        return false;
    }
    return true;
}

static bool check_type(struct http_exchange *exchange)
{
    const char *accept = exchange->route->accept;
    const char *type = http_header(exchange, "Content-Type");
    if (!accept || !type || !exchange->has_body) return true;
    size_t size = strcspn(type, "; \t");
    if (in_list(accept, type, size)) return true;
    http_answer_problem(exchange, 415, "unsupported",
                        "a body of type '%.*s' is not understood here; send %s", (int)size, type,
                        accept);
    return false;
}

static size_t body_max(const struct http_route *route)
{
    return route->body_max ? route->body_max : HTTP_BODY_DEFAULT;
}

static bool check_length(struct http_exchange *exchange)
{
    const char *text = http_header(exchange, "Content-Length");
    if (!text || (exchange->route->flags & HTTP_BODY_STREAMED)) return true;
    /* libmicrohttpd has refused what is not a number. */
    if (strtoull(text, NULL, 10) <= body_max(exchange->route)) return true;
    http_answer_problem(exchange, 413, "too-big",
                        "the body is longer than the %zu bytes this resource takes",
                        body_max(exchange->route));
    return false;
}

static bool method_fits(const struct http_route *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
           (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

/* The table's methods for this path, as an Allow header; false when the path is in no entry. */
static bool allowed_methods(struct http_exchange *exchange, struct buf *out)
{
    struct bytes ignored[HTTP_SEGMENTS_MAX];
    const struct http_config *config = &exchange->server->config;
    bool any = false;
    for (size_t i = 0; i < config->route_count; i++) {
        const struct http_route *route = &config->routes[i];
        if (!http_target_match(&exchange->target, route->pattern, ignored)) continue;
        if (any && strstr(buf_cstr(out), route->method)) continue;
        buf_format(out, "%s%s%s", any ? ", " : "", route->method,
                   strcmp(route->method, "GET") == 0 ? ", HEAD" : "");
        any = true;
    }
    if (any) buf_text(out, ", OPTIONS");
    return any;
}

static void answer_unrouted(struct http_exchange *exchange, const char *method)
{
    struct buf allow;
    buf_init(&allow, 256);
    if (!allowed_methods(exchange, &allow)) {
        http_answer_problem(exchange, 404, "not-found", "there is no such resource");
    } else {
        http_answer_header(exchange, "Allow", buf_cstr(&allow));
        if (strcmp(method, "OPTIONS") == 0)
            http_answer_empty(exchange, 204);
        else
            http_answer_problem(exchange, 405, "unsupported",
                                "%.32s is not offered here; this resource takes %s", method,
                                buf_cstr(&allow));
    }
    buf_free(&allow);
}

bool http_route_is_early(const struct http_exchange *exchange, const char *method)
{
    const struct http_config *config = &exchange->server->config;
    struct bytes ignored[HTTP_SEGMENTS_MAX];
    struct http_target target;
    struct error error;
    bool early = false;
    char *text = mem_text(exchange->text); /* parsing writes into it */
    bool good = http_target_parse(text, &target, &error) == ST_OK;
    for (size_t i = 0; i < config->route_count && good && !early; i++) {
        const struct http_route *route = &config->routes[i];
        early = route->early && method_fits(route, method) &&
                http_target_match(&target, route->pattern, ignored);
    }
    mem_free(text);
    return early;
}

bool http_route_find(struct http_exchange *exchange, const char *method)
{
    struct error error;
    if (strcmp(method, "OPTIONS") == 0 && strcmp(exchange->text, "*") == 0) {
        http_answer_empty(exchange, 204);
        return false;
    }
    if (http_target_parse(exchange->text, &exchange->target, &error) != ST_OK) {
        http_answer_problem(exchange, 400, "invalid", "%s", error.text);
        return false;
    }
    const struct http_config *config = &exchange->server->config;
    for (size_t i = 0; i < config->route_count && !exchange->route; i++) {
        const struct http_route *route = &config->routes[i];
        if (method_fits(route, method) &&
            http_target_match(&exchange->target, route->pattern, exchange->path))
            exchange->route = route;
    }
    if (!exchange->route) {
        answer_unrouted(exchange, method);
        return false;
    }
    return http_guard_scope(exchange) && check_query(exchange) && http_guard_conditions(exchange) &&
           check_type(exchange) && check_length(exchange);
}
