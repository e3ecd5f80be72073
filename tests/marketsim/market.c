/* Requests, answers and their bodies: what every model needs and nothing about any marketplace. */
#include "market.h"

#include "market_digits.h"
#include "marketsim/allegro/allegro.h"
#include "marketsim/ozon/ozon.h"
#include "marketsim/wb/wb.h"
#include "marketsim/wix/wix.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BODY_FIRST_SIZE 1024

static const struct market_model *const models[] = {
    &ozon_model, &wb_model, &allegro_model, &wix_model, &wix_v1_model,
};
static const char model_names[] = "ozon, wb, allegro, wix, wix-v1";

const struct market_model *market_model_find(const char *name)
{
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
        if (strcmp(models[i]->name, name) == 0) return models[i];
    return NULL;
}

const char *market_model_names(void)
{
    return model_names;
}

const char *market_request_header(const struct market_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0) return request->headers[i].value;
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static void query_decode(const char *text, size_t len, char *value, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < len && used + 1 < size; i++) {
        char c = text[i] == '+' ? ' ' : text[i];
        if (c == '%' && i + 2 < len && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            c = (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        }
        value[used++] = c;
    }
    value[used] = '\0';
}

bool market_request_query(const struct market_request *request, const char *name, char *value,
                          size_t size)
{
    return market_request_query_at(request, name, 0, value, size);
}

bool market_request_query_at(const struct market_request *request, const char *name, size_t nth,
                             char *value, size_t size)
{
    size_t name_len = strlen(name);
    const char *at = request->query ? request->query : "";
    while (*at) {
        size_t len = strcspn(at, "&");
        if (len > name_len && strncmp(at, name, name_len) == 0 && at[name_len] == '=' &&
            nth-- == 0) {
            query_decode(at + name_len + 1, len - name_len - 1, value, size);
            return true;
        }
        at += len;
        if (*at == '&') at++;
    }
    return false;
}

void market_request_line(const struct market_request *request, char *line, size_t size)
{
    market_text_copy(line, size, request->method);
    size_t len = strlen(line);
    if (len + 1 >= size) return;
    line[len++] = ' ';
    market_text_copy(line + len, size - len, request->path);
}

void market_answer_reset(struct market_answer *answer)
{
    answer->status = 0;
    answer->header_count = 0;
    answer->len = 0;
    answer->drop = false;
    answer->delay_ms = 0;
    answer->items = 0;
    if (answer->body) answer->body[0] = '\0';
}

void market_answer_free(struct market_answer *answer)
{
    free(answer->body);
    memset(answer, 0, sizeof(*answer));
}

void market_answer_header(struct market_answer *answer, const char *name, const char *value)
{
    if (answer->header_count == MARKET_ANSWER_HEADERS) abort();
    size_t i = answer->header_count++;
    market_text_copy(answer->headers[i].name, sizeof(answer->headers[i].name), name);
    market_text_copy(answer->headers[i].value, sizeof(answer->headers[i].value), value);
}

void market_answer_header_int(struct market_answer *answer, const char *name, int64_t value)
{
    char text[MARKET_DIGITS_SIZE];
    market_answer_header(answer, name, market_digits(value, text));
}

const char *market_answer_header_get(const struct market_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++)
        if (strcasecmp(answer->headers[i].name, name) == 0) return answer->headers[i].value;
    return NULL;
}

void market_answer_grow(struct market_answer *answer, size_t more)
{
    size_t need = answer->len + more + 1, size = answer->size ? answer->size : BODY_FIRST_SIZE;
    while (size < need)
        size *= 2;
    answer->body = market_realloc(answer->body, size);
    answer->size = size;
}

void market_answer_int(struct market_answer *answer, int64_t value)
{
    char text[MARKET_DIGITS_SIZE], *at = market_digits(value, text);
    market_answer_bytes(answer, at, market_digits_size(at, text));
}

void market_answer_string(struct market_answer *answer, const char *text)
{
    enum { ESCAPED = 6, QUOTES = 2 };
    static const char hex[] = "0123456789abcdef";
    market_answer_reserve(answer, strlen(text) * ESCAPED + QUOTES);
    char *to = answer->body + answer->len;
    *to++ = '"';
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte >= 0x20 && byte != '"' && byte != '\\') {
            *to++ = *text;
            continue;
        }
        memcpy(to, "\\u00", ESCAPED - 2);
        to[ESCAPED - 2] = hex[byte / 16];
        to[ESCAPED - 1] = hex[byte % 16];
        to += ESCAPED;
    }
    *to++ = '"';
    *to = '\0';
    answer->len = (size_t)(to - answer->body);
}

void market_answer_printf(struct market_answer *answer, const char *format, ...)
{
    enum { USUAL = 512 };
    va_list args, again;
    market_answer_reserve(answer, USUAL);
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(answer->body + answer->len, USUAL, format, args);
    va_end(args);
    if (len < 0) abort();
    if (len >= USUAL) {
        market_answer_reserve(answer, (size_t)len);
        vsnprintf(answer->body + answer->len, (size_t)len + 1, format, again);
    }
    va_end(again);
    answer->len += (size_t)len;
}

void *market_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory) abort();
    return memory;
}

void *market_realloc(void *memory, size_t size)
{
    void *grown = realloc(memory, size ? size : 1);
    if (!grown) abort();
    return grown;
}

char *market_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(market_alloc(size), text, size);
}

void market_text_copy(char *to, size_t size, const char *from)
{
    size_t len = strnlen(from, size - 1);
    memcpy(to, from, len);
    to[len] = '\0';
}

void market_text_join(char *to, size_t size, const char *const parts[])
{
    char *at = to, *end = to + size - 1;
    for (; *parts; parts++) {
        size_t len = strnlen(*parts, (size_t)(end - at));
        memcpy(at, *parts, len);
        at += len;
    }
    *at = '\0';
}

uint64_t market_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

double market_random_share(uint64_t *state)
{
    return (double)(market_random(state) >> 11) * 0x1.0p-53;
}
