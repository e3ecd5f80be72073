/* The `now` that quotas are given: wall time, with every step of the wall clock noticed by a glance
 * at the monotonic one and told to the book, so that a clock set forward frees nothing. Loop thread
 * only. */
#ifndef STOCKD_NET_QUOTA_CLOCK_H
#define STOCKD_NET_QUOTA_CLOCK_H

#include "base/clock.h"

#include <stdbool.h>

struct quota_book;

struct quota_clock {
    const struct clock_source *source;
    struct quota_book *book;
    int64_t offset_ms; /* wall minus monotonic, as last seen */
    bool started;
};

void quota_clock_init(struct quota_clock *clock, const struct clock_source *source,
                      struct quota_book *book);
int64_t quota_clock_now(struct quota_clock *clock);

#endif
