/* A quota kept as a token bucket: it holds `burst` requests and gets one back every `interval_ms`.
 * No scaling and no clock in here: the caller gives both. What is charged may go below zero: the
 * debt is paid before the next request is let through. */
#ifndef MARKETSIM_MARKET_BUCKET_H
#define MARKETSIM_MARKET_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct market_bucket {
    double full_ms; /* when it is full again; a new one is full since ever */
};

struct market_bucket_limit {
    double interval_ms; /* 0: no limit */
    int64_t burst;
};

/* Milliseconds until one more is allowed, 0 for now. */
int64_t market_bucket_wait(const struct market_bucket *bucket,
                           const struct market_bucket_limit *limit, int64_t now_ms);
void market_bucket_charge(struct market_bucket *bucket, const struct market_bucket_limit *limit,
                          int64_t now_ms, int64_t requests);
/* Whole requests that it holds, below 0 for a debt. */
int64_t market_bucket_left(const struct market_bucket *bucket,
                           const struct market_bucket_limit *limit, int64_t now_ms);
/* Milliseconds until it is full. */
int64_t market_bucket_refill(const struct market_bucket *bucket, int64_t now_ms);

#endif
