/* What a server says on its worst days: the table of hostile answers. From none of them may a
 * figure be read; what else may be concluded stands beside each. */
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HTML    "<!DOCTYPE html>\r\n<html><head><title>no</title></head><body>no</body></html>"
#define MESSAGE "{\"code\":3,\"message\":\"no\",\"error\":{\"code\":\"NO\",\"message\":\"no\"}}"
#define TEXT(s) .body = s, .body_size = sizeof(s) - 1

static const struct hostile fixed[] = {
    {"200, empty body", {.status = 200}, 0},
    {"200, spaces", {.status = 200, TEXT("  \r\n ")}, 0},
    {"200, a page", {.status = 200, TEXT(HTML)}, 0},
    {"200, bare text", {.status = 200, TEXT("OK")}, 0},
    {"200, null", {.status = 200, TEXT("null")}, 0},
    {"200, true", {.status = 200, TEXT("true")}, 0},
    {"200, a number", {.status = 200, TEXT("7")}, 0},
    {"200, a string", {.status = 200, TEXT("\"ok\"")}, 0},
    {"200, {}", {.status = 200, TEXT("{}")}, 0},
    {"200, []", {.status = 200, TEXT("[]")}, MAY_COMPLETE},
    {"200, [null]", {.status = 200, TEXT("[null]")}, 0},
    {"200, [[]]", {.status = 200, TEXT("[[]]")}, 0},
    {"200, cut object", {.status = 200, TEXT("{\"result\":[{\"id\":1,\"sto")}, 0},
    {"200, cut string", {.status = 200, TEXT("{\"items\":[{\"name\":\"\\u04")}, 0},
    {"200, an error", {.status = 200, TEXT(MESSAGE)}, 0},
    {"200, two documents", {.status = 200, TEXT("{}{}")}, 0},
    {"200, byte order mark", {.status = 200, TEXT("\xef\xbb\xbf{}")}, 0},
    {"200, not UTF-8", {.status = 200, TEXT("{\"items\":\"\xff\xfe\"}")}, 0},
    {"200, a NUL", {.status = 200, TEXT("{\"a\":\"b\0c\"}")}, 0},
    {"200, an escaped NUL", {.status = 200, TEXT("{\"cursor\":\"b\\u0000c\"}")}, 0},
    {"200, half a surrogate", {.status = 200, TEXT("{\"cursor\":\"\\ud800\"}")}, 0},
    {"200, numbers too long",
     {.status = 200, TEXT("{\"id\":99999999999999999999999999,\"n\":1e999,\"m\":-1e-999}")},
     0},
    {"200, wrong types",
     {.status = 200,
      TEXT("{\"result\":\"x\",\"items\":7,\"data\":true,\"stocks\":{},\"warehouses\":{\"a\":1},"
           "\"products\":null,\"postings\":\"[]\",\"orders\":{},\"offers\":1,\"errors\":\"no\","
           "\"cursor\":{},\"has_next\":[],\"next\":{},\"count\":\"many\",\"roles\":7}")},
     0},
    {"200, lists of odd things",
     {.status = 200,
      TEXT("{\"result\":[null,7,\"x\",[],{}],\"items\":[null,7,{}],\"stocks\":[null,[],{}],"
           "\"products\":[7,{}],\"warehouses\":[null,\"x\"],\"postings\":[[],{}],\"orders\":[7],"
           "\"offers\":[null],\"cards\":[{}],\"cursor\":null,\"has_next\":\"maybe\"}")},
     0},
    {"200, ids that are none",
     {.status = 200,
      TEXT("{\"result\":[{\"warehouse_id\":-1,\"product_id\":\"x\",\"updated\":\"yes\"}],"
           "\"items\":[{\"id\":\"\",\"product_id\":1.5}],\"stocks\":[{\"amount\":-1}]}")},
     0},
    {"201, empty body", {.status = 201}, 0},
    {"202, empty body", {.status = 202}, 0},
    {"204", {.status = 204}, MAY_OK},
    {"206, a page", {.status = 206, TEXT(HTML)}, 0},
    {"301, to elsewhere",
     {.status = 301,
      .headers = (const struct check_pair[]){{"Location", "https://example.org/"}},
      .header_count = 1},
     0},
    {"302, a page", {.status = 302, TEXT(HTML)}, 0},
    {"304", {.status = 304}, 0},
    {"429, soon",
     {.status = 429,
      .headers = (const struct check_pair[]){{"Retry-After", "soon"}, {"X-RateLimit-Reset", "-1"}},
      .header_count = 2},
     0},
    {"429, in a thousand years",
     {.status = 429,
      .headers = (const struct check_pair[]){{"Retry-After", "99999999999999999999"},
                                             {"X-Ratelimit-Retry", "99999999999999999999"},
                                             {"Ratelimit-Remaining", "99999999999999999999"}},
      .header_count = 3},
     0},
    {"status 0", {.status = 0, TEXT("{}")}, 0},
    {"status 999", {.status = 999, TEXT("{}")}, 0},
    {"not sent", {.transport = STOCKD_NOT_SENT}, 0},
    {"lost", {.transport = STOCKD_LOST}, 0},
    {"too large", {.transport = STOCKD_TOO_LARGE, .status = 200}, 0},
    {"too large, 500", {.transport = STOCKD_TOO_LARGE, .status = 500}, 0},
};

/* Each of these with no body, with a page, and with an error in JSON. */
static const int statuses[] = {400, 401, 402, 403, 404, 405, 406, 408, 409, 410,
                               422, 425, 428, 429, 451, 500, 502, 503, 504};
static const struct {
    const char *name, *body;
} error_bodies[] = {{"empty body", NULL}, {"a page", HTML}, {"an error", MESSAGE}};

/* Bodies made by repeating: head × times, middle, tail × times. */
#define LATER                                                                                   \
    8 /* the slow ones are so much shorter as a later answer: reading them is most of a check's \
         time */
static const struct {
    const char *name, *head, *middle, *tail;
    size_t times;
    unsigned may;
} repeated[] = {
    {"200, deep lists", "[", "", "]", 100000, 0},
    {"200, deep lists never closed", "[", "", "", 100000, 0},
    {"200, deep objects", "{\"result\":", "1", "}", 100000, 0},
    {"200, a mebibyte of numbers", "0,", "", "", 1u << 19, 0},
    {"200, mebibytes of text", "x", "", "", 8u << 20, MAY_BE_SLOW},
    {"200, mebibytes of brackets", "[]", "", "", 4u << 20, MAY_BE_SLOW},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define ERRORS       (COUNT(statuses) * COUNT(error_bodies))

size_t hostile_count(void)
{
    return COUNT(fixed) + ERRORS + COUNT(repeated);
}

/* `times` times `text`: each copy doubles what is there. */
static char *fill(char *at, const char *text, size_t times)
{
    size_t all = strlen(text) * times, done = strlen(text);
    if (all == 0) return at;
    memcpy(at, text, done);
    for (; done * 2 < all; done *= 2)
        memcpy(at + done, at, done);
    memcpy(at + done, at, all - done);
    return at + all;
}

/* Made once and kept: a driven operation meets each of them several times, children inherit them.
 */
static const char *repeat(size_t index, bool later, size_t *size)
{
    static char *bodies[2][COUNT(repeated)];
    size_t head = strlen(repeated[index].head), tail = strlen(repeated[index].tail);
    size_t middle = strlen(repeated[index].middle), times = repeated[index].times;
    if (later && (repeated[index].may & MAY_BE_SLOW)) times /= LATER;
    *size = (head + tail) * times + middle;
    if (bodies[later][index]) return bodies[later][index];
    char *body = malloc(*size + 1);
    if (!body) abort();
    char *at = fill(body, repeated[index].head, times);
    memcpy(at, repeated[index].middle, middle);
    at = fill(at + middle, repeated[index].tail, times);
    *at = '\0';
    return bodies[later][index] = body;
}

const struct hostile *hostile_at(size_t index, bool later)
{
    static struct hostile made;
    static char name[64];
    if (index < COUNT(fixed)) return &fixed[index];
    index -= COUNT(fixed);
    made = (struct hostile){.name = name};
    if (index < ERRORS) {
        size_t kind = index % COUNT(error_bodies);
        made.answer.status = statuses[index / COUNT(error_bodies)];
        made.answer.body = error_bodies[kind].body;
        snprintf(name, sizeof(name), "%d, %s", made.answer.status, error_bodies[kind].name);
        return &made;
    }
    index -= ERRORS;
    made.name = repeated[index].name;
    made.answer.status = 200;
    made.answer.body = repeat(index, later, &made.answer.body_size);
    made.may = repeated[index].may;
    return &made;
}
