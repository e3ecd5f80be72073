/* The test host's memory (everything copied lives until the host does) and its judgement of text.
 */
#include "inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_block {
    struct check_block *next;
    max_align_t data[];
};

void *check_must(void *memory)
{
    if (!memory) {
        fputs("check host: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *check_memory(struct check *check, size_t size)
{
    struct check_block *block = check_must(calloc(1, sizeof(*block) + size));
    block->next = check->inner->blocks;
    check->inner->blocks = block;
    return block->data;
}

void *check_copy(struct check *check, const void *data, size_t size)
{
    if (!data) return NULL;
    char *copy = check_memory(check, size + 1);
    memcpy(copy, data, size);
    return copy;
}

char *check_copy_text(struct check *check, const char *text)
{
    return text ? check_copy(check, text, strlen(text)) : NULL;
}

void *check_grow(void *at, size_t *room, size_t size)
{
    *room = *room ? *room * 2 : 16;
    return check_must(realloc(at, *room * size));
}

void check_problem(struct check *check, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    *CHECK_PUSH(check->problems) = check_copy_text(check, text);
}

int check_is_utf8(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    while (at < end) {
        unsigned lead = *at++;
        if (lead == 0) return 0;
        if (lead < 0x80) continue;
        int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead < 0xc2 || lead > 0xf4 || end - at < more) return 0;
        unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (*at < low || *at > high) return 0;
        for (at++; --more > 0; at++)
            if (*at < 0x80 || *at > 0xbf) return 0;
    }
    return 1;
}

bool check_text(struct check *check, const char *what, const char *text, size_t max, bool required)
{
    if (!text) {
        if (required) check_problem(check, "%s is missing", what);
        return !required;
    }
    size_t size = strlen(text);
    if (required && size == 0) {
        check_problem(check, "%s is empty", what);
        return false;
    }
    if (max && size > max) { /* 0: text for people, which a host cuts */
        check_problem(check, "%s is %zu bytes long, at most %zu are taken", what, size, max);
        return false;
    }
    if (!check_is_utf8(text, size)) {
        check_problem(check, "%s is not UTF-8", what);
        return false;
    }
    return true;
}

void check_memory_free(struct check *check)
{
    struct check_block *block = check->inner->blocks;
    while (block) {
        struct check_block *next = block->next;
        free(block);
        block = next;
    }
}
