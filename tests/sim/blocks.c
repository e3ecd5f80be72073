/* Chunks of one range of addresses. A block is taken from the end of the current one; a chunk in
 * which nothing lives any more is empty again. */
#include "blocks.h"

#include "base/mem.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

enum {
    CHUNK = 4 << 10,      /* one element of a list that is kept holds on to all of it */
    CHUNKS = 256 << 10,   /* 1 GiB of addresses */
    BLOCK_MOST = 1 << 10, /* what is larger is the allocator's */
};

struct chunk {
    size_t used; /* bytes, these among them */
    size_t live; /* blocks */
    struct chunk *next;
    alignas(max_align_t) char data[];
};

static char *base; /* NULL: nothing reserved yet */
static size_t fresh;
static struct chunk *empty, *current; /* current: NULL, or it has room for something */

static bool reserve(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return false; /* it is to see every block */
#endif
    void *at = mmap(NULL, (size_t)CHUNKS * CHUNK, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return false;
    madvise(at, (size_t)CHUNKS * CHUNK,
            MADV_HUGEPAGE); /* as in allocator.c; without, it is slower */
    base = at;
    return true;
}

/* NULL: there is none to be had. */
static struct chunk *take_chunk(void)
{
    struct chunk *chunk = empty;
    if (chunk) {
        empty = chunk->next;
        return chunk;
    }
    if (fresh == CHUNKS || (!base && !reserve())) return NULL;
    chunk = (struct chunk *)(base + fresh++ * CHUNK);
    chunk->used = sizeof *chunk;
    return chunk;
}

void *blocks_alloc(size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > BLOCK_MOST) return mem_bare(size);
    size = size ? (size + align - 1) & ~(align - 1) : align;
    if (!current || CHUNK - current->used < size) current = take_chunk();
    if (!current) return mem_bare(size);
    void *at = (char *)current + current->used;
    current->used += size;
    current->live++;
    return at;
}

void blocks_free(void *at)
{
    size_t from = (size_t)((uintptr_t)at - (uintptr_t)base);
    if (!base || from >= (size_t)CHUNKS * CHUNK) {
        mem_free(at);
        return;
    }
    struct chunk *chunk = (struct chunk *)(base + from / CHUNK * CHUNK);
    if (--chunk->live) return;
    chunk->used = sizeof *chunk;
    if (chunk == current) return;
    chunk->next = empty;
    empty = chunk;
}
