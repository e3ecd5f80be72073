/* A shorter run that fails in the same way: ingredients of the plan are taken away one by one, for
 * as long as the same oracle still fails. What is taken away has a name, so that the shorter run
 * can be asked for again: stockd-sim --seed N --less NAMES. */
#ifndef SIM_SHRINK_H
#define SIM_SHRINK_H

#include "sim.h"

#include <stddef.h>

enum { SHRINK_TEXT_MAX = 1000 };

/* Takes away what is named, in that order ("crash,reload,products/2"). False: there is no such
 * name, or nothing left to take. */
bool shrink_apply(struct plan *plan, const char *names);

/* The plan fails with `oracle`: makes it smaller, and says what was taken away. */
void shrink(struct plan *plan, const struct plugin *const plugins[MARKET_KINDS], const char *oracle,
            char names[SHRINK_TEXT_MAX], FILE *progress);

#endif
