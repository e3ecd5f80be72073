/* The five fields of crontab(5): minute, hour, day of the month, month, day of the week. Pure. */
#ifndef STOCKD_SCHEDULE_CRON_H
#define STOCKD_SCHEDULE_CRON_H

#include "base/error.h"
#include "schedule/zone.h"

#include <stdbool.h>
#include <stdint.h>

struct cron {
    uint64_t minutes, hours, days, months, weekdays; /* bits; Sunday is 0 */
    bool either; /* neither kind of day begins with '*': one that matches is enough (crontab(5)) */
};

/* `text`: the five fields, with one or more spaces between them. ST_INVALID with a sentence. */
enum status cron_parse(const char *text, struct cron *cron, struct error *error);
/* "sun", "Monday", "7": 0 is Sunday; -1: none. */
int cron_weekday(const char *text);

/* The first time that matches after `after_ms`; INT64_MAX: none within SCHEDULE_YEARS_MAX. */
int64_t cron_next(const struct cron *cron, const struct zone *zone, int64_t after_ms);

#endif
