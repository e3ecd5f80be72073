/* Headers, tokens, scopes, paths, quotas: everything that ends before a method is carried out. */
#include "marketsim/allegro/allegro_support.h"

static void user_agents_identify_the_application(void **state)
{
    (void)state;
    static const char *const bad[] = {NULL,
                                      "",
                                      "node",
                                      "curl/8.5.0",
                                      "stockd/1.0",
                                      "stockd/1.0 (stockd.example)",
                                      "stockd/ (+https://stockd.example)",
                                      "/1.0 (+https://stockd.example)",
                                      "stockd/1.0 (+https://)",
                                      "stockd/1.0 (+https://stockd.example"};
    struct sim sim = sim_make();
    const char *good = sim.agent;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sim.agent = bad[i];
        assert_int_equal(sim_get(&sim, "/me"), 403);
        assert_string_equal(sim_text(&sim, "errors/0/code"), "AccessDenied");
    }
    assert_int_equal(sim_violated(&sim, "user_agent"), sizeof(bad) / sizeof(bad[0]));
    sim.agent = good;
    allegro_app_name(sim.allegro, ALLEGRO_DEFAULT_CLIENT, "other");
    assert_int_equal(sim_get(&sim, "/me"), 403);
    allegro_app_name(sim.allegro, ALLEGRO_DEFAULT_CLIENT, "stockd");
    assert_int_equal(sim_get(&sim, "/me"), 200);
    sim.agent = NULL;
    assert_int_equal(sim_control(&sim, "settings", "{'user_agent':false}"), 200);
    assert_int_equal(sim_get(&sim, "/me"), 200);
    sim_free(&sim);
}

static void media_types_are_enforced(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *accept, *type;
        int status;
    } cases[] = {
        {"GET", "/sale/offers", NULL, NULL, 406},
        {"GET", "/sale/offers", "application/json", NULL, 406},
        {"GET", "/sale/offers", "*/*", NULL, 406},
        {"GET", "/sale/offers", SIM_BETA, NULL, 406},
        {"GET", "/sale/offers", "text/html, " SIM_PUBLIC ";q=0.9", NULL, 200},
        {"PATCH", "/sale/product-offers/" SIM_FIRST, SIM_PUBLIC, "application/json", 415},
        {"PATCH", "/sale/product-offers/" SIM_FIRST, SIM_PUBLIC, SIM_PUBLIC "; charset=utf-8", 200},
        {"POST", BULK, SIM_PUBLIC, SIM_BETA, 406},
        {"POST", BULK, SIM_BETA, SIM_PUBLIC, 415},
        {"POST", BULK, SIM_BETA, SIM_BETA, 400}, /* the body is none of a bulk */
    };
    struct sim sim = sim_make();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sim.accept = cases[i].accept;
        sim.type = cases[i].type;
        bool reads = strcmp(cases[i].method, "GET") == 0;
        int status =
            sim_ask(&sim, cases[i].method, cases[i].path, reads ? "" : "{'stock':{'available':4}}");
        assert_int_equal(status, cases[i].status);
    }
    assert_int_equal(sim_violated(&sim, "accept"), 5);
    assert_int_equal(sim_violated(&sim, "content_type"), 2);
    sim_free(&sim);
}

static void tokens_are_needed_and_have_scopes(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim.authorization[0] = '\0';
    assert_int_equal(sim_get(&sim, "/me"), 401);
    assert_string_equal(sim_text(&sim, "error"), "unauthorized");
    sim_login(&sim, "eyJ");
    assert_int_equal(sim_get(&sim, "/me"), 401);
    assert_string_equal(sim_text(&sim, "error_description"), "Cannot convert access token to JSON");
    assert_int_equal(sim_violated(&sim, "access"), 2);
    sim_login(&sim, allegro_token_issue(sim.allegro, sim.seller, 1u << 0, sim.now).access);
    assert_int_equal(sim_get(&sim, "/sale/offers"), 200);
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':4}}"), 403);
    assert_int_equal(sim_get(&sim, "/order/events"), 403);
    assert_int_equal(sim_get(&sim, "/me"), 403);
    assert_int_equal(sim_violated(&sim, "access"), 5);
    sim_free(&sim);
}

static void revoked_and_expired_tokens_are_no_violation(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    allegro_token_expire_access(sim.allegro, sim.seller, sim.now, 1000);
    assert_int_equal(sim_get(&sim, "/me"), 200); /* it is too young */
    allegro_token_expire_access(sim.allegro, sim.seller, sim.now, 0);
    assert_int_equal(sim_get(&sim, "/me"), 401);
    sim_login(&sim, allegro_token_ready(sim.allegro, sim.seller, sim.now).access);
    assert_int_equal(sim_get(&sim, "/me"), 200);
    assert_int_equal(sim_control(&sim, "token", "{'revoke':true}"), 200);
    assert_int_equal(sim_get(&sim, "/me"), 401);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void sellers_of_one_application_see_their_own(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct allegro_seller *two = allegro_seller_add(sim.allegro, ALLEGRO_DEFAULT_CLIENT, "77");
    allegro_offer_add(sim.allegro, two, "555", "SKU-000001", 9, sim.now);
    sim_login(&sim, allegro_token_ready(sim.allegro, two, sim.now).access);
    assert_int_equal(sim_get(&sim, "/me"), 200);
    assert_string_equal(sim_text(&sim, "id"), "77");
    assert_int_equal(sim_get(&sim, "/sale/offers"), 200);
    assert_int_equal(sim_int(&sim, "totalCount"), 1);
    assert_string_equal(sim_text(&sim, "offers/0/id"), "555");
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':0}}"), 404);
    assert_int_equal(sim_offer(&sim, "SKU-000001")->available, 5);
    sim_free(&sim);
}

static void paths_and_queries_are_strict(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_get(&sim, "/sale/offer"), 404);
    assert_int_equal(sim_get(&sim, "/sale/product-offers"), 404);
    assert_int_equal(sim_get(&sim, "/sale/product-offers/"), 404);
    assert_int_equal(sim_send(&sim, "POST", "/me", NULL), 404);
    assert_int_equal(sim_violated(&sim, "unknown_path"), 4);
    assert_int_equal(sim_get(&sim, "/sale/offers?external_id=SKU-000001"), 400);
    assert_int_equal(sim_get(&sim, "/sale/offers?limit=1001"), 422);
    assert_int_equal(sim_get(&sim, "/sale/offers?limit=x"), 400);
    assert_int_equal(sim_violated(&sim, "shape"), 2);
    assert_int_equal(sim_violated(&sim, "too_many"), 1);
    sim_free(&sim);
}

/* Quotas ------------------------------------------------------------------------------------ */

static void over_the_limit_the_client_is_shut_for_a_minute(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_control(&sim, "settings", "{'client_per_minute':3}"), 200);
    for (int i = 0; i < 3; i++)
        assert_int_equal(sim_get(&sim, "/me"), 200);
    assert_int_equal(sim_get(&sim, "/me"), 429);
    assert_string_equal(sim_text(&sim, "errors/0/code"), "RateLimitExceedException");
    assert_null(market_answer_header_get(&sim.answer, "Retry-After"));
    sim.now += 59999; /* trying prolongs it */
    assert_int_equal(sim_get(&sim, "/me"), 429);
    sim.now += 59999;
    assert_int_equal(sim_get(&sim, "/me"), 429);
    sim.now += 60000;
    assert_int_equal(sim_get(&sim, "/me"), 200);
    assert_int_equal(sim_violated(&sim, "rate_client"), 1);
    assert_int_equal(sim_violated(&sim, "rate_shut"), 2);
    sim_free(&sim);
}

static void a_scale_shortens_the_windows(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(
        sim_control(&sim, "settings", "{'scale':60,'patch_per_minute':1,'retry_after':true}"), 200);
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':4}}"), 200);
    sim.now += 999;
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':3}}"), 429);
    assert_string_equal(market_answer_header_get(&sim.answer, "Retry-After"), "1");
    assert_string_equal(sim_text(&sim, "errors/0/code"), "TOO_MANY_REQUESTS");
    sim.now += 1;
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':3}}"), 200);
    assert_int_equal(sim_get(&sim, "/me"), 200); /* the seller's quota shuts nobody */
    assert_int_equal(sim_violated(&sim, "rate_patch"), 1);
    sim_free(&sim);
}

static void commands_count_offers(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    allegro_offers_fill(sim.allegro, sim.seller, "M-", 1, 1000, 5, 0);
    for (int i = 0; i < 9; i++)
        assert_int_equal(sim_quantity(&sim, i, 7, 1000), 201);
    assert_int_equal(sim_quantity(&sim, 9, 7, 1), 429);
    assert_int_equal(sim_command_get(&sim, QUANTITY, 9, ""), 404);
    assert_int_equal(sim_violated(&sim, "rate_command"), 1);
    sim.now += 60000;
    assert_int_equal(sim_quantity(&sim, 10, 7, 1000), 201);
    assert_int_equal(sim_control(&sim, "settings", "{'command_per_hour':10001}"), 200);
    assert_int_equal(sim_quantity(&sim, 11, 7, 2), 429);
    assert_int_equal(sim_quantity(&sim, 12, 7, 1), 201);
    sim_free(&sim);
}

static void sellers_have_their_own_quotas(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_control(&sim, "settings", "{'get_per_minute':1}"), 200);
    assert_int_equal(sim_get(&sim, "/sale/product-offers/" SIM_FIRST), 200);
    assert_int_equal(sim_get(&sim, "/sale/product-offers/" SIM_FIRST "/parts?include=stock"), 429);
    struct allegro_seller *two = allegro_seller_add(sim.allegro, ALLEGRO_DEFAULT_CLIENT, "77");
    allegro_offer_add(sim.allegro, two, "555", NULL, 9, sim.now);
    sim_login(&sim, allegro_token_ready(sim.allegro, two, sim.now).access);
    assert_int_equal(sim_get(&sim, "/sale/product-offers/555/parts?include=stock"), 200);
    assert_int_equal(sim_int(&sim, "stock/available"), 9);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(user_agents_identify_the_application),
    cmocka_unit_test(media_types_are_enforced),
    cmocka_unit_test(tokens_are_needed_and_have_scopes),
    cmocka_unit_test(revoked_and_expired_tokens_are_no_violation),
    cmocka_unit_test(sellers_of_one_application_see_their_own),
    cmocka_unit_test(paths_and_queries_are_strict),
    cmocka_unit_test(over_the_limit_the_client_is_shut_for_a_minute),
    cmocka_unit_test(a_scale_shortens_the_windows),
    cmocka_unit_test(commands_count_offers),
    cmocka_unit_test(sellers_have_their_own_quotas),
};

TEST_MAIN(cases)
