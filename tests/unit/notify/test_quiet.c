/* Quiet hours by the clock of a zone, over midnight and over changes of clocks. */
#include "test_main.h"

#include "notify/quiet.h"
#include "schedule/civil.h"

#include <string.h>

static int64_t utc(int year, int month, int day, int hour, int minute)
{
    const struct civil c = {
        .year = year, .month = month, .day = day, .hour = hour, .minute = minute};
    return civil_seconds(&c) * 1000;
}

static void by_day_and_by_night(void **state)
{
    (void)state;
    struct zone *zone;
    assert_int_equal(zone_open("UTC", &zone, NULL), 0);
    static const struct {
        int from, to, hour, minute;
        bool quiet;
        int until_day, until_hour;
    } rows[] = {{22 * 60, 8 * 60, 21, 59, false, 1, 22}, {22 * 60, 8 * 60, 22, 0, true, 2, 8},
                {22 * 60, 8 * 60, 3, 0, true, 1, 8},     {22 * 60, 8 * 60, 8, 0, false, 1, 22},
                {13 * 60, 14 * 60, 13, 30, true, 1, 14}, {13 * 60, 14 * 60, 14, 0, false, 2, 13},
                {13 * 60, 14 * 60, 12, 59, false, 1, 13}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct quiet_hours quiet = {zone, rows[i].from, rows[i].to};
        int64_t until;
        int64_t now = utc(2026, 5, 1, rows[i].hour, rows[i].minute);
        assert_int_equal(quiet_now(&quiet, now, &until), rows[i].quiet);
        assert_int_equal(until, utc(2026, 5, rows[i].until_day, rows[i].until_hour, 0));
    }
    zone_free(zone);
}

static void none_when_both_are_the_same(void **state)
{
    (void)state;
    const struct quiet_hours quiet = {NULL, 0, 0};
    int64_t until;
    assert_false(quiet_now(&quiet, 0, &until));
    assert_int_equal(until, INT64_MAX);
}

/* Half past two does not exist on the night when clocks go forward: it ends all the same. */
static void over_a_change_of_clocks(void **state)
{
    (void)state;
    struct zone *zone;
    char text[QUIET_TIME_MAX];
    assert_int_equal(zone_open("Europe/Berlin", &zone, NULL), 0);
    const struct quiet_hours quiet = {zone, 22 * 60, 2 * 60 + 30};
    int64_t until;
    assert_true(quiet_now(&quiet, utc(2026, 3, 28, 23, 0), &until));
    assert_true(until > utc(2026, 3, 29, 0, 30) && until <= utc(2026, 3, 29, 1, 30));
    assert_string_equal(quiet_time(zone, utc(2026, 7, 1, 10, 5), text),
                        "2026-07-01 12:05 (UTC+02:00)");
    zone_free(zone);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(by_day_and_by_night),
    cmocka_unit_test(none_when_both_are_the_same),
    cmocka_unit_test(over_a_change_of_clocks),
};
TEST_MAIN(cases)
