/* Request targets: decoding, splitting, matching; above all of hostile ones. */
#include "http/target.h"

#include "test_main.h"

#include <stdio.h>
#include <string.h>

static enum status parse(const char *text, struct http_target *target, struct error *error)
{
    static char copy[4096]; /* the result points into it */
    snprintf(copy, sizeof copy, "%s", text);
    return http_target_parse(copy, target, error);
}

static void segments_are_split_before_they_are_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count;
        struct {
            const char *data;
            size_t size;
        } segments[4];
    } cases[] = {
        {"/", 0, {{0}}},
        {"/v1", 1, {{"v1", 2}}},
        {"/v1/", 2, {{"v1", 2}, {"", 0}}},
        {"/v1//x", 3, {{"v1", 2}, {"", 0}, {"x", 1}}},
        {"/a%2Fb/c", 2, {{"a/b", 3}, {"c", 1}}},
        {"/../%2e%2E/.", 3, {{"..", 2}, {"..", 2}, {".", 1}}},
        {"/%00x/%ff", 2, {{"\0x", 2}, {"\xff", 1}}},
        {"/a+b%20c%25", 1, {{"a+b c%", 6}}},
        {"/%D0%90%3F%23", 1, {{"\xd0\x90?#", 4}}},
        {"http://localhost/v1/x", 2, {{"v1", 2}, {"x", 1}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_target target;
        struct error error;
        assert_int_equal(parse(cases[i].text, &target, &error), ST_OK);
        assert_int_equal(target.segment_count, cases[i].count);
        for (size_t n = 0; n < target.segment_count; n++) {
            assert_int_equal(target.segments[n].size, cases[i].segments[n].size);
            assert_memory_equal(target.segments[n].data, cases[i].segments[n].data,
                                cases[i].segments[n].size + 1); /* terminated */
        }
    }
}

static void bad_targets_are_refused_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "must begin with '/'"},
        {"v1/stock", "must begin with '/'"},
        {"*", "must begin with '/'"},
        {"http://host", "must begin with '/'"},
        {"/a%", "part 1 of the path has a '%'"},
        {"/a/b%4", "part 2 of the path has a '%'"},
        {"/a/%zz", "part 2 of the path has a '%'"},
        {"/a/%4/b", "part 2 of the path has a '%'"},
        {"/a%%41", "part 1 of the path has a '%'"},
        {"/a#b", "write it as %23"},
        {"/a?x=%4", "the query has a '%'"},
        {"/a?x%=4", "the query has a '%'"},
        {"/a?x=a%00b", "zero byte"},
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13", "more than 12 parts"},
        {"/?a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a", "more than 24 parameters"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_target target;
        struct error error;
        assert_int_equal(parse(cases[i].text, &target, &error), ST_INVALID);
        if (!strstr(error.text, cases[i].says))
            fail_msg("%s: '%s' does not say '%s'", cases[i].text, error.text, cases[i].says);
    }
}

static void query_values_are_found_by_name(void **state)
{
    (void)state;
    struct http_target target;
    struct error error;
    assert_int_equal(parse("/x?a=1&&b=%26+%2B&flag&a=2&=e&c=x=y", &target, &error), ST_OK);
    assert_string_equal(http_target_query(&target, "a"), "1"); /* the first */
    assert_string_equal(http_target_query(&target, "b"), "& +");
    assert_string_equal(http_target_query(&target, "flag"), "");
    assert_string_equal(http_target_query(&target, "c"), "x=y");
    assert_string_equal(http_target_query(&target, ""), "e");
    assert_null(http_target_query(&target, "A"));
    assert_int_equal(target.query_count, 6);
}

static void patterns_match_whole_paths_only(void **state)
{
    (void)state;
    static const struct {
        const char *text, *pattern;
        bool match;
        const char *first;
    } cases[] = {
        {"/v1/stock/A", "/v1/stock/{sku}", true, "A"},
        {"/v1/stock/..", "/v1/stock/{sku}", true, ".."},
        {"/v1/stock/a%2Fb", "/v1/stock/{sku}", true, "a/b"},
        {"/v1/stock/", "/v1/stock/{sku}", false, NULL},
        {"/v1/stock", "/v1/stock/{sku}", false, NULL},
        {"/v1/stock/A/", "/v1/stock/{sku}", false, NULL},
        {"/v1/stock/A/pp", "/v1/stock/{sku}", false, NULL},
        {"/v1/stock/A/pp/adjust", "/v1/stock/{sku}/{warehouse}/adjust", true, "A"},
        {"/v1/stock/A/pp/adjus", "/v1/stock/{sku}/{warehouse}/adjust", false, NULL},
        {"/V1/stock/A", "/v1/stock/{sku}", false, NULL},
        {"/v1/st%6Fck/A", "/v1/stock/{sku}", true, "A"},
        {"/v1%2Fstock/A", "/v1/stock/{sku}", false, NULL},
        {"/", "/", true, NULL},
        {"/x", "/", false, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_target target;
        struct error error;
        struct bytes found[HTTP_SEGMENTS_MAX] = {{0}};
        assert_int_equal(parse(cases[i].text, &target, &error), ST_OK);
        if (http_target_match(&target, cases[i].pattern, found) != cases[i].match)
            fail_msg("%s against %s", cases[i].text, cases[i].pattern);
        if (cases[i].first) assert_string_equal(found[0].data, cases[i].first);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(segments_are_split_before_they_are_decoded),
    cmocka_unit_test(bad_targets_are_refused_with_a_sentence),
    cmocka_unit_test(query_values_are_found_by_name),
    cmocka_unit_test(patterns_match_whole_paths_only),
};
TEST_MAIN(cases)
