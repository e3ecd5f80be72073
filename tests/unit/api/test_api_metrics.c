/* Metrics and probes: what a scrape shows is well formed whatever names and codes are, only grows
 * where it counts, and says what is true; the probes name what is stuck. */
#include "api_fixture.h"
#include "exposition.h"

#include "api/metrics_text.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the text alone */

static void hostile_labels_stay_labels(void **state)
{
    (void)state;
    static const struct {
        const char *value, *written;
    } rows[] = {
        {"plain", "plain"},
        {"", ""},
        {"a\"b", "a\\\"b"},
        {"back\\slash", "back\\\\slash"},
        {"two\nlines", "two\\nlines"},
        {"} 5\nstockd_evil 1\n# TYPE x", "} 5\\nstockd_evil 1\\n# TYPE x"},
        {"\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"цена", "цена"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct metric_labels labels = {{{"account", rows[i].value}, {"code", "x"}}};
        char wanted[300];
        struct buf out;
        buf_init(&out, 1 << 16);
        metrics_family(&out, "stockd_test_total", "counter", "Two\nlines and a \\.");
        metrics_number(&out, "stockd_test_total", &labels, 7);
        struct exposition *e = exposition_read(buf_cstr(&out));
        snprintf(wanted, sizeof wanted, "account=\"%s\",code=\"x\"", rows[i].written);
        if (exposition_value(e, "stockd_test_total", wanted) != 7)
            fail_msg("row %zu: %s", i, buf_cstr(&out));
        exposition_free(e);
        buf_free(&out);
    }
}

static void numbers_keep_their_digits(void **state)
{
    (void)state;
    static const struct {
        int64_t value, per;
        const char *written;
    } rows[] = {{0, 1000, "0"},
                {250, 1000, "0.25"},
                {1, 1000000, "0.000001"},
                {3600000, 1000, "3600"},
                {1763715600123, 1000, "1763715600.123"},
                {-1500, 1000, "-1.5"},
                {100, 1, "100"},
                {INT64_MAX, 1, "9223372036854775807"},
                {INT64_MIN, 1, "-9223372036854775808"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char wanted[80];
        struct buf out;
        buf_init(&out, 1000);
        metrics_part(&out, "x", NULL, rows[i].value, rows[i].per);
        snprintf(wanted, sizeof wanted, "x %s\n", rows[i].written);
        assert_string_equal(buf_cstr(&out), wanted);
        buf_free(&out);
    }
}

/* ---- the resource */

static struct api_fixture *open_with(const struct api_fixture_options *options)
{
    struct api_fixture *f = api_fixture_open(options);
    assert_api(f, "POST", "/v1/warehouses", "{\"key\":\"pp\"}", 201, NULL);
    assert_api(f, "POST", "/v1/products", "{\"sku\":\"A\"}", 201, NULL);
    assert_api(f, "POST", "/v1/products", "{\"sku\":\"B\"}", 201, NULL);
    assert_api(f, "PUT", "/v1/links/pp/shop/w1", "{\"order\":1}", 201, NULL);
    return f;
}

static int set_up(void **state)
{
    *state = open_with(&(struct api_fixture_options){.account = true});
    return 0;
}

static int tear_down(void **state)
{
    api_fixture_close(*state);
    return 0;
}

static struct exposition *scrape(struct api_fixture *f)
{
    int status;
    char *text = api_ask(f, "GET", "/metrics", NULL, &status);
    assert_int_equal(status, 200);
    struct exposition *e = exposition_read(text);
    mem_free(text);
    return e;
}

static double shop(const struct exposition *e, const char *name)
{
    return exposition_value(e, name, "account=\"shop\"");
}

static void push(struct api_fixture *f, const char *sku, int figure)
{
    char path[80], body[80];
    int status;
    snprintf(path, sizeof path, "/v1/stock/%s/pp", sku);
    snprintf(body, sizeof body, "{\"quantity\":%d,\"kind\":\"on-hand\"}", figure);
    assert_api(f, "PUT", path, body, 200, NULL);
    mem_free(api_ask(f, "POST", "/v1/push?follow=true", "{}", &status));
    assert_int_equal(status, 200);
}

static void a_scrape_says_what_is_true(void **state)
{
    struct api_fixture *f = *state;
    struct exposition *before = scrape(f);
    assert_true(
        exposition_value(before, "stockd_account_state", "account=\"shop\",state=\"active\"") == 1);
    assert_true(
        exposition_value(before, "stockd_account_state", "account=\"shop\",state=\"parked\"") == 0);
    assert_true(exposition_value(before, "stockd_products", "") == 2);
    assert_true(shop(before, "stockd_targets") == 2);
    assert_true(shop(before, "stockd_targets_held") == 2); /* nothing was counted */
    assert_true(shop(before, "stockd_propagation_seconds_count") == 0);
    push(f, "A", 7);
    push(f, "B", 3);
    struct exposition *after = scrape(f);
    exposition_only_grew(before, after);
    assert_true(shop(after, "stockd_targets_held") == 0);
    assert_true(shop(after, "stockd_targets_unsent") == 0);
    assert_true(shop(after, "stockd_oldest_unsent_seconds") == 0);
    assert_true(shop(after, "stockd_propagation_seconds_count") == 2);
    assert_true(shop(after, "stockd_items_total") >= 2);
    assert_true(shop(after, "stockd_last_success_timestamp_seconds") >
                exposition_value(after, "stockd_start_time_seconds", "") - 1);
    assert_true(
        exposition_value(after, "stockd_outcomes_total", "account=\"shop\",outcome=\"ok\"") == 2);
    exposition_free(before);
    exposition_free(after);
}

static void what_is_refused_is_counted_with_its_code(void **state)
{
    struct api_fixture *f = *state;
    api_fixture_mood(f, SHOP_REFUSES);
    push(f, "A", 7);
    struct exposition *e = scrape(f);
    assert_true(shop(e, "stockd_targets_rejected") == 1);
    /* Twice where the change was refused before the push asked for it again. */
    double refused =
        exposition_value(e, "stockd_outcomes_total", "account=\"shop\",outcome=\"rejected\"");
    assert_true(refused == 1 || refused == 2);
    assert_true(exposition_value(e, "stockd_outcome_codes_total",
                                 "account=\"shop\",code=\"NO_CARD\"") == refused);
    assert_true(shop(e, "stockd_propagation_seconds_count") == 0);
    exposition_free(e);
}

/* A figure sent again was there already: nothing propagated. */
static void a_resend_is_no_propagation(void **state)
{
    struct api_fixture *f = *state;
    int status;
    push(f, "A", 7);
    mem_free(api_ask(f, "POST", "/v1/push?follow=true", "{\"force\":true}", &status));
    assert_int_equal(status, 200);
    struct exposition *e = scrape(f);
    assert_true(exposition_value(e, "stockd_outcomes_total", "account=\"shop\",outcome=\"ok\"") ==
                2);
    assert_true(shop(e, "stockd_propagation_seconds_count") == 1);
    exposition_free(e);
}

static void the_probes_say_what_is_stuck(void **state)
{
    struct api_fixture *f = *state;
    int status;
    assert_api(f, "GET", "/livez", NULL, 200, "{\"alive\": true}");
    assert_api(f, "GET", "/readyz", NULL, 200, "{\"ready\": true, \"reasons\": []}");
    api_fixture_mood(f, SHOP_LOCKS);
    assert_api(f, "PUT", "/v1/stock/A/pp", "{\"quantity\":7,\"kind\":\"on-hand\"}", 200, NULL);
    mem_free(api_ask(f, "POST", "/v1/push?follow=true", "{}", &status));
    assert_api(f, "GET", "/livez", NULL, 200, NULL);
    assert_api(f, "GET", "/readyz", NULL, 503,
               "{\"ready\": false, \"reasons\": [{\"what\": \"account\", \"account\": \"shop\"}]}");
    struct exposition *e = scrape(f);
    assert_true(exposition_value(e, "stockd_account_state", "account=\"shop\",state=\"parked\"") ==
                1);
    assert_true(shop(e, "stockd_targets_unsent") == 1);
    exposition_free(e);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(hostile_labels_stay_labels),
    cmocka_unit_test(numbers_keep_their_digits),
    cmocka_unit_test_setup_teardown(a_scrape_says_what_is_true, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_is_refused_is_counted_with_its_code, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_resend_is_no_propagation, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_probes_say_what_is_stuck, set_up, tear_down),
};
TEST_MAIN(cases)
