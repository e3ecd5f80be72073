/* The life of inboxes: whose round it is, reload, stopping. What lies in the folders is
 * inbox_round.c's. */
#include "base/log.h"
#include "base/mem.h"
#include "intake/inbox_private.h"

#include <string.h>

enum { LOOK_AGAIN_MS = 50 }; /* what happens in a folder comes in crowds */

static struct inbox *inbox_of_task(struct engine_task *task)
{
    return (struct inbox *)((char *)task - offsetof(struct inbox, task));
}

static void turn(struct inbox *inbox);

/* ---- options */

static void options_copy(struct inbox_options *to, const struct inbox_options *from)
{
    *to = *from;
    to->name = mem_text(from->name);
    to->folder = mem_text(from->folder);
    to->warehouse = mem_text(from->warehouse);
    stock_naming_copy(&to->columns, &from->columns);
}

static void options_free(struct inbox_options *options)
{
    mem_free((char *)(uintptr_t)options->name);
    mem_free((char *)(uintptr_t)options->folder);
    mem_free((char *)(uintptr_t)options->warehouse);
    stock_naming_free(&options->columns);
    *options = (struct inbox_options){0};
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
    struct runtime *runtime = inbox_runtime(inbox);
    inbox->timer.fire = on_timer;
    runtime->timer_arm(runtime, &inbox->timer, ms);
}

static void inbox_free(struct inbox *inbox)
{
    struct inbox **at = &inbox->inboxes->first;
    while (*at != inbox) /* it is in the list */
        at = &(*at)->next;
    *at = inbox->next;
    inbox_runtime(inbox)->timer_close(inbox_runtime(inbox), &inbox->timer);
    inbox_forget_shown(inbox);
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
    struct inbox *inbox = inbox_of_task(task);
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

static void forget_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct inbox *inbox = inbox_of_task(task);
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
    if (status != ST_OK) inbox_say(inbox, error->text); /* the next round finds the rows again */
    inbox->wanted = status == ST_OK;
    inbox_round_over(inbox);
}

/* ---- rounds */

/* Nothing of the round is needed any more. */
void inbox_round_over(struct inbox *inbox)
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
    inbox_round_run(&inbox_of_work(task)->round);
}

static void round_done(struct work_task *task)
{
    struct inbox *inbox = inbox_of_work(task);
    struct runtime *runtime = inbox_runtime(inbox);
    inbox->looked_ms = clock_wall_ms(runtime->clock);
    inbox->working = false;
    if (inbox->round.problem.text[0] || !inbox->feed_failed)
        inbox_say(inbox, inbox->round.problem.text);
    inbox_show(inbox);
    if (inbox->round.finished_count || inbox->round.rejected) {
        inbox->working = true;
        inbox->task = (struct engine_task){.run = forget_run, .done = forget_done};
        runtime->engine_submit(runtime, &inbox->task);
    } else if (inbox->round.feed && !inbox->inboxes->stopping) {
        inbox_feed_start(inbox);
    } else {
        inbox_round_over(inbox);
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
    struct runtime *runtime = inbox_runtime(inbox);
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
