/* Fields of cron: reading them, and the next time they name. */
#include "schedule/cron.h"

#include "schedule/civil.h"
#include "schedule/schedule.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { FIELDS = 5, TOKEN_MAX = 128, NAME_SHORT = 3 };

static const char *const month_names[] = {"january",   "february", "march",    "april",
                                          "may",       "june",     "july",     "august",
                                          "september", "october",  "november", "december"};
static const char *const weekday_names[] = {"sunday",   "monday", "tuesday", "wednesday",
                                            "thursday", "friday", "saturday"};

static const struct field {
    const char *what;
    int least, most;
    const char *const *names;
    int name_count, name_base;
} fields[FIELDS] = {{"minute", 0, 59, NULL, 0, 0},
                    {"hour", 0, 23, NULL, 0, 0},
                    {"day of the month", 1, 31, NULL, 0, 0},
                    {"month", 1, 12, month_names, 12, 1},
                    {"day of the week", 0, 7, weekday_names, 7, 0}};

/* A name may be cut to three letters. */
static int named(const struct field *field, const char *text, size_t size)
{
    for (int i = 0; i < field->name_count; i++)
        if ((size == NAME_SHORT || size == strlen(field->names[i])) &&
            !strncasecmp(field->names[i], text, size))
            return field->name_base + i;
    return -1;
}

int cron_weekday(const char *text)
{
    if (text[0] == '7' && !text[1]) return 0;
    if (text[0] >= '0' && text[0] <= '6' && !text[1]) return text[0] - '0';
    return named(&fields[4], text, strlen(text));
}

static bool read_value(const struct field *field, const char **at, int *value)
{
    size_t letters = 0;
    if (isdigit((unsigned char)**at)) {
        for (*value = 0; isdigit((unsigned char)**at) && *value <= field->most; ++*at)
            *value = *value * 10 + (**at - '0');
        return *value >= field->least && *value <= field->most;
    }
    while (isalpha((unsigned char)(*at)[letters]))
        letters++;
    *value = letters ? named(field, *at, letters) : -1;
    *at += letters;
    return *value >= 0;
}

/* "*", "5", "mon-fri", each with "/2" behind: as bits. */
static bool read_range(const struct field *field, const char **at, uint64_t *bits)
{
    int low = field->least, high = field->most, step = 1;
    bool single = false;
    if (**at == '*') {
        ++*at;
    } else {
        if (!read_value(field, at, &low)) return false;
        high = low;
        single = **at != '-';
        if (!single && (++*at, !read_value(field, at, &high) || high < low)) return false;
    }
    if (**at == '/') {
        ++*at;
        for (step = 0; isdigit((unsigned char)**at) && step < 100; ++*at)
            step = step * 10 + (**at - '0');
        if (step < 1) return false;
        if (single) high = field->most;
    }
    for (int i = low; i <= high; i += step)
        *bits |= UINT64_C(1) << i;
    return true;
}

static bool read_field(const struct field *field, const char *text, uint64_t *bits)
{
    *bits = 0;
    while (read_range(field, &text, bits)) {
        if (!*text) return true;
        if (*text++ != ',') return false;
    }
    return false;
}

static bool split(const char *text, char token[FIELDS][TOKEN_MAX])
{
    int count = 0;
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");
        if (count == FIELDS || size >= TOKEN_MAX) return false;
        memcpy(token[count], at, size);
        token[count++][size] = 0;
        at += size;
    }
    return count == FIELDS;
}

enum status cron_parse(const char *text, struct cron *cron, struct error *error)
{
    char token[FIELDS][TOKEN_MAX];
    uint64_t *bits[FIELDS] = {&cron->minutes, &cron->hours, &cron->days, &cron->months,
                              &cron->weekdays};
    *cron = (struct cron){0};
    if (!split(text, token))
        return error_set(error, ST_INVALID,
                         "cron takes five fields (minute, hour, day of the month, month, day of "
                         "the week), like 'cron 15 3 * * mon-fri', not '%s'",
                         text);
    for (int i = 0; i < FIELDS; i++)
        if (!read_field(&fields[i], token[i], bits[i]))
            return error_set(error, ST_INVALID,
                             "'%s' is no %s of cron: numbers from %d to %d, as in '*', '5', '1-5', "
                             "'*/10', '1,15'",
                             token[i], fields[i].what, fields[i].least, fields[i].most);
    if (cron->weekdays & UINT64_C(1) << 7) cron->weekdays |= 1;
    cron->either = token[2][0] != '*' && token[4][0] != '*';
    return ST_OK;
}

static bool has(uint64_t bits, int bit)
{
    return bits >> bit & 1;
}

static bool day_matches(const struct cron *cron, const struct civil *civil, int64_t days)
{
    bool day = has(cron->days, civil->day), weekday = has(cron->weekdays, civil_weekday(days));
    return cron->either ? day || weekday : day && weekday;
}

/* The first matching minute of that day not before `minute`, or -1. */
static int minute_of_day(const struct cron *cron, int minute)
{
    for (int hour = minute / 60; hour < 24; hour++, minute = hour * 60)
        for (int i = minute % 60; has(cron->hours, hour) && i < 60; i++)
            if (has(cron->minutes, i)) return hour * 60 + i;
    return -1;
}

/* By the clock of the zone, from local second `from_s` on; INT64_MAX: none. */
static int64_t next_local(const struct cron *cron, int64_t from_s)
{
    struct civil civil = civil_of(from_s);
    int minute = civil.hour * 60 + civil.minute;
    int64_t days = civil_days(civil.year, civil.month, civil.day);
    for (int left = SCHEDULE_YEARS_MAX * 366; left > 0; left--, days++, minute = 0) {
        civil = civil_of(days * CIVIL_DAY_S);
        if (!has(cron->months, civil.month) || !day_matches(cron, &civil, days)) continue;
        int found = minute_of_day(cron, minute);
        if (found >= 0) return days * CIVIL_DAY_S + found * 60;
    }
    return INT64_MAX;
}

int64_t cron_next(const struct cron *cron, const struct zone *zone, int64_t after_ms)
{
    int64_t after_s = after_ms / 1000 - (after_ms % 1000 < 0);
    int64_t local = after_s + zone_offset(zone, after_s);
    local -= local % 60;
    /* Where clocks go back, what comes next by the clock may be over by the sun. */
    for (;;) {
        local = next_local(cron, local);
        if (local == INT64_MAX) return INT64_MAX;
        int64_t utc = zone_to_utc(zone, local);
        if (utc > after_s) return utc * 1000;
        local += 60;
    }
}
