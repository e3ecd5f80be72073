/* A reader of plain JSON by recursive descent. Whatever it is not sure of it leaves to jansson. */
#include "parsed_plain.h"

#include "parsed_element.h"

#include <string.h>

enum {
    DEPTH_MAX = 32,
    DIGITS_MAX = 18, /* which fit json_int_t whatever they are */
};

struct reader {
    const char *at, *end;
    bool unique;
    bool inside; /* an element that is kept: those in it are kept with it */
};

static json_t *read_value(struct reader *r, int depth);
static json_t *read_many(struct reader *r, int depth);

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

/* The byte that comes next, but for space; 0 at the end. */
static char peek(struct reader *r)
{
    skip_space(r);
    return r->at < r->end ? *r->at : 0;
}

static bool take(struct reader *r, char byte)
{
    if (peek(r) != byte) return false;
    r->at++;
    return true;
}

/* The bytes between two quotes; false where they are not their own meaning. */
static bool take_quoted(struct reader *r, const char **text, size_t *size, bool *ascii)
{
    if (!take(r, '"')) return false;
    unsigned char any = 0;
    const char *at = r->at;
    for (; at < r->end && *at != '"'; at++) {
        if ((unsigned char)*at < ' ' || *at == '\\') return false;
        any |= (unsigned char)*at;
    }
    if (at == r->end) return false;
    *text = r->at;
    *size = (size_t)(at - r->at);
    *ascii = any < 0x80;
    r->at = at + 1;
    return true;
}

static json_t *read_string(struct reader *r)
{
    const char *text;
    size_t size;
    bool ascii;
    if (!take_quoted(r, &text, &size, &ascii)) return NULL;
    return ascii ? json_stringn_nocheck(text, size) : json_stringn(text, size);
}

static json_t *read_integer(struct reader *r)
{
    json_int_t value = 0;
    bool negative = *r->at == '-';
    const char *first = r->at + negative, *at = first;
    for (; at < r->end && *at >= '0' && *at <= '9' && at - first < DIGITS_MAX; at++)
        value = value * 10 + (*at - '0');
    bool zeros = at - first > 1 && *first == '0';
    if (at == first || at == r->end || zeros || !strchr(",]} \n\t\r", *at)) return NULL;
    r->at = at;
    return json_integer(negative ? -value : value);
}

static json_t *read_word(struct reader *r, const char *word, json_t *value)
{
    size_t size = strlen(word);
    if ((size_t)(r->end - r->at) < size || memcmp(r->at, word, size) != 0) return NULL;
    r->at += size; /* and letters behind it are no ',' */
    return value;
}

static bool read_member(struct reader *r, json_t *object, int depth)
{
    const char *name;
    size_t size;
    bool ascii;
    if (!take_quoted(r, &name, &size, &ascii) || !ascii || !take(r, ':')) return false;
    if (r->unique && json_object_getn(object, name, size)) return false;
    json_t *value = read_value(r, depth);
    return value && json_object_setn_new_nocheck(object, name, size, value) == 0;
}

static bool read_members(struct reader *r, json_t *object, int depth)
{
    if (take(r, '}')) return true;
    do {
        if (!read_member(r, object, depth)) return false;
    } while (take(r, ','));
    return take(r, '}');
}

/* One that was read before is not read again, even where it is too deep to be read here: that is
 * not too deep for jansson. */
static json_t *read_element(struct reader *r, int depth)
{
    if (peek(r) != '{' || r->inside) return read_value(r, depth);
    const char *text = r->at;
    size_t left = (size_t)(r->end - text), size;
    uint64_t key = parsed_element_key(text, left);
    json_t *element = parsed_element_find(key, text, left, r->unique, &size);
    if (element) {
        r->at += size;
        return element;
    }
    r->inside = true;
    element = read_many(r, depth);
    r->inside = false;
    if (element) parsed_element_keep(key, text, (size_t)(r->at - text), r->unique, element);
    return element;
}

static bool read_elements(struct reader *r, json_t *array, int depth)
{
    if (take(r, ']')) return true;
    do {
        json_t *value = read_element(r, depth);
        if (!value || json_array_append_new(array, value) != 0) return false;
    } while (take(r, ','));
    return take(r, ']');
}

static json_t *read_many(struct reader *r, int depth)
{
    bool object = *r->at++ == '{';
    if (depth == DEPTH_MAX) return NULL;
    json_t *many = object ? json_object() : json_array();
    if (object ? read_members(r, many, depth + 1) : read_elements(r, many, depth + 1)) return many;
    json_decref(many);
    return NULL;
}

static json_t *read_value(struct reader *r, int depth)
{
    switch (peek(r)) {
    case '{':
    case '[': return read_many(r, depth);
    case '"': return read_string(r);
    case 't': return read_word(r, "true", json_true());
    case 'f': return read_word(r, "false", json_false());
    case 'n': return read_word(r, "null", json_null());
    case 0: return NULL;
    default: return read_integer(r);
    }
}

json_t *parsed_plain(const char *text, size_t size, bool unique)
{
    struct reader r = {text, text + size, unique, false};
    char first = peek(&r);
    if (first != '{' && first != '[') return NULL;
    json_t *document = read_value(&r, 0);
    skip_space(&r);
    if (r.at == r.end) return document;
    json_decref(document);
    return NULL;
}
