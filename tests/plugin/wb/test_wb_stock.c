/* fetch_stock: given sizes of the seller's warehouses, and what Wildberries keeps itself. */
#include "wb_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define REPORT "/api/analytics/v1/stocks-report/wb-warehouses"

static const struct stockd_warehouse_ref known[] = {{.id = "7001", .kind = "dbs"}};

static struct check *items(struct wb_items *batch, uint32_t count)
{
    struct check *host = wb_host();
    wb_items(batch, STOCKD_FETCH_STOCK, count);
    batch->start.warehouses = known;
    batch->start.warehouse_count = 1;
    return host;
}

static const struct stockd_stock *row(const struct check *host, const char *place, const char *id)
{
    for (size_t i = 0; i < host->stocks.count; i++)
        if (strcmp(host->stocks.at[i].warehouse_id, place) == 0 &&
            strcmp(host->stocks.at[i].listing_id, id) == 0)
            return &host->stocks.at[i];
    fail_msg("no row of %s in %s", id, place);
    return NULL;
}

static void a_missing_row_is_absent_and_never_zero(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = items(&batch, 3);
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    wb_asked(host, "/api/v3/stocks/7001", "{\"chrtIds\":[1001,1002,1003]}");
    assert_string_equal(check_request(host)->method, "POST");
    assert_int_equal(check_request(host)->flags & STOCKD_REQUEST_WRITE, 0);
    assert_int_equal(check_request(host)->charges[0].bucket, 0);
    check_reply(host, 200,
                "{\"stocks\":[{\"chrtId\":1003,\"amount\":0},{\"sku\":\"x\",\"chrtId\":\"1001\","
                "\"amount\":7}]}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->stocks.count, 3);
    assert_int_equal(row(host, "7001", "1001")->quantity, 7);
    assert_int_equal(row(host, "7001", "1001")->kind, STOCKD_STOCK_NUMBER);
    assert_int_equal(row(host, "7001", "1001")->reserved_quantity, STOCKD_UNKNOWN);
    assert_string_equal(row(host, "7001", "1001")->type, "dbs");
    assert_int_equal(row(host, "7001", "1002")->kind, STOCKD_STOCK_ABSENT);
    assert_int_equal(row(host, "7001", "1003")->kind, STOCKD_STOCK_NUMBER);
    assert_int_equal(row(host, "7001", "1003")->quantity, 0);
    assert_true(fixture_completed(host, STOCKD_SCOPE_ITEMS, NULL));
    assert_int_equal(host->completes.count, 1); /* a warehouse is never read to its end */
    fixture_end(host);
}

/* {"stocks":[]} is also what a wrong field name gets. */
static void an_empty_answer_is_all_absent(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = items(&batch, 2);
    check_start(host, &batch.start);
    check_reply(host, 200, "{\"stocks\":[]}");
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(host->stocks.at[i].kind, STOCKD_STOCK_ABSENT);
    fixture_end(host);
}

static void what_cannot_be_read_is_no_answer(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{}", "{\"stocks\":null}", "null", "[]", "", "{\"stocks\":[{\"chrtId\":1001,\"amount\":7}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct wb_items batch;
        struct check *host = items(&batch, 2);
        check_start(host, &batch.start);
        assert_int_equal(check_reply(host, 200, bodies[i]), STOCKD_FAIL);
        assert_int_equal(host->failure.why, STOCKD_FAIL_RETRY);
        assert_int_equal(host->stocks.count + host->completes.count, 0);
        fixture_end(host);
    }
}

static void a_bad_row_makes_no_figure_and_no_absence(void **state)
{
    (void)state;
    static const struct {
        const char *rows;
        size_t malformed;
        int first; /* what is told of size 1001: -1 nothing, -2 absent, else the figure */
    } answers[] = {
        {"{\"chrtId\":1001,\"amount\":null}", 1, -1},
        {"{\"chrtId\":1001,\"amount\":-1}", 1, -1},
        {"{\"chrtId\":1001,\"amount\":1.5}", 1, -1},
        {"{\"chrtId\":1001}", 1, -1},
        {"{\"chrtId\":1001,\"amount\":4},{\"chrtId\":1001,\"amount\":5}", 1, -1},
        {"{\"chrtId\":1001,\"amount\":4},{\"chrtId\":1001,\"amount\":4}", 0, 4},
        {"{\"amount\":4}", 1, -1}, /* it may be any of them */
        {"{\"chrtId\":0,\"amount\":4}", 1, -1},
        {"null,7", 2, -1},
        {"{\"chrtId\":1001,\"amount\":\"4\"}", 0, 4},
        {"{\"chrtId\":5555,\"amount\":4}", 1, -2},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct wb_items batch;
        char body[256];
        struct check *host = items(&batch, 2);
        check_start(host, &batch.start);
        snprintf(body, sizeof(body), "{\"stocks\":[%s,{\"chrtId\":1002,\"amount\":9}]}",
                 answers[i].rows);
        check_reply(host, 200, body);
        assert_int_equal(host->malformed.count, answers[i].malformed);
        assert_int_equal(row(host, "7001", "1002")->quantity, 9);
        size_t more = answers[i].first == -1 ? 0 : 1;
        if (host->stocks.count != 1 + more) fail_msg("%s", answers[i].rows);
        if (answers[i].first == -2)
            assert_int_equal(row(host, "7001", "1001")->kind, STOCKD_STOCK_ABSENT);
        if (answers[i].first >= 0)
            assert_int_equal(row(host, "7001", "1001")->quantity, answers[i].first);
        bool whole = fixture_completed(host, STOCKD_SCOPE_ITEMS, NULL);
        assert_int_equal(whole, answers[i].malformed == 0);
        fixture_end(host);
    }
}

static void each_warehouse_is_asked_for_its_own(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = items(&batch, 5);
    batch.items[1].warehouse_id = "7002";
    batch.items[3].warehouse_id = "7002";
    batch.items[4].listing_id = "1001"; /* once more */
    check_start(host, &batch.start);
    wb_asked(host, "/api/v3/stocks/7001", "{\"chrtIds\":[1001,1003]}");
    check_reply(host, 200, "{\"stocks\":[{\"chrtId\":1001,\"amount\":1}]}");
    wb_asked(host, "/api/v3/stocks/7002", "{\"chrtIds\":[1002,1004]}");
    assert_int_equal(host->completes.count, 0);
    check_reply(host, 200, "{\"stocks\":[{\"chrtId\":1004,\"amount\":3}]}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->stocks.count, 4);
    assert_int_equal(row(host, "7001", "1001")->quantity, 1);
    assert_int_equal(row(host, "7002", "1004")->quantity, 3);
    assert_true(fixture_completed(host, STOCKD_SCOPE_ITEMS, NULL));
    fixture_end(host);
}

static void a_thousand_sizes_at_a_time(void **state)
{
    (void)state;
    enum { COUNT = 2500 };
    static struct stockd_item many[COUNT];
    static char ids[COUNT][24];
    struct check *host = wb_host();
    struct stockd_start start = fixture_start(STOCKD_FETCH_STOCK);
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%zu", 1000001 + i);
        many[i] = (struct stockd_item){.listing_id = ids[i]};
    }
    start.items = many;
    start.item_count = COUNT;
    start.warehouse_id = "7001";
    check_start(host, &start);
    static const size_t sizes[] = {1000, 1000, 500};
    for (size_t i = 0; i < 3; i++) {
        json_t *body = fixture_asked_json(host);
        assert_int_equal(json_array_size(json_object_get(body, "chrtIds")), sizes[i]);
        json_decref(body);
        check_reply(host, 200, "{\"stocks\":[]}");
    }
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->stocks.count, COUNT);
    fixture_end(host);
}

static void a_warehouse_that_is_gone_is_said_to_be(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = items(&batch, 2);
    batch.items[1].warehouse_id = "7002";
    check_start(host, &batch.start);
    assert_int_equal(check_reply(host, 404, "{\"code\":\"NotFound\",\"message\":\"\"}"),
                     STOCKD_SEND);
    assert_int_equal(host->warehouses.at[0].gone, 1);
    assert_int_equal(host->quotas.at[0].cost, 10);
    check_reply(host, 200, "{\"stocks\":[{\"chrtId\":1002,\"amount\":3}]}");
    assert_int_equal(host->stocks.count, 1);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

static void without_ids_there_is_nothing_to_ask(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_STOCK);
    struct check *host = wb_host();
    start.warehouse_id = "7001";
    assert_int_equal(check_start(host, &start), STOCKD_FAIL);
    assert_int_equal(host->failure.why, STOCKD_FAIL_UNSUPPORTED);
    fixture_end(host);
}

/* ---- what Wildberries keeps ---- */

static struct check *fbw(struct stockd_start *start)
{
    struct check *host = wb_host();
    *start = fixture_start(STOCKD_FETCH_STOCK);
    start->warehouse_id = "fbw";
    assert_int_equal(check_start(host, start), STOCKD_SEND);
    wb_asked(host, REPORT, "{\"nmIds\":[],\"chrtIds\":[],\"limit\":10000,\"offset\":0}");
    assert_int_equal(check_request(host)->endpoint, 2);
    assert_int_equal(check_request(host)->charges[0].bucket, 4);
    return host;
}

#define FBW(chrt, place, quantity)                                                     \
    "{\"nmId\":5,\"chrtId\":" chrt ",\"warehouseId\":" place ",\"quantity\":" quantity \
    ",\"inWayToClient\":9,\"inWayFromClient\":9}"

static void figures_of_fbw_are_summed_over_pages(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = fbw(&start);
    check_reply(host, 200,
                "{\"data\":{\"items\":[" FBW("12", "-999999", "4") "," FBW(
                    "11", "507", "1") "," FBW("12", "507", "2") "]}}");
    wb_asked(host, REPORT, "{\"nmIds\":[],\"chrtIds\":[],\"limit\":10000,\"offset\":3}");
    assert_int_equal(host->stocks.count, 0);
    check_reply(host, 200,
                "{\"data\":{\"items\":[" FBW("13", "1", "0") "," FBW("11", "1", "5") "]}}");
    check_reply(host, 200, "{\"data\":{\"items\":[]}}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->stocks.count, 3);
    assert_int_equal(row(host, "fbw", "11")->quantity, 6);
    assert_int_equal(row(host, "fbw", "12")->quantity, 6);
    assert_int_equal(row(host, "fbw", "13")->quantity, 0);
    assert_int_equal(row(host, "fbw", "13")->read_only, 1);
    assert_string_equal(row(host, "fbw", "13")->type, "fbw");
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSE, "fbw"));
    fixture_end(host);
}

static void a_bad_row_of_fbw_spoils_its_size(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = fbw(&start);
    check_reply(host, 200,
                "{\"data\":{\"items\":[" FBW("12", "1", "null") "," FBW("11", "1", "1") "," FBW(
                    "12", "2", "2") "," FBW("13", "1", "-4") ",null]}}");
    check_reply(host, 200, "{\"data\":{\"items\":[]}}");
    assert_int_equal(host->malformed.count, 3);
    assert_int_equal(host->stocks.count, 1);
    assert_int_equal(row(host, "fbw", "11")->quantity, 1);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

static void many_figures_are_told_in_parts(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    struct stockd_start start;
    struct check *host = fbw(&start);
    char *body = malloc(COUNT * 64 + 64);
    assert_non_null(body);
    for (int page = 0; page < 3; page++) {
        char *at = stpcpy(body, "{\"data\":{\"items\":[");
        for (int i = 0; i < COUNT; i++)
            at += sprintf(at, "%s{\"chrtId\":%d,\"quantity\":%d}", i ? "," : "",
                          1 + (page * COUNT / 2 + COUNT - i), 1);
        strcpy(at, "]}}");
        assert_int_equal(check_reply(host, 200, body), STOCKD_SEND);
    }
    free(body);
    assert_int_equal(check_reply(host, 200, "{\"data\":{\"items\":[]}}"), STOCKD_WAIT);
    assert_int_equal(host->stocks.count, 10000);
    assert_int_equal(check_timer(host), STOCKD_DONE);
    assert_int_equal(host->stocks.count, 20000);
    assert_int_equal(row(host, "fbw", "2")->quantity, 1);
    assert_int_equal(row(host, "fbw", "5002")->quantity, 2);
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSE, "fbw"));
    fixture_end(host);
}

/* These figures are only shown: not having them is a word in the log. */
static void a_refusal_of_fbw_fails_nothing(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
    } refusals[] = {
        {401, "{\"detail\":\"token scope not allowed\"}"},
        {402, ""},
        {403, "{\"title\":\"no\",\"detail\":\"base tokens may not\"}"},
        {404, ""},
        {429, ""},
        {500, ""},
        {200, "{}"},
        {200, "{\"data\":{\"items\":null}}"},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct stockd_start start;
        struct check *host = fbw(&start);
        check_reply(host, 200, "{\"data\":{\"items\":[" FBW("12", "1", "4") "]}}");
        assert_int_equal(check_reply(host, refusals[i].status, refusals[i].body), STOCKD_DONE);
        assert_int_equal(host->stocks.count + host->completes.count, 0);
        assert_int_equal(host->logs.count, 1);
        fixture_end(host);
    }
}

static void a_report_without_data_is_an_empty_one(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = fbw(&start);
    assert_int_equal(check_reply(host, 204, ""), STOCKD_DONE);
    assert_int_equal(host->stocks.count, 0);
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSE, "fbw"));
    fixture_end(host);
}

static void a_token_without_analytics_asks_nothing(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_STOCK);
    struct check *host = wb_host_with(1 << 4);
    assert_int_equal(check_start(host, &start), STOCKD_DONE);
    assert_int_equal(host->requests.count, 0);
    assert_non_null(strstr(host->logs.at[0].value, "Analytics"));
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_missing_row_is_absent_and_never_zero),
    cmocka_unit_test(an_empty_answer_is_all_absent),
    cmocka_unit_test(what_cannot_be_read_is_no_answer),
    cmocka_unit_test(a_bad_row_makes_no_figure_and_no_absence),
    cmocka_unit_test(each_warehouse_is_asked_for_its_own),
    cmocka_unit_test(a_thousand_sizes_at_a_time),
    cmocka_unit_test(a_warehouse_that_is_gone_is_said_to_be),
    cmocka_unit_test(without_ids_there_is_nothing_to_ask),
    cmocka_unit_test(figures_of_fbw_are_summed_over_pages),
    cmocka_unit_test(a_bad_row_of_fbw_spoils_its_size),
    cmocka_unit_test(many_figures_are_told_in_parts),
    cmocka_unit_test(a_refusal_of_fbw_fails_nothing),
    cmocka_unit_test(a_report_without_data_is_an_empty_one),
    cmocka_unit_test(a_token_without_analytics_asks_nothing),
};

TEST_MAIN(cases)
