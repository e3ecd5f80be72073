/* The heap of events, and the clocks. */
#include "loop.h"

#include "base/mem.h"

int64_t loop_true_ms(const struct loop *loop)
{
    return LOOP_START_MS + loop->now_us / 1000;
}

static int64_t wall_ms(void *ctx)
{
    const struct loop *loop = ctx;
    return loop_true_ms(loop) + loop->wall_offset_ms;
}

static int64_t mono_us(void *ctx)
{
    const struct loop *loop = ctx;
    return loop->now_us + 1000000;
}

void loop_init(struct loop *loop)
{
    *loop = (struct loop){.clock = {.wall_ms = wall_ms, .mono_us = mono_us, .ctx = loop}};
}

void loop_free(struct loop *loop)
{
    for (size_t i = 0; i < loop->count; i++)
        mem_free(loop->heap[i]);
    mem_free(loop->heap);
}

static bool before(const struct loop_event *a, const struct loop_event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void swap(struct loop *loop, size_t i, size_t j)
{
    struct loop_event *event = loop->heap[i];
    loop->heap[i] = loop->heap[j];
    loop->heap[j] = event;
}

struct loop_event *loop_after(struct loop *loop, int64_t us, void (*happen)(void *ctx), void *ctx)
{
    struct loop_event *event = mem_alloc(sizeof *event);
    *event = (struct loop_event){loop->now_us + (us > 0 ? us : 0), loop->next_order++, happen, ctx};
    if (loop->count == loop->room) {
        loop->room = loop->room ? loop->room * 2 : 64;
        loop->heap = mem_resize(loop->heap, loop->room * sizeof *loop->heap);
    }
    size_t at = loop->count++;
    loop->heap[at] = event;
    for (; at && before(loop->heap[at], loop->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(loop, at, (at - 1) / 2);
    return event;
}

void loop_cancel(struct loop_event *event)
{
    event->happen = NULL;
}

static struct loop_event *take_first(struct loop *loop)
{
    struct loop_event *first = loop->heap[0];
    loop->heap[0] = loop->heap[--loop->count];
    for (size_t at = 0;;) {
        size_t least = at, left = 2 * at + 1, right = left + 1;
        if (left < loop->count && before(loop->heap[left], loop->heap[least])) least = left;
        if (right < loop->count && before(loop->heap[right], loop->heap[least])) least = right;
        if (least == at) return first;
        swap(loop, at, least);
        at = least;
    }
}

int64_t loop_next_us(struct loop *loop)
{
    while (loop->count && !loop->heap[0]->happen)
        mem_free(take_first(loop));
    return loop->count ? loop->heap[0]->at_us : INT64_MAX;
}

bool loop_step(struct loop *loop)
{
    if (loop_next_us(loop) == INT64_MAX) return false;
    struct loop_event *event = take_first(loop);
    loop->now_us = event->at_us;
    loop->happened++;
    void (*happen)(void *) = event->happen;
    void *ctx = event->ctx;
    mem_free(event);
    happen(ctx);
    return true;
}
