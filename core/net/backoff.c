/* Exponential back-off with jitter. */
#include "net/backoff.h"

int64_t backoff_ms(struct random *random, uint32_t attempt, int64_t first_ms, int64_t max_ms)
{
    int64_t wait = first_ms > 0 ? first_ms : 1;
    for (uint32_t i = 1; i < attempt && wait < max_ms; i++) /* ends: it doubles up to max_ms */
        wait = wait > max_ms / 2 ? max_ms : wait * 2;
    if (wait > max_ms) wait = max_ms;
    wait = random_jitter(random, wait);
    if (wait > max_ms) wait = max_ms;
    return wait > 0 ? wait : 1;
}
