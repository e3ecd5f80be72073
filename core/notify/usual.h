/* What is usual, by its own past: the median, and a spread around it that a few outliers do not
 * move (the Hampel identifier: median and MAD; 1.4826 x MAD is the standard deviation where values
 * are normal). Pure; any thread.
 *
 *     spread = max(1.4826 x MAD, median / 10, USUAL_LEAST)
 *     far    = |x - median| > times x spread
 *
 * A past that never changed has a MAD of 0, so the spread has a floor: a tenth of the median, and a
 * few pieces. */
#ifndef STOCKD_NOTIFY_USUAL_H
#define STOCKD_NOTIFY_USUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { USUAL_LEAST = 5 };

struct usual {
    int64_t median, spread; /* in the unit of the values */
};
/* Of at least one value, each up to 10^14 in size; sorts them. */
struct usual usual_of(int64_t *values, size_t count);
bool usual_is_far(const struct usual *usual, int64_t value, int64_t times);

#endif
