/* Idle workers in a pile, the one that worked last on top, and a queue of tasks while there are
 * none. */
#include "daemon/workers.h"

#include "base/log.h"
#include "base/mem.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

struct worker {
    struct workers *all;
    uv_thread_t thread;
    sem_t wake;
    struct work_task *task; /* handed over by the semaphore; NULL: end */
    struct worker *below;   /* in the pile of idle ones; under lock */
};

/* By `slot`, which is the runtime's. */
struct task_list {
    struct work_task *first, *last;
};

struct workers {
    uv_async_t finished;
    uv_mutex_t lock;
    struct worker *idle;            /* under lock */
    struct task_list waiting, done; /* under lock */
    struct worker workers[WORKERS_MAX];
    unsigned count;   /* the loop's, as what follows */
    unsigned pending; /* given, and `done` not called */
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* ---- lists */

static void list_add(struct task_list *list, struct work_task *task)
{
    task->slot = NULL;
    if (list->first)
        list->last->slot = task;
    else
        list->first = task;
    list->last = task;
}

static struct work_task *list_take(struct task_list *list)
{
    struct work_task *task = list->first;
    if (task) list->first = task->slot;
    return task;
}

/* ---- a worker */

static struct work_task *next_task(struct worker *worker, struct work_task *ended)
{
    struct workers *all = worker->all;
    uv_mutex_lock(&all->lock);
    list_add(&all->done, ended);
    struct work_task *task = list_take(&all->waiting);
    if (!task) {
        worker->below = all->idle;
        all->idle = worker;
    }
    uv_mutex_unlock(&all->lock);
    uv_async_send(&all->finished);
    return task;
}

static struct work_task *given_task(struct worker *worker)
{
    while (sem_wait(&worker->wake) != 0) /* a signal */
        ;
    return worker->task;
}

static void worker_main(void *arg)
{
    struct worker *worker = arg;
    pthread_setname_np(pthread_self(), "worker");
    for (struct work_task *task; (task = given_task(worker));)
        for (; task; task = next_task(worker, task))
            task->run(task);
}

/* One more; NULL when there are enough, or the system has no thread left. */
static struct worker *start_worker(struct workers *all)
{
    if (all->count == WORKERS_MAX) return NULL;
    struct worker *worker = &all->workers[all->count];
    worker->all = all;
    sem_init(&worker->wake, 0, 0);
    if (uv_thread_create(&worker->thread, worker_main, worker) == 0) {
        all->count++;
        return worker;
    }
    sem_destroy(&worker->wake);
    if (!all->count) {
        log_error("daemon", "no-worker", "error=\"no thread can be started; stopping\"");
        abort();
    }
    return NULL;
}

void workers_submit(struct workers *all, struct work_task *task)
{
    all->pending++;
    uv_mutex_lock(&all->lock);
    struct worker *worker = all->idle;
    if (worker)
        all->idle = worker->below;
    else if (!(worker = start_worker(all)))
        list_add(&all->waiting, task);
    uv_mutex_unlock(&all->lock);
    if (!worker) return;
    worker->task = task;
    sem_post(&worker->wake);
}

/* ---- back on the loop */

static void handle_closed(uv_handle_t *handle)
{
    struct workers *all = handle->data;
    void (*closed)(void *) = all->closed;
    void *ctx = all->closed_ctx;
    uv_mutex_destroy(&all->lock);
    mem_free(all);
    closed(ctx);
}

/* All are idle. */
static void end(struct workers *all)
{
    for (unsigned i = 0; i < all->count; i++) {
        all->workers[i].task = NULL;
        sem_post(&all->workers[i].wake);
        uv_thread_join(&all->workers[i].thread);
        sem_destroy(&all->workers[i].wake);
    }
    uv_close((uv_handle_t *)&all->finished, handle_closed);
}

static void on_finished(uv_async_t *async)
{
    struct workers *all = async->data;
    uv_mutex_lock(&all->lock);
    struct task_list done = all->done;
    all->done = (struct task_list){0};
    uv_mutex_unlock(&all->lock);
    for (struct work_task *task; (task = list_take(&done));) {
        all->pending--;
        task->done(task);
    }
    if (all->closed && !all->pending && !uv_is_closing((uv_handle_t *)async)) end(all);
}

struct workers *workers_open(uv_loop_t *loop)
{
    struct workers *all = mem_alloc(sizeof *all);
    uv_mutex_init(&all->lock);
    uv_async_init(loop, &all->finished, on_finished);
    all->finished.data = all;
    return all;
}

void workers_close(struct workers *all, void (*closed)(void *ctx), void *ctx)
{
    all->closed = closed;
    all->closed_ctx = ctx;
    if (!all->pending) end(all);
}
