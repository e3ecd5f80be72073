/* Reading a marketplace's JSON without trusting it. Nothing here invents: what is missing, of
 * another type or out of range is reported as such, never as 0. Pure. */
#ifndef KIT_JSON_H
#define KIT_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIT_ID_TEXT 24 /* bytes of an int64 as text */

/* The document, or NULL with `why` (static or in the given buffer). Numbers too long for int64 do
 * not spoil the document: they arrive as strings. The caller owns the result. */
json_t *kit_parse(const char *body, size_t size, char why[160]);

/* A whole number, or a string that holds one. False: missing, another type, out of int64. */
bool kit_int(const json_t *value, int64_t *out);
/* The same above 0. */
bool kit_id(const json_t *value, int64_t *out);

/* The text when it has 1..max bytes, else NULL. */
const char *kit_text(const json_t *value, size_t max);

/* Bytes of the text's beginning, at most `max`, that end with a whole character (UTF-8): a
 * precision for "%.*s". */
int kit_cut(const char *text, int max);

/* How far a page leads on in a list that is read by counting: one of more rows than the `limit` that
 * was asked for repeats some. */
int64_t kit_page_count(const json_t *rows, size_t limit);

enum kit_flag { KIT_MISSING, KIT_FALSE, KIT_TRUE, KIT_ODD };
/* A bool, or the strings "true" and "false"; null is missing; anything else is odd. */
enum kit_flag kit_flag(const json_t *value);

/* RFC 3339 as milliseconds since 1970; 0 when it is none, or is 1970, which is written for "no
 * date". */
int64_t kit_time(const json_t *value);
/* The other way: "2026-03-04T05:06:07.089Z". */
void kit_time_text(int64_t ms, char out[32]);

/* The parts, up to a NULL, one after the other, cut to fit `size` bytes with the NUL. What is told
 * of each line of an order is made of some; printf takes ten times as long. */
void kit_join(char *out, size_t size, const char *const parts[]);
/* Decimal digits of a value into `out`, NUL-terminated; returns how many. */
size_t kit_digits(int64_t value, char out[KIT_ID_TEXT]);
/* An id of the core as a number above 0; 0 when it is none. */
int64_t kit_id_of(const char *text);

#endif
