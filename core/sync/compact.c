/* Once a day what is older than it has to be kept is forgotten, in small commands with others
 * passing between. Looked at whenever the wake timer comes round, which is every hour at least. */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"

enum { COMPACT_CHUNK = 1000 }; /* rows of one command: a few milliseconds */
#define DAY_MS          (INT64_C(24) * 60 * 60 * 1000)
#define COMPACT_KEEP_MS (90 * DAY_MS) /* history, undo and the ledger entry by entry */

struct compact {
    struct engine_task task;
    struct sync *sync;
    struct buf payload;
    struct command_result result;
    int64_t now_ms;
};

static enum status compact_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct compact *c = (struct compact *)((char *)task - offsetof(struct compact, task));
    const struct command command = {.kind = COMMAND_COMPACT,
                                    .actor = "stockd",
                                    .now_ms = c->now_ms,
                                    .payload = bytes_of(c->payload.data, c->payload.size)};
    return engine_apply(c->sync->engine, txn, &command, &c->result, error);
}

static void compact_go(struct sync *sync);

static void compact_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct compact *c = (struct compact *)((char *)task - offsetof(struct compact, task));
    struct sync *sync = c->sync;
    char quoted[LOG_QUOTED_MAX];
    bool more = status == ST_OK && c->result.more;
    if (status != ST_OK)
        log_error("sync", "not-compacted", "error=%s", log_quote(error->text, quoted));
    buf_free(&c->payload);
    mem_free(c);
    sync->compacting = false;
    sync->busy--;
    if (sync->stopping)
        sync_finished(sync);
    else if (more)
        compact_go(sync);
}

static void compact_go(struct sync *sync)
{
    struct compact *c = mem_alloc(sizeof *c);
    c->sync = sync;
    c->now_ms = sync_now_ms(sync);
    buf_init(&c->payload, 64);
    command_compact(&c->payload, c->now_ms - COMPACT_KEEP_MS, COMPACT_CHUNK);
    c->task = (struct engine_task){.run = compact_run, .done = compact_done};
    sync->compacting = true;
    sync->busy++;
    sync->runtime->engine_submit(sync->runtime, &c->task);
}

/* The first time an hour after the start: starting is busy enough. */
void compact_maybe(struct sync *sync)
{
    int64_t now = sync_now_ms(sync);
    if (sync->compacting || sync->stopping) return;
    if (sync->compact_ms == 0) sync->compact_ms = now + DAY_MS / 24;
    if (now < sync->compact_ms) return;
    sync->compact_ms = now + DAY_MS;
    compact_go(sync);
}
