/* The quota book case by case: what each kind of bucket grants and when, who goes first, what
 * settling, closing, clocks and restarts do. Random interleavings are test_quota_property.c's. */
#include "test_main.h"

#include "base/random.h"
#include "net/quota.h"
#include "net/quota_clock.h"

#include <stdio.h>
#include <string.h>

enum { T0 = 1700000000 };
#define MINUTE ((int64_t)60000)

static const struct quota_spec per_minute = {QUOTA_WINDOW, 80, MINUTE, 0, 0};
static const struct quota_spec per_second = {QUOTA_WINDOW, 50, 1000, 0, 0};
static const struct quota_spec tokens = {QUOTA_TOKENS, 300, MINUTE, 20, 0};
static const struct quota_spec one_at_a_time = {QUOTA_IN_FLIGHT, 1, 0, 0, 0};

struct job {
    struct quota_claim claim; /* first: the callback gets it back */
    int64_t granted_ms;
};

static int grants;

static void on_granted(struct quota_claim *claim, int64_t now_ms)
{
    ((struct job *)claim)->granted_ms = now_ms;
    grants++;
}

static struct job job_of(enum quota_class class, struct quota_bucket *bucket, int64_t amount)
{
    return (struct job){.claim = {.charges = {{bucket, amount, 0}},
                                  .charge_count = 1,
                                  .class = class,
                                  .granted = on_granted}};
}

static void also(struct job *job, struct quota_bucket *bucket, int64_t amount)
{
    job->claim.charges[job->claim.charge_count++] = (struct quota_charge){bucket, amount, 0};
}

static int64_t free_in(struct quota_bucket *bucket, int64_t now)
{
    struct quota_view view;
    quota_view(bucket, now, &view);
    return view.free;
}

/* Claims, and finishes at once. */
static bool spend(struct quota_book *book, struct quota_bucket *bucket, int64_t amount, int64_t now)
{
    struct job job = job_of(QUOTA_READ, bucket, amount);
    bool taken = quota_claim(book, &job.claim, now);
    if (taken)
        quota_finish(book, &job.claim, now);
    else
        quota_cancel(book, &job.claim, now);
    return taken;
}

static void a_window_frees_what_is_a_window_old(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", &per_minute);
    assert_true(spend(book, bucket, 50, T0));
    assert_true(spend(book, bucket, 30, T0 + 10000));
    assert_false(spend(book, bucket, 1, T0 + MINUTE));
    int64_t margin = QUOTA_MARGIN_MAX_MS;
    assert_false(spend(book, bucket, 1, T0 + MINUTE + margin - 1));
    assert_true(spend(book, bucket, 50, T0 + MINUTE + margin));
    assert_false(spend(book, bucket, 1, T0 + MINUTE + margin));
    quota_book_free(book);
}

static void a_charge_ages_from_its_finish(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", &per_minute);
    struct job slow = job_of(QUOTA_READ, bucket, 80);
    assert_true(quota_claim(book, &slow.claim, T0));
    assert_false(spend(book, bucket, 1, T0 + 10 * MINUTE));
    quota_finish(book, &slow.claim, T0 + 10 * MINUTE);
    assert_false(spend(book, bucket, 1, T0 + 11 * MINUTE));
    assert_true(spend(book, bucket, 80, T0 + 11 * MINUTE + QUOTA_MARGIN_MAX_MS));
    quota_book_free(book);
}

static void tokens_refill_up_to_the_burst(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "t", "t", &tokens);
    assert_true(spend(book, bucket, 20, T0));
    assert_false(spend(book, bucket, 1, T0 + 200));
    assert_true(spend(book, bucket, 1, T0 + 201)); /* one each 200 ms, and the cut millisecond */
    assert_int_equal(free_in(bucket, T0 + 3 * MINUTE), 20);
    quota_book_free(book);
}

static void in_flight_is_given_back_by_finish_and_cancel(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "f", "f", &one_at_a_time);
    struct job a = job_of(QUOTA_READ, bucket, 1), b = a, c = a;
    assert_true(quota_claim(book, &a.claim, T0));
    assert_false(quota_claim(book, &b.claim, T0));
    assert_false(quota_claim(book, &c.claim, T0));
    assert_int_equal(quota_turn(book, T0), QUOTA_TURN_MAX_MS);
    quota_finish(book, &a.claim, T0 + 5);
    assert_int_equal(quota_turn(book, T0 + 5), QUOTA_TURN_MAX_MS);
    assert_int_equal(b.granted_ms, T0 + 5);
    quota_cancel(book, &b.claim, T0 + 6);
    assert_int_equal(quota_turn(book, T0 + 6), -1);
    assert_int_equal(c.granted_ms, T0 + 6);
    quota_book_free(book);
}

static void a_claim_is_all_or_nothing(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *a = quota_bucket(book, "a", "a", &per_minute);
    struct quota_bucket *b = quota_bucket(book, "b", "b", &per_second);
    assert_true(spend(book, b, 50, T0));
    struct job both = job_of(QUOTA_READ, a, 1);
    also(&both, b, 1);
    assert_false(quota_claim(book, &both.claim, T0));
    assert_int_equal(free_in(a, T0), 80);
    const struct quota_bucket *why = NULL;
    int64_t expected = quota_expected(&both.claim, T0, &why);
    assert_ptr_equal(why, b);
    assert_int_equal(quota_turn(book, T0), expected - T0);
    quota_turn(book, expected - 1);
    assert_int_equal(both.granted_ms, 0);
    quota_turn(book, expected);
    assert_int_equal(both.granted_ms, expected);
    quota_book_free(book);
}

static void two_charges_on_one_bucket_add_up(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", &per_minute);
    struct job job = job_of(QUOTA_READ, bucket, 50);
    also(&job, bucket, 31);
    assert_true(quota_claim(book, &job.claim, T0)); /* above what it can hold: granted when full */
    assert_int_equal(free_in(bucket, T0), 0);
    quota_finish(book, &job.claim, T0);
    struct job again = job_of(QUOTA_READ, bucket, 40);
    also(&again, bucket, 40);
    assert_false(quota_claim(book, &again.claim, T0 + MINUTE));
    quota_turn(book, T0 + 2 * MINUTE);
    assert_int_equal(again.granted_ms, T0 + 2 * MINUTE);
    quota_book_free(book);
}

static void classes_go_in_order_and_first_come_first_served(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "f", "f", &one_at_a_time);
    static const enum quota_class came[] = {QUOTA_READ,   QUOTA_INCREASE, QUOTA_READ,
                                            QUOTA_ORDERS, QUOTA_DECREASE, QUOTA_DECREASE};
    static const int expected[] = {4, 5, 3, 1, 0, 2};
    struct job holder = job_of(QUOTA_READ, bucket, 1), jobs[6];
    assert_true(quota_claim(book, &holder.claim, T0));
    for (int i = 0; i < 6; i++) {
        jobs[i] = job_of(came[i], bucket, 1);
        assert_false(quota_claim(book, &jobs[i].claim, T0));
    }
    struct quota_claim *running = &holder.claim;
    for (int i = 0; i < 6; i++) {
        quota_finish(book, running, T0 + i + 1);
        quota_turn(book, T0 + i + 1);
        assert_int_equal(jobs[expected[i]].granted_ms, T0 + i + 1);
        running = &jobs[expected[i]].claim;
    }
    quota_book_free(book);
}

/* A small read must not slip past a large decrease that waits for room. */
static void nobody_passes_where_one_ahead_does_not_fit(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", &per_minute);
    assert_true(spend(book, bucket, 70, T0));
    struct job large = job_of(QUOTA_DECREASE, bucket, 20), small = job_of(QUOTA_READ, bucket, 1);
    assert_false(quota_claim(book, &large.claim, T0));
    assert_false(quota_claim(book, &small.claim, T0));
    quota_turn(book, T0 + MINUTE + QUOTA_MARGIN_MAX_MS);
    assert_true(large.granted_ms && small.granted_ms);
    quota_book_free(book);
}

static void a_decrease_passes_waiting_reads(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", &per_minute);
    assert_true(spend(book, bucket, 79, T0));
    struct job read = job_of(QUOTA_READ, bucket, 2), zero = job_of(QUOTA_DECREASE, bucket, 1);
    assert_false(quota_claim(book, &read.claim, T0));
    assert_true(quota_claim(book, &zero.claim, T0));
    quota_book_free(book);
}

/* Ozon: a push waits a minute for `stock`; order drains share only `all` with it and must go on. */
static void a_long_wait_elsewhere_does_not_hold_up_a_shared_bucket(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *stock = quota_bucket(book, "stock", "stock", &per_minute);
    struct quota_bucket *all = quota_bucket(book, "all", "all", &one_at_a_time);
    assert_true(spend(book, stock, 80, T0));
    struct job push = job_of(QUOTA_DECREASE, stock, 1), drain = job_of(QUOTA_ORDERS, all, 1);
    also(&push, all, 1);
    assert_false(quota_claim(book, &push.claim, T0));
    assert_true(quota_claim(book, &drain.claim, T0));
    quota_finish(book, &drain.claim, T0 + 100);
    /* Shortly before the push can go, its place is kept for it. */
    int64_t soon = T0 + MINUTE - 500;
    assert_false(quota_claim(book, &drain.claim, soon));
    quota_turn(book, T0 + MINUTE + QUOTA_MARGIN_MAX_MS);
    assert_int_equal(push.granted_ms, T0 + MINUTE + QUOTA_MARGIN_MAX_MS);
    assert_true(drain.claim.waiting);
    quota_book_free(book);
}

static struct quota_book *cancel_book;
static struct job *cancel_other;

static void on_granted_cancel(struct quota_claim *claim, int64_t now_ms)
{
    on_granted(claim, now_ms);
    quota_cancel(cancel_book, &cancel_other->claim, now_ms);
    assert_int_equal(quota_turn(cancel_book, now_ms), 1); /* from inside: it comes round again */
}

/* Both were granted in one turn; the first one's callback ends the second, whose memory may go. */
static void a_grant_may_cancel_another(void **state)
{
    (void)state;
    struct quota_book *book = cancel_book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", &per_minute);
    quota_close(bucket, T0 + 10, T0);
    struct job first = job_of(QUOTA_READ, bucket, 1), *second = test_malloc(sizeof *second);
    first.claim.granted = on_granted_cancel;
    *second = job_of(QUOTA_READ, bucket, 79);
    cancel_other = second;
    grants = 0;
    assert_false(quota_claim(book, &first.claim, T0));
    assert_false(quota_claim(book, &second->claim, T0));
    assert_int_equal(quota_turn(book, T0 + 10), -1);
    assert_int_equal(grants, 1);
    assert_false(second->claim.taken);
    assert_int_equal(free_in(bucket, T0 + 10), 79);
    test_free(second);
    quota_book_free(book);
}

static void settling_counts_what_it_really_cost(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "t", "t", &tokens);
    struct job wb = job_of(QUOTA_INCREASE, bucket, 15);
    assert_true(quota_claim(book, &wb.claim, T0));
    quota_settle(&wb.claim, bucket, 30, T0); /* the bucket owes ten */
    quota_finish(book, &wb.claim, T0);
    assert_false(spend(book, bucket, 1, T0 + 2100));
    assert_true(spend(book, bucket, 1, T0 + 2300));

    struct quota_bucket *window = quota_bucket(book, "w", "w", &per_minute);
    struct job lump = job_of(QUOTA_INCREASE, window, 60);
    assert_true(quota_claim(book, &lump.claim, T0 + 3000));
    quota_settle(&lump.claim, window, 10, T0 + 3000);
    assert_int_equal(free_in(window, T0 + 3000), 70);
    quota_finish(book, &lump.claim, T0 + 3000);
    quota_settle(&lump.claim, window, 25, T0 + 3100); /* late: fifteen more */
    assert_int_equal(free_in(window, T0 + 3100), 55);
    quota_settle(&lump.claim, window, 5, T0 + 3200); /* late and less: stays */
    assert_int_equal(free_in(window, T0 + 3200), 55);
    quota_book_free(book);
}

/* Ten each, if it comes so: more than two at once could owe what nobody has. */
static void what_a_refusal_would_cost_is_kept_free(void **state)
{
    (void)state;
    const struct quota_spec refusing = {
        .kind = QUOTA_TOKENS, .amount = 300, .per_ms = MINUTE, .burst = 20, .refused = 10};
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", &refusing);
    struct job a = job_of(QUOTA_READ, bucket, 1), b = a, c = a, d = a;
    assert_true(quota_claim(book, &a.claim, T0));
    assert_true(quota_claim(book, &b.claim, T0));
    assert_int_equal(free_in(bucket, T0), 18); /* nothing was refused so far */
    assert_false(quota_claim(book, &c.claim, T0));
    quota_finish(book, &a.claim, T0); /* it was taken */
    quota_turn(book, T0);
    assert_true(c.claim.taken);
    quota_refused(&b.claim, T0);
    quota_finish(book, &b.claim, T0);
    assert_false(quota_claim(book, &d.claim, T0)); /* 9 are left, and all of them c's */
    quota_refused(&c.claim, T0 + 10);
    quota_finish(book, &c.claim, T0 + 10);
    quota_turn(book, T0 + 200);
    assert_false(d.claim.taken);
    quota_turn(book, T0 + 401); /* it owed one */
    assert_true(d.claim.taken);
    quota_cancel(book, &d.claim, T0 + 401);
    assert_int_equal(free_in(bucket, T0 + 401), 1);
    quota_book_free(book);
}

static void a_restart_takes_what_was_under_way_for_refused(void **state)
{
    (void)state;
    const struct quota_spec refusing = {
        .kind = QUOTA_TOKENS, .amount = 300, .per_ms = MINUTE, .burst = 20, .refused = 10};
    struct quota_book *before = quota_book_new(), *after = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(before, "w", "w", &refusing);
    struct job open = job_of(QUOTA_READ, bucket, 1);
    assert_true(quota_claim(before, &open.claim, T0));
    struct buf bytes;
    buf_init(&bytes, QUOTA_STORED_MAX);
    assert_true(quota_encode(bucket, T0, &bytes));
    bucket = quota_bucket(after, "w", "w", &refusing);
    assert_true(quota_decode(bucket, bytes_of(bytes.data, bytes.size), T0));
    assert_int_equal(free_in(bucket, T0), 10);
    buf_free(&bytes);
    quota_book_free(before);
    quota_book_free(after);
}

static void what_is_stored_counts_once(void **state)
{
    (void)state;
    struct quota_book *before = quota_book_new(), *after = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(before, "w", "w", &per_minute);
    struct job job = job_of(QUOTA_READ, bucket, 3);
    assert_true(quota_claim(before, &job.claim, T0));
    quota_finish(before, &job.claim, T0);
    struct buf bytes;
    buf_init(&bytes, QUOTA_STORED_MAX);
    assert_true(quota_encode(bucket, T0, &bytes));
    bucket = quota_bucket(after, "w", "w", &per_minute);
    assert_false(quota_restored(bucket));
    int64_t all = free_in(bucket, T0);
    for (int of_two_accounts = 0; of_two_accounts < 2; of_two_accounts++)
        quota_restore(bucket, bytes_of(bytes.data, bytes.size), T0);
    assert_true(quota_restored(bucket));
    assert_int_equal(free_in(bucket, T0), all - 3);
    struct quota_bucket *fresh = quota_bucket(after, "v", "v", &per_minute);
    quota_restore(fresh, bytes_of(NULL, 0), T0);
    assert_true(quota_restored(fresh));
    assert_int_equal(free_in(fresh, T0), all);
    buf_free(&bytes);
    quota_book_free(before);
    quota_book_free(after);
}

static void a_closed_bucket_grants_nothing_until_then(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", &per_minute);
    quota_close(bucket, T0 + 5000, T0);
    quota_close(bucket, T0 + 4000, T0); /* only ever later */
    assert_int_equal(quota_closed_until(bucket), T0 + 5000);
    struct job job = job_of(QUOTA_DECREASE, bucket, 1);
    assert_false(quota_claim(book, &job.claim, T0));
    assert_int_equal(quota_turn(book, T0), 5000);
    quota_turn(book, T0 + 4999);
    assert_int_equal(job.granted_ms, 0);
    quota_turn(book, T0 + 5000);
    assert_int_equal(job.granted_ms, T0 + 5000);
    quota_close(bucket, INT64_MAX, T0 + 5000);
    assert_int_equal(quota_closed_until(bucket), T0 + 5000 + QUOTA_CLOSE_MAX_MS);
    quota_book_free(book);
}

static void remaining_only_lowers(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *window = quota_bucket(book, "w", "w", &per_minute);
    struct quota_bucket *bucket = quota_bucket(book, "t", "t", &tokens);
    assert_true(spend(book, window, 10, T0));
    quota_remaining(window, 75, T0);
    assert_int_equal(free_in(window, T0), 70);
    quota_remaining(window, 3, T0);
    assert_int_equal(free_in(window, T0), 3);
    quota_remaining(bucket, -5, T0);
    assert_int_equal(free_in(bucket, T0), 0);
    quota_book_free(book);
}

static void a_new_rate_counts_at_once(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", &per_minute);
    assert_true(spend(book, bucket, 30, T0));
    quota_rate(bucket, 40, MINUTE, T0);
    assert_int_equal(free_in(bucket, T0), 10);
    struct quota_bucket *same = quota_bucket(book, "w", "w", &per_minute);
    assert_ptr_equal(same, bucket);
    assert_int_equal(free_in(bucket, T0), 10); /* the same spec again changes nothing learned */
    struct quota_spec larger = {QUOTA_WINDOW, 100, MINUTE, 0, 0};
    quota_bucket(book, "w", "w", &larger);
    assert_int_equal(free_in(bucket, T0), 70);
    struct quota_spec other = {QUOTA_TOKENS, 100, MINUTE, 0, 0};
    quota_bucket(book, "w", "w", &other);
    assert_int_equal(free_in(bucket, T0), 0); /* another way of counting starts used up */
    quota_book_free(book);
}

static void a_released_bucket_stays_while_its_charges_matter(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", &per_minute);
    assert_true(spend(book, bucket, 80, T0));
    quota_bucket_release(bucket);
    quota_turn(book, T0 + 1000);
    bucket = quota_bucket(book, "w", "again", &per_minute);
    assert_int_equal(free_in(bucket, T0 + 1000), 0);
    assert_string_equal(quota_bucket_label(bucket), "again");
    assert_string_equal(quota_bucket_key(bucket), "w");
    quota_bucket_release(bucket);
    quota_turn(book, T0 + 2 * MINUTE); /* forgotten now; the sanitizer sees a use after it */
    quota_book_free(book);
}

static void a_clock_that_steps_back_grants_nothing_more_and_hangs_nothing(void **state)
{
    (void)state;
    static const int64_t steps[] = {1, 999, 1000, 1001, 30000, 3600000, (int64_t)T0};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct quota_book *book = quota_book_new();
        struct quota_bucket *bucket = quota_bucket(book, "w", "w", &per_minute);
        int64_t now = T0 + 5 * MINUTE;
        assert_true(spend(book, bucket, 80, now));
        int64_t back = now - steps[i];
        assert_false(spend(book, bucket, 1, back));
        assert_false(spend(book, bucket, 1, back + MINUTE - 1));
        struct job job = job_of(QUOTA_READ, bucket, 1);
        assert_false(quota_claim(book, &job.claim, back + MINUTE - 1));
        quota_turn(book, back + MINUTE + QUOTA_MARGIN_MAX_MS + QUOTA_BACK_TOLERATED_MS);
        assert_true(job.granted_ms > 0);
        quota_book_free(book);
    }
}

static void a_bucket_closed_before_a_step_back_opens_in_time(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", &per_minute);
    int64_t future = T0 + 1000 * MINUTE;
    quota_close(bucket, future + 5000, future);
    assert_false(spend(book, bucket, 1, T0));
    assert_true(spend(book, bucket, 1, T0 + 5000));
    quota_book_free(book);
}

struct fake_clock {
    int64_t wall, mono_us;
};

static int64_t fake_wall(void *ctx)
{
    return ((struct fake_clock *)ctx)->wall;
}

static int64_t fake_mono(void *ctx)
{
    return ((struct fake_clock *)ctx)->mono_us;
}

static void the_quota_clock_notices_a_step_forward(void **state)
{
    (void)state;
    struct fake_clock fake = {T0, 777000};
    struct clock_source source = {fake_wall, fake_mono, &fake};
    struct quota_book *book = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", &per_minute);
    struct quota_clock clock;
    quota_clock_init(&clock, &source, book);
    assert_true(spend(book, bucket, 80, quota_clock_now(&clock)));
    fake.wall += 3600000; /* set forward; no time has passed */
    assert_false(spend(book, bucket, 1, quota_clock_now(&clock)));
    fake.wall += 30000 - 3600000; /* and back, half a minute later */
    fake.mono_us += 30000000;
    assert_false(spend(book, bucket, 1, quota_clock_now(&clock)));
    fake.wall += 30000 + QUOTA_MARGIN_MAX_MS;
    fake.mono_us += (30000 + QUOTA_MARGIN_MAX_MS) * 1000;
    assert_true(spend(book, bucket, 80, quota_clock_now(&clock)));
    quota_book_free(book);
}

static struct quota_bucket *reborn(struct quota_book *book, const struct quota_spec *spec,
                                   const struct buf *bytes, int64_t now)
{
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", spec);
    assert_true(quota_decode(bucket, bytes_of(bytes->data, bytes->size), now));
    return bucket;
}

static void a_restart_remembers_charges(void **state)
{
    (void)state;
    struct quota_book *before = quota_book_new(), *after = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(before, "w", "w", &per_minute);
    struct job open = job_of(QUOTA_READ, bucket, 20);
    assert_true(spend(before, bucket, 50, T0));
    assert_true(quota_claim(before, &open.claim, T0 + 10000));
    quota_close(bucket, T0 + 25000, T0);
    struct buf bytes;
    buf_init(&bytes, QUOTA_STORED_MAX);
    assert_true(quota_encode(bucket, T0 + 10000, &bytes));
    bucket = reborn(after, &per_minute, &bytes, T0 + 20000);
    assert_int_equal(quota_closed_until(bucket), T0 + 25000);
    assert_int_equal(free_in(bucket, T0 + 20000), 10);
    assert_int_equal(free_in(bucket, T0 + MINUTE + 1000), 60); /* the open one counts from 20 s */
    assert_int_equal(free_in(bucket, T0 + 80000 + 1000), 80);
    buf_free(&bytes);
    quota_book_free(before);
    quota_book_free(after);
}

static void a_restart_with_an_earlier_clock_counts_from_now(void **state)
{
    (void)state;
    struct quota_book *before = quota_book_new(), *after = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(before, "w", "w", &per_minute);
    assert_true(spend(before, bucket, 80, T0));
    struct buf bytes;
    buf_init(&bytes, QUOTA_STORED_MAX);
    assert_true(quota_encode(bucket, T0, &bytes));
    bucket = reborn(after, &per_minute, &bytes, 1000);
    assert_false(spend(after, bucket, 1, 1000 + MINUTE - 1));
    assert_true(spend(after, bucket, 80, 1000 + MINUTE + QUOTA_MARGIN_MAX_MS));
    buf_free(&bytes);
    quota_book_free(before);
    quota_book_free(after);
}

/* A full Allegro minute in single charges stays within its bytes and its ring. */
static void a_busy_window_is_stored_in_few_bytes(void **state)
{
    (void)state;
    struct quota_spec allegro = {QUOTA_WINDOW, 250000, MINUTE, 0, 0};
    struct quota_book *book = quota_book_new(), *after = quota_book_new();
    struct quota_bucket *bucket = quota_bucket(book, "w", "w", &allegro);
    struct buf bytes;
    buf_init(&bytes, QUOTA_STORED_MAX);
    for (int64_t t = 0; t < 59000; t++)
        assert_true(spend(book, bucket, 4, T0 + t));
    assert_true(quota_encode(bucket, T0 + 59000, &bytes));
    assert_true(bytes.size < 1000);
    bucket = reborn(after, &allegro, &bytes, T0 + 59000);
    assert_int_equal(free_in(bucket, T0 + 59000), 250000 - 59000 * 4);
    buf_free(&bytes);
    quota_book_free(book);
    quota_book_free(after);
}

static void senseless_bytes_count_as_used_up(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *source = quota_bucket(book, "s", "s", &per_minute);
    assert_true(spend(book, source, 7, T0));
    assert_true(spend(book, source, 7, T0 + 5000));
    struct buf good;
    buf_init(&good, QUOTA_STORED_MAX);
    assert_true(quota_encode(source, T0 + 5000, &good));
    for (size_t cut = 0; cut < good.size; cut++) {
        char key[32];
        snprintf(key, sizeof key, "cut%zu", cut);
        struct quota_bucket *bucket = quota_bucket(book, key, key, &per_minute);
        assert_false(quota_decode(bucket, bytes_of(good.data, cut), T0 + 5000));
        assert_int_equal(free_in(bucket, T0 + 5000), 0);
        assert_int_equal(free_in(bucket, T0 + 2 * MINUTE), 80); /* and never longer than a window */
    }
    struct random random;
    random_seed(&random, 4711);
    for (int i = 0; i < 20000; i++) { /* whatever the bytes: no crash, and usable after a day */
        char bytes[40];
        size_t size = random_below(&random, sizeof bytes);
        for (size_t j = 0; j < size; j++)
            bytes[j] = (char)random_u64(&random);
        if (size) bytes[0] = 1;
        if (size > 1) bytes[1] = (char)(1 + random_below(&random, 3));
        struct quota_book *own = quota_book_new();
        struct quota_bucket *bucket = quota_bucket(own, "r", "r", i % 2 ? &per_minute : &tokens);
        quota_decode(bucket, bytes_of(bytes, size), T0);
        quota_encode(bucket, T0, &good);
        buf_reset(&good);
        quota_book_free(own);
    }
    buf_free(&good);
    quota_book_free(book);
}

/* 10,000 changed targets of Ozon: 100 requests, 80 a minute and 50 a second, 200 ms each. */
static void ten_thousand_targets_take_the_time_the_quota_allows(void **state)
{
    (void)state;
    struct quota_book *book = quota_book_new();
    struct quota_bucket *stock = quota_bucket(book, "stock", "stock", &per_minute);
    struct quota_bucket *all = quota_bucket(book, "all", "all", &per_second);
    struct job jobs[100];
    grants = 0;
    for (int i = 0; i < 100; i++) {
        jobs[i] = job_of(QUOTA_DECREASE, stock, 1);
        also(&jobs[i], all, 1);
        if (quota_claim(book, &jobs[i].claim, T0)) on_granted(&jobs[i].claim, T0);
    }
    int64_t now = T0, last = 0;
    for (int finished = 0; finished < 100;) {
        int64_t next = quota_turn(book, now);
        int64_t wake = next < 0 ? INT64_MAX : now + next;
        for (int i = 0; i < 100; i++) {
            if (!jobs[i].claim.taken) continue;
            int64_t end = jobs[i].granted_ms + 200;
            if (end <= now) {
                quota_finish(book, &jobs[i].claim, now);
                finished++;
                last = now;
                wake = now;
            } else if (end < wake) {
                wake = end;
            }
        }
        now = wake;
    }
    assert_int_equal(grants, 100);
    print_message("100 requests in %lld ms\n", (long long)(last - T0));
    assert_true(last - T0 <= 75000 * 105 / 100);
    quota_book_free(book);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_window_frees_what_is_a_window_old),
    cmocka_unit_test(a_charge_ages_from_its_finish),
    cmocka_unit_test(tokens_refill_up_to_the_burst),
    cmocka_unit_test(in_flight_is_given_back_by_finish_and_cancel),
    cmocka_unit_test(a_claim_is_all_or_nothing),
    cmocka_unit_test(two_charges_on_one_bucket_add_up),
    cmocka_unit_test(classes_go_in_order_and_first_come_first_served),
    cmocka_unit_test(nobody_passes_where_one_ahead_does_not_fit),
    cmocka_unit_test(a_decrease_passes_waiting_reads),
    cmocka_unit_test(a_long_wait_elsewhere_does_not_hold_up_a_shared_bucket),
    cmocka_unit_test(a_grant_may_cancel_another),
    cmocka_unit_test(settling_counts_what_it_really_cost),
    cmocka_unit_test(what_a_refusal_would_cost_is_kept_free),
    cmocka_unit_test(a_restart_takes_what_was_under_way_for_refused),
    cmocka_unit_test(what_is_stored_counts_once),
    cmocka_unit_test(a_closed_bucket_grants_nothing_until_then),
    cmocka_unit_test(remaining_only_lowers),
    cmocka_unit_test(a_new_rate_counts_at_once),
    cmocka_unit_test(a_released_bucket_stays_while_its_charges_matter),
    cmocka_unit_test(a_clock_that_steps_back_grants_nothing_more_and_hangs_nothing),
    cmocka_unit_test(a_bucket_closed_before_a_step_back_opens_in_time),
    cmocka_unit_test(the_quota_clock_notices_a_step_forward),
    cmocka_unit_test(a_restart_remembers_charges),
    cmocka_unit_test(a_restart_with_an_earlier_clock_counts_from_now),
    cmocka_unit_test(a_busy_window_is_stored_in_few_bytes),
    cmocka_unit_test(senseless_bytes_count_as_used_up),
    cmocka_unit_test(ten_thousand_targets_take_the_time_the_quota_allows),
};

TEST_MAIN(cases)
