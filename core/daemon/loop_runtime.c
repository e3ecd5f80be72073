/* The engine thread, the workers and timers on libuv. What a group of engine tasks is, is in
 * engine/group.h. */
#include "daemon/loop_runtime.h"

#include "base/mem.h"
#include "daemon/workers.h"
#include "engine/group.h"

#include <pthread.h>

struct loop_runtime {
    struct runtime runtime; /* first: handed out as this */
    struct loop_runtime_options options;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t wake;
    uv_async_t finished;
    struct engine_task *queue_first, *queue_last; /* under lock */
    struct engine_task *done_first, *done_last;   /* under lock */
    struct engine_touched touched;                /* under lock */
    bool stopping;                                /* under lock */
    struct workers *workers;
    void (*closed)(void *ctx);
    void *closed_ctx;
    uint32_t handles; /* to be closed, and the workers */
    uv_prepare_t before_poll;
    struct loop_lag_meter *lag;
};

/* ---- the engine thread */

/* Takes up to ENGINE_GROUP_MAX tasks off the queue; NULL when the thread is to end. */
static struct engine_task *take_group(struct loop_runtime *r)
{
    uv_mutex_lock(&r->lock);
    while (!r->queue_first && !r->stopping)
        uv_cond_wait(&r->wake, &r->lock);
    struct engine_task *first = r->queue_first, *last = first;
    for (int i = 1; last && i < ENGINE_GROUP_MAX && last->next; i++)
        last = last->next;
    if (last) {
        r->queue_first = last->next;
        if (!r->queue_first) r->queue_last = NULL;
        last->next = NULL;
    }
    uv_mutex_unlock(&r->lock);
    return first;
}

static void give_back(struct loop_runtime *r, struct engine_task *first,
                      const struct engine_touched *touched)
{
    struct engine_task *last = first;
    while (last->next)
        last = last->next;
    uv_mutex_lock(&r->lock);
    if (r->done_last)
        r->done_last->next = first;
    else
        r->done_first = first;
    r->done_last = last;
    engine_touched_add(&r->touched, touched);
    uv_mutex_unlock(&r->lock);
    uv_async_send(&r->finished);
}

static void engine_main(void *arg)
{
    struct loop_runtime *r = arg;
    pthread_setname_np(pthread_self(), "engine");
    for (struct engine_task *group; (group = take_group(r)) != NULL;) {
        struct engine_touched touched;
        engine_group_run(r->options.engine, r->options.store, group, &touched);
        give_back(r, group, &touched);
    }
}

static void on_finished(uv_async_t *async)
{
    struct loop_runtime *r = async->data;
    uv_mutex_lock(&r->lock);
    struct engine_task *task = r->done_first;
    struct engine_touched touched = r->touched;
    r->done_first = r->done_last = NULL;
    r->touched = (struct engine_touched){0};
    uv_mutex_unlock(&r->lock);
    while (task) {
        struct engine_task *next = task->next;
        struct error error = task->error;
        task->done(task, task->status, &error);
        task = next;
    }
    if (r->options.touched) r->options.touched(r->options.ctx, &touched);
}

static void submit_engine(struct runtime *runtime, struct engine_task *task)
{
    struct loop_runtime *r = (struct loop_runtime *)runtime;
    task->next = NULL;
    uv_mutex_lock(&r->lock);
    if (r->queue_last)
        r->queue_last->next = task;
    else
        r->queue_first = task;
    r->queue_last = task;
    uv_cond_signal(&r->wake);
    uv_mutex_unlock(&r->lock);
}

/* ---- workers */

static void submit_work(struct runtime *runtime, struct work_task *task)
{
    workers_submit(((struct loop_runtime *)runtime)->workers, task);
}

/* ---- timers */

static void timer_fired(uv_timer_t *handle)
{
    struct timer *timer = handle->data;
    timer->armed = false;
    timer->fire(timer);
}

static void arm_timer(struct runtime *runtime, struct timer *timer, int64_t ms)
{
    struct loop_runtime *r = (struct loop_runtime *)runtime;
    uv_timer_t *handle = timer->slot;
    if (!handle) {
        handle = mem_alloc(sizeof *handle);
        uv_timer_init(r->options.loop, handle);
        timer->slot = handle;
    }
    handle->data = timer;
    timer->armed = true;
    uv_update_time(r->options.loop);
    uv_timer_start(handle, timer_fired, ms > 0 ? (uint64_t)ms : 0, 0);
}

static void stop_timer(struct runtime *runtime, struct timer *timer)
{
    (void)runtime;
    timer->armed = false;
    if (timer->slot) uv_timer_stop(timer->slot);
}

static void free_handle(uv_handle_t *handle)
{
    mem_free(handle);
}

static void close_timer(struct runtime *runtime, struct timer *timer)
{
    (void)runtime;
    timer->armed = false;
    if (timer->slot) uv_close(timer->slot, free_handle);
    timer->slot = NULL;
}

/* A turn is all that happened since the loop last went to poll. */
static void on_sleep(uv_prepare_t *prepare)
{
    struct loop_runtime *r = prepare->data;
    loop_lag_turn(r->lag);
}

void loop_runtime_interrupted(struct loop_runtime *runtime)
{
    loop_lag_interrupted(runtime->lag);
}

struct loop_lag loop_runtime_lag(const struct loop_runtime *r)
{
    return loop_lag_read(r->lag);
}

/* ---- life */

enum status loop_runtime_open(const struct loop_runtime_options *options,
                              struct loop_runtime **runtime, struct error *error)
{
    struct loop_runtime *r = mem_alloc(sizeof *r);
    r->options = *options;
    r->runtime = (struct runtime){.clock = clock_system(),
                                  .random = options->random,
                                  .engine_submit = submit_engine,
                                  .work_submit = submit_work,
                                  .timer_arm = arm_timer,
                                  .timer_stop = stop_timer,
                                  .timer_close = close_timer};
    uv_mutex_init(&r->lock);
    uv_cond_init(&r->wake);
    uv_async_init(options->loop, &r->finished, on_finished);
    uv_prepare_init(options->loop, &r->before_poll);
    r->finished.data = r->before_poll.data = r;
    r->lag = loop_lag_open(options->loop, r->runtime.clock);
    uv_prepare_start(&r->before_poll, on_sleep);
    uv_unref((uv_handle_t *)&r->before_poll);
    r->handles = 3;
    r->workers = workers_open(options->loop);
    if (uv_thread_create(&r->thread, engine_main, r) != 0)
        return error_set(
            error, ST_IO,
            "the engine thread cannot be started: too many threads or too little memory");
    *runtime = r;
    return ST_OK;
}

struct runtime *loop_runtime(struct loop_runtime *r)
{
    return &r->runtime;
}

static void part_closed(void *ctx)
{
    struct loop_runtime *r = ctx;
    if (--r->handles == 0) r->closed(r->closed_ctx);
}

static void handle_closed(uv_handle_t *handle)
{
    part_closed(handle->data);
}

void loop_runtime_close(struct loop_runtime *r, void (*closed)(void *ctx), void *ctx)
{
    r->closed = closed;
    r->closed_ctx = ctx;
    uv_mutex_lock(&r->lock);
    r->stopping = true;
    uv_cond_signal(&r->wake);
    uv_mutex_unlock(&r->lock);
    uv_thread_join(&r->thread);
    on_finished(&r->finished);
    uv_close((uv_handle_t *)&r->finished, handle_closed);
    uv_close((uv_handle_t *)&r->before_poll, handle_closed);
    workers_close(r->workers, part_closed, r);
}

void loop_runtime_free(struct loop_runtime *r)
{
    if (!r) return;
    uv_mutex_destroy(&r->lock);
    uv_cond_destroy(&r->wake);
    loop_lag_close(r->lag);
    mem_free(r);
}
