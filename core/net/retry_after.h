/* What answers say about waiting and about what is left. Pure; any thread. */
#ifndef STOCKD_NET_RETRY_AFTER_H
#define STOCKD_NET_RETRY_AFTER_H

#include "net/transport.h"

enum {
    RETRY_AFTER_MAX_MS = 6 * 3600 * 1000, /* nobody seen asks for more than half an hour */
};

/* Until when (wall ms) to leave them alone, or 0 when nothing was said: Retry-After in seconds or
 * as an HTTP date, X-Ratelimit-Retry in seconds; the later of them, at most RETRY_AFTER_MAX_MS from
 * now. A date that has passed gives `now_ms`. Malformed values say nothing. */
int64_t retry_after_until(const struct net_answer *answer, int64_t now_ms);
/* One Retry-After value; -1 when it is malformed. `date_ms` is the answer's own Date, or 0: a date
 * is then counted from it and not from our clock. */
int64_t retry_after_parse(const char *value, int64_t date_ms, int64_t now_ms);
/* An HTTP date in any of the three forms of RFC 9110, 5.6.7, to wall ms; -1 when it is none. */
int64_t http_date_parse(const char *text, int64_t now_ms);
/* Ratelimit-Remaining or X-Ratelimit-Remaining: the number, or -1 when nothing was said. */
int64_t ratelimit_remaining(const struct net_answer *answer);

#endif
