/* Private to core/plugin: is this text what it must be? Any thread. */
#ifndef STOCKD_PLUGIN_TEXT_H
#define STOCKD_PLUGIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Well-formed UTF-8: no overlong forms, surrogates, or values past U+10FFFF. */
bool text_is_utf8(const char *text, size_t size);
/* The largest size not over `limit` that does not cut a character. */
size_t text_cut(const char *text, size_t limit);
/* Lower case letters, digits, '-' and '_', a letter or digit first, 1 to STOCKD_NAME_MAX bytes. */
bool text_is_name(const char *text);
/* A token of RFC 9110: what a method or a header's name may hold. */
bool text_is_token(const char *text, size_t max);
/* Visible ASCII only, no space: what may stand in a path. */
bool text_is_visible(const char *text, size_t size);
/* No control characters: what may stand in a header's value. */
bool text_is_plain(const char *text, size_t size);
/* Why `url` is no base address ("https://host[:port][/path]"), or NULL when it is. */
const char *text_url_fault(const char *url);

#endif
