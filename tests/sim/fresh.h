/* Which world a seed that nobody has run stands for: all kinds by turns, so that none is left to
 * chance. Pure. */
#ifndef SIM_FRESH_H
#define SIM_FRESH_H

#include <stdint.h>

enum { FRESH_WORLD_MAX = 64 };

/* As options of stockd-sim; "" where the seed alone says all. */
void fresh_world(uint64_t seed, char options[FRESH_WORLD_MAX]);

#endif
