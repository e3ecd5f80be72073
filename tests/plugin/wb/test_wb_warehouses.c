/* list_warehouses: kinds, what may be written, and what may be concluded from a list. */
#include "wb_fixture.h"

#include <stdio.h>

static struct check *started(struct stockd_start *start)
{
    struct check *host = wb_host();
    *start = fixture_start(STOCKD_LIST_WAREHOUSES);
    assert_int_equal(check_start(host, start), STOCKD_SEND);
    wb_asked(host, "/api/v3/warehouses", NULL);
    assert_int_equal(check_request(host)->charges[0].bucket, 1);
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

static void every_row_has_its_meaning(void **state)
{
    (void)state;
    static const struct {
        const char *rest, *kind, *why;
        uint8_t writable;
        int64_t closed_ms;
    } rows[] = {
        {"\"deliveryType\":1,\"isDeleting\":false,\"isProcessing\":false", "fbs", NULL, 1, 0},
        {"\"deliveryType\":2", "dbs", NULL, 1, 0},
        {"\"deliveryType\":3", "dbw", NULL, 1, 0},
        {"\"deliveryType\":5", "c&c", NULL, 1, 0},
        {"\"deliveryType\":6", "edbs", NULL, 1, 0},
        {"\"deliveryType\":4", NULL, NULL, 1, 0},
        {"\"deliveryType\":7000000000", NULL, NULL, 1, 0},
        {"\"deliveryType\":\"1\",\"isProcessing\":null", "fbs", NULL, 1, 0},
        {"\"deliveryType\":1,\"isProcessing\":true", "fbs", "isProcessing", 0, 300000},
        {"\"deliveryType\":1,\"isDeleting\":true", "fbs", "isDeleting", 0, 0},
        {"\"deliveryType\":1,\"isDeleting\":true,\"isProcessing\":true", "fbs", "isDeleting", 0, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stockd_start start;
        struct check *host = started(&start);
        char body[256];
        snprintf(body, sizeof(body), "[{\"id\":658434,\"name\":\"Склад\",%s}]", rows[i].rest);
        assert_int_equal(check_reply(host, 200, body), STOCKD_DONE);
        const struct stockd_warehouse *row = warehouse(host, "658434");
        assert_string_equal(row->name, "Склад");
        assert_int_equal(row->writable, rows[i].writable);
        assert_int_equal(row->closed_until_ms, rows[i].closed_ms ? WB_NOW + rows[i].closed_ms : 0);
        if (rows[i].kind)
            assert_string_equal(row->kind, rows[i].kind);
        else
            assert_null(row->kind);
        if (rows[i].why)
            assert_non_null(strstr(row->why, rows[i].why));
        else
            assert_null(row->why);
        assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSES, NULL));
        fixture_end(host);
    }
}

static void wildberries_own_place_is_not_writable(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = started(&start);
    check_reply(host, 200, "[]");
    assert_int_equal(host->warehouses.count, 1);
    assert_int_equal(warehouse(host, "fbw")->writable, 0);
    assert_int_equal(warehouse(host, "fbw")->marketplace, 1);
    assert_string_equal(warehouse(host, "fbw")->kind, "fbw");
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSES, NULL));
    fixture_end(host);
}

static void a_bad_row_is_shown_and_the_rest_used(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = started(&start);
    check_reply(host, 200,
                "[{\"id\":1},{\"name\":\"no id\"},{\"id\":0},{\"id\":99123456789012345678},"
                "{\"id\":1.5},null,{\"id\":\"2\"}]");
    assert_int_equal(host->malformed.count, 5);
    assert_non_null(warehouse(host, "1"));
    assert_non_null(warehouse(host, "2"));
    assert_int_equal(host->completes.count + host->incompletes.count, 0);
    fixture_end(host);
}

static void what_is_no_list_is_not_an_empty_one(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{}",          "null",         "", "{\"warehouses\":[]}",
                                         "[{\"id\":1}", "<html></html>"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct stockd_start start;
        struct check *host = started(&start);
        assert_int_equal(check_reply(host, 200, bodies[i]), STOCKD_FAIL);
        assert_int_equal(host->failure.why, STOCKD_FAIL_RETRY);
        assert_int_equal(host->warehouses.count + host->completes.count, 0);
        fixture_end(host);
    }
}

/* Reads fail with the class of the refusal; once for all operations that read. */
static void refusals_have_their_class(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum stockd_fail why;
        const char *text; /* part of what is said, or NULL */
    } refusals[] = {
        {400, "{\"code\":\"IncorrectParameter\",\"message\":\"x\"}", STOCKD_FAIL_RETRY, "x"},
        {401, "", STOCKD_FAIL_AUTH, NULL},
        {401, "{\"detail\":\"token expired; make another\"}", STOCKD_FAIL_AUTH, "token expired"},
        {401, "{\"detail\":\"token scope not allowed\"}", STOCKD_FAIL_DENIED, NULL},
        {402, "{}", STOCKD_FAIL_BLOCKED, NULL},
        {403, "{\"code\":\"AccessDenied\",\"message\":\"Доступ запрещён\"}", STOCKD_FAIL_DENIED,
         "Доступ"},
        {403, "{\"data\":null,\"error\":true,\"errorText\":\"no\"}", STOCKD_FAIL_DENIED, "no"},
        {403, "<html></html>", STOCKD_FAIL_BLOCKED, NULL},
        {404, "path not found", STOCKD_FAIL_UNSUPPORTED, NULL},
        {404, "{\"title\":\"path not found\"}", STOCKD_FAIL_DENIED, NULL},
        {404, "{\"code\":\"NotFound\",\"message\":\"\"}", STOCKD_FAIL_RETRY, NULL},
        {429, "{\"error\":\"too many\"}", STOCKD_FAIL_RETRY, "too many"},
        {451, "{}", STOCKD_FAIL_BLOCKED, NULL},
        {400, "{\"errors\":[\"first\",\"second\"]}", STOCKD_FAIL_RETRY, "first"},
        {400, "{\"errors\":\"alone\"}", STOCKD_FAIL_RETRY, "alone"},
        {500, "{}", STOCKD_FAIL_RETRY, NULL},
        {502, "<html></html>", STOCKD_FAIL_RETRY, NULL},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct stockd_start start;
        struct check *host = started(&start);
        assert_int_equal(check_reply(host, refusals[i].status, refusals[i].body), STOCKD_FAIL);
        if (host->failure.why != refusals[i].why)
            fail_msg("%d %s: class %d", refusals[i].status, refusals[i].body,
                     (int)host->failure.why);
        assert_non_null(host->failure.text);
        if (refusals[i].text && !strstr(host->failure.text, refusals[i].text))
            fail_msg("%s: %s", refusals[i].body, host->failure.text);
        assert_int_equal(host->warehouses.count + host->completes.count, 0);
        bool cost = host->quotas.count && host->quotas.at[0].cost == 10;
        assert_int_equal(cost, refusals[i].status < 500);
        fixture_end(host);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_row_has_its_meaning),
    cmocka_unit_test(wildberries_own_place_is_not_writable),
    cmocka_unit_test(a_bad_row_is_shown_and_the_rest_used),
    cmocka_unit_test(what_is_no_list_is_not_an_empty_one),
    cmocka_unit_test(refusals_have_their_class),
};

TEST_MAIN(cases)
