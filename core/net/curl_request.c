/* A request as libcurl takes it: checked, its header lines with their secrets. */
#include "base/mem.h"
#include "net/curl_internal.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    METHOD_MAX = 16,
    REQUEST_HEADERS_MAX = 64,
    HEADER_LINES_MAX = 256 * 1024,
    URL_MAX = 64 * 1024,
};

static bool refuse(char why[REQUEST_ERROR_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool refuse(char why[REQUEST_ERROR_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, REQUEST_ERROR_MAX, format, args);
    va_end(args);
    return false;
}

/* --- where to ------------------------------------------------------------------------------------
 */

static bool is_address(const char *host)
{
    struct in6_addr at;
    return uv_inet_pton(AF_INET, host, &at) == 0 || uv_inet_pton(AF_INET6, host, &at) == 0;
}

static bool is_loopback(const char *host)
{
    struct in_addr four;
    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0) return true;
    return uv_inet_pton(AF_INET, host, &four) == 0 && (ntohl(four.s_addr) >> 24) == 127;
}

static bool url_clean(const char *url)
{
    size_t size = 0;
    for (; url[size]; size++)
        if ((unsigned char)url[size] <= ' ' || (unsigned char)url[size] >= 0x7f) return false;
    return size > 0 && size < URL_MAX;
}

static char *url_part(CURLU *url, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    return curl_url_get(url, part, &text, flags) == CURLUE_OK ? text : NULL;
}

static void fill_target(CURLU *url, struct target *target)
{
    char *scheme = url_part(url, CURLUPART_SCHEME, 0);
    char *host = url_part(url, CURLUPART_HOST, 0);
    char *port = url_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    if (scheme && host && port) {
        size_t size = strlen(host);
        bool brackets = host[0] == '[' && size > 2;
        target->host = brackets ? mem_text_n(host + 1, size - 2) : mem_text(host);
        for (char *at = target->host; *at; at++)
            if (*at >= 'A' && *at <= 'Z') *at = (char)(*at + 32);
        target->port = (unsigned)strtoul(port, NULL, 10);
        target->https = strcasecmp(scheme, "https") == 0;
        target->literal = is_address(target->host);
        target->loopback = is_loopback(target->host);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
}

static bool method_clean(const char *method)
{
    size_t size = 0;
    for (; method[size]; size++)
        if (method[size] < 'A' || method[size] > 'Z') return false;
    return size > 0 && size <= METHOD_MAX;
}

bool target_of(const struct net_request *request, struct target *target,
               char why[REQUEST_ERROR_MAX])
{
    *target = (struct target){0};
    if (!request->method || !method_clean(request->method))
        return refuse(why, "the method is not a word of capital letters");
    if (!request->url || !url_clean(request->url))
        return refuse(why, "the address is empty, too long, or holds characters that must be "
                           "percent-encoded");
    bool plain = strncasecmp(request->url, "http://", 7) == 0;
    if (!plain && strncasecmp(request->url, "https://", 8) != 0)
        return refuse(why, "the address %.100s does not begin with https://", request->url);
    CURLU *url = curl_url();
    bool parsed =
        url && curl_url_set(url, CURLUPART_URL, request->url, CURLU_PATH_AS_IS) == CURLUE_OK;
    char *user = parsed ? url_part(url, CURLUPART_USER, 0) : NULL;
    bool has_user = user != NULL;
    curl_free(user);
    if (parsed) fill_target(url, target);
    curl_url_cleanup(url);
    if (!target->host) return refuse(why, "the address %.100s is malformed", request->url);
    if (has_user) return refuse(why, "the address of %.100s holds a user name", target->host);
    if (!target->https && !target->loopback && !request->allow_plain)
        return refuse(why,
                      "%.100s would be spoken to without encryption; use https, or allow plain "
                      "http for this endpoint",
                      target->host);
    return true;
}

void target_free(struct target *target)
{
    mem_free(target->host);
    target->host = NULL;
}

/* --- header lines --------------------------------------------------------------------------------
 */

static bool name_clean(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "!#$%&'*+-.^_`|~";
    return name && name[0] && strspn(name, allowed) == strlen(name);
}

/* These frame the message, and libcurl writes them. */
static bool is_framing(const char *name)
{
    static const char *const names[] = {"Content-Length", "Transfer-Encoding", "Connection",
                                        "Expect",         "Upgrade",           "TE"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(name, names[i]) == 0) return true;
    return false;
}

static size_t line_size(const struct net_header *header)
{
    size_t value = header->value ? strlen(header->value) : 0;
    size_t secret = header->secret ? strlen(header->secret) : 0;
    return strlen(header->name) + 2 * (value + secret) + 128; /* base64, a MAC, words, NUL */
}

static void add_node(struct lines *lines, size_t start)
{
    struct curl_slist *node = lines->nodes + lines->count;
    node->data = lines->text.data + start;
    if (lines->count++) node[-1].next = node;
}

/* "Name: value", or "Name;" as libcurl wants an empty one. */
static bool add_line(struct lines *lines, const struct net_header *header)
{
    size_t start = lines->text.size;
    if (!buf_text(&lines->text, header->name) || !buf_text(&lines->text, ": ")) return false;
    size_t value = lines->text.size;
    if (!net_header_fill(header, &lines->text)) return false;
    for (size_t i = value; i < lines->text.size; i++) {
        unsigned char c = (unsigned char)lines->text.data[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) return false;
    }
    if (lines->text.size == value) {
        lines->text.size = value - 2;
        buf_char(&lines->text, ';');
    }
    add_node(lines, start);
    return buf_char(&lines->text, 0);
}

static bool has_header(const struct net_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0) return true;
    return false;
}

static size_t text_size(const struct net_request *request)
{
    size_t size = 64;
    for (size_t i = 0; i < request->header_count; i++)
        size += line_size(&request->headers[i]);
    return size;
}

static void add_own(struct lines *lines, const char *line)
{
    size_t start = lines->text.size;
    if (buf_add(&lines->text, line, strlen(line) + 1)) add_node(lines, start);
}

bool request_lines(const struct net_request *request, struct lines *lines,
                   char why[REQUEST_ERROR_MAX])
{
    *lines = (struct lines){0};
    if (request->header_count > REQUEST_HEADERS_MAX)
        return refuse(why, "more than %d headers", REQUEST_HEADERS_MAX);
    for (size_t i = 0; i < request->header_count; i++) {
        const char *name = request->headers[i].name;
        if (!name_clean(name)) return refuse(why, "header %zu has no proper name", i + 1);
        if (is_framing(name))
            return refuse(why, "the header %.60s is not a request's to set", name);
    }
    size_t size = text_size(request);
    buf_init(&lines->text, HEADER_LINES_MAX);
    /* All of it at once: growing would leave copies of secrets behind, and move what nodes name. */
    if (!buf_reserve(&lines->text, size)) return refuse(why, "the headers are too long");
    lines->nodes = mem_array(request->header_count + 3, sizeof *lines->nodes);
    lines->text.max = lines->text.room - 1;
    for (size_t i = 0; i < request->header_count; i++)
        if (!add_line(lines, &request->headers[i]))
            return refuse(why, "the header %.60s lacks its secret, or holds a line break",
                          request->headers[i].name);
    /* "Name:" keeps libcurl from adding its own: a form's type, and a question before a long body
     * whose refusal would make it send again. */
    add_own(lines, "Expect:");
    if (!has_header(request, "Content-Type")) add_own(lines, "Content-Type:");
    lines->list = lines->nodes;
    return true;
}

void request_lines_wipe(struct lines *lines)
{
    if (lines->text.data) sodium_memzero(lines->text.data, lines->text.room);
    buf_free(&lines->text);
    mem_free(lines->nodes);
    *lines = (struct lines){0};
}

/* --- into the handle -----------------------------------------------------------------------------
 */

static bool takes_body(const struct net_request *request)
{
    return request->body.size || strcmp(request->method, "POST") == 0 ||
           strcmp(request->method, "PUT") == 0 || strcmp(request->method, "PATCH") == 0;
}

void request_apply(CURL *easy, const struct net_request *request, const struct lines *lines)
{
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L); /* what an earlier use set */
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines->list);
    if (takes_body(request)) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.size ? request->body.data : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
        if (strcmp(request->method, "POST") == 0) return;
    } else if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (strcmp(request->method, "GET") != 0 || request->body.size)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}
