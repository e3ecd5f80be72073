/* Imports of files as jobs (`--jobs`): received, spooled, accepted, read, sorted and applied in
 * small chunks by the real code, with crashes between any two steps; the next life goes on. The
 * spool is the one thing of a simulation that is on the real disk.
 *
 * The record takes each chunk at its place among the commands: the engine tasks of imports go
 * through here. Whatever figure one brings must be one that a file said. */
#ifndef SIM_JOBS_H
#define SIM_JOBS_H

#include "sim.h"

struct jobs;
struct sync;

struct jobs *jobs_new(struct sim *sim);
void jobs_free(struct jobs *jobs);

/* A life begins; and ends: `stopped` when nothing of it is under way any more. */
void jobs_boot(struct jobs *jobs, struct runtime *runtime, struct engine *engine,
               struct sync *sync);
void jobs_stop(struct jobs *jobs);
bool jobs_stopped(const struct jobs *jobs);
void jobs_over(struct jobs *jobs);

struct op;
/* Whether the chunk is in the store: for the next life. */
bool jobs_kept(struct store_txn *txn, const struct op *op);

struct import_job;
/* A job's row. False: there is none. */
bool jobs_row(struct store_txn *txn, uint64_t number, struct import_job *job);
/* Those that the guard holds. */
enum { JOBS_HELD_MOST = 100 };
struct jobs_held {
    uint64_t job, plan;
};
uint32_t jobs_held(struct sim *sim, struct jobs_held held[JOBS_HELD_MOST]);
/* One was dropped: it brings nothing any more. */
void jobs_dropped(struct jobs *jobs, uint64_t job);
/* One was applied or dropped, durably: imports look. */
void jobs_look_again(struct jobs *jobs);
/* All is quiet: nothing is left on the disk that nobody needs. */
void jobs_check_end(struct sim *sim);

/* Somebody brings a file. */
void jobs_file(struct sim *sim);
/* No job is accepted and not at its end, by the store. */
bool jobs_idle(struct sim *sim);
/* As much is held as can be: an import that would be held, too, waits until a person applied or
 * dropped something, and in the quiet there is none. */
bool jobs_wait_for_people(struct sim *sim);

#endif
