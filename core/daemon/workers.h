/* Threads that do what must not keep the loop: steps of plugins, readings of the store, files. Not
 * libuv's pool: that one wakes its threads by a condition, and glibc's pthread_cond_signal waits
 * for threads that were woken before until they have been given a processor, which on a busy
 * machine kept the loop for a quarter of a second. Here each has a semaphore of its own.
 *
 * CONCURRENCY. Opened, given tasks and closed on the loop's thread; `run` of a task is called on a
 * worker, `done` on the loop, later, in the order in which they ended. A task belongs to the
 * workers in between. */
#ifndef STOCKD_DAEMON_WORKERS_H
#define STOCKD_DAEMON_WORKERS_H

#include "base/runtime.h"

#include <uv.h>

/* At once. Some tasks mostly wait, for the disk or for a server of mail, so more than cores. */
enum { WORKERS_MAX = 8 };

struct workers;

/* A thread is started when a task comes and all others are at work. */
struct workers *workers_open(uv_loop_t *loop);
void workers_submit(struct workers *workers, struct work_task *task);

/* When all that was given to them is done: ends the threads, frees `workers`, calls `closed` from
 * the loop. Nothing may be submitted after this call. */
void workers_close(struct workers *workers, void (*closed)(void *ctx), void *ctx);

#endif
