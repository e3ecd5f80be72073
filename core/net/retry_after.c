/* Parsing of Retry-After, X-Ratelimit-Retry and Ratelimit-Remaining. */
#include "net/retry_after.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* A whole number, with spaces around and a fraction (rounded up): in `unit`ths. -1 when it is not.
 */
static int64_t parse_number(const char *text, int64_t unit)
{
    int64_t whole = 0, part = 0;
    while (*text == ' ' || *text == '\t')
        text++;
    if (!isdigit((unsigned char)*text)) return -1;
    for (; isdigit((unsigned char)*text); text++)
        if (whole < INT32_MAX) whole = whole * 10 + (*text - '0');
    if (*text == '.') {
        for (text++; isdigit((unsigned char)*text); text++)
            if (*text != '0') part = 1;
    }
    while (*text == ' ' || *text == '\t')
        text++;
    if (*text) return -1;
    return (whole + (unit > 1 ? part : 0)) * unit;
}

static int month_of(const char *name)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++)
        if (strncasecmp(months + (ptrdiff_t)i * 3, name, 3) == 0) return i;
    return -1;
}

static bool in_range(const struct tm *tm)
{
    return tm->tm_mon >= 0 && tm->tm_mday >= 1 && tm->tm_mday <= 31 && tm->tm_hour >= 0 &&
           tm->tm_hour <= 23 && tm->tm_min >= 0 && tm->tm_min <= 59 && tm->tm_sec >= 0 &&
           tm->tm_sec <= 60 && tm->tm_year >= 70 && tm->tm_year < 1100;
}

/* Two digits of a year mean the one of that ending that is not more than 50 years ahead. */
static int whole_year(int two, int64_t now_ms)
{
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm now;
    gmtime_r(&seconds, &now);
    int year = (now.tm_year + 1900) / 100 * 100 + two;
    return year > now.tm_year + 1900 + 50 ? year - 100 : year;
}

int64_t http_date_parse(const char *text, int64_t now_ms)
{
    struct tm tm = {0};
    char month[4] = "", zone[4] = "";
    int year = 0, end = 0;
    /* Sun, 06 Nov 1994 08:49:37 GMT */
    if (sscanf(text, " %*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d %3[A-Za-z] %n", &tm.tm_mday,
               month, &year, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, zone, &end) == 7 &&
        end && !text[end]) {
        if (strcasecmp(zone, "GMT") != 0 && strcasecmp(zone, "UTC") != 0) return -1;
        /* Sunday, 06-Nov-94 08:49:37 GMT */
    } else if (sscanf(text, " %*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT %n", &tm.tm_mday,
                      month, &year, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) == 6 &&
               end && !text[end]) {
        if (year < 0) return -1;
        year = whole_year(year, now_ms);
        /* Sun Nov  6 08:49:37 1994 */
    } else if (sscanf(text, " %*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d %n", month, &tm.tm_mday,
                      &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &year, &end) != 6 ||
               !end || text[end]) {
        return -1;
    }
    tm.tm_year = year - 1900;
    tm.tm_mon = month_of(month);
    return in_range(&tm) ? (int64_t)timegm(&tm) * 1000 : -1;
}

static int64_t capped(int64_t wait_ms, int64_t now_ms)
{
    if (wait_ms < 0) wait_ms = 0;
    return now_ms + (wait_ms < RETRY_AFTER_MAX_MS ? wait_ms : RETRY_AFTER_MAX_MS);
}

int64_t retry_after_parse(const char *value, int64_t date_ms, int64_t now_ms)
{
    int64_t wait = parse_number(value, 1000);
    if (wait >= 0) return capped(wait, now_ms);
    int64_t until = http_date_parse(value, now_ms);
    if (until < 0) return -1;
    return capped(until - (date_ms > 0 ? date_ms : now_ms), now_ms);
}

int64_t retry_after_until(const struct net_answer *answer, int64_t now_ms)
{
    const char *date = net_answer_header(answer, "Date");
    int64_t date_ms = date ? http_date_parse(date, now_ms) : 0;
    const char *value = net_answer_header(answer, "Retry-After");
    int64_t until = value ? retry_after_parse(value, date_ms, now_ms) : 0;
    value = net_answer_header(answer, "X-Ratelimit-Retry");
    int64_t wait = value ? parse_number(value, 1000) : -1;
    if (wait >= 0 && capped(wait, now_ms) > until) until = capped(wait, now_ms);
    return until > 0 ? until : 0;
}

int64_t ratelimit_remaining(const struct net_answer *answer)
{
    const char *value = net_answer_header(answer, "Ratelimit-Remaining");
    if (!value) value = net_answer_header(answer, "X-Ratelimit-Remaining");
    return value ? parse_number(value, 1) : -1;
}
