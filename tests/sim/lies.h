/* Answers that lie: well made, with status 200, and wrong. Nothing tells them from true ones, so
 * whatever they lead to must do no harm, and come right when they end. Drawn from a stream of their
 * own. */
#ifndef SIM_LIES_H
#define SIM_LIES_H

#include "network.h"

/* A spell begins: for a while an account's readings lie in one way. For chaos.c. */
void lies_begin(struct sim *sim);
/* The answer of the model, which the process is about to get. */
void lies_spoil(struct exchange *x);

#endif
