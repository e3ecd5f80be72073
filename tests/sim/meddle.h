/* What people do at a marketplace by hand while stockd runs: cards that vanish, bear other names or
 * barcodes and come back, offers ended and put back, warehouses renamed, closed and opened. All of
 * it is undone when all becomes quiet. Which of it a marketplace knows is in its table (market.h).
 */
#ifndef SIM_MEDDLE_H
#define SIM_MEDDLE_H

#include "sim.h"

/* One thing, drawn from the stream that is in use. */
void meddle(struct sim *sim);
/* That thing, where it can be done and not too often. */
void meddle_with(struct sim *sim, uint32_t account, uint32_t product, enum meddling what);
void meddle_end(struct sim *sim);

#endif
