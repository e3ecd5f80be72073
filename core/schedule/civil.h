/* Calendar arithmetic without time zones (proleptic Gregorian). Days and seconds since 1970-01-01.
 * Algorithms: H. Hinnant, "chrono-compatible low-level date algorithms" (days_from_civil,
 * civil_from_days). Pure. */
#ifndef STOCKD_SCHEDULE_CIVIL_H
#define STOCKD_SCHEDULE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

enum { CIVIL_DAY_S = 86400 };

struct civil {
    int year, month, day; /* month and day from 1 */
    int hour, minute, second;
};

int64_t civil_days(int year, int month, int day);
struct civil civil_of(int64_t seconds);
int64_t civil_seconds(const struct civil *civil);
int civil_weekday(int64_t days); /* 0: Sunday */
int civil_month_days(int year, int month);
bool civil_leap(int year);

#endif
