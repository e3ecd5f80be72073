/* A hash of words, for the tables of what was parsed, and for telling rows apart. */
#ifndef SIM_PARSED_HASH_H
#define SIM_PARSED_HASH_H

#include <stdint.h>
#include <string.h>

static inline uint64_t parsed_mixed(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* With the word that is at `text`. */
static inline uint64_t parsed_mixed_at(uint64_t hash, const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return parsed_mixed(hash, word);
}

/* With the `size` bytes at `text`, which are less than a word. */
static inline uint64_t parsed_mixed_rest(uint64_t hash, const char *text, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, text, size);
    return parsed_mixed(hash, word);
}

/* Of all the `size` bytes at `text`. */
static inline uint64_t parsed_hash(const char *text, size_t size)
{
    uint64_t hash = parsed_mixed(0, size);
    for (; size >= sizeof hash; text += sizeof hash, size -= sizeof hash)
        hash = parsed_mixed_at(hash, text);
    return parsed_mixed_rest(hash, text, size);
}

#endif
