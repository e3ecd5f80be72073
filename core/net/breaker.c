/* The circuit breaker's three states. */
#include "net/breaker.h"

#include "net/backoff.h"

int64_t breaker_wait_ms(const struct breaker *breaker, int64_t now_ms)
{
    if (breaker->state == BREAKER_CLOSED || breaker->until_ms <= now_ms) return 0;
    int64_t left = breaker->until_ms - now_ms;
    return left < breaker->pause_ms ? left : breaker->pause_ms;
}

static void wait_until(struct breaker *breaker, int64_t now_ms, int64_t pause_ms)
{
    breaker->pause_ms = pause_ms;
    breaker->until_ms = now_ms + pause_ms;
}

bool breaker_allows(struct breaker *breaker, int64_t now_ms)
{
    if (breaker->state == BREAKER_CLOSED) return true;
    /* The clock stepped back: wait a pause from now, no longer. */
    if (breaker->until_ms - now_ms > breaker->pause_ms)
        wait_until(breaker, now_ms, breaker->pause_ms);
    if (breaker->until_ms > now_ms) return false;
    breaker->state = BREAKER_HALF_OPEN;
    wait_until(breaker, now_ms, BREAKER_PROBE_MAX_MS);
    return true;
}

void breaker_success(struct breaker *breaker)
{
    *breaker = (struct breaker){0};
}

void breaker_failure(struct breaker *breaker, struct random *random, int64_t now_ms)
{
    if (breaker->failures < UINT32_MAX) breaker->failures++;
    if (breaker->state == BREAKER_OPEN) return; /* of a request that left before it opened */
    if (breaker->state == BREAKER_CLOSED && breaker->failures < BREAKER_FAILURES) return;
    breaker->state = BREAKER_OPEN;
    if (breaker->opened < UINT32_MAX) breaker->opened++;
    wait_until(breaker, now_ms,
               backoff_ms(random, breaker->opened, BREAKER_PAUSE_FIRST_MS, BREAKER_PAUSE_MAX_MS));
}

void breaker_skipped(struct breaker *breaker, int64_t now_ms)
{
    if (breaker->state != BREAKER_HALF_OPEN) return;
    breaker->state = BREAKER_OPEN;
    wait_until(breaker, now_ms, 0);
}
