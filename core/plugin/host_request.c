/* A request as the plugin made it: every part checked, then copied into the step. */
#include "plugin/operation_private.h"

#include "plugin/text.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { METHOD_MAX = 16, HEADER_NAME_MAX = 128, HEADER_VALUE_MAX = 8192 };

#define ALL_FLAGS                                                           \
    (STOCKD_REQUEST_WRITE | STOCKD_REQUEST_FOREIGN | STOCKD_REQUEST_PARTS | \
     STOCKD_REQUEST_GUNZIP | STOCKD_REQUEST_FILL_FORM | STOCKD_REQUEST_FILL_JSON)
#define FILL_FLAGS (STOCKD_REQUEST_FILL_FORM | STOCKD_REQUEST_FILL_JSON)

/* The host of a whole https URL, lower or upper case as it stands; NULL when it is not a plain one.
 */
static const char *https_host(const char *url, size_t *size)
{
    if (strncasecmp(url, "https://", 8) != 0) return NULL;
    const char *host = url + 8;
    *size = strcspn(host, "/?#");
    /* No user part, no bracket or backslash that another parser might read otherwise. */
    for (size_t i = 0; i < *size; i++)
        if (strchr("@\\[]%", host[i])) return NULL;
    const char *port = memchr(host, ':', *size);
    if (port) *size = (size_t)(port - host);
    return *size ? host : NULL;
}

static bool foreign_allowed(const struct stockd_plugin *declared, const char *host, size_t size)
{
    const char *const *suffixes = declared->foreign_suffixes;
    for (; suffixes && *suffixes; suffixes++) {
        size_t n = strlen(*suffixes);
        bool whole = **suffixes != '.';
        if (n > size || (whole ? n != size : n == size)) continue;
        if (strncasecmp(host + size - n, *suffixes, n) == 0) return true;
    }
    return false;
}

static int path_check(struct plugin_operation *op, const struct stockd_request *r)
{
    size_t size = r->path ? strnlen(r->path, STOCKD_PATH_MAX + 1) : 0;
    if (size == 0 || size > STOCKD_PATH_MAX)
        return refuse(op,
                      size ? "a request's path is longer than %u bytes"
                           : "a request has no path (at most %u bytes)",
                      STOCKD_PATH_MAX);
    if (!text_is_visible(r->path, size))
        return refuse(op,
                      "a request's path holds characters that are not percent-encoded: "
                      "'%.200s'",
                      r->path);
    if (r->flags & STOCKD_REQUEST_FOREIGN) {
        size_t host_size = 0;
        const char *host = https_host(r->path, &host_size);
        if (!host || !foreign_allowed(op->declared, host, host_size))
            return refuse(op,
                          "a foreign request goes to '%.200s', which is not https or not "
                          "under a declared suffix",
                          r->path);
        return 0;
    }
    if (r->path[0] != '/')
        return refuse(op, "a request's path '%.200s' does not begin with '/'", r->path);
    if (r->endpoint >= op->declared->endpoint_count)
        return refuse(op, "a request names endpoint %u of %u", r->endpoint,
                      op->declared->endpoint_count);
    return 0;
}

/* What the transport writes itself. */
static bool header_is_ours(const char *name)
{
    static const char *const ours[] = {"host", "content-length", "transfer-encoding", "connection"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcasecmp(name, ours[i]) == 0) return true;
    return false;
}

static int secret_check(struct plugin_operation *op, const struct stockd_header *header,
                        bool foreign)
{
    if (header->use > STOCKD_SECRET_HMAC_SHA256_BASE64)
        return refuse(op, "header '%s' uses its secret in way %u, which does not exist",
                      header->name, header->use);
    if ((header->use == STOCKD_SECRET_NONE) != (header->secret == NULL))
        return refuse(op, "header '%s' names %s", header->name,
                      header->secret ? "a secret but no use of it" : "a use but no secret");
    if (!header->secret) return 0;
    if (foreign)
        return refuse(op, "header '%s' would give the secret '%.80s' to a foreign host",
                      header->name, header->secret);
    if (!text_is_name(header->secret))
        return refuse(op, "header '%s' names the secret '%.80s', which is no name", header->name,
                      header->secret);
    const struct stockd_option *option = plugin_option(op->plugin, header->secret);
    if (option && !option->secret)
        return refuse(op, "header '%s' names '%s' as its secret, which is a plain option",
                      header->name, header->secret);
    return 0;
}

static int header_take(struct plugin_operation *op, struct stockd_header *header, bool foreign)
{
    if (!text_is_token(header->name, HEADER_NAME_MAX) || header_is_ours(header->name))
        return refuse(op, "a request has the header '%.80s', which is %s",
                      header->name ? header->name : "",
                      header->name && header_is_ours(header->name) ? "written by the core"
                                                                   : "no name of a header");
    const char *value = header->value ? header->value : "";
    size_t size = strnlen(value, HEADER_VALUE_MAX + 1);
    if (size > HEADER_VALUE_MAX || !text_is_plain(value, size))
        return refuse(op, "the value of header '%s' is over %d bytes or holds a line break",
                      header->name, HEADER_VALUE_MAX);
    if (secret_check(op, header, foreign)) return -1;
    header->name = step_copy(op, header->name, strlen(header->name));
    header->value = step_copy(op, value, size);
    if (header->secret) header->secret = step_copy(op, header->secret, strlen(header->secret));
    return header->name && header->value ? 0 : -1;
}

static int headers_take(struct plugin_operation *op, struct stockd_request *r)
{
    if (r->header_count > STOCKD_HEADERS_MAX || (r->header_count && !r->headers))
        return refuse(op, "a request has %u headers, at most %u are sent%s", r->header_count,
                      STOCKD_HEADERS_MAX, r->headers ? "" : ", and no table of them");
    struct stockd_header *headers = NULL;
    if (r->header_count) {
        headers = step_take(op, r->header_count * sizeof *headers);
        if (!headers) return -1;
        memcpy(headers, r->headers, r->header_count * sizeof *headers);
    }
    for (uint32_t i = 0; i < r->header_count; i++)
        if (header_take(op, &headers[i], r->flags & STOCKD_REQUEST_FOREIGN)) return -1;
    r->headers = headers;
    return 0;
}

static int charges_check(struct plugin_operation *op, const struct stockd_request *r)
{
    bool by_route = op->start.operation == STOCKD_PUSH_STOCK && (r->flags & STOCKD_REQUEST_WRITE);
    for (uint32_t i = 0; i < STOCKD_CHARGES_MAX && r->charges[i].amount != 0; i++) {
        if (by_route)
            return refuse(op, "a write of push_stock names charges; they come from its route");
        if (r->charges[i].amount < 0 || r->charges[i].bucket >= op->declared->bucket_count)
            return refuse(op, "a request charges %lld to bucket %u of %u",
                          (long long)r->charges[i].amount, r->charges[i].bucket,
                          op->declared->bucket_count);
    }
    return 0;
}

static int limits_check(struct plugin_operation *op, const struct stockd_request *r)
{
    if (r->flags & ~ALL_FLAGS)
        return refuse(op, "a request sets flags 0x%x, which ABI %u.%u does not have",
                      r->flags & ~ALL_FLAGS, STOCKD_ABI_MAJOR, STOCKD_ABI_MINOR);
    if ((r->flags & FILL_FLAGS) == FILL_FLAGS ||
        ((r->flags & FILL_FLAGS) && (r->flags & STOCKD_REQUEST_FOREIGN)))
        return refuse(op, "a request fills secrets in in two ways, or for a foreign host");
    if (!text_is_token(r->method, METHOD_MAX))
        return refuse(op, "a request has the method '%.40s'", r->method ? r->method : "");
    if (r->body_max > STOCKD_BODY_MAX || r->body_size > STOCKD_BODY_MAX ||
        (r->body_size && !r->body))
        return refuse(op, "a request has a body of %zu bytes%s and wants up to %zu; at most %u",
                      r->body_size, r->body ? "" : " (but none is there)", r->body_max,
                      STOCKD_BODY_MAX);
    if (r->timeout_ms < 0 || r->timeout_ms > STOCKD_TIMEOUT_MAX)
        return refuse(op, "a request has a timeout of %lld ms, not 0 to %d",
                      (long long)r->timeout_ms, STOCKD_TIMEOUT_MAX);
    return 0;
}

int host_request(void *ctx, const struct stockd_request *raw)
{
    struct plugin_operation *op = ctx;
    struct stockd_request r;
    if (op->has_request) return refuse(op, "one step made two requests");
    if (op->more_parts) return refuse(op, "a request was made before the last part of an answer");
    if (!row_read(op, &r, sizeof r, raw, offsetof(struct stockd_request, charges), "a request"))
        return -1;
    if (limits_check(op, &r) || path_check(op, &r) || charges_check(op, &r) || headers_take(op, &r))
        return -1;
    r.size = sizeof r;
    r.method = step_copy(op, r.method, strlen(r.method));
    r.path = step_copy(op, r.path, strlen(r.path));
    if (!r.method || !r.path ||
        !bytes_take(op, &r.body, r.body_size, STOCKD_BODY_MAX, "a request's body"))
        return -1;
    if (r.body_max == 0) r.body_max = STOCKD_BODY_DEFAULT;
    op->request = r;
    op->has_request = true;
    return 0;
}
