/* The target of a request ("/v1/stock/A%2F1?limit=5") taken apart: decoded path segments and query
 * parameters. Pure; any thread.
 *
 * Segments are split before they are decoded, so a slash inside a SKU travels as %2F. Nothing is
 * normalised: "." and ".." are names like any other (no segment ever becomes a file name). A
 * segment may hold any byte, so it comes with its size; a query value is text without NUL, with '+'
 * read as a space.
 *
 * OWNERSHIP. Parsing writes into the text it is given and the result points into it. */
#ifndef STOCKD_HTTP_TARGET_H
#define STOCKD_HTTP_TARGET_H

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>

enum {
    HTTP_SEGMENTS_MAX = 12, /* the deepest resource has 5 */
    HTTP_QUERY_MAX = 24,    /* the richest list takes 8 */
};

struct http_parameter {
    const char *name, *value;
};

struct http_target {
    struct bytes segments[HTTP_SEGMENTS_MAX]; /* NUL-terminated past their size */
    size_t segment_count;
    struct http_parameter query[HTTP_QUERY_MAX];
    size_t query_count;
};

/* ST_INVALID with a sentence for bad percent-encoding, a target that is no path, or too many parts.
 * "/" has no segments; a trailing slash makes an empty last one. */
enum status http_target_parse(char *text, struct http_target *target, struct error *error);

/* The value of the first parameter of that name, or NULL. */
const char *http_target_query(const struct http_target *target, const char *name);

/* Does the path match "/v1/stock/{sku}"? Parameters never match an empty segment. On a match,
 * `found` (HTTP_SEGMENTS_MAX long) gets the segments the braces stand for, in order. */
bool http_target_match(const struct http_target *target, const char *pattern, struct bytes *found);

#endif
