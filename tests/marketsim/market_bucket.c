/* The bucket as one number, the time at which it is full: every request moves it on by an interval.
 */
#include "market_bucket.h"

#include <math.h>

/* Times are sums of scaled intervals: what is a hair short of a whole number is that number. */
#define HAIR 1e-6

static double missing_ms(const struct market_bucket *bucket, int64_t now_ms)
{
    double missing = bucket->full_ms - (double)now_ms;
    return missing > 0 ? missing : 0;
}

int64_t market_bucket_wait(const struct market_bucket *bucket,
                           const struct market_bucket_limit *limit, int64_t now_ms)
{
    double spare = (double)(limit->burst - 1) * limit->interval_ms;
    double wait = missing_ms(bucket, now_ms) - spare;
    return limit->interval_ms > 0 && wait > HAIR ? (int64_t)ceil(wait - HAIR) : 0;
}

void market_bucket_charge(struct market_bucket *bucket, const struct market_bucket_limit *limit,
                          int64_t now_ms, int64_t requests)
{
    bucket->full_ms =
        (double)now_ms + missing_ms(bucket, now_ms) + (double)requests * limit->interval_ms;
}

int64_t market_bucket_left(const struct market_bucket *bucket,
                           const struct market_bucket_limit *limit, int64_t now_ms)
{
    if (limit->interval_ms <= 0) return limit->burst;
    double taken = missing_ms(bucket, now_ms) / limit->interval_ms;
    return limit->burst - (int64_t)ceil(taken - HAIR);
}

int64_t market_bucket_refill(const struct market_bucket *bucket, int64_t now_ms)
{
    return (int64_t)ceil(missing_ms(bucket, now_ms) - HAIR);
}
