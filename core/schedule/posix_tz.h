/* The rule of POSIX TZ: "CET-1CEST,M3.5.0,M10.5.0/3", "<+03>-3" (POSIX.1-2017, 8.3; hours from -167
 * to 167 as in RFC 9636). Pure. */
#ifndef STOCKD_SCHEDULE_POSIX_TZ_H
#define STOCKD_SCHEDULE_POSIX_TZ_H

#include <stdbool.h>
#include <stdint.h>

enum posix_day { POSIX_JULIAN, POSIX_DAY, POSIX_WEEKDAY }; /* Jn, n, Mm.w.d */

struct posix_change {
    enum posix_day kind;
    int day;         /* Jn, n */
    int month, week; /* Mm.w.d */
    int weekday;
    int64_t at_s; /* of the day, by the clock that goes before */
};
struct posix_tz {
    int64_t standard_s, summer_s; /* seconds east of UTC */
    bool has_summer;
    struct posix_change begin, end; /* of summer time */
};

bool posix_tz_parse(const char *text, struct posix_tz *tz);
int64_t posix_tz_offset(const struct posix_tz *tz, int64_t utc_s);

#endif
