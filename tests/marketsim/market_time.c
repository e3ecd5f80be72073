/* Civil dates by arithmetic: the C library's calendar needs an environment (TZ), a model has none.
 */
#include "market_time.h"

#include <string.h>

#define DAY_MS 86400000

static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil_from_days(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;
    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = y + era * 400 + (*month <= 2);
}

/* Lists are full of times, and so are filters: printf and scanf would be most of what they cost. */
static bool parse_digits(const char **at, int count, int64_t *value)
{
    for (*value = 0; count > 0; count--, (*at)++) {
        if (**at < '0' || **at > '9') return false;
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

static bool parse_byte(const char **at, char byte)
{
    if (**at != byte) return false;
    ++*at;
    return true;
}

static bool parse_date(const char **at, int64_t *ms)
{
    int64_t year, month, day;
    if (!parse_digits(at, 4, &year) || !parse_byte(at, '-') || !parse_digits(at, 2, &month) ||
        !parse_byte(at, '-') || !parse_digits(at, 2, &day) || month < 1 || month > 12 || day < 1 ||
        day > 31)
        return false;
    *ms = days_from_civil(year, month, day) * DAY_MS;
    return true;
}

static bool parse_clock(const char **at, int64_t *ms)
{
    int64_t hour, minute, second;
    if (!parse_digits(at, 2, &hour) || !parse_byte(at, ':') || !parse_digits(at, 2, &minute) ||
        !parse_byte(at, ':') || !parse_digits(at, 2, &second) || hour > 23 || minute > 59 ||
        second > 60)
        return false;
    *ms = ((hour * 60 + minute) * 60 + second) * 1000;
    return true;
}

static bool parse_fraction(const char **at, int64_t *ms)
{
    *ms = 0;
    if (**at != '.') return true;
    int64_t unit = 100;
    size_t digits = 0;
    for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, digits++, unit /= 10)
        *ms += (**at - '0') * unit;
    return digits >= 1 && digits <= 9;
}

/* "Z", or "+03:00" */
static bool parse_zone(const char *at, int64_t *ms)
{
    int64_t hours, minutes;
    *ms = 0;
    if (*at == 'Z') return !at[1];
    bool west = *at == '-';
    if (!west && *at != '+') return false;
    at++;
    if (!parse_digits(&at, 2, &hours) || !parse_byte(&at, ':') || !parse_digits(&at, 2, &minutes))
        return false;
    *ms = (hours * 60 + minutes) * (west ? -60000 : 60000);
    return !*at;
}

bool market_time_parse(const char *text, int64_t *ms)
{
    int64_t date, clock, fraction, zone;
    if (!parse_date(&text, &date) || !parse_byte(&text, 'T') || !parse_clock(&text, &clock) ||
        !parse_fraction(&text, &fraction) || !parse_zone(text, &zone))
        return false;
    *ms = date + clock + fraction - zone;
    return true;
}

static void digits(char *to, int count, int64_t value)
{
    for (; count > 0; value /= 10)
        to[--count] = (char)('0' + value % 10);
}

const char *market_time_format(int64_t ms, char text[MARKET_TIME_SIZE])
{
    int64_t days = ms >= 0 ? ms / DAY_MS : -((-ms + DAY_MS - 1) / DAY_MS);
    int64_t rest = ms - days * DAY_MS;
    int64_t year, month, day;
    civil_from_days(days, &year, &month, &day);
    memcpy(text, "0000-00-00T00:00:00.000Z", sizeof("0000-00-00T00:00:00.000Z"));
    digits(text, 4, year);
    digits(text + 5, 2, month);
    digits(text + 8, 2, day);
    digits(text + 11, 2, rest / 3600000);
    digits(text + 14, 2, rest / 60000 % 60);
    digits(text + 17, 2, rest / 1000 % 60);
    digits(text + 20, 3, rest % 1000);
    return text;
}
