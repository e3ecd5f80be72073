/* jansson's json_loadb, with a memory, and its json_dumps, which writes what is plain by itself.
 * Whatever else of jansson is used is jansson's own. */
#include "parsed.h"

#include "base/mem.h"
#include "parsed_plain.h"
#include "parsed_write.h"

#include <dlfcn.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

enum {
    SLOTS = 256, /* far more than there are drains at a time */
    SEEN_ONCE = 2,
    TEXT_MOST = 1 << 20, /* a page of events has hundreds of kilobytes */
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* A text that was seen, and what it says. */
struct slot {
    uint64_t hash;
    size_t size, flags;
    char *text;
    json_t *document;
    unsigned seen; /* again; halved when it is spared */
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
    keeping = keep && !SANITIZED;
}

static uint64_t hash_of(const char *text, size_t size)
{
    const uint64_t prime = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hash = size * prime, word;
    for (; size >= sizeof word; text += sizeof word, size -= sizeof word) {
        memcpy(&word, text, sizeof word);
        hash = (hash ^ word) * prime;
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, text, size);
    hash = (hash ^ word) * prime;
    return hash ^ hash >> 32;
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
    uint64_t hash = hash_of(text, size);
    struct slot *slot = &slots[hash % SLOTS];
    if (slot->hash == hash && slot->size == size && slot->flags == flags && slot->text &&
        memcmp(slot->text, text, size) == 0) {
        slot->seen++;
        return json_incref(slot->document);
    }
    bool unique = flags & JSON_REJECT_DUPLICATES;
    bool usual = (flags & ~(size_t)JSON_REJECT_DUPLICATES) == 0;
    json_t *document = usual ? parsed_plain(text, size, unique) : NULL;
    if (!document) document = load(text, size, flags, error);
    /* Most texts are read by an oracle and by a plugin or a model, and never come again: what was
     * seen more often outlives some of them. */
    if (!document || slot->seen > SEEN_ONCE) {
        slot->seen /= 2;
        return document;
    }
    slot_clear(slot);
    *slot = (struct slot){hash, size, flags, mem_text_n(text, size), json_incref(document), 0};
    return document;
}

__attribute__((visibility("default"))) char *json_dumps(const json_t *document, size_t flags)
{
    static char *(*jansson)(const json_t *, size_t);
    char *text = keeping && flags == JSON_COMPACT ? parsed_write(document) : NULL;
    if (text) return text;
    if (!jansson) *(void **)&jansson = dlsym(RTLD_NEXT, "json_dumps");
    return jansson(document, flags);
}
