/* Writes on their way. A selection leaves one row per batch, removed when its operation ends; what
 * is found at start are writes whose outcome was lost with the process (I4, I5, I16). For the
 * engine's own files only. */
#ifndef STOCKD_ENGINE_FLIGHT_H
#define STOCKD_ENGINE_FLIGHT_H

#include "engine/state.h"

/* `targets`: target keys, one after another. */
void flight_put(struct applying *a, uint32_t account, const uint8_t operation[OPERATION_ID_SIZE],
                struct bytes targets);
void flight_delete(struct applying *a, uint32_t account, struct bytes operation);

#endif
