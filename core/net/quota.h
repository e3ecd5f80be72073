/* Quotas as the marketplaces count them: token buckets, sliding windows, most-in-flight; shared by
 * every account with an equal key. Pure: no timers, no clock of its own. Loop thread only.
 *
 * A claim names up to four charges and is granted all or nothing. Claims that cannot be granted
 * wait in one order: by class (zeros and decreases, order drains, increases, other reads, readings
 * that verify), first come first served within a class. What verifies is granted only while half of
 * what a bucket holds stays free behind it, so that a write that comes meanwhile need not wait. In
 * a bucket where a waiting claim does not fit nobody behind it passes. In its other buckets its
 * amount is kept for it, unless it waits for so long that what is taken there now will be back in
 * time: so a push that waits a minute for its own quota does not hold up the order drains that
 * share another bucket with it.
 *
 * EXACTNESS (invariant I13). The marketplace counts a request somewhere between grant and finish,
 * we do not know when. So a charge counts from its grant until a whole window after its *finish*
 * (tokens: it is spent at its finish, and held until then); then no window anywhere holds more than
 * `amount`, whatever the network does. QUOTA_MARGIN_* covers what is left: clocks that run
 * differently, and bytes still under way when we gave up. The price is one exchange in each window:
 * 80 a minute at 200 ms stays 79.4, 50 a second at 200 ms becomes 41.5; a token bucket
 * pays nothing while its burst covers what is in flight. Every taken claim must be finished (or
 * cancelled, when surely nothing was sent).
 *
 * Where a refused exchange counts more than it was charged, nobody is granted what is left but for
 * that while it is under way: all that are may be refused.
 *
 * DURABILITY. What was charged must be durable before the request leaves (I13). quota_encode gives
 * a bucket's state as bytes for the store (under QUOTA_STORED_MAX); quota_decode takes them back
 * after a restart, trusting wall time no further than it can: entries from the future (a clock that
 * stepped back) and charges that were not finished count as charged now. In-flight counts are not
 * kept: after a restart nothing is in flight.
 *
 * TIME. `now_ms` is wall time. When it steps back, nothing is granted that would not have been
 * granted before, and nothing waits longer than one window for it. A step forward makes charges
 * look older than they are, which only somebody with a second clock can notice: call
 * quota_clock_now of quota_clock.h, or tell quota_stepped. */
#ifndef STOCKD_NET_QUOTA_H
#define STOCKD_NET_QUOTA_H

#include "base/buf.h"
#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    QUOTA_CHARGES_MAX = 8,   /* four per request and four per item: STOCKD_CHARGES_MAX of each */
    QUOTA_STORED_MAX = 2048, /* bytes of one encoded bucket */
    QUOTA_AMOUNT_MAX = 1000000000,  /* amounts above are taken for it */
    QUOTA_MARGIN_PART = 200,        /* a window is waited out by a 200th more ... */
    QUOTA_MARGIN_MAX_MS = 250,      /* ... and at most this */
    QUOTA_BACK_TOLERATED_MS = 1000, /* a clock back by less stands still until caught up */
    QUOTA_TURN_MAX_MS = 60 * 1000,  /* the longest quota_turn asks to be left alone */
};

enum quota_kind { QUOTA_TOKENS = 1, QUOTA_WINDOW = 2, QUOTA_IN_FLIGHT = 3 };

enum quota_class {
    QUOTA_DECREASE = 0,
    QUOTA_ORDERS = 1,
    QUOTA_INCREASE = 2,
    QUOTA_READ = 3,
    QUOTA_VERIFY = 4, /* readings that can wait: they leave half of each bucket to all others */
    QUOTA_CLASSES = 5,
};

struct quota_spec {
    enum quota_kind kind;
    int64_t amount;  /* per window, per refill period, or at one time */
    int64_t per_ms;  /* not for IN_FLIGHT */
    int64_t burst;   /* TOKENS: the most it holds; 0 means amount */
    int64_t refused; /* what an exchange counts that is refused, at least; 0: what it was charged */
};

struct quota_book;
struct quota_bucket;

struct quota_book *quota_book_new(void);
void quota_book_free(struct quota_book *book);

/* The bucket of that key, made full when new. `key` is "plugin/bucket/key values"; `label` is for
 * people. The newest spec counts. Each call takes a reference; quota_bucket_release gives it back,
 * but a bucket with charges that still matter stays. */
struct quota_bucket *quota_bucket(struct quota_book *book, const char *key, const char *label,
                                  const struct quota_spec *spec);
void quota_bucket_release(struct quota_bucket *bucket);
const char *quota_bucket_key(const struct quota_bucket *bucket);
const char *quota_bucket_label(const struct quota_bucket *bucket);
/* The most that can ever be charged to it at one time. */
int64_t quota_capacity(const struct quota_bucket *bucket);

struct quota_charge {
    struct quota_bucket *bucket;
    int64_t amount;
    int64_t risk; /* the book's: what it may come to count beyond that */
};

struct quota_claim {
    struct quota_charge charges[QUOTA_CHARGES_MAX];
    uint32_t charge_count;
    enum quota_class class;
    void (*granted)(struct quota_claim *claim,
                    int64_t now_ms); /* from quota_turn, never from quota_claim */
    /* The book's: */
    struct quota_claim *prev, *next;
    bool waiting, taken;
    int64_t taken_ms;
};

/* True: taken at once (granted is not called). False: it waits, and `granted` will be called. A
 * charge above what the bucket can ever hold is granted when the bucket is full. */
bool quota_claim(struct quota_book *book, struct quota_claim *claim, int64_t now_ms);
/* A waiting claim is of that class from now on, behind those of it that wait. It is granted by the
 * next quota_turn that can, as ever. */
void quota_reclass(struct quota_book *book, struct quota_claim *claim, enum quota_class class);
/* Stops waiting; or, when already taken and nothing was sent, gives everything back. */
void quota_cancel(struct quota_book *book, struct quota_claim *claim, int64_t now_ms);
/* Part of a taken charge was not needed (fewer items), or cost more (a 4xx that counts as ten: the
 * bucket then owes). After quota_finish more counts from now, and less changes nothing. */
void quota_settle(struct quota_claim *claim, struct quota_bucket *bucket, int64_t actual,
                  int64_t now_ms);
/* The exchange was refused, or may have been: it counts what that costs. Before quota_finish. */
void quota_refused(struct quota_claim *claim, int64_t now_ms);
/* The exchange is over, however it went: what was charged begins to age, and in-flight charges are
 * given back. */
void quota_finish(struct quota_book *book, struct quota_claim *claim, int64_t now_ms);

/* Grants what can be granted now. Returns when to call it again (ms from now, at least 1 and at
 * most QUOTA_TURN_MAX_MS), or -1 when nothing waits. Call it after quota_finish, quota_cancel,
 * quota_settle, quota_rate and when that time has come. `granted` may call anything here. */
int64_t quota_turn(struct quota_book *book, int64_t now_ms);

/* When a waiting claim can be granted at the earliest if nothing else asks, and which bucket holds
 * it up (NULL: none). What is in flight is taken to finish now. */
int64_t quota_expected(const struct quota_claim *claim, int64_t now_ms,
                       const struct quota_bucket **why);

/* Nothing before `until_ms` (Retry-After, a 429, the plugin's knowledge). Only ever moves later, at
 * most QUOTA_CLOSE_MAX from now. */
enum { QUOTA_CLOSE_MAX_MS = 24 * 3600 * 1000 };
void quota_close(struct quota_bucket *bucket, int64_t until_ms, int64_t now_ms);
int64_t quota_closed_until(const struct quota_bucket *bucket);
/* The marketplace says how much is left: lowers what we believe, never raises it above our own
 * count. */
void quota_remaining(struct quota_bucket *bucket, int64_t remaining, int64_t now_ms);
/* The marketplace names another rate. */
void quota_rate(struct quota_bucket *bucket, int64_t amount, int64_t per_ms, int64_t now_ms);

/* For people and metrics. */
struct quota_view {
    const char *key, *label;
    struct quota_spec spec;
    int64_t used, free, closed_until_ms, waiting;
};
void quota_view(const struct quota_bucket *bucket, int64_t now_ms, struct quota_view *view);

/* The clock that gives now_ms was set `by_ms` forward (or back, negative): ages stay what they are.
 */
void quota_stepped(struct quota_book *book, int64_t by_ms);

bool quota_encode(const struct quota_bucket *bucket, int64_t now_ms, struct buf *out);
/* Merges stored state into the bucket: false when the bytes make no sense (the bucket then counts
 * as used up, the safe side). A rate learned by quota_rate is kept while the spec is the same. */
bool quota_decode(struct quota_bucket *bucket, struct bytes stored, int64_t now_ms);
/* What the store has of the bucket (or that it has nothing: no bytes), once in the bucket's life:
 * accounts may share it, and what was used is not to be counted twice. Until then nothing is to be
 * claimed of it: what would be stored with that claim knows of nothing that was used before. */
void quota_restore(struct quota_bucket *bucket, struct bytes stored, int64_t now_ms);
bool quota_restored(const struct quota_bucket *bucket);

#endif
