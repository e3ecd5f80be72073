/* jansson's json_loadb, with a memory, and its json_dumps, which writes what is plain by itself.
 * Whatever else of jansson is used is jansson's own. */
#include "parsed.h"

#include "base/mem.h"
#include "blocks.h"
#include "parsed_plain.h"
#include "parsed_write.h"

#include <dlfcn.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

enum {
    SLOTS = 256, /* far more than there are drains at a time */
    MET = 1024,
    SEEN_ONCE = 2,
    TEXT_MOST = 1 << 20,   /* a page of events has hundreds of kilobytes */
    TEXT_TWICE = 16 << 10, /* what is larger is read by an oracle and a plugin, and not again */
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
static uint64_t met[MET]; /* hashes of texts that came */
static bool keeping = !SANITIZED;

static void slot_clear(struct slot *slot)
{
    mem_free(slot->text);
    json_decref(slot->document);
    *slot = (struct slot){0};
}

/* Its memory is the next document's while it is still at hand. */
static json_t *slot_take(struct slot *slot)
{
    json_t *document = json_incref(slot->document);
    slot_clear(slot);
    return document;
}

void parsed_keep(bool keep)
{
    for (int i = 0; i < SLOTS; i++)
        slot_clear(&slots[i]);
    keeping = keep && !SANITIZED;
}

bool parsed_keeps(void)
{
    return keeping;
}

static uint64_t mixed(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* Four words at a time, which do not wait for each other. */
static uint64_t hash_of(const char *text, size_t size)
{
    uint64_t hash = mixed(0, size), lanes[4] = {1, 2, 3, 4}, words[4];
    for (; size >= sizeof words; text += sizeof words, size -= sizeof words) {
        memcpy(words, text, sizeof words);
        for (int i = 0; i < 4; i++)
            lanes[i] = mixed(lanes[i], words[i]);
    }
    memset(words, 0, sizeof words);
    memcpy(words, text, size);
    for (int i = 0; i < 4; i++)
        hash = mixed(mixed(hash, lanes[i]), words[i]);
    return hash;
}

static json_t *load(const char *text, size_t size, size_t flags, json_error_t *error)
{
    static json_t *(*jansson)(const char *, size_t, size_t, json_error_t *);
    if (!jansson) *(void **)&jansson = dlsym(RTLD_NEXT, "json_loadb");
    return jansson(text, size, flags, error);
}

/* What comes once is not to lie between what is freed and taken again. */
static bool worth_keeping(uint64_t hash, size_t size)
{
    uint64_t *seen = &met[hash % MET];
    bool again = *seen == hash;
    *seen = hash;
    return again || size >= TEXT_TWICE;
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
        return size < TEXT_TWICE ? json_incref(slot->document) : slot_take(slot);
    }
    bool unique = flags & JSON_REJECT_DUPLICATES;
    bool usual = (flags & ~(size_t)JSON_REJECT_DUPLICATES) == 0;
    json_t *document = usual ? parsed_plain(text, size, unique) : NULL;
    if (!document) document = load(text, size, flags, error);
    /* Most texts come once, or are read by an oracle and a plugin: what was seen more often
     * outlives some of them. */
    if (!document || !worth_keeping(hash, size)) return document;
    if (slot->seen > SEEN_ONCE) {
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
    char *block = jansson(document, flags);
    text = mem_text(block); /* its user gives it to free() */
    blocks_free(block);
    return text;
}
