/* What must be true, judged from outside: by what leaves, what lands, what comes back, what the
 * store holds at each commit, and the operator's own record. Each check is named after the
 * invariant it holds up (design, section 1).
 *
 *   I4   one unresolved write of a pair at a time, but for a decrease past an abandoned one
 *   I5   a pair's revisions never go back; a write's bytes leave once; acknowledged means applied
 *   I7   what is selected is what the store wants at that moment, and what leaves was selected
 *   I8   nothing is sent again that was taken, unless somebody asked for it
 *   I9   nothing is sent for a pair whose stock is not known, or that nobody linked
 *   I13  the marketplace counts no breach of its limits
 *   I14  in the end every pair shows what it should (oracle_final.c)
 *   I16  a crash loses nothing that was acknowledged (oracle_final.c)
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "network.h"
#include "sim.h"
#include "store/store.h"

struct oracle *oracle_new(struct sim *sim);
void oracle_free(struct oracle *oracle);

/* From the network. */
void oracle_sent(struct oracle *oracle, struct exchange *x);
/* `late`: the client is gone or has given up. */
void oracle_landed(struct oracle *oracle, struct exchange *x, bool late);
void oracle_answered(struct oracle *oracle, struct exchange *x);

/* Its orders are taken up again, or let go: it may be sent once more. */
void oracle_orders_switched(struct oracle *oracle, uint32_t account);
/* Somebody says that what parked it is over: what was refused may go at once, each time. */
void oracle_resumed(struct oracle *oracle, uint32_t account);
/* What the pair shows changed without a write. */
void oracle_shown(struct oracle *oracle, uint32_t pair);
/* Buyers are about to do something: what fell due at the marketplaces by itself was shown before
 * that, if only for a moment (an offer that was activated, and is bought at once). */
void oracle_time_passes(struct oracle *oracle);

/* From the engine's transaction, after each task; see runtime.h. */
void oracle_task_ran(struct oracle *oracle, struct store_txn *txn, uint64_t task, bool again);
void oracle_task_kept(struct oracle *oracle, uint64_t task, bool kept);
/* The store refused what a task did. */
void oracle_unstored(struct oracle *oracle);
/* Somebody asked for the pair to be sent: what was refused may go at once, each time. */
void oracle_requeued(struct oracle *oracle, uint32_t pair);
/* ... again, also what was taken. */
void oracle_forced(struct oracle *oracle, uint32_t pair);
/* The pair's target may have been taken away and made anew: what was sent before does not count. */
void oracle_renewed(struct oracle *oracle, uint32_t pair);
/* The process died. */
void oracle_crashed(struct oracle *oracle);
/* The account is in no file for a while. */
void oracle_absent(struct oracle *oracle, uint32_t account);
/* The account is parked until somebody logs in. */
void oracle_locked_out(struct oracle *oracle, uint32_t account, const char *why);
/* A new life begins. */
void oracle_begun(struct oracle *oracle, struct store_txn *txn);

uint64_t oracle_writes(const struct oracle *oracle);
/* How many pieces fewer than was wanted the pair's last write left, for it started from a lie. */
int64_t oracle_astray(const struct oracle *oracle, uint32_t pair);

/* All is right: from now on nothing is written, but for what waits for its card. */
void oracle_silent(struct oracle *oracle);

/* oracle_final.c: the store against the record, and every fold of the store itself. */
void oracle_compare_store(struct sim *sim, const char *when);
/* Its card was taken away once, and put back since perhaps. */
bool oracle_was_away(const struct sim *sim, uint32_t pair);
/* How many pairs do not show what they should; the first one's name and both figures into `why`. */
/* What the store has of the pair's target: for failures. */
void oracle_describe(struct sim *sim, uint32_t pair, FILE *out);
uint32_t oracle_differences(struct sim *sim, char *why, size_t size, journal_topic *topic);
/* The same of the pairs of all other sellers. */
uint32_t oracle_others_differ(struct sim *sim, uint32_t seller, char *why, size_t size,
                              journal_topic *topic);

#endif
