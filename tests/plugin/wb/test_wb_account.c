/* check_account: what the token says of itself, and one ping that proves it. */
#include "wb_fixture.h"

#include <stdio.h>

static const struct check_ability *ability(const struct check *host, enum stockd_operation which)
{
    for (size_t i = 0; i < host->abilities.count; i++)
        if (host->abilities.at[i].operation == which) return &host->abilities.at[i];
    return NULL;
}

static bool warned(const struct check *host, const char *code)
{
    for (size_t i = 0; i < host->warnings.count; i++)
        if (strcmp(host->warnings.at[i].name, code) == 0) return true;
    return false;
}

static const enum stockd_operation all[] = {STOCKD_LIST_WAREHOUSES, STOCKD_FETCH_STOCK,
                                            STOCKD_PUSH_STOCK, STOCKD_FETCH_LISTINGS,
                                            STOCKD_FETCH_ORDERS};

static void a_good_token_says_all(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_CHECK_ACCOUNT);
    struct check *host = wb_host();
    assert_int_equal(check_start(host, &start), STOCKD_SEND);
    wb_asked(host, "/ping", NULL);
    assert_int_equal(check_request(host)->endpoint, 0);
    assert_string_equal(host->seller, "7e8f0000-0000-4000-8000-000000000001");
    assert_int_equal(host->expiries.count, 1);
    assert_string_equal(host->expiries.at[0].secret, "token");
    assert_int_equal(host->expiries.at[0].ms, 1798640000000);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(ability(host, all[i])->granted, 1);
    assert_int_equal(check_reply(host, 200, "{\"TS\":\"x\",\"Status\":\"OK\"}"), STOCKD_DONE);
    assert_int_equal(host->warnings.count, 0);
    assert_int_equal(host->requests.count, 1);
    fixture_end(host);
}

static void every_category_is_for_something(void **state)
{
    (void)state;
    static const struct {
        int64_t bits;
        const char *warnings[3];
        unsigned granted; /* a bit for each of `all` */
        int endpoint;     /* of the ping; -1: none */
    } tokens[] = {
        {WB_ALL_BITS, {NULL}, 31, 0},
        {1 << 1 | 1 << 4, {"no-analytics"}, 31, 0},
        {1 << 4 | 1 << 2, {"no-content"}, 23, 0},
        {1 << 1 | 1 << 2, {"no-marketplace"}, 8, 1},
        {1 << 2, {"no-content", "no-marketplace"}, 0, 2},
        {1 << 3, {"no-content", "no-marketplace", "no-analytics"}, 0, -1},
        {0, {"no-content", "no-marketplace", "no-analytics"}, 0, -1},
        {WB_ALL_BITS | 1 << 30, {"read-only"}, 27, 0},
        {1 << 30 | 1 << 4, {"read-only", "no-content", "no-analytics"}, 19, 0},
        {16126, {NULL}, 31, 0},
    };
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        struct stockd_start start = fixture_start(STOCKD_CHECK_ACCOUNT);
        struct check *host = wb_host_with(tokens[i].bits);
        size_t warnings = 0;
        check_start(host, &start);
        for (; warnings < 3 && tokens[i].warnings[warnings]; warnings++)
            assert_true(warned(host, tokens[i].warnings[warnings]));
        assert_int_equal(host->warnings.count, warnings);
        for (size_t k = 0; k < 5; k++) {
            const struct check_ability *is = ability(host, all[k]);
            assert_int_equal(is->granted, tokens[i].granted >> k & 1);
            if (!is->granted) assert_non_null(is->text);
        }
        if (tokens[i].endpoint < 0) {
            assert_int_equal(host->verdict, STOCKD_DONE);
            assert_int_equal(host->requests.count, 0);
        } else {
            assert_int_equal(check_request(host)->endpoint, tokens[i].endpoint);
        }
        fixture_end(host);
    }
}

static void expiry_is_warned_of(void **state)
{
    (void)state;
    static const struct {
        const char *exp;
        bool known, warned;
        const char *word;
    } expiries[] = {
        {"1790000000", true, true, "expired"},
        {"1700000000", true, true, "expired"},
        {"1790086400", true, true, "expires on 2026-09-22"},
        {"1791209599", true, true, "expires"},
        {"1791209600", true, false, NULL},
        {"\"1791209599\"", true, true, "expires"},
        {"0", false, false, NULL},
        {"null", false, false, NULL},
        {"9223372036854775807", false, false, NULL},
        {"99123456789012345678", false, false, NULL},
    };
    for (size_t i = 0; i < sizeof(expiries) / sizeof(expiries[0]); i++) {
        struct stockd_start start = fixture_start(STOCKD_CHECK_ACCOUNT);
        struct check *host = check_new(wb_plugin());
        char claims[128];
        snprintf(claims, sizeof(claims), "{\"exp\":%s,\"s\":22,\"sid\":\"a\"}", expiries[i].exp);
        check_jwt_claims(host, "token", claims);
        check_start(host, &start);
        assert_int_equal(host->expiries.count, expiries[i].known);
        assert_int_equal(warned(host, "key-expires"), expiries[i].warned);
        if (expiries[i].word) assert_non_null(strstr(host->warnings.at[0].value, expiries[i].word));
        fixture_end(host);
    }
}

static void whose_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *claims, *seller; /* NULL: not known */
    } tokens[] = {
        {"{\"s\":22,\"sid\":\"abc\",\"oid\":7}", "abc"},
        {"{\"s\":22,\"oid\":7}", "7"},
        {"{\"s\":22,\"sid\":\"\",\"oid\":\"8\"}", "8"},
        {"{\"s\":22,\"sid\":5}", NULL},
        {"{\"s\":22}", NULL},
    };
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        struct stockd_start start = fixture_start(STOCKD_CHECK_ACCOUNT);
        struct check *host = check_new(wb_plugin());
        check_jwt_claims(host, "token", tokens[i].claims);
        check_start(host, &start);
        if (tokens[i].seller)
            assert_string_equal(host->seller, tokens[i].seller);
        else
            assert_null(host->seller);
        assert_int_equal(warned(host, "seller-unknown"), tokens[i].seller == NULL);
        fixture_end(host);
    }
}

/* What the token does not say is not taken for a no. */
static void a_token_that_says_nothing_is_tried(void **state)
{
    (void)state;
    static const struct {
        const char *claims, *warning;
    } tokens[] = {
        {NULL, "token-unknown"},
        {"[]", "token-unknown"},
        {"{\"s\":", "token-unknown"},
        {"{\"sid\":\"a\"}", "categories-unknown"},
        {"{\"sid\":\"a\",\"s\":\"x\"}", "categories-unknown"},
        {"{\"sid\":\"a\",\"s\":-1}", "categories-unknown"},
    };
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        struct stockd_start start = fixture_start(STOCKD_CHECK_ACCOUNT);
        struct check *host = check_new(wb_plugin());
        if (tokens[i].claims) check_jwt_claims(host, "token", tokens[i].claims);
        assert_int_equal(check_start(host, &start), STOCKD_SEND);
        assert_true(warned(host, tokens[i].warning));
        assert_int_equal(host->warnings.count, 1);
        assert_int_equal(host->abilities.count, 0);
        fixture_end(host);
    }
}

static void a_sandbox_token_is_named(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_CHECK_ACCOUNT);
    struct check *host = check_new(wb_plugin());
    check_jwt_claims(host, "token", "{\"s\":22,\"sid\":\"a\",\"t\":true}");
    check_start(host, &start);
    assert_true(warned(host, "sandbox"));
    fixture_end(host);
}

/* The ping is no health check: only a refusal of the token means something. */
static void only_a_refused_token_fails_the_check(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum stockd_transport transport;
        enum stockd_fail why; /* 0: done */
        bool warned;
    } answers[] = {
        {200, "{\"Status\":\"OK\"}", 0, 0, false},
        {200, "", 0, 0, false},
        {401, "{\"detail\":\"token withdrawn\"}", 0, STOCKD_FAIL_AUTH, false},
        {401, "", 0, STOCKD_FAIL_AUTH, false},
        {401, "{\"detail\":\"token scope not allowed\"}", 0, 0, true},
        {402, "", 0, 0, true},
        {403, "{}", 0, 0, true},
        {404, "", 0, 0, true},
        {429, "", 0, 0, false},
        {500, "", 0, 0, false},
        {0, "", STOCKD_LOST, 0, false},
        {0, "", STOCKD_NOT_SENT, 0, false},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct stockd_start start = fixture_start(STOCKD_CHECK_ACCOUNT);
        struct check *host = wb_host();
        check_start(host, &start);
        struct check_answer answer = {.transport = answers[i].transport,
                                      .status = answers[i].status,
                                      .body = answers[i].body};
        enum stockd_verdict verdict = check_answer(host, &answer);
        assert_int_equal(verdict, answers[i].why ? STOCKD_FAIL : STOCKD_DONE);
        assert_int_equal(host->failure.why, answers[i].why);
        assert_int_equal(warned(host, "ping-refused"), answers[i].warned);
        fixture_end(host);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_good_token_says_all),
    cmocka_unit_test(every_category_is_for_something),
    cmocka_unit_test(expiry_is_warned_of),
    cmocka_unit_test(whose_it_is),
    cmocka_unit_test(a_token_that_says_nothing_is_tried),
    cmocka_unit_test(a_sandbox_token_is_named),
    cmocka_unit_test(only_a_refused_token_fails_the_check),
};

TEST_MAIN(cases)
