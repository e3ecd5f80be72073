/* Headers, keys, roles, switched-off methods: everything that ends before a method is carried out.
 */
#include "marketsim/ozon/ozon_support.h"

static const char limit_body[] = "{'limit':10}";

static int list(struct sim *sim)
{
    return sim_ask(sim, "/v2/warehouse/list", limit_body);
}

static void assert_refused(struct sim *sim, int status, int code, const char *message)
{
    assert_int_equal(list(sim), status);
    assert_int_equal(sim_int(sim, "code"), code);
    assert_string_equal(sim_text(sim, "message"), message);
}

static void both_headers_are_needed(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim.client_id = NULL;
    assert_refused(&sim, 401, 16, "Client-Id and Api-Key headers are required");
    sim.client_id = OZON_DEFAULT_CLIENT;
    sim.api_key = NULL;
    assert_refused(&sim, 401, 16, "Client-Id and Api-Key headers are required");
    sim.api_key = OZON_DEFAULT_KEY;
    sim.client_id = "12a";
    assert_refused(&sim, 400, 3, "Client-Id header value should be positive integer");
    sim.client_id = "0";
    assert_refused(&sim, 400, 3, "Client-Id header value should be positive integer");
    assert_int_equal(sim_violated(&sim, "access"), 4);
    sim_free(&sim);
}

static void wrong_keys_are_refused(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim.api_key = "wrong";
    assert_refused(&sim, 403, 7, "Invalid Api-Key, please check the key and try again");
    sim.api_key = OZON_DEFAULT_KEY;
    sim.client_id = "77";
    assert_refused(&sim, 403, 7, "Invalid Api-Key, please check the key and try again");
    sim_free(&sim);
}

static void keys_have_states(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    ozon_key_set(sim.seller, OZON_DEFAULT_KEY, OZON_KEY_DEACTIVATED);
    assert_refused(&sim, 403, 7, "Api-key is deactivated, use another one or generate a new one");
    ozon_key_set(sim.seller, OZON_DEFAULT_KEY, OZON_KEY_IP_RESTRICTED);
    assert_refused(&sim, 403, 7, "Api-Key is restricted to specific IP addresses");
    ozon_key_set(sim.seller, OZON_DEFAULT_KEY, OZON_KEY_ACTIVE);
    ozon_seller_sign(sim.seller, false);
    assert_refused(&sim, 403, 7, "Offer not signed");
    ozon_seller_sign(sim.seller, true);
    assert_int_equal(list(&sim), 200);
    sim_free(&sim);
}

static void keys_expire(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    ozon_key_expire(sim.seller, OZON_DEFAULT_KEY, SIM_START + 1000);
    assert_int_equal(sim_send(&sim, "POST", "/v1/roles", NULL, NULL), 200);
    int64_t expires;
    assert_true(market_time_parse(sim_text(&sim, "expires_at"), &expires));
    assert_int_equal(expires, SIM_START + 1000);
    sim.now = SIM_START + 999;
    assert_int_equal(list(&sim), 200);
    sim.now = SIM_START + 1000;
    assert_refused(&sim, 403, 7, "Api-key is deactivated, use another one or generate a new one");
    sim_free(&sim);
}

static void roles_bound_the_methods(void **state)
{
    (void)state;
    static const char *const methods[] = {"/v2/products/stocks", NULL};
    struct sim sim = sim_make();
    ozon_key_methods(sim.seller, OZON_DEFAULT_KEY, "Stocks", methods);
    assert_refused(&sim, 403, 7, "Api-Key is missing a required role for a method");
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "");
    sim.content_type = NULL;
    assert_int_equal(sim_send(&sim, "POST", "/v1/roles", NULL, NULL), 200);
    assert_int_equal(sim_count(&sim, "roles"), 1);
    assert_string_equal(sim_text(&sim, "roles/0/name"), "Stocks");
    assert_string_equal(sim_text(&sim, "roles/0/methods/0"), "/v2/products/stocks");
    assert_null(sim_value(&sim, "expires_at"));
    sim_free(&sim);
}

static void sellers_see_their_own_data(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct ozon_seller *other = ozon_seller_add(sim.ozon, "2002", "other");
    ozon_products_fill(other, "B-", 1, 1);
    sim.client_id = "2002";
    sim.api_key = "other";
    assert_int_equal(list(&sim), 200);
    assert_int_equal(sim_count(&sim, "warehouses"), 0);
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "offer_id_not_found");
    assert_string_equal(sim_write(&sim, "B-000001", 501, 1), "WAREHOUSE_NOT_FOUND");
    sim.api_key = OZON_DEFAULT_KEY; /* of the first seller */
    assert_int_equal(list(&sim), 403);
    sim_free(&sim);
}

static void seller_info_names_the_currency(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_ask(&sim, "/v1/seller/info", "{}"), 200);
    assert_string_equal(sim_text(&sim, "company/currency"), "RUB");
    assert_int_equal(sim_ask(&sim, "/v1/seller/info", "{'x':1}"), 400);
    sim_free(&sim);
}

static void method_type_and_path_are_strict(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_send(&sim, "GET", "/v2/warehouse/list", NULL, NULL), 405);
    assert_string_equal(sim_text(&sim, "message"), "method is not allowed");
    assert_int_equal(sim_ask(&sim, "/v9/warehouse/list", limit_body), 404);
    assert_int_equal(sim_int(&sim, "code"), 5);
    sim.content_type = "text/plain";
    assert_int_equal(list(&sim), 415);
    sim.content_type = NULL;
    assert_int_equal(list(&sim), 415);
    sim.content_type = "application/jsonx";
    assert_int_equal(list(&sim), 415);
    assert_int_equal(sim_violated(&sim, "content_type"), 3);
    sim.content_type = "application/json; charset=utf-8";
    assert_int_equal(list(&sim), 200);
    assert_int_equal(sim_violated(&sim, "method"), 1);
    assert_int_equal(sim_violated(&sim, "unknown_path"), 1);
    sim_free(&sim);
}

static void switched_off_methods_say_so(void **state)
{
    (void)state;
    static const char *const off[] = {"/v1/warehouse/list", "/v1/product/import/stocks",
                                      "/v1/product/info/stocks-by-warehouse/fbs",
                                      "/v3/posting/fbs/list", "/v3/posting/fbs/unfulfilled/list"};
    struct sim sim = sim_make();
    for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
        assert_int_equal(sim_ask(&sim, off[i], "{}"), 400);
        assert_int_equal(sim_int(&sim, "code"), 9);
        assert_string_equal(sim_text(&sim, "message"), "obsolete method cannot be used");
    }
    assert_int_equal(sim_violated(&sim, "switched_off"), 5);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(both_headers_are_needed),
    cmocka_unit_test(wrong_keys_are_refused),
    cmocka_unit_test(keys_have_states),
    cmocka_unit_test(keys_expire),
    cmocka_unit_test(roles_bound_the_methods),
    cmocka_unit_test(sellers_see_their_own_data),
    cmocka_unit_test(seller_info_names_the_currency),
    cmocka_unit_test(method_type_and_path_are_strict),
    cmocka_unit_test(switched_off_methods_say_so),
};

TEST_MAIN(cases)
