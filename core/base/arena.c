/* A chain of blocks. */
#include "base/arena.h"

#include "base/mem.h"

#include <stdalign.h>

/* Of a block: the first is small, for there are many arenas that hold a name or two. */
enum { ARENA_FIRST = 1 << 10, ARENA_BLOCK = 32 << 10, ARENA_KEPT = 4 * ARENA_BLOCK };

struct arena_block {
    struct arena_block *next;
    size_t used, room;
    alignas(max_align_t) char data[];
};

/* Each is twice as large as the one before. */
static struct arena_block *block_make(const struct arena_block *before, size_t size)
{
    size_t room = before ? 2 * before->room : ARENA_FIRST;
    if (room > ARENA_BLOCK) room = ARENA_BLOCK;
    if (room < size) room = size;
    struct arena_block *block = mem_resize(NULL, sizeof *block + room);
    block->next = NULL;
    block->used = 0;
    block->room = room;
    return block;
}

/* The next block behind the current one that has the room, or a new one there. Not inlined, so that
 * what asks for it is short. */
static __attribute__((noinline)) struct arena_block *block_next(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->current ? arena->current->next : NULL;
    while (block && block->room - block->used < size)
        block = block->next;
    if (block) return block;
    block = block_make(arena->current, size);
    if (arena->current) {
        block->next = arena->current->next;
        arena->current->next = block;
    } else {
        arena->first = block;
    }
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct arena_block *block = arena->current;
    if (!block || block->room - block->used < size)
        block = arena->current = block_next(arena, size);
    void *at = block->data + block->used;
    block->used += size;
    return at;
}

char *arena_text(struct arena *arena, struct bytes bytes)
{
    char *at = arena_alloc(arena, bytes.size + 1);
    if (bytes.size) memcpy(at, bytes.data, bytes.size);
    at[bytes.size] = 0;
    return at;
}

void arena_reset(struct arena *arena)
{
    struct arena_block **at = &arena->first;
    size_t kept = 0;
    while (*at) {
        struct arena_block *block = *at;
        block->used = 0;
        if (kept + block->room <= ARENA_KEPT) {
            kept += block->room;
            at = &block->next;
            continue;
        }
        *at = block->next;
        mem_free(block);
    }
    arena->current = arena->first;
}

void arena_free(struct arena *arena)
{
    while (arena->first) {
        struct arena_block *next = arena->first->next;
        mem_free(arena->first);
        arena->first = next;
    }
    arena->current = NULL;
}
