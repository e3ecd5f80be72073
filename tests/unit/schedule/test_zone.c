/* Time zones: against the C library, which reads the same files; and files that are none. */
#include "schedule/zone.h"

#include "base/random.h"
#include "test_main.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const names[] = {
    "UTC",          "Europe/Moscow", "Europe/Berlin",    "Europe/Warsaw",       "Europe/Dublin",
    "Asia/Kolkata", "Asia/Tehran",   "America/New_York", "America/St_Johns",    "Africa/Casablanca",
    "Asia/Gaza",    "Pacific/Apia",  "America/Nuuk",     "Australia/Lord_Howe", "Antarctica/Troll"};
enum { NAMES = sizeof names / sizeof *names, ROUNDS = 20000 };
#define YEAR_2200 INT64_C(7258118400)

static bool have(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    return !strcmp(name, "UTC") || access(path, R_OK) == 0;
}

static void offsets_are_those_of_the_c_library(void **state)
{
    struct random random;
    random_seed(&random, 1);
    unsetenv("TZDIR");
    for (size_t i = 0; i < NAMES; i++) {
        struct zone *zone;
        struct error error = {0};
        if (!have(names[i])) continue;
        setenv("TZ", names[i], 1);
        tzset();
        if (zone_open(names[i], &zone, &error) != ST_OK) fail_msg("%s", error.text);
        for (int n = 0; n < ROUNDS; n++) {
            time_t at = (time_t)random_below(&random, (uint64_t)YEAR_2200);
            struct tm tm;
            localtime_r(&at, &tm);
            if (zone_offset(zone, at) != tm.tm_gmtoff)
                fail_msg("%s at %lld: %lld, not %ld", names[i], (long long)at,
                         (long long)zone_offset(zone, at), tm.tm_gmtoff);
        }
        zone_free(zone);
    }
    (void)state;
}

static void local_time_leads_back(void **state)
{
    struct random random;
    random_seed(&random, 2);
    for (size_t i = 0; i < NAMES; i++) {
        struct zone *zone;
        if (!have(names[i])) continue;
        assert_int_equal(zone_open(names[i], &zone, NULL), ST_OK);
        for (int n = 0; n < ROUNDS; n++) {
            int64_t at = (int64_t)random_below(&random, (uint64_t)YEAR_2200);
            int64_t local = at + zone_offset(zone, at), back = zone_to_utc(zone, local);
            /* The same moment, or the earlier of the two that show the same. */
            assert_true(back <= at && at - back <= 86400);
            assert_int_equal(back + zone_offset(zone, back), local);
        }
        zone_free(zone);
    }
    (void)state;
}

static void what_is_no_name_is_refused(void **state)
{
    static const char *const bad[] = {"",    "/etc/passwd",  "../../etc/passwd",
                                      "a b", "Europe/Mosc?", "x\n"};
    struct zone *zone;
    struct error error;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(zone_open(bad[i], &zone, &error), ST_INVALID);
    assert_int_equal(zone_open("Europe/Atlantis", &zone, &error), ST_NOT_FOUND);
    assert_non_null(strstr(error.text, "Europe/Moscow"));
    (void)state;
}

static size_t read_zone(const char *name, char *bytes, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *stream = fopen(path, "r");
    if (!stream) return 0;
    size_t read = fread(bytes, 1, size, stream);
    fclose(stream);
    return read;
}

/* Cut and changed at random: refused, or some zone that can be asked; never more. */
static void garbage_is_survived(void **state)
{
    char good[8192], bad[8192];
    size_t size = read_zone("Europe/Berlin", good, sizeof good);
    struct random random;
    int refused = 0;
    if (!size) skip();
    random_seed(&random, 3);
    for (int n = 0; n < ROUNDS; n++) {
        size_t cut = n % 2 ? size : (size_t)random_below(&random, size);
        char *copy = malloc(cut ? cut : 1); /* so that the sanitizer sees a read past it */
        struct zone *zone = NULL;
        memcpy(bad, good, size);
        for (int i = 0; n % 2 && i < 4; i++)
            bad[random_below(&random, size)] = (char)random_u64(&random);
        memcpy(copy, bad, cut);
        if (zone_parse("garbage", bytes_of(copy, cut), &zone, NULL) == ST_OK) {
            zone_offset(zone, (int64_t)random_below(&random, (uint64_t)YEAR_2200));
            zone_to_utc(zone, (int64_t)random_below(&random, (uint64_t)YEAR_2200));
        } else {
            refused++;
        }
        zone_free(zone);
        free(copy);
    }
    assert_true(refused > ROUNDS / 4);
    (void)state;
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(offsets_are_those_of_the_c_library),
    cmocka_unit_test(local_time_leads_back),
    cmocka_unit_test(what_is_no_name_is_refused),
    cmocka_unit_test(garbage_is_survived),
};
TEST_MAIN(cases)
