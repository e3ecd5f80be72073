/* Tasks off the loop: each is run once, and done on the loop; an end waits for all of them. */
#include "daemon/workers.h"
#include "test_main.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

enum { TASKS = 500, ROUNDS = 200 };

struct fixture {
    uv_loop_t loop;
    struct workers *workers;
    bool closed;
    unsigned done, to_do; /* on the loop; what is still to be submitted by those that end */
};

struct task {
    struct work_task work; /* first */
    struct fixture *f;
    atomic_uint runs;
    pthread_t thread;
    sem_t *waits, *tells; /* NULL: neither */
};

static struct task tasks[TASKS];

static void begin(struct fixture *f)
{
    *f = (struct fixture){0};
    memset(tasks, 0, sizeof tasks);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    f->workers = workers_open(&f->loop);
}

static void on_closed(void *ctx)
{
    ((struct fixture *)ctx)->closed = true;
}

static void end(struct fixture *f)
{
    workers_close(f->workers, on_closed, f);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_true(f->closed);
    assert_int_equal(uv_loop_close(&f->loop), 0);
}

static void run(struct work_task *work)
{
    struct task *task = (struct task *)work;
    task->thread = pthread_self();
    atomic_fetch_add(&task->runs, 1);
    if (task->tells) sem_post(task->tells);
    if (task->waits) sem_wait(task->waits);
}

static void done(struct work_task *work)
{
    struct task *task = (struct task *)work;
    assert_int_equal(atomic_load(&task->runs), 1);
    assert_false(pthread_equal(task->thread, pthread_self()));
    task->f->done++;
}

static void submit(struct fixture *f, unsigned i)
{
    tasks[i].work = (struct work_task){.run = run, .done = done};
    tasks[i].f = f;
    workers_submit(f->workers, &tasks[i].work);
}

static void more_than_there_are_workers(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    for (unsigned i = 0; i < TASKS; i++)
        submit(&f, i);
    end(&f); /* at once: what was given is done first */
    assert_int_equal(f.done, TASKS);
}

/* All run at once: each waits until the last has begun. */
static void as_many_at_once_as_promised(void **state)
{
    (void)state;
    struct fixture f;
    sem_t begun, go;
    begin(&f);
    sem_init(&begun, 0, 0);
    sem_init(&go, 0, 0);
    for (unsigned i = 0; i <= WORKERS_MAX; i++) {
        tasks[i].tells = &begun;
        tasks[i].waits = &go;
        submit(&f, i);
    }
    for (unsigned i = 0; i < WORKERS_MAX; i++)
        sem_wait(&begun);
    assert_int_equal(atomic_load(&tasks[WORKERS_MAX].runs), 0); /* there is no worker for it */
    for (unsigned i = 0; i <= WORKERS_MAX; i++)
        sem_post(&go);
    end(&f);
    assert_int_equal(f.done, WORKERS_MAX + 1);
    sem_destroy(&begun);
    sem_destroy(&go);
}

static void done_and_again(struct work_task *work)
{
    struct task *task = (struct task *)work;
    struct fixture *f = task->f;
    done(work);
    atomic_store(&task->runs, 0);
    task->work.done = done_and_again;
    if (f->to_do > 0) {
        f->to_do--;
        workers_submit(f->workers, work);
    } else {
        uv_stop(&f->loop);
    }
}

/* One after the other, a few at a time: workers go to sleep and are woken all the while. */
static void again_and_again(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    f.to_do = ROUNDS;
    for (unsigned i = 0; i < 3; i++) {
        submit(&f, i);
        tasks[i].work.done = done_and_again;
    }
    while (f.done < ROUNDS + 3)
        uv_run(&f.loop, UV_RUN_DEFAULT);
    assert_int_equal(f.to_do, 0);
    end(&f);
    assert_int_equal(f.done, ROUNDS + 3);
}

static void without_any_task(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    end(&f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(more_than_there_are_workers),
    cmocka_unit_test(as_many_at_once_as_promised),
    cmocka_unit_test(again_and_again),
    cmocka_unit_test(without_any_task),
};

TEST_MAIN(cases)
