/* Values on their way in and out: request bodies, page cursors, text, times. */
#include "api/api_private.h"
#include "base/mem.h"
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

/* ---- bodies */

enum { MEMBERS_MAX = 16 };

static const struct api_member *find_member(const struct api_member *members, size_t count,
                                            const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(members[i].name, name) == 0) return &members[i];
    return NULL;
}

static bool is_of_type(const json_t *value, enum api_type type)
{
    if (type == API_TEXT_OR_NULL || type == API_INTEGER_OR_NULL) {
        if (json_is_null(value)) return true;
        type = type == API_TEXT_OR_NULL ? API_TEXT : API_INTEGER;
    }
    if (type == API_OBJECT_OR_NULL) return json_is_object(value) || json_is_null(value);
    if (type == API_TEXT) return json_is_string(value);
    if (type == API_INTEGER) return json_is_integer(value);
    if (type == API_SWITCH) return json_is_boolean(value);
    if (!json_is_array(value)) return false;
    if (type == API_LIST) return true;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_string(json_array_get(value, i))) return false;
    return true;
}

static const char *const type_names[] = {
    "a text",          "a text or null", "a whole number",    "a whole number or null",
    "a list of texts", "true or false",  "an object or null", "a list"};

static void refuse_unknown(struct http_exchange *exchange, const struct api_member *members,
                           size_t count, const char *name)
{
    const char *names[MEMBERS_MAX] = {0};
    char known[512] = "";
    size_t at = 0;
    for (size_t i = 0; i < count && i < MEMBERS_MAX; i++) {
        names[i] = members[i].name;
        at += (size_t)snprintf(known + at, sizeof known - at, "%s'%s'", i ? ", " : "", names[i]);
    }
    const char *near = suggest_name(name, names, count);
    if (near)
        http_answer_problem(exchange, 400, "invalid", "unknown member '%.60s'; did you mean '%s'?",
                            name, near);
    else if (count)
        http_answer_problem(exchange, 400, "invalid", "unknown member '%.60s'; there are %s", name,
                            known);
    else
        http_answer_problem(exchange, 400, "invalid",
                            "unknown member '%.60s'; this resource takes none", name);
}

/* False: answered. */
static bool check_body(struct http_exchange *exchange, const struct api_member *members,
                       size_t count, json_t *body)
{
    const char *name;
    json_t *value;
    json_object_foreach (body, name, value) {
        const struct api_member *member = find_member(members, count, name);
        if (!member) {
            refuse_unknown(exchange, members, count, name);
            return false;
        }
        if (!is_of_type(value, member->type)) {
            http_answer_problem(exchange, 400, "invalid", "member '%s' must be %s", name,
                                type_names[member->type]);
            return false;
        }
    }
    for (size_t i = 0; i < count; i++)
        if (members[i].required && !json_object_get(body, members[i].name)) {
            http_answer_problem(exchange, 400, "invalid", "member '%s' is missing; it is %s",
                                members[i].name, type_names[members[i].type]);
            return false;
        }
    return true;
}

json_t *api_body(struct http_exchange *exchange, const struct api_member *members, size_t count,
                 bool may_be_empty)
{
    if (may_be_empty && http_body(exchange).size == 0) return json_object();
    json_t *body = http_body_object(exchange);
    if (body && !check_body(exchange, members, count, body)) {
        json_decref(body);
        return NULL;
    }
    return body;
}

struct bytes api_body_text(const json_t *body, const char *name)
{
    const json_t *value = json_object_get(body, name);
    if (!json_is_string(value)) return bytes_of(NULL, 0);
    return bytes_of(json_string_value(value), json_string_length(value));
}

/* ---- pages: a cursor is the key where the next page begins, as hexadecimal digits */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

static bool read_cursor(const char *text, struct api_page *page)
{
    size_t size = strlen(text);
    if (size == 0 || size % 2 || size / 2 > sizeof page->from) return false;
    for (size_t i = 0; i < size / 2; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        page->from[i] = (uint8_t)(high * 16 + low);
    }
    page->from_size = size / 2;
    return true;
}

bool api_page_take(struct http_exchange *exchange, struct api_page *page)
{
    int64_t limit = HTTP_PAGE_DEFAULT;
    *page = (struct api_page){0};
    if (!http_query_int(exchange, "limit", 1, HTTP_PAGE_MAX, &limit)) return false;
    page->limit = (uint32_t)limit;
    const char *cursor = http_query(exchange, "cursor");
    if (!cursor || read_cursor(cursor, page)) return true;
    http_answer_problem(exchange, 400, "invalid",
                        "parameter 'cursor' must be the 'next' of the page before");
    return false;
}

struct query_page api_query_page(const struct api_page *page)
{
    return (struct query_page){.from = bytes_of(page->from, page->from_size), .limit = page->limit};
}

json_t *api_page_of(json_t *items, const struct query_page *page)
{
    return api_page_json(items, bytes_of(page->next, page->next_size));
}

json_t *api_page_json(json_t *items, struct bytes next)
{
    char text[2 * QUERY_PLACE_MAX + 1];
    for (size_t i = 0; i < next.size; i++)
        snprintf(text + 2 * i, 3, "%02x", ((const uint8_t *)next.data)[i]);
    return json_pack("{s:o, s:o}", "items", items, "next",
                     next.size ? json_string(text) : json_null());
}

/* ---- values */

/* Bytes that are part of no letter become U+FFFD each. */
static json_t *mended_text(struct bytes bytes)
{
    struct buf out;
    const char *at = bytes.data, *end = at + bytes.size;
    buf_init(&out, bytes.size * 3 + 1);
    while (at < end) {
        unsigned char c = (unsigned char)*at;
        size_t size = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        json_t *letter = size <= (size_t)(end - at) ? json_stringn(at, size) : NULL;
        if (letter) {
            buf_add(&out, at, size);
            at += size;
        } else {
            buf_text(&out, "\xef\xbf\xbd");
            at++;
        }
        json_decref(letter);
    }
    json_t *text = json_stringn(buf_cstr(&out), out.size);
    buf_free(&out);
    return text;
}

json_t *api_text(struct bytes bytes)
{
    json_t *text = json_stringn(bytes.size ? bytes.data : "", bytes.size);
    return text ? text : mended_text(bytes);
}

json_t *api_text_or_null(struct bytes bytes)
{
    return bytes.size ? api_text(bytes) : json_null();
}

json_t *api_cstr_or_null(const char *text)
{
    return text && *text ? api_text(bytes_text(text)) : json_null();
}

json_t *api_time(int64_t wall_ms)
{
    char text[CLOCK_TEXT_MAX];
    return wall_ms > 0 ? json_string(clock_text(wall_ms, text)) : json_null();
}

json_t *api_figure(int64_t figure)
{
    return figure == FIGURE_UNKNOWN ? json_null() : json_integer(figure);
}

/* ---- what queries refuse */

enum status api_damaged(struct query *query, const char *table)
{
    enum status status = store_failed(query->txn, query->error);
    if (status != ST_OK) return status;
    return error_set(query->error, ST_DAMAGED,
                     "store: a row of table %s cannot be read; run `stockctl store verify`", table);
}

enum status api_no_account(struct bytes name, struct error *error)
{
    return error_set(error, ST_NOT_FOUND,
                     "there is no account '%.*s'; `stockctl account list` shows those there are",
                     (int)name.size, (const char *)name.data);
}

enum status api_no_warehouse(struct bytes key, struct error *error)
{
    return error_set(error, ST_NOT_FOUND,
                     "there is no warehouse '%.*s'; add it with `stockctl warehouse add %.*s`",
                     (int)key.size, (const char *)key.data, (int)key.size, (const char *)key.data);
}
