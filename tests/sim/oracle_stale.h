/* Staleness is known (I15): since when the oldest figure of an account waits is told as a row of
 * counts (metrics, health, the alert), which are held, every half minute,
 * against what the marketplaces' models show and what the store's stock makes by a fold of its own:
 * what has not been there for two looks is told to wait at least since the first; an account
 * without such a row tells nothing. (That nothing is told to wait for longer than it does is in
 * test_engine_counts.)
 *
 * The rows of targets are asked for one thing alone: whether a figure is held, refused or believed
 * to be there, which is shown as such and no change that waits. Not where the clock is set. */
#ifndef SIM_ORACLE_STALE_H
#define SIM_ORACLE_STALE_H

#include "sim.h"

struct stale *stale_new(struct sim *sim);
void stale_free(struct stale *stale);
/* The first look is half a minute from now. */
void stale_begin(struct stale *stale);
/* What the pair shows has just been written: between two looks it may have been right. */
void stale_written(struct stale *stale, uint32_t pair);
/* The process was told that the value is there, and believes so: what it learns later to be missing
 * waits since then, be it that the same figure had been acknowledged before. */
void stale_acknowledged(struct stale *stale, uint32_t pair, int64_t value);
/* The marketplace has refused it, and it is shown as refused: what waits once somebody asks for it
 * again waits since then. */
void stale_refused(struct stale *stale, uint32_t pair);
/* The remote warehouse has just been closed or opened: what was held meanwhile waits anew. */
void stale_opened(struct stale *stale, uint32_t remote);

#endif
