/* A claimed file on its way into an import: read by a worker piece by piece, hashed, and given up
 * when it changes meanwhile. */
#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "intake/import_file.h"
#include "intake/inbox_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 << 10 };

static void feed(struct inbox *inbox);

static void feed_end(struct inbox *inbox)
{
    struct feeding *f = &inbox->feeding;
    if (f->fd >= 0) close(f->fd);
    mem_free(f->piece);
    digest_free(f->digest);
    *f = (struct feeding){.fd = -1};
    inbox_round_over(inbox);
}

static void on_accepted(void *ctx, uint64_t job)
{
    struct inbox *inbox = ctx;
    char name[LOG_QUOTED_MAX];
    log_info("inbox", "accepted", "inbox=%s job=%llu file=%s", inbox->options.name,
             (unsigned long long)job, log_quote(inbox->round.feed, name));
    import_release(inbox->feeding.import);
    inbox->feed_failed = false;
    inbox->feed_again_us = 0;
    inbox_say(inbox, "");
    inbox->wanted = true;
    feed_end(inbox);
}

/* It was never accepted: the claim is as it was, and is tried again after a poll's span. */
static void on_ended(void *ctx, const struct import_ending *ending)
{
    struct inbox *inbox = ctx;
    const char *why = inbox->feeding.error.text[0] ? inbox->feeding.error.text : ending->error;
    if (!inbox->inboxes->stopping) inbox_say(inbox, why);
    inbox->feed_failed = true;
    inbox->feed_again_us =
        clock_mono_us(inbox_runtime(inbox)->clock) + inbox->options.poll_ms * 1000;
    inbox->feeding.import = NULL;
    if (!inbox->working) feed_end(inbox); /* otherwise when the worker is back */
}

static void on_writable(void *ctx)
{
    struct inbox *inbox = ctx;
    if (!inbox->feeding.waits) return;
    inbox->feeding.waits = false;
    feed(inbox);
}

/* That the bytes read are those that had settled: same size, same time. */
static void check_whole(struct inbox *inbox)
{
    struct feeding *f = &inbox->feeding;
    const struct inbox_round *round = &inbox->round;
    struct stat st;
    if (fstat(f->fd, &st) != 0 || (uint64_t)st.st_size != f->offset ||
        f->offset != round->feed_size ||
        st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec != round->feed_modified_ns)
        error_set(&f->error, ST_BUSY,
                  "%s was written to while it was read; it is read again when it has settled",
                  round->feed_file);
}

static void read_run(struct work_task *task)
{
    struct inbox *inbox = inbox_of_work(task);
    struct feeding *f = &inbox->feeding;
    const struct inbox_round *round = &inbox->round;
    if (f->fd < 0) {
        char *path = mem_format("%s/taken/%s", inbox->options.folder, round->feed);
        f->fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (f->fd < 0)
            error_set(&f->error, ST_IO, "%s: cannot be opened: %s", path, strerror(errno));
        mem_free(path);
        if (f->fd < 0) return;
    }
    f->used = 0;
    if (import_file_read(f->fd, round->feed, f->piece, PIECE_BYTES, f->offset, &f->size,
                         &f->error) != ST_OK)
        return;
    f->offset += f->size;
    digest_add(f->digest, bytes_of(f->piece, f->size));
    f->at_end = f->size < PIECE_BYTES;
    if (f->at_end || f->offset > round->feed_size) check_whole(inbox);
}

static void read_done(struct work_task *task)
{
    struct inbox *inbox = inbox_of_work(task);
    inbox->working = false;
    if (inbox->feeding.import)
        feed(inbox);
    else
        feed_end(inbox);
}

static void feed(struct inbox *inbox)
{
    struct feeding *f = &inbox->feeding;
    struct runtime *runtime = inbox_runtime(inbox);
    if (f->error.status != ST_OK) {
        import_cancel(f->import); /* on_ended follows */
        return;
    }
    f->used += import_write(f->import, bytes_of(f->piece + f->used, f->size - f->used));
    f->waits = f->used < f->size;
    if (f->waits) return; /* on_writable goes on */
    if (f->at_end) {
        uint8_t digest[IMPORT_DIGEST_SIZE];
        digest_end(f->digest, digest);
        import_digest(f->import, digest);
        import_end(f->import);
        return;
    }
    inbox->working = true;
    inbox->work = (struct work_task){.run = read_run, .done = read_done};
    runtime->work_submit(runtime, &inbox->work);
}

void inbox_feed_start(struct inbox *inbox)
{
    static const struct import_events events = {
        .writable = on_writable, .accepted = on_accepted, .ended = on_ended};
    const struct inbox_options *options = &inbox->options;
    struct feeding *f = &inbox->feeding;
    char *actor = mem_format("inbox:%s", options->name);
    const struct import_options import = {
        .warehouse = options->warehouse,
        .kind = options->kind,
        .create = options->create,
        .separator = options->separator,
        .columns = options->columns,
        .encoding = options->encoding,
        .name = inbox->round.feed_file,
        .actor = actor,
        .origin = {.inbox = options->name,
                   .claim = inbox->round.feed,
                   .file = inbox->round.feed_file,
                   .modified_ms = inbox->round.feed_modified_ns / 1000000}};
    struct import_events ours = events;
    char name[LOG_QUOTED_MAX];
    ours.ctx = inbox;
    log_info("inbox", "taken", "inbox=%s bytes=%llu file=%s", options->name,
             (unsigned long long)inbox->round.feed_size, log_quote(inbox->round.feed, name));
    *f = (struct feeding){.fd = -1, .piece = mem_alloc(PIECE_BYTES), .digest = digest_new()};
    f->import = import_new(inbox->inboxes->options.imports, &import, &ours);
    mem_free(actor);
    feed(inbox);
}
