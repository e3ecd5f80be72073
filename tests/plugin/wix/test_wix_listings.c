/* Warehouses and listings of both catalogues. */
#include "wix_fixture.h"

#include <stdlib.h>

static struct wix_items batch;

static void reply(struct check *host, const char *answer)
{
    char *text = wix_answer(answer);
    check_reply(host, 200, text);
    free(text);
}

static void v1_has_one_warehouse(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_LIST_WAREHOUSES);
    struct check *host = wix_host(0);
    check_start(host, &start);
    reply(host, "v1/version");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->warehouses.count, 1);
    assert_string_equal(host->warehouses.at[0].id, "default");
    assert_true(host->warehouses.at[0].is_default && host->warehouses.at[0].writable);
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSES, NULL));
    fixture_end(host);
}

static void v3_locations_know_which_sells_online(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_LIST_WAREHOUSES);
    struct check *host = wix_host(3);
    check_start(host, &start);
    reply(host, "v3/version");
    fixture_asked(host, "/stores/v3/locations/query",
                  "{\"query\":{\"cursorPaging\":{\"limit\":100}}}");
    reply(host, "v3/locations");
    assert_int_equal(host->warehouses.count, 2);
    assert_true(host->warehouses.at[0].is_default);
    assert_string_equal(host->warehouses.at[0].kind, "virtual");
    assert_false(host->warehouses.at[1].is_default);
    assert_true(host->warehouses.at[1].writable);
    assert_int_equal(host->warnings.count, 1);
    assert_string_equal(host->warnings.at[0].name, "not-online");
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSES, NULL));
    assert_non_null(check_state_of(host, "location-55555555-0000-4000-8000-000000000002"));
    fixture_end(host);
}

static void pages_follow_the_cursor(void **state)
{
    (void)state;
    static const struct {
        const char *second;
        bool complete;
    } cases[] = {
        {"{\"storesLocations\":[],\"pagingMetadata\":{\"cursors\":{},\"hasNext\":false}}", true},
        {"{\"storesLocations\":[],\"pagingMetadata\":{\"cursors\":{\"next\":\"c1\"},\"hasNext\":"
         "true}}",
         false}, /* stands still */
        {"{\"storesLocations\":[],\"pagingMetadata\":{\"cursors\":{},\"hasNext\":true}}", false},
        {"{\"storesLocations\":[{\"id\":7}],\"pagingMetadata\":{\"cursors\":{},\"hasNext\":false}}",
         false},
        {"{\"storesLocations\":[],\"pagingMetadata\":7}", false},
        {"{\"pagingMetadata\":{\"hasNext\":false}}", false},
    };
    struct stockd_start start = fixture_start(STOCKD_LIST_WAREHOUSES);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct check *host = wix_host(3);
        check_start(host, &start);
        reply(host, "v3/version");
        check_reply(host, 200,
                    "{\"storesLocations\":[{\"id\":\"" PLACE "\",\"defaultLocation\":true}],"
                    "\"pagingMetadata\":{\"cursors\":{\"next\":\"c1\"},\"hasNext\":true}}");
        fixture_asked(host, "/stores/v3/locations/query",
                      "{\"query\":{\"cursorPaging\":{\"limit\":100,\"cursor\":\"c1\"}}}");
        check_reply(host, 200, cases[i].second);
        assert_true(host->verdict != STOCKD_SEND);
        if (fixture_completed(host, STOCKD_SCOPE_WAREHOUSES, NULL) != cases[i].complete)
            fail_msg("case %zu", i);
        fixture_end(host);
    }
}

static const struct stockd_listing *listing(const struct check *host, const char *id)
{
    for (size_t i = 0; i < host->listings.count; i++)
        if (strcmp(host->listings.at[i].id, id) == 0) return &host->listings.at[i];
    fail_msg("no listing %s", id);
    return NULL;
}

static void v1_listings_join_products_and_inventory(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_LISTINGS);
    struct check *host = wix_host(1);
    check_start(host, &start);
    reply(host, "v1/version");
    fixture_asked(
        host, "/stores-reader/v2/inventoryItems/query",
        "{\"query\":{\"paging\":{\"limit\":100},\"sort\":\"[{\\\"numericId\\\":\\\"asc\\\"}]\"}}");
    reply(host, "v1/inventory");
    fixture_asked(
        host, "/stores-reader/v2/inventoryItems/query",
        "{\"query\":{\"paging\":{\"limit\":100},\"filter\":\"{\\\"numericId\\\":{\\\"$gt\\\":"
        "1669215583914003}}\",\"sort\":\"[{\\\"numericId\\\":\\\"asc\\\"}]\"}}");
    check_reply(host, 200, "{\"inventoryItems\":[]}");
    assert_string_equal(check_request(host)->path, "/stores-reader/v1/products/query");
    assert_non_null(strstr(check_request_body(host), "\"includeHiddenProducts\":true"));
    reply(host, "v1/products");
    check_reply(host, 200, "{\"products\":[]}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    assert_int_equal(host->listings.count, 4);
    const struct stockd_listing *row = listing(host, PRODUCT "/" VARIANT "1");
    assert_string_equal(fixture_key_of(row, "sku"), "SH-S");
    assert_string_equal(row->group, PRODUCT);
    assert_int_equal(row->state, STOCKD_LISTING_ACTIVE);
    assert_string_equal(row->code, "physical");
    assert_memory_equal(row->data, "1T-", 3);
    row = listing(host, PRODUCT "/" VARIANT "2"); /* the variant is hidden */
    assert_int_equal(row->state, STOCKD_LISTING_ENDED);
    row = listing(host, "11111111-0000-4000-8000-000000000002/" NIL);
    assert_int_equal(row->state, STOCKD_LISTING_DIGITAL);
    assert_memory_equal(row->data, "1U-", 3);
    row = listing(host, "11111111-0000-4000-8000-000000000003/" NIL);
    assert_string_equal(row->code, "hidden");
    assert_non_null(strstr(row->text, "preorder"));
    assert_memory_equal(row->data, "1TP", 3);
    fixture_end(host);
}

static void a_malformed_product_leaves_the_rest(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_LISTINGS);
    struct check *host = wix_host(1);
    check_start(host, &start);
    reply(host, "v1/version");
    check_reply(host, 200, "{\"inventoryItems\":[]}");
    check_reply(
        host, 200,
        "{\"products\":[{\"id\":[]},{\"id\":\"p1\",\"sku\":{},\"numericId\":1},{\"id\":\"p2\","
        "\"manageVariants\":true,\"numericId\":2},{\"id\":\"p3\",\"sku\":\"S\",\"numericId\":3}]}");
    check_reply(host, 200, "{\"products\":[]}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->malformed.count, 3);
    assert_int_equal(host->listings.count, 2);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

static void a_page_too_large_is_asked_for_smaller(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_LISTINGS);
    struct check *host = wix_host(1);
    const struct check_answer large = {.transport = STOCKD_TOO_LARGE, .status = 200};
    check_start(host, &start);
    reply(host, "v1/version");
    check_reply(host, 200, "{\"inventoryItems\":[]}");
    for (const char *limit = "\"limit\":25}"; host->verdict == STOCKD_SEND; limit = "\"limit\":") {
        check_answer(host, &large);
        if (host->verdict == STOCKD_SEND) assert_non_null(strstr(check_request_body(host), limit));
        assert_true(host->steps < 12);
    }
    assert_int_equal(host->verdict, STOCKD_DEFAULT);
    fixture_end(host);
}

static void v3_listings_are_variants(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_LISTINGS);
    struct check *host = wix_host(3);
    check_start(host, &start);
    reply(host, "v3/version");
    fixture_asked(host, "/stores/v3/products/query-variants",
                  "{\"query\":{\"cursorPaging\":{\"limit\":1000}}}");
    reply(host, "v3/variants");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->listings.count, 3);
    assert_string_equal(fixture_key_of(&host->listings.at[0], "barcode"), "4600000000015");
    assert_int_equal(host->listings.at[1].state, STOCKD_LISTING_ENDED);
    assert_non_null(strstr(host->listings.at[1].text, "preorder"));
    assert_int_equal(host->listings.at[2].state, STOCKD_LISTING_DIGITAL);
    assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    fixture_end(host);
}

static void only_what_was_asked_for_is_gone(void **state)
{
    (void)state;
    for (int whole = 0; whole < 2; whole++) {
        struct check *host = wix_host(3);
        wix_items(&batch, STOCKD_FETCH_LISTINGS, 0, PLACE, 4);
        check_start(host, &batch.start);
        if (whole)
            reply(host, "v3/variants");
        else
            check_reply(host, 200, "{\"variants\":[{\"variantId\":1}]}");
        size_t gone = 0;
        for (size_t i = 0; i < host->listings.count; i++)
            gone += host->listings.at[i].state == STOCKD_LISTING_GONE;
        /* 3 is there, but as a variant of another product. */
        assert_int_equal(gone, whole ? 2 : 0);
        fixture_end(host);
    }
}

static void v1_given_listings_are_gone_only_by_name(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        size_t gone;
    } cases[] = {
        {404,
         "{\"message\":\"x\",\"details\":{\"applicationError\":{\"code\":\"PRODUCT_NOT_FOUND\"}}}",
         2},
        {404, "", 0},
        {404, "{\"message\":\"meta-site not found\"}", 0},
        {200,
         "{\"inventoryItem\":{\"productId\":\"" PRODUCT
         "\",\"trackQuantity\":true,\"variants\":[{\"variantId\":\"" VARIANT "1\"}]}}",
         1},
        {200, "{\"inventoryItem\":{}}", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct check *host = wix_host(1);
        wix_items(&batch, STOCKD_FETCH_LISTINGS, 0, "default", 2);
        check_start(host, &batch.start);
        check_reply(host, cases[i].status, cases[i].body);
        while (host->verdict == STOCKD_SEND)
            check_reply(host, 500, "");
        size_t gone = 0;
        for (size_t k = 0; k < host->listings.count; k++)
            gone += host->listings.at[k].state == STOCKD_LISTING_GONE;
        if (gone != cases[i].gone) fail_msg("case %zu: %zu gone", i, gone);
        fixture_end(host);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(v1_has_one_warehouse),
    cmocka_unit_test(v3_locations_know_which_sells_online),
    cmocka_unit_test(pages_follow_the_cursor),
    cmocka_unit_test(v1_listings_join_products_and_inventory),
    cmocka_unit_test(a_malformed_product_leaves_the_rest),
    cmocka_unit_test(a_page_too_large_is_asked_for_smaller),
    cmocka_unit_test(v3_listings_are_variants),
    cmocka_unit_test(only_what_was_asked_for_is_gone),
    cmocka_unit_test(v1_given_listings_are_gone_only_by_name),
};

TEST_MAIN(cases)
