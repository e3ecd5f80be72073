/* POSIX TZ rules: reading one, and the offset it gives. */
#include "schedule/posix_tz.h"

#include "schedule/civil.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum {
    HOUR_S = 3600,
    HOURS_MAX = 167,               /* RFC 9636, 3.3.1 */
    CHANGE_DEFAULT_S = 2 * HOUR_S, /* POSIX: 02:00:00 */
    SUMMER_DEFAULT_S = HOUR_S,     /* POSIX: an hour ahead */
    NAME_MIN = 3,
};

static bool read_number(const char **at, int most, int *number)
{
    if (!isdigit((unsigned char)**at)) return false;
    for (*number = 0; isdigit((unsigned char)**at); ++*at) {
        *number = *number * 10 + (**at - '0');
        if (*number > most) return false;
    }
    return true;
}

static bool read_name(const char **at)
{
    const char *begin = *at;
    if (**at == '<') {
        const char *end = strchr(*at, '>');
        if (!end) return false;
        *at = end + 1;
        return end - begin > NAME_MIN;
    }
    while (isalpha((unsigned char)**at))
        ++*at;
    return *at - begin >= NAME_MIN;
}

static bool read_time(const char **at, int64_t *seconds)
{
    int hours, minutes = 0, second = 0;
    bool negative = **at == '-';
    if (**at == '-' || **at == '+') ++*at;
    if (!read_number(at, HOURS_MAX, &hours)) return false;
    if (**at == ':' && (++*at, !read_number(at, 59, &minutes))) return false;
    if (**at == ':' && (++*at, !read_number(at, 59, &second))) return false;
    *seconds = hours * HOUR_S + minutes * 60 + second;
    if (negative) *seconds = -*seconds;
    return true;
}

static bool read_day(const char **at, struct posix_change *change)
{
    if (**at == 'J') {
        ++*at;
        change->kind = POSIX_JULIAN;
        return read_number(at, 365, &change->day) && change->day > 0;
    }
    if (**at != 'M') {
        change->kind = POSIX_DAY;
        return read_number(at, 365, &change->day);
    }
    ++*at;
    change->kind = POSIX_WEEKDAY;
    if (!read_number(at, 12, &change->month) || change->month < 1 || *(*at)++ != '.') return false;
    if (!read_number(at, 5, &change->week) || change->week < 1 || *(*at)++ != '.') return false;
    return read_number(at, 6, &change->weekday);
}

static bool read_change(const char **at, struct posix_change *change)
{
    change->at_s = CHANGE_DEFAULT_S;
    if (*(*at)++ != ',' || !read_day(at, change)) return false;
    if (**at != '/') return true;
    ++*at;
    return read_time(at, &change->at_s);
}

bool posix_tz_parse(const char *text, struct posix_tz *tz)
{
    const char *at = text;
    *tz = (struct posix_tz){0};
    if (!read_name(&at) || !read_time(&at, &tz->standard_s)) return false;
    tz->standard_s = -tz->standard_s; /* POSIX counts to the west */
    if (!*at) return true;
    tz->has_summer = true;
    tz->summer_s = tz->standard_s + SUMMER_DEFAULT_S;
    if (!read_name(&at)) return false;
    if (*at != ',') {
        if (!read_time(&at, &tz->summer_s)) return false;
        tz->summer_s = -tz->summer_s;
    }
    return read_change(&at, &tz->begin) && read_change(&at, &tz->end) && !*at;
}

/* The day of the year's change, in days since 1970. */
static int64_t change_day(const struct posix_change *change, int year)
{
    int64_t new_year = civil_days(year, 1, 1);
    if (change->kind == POSIX_DAY) return new_year + change->day;
    if (change->kind == POSIX_JULIAN) /* 29 February is not counted */
        return new_year + change->day - 1 + (civil_leap(year) && change->day > 59);
    int64_t first = civil_days(year, change->month, 1);
    int day = (change->weekday - civil_weekday(first) + 7) % 7 + 7 * (change->week - 1);
    while (day >= civil_month_days(year, change->month)) /* week 5 is the last there is */
        day -= 7;
    return first + day;
}

int64_t posix_tz_offset(const struct posix_tz *tz, int64_t utc_s)
{
    if (!tz->has_summer) return tz->standard_s;
    int year = civil_of(utc_s + tz->standard_s).year;
    int64_t begin = change_day(&tz->begin, year) * CIVIL_DAY_S + tz->begin.at_s - tz->standard_s;
    int64_t end = change_day(&tz->end, year) * CIVIL_DAY_S + tz->end.at_s - tz->summer_s;
    bool summer = begin < end ? utc_s >= begin && utc_s < end : utc_s >= begin || utc_s < end;
    return summer ? tz->summer_s : tz->standard_s;
}
