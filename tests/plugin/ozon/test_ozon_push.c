/* push_stock: what is sent, and what each line of a 200 answer means for its item. Refused requests
 * are in test_ozon_push_errors.c. */
#include "ozon_fixture.h"

#include <stdio.h>

#define PATH "/v2/products/stocks"

static void sends_product_ids_and_figures(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    ozon_items(&batch, STOCKD_PUSH_STOCK, 2);
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    fixture_asked(host, PATH,
                  "{\"stocks\":[{\"product_id\":1001,\"stock\":5,\"warehouse_id\":7001},"
                  "{\"product_id\":1002,\"stock\":6,\"warehouse_id\":7001}]}");
    const struct stockd_request *request = check_request(host);
    assert_string_equal(request->method, "POST");
    assert_true(request->flags & STOCKD_REQUEST_WRITE);
    assert_int_equal(request->charges[0].amount, 0); /* the route's charges, not its own */
    assert_string_equal(check_request_header(host, "Client-Id"), "42");
    assert_string_equal(check_request_header(host, "Content-Type"), "application/json");
    bool secret = false;
    for (uint32_t i = 0; i < request->header_count; i++)
        if (strcmp(request->headers[i].name, "Api-Key") == 0)
            secret = request->headers[i].use == STOCKD_SECRET_PLAIN &&
                     strcmp(request->headers[i].secret, "api-key") == 0;
    assert_true(secret);
    fixture_end(host);
}

static void falls_back_to_the_article(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    ozon_items(&batch, STOCKD_PUSH_STOCK, 1);
    batch.items[0].listing_id = "0";
    batch.keys[0].value = "Кроссовки \"42\"\t\\x";
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    fixture_asked(host, PATH,
                  "{\"stocks\":[{\"offer_id\":\"Кроссовки \\\"42\\\"\\u0009\\\\x\",\"stock\":5,"
                  "\"warehouse_id\":7001}]}");
    check_reply(host, 200,
                "{\"result\":[{\"warehouse_id\":7001,\"product_id\":55,\"offer_id\":\"Кроссовки "
                "\\\"42\\\"\\u0009\\\\x\",\"updated\":true,\"errors\":[]}]}");
    assert_int_equal(host->outcomes.at[0].last.kind, STOCKD_OK);
    fixture_end(host);
}

static void rejects_what_cannot_be_sent_and_sends_the_rest(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    ozon_items(&batch, STOCKD_PUSH_STOCK, 6);
    batch.items[0].warehouse_id = "fbo";
    batch.items[1].warehouse_id = NULL;
    batch.items[2].listing_id = "99123456789012345678"; /* beyond int64, and no article */
    batch.items[2].key_count = 0;
    batch.items[3].wanted = 1000000;
    batch.items[4].wanted = -1;
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    fixture_asked(host, PATH,
                  "{\"stocks\":[{\"product_id\":1006,\"stock\":10,\"warehouse_id\":7001}]}");
    static const char *const codes[] = {"bad-warehouse", "bad-warehouse", "bad-listing",
                                        "bad-quantity", "bad-quantity"};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(host->outcomes.at[i].last.kind, STOCKD_REJECTED);
        assert_string_equal(host->outcomes.at[i].last.code, codes[i]);
    }
    check_reply(host, 200,
                "{\"result\":[{\"warehouse_id\":7001,\"product_id\":1006,\"updated\":true}]}");
    assert_int_equal(host->outcomes.at[5].last.kind, STOCKD_OK);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(host->outcomes.at[i].given, 1);
    fixture_end(host);
}

static void ends_without_a_request_when_nothing_can_be_sent(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    ozon_items(&batch, STOCKD_PUSH_STOCK, 1);
    batch.items[0].warehouse_id = "default";
    assert_int_equal(check_start(host, &batch.start), STOCKD_DONE);
    assert_int_equal(host->requests.count, 0);
    fixture_end(host);
}

static void matches_by_ids_in_any_order(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    ozon_items(&batch, STOCKD_PUSH_STOCK, 3);
    batch.items[2].listing_id = "1001"; /* the product of item 0, in another warehouse */
    batch.items[2].warehouse_id = "7002";
    check_start(host, &batch.start);
    check_reply(
        host, 200,
        "{\"result\":["
        "{\"warehouse_id\":7002,\"product_id\":1001,\"offer_id\":\"art-0\",\"updated\":false,"
        "\"errors\":[{\"code\":\"STOCK_TOO_BIG\",\"message\":\"too big\"}]},"
        "{\"warehouse_id\":\"7001\",\"product_id\":\"1002\",\"updated\":true,\"errors\":null},"
        "{\"warehouse_id\":7001,\"product_id\":1001,\"updated\":true,\"errors\":[]}]}");
    assert_int_equal(host->outcomes.at[0].last.kind, STOCKD_OK);
    assert_int_equal(host->outcomes.at[1].last.kind, STOCKD_OK);
    assert_int_equal(host->outcomes.at[2].last.kind, STOCKD_REJECTED);
    assert_string_equal(host->outcomes.at[2].last.code, "STOCK_TOO_BIG");
    fixture_end(host);
}

static void matches_product_0_by_article(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    ozon_items(&batch, STOCKD_PUSH_STOCK, 2);
    check_start(host, &batch.start);
    check_reply(host, 200,
                "{\"result\":[{\"warehouse_id\":7001,\"product_id\":0,\"offer_id\":\"art-1\","
                "\"updated\":false,\"errors\":[{\"code\":\"NOT_FOUND_ERROR\",\"message\":\"no\"}]},"
                "{\"warehouse_id\":7001,\"product_id\":1001,\"updated\":true}]}");
    assert_int_equal(host->outcomes.at[0].last.kind, STOCKD_OK);
    assert_int_equal(host->outcomes.at[1].last.kind, STOCKD_REJECTED);
    fixture_end(host);
}

/* The one item of a batch against one `result` row. */
struct row_case {
    const char *rest; /* of {"warehouse_id":7001,"product_id":1001, */
    enum stockd_outcome_kind kind;
    const char *code;
    int64_t after_ms; /* THROTTLED: how long */
};

#define FAILED(code) "\"updated\":false,\"errors\":[{\"code\":\"" code "\",\"message\":\"why\"}]"

static const struct row_case row_cases[] = {
    {"\"updated\":true,\"errors\":[]", STOCKD_OK, NULL, 0},
    {"\"updated\":true", STOCKD_OK, NULL, 0},
    {FAILED("TOO_MANY_REQUESTS"), STOCKD_THROTTLED, "TOO_MANY_REQUESTS", 30000},
    {"\"updated\":false,\"errors\":[{\"code\":\"SOME\",\"message\":\"Stock is updated too "
     "frequently\"}]",
     STOCKD_THROTTLED, "SOME", 30000},
    {FAILED("INTERNAL_ERROR"), STOCKD_RETRY, "INTERNAL_ERROR", 0},
    {FAILED("product_is_not_created"), STOCKD_THROTTLED, "product_is_not_created", 3600000},
    {FAILED("PRODUCT_HAS_NOT_BEEN_TAGGED_YET"), STOCKD_THROTTLED, "PRODUCT_HAS_NOT_BEEN_TAGGED_YET",
     3600000},
    {FAILED("PRODUCT_IS_ARCHIVED"), STOCKD_REJECTED, "PRODUCT_IS_ARCHIVED", 0},
    {FAILED("WAREHOUSE_NOT_FOUND"), STOCKD_REJECTED, "WAREHOUSE_NOT_FOUND", 0},
    {FAILED("offer_id_not_found"), STOCKD_REJECTED, "offer_id_not_found", 0},
    {FAILED("NOT_FOUND_ERROR"), STOCKD_REJECTED, "NOT_FOUND_ERROR", 0},
    {FAILED("STOCK_TOO_BIG"), STOCKD_REJECTED, "STOCK_TOO_BIG", 0},
    {FAILED("SOURCE_TYPE_NOT_FOUND"), STOCKD_REJECTED, "SOURCE_TYPE_NOT_FOUND", 0},
    {FAILED("SIZE_REQUIRED_FOR_NOT_UNIQUE_OFFER_ID"), STOCKD_REJECTED,
     "SIZE_REQUIRED_FOR_NOT_UNIQUE_OFFER_ID", 0},
    {FAILED("NON_KGT_ON_KGT_WAREHOUSE"), STOCKD_REJECTED, "NON_KGT_ON_KGT_WAREHOUSE", 0},
    {FAILED("OVER_MAX_OVH_NON_KGT"), STOCKD_REJECTED, "OVER_MAX_OVH_NON_KGT", 0},
    {FAILED("OVER_MAX_OVH_KGT"), STOCKD_REJECTED, "OVER_MAX_OVH_KGT", 0},
    {FAILED("MP_DELIVERY_ONLY_3PL_ERROR"), STOCKD_REJECTED, "MP_DELIVERY_ONLY_3PL_ERROR", 0},
    {FAILED("FLAMMABLE_ONLY_ON_SELF_OR_PROVIDER_DELIVERY"), STOCKD_REJECTED,
     "FLAMMABLE_ONLY_ON_SELF_OR_PROVIDER_DELIVERY", 0},
    {FAILED("MULTIBOX_NOT_ALLOWED_FOR_FBS"), STOCKD_REJECTED, "MULTIBOX_NOT_ALLOWED_FOR_FBS", 0},
    {FAILED("CB_DELIVERY_ONLY_FBP"), STOCKD_REJECTED, "CB_DELIVERY_ONLY_FBP", 0},
    {FAILED("A_CODE_OF_TOMORROW"), STOCKD_REJECTED, "A_CODE_OF_TOMORROW", 0},
    /* The worst of two counts. */
    {"\"updated\":false,\"errors\":[{\"code\":\"TOO_MANY_REQUESTS\"},{\"code\":\"STOCK_TOO_BIG\"}]",
     STOCKD_REJECTED, "STOCK_TOO_BIG", 0},
    {"\"updated\":false,\"errors\":[{\"code\":\"PRODUCT_IS_ARCHIVED\"},{\"code\":\"TOO_MANY_"
     "REQUESTS\"}]",
     STOCKD_REJECTED, "PRODUCT_IS_ARCHIVED", 0},
    /* A failure is one even where `updated`, false by default, is left out. */
    {"\"errors\":[{\"code\":\"STOCK_TOO_BIG\"}]", STOCKD_REJECTED, "STOCK_TOO_BIG", 0},
    /* What cannot be told is unresolved, never ok and never rejected. */
    {"\"updated\":true,\"errors\":[{\"code\":\"STOCK_TOO_BIG\"}]", STOCKD_UNRESOLVED, NULL, 0},
    {"\"updated\":false,\"errors\":[]", STOCKD_UNRESOLVED, NULL, 0},
    {"\"updated\":false", STOCKD_UNRESOLVED, NULL, 0},
    {"\"errors\":[]", STOCKD_UNRESOLVED, NULL, 0},
    {"\"updated\":\"true\",\"errors\":[]", STOCKD_UNRESOLVED, NULL, 0},
    {"\"updated\":1", STOCKD_UNRESOLVED, NULL, 0},
    {"\"updated\":null", STOCKD_UNRESOLVED, NULL, 0},
    {"\"updated\":true,\"errors\":\"none\"", STOCKD_UNRESOLVED, NULL, 0},
    {"\"updated\":true,\"errors\":{}", STOCKD_UNRESOLVED, NULL, 0},
    {"\"updated\":false,\"errors\":[7]", STOCKD_UNRESOLVED, NULL, 0},
    {"\"updated\":false,\"errors\":[{}]", STOCKD_UNRESOLVED, NULL, 0},
};

static void judges_each_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(row_cases) / sizeof(row_cases[0]); i++) {
        const struct row_case *is = &row_cases[i];
        struct ozon_items batch;
        struct check *host = ozon_host();
        char body[512];
        ozon_items(&batch, STOCKD_PUSH_STOCK, 1);
        check_start(host, &batch.start);
        snprintf(body, sizeof(body),
                 "{\"result\":[{\"warehouse_id\":7001,\"product_id\":1001,%s}]}", is->rest);
        assert_int_equal(check_reply(host, 200, body), STOCKD_DONE);
        const struct check_outcome *outcome = &host->outcomes.at[0];
        if (outcome->last.kind != is->kind) fail_msg("%s: outcome %u", body, outcome->last.kind);
        assert_int_equal(outcome->given, 1);
        if (is->code) assert_string_equal(outcome->last.code, is->code);
        if (is->after_ms) assert_int_equal(outcome->last.until_ms, host->now_ms + is->after_ms);
        if (is->kind == STOCKD_UNRESOLVED) assert_true(outcome->last.until_ms > host->now_ms);
        assert_int_equal(host->stocks.count, 0);
        fixture_end(host);
    }
}

static void archived_product_changes_its_listing(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    ozon_items(&batch, STOCKD_PUSH_STOCK, 1);
    check_start(host, &batch.start);
    check_reply(host, 200,
                "{\"result\":[{\"warehouse_id\":7001,\"product_id\":1001," FAILED(
                    "PRODUCT_IS_ARCHIVED") "}]}");
    assert_int_equal(host->listings.count, 1);
    assert_int_equal(host->listings.at[0].state, STOCKD_LISTING_ARCHIVED);
    assert_string_equal(host->listings.at[0].id, "1001");
    assert_string_equal(fixture_key_of(&host->listings.at[0], "sku"),
                        "art-0"); /* kept, not wiped */
    fixture_end(host);
}

static void missing_warehouse_is_no_longer_writable(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    const struct stockd_warehouse_ref known = {.id = "7001", .kind = "rfbs", .writable = 1};
    ozon_items(&batch, STOCKD_PUSH_STOCK, 1);
    batch.start.warehouses = &known;
    batch.start.warehouse_count = 1;
    check_start(host, &batch.start);
    check_reply(host, 200,
                "{\"result\":[{\"warehouse_id\":7001,\"product_id\":1001,\"updated\":false,"
                "\"errors\":[{\"code\":\"\",\"message\":\"warehouse has wrong id: 7001\"}]}]}");
    assert_int_equal(host->outcomes.at[0].last.kind, STOCKD_REJECTED);
    assert_int_equal(host->warehouses.count, 1);
    assert_string_equal(host->warehouses.at[0].id, "7001");
    assert_string_equal(host->warehouses.at[0].kind, "rfbs");
    assert_int_equal(host->warehouses.at[0].writable, 0);
    assert_non_null(strstr(host->warehouses.at[0].why, "wrong id"));
    fixture_end(host);
}

static void unnamed_and_contradicted_items_are_unresolved(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    ozon_items(&batch, STOCKD_PUSH_STOCK, 4);
    check_start(host, &batch.start);
    check_reply(host, 200,
                "{\"result\":["
                "{\"warehouse_id\":7001,\"product_id\":1001,\"updated\":true},"
                "{\"warehouse_id\":7001,\"product_id\":1001," FAILED(
                    "STOCK_TOO_BIG") "},"
                                     "{\"warehouse_id\":7001,\"product_id\":1003,\"updated\":true},"
                                     "{\"warehouse_id\":7001,\"product_id\":1003,\"updated\":true},"
                                     "{\"warehouse_id\":7002,\"product_id\":1004,\"updated\":true},"
                                     "{\"warehouse_id\":7001,\"product_id\":99,\"offer_id\":\"art-"
                                     "3\",\"updated\":true},"
                                     "{\"product_id\":1004,\"updated\":true},7,null]}");
    assert_int_equal(host->outcomes.at[0].last.kind, STOCKD_UNRESOLVED); /* two answers */
    assert_int_equal(host->outcomes.at[1].last.kind, STOCKD_UNRESOLVED); /* none */
    assert_int_equal(host->outcomes.at[2].last.kind, STOCKD_OK);         /* the same twice */
    assert_int_equal(host->outcomes.at[3].last.kind, STOCKD_UNRESOLVED); /* other ids */
    assert_int_equal(host->malformed.count, 5);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(host->outcomes.at[i].given, 1);
    fixture_end(host);
}

static void takes_a_hundred_items_and_no_more(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    ozon_items(&batch, STOCKD_PUSH_STOCK, 100);
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    json_t *sent = fixture_asked_json(host);
    assert_int_equal(json_array_size(json_object_get(sent, "stocks")), 100);
    json_decref(sent);
    ozon_items(&batch, STOCKD_PUSH_STOCK, 101);
    assert_int_equal(check_start(host, &batch.start), STOCKD_FAIL);
    assert_int_equal(host->failure.why, STOCKD_FAIL_BUG);
    fixture_end(host);
}

static void long_articles_fit(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    char article[STOCKD_ID_MAX + 1];
    memset(article, 1, STOCKD_ID_MAX); /* each byte becomes six */
    article[STOCKD_ID_MAX] = '\0';
    ozon_items(&batch, STOCKD_PUSH_STOCK, 100);
    for (int i = 0; i < 100; i++) {
        batch.items[i].listing_id = "none";
        batch.items[i].warehouse_id = "9223372036854775807";
        batch.items[i].wanted = 999999;
        batch.keys[i].value = article;
    }
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    json_decref(fixture_asked_json(host));
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(sends_product_ids_and_figures),
    cmocka_unit_test(falls_back_to_the_article),
    cmocka_unit_test(rejects_what_cannot_be_sent_and_sends_the_rest),
    cmocka_unit_test(ends_without_a_request_when_nothing_can_be_sent),
    cmocka_unit_test(matches_by_ids_in_any_order),
    cmocka_unit_test(matches_product_0_by_article),
    cmocka_unit_test(judges_each_row),
    cmocka_unit_test(archived_product_changes_its_listing),
    cmocka_unit_test(missing_warehouse_is_no_longer_writable),
    cmocka_unit_test(unnamed_and_contradicted_items_are_unresolved),
    cmocka_unit_test(takes_a_hundred_items_and_no_more),
    cmocka_unit_test(long_articles_fit),
};

TEST_MAIN(cases)
