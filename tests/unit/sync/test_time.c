/* Sync's own time: what counts as a step of the wall clock, and what does not. */
#include "net/quota.h"
#include "sync/time.h"

#include "test_main.h"

enum { NOON_MS = 1000000000, HOUR_MS = 3600 * 1000 };

/* Clocks that run on by `delay_ms` each time one of them is read: a thread kept waiting there. */
struct clocks {
    struct clock_source source;
    int64_t real_ms, set_ms, delay_ms;
};

static int64_t wall_ms(void *ctx)
{
    struct clocks *clocks = ctx;
    clocks->real_ms += clocks->delay_ms;
    return NOON_MS + clocks->real_ms + clocks->set_ms;
}

static int64_t mono_us(void *ctx)
{
    struct clocks *clocks = ctx;
    clocks->real_ms += clocks->delay_ms;
    return clocks->real_ms * 1000;
}

struct fixture {
    struct clocks clocks;
    struct quota_book *book;
    struct sync_time time;
};

static void begin(struct fixture *f)
{
    *f = (struct fixture){.clocks = {.source = {wall_ms, mono_us, &f->clocks}},
                          .book = quota_book_new()};
    sync_time_init(&f->time, &f->clocks.source, f->book);
    sync_time_now(&f->time);
}

static void a_thread_kept_waiting_between_two_readings_is_no_step(void **state)
{
    (void)state;
    static const int64_t delays[] = {1, 3, 10, 250, 60000};
    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        struct fixture f;
        begin(&f);
        for (int turn = 0; turn < 50; turn++) {
            f.clocks.delay_ms = turn % 3 ? 0 : delays[i];
            f.clocks.real_ms += 7;
            int64_t now = sync_time_now(&f.time);
            assert_true(now <= NOON_MS + f.clocks.real_ms);
            assert_true(now >= NOON_MS + f.clocks.real_ms - 2 * f.clocks.delay_ms);
        }
        assert_int_equal(f.time.stepped_ms, 0);
        assert_int_equal(f.time.ahead_ms, 0);
        quota_book_free(f.book);
    }
}

static void a_step_forward_is_noticed_however_slow_the_reading(void **state)
{
    (void)state;
    static const int64_t delays[] = {0, 1, 10, 250};
    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        struct fixture f;
        begin(&f);
        f.clocks.set_ms = HOUR_MS;
        f.clocks.delay_ms = delays[i];
        int64_t now = sync_time_now(&f.time);
        assert_true(now >= NOON_MS + HOUR_MS);
        assert_true(f.time.stepped_ms >= NOON_MS + HOUR_MS);
        quota_book_free(f.book);
    }
}

static void a_step_back_lets_time_run_on(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    f.clocks.real_ms += 1000;
    f.clocks.set_ms = -HOUR_MS;
    int64_t now = sync_time_now(&f.time);
    /* It is ahead now, and of the second that has passed it loses a twentieth at once. */
    assert_in_range(now, NOON_MS + 1000 - 1000 / 20, NOON_MS + 1000);
    assert_int_equal(f.time.stepped_ms, 0);
    quota_book_free(f.book);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_thread_kept_waiting_between_two_readings_is_no_step),
    cmocka_unit_test(a_step_forward_is_noticed_however_slow_the_reading),
    cmocka_unit_test(a_step_back_lets_time_run_on),
};
TEST_MAIN(cases)
