/* What the loop's turns are measured to take: all that runs on the loop, and no waiting. */
#include "daemon/loop_runtime.h"
#include "test_main.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKED_MS = 30, SPUN_MS = 20, IDLE_MS = 100, TRIES = 20 };

struct fixture {
    uv_loop_t loop;
    struct loop_runtime *runtime;
    bool closed;
};

static void on_touched(void *ctx, const struct engine_touched *touched)
{
    (void)ctx;
    (void)touched;
}

static void begin(struct fixture *f)
{
    struct error error = {0};
    *f = (struct fixture){0};
    assert_int_equal(uv_loop_init(&f->loop), 0);
    const struct loop_runtime_options options = {.loop = &f->loop, .touched = on_touched};
    assert_int_equal(loop_runtime_open(&options, &f->runtime, &error), ST_OK);
    uv_run(&f->loop, UV_RUN_NOWAIT); /* turns are counted from the first poll on */
}

static void on_closed(void *ctx)
{
    ((struct fixture *)ctx)->closed = true;
}

static void end(struct fixture *f)
{
    loop_runtime_close(f->runtime, on_closed, f);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_true(f->closed);
    loop_runtime_free(f->runtime);
    assert_int_equal(uv_loop_close(&f->loop), 0);
}

static int64_t processor_us(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

/* The last turn is counted when the next begins. */
static void turn(struct fixture *f)
{
    uv_run(&f->loop, UV_RUN_NOWAIT);
    uv_run(&f->loop, UV_RUN_NOWAIT);
}

static void run_for(struct fixture *f, int64_t ms, void (*fired)(uv_timer_t *timer))
{
    uv_timer_t timer;
    uv_timer_init(&f->loop, &timer);
    uv_timer_start(&timer, fired, (uint64_t)ms, 0);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&timer, NULL);
    turn(f);
}

static void stops(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void blocks(uv_timer_t *timer)
{
    uv_stop(timer->loop);
    poll(NULL, 0, BLOCKED_MS);
}

static void a_timer_counts(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    run_for(&f, 1, blocks);
    assert_true(loop_runtime_lag(f.runtime).max_us >= BLOCKED_MS * 1000);
    end(&f);
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    poll(NULL, 0, BLOCKED_MS);
    for (int64_t from = processor_us(); processor_us() - from < SPUN_MS * 1000;) {
    }
    uv_poll_stop(handle);
    uv_stop(handle->loop);
}

static void what_a_socket_asks_for_counts(void **state)
{
    (void)state;
    struct fixture f;
    int ends[2];
    uv_poll_t readable;
    begin(&f);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    uv_poll_init(&f.loop, &readable, ends[0]);
    uv_poll_start(&readable, UV_READABLE, on_readable);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&readable, NULL);
    turn(&f);
    const struct loop_lag lag = loop_runtime_lag(f.runtime);
    assert_true(lag.max_us >= (BLOCKED_MS + SPUN_MS) * 1000);
    assert_true(lag.processor_max_us >= SPUN_MS * 1000);
    assert_true(lag.within[LOOP_LAG_BOUNDS - 1] == lag.turns);
    assert_true(lag.within[0] < lag.turns);
    end(&f);
    close(ends[0]);
    close(ends[1]);
}

static void waiting_does_not_count(void **state)
{
    (void)state;
    struct fixture f;
    bool seen = false;
    begin(&f);
    for (int i = 0; i < TRIES && !seen; i++) { /* the machine may give no processor meanwhile */
        int64_t before = loop_runtime_lag(f.runtime).sum_us;
        run_for(&f, IDLE_MS, stops);
        seen = loop_runtime_lag(f.runtime).sum_us - before < IDLE_MS * 1000 / 2;
    }
    assert_true(seen);
    end(&f);
}

static atomic_bool rival_ends;

static void *rival(void *arg)
{
    while (!atomic_load(&rival_ends)) {
    }
    return arg;
}

static void spins(uv_timer_t *timer)
{
    uv_stop(timer->loop);
    for (int64_t from = processor_us(); processor_us() - from < SPUN_MS * 1000;) {
    }
}

/* Two want the one processor: the loop waits for it about as long as it works. */
static void waiting_for_a_processor_is_not_its_own(void **state)
{
    (void)state;
    struct fixture f;
    pthread_t thread;
    cpu_set_t one;
    if (access("/proc/thread-self/schedstat", R_OK) != 0) skip();
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(pthread_create(&thread, NULL, rival, NULL), 0);
    begin(&f);
    run_for(&f, 1, spins);
    atomic_store(&rival_ends, true);
    pthread_join(thread, NULL);
    const struct loop_lag lag = loop_runtime_lag(f.runtime);
    assert_true(lag.max_us - lag.own_max_us > SPUN_MS * 1000 / 4);
    assert_true(lag.own_max_us >= SPUN_MS * 1000);
    assert_true(lag.own_late >= 1);
    end(&f);
}

/* A lock, or the disk, is the daemon's own. */
static void waiting_for_something_else_is(void **state)
{
    (void)state;
    struct fixture f;
    bool seen = false;
    begin(&f);
    for (int i = 0; i < TRIES && !seen; i++) { /* what it waited for before its turn is taken off */
        run_for(&f, 1, blocks);
        seen = loop_runtime_lag(f.runtime).own_max_us >= BLOCKED_MS * 1000 / 2;
    }
    assert_true(seen);
    assert_true(loop_runtime_lag(f.runtime).processor_max_us < BLOCKED_MS * 1000 / 2);
    end(&f);
}

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    loop_runtime_interrupted(((struct fixture *)signal->data)->runtime);
    uv_stop(signal->loop);
}

static void *interrupts(void *thread)
{
    poll(NULL, 0, IDLE_MS);
    pthread_kill(*(pthread_t *)thread, SIGUSR1);
    return NULL;
}

/* libuv does not know how long it waited before the signal. */
static void waiting_that_a_signal_ends_does_not_count(void **state)
{
    (void)state;
    struct fixture f;
    uv_signal_t handle;
    pthread_t self = pthread_self(), other;
    bool seen = false;
    begin(&f);
    uv_signal_init(&f.loop, &handle);
    handle.data = &f;
    uv_signal_start(&handle, on_signal, SIGUSR1);
    for (int i = 0; i < TRIES && !seen; i++) {
        int64_t before = loop_runtime_lag(f.runtime).sum_us;
        assert_int_equal(pthread_create(&other, NULL, interrupts, &self), 0);
        uv_run(&f.loop, UV_RUN_DEFAULT);
        turn(&f);
        pthread_join(other, NULL);
        seen = loop_runtime_lag(f.runtime).sum_us - before < IDLE_MS * 1000 / 2;
    }
    assert_true(seen);
    uv_close((uv_handle_t *)&handle, NULL);
    end(&f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_timer_counts),
    cmocka_unit_test(what_a_socket_asks_for_counts),
    cmocka_unit_test(waiting_does_not_count),
    cmocka_unit_test(waiting_for_a_processor_is_not_its_own),
    cmocka_unit_test(waiting_for_something_else_is),
    cmocka_unit_test(waiting_that_a_signal_ends_does_not_count),
};

TEST_MAIN(cases)
