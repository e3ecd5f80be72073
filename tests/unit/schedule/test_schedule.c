/* Schedules: what their texts mean, when they are due, and what is refused with which words. */
#include "schedule/schedule.h"

#include "base/random.h"
#include "test_main.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t ms_of(const char *text) /* "2026-03-29 01:30:00", UTC */
{
    struct tm tm = {0};
    if (!strptime(text, "%Y-%m-%d %H:%M:%S", &tm)) fail_msg("%s", text);
    return (int64_t)timegm(&tm) * 1000;
}

static const char *text_of(int64_t ms)
{
    static char text[32];
    time_t at = (time_t)(ms / 1000);
    struct tm tm;
    if (ms == INT64_MAX) return "never";
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime_r(&at, &tm));
    return text;
}

static struct schedule *make(const char *text)
{
    struct schedule *schedule;
    struct error error = {0};
    if (schedule_new(text, &schedule, &error) != ST_OK) fail_msg("%s: %s", text, error.text);
    return schedule;
}

static void are_due_when_they_say(void **state)
{
    static const struct {
        const char *schedule, *last, *due;
    } rows[] = {
        {"every 30m", "2026-11-21 10:00:00", "2026-11-21 10:30:00"},
        {"every 2d", "2026-02-27 10:00:00", "2026-03-01 10:00:00"},
        {"off", "2026-11-21 10:00:00", "never"},
        {"daily 03:00", "2026-11-21 03:00:00", "2026-11-22 03:00:00"},
        {"daily 03:00", "2026-11-21 02:59:59", "2026-11-21 03:00:00"},
        {"daily at 03:00 UTC", "2026-12-31 12:00:00", "2027-01-01 03:00:00"},
        {"Daily 03:00 Europe/Moscow", "2026-11-21 01:00:00", "2026-11-22 00:00:00"},
        {"weekly sun 04:00", "2026-11-21 10:00:00", "2026-11-22 04:00:00"},
        {"weekly on Sunday at 04:00", "2026-11-22 04:00:00", "2026-11-29 04:00:00"},
        {"weekly 7 04:00", "2026-11-22 04:00:00", "2026-11-29 04:00:00"},
        {"cron 15 3 * * mon-fri", "2026-11-20 03:15:00", "2026-11-23 03:15:00"},
        {"cron */10 * * * *", "2026-11-21 10:05:00", "2026-11-21 10:10:00"},
        {"cron 0 0 29 2 *", "2026-11-21 10:00:00", "2028-02-29 00:00:00"},
        {"cron 0 0 29 2 *", "2096-03-01 00:00:00", "2104-02-29 00:00:00"},
        {"cron 0 12 13 * fri", "2026-11-21 00:00:00", "2026-11-27 12:00:00"},  /* either */
        {"cron 0 12 */2 * fri", "2026-11-21 00:00:00", "2026-11-27 12:00:00"}, /* both */
        {"cron 5/20 8,20 1 jan,JULY *", "2026-11-21 00:00:00", "2027-01-01 08:05:00"},
        /* Clocks go forward at 01:00 UTC: 02:30 does not exist. Back at 01:00 UTC: it is twice. */
        {"daily 02:30 Europe/Berlin", "2026-03-28 12:00:00", "2026-03-29 01:30:00"},
        {"daily 02:30 Europe/Berlin", "2026-03-29 01:30:00", "2026-03-30 00:30:00"},
        {"daily 02:30 Europe/Berlin", "2026-10-24 12:00:00", "2026-10-25 00:30:00"},
        {"daily 02:30 Europe/Berlin", "2026-10-25 00:30:00", "2026-10-26 01:30:00"},
        {"cron 0 * * * * Europe/Berlin", "2026-10-25 00:00:00", "2026-10-25 02:00:00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strchr(rows[i].schedule, '/') && access("/usr/share/zoneinfo/Europe", R_OK)) continue;
        struct schedule *schedule = make(rows[i].schedule);
        int64_t last = ms_of(rows[i].last), due = schedule_due(schedule, last, last);
        if (strcmp(text_of(due), rows[i].due))
            fail_msg("%s after %s: %s, not %s", rows[i].schedule, rows[i].last, text_of(due),
                     rows[i].due);
        schedule_free(schedule);
    }
    (void)state;
}

static void what_was_never_done(void **state)
{
    int64_t now = ms_of("2026-11-21 10:00:00");
    struct schedule *every = make("every 6h"), *daily = make("daily 03:00");
    assert_int_equal(schedule_due(every, 0, now), now);
    assert_string_equal(text_of(schedule_due(daily, 0, now)), "2026-11-22 03:00:00");
    assert_int_equal(schedule_interval_ms(every), 6 * 3600 * 1000);
    assert_int_equal(schedule_interval_ms(daily), 0);
    schedule_free(every);
    schedule_free(daily);
    (void)state;
}

/* A month of sleep: due once, in the past; and once done, next in the future. */
static void what_was_missed_is_due_once(void **state)
{
    int64_t last = ms_of("2026-10-01 03:00:00"), now = ms_of("2026-11-21 10:00:00");
    struct schedule *daily = make("daily 03:00");
    assert_true(schedule_due(daily, last, now) < now);
    assert_true(schedule_due(daily, now, now) > now);
    schedule_free(daily);
    (void)state;
}

static void have_one_usual_form(void **state)
{
    static const char *const rows[][2] = {
        {"every  30m", "every 30m"},
        {"DAILY at 03:00", "daily 03:00 UTC"},
        {"weekly on sun at 04:00 UTC", "weekly sun 04:00 UTC"},
        {"cron 15 3 * * mon-fri", "cron 15 3 * * mon-fri UTC"},
        {"Off", "off"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct schedule *schedule = make(rows[i][0]), *again;
        assert_string_equal(schedule_text(schedule), rows[i][1]);
        assert_int_equal(schedule_new(rows[i][1], &again, NULL), ST_OK);
        schedule_free(schedule);
        schedule_free(again);
    }
    (void)state;
}

static void what_makes_no_sense_is_refused(void **state)
{
    static const char *const rows[][2] = {
        {"", "it is 'every 30m'"},
        {"evry 30m", "did you mean 'every'?"},
        {"every", "takes one duration"},
        {"every 30", "takes one duration"},
        {"every 30m UTC", "takes one duration"},
        {"every 10ms", "too often"},
        {"every 99999999999999999999d", "takes one duration"},
        {"daily", "wants a time of day"},
        {"daily 3:00", "wants a time of day"},
        {"daily 24:00", "wants a time of day"},
        {"daily 03:60", "wants a time of day"},
        {"daily 03:00 Europe/Atlantis", "there is no time zone 'Europe/Atlantis'"},
        {"daily 03:00 ../../etc/passwd", "no name of a time zone"},
        {"daily 03:00 UTC please", "'please' is too much"},
        {"weekly 04:00", "wants a day of the week"},
        {"weekly someday 04:00", "wants a day of the week"},
        {"weekly sun", "wants a time of day"},
        {"cron 15 3 * *", "takes five fields"},
        {"cron 15 3\v* * mon UTC", "is no hour of cron"},
        /* Longer than any field, and not to be taken for two. */
        {"cron "
         "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
         "1,"
         "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1 * * *",
         "takes five fields"},
        {"cron 60 3 * * *", "'60' is no minute"},
        {"cron 0 24 * * *", "'24' is no hour"},
        {"cron 0 0 0 * *", "'0' is no day of the month"},
        {"cron 0 0 * 13 *", "'13' is no month"},
        {"cron 0 0 * * 8", "'8' is no day of the week"},
        {"cron 5-1 * * * *", "'5-1' is no minute"},
        {"cron */0 * * * *", "'*/0' is no minute"},
        {"cron 1,,2 * * * *", "'1,,2' is no minute"},
        {"cron 0 0 30 2 *", "never comes"},
        {"off now", "'off' stands alone"},
        {"a b c d e f g h i", "too many words"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct schedule *schedule;
        struct error error = {0};
        if (schedule_new(rows[i][0], &schedule, &error) == ST_OK)
            fail_msg("'%s' was taken as %s", rows[i][0], schedule_text(schedule));
        if (!strstr(error.text, rows[i][1]))
            fail_msg("'%s': %s (not: %s)", rows[i][0], error.text, rows[i][1]);
    }
    (void)state;
}

/* ---- against the slow way: every minute, by the C library's clock */

struct random_cron {
    int minute_step, hour, weekday;
};

static bool matches(const struct random_cron *cron, time_t at)
{
    struct tm tm;
    localtime_r(&at, &tm);
    return tm.tm_min % cron->minute_step == 0 && tm.tm_hour == cron->hour &&
           tm.tm_wday == cron->weekday;
}

/* Away from the changes of clocks, where the slow way is not ours. */
static void next_is_the_first_that_matches(void **state)
{
    struct random random;
    if (access("/usr/share/zoneinfo/Europe", R_OK)) skip();
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    random_seed(&random, 7);
    for (int n = 0; n < 200; n++) {
        const struct random_cron cron = {.minute_step = 1 + (int)random_below(&random, 59),
                                         .hour = 4 + (int)random_below(&random, 20),
                                         .weekday = (int)random_below(&random, 7)};
        char text[64];
        time_t at = 1700000000 + (time_t)random_below(&random, 300000000);
        snprintf(text, sizeof text, "cron */%d %d * * %d Europe/Berlin", cron.minute_step,
                 cron.hour, cron.weekday);
        struct schedule *schedule = make(text);
        int64_t due = schedule_due(schedule, (int64_t)at * 1000, (int64_t)at * 1000);
        for (at += 60 - at % 60; !matches(&cron, at);)
            at += 60;
        if (due != (int64_t)at * 1000)
            fail_msg("%s: %s, not %lld", text, text_of(due), (long long)at);
        schedule_free(schedule);
    }
    (void)state;
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(are_due_when_they_say),
    cmocka_unit_test(what_was_never_done),
    cmocka_unit_test(what_was_missed_is_due_once),
    cmocka_unit_test(have_one_usual_form),
    cmocka_unit_test(what_makes_no_sense_is_refused),
    cmocka_unit_test(next_is_the_first_that_matches),
};
TEST_MAIN(cases)
