/* Open addressing with linear probing, at most two thirds full. */
#include "market_map.h"

#include "market.h"

#include <stdlib.h>
#include <string.h>

#define MAP_FIRST_SIZE 64

/* A word at a time: an access token has hundreds of bytes. */
static uint64_t hash_text(const char *text)
{
    const uint64_t prime = 0x9e3779b97f4a7c15u;
    size_t size = strlen(text);
    uint64_t hash = size * prime, word;
    for (; size >= sizeof(word); text += sizeof(word), size -= sizeof(word)) {
        memcpy(&word, text, sizeof(word));
        hash = (hash ^ word) * prime;
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, text, size);
    hash = (hash ^ word) * prime;
    return hash ^ (hash >> 32);
}

static uint64_t hash_number(int64_t number)
{
    uint64_t state = (uint64_t)number;
    return market_random(&state);
}

static struct market_map_slot *find(const struct market_map *map, const char *text, int64_t number)
{
    size_t at = (size_t)(text ? hash_text(text) : hash_number(number)) & (map->size - 1);
    while (map->slots[at].value) {
        struct market_map_slot *slot = &map->slots[at];
        if (text ? strcmp(slot->text, text) == 0 : slot->number == number) return slot;
        at = (at + 1) & (map->size - 1);
    }
    return &map->slots[at];
}

static void grow(struct market_map *map)
{
    struct market_map old = *map;
    map->size = old.size ? old.size * 2 : MAP_FIRST_SIZE;
    map->slots = market_alloc(map->size * sizeof(*map->slots));
    for (size_t i = 0; i < old.size; i++)
        if (old.slots[i].value) *find(map, old.slots[i].text, old.slots[i].number) = old.slots[i];
    free(old.slots);
}

static void put(struct market_map *map, const char *text, int64_t number, size_t value)
{
    if ((map->used + 1) * 3 > map->size * 2) grow(map);
    struct market_map_slot *slot = find(map, text, number);
    if (!slot->value) map->used++;
    *slot = (struct market_map_slot){text, number, value + 1};
}

void market_map_put_text(struct market_map *map, const char *text, size_t value)
{
    put(map, text, 0, value);
}

void market_map_put_number(struct market_map *map, int64_t number, size_t value)
{
    put(map, NULL, number, value);
}

size_t market_map_get_text(const struct market_map *map, const char *text)
{
    if (!map->size) return MARKET_MAP_NONE;
    size_t value = find(map, text, 0)->value;
    return value ? value - 1 : MARKET_MAP_NONE;
}

size_t market_map_get_number(const struct market_map *map, int64_t number)
{
    if (!map->size) return MARKET_MAP_NONE;
    size_t value = find(map, NULL, number)->value;
    return value ? value - 1 : MARKET_MAP_NONE;
}

void market_map_free(struct market_map *map)
{
    free(map->slots);
    *map = (struct market_map){0};
}
