/* Chunks that double in size; a reset keeps the newest, so that a steady load settles on one. */
#include "plugin/arena.h"

#include "base/mem.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

enum {
    CHUNK_FIRST = 8 << 10, /* a push of some hundred items fits two of them */
    CHUNK_LARGEST = 1 << 20,
    CHUNK_KEPT = 256 << 10, /* what an idle operation may hold on to */
};

struct arena_chunk {
    struct arena_chunk *older;
    size_t size, used;
    alignas(max_align_t) char data[];
};

static void chunk_free(struct arena_chunk *chunk, bool wipe)
{
    if (wipe) explicit_bzero(chunk->data, chunk->used);
    mem_free(chunk);
}

static void chunk_add(struct arena *arena, size_t least)
{
    size_t size = arena->chunk ? arena->chunk->size * 2 : CHUNK_FIRST;
    if (size > CHUNK_LARGEST) size = CHUNK_LARGEST;
    if (size < least) size = least;
    struct arena_chunk *chunk = mem_resize(NULL, sizeof *chunk + size);
    *chunk = (struct arena_chunk){.older = arena->chunk, .size = size};
    arena->chunk = chunk;
}

static char *take(struct arena *arena, size_t size, size_t align)
{
    struct arena_chunk *chunk = arena->chunk;
    size_t from = chunk ? (chunk->used + align - 1) & ~(align - 1) : 0;
    if (!chunk || size > chunk->size || from > chunk->size - size) {
        chunk_add(arena, size);
        chunk = arena->chunk;
        from = 0;
    }
    chunk->used = from + size;
    return chunk->data + from;
}

void *arena_take(struct arena *arena, size_t size)
{
    return take(arena, size, alignof(max_align_t));
}

char *arena_copy(struct arena *arena, const void *data, size_t size)
{
    char *copy = take(arena, size + 1, 1);
    if (size) memcpy(copy, data, size);
    copy[size] = 0;
    return copy;
}

void arena_reset(struct arena *arena)
{
    struct arena_chunk *keep = arena->chunk;
    if (!keep) return;
    while (keep->older) {
        struct arena_chunk *older = keep->older;
        keep->older = older->older;
        chunk_free(older, arena->wipe);
    }
    if (keep->size > CHUNK_KEPT) {
        chunk_free(keep, arena->wipe);
        arena->chunk = NULL;
    } else {
        if (arena->wipe) explicit_bzero(keep->data, keep->used);
        keep->used = 0;
    }
    arena->wipe = false;
}

void arena_free(struct arena *arena)
{
    while (arena->chunk) {
        struct arena_chunk *chunk = arena->chunk;
        arena->chunk = chunk->older;
        chunk_free(chunk, arena->wipe);
    }
}
