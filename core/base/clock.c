/* The system's clocks, and times as text. */
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t system_wall_ms(void *ctx)
{
    (void)ctx;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_mono_us(void *ctx)
{
    (void)ctx;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

const struct clock_source *clock_system(void)
{
    static const struct clock_source source = {system_wall_ms, system_mono_us, NULL};
    return &source;
}

const char *clock_text(int64_t wall_ms, char out[CLOCK_TEXT_MAX])
{
    if (wall_ms <= 0) {
        snprintf(out, CLOCK_TEXT_MAX, "never");
        return out;
    }
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(out, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, CLOCK_TEXT_MAX - n, ".%03dZ", (int)(wall_ms % 1000));
    return out;
}

int64_t clock_parse(const char *text)
{
    struct tm tm = {0};
    int used = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &used) != 6)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t ms = 0;
    const char *at = text + used;
    if (*at == '.') {
        int64_t unit = 100;
        for (at++; *at >= '0' && *at <= '9'; at++, unit /= 10)
            ms += unit * (*at - '0');
    }
    int64_t offset = 0;
    if (*at == '+' || *at == '-') {
        int h = 0, m = 0, got = 0;
        if (sscanf(at + 1, "%2d:%2d%n", &h, &m, &got) != 2 || at[1 + got]) return -1;
        offset = (h * 60 + m) * 60000LL * (*at == '-' ? 1 : -1);
    } else if (at[0] != 'Z' || at[1]) {
        return -1;
    }
    return (int64_t)timegm(&tm) * 1000 + ms + offset;
}
