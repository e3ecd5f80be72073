/* Median and MAD in whole numbers. */
#include "notify/usual.h"

#include <stdlib.h>

/* 1.4826: 1 / the 3/4 quantile of the normal distribution. */
enum { SIGMA = 14826, SIGMA_PER = 10000, TENTH = 10 };

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int64_t median_of(int64_t *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    int64_t low = values[(count - 1) / 2], high = values[count / 2];
    return low + (high - low) / 2;
}

struct usual usual_of(int64_t *values, size_t count)
{
    struct usual usual = {.median = median_of(values, count)};
    for (size_t i = 0; i < count; i++)
        values[i] = llabs(values[i] - usual.median);
    int64_t mad = median_of(values, count);
    usual.spread = mad / SIGMA_PER * SIGMA + mad % SIGMA_PER * SIGMA / SIGMA_PER;
    if (usual.spread < llabs(usual.median) / TENTH) usual.spread = llabs(usual.median) / TENTH;
    if (usual.spread < USUAL_LEAST) usual.spread = USUAL_LEAST;
    return usual;
}

bool usual_is_far(const struct usual *usual, int64_t value, int64_t times)
{
    return llabs(value - usual->median) / times > usual->spread ||
           llabs(value - usual->median) > times * usual->spread;
}
