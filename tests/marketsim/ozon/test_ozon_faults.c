/* Every fault on demand: what it does, how often, and that it is no violation of the caller's. */
#include "marketsim/ozon/ozon_support.h"

static const char info_body[] = "{'offer_id':['SKU-000001','SKU-000002'],'limit':10}";

static int add(struct sim *sim, struct market_fault fault)
{
    return market_fault_add(ozon_faults(sim->ozon), &fault);
}

static int add_kind(struct sim *sim, enum market_fault_kind kind)
{
    return add(sim, market_fault_make(kind));
}

static int list(struct sim *sim)
{
    return sim_ask(sim, "/v2/warehouse/list", "{'limit':10}");
}

/* Two rows with figures. */
static int read_stock(struct sim *sim)
{
    return sim_ask(sim, "/v2/product/info/stocks-by-warehouse/fbs", info_body);
}

static struct sim stocked(void)
{
    struct sim sim = sim_make();
    ozon_stock_set(sim.seller, "SKU-000001", 501, 5, SIM_START);
    ozon_stock_set(sim.seller, "SKU-000002", 501, 6, SIM_START);
    return sim;
}

static void answers_are_replaced(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct market_fault rate = market_fault_make(FAULT_RATE);
    rate.retry_after = 12;
    add(&sim, rate);
    assert_int_equal(list(&sim), 429);
    assert_string_equal(market_answer_header_get(&sim.answer, "Retry-After"), "12");
    add_kind(&sim, FAULT_RATE);
    assert_int_equal(list(&sim), 429);
    assert_null(market_answer_header_get(&sim.answer, "Retry-After"));
    assert_int_equal(sim_int(&sim, "code"), 8);
    add_kind(&sim, FAULT_STATUS);
    assert_int_equal(list(&sim), 500);
    assert_int_equal(sim_int(&sim, "code"), 13);
    add_kind(&sim, FAULT_HTML);
    assert_int_equal(list(&sim), 502);
    assert_string_equal(market_answer_header_get(&sim.answer, "Content-Type"), "text/html");
    assert_non_null(strstr(sim.answer.body, "nginx"));
    add_kind(&sim, FAULT_DEAD_KEY);
    assert_int_equal(list(&sim), 401);
    add_kind(&sim, FAULT_EMPTY_403);
    assert_int_equal(list(&sim), 403);
    assert_int_equal(sim.answer.len, 0);
    add_kind(&sim, FAULT_CIRCUIT);
    assert_int_equal(list(&sim), 429);
    assert_string_equal(sim_text(&sim, "message"), "Circle is open");
    assert_int_equal(list(&sim), 200);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void drops_are_before_or_after(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    add_kind(&sim, FAULT_DROP_BEFORE);
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "(refused)");
    assert_true(sim.answer.drop);
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), -1);
    add_kind(&sim, FAULT_DROP_AFTER);
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 2), "(refused)");
    assert_true(sim.answer.drop);
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), 2);
    sim_free(&sim);
}

static void late_writes_land_over_newer_ones(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct market_fault late = market_fault_make(FAULT_LATE);
    late.late_ms = 60000;
    add(&sim, late);
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "(refused)");
    sim.now = SIM_START + 30000;
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 2), "");
    sim.now = SIM_START + 59999;
    list(&sim);
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), 2);
    sim.now = SIM_START + 60000;
    list(&sim);
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), 1);
    sim_free(&sim);
}

static void delays_come_with_the_answer(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct market_fault slow = market_fault_make(FAULT_SLOW);
    slow.delay_ms = 250;
    add(&sim, slow);
    assert_int_equal(list(&sim), 200);
    assert_int_equal(sim.answer.delay_ms, 250);
    slow.kind = FAULT_DROP_BEFORE; /* a timeout: silence, then the end */
    add(&sim, slow);
    assert_int_equal(list(&sim), 0);
    assert_int_equal(sim.answer.delay_ms, 250);
    sim_free(&sim);
}

static void writes_may_have_no_effect(void **state)
{
    (void)state;
    struct sim sim = stocked();
    add_kind(&sim, FAULT_NO_EFFECT);
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 9), "");
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), 5);
    sim_free(&sim);
}

static int write_two(struct sim *sim)
{
    return sim_ask(sim, "/v2/products/stocks",
                   "{'stocks':[{'offer_id':'SKU-000001','stock':1,'warehouse_id':501},"
                   "{'offer_id':'SKU-000002','stock':2,'warehouse_id':501}]}");
}

static void single_items_may_have_no_effect(void **state)
{
    (void)state;
    struct sim sim = stocked();
    sim_ask(&sim, "/_control/fault", "{'kind':'no_effect','offers':['SKU-000001']}");
    assert_int_equal(write_two(&sim), 200);
    assert_true(sim_true(&sim, "result/0/updated"));
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), 5);
    assert_int_equal(sim_free_stock(&sim, "SKU-000002", 501), 2);
    sim_free(&sim);
}

static void codes_are_given_to_chosen_offers(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    char *offers[] = {(char[]){"SKU-000002"}};
    struct market_fault item = market_fault_make(FAULT_ITEM);
    item.offers = offers;
    item.offer_count = 1;
    item.code = (char[]){"SOME_NEW_CODE"};
    item.left = -1;
    int id = add(&sim, item);
    assert_int_equal(write_two(&sim), 200);
    assert_true(sim_true(&sim, "result/0/updated"));
    assert_string_equal(sim_text(&sim, "result/1/errors/0/code"), "SOME_NEW_CODE");
    assert_int_equal(sim_free_stock(&sim, "SKU-000002", 501), -1);
    assert_int_equal(market_fault_hits(ozon_faults(sim.ozon), id), 1);
    assert_true(market_fault_remove(ozon_faults(sim.ozon), id));
    assert_false(market_fault_remove(ozon_faults(sim.ozon), id));
    sim_free(&sim);
}

static void results_may_be_short(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    add_kind(&sim, FAULT_SHORT_RESULT);
    assert_int_equal(write_two(&sim), 200);
    assert_int_equal(sim_count(&sim, "result"), 0);
    assert_int_equal(sim_free_stock(&sim, "SKU-000002", 501), 2);
    sim_free(&sim);
}

static void a_share_of_items_fails(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct ozon_settings settings = ozon_settings_get(sim.ozon);
    settings.per_second = settings.stock_per_minute = 0;
    settings.pair_ms = 0;
    ozon_settings_set(sim.ozon, &settings);
    struct market_fault item = market_fault_make(FAULT_ITEM);
    item.share = 0.3;
    item.left = -1;
    add(&sim, item);
    int failed = 0;
    for (int i = 0; i < 1000; i++)
        failed += *sim_write(&sim, "SKU-000001", 501, i) != '\0';
    assert_in_range(failed, 250, 350);
    sim_free(&sim);
}

static void answers_are_spoilt(void **state)
{
    (void)state;
    struct sim sim = stocked();
    add_kind(&sim, FAULT_EMPTY_LIST);
    assert_int_equal(read_stock(&sim), 200);
    assert_int_equal(sim_count(&sim, "products"), 0);
    add_kind(&sim, FAULT_MALFORMED);
    read_stock(&sim);
    assert_int_equal(sim_count(&sim, "products"), 2);
    assert_true(json_is_null(sim_value(&sim, "products/0")));
    assert_int_equal(sim_int(&sim, "products/1/free_stock"), 6);
    add_kind(&sim, FAULT_TRUNCATED);
    assert_int_equal(read_stock(&sim), 200);
    assert_true(sim.answer.len > 0);
    assert_null(sim.json);
    add_kind(&sim, FAULT_MISTYPED);
    read_stock(&sim);
    assert_string_equal(sim_text(&sim, "products/0/free_stock"), "5");
    assert_string_equal(sim_text(&sim, "has_next"), "false");
    add_kind(&sim, FAULT_DUPLICATE);
    read_stock(&sim);
    assert_int_equal(sim_count(&sim, "products"), 4);
    add_kind(&sim, FAULT_ZEROS);
    read_stock(&sim);
    assert_int_equal(sim_int(&sim, "products/1/free_stock"), 0);
    assert_int_equal(sim_int(&sim, "products/1/present"), 0);
    assert_int_equal(sim_int(&sim, "products/1/product_id"), 100000002);
    struct market_fault big = market_fault_make(FAULT_OVERSIZED);
    big.bytes = 3000000;
    add(&sim, big);
    read_stock(&sim);
    assert_int_equal(sim.answer.len, 3000000);
    assert_int_equal(sim_int(&sim, "products/0/free_stock"), 5);
    assert_int_equal(read_stock(&sim), 200);
    assert_int_equal(sim_int(&sim, "products/0/free_stock"), 5);
    sim_free(&sim);
}

static void paths_accounts_and_counts_select(void **state)
{
    (void)state;
    struct sim sim = stocked();
    struct market_fault fault = market_fault_make(FAULT_STATUS);
    fault.path = (char[]){"/v2/product/*"};
    fault.status = 503;
    fault.left = 2;
    fault.skip = 1;
    add(&sim, fault);
    assert_int_equal(list(&sim), 200);
    assert_int_equal(read_stock(&sim), 200); /* skipped */
    assert_int_equal(read_stock(&sim), 503);
    assert_int_equal(list(&sim), 200);
    assert_int_equal(read_stock(&sim), 503);
    assert_int_equal(read_stock(&sim), 200);
    market_fault_clear(ozon_faults(sim.ozon));
    fault = market_fault_make(FAULT_STATUS);
    fault.account = (char[]){"2002"};
    fault.left = -1;
    add(&sim, fault);
    assert_int_equal(list(&sim), 200);
    ozon_seller_add(sim.ozon, "2002", "other");
    sim.client_id = "2002";
    sim.api_key = "other";
    assert_int_equal(list(&sim), 500);
    assert_int_equal(list(&sim), 500);
    sim_free(&sim);
}

static void probability_follows_the_seed(void **state)
{
    (void)state;
    int statuses[2][200];
    for (int run = 0; run < 2; run++) {
        struct sim sim = sim_make();
        struct ozon_settings settings = ozon_settings_get(sim.ozon);
        settings.per_second = 0;
        ozon_settings_set(sim.ozon, &settings);
        struct market_fault fault = market_fault_make(FAULT_STATUS);
        fault.probability = 0.25;
        fault.left = -1;
        int id = add(&sim, fault);
        for (int i = 0; i < 200; i++)
            statuses[run][i] = list(&sim);
        assert_in_range(market_fault_hits(ozon_faults(sim.ozon), id), 30, 70);
        sim_free(&sim);
    }
    assert_memory_equal(statuses[0], statuses[1], sizeof(statuses[0]));
}

static void faults_join(void **state)
{
    (void)state;
    struct sim sim = stocked();
    struct market_fault slow = market_fault_make(FAULT_SLOW);
    slow.delay_ms = 100;
    add(&sim, slow);
    add_kind(&sim, FAULT_DUPLICATE);
    add_kind(&sim, FAULT_STATUS);
    int second = add_kind(&sim, FAULT_HTML);
    assert_int_equal(read_stock(&sim), 500);
    assert_int_equal(sim.answer.delay_ms, 100);
    assert_int_equal(market_fault_hits(ozon_faults(sim.ozon), second), 0); /* one answer only */
    assert_int_equal(read_stock(&sim), 502);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(answers_are_replaced),
    cmocka_unit_test(drops_are_before_or_after),
    cmocka_unit_test(late_writes_land_over_newer_ones),
    cmocka_unit_test(delays_come_with_the_answer),
    cmocka_unit_test(writes_may_have_no_effect),
    cmocka_unit_test(single_items_may_have_no_effect),
    cmocka_unit_test(codes_are_given_to_chosen_offers),
    cmocka_unit_test(results_may_be_short),
    cmocka_unit_test(a_share_of_items_fails),
    cmocka_unit_test(answers_are_spoilt),
    cmocka_unit_test(paths_accounts_and_counts_select),
    cmocka_unit_test(probability_follows_the_seed),
    cmocka_unit_test(faults_join),
};

TEST_MAIN(cases)
