/* A new body is held against the kept one: what stands between texts has to be the same. */
#include "market_body.h"

#include "market.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT_MAX = 1024, /* bytes of a body: what is longer is a list of goods, and another each time */
    STRINGS_MAX = 64, /* in it */
};

void market_body_free(struct market_body *body)
{
    free(body->text);
    free(body->strings);
    json_decref(body->tree);
    *body = (struct market_body){0};
}

/* Bytes until the quote that ends a text of ASCII without escapes; SIZE_MAX: it is none such. */
static size_t plain_length(const char *text, const char *end)
{
    const char *at = text;
    for (; at < end && *at != '"'; at++)
        if (*at < 0x20 || *at > 0x7e || *at == '\\') return SIZE_MAX;
    return at < end ? (size_t)(at - text) : SIZE_MAX;
}

static bool add_string(struct market_body *body, json_t *value)
{
    if (body->string_count == STRINGS_MAX) return false;
    body->strings[body->string_count++].value = value;
    return true;
}

/* In the order of the text: objects keep the order in which they were read. */
static bool list_strings(struct market_body *body, json_t *value)
{
    const char *name;
    json_t *inner;
    if (json_is_string(value)) return add_string(body, value);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!list_strings(body, json_array_get(value, i))) return false;
    json_object_foreach (value, name, inner) {
        if (!add_string(body, NULL) || !list_strings(body, inner)) return false;
    }
    return true;
}

/* Where each stands; false: one is not plain. */
static bool place_strings(struct market_body *body, const char *text, size_t size)
{
    const char *at = text, *end = text + size;
    for (size_t i = 0; i < body->string_count; i++) {
        at = (const char *)memchr(at, '"', (size_t)(end - at)) + 1;
        size_t len = plain_length(at, end);
        if (len == SIZE_MAX) return false;
        body->strings[i].at = (size_t)(at - text);
        body->strings[i].len = len;
        at += len + 1;
    }
    return true;
}

/* The new text of a value, which is its place; false: it is a name, which has to be the same, or it
 * is not plain. */
static bool replace(struct market_body_string *string, const char *text, const char *end)
{
    string->len = plain_length(text, end);
    return string->value && string->len != SIZE_MAX &&
           json_string_setn(string->value, text, string->len) == 0;
}

/* True: the tree says now what the text does. False: it is worth nothing any more. */
static bool refit(struct market_body *body, const char *text, size_t size)
{
    const char *old = body->text, *old_end = old + body->size, *at = text, *end = text + size;
    for (size_t i = 0; i < body->string_count; i++) {
        struct market_body_string *string = &body->strings[i];
        size_t between = (size_t)(body->text + string->at - old), len = string->len;
        if ((size_t)(end - at) < between || memcmp(old, at, between) != 0) return false;
        old += between;
        at += between;
        bool same = (size_t)(end - at) > len && memcmp(old, at, len + 1) == 0; /* and its quote */
        if (!same && !replace(string, at, end)) return false;
        string->at = (size_t)(at - text);
        old += len;
        at += string->len;
    }
    return end - at == old_end - old && memcmp(old, at, (size_t)(end - at)) == 0;
}

static void keep_text(struct market_body *body, const char *text, size_t size)
{
    if (size != body->size || !body->text) body->text = market_realloc(body->text, size);
    memcpy(body->text, text, size);
    body->size = size;
}

json_t *market_body_read(struct market_body *body, const char *text, size_t size,
                         json_error_t *error)
{
    if (body->tree && refit(body, text, size)) {
        keep_text(body, text, size);
        return json_incref(body->tree);
    }
    market_body_free(body);
    json_t *tree = json_loadb(text, size, JSON_REJECT_DUPLICATES, error);
    if (!tree || size > KEPT_MAX) return tree;
    body->tree = json_deep_copy(tree);
    body->strings = market_alloc(STRINGS_MAX * sizeof(*body->strings));
    if (list_strings(body, body->tree) && place_strings(body, text, size))
        keep_text(body, text, size);
    else
        market_body_free(body);
    return tree;
}
