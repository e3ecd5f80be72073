/* The guard (I11): judges what a command does to the figures shown at marketplaces, before it is
 * there. What exceeds the limits is held as a command with its plan (plan.h), the targets stay as
 * they are.
 *
 * HOW. A command is applied inside its transaction while every changed figure is tallied; then the
 * tally is judged together with what the last 24 h did, and with ST_HELD the transaction is given
 * up. So the judgement is exact for every kind of command, and costs one row per account. What a
 * command leaves to sweeps (a link) is foreseen in it instead, and the sweep marks what it changes
 * as counted; bulk jobs are foreseen as a whole before their first chunk (guard_foresee.h).
 *
 * WHAT COUNTS. A target whose wanted figure becomes another one is changed, from above 0 to 0 it is
 * zeroed; both are counted once in the window (of all sources, and of each that did it) however
 * often they happen, and one that shows something again is no longer zeroed. One that a command
 * brings back to where it was is not changed (undoing a transfer between two warehouses that feed
 * it). A figure that nothing was known about before is not a change. Exempt are the marketplaces'
 * own news (orders, readings, outcomes), what expires with time, sweeps (judged where they were
 * asked for), files of conf.d, and what a person applied.
 *
 * THREADS. The engine's, but for the names. */
#ifndef STOCKD_ENGINE_GUARD_H
#define STOCKD_ENGINE_GUARD_H

#include "engine/engine.h"

enum {
    GUARD_WINDOW_HOURS = 24,
    GUARD_ROWS_KEPT = 10000, /* of one plan; what is more is counted */
};

/* Limits over any 24 h; 100 percent and 0 pieces are none. Without engine_guard_set all is off. */
struct guard_limit {
    uint32_t zeroed_percent;  /* of the account's targets that show something */
    uint32_t changed_percent; /* of the account's live targets: wanted, not held */
    int64_t pieces;           /* sum of the differences */
};
struct engine_guard {
    bool on;
    uint32_t at_least; /* so many targets may be zeroed or changed whatever share they are */
    struct guard_limit account; /* of all sources together */
    struct guard_limit source;  /* of one: who asked, or one import file */
};
void engine_guard_set(struct engine *engine, const struct engine_guard *guard);
/* These accounts send nothing before their first plan was applied, so until then nothing that is
 * done to them is judged or counted: their plan shows it all. */
void engine_guard_wait(struct engine *engine, const uint32_t *accounts, uint32_t count);
bool guard_is_on(const struct engine *engine);

/* One figure that would become another. */
struct guard_row {
    struct target_id target;
    int64_t before, after;
    struct target_marks marks; /* before; in memory only */
};

/* Of the targets that are changed: those that the window counts already, by the hour (modulo its
 * length) in which it does; `restored` are zeroed no more. */
struct guard_before {
    uint32_t changed[GUARD_WINDOW_HOURS + 1], zeroed[GUARD_WINDOW_HOURS + 1],
        restored[GUARD_WINDOW_HOURS + 1];
};

/* What a command, or a job, does to one account. */
struct guard_tally {
    uint32_t account;
    uint64_t changed, zeroed, raised; /* targets; raised: from 0 to more */
    int64_t pieces;
    struct guard_before all, mine; /* of all sources, of the one that asks */
};
/* Targets that another source set to 0 in that hour, and that show something again. */
struct guard_given {
    uint32_t account, source, hour, count;
};
struct guard_effects {
    uint32_t source; /* who asks: guard_source */
    uint32_t hour;   /* in which they count: guard_hour_now */
    struct guard_tally *tallies;
    uint32_t count, room;
    struct guard_row *rows; /* the first GUARD_ROWS_KEPT, in the order they came about */
    uint32_t row_count, row_room;
    uint64_t total; /* rows, also those not kept */
    struct guard_given *given;
    uint32_t given_count, given_room;
};
void guard_effects_reset(struct guard_effects *effects, uint32_t source, uint32_t hour);
void guard_effects_free(struct guard_effects *effects);

/* Where a target's figure goes from `before` (FIGURE_UNKNOWN: nothing to compare with) to `after`;
 * its marks follow. [any thread] */
void guard_effects_add(struct guard_effects *effects, const struct target_id *id,
                       struct target_marks *marks, int64_t before, int64_t after);
/* It goes nowhere after all; its marks are what they were. [any thread] */
void guard_effects_forget(struct guard_effects *effects, const struct target_id *id,
                          struct target_marks *marks);

/* Judges effects that are not in the store yet (`foreseen`), or are in this transaction already.
 * ST_HELD with a sentence, or ST_OK. Writes nothing. */
enum status guard_judge(struct engine *engine, struct store_txn *txn,
                        const struct guard_effects *effects, bool foreseen, struct error *error);
/* Whether one source may bring so many of so many figures to 0, by the share that it may zero of
 * what an account shows: for figures that are shown nowhere. ST_HELD with a sentence, or ST_OK. */
enum status guard_judge_zeroed(const struct engine *engine, uint64_t zeroed, uint64_t of,
                               struct error *error);
/* Adds them to the windows. */
enum status guard_count(struct engine *engine, struct store_txn *txn,
                        const struct guard_effects *effects, struct error *error);

/* What was changed of an account in the last 24 h, by all sources, and its live targets. [any
 * thread] */
struct guard_view {
    int64_t changed, zeroed, pieces, live;
};
enum status guard_view_get(struct store_txn *txn, uint32_t account, int64_t now_ms,
                           struct guard_view *view, struct error *error);

/* The number under which a source is counted: of a job, or of an actor. Never 0. */
uint32_t guard_source(const char *actor, uint64_t job);

#endif
