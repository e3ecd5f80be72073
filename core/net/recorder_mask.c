/* Secrets in text: known values in the forms they may be written in, and the values of fields that
 * hold tokens. Ranges are found first, then the text is copied around them. */
#include "net/recorder_mask.h"

#include "base/mem.h"
#include "net/recorder.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>

enum {
    RANGES_MAX = 256, /* past it the whole text is hidden */
    ECHO_LEAST = 20,  /* a word so long in an error_description may be a token */
};

/* How somebody may write a value; those that come out alike are kept once. */
enum form {
    FORM_PLAIN,
    FORM_PERCENT,
    FORM_PERCENT_LOWER,
    FORM_JSON,
    FORM_JSON_SLASH, /* "\/" as PHP writes it */
    FORM_JSON_HTML,  /* "\u0026" as Go does */
    FORMS,
};

struct range {
    size_t from, to;
};

struct ranges {
    struct range at[RANGES_MAX];
    size_t count;
    bool full;
};

/* --- known values --------------------------------------------------------------------------------
 */

static bool unreserved(unsigned char c)
{
    return isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static void write_json(struct buf *out, char c, enum form form)
{
    bool html = form == FORM_JSON_HTML && (c == '&' || c == '<' || c == '>');
    if (html)
        buf_format(out, "\\u%04x", (unsigned)c);
    else if (c == '"' || c == '\\' || (c == '/' && form == FORM_JSON_SLASH))
        buf_format(out, "\\%c", c);
    else
        buf_char(out, c);
}

static void write_form(struct buf *out, const char *value, enum form form)
{
    for (const char *at = value; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool percent = form == FORM_PERCENT || form == FORM_PERCENT_LOWER;
        if (percent && !unreserved(c))
            buf_format(out, form == FORM_PERCENT ? "%%%02X" : "%%%02x", c);
        else if (form >= FORM_JSON)
            write_json(out, *at, form);
        else
            buf_char(out, *at);
    }
}

/* `first`: of this value's forms. */
static void add_form(struct mask *mask, const char *value, enum form form, size_t first)
{
    struct buf *text = &mask->forms[mask->count];
    size_t most = 6 * strlen(value); /* "\u0026" */
    buf_init(text, most);
    buf_reserve(text, most); /* at once: growing leaves copies behind */
    write_form(text, value, form);
    for (size_t i = first; i < mask->count; i++)
        if (strcmp(text->data, mask->forms[i].data) == 0) {
            sodium_memzero(text->data, text->room);
            buf_free(text);
            return;
        }
    if (text->size > mask->longest) mask->longest = text->size;
    mask->count++;
}

bool mask_set(struct mask *mask, const char *const *values, size_t count)
{
    mask_wipe(mask);
    if (count > RECORDER_SECRETS_MAX) return false;
    for (size_t i = 0; i < count; i++)
        if (values[i] && strlen(values[i]) > RECORDER_SECRET_BYTES_MAX) return false;
    mask->forms = mem_array(count * FORMS, sizeof *mask->forms);
    for (size_t i = 0; i < count; i++) {
        if (!values[i] || strlen(values[i]) < RECORDER_SECRET_LEAST) continue;
        const size_t first = mask->count;
        for (int form = 0; form < FORMS; form++)
            add_form(mask, values[i], (enum form)form, first);
    }
    return true;
}

void mask_wipe(struct mask *mask)
{
    for (size_t i = 0; i < mask->count; i++) {
        sodium_memzero(mask->forms[i].data, mask->forms[i].room);
        buf_free(&mask->forms[i]);
    }
    mem_free(mask->forms);
    *mask = (struct mask){0};
}

/* --- ranges --------------------------------------------------------------------------------- */

static void add_range(struct ranges *ranges, size_t from, size_t to)
{
    if (from >= to) return;
    if (ranges->count == RANGES_MAX) {
        ranges->full = true;
        return;
    }
    ranges->at[ranges->count++] = (struct range){from, to};
}

static size_t find(struct bytes text, size_t from, const char *what, size_t size)
{
    const char *data = text.data;
    const char *hit = from < text.size ? memmem(data + from, text.size - from, what, size) : NULL;
    return hit ? (size_t)(hit - data) : SIZE_MAX;
}

static void find_values(const struct mask *mask, struct bytes text, struct ranges *ranges)
{
    for (size_t i = 0; i < mask->count; i++) {
        const struct buf *form = &mask->forms[i];
        size_t at = find(text, 0, form->data, form->size);
        while (at != SIZE_MAX && !ranges->full) {
            add_range(ranges, at, at + form->size);
            at = find(text, at + form->size, form->data, form->size);
        }
    }
}

static size_t skip_spaces(struct bytes text, size_t at)
{
    const char *data = text.data;
    while (at < text.size && isspace((unsigned char)data[at]))
        at++;
    return at;
}

/* From behind a quote to the quote that ends it, or the end of the text. */
static size_t quoted_end(struct bytes text, size_t at)
{
    const char *data = text.data;
    for (; at < text.size && data[at] != '"'; at++)
        if (data[at] == '\\') at++;
    return at < text.size ? at : text.size;
}

static size_t word_end(struct bytes text, size_t at, const char *stops)
{
    const char *data = text.data;
    while (at < text.size && (unsigned char)data[at] > ' ' && !strchr(stops, data[at]))
        at++;
    return at;
}

/* The value behind a field's name that ends at `at`: "name": "value", name=value. */
static struct range field_value(struct bytes text, size_t at)
{
    const char *data = text.data;
    struct range none = {0, 0};
    if (at < text.size && data[at] == '=')
        return (struct range){at + 1, word_end(text, at + 1, "&\"<")};
    while (at < text.size && (data[at] == '"' || data[at] == '\\'))
        at++;
    at = skip_spaces(text, at);
    if (at >= text.size || data[at] != ':') return none;
    at = skip_spaces(text, at + 1);
    if (at < text.size && data[at] == '"') return (struct range){at + 1, quoted_end(text, at + 1)};
    return (struct range){at, word_end(text, at, ",}]")};
}

static const struct {
    const char *hint; /* looked for first: one search instead of several */
    const char *names[4];
} token_fields[] = {
    {"_token", {"access_token", "refresh_token", "id_token"}},
    {"Token", {"accessToken", "refreshToken", "idToken"}},
    {"secret", {"client_secret"}},
    {"assword", {"password", "Password"}},
    {"pi_key", {"api_key"}},
    {"device_code", {"device_code"}},
};

static void find_field(struct bytes text, const char *name, struct ranges *ranges)
{
    size_t size = strlen(name), at = find(text, 0, name, size);
    while (at != SIZE_MAX && !ranges->full) {
        struct range value = field_value(text, at + size);
        add_range(ranges, value.from, value.to);
        at = find(text, at + size, name, size);
    }
}

static void find_fields(struct bytes text, struct ranges *ranges)
{
    for (size_t i = 0; i < sizeof token_fields / sizeof token_fields[0]; i++) {
        const char *hint = token_fields[i].hint;
        if (find(text, 0, hint, strlen(hint)) == SIZE_MAX) continue;
        for (int n = 0; n < 4 && token_fields[i].names[n]; n++)
            find_field(text, token_fields[i].names[n], ranges);
    }
}

/* Some sign-in servers repeat the refused token in their description of the error. */
static void find_echoes(struct bytes text, struct ranges *ranges)
{
    static const char name[] = "error_description";
    const char *data = text.data;
    size_t at = find(text, 0, name, sizeof name - 1);
    if (at == SIZE_MAX) return;
    struct range value = field_value(text, at + sizeof name - 1);
    for (size_t i = value.from; i < value.to; i++) {
        size_t end = i;
        while (end < value.to &&
               (unreserved((unsigned char)data[end]) || strchr("+/=%\\", data[end])))
            end++;
        if (end - i >= ECHO_LEAST) add_range(ranges, i, end);
        if (end > i) i = end;
    }
}

static int by_start(const void *a, const void *b)
{
    size_t x = ((const struct range *)a)->from, y = ((const struct range *)b)->from;
    return (x > y) - (x < y);
}

static void add_up_to(struct buf *out, const char *data, size_t size, size_t *left)
{
    size_t n = size < *left ? size : *left;
    if (n) buf_add(out, data, n);
    *left -= n;
}

void mask_text(const struct mask *mask, struct bytes text, size_t max, struct buf *out)
{
    struct ranges ranges;
    const char *data = text.data;
    size_t left = max, at = 0;
    ranges.count = 0;
    ranges.full = false;
    /* A secret that begins before the cut is seen whole. */
    if (text.size > max + mask->longest) text.size = max + mask->longest;
    if (!text.size) return;
    find_values(mask, text, &ranges);
    find_fields(text, &ranges);
    find_echoes(text, &ranges);
    if (ranges.full) {
        add_up_to(out, "***", 3, &left);
        return;
    }
    if (ranges.count > 1) qsort(ranges.at, ranges.count, sizeof ranges.at[0], by_start);
    for (size_t i = 0; i < ranges.count && left; i++) {
        const struct range *range = &ranges.at[i];
        if (range->from >= at) {
            add_up_to(out, data + at, range->from - at, &left);
            add_up_to(out, "***", 3, &left);
        }
        if (range->to > at) at = range->to;
    }
    if (at < text.size) add_up_to(out, data + at, text.size - at, &left);
}
