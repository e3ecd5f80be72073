/* One life's tasks, work and timers. */
#include "runtime.h"

#include "base/mem.h"
#include "engine/group.h"
#include "store/memory.h"

#include <stdio.h>
#include <stdlib.h>

/* A task on its way. It stands in for the caller's own in the group, so that what it did can be
 * looked at inside the transaction. */
struct job {
    struct engine_task task; /* first: the group's view of it */
    struct engine_task *real;
    struct sim_runtime *runtime;
    struct job *next;
    uint64_t number;
    bool again; /* it has run before: now it has a transaction of its own */
};

struct group {
    struct sim_runtime *runtime;
    struct job *first;
    struct engine_touched touched;
    struct group *next;
    uint64_t commits; /* that it came to */
};

struct labour {
    struct sim_runtime *runtime;
    struct work_task *task;
    struct loop_event *event;
    bool ran;
    struct labour *prev, *next;
};

struct alarm {
    struct sim_runtime *runtime;
    struct timer *timer;
    struct loop_event *event;
    struct alarm *prev, *next;
};

struct sim_runtime {
    struct runtime runtime; /* first */
    struct random random;   /* what the life draws from */
    struct random delay;
    struct loop *loop;
    struct runtime_delays delays;
    struct runtime_hooks hooks;
    struct engine *engine;
    struct store *store;
    bool ended;

    struct job *queue, **queue_end;
    struct job *spare; /* to be used again */
    uint64_t jobs;
    struct loop_event *engine_event;
    struct group *undelivered, **undelivered_end; /* committed, in order */
    struct loop_event *deliver_event;
    struct labour labours; /* ring */
    struct alarm alarms;   /* ring: those armed */
};

static struct sim_runtime *own(struct runtime *runtime)
{
    return (struct sim_runtime *)runtime;
}

static int64_t delay(struct sim_runtime *r, int64_t most_us)
{
    if (random_below(&r->delay, 1000000) < r->delays.stall_ppm)
        return (int64_t)random_below(&r->delay, (uint64_t)r->delays.stall_us + 1);
    return (int64_t)random_below(&r->delay, (uint64_t)most_us + 1);
}

/* ---- the engine's thread */

static void engine_wakes(void *ctx);
static void deliver(void *ctx);

static enum status job_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct job *job = (struct job *)task;
    enum status status = job->real->run(job->real, txn, error);
    if (job->runtime->hooks.task_ran)
        job->runtime->hooks.task_ran(job->runtime->hooks.ctx, txn, job->number, status, job->again);
    job->again = true;
    return status;
}

static void wake_engine(struct sim_runtime *r)
{
    if (r->ended || r->engine_event || !r->queue) return;
    r->engine_event = loop_after(r->loop, delay(r, r->delays.engine_us), engine_wakes, r);
}

/* Its text of an error is not cleared for each: a group clears its first byte. */
static struct job *job_take(struct sim_runtime *r)
{
    struct job *job = r->spare;
    if (!job) return mem_alloc(sizeof *job);
    r->spare = job->next;
    return job;
}

static void job_give(struct job *job)
{
    job->next = job->runtime->spare;
    job->runtime->spare = job;
}

static void submit(struct runtime *runtime, struct engine_task *task)
{
    struct sim_runtime *r = own(runtime);
    struct job *job = job_take(r);
    job->task.run = job_run;
    job->task.plan = 0;
    job->real = task;
    job->runtime = r;
    job->next = NULL;
    job->number = ++r->jobs;
    job->again = false;
    *r->queue_end = job;
    r->queue_end = &job->next;
    wake_engine(r);
}

static struct group *take_group(struct sim_runtime *r)
{
    struct group *group = mem_alloc(sizeof *group);
    group->runtime = r;
    group->first = r->queue;
    struct job *last = group->first;
    for (uint32_t n = 1; n < ENGINE_GROUP_MAX && last->next; n++, last = last->next)
        last->task.next = &last->next->task;
    last->task.next = NULL;
    r->queue = last->next;
    if (!r->queue) r->queue_end = &r->queue;
    last->next = NULL;
    return group;
}

static void expect_delivery(struct sim_runtime *r)
{
    if (r->ended || r->deliver_event || !r->undelivered) return;
    r->deliver_event = loop_after(r->loop, delay(r, r->delays.commit_us), deliver, r);
}

static void engine_wakes(void *ctx)
{
    struct sim_runtime *r = ctx;
    r->engine_event = NULL;
    struct group *group = take_group(r);
    uint64_t before = store_memory_unacknowledged(r->store);
    engine_group_run(r->engine, r->store, &group->first->task, &group->touched);
    group->commits = store_memory_unacknowledged(r->store) - before;
    *r->undelivered_end = group;
    r->undelivered_end = &group->next;
    for (struct job *job = group->first; job && r->hooks.task_kept; job = job->next)
        r->hooks.task_kept(r->hooks.ctx, job->number, job->task.status);
    expect_delivery(r);
    wake_engine(r);
}

static struct group *take_undelivered(struct sim_runtime *r)
{
    struct group *group = r->undelivered;
    r->undelivered = group->next;
    if (!r->undelivered) r->undelivered_end = &r->undelivered;
    return group;
}

static uint64_t undelivered_commits(const struct sim_runtime *r)
{
    uint64_t count = 0;
    for (const struct group *group = r->undelivered; group; group = group->next)
        count += group->commits;
    return count;
}

static void deliver(void *ctx)
{
    struct sim_runtime *r = ctx;
    r->deliver_event = NULL;
    struct group *group = take_undelivered(r);
    for (struct job *job = group->first, *next; job; job = next) {
        next = job->next;
        job->real->plan = job->task.plan;
        job->real->done(job->real, job->task.status, &job->task.error);
        job_give(job);
    }
    if (r->hooks.delivered)
        r->hooks.delivered(r->hooks.ctx, &group->touched, undelivered_commits(r));
    mem_free(group);
    expect_delivery(r);
}

/* ---- workers */

static void labour_add(struct sim_runtime *r, struct labour *labour)
{
    labour->prev = r->labours.prev;
    labour->next = &r->labours;
    labour->prev->next = labour->next->prev = labour;
}

static void labour_end(struct labour *labour)
{
    struct work_task *task = labour->task;
    labour->prev->next = labour->next;
    labour->next->prev = labour->prev;
    mem_free(labour);
    task->done(task);
}

static void labour_goes_on(void *ctx)
{
    struct labour *labour = ctx;
    if (labour->ran) {
        labour_end(labour);
        return;
    }
    labour->ran = true;
    labour->task->run(labour->task);
    struct sim_runtime *r = labour->runtime;
    labour->event = loop_after(r->loop, delay(r, r->delays.work_us), labour_goes_on, labour);
}

static void work(struct runtime *runtime, struct work_task *task)
{
    struct sim_runtime *r = own(runtime);
    struct labour *labour = mem_alloc(sizeof *labour);
    *labour = (struct labour){.runtime = r, .task = task};
    labour_add(r, labour);
    if (r->ended) return;
    labour->event = loop_after(r->loop, delay(r, r->delays.work_us), labour_goes_on, labour);
}

/* ---- timers */

static void alarm_remove(struct alarm *alarm)
{
    alarm->prev->next = alarm->next;
    alarm->next->prev = alarm->prev;
    if (alarm->event) loop_cancel(alarm->event);
    alarm->timer->slot = NULL;
    alarm->timer->armed = false;
    mem_free(alarm);
}

static void alarm_rings(void *ctx)
{
    struct alarm *alarm = ctx;
    struct timer *timer = alarm->timer;
    alarm->event = NULL;
    alarm_remove(alarm);
    timer->fire(timer);
}

static void timer_stop(struct runtime *runtime, struct timer *timer)
{
    (void)runtime;
    if (timer->slot) alarm_remove(timer->slot);
    timer->armed = false;
}

static void timer_arm(struct runtime *runtime, struct timer *timer, int64_t ms)
{
    struct sim_runtime *r = own(runtime);
    timer_stop(runtime, timer);
    struct alarm *alarm = mem_alloc(sizeof *alarm);
    *alarm =
        (struct alarm){.runtime = r, .timer = timer, .prev = r->alarms.prev, .next = &r->alarms};
    alarm->prev->next = alarm->next->prev = alarm;
    timer->slot = alarm;
    timer->armed = true;
    /* A loop's timers have whole milliseconds and fire a little late. */
    if (!r->ended) alarm->event = loop_after(r->loop, ms * 1000 + 100, alarm_rings, alarm);
}

/* ---- life */

struct sim_runtime *runtime_new(struct loop *loop, uint64_t seed,
                                const struct runtime_delays *delays,
                                const struct runtime_hooks *hooks)
{
    struct sim_runtime *r = mem_alloc(sizeof *r);
    r->runtime = (struct runtime){.clock = &loop->clock,
                                  .random = &r->random,
                                  .engine_submit = submit,
                                  .work_submit = work,
                                  .timer_arm = timer_arm,
                                  .timer_stop = timer_stop,
                                  .timer_close = timer_stop};
    random_seed(&r->random, seed);
    random_seed(&r->delay, seed ^ UINT64_C(0x5851f42d4c957f2d));
    r->loop = loop;
    r->delays = *delays;
    r->hooks = *hooks;
    r->queue_end = &r->queue;
    r->undelivered_end = &r->undelivered;
    r->labours.prev = r->labours.next = &r->labours;
    r->alarms.prev = r->alarms.next = &r->alarms;
    return r;
}

struct runtime *runtime_of(struct sim_runtime *r)
{
    return &r->runtime;
}

void runtime_attach(struct sim_runtime *r, struct engine *engine, struct store *store)
{
    r->engine = engine;
    r->store = store;
}

static void forget(struct loop_event **event)
{
    if (*event) loop_cancel(*event);
    *event = NULL;
}

void runtime_end(struct sim_runtime *r)
{
    r->ended = true;
    forget(&r->engine_event);
    forget(&r->deliver_event);
    for (struct labour *l = r->labours.next; l != &r->labours; l = l->next)
        forget(&l->event);
    for (struct alarm *a = r->alarms.next; a != &r->alarms; a = a->next)
        forget(&a->event);
}

static void cancel_job(struct job *job)
{
    static const struct error why = {ST_CANCELLED, "the process is gone"};
    struct engine_task *real = job->real;
    job_give(job);
    real->done(real, ST_CANCELLED, &why);
}

bool runtime_unwind(struct sim_runtime *r)
{
    if (r->undelivered) {
        struct group *group = take_undelivered(r);
        struct job *first = group->first;
        mem_free(group);
        for (struct job *job = first, *next; job; job = next) {
            next = job->next;
            cancel_job(job);
        }
        return true;
    }
    if (r->queue) {
        struct job *job = r->queue;
        r->queue = job->next;
        if (!r->queue) r->queue_end = &r->queue;
        cancel_job(job);
        return true;
    }
    if (r->labours.next != &r->labours) {
        struct labour *labour = r->labours.next;
        if (!labour->ran) labour->task->run(labour->task);
        labour_end(labour);
        return true;
    }
    if (r->alarms.next == &r->alarms) return false;
    alarm_rings(r->alarms.next);
    return true;
}

void runtime_free(struct sim_runtime *r)
{
    while (r->alarms.next != &r->alarms)
        alarm_remove(r->alarms.next);
    while (r->spare) {
        struct job *job = r->spare;
        r->spare = job->next;
        mem_free(job);
    }
    mem_free(r);
}
