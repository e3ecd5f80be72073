/* Which catalogue the site has, what refusals mean, the account, and which route an item takes. */
#include "wix_fixture.h"

#include <stdlib.h>

#define VERSION "/stores/v3/provision/version"
#define V3_CALLED                                                                         \
    "{\"message\":\"Endpoint belongs to CATALOG_V1, but your site is using CATALOG_V3\"," \
    "\"details\":{\"applicationError\":{\"code\":\"CATALOG_V3_CALLING_CATALOG_V1_API\"}}}"

static void asks_for_the_version_first(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_STOCK);
    struct check *host = wix_host(0);
    assert_int_equal(check_start(host, &start), STOCKD_SEND);
    assert_string_equal(check_request(host)->path, VERSION);
    assert_string_equal(check_request(host)->method, "GET");
    assert_string_equal(check_request_header(host, "wix-site-id"), "site-42");
    const struct stockd_header *key = check_request(host)->headers;
    assert_string_equal(key->name, "Authorization");
    assert_string_equal(key->value, ""); /* no scheme */
    assert_string_equal(key->secret, "api-key");
    assert_int_equal(key->use, STOCKD_SECRET_PLAIN);
    assert_int_equal(check_reply(host, 200, "{\"catalogVersion\":\"V1_CATALOG\"}"), STOCKD_SEND);
    assert_string_equal(host->epoch, "V1_CATALOG");
    assert_memory_equal(check_state_of(host, "catalog")->data, "V1_CATALOG", 10);
    assert_string_equal(check_request(host)->path, "/stores-reader/v2/inventoryItems/query");
    fixture_end(host);
}

static void other_versions_end_clearly(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum stockd_fail why;
        const char *code;
    } cases[] = {
        {"{\"catalogVersion\":\"STORES_NOT_INSTALLED\"}", STOCKD_FAIL_BLOCKED,
         "STORES_NOT_INSTALLED"},
        {"{\"catalogVersion\":\"V4_CATALOG\"}", STOCKD_FAIL_UNSUPPORTED, "V4_CATALOG"},
        {"{\"catalogVersion\":3}", STOCKD_FAIL_RETRY, "unreadable"},
        {"{}", STOCKD_FAIL_RETRY, "unreadable"},
    };
    struct stockd_start start = fixture_start(STOCKD_LIST_WAREHOUSES);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct check *host = wix_host(0);
        check_start(host, &start);
        assert_int_equal(check_reply(host, 200, cases[i].body), STOCKD_FAIL);
        assert_int_equal(host->failure.why, cases[i].why);
        assert_string_equal(host->failure.code, cases[i].code);
        assert_null(check_state_of(host, "catalog"));
        assert_null(host->epoch);
        fixture_end(host);
    }
}

static void a_moved_site_ends_a_reading(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_STOCK);
    struct check *host = wix_host(1);
    check_start(host, &start);
    assert_int_equal(check_reply(host, 428, V3_CALLED), STOCKD_SEND);
    assert_string_equal(check_request(host)->path, VERSION);
    assert_int_equal(check_reply(host, 200, "{\"catalogVersion\":\"V3_CATALOG\"}"), STOCKD_FAIL);
    assert_int_equal(host->failure.why, STOCKD_FAIL_RETRY);
    assert_string_equal(host->failure.code, "catalog-changed");
    assert_string_equal(host->epoch, "V3_CATALOG");
    assert_memory_equal(check_state_of(host, "catalog")->data, "V3_CATALOG", 10);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

static void a_moved_site_ends_a_write_without_writing(void **state)
{
    (void)state;
    static struct wix_items batch;
    struct check *host = wix_host(1);
    wix_items(&batch, STOCKD_PUSH_STOCK, ADJUST, "default", 2);
    check_start(host, &batch.start);
    assert_int_equal(check_reply(host, 428, V3_CALLED), STOCKD_SEND);
    assert_int_equal(host->outcomes.at[0].last.kind, STOCKD_RETRY);
    assert_int_equal(host->outcomes.at[1].last.kind, STOCKD_RETRY);
    assert_string_equal(check_request(host)->path, VERSION);
    assert_int_equal(check_reply(host, 200, "{\"catalogVersion\":\"V3_CATALOG\"}"), STOCKD_FAIL);
    assert_string_equal(host->epoch, "V3_CATALOG");
    fixture_end(host);
    /* And items of the old catalogue, should they come, wait for the listings. */
    host = wix_host(3);
    assert_int_equal(check_start(host, &batch.start), STOCKD_DONE);
    assert_int_equal(host->requests.count, 0);
    assert_int_equal(host->outcomes.at[0].last.kind, STOCKD_THROTTLED);
    assert_string_equal(host->outcomes.at[0].last.code, "catalog-changed");
    fixture_end(host);
}

/* Whatever is refused with 428 first, a reading or a write: the version is asked for, nothing else
 * is sent, and all items go again. */
static void every_route_asks_for_the_version(void **state)
{
    (void)state;
    static struct wix_items batch;
    for (uint32_t route = ADJUST; route <= FIND; route++)
        for (int moved = 0; moved < 2; moved++) {
            bool v1 = route <= LEARN;
            struct check *host = wix_host(v1 ? 1 : 3);
            wix_items(&batch, STOCKD_PUSH_STOCK, route, v1 ? "default" : PLACE, 2);
            for (uint32_t i = 0; i < 2 && route == UPDATE; i++)
                wix_items_hold(&batch, i, 4, true);
            check_start(host, &batch.start);
            assert_int_equal(check_reply(host, 428, V3_CALLED), STOCKD_SEND);
            assert_string_equal(check_request(host)->path, VERSION);
            check_reply(host, 200,
                        v1 == (moved != 0) ? "{\"catalogVersion\":\"V3_CATALOG\"}"
                                           : "{\"catalogVersion\":\"V1_CATALOG\"}");
            assert_int_equal(host->verdict, STOCKD_FAIL);
            assert_string_equal(host->failure.code,
                                moved ? "catalog-changed" : "failed-precondition");
            assert_int_equal(host->requests.count, 2);
            for (uint32_t i = 0; i < 2; i++) {
                assert_int_equal(host->outcomes.at[i].last.kind, STOCKD_RETRY);
                assert_int_equal(host->outcomes.at[i].given, 1);
            }
            fixture_end(host);
        }
}

static void refusals_of_a_reading(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum stockd_fail why;
        bool shuts;
    } cases[] = {
        {401, "{\"message\":\"no\"}", STOCKD_FAIL_AUTH, false},
        {403, "{\"message\":\"Permission denied\",\"details\":{}}", STOCKD_FAIL_DENIED, false},
        {403, "{\"message\":\"\",\"details\":{}}", STOCKD_FAIL_RETRY, true},
        {403, "", STOCKD_FAIL_RETRY, true},
        {403, "<html>Forbidden</html>", STOCKD_FAIL_BLOCKED, false},
        {404, "", STOCKD_FAIL_UNSUPPORTED, false},
        {404, "{\"message\":\"meta-site not found\",\"details\":{}}", STOCKD_FAIL_RETRY, false},
        {429,
         "{\"message\":\"x\",\"details\":{\"applicationError\":{\"code\":"
         "\"RESOURCE_EXHAUSTED\"}}}",
         STOCKD_FAIL_RETRY, true},
        {409, "{\n409 Conflict\n \"message\": \"Duplicate\"}", STOCKD_FAIL_RETRY, false},
        {400,
         "{\"message\":\"Not valid\",\"details\":{\"validationError\":{\"fieldViolations\":["
         "{\"field\":\"a\",\"description\":\"why\",\"violatedRule\":\"MAX\"}]}}}",
         STOCKD_FAIL_RETRY, false},
        {428, "{\"details\":{\"applicationError\":{\"code\":\"NOT_FOUND\"}}}", STOCKD_FAIL_RETRY,
         false},
    };
    struct stockd_start start = fixture_start(STOCKD_FETCH_STOCK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct check *host = wix_host(3);
        check_start(host, &start);
        if (check_reply(host, cases[i].status, cases[i].body) != STOCKD_FAIL ||
            host->failure.why != cases[i].why || (host->quotas.count == 1) != cases[i].shuts)
            fail_msg("case %zu: %u, %s", i, host->failure.why, host->failure.code);
        if (cases[i].shuts) assert_true(host->quotas.at[0].closed_until_ms > host->now_ms);
        assert_int_equal(host->completes.count, 0);
        fixture_end(host);
    }
}

static void account_names_what_is_missing(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_CHECK_ACCOUNT);
    struct check *host = wix_host(3);
    check_start(host, &start);
    check_reply(host, 200, "{\"catalogVersion\":\"V3_CATALOG\"}");
    assert_string_equal(check_request(host)->path, "/stores/v3/locations/default");
    check_reply(host, 200, "{\"storesLocation\":{}}");
    assert_string_equal(check_request(host)->path, "/stores/v3/inventory-items/query");
    check_reply(host, 403, "{\"message\":\"forbidden\"}");
    assert_string_equal(check_request(host)->path, "/stores/v3/products/query-variants");
    check_reply(host, 200, "{}");
    assert_string_equal(check_request(host)->path, "/ecom/v1/orders/search");
    fixture_asked(host, "/ecom/v1/orders/search", "{\"search\":{\"cursorPaging\":{\"limit\":1}}}");
    assert_int_equal(check_reply(host, 403, "{\"message\":\"forbidden\"}"), STOCKD_DONE);
    assert_int_equal(host->abilities.count, 4);
    static const int granted[] = {1, 0, 1, 0};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(host->abilities.at[i].granted, granted[i]);
    assert_int_equal(host->abilities.at[1].operation, STOCKD_FETCH_STOCK);
    assert_int_equal(host->warnings.count, 2);
    assert_string_equal(host->seller, "site-42");
    fixture_end(host);
}

static void account_of_a_key_that_may_nothing_has_no_identity(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_CHECK_ACCOUNT);
    struct check *host = wix_host(1);
    check_start(host, &start);
    check_reply(host, 200, "{\"catalogVersion\":\"V1_CATALOG\"}");
    while (host->verdict == STOCKD_SEND)
        check_reply(host, 403, "{\"message\":\"forbidden\"}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->warnings.count, 3);
    assert_null(host->seller);
    fixture_end(host);
}

static void routes_follow_what_is_known(void **state)
{
    (void)state;
    static struct wix_items batch;
    struct stockd_item item;
    uint32_t route[16];
    wix_items(&batch, STOCKD_PUSH_STOCK, 0, "default", 1);
    static const struct {
        const char *data;
        int64_t base;
        uint32_t route;
    } cases[] = {{"1T-", 0, ADJUST},     {"1T-", -1, LEARN},     {"1TP", 4, BY_PRODUCT},
                 {"1T?", 4, BY_PRODUCT}, {"1TB", 0, BY_PRODUCT}, {"1?-", 4, BY_PRODUCT},
                 {"1U-", 4, UNTRACKED},  {"3?-", 4, FIND},       {"9T-", 4, BY_PRODUCT}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        item = batch.items[0];
        item.listing_data = cases[i].data;
        item.base = cases[i].base;
        assert_int_equal(wix_plugin()->item_routes(&item, route, 16), 1);
        assert_int_equal(route[0], cases[i].route);
    }
    item.listing_data = "3?-";
    wix_items_hold(&batch, 0, 7, true);
    item.target_data = batch.target[0];
    item.target_data_size = 47;
    wix_plugin()->item_routes(&item, route, 16);
    assert_int_equal(route[0], UPDATE);
    batch.target[0][0] = 2;
    wix_plugin()->item_routes(&item, route, 16);
    assert_int_equal(route[0], CREATE);
    item.target_data_size = 12; /* not what this version keeps */
    wix_plugin()->item_routes(&item, route, 16);
    assert_int_equal(route[0], FIND);
    assert_int_equal(wix_plugin()->item_routes(&item, route, 0), 0);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(asks_for_the_version_first),
    cmocka_unit_test(other_versions_end_clearly),
    cmocka_unit_test(a_moved_site_ends_a_reading),
    cmocka_unit_test(a_moved_site_ends_a_write_without_writing),
    cmocka_unit_test(every_route_asks_for_the_version),
    cmocka_unit_test(refusals_of_a_reading),
    cmocka_unit_test(account_names_what_is_missing),
    cmocka_unit_test(account_of_a_key_that_may_nothing_has_no_identity),
    cmocka_unit_test(routes_follow_what_is_known),
};

TEST_MAIN(cases)
