/* I6: what is due and may go, goes. A wake-up that is lost comes right with the next thing that
 * happens to the account, long before anybody looks at what is shown in the end; so while the end
 * is waited for, something that is due must not lie in the outbox for minutes in which its account
 * sends nothing and says of nothing that it waits for it. */
#ifndef SIM_ORACLE_IDLE_H
#define SIM_ORACLE_IDLE_H

#include "sim.h"

/* Zeroed at first. */
struct oracle_idle {
    uint32_t looks[PLAN_ACCOUNTS_MAX]; /* in a row at which it lay still */
    uint64_t sends[PLAN_ACCOUNTS_MAX];
};

/* To be called every half minute of the quiet phase. */
void oracle_idle_look(struct sim *sim, struct oracle_idle *idle);

#endif
