/* Accounts that are parked: each time for a reason that is known from outside. A person who pauses
 * one parks none. What the marketplace answered is judged by the bytes that came, not by what was
 * made of them. */
#ifndef SIM_ORACLE_PARKED_H
#define SIM_ORACLE_PARKED_H

#include "network.h"
#include "sim.h"
#include "store/store.h"

struct parked;
struct parked *parked_new(struct sim *sim);
void parked_free(struct parked *parked);

void parked_answered(struct parked *parked, const struct exchange *x);
/* The account's process is gone, or the account is of it: it may have lost what came just now. */
void parked_absent(struct parked *parked, uint32_t account);
/* What the tasks of a group of the engine did was taken back. */
void parked_undone(struct parked *parked);
void parked_group_ended(struct parked *parked);
/* After each task of the engine. */
void parked_task_ran(struct parked *parked, struct store_txn *txn);
/* Whether it may be: it was for a reason, and nobody resumed it since, or there is one now. */
bool parked_rightly(const struct parked *parked, uint32_t account);
void parked_resumed(struct parked *parked, uint32_t account);

#endif
