/* Sweeps: a change that touches more targets than one command should (a new link, a warehouse that
 * opens) leaves a durable row; chunks of it are applied between other commands until it is done
 * (I6). For the engine's own files only. */
#ifndef STOCKD_ENGINE_SWEEP_H
#define STOCKD_ENGINE_SWEEP_H

#include "engine/state.h"

/* Every target of that remote warehouse has to be looked at again. */
void sweep_remote(struct applying *a, uint32_t account, uint32_t remote);

#endif
