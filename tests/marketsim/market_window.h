/* A quota counted over a sliding window: at most `limit` requests in any (now - window, now]. Only
 * what was let through counts. No scaling and no clock in here: the caller gives both. */
#ifndef MARKETSIM_MARKET_WINDOW_H
#define MARKETSIM_MARKET_WINDOW_H

#include <stddef.h>
#include <stdint.h>

struct market_window {
    int64_t *times; /* ring of the last `limit` accepted times */
    size_t limit;   /* 0: no limit */
    size_t next;
    size_t count;
};

void market_window_set(struct market_window *window, size_t limit); /* forgets what it counted */
void market_window_free(struct market_window *window);

/* Milliseconds until one more is allowed, 0 for now. A request exactly `span_ms` after the oldest
 * one is allowed. */
int64_t market_window_wait(const struct market_window *window, int64_t now_ms, int64_t span_ms);
void market_window_take(struct market_window *window, int64_t now_ms);
size_t market_window_left(const struct market_window *window, int64_t now_ms, int64_t span_ms);

#endif
