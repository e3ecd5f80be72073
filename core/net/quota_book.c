/* The book of buckets: finding, sharing, forgetting them, what the marketplace says about them, and
 * what a stepping clock does to them. Claims are quota_queue.c's. */
#include "base/mem.h"
#include "net/quota_internal.h"

#include <string.h>

static void ring_init(struct quota_claim *head)
{
    head->prev = head->next = head;
}

struct quota_book *quota_book_new(void)
{
    struct quota_book *book = mem_alloc(sizeof *book);
    for (int i = 0; i < QUOTA_CLASSES; i++)
        ring_init(&book->waiting[i]);
    ring_init(&book->granted);
    return book;
}

static void bucket_free_memory(struct quota_bucket *bucket)
{
    window_free(&bucket->window);
    mem_free(bucket->key);
    mem_free(bucket->label);
    mem_free(bucket);
}

void quota_book_free(struct quota_book *book)
{
    if (!book) return;
    while (book->buckets) {
        struct quota_bucket *next = book->buckets->next;
        bucket_free_memory(book->buckets);
        book->buckets = next;
    }
    mem_free(book);
}

static bool matters(const struct quota_bucket *bucket, int64_t now)
{
    return bucket->refs || bucket->held || bucket->waiting || !bucket_open(bucket, now) ||
           bucket_free(bucket, now) < bucket_capacity(bucket);
}

void book_sweep(struct quota_book *book, int64_t now)
{
    book->abandoned = false;
    for (struct quota_bucket **at = &book->buckets; *at;) {
        struct quota_bucket *bucket = *at;
        if (matters(bucket, now)) {
            book->abandoned |= !bucket->refs;
            at = &bucket->next;
            continue;
        }
        *at = bucket->next;
        bucket_free_memory(bucket);
    }
}

static struct quota_bucket *bucket_new(struct quota_book *book, const char *key,
                                       const struct quota_spec *spec)
{
    struct quota_bucket *bucket = mem_alloc(sizeof *bucket);
    bucket->book = book;
    bucket->key = mem_text(key);
    bucket->spec = *spec;
    bucket_rate_set(bucket, spec->amount, spec->per_ms, spec->burst);
    bucket->level = bucket->burst * bucket->per_ms;
    bucket->next = book->buckets;
    book->buckets = bucket;
    return bucket;
}

static bool spec_equal(const struct quota_spec *a, const struct quota_spec *b)
{
    return a->kind == b->kind && a->amount == b->amount && a->per_ms == b->per_ms &&
           a->burst == b->burst && a->refused == b->refused;
}

static void respecify(struct quota_bucket *bucket, const struct quota_spec *spec)
{
    if (spec_equal(&bucket->spec, spec)) return;
    bool other_kind = bucket->spec.kind != spec->kind;
    bucket->spec = *spec;
    bucket_rate_set(bucket, spec->amount, spec->per_ms, spec->burst);
    /* What was counted in one way cannot be counted in another. */
    if (other_kind) bucket_use_up(bucket, bucket->book->last_ms);
}

struct quota_bucket *quota_bucket(struct quota_book *book, const char *key, const char *label,
                                  const struct quota_spec *spec)
{
    struct quota_bucket *bucket = book->buckets;
    while (bucket && strcmp(bucket->key, key) != 0)
        bucket = bucket->next;
    if (bucket)
        respecify(bucket, spec);
    else
        bucket = bucket_new(book, key, spec);
    mem_free(bucket->label);
    bucket->label = mem_text(label ? label : key);
    bucket->refs++;
    return bucket;
}

void quota_bucket_release(struct quota_bucket *bucket)
{
    if (!bucket || !bucket->refs) return;
    if (--bucket->refs == 0) bucket->book->abandoned = true; /* quota_turn sweeps */
}

const char *quota_bucket_key(const struct quota_bucket *bucket)
{
    return bucket->key;
}

int64_t quota_capacity(const struct quota_bucket *bucket)
{
    return bucket_capacity(bucket);
}

const char *quota_bucket_label(const struct quota_bucket *bucket)
{
    return bucket->label;
}

/* --- time ----------------------------------------------------------------------------------- */

int64_t book_peek(const struct quota_book *book, int64_t now_ms)
{
    int64_t back = book->last_ms - now_ms;
    return back > 0 && back <= QUOTA_BACK_TOLERATED_MS ? book->last_ms : now_ms;
}

/* The clock stepped back by much: what it says happened later happens now. */
static void bucket_clamp(struct quota_bucket *bucket, int64_t now)
{
    window_clamp(&bucket->window, now);
    if (bucket->level_ms > now) bucket->level_ms = now;
    if (bucket->closed_until > now + bucket->close_span)
        bucket->closed_until = now + bucket->close_span;
}

int64_t book_now(struct quota_book *book, int64_t now_ms)
{
    int64_t now = book_peek(book, now_ms);
    if (now < book->last_ms) {
        for (struct quota_bucket *bucket = book->buckets; bucket; bucket = bucket->next)
            bucket_clamp(bucket, now);
    }
    book->last_ms = now;
    return now;
}

void quota_stepped(struct quota_book *book, int64_t by_ms)
{
    for (struct quota_bucket *bucket = book->buckets; bucket; bucket = bucket->next) {
        window_shift(&bucket->window, by_ms);
        bucket->level_ms += by_ms;
        if (bucket->closed_until) bucket->closed_until += by_ms;
    }
    book->last_ms += by_ms;
}

/* --- what the marketplace says -----------------------------------------------------------------
 */

void quota_close(struct quota_bucket *bucket, int64_t until_ms, int64_t now_ms)
{
    int64_t now = book_now(bucket->book, now_ms), latest = now + QUOTA_CLOSE_MAX_MS;
    if (until_ms > latest) until_ms = latest;
    if (until_ms <= now || until_ms <= bucket->closed_until) return;
    bucket->closed_until = until_ms;
    bucket->close_span = until_ms - now;
}

int64_t quota_closed_until(const struct quota_bucket *bucket)
{
    return bucket->closed_until;
}

void quota_remaining(struct quota_bucket *bucket, int64_t remaining, int64_t now_ms)
{
    int64_t now = book_now(bucket->book, now_ms);
    if (bucket->spec.kind == QUOTA_IN_FLIGHT) return;
    int64_t unknown = bucket_free(bucket, now) - (remaining > 0 ? remaining : 0);
    if (unknown > 0) bucket_spend(bucket, unknown, now);
}

void quota_rate(struct quota_bucket *bucket, int64_t amount, int64_t per_ms, int64_t now_ms)
{
    int64_t now = book_now(bucket->book, now_ms);
    if (bucket->spec.kind == QUOTA_TOKENS) {
        bucket->level = bucket_level(bucket, now); /* earned at the old rate */
        if (bucket->level_ms < now) bucket->level_ms = now;
    }
    bool whole = bucket->spec.burst <= 0; /* the burst is the amount, and goes with it */
    bucket_rate_set(bucket, amount, per_ms > 0 ? per_ms : bucket->per_ms,
                    whole ? 0 : bucket->spec.burst);
}

void quota_view(const struct quota_bucket *bucket, int64_t now_ms, struct quota_view *view)
{
    int64_t now = book_peek(bucket->book, now_ms);
    int64_t free = bucket_free(bucket, now);
    *view = (struct quota_view){
        .key = bucket->key,
        .label = bucket->label,
        .spec = {bucket->spec.kind, bucket->amount, bucket->per_ms, bucket->spec.burst,
                 bucket->spec.refused},
        .used = bucket_capacity(bucket) - free,
        .free = free > 0 ? free : 0,
        .closed_until_ms = bucket->closed_until > now ? bucket->closed_until : 0,
        .waiting = bucket->waiting,
    };
}
