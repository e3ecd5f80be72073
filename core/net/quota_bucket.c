/* One bucket: what is free in it, when more will be, and what spending does, for each kind. Who may
 * take it is quota_queue.c's. */
#include "net/quota_internal.h"

/* About how long a place in flight stays taken; only weighs whether it is worth keeping one. */
enum { EXCHANGE_MS = 2000 };
#define PER_MAX_MS ((int64_t)31 * 24 * 3600 * 1000) /* amount x per_ms must fit 63 bits */

int64_t amount_clip(int64_t amount)
{
    if (amount < 0) return 0;
    return amount > QUOTA_AMOUNT_MAX ? QUOTA_AMOUNT_MAX : amount;
}

static int64_t at_least_one(int64_t value, int64_t max)
{
    if (value < 1) return 1;
    return value > max ? max : value;
}

int64_t bucket_capacity(const struct quota_bucket *bucket)
{
    return bucket->spec.kind == QUOTA_TOKENS ? bucket->burst : bucket->amount;
}

int64_t bucket_span_ms(const struct quota_bucket *bucket)
{
    int64_t margin = bucket->per_ms / QUOTA_MARGIN_PART + 1;
    return bucket->per_ms + (margin < QUOTA_MARGIN_MAX_MS ? margin : QUOTA_MARGIN_MAX_MS);
}

int64_t bucket_cutoff(const struct quota_bucket *bucket, int64_t now)
{
    return now - bucket_span_ms(bucket);
}

int64_t bucket_grain_ms(const struct quota_bucket *bucket)
{
    int64_t grain = bucket->per_ms / WINDOW_GRAINS;
    return grain ? grain : 1;
}

int64_t bucket_level(const struct quota_bucket *bucket, int64_t now)
{
    int64_t full = bucket->burst * bucket->per_ms, elapsed = now - bucket->level_ms;
    if (bucket->level >= full) return full;
    if (elapsed <= 0) return bucket->level;
    if (elapsed > (full - bucket->level) / bucket->amount) return full;
    return bucket->level + elapsed * bucket->amount;
}

/* Rounded down, also below zero. */
static int64_t whole_tokens(const struct quota_bucket *bucket, int64_t level)
{
    int64_t whole = level / bucket->per_ms;
    return level < 0 && level % bucket->per_ms ? whole - 1 : whole;
}

int64_t bucket_free(const struct quota_bucket *bucket, int64_t now)
{
    switch (bucket->spec.kind) {
    case QUOTA_TOKENS: return whole_tokens(bucket, bucket_level(bucket, now)) - bucket->held;
    case QUOTA_WINDOW:
        return bucket->amount - bucket->held -
               window_live(&bucket->window, bucket_cutoff(bucket, now));
    case QUOTA_IN_FLIGHT: break;
    }
    return bucket->amount - bucket->held;
}

int64_t bucket_safe(const struct quota_bucket *bucket, int64_t now)
{
    return bucket_free(bucket, now) - bucket->at_risk;
}

bool bucket_open(const struct quota_bucket *bucket, int64_t now)
{
    return bucket->closed_until <= now;
}

static int64_t tokens_when(const struct quota_bucket *bucket, int64_t amount, int64_t now)
{
    int64_t want = amount + bucket->held + bucket->at_risk;
    if (want > bucket->burst) return QUOTA_UNKNOWN_MS;
    int64_t missing = want * bucket->per_ms - bucket_level(bucket, now);
    int64_t from = bucket->level_ms > now ? bucket->level_ms : now;
    return missing <= 0 ? now : from + (missing + bucket->amount - 1) / bucket->amount;
}

static int64_t window_when(const struct quota_bucket *bucket, int64_t amount, int64_t now)
{
    int64_t need = amount - bucket_safe(bucket, now);
    if (need <= 0) return now;
    int64_t ms = window_frees(&bucket->window, bucket_cutoff(bucket, now), need);
    return ms < 0 ? QUOTA_UNKNOWN_MS : ms + bucket_span_ms(bucket);
}

int64_t bucket_when(const struct quota_bucket *bucket, int64_t amount, int64_t now)
{
    int64_t when = now;
    if (bucket->spec.kind == QUOTA_TOKENS)
        when = tokens_when(bucket, amount, now);
    else if (bucket->spec.kind == QUOTA_WINDOW)
        when = window_when(bucket, amount, now);
    else if (bucket_safe(bucket, now) < amount)
        when = QUOTA_UNKNOWN_MS;
    return when > bucket->closed_until ? when : bucket->closed_until;
}

int64_t bucket_returns_ms(const struct quota_bucket *bucket, int64_t amount)
{
    switch (bucket->spec.kind) {
    case QUOTA_TOKENS: return amount * bucket->per_ms / bucket->amount + EXCHANGE_MS;
    case QUOTA_WINDOW: return bucket_span_ms(bucket) + EXCHANGE_MS;
    case QUOTA_IN_FLIGHT: break;
    }
    return EXCHANGE_MS;
}

static void tokens_spend(struct quota_bucket *bucket, int64_t amount, int64_t now)
{
    int64_t level = bucket_level(bucket, now), full = bucket->burst * bucket->per_ms;
    /* `now` was cut to the millisecond: leaving the brim, refilling must not begin too early. */
    bucket->level_ms = level >= full ? now + 1 : (bucket->level_ms > now ? bucket->level_ms : now);
    int64_t floor = INT64_MIN / 4, spent = amount * bucket->per_ms;
    bucket->level = level - spent < floor ? floor : level - spent;
}

void bucket_spend(struct quota_bucket *bucket, int64_t amount, int64_t now)
{
    if (bucket->spec.kind == QUOTA_TOKENS) tokens_spend(bucket, amount, now);
    if (bucket->spec.kind != QUOTA_WINDOW) return;
    window_drop(&bucket->window, bucket_cutoff(bucket, now));
    window_add(&bucket->window, now, amount, bucket_grain_ms(bucket));
}

void bucket_use_up(struct quota_bucket *bucket, int64_t now)
{
    int64_t left = bucket_free(bucket, now);
    if (left > 0) bucket_spend(bucket, left, now);
}

void bucket_rate_set(struct quota_bucket *bucket, int64_t amount, int64_t per_ms, int64_t burst)
{
    amount = at_least_one(amount, QUOTA_AMOUNT_MAX);
    per_ms = at_least_one(per_ms, PER_MAX_MS);
    burst = burst > 0 ? at_least_one(burst, QUOTA_AMOUNT_MAX) : amount;
    if (bucket->per_ms && per_ms != bucket->per_ms) {
        __int128 level = (__int128)bucket->level * per_ms / bucket->per_ms;
        __int128 floor = INT64_MIN / 4;
        bucket->level = (int64_t)(level < floor ? floor : level);
    }
    bucket->amount = amount;
    bucket->per_ms = per_ms;
    bucket->burst = burst;
    if (bucket->level > burst * per_ms) bucket->level = burst * per_ms;
}
