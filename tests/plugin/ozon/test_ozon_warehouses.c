/* list_warehouses: states, kinds, paging, and what may be concluded from a list. */
#include "ozon_fixture.h"

#include <stdio.h>

#define PATH "/v2/warehouse/list"

static struct check *started(struct stockd_start *start)
{
    struct check *host = ozon_host();
    *start = fixture_start(STOCKD_LIST_WAREHOUSES);
    assert_int_equal(check_start(host, start), STOCKD_SEND);
    fixture_asked(host, PATH, "{\"limit\":200}");
    assert_int_equal(check_request(host)->charges[0].amount, 1);
    return host;
}

static const struct stockd_warehouse *warehouse(const struct check *host, const char *id)
{
    for (size_t i = 0; i < host->warehouses.count; i++)
        if (strcmp(host->warehouses.at[i].id, id) == 0) return &host->warehouses.at[i];
    fail_msg("no warehouse %s", id);
    return NULL;
}

static void every_status_has_its_meaning(void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        uint8_t writable;
        const char *why; /* part of it, or NULL */
    } rows[] = {
        {"\"status\":\"created\",\"pause_at\":null", 1, NULL},
        {"\"name\":\"x\"", 1, NULL},
        {"\"status\":\"new\"", 0, "new"},
        {"\"status\":\"disabled\"", 0, "archive"},
        {"\"status\":\"blocked\"", 0, "blocked"},
        {"\"status\":\"disabled_due_to_limit\",\"pause_at\":\"2026-09-01T10:00:00Z\"", 0,
         "since 2026-09-01T10:00:00"},
        {"\"status\":\"error\"", 0, "error"},
        {"\"status\":\"created\",\"pause_at\":\"2026-09-01T10:00:00Z\"", 0, "paused by the seller"},
        {"\"status\":\"created\",\"pause_at\":\"1970-01-01T00:00:00Z\"", 1, NULL},
        {"\"status\":\"a-word-of-tomorrow\"", 1, NULL},
        {"\"status\":7", 1, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stockd_start start;
        struct check *host = started(&start);
        char body[256];
        snprintf(body, sizeof(body),
                 "{\"warehouses\":[{\"warehouse_id\":1020005028840530,\"is_rfbs\":%s,%s}],"
                 "\"has_next\":false}",
                 i % 2 ? "true" : "false", rows[i].rest);
        assert_int_equal(check_reply(host, 200, body), STOCKD_DONE);
        const struct stockd_warehouse *row = warehouse(host, "1020005028840530");
        if (row->writable != rows[i].writable) fail_msg("%s: %d", rows[i].rest, row->writable);
        if (rows[i].why)
            assert_non_null(strstr(row->why, rows[i].why));
        else
            assert_null(row->why);
        assert_string_equal(row->kind, i % 2 ? "rfbs" : "fbs");
        assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSES, NULL));
        fixture_end(host);
    }
}

static void ozons_own_places_are_not_writable(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = started(&start);
    check_reply(host, 200, "{\"warehouses\":[],\"has_next\":false}");
    assert_int_equal(warehouse(host, "fbo")->writable, 0);
    assert_int_equal(warehouse(host, "fbp")->writable, 0);
    assert_string_equal(warehouse(host, "fbp")->kind, "fbp");
    assert_int_equal(host->warehouses.count, 2);
    fixture_end(host);
}

static void pages_are_followed_to_the_end(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = started(&start);
    assert_int_equal(check_reply(host, 200,
                                 "{\"warehouses\":[{\"warehouse_id\":1}],\"has_next\":true,"
                                 "\"cursor\":\"a\\\"b\"}"),
                     STOCKD_SEND);
    fixture_asked(host, PATH, "{\"limit\":200,\"cursor\":\"a\\\"b\"}");
    assert_int_equal(host->completes.count, 0);
    check_reply(host, 200, "{\"warehouses\":[{\"warehouse_id\":\"2\"}],\"has_next\":false}");
    assert_non_null(warehouse(host, "2"));
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSES, NULL));
    fixture_end(host);
}

/* After one row: whether another page is asked for, and if not, whether the list counts as whole.
 */
static void the_end_is_not_guessed(void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        bool more, whole;
    } ends[] = {
        {"\"has_next\":false,\"cursor\":\"c\"", false, true},
        {"\"has_next\":\"false\"", false, true},
        {"\"x\":0", false, true},
        {"\"cursor\":\"\"", false, true},
        {"\"cursor\":\"c\"", true, false},
        {"\"has_next\":true,\"cursor\":\"c\"", true, false},
        {"\"has_next\":\"true\",\"cursor\":\"c\"", true, false},
        {"\"has_next\":\"string\",\"cursor\":\"string\"", true, false},
        {"\"has_next\":true", false, false},
        {"\"has_next\":true,\"cursor\":\"\"", false, false},
        {"\"has_next\":true,\"cursor\":7", false, false},
        {"\"has_next\":7", false, false},
        {"\"cursor\":{}", false, false},
    };
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct stockd_start start;
        struct check *host = started(&start);
        char body[256];
        snprintf(body, sizeof(body), "{\"warehouses\":[{\"warehouse_id\":1}],%s}", ends[i].rest);
        bool more = check_reply(host, 200, body) == STOCKD_SEND;
        if (more != ends[i].more) fail_msg("%s: more %d", ends[i].rest, more);
        bool whole = fixture_completed(host, STOCKD_SCOPE_WAREHOUSES, NULL);
        if (whole != ends[i].whole) fail_msg("%s: whole %d", ends[i].rest, whole);
        fixture_end(host);
    }
}

static void a_cursor_that_stands_still_ends_the_list_unfinished(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = started(&start);
    const char *page = "{\"warehouses\":[{\"warehouse_id\":1}],\"has_next\":true,\"cursor\":\"c\"}";
    assert_int_equal(check_reply(host, 200, page), STOCKD_SEND);
    assert_int_equal(check_reply(host, 200, page), STOCKD_DONE);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

static void pages_without_end_are_not_followed_for_ever(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = started(&start);
    char page[128];
    for (int i = 0; i < 1000 && host->verdict == STOCKD_SEND; i++) {
        snprintf(page, sizeof(page),
                 "{\"warehouses\":[{\"warehouse_id\":%d}],\"has_next\":true,\"cursor\":\"%d\"}",
                 i + 1, i);
        check_reply(host, 200, page);
    }
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

static void a_bad_row_is_shown_and_the_rest_used(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = started(&start);
    check_reply(host, 200,
                "{\"warehouses\":[{\"warehouse_id\":1},{\"name\":\"no id\"},{\"warehouse_id\":0},"
                "{\"warehouse_id\":99123456789012345678},{\"warehouse_id\":1.5},null,"
                "{\"warehouse_id\":2}],\"has_next\":false}");
    assert_int_equal(host->malformed.count, 5);
    assert_non_null(warehouse(host, "1"));
    assert_non_null(warehouse(host, "2"));
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

static void the_old_envelope_is_no_empty_list(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = started(&start);
    assert_int_equal(check_reply(host, 200, "{\"result\":[{\"warehouse_id\":1}]}"), STOCKD_FAIL);
    assert_int_equal(host->failure.why, STOCKD_FAIL_RETRY);
    assert_int_equal(host->warehouses.count + host->completes.count, 0);
    fixture_end(host);
}

/* Reads fail with the class of the refusal; once for all operations that read. */
static void refusals_have_their_class(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum stockd_fail why;
    } refusals[] = {
        {400, "{\"code\":9,\"message\":\"obsolete method cannot be used\"}",
         STOCKD_FAIL_UNSUPPORTED},
        {400, "{\"code\":3,\"message\":\"bad cursor\"}", STOCKD_FAIL_RETRY},
        {401, "", STOCKD_FAIL_AUTH},
        {403, "{\"code\":7,\"message\":\"Invalid Api-Key, please contact support\"}",
         STOCKD_FAIL_AUTH},
        {403, "{\"code\":7,\"message\":\"Api-Key is missing a required role for a method\"}",
         STOCKD_FAIL_DENIED},
        {403, "{\"error\":{}}", STOCKD_FAIL_DENIED},
        {403, "<html></html>", STOCKD_FAIL_BLOCKED},
        {404, "404 page not found", STOCKD_FAIL_UNSUPPORTED},
        {404, "{\"error\":{\"code\":\"NOT_FOUND_ERROR\",\"message\":\"X\",\"data\":[]}}",
         STOCKD_FAIL_RETRY},
        {429, "{\"code\":8}", STOCKD_FAIL_RETRY},
        {429, "{\"code\":8,\"message\":\"Circle is open\"}", STOCKD_FAIL_BLOCKED},
        {500, "{}", STOCKD_FAIL_RETRY},
        {502, "<html></html>", STOCKD_FAIL_RETRY},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct stockd_start start;
        struct check *host = started(&start);
        assert_int_equal(check_reply(host, refusals[i].status, refusals[i].body), STOCKD_FAIL);
        if (host->failure.why != refusals[i].why)
            fail_msg("%d %s: class %d", refusals[i].status, refusals[i].body,
                     (int)host->failure.why);
        assert_non_null(host->failure.text);
        assert_int_equal(host->warehouses.count + host->completes.count, 0);
        fixture_end(host);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_status_has_its_meaning),
    cmocka_unit_test(ozons_own_places_are_not_writable),
    cmocka_unit_test(pages_are_followed_to_the_end),
    cmocka_unit_test(the_end_is_not_guessed),
    cmocka_unit_test(a_cursor_that_stands_still_ends_the_list_unfinished),
    cmocka_unit_test(pages_without_end_are_not_followed_for_ever),
    cmocka_unit_test(a_bad_row_is_shown_and_the_rest_used),
    cmocka_unit_test(the_old_envelope_is_no_empty_list),
    cmocka_unit_test(refusals_have_their_class),
};

TEST_MAIN(cases)
