/* jansson's json_loadb, with a memory, and its json_dumps, which writes what is plain by itself.
 * Whatever else of jansson is used is jansson's own. */
#include "parsed.h"

#include "base/mem.h"
#include "blocks.h"
#include "parsed_element.h"
#include "parsed_hash.h"
#include "parsed_plain.h"
#include "parsed_write.h"

#include <dlfcn.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

enum {
    SLOTS = 512, /* far more than there are drains at a time */
    WORDS_LOOKED_AT = 64,
    TEXT_MOST = 1 << 20, /* a page of events has hundreds of kilobytes */
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* A text that was seen, and what it says. */
struct slot {
    size_t size, flags;
    char *text;
    json_t *document;
};

static struct slot slots[SLOTS];
static bool keeping = !SANITIZED;

static void slot_clear(struct slot *slot)
{
    mem_free(slot->text);
    json_decref(slot->document);
    *slot = (struct slot){0};
}

void parsed_keep(bool keep)
{
    for (int i = 0; i < SLOTS; i++)
        slot_clear(&slots[i]);
    parsed_element_forget();
    keeping = keep && !SANITIZED;
}

bool parsed_keeps(void)
{
    return keeping;
}

/* Of words here and there: texts that are alike in all of them share a slot, one after the other.
 */
static uint64_t hash_of(const char *text, size_t size)
{
    const size_t word = sizeof(uint64_t);
    uint64_t hash = parsed_mixed(0, size);
    if (size < word) return parsed_mixed_rest(hash, text, size);
    size_t step = size / WORDS_LOOKED_AT < word ? word : size / WORDS_LOOKED_AT;
    for (size_t at = 0; at < size - word; at += step)
        hash = parsed_mixed_at(hash, text + at);
    return parsed_mixed_at(hash, text + size - word);
}

static json_t *load(const char *text, size_t size, size_t flags, json_error_t *error)
{
    static json_t *(*jansson)(const char *, size_t, size_t, json_error_t *);
    if (!jansson) *(void **)&jansson = dlsym(RTLD_NEXT, "json_loadb");
    return jansson(text, size, flags, error);
}

__attribute__((visibility("default"))) json_t *json_loadb(const char *text, size_t size,
                                                          size_t flags, json_error_t *error)
{
    if (!keeping || !text || size > TEXT_MOST) return load(text, size, flags, error);
    struct slot *slot = &slots[hash_of(text, size) % SLOTS];
    if (slot->text && slot->size == size && slot->flags == flags &&
        memcmp(slot->text, text, size) == 0)
        return json_incref(slot->document);
    bool unique = flags & JSON_REJECT_DUPLICATES;
    bool usual = (flags & ~(size_t)JSON_REJECT_DUPLICATES) == 0;
    json_t *document = usual ? parsed_plain(text, size, unique) : NULL;
    if (!document) document = load(text, size, flags, error);
    if (!document) return NULL;
    slot_clear(slot);
    *slot = (struct slot){size, flags, mem_text_n(text, size), json_incref(document)};
    return document;
}

__attribute__((visibility("default"))) char *json_dumps(const json_t *document, size_t flags)
{
    static char *(*jansson)(const json_t *, size_t);
    char *text = keeping && flags == JSON_COMPACT ? parsed_write(document) : NULL;
    if (text) return text;
    if (!jansson) *(void **)&jansson = dlsym(RTLD_NEXT, "json_dumps");
    char *block = jansson(document, flags);
    text = mem_text(block); /* its user gives it to free() */
    blocks_free(block);
    return text;
}
