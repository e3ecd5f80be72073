/* Schedules: their text, and when they are due. */
#include "schedule/schedule.h"

#include "base/mem.h"
#include "base/suggest.h"
#include "base/unit.h"
#include "schedule/cron.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct schedule {
    atomic_uint refs;
    char *text;
    bool off;
    int64_t every_ms; /* 0: appointed times */
    struct cron cron;
    struct zone *zone;
};

enum { WORDS_MAX = 8, FORM = 0 };

static const char usual[] = "'every 30m', 'daily 03:00 UTC', 'weekly sun 04:00 Europe/Moscow', "
                            "'cron 15 3 * * mon-fri' or 'off'";

/* ---- words */

struct words {
    char copy[SCHEDULE_TEXT_MAX];
    char *at[WORDS_MAX];
    size_t count;
};

static bool is_filler(const char *word)
{
    return !strcasecmp(word, "at") || !strcasecmp(word, "on");
}

static enum status split(const char *text, struct words *words, struct error *error)
{
    char *rest = words->copy;
    words->count = 0;
    if (strlen(text) >= sizeof words->copy)
        return error_set(error, ST_INVALID, "a schedule of more than %d bytes",
                         SCHEDULE_TEXT_MAX - 1);
    memcpy(words->copy, text, strlen(text) + 1);
    for (char *word; (word = strsep(&rest, " \t"));) {
        if (!*word || is_filler(word)) continue;
        if (words->count == WORDS_MAX)
            return error_set(error, ST_INVALID, "'%s' has too many words for a schedule: it is %s",
                             text, usual);
        words->at[words->count++] = word;
    }
    return ST_OK;
}

/* What stands behind the words that were understood: a zone or nothing. */
static enum status take_zone(const struct words *words, size_t from, struct schedule *schedule,
                             struct error *error)
{
    if (words->count > from + 1)
        return error_set(error, ST_INVALID, "'%s' is too much in a schedule: it is %s",
                         words->at[from + 1], usual);
    return zone_open(words->count > from ? words->at[from] : "UTC", &schedule->zone, error);
}

static const char *zone_of(const struct words *words, size_t from)
{
    return words->count > from ? words->at[from] : "UTC";
}

/* ---- the forms */

static bool read_clock(const char *text, int *hour, int *minute)
{
    if (strlen(text) != 5 || text[2] != ':') return false;
    for (int i = 0; i < 5; i++)
        if (i != 2 && !isdigit((unsigned char)text[i])) return false;
    *hour = (text[0] - '0') * 10 + text[1] - '0';
    *minute = (text[3] - '0') * 10 + text[4] - '0';
    return *hour < 24 && *minute < 60;
}

static enum status take_every(const struct words *words, struct schedule *schedule,
                              struct error *error)
{
    if (words->count != 2 || !unit_duration_read(words->at[1], &schedule->every_ms))
        return error_set(error, ST_INVALID,
                         "'every' takes one duration (30s, 10m, 6h, 2d), as in 'every 30m'");
    if (schedule->every_ms < SCHEDULE_EVERY_MIN_MS)
        return error_set(error, ST_INVALID, "'every %s' is too often: 1s is the least",
                         words->at[1]);
    schedule->text = mem_format("every %s", words->at[1]);
    return ST_OK;
}

static enum status take_clock(const struct words *words, size_t from, struct schedule *schedule,
                              struct error *error)
{
    int hour, minute;
    if (words->count <= from || !read_clock(words->at[from], &hour, &minute))
        return error_set(error, ST_INVALID,
                         "'%s' wants a time of day from 00:00 to 23:59, as in %s", words->at[FORM],
                         usual);
    schedule->cron.minutes = UINT64_C(1) << minute;
    schedule->cron.hours = UINT64_C(1) << hour;
    return take_zone(words, from + 1, schedule, error);
}

static void every_day(struct schedule *schedule)
{
    schedule->cron = (struct cron){.days = ~UINT64_C(0), .months = ~UINT64_C(0), .weekdays = 0x7f};
}

static enum status take_daily(const struct words *words, struct schedule *schedule,
                              struct error *error)
{
    every_day(schedule);
    enum status status = take_clock(words, 1, schedule, error);
    if (status == ST_OK)
        schedule->text = mem_format("daily %s %s", words->at[1], zone_of(words, 2));
    return status;
}

static enum status take_weekly(const struct words *words, struct schedule *schedule,
                               struct error *error)
{
    int weekday = words->count > 1 ? cron_weekday(words->at[1]) : -1;
    if (weekday < 0)
        return error_set(error, ST_INVALID,
                         "'weekly' wants a day of the week (mon, sunday), as in "
                         "'weekly sun 04:00 UTC'");
    every_day(schedule);
    schedule->cron.weekdays = UINT64_C(1) << weekday;
    enum status status = take_clock(words, 2, schedule, error);
    if (status == ST_OK)
        schedule->text =
            mem_format("weekly %s %s %s", words->at[1], words->at[2], zone_of(words, 3));
    return status;
}

static enum status take_cron(const struct words *words, struct schedule *schedule,
                             struct error *error)
{
    char fields[SCHEDULE_TEXT_MAX];
    size_t size = 0;
    fields[0] = 0;
    for (size_t i = 1; i < words->count && i <= 5; i++)
        size += (size_t)snprintf(fields + size, sizeof fields - size, "%s%s", i > 1 ? " " : "",
                                 words->at[i]);
    enum status status = cron_parse(fields, &schedule->cron, error);
    if (status == ST_OK) status = take_zone(words, 6, schedule, error);
    if (status != ST_OK) return status;
    schedule->text = mem_format("cron %s %s", fields, zone_of(words, 6));
    if (cron_next(&schedule->cron, schedule->zone, 0) == INT64_MAX)
        return error_set(error, ST_INVALID, "'%s' names a date that never comes", schedule->text);
    return ST_OK;
}

static enum status take_off(const struct words *words, struct schedule *schedule,
                            struct error *error)
{
    if (words->count != 1) return error_set(error, ST_INVALID, "'off' stands alone");
    schedule->off = true;
    schedule->text = mem_text("off");
    return ST_OK;
}

static enum status take(const char *text, struct schedule *schedule, struct error *error)
{
    static const char *const names[] = {"every", "daily", "weekly", "cron", "off"};
    static enum status (*const forms[])(const struct words *, struct schedule *, struct error *) = {
        take_every, take_daily, take_weekly, take_cron, take_off};
    enum { FORMS = sizeof names / sizeof *names };
    struct words words;
    enum status status = split(text, &words, error);
    if (status != ST_OK) return status;
    for (size_t i = 0; words.count && i < FORMS; i++)
        if (!strcasecmp(words.at[FORM], names[i])) return forms[i](&words, schedule, error);
    const char *near = words.count ? suggest_name(words.at[FORM], names, FORMS) : NULL;
    return error_set(error, ST_INVALID, "'%s' is no schedule%s%s%s: it is %s", text,
                     near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", usual);
}

enum status schedule_new(const char *text, struct schedule **schedule, struct error *error)
{
    struct schedule *made = mem_alloc(sizeof *made);
    atomic_init(&made->refs, 1);
    enum status status = take(text, made, error);
    if (status == ST_OK)
        *schedule = made;
    else
        schedule_free(made);
    return status;
}

struct schedule *schedule_ref(struct schedule *schedule)
{
    atomic_fetch_add(&schedule->refs, 1);
    return schedule;
}

void schedule_free(struct schedule *schedule)
{
    if (!schedule || atomic_fetch_sub(&schedule->refs, 1) > 1) return;
    zone_free(schedule->zone);
    mem_free(schedule->text);
    mem_free(schedule);
}

/* ---- when */

const char *schedule_text(const struct schedule *schedule)
{
    return schedule->text;
}

int64_t schedule_interval_ms(const struct schedule *schedule)
{
    return schedule->every_ms;
}

bool schedule_is_off(const struct schedule *schedule)
{
    return schedule->off;
}

int64_t schedule_due(const struct schedule *schedule, int64_t last_ms, int64_t now_ms)
{
    if (schedule->off) return INT64_MAX;
    if (schedule->every_ms) return last_ms ? last_ms + schedule->every_ms : now_ms;
    return cron_next(&schedule->cron, schedule->zone, last_ms ? last_ms : now_ms);
}
