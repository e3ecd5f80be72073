/* A line of logfmt as one of JSON. For log.c and its test. Pure. */
#ifndef STOCKD_BASE_LOG_JSON_H
#define STOCKD_BASE_LOG_JSON_H

#include <stddef.h>

enum {
    LOG_LINE_MAX = 4096,
    LOG_JSON_MAX = 6 * LOG_LINE_MAX + 1024, /* a byte becomes at most \\u00XX */
};

/* `line` holds at most LOG_LINE_MAX bytes with its end, and may be cut anywhere. `out` gets an
 * object of texts and a newline, valid whatever the line holds; returns its size. */
size_t log_json(const char *line, char out[LOG_JSON_MAX]);

#endif
