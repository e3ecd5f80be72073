/* The life of inboxes: whose round it is, feeding a file to its import, reload, stopping, views.
 * What lies in the folders is inbox_round.c's. */
#include "sync/inbox.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "sync/import_file.h"
#include "sync/inbox_round.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PIECE_BYTES = 256 << 10,
    LOOK_AGAIN_MS = 50, /* what happens in a folder comes in crowds */
    SHOWN_MAX = 1000,   /* waiting files that are listed */
};

struct shown_file {
    char *name, *why;
    uint64_t bytes;
};

/* A claim on its way into an import. */
struct feeding {
    struct import *import; /* NULL: nothing is fed */
    int fd;
    char *piece;
    size_t size, used; /* of the piece */
    uint64_t offset;
    bool at_end, waits; /* waits: for room in the import */
    struct digest *digest;
    struct error error;
};

struct inbox {
    struct inboxes *inboxes;
    struct inbox *next;
    struct inbox_options options, next_options; /* texts are ours; next: from a reload */
    bool changed, removed;
    bool working, wanted; /* a task is on its way; a round is wanted */
    struct work_task work;
    struct engine_task task;
    struct timer timer;
    struct inbox_round round; /* the worker's while `working` */
    struct feeding feeding;
    /* What is shown. */
    char problem[INBOX_TEXT_MAX];
    bool feed_failed;      /* and `problem` says why */
    int64_t feed_again_us; /* not before; 0: at once */
    int64_t looked_ms;
    struct shown_file *files;
    size_t file_count;
    struct inbox_held *held;
    size_t held_count;
    char *last;
    size_t last_size;
};

struct inboxes {
    struct inboxes_options options;
    struct inbox *first;
    unsigned rounds; /* going on */
    bool stopping;
    struct timer timer; /* tells `stopped` */
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

static void turn(struct inbox *inbox);

static struct inbox *of_work(struct work_task *task)
{
    return (struct inbox *)((char *)task - offsetof(struct inbox, work));
}

static struct inbox *of_task(struct engine_task *task)
{
    return (struct inbox *)((char *)task - offsetof(struct inbox, task));
}

static struct runtime *runtime_of(const struct inbox *inbox)
{
    return inbox->inboxes->options.runtime;
}

/* ---- options */

static void options_copy(struct inbox_options *to, const struct inbox_options *from)
{
    *to = *from;
    to->name = mem_text(from->name);
    to->folder = mem_text(from->folder);
    to->warehouse = mem_text(from->warehouse);
}

static void options_free(struct inbox_options *options)
{
    mem_free((char *)(uintptr_t)options->name);
    mem_free((char *)(uintptr_t)options->folder);
    mem_free((char *)(uintptr_t)options->warehouse);
    *options = (struct inbox_options){0};
}

/* ---- what is shown */

static void forget_shown(struct inbox *inbox)
{
    for (size_t i = 0; i < inbox->file_count; i++) {
        mem_free(inbox->files[i].name);
        mem_free(inbox->files[i].why);
    }
    for (size_t i = 0; i < inbox->held_count; i++)
        mem_free(inbox->held[i].file);
    mem_free(inbox->files);
    mem_free(inbox->held);
    inbox->files = NULL;
    inbox->held = NULL;
    inbox->file_count = inbox->held_count = 0;
}

static bool is_held(const struct inbox_round *round, const char *claim)
{
    for (size_t i = 0; i < round->held_count; i++)
        if (strcmp(round->held[i].claim, claim) == 0) return true;
    return false;
}

static bool was_told(const struct inbox *inbox, const char *name, const char *why)
{
    for (size_t i = 0; i < inbox->file_count; i++)
        if (strcmp(inbox->files[i].name, name) == 0) return !strcmp(inbox->files[i].why, why);
    return false;
}

/* Each reason is logged once, when it is new. */
static void log_left(const struct inbox *inbox, const struct inbox_file *file)
{
    char name[LOG_QUOTED_MAX], why[LOG_QUOTED_MAX];
    if (!file->why || was_told(inbox, file->name, file->why)) return;
    log_warning("inbox", "left", "inbox=%s file=%s why=%s", inbox->options.name,
                log_quote(file->name, name), log_quote(file->why, why));
}

static void show(struct inbox *inbox)
{
    const struct inbox_round *round = &inbox->round;
    size_t count = 0;
    struct shown_file *files =
        mem_array(round->file_count < SHOWN_MAX ? round->file_count : SHOWN_MAX, sizeof *files);
    for (size_t i = 0; i < round->file_count && count < SHOWN_MAX; i++) {
        const struct inbox_file *file = &round->files[i];
        if (file->claimed && is_held(round, file->name)) continue;
        log_left(inbox, file);
        if (file->claimed && !file->why) continue; /* on its way */
        files[count++] = (struct shown_file){mem_text(file->name),
                                             mem_text(file->why ? file->why : ""), file->size};
    }
    forget_shown(inbox);
    inbox->files = files;
    inbox->file_count = count;
    inbox->held = mem_array(round->held_count, sizeof *inbox->held);
    for (; inbox->held_count < round->held_count; inbox->held_count++) {
        const struct inbox_held *held = &round->held[inbox->held_count];
        inbox->held[inbox->held_count] =
            (struct inbox_held){.file = mem_text(held->file), .job = held->job, .plan = held->plan};
    }
    if (!round->last) return;
    mem_free(inbox->last);
    inbox->last = inbox->round.last;
    inbox->last_size = round->last_size;
    inbox->round.last = NULL;
}

static void say(struct inbox *inbox, const char *problem)
{
    char quoted[LOG_QUOTED_MAX];
    if (strcmp(inbox->problem, problem) == 0) return;
    snprintf(inbox->problem, sizeof inbox->problem, "%s", problem);
    if (*problem)
        log_error("inbox", "waits", "inbox=%s why=%s", inbox->options.name,
                  log_quote(problem, quoted));
    else
        log_info("inbox", "goes-on", "inbox=%s", inbox->options.name);
}

/* ---- turns */

static void on_timer(struct timer *timer)
{
    struct inbox *inbox = (struct inbox *)((char *)timer - offsetof(struct inbox, timer));
    inbox->wanted = true;
    turn(inbox);
}

static void look_in(struct inbox *inbox, int64_t ms)
{
    struct runtime *runtime = runtime_of(inbox);
    inbox->timer.fire = on_timer;
    runtime->timer_arm(runtime, &inbox->timer, ms);
}

static void inbox_free(struct inbox *inbox)
{
    struct inbox **at = &inbox->inboxes->first;
    while (*at != inbox) /* it is in the list */
        at = &(*at)->next;
    *at = inbox->next;
    runtime_of(inbox)->timer_close(runtime_of(inbox), &inbox->timer);
    forget_shown(inbox);
    mem_free(inbox->last);
    inbox_round_free(&inbox->round);
    options_free(&inbox->options);
    options_free(&inbox->next_options);
    mem_free(inbox);
}

static void turn_all(struct inboxes *inboxes)
{
    for (struct inbox *i = inboxes->first, *next; i; i = next) {
        next = i->next;
        if (i->wanted || i->removed) turn(i);
    }
}

static void tell_stopped(struct timer *timer)
{
    struct inboxes *inboxes = (struct inboxes *)((char *)timer - offsetof(struct inboxes, timer));
    inboxes->stopped(inboxes->stopped_ctx);
}

static void check_stopped(struct inboxes *inboxes)
{
    struct runtime *runtime = inboxes->options.runtime;
    if (!inboxes->stopping || inboxes->timer.armed) return;
    for (const struct inbox *i = inboxes->first; i; i = i->next)
        if (i->working || i->feeding.import) return;
    inboxes->timer.fire = tell_stopped;
    runtime->timer_arm(runtime, &inboxes->timer, 0);
}

/* ---- finished files: their rows go */

static enum status forget_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct inbox *inbox = of_task(task);
    const struct inbox_round *round = &inbox->round;
    for (size_t i = 0; i < round->finished_count + (round->rejected != NULL); i++) {
        const struct inbox_finished *f =
            i < round->finished_count ? &round->finished[i] : round->rejected;
        struct inbox_last last = f->last;
        last.claim = bytes_text(f->claim);
        last.file = bytes_text(f->file);
        last.detail = bytes_text(f->detail);
        inbox_row_finish(txn, inbox->options.name, f->claim, &last);
    }
    return store_failed(txn, error);
}

static void round_over(struct inbox *inbox);

static void forget_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct inbox *inbox = of_task(task);
    const struct inbox_round *round = &inbox->round;
    char name[LOG_QUOTED_MAX];
    for (size_t i = 0; i < round->finished_count + (round->rejected != NULL); i++) {
        const struct inbox_finished *f =
            i < round->finished_count ? &round->finished[i] : round->rejected;
        if (status == ST_OK)
            log_info("inbox", "moved", "inbox=%s job=%llu state=%s file=%s/%s", inbox->options.name,
                     (unsigned long long)f->last.job, import_state_name(f->last.state),
                     f->last.failed ? "failed" : "done", log_quote(f->claim, name));
    }
    if (status != ST_OK) say(inbox, error->text); /* the next round finds the rows again */
    inbox->wanted = status == ST_OK;
    round_over(inbox);
}

/* ---- feeding */

static void feed(struct inbox *inbox);

static void feed_end(struct inbox *inbox)
{
    struct feeding *f = &inbox->feeding;
    if (f->fd >= 0) close(f->fd);
    mem_free(f->piece);
    digest_free(f->digest);
    *f = (struct feeding){.fd = -1};
    round_over(inbox);
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
    say(inbox, "");
    inbox->wanted = true;
    feed_end(inbox);
}

/* It was never accepted: the claim is as it was, and is tried again after a poll's span. */
static void on_ended(void *ctx, const struct import_ending *ending)
{
    struct inbox *inbox = ctx;
    const char *why = inbox->feeding.error.text[0] ? inbox->feeding.error.text : ending->error;
    if (!inbox->inboxes->stopping) say(inbox, why);
    inbox->feed_failed = true;
    inbox->feed_again_us = clock_mono_us(runtime_of(inbox)->clock) + inbox->options.poll_ms * 1000;
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
    struct inbox *inbox = of_work(task);
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
    struct inbox *inbox = of_work(task);
    inbox->working = false;
    if (inbox->feeding.import)
        feed(inbox);
    else
        feed_end(inbox);
}

static void feed(struct inbox *inbox)
{
    struct feeding *f = &inbox->feeding;
    struct runtime *runtime = runtime_of(inbox);
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

static void feed_start(struct inbox *inbox)
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

/* ---- rounds */

/* Nothing of the round is needed any more. */
static void round_over(struct inbox *inbox)
{
    struct inboxes *inboxes = inbox->inboxes;
    int64_t next_ms = inbox->round.next_ms;
    inbox_round_clear(&inbox->round);
    inbox->working = false;
    inboxes->rounds--;
    if (next_ms <= 0 || next_ms > inbox->options.poll_ms) next_ms = inbox->options.poll_ms;
    if (!inboxes->stopping) look_in(inbox, inbox->wanted ? 0 : next_ms);
    inbox->wanted = false;
    if (inbox->removed) turn(inbox);
    turn_all(inboxes);
    check_stopped(inboxes);
}

static void round_run(struct work_task *task)
{
    inbox_round_run(&of_work(task)->round);
}

static void round_done(struct work_task *task)
{
    struct inbox *inbox = of_work(task);
    struct runtime *runtime = runtime_of(inbox);
    inbox->looked_ms = clock_wall_ms(runtime->clock);
    inbox->working = false;
    if (inbox->round.problem.text[0] || !inbox->feed_failed) say(inbox, inbox->round.problem.text);
    show(inbox);
    if (inbox->round.finished_count || inbox->round.rejected) {
        inbox->working = true;
        inbox->task = (struct engine_task){.run = forget_run, .done = forget_done};
        runtime->engine_submit(runtime, &inbox->task);
    } else if (inbox->round.feed && !inbox->inboxes->stopping) {
        feed_start(inbox);
    } else {
        round_over(inbox);
    }
}

/* Another inbox, which a reload has removed, may still be busy in the same folder. */
static bool folder_is_free(const struct inbox *inbox)
{
    for (const struct inbox *i = inbox->inboxes->first; i; i = i->next)
        if (i != inbox && (i->working || i->feeding.import) &&
            strcmp(i->options.folder, inbox->options.folder) == 0)
            return false;
    return true;
}

static void turn(struct inbox *inbox)
{
    struct inboxes *inboxes = inbox->inboxes;
    struct runtime *runtime = runtime_of(inbox);
    if (inbox->working || inbox->feeding.import) return;
    if (inbox->removed) {
        inbox_free(inbox);
        return;
    }
    if (inbox->changed) {
        options_free(&inbox->options);
        inbox->options = inbox->next_options;
        inbox->next_options = (struct inbox_options){0};
        inbox->changed = false;
        inbox->wanted = true;
    }
    if (!inbox->wanted || inboxes->stopping) return;
    if (inboxes->rounds == INBOX_ROUNDS || !folder_is_free(inbox)) return; /* turn_all comes */
    struct inbox_round *round = &inbox->round;
    inbox_round_clear(round);
    round->options = &inbox->options;
    round->store = inboxes->options.store;
    round->watch = inboxes->options.watch;
    round->watch_ctx = inboxes->options.ctx;
    round->now_us = clock_mono_us(runtime->clock);
    round->now_ms = clock_wall_ms(runtime->clock);
    round->random = random_u64(runtime->random);
    round->may_take = round->now_us >= inbox->feed_again_us;
    inbox->wanted = false;
    inbox->working = true;
    inboxes->rounds++;
    inbox->work = (struct work_task){.run = round_run, .done = round_done};
    runtime->work_submit(runtime, &inbox->work);
}

/* ---- all */

struct inboxes *inboxes_new(const struct inboxes_options *options)
{
    struct inboxes *inboxes = mem_alloc(sizeof *inboxes);
    inboxes->options = *options;
    return inboxes;
}

static struct inbox *find(const struct inboxes *inboxes, const char *name)
{
    for (struct inbox *i = inboxes->first; i; i = i->next)
        if (!i->removed && strcmp(i->options.name, name) == 0) return i;
    return NULL;
}

static void put(struct inboxes *inboxes, const struct inbox_options *options)
{
    struct inbox *inbox = find(inboxes, options->name);
    if (inbox) {
        options_free(&inbox->next_options);
        options_copy(&inbox->next_options, options);
        inbox->changed = true;
    } else {
        inbox = mem_alloc(sizeof *inbox);
        struct inbox **at = &inboxes->first;
        while (*at) /* to the list's end */
            at = &(*at)->next;
        *at = inbox;
        inbox->inboxes = inboxes;
        inbox->feeding.fd = -1;
        inbox->wanted = true;
        options_copy(&inbox->options, options);
    }
}

void inboxes_put(struct inboxes *inboxes, const struct inbox_options *list, size_t count)
{
    for (struct inbox *i = inboxes->first, *next; i; i = next) {
        bool there = false;
        next = i->next;
        for (size_t k = 0; k < count; k++)
            there = there || strcmp(list[k].name, i->options.name) == 0;
        i->removed = i->removed || !there;
        if (i->removed) turn(i);
    }
    for (size_t k = 0; k < count; k++)
        put(inboxes, &list[k]);
    for (struct inbox *i = inboxes->first; i; i = i->next)
        turn(i);
}

static void look_soon(struct inboxes *inboxes, int64_t ms)
{
    if (inboxes->stopping) return;
    for (struct inbox *i = inboxes->first; i; i = i->next) {
        if (i->removed) continue;
        if (i->working || i->feeding.import)
            i->wanted = true; /* after what is going on */
        else
            look_in(i, ms);
    }
}

void inboxes_look(struct inboxes *inboxes)
{
    look_soon(inboxes, LOOK_AGAIN_MS);
}

void inboxes_settled(struct inboxes *inboxes)
{
    look_soon(inboxes, 0);
}

void inboxes_stop(struct inboxes *inboxes, void (*stopped)(void *ctx), void *ctx)
{
    inboxes->stopping = true;
    inboxes->stopped = stopped;
    inboxes->stopped_ctx = ctx;
    for (struct inbox *i = inboxes->first; i; i = i->next)
        if (i->feeding.import) import_cancel(i->feeding.import);
    check_stopped(inboxes);
}

void inboxes_free(struct inboxes *inboxes)
{
    if (!inboxes) return;
    while (inboxes->first)
        inbox_free(inboxes->first);
    inboxes->options.runtime->timer_close(inboxes->options.runtime, &inboxes->timer);
    mem_free(inboxes);
}

/* ---- views */

static const struct inbox *at_index(const struct inboxes *inboxes, size_t index)
{
    for (const struct inbox *i = inboxes->first; i; i = i->next)
        if (!i->removed && index-- == 0) return i;
    return NULL;
}

size_t inboxes_count(const struct inboxes *inboxes)
{
    size_t count = 0;
    for (const struct inbox *i = inboxes->first; i; i = i->next)
        count += !i->removed;
    return count;
}

void inboxes_view(const struct inboxes *inboxes, size_t index, struct inbox_view *view)
{
    static char where[NAME_MAX + 16], file[NAME_MAX + 1], detail[INBOX_TEXT_MAX];
    const struct inbox *inbox = at_index(inboxes, index);
    struct inbox_last last;
    *view = (struct inbox_view){.name = inbox->options.name,
                                .folder = inbox->options.folder,
                                .warehouse = inbox->options.warehouse,
                                .kind = inbox->options.kind,
                                .problem = inbox->problem,
                                .looked_ms = inbox->looked_ms,
                                .waiting_count = inbox->file_count,
                                .pending_count = inbox->held_count};
    if (!inbox->last || inbox_last_read(bytes_of(inbox->last, inbox->last_size), &last) != ST_OK)
        return;
    snprintf(where, sizeof where, "%s/%.*s", last.failed ? "failed" : "done", (int)last.claim.size,
             (const char *)last.claim.data);
    snprintf(file, sizeof file, "%.*s", (int)last.file.size, (const char *)last.file.data);
    snprintf(detail, sizeof detail, "%.*s", (int)last.detail.size, (const char *)last.detail.data);
    view->last.file = file;
    view->last.where = where;
    view->last.detail = detail;
    view->last.job = last.job;
    view->last.when_ms = last.when_ms;
    view->last.state = last.state;
    view->last.counts = last.counts;
}

void inboxes_waiting(const struct inboxes *inboxes, size_t index, size_t at,
                     struct inbox_waiting *waiting)
{
    const struct shown_file *file = &at_index(inboxes, index)->files[at];
    *waiting = (struct inbox_waiting){file->name, file->bytes, file->why};
}

void inboxes_pending(const struct inboxes *inboxes, size_t index, size_t at,
                     struct inbox_pending *pending)
{
    const struct inbox_held *held = &at_index(inboxes, index)->held[at];
    *pending = (struct inbox_pending){held->file, held->job, held->plan};
}
