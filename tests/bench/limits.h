/* The machine's own limits, measured beside what is compared with them. */
#ifndef STOCKD_BENCH_LIMITS_H
#define STOCKD_BENCH_LIMITS_H

#include "world.h"

/* One small row and one durable commit after the other, on the file system of `world`: seconds
 * each. */
void limit_commits(const struct world *world, size_t count, struct samples *seconds);

struct puts {
    size_t rows;
    int tables;    /* rows put for each; as many trees */
    size_t value;  /* bytes */
    bool shuffled; /* else in key order */
    size_t commit; /* rows in one durable transaction */
};
/* LMDB alone: rows/s. `rows` are there already when `again`. */
double limit_puts(const struct world *world, const struct puts *puts, bool again);

/* GET on a kept connection: seconds each, there and back. */
void limit_round_trips(struct client *client, const char *path, size_t count,
                       struct samples *seconds);

/* Posts prebuilt requests of 100 items to marketsim, as fast as one thread and `connections` allow:
 * items/s. */
double limit_market(const struct world *world, size_t requests, int connections);

/* libcurl (multi, `connections` at once) and jansson alone: builds each body, sends it, parses the
 * answer, looks at each item: items/s. */
double limit_curl(unsigned port, size_t requests, int connections);

#endif
