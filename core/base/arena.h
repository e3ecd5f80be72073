/* Memory that is given back all at once: many small pieces at fixed places, reset in one step,
 * blocks kept for the next use. One thread at a time. */
#ifndef STOCKD_BASE_ARENA_H
#define STOCKD_BASE_ARENA_H

#include "base/bytes.h"

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *first, *current;
};

/* A zeroed `struct arena` is empty and ready. */
void *arena_alloc(struct arena *arena, size_t size);       /* not zeroed; aligned for any type */
char *arena_text(struct arena *arena, struct bytes bytes); /* NUL-terminated copy */
void arena_reset(struct arena *arena); /* keeps some of its blocks for the next use */
void arena_free(struct arena *arena);

#endif
