/* Request targets: splitting, percent-decoding, matching against patterns. */
#include "http/target.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Decodes `text` in place and terminates it; -1 when a '%' is not followed by two hex digits. */
static long decode(char *text, size_t size, bool plus_is_space)
{
    char *out = text;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '%') {
            if (size - i < 3) return -1;
            int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return -1;
            *out++ = (char)(high * 16 + low);
            i += 2;
        } else if (text[i] == '+' && plus_is_space) {
            *out++ = ' ';
        } else {
            *out++ = text[i];
        }
    }
    *out = '\0';
    return out - text;
}

static enum status parse_path(char *path, struct http_target *target, struct error *error)
{
    if (!*path) return ST_OK; /* "/" */
    for (char *at = path; at;) {
        char *slash = strchr(at, '/');
        if (target->segment_count == HTTP_SEGMENTS_MAX)
            return error_set(error, ST_INVALID, "the path has more than %d parts",
                             HTTP_SEGMENTS_MAX);
        size_t number = target->segment_count + 1;
        long size = decode(at, slash ? (size_t)(slash - at) : strlen(at), false);
        if (size < 0)
            return error_set(error, ST_INVALID,
                             "part %zu of the path has a '%%' that two hex digits do not follow; "
                             "write a percent sign as %%25",
                             number);
        target->segments[target->segment_count++] = bytes_of(at, (size_t)size);
        at = slash ? slash + 1 : NULL;
    }
    return ST_OK;
}

static enum status parse_query(char *query, struct http_target *target, struct error *error)
{
    for (char *at = query; at;) {
        char *next = strchr(at, '&');
        size_t size = next ? (size_t)(next - at) : strlen(at);
        char *end = at + size;
        if (size) {
            if (target->query_count == HTTP_QUERY_MAX)
                return error_set(error, ST_INVALID, "the query has more than %d parameters",
                                 HTTP_QUERY_MAX);
            char *equals = memchr(at, '=', size);
            char *value = equals ? equals + 1 : end;
            size_t value_size = (size_t)(end - value);
            long v = decode(value, value_size, true);
            long n = decode(at, equals ? (size_t)(equals - at) : size, true);
            if (n < 0 || v < 0)
                return error_set(error, ST_INVALID,
                                 "the query has a '%%' that two hex digits do not follow");
            if (strlen(at) != (size_t)n || (equals && strlen(value) != (size_t)v))
                return error_set(error, ST_INVALID, "the query holds a zero byte");
            target->query[target->query_count++] = (struct http_parameter){at, equals ? value : ""};
        }
        at = next ? next + 1 : NULL;
    }
    return ST_OK;
}

enum status http_target_parse(char *text, struct http_target *target, struct error *error)
{
    memset(target, 0, sizeof *target);
    if (strncmp(text, "http://", 7) == 0) { /* absolute form: the host is of no interest */
        char *path = strchr(text + 7, '/');
        text = path ? path : text + strlen(text);
    }
    if (*text != '/')
        return error_set(error, ST_INVALID,
                         "the request target is not a path: it must begin "
                         "with '/'");
    if (strchr(text, '#'))
        return error_set(error, ST_INVALID, "the request target holds a '#'; write it as %%23");
    char *query = strchr(text, '?');
    if (query) *query++ = '\0';
    enum status status = parse_path(text + 1, target, error);
    if (status == ST_OK && query) status = parse_query(query, target, error);
    return status;
}

const char *http_target_query(const struct http_target *target, const char *name)
{
    for (size_t i = 0; i < target->query_count; i++)
        if (strcmp(target->query[i].name, name) == 0) return target->query[i].value;
    return NULL;
}

bool http_target_match(const struct http_target *target, const char *pattern, struct bytes *found)
{
    size_t i = 0, parameters = 0;
    for (const char *at = pattern + 1; *at; i++) {
        size_t size = strcspn(at, "/");
        if (i == target->segment_count) return false;
        struct bytes segment = target->segments[i];
        if (*at == '{') {
            if (segment.size == 0) return false;
            found[parameters++] = segment;
        } else if (!bytes_equal(segment, bytes_of(at, size))) {
            return false;
        }
        at += size;
        if (*at == '/') at++;
    }
    return i == target->segment_count;
}
