/* authorize: the device login step by step, the renewal, and that nothing the login host says in
 * words gets anywhere. */
#include "allegro_fixture.h"

#include <stdio.h>

static struct stockd_start mode(uint32_t authorize_mode)
{
    struct stockd_start start = fixture_start(STOCKD_AUTHORIZE);
    start.authorize_mode = authorize_mode;
    return start;
}

static const char device[] =
    "{\"device_code\":\"dev/ice+1\",\"user_code\":\"ABC-123\",\"verification_uri\":\"https://"
    "allegro.pl/skojarz\",\"verification_uri_complete\":\"https://allegro.pl/skojarz?code=ABC\","
    "\"interval\":7,\"expires_in\":600}";
static const char pair[] = "{\"access_token\":\"aaa.bbb.ccc\",\"refresh_token\":\"rrr\","
                           "\"token_type\":\"bearer\",\"expires_in\":43199}";

static struct check *at_code(struct stockd_start *start)
{
    struct check *host = allegro_host();
    *start = mode(STOCKD_AUTHORIZE_LOGIN);
    assert_int_equal(check_start(host, start), STOCKD_SEND);
    allegro_asked(host, "POST", "/auth/oauth/device");
    assert_int_equal(check_request(host)->endpoint, 1);
    assert_string_equal(check_request_body(host), "client_id=abc");
    assert_string_equal(check_request_header(host, "Authorization"), "abc");
    assert_int_equal(check_request(host)->headers[0].use, STOCKD_SECRET_BASIC);
    assert_string_equal(check_request(host)->headers[0].secret, "client-secret");
    assert_int_equal(check_reply(host, 200, device), STOCKD_WAIT);
    return host;
}

static void a_login_shows_a_code_and_polls(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = at_code(&start);
    assert_int_equal(host->prompts.count, 1);
    assert_string_equal(host->prompts.at[0].url, "https://allegro.pl/skojarz?code=ABC");
    assert_string_equal(host->prompts.at[0].code, "ABC-123");
    assert_int_equal(host->prompts.at[0].expires_ms, host->now_ms + 600000);
    assert_int_equal(host->wait_ms, 7000);
    assert_int_equal(check_timer(host), STOCKD_SEND);
    allegro_asked(host, "POST", "/auth/oauth/token");
    assert_string_equal(check_request_body(host),
                        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&"
                        "device_code=dev%2Fice%2B1");
    assert_int_equal(check_reply(host, 400, "{\"error\":\"authorization_pending\"}"), STOCKD_WAIT);
    assert_int_equal(host->wait_ms, 7000);
    check_timer(host);
    assert_int_equal(check_reply(host, 400, "{\"error\":\"slow_down\"}"), STOCKD_WAIT);
    assert_int_equal(host->wait_ms, 12000);
    check_timer(host);
    assert_int_equal(check_reply(host, 502, "<html>"), STOCKD_WAIT);
    check_timer(host);
    assert_int_equal(check_answer(host, &(struct check_answer){.transport = STOCKD_LOST}),
                     STOCKD_WAIT);
    check_timer(host);
    assert_int_equal(check_reply(host, 200, pair), STOCKD_DONE);
    assert_int_equal(host->tokens.count, 1);
    assert_string_equal(host->tokens.at[0].name, "access");
    assert_string_equal(host->tokens.at[0].value, "aaa.bbb.ccc");
    assert_string_equal(host->tokens.at[0].refresh, "rrr");
    assert_int_equal(host->tokens.at[0].grace_ms, 60000);
    assert_true(host->tokens.at[0].expires_ms > host->now_ms + 43000000);
    fixture_end(host);
}

static void a_login_ends_where_it_must(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body, *code;
        enum stockd_fail why;
    } ends[] = {
        {400, "{\"error\":\"access_denied\"}", "access_denied", STOCKD_FAIL_AUTH},
        {400, "{\"error\":\"expired_token\"}", "login-expired", STOCKD_FAIL_AUTH},
        {401, "{\"error\":\"Unauthorized\"}", "unauthorized", STOCKD_FAIL_AUTH},
        {403, "<html>captcha</html>", "http-403", STOCKD_FAIL_BLOCKED},
        {200, "<html>", "unreadable", STOCKD_FAIL_RETRY},
        {200, "{\"access_token\":\"\"}", "unreadable", STOCKD_FAIL_RETRY},
        {200, "{\"access_token\":\"two words\"}", "unreadable", STOCKD_FAIL_RETRY},
        {200, "{\"access_token\":\"a.b.c\",\"refresh_token\":7}", "unreadable", STOCKD_FAIL_RETRY},
    };
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct stockd_start start;
        struct check *host = at_code(&start);
        check_timer(host);
        assert_int_equal(check_reply(host, ends[i].status, ends[i].body), STOCKD_FAIL);
        assert_string_equal(host->failure.code, ends[i].code);
        assert_int_equal(host->failure.why, ends[i].why);
        assert_int_equal(host->tokens.count, 0);
        fixture_end(host);
    }
}

static void a_login_nobody_confirms_ends_by_itself(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = at_code(&start);
    int polls = 0;
    while (host->verdict == STOCKD_WAIT && polls < 200) {
        check_timer(host);
        check_reply(host, 400, "{\"error\":\"authorization_pending\"}");
        polls++;
    }
    assert_int_equal(host->verdict, STOCKD_FAIL);
    assert_string_equal(host->failure.code, "login-expired");
    assert_in_range(polls, 80, 86);
    fixture_end(host);
}

static void a_renewal_is_announced_and_fills_the_form(void **state)
{
    (void)state;
    struct check *host = allegro_host();
    struct stockd_start start = mode(STOCKD_AUTHORIZE_RENEW);
    assert_int_equal(check_start(host, &start), STOCKD_SEND);
    assert_int_equal(host->renewing.count, 1);
    assert_string_equal(host->renewing.at[0], "access");
    allegro_asked(host, "POST", "/auth/oauth/token");
    assert_string_equal(check_request_body(host),
                        "grant_type=refresh_token&refresh_token={refresh:access}");
    assert_int_equal(check_request(host)->flags, STOCKD_REQUEST_FILL_FORM);
    assert_int_equal(check_reply(host, 200, pair), STOCKD_DONE);
    assert_int_equal(host->tokens.count, 1);
    assert_int_equal(host->prompts.count, 0);
    assert_non_null(check_state_of(host, "refresh-expires"));
    fixture_end(host);
}

/* Neither a used refresh token nor anything else of the answer may get into a text. */
static void what_the_host_echoes_goes_nowhere(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"error\":\"invalid_grant\",\"error_description\":\"Not valid: eyJSECRET\"}",
        "{\"error\":\"eyJSECRET\"}",
        "{\"error\":\"invalid_grant\",\"errors\":[{\"code\":\"eyJSECRET\"}]}",
        "eyJSECRET",
        "{\"access_token\":eyJSECRET}",
    };
    static const int statuses[] = {200, 400, 401, 403, 429, 500};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        for (size_t s = 0; s < sizeof(statuses) / sizeof(statuses[0]); s++) {
            struct check *host = allegro_host();
            struct stockd_start start = mode(STOCKD_AUTHORIZE_RENEW);
            check_start(host, &start);
            assert_int_equal(check_reply(host, statuses[s], bodies[i]), STOCKD_FAIL);
            assert_null(host->failure.code ? strstr(host->failure.code, "SECRET") : NULL);
            assert_null(strstr(host->failure.text, "SECRET"));
            for (size_t l = 0; l < host->logs.count; l++)
                assert_null(strstr(host->logs.at[l].value, "SECRET"));
            if (i == 0 && statuses[s] == 400) {
                assert_int_equal(host->failure.why, STOCKD_FAIL_AUTH);
                assert_string_equal(host->failure.code, "invalid_grant");
            }
            fixture_end(host);
        }
}

/* Whether it was used is not known: the core may repeat it within the grace. */
static void a_lost_renewal_is_left_to_the_core(void **state)
{
    (void)state;
    struct check *host = allegro_host();
    struct stockd_start start = mode(STOCKD_AUTHORIZE_RENEW);
    check_start(host, &start);
    assert_int_equal(check_answer(host, &(struct check_answer){.transport = STOCKD_LOST}),
                     STOCKD_DEFAULT);
    assert_int_equal(host->tokens.count, 0);
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_login_shows_a_code_and_polls),
    cmocka_unit_test(a_login_ends_where_it_must),
    cmocka_unit_test(a_login_nobody_confirms_ends_by_itself),
    cmocka_unit_test(a_renewal_is_announced_and_fills_the_form),
    cmocka_unit_test(what_the_host_echoes_goes_nowhere),
    cmocka_unit_test(a_lost_renewal_is_left_to_the_core),
};

TEST_MAIN(cases)
