/* Stock of both catalogues: all of it, of one location, and of given items. */
#include "wix_fixture.h"

#include <stdio.h>
#include <stdlib.h>

static struct wix_items batch;

static void reply(struct check *host, const char *answer)
{
    char *text = wix_answer(answer);
    check_reply(host, 200, text);
    free(text);
}

static void v1_stock(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_STOCK);
    struct check *host = wix_host(1);
    check_start(host, &start);
    reply(host, "v1/inventory");
    check_reply(host, 200, "{\"inventoryItems\":[]}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->stocks.count, 4);
    assert_int_equal(host->stocks.at[0].quantity, 7);
    assert_string_equal(host->stocks.at[0].listing_id, PRODUCT "/" VARIANT "1");
    assert_string_equal(host->stocks.at[0].warehouse_id, "default");
    assert_int_equal(host->stocks.at[1].quantity, 0);
    assert_int_equal(host->stocks.at[2].kind, STOCKD_STOCK_UNTRACKED);
    assert_int_equal(host->stocks.at[3].quantity, 0); /* -2: owed to preorders */
    assert_true(fixture_completed(host, STOCKD_SCOPE_ALL_STOCK, NULL));
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSE, "default"));
    fixture_end(host);
}

static void v1_unknown_is_not_zero(void **state)
{
    (void)state;
    static const char *const pages[] = {
        "{\"inventoryItems\":[{\"productId\":\"p\",\"numericId\":\"5\",\"trackQuantity\":true,"
        "\"variants\":[{\"variantId\":\"v\",\"inStock\":false}]}]}",
        "{\"inventoryItems\":[{\"productId\":\"p\",\"numericId\":\"5\",\"variants\":[{"
        "\"variantId\":"
        "\"v\",\"quantity\":0}]}]}",
        "{\"inventoryItems\":[{\"productId\":\"p\",\"numericId\":\"5\",\"trackQuantity\":true,"
        "\"variants\":[{\"variantId\":\"v\",\"quantity\":1.5}]}]}",
        "{\"inventoryItems\":[{\"productId\":\"p\",\"trackQuantity\":true,\"variants\":[]}]}",
        "{\"inventoryItems\":null}",
        "{}",
    };
    struct stockd_start start = fixture_start(STOCKD_FETCH_STOCK);
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        struct check *host = wix_host(1);
        check_start(host, &start);
        check_reply(host, 200, pages[i]);
        if (host->verdict == STOCKD_SEND) check_reply(host, 200, "{\"inventoryItems\":[]}");
        assert_int_equal(host->stocks.count, 0);
        assert_int_equal(host->completes.count, 0);
        fixture_end(host);
    }
}

static void v1_stock_of_few_items_is_asked_by_product(void **state)
{
    (void)state;
    struct check *host = wix_host(1);
    wix_items(&batch, STOCKD_FETCH_STOCK, 0, "default", 3);
    check_start(host, &batch.start);
    fixture_asked(host, "/stores-reader/v2/inventoryItems/product/" PRODUCT "/getVariants", "{}");
    reply(host, "v1/product");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->stocks.count, 3);
    assert_int_equal(host->stocks.at[0].quantity, 3);
    assert_int_equal(host->stocks.at[2].kind, STOCKD_STOCK_ABSENT);
    assert_int_equal(host->listing_data.count, 2);
    assert_true(fixture_completed(host, STOCKD_SCOPE_ITEMS, NULL));
    fixture_end(host);
}

/* Increments start from the true figure, which is not the 0 that is told: with the listing is kept
 * that its figure is to be set, until it is read above again. */
static void v1_keeps_that_more_was_ordered_than_there_was(void **state)
{
    (void)state;
    static const struct {
        int quantity, told;
        const char *kept;
    } cases[] = {{-2, 0, "1TB"}, {0, 0, "1T-"}, {3, 3, "1T-"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[240];
        struct check *host = wix_host(1);
        wix_items(&batch, STOCKD_FETCH_STOCK, 0, "default", 1);
        check_start(host, &batch.start);
        snprintf(body, sizeof(body),
                 "{\"inventoryItem\":{\"productId\":\"" PRODUCT
                 "\",\"trackQuantity\":true,\"variants\":[{\"variantId\":\"" VARIANT
                 "1\",\"quantity\":%d}],\"preorderInfo\":{\"enabled\":false}}}",
                 cases[i].quantity);
        assert_int_equal(check_reply(host, 200, body), STOCKD_DONE);
        assert_int_equal(host->stocks.at[0].quantity, cases[i].told);
        assert_int_equal(host->listing_data.at[0].size, 3);
        assert_memory_equal(host->listing_data.at[0].data, cases[i].kept, 3);
        fixture_end(host);
    }
}

static void v1_stock_of_many_items_is_the_whole_list(void **state)
{
    (void)state;
    struct check *host = wix_host(1);
    wix_items(&batch, STOCKD_FETCH_STOCK, 0, "default", 60);
    for (int i = 1; i < 60; i++)
        snprintf(batch.listing[i], sizeof(batch.listing[i]), "p%d/" NIL, i);
    check_start(host, &batch.start);
    assert_string_equal(check_request(host)->path, "/stores-reader/v2/inventoryItems/query");
    reply(host, "v1/inventory");
    check_reply(host, 200, "{\"inventoryItems\":[]}");
    assert_true(fixture_completed(host, STOCKD_SCOPE_ITEMS, NULL));
    assert_false(fixture_completed(host, STOCKD_SCOPE_ALL_STOCK, NULL));
    assert_int_equal(host->stocks.count, 4 + 59);
    fixture_end(host);
}

static void v3_stock(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_STOCK);
    struct check *host = wix_host(3);
    check_start(host, &start);
    fixture_asked(host, "/stores/v3/inventory-items/query",
                  "{\"query\":{\"cursorPaging\":{\"limit\":1000}}}");
    reply(host, "v3/inventory");
    assert_int_equal(host->stocks.count, 4);
    assert_int_equal(host->stocks.at[0].quantity, 3);
    assert_int_equal(host->stocks.at[2].kind, STOCKD_STOCK_UNTRACKED);
    assert_int_equal(host->stocks.at[3].quantity, 0);
    assert_string_equal(host->stocks.at[3].warehouse_id, OTHER);
    assert_true(fixture_completed(host, STOCKD_SCOPE_ALL_STOCK, NULL));
    fixture_end(host);
    /* One location: a row of another makes the reading doubtful. */
    host = wix_host(3);
    start.warehouse_id = PLACE;
    check_start(host, &start);
    fixture_asked(host, "/stores/v3/inventory-items/query",
                  "{\"query\":{\"filter\":{\"locationId\":\"" PLACE
                  "\"},\"cursorPaging\":{\"limit\":1000}}}");
    reply(host, "v3/inventory");
    assert_int_equal(host->stocks.count, 3);
    assert_int_equal(host->malformed.count, 1);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

static void v3_stock_of_items_keeps_their_revisions(void **state)
{
    (void)state;
    struct check *host = wix_host(3);
    wix_items(&batch, STOCKD_FETCH_STOCK, 0, PLACE, 4);
    check_start(host, &batch.start);
    assert_non_null(strstr(check_request_body(host), "\"$in\":[\"" VARIANT "1\",\"" VARIANT "2\""));
    reply(host, "v3/inventory");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->target_data.count, 4);
    const unsigned char *first = host->target_data.at[0].data;
    assert_int_equal(first[0], 1);
    assert_int_equal(first[2], 5); /* the revision */
    /* Item 4 stands at the other location only. */
    assert_int_equal(host->target_data.at[3].item, 3);
    assert_int_equal(((const unsigned char *)host->target_data.at[3].data)[0], 2);
    assert_int_equal(host->stocks.at[4].kind, STOCKD_STOCK_ABSENT);
    assert_true(fixture_completed(host, STOCKD_SCOPE_ITEMS, NULL));
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(v1_stock),
    cmocka_unit_test(v1_unknown_is_not_zero),
    cmocka_unit_test(v1_stock_of_few_items_is_asked_by_product),
    cmocka_unit_test(v1_keeps_that_more_was_ordered_than_there_was),
    cmocka_unit_test(v1_stock_of_many_items_is_the_whole_list),
    cmocka_unit_test(v3_stock),
    cmocka_unit_test(v3_stock_of_items_keeps_their_revisions),
};

TEST_MAIN(cases)
