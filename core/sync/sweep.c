/* Durable sweeps: chunk after chunk, other commands passing between. What the disk refuses is tried
 * again by itself, later and later: a sweep is owed, whether anything else changes or not (I6). */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/backoff.h"

enum {
    SWEEP_CHUNK = 2000,
    RETRY_FIRST_MS = 2000,
    RETRY_MAX_MS = 5 * 60 * 1000,
};

struct sweep {
    struct engine_task task;
    struct sync *sync;
    struct buf payload;
    struct command_result result;
    int64_t now_ms;
};

static enum status sweep_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct sweep *s = (struct sweep *)((char *)task - offsetof(struct sweep, task));
    const struct command command = {.kind = COMMAND_SWEEP,
                                    .actor = "stockd",
                                    .now_ms = s->now_ms,
                                    .payload = bytes_of(s->payload.data, s->payload.size)};
    return engine_apply(s->sync->engine, txn, &command, &s->result, error);
}

static void on_timer(struct timer *timer)
{
    sweeps_go((struct sync *)((char *)timer - offsetof(struct sync, sweep_timer)));
}

static void retry_later(struct sync *sync, const struct error *error)
{
    char quoted[LOG_QUOTED_MAX];
    int64_t wait =
        backoff_ms(sync->runtime->random, ++sync->sweep_failures, RETRY_FIRST_MS, RETRY_MAX_MS);
    log_error("sync", "sweep-failed", "again_ms=%lld error=%s", (long long)wait,
              log_quote(error->text, quoted));
    sync->sweep_timer.fire = on_timer;
    sync->runtime->timer_arm(sync->runtime, &sync->sweep_timer, wait);
}

static void sweep_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct sweep *s = (struct sweep *)((char *)task - offsetof(struct sweep, task));
    struct sync *sync = s->sync;
    bool more = s->result.more || sync->sweep_again;
    sync->sweeping = false;
    sync->busy--;
    if (status == ST_OK) sync->sweep_failures = 0;
    if (sync->stopping)
        sync_finished(sync);
    else if (status != ST_OK)
        retry_later(sync, error);
    else if (more)
        sweeps_go(sync);
    buf_free(&s->payload);
    mem_free(s); /* the error lies in it */
}

void sweeps_go(struct sync *sync)
{
    sync->sweep_again = sync->sweeping;
    if (sync->sweeping || sync->stopping) return;
    sync->sweeping = true;
    sync->busy++;
    struct sweep *s = mem_alloc(sizeof *s);
    s->sync = sync;
    s->now_ms = sync_now_ms(sync);
    buf_init(&s->payload, 64);
    command_sweep(&s->payload, SWEEP_CHUNK);
    s->task = (struct engine_task){.run = sweep_run, .done = sweep_done};
    sync->runtime->engine_submit(sync->runtime, &s->task);
}

/* Those that the last run left unfinished go on. */
void sweeps_resume(struct sync *sync)
{
    if (sync->swept) return;
    sync->swept = true;
    sweeps_go(sync);
    wakes_go(sync);
}
