/* What changes with time: the engine says when the next of it is due, a timer waits for that. */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"

enum {
    WAKE_CHUNK = 256,                /* in one command: small ones pass between */
    WAKE_LATEST_MS = 60 * 60 * 1000, /* looked at so often at least: clocks are set */
    WAKE_FAILED_MS = 5000,
};

struct wake {
    struct engine_task task;
    struct sync *sync;
    struct buf payload;
    int64_t now_ms, next_ms;
    struct command_result result;
};

static enum status wake_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct wake *w = (struct wake *)((char *)task - offsetof(struct wake, task));
    const struct command command = {.kind = COMMAND_WAKE,
                                    .actor = "stockd",
                                    .now_ms = w->now_ms,
                                    .payload = bytes_of(w->payload.data, w->payload.size)};
    w->next_ms = engine_wake_next(txn);
    if (w->next_ms > w->now_ms) return ST_OK;
    enum status status = engine_apply(w->sync->engine, txn, &command, &w->result, error);
    if (status == ST_OK) w->next_ms = engine_wake_next(txn);
    return status;
}

static void on_timer(struct timer *timer)
{
    struct sync *sync = (struct sync *)((char *)timer - offsetof(struct sync, wake_timer));
    timer->armed = false;
    wakes_go(sync);
}

static void wait_for(struct sync *sync, int64_t ms)
{
    sync->wake_timer.fire = on_timer;
    sync->wake_timer.armed = true;
    sync->runtime->timer_arm(sync->runtime, &sync->wake_timer, ms);
}

static void wake_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct wake *w = (struct wake *)((char *)task - offsetof(struct wake, task));
    struct sync *sync = w->sync;
    char quoted[LOG_QUOTED_MAX];
    bool more = status == ST_OK && w->result.more;
    int64_t wait = w->next_ms - sync_now_ms(sync);
    if (status != ST_OK) {
        log_error("sync", "not-woken", "error=%s", log_quote(error->text, quoted));
        wait = WAKE_FAILED_MS;
    }
    sync->waking = false;
    sync->busy--;
    buf_free(&w->payload);
    mem_free(w);
    if (sync->stopping) {
        sync_finished(sync);
    } else if (more || sync->wake_again) {
        wakes_go(sync);
    } else {
        compact_maybe(sync);
        wait_for(sync, wait > WAKE_LATEST_MS ? WAKE_LATEST_MS : wait > 0 ? wait : 0);
    }
}

void wakes_go(struct sync *sync)
{
    sync->wake_again = sync->waking;
    if (sync->waking || sync->stopping) return;
    sync->waking = true;
    sync->busy++;
    struct wake *w = mem_alloc(sizeof *w);
    w->sync = sync;
    w->now_ms = sync_now_ms(sync);
    buf_init(&w->payload, 64);
    command_wake(&w->payload, WAKE_CHUNK);
    w->task = (struct engine_task){.run = wake_run, .done = wake_done};
    sync->runtime->engine_submit(sync->runtime, &w->task);
}
