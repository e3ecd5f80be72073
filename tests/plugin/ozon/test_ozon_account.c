/* check_account: roles, expiry, identity, and a seller's page that may be missing. */
#include "ozon_fixture.h"

#include <stdio.h>

/* 2026-09-21T13:46:40Z, the time of the test host. */
static const char all_methods[] =
    "\"roles\":[{\"name\":\"Warehouse\",\"methods\":[\"/v2/warehouse/list\",\"/v2/products/"
    "stocks\"]},"
    "{\"name\":\"Product\",\"methods\":[\"/v3/product/list\",\"/v3/product/info/list\","
    "\"/v4/product/info/stocks\",\"/v1/product/info/warehouse/stocks\","
    "\"/v2/product/info/stocks-by-warehouse/fbs\"]},"
    "{\"name\":\"Posting FBS\",\"methods\":[\"/v4/posting\"]}]";

static struct check *roles(struct stockd_start *start, const char *body)
{
    struct check *host = ozon_host();
    *start = fixture_start(STOCKD_CHECK_ACCOUNT);
    assert_int_equal(check_start(host, start), STOCKD_SEND);
    /* The document gives these two methods no body. */
    assert_string_equal(check_request(host)->path, "/v1/roles");
    assert_int_equal(check_request(host)->body_size, 0);
    check_reply(host, 200, body);
    return host;
}

static void all_abilities_are_granted(void **state)
{
    (void)state;
    char body[1024];
    struct stockd_start start;
    snprintf(body, sizeof(body), "{%s,\"expires_at\":\"2027-01-01T00:00:00Z\"}", all_methods);
    struct check *host = roles(&start, body);
    assert_int_equal(host->abilities.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(host->abilities.at[i].granted, 1);
    assert_string_equal(host->seller, "42");
    assert_int_equal(host->expiries.count, 1);
    assert_string_equal(host->expiries.at[0].secret, "api-key");
    assert_int_equal(host->expiries.at[0].ms, 1798761600000);
    assert_int_equal(host->warnings.count, 0);
    assert_string_equal(check_request(host)->path, "/v1/seller/info");
    assert_int_equal(check_reply(host, 200, "{\"company\":{\"currency\":\"CNY\"}}"), STOCKD_DONE);
    assert_memory_equal(check_state_of(host, "currency")->data, "CNY", 3);
    fixture_end(host);
}

static void a_missing_method_names_itself_and_the_roles(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host =
        roles(&start, "{\"roles\":[{\"name\":\"Product\",\"methods\":[\"/v3/product/list\","
                      "\"/v3/product/info/list\",\"/v2/products/stocksomething\"]}]}");
    assert_int_equal(host->abilities.count, 5);
    for (size_t i = 0; i < 5; i++) {
        const struct check_ability *ability = &host->abilities.at[i];
        assert_int_equal(ability->granted, ability->operation == STOCKD_FETCH_LISTINGS);
        if (ability->operation != STOCKD_PUSH_STOCK) continue;
        assert_non_null(strstr(ability->text, "/v2/products/stocks"));
        assert_non_null(strstr(ability->text, "Product"));
    }
    fixture_end(host);
}

static void an_admin_may_do_all(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host =
        roles(&start, "{\"roles\":[{\"name\":\"Admin\",\"methods\":[\"/v1/actions\"]}]}");
    for (size_t i = 0; i < host->abilities.count; i++)
        assert_int_equal(host->abilities.at[i].granted, 1);
    assert_int_equal(host->abilities.count, 5);
    fixture_end(host);
}

/* Roles that are not told, or not readable, take nothing away. */
static void unknown_roles_deny_nothing(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{}",
                                         "{\"roles\":null}",
                                         "{\"roles\":[]}",
                                         "{\"roles\":7}",
                                         "{\"roles\":[null]}",
                                         "{\"roles\":[{\"name\":\"Product\"}]}",
                                         "{\"roles\":[{\"name\":\"Product\",\"methods\":[7]}]}",
                                         "{\"roles\":[{\"name\":\"Product\",\"methods\":[]}]}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct stockd_start start;
        struct check *host = roles(&start, bodies[i]);
        assert_int_equal(host->abilities.count, 0);
        assert_string_equal(host->warnings.at[0].name, "roles-unknown");
        assert_int_equal(host->verdict, STOCKD_SEND);
        fixture_end(host);
    }
}

static void warns_two_weeks_before_the_key_expires(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool known, warned;
    } times[] = {
        {"\"2026-10-06T13:46:41Z\"", true, false},
        {"\"2026-10-05T13:46:39Z\"", true, true},
        {"\"2026-02-18T09:54:23.296Z\"", true, true},
        {"null", false, false},
        {"\"1970-01-01T00:00:00Z\"", false, false},
        {"\"soon\"", false, false},
        {"1798761600", false, false},
        {"\"9999-12-31T23:59:59.999999900Z\"", true, false},
        {"\"2026-13-40T99:99:99Z\"", false, false},
    };
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char body[1024];
        struct stockd_start start;
        snprintf(body, sizeof(body), "{%s,\"expires_at\":%s}", all_methods, times[i].value);
        struct check *host = roles(&start, body);
        if (host->expiries.count != times[i].known || host->warnings.count != times[i].warned)
            fail_msg("%s: known %zu, warned %zu", times[i].value, host->expiries.count,
                     host->warnings.count);
        fixture_end(host);
    }
}

static void the_sellers_page_may_be_missing(void **state)
{
    (void)state;
    static const struct check_answer answers[] = {
        {.status = 403, .body = "{\"code\":7,\"message\":\"missing a required role\"}"},
        {.status = 404, .body = "<html>"},
        {.status = 500},
        {.status = 200, .body = "{}"},
        {.status = 200, .body = "null"},
        {.status = 200, .body = "{\"company\":{\"currency\":7}}"},
        {.status = 200, .body = "{\"company\":{\"currency\":\"a long text\"}}"},
        {.transport = STOCKD_LOST},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        char body[1024];
        struct stockd_start start;
        snprintf(body, sizeof(body), "{%s}", all_methods);
        struct check *host = roles(&start, body);
        assert_int_equal(check_answer(host, &answers[i]), STOCKD_DONE);
        assert_null(check_state_of(host, "currency"));
        fixture_end(host);
    }
}

static void a_bad_key_has_no_identity(void **state)
{
    (void)state;
    struct check *host = ozon_host();
    struct stockd_start start = fixture_start(STOCKD_CHECK_ACCOUNT);
    check_start(host, &start);
    assert_int_equal(
        check_reply(host, 403, "{\"code\":7,\"message\":\"Api-key is deactivated, use another\"}"),
        STOCKD_FAIL);
    assert_int_equal(host->failure.why, STOCKD_FAIL_AUTH);
    assert_null(host->seller);
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(all_abilities_are_granted),
    cmocka_unit_test(a_missing_method_names_itself_and_the_roles),
    cmocka_unit_test(an_admin_may_do_all),
    cmocka_unit_test(unknown_roles_deny_nothing),
    cmocka_unit_test(warns_two_weeks_before_the_key_expires),
    cmocka_unit_test(the_sellers_page_may_be_missing),
    cmocka_unit_test(a_bad_key_has_no_identity),
};

TEST_MAIN(cases)
