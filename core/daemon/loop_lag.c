/* Reading the clocks at the end of each turn, and counting. What is waited for inside the poll
 * itself is no part of a turn. */
#include "daemon/loop_lag.h"

#include "base/log.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    LAG_BUCKETS = 256, /* four for each power of two of microseconds */
};

/* Of the loop's thread, in microseconds. */
struct moment {
    int64_t clock;
    int64_t idle;      /* spent waiting in the kernel for something to happen */
    int64_t processor; /* used */
    int64_t kept;      /* ready to run, and not given a processor */
};

struct loop_lag_meter {
    uv_loop_t *loop;
    const struct clock_source *source;
    int schedstat;      /* of the loop's thread; -1: the kernel does not tell */
    struct moment last; /* when the loop last went to poll */
    uint64_t counts[LAG_BUCKETS];
    struct loop_lag lag;
};

static unsigned lag_bucket(int64_t us)
{
    if (us < 4) return us < 0 ? 0 : (unsigned)us;
    unsigned power = 63u - (unsigned)__builtin_clzll((unsigned long long)us);
    unsigned quarter = (unsigned)((us >> (power - 2)) & 3);
    unsigned at = (power - 1) * 4 + quarter;
    return at < LAG_BUCKETS ? at : LAG_BUCKETS - 1;
}

static int64_t lag_upper(unsigned bucket)
{
    if (bucket < 4) return bucket;
    unsigned power = bucket / 4 + 1, quarter = bucket % 4;
    return (int64_t)((5 + quarter) << (power - 2)) - 1;
}

const int64_t loop_lag_bounds_us[LOOP_LAG_BOUNDS] = {100,   500,    1000,   5000,   10000,
                                                     50000, 100000, 500000, 1000000};

/* "PROCESSOR KEPT TIMES", in nanoseconds: some 400 of them to read. */
static int64_t kept_us(const struct loop_lag_meter *m)
{
    char text[96];
    ssize_t size = m->schedstat >= 0 ? pread(m->schedstat, text, sizeof text - 1, 0) : 0;
    if (size <= 0) return 0;
    text[size] = 0;
    char *after;
    strtoll(text, &after, 10);
    return strtoll(after, NULL, 10) / 1000;
}

static struct moment moment_now(const struct loop_lag_meter *m)
{
    struct timespec used = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (struct moment){.clock = clock_mono_us(m->source),
                           .idle = (int64_t)(uv_metrics_idle_time(m->loop) / 1000),
                           .processor = (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000,
                           .kept = kept_us(m)};
}

static void count_turn(struct loop_lag_meter *m, int64_t took, int64_t processor, int64_t kept)
{
    struct loop_lag *lag = &m->lag;
    int64_t own = took - kept > processor ? took - kept : processor;
    m->counts[lag_bucket(took)]++;
    lag->turns++;
    lag->sum_us += took;
    for (int i = LOOP_LAG_BOUNDS - 1; i >= 0 && took <= loop_lag_bounds_us[i]; i--)
        lag->within[i]++;
    if (took > lag->max_us) lag->max_us = took;
    if (processor > lag->processor_max_us) lag->processor_max_us = processor;
    if (own > lag->own_max_us) lag->own_max_us = own;
    lag->processor_late += processor > LOOP_TURN_LATE_US;
    lag->own_late += own > LOOP_TURN_LATE_US;
    if (took > LOOP_TURN_MOST_US)
        log_warning("daemon", "slow-turn", "ms=%lld processor_ms=%lld waited_for_processor_ms=%lld",
                    (long long)(took / 1000), (long long)(processor / 1000),
                    (long long)((took - own) / 1000));
}

/* libuv calls what sockets and finished work ask for from within its poll, so that the time between
 * polling and polling would leave out most of it. */
void loop_lag_turn(struct loop_lag_meter *m)
{
    const struct moment now = moment_now(m), last = m->last;
    m->last = now;
    if (!last.clock) return;
    int64_t took = now.clock - last.clock - (now.idle - last.idle);
    count_turn(m, took > 0 ? took : 0, now.processor - last.processor, now.kept - last.kept);
}

void loop_lag_interrupted(struct loop_lag_meter *m)
{
    m->last = (struct moment){0};
}

static int64_t percentile(const struct loop_lag_meter *m, unsigned hundredth)
{
    uint64_t wanted = m->lag.turns * hundredth / 100, seen = 0;
    for (unsigned i = 0; i < LAG_BUCKETS; i++) {
        seen += m->counts[i];
        if (seen > wanted) return lag_upper(i);
    }
    return m->lag.max_us;
}

struct loop_lag loop_lag_read(const struct loop_lag_meter *m)
{
    struct loop_lag lag = m->lag;
    lag.p50_us = percentile(m, 50);
    lag.p99_us = percentile(m, 99);
    return lag;
}

struct loop_lag_meter *loop_lag_open(uv_loop_t *loop, const struct clock_source *clock)
{
    struct loop_lag_meter *m = mem_alloc(sizeof *m);
    *m = (struct loop_lag_meter){.loop = loop,
                                 .source = clock,
                                 .schedstat =
                                     open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)};
    uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
    return m;
}

void loop_lag_close(struct loop_lag_meter *m)
{
    if (m->schedstat >= 0) close(m->schedstat);
    mem_free(m);
}
