/* Quiet hours by the clock of a zone. */
#include "notify/quiet.h"

#include "schedule/civil.h"

#include <stdio.h>
#include <stdlib.h>

enum { MINUTE_S = 60, DAYS_LOOKED_AT = 3 };

static int64_t next_at(const struct quiet_hours *quiet, int32_t minute, int64_t now_s)
{
    int64_t local = now_s + zone_offset(quiet->zone, now_s);
    int64_t day = local / CIVIL_DAY_S;
    for (int i = 0; i < DAYS_LOOKED_AT; i++) {
        int64_t at = (day + i) * CIVIL_DAY_S + (int64_t)minute * MINUTE_S;
        int64_t utc = zone_to_utc(quiet->zone, at);
        if (utc > now_s) return utc;
    }
    return now_s + CIVIL_DAY_S;
}

bool quiet_now(const struct quiet_hours *quiet, int64_t now_ms, int64_t *until_ms)
{
    *until_ms = INT64_MAX;
    if (quiet->from == quiet->to) return false;
    int64_t now_s = now_ms / 1000;
    int64_t local = now_s + zone_offset(quiet->zone, now_s);
    int32_t minute = (int32_t)(local % CIVIL_DAY_S / MINUTE_S);
    bool quiet_then = quiet->from < quiet->to ? minute >= quiet->from && minute < quiet->to
                                              : minute >= quiet->from || minute < quiet->to;
    *until_ms = next_at(quiet, quiet_then ? quiet->to : quiet->from, now_s) * 1000;
    return quiet_then;
}

const char *quiet_time(const struct zone *zone, int64_t ms, char out[QUIET_TIME_MAX])
{
    int64_t offset = zone_offset(zone, ms / 1000);
    struct civil c = civil_of(ms / 1000 + offset);
    int n = snprintf(out, QUIET_TIME_MAX, "%04d-%02d-%02d %02d:%02d (UTC", c.year % 10000,
                     c.month % 100, c.day % 100, c.hour % 100, c.minute % 100);
    int minutes = (int)(labs((long)offset) / MINUTE_S);
    if (offset && n > 0 && n < QUIET_TIME_MAX)
        n += snprintf(out + n, (size_t)(QUIET_TIME_MAX - n), "%c%02d:%02d", offset < 0 ? '-' : '+',
                      minutes / 60 % 100, minutes % 60);
    if (n > 0 && n < QUIET_TIME_MAX) snprintf(out + n, (size_t)(QUIET_TIME_MAX - n), ")");
    return out;
}
