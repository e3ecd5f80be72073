/* The parts of the benchmark; each adds its rows to the table. They share one world with a big
 * store, made once, where that is possible. */
#ifndef STOCKD_BENCH_PARTS_H
#define STOCKD_BENCH_PARTS_H

#include "world.h"

/* 1 a change -> the request at the marketplace. 8 idle. */
void part_latency(struct world *world);
/* 2 items/s, in key order and in random order; 6 memory while pushing. */
void part_push(struct world *world);
/* 3 changed targets on Ozon's quota. A world of its own. */
void part_quota(void);
/* 4 imports without targets, with four targets a row; 6 memory while importing. Worlds of their
 * own. */
void part_import(void);
/* 5 the cost of k of n: instructions under callgrind. */
void part_cost(struct world *world);
/* 10 plan, explain, and undo of an import, of 100,000 products at four accounts. A world of its
 * own. */
void part_ask(void);
/* 11 readings and durable changes a second through the API. A world of its own. */
void part_api(void);
/* 6 memory idle, 7 start, 8 idle processor time. */
void part_life(struct world *world);
/* 9 kill -9 to the first push. */
void part_kill(struct world *world);

/* How many products the big store has. */
size_t parts_big(void);
/* The shape of the big world, and a range of its products that nobody has taken: a pair that was
 * sent may not be sent again for 30 seconds, so each measurement takes fresh ones. */
struct world_shape parts_shape(void);
size_t parts_take(size_t count);

#endif
