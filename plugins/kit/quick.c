/* One pass over the bytes that makes jansson's values. What is not ordinary - an escape, a number
 * that is not short and whole - is cut out and given to jansson; what is not JSON, or deep, or
 * strange, ends it: then jansson reads the whole. So nothing is accepted here that it would refuse.
 */
#include "kit/quick.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    DEPTH_MAX = 64,
    KEY_ROOM = 128,   /* bytes, with the NUL that jansson wants */
    SAFE_DIGITS = 18, /* any number of so many digits fits int64 */
};

struct reader {
    const char *at, *end;
};

static json_t *read_value(struct reader *r, int depth);

static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
        r->at++;
}

static bool take(struct reader *r, char c)
{
    skip_blanks(r);
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

/* ---- values of one word */

static json_t *by_jansson(const char *from, const char *end)
{
    return json_loadb(from, (size_t)(end - from), JSON_DECODE_ANY, NULL);
}

/* Past the opening quote. Moves past the closing one; NULL: there is none, or a byte that may not
 * be there. */
static const char *find_quote(struct reader *r, bool *escapes, bool *ascii)
{
    *escapes = false;
    unsigned char high = 0;
    for (const char *at = r->at; at < r->end; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"') {
            *ascii = high < 0x80;
            r->at = at + 1;
            return at;
        }
        if (c < 0x20) return NULL;
        high |= c;
        if (c != '\\') continue;
        *escapes = true;
        at++; /* what is escaped is jansson's to judge */
    }
    return NULL;
}

static json_t *read_string(struct reader *r)
{
    const char *from = ++r->at;
    bool escapes, ascii;
    const char *quote = find_quote(r, &escapes, &ascii);
    if (!quote) return NULL;
    if (escapes) return by_jansson(from - 1, quote + 1);
    size_t size = (size_t)(quote - from);
    return ascii ? json_stringn_nocheck(from, size) : json_stringn(from, size);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool goes_on(char c)
{
    return is_digit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
}

static json_t *read_number(struct reader *r)
{
    const char *from = r->at, *at = from;
    bool negative = *at == '-';
    if (negative) at++;
    const char *digits = at;
    int64_t value = 0;
    for (; at < r->end && is_digit(*at) && at - digits < SAFE_DIGITS; at++)
        value = value * 10 + (*at - '0');
    bool plain = at > digits && (*digits != '0' || at == digits + 1);
    if (plain && (at == r->end || !goes_on(*at))) {
        r->at = at;
        return json_integer(negative ? -value : value);
    }
    while (at < r->end && goes_on(*at))
        at++;
    r->at = at;
    return by_jansson(from, at);
}

static json_t *read_word(struct reader *r, const char *word, size_t size, json_t *value)
{
    if ((size_t)(r->end - r->at) < size || memcmp(r->at, word, size) != 0) return NULL;
    r->at += size;
    return value;
}

/* ---- values of several */

static json_t *read_array(struct reader *r, int depth)
{
    json_t *array = json_array();
    r->at++;
    if (!array || take(r, ']')) return array;
    do {
        json_t *value = read_value(r, depth + 1);
        if (!value || json_array_append_new(array, value) != 0) break;
        if (take(r, ']')) return array;
    } while (take(r, ','));
    json_decref(array);
    return NULL;
}

static bool read_key(struct reader *r, char key[KEY_ROOM])
{
    bool escapes, ascii;
    if (!take(r, '"')) return false;
    const char *from = r->at, *quote = find_quote(r, &escapes, &ascii);
    if (!quote || escapes || !ascii || quote - from >= KEY_ROOM) return false;
    memcpy(key, from, (size_t)(quote - from));
    key[quote - from] = '\0';
    return take(r, ':');
}

static json_t *read_object(struct reader *r, int depth)
{
    char key[KEY_ROOM];
    json_t *object = json_object();
    r->at++;
    if (!object || take(r, '}')) return object;
    do {
        json_t *value = read_key(r, key) ? read_value(r, depth + 1) : NULL;
        if (!value || json_object_set_new_nocheck(object, key, value) != 0) break;
        if (take(r, '}')) return object;
    } while (take(r, ','));
    json_decref(object);
    return NULL;
}

static json_t *read_value(struct reader *r, int depth)
{
    skip_blanks(r);
    if (r->at == r->end || depth > DEPTH_MAX) return NULL;
    switch (*r->at) {
    case '{': return read_object(r, depth);
    case '[': return read_array(r, depth);
    case '"': return read_string(r);
    case 't': return read_word(r, "true", 4, json_true());
    case 'f': return read_word(r, "false", 5, json_false());
    case 'n': return read_word(r, "null", 4, json_null());
    default: return *r->at == '-' || is_digit(*r->at) ? read_number(r) : NULL;
    }
}

json_t *kit_quick(const char *body, size_t size)
{
    struct reader r = {.at = body, .end = body + size};
    skip_blanks(&r);
    if (r.at == r.end || (*r.at != '{' && *r.at != '[')) return NULL;
    json_t *doc = read_value(&r, 0);
    skip_blanks(&r);
    if (r.at == r.end) return doc;
    json_decref(doc);
    return NULL;
}
