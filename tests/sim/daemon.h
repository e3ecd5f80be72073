/* The process: engine, sync and plugin instances, born and killed. What survives it is the store
 * and what is on the wire. */
#ifndef SIM_DAEMON_H
#define SIM_DAEMON_H

#include "base/runtime.h"
#include "engine/engine.h"
#include "engine/target_count.h"
#include "sim.h"
#include "sync/sync.h"

struct daemon *daemon_new(struct sim *sim);
void daemon_free(struct daemon *daemon);

bool daemon_is_up(const struct daemon *daemon);
/* What people are shown of the account; false: there is no process, or it has none such. */
bool daemon_view(struct daemon *daemon, uint32_t account, struct sync_account_view *view);
/* Whether the account could write, has nothing on its way, and waits for nothing that it could
 * name. `sends`: its write requests so far. */
bool daemon_idles(struct daemon *daemon, uint32_t account, uint64_t *sends);
/* What is told of the account's targets; false: nothing is, for it has no row of counts. */
bool daemon_counts(const struct daemon *daemon, struct store_txn *txn, uint32_t account,
                   struct target_counts *counts);
/* Starts a process on the store as it is. */
void daemon_boot(struct daemon *daemon);
/* kill -9. Commits that nobody was told of may be lost. */
void daemon_crash(struct daemon *daemon);
/* Asks it to end; it is down when what was under way has come back. */
void daemon_stop(struct daemon *daemon, int64_t grace_ms);
/* To be called between events: takes away a process that has stopped; true when it did. */
bool daemon_reap(struct daemon *daemon);
/* New settings and credentials for an account, as after a reload. */
void daemon_reload(struct daemon *daemon, uint32_t account);

/* A person asks for it now. */
void daemon_ask(struct daemon *daemon, uint32_t account, enum sync_task task);

/* The account is in no file any more (sim->away says so, too). */
void daemon_leave(struct daemon *daemon, uint32_t account);
/* The guard is as it is configured now. */
void daemon_guard(struct daemon *daemon);

struct engine *daemon_engine(struct daemon *daemon);
void daemon_submit(struct daemon *daemon, struct engine_task *task);
/* Looks after accounts that wait for somebody to log in. */
void daemon_person(struct daemon *daemon);
/* What people are shown of the account: for failures. */
void daemon_describe(struct daemon *daemon, FILE *out);
uint64_t daemon_crashes(const struct daemon *daemon);

#endif
