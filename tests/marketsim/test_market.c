/* What all models share: answers, queries, bodies, numbers, rows, times, maps, windows, buckets. */
#include "marketsim/market_body.h"
#include "marketsim/market_bucket.h"
#include "marketsim/market_digits.h"
#include "marketsim/market_kept.h"
#include "marketsim/ozon/ozon_support.h"

static void answer_strings_are_json(void **state)
{
    (void)state;
    struct market_answer answer = {0};
    market_answer_string(&answer, "a\"b\\c\n\x01 \xd0\x96");
    market_answer_int(&answer, INT64_MIN);
    json_t *value = json_loadb(answer.body, answer.len - 20, JSON_DECODE_ANY, NULL);
    assert_string_equal(json_string_value(value), "a\"b\\c\n\x01 \xd0\x96");
    assert_string_equal(answer.body + answer.len - 20, "-9223372036854775808");
    json_decref(value);
    market_answer_free(&answer);
}

static void numbers_are_written_in_full(void **state)
{
    (void)state;
    static const int64_t numbers[] = {0, 7, -7, 10, 99, 100, 1234567890, INT64_MAX, INT64_MIN};
    char text[MARKET_DIGITS_SIZE], wanted[32];
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        snprintf(wanted, sizeof(wanted), "%lld", (long long)numbers[i]);
        const char *at = market_digits(numbers[i], text);
        assert_string_equal(at, wanted);
        assert_int_equal(market_digits_size(at, text), strlen(wanted));
    }
    assert_string_equal(market_digits_unsigned(UINT64_MAX, text), "18446744073709551615");
}

/* Whatever else is in the answer. */
static void a_row_is_kept_until_it_is_forgotten(void **state)
{
    (void)state;
    struct market_answer answer = {0};
    struct market_kept row = {0};
    assert_false(market_kept_write(&row, &answer));
    market_answer_text(&answer, "[");
    for (int i = 0; i < 2; i++) { /* the later one counts */
        size_t from = answer.len;
        market_answer_int(&answer, 70 + i);
        market_kept_take(&row, &answer, from);
    }
    market_answer_reset(&answer);
    assert_true(market_kept_write(&row, &answer));
    assert_true(market_kept_write(&row, &answer));
    assert_string_equal(answer.body, "7171");
    market_kept_forget(&row);
    assert_false(market_kept_write(&row, &answer));
    assert_int_equal(answer.len, 4);
    market_answer_free(&answer);
}

static void query_values_are_decoded(void **state)
{
    (void)state;
    struct market_request request = {.query = "ab=1&b=x%20y+z%2&c="};
    char value[16];
    assert_true(market_request_query(&request, "b", value, sizeof(value)));
    assert_string_equal(value, "x y z%2");
    assert_true(market_request_query(&request, "c", value, sizeof(value)));
    assert_string_equal(value, "");
    assert_false(market_request_query(&request, "a", value, sizeof(value)));
    assert_true(market_request_query(&request, "b", value, 3));
    assert_string_equal(value, "x ");
}

/* Whatever was read before, a body says what its own text does. */
static void bodies_are_read_as_if_alone(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"a\":{\"from\":\"2026\",\"to\":\"27\"},\"list\":[\"x\",{\"y\":\"z\"}],\"limit\":100}",
        "{\"a\":{\"from\":\"2031\",\"to\":\"27\"},\"list\":[\"x\",{\"y\":\"zz\"}],\"limit\":100}",
        "{\"a\":{\"from\":\"\",\"to\":\"2027-01\"},\"list\":[\"\",{\"y\":\"z\"}],\"limit\":100}",
        "{\"a\":{\"from\":\"\",\"to\":\"2027-01\"},\"list\":[\"\",{\"y\":\"z\"}],\"limit\":101}",
        "{\"a\":{\"from\":\"\",\"at\":\"2027-01\"},\"list\":[\"\",{\"y\":\"z\"}],\"limit\":101}",
        "{\"a\":{\"from\":\"\",\"at\":\"2\\u0030\"},\"list\":[\"\",{\"y\":\"z\"}],\"limit\":101}",
        "{\"a\":{\"from\":\"\",\"at\":\"\\\"}\"},\"list\":[\"\",{\"y\":\"z\"}],\"limit\":101}",
        "{\"a\":{\"from\":\"\",\"at\":\"\xd0\x96\"},\"list\":[\"\",{\"y\":\"z\"}],\"limit\":101}",
        "{\"a\":{\"from\":\"\",\"at\":\"\xd0\"},\"list\":[\"\",{\"y\":\"z\"}],\"limit\":101}",
        "{\"a\":\"1\",\"b\":\"2\"}",
        "{\"a\":\"1\",\"a\":\"2\"}",
        "{\"a\":\"1\",\"b\":\"2\"}",
        "{\"a\":\"1\",\"b\":\"2\"",
        "{\"a\":\"1\",\"b\":\"2\"}",
        "{\"a\":\"1\",\"b\":\"2",
        "{\"a\":\"1\",\"b\":\"2\"}",
        "{\"a\":\"1\",\"b\":\"2\"}}",
        "",
        "{}",
    };
    struct market_body body = {0};
    json_error_t error, alone;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        json_t *expected = json_loads(bodies[i], JSON_REJECT_DUPLICATES, &alone);
        json_t *read = market_body_read(&body, bodies[i], strlen(bodies[i]), &error);
        assert_int_equal(!read, !expected);
        if (read) assert_true(json_equal(read, expected));
        if (!read) assert_string_equal(error.text, alone.text);
        json_decref(read);
        json_decref(expected);
    }
    market_body_free(&body);
}

static void times_are_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"1970-01-01T00:00:00Z", 0},
                {"2024-02-29T23:59:59.5Z", 1709251199500},
                {"2026-09-21T16:53:20.123456789Z", 1790009600123},
                {"2026-09-21T19:53:20+03:00", 1790009600000},
                {"2026-09-21T11:23:20-05:30", 1790009600000},
                {"1969-12-31T23:59:59.999Z", -1}};
    char text[MARKET_TIME_SIZE];
    int64_t ms, again;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(market_time_parse(good[i].text, &ms));
        assert_int_equal(ms, good[i].ms);
        assert_true(market_time_parse(market_time_format(ms, text), &again));
        assert_int_equal(again, ms);
    }
    assert_string_equal(market_time_format(1709251199500, text), "2024-02-29T23:59:59.500Z");
}

static void bad_times_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2026-09-21",
                                      "2026-09-21 16:53:20Z",
                                      "2026-09-21T16:53:20",
                                      "2026-13-21T16:53:20Z",
                                      "2026-09-21T24:53:20Z",
                                      "2026-09-21T16:53:20.Z",
                                      "2026-09-21T16:53:20Zx",
                                      "2026-09-21T16:53:20+3:00",
                                      "2026-09-21T16:53:20+03:0",
                                      "2026-09-21T16:53:20+03:00x",
                                      "2026- 9-21T16:53:20Z",
                                      "2026-09-21T16:53:+1Z",
                                      "+026-09-21T16:53:20Z",
                                      "1790009600"};
    int64_t ms;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(market_time_parse(bad[i], &ms));
}

static void maps_find_what_was_put(void **state)
{
    (void)state;
    struct market_map map = {0};
    assert_int_equal(market_map_get_number(&map, 3), MARKET_MAP_NONE);
    for (int64_t i = 0; i < 10000; i++)
        market_map_put_number(&map, i * 64, (size_t)i);
    for (int64_t i = 0; i < 10000; i++)
        assert_int_equal(market_map_get_number(&map, i * 64), i);
    assert_int_equal(market_map_get_number(&map, 1), MARKET_MAP_NONE);
    assert_int_equal(map.used, 10000);
    market_map_free(&map);
}

static void windows_slide(void **state)
{
    (void)state;
    struct market_window window = {0};
    market_window_set(&window, 2);
    market_window_take(&window, 0);
    market_window_take(&window, 400);
    assert_int_equal(market_window_wait(&window, 999, 1000), 1);
    assert_int_equal(market_window_left(&window, 999, 1000), 0);
    assert_int_equal(market_window_wait(&window, 1000, 1000), 0);
    market_window_take(&window, 1000);
    assert_int_equal(market_window_wait(&window, 1001, 1000), 399);
    market_window_free(&window);
}

static void buckets_fill_up(void **state)
{
    (void)state;
    struct market_bucket bucket = {0};
    struct market_bucket_limit limit = {200, 3};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(market_bucket_wait(&bucket, &limit, 1000), 0);
        market_bucket_charge(&bucket, &limit, 1000, 1);
    }
    assert_int_equal(market_bucket_left(&bucket, &limit, 1000), 0);
    assert_int_equal(market_bucket_wait(&bucket, &limit, 1000), 200);
    assert_int_equal(market_bucket_wait(&bucket, &limit, 1199), 1);
    assert_int_equal(market_bucket_wait(&bucket, &limit, 1200), 0);
    assert_int_equal(market_bucket_refill(&bucket, 1200), 400);
    assert_int_equal(market_bucket_left(&bucket, &limit, 99999), 3);
}

static void buckets_go_into_debt(void **state)
{
    (void)state;
    struct market_bucket bucket = {0};
    struct market_bucket_limit limit = {200, 3}, none = {0, 3};
    market_bucket_charge(&bucket, &limit, 1000, 10);
    assert_int_equal(market_bucket_left(&bucket, &limit, 1000), -7);
    assert_int_equal(market_bucket_wait(&bucket, &limit, 1000), 1600);
    assert_int_equal(market_bucket_wait(&bucket, &none, 1000), 0);
    assert_int_equal(market_bucket_left(&bucket, &none, 1000), 3);
}

/* Seven to a second: no interval is a whole millisecond, yet none of them is lost. */
static void buckets_keep_parts_of_milliseconds(void **state)
{
    (void)state;
    struct market_bucket bucket = {0};
    struct market_bucket_limit limit = {1000.0 / 7, 1};
    int passed = 0;
    for (int64_t now = 1790000000000; now < 1790000100000; now++) {
        if (market_bucket_wait(&bucket, &limit, now) > 0) continue;
        market_bucket_charge(&bucket, &limit, now, 1);
        passed++;
    }
    assert_in_range(passed, 690, 700);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(answer_strings_are_json),
    cmocka_unit_test(numbers_are_written_in_full),
    cmocka_unit_test(a_row_is_kept_until_it_is_forgotten),
    cmocka_unit_test(query_values_are_decoded),
    cmocka_unit_test(bodies_are_read_as_if_alone),
    cmocka_unit_test(times_are_read_and_written),
    cmocka_unit_test(bad_times_are_refused),
    cmocka_unit_test(maps_find_what_was_put),
    cmocka_unit_test(windows_slide),
    cmocka_unit_test(buckets_fill_up),
    cmocka_unit_test(buckets_go_into_debt),
    cmocka_unit_test(buckets_keep_parts_of_milliseconds),
};

TEST_MAIN(cases)
