/* How long to wait before the next try. Pure; one thread per generator. */
#ifndef STOCKD_NET_BACKOFF_H
#define STOCKD_NET_BACKOFF_H

#include "base/random.h"

#include <stdint.h>

/* Before try number `attempt` + 1 (attempt 1: the first has failed): first_ms doubled attempt - 1
 * times, jittered by a fifth, never above max_ms and never below 1. */
int64_t backoff_ms(struct random *random, uint32_t attempt, int64_t first_ms, int64_t max_ms);

#endif
