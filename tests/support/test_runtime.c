/* Tasks wait in lists; a step picks one of what could happen now. */
#include "test_runtime.h"

#include "base/mem.h"
#include "engine/group.h"
#include "store/memory.h"

#include <assert.h>

enum { WORK_MAX = 64, TIMERS_MAX = 64 };

struct test_runtime {
    struct runtime runtime;
    struct clock_source clock;
    struct random random, choice;
    struct store *store;
    struct engine *engine;
    int64_t now_us, slept_ms;
    struct engine_task *queued, **queued_end; /* to be run */
    struct engine_task *ran, **ran_end;       /* to be told */
    struct work_task *work[WORK_MAX], *worked[WORK_MAX];
    uint32_t work_count, worked_count;
    struct timer *timers[TIMERS_MAX];
    int64_t due_us[TIMERS_MAX];
    uint32_t timer_count, group;
    uint64_t commits;
    bool acknowledges;
    struct engine_touched changed; /* by what ran, not told yet */
    void (*touched)(void *ctx, const struct engine_touched *touched);
    void *touched_ctx;
};

static struct test_runtime *of(struct runtime *runtime)
{
    return (struct test_runtime *)runtime;
}

static int64_t wall_ms(void *ctx)
{
    const struct test_runtime *t = ctx;
    return 1700000000000 + t->slept_ms + t->now_us / 1000;
}

static int64_t mono_us(void *ctx)
{
    return ((struct test_runtime *)ctx)->now_us;
}

static void engine_submit(struct runtime *runtime, struct engine_task *task)
{
    struct test_runtime *t = of(runtime);
    task->next = NULL;
    *t->queued_end = task;
    t->queued_end = &task->next;
}

static void work_submit(struct runtime *runtime, struct work_task *task)
{
    struct test_runtime *t = of(runtime);
    assert(t->work_count < WORK_MAX);
    t->work[t->work_count++] = task;
}

static void timer_stop(struct runtime *runtime, struct timer *timer)
{
    struct test_runtime *t = of(runtime);
    for (uint32_t i = 0; i < t->timer_count; i++)
        if (t->timers[i] == timer) {
            t->timers[i] = t->timers[--t->timer_count];
            t->due_us[i] = t->due_us[t->timer_count];
            break;
        }
    timer->armed = false;
}

static void timer_arm(struct runtime *runtime, struct timer *timer, int64_t ms)
{
    struct test_runtime *t = of(runtime);
    timer_stop(runtime, timer);
    assert(t->timer_count < TIMERS_MAX);
    t->timers[t->timer_count] = timer;
    t->due_us[t->timer_count++] = t->now_us + ms * 1000;
    timer->armed = true;
}

struct test_runtime *test_runtime_new(struct store *store, struct engine *engine, uint64_t seed)
{
    struct test_runtime *t = mem_alloc(sizeof *t);
    random_seed(&t->random, seed);
    random_seed(&t->choice, seed + 1);
    t->clock = (struct clock_source){wall_ms, mono_us, t};
    t->runtime = (struct runtime){.clock = &t->clock,
                                  .random = &t->random,
                                  .engine_submit = engine_submit,
                                  .work_submit = work_submit,
                                  .timer_arm = timer_arm,
                                  .timer_stop = timer_stop,
                                  .timer_close = timer_stop};
    t->store = store;
    t->engine = engine;
    t->queued_end = &t->queued;
    t->ran_end = &t->ran;
    t->group = 1;
    return t;
}

void test_runtime_free(struct test_runtime *t)
{
    mem_free(t);
}

struct runtime *test_runtime_of(struct test_runtime *t)
{
    return &t->runtime;
}

uint64_t test_runtime_commits(const struct test_runtime *t)
{
    return t->commits;
}

void test_runtime_sleep(struct test_runtime *t, int64_t ms)
{
    t->slept_ms += ms;
}

void test_runtime_acknowledges(struct test_runtime *t)
{
    t->acknowledges = true;
}

int64_t test_runtime_now_us(const struct test_runtime *t)
{
    return t->now_us;
}

void test_runtime_begin_at(struct test_runtime *t, int64_t now_us)
{
    t->now_us = now_us;
}

void test_runtime_group(struct test_runtime *t, uint32_t tasks)
{
    t->group = tasks;
}

void test_runtime_touched(struct test_runtime *t,
                          void (*touched)(void *ctx, const struct engine_touched *touched),
                          void *ctx)
{
    t->touched = touched;
    t->touched_ctx = ctx;
}

/* ---- what a step can do */

static void run_engine(struct test_runtime *t)
{
    struct engine_task *first = t->queued, **end = &t->queued;
    for (uint32_t i = 0; i < t->group && *end; i++)
        end = &(*end)->next;
    t->queued = *end;
    if (!t->queued) t->queued_end = &t->queued;
    *end = NULL;
    struct engine_touched touched;
    engine_group_run(t->engine, t->store, first, &touched);
    engine_touched_add(&t->changed, &touched);
    t->commits++;
    *t->ran_end = first;
    while (*t->ran_end)
        t->ran_end = &(*t->ran_end)->next;
}

static void tell_engine(struct test_runtime *t)
{
    struct engine_task *task = t->ran;
    t->ran = task->next;
    if (!t->ran) t->ran_end = &t->ran;
    if (t->acknowledges) store_memory_acknowledge(t->store);
    task->done(task, task->status, &task->error);
    if (t->ran || !t->touched) return;
    const struct engine_touched changed = t->changed;
    t->changed = (struct engine_touched){0};
    t->touched(t->touched_ctx, &changed);
}

static struct work_task *take(struct work_task **tasks, uint32_t *count, uint64_t index)
{
    struct work_task *task = tasks[index];
    tasks[index] = tasks[--*count];
    return task;
}

static void run_work(struct test_runtime *t)
{
    struct work_task *task = take(t->work, &t->work_count, random_below(&t->choice, t->work_count));
    task->run(task);
    assert(t->worked_count < WORK_MAX);
    t->worked[t->worked_count++] = task;
}

static void tell_work(struct test_runtime *t)
{
    struct work_task *task =
        take(t->worked, &t->worked_count, random_below(&t->choice, t->worked_count));
    task->done(task);
}

static bool fire_next(struct test_runtime *t)
{
    uint32_t next = 0;
    if (t->timer_count == 0) return false;
    for (uint32_t i = 1; i < t->timer_count; i++)
        if (t->due_us[i] < t->due_us[next]) next = i;
    struct timer *timer = t->timers[next];
    if (t->due_us[next] > t->now_us) t->now_us = t->due_us[next];
    timer_stop(&t->runtime, timer);
    timer->fire(timer);
    return true;
}

bool test_runtime_step(struct test_runtime *t)
{
    void (*could[4])(struct test_runtime *);
    uint32_t count = 0;
    t->now_us += 10;
    if (t->queued) could[count++] = run_engine;
    if (t->ran) could[count++] = tell_engine;
    if (t->work_count) could[count++] = run_work;
    if (t->worked_count) could[count++] = tell_work;
    if (count == 0) return fire_next(t);
    could[random_below(&t->choice, count)](t);
    return true;
}

void test_runtime_run(struct test_runtime *t)
{
    while (test_runtime_step(t)) {
    }
}
