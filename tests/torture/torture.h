/* What the torture tests share: a daemon of the end-to-end world with the shim preloaded, killed at
 * one of its effects after the other, or with its calls failing.
 *
 * How many effects a test tries: all with STOCKD_TORTURE=full in the environment (script/torture);
 * otherwise some, at random, within a few seconds. STOCKD_TEST_SEED chooses which. */
#ifndef STOCKD_TORTURE_H
#define STOCKD_TORTURE_H

#include "e2e/harness.h"
#include "shim.h"

enum { TORTURE_SHORT_MS = 2500 }; /* of one test, when it does not try all */

extern struct torture *torture; /* of the world's daemon */

/* world_begin, and the control file. Skips the test under a sanitizer, which is preloaded itself.
 */
int torture_begin(void **state);
int torture_end(void **state);

bool torture_full(void);

void torture_start_begin(void); /* daemon_begin with the shim */
void torture_start(void);       /* ... until it is ready */
/* For other programs: words to put before theirs, ended by NULL. */
const char *const *torture_words(void);

/* ---- calls that fail */

/* From now on `times` calls of that kind fail with `error` (-1: all), after `skip` that work. */
void torture_fail(enum torture_call call, int error, int64_t skip, int64_t times);
void torture_mend(void); /* nothing fails any more */

/* ---- effects that are the last */

/* The next round ends at the effect `at` from now, counted from 1. */
void torture_kill_at(uint64_t at, enum torture_how how);
void torture_kill_never(void);
/* The round is over: it was killed, or there were fewer effects this time and it is killed now. */
void torture_kill_ends(void);
/* The daemon is gone; whether it was the shim that killed it. Never waits. */
bool torture_killed(void);
const char *torture_call_name(enum torture_call call);
const char *torture_place(void); /* "after a sync": for messages */

/* Which effects to try: for (struct torture_walk w = torture_walk(n); torture_next(&w);) tries w.at
 * of 1..n and w.how. */
struct torture_walk {
    uint64_t at, effects;
    enum torture_how how;
    uint64_t turn, stride;
    int64_t until_ms;
};
struct torture_walk torture_walk(uint64_t effects);
/* At most so many of them, spread evenly, where all are many. */
struct torture_walk torture_walk_most(uint64_t effects, uint64_t most);
bool torture_next(struct torture_walk *walk);

#endif
