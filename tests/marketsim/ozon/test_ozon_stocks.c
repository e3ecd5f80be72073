/* POST /v2/products/stocks: what it does, each code it refuses an item with, and its cadence. */
#include "marketsim/ozon/ozon_support.h"

static void write_sets_free_stock(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 7), "");
    assert_string_equal(sim_text(&sim, "result/0/offer_id"), "SKU-000001");
    assert_int_equal(sim_int(&sim, "result/0/product_id"), 100000001);
    assert_int_equal(sim_int(&sim, "result/0/warehouse_id"), 501);
    assert_int_equal(sim_count(&sim, "result/0/errors"), 0);
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), 7);
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 502), -1);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void write_leaves_the_reserve_alone(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct ozon_order_line line = {"SKU-000001", 2};
    struct ozon_order_spec order = {.warehouse_id = 501, .lines = &line, .line_count = 1};
    ozon_stock_set(sim.seller, "SKU-000001", 501, 5, sim.now);
    assert_true(ozon_order_place(sim.ozon, sim.seller, &order, sim.now, NULL, 0));
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 10), "");
    sim_ask(&sim, "/v2/product/info/stocks-by-warehouse/fbs",
            "{'offer_id':['SKU-000001'],'limit':10}");
    assert_int_equal(sim_int(&sim, "products/0/free_stock"), 10);
    assert_int_equal(sim_int(&sim, "products/0/reserved"), 2);
    assert_int_equal(sim_int(&sim, "products/0/present"), 12);
    sim_free(&sim);
}

static void offer_id_wins_over_product_id(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_ask(&sim, "/v2/products/stocks",
            "{'stocks':[{'offer_id':'SKU-000001','product_id':100000002,'stock':3,"
            "'warehouse_id':501}]}");
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), 3);
    assert_int_equal(sim_free_stock(&sim, "SKU-000002", 501), -1);
    sim_ask(&sim, "/v2/products/stocks",
            "{'stocks':[{'product_id':100000002,'stock':4,'warehouse_id':501}]}");
    assert_int_equal(sim_free_stock(&sim, "SKU-000002", 501), 4);
    assert_string_equal(sim_text(&sim, "result/0/offer_id"), "SKU-000002");
    sim_free(&sim);
}

static void one_bad_item_fails_alone(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_ask(&sim, "/v2/products/stocks",
                             "{'stocks':[{'offer_id':'none','stock':1,'warehouse_id':501},"
                             "{'offer_id':'SKU-000001','stock':2,'warehouse_id':501}]}"),
                     200);
    assert_false(sim_true(&sim, "result/0/updated"));
    assert_true(sim_true(&sim, "result/1/updated"));
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), 2);
    sim_free(&sim);
}

static const char *code_of(unsigned flags, enum ozon_archive archive,
                           const struct ozon_warehouse_spec *warehouse)
{
    static char code[64];
    struct sim sim = sim_make();
    struct ozon_product *product = ozon_product_find(sim.seller, "SKU-000001");
    product->flags = flags;
    product->archive = archive;
    ozon_warehouse_add(sim.seller, warehouse);
    snprintf(code, sizeof(code), "%s", sim_write(&sim, "SKU-000001", warehouse->id, 1));
    if (*code) assert_int_equal(sim_free_stock(&sim, "SKU-000001", warehouse->id), -1);
    sim_free(&sim);
    return code;
}

static void each_attribute_has_its_code(void **state)
{
    (void)state;
    const struct ozon_warehouse_spec fbs = {900, NULL, OZON_FBS, false, false};
    const struct ozon_warehouse_spec rfbs = {900, NULL, OZON_RFBS, false, false};
    const struct ozon_warehouse_spec kgt = {900, NULL, OZON_FBS, true, false};
    const struct ozon_warehouse_spec third = {900, NULL, OZON_FBS, false, true};
    const struct {
        unsigned flags;
        enum ozon_archive archive;
        const struct ozon_warehouse_spec *warehouse;
        const char *code;
    } cases[] = {
        {0, OZON_NOT_ARCHIVED, &fbs, ""},
        {0, OZON_NOT_ARCHIVED, &rfbs, ""},
        {OZON_NOT_CREATED, OZON_NOT_ARCHIVED, &fbs, "product_is_not_created"},
        {0, OZON_ARCHIVED_MANUAL, &fbs, "PRODUCT_IS_ARCHIVED"},
        {0, OZON_ARCHIVED_AUTO, &fbs, "PRODUCT_IS_ARCHIVED"},
        {OZON_NO_SKU, OZON_NOT_ARCHIVED, &fbs, "SOURCE_TYPE_NOT_FOUND"},
        {OZON_SIZE_NEEDED, OZON_NOT_ARCHIVED, &fbs, "SIZE_REQUIRED_FOR_NOT_UNIQUE_OFFER_ID"},
        {OZON_NOT_TAGGED, OZON_NOT_ARCHIVED, &fbs, "PRODUCT_HAS_NOT_BEEN_TAGGED_YET"},
        {0, OZON_NOT_ARCHIVED, &kgt, "NON_KGT_ON_KGT_WAREHOUSE"},
        {OZON_KGT, OZON_NOT_ARCHIVED, &fbs, "OVER_MAX_OVH_NON_KGT"},
        {OZON_KGT, OZON_NOT_ARCHIVED, &kgt, ""},
        {OZON_OVER_KGT, OZON_NOT_ARCHIVED, &kgt, "OVER_MAX_OVH_KGT"},
        {OZON_ONLY_3PL, OZON_NOT_ARCHIVED, &fbs, "MP_DELIVERY_ONLY_3PL_ERROR"},
        {OZON_ONLY_3PL, OZON_NOT_ARCHIVED, &third, ""},
        {OZON_FLAMMABLE, OZON_NOT_ARCHIVED, &fbs, "FLAMMABLE_ONLY_ON_SELF_OR_PROVIDER_DELIVERY"},
        {OZON_FLAMMABLE, OZON_NOT_ARCHIVED, &rfbs, ""},
        {OZON_MULTIBOX, OZON_NOT_ARCHIVED, &fbs, "MULTIBOX_NOT_ALLOWED_FOR_FBS"},
        {OZON_ONLY_FBP, OZON_NOT_ARCHIVED, &fbs, "CB_DELIVERY_ONLY_FBP"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(code_of(cases[i].flags, cases[i].archive, cases[i].warehouse),
                            cases[i].code);
}

static void unknown_ids_have_their_codes(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_string_equal(sim_write(&sim, "none", 501, 1), "offer_id_not_found");
    sim_ask(&sim, "/v2/products/stocks",
            "{'stocks':[{'product_id':42,'stock':4,'warehouse_id':501}]}");
    assert_string_equal(sim_text(&sim, "result/0/errors/0/code"), "NOT_FOUND_ERROR");
    assert_int_equal(sim_int(&sim, "result/0/product_id"), 42);
    assert_string_equal(sim_write(&sim, "SKU-000001", 1, 1), "WAREHOUSE_NOT_FOUND");
    assert_string_equal(sim_text(&sim, "result/0/errors/0/message"), "warehouse has wrong id: 1");
    assert_int_equal(sim_violated(&sim, "wrong_warehouse"), 1);
    sim_free(&sim);
}

static void only_active_own_warehouses_take_stock(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    const struct ozon_warehouse_spec fbo = {700, NULL, OZON_FBO, false, false};
    const struct ozon_warehouse_spec fbp = {701, NULL, OZON_FBP, false, false};
    ozon_warehouse_add(sim.seller, &fbo);
    ozon_warehouse_add(sim.seller, &fbp);
    assert_string_equal(sim_write(&sim, "SKU-000001", 700, 1), "WAREHOUSE_NOT_FOUND");
    assert_string_equal(sim_write(&sim, "SKU-000001", 701, 1), "WAREHOUSE_NOT_FOUND");
    assert_int_equal(sim_violated(&sim, "wrong_warehouse"), 2);
    static const char *const closed[] = {"disabled", "blocked", "disabled_due_to_limit", "error"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(ozon_warehouse_status(sim.seller, 501, closed[i]));
        assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "WAREHOUSE_NOT_FOUND");
    }
    assert_true(ozon_warehouse_status(sim.seller, 501, "created"));
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "");
    assert_true(ozon_warehouse_remove(sim.seller, 501));
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 2), "WAREHOUSE_NOT_FOUND");
    assert_int_equal(sim_violated(&sim, "wrong_warehouse"), 2);
    sim_free(&sim);
}

static void stock_has_a_ceiling(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 999999), "");
    assert_string_equal(sim_write(&sim, "SKU-000002", 501, 1000000), "STOCK_TOO_BIG");
    assert_string_equal(sim_write(&sim, "SKU-000003", 501, INT64_MAX), "STOCK_TOO_BIG");
    sim_free(&sim);
}

static void cadence_opens_at_thirty_seconds(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "");
    sim.now = SIM_START + 29999;
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 2), "TOO_MANY_REQUESTS");
    assert_string_equal(sim_write(&sim, "SKU-000001", 502, 2), "");
    assert_string_equal(sim_write(&sim, "SKU-000002", 501, 2), "");
    assert_int_equal(sim_violated(&sim, "cadence"), 1);
    sim.now = SIM_START + 30000; /* the refused attempt did not count */
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 3), "");
    assert_int_equal(sim_violated(&sim, NULL), 1);
    sim_free(&sim);
}

static void cadence_counts_within_one_request(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_ask(&sim, "/v2/products/stocks",
            "{'stocks':[{'offer_id':'SKU-000001','stock':1,'warehouse_id':501},"
            "{'offer_id':'SKU-000001','stock':2,'warehouse_id':501}]}");
    assert_true(sim_true(&sim, "result/0/updated"));
    assert_string_equal(sim_text(&sim, "result/1/errors/0/code"), "TOO_MANY_REQUESTS");
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), 1);
    sim_free(&sim);
}

static void cadence_follows_the_scale(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct ozon_settings settings = ozon_settings_get(sim.ozon);
    settings.scale = 100;
    ozon_settings_set(sim.ozon, &settings);
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "");
    sim.now += 299;
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 2), "TOO_MANY_REQUESTS");
    sim.now += 1;
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 2), "");
    sim_free(&sim);
}

static void cadence_counts_foreign_writes(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_true(ozon_stock_set(sim.seller, "SKU-000001", 501, 4, sim.now));
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 5), "");
    assert_true(ozon_stock_foreign(sim.seller, "SKU-000002", 501, 4, sim.now));
    assert_string_equal(sim_write(&sim, "SKU-000002", 501, 5), "TOO_MANY_REQUESTS");
    sim_free(&sim);
}

static void failed_items_may_lose_their_id(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct ozon_settings settings = ozon_settings_get(sim.ozon);
    settings.zero_ids = true;
    ozon_settings_set(sim.ozon, &settings);
    sim_ask(&sim, "/v2/products/stocks",
            "{'stocks':[{'product_id':100000001,'stock':1,'warehouse_id':9},"
            "{'product_id':100000002,'stock':1,'warehouse_id':501}]}");
    assert_int_equal(sim_int(&sim, "result/0/product_id"), 0);
    assert_int_equal(sim_int(&sim, "result/1/product_id"), 100000002);
    sim_free(&sim);
}

static int ask_pairs(struct sim *sim, size_t pairs)
{
    char body[8192];
    size_t len = (size_t)snprintf(body, sizeof(body), "{'stocks':[");
    for (size_t i = 0; i < pairs; i++)
        len +=
            (size_t)snprintf(body + len, sizeof(body) - len,
                             "%s{'offer_id':'A%zu','stock':1,'warehouse_id':501}", i ? "," : "", i);
    snprintf(body + len, sizeof(body) - len, "]}");
    return sim_ask(sim, "/v2/products/stocks", body);
}

static void a_request_holds_a_hundred_pairs(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(ask_pairs(&sim, 100), 200);
    assert_int_equal(sim_count(&sim, "result"), 100);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    assert_int_equal(ask_pairs(&sim, 101), 400);
    assert_int_equal(sim_int(&sim, "code"), 3);
    assert_int_equal(sim_violated(&sim, "too_many"), 1);
    assert_int_equal(ask_pairs(&sim, 0), 400);
    sim_free(&sim);
}

static void wrong_shapes_are_refused_whole(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "nothing",
        "[]",
        "{}",
        "{'stocks':{}}",
        "{'stocks':[1]}",
        "{'stocks':[{'offer_id':'SKU-000001','stock':1}]}",
        "{'stocks':[{'offer_id':'SKU-000001','stock':1,'warehouse_id':0}]}",
        "{'stocks':[{'offer_id':'SKU-000001','stock':1,'warehouse_id':'501'}]}",
        "{'stocks':[{'offer_id':'SKU-000001','stock':'1','warehouse_id':501}]}",
        "{'stocks':[{'offer_id':'SKU-000001','stock':1.5,'warehouse_id':501}]}",
        "{'stocks':[{'offer_id':'SKU-000001','stock':-1,'warehouse_id':501}]}",
        "{'stocks':[{'offer_id':'SKU-000001','stock':01,'warehouse_id':501}]}",
        "{'stocks':[{'offer_id':1,'stock':1,'warehouse_id':501}]}",
        "{'stocks':[{'offer_id':'SKU-000001','warehouse_id':501}]}",
        "{'stocks':[{'stock':1,'warehouse_id':501}]}",
        "{'stocks':[{'offer_id':'SKU-000001','stock':1,'warehouse_id':501,'quant_size':1}]}",
        "{'stocks':[{'offer_id':'SKU-000001','stock':1,'stock':2,'warehouse_id':501}]}",
        "{'stocks':[{'offer_id':'SKU-000001','stock':1,'warehouse_id':501},]}",
        "{'stocks':[{'offer_id':'SKU-000001','stock':1,'warehouse_id':501}]} x",
        "{'stocks':[{'offer_id':'SKU-000001','stock':1,'warehouse_id':501}],'more':1}",
        "{'stocks':[{'offer_id':'SKU-000001','stock':1,'warehouse_id':501}",
        "{'stocks':[{'offer_id':'SKU-000001','stock':99999999999999999999,'warehouse_id':501}]}"};
    struct sim sim = sim_make();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sim.now += 1000;
        assert_int_equal(sim_ask(&sim, "/v2/products/stocks", bad[i]), 400);
        assert_int_equal(sim_int(&sim, "code"), 3);
        assert_int_equal(sim_violated(&sim, "shape"), i + 1);
    }
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), -1);
    sim_free(&sim);
}

static void embedded_errors_read_as_ozon_words_them(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_ask(&sim, "/v2/products/stocks", "{'stocks':[{'offer_id':'SKU-000001','stock':1}]}");
    assert_string_equal(sim_text(&sim, "message"),
                        "Request validation error: invalid ProductsStocksRequest.Stocks[0]: "
                        "embedded message failed validation");
    sim_free(&sim);
}

/* The quick scanner and the general parser must agree. */
static void every_right_form_is_taken(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "{'stocks':[{'offer_id':'SKU-000001','stock':1,'warehouse_id':501}]}",
        " { 'stocks' : [ { 'warehouse_id' : 501 , 'stock' : 1\n, 'offer_id':'SKU-000001' } ] } ",
        "{'stocks':[{'offer_id':'SKU\\u002d000001','stock':1,'warehouse_id':501}]}",
        "{'stocks':[{'offer_id':'SKU-000001','product_id':null,'stock':1,'warehouse_id':501}]}",
        "{'stocks':[{'offer_id':'','product_id':100000001,'stock':1,'warehouse_id':501}]}"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct sim sim = sim_make();
        assert_int_equal(sim_ask(&sim, "/v2/products/stocks", forms[i]), 200);
        assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), 1);
        sim_free(&sim);
    }
}

static void offers_may_have_any_letters(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_non_null(ozon_product_add(sim.seller, "Шапка, 5 кг", 0, 0, NULL));
    assert_string_equal(sim_write(&sim, "Шапка, 5 кг", 501, 3), "");
    assert_string_equal(sim_text(&sim, "result/0/offer_id"), "Шапка, 5 кг");
    assert_int_equal(sim_free_stock(&sim, "Шапка, 5 кг", 501), 3);
    sim_free(&sim);
}

static void writes_are_kept_in_a_journal(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_write(&sim, "SKU-000001", 501, 1);
    sim_write(&sim, "SKU-000001", 501, 2);
    assert_int_equal(ozon_write_count(sim.ozon), 2);
    const struct ozon_write *second = ozon_write_get(sim.ozon, 2);
    assert_string_equal(second->offer_id, "SKU-000001");
    assert_string_equal(second->code, "TOO_MANY_REQUESTS");
    assert_int_equal(second->stock, 2);
    assert_null(ozon_write_get(sim.ozon, 3));
    assert_null(ozon_write_get(sim.ozon, 0));
    sim_free(&sim);
}

static void reads_may_lag(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct ozon_settings settings = ozon_settings_get(sim.ozon);
    settings.read_lag_ms = 5000;
    ozon_settings_set(sim.ozon, &settings);
    ozon_stock_set(sim.seller, "SKU-000001", 501, 3, sim.now);
    sim_write(&sim, "SKU-000001", 501, 9);
    static const char ask[] = "{'offer_id':['SKU-000001'],'limit':10}";
    sim.now += 4999;
    sim_ask(&sim, "/v2/product/info/stocks-by-warehouse/fbs", ask);
    assert_int_equal(sim_int(&sim, "products/0/free_stock"), 3);
    sim.now += 1;
    sim_ask(&sim, "/v2/product/info/stocks-by-warehouse/fbs", ask);
    assert_int_equal(sim_int(&sim, "products/0/free_stock"), 9);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(write_sets_free_stock),
    cmocka_unit_test(write_leaves_the_reserve_alone),
    cmocka_unit_test(offer_id_wins_over_product_id),
    cmocka_unit_test(one_bad_item_fails_alone),
    cmocka_unit_test(each_attribute_has_its_code),
    cmocka_unit_test(unknown_ids_have_their_codes),
    cmocka_unit_test(only_active_own_warehouses_take_stock),
    cmocka_unit_test(stock_has_a_ceiling),
    cmocka_unit_test(cadence_opens_at_thirty_seconds),
    cmocka_unit_test(cadence_counts_within_one_request),
    cmocka_unit_test(cadence_follows_the_scale),
    cmocka_unit_test(cadence_counts_foreign_writes),
    cmocka_unit_test(failed_items_may_lose_their_id),
    cmocka_unit_test(a_request_holds_a_hundred_pairs),
    cmocka_unit_test(wrong_shapes_are_refused_whole),
    cmocka_unit_test(embedded_errors_read_as_ozon_words_them),
    cmocka_unit_test(every_right_form_is_taken),
    cmocka_unit_test(offers_may_have_any_letters),
    cmocka_unit_test(writes_are_kept_in_a_journal),
    cmocka_unit_test(reads_may_lag),
};

TEST_MAIN(cases)
