/* The pairs (time, amount) of a sliding window: a growing, bounded ring. It knows no limits and no
 * clock; quota_bucket.c does. */
#include "base/mem.h"
#include "net/quota_internal.h"

enum { WINDOW_FIRST_ROOM = 16 };

static struct window_pair *pair(const struct window *window, uint32_t index)
{
    return &window->ring[(window->head + index) & (window->room - 1)];
}

struct window_pair window_at(const struct window *window, uint32_t index)
{
    return *pair(window, index);
}

void window_free(struct window *window)
{
    mem_free(window->ring);
    *window = (struct window){0};
}

static void grow(struct window *window)
{
    uint32_t room = window->room ? window->room * 2 : WINDOW_FIRST_ROOM;
    struct window_pair *ring = mem_array(room, sizeof *ring);
    for (uint32_t i = 0; i < window->count; i++)
        ring[i] = *pair(window, i);
    mem_free(window->ring);
    window->ring = ring;
    window->room = room;
    window->head = 0;
}

/* The oldest two become one that lasts as long as the later of them. */
static void join_oldest(struct window *window)
{
    pair(window, 1)->amount += pair(window, 0)->amount;
    window->head = (window->head + 1) & (window->room - 1);
    window->count--;
}

void window_add(struct window *window, int64_t ms, int64_t amount, int64_t grain_ms)
{
    if (amount <= 0) return;
    window->sum += amount;
    struct window_pair *last = window->count ? pair(window, window->count - 1) : NULL;
    if (last && last->ms / grain_ms == ms / grain_ms) {
        last->ms = ms;
        last->amount += amount;
        return;
    }
    if (window->count == WINDOW_PAIRS_MAX) join_oldest(window);
    if (window->count == window->room) grow(window);
    *pair(window, window->count++) = (struct window_pair){ms, amount};
}

void window_drop(struct window *window, int64_t cutoff)
{
    while (window->count && pair(window, 0)->ms <= cutoff) {
        window->sum -= pair(window, 0)->amount;
        window->head = (window->head + 1) & (window->room - 1);
        window->count--;
    }
}

int64_t window_live(const struct window *window, int64_t cutoff)
{
    int64_t live = window->sum;
    for (uint32_t i = 0; i < window->count && pair(window, i)->ms <= cutoff; i++)
        live -= pair(window, i)->amount;
    return live;
}

int64_t window_frees(const struct window *window, int64_t cutoff, int64_t need)
{
    int64_t freed = 0;
    for (uint32_t i = 0; i < window->count; i++) {
        if (pair(window, i)->ms <= cutoff) continue;
        freed += pair(window, i)->amount;
        if (freed >= need) return pair(window, i)->ms;
    }
    return -1;
}

void window_clamp(struct window *window, int64_t now)
{
    int64_t later = 0;
    while (window->count && pair(window, window->count - 1)->ms > now)
        later += pair(window, --window->count)->amount;
    window->sum -= later;
    window_add(window, now, later, 1);
}

void window_shift(struct window *window, int64_t by)
{
    for (uint32_t i = 0; i < window->count; i++)
        pair(window, i)->ms += by;
}
