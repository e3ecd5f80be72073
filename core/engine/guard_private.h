/* What the guard shares with the files that apply commands. For the engine's own files only. */
#ifndef STOCKD_ENGINE_GUARD_PRIVATE_H
#define STOCKD_ENGINE_GUARD_PRIVATE_H

#include "engine/guard.h"
#include "engine/state.h"
#include "engine/target.h"

struct guard_live {
    uint32_t account;
    int64_t live, showing;
};

/* The engine's, in memory. */
struct guard {
    struct engine_guard limits;
    uint32_t *waiting; /* engine_guard_wait */
    uint32_t waiting_count;
    struct guard_effects effects; /* of the command being applied, or of the last one held */
    bool looks;      /* the command under way is not judged nor counted: its effects are wanted */
    uint32_t newest; /* the latest hour that anything counted in; 0: not looked up yet */
    struct guard_live *lives; /* differences of this group, by account */
    uint32_t live_count;
    /* The last command that was held, until guard_keep. */
    bool held;
    struct command command; /* its payload and actor are in `memory` */
    struct buf memory;
    struct error reason;
};

/* ---- guard.c: around one command */

/* Tallies from here on, when this command is one to be judged. */
void guard_begin(struct applying *a);
/* ST_HELD: what was tallied exceeds a limit; the transaction must be given up. */
enum status guard_end(struct applying *a);

/* Applies a command that is not judged, and tallies what it does. */
enum status guard_look(struct engine *engine, struct store_txn *txn, const struct command *command,
                       struct command_result *result, struct error *error);

/* The command's figure of that target goes from `before` to `after`. */
static inline bool guard_watches(const struct applying *a)
{
    return a->guard != NULL;
}
void guard_changed(struct applying *a, struct target *target, int64_t before, int64_t after);
/* As guard_changed, of what was counted when the sweep was asked for. */
void guard_was_counted(const struct applying *a, struct target *target, int64_t before,
                       int64_t after);
/* It is no longer known what should be there, so it stays as it is: whatever the command did. */
void guard_unknown(struct applying *a, struct target *target);

/* Foresees what a sweep over that remote warehouse will do. */
enum status guard_foresee_remote(struct applying *a, uint32_t account, uint32_t remote);
/* Whether what the command does to the account is counted. */
bool guard_counts(struct applying *a, uint32_t account);

/* ---- guard_window.c: counters in the store */

/* How many targets of an account are live and show something, as of this group. */
enum status guard_live_get(struct engine *engine, struct store_txn *txn, uint32_t account,
                           struct guard_live *live, struct error *error);
/* A target was one before, and is another now. */
void guard_live_move(struct engine *engine, uint32_t account, uint8_t before, uint8_t after);
/* So many more than were counted. */
void guard_live_add(struct engine *engine, uint32_t account, int64_t live, int64_t showing);
enum status guard_live_flush(struct engine *engine, struct store_txn *txn);
enum { LIVE = 1, LIVE_SHOWING = 2 };
static inline uint8_t guard_live_of(const struct target_record *r)
{
    if (!(r->flags & TARGET_WANTED) || r->hold) return 0;
    return r->wanted_value > 0 ? LIVE | LIVE_SHOWING : LIVE;
}

struct guard_sums {
    int64_t changed, zeroed, pieces;
};
/* The hour in which what happens now counts: a clock that goes back takes no hour back, so that the
 * marks of targets and the windows mean the same ones; but for one that was ahead by more than a
 * window. */
uint32_t guard_hour_now(struct engine *engine, struct store_txn *txn, int64_t now_ms);
/* Over the window that ends in that hour; `source` 0: all sources together. */
enum status guard_window_sums(struct store_txn *txn, uint32_t account, uint32_t source,
                              uint32_t hour, struct guard_sums *sums, struct error *error);
enum status guard_window_add(struct store_txn *txn, uint32_t source,
                             const struct guard_tally *tally, uint32_t hour, struct error *error);
/* Of a tally: what it adds to the window of all sources, or of the one that asks. */
struct guard_sums guard_tally_sums(const struct guard_tally *tally, bool of_all);
/* So many that a source zeroed in that hour show something again. */
enum status guard_window_give(struct store_txn *txn, const struct guard_given *given, uint32_t hour,
                              struct error *error);
/* Windows of sources in which nothing is left go. */
void guard_window_clean(struct store_txn *txn, uint32_t account, uint32_t hour);

#endif
