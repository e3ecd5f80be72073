/* Keys, headers, permissions, the quota, and the catalogue that a path belongs to. */
#include "marketsim/wix/wix_support.h"

static const char version[] = "/stores/v3/provision/version";

static void keys_and_headers(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    assert_int_equal(sim_get(&sim, version, NULL), 200);
    sim.key = "Bearer test-key";
    assert_int_equal(sim_get(&sim, version, NULL), 401);
    sim.key = NULL;
    assert_int_equal(sim_get(&sim, version, NULL), 401);
    sim.key = WIX_DEFAULT_KEY;
    sim.account = "some account";
    assert_int_equal(sim_get(&sim, version, NULL), 403);
    sim.account = NULL;
    sim.site = NULL;
    assert_int_equal(sim_get(&sim, version, NULL), 403);
    sim.site = "5170c0de-0000-4000-8000-00000000dead";
    assert_int_equal(sim_get(&sim, version, NULL), 404);
    assert_int_equal(sim_violated(&sim, "access"), 5);
    sim_free(&sim);
}

static void permissions_are_single(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    sim_ask(&sim, "/_control/key", "{'permissions':['catalog','inventory-read']}");
    assert_int_equal(sim_get(&sim, version, NULL), 200);
    assert_int_equal(sim_ask(&sim, "/stores/v3/inventory-items/query", "{}"), 200);
    assert_int_equal(sim_ask(&sim, "/ecom/v1/orders/search", "{'search':{}}"), 403);
    assert_string_equal(sim_code(&sim), "PERMISSION_DENIED");
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void two_hundred_a_minute(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    for (int i = 0; i < WIX_REQUESTS_PER_MINUTE; i++)
        assert_int_equal(sim_get(&sim, version, NULL), 200);
    sim.now += 59999;
    assert_int_equal(sim_get(&sim, version, NULL), 429);
    assert_string_equal(sim_code(&sim), "RESOURCE_EXHAUSTED");
    assert_null(market_answer_header_get(&sim.answer, "Retry-After"));
    sim_ask(&sim, "/_control/settings", "{'throttle_403':true}");
    assert_int_equal(sim_get(&sim, version, NULL), 403);
    assert_int_equal(sim.answer.len, 0);
    assert_int_equal(sim_violated(&sim, "rate_minute"), 2);
    sim.now += 1;
    assert_int_equal(sim_get(&sim, version, NULL), 200);
    sim_free(&sim);
}

static void a_site_moves_to_v3(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix-v1");
    char before[40], after[40];
    static const char query[] = "/stores-reader/v2/inventoryItems/query";
    sim_id(&sim, "SKU-000002", "product_id", before);
    assert_int_equal(sim_ask(&sim, query, "{}"), 200);
    assert_int_equal(sim_ask(&sim, "/stores/v3/inventory-items/query", "{}"), 428);
    assert_string_equal(sim_code(&sim), "CATALOG_V1_CALLING_CATALOG_V3_API");
    sim_ask(&sim, "/_control/catalog", "{'catalog':'V3_CATALOG'}");
    sim_id(&sim, "SKU-000002", "product_id", after);
    assert_string_not_equal(before, after);
    assert_int_equal(sim_ask(&sim, query, "{}"), 428);
    assert_string_equal(sim_code(&sim), "CATALOG_V3_CALLING_CATALOG_V1_API");
    assert_int_equal(sim_violated(&sim, "wrong_catalog"), 0); /* it could not know */
    assert_int_equal(sim_get(&sim, version, NULL), 200);
    assert_string_equal(sim_text(&sim, "catalogVersion"), "V3_CATALOG");
    sim.now += 6000;
    assert_int_equal(sim_ask(&sim, query, "{}"), 428);
    assert_int_equal(sim_violated(&sim, "wrong_catalog"), 1);
    assert_int_equal(sim_stock(&sim, "SKU-000002", SIM_PLACE2), 7);
    sim_id(&sim, "SKU-000002", "variant_id", after);
    assert_string_not_equal(after, SIM_NIL);
    sim_free(&sim);
}

static void old_readers_and_no_stores(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    assert_int_equal(sim_ask(&sim, "/stores-reader/v1/products/query", "{}"), 428);
    sim_ask(&sim, "/_control/settings", "{'old_readers':true}");
    assert_int_equal(sim_ask(&sim, "/stores-reader/v1/products/query", "{}"), 200);
    assert_int_equal(sim_ask(&sim, "/stores-reader/v2/inventoryItems/query", "{}"), 428);
    sim_ask(&sim, "/_control/catalog", "{'catalog':'STORES_NOT_INSTALLED'}");
    assert_int_equal(sim_get(&sim, "/stores/v3/locations/default", NULL), 428);
    assert_string_equal(sim_code(&sim), "REQUIRED_APP_NOT_INSTALLED");
    sim_free(&sim);
}

static void what_is_no_request_of_the_document(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    assert_int_equal(sim_get(&sim, "/stores/catalog-versioning/v1/catalog-version", NULL), 404);
    assert_int_equal(sim.answer.len, 0);
    assert_int_equal(sim_ask(&sim, version, "{}"), 405);
    assert_int_equal(sim_ask(&sim, "/stores/v3/inventory-items/query", "{'querry':{}}"), 400);
    assert_int_equal(sim_ask(&sim, "/stores/v3/inventory-items/query", "{"), 400);
    sim.content_type = "text/plain";
    assert_int_equal(sim_ask(&sim, "/stores/v3/inventory-items/query", "{}"), 415);
    assert_int_equal(sim_violated(&sim, "unknown_path"), 1);
    assert_int_equal(sim_violated(&sim, "method"), 1);
    assert_int_equal(sim_violated(&sim, "shape"), 2);
    assert_int_equal(sim_violated(&sim, "content_type"), 1);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(keys_and_headers),
    cmocka_unit_test(permissions_are_single),
    cmocka_unit_test(two_hundred_a_minute),
    cmocka_unit_test(a_site_moves_to_v3),
    cmocka_unit_test(old_readers_and_no_stores),
    cmocka_unit_test(what_is_no_request_of_the_document),
};

TEST_MAIN(cases)
