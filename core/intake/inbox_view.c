/* What an inbox shows, copied on the loop when a round is over: the next one changes its own. */
#include "base/log.h"
#include "base/mem.h"
#include "intake/inbox_private.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 1000 }; /* waiting files that are listed */

/* ---- what is shown */

void inbox_forget_shown(struct inbox *inbox)
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

void inbox_show(struct inbox *inbox)
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
    inbox_forget_shown(inbox);
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

void inbox_say(struct inbox *inbox, const char *problem)
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
