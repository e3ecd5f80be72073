/* What the files of an inbox share: inbox.c leads it from round to round, inbox_feed.c gives a file
 * to its import, inbox_view.c keeps and tells what is shown. Loop thread, but for the round's own.
 */
#ifndef STOCKD_INTAKE_INBOX_PRIVATE_H
#define STOCKD_INTAKE_INBOX_PRIVATE_H

#include "intake/inbox.h"
#include "intake/inbox_round.h"

struct digest;

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

static inline struct inbox *inbox_of_work(struct work_task *task)
{
    return (struct inbox *)((char *)task - offsetof(struct inbox, work));
}

static inline struct runtime *inbox_runtime(const struct inbox *inbox)
{
    return inbox->inboxes->options.runtime;
}

/* inbox.c: nothing of the round is needed any more. */
void inbox_round_over(struct inbox *inbox);

/* inbox_feed.c: the claim of the round goes into an import; then inbox_round_over. */
void inbox_feed_start(struct inbox *inbox);

/* inbox_view.c */
void inbox_show(struct inbox *inbox); /* what the round found */
void inbox_forget_shown(struct inbox *inbox);
/* What is wrong with it as a whole, or "": logged when it is new. */
void inbox_say(struct inbox *inbox, const char *problem);

#endif
