/* A table of elements by the hash of how they begin. Reading them is parsed_plain.c's. */
#include "parsed_element.h"

#include "base/mem.h"
#include "parsed_hash.h"

#include <string.h>

enum {
    SETS = 8192, /* of two: some lists of 500 rows at each account, and its orders of a day */
    WAYS = 2,
    BEGINNING = 128, /* within which elements of a list differ, or else before the first '}' */
    TEXT_LEAST = 32, /* what is smaller is read as quickly */
};

struct element {
    uint64_t key;
    char *text;
    json_t *value;
    size_t size;
    bool unique;
};

static struct element sets[SETS][WAYS];

static void clear(struct element *e)
{
    mem_free(e->text);
    json_decref(e->value);
    *e = (struct element){0};
}

void parsed_element_forget(void)
{
    for (int i = 0; i < SETS; i++)
        for (int way = 0; way < WAYS; way++)
            clear(&sets[i][way]);
}

uint64_t parsed_element_key(const char *text, size_t left)
{
    size_t size = left < BEGINNING ? left : BEGINNING;
    const char *end = memchr(text, '}', size);
    if (end) size = (size_t)(end - text);
    return parsed_hash(text, size) | 1; /* an empty place has 0 */
}

json_t *parsed_element_find(uint64_t key, const char *text, size_t left, bool unique, size_t *size)
{
    struct element *set = sets[(key >> 1) % SETS];
    for (int way = 0; way < WAYS; way++) {
        struct element *e = &set[way];
        if (e->key != key || e->size > left || (unique && !e->unique)) continue;
        if (memcmp(e->text, text, e->size) != 0) continue;
        *size = e->size;
        return json_incref(e->value);
    }
    return NULL;
}

void parsed_element_keep(uint64_t key, const char *text, size_t size, bool unique, json_t *element)
{
    if (size < TEXT_LEAST) return;
    struct element *set = sets[(key >> 1) % SETS], older = set[1];
    if (set[0].key != key) {
        set[1] = set[0];
        set[0] = older;
    }
    clear(&set[0]);
    set[0] = (struct element){key, mem_text_n(text, size), json_incref(element), size, unique};
}
