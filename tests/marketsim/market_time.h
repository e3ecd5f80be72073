/* RFC 3339 times, always UTC in milliseconds since 1970. */
#ifndef MARKETSIM_MARKET_TIME_H
#define MARKETSIM_MARKET_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MARKET_TIME_SIZE 32

bool market_time_parse(const char *text, int64_t *ms);
const char *market_time_format(int64_t ms,
                               char text[MARKET_TIME_SIZE]); /* 2026-01-02T03:04:05.678Z */

#endif
