/* When a channel is told: groups and repeats while the machine's clock is set. Time is simulated.
 */
#include "notify/notify.h"

#include "store/memory.h"
#include "support/test_runtime.h"
#include "test_main.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, LOOK_MS = MINUTE };

struct fixture {
    struct store *store;
    struct engine *engine;
    struct test_runtime *runtime;
    struct transport transport;
    struct net_request *asked; /* not answered yet */
    struct notify *notify;
    bool trouble;
};

static struct fixture *of(struct transport *transport)
{
    return (struct fixture *)((char *)transport - offsetof(struct fixture, transport));
}

static void send(struct transport *transport, struct net_request *request)
{
    assert_null(of(transport)->asked);
    of(transport)->asked = request;
}

static void cancel(struct transport *transport, struct net_request *request)
{
    (void)request;
    of(transport)->asked = NULL;
}

static void more(void *ctx, struct alert_findings *findings)
{
    const struct fixture *f = ctx;
    if (f->trouble) alert_findings_add(findings, ALERT_BACKUP, "", bytes_text(""));
}

static void put(struct fixture *f, int64_t group_ms)
{
    const struct notify_channel channel = {
        .name = "hook", .type = NOTIFY_WEBHOOK, .least = ALERT_INFO, .url = "http://127.0.0.1:1/"};
    const struct notify_settings settings = {.channels = &channel,
                                             .channel_count = 1,
                                             .every_ms = LOOK_MS,
                                             .group_ms = group_ms,
                                             .limits.off[ALERT_DISK] = true};
    notify_put(f->notify, &settings);
}

static void begin(struct fixture *f, int64_t group_ms)
{
    *f = (struct fixture){.store = store_open_memory(),
                          .transport = {.send = send, .cancel = cancel},
                          .trouble = true};
    f->engine = engine_new();
    f->runtime = test_runtime_new(f->store, f->engine, 1);
    const struct notify_options options = {.runtime = test_runtime_of(f->runtime),
                                           .store = f->store,
                                           .transport = &f->transport,
                                           .more = more,
                                           .ctx = f};
    f->notify = notify_new(&options);
    put(f, group_ms);
}

static void stopped(void *ctx)
{
    *(bool *)ctx = true;
}

static void end(struct fixture *f)
{
    bool is_stopped = false;
    notify_stop(f->notify, stopped, &is_stopped);
    while (!is_stopped)
        assert_true(test_runtime_step(f->runtime));
    notify_free(f->notify);
    test_runtime_free(f->runtime);
    engine_free(f->engine);
    store_close(f->store);
}

static int64_t now_ms(const struct fixture *f)
{
    return test_runtime_now_us(f->runtime) / 1000;
}

static void run_for(struct fixture *f, int64_t ms)
{
    const int64_t until = now_ms(f) + ms;
    while (now_ms(f) < until && !f->asked)
        assert_true(test_runtime_step(f->runtime));
}

/* How long it takes until somebody is told, at most `most_ms`. */
static int64_t told_after(struct fixture *f, int64_t most_ms)
{
    const int64_t from = now_ms(f);
    run_for(f, most_ms);
    if (!f->asked) fail_msg("nobody was told within %lld s", (long long)most_ms / SECOND);
    return now_ms(f) - from;
}

static void answer(struct fixture *f, int status)
{
    struct net_request *request = f->asked;
    const struct net_answer answer = {
        .result = NET_ARRIVED, .status = status, .body = bytes_text("")};
    f->asked = NULL;
    request->done(request, &answer);
}

/* A negative sleep: somebody sets the clock back. */
static void set_clock(struct fixture *f, int64_t by_ms)
{
    test_runtime_sleep(f->runtime, by_ms);
}

static void a_group_waits_no_longer_when_the_clock_is_set(void **state)
{
    (void)state;
    static const int64_t steps[] = {0, -5 * HOUR, -MINUTE, -72 * HOUR};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct fixture f;
        begin(&f, 10 * MINUTE);
        run_for(&f, 4 * MINUTE);
        set_clock(&f, steps[i]);
        assert_in_range(told_after(&f, HOUR), 5 * MINUTE, 7 * MINUTE);
        answer(&f, 200);
        end(&f);
    }
}

static void a_repeat_waits_no_longer_when_the_clock_is_set(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, 0);
    told_after(&f, MINUTE);
    for (uint32_t tries = 1; tries < 6; tries++) {
        answer(&f, 500);
        set_clock(&f, -3 * HOUR);
        const int64_t pause_ms = alert_retry_ms(tries);
        assert_in_range(told_after(&f, 2 * HOUR), pause_ms, pause_ms + LOOK_MS);
    }
    answer(&f, 200);
    end(&f);
}

/* The next life knows nothing of the step, but sees times that have not come. */
static void nor_in_another_life(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, 0);
    told_after(&f, MINUTE);
    for (uint32_t tries = 1; tries < 8; tries++) {
        answer(&f, 500);
        told_after(&f, 2 * HOUR);
    }
    answer(&f, 500);
    set_clock(&f, -HOUR);
    bool is_stopped = false;
    notify_stop(f.notify, stopped, &is_stopped);
    while (!is_stopped)
        assert_true(test_runtime_step(f.runtime));
    notify_free(f.notify);
    const struct notify_options options = {.runtime = test_runtime_of(f.runtime),
                                           .store = f.store,
                                           .transport = &f.transport,
                                           .more = more,
                                           .ctx = &f};
    f.notify = notify_new(&options);
    put(&f, 0);
    told_after(&f, MINUTE);
    answer(&f, 500);
    /* Once, and then as any other. */
    assert_in_range(told_after(&f, 2 * HOUR), HOUR - MINUTE, HOUR + LOOK_MS);
    answer(&f, 200);
    end(&f);
}

/* What a message says of times is what the clock says. */
static void people_are_told_the_clock(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, 0);
    set_clock(&f, -5 * HOUR);
    told_after(&f, MINUTE);
    const int64_t wall_ms = clock_wall_ms(test_runtime_of(f.runtime)->clock);
    char day[CLOCK_TEXT_MAX];
    clock_text(wall_ms, day);
    day[sizeof "2023-11-14T17:1" - 1] = 0;
    assert_non_null(strstr(f.asked->body.data, day));
    answer(&f, 200);
    end(&f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_group_waits_no_longer_when_the_clock_is_set),
    cmocka_unit_test(a_repeat_waits_no_longer_when_the_clock_is_set),
    cmocka_unit_test(nor_in_another_life),
    cmocka_unit_test(people_are_told_the_clock),
};
TEST_MAIN(cases)
