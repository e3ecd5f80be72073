/* What the files of the quota share. Nobody else includes it. */
#ifndef STOCKD_NET_QUOTA_INTERNAL_H
#define STOCKD_NET_QUOTA_INTERNAL_H

#include "net/quota.h"

/* A window keeps (time, amount) pairs, oldest first. Charges of one grain share a pair, which takes
 * the latest time. */
enum {
    WINDOW_GRAINS = 1000, /* per window: what sharing can cost is a thousandth of it */
    WINDOW_PAIRS_MAX =
        1024, /* a window and its margin is 1005 grains; past it the oldest two join */
};

struct window_pair {
    int64_t ms, amount;
};

struct window {
    struct window_pair *ring;
    uint32_t room, head, count;
    int64_t sum;
};

void window_free(struct window *window);
/* `ms` not below the last one's. */
void window_add(struct window *window, int64_t ms, int64_t amount, int64_t grain_ms);
struct window_pair window_at(const struct window *window, uint32_t index);
/* Pairs at or before `cutoff` no longer count. */
void window_drop(struct window *window, int64_t cutoff);
int64_t window_live(const struct window *window, int64_t cutoff);
/* The time of the pair with whose end at least `need` has come free; -1 when all do not suffice. */
int64_t window_frees(const struct window *window, int64_t cutoff, int64_t need);
/* No pair is later than `now`. */
void window_clamp(struct window *window, int64_t now);
void window_shift(struct window *window, int64_t by);

struct quota_bucket {
    struct quota_book *book;
    struct quota_bucket *next;
    char *key, *label;
    struct quota_spec spec; /* as declared */
    int64_t amount, per_ms; /* in force */
    int64_t burst;
    uint32_t refs;
    bool restored;
    int64_t waiting; /* claims that name it and wait */

    int64_t held;    /* taken and not finished */
    int64_t at_risk; /* what these may come to count beyond that */
    int64_t largest; /* of the charges since nothing was held */
    struct window window;
    int64_t level, level_ms; /* TOKENS: in tokens x per_ms, so that refilling is exact */
    int64_t closed_until, close_span;

    /* For one pass over the waiting claims: */
    uint64_t pass;
    int64_t ahead; /* kept for claims further ahead */
};

struct quota_book {
    struct quota_bucket *buckets;
    struct quota_claim waiting[QUOTA_CLASSES]; /* heads of rings */
    struct quota_claim granted;                /* taken, to be told */
    uint64_t pass;
    int64_t last_ms;
    bool turning, again, abandoned;
};

#define QUOTA_UNKNOWN_MS INT64_MAX /* depends on a finish */

/* The time to go by: never back by a little, and back by much only after a clamp. */
int64_t book_now(struct quota_book *book, int64_t now_ms);
int64_t book_peek(const struct quota_book *book, int64_t now_ms);
void book_sweep(struct quota_book *book, int64_t now);

int64_t amount_clip(int64_t amount);
int64_t bucket_capacity(const struct quota_bucket *bucket);
int64_t bucket_free(const struct quota_bucket *bucket, int64_t now);
/* ... even if all that is under way is refused. */
int64_t bucket_safe(const struct quota_bucket *bucket, int64_t now);
bool bucket_open(const struct quota_bucket *bucket, int64_t now);
/* When `amount` is free at the earliest; QUOTA_UNKNOWN_MS when that takes a finish. */
int64_t bucket_when(const struct quota_bucket *bucket, int64_t amount, int64_t now);
/* How long until what is taken now is there again, roughly. */
int64_t bucket_returns_ms(const struct quota_bucket *bucket, int64_t amount);
/* Counts `amount` from now on; also the amount of a finished charge. */
void bucket_spend(struct quota_bucket *bucket, int64_t amount, int64_t now);
void bucket_use_up(struct quota_bucket *bucket, int64_t now);
int64_t bucket_level(const struct quota_bucket *bucket, int64_t now);
int64_t bucket_span_ms(const struct quota_bucket *bucket); /* window and margin */
int64_t bucket_cutoff(const struct quota_bucket *bucket, int64_t now);
int64_t bucket_grain_ms(const struct quota_bucket *bucket);
void bucket_rate_set(struct quota_bucket *bucket, int64_t amount, int64_t per_ms, int64_t burst);

#endif
