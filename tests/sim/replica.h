/* Lists of orders from a replica that is behind: some of the orders in an answer are as an answer
 * told them before. Which is no lie of now, so nothing that is known may be undone by it (I3). */
#ifndef SIM_REPLICA_H
#define SIM_REPLICA_H

#include "network.h"

/* The answer of the model, which the process is about to get. */
void replica_spoil(struct exchange *x);
void replica_free(struct sim *sim);

#endif
