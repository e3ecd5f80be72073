/* A restored store begins a new epoch: nothing it says of the marketplaces is trusted before it was
 * read again, and the tokens of the store it replaced are kept. */
#include "base/log.h"
#include "base/mem.h"
#include "daemon/daemon.h"
#include "store/lmdb_store.h"
#include "store/schema.h"
#include "sync/token.h"

struct epoch {
    struct engine_task task;
    struct daemon *daemon;
    daemon_epoch_fn *done;
    bool restored;
};

/* A refresh token that was used since the backup is worth nothing: those of the store that was
 * replaced are taken over. Where it cannot be read any more, a login will be asked for. */
static enum status keep_tokens(const char *path, struct store_txn *txn, struct error *error)
{
    const struct store_options options = {.path = path};
    struct error why = {0};
    struct store *old;
    struct store_txn *from;
    char quoted[LOG_QUOTED_MAX];
    uint64_t kept = 0;
    enum status status = store_open_lmdb(&options, &old, &why);
    if (status == ST_OK && (status = store_begin(old, STORE_READ, &from, &why)) == ST_OK) {
        status = token_keep_newer(from, txn, &kept, &why);
        store_abort(from);
    }
    store_close(old);
    if (kept) log_info("store", "tokens-kept", "count=%llu", (unsigned long long)kept);
    if (status != ST_OK)
        log_warning("store", "tokens-not-kept", "error=%s", log_quote(why.text, quoted));
    return store_failed(txn, error);
}

static enum status epoch_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct epoch *e = (struct epoch *)((char *)task - offsetof(struct epoch, task));
    struct bytes value;
    if (store_get(txn, TABLE_META, bytes_text(STORE_META_RESTORED), &value) != ST_OK) return ST_OK;
    const struct command command = {.kind = COMMAND_DISTRUST,
                                    .actor = "restore",
                                    .now_ms = clock_wall_ms(clock_system()),
                                    .payload = bytes_of("", 0)};
    char *replaced = mem_text_n(value.data, value.size);
    enum status status = engine_apply(e->daemon->engine, txn, &command, NULL, error);
    if (status == ST_OK && replaced[0]) status = keep_tokens(replaced, txn, error);
    mem_free(replaced);
    store_delete(txn, TABLE_META, bytes_text(STORE_META_RESTORED));
    e->restored = status == ST_OK;
    return status;
}

static void epoch_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct epoch *e = (struct epoch *)((char *)task - offsetof(struct epoch, task));
    if (status == ST_OK && e->restored)
        log_warning(
            "store", "restored",
            "note=\"a backup was restored: everything is read again before it is written\"");
    e->done(e->daemon, status, error);
    mem_free(e);
}

void daemon_begin_epoch(struct daemon *d, daemon_epoch_fn *done)
{
    struct epoch *e = mem_alloc(sizeof *e);
    e->daemon = d;
    e->done = done;
    e->task = (struct engine_task){.run = epoch_run, .done = epoch_done};
    struct runtime *runtime = loop_runtime(d->runtime);
    runtime->engine_submit(runtime, &e->task);
}
