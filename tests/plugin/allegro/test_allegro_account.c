/* check_account: whose token it is, what it may do, until when, and offers that republish. */
#include "allegro_fixture.h"

#include <stdio.h>

static struct check *me(const char *claims, const char *body)
{
    static struct stockd_start start;
    struct check *host = allegro_host();
    if (claims) check_jwt_claims(host, "access", claims);
    start = fixture_start(STOCKD_CHECK_ACCOUNT);
    assert_int_equal(check_start(host, &start), STOCKD_SEND);
    allegro_asked(host, "GET", "/me");
    assert_string_equal(check_request(host)->headers[0].secret, "access");
    assert_int_equal(check_request(host)->headers[0].use, STOCKD_SECRET_BEARER);
    check_reply(host, 200, body);
    return host;
}

#define READ   "\"allegro:api:sale:offers:read\""
#define WRITE  "\"allegro:api:sale:offers:write\""
#define ORDERS "\"allegro:api:orders:read\""

static void all_scopes_grant_all(void **state)
{
    (void)state;
    static const char *const claims[] = {
        "{\"scope\":[" READ "," WRITE "," ORDERS "]}",
        "{\"scope\":\"allegro:api:sale:offers:read allegro:api:sale:offers:write  "
        "allegro:api:orders:read\"}"};
    for (size_t i = 0; i < 2; i++) {
        struct check *host = me(claims[i], "{\"id\":\"46968690\",\"login\":\"x\",\"features\":["
                                           "\"SUPER_SELLER\",\"ONE_FULFILLMENT\"]}");
        assert_int_equal(host->verdict, STOCKD_DONE);
        assert_string_equal(host->seller, "46968690");
        assert_int_equal(host->abilities.count, 5);
        for (size_t a = 0; a < 5; a++)
            assert_int_equal(host->abilities.at[a].granted, 1);
        assert_int_equal(host->warnings.count, 0);
        assert_non_null(check_state_of(host, "fulfillment"));
        fixture_end(host);
    }
}

static void a_missing_scope_is_named(void **state)
{
    (void)state;
    struct check *host = me("{\"scope\":[" READ "," ORDERS ",7]}", "{\"id\":46968690}");
    assert_string_equal(host->seller, "46968690");
    for (size_t a = 0; a < host->abilities.count; a++) {
        const struct check_ability *ability = &host->abilities.at[a];
        bool writes =
            ability->operation == STOCKD_PUSH_STOCK || ability->operation == STOCKD_CONFIRM_STOCK;
        assert_int_equal(ability->granted, !writes);
        if (writes) assert_non_null(strstr(ability->text, "allegro:api:sale:offers:write"));
    }
    assert_int_equal(host->warnings.count, 1); /* once, though two operations need it */
    assert_string_equal(host->warnings.at[0].name, "allegro:api:sale:offers:write");
    fixture_end(host);
}

static void unknown_scopes_deny_nothing(void **state)
{
    (void)state;
    static const char *const claims[] = {NULL, "{}", "{\"scope\":7}", "{\"scope\":[]}", "{\"sc"};
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        struct check *host = me(claims[i], "{\"id\":\"1\"}");
        assert_int_equal(host->abilities.count, 0);
        assert_string_equal(host->warnings.at[0].name, "scopes-unknown");
        fixture_end(host);
    }
}

static void no_id_is_no_identity(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{}", "{\"id\":null}", "{\"id\":{}}", "{\"id\":\"\"}", "<html>", "[]"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct check *host = me(NULL, bodies[i]);
        assert_int_equal(host->verdict, STOCKD_FAIL);
        assert_int_equal(host->failure.why, STOCKD_FAIL_RETRY);
        assert_null(host->seller);
        fixture_end(host);
    }
}

static void a_login_that_runs_out_is_warned_of(void **state)
{
    (void)state;
    static const int days[] = {60, 13};
    for (size_t i = 0; i < 2; i++) {
        struct check *host = allegro_host();
        char digits[32];
        struct stockd_start start = fixture_start(STOCKD_CHECK_ACCOUNT);
        snprintf(digits, sizeof(digits), "%lld",
                 (long long)(host->now_ms + (int64_t)days[i] * 86400000));
        check_state(host, "refresh-expires", digits, strlen(digits));
        check_state(host, "republish", "11,22,", 6);
        check_jwt_claims(host, "access", "{\"scope\":[" READ "," WRITE "," ORDERS "]}");
        check_start(host, &start);
        check_reply(host, 200, "{\"id\":\"1\"}");
        assert_int_equal(host->expiries.count, 1);
        assert_string_equal(host->expiries.at[0].secret, "access");
        assert_int_equal(host->warnings.count, 1 + (days[i] < 14));
        const struct check_pair *last = &host->warnings.at[host->warnings.count - 1];
        assert_string_equal(last->name, "republish");
        assert_non_null(strstr(last->value, "2 offers"));
        assert_non_null(strstr(last->value, "11,22"));
        fixture_end(host);
    }
}

static void refusals_close_what_they_should(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum stockd_fail why; /* 0: left to the core */
    } answers[] = {
        {401, "{\"error\":\"invalid_token\",\"error_description\":\"eyJSECRET\"}", 0},
        {403, "{\"errors\":[{\"code\":\"VerificationRequired\"}]}", STOCKD_FAIL_DENIED},
        {403, "<html>captcha</html>", STOCKD_FAIL_BLOCKED},
        {406, "{\"errors\":[{\"code\":\"NotAcceptableException\"}]}", STOCKD_FAIL_UNSUPPORTED},
        {429, "", 0},
        {502, "<html>", 0},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct check *host = allegro_host();
        struct stockd_start start = fixture_start(STOCKD_CHECK_ACCOUNT);
        check_start(host, &start);
        check_reply(host, answers[i].status, answers[i].body);
        assert_int_equal(host->verdict, answers[i].why ? STOCKD_FAIL : STOCKD_DEFAULT);
        assert_int_equal(host->failure.why, answers[i].why);
        assert_null(host->failure.text ? strstr(host->failure.text, "SECRET") : NULL);
        fixture_end(host);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(all_scopes_grant_all),
    cmocka_unit_test(a_missing_scope_is_named),
    cmocka_unit_test(unknown_scopes_deny_nothing),
    cmocka_unit_test(no_id_is_no_identity),
    cmocka_unit_test(a_login_that_runs_out_is_warned_of),
    cmocka_unit_test(refusals_close_what_they_should),
};

TEST_MAIN(cases)
