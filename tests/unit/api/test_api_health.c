/* Health: what of an account's row is worth a word, and which. */
#include "api/api_health.h"

#include "test_main.h"

#include <string.h>

#define NOW_MS INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */

static void each_cause_has_its_word(void **state)
{
    static const struct {
        const char *account, *health, *reason;
    } rows[] = {
        {"{\"state\": \"active\"}", "ok", NULL},
        {"{\"state\": \"active\", \"unresolved\": 200, \"dirty\": 5}", "ok", NULL},
        {"{\"state\": \"active\", \"oldest_unsent_ms\": 899999}", "ok", NULL},
        {"{\"state\": \"active\", \"oldest_unsent_ms\": 900000}", "warning",
         "account a: a figure is not there after 15 minutes"},
        {"{\"state\": \"dry-run\", \"oldest_unsent_ms\": 9000000}", "ok", NULL},
        {"{\"state\": \"paused\", \"oldest_unsent_ms\": 9000000}", "ok", NULL},
        {"{\"state\": \"active\", \"rejected\": 2}", "warning", "account a: 2 rejected"},
        {"{\"state\": \"active\", \"why\": \"listings: 500\"}", "warning",
         "account a: listings: 500"},
        {"{\"state\": \"paused\", \"why\": \"by uid:0\"}", "ok", NULL},
        {"{\"state\": \"parked\", \"why\": \"a dead key\"}", "failing",
         "account a is parked: a dead key"},
        {"{\"state\": \"parked\"}", "failing", "account a is parked: no reason is known"},
        {"{\"state\": \"active\", \"key_expires\": \"2026-12-05T09:59:59.000Z\"}", "warning",
         "the key of account a expires at 2026-12-05T09:59:59.000Z"},
        {"{\"state\": \"active\", \"key_expires\": \"2026-12-05T10:00:01.000Z\"}", "ok", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *account = json_loads(rows[i].account, 0, NULL);
        json_object_set_new(account, "name", json_string("a"));
        json_t *status = json_pack("{s:[o], s:{}}", "accounts", account, "counts");
        api_health_add(status, NOW_MS);
        const json_t *reasons = json_object_get(status, "reasons");
        const char *health = json_string_value(json_object_get(status, "health"));
        const char *reason = json_string_value(json_array_get(reasons, 0));
        if (strcmp(health, rows[i].health)) fail_msg("%s: %s", rows[i].account, health);
        assert_int_equal(json_array_size(reasons), rows[i].reason != NULL);
        if (rows[i].reason && strncmp(reason, rows[i].reason, strlen(rows[i].reason)))
            fail_msg("%s: %s", rows[i].account, reason);
        json_decref(status);
    }
    (void)state;
}

static void the_worst_counts(void **state)
{
    json_t *status = json_pack("{s:[{s:s, s:s, s:i}, {s:s, s:s}], s:{s:i}}", "accounts", "name",
                               "a", "state", "active", "rejected", 1, "name", "b", "state",
                               "parked", "counts", "conflicts", 3);
    api_health_add(status, NOW_MS);
    assert_string_equal(json_string_value(json_object_get(status, "health")), "failing");
    assert_int_equal(json_array_size(json_object_get(status, "reasons")), 3);
    json_decref(status);
    (void)state;
}

static void what_waits_is_a_warning(void **state)
{
    json_t *status = json_pack("{s:[], s:{}}", "accounts", "counts");
    api_health_add(status, NOW_MS);
    assert_string_equal(json_string_value(json_object_get(status, "health")), "ok");
    api_health_warn(status, "import 12 (a.csv) waits: no room");
    assert_string_equal(json_string_value(json_object_get(status, "health")), "warning");
    assert_string_equal(json_string_value(json_array_get(json_object_get(status, "reasons"), 0)),
                        "import 12 (a.csv) waits: no room");
    json_decref(status);
    status =
        json_pack("{s:[{s:s, s:s}], s:{}}", "accounts", "name", "b", "state", "parked", "counts");
    api_health_add(status, NOW_MS);
    api_health_warn(status, "inbox \xff waits");
    assert_string_equal(json_string_value(json_object_get(status, "health")), "failing");
    assert_int_equal(json_array_size(json_object_get(status, "reasons")), 2);
    json_decref(status);
    (void)state;
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(each_cause_has_its_word),
    cmocka_unit_test(the_worst_counts),
    cmocka_unit_test(what_waits_is_a_warning),
};
TEST_MAIN(cases)
