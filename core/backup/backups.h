/* Backups of the store: by schedule into a directory where the newest few stay, and by hand.
 *
 * WHEN. What was done last is what the directory's newest automatic backup says (store/rotation.h);
 * so one that was missed while the machine was off is made at the next start, once. One that fails
 * is tried again within BACKUP_AGAIN_MS, and at once by backups_put. Old ones go only after a new
 * one is whole: a disk that is full never costs the last good backup.
 *
 * Two are never made at once; one that is asked for meanwhile is ST_BUSY.
 *
 * Loop thread; copying is on a worker. */
#ifndef STOCKD_BACKUP_BACKUPS_H
#define STOCKD_BACKUP_BACKUPS_H

#include "base/error.h"
#include "base/runtime.h"
#include "store/store.h"

enum { BACKUP_AGAIN_MS = 60 * 60 * 1000 };

struct backups;

/* Both must outlive backups_free. Nothing is made before backups_put. */
struct backups *backups_new(struct runtime *runtime, struct store *store);

struct backups_settings {
    const char *directory;
    const char *schedule; /* schedule/schedule.h; "off": by hand only */
    uint32_t keep;        /* so many automatic ones; 0: all of them */
};
/* From now on. Texts are copied. Where the schedule is off, nothing fails any more. */
void backups_put(struct backups *backups, const struct backups_settings *settings);

/* What came of one. */
struct backup_result {
    enum status status;
    char *path;     /* NULL: it came to no name. Lives as long as the call */
    uint64_t bytes; /* of the copy */
    int64_t began_ms, duration_ms;
    uint32_t removed; /* old ones */
    struct error error;
};
typedef void backup_done(void *ctx, const struct backup_result *result);
/* Makes one now, at `path` (absolute, a new folder) or, NULL, under a name of today in the
 * directory. `done` is called later, from the loop. */
void backups_make(struct backups *backups, const char *path, backup_done *done, void *ctx);

struct backups_view {
    const char *directory, *schedule; /* live until backups_put */
    uint32_t keep;
    bool running;
    int64_t next_ms;    /* 0: not by itself */
    int64_t last_ok_ms; /* when the newest automatic one was made; 0: there is none */
    int64_t failed_ms;  /* since then the schedule's attempts fail; 0: they do not */
    bool unsure;        /* failed_ms is 0 only since nothing was tried since the start */
    const char *error;  /* of the last failed one; "" */
};
void backups_view(const struct backups *backups, struct backups_view *view);

/* Begins nothing more. `stopped` may be called from inside. */
void backups_stop(struct backups *backups, void (*stopped)(void *ctx), void *ctx);
void backups_free(struct backups *backups); /* after `stopped`; NULL is fine */

#endif
