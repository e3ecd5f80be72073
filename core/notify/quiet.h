/* Quiet hours, and times as they are shown. Pure; any thread. */
#ifndef STOCKD_NOTIFY_QUIET_H
#define STOCKD_NOTIFY_QUIET_H

#include "schedule/zone.h"

#include <stdbool.h>

struct quiet_hours {
    const struct zone *zone;
    int32_t from, to; /* minutes of the day there; equal: none */
};
/* Whether it is quiet then; *until_ms: when that changes (INT64_MAX: never). */
bool quiet_now(const struct quiet_hours *quiet, int64_t now_ms, int64_t *until_ms);

enum { QUIET_TIME_MAX = 48 };
/* "2026-11-21 08:30 (UTC+03:00)" */
const char *quiet_time(const struct zone *zone, int64_t ms, char out[QUIET_TIME_MAX]);

#endif
