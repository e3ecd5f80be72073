/* When mirrors look whether they are due. */
#include "import_fixture.h"
#include "intake/mirrors.h"
#include "support/test_main.h"

enum { EVERY_MS = 15 * 60 * 1000, HOUR_MS = 60 * 60 * 1000 };

static void put_last(struct fixture *f, enum import_state state, int64_t now)
{
    enum { JOB = 7 };
    const struct import_job job = {.state = state, .started_ms = now};
    struct store_txn *txn;
    struct buf value;
    uint8_t key[8];
    bytes_put_u64(key, JOB);
    buf_init(&value, RECORD_MAX);
    assert_true(import_job_write(&value, &job));
    assert_int_equal(store_begin(f->store, STORE_WRITE, &txn, NULL), ST_OK);
    store_put(txn, TABLE_JOB, bytes_of(key, sizeof key), bytes_of(value.data, value.size));
    mirror_job_put(txn, "main", JOB);
    assert_int_equal(store_commit(txn, NULL), ST_OK);
    buf_free(&value);
}

/* The mirror's last run goes on, so that none begins here. */
static void put_going(struct fixture *f, int64_t now)
{
    put_last(f, IMPORT_RUNNING, now);
}

static void tell_next(void *ctx, const struct mirror_view *view)
{
    *(int64_t *)ctx = view->next_ms;
}

static int64_t next_of(const struct mirrors *mirrors)
{
    int64_t next = 0;
    mirrors_each(mirrors, tell_next, &next);
    return next;
}

static void tell_running(void *ctx, const struct mirror_view *view)
{
    *(bool *)ctx = view->running;
}

static bool is_running(const struct mirrors *mirrors)
{
    bool running = false;
    mirrors_each(mirrors, tell_running, &running);
    return running;
}

static void stopped(void *ctx)
{
    *(bool *)ctx = true;
}

static struct mirrors *mirrors_of(struct fixture *f)
{
    struct mirrors *mirrors = mirrors_new(test_runtime_of(f->runtime), f->store, f->imports);
    const struct mirror_settings settings = {.name = "main",
                                             .account = "shop",
                                             .warehouse = "pp",
                                             .every_ms = EVERY_MS,
                                             .enabled = true};
    mirrors_put(mirrors, &settings, 1);
    return mirrors;
}

static void mirrors_over(struct fixture *f, struct mirrors *mirrors)
{
    bool over = false;
    mirrors_stop(mirrors, stopped, &over);
    while (!over)
        assert_true(test_runtime_step(f->runtime));
    mirrors_free(mirrors);
}

static void a_clock_that_is_set_back_puts_nothing_off(void **state)
{
    (void)state;
    static const int64_t backs[] = {HOUR_MS, 12 * HOUR_MS, 365 * 24 * (int64_t)HOUR_MS};
    for (size_t i = 0; i < sizeof backs / sizeof *backs; i++) {
        struct fixture f;
        fixture_make(&f, FIXTURE_MEMORY, 1, 0, 0);
        struct runtime *runtime = test_runtime_of(f.runtime);
        put_going(&f, clock_wall_ms(runtime->clock));
        struct mirrors *mirrors = mirrors_of(&f);
        while (next_of(mirrors) == 0) /* until it was looked at, and waits */
            assert_true(test_runtime_step(f.runtime));
        test_runtime_sleep(f.runtime, -backs[i]);
        for (int steps = 0; steps < 40; steps++) { /* time passes when nothing else is to be done */
            int64_t before_us = test_runtime_now_us(f.runtime);
            assert_true(test_runtime_step(f.runtime));
            assert_true(test_runtime_now_us(f.runtime) - before_us <= EVERY_MS * INT64_C(1000));
        }
        assert_true(next_of(mirrors) <= clock_wall_ms(runtime->clock) + EVERY_MS);
        mirrors_over(&f, mirrors);
        fixture_free(&f);
    }
}

/* How the last run is could not be read: it may go on, or be held (I9). */
static void nothing_begins_while_the_last_run_cannot_be_looked_up(void **state)
{
    (void)state;
    static const enum import_state states[] = {IMPORT_RUNNING, IMPORT_HELD};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct fixture f;
        fixture_make(&f, FIXTURE_MEMORY, 1, 0, 0);
        put_last(&f, states[i], clock_wall_ms(test_runtime_of(f.runtime)->clock));
        struct mirrors *mirrors = mirrors_of(&f);
        store_memory_fail_next(f.store, STORE_FAULT_BEGIN, 0, ST_IO, true);
        while (next_of(mirrors) == 0 && !is_running(mirrors))
            assert_true(test_runtime_step(f.runtime));
        assert_false(is_running(mirrors));
        store_memory_fail_next(f.store, STORE_FAULT_BEGIN, 0, ST_OK, false);
        int64_t next = next_of(mirrors);
        while (next_of(mirrors) == next && !is_running(mirrors)) /* it is looked up again */
            assert_true(test_runtime_step(f.runtime));
        assert_false(is_running(mirrors));
        mirrors_over(&f, mirrors);
        fixture_free(&f);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_clock_that_is_set_back_puts_nothing_off),
    cmocka_unit_test(nothing_begins_while_the_last_run_cannot_be_looked_up),
};
TEST_MAIN(cases)
