/* Private to core/plugin: memory taken in small pieces and given back at once. What it takes is
 * counted by the caller. One thread. */
#ifndef STOCKD_PLUGIN_ARENA_H
#define STOCKD_PLUGIN_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunk; /* the newest, from which pieces are taken */
    bool wipe;                 /* it held a secret: zero it before it is reused or freed */
};

/* Not zeroed; aligned for any type. */
void *arena_take(struct arena *arena, size_t size);
/* A copy with a NUL past its end; not aligned. */
char *arena_copy(struct arena *arena, const void *data, size_t size);
/* Empties it, keeping one chunk so that the next round takes none from the heap. */
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);

#endif
