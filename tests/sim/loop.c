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
        mem_free(loop->heap[i].event);
    while (loop->spare) {
        struct loop_event *event = loop->spare;
        loop->spare = event->next;
        mem_free(event);
    }
    mem_free(loop->heap);
}

static struct loop_event *event_take(struct loop *loop)
{
    struct loop_event *event = loop->spare;
    if (!event) return mem_alloc(sizeof *event);
    loop->spare = event->next;
    return event;
}

static void event_give(struct loop *loop, struct loop_event *event)
{
    event->next = loop->spare;
    loop->spare = event;
}

/* In one comparison: which of two events comes first nobody can foretell, the processor neither. */
static bool before(const struct loop_place *a, const struct loop_place *b)
{
    typedef unsigned __int128 when;
    return ((when)a->at_us << 64 | a->order) < ((when)b->at_us << 64 | b->order);
}

/* Puts it where it belongs, from the end of the heap. */
static void rise(struct loop *loop, struct loop_place place)
{
    size_t at = loop->count++;
    for (; at && before(&place, &loop->heap[(at - 1) / 2]); at = (at - 1) / 2)
        loop->heap[at] = loop->heap[(at - 1) / 2];
    loop->heap[at] = place;
}

/* Those that were cancelled, most of them long before their time. */
static void drop_cancelled(struct loop *loop)
{
    size_t count = loop->count;
    loop->count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct loop_place place = loop->heap[i];
        if (place.event->happen)
            rise(loop, place);
        else
            event_give(loop, place.event);
    }
}

static void make_room(struct loop *loop)
{
    enum { ROOM_FIRST = 64 };
    if (loop->count < loop->room) return;
    drop_cancelled(loop);
    if (loop->room && loop->count <= loop->room / 2) return;
    loop->room = loop->room ? loop->room * 2 : ROOM_FIRST;
    loop->heap = mem_resize(loop->heap, loop->room * sizeof *loop->heap);
}

struct loop_event *loop_after(struct loop *loop, int64_t us, void (*happen)(void *ctx), void *ctx)
{
    struct loop_event *event = event_take(loop);
    *event = (struct loop_event){.happen = happen, .ctx = ctx};
    make_room(loop);
    rise(loop, (struct loop_place){loop->now_us + (us > 0 ? us : 0), loop->next_order++, event});
    return event;
}

void loop_cancel(struct loop_event *event)
{
    event->happen = NULL;
}

static struct loop_event *take_first(struct loop *loop)
{
    struct loop_place *heap = loop->heap;
    struct loop_event *first = heap[0].event;
    const struct loop_place last = heap[--loop->count];
    size_t at = 0, count = loop->count;
    for (size_t child = 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count) child += before(&heap[child + 1], &heap[child]);
        if (!before(&heap[child], &last)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return first;
}

int64_t loop_next_us(struct loop *loop)
{
    while (loop->count && !loop->heap[0].event->happen)
        event_give(loop, take_first(loop));
    return loop->count ? loop->heap[0].at_us : INT64_MAX;
}

bool loop_step(struct loop *loop)
{
    int64_t at_us = loop_next_us(loop);
    if (at_us == INT64_MAX) return false;
    struct loop_event *event = take_first(loop);
    loop->now_us = at_us;
    loop->happened++;
    void (*happen)(void *) = event->happen;
    void *ctx = event->ctx;
    event_give(loop, event);
    happen(ctx);
    return true;
}
