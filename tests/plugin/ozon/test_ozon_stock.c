/* fetch_stock: dumps of warehouses, what Ozon keeps itself, and given items. */
#include "ozon_fixture.h"

#include <stdio.h>

#define DUMP    "/v1/product/info/warehouse/stocks"
#define SUMMARY "/v4/product/info/stocks"
#define ITEMS   "/v2/product/info/stocks-by-warehouse/fbs"

static const struct stockd_warehouse_ref known[] = {
    {.id = "7001", .kind = "fbs", .writable = 1},
    {.id = "fbo", .kind = "fbo"},
    {.id = "7002", .kind = "rfbs", .writable = 1},
    {.id = "fbp", .kind = "fbp"},
};

static struct stockd_start all_start(void)
{
    struct stockd_start start = fixture_start(STOCKD_FETCH_STOCK);
    start.warehouses = known;
    start.warehouse_count = 4;
    return start;
}

static void reads_every_warehouse_and_then_ozons_own(void **state)
{
    (void)state;
    struct stockd_start start = all_start();
    struct check *host = ozon_host();
    assert_int_equal(check_start(host, &start), STOCKD_SEND);
    fixture_asked(host, DUMP, "{\"warehouse_id\":7001,\"limit\":1000,\"cursor\":\"\"}");
    check_reply(
        host, 200,
        "{\"stocks\":[{\"product_id\":1,\"offer_id\":\"a\",\"sku\":9,\"present\":12,"
        "\"reserved\":5,\"free_stock\":7,\"warehouse_id\":7001,"
        "\"updated_at\":\"2026-09-01T03:00:00.5+03:00\"}],\"has_next\":true,\"cursor\":\"c\"}");
    fixture_asked(host, DUMP, "{\"warehouse_id\":7001,\"limit\":1000,\"cursor\":\"c\"}");
    assert_int_equal(host->completes.count, 0);
    check_reply(host, 200,
                "{\"stocks\":[{\"product_id\":\"2\",\"free_stock\":\"0\"}],\"has_next\":false}");
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSE, "7001"));
    fixture_asked(host, DUMP, "{\"warehouse_id\":7002,\"limit\":1000,\"cursor\":\"\"}");
    check_reply(host, 200, "{\"stocks\":[],\"has_next\":false}");
    fixture_asked(host, SUMMARY,
                  "{\"filter\":{\"visibility\":\"ALL\"},\"limit\":1000,\"cursor\":\"\"}");
    check_reply(host, 200,
                "{\"items\":[{\"product_id\":1,\"stocks\":[{\"type\":\"fbo\",\"present\":55,"
                "\"reserved\":1},{\"type\":\"fbo\",\"present\":5,\"reserved\":0},{\"type\":\"fbs\","
                "\"present\":12,\"reserved\":5}]},{\"product_id\":2,\"stocks\":[{\"type\":\"fbp\","
                "\"present\":3,\"reserved\":3}]}],\"cursor\":\"\",\"total\":2}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->stocks.count, 4);
    const struct stockd_stock *row = host->stocks.at;
    assert_string_equal(row[0].listing_id, "1");
    assert_int_equal(row[0].quantity, 7); /* free_stock: what is reserved is not in it */
    assert_int_equal(row[0].reserved_quantity, 5);
    assert_string_equal(row[0].type, "fbs");
    assert_int_equal(row[0].read_only, 0);
    assert_int_equal(row[0].marketplace_ms, 1788220800500);
    assert_string_equal(row[1].warehouse_id, "7001");
    assert_int_equal(row[1].quantity, 0);
    assert_int_equal(row[1].reserved_quantity, STOCKD_UNKNOWN);
    assert_string_equal(row[2].warehouse_id, "fbo");
    assert_int_equal(row[2].quantity, 59);
    assert_int_equal(row[2].read_only, 1);
    assert_string_equal(row[3].type, "fbp");
    assert_int_equal(row[3].quantity, 0);
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSE, "7002"));
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSE, "fbo"));
    assert_true(fixture_completed(host, STOCKD_SCOPE_ALL_STOCK, NULL));
    fixture_end(host);
}

static void one_warehouse_only(void **state)
{
    (void)state;
    struct stockd_start start = all_start();
    struct check *host = ozon_host();
    start.warehouse_id = "7002";
    check_start(host, &start);
    assert_int_equal(check_reply(host, 200,
                                 "{\"stocks\":[{\"product_id\":1,\"free_stock\":3}],"
                                 "\"has_next\":false}"),
                     STOCKD_DONE);
    assert_string_equal(host->stocks.at[0].type, "rfbs");
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSE, "7002"));
    assert_false(fixture_completed(host, STOCKD_SCOPE_ALL_STOCK, NULL));
    start.warehouse_id = "fbo";
    check_start(host, &start);
    assert_string_equal(check_request(host)->path, SUMMARY);
    check_reply(
        host, 200,
        "{\"items\":[{\"product_id\":1,\"stocks\":[{\"type\":\"fbo\",\"present\":5,"
        "\"reserved\":1},{\"type\":\"fbp\",\"present\":5,\"reserved\":1}]}],\"cursor\":\"\"}");
    assert_int_equal(host->stocks.count, 1);
    assert_int_equal(host->stocks.at[0].quantity, 4);
    assert_false(fixture_completed(host, STOCKD_SCOPE_WAREHOUSE, "fbp"));
    start.warehouse_id = "default";
    assert_int_equal(check_start(host, &start), STOCKD_DONE);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

static void knowing_no_warehouse_is_not_knowing_all_stock(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_STOCK);
    struct check *host = ozon_host();
    check_start(host, &start);
    check_reply(host, 200, "{\"items\":[],\"cursor\":\"\"}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_false(fixture_completed(host, STOCKD_SCOPE_ALL_STOCK, NULL));
    fixture_end(host);
}

/* One row of a dump beside a good one: shown as malformed, no figure made of it, no scope closed.
 */
static void a_figure_is_never_made_up(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{\"product_id\":1}",
        "{\"product_id\":1,\"free_stock\":null}",
        "{\"product_id\":1,\"free_stock\":\"\"}",
        "{\"product_id\":1,\"free_stock\":\"7.0\"}",
        "{\"product_id\":1,\"free_stock\":7.5}",
        "{\"product_id\":1,\"free_stock\":-1}",
        "{\"product_id\":1,\"free_stock\":true}",
        "{\"product_id\":1,\"free_stock\":99999999999999999999}",
        "{\"product_id\":1,\"present\":7,\"reserved\":0}",
        "{\"product_id\":0,\"free_stock\":7}",
        "{\"product_id\":\"\",\"free_stock\":7}",
        "{\"product_id\":99123456789012345678,\"free_stock\":7}",
        "{\"free_stock\":7}",
        "{\"product_id\":1,\"free_stock\":7,\"warehouse_id\":7002}",
        "{\"product_id\":1,\"free_stock\":7,\"warehouse_id\":\"x\"}",
        "null",
        "[]",
        "7",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stockd_start start = all_start();
        struct check *host = ozon_host();
        char body[256];
        start.warehouse_id = "7001";
        check_start(host, &start);
        snprintf(body, sizeof(body),
                 "{\"stocks\":[%s,{\"product_id\":2,\"free_stock\":8}],\"has_next\":false}",
                 rows[i]);
        assert_int_equal(check_reply(host, 200, body), STOCKD_DONE);
        if (host->stocks.count != 1 || host->stocks.at[0].quantity != 8)
            fail_msg("%s: %zu rows", rows[i], host->stocks.count);
        assert_int_equal(host->malformed.count, 1);
        assert_int_equal(host->completes.count, 0);
        fixture_end(host);
    }
}

static void a_lost_page_keeps_all_stock_open(void **state)
{
    (void)state;
    struct stockd_start start = all_start();
    struct check *host = ozon_host();
    check_start(host, &start);
    check_reply(host, 200, "{\"stocks\":[{\"product_id\":1}],\"has_next\":false}");
    check_reply(host, 200, "{\"stocks\":[],\"has_next\":false}");
    check_reply(host, 200, "{\"items\":[],\"cursor\":\"\"}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_false(fixture_completed(host, STOCKD_SCOPE_WAREHOUSE, "7001"));
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSE, "7002"));
    assert_false(fixture_completed(host, STOCKD_SCOPE_ALL_STOCK, NULL));
    fixture_end(host);
}

static void bad_figures_of_ozons_own_are_not_used(void **state)
{
    (void)state;
    static const char *const stocks[] = {
        "null",
        "{}",
        "[null]",
        "[{\"present\":5,\"reserved\":1}]",
        "[{\"type\":\"fbo\",\"present\":5}]",
        "[{\"type\":\"fbo\",\"reserved\":5}]",
        "[{\"type\":\"fbo\",\"present\":1,\"reserved\":5}]",
        "[{\"type\":\"fbo\",\"present\":9223372036854775807,\"reserved\":0}]"};
    for (size_t i = 0; i < sizeof(stocks) / sizeof(stocks[0]); i++) {
        struct stockd_start start = fixture_start(STOCKD_FETCH_STOCK);
        struct check *host = ozon_host();
        char body[256];
        check_start(host, &start);
        snprintf(body, sizeof(body),
                 "{\"items\":[{\"product_id\":1,\"stocks\":%s}],\"cursor\":\"\"}", stocks[i]);
        check_reply(host, 200, body);
        if (host->stocks.count) fail_msg("%s", stocks[i]);
        assert_int_equal(host->malformed.count, 1);
        assert_int_equal(host->completes.count, 0);
        fixture_end(host);
    }
}

/* ---- given items ---- */

static void absent_is_said_only_after_the_last_page(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    ozon_items(&batch, STOCKD_FETCH_STOCK, 3);
    check_start(host, &batch.start);
    fixture_asked(host, ITEMS,
                  "{\"offer_id\":[\"art-0\",\"art-1\",\"art-2\"],\"limit\":1000,\"cursor\":\"\"}");
    check_reply(host, 200,
                "{\"products\":[{\"product_id\":1001,\"warehouse_id\":7001,\"free_stock\":4,"
                "\"reserved\":1,\"warehouse_name\":\"Main\"},"
                "{\"product_id\":1002,\"warehouse_id\":7009,\"free_stock\":2}],"
                "\"has_next\":true,\"cursor\":\"c\"}");
    assert_int_equal(host->stocks.count, 2);
    check_reply(host, 200,
                "{\"products\":[{\"product_id\":1003,\"warehouse_id\":7001,\"free_stock\":0}],"
                "\"has_next\":false}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->stocks.count, 4);
    assert_string_equal(host->stocks.at[0].warehouse_name, "Main");
    assert_int_equal(host->stocks.at[2].kind, STOCKD_STOCK_NUMBER);
    const struct stockd_stock *absent = &host->stocks.at[3];
    assert_int_equal(absent->kind, STOCKD_STOCK_ABSENT);
    assert_string_equal(absent->listing_id, "1002"); /* it stands in 7009, not in 7001 */
    assert_string_equal(absent->warehouse_id, "7001");
    assert_true(fixture_completed(host, STOCKD_SCOPE_ITEMS, NULL));
    fixture_end(host);
}

static void nothing_is_absent_from_a_bad_answer(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "{\"products\":[{\"product_id\":1001,\"warehouse_id\":7001}],\"has_next\":false}",
        "{\"products\":[null],\"has_next\":false}",
        "{\"products\":[],\"has_next\":true}",
        "{\"products\":[],\"has_next\":7}",
        "{\"products\":[],\"has_next\":true,\"cursor\":\"c\"}",
        "{\"products\":null,\"has_next\":false}",
        "{\"has_next\":false}",
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct ozon_items batch;
        struct check *host = ozon_host();
        ozon_items(&batch, STOCKD_FETCH_STOCK, 2);
        check_start(host, &batch.start);
        check_reply(host, 200, answers[i]);
        if (host->stocks.count || host->completes.count || host->verdict == STOCKD_SEND)
            fail_msg("%s", answers[i]);
        fixture_end(host);
    }
}

static void an_item_without_article_is_not_answered_for(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    ozon_items(&batch, STOCKD_FETCH_STOCK, 2);
    batch.items[0].key_count = 0;
    check_start(host, &batch.start);
    fixture_asked(host, ITEMS, "{\"offer_id\":[\"art-1\"],\"limit\":1000,\"cursor\":\"\"}");
    check_reply(host, 200, "{\"products\":[],\"has_next\":false}");
    assert_int_equal(host->stocks.count, 1);
    assert_string_equal(host->stocks.at[0].listing_id, "1002");
    assert_int_equal(host->malformed.count, 1);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

static void asks_a_thousand_at_a_time(void **state)
{
    (void)state;
    static struct stockd_item items[2500];
    static char ids[2500][16];
    static struct stockd_key keys[2500];
    struct stockd_start start = fixture_start(STOCKD_FETCH_STOCK);
    struct check *host = ozon_host();
    for (int i = 0; i < 2500; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%d", i + 1);
        keys[i] = (struct stockd_key){"sku", ids[i]};
        items[i] = (struct stockd_item){
            .listing_id = ids[i], .warehouse_id = "7001", .keys = &keys[i], .key_count = 1};
    }
    start.items = items;
    start.item_count = 2500;
    check_start(host, &start);
    size_t sizes[] = {1000, 1000, 500};
    for (int i = 0; i < 3; i++) {
        json_t *asked = fixture_asked_json(host);
        assert_int_equal(json_array_size(json_object_get(asked, "offer_id")), sizes[i]);
        json_decref(asked);
        check_reply(host, 200, "{\"products\":[],\"has_next\":false}");
    }
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->stocks.count, 2500);
    assert_true(fixture_completed(host, STOCKD_SCOPE_ITEMS, NULL));
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(reads_every_warehouse_and_then_ozons_own),
    cmocka_unit_test(one_warehouse_only),
    cmocka_unit_test(knowing_no_warehouse_is_not_knowing_all_stock),
    cmocka_unit_test(a_figure_is_never_made_up),
    cmocka_unit_test(a_lost_page_keeps_all_stock_open),
    cmocka_unit_test(bad_figures_of_ozons_own_are_not_used),
    cmocka_unit_test(absent_is_said_only_after_the_last_page),
    cmocka_unit_test(nothing_is_absent_from_a_bad_answer),
    cmocka_unit_test(an_item_without_article_is_not_answered_for),
    cmocka_unit_test(asks_a_thousand_at_a_time),
};

TEST_MAIN(cases)
