/* A few reserved ranges of addresses; whoever works takes the first that is free. */
#include "base/region.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

enum {
    REGIONS = 8, /* as many as there are workers; who finds none uses the ordinary allocator */
    REGION_SIZE = 32 << 20, /* of addresses: the tree of an answer takes some six times its bytes */
    REGION_KEPT = 256 << 10, /* stays for the next work: twice the answer to a push of 100 items */
};

/* What is not atomic belongs to the thread that holds it, or to the lock. */
struct region {
    char *base;
    bool held;
    size_t used;        /* bytes */
    size_t live;        /* blocks, less those that its holder has freed */
    atomic_size_t gone; /* blocks of these that others have freed */
};

static struct region regions[REGIONS];
static _Atomic(char *) addresses; /* of all; NULL: there are none to be had */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local struct region *mine;

static void reserve(void)
{
    const size_t size = (size_t)REGIONS * REGION_SIZE;
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    if (at == MAP_FAILED) return;
    madvise(at, size, MADV_NOHUGEPAGE); /* a step that needs 64 KiB is not to take 2 MiB */
    for (size_t i = 0; i < REGIONS; i++)
        regions[i].base = (char *)at + i * REGION_SIZE;
    atomic_store(&addresses, at);
}

/* Empties it when nothing in it lives any more. */
static bool settle(struct region *region)
{
    if (region->live != atomic_load(&region->gone)) return false;
    if (region->used > REGION_KEPT)
        madvise(region->base + REGION_KEPT, region->used - REGION_KEPT, MADV_DONTNEED);
    region->live = region->used = 0;
    atomic_store(&region->gone, 0);
    return true;
}

/* The first, so that as few as work at once are warm. One in which a block lives on is left alone:
 * a plugin that keeps one in each step costs a few steps' memory, not all of it again and again. */
void region_enter(void)
{
#ifdef __SANITIZE_ADDRESS__
    return; /* it is to see every block */
#endif
    pthread_once(&once, reserve);
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < REGIONS && !mine; i++)
        if (regions[i].base && !regions[i].held && settle(&regions[i])) mine = &regions[i];
    if (mine) mine->held = true;
    pthread_mutex_unlock(&lock);
}

void region_leave(void)
{
    struct region *region = mine;
    if (!region) return;
    mine = NULL;
    settle(region);
    pthread_mutex_lock(&lock);
    region->held = false;
    pthread_mutex_unlock(&lock);
}

void *region_alloc(size_t size)
{
    const size_t align = alignof(max_align_t);
    struct region *region = mine;
    if (!region || size > REGION_SIZE - align) return mem_bare(size);
    size = size ? (size + align - 1) & ~(align - 1) : align;
    if (size > REGION_SIZE - region->used) return mem_bare(size);
    char *at = region->base + region->used;
    region->used += size;
    region->live++;
    return at;
}

void region_free(void *at)
{
    const char *base = atomic_load_explicit(&addresses, memory_order_relaxed);
    uintptr_t from = (uintptr_t)at - (uintptr_t)base;
    if (!base || from >= (size_t)REGIONS * REGION_SIZE) {
        mem_free(at);
        return;
    }
    struct region *region = &regions[from / REGION_SIZE];
    if (region == mine)
        region->live--;
    else
        atomic_fetch_add(&region->gone, 1);
}
