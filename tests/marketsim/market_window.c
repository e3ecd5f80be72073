/* The sliding window: a ring of the times that were let through, the oldest at `next` when full. */
#include "market_window.h"

#include "market.h"

#include <stdlib.h>

void market_window_set(struct market_window *window, size_t limit)
{
    market_window_free(window);
    window->limit = limit;
    if (limit) window->times = market_alloc(limit * sizeof(int64_t));
}

void market_window_free(struct market_window *window)
{
    free(window->times);
    *window = (struct market_window){0};
}

int64_t market_window_wait(const struct market_window *window, int64_t now_ms, int64_t span_ms)
{
    if (window->limit == 0 || window->count < window->limit) return 0;
    int64_t free_at = window->times[window->next] + span_ms;
    return free_at > now_ms ? free_at - now_ms : 0;
}

void market_window_take(struct market_window *window, int64_t now_ms)
{
    if (window->limit == 0) return;
    window->times[window->next] = now_ms;
    window->next = (window->next + 1) % window->limit;
    if (window->count < window->limit) window->count++;
}

size_t market_window_left(const struct market_window *window, int64_t now_ms, int64_t span_ms)
{
    size_t used = 0;
    for (size_t i = 0; i < window->count; i++)
        if (window->times[i] + span_ms > now_ms) used++;
    return window->limit > used ? window->limit - used : 0;
}
