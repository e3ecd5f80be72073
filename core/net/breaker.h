/* A circuit breaker for one thing that can fail (an account's endpoint, a route). Closed: all may
 * go. After BREAKER_FAILURES in a row it opens for a pause that doubles each time, jittered; when
 * the pause is over one may go (half open), and its outcome closes or opens it again. Pure: time
 * and randomness are given. One thread. */
#ifndef STOCKD_NET_BREAKER_H
#define STOCKD_NET_BREAKER_H

#include "base/random.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    BREAKER_FAILURES = 5,
    BREAKER_PAUSE_FIRST_MS = 1000,
    BREAKER_PAUSE_MAX_MS = 5 * 60 * 1000,
    BREAKER_PROBE_MAX_MS = 2 * 60 * 1000, /* a probe nobody told about is given up after this */
};

enum breaker_state { BREAKER_CLOSED = 0, BREAKER_OPEN, BREAKER_HALF_OPEN };

/* All zero is a closed breaker. */
struct breaker {
    enum breaker_state state;
    uint32_t failures; /* in a row */
    uint32_t opened;   /* in a row, without a success between */
    int64_t until_ms;  /* OPEN: when one may go; HALF_OPEN: when the probe is given up */
    int64_t pause_ms;
};

/* Whether a request may go now. True in the half-open state is the probe: its outcome must be told
 * by breaker_success, breaker_failure or breaker_skipped. */
bool breaker_allows(struct breaker *breaker, int64_t now_ms);
void breaker_success(struct breaker *breaker);
void breaker_failure(struct breaker *breaker, struct random *random, int64_t now_ms);
/* It did not go after all (cancelled, no quota): says nothing about the other side. */
void breaker_skipped(struct breaker *breaker, int64_t now_ms);
/* How long until breaker_allows may be true; 0: now. A clock that stepped back makes it no longer
 * than the pause itself. */
int64_t breaker_wait_ms(const struct breaker *breaker, int64_t now_ms);

#endif
