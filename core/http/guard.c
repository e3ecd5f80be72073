/* Before the router: headers that two readers could read in two ways, names that are not ours, who
 * asks, and whether that is enough. */
#include "http/internal.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

const char *http_scope_name(enum http_scope scope)
{
    static const char *const names[] = {"none", "read", "write", "admin"};
    return (size_t)scope < sizeof names / sizeof *names ? names[scope] : "none";
}

/* ---- headers */

struct counted {
    size_t hosts, lengths, encodings, authorizations;
};

static enum MHD_Result count(void *ctx, enum MHD_ValueKind kind, const char *name,
                             const char *value)
{
    struct counted *counted = ctx;
    (void)kind, (void)value;
    counted->hosts += strcasecmp(name, "Host") == 0;
    counted->lengths += strcasecmp(name, "Content-Length") == 0;
    counted->encodings += strcasecmp(name, "Transfer-Encoding") == 0;
    counted->authorizations += strcasecmp(name, "Authorization") == 0;
    return MHD_YES;
}

/* The connection ends with it: where the next request would begin is not known. */
static bool refuse_header(struct http_exchange *exchange, const char *why)
{
    http_answer_header(exchange, "Connection", "close");
    http_answer_problem(exchange, 400, "invalid", "%s", why);
    return false;
}

static bool check_headers(struct http_exchange *exchange)
{
    struct counted counted = {0};
    MHD_get_connection_values(exchange->mhd, MHD_HEADER_KIND, count, &counted);
    if (counted.lengths && counted.encodings)
        return refuse_header(exchange, "the request has both Content-Length and "
                                       "Transfer-Encoding: send one of them");
    if (counted.lengths > 1 || counted.encodings > 1)
        return refuse_header(exchange, "the request says more than once how long its body is: send "
                                       "one Content-Length, or Transfer-Encoding: chunked");
    if (counted.hosts > 1)
        return refuse_header(exchange, "the request has more than one Host: send one");
    if (counted.authorizations > 1)
        return refuse_header(exchange, "the request has more than one Authorization: send one");
    return true;
}

/* ---- Host */

/* "name", "name:80", "1.2.3.4:80", "[::1]:80" -> the name without its port. False: none of these.
 */
static bool host_name(const char *host, char *out, size_t size)
{
    bool six = host[0] == '[';
    size_t length = strcspn(host, six ? "]" : ":");
    const char *rest = host + length + (six && host[length]);
    if (six && !host[length]) return false;
    if (six) host++, length--;
    if (length == 0 || length >= size) return false;
    if (*rest && (rest[0] != ':' || strspn(rest + 1, "0123456789") != strlen(rest + 1)))
        return false;
    memcpy(out, host, length);
    out[length] = '\0';
    return true;
}

static bool host_is_ours(const struct http_config *config, const char *host)
{
    char name[256];
    unsigned char bytes[sizeof(struct in6_addr)];
    if (!host_name(host, name, sizeof name)) return false;
    if (inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1) return true;
    if (strcasecmp(name, "localhost") == 0) return true;
    for (size_t i = 0; i < config->host_count; i++)
        if (strcasecmp(config->hosts[i], name) == 0) return true;
    return false;
}

/* A name that somebody else's DNS lets point here is how a page in a browser would reach us. */
static bool check_host(struct http_exchange *exchange)
{
    const char *host = http_header(exchange, "Host");
    if (!host) return refuse_header(exchange, "the request has no Host: send the name it is for");
    if (host_is_ours(&exchange->server->config, host)) return true;
    http_answer_problem(exchange, 421, "denied",
                        "this daemon does not answer to the host '%.80s'; use its address, or name "
                        "the host in 'hosts' of the section 'api' in conf.d",
                        host);
    return false;
}

/* ---- conditions: what a resource would pass over in silence is refused */

static bool key_is_good(const char *key)
{
    size_t size = strlen(key);
    for (size_t i = 0; i < size; i++)
        if (key[i] <= ' ' || key[i] > '~') return false;
    return size > 0 && size <= HTTP_KEY_MAX;
}

bool http_guard_conditions(struct http_exchange *exchange)
{
    const struct http_route *route = exchange->route;
    const char *key = http_header(exchange, "Idempotency-Key");
    if (strcmp(route->method, "GET") == 0) return true;
    if (key && !(route->flags & HTTP_KEYED)) {
        http_answer_problem(exchange, 400, "invalid",
                            "this resource takes no Idempotency-Key: leave it out");
        return false;
    }
    if (key && !key_is_good(key)) {
        http_answer_problem(exchange, 400, "invalid",
                            "an Idempotency-Key is 1 to %d printable ASCII characters without "
                            "blanks",
                            HTTP_KEY_MAX);
        return false;
    }
    if (!http_header(exchange, "If-Match") || (route->flags & HTTP_MATCHED)) return true;
    http_answer_problem(exchange, 400, "invalid", "this resource takes no If-Match: leave it out");
    return false;
}

/* ---- who asks */

bool http_guard_admit(struct http_exchange *exchange, const char *method)
{
    const struct http_config *config = &exchange->server->config;
    if (!check_headers(exchange)) return false;
    if (!exchange->connection->door->tcp) return true;
    if (!check_host(exchange)) return false;
    if (http_route_is_early(exchange, method)) return true;
    exchange->granted = config->admit ? config->admit(exchange) : HTTP_SCOPE_NONE;
    if (exchange->granted == HTTP_SCOPE_NONE && !exchange->response)
        http_answer_problem(exchange, 403, "denied", "nobody is let in here");
    return exchange->granted != HTTP_SCOPE_NONE;
}

bool http_guard_scope(struct http_exchange *exchange)
{
    const struct http_route *route = exchange->route;
    if (!exchange->connection->door->tcp || route->early) return true;
    if (route->scope != HTTP_SCOPE_NONE && exchange->granted >= route->scope) return true;
    http_answer_problem(exchange, 403, "denied",
                        "this takes a token with the scope '%s'; the one that was sent has '%s'",
                        http_scope_name(route->scope), http_scope_name(exchange->granted));
    return false;
}
