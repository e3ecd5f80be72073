/* A writer of plain JSON, into one block that grows. Whatever it is not sure of it leaves to
 * jansson. */
#include "parsed_write.h"

#include "marketsim/market_digits.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MAX = 32,
    ROOM_FIRST = 1024,
};

struct writer {
    char *text;
    size_t size, room;
};

static bool write_value(struct writer *w, const json_t *value, int depth);

/* Room for so many bytes more, and a 0; false: there is no memory. */
static bool reserve(struct writer *w, size_t more)
{
    if (w->room - w->size > more) return true;
    size_t room = w->room ? 2 * w->room : ROOM_FIRST;
    while (room - w->size <= more)
        room *= 2;
    char *text = realloc(w->text, room);
    if (!text) return false;
    w->text = text;
    w->room = room;
    return true;
}

static bool write_bytes(struct writer *w, const char *bytes, size_t size)
{
    if (!reserve(w, size)) return false;
    memcpy(w->text + w->size, bytes, size);
    w->size += size;
    return true;
}

/* Of bytes that stand for themselves. */
static bool write_text(struct writer *w, const char *text, size_t size)
{
    if (!reserve(w, size + 2)) return false;
    char *to = w->text + w->size;
    *to++ = '"';
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < ' ' || byte >= 0x80 || byte == '"' || byte == '\\') return false;
        *to++ = (char)byte;
    }
    *to = '"';
    w->size += size + 2;
    return true;
}

static bool write_integer(struct writer *w, json_int_t value)
{
    char digits[MARKET_DIGITS_SIZE], *at = market_digits(value, digits);
    return write_bytes(w, at, market_digits_size(at, digits));
}

static bool write_array(struct writer *w, const json_t *array, int depth)
{
    size_t count = json_array_size(array);
    if (!write_bytes(w, "[", 1)) return false;
    for (size_t i = 0; i < count; i++)
        if ((i && !write_bytes(w, ",", 1)) || !write_value(w, json_array_get(array, i), depth))
            return false;
    return write_bytes(w, "]", 1);
}

static bool write_object(struct writer *w, const json_t *object, int depth)
{
    json_t *of = (json_t *)(uintptr_t)object; /* an iterator could change it: this one does not */
    bool first = true;
    if (!write_bytes(w, "{", 1)) return false;
    for (void *at = json_object_iter(of); at; at = json_object_iter_next(of, at)) {
        const char *name = json_object_iter_key(at);
        if (!first && !write_bytes(w, ",", 1)) return false;
        first = false;
        if (!write_text(w, name, strlen(name)) || !write_bytes(w, ":", 1) ||
            !write_value(w, json_object_iter_value(at), depth))
            return false;
    }
    return write_bytes(w, "}", 1);
}

static bool write_value(struct writer *w, const json_t *value, int depth)
{
    if (!value || depth == DEPTH_MAX) return false;
    switch (json_typeof(value)) {
    case JSON_OBJECT: return write_object(w, value, depth + 1);
    case JSON_ARRAY: return write_array(w, value, depth + 1);
    case JSON_STRING: return write_text(w, json_string_value(value), json_string_length(value));
    case JSON_INTEGER: return write_integer(w, json_integer_value(value));
    case JSON_TRUE: return write_bytes(w, "true", 4);
    case JSON_FALSE: return write_bytes(w, "false", 5);
    case JSON_NULL: return write_bytes(w, "null", 4);
    case JSON_REAL: break;
    }
    return false;
}

char *parsed_write(const json_t *document)
{
    struct writer w = {0};
    if ((json_is_object(document) || json_is_array(document)) && write_value(&w, document, 0)) {
        w.text[w.size] = 0;
        return w.text;
    }
    free(w.text);
    return NULL;
}
