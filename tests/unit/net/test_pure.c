/* The small pure parts: breaker, back-off, Retry-After, headers. */
#include "test_main.h"

#include "base/buf.h"
#include "net/backoff.h"
#include "net/breaker.h"
#include "net/retry_after.h"

#include <string.h>

#define NOW ((int64_t)1700000000000) /* 2023-11-14T22:13:20Z */

static void backoff_doubles_with_jitter_up_to_the_cap(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 1);
    for (int round = 0; round < 1000; round++) {
        int64_t expected = 1000;
        for (uint32_t attempt = 1; attempt < 20; attempt++) {
            int64_t wait = backoff_ms(&random, attempt, 1000, 300000);
            assert_true(wait >= expected - expected / 5 && wait <= expected + expected / 5);
            assert_true(wait <= 300000);
            expected = expected * 2 < 300000 ? expected * 2 : 300000;
        }
    }
    assert_true(backoff_ms(&random, UINT32_MAX, 1, INT64_MAX / 8) > 0);
    assert_int_equal(backoff_ms(&random, 0, 0, 0), 1);
}

static void trip(struct breaker *breaker, struct random *random, int64_t now)
{
    for (int i = 0; i < BREAKER_FAILURES; i++) {
        assert_true(breaker_allows(breaker, now));
        breaker_failure(breaker, random, now);
    }
}

static void the_breaker_opens_after_failures_in_a_row(void **state)
{
    (void)state;
    struct breaker breaker = {0};
    struct random random;
    random_seed(&random, 2);
    for (int i = 0; i < 3 * BREAKER_FAILURES; i++) { /* a success between starts over */
        breaker_failure(&breaker, &random, NOW);
        if (i % (BREAKER_FAILURES - 1) == 0) breaker_success(&breaker);
        assert_true(breaker_allows(&breaker, NOW));
    }
    breaker_success(&breaker);
    trip(&breaker, &random, NOW);
    assert_int_equal(breaker.state, BREAKER_OPEN);
    assert_false(breaker_allows(&breaker, NOW));
    int64_t wait = breaker_wait_ms(&breaker, NOW);
    assert_true(wait >= 800 && wait <= 1200);
    for (int i = 0; i < 10; i++) /* stragglers sent before it opened do not lengthen the pause */
        breaker_failure(&breaker, &random, NOW + 10);
    assert_int_equal(breaker_wait_ms(&breaker, NOW), wait);
}

static void half_open_lets_one_through(void **state)
{
    (void)state;
    struct breaker breaker = {0};
    struct random random;
    random_seed(&random, 3);
    trip(&breaker, &random, NOW);
    int64_t now = NOW, pause = 0;
    for (int round = 0; round < 20; round++) {
        now += breaker_wait_ms(&breaker, now);
        assert_true(breaker_allows(&breaker, now));
        assert_false(breaker_allows(&breaker, now)); /* the probe is out */
        breaker_failure(&breaker, &random, now);
        int64_t next = breaker_wait_ms(&breaker, now);
        assert_true(next <= BREAKER_PAUSE_MAX_MS);
        if (round < 6) assert_true(next > pause);
        pause = next;
    }
    assert_true(pause >= BREAKER_PAUSE_MAX_MS - BREAKER_PAUSE_MAX_MS / 5);
    now += pause;
    assert_true(breaker_allows(&breaker, now));
    breaker_success(&breaker);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    assert_true(breaker_allows(&breaker, now));
}

static void a_probe_without_outcome_does_not_shut_it_for_ever(void **state)
{
    (void)state;
    struct breaker breaker = {0};
    struct random random;
    random_seed(&random, 4);
    trip(&breaker, &random, NOW);
    int64_t now = NOW + breaker_wait_ms(&breaker, NOW);
    assert_true(breaker_allows(&breaker, now));
    assert_false(breaker_allows(&breaker, now + BREAKER_PROBE_MAX_MS - 1));
    assert_true(breaker_allows(&breaker, now + BREAKER_PROBE_MAX_MS));
    breaker_skipped(&breaker, now + BREAKER_PROBE_MAX_MS);
    assert_true(breaker_allows(&breaker, now + BREAKER_PROBE_MAX_MS));
}

static void a_clock_stepping_back_does_not_hold_it_open(void **state)
{
    (void)state;
    struct breaker breaker = {0};
    struct random random;
    random_seed(&random, 5);
    trip(&breaker, &random, NOW);
    int64_t past = NOW - 86400000;
    assert_true(breaker_wait_ms(&breaker, past) <= 1200);
    assert_false(breaker_allows(&breaker, past));
    assert_true(breaker_allows(&breaker, past + 1200));
}

static void retry_after_is_read_in_all_forms(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t wait; /* -1: malformed */
    } table[] = {
        {"0", 0},
        {"120", 120000},
        {" 7 ", 7000},
        {"1.5", 2000}, /* not in the standard, and seen; rounded up */
        {"99999999999999999999", RETRY_AFTER_MAX_MS},
        {"-1", -1},
        {"1x", -1},
        {"", -1},
        {"soon", -1},
        {"Tue, 14 Nov 2023 22:15:20 GMT", 120000},
        {"Tue, 14 Nov 2023 22:15:20 UTC", 120000},
        {"Tuesday, 14-Nov-23 22:15:20 GMT", 120000},
        {"Tue Nov 14 22:15:20 2023", 120000},
        {"Tue, 14 Nov 2023 20:00:00 GMT", 0}, /* passed */
        {"Fri, 14 Nov 2053 20:00:00 GMT", RETRY_AFTER_MAX_MS},
        {"Tue, 14 Nov 2023 22:15:20 EST", -1},
        {"Tue, 14 Foo 2023 22:15:20 GMT", -1},
        {"Tue, 99 Nov 2023 22:15:20 GMT", -1},
        {"Tue, 14 Nov 2023 25:15:20 GMT", -1},
        {"Tue, 14 Nov 2023 22:15:20 GMT trailing", -1},
        {"Tue, 14 Nov 2023", -1},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int64_t until = retry_after_parse(table[i].value, 0, NOW);
        int64_t expected = table[i].wait < 0 ? -1 : NOW + table[i].wait;
        if (until != expected)
            fail_msg("\"%s\": %lld, not %lld", table[i].value, (long long)(until - NOW),
                     (long long)table[i].wait);
    }
}

static struct net_answer answer_of(const struct net_header *headers, size_t count)
{
    return (struct net_answer){.headers = headers, .header_count = count};
}

static void an_answer_says_when_to_come_back(void **state)
{
    (void)state;
    const struct net_header wb[] = {{.name = "x-ratelimit-retry", .value = "564"}};
    struct net_answer answer = answer_of(wb, 1);
    assert_int_equal(retry_after_until(&answer, NOW), NOW + 564000);
    const struct net_header both[] = {{.name = "Retry-After", .value = "3"},
                                      {.name = "X-Ratelimit-Retry", .value = "2"}};
    answer = answer_of(both, 2);
    assert_int_equal(retry_after_until(&answer, NOW), NOW + 3000);
    /* Their clock is a day ahead of ours: the wait is theirs. */
    const struct net_header dated[] = {
        {.name = "Date", .value = "Wed, 15 Nov 2023 22:13:20 GMT"},
        {.name = "Retry-After", .value = "Wed, 15 Nov 2023 22:13:50 GMT"}};
    answer = answer_of(dated, 2);
    assert_int_equal(retry_after_until(&answer, NOW), NOW + 30000);
    const struct net_header bad[] = {{.name = "Retry-After", .value = "later"}};
    answer = answer_of(bad, 1);
    assert_int_equal(retry_after_until(&answer, NOW), 0);
    answer = answer_of(NULL, 0);
    assert_int_equal(retry_after_until(&answer, NOW), 0);
}

static void an_answer_says_what_is_left(void **state)
{
    (void)state;
    const struct net_header ozon[] = {{.name = "Ratelimit-Remaining", .value = "17"}};
    const struct net_header wb[] = {{.name = "X-RateLimit-Remaining", .value = "0"}};
    const struct net_header bad[] = {{.name = "Ratelimit-Remaining", .value = "many"}};
    struct net_answer answer = answer_of(ozon, 1);
    assert_int_equal(ratelimit_remaining(&answer), 17);
    answer = answer_of(wb, 1);
    assert_int_equal(ratelimit_remaining(&answer), 0);
    answer = answer_of(bad, 1);
    assert_int_equal(ratelimit_remaining(&answer), -1);
}

static void secrets_are_filled_in(void **state)
{
    (void)state;
    /* RFC 7617, and RFC 4231 test cases 2 and 6 (a key longer than a block). */
    char long_key[132];
    memset(long_key, 0xaa, 131);
    long_key[131] = 0;
    const struct {
        struct net_header header;
        const char *value;
    } table[] = {
        {{"a", "plain", NULL, NET_SECRET_NONE}, "plain"},
        {{"a", "Token ", "x", NET_SECRET_PLAIN}, "Token x"},
        {{"a", NULL, "x", NET_SECRET_PLAIN}, "x"},
        {{"a", NULL, "x", NET_SECRET_BEARER}, "Bearer x"},
        {{"a", "Aladdin", "open sesame", NET_SECRET_BASIC}, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {{"a", "what do ya want for nothing?", "Jefe", NET_SECRET_HMAC_SHA256_HEX},
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {{"a", "what do ya want for nothing?", "Jefe", NET_SECRET_HMAC_SHA256_BASE64},
         "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="},
        {{"a", "Test Using Larger Than Block-Size Key - Hash Key First", long_key,
          NET_SECRET_HMAC_SHA256_HEX},
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct buf out;
        buf_init(&out, 4096);
        assert_true(net_header_fill(&table[i].header, &out));
        assert_string_equal(out.data, table[i].value);
        size_t size = out.size;
        buf_free(&out);
        for (size_t max = 0; max < size; max++) { /* too little room is said, not cut */
            buf_init(&out, max);
            assert_false(net_header_fill(&table[i].header, &out));
            buf_free(&out);
        }
    }
    struct buf out;
    buf_init(&out, 100);
    struct net_header none = {"a", "v", NULL, NET_SECRET_BEARER};
    assert_false(net_header_fill(&none, &out));
    buf_free(&out);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(backoff_doubles_with_jitter_up_to_the_cap),
    cmocka_unit_test(the_breaker_opens_after_failures_in_a_row),
    cmocka_unit_test(half_open_lets_one_through),
    cmocka_unit_test(a_probe_without_outcome_does_not_shut_it_for_ever),
    cmocka_unit_test(a_clock_stepping_back_does_not_hold_it_open),
    cmocka_unit_test(retry_after_is_read_in_all_forms),
    cmocka_unit_test(an_answer_says_when_to_come_back),
    cmocka_unit_test(an_answer_says_what_is_left),
    cmocka_unit_test(secrets_are_filled_in),
};

TEST_MAIN(cases)
