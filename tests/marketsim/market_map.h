/* A hash map from a text or a number to an index. Keys are not copied: a text must outlive its
 * entry. Entries are replaced, never removed (models archive things, they do not forget them). */
#ifndef MARKETSIM_MARKET_MAP_H
#define MARKETSIM_MARKET_MAP_H

#include <stddef.h>
#include <stdint.h>

#define MARKET_MAP_NONE SIZE_MAX

struct market_map_slot {
    const char *text; /* NULL in a map of numbers */
    int64_t number;
    size_t value; /* index + 1; 0: free */
};

struct market_map {
    struct market_map_slot *slots;
    size_t size; /* a power of two */
    size_t used;
};

void market_map_put_text(struct market_map *map, const char *text, size_t value);
void market_map_put_number(struct market_map *map, int64_t number, size_t value);
size_t market_map_get_text(const struct market_map *map, const char *text);
size_t market_map_get_number(const struct market_map *map, int64_t number);
void market_map_free(struct market_map *map);

#endif
