/* The recorder: what is hidden, what is bounded, in which order it comes. */
#include "test_main.h"

#include "base/random.h"
#include "net/recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct seen {
    struct recorder_entry entries[200];
    size_t count, bytes;
};

static bool collect(const struct recorder_entry *entry, void *ctx)
{
    struct seen *seen = ctx;
    seen->entries[seen->count++] = *entry;
    seen->bytes += entry->request_body.size + entry->answer_body.size;
    return true;
}

static struct seen look(const struct recorder *recorder, const char *account)
{
    struct seen seen = {0};
    recorder_each(recorder, account, collect, &seen);
    return seen;
}

static void add(struct recorder *recorder, const char *url, struct bytes sent, struct bytes got)
{
    struct net_request request = {.account = "a", .method = "POST", .url = url, .body = sent};
    struct net_answer answer = {.status = 200, .body = got};
    recorder_add(recorder, &request, &answer);
}

static void the_newest_come_first_and_the_oldest_go(void **state)
{
    (void)state;
    struct recorder *recorder = recorder_new(NULL);
    for (int i = 0; i < 120; i++) {
        char url[32];
        snprintf(url, sizeof url, "https://x/%d", i);
        add(recorder, url, bytes_text("{}"), bytes_text("ok"));
    }
    struct seen seen = look(recorder, "a");
    assert_int_equal(seen.count, RECORDER_ENTRIES);
    assert_string_equal(seen.entries[0].url, "https://x/119");
    assert_string_equal(seen.entries[49].url, "https://x/70");
    assert_true(seen.entries[0].id > seen.entries[1].id);
    assert_int_equal(look(recorder, "b").count, 0);
    recorder_forget(recorder, "a");
    assert_int_equal(look(recorder, "a").count, 0);
    recorder_free(recorder);
}

/* Tokens that are given for the first time, by a shop that has words of its own for them. */
static void an_answer_of_secrets_is_hidden(void **state)
{
    (void)state;
    struct recorder *recorder = recorder_new(NULL);
    struct net_request request = {
        .account = "a", .method = "POST", .url = "https://x/token", .secret_answer = true};
    struct net_answer given = {.status = 201, .body = bytes_text("access-7 refresh-7 1500")};
    struct net_answer denied = {.status = 400, .body = bytes_text("invalid_grant")};
    recorder_add(recorder, &request, &given);
    recorder_add(recorder, &request, &denied);
    struct seen seen = look(recorder, "a");
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.entries[0].answer_body.data, "invalid_grant");
    assert_string_equal(seen.entries[1].answer_body.data, "***");
    recorder_free(recorder);
}

static void memory_of_an_account_is_bounded(void **state)
{
    (void)state;
    struct recorder_options options = {.entries = 50, .body_max = 16384, .bytes_max = 100000};
    struct recorder *recorder = recorder_new(&options);
    static char large[1 << 20];
    memset(large, 'x', sizeof large);
    for (int i = 0; i < 60; i++)
        add(recorder, "https://x/", bytes_of(large, sizeof large), bytes_of(large, (size_t)i));
    struct seen seen = look(recorder, "a");
    assert_true(seen.count >= 5 && seen.bytes <= 100000);
    assert_int_equal(seen.entries[0].request_body.size, 16384);
    assert_int_equal(seen.entries[0].request_size, sizeof large);
    recorder_free(recorder);
}

static void switched_off_it_keeps_what_is_there(void **state)
{
    (void)state;
    struct recorder *recorder = recorder_new(NULL);
    add(recorder, "https://x/1", bytes_text(""), bytes_text(""));
    recorder_switch(recorder, false);
    assert_int_equal(recorder_body_max(recorder), 0);
    add(recorder, "https://x/2", bytes_text(""), bytes_text(""));
    struct seen seen = look(recorder, "a");
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.entries[0].url, "https://x/1");
    recorder_free(recorder);
    assert_int_equal(recorder_body_max(NULL), 0);
    recorder_add(NULL, NULL, NULL);
}

static void headers_with_secrets_are_hidden(void **state)
{
    (void)state;
    struct recorder *recorder = recorder_new(NULL);
    const struct net_header sent[] = {
        {"Client-Id", "7", NULL, NET_SECRET_NONE},
        {"Api-Key", "prefix ", "hidden", NET_SECRET_PLAIN},
        {"X-Sign", "text", "hidden", NET_SECRET_HMAC_SHA256_HEX},
        {"Authorization", "Bearer by-hand", NULL, NET_SECRET_NONE},
    };
    const struct net_header got[] = {{"Set-Cookie", "session=1", NULL, NET_SECRET_NONE},
                                     {"Trace-Id", "t", NULL, NET_SECRET_NONE}};
    struct net_request request = {
        .account = "a", .method = "GET", .url = "https://x/", .headers = sent, .header_count = 4};
    struct net_answer answer = {.headers = got, .header_count = 2, .error = "why"};
    recorder_add(recorder, &request, &answer);
    struct seen seen = look(recorder, "a");
    assert_string_equal(seen.entries[0].request_headers,
                        "Client-Id: 7\nApi-Key: ***\nX-Sign: ***\nAuthorization: ***\n");
    assert_string_equal(seen.entries[0].answer_headers, "Set-Cookie: ***\nTrace-Id: t\n");
    assert_string_equal(seen.entries[0].error, "why");
    recorder_free(recorder);
}

static void secrets_are_hidden_wherever_they_stand(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } table[] = {
        {"", ""},
        {"nothing here", "nothing here"},
        {"a/b+c=secret", "***"},
        {"x a/b+c=secret y a/b+c=secretz", "x *** y ***z"},
        {"q=a%2Fb%2Bc%3Dsecret&r=1", "q=***&r=1"},
        {"{\"echo\":\"a\\/b+c=secret\"}", "{\"echo\":\"***\"}"},
        {"a/b+c=secre", "a/b+c=secre"},
        {"{\"access_token\":\"abc\",\"token_type\":\"bearer\"}",
         "{\"access_token\":\"***\",\"token_type\":\"bearer\"}"},
        {"{\"refresh_token\" : \"a\\\"b\", \"x\":1}", "{\"refresh_token\" : \"***\", \"x\":1}"},
        {"{\"access_token\":\"cut off", "{\"access_token\":\"***"},
        {"{\"accessToken\":12345,\"x\":1}", "{\"accessToken\":***,\"x\":1}"},
        {"grant_type=refresh_token&refresh_token=abc.def&x=1",
         "grant_type=refresh_token&refresh_token=***&x=1"},
        {"{\"access_token\":null}", "{\"access_token\":***}"},
        {"{\"error_description\":\"Invalid refresh token: eyJhbGciOiJSUzI1NiJ9.abc\"}",
         "{\"error_description\":\"Invalid refresh token: ***\"}"},
        {"{\"error_description\":\"The request was refused\"}",
         "{\"error_description\":\"The request was refused\"}"},
        {"\"access_token\"", "\"access_token\""},
        {"\"access_token\":", "\"access_token\":"},
        {"\"access_token\":\"", "\"access_token\":\""},
        {"\"access_token\":\"\\", "\"access_token\":\"***"},
        {"access_token", "access_token"},
        {"access_token=", "access_token="},
        {"error_description", "error_description"},
    };
    struct recorder *recorder = recorder_new(NULL);
    const char *values[] = {"a/b+c=secret", "abc", NULL}; /* "abc" is too short to be one */
    assert_true(recorder_mask_set(recorder, "a", values, 3));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        /* Exactly as long as the text, so that the sanitizer sees a read past it. */
        size_t size = strlen(table[i].text);
        char *exact = malloc(size ? size : 1);
        memcpy(exact, table[i].text, size);
        add(recorder, table[i].text, bytes_of(exact, size), bytes_of(exact, size));
        free(exact);
        struct seen seen = look(recorder, "a");
        assert_string_equal(seen.entries[0].request_body.data, table[i].shown);
        assert_string_equal(seen.entries[0].answer_body.data, table[i].shown);
        assert_string_equal(seen.entries[0].url, table[i].shown);
    }
    recorder_free(recorder);
}

static void a_secret_across_the_cut_is_hidden_whole(void **state)
{
    (void)state;
    struct recorder_options options = {.body_max = 64};
    struct recorder *recorder = recorder_new(&options);
    const char *secret = "0123456789abcdef";
    assert_true(recorder_mask_set(recorder, "a", &secret, 1));
    for (size_t at = 40; at < 80; at++) {
        char text[128];
        memset(text, '.', sizeof text);
        memcpy(text + at, secret, 16);
        add(recorder, "u", bytes_of(text, sizeof text), bytes_text(""));
        struct seen seen = look(recorder, "a");
        assert_true(seen.entries[0].request_body.size <= 64);
        assert_null(strpbrk(seen.entries[0].request_body.data, "0123456789abcdef"));
    }
    recorder_free(recorder);
}

static void secrets_over_the_limits_stop_the_recording(void **state)
{
    (void)state;
    struct recorder *recorder = recorder_new(NULL);
    const char *values[RECORDER_SECRETS_MAX + 1];
    for (int i = 0; i <= RECORDER_SECRETS_MAX; i++)
        values[i] = "secret";
    assert_false(recorder_mask_set(recorder, "a", values, RECORDER_SECRETS_MAX + 1));
    add(recorder, "u", bytes_text("secret"), bytes_text(""));
    assert_int_equal(look(recorder, "a").count, 0);
    assert_true(recorder_mask_set(recorder, "a", values, 1));
    add(recorder, "u", bytes_text("secret"), bytes_text(""));
    assert_int_equal(look(recorder, "a").count, 1);
    recorder_free(recorder);
}

static void a_text_full_of_secrets_is_hidden_whole(void **state)
{
    (void)state;
    struct recorder *recorder = recorder_new(NULL);
    const char *secret = "spam";
    char text[2000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "spam "[i % 5];
    assert_true(recorder_mask_set(recorder, "a", &secret, 1));
    add(recorder, "u", bytes_of(text, sizeof text), bytes_text(""));
    assert_string_equal(look(recorder, "a").entries[0].request_body.data, "***");
    recorder_free(recorder);
}

/* Random bytes with secrets thrown in: none is ever seen, whatever stands around it. */
static void no_secret_is_ever_seen(void **state)
{
    (void)state;
    struct recorder *recorder = recorder_new(NULL);
    const char *values[] = {"k3y-of-the-house", "0000aaaa0000"};
    struct random random;
    assert_true(recorder_mask_set(recorder, "a", values, 2));
    for (uint64_t seed = 1; seed < 3000; seed++) {
        static const char *const pieces[] = {"k3y-of-the-house",
                                             "0000aaaa0000",
                                             "0000aaaa",
                                             "\"access_token\":\"",
                                             "\"",
                                             "\\",
                                             "refresh_token=",
                                             "error_description",
                                             "k3y-of-",
                                             "0000"};
        char text[600] = "";
        size_t size = 0;
        random_seed(&random, seed);
        while (size < 400) {
            const char *piece = pieces[random_below(&random, 10)];
            memcpy(text + size, piece, strlen(piece));
            size += strlen(piece);
        }
        add(recorder, "u", bytes_of(text, size), bytes_text(""));
        const char *shown = look(recorder, "a").entries[0].request_body.data;
        if (strstr(shown, values[0]) || strstr(shown, values[1]))
            fail_msg("seed %llu: %s", (unsigned long long)seed, shown);
    }
    recorder_free(recorder);
}

static void recording_is_cheap(void **state)
{
    (void)state;
    enum { TIMES = 20000 };
    struct recorder *recorder = recorder_new(NULL);
    const char *values[] = {"a-secret-of-some-length", "another-secret-of-length",
                            "third-one-here"};
    assert_true(recorder_mask_set(recorder, "a", values, 3));
    static char sent[10 * 1024], got[16 * 1024];
    for (size_t i = 0; i < sizeof got; i++)
        got[i] = "{\"offer_id\":\"A-17\",\"stock\":5},"[i % 30];
    memcpy(sent, got, sizeof sent);
    struct timespec a, b;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (int i = 0; i < TIMES; i++)
        add(recorder, "https://x/", bytes_of(sent, sizeof sent), bytes_of(got, sizeof got));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    double each = ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / TIMES;
    print_message("%.1f us to record 10 KiB sent and 16 KiB received\n", each / 1000);
    recorder_free(recorder);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(the_newest_come_first_and_the_oldest_go),
    cmocka_unit_test(an_answer_of_secrets_is_hidden),
    cmocka_unit_test(memory_of_an_account_is_bounded),
    cmocka_unit_test(switched_off_it_keeps_what_is_there),
    cmocka_unit_test(headers_with_secrets_are_hidden),
    cmocka_unit_test(secrets_are_hidden_wherever_they_stand),
    cmocka_unit_test(a_secret_across_the_cut_is_hidden_whole),
    cmocka_unit_test(secrets_over_the_limits_stop_the_recording),
    cmocka_unit_test(a_text_full_of_secrets_is_hidden_whole),
    cmocka_unit_test(no_secret_is_ever_seen),
    cmocka_unit_test(recording_is_cheap),
};

TEST_MAIN(cases)
