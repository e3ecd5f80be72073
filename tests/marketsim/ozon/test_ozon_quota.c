/* Ozon's request windows at their edges, and what a refused request is told. */
#include "marketsim/ozon/ozon_support.h"

static const char stock_body[] = "{'stocks':[{'offer_id':'x','stock':1,'warehouse_id':501}]}";

static int list(struct sim *sim)
{
    return sim_ask(sim, "/v2/warehouse/list", "{'limit':10}");
}

static int stock(struct sim *sim)
{
    return sim_ask(sim, "/v2/products/stocks", stock_body);
}

static void fifty_a_second_over_all_methods(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    for (int i = 0; i < 25; i++) {
        sim.now = SIM_START + i * 10;
        assert_int_equal(list(&sim), 200);
        assert_int_equal(stock(&sim), 200);
    }
    sim.now = SIM_START + 999;
    assert_int_equal(list(&sim), 429);
    assert_int_equal(sim_int(&sim, "code"), 8);
    assert_string_equal(sim_text(&sim, "message"),
                        "You have reached request rate limit per second");
    assert_string_equal(market_answer_header_get(&sim.answer, "Retry-After"), "1");
    assert_string_equal(market_answer_header_get(&sim.answer, "Ratelimit-Remaining"), "0");
    assert_int_equal(sim_violated(&sim, "rate_second"), 1);
    sim.now = SIM_START + 1000; /* exactly two of the first moment are free again */
    assert_int_equal(list(&sim), 200);
    assert_int_equal(list(&sim), 200);
    assert_int_equal(list(&sim), 429);
    sim_free(&sim);
}

static void eighty_stock_writes_a_minute(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    for (int i = 0; i < 80; i++) {
        sim.now = SIM_START + i * 100;
        assert_int_equal(stock(&sim), 200);
    }
    assert_string_equal(market_answer_header_get(&sim.answer, "Ratelimit-Remaining"), "0");
    sim.now = SIM_START + 30000;
    assert_int_equal(stock(&sim), 429);
    assert_string_equal(market_answer_header_get(&sim.answer, "Retry-After"), "30");
    assert_int_equal(sim_violated(&sim, "rate_stock"), 1);
    assert_int_equal(list(&sim), 200); /* others are not held up */
    sim.now = SIM_START + 59999;
    assert_int_equal(stock(&sim), 429);
    sim.now = SIM_START + 60000;
    assert_int_equal(stock(&sim), 200);
    assert_int_equal(stock(&sim), 429);
    sim.now = SIM_START + 60100;
    assert_int_equal(stock(&sim), 200);
    sim_free(&sim);
}

static void refused_requests_do_not_count(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    for (int i = 0; i < 50; i++)
        list(&sim);
    for (int i = 0; i < 100; i++)
        assert_int_equal(list(&sim), 429);
    sim.now += 1000;
    for (int i = 0; i < 50; i++)
        assert_int_equal(list(&sim), 200);
    sim_free(&sim);
}

static void a_second_refused_leaves_the_minute_alone(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    for (int i = 0; i < 50; i++)
        list(&sim);
    assert_int_equal(stock(&sim), 429);
    sim.now += 1000;
    stock(&sim);
    assert_string_equal(market_answer_header_get(&sim.answer, "Ratelimit-Remaining"), "49");
    sim.now += 1000;
    for (int i = 0; i < 40; i++)
        stock(&sim);
    sim.now += 1000;
    stock(&sim);
    assert_string_equal(market_answer_header_get(&sim.answer, "Ratelimit-Remaining"), "38");
    sim_free(&sim);
}

static void wrong_shapes_count(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    for (int i = 0; i < 50; i++)
        assert_int_equal(sim_ask(&sim, "/v2/warehouse/list", "{}"), 400);
    assert_int_equal(list(&sim), 429);
    sim_free(&sim);
}

static void sellers_have_quotas_of_their_own(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    ozon_seller_add(sim.ozon, "2002", "other");
    for (int i = 0; i < 50; i++)
        list(&sim);
    assert_int_equal(list(&sim), 429);
    sim.client_id = "2002";
    sim.api_key = "other";
    assert_int_equal(list(&sim), 200);
    sim_free(&sim);
}

static void windows_follow_the_scale(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct ozon_settings settings = ozon_settings_get(sim.ozon);
    settings.scale = 10;
    ozon_settings_set(sim.ozon, &settings);
    for (int i = 0; i < 50; i++)
        list(&sim);
    sim.now += 99;
    assert_int_equal(list(&sim), 429);
    sim.now += 1;
    for (int i = 0; i < 50; i++)
        assert_int_equal(stock(&sim), 200);
    sim.now += 100;
    for (int i = 0; i < 30; i++)
        assert_int_equal(stock(&sim), 200);
    assert_int_equal(stock(&sim), 429);
    assert_string_equal(market_answer_header_get(&sim.answer, "Retry-After"), "59");
    sim.now += 5900;
    assert_int_equal(stock(&sim), 200);
    sim_free(&sim);
}

static void limits_can_be_lifted(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct ozon_settings settings = ozon_settings_get(sim.ozon);
    settings.per_second = settings.stock_per_minute = 0;
    settings.pair_ms = 0;
    ozon_settings_set(sim.ozon, &settings);
    for (int i = 0; i < 500; i++)
        assert_string_equal(sim_write(&sim, "SKU-000001", 501, i), "");
    assert_null(market_answer_header_get(&sim.answer, "Ratelimit-Remaining"));
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(fifty_a_second_over_all_methods),
    cmocka_unit_test(eighty_stock_writes_a_minute),
    cmocka_unit_test(refused_requests_do_not_count),
    cmocka_unit_test(a_second_refused_leaves_the_minute_alone),
    cmocka_unit_test(wrong_shapes_count),
    cmocka_unit_test(sellers_have_quotas_of_their_own),
    cmocka_unit_test(windows_follow_the_scale),
    cmocka_unit_test(limits_can_be_lifted),
};

TEST_MAIN(cases)
