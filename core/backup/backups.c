/* When backups are made. Names and rotation: store/rotation.c; the copy: store/lmdb_backup.c. */
#include "backup/backups.h"

#include "base/log.h"
#include "base/mem.h"
#include "schedule/schedule.h"
#include "store/rotation.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_AGAIN_MS = 24 * 60 * 60 * 1000 }; /* a clock that is set is noticed within a day */

struct backups {
    struct runtime *runtime;
    struct store *store;
    char *directory;
    struct schedule *schedule;
    uint32_t keep;
    struct timer timer;
    int64_t next_ms, last_ok_ms, failed_ms;
    int64_t again_ms; /* while they fail: no later than then is the next attempt */
    bool tried;       /* the schedule made an attempt, or there is none: failed_ms says how it is */
    char why[ERROR_TEXT_MAX];
    /* One at a time: looking at the directory, or making one. */
    struct work_task work;
    bool busy, making, settled; /* settled: the directory was looked at since the last put */
    struct {
        char *directory, *path; /* path NULL: a name is found */
        bool automatic, look_only;
        uint32_t keep;
        int64_t newest_ms; /* of the automatic ones, afterwards */
        struct backup_result result;
        int64_t began_us;
    } now;
    backup_done *done;
    void *done_ctx;
    struct { /* asked for while the directory is looked at */
        bool is;
        char *path;
    } next;
    bool stopping;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

static int64_t now_of(const struct backups *b)
{
    return clock_wall_ms(b->runtime->clock);
}

/* ---- on a worker */

static void newest(struct backups *b)
{
    struct backup_list list;
    struct error error;
    b->now.newest_ms = 0;
    if (backup_list_read(b->now.directory, &list, &error) != ST_OK) return;
    for (size_t i = list.count; i-- > 0;)
        if (list.entries[i].automatic) b->now.newest_ms = list.entries[i].made_ms;
    backup_list_free(&list);
}

static void make(struct backups *b)
{
    struct backup_result *r = &b->now.result;
    r->path = b->now.path
                  ? mem_text(b->now.path)
                  : backup_path_new(b->now.directory, b->now.automatic, r->began_ms, &r->error);
    r->status = r->path ? store_backup(b->store, r->path, &r->error) : r->error.status;
    if (r->status != ST_OK) return;
    r->bytes = backup_bytes(r->path);
    if (b->now.automatic && b->now.keep)
        r->status = backup_rotate(b->now.directory, b->now.keep, &r->removed, &r->error);
}

static void run(struct work_task *task)
{
    struct backups *b = (struct backups *)((char *)task - offsetof(struct backups, work));
    if (!b->now.look_only) make(b);
    newest(b);
}

/* ---- on the loop */

static void arm(struct backups *b);
static void done(struct work_task *task);

static void begin(struct backups *b, const char *path, bool automatic, bool look_only)
{
    b->busy = true;
    b->making = !look_only;
    b->now.directory = mem_text(b->directory);
    b->now.path = path ? mem_text(path) : NULL;
    b->now.automatic = automatic;
    b->now.look_only = look_only;
    b->now.keep = b->keep;
    b->now.result = (struct backup_result){.began_ms = now_of(b)};
    b->now.began_us = clock_mono_us(b->runtime->clock);
    b->work = (struct work_task){.run = run, .done = done};
    b->runtime->work_submit(b->runtime, &b->work);
}

static void note_well(struct backups *b)
{
    b->failed_ms = 0;
    b->why[0] = '\0';
}

/* What came of an attempt of the schedule's. */
static void note(struct backups *b, const struct backup_result *r)
{
    b->tried = true;
    if (r->status == ST_OK) {
        note_well(b);
        return;
    }
    if (!b->failed_ms) b->failed_ms = r->began_ms;
    if (strcmp(b->now.directory, b->directory) == 0) /* else it is another one's turn, at once */
        b->again_ms = now_of(b) + BACKUP_AGAIN_MS;
    snprintf(b->why, sizeof b->why, "%s", r->error.text);
}

static void tell(struct backups *b)
{
    const struct backup_result *r = &b->now.result;
    char quoted[LOG_QUOTED_MAX];
    if (r->status == ST_OK)
        log_info("backup", "made", "path=%s bytes=%llu took_ms=%lld removed=%u",
                 log_quote(r->path, quoted), (unsigned long long)r->bytes,
                 (long long)r->duration_ms, r->removed);
    else
        log_error("backup", "failed", "error=%s", log_quote(r->error.text, quoted));
    if (b->now.automatic) note(b, r);
    if (b->done) b->done(b->done_ctx, r);
    b->done = NULL;
}

/* After a failure: within the hour, whatever the schedule says, which of one that failed is "at
 * once", or "on another day". What else happens meanwhile (one by hand, a reload) changes nothing
 * about it. */
static int64_t due_again(struct backups *b, int64_t due, int64_t now)
{
    if (b->again_ms > now + BACKUP_AGAIN_MS) b->again_ms = now + BACKUP_AGAIN_MS; /* set back */
    return due > now && due < b->again_ms ? due : b->again_ms;
}

static void done(struct work_task *task)
{
    struct backups *b = (struct backups *)((char *)task - offsetof(struct backups, work));
    struct backup_result *r = &b->now.result;
    r->duration_ms = (clock_mono_us(b->runtime->clock) - b->now.began_us) / 1000;
    b->busy = b->making = false;
    b->settled |= strcmp(b->now.directory, b->directory) == 0;
    b->last_ok_ms = b->now.newest_ms;
    if (!b->now.look_only) tell(b);
    mem_free(r->path);
    mem_free(b->now.directory);
    mem_free(b->now.path);
    if (b->next.is) {
        char *path = b->next.path;
        b->next.is = false;
        b->next.path = NULL;
        begin(b, path, false, false);
        mem_free(path);
        return;
    }
    if (b->stopping) {
        b->stopped(b->stopped_ctx);
        return;
    }
    arm(b);
}

static void on_timer(struct timer *timer)
{
    struct backups *b = (struct backups *)((char *)timer - offsetof(struct backups, timer));
    if (b->busy || b->stopping) return; /* its end arms again */
    if (!b->settled)
        begin(b, NULL, false, true);
    else if (b->next_ms && b->next_ms <= now_of(b))
        begin(b, NULL, true, false);
    else
        arm(b);
}

/* When it is due by what there is; a directory that was not looked at yet is looked at first. */
static void arm(struct backups *b)
{
    int64_t now = now_of(b), due = INT64_MAX;
    b->timer.fire = on_timer;
    b->next_ms = 0;
    if (b->stopping || !b->schedule || schedule_is_off(b->schedule)) {
        b->runtime->timer_stop(b->runtime, &b->timer);
        return;
    }
    if (b->settled) {
        /* One from the future was made while the clock was ahead: it counts as made now. */
        due = schedule_due(b->schedule, b->last_ok_ms < now ? b->last_ok_ms : now, now);
        if (due == INT64_MAX) return;
        if (b->failed_ms) due = due_again(b, due, now);
        b->next_ms = due;
    }
    int64_t wait = !b->settled || due <= now ? 0 : due - now;
    b->runtime->timer_arm(b->runtime, &b->timer, wait < LOOK_AGAIN_MS ? wait : LOOK_AGAIN_MS);
}

struct backups *backups_new(struct runtime *runtime, struct store *store)
{
    struct backups *b = mem_alloc(sizeof *b);
    b->runtime = runtime;
    b->store = store;
    b->directory = mem_text("");
    return b;
}

void backups_put(struct backups *b, const struct backups_settings *settings)
{
    struct error error;
    if (b->stopping) return;
    if (strcmp(b->directory, settings->directory) != 0) b->settled = false;
    mem_free(b->directory);
    schedule_free(b->schedule);
    b->directory = mem_text(settings->directory);
    b->keep = settings->keep;
    b->schedule = NULL;
    if (schedule_new(settings->schedule, &b->schedule, &error) != ST_OK) {
        char quoted[LOG_QUOTED_MAX];
        log_error("backup", "no-schedule", "error=%s", log_quote(error.text, quoted));
    }
    b->again_ms = now_of(b); /* what made them fail may be mended: at once */
    if (!b->schedule || schedule_is_off(b->schedule)) {
        b->tried = true;
        note_well(b);
    }
    if (!b->busy) arm(b);
}

void backups_make(struct backups *b, const char *path, backup_done *told, void *ctx)
{
    if (b->making || b->next.is) {
        struct backup_result busy = {.status = ST_BUSY};
        error_set(&busy.error, ST_BUSY,
                  "a backup is being made already; try again when it is there");
        told(ctx, &busy);
        return;
    }
    b->done = told;
    b->done_ctx = ctx;
    if (!b->busy) {
        begin(b, path, false, false);
        return;
    }
    b->next.is = true;
    b->next.path = path ? mem_text(path) : NULL;
}

/* The newest one is so new that none is due: they did not fail before this process either. */
static bool is_timely(const struct backups *b)
{
    return b->settled && b->last_ok_ms && b->next_ms > now_of(b);
}

void backups_view(const struct backups *b, struct backups_view *view)
{
    *view = (struct backups_view){.directory = b->directory,
                                  .schedule = b->schedule ? schedule_text(b->schedule) : "off",
                                  .keep = b->keep,
                                  .running = b->making,
                                  .next_ms = b->next_ms,
                                  .last_ok_ms = b->last_ok_ms,
                                  .unsure = !b->tried && !is_timely(b),
                                  .failed_ms = b->failed_ms,
                                  .error = b->why};
}

void backups_stop(struct backups *b, void (*stopped)(void *ctx), void *ctx)
{
    b->stopping = true;
    b->stopped = stopped;
    b->stopped_ctx = ctx;
    b->runtime->timer_stop(b->runtime, &b->timer);
    if (!b->busy) stopped(ctx);
}

void backups_free(struct backups *b)
{
    if (!b) return;
    b->runtime->timer_close(b->runtime, &b->timer);
    schedule_free(b->schedule);
    mem_free(b->directory);
    mem_free(b);
}
