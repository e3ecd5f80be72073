/* Running engine tasks (base/runtime.h) as one commit. The daemon's engine thread and the simulator
 * share this; who gathers tasks, and who calls their `done` on the loop, is theirs.
 *
 * CONCURRENCY. The engine thread. The tasks belong to the caller again when this returns. */
#ifndef STOCKD_ENGINE_GROUP_H
#define STOCKD_ENGINE_GROUP_H

#include "base/runtime.h"
#include "engine/engine.h"
#include "store/store.h"

enum { ENGINE_GROUP_MAX = 256 }; /* tasks in one commit: bounds how long one waits for the others */

/* Runs `tasks` (linked by `next`, in order) in one write transaction and commits it. A refusal
 * (ST_INVALID, ST_NOT_FOUND, ST_CONFLICT, ST_EXISTS, ST_TOO_BIG) concerns its task alone. Any other
 * failure, of a task or of the commit, gives the transaction up, and each task is run again in one
 * of its own, so that it fails alone.
 *
 * Afterwards each task's `status` and `error` are what its `done` must be called with: ST_OK means
 * durable, anything else that nothing of it is in the store. `touched` is what sync_touched must be
 * told after that. */
void engine_group_run(struct engine *engine, struct store *store, struct engine_task *tasks,
                      struct engine_touched *touched);

#endif
