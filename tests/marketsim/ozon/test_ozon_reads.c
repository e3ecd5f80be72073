/* The reads: paging to the end, archived products, schemes, rows that are absent. */
#include "marketsim/ozon/ozon_support.h"

static const struct ozon_warehouse_spec fbo_spec = {700, "Ozon's", OZON_FBO, false, false};
static const struct ozon_warehouse_spec rfbs_spec = {503, "Three", OZON_RFBS, true, false};

static int list_page(struct sim *sim, const char *visibility, const char *last, int limit)
{
    char body[256];
    snprintf(body, sizeof(body), "{'filter':{'visibility':'%s'},'last_id':'%s','limit':%d}",
             visibility, last, limit);
    return sim_ask(sim, "/v3/product/list", body);
}

static void listings_page_to_an_empty_page(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    char last[64] = "";
    size_t seen = 0, pages = 0;
    do {
        assert_int_equal(list_page(&sim, "ALL", last, 2), 200);
        assert_int_equal(sim_int(&sim, "result/total"), 5);
        assert_int_equal(sim_int(&sim, "result/total_items"), 5);
        seen += sim_count(&sim, "result/items");
        snprintf(last, sizeof(last), "%s", sim_text(&sim, "result/last_id"));
    } while (sim_count(&sim, "result/items") && ++pages);
    assert_int_equal(seen, 5);
    assert_int_equal(pages, 3);
    assert_string_equal(last, "");
    sim_free(&sim);
}

static void archived_listings_are_asked_for(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    ozon_product_find(sim.seller, "SKU-000001")->archive = OZON_ARCHIVED_MANUAL;
    ozon_product_find(sim.seller, "SKU-000002")->archive = OZON_ARCHIVED_AUTO;
    ozon_product_find(sim.seller, "SKU-000003")->archive = OZON_ARCHIVED_SEASONAL;
    static const struct {
        const char *visibility;
        size_t count;
    } cases[] = {{"ALL", 2},
                 {"ARCHIVED", 3},
                 {"AUTO_ARCHIVED", 1},
                 {"MANUAL_ARCHIVED", 1},
                 {"SEASONAL_AUTO_ARCHIVED", 1},
                 {"INVISIBLE", 2},
                 {"VISIBLE", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(list_page(&sim, cases[i].visibility, "", 10), 200);
        assert_int_equal(sim_count(&sim, "result/items"), cases[i].count);
        assert_int_equal(sim_int(&sim, "result/total"), cases[i].count);
    }
    assert_int_equal(list_page(&sim, "NONSENSE", "", 10), 400);
    sim_free(&sim);
}

static void listings_by_id_ignore_visibility(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    ozon_product_find(sim.seller, "SKU-000001")->archive = OZON_ARCHIVED_MANUAL;
    assert_int_equal(
        sim_ask(&sim, "/v3/product/list", "{'filter':{'offer_id':['SKU-000001','none']}}"), 200);
    assert_int_equal(sim_count(&sim, "result/items"), 1);
    assert_true(sim_true(&sim, "result/items/0/archived"));
    assert_int_equal(
        sim_ask(&sim, "/v3/product/list", "{'filter':{'product_id':['100000002',100000003]}}"),
        200);
    assert_int_equal(sim_count(&sim, "result/items"), 2);
    assert_int_equal(sim_ask(&sim, "/v3/product/list",
                             "{'filter':{'product_id':['100000002'],'skus':['500000001']}}"),
                     400);
    sim_free(&sim);
}

static void list_bounds_hold(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(list_page(&sim, "ALL", "", 1000), 200);
    assert_int_equal(list_page(&sim, "ALL", "", 1001), 400);
    assert_int_equal(sim_violated(&sim, "too_many"), 1);
    assert_int_equal(list_page(&sim, "ALL", "", 0), 400);
    assert_int_equal(list_page(&sim, "ALL", "garbage", 10), 400);
    assert_int_equal(sim_ask(&sim, "/v3/product/list", "{'filter':{}}"), 400);
    assert_int_equal(sim_ask(&sim, "/v2/warehouse/list", "{'limit':201}"), 400);
    assert_int_equal(sim_ask(&sim, "/v4/product/info/stocks", "{'limit':10}"), 400);
    assert_int_equal(sim_ask(&sim, "/v4/product/info/stocks", "{'filter':{},'limit':1001}"), 400);
    assert_int_equal(sim_ask(&sim, "/v1/product/info/warehouse/stocks", "{'warehouse_id':501}"),
                     400);
    assert_int_equal(
        sim_ask(&sim, "/v2/product/info/stocks-by-warehouse/fbs", "{'offer_id':['a']}"), 400);
    assert_int_equal(sim_ask(&sim, "/v2/product/info/stocks-by-warehouse/fbs", "{'limit':1}"), 400);
    sim_free(&sim);
}

static void cards_come_once_by_any_id(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    ozon_product_find(sim.seller, "SKU-000002")->flags = OZON_KGT | OZON_NOT_CREATED;
    ozon_product_find(sim.seller, "SKU-000002")->archive = OZON_ARCHIVED_AUTO;
    assert_int_equal(sim_ask(&sim, "/v3/product/info/list",
                             "{'offer_id':['SKU-000002','none'],'product_id':['100000002'],"
                             "'sku':['500000003']}"),
                     200);
    assert_int_equal(sim_count(&sim, "items"), 2);
    assert_int_equal(sim_int(&sim, "items/0/id"), 100000002);
    assert_true(sim_true(&sim, "items/0/is_kgt"));
    assert_true(sim_true(&sim, "items/0/is_archived"));
    assert_true(sim_true(&sim, "items/0/is_autoarchived"));
    assert_false(sim_true(&sim, "items/0/statuses/is_created"));
    assert_string_equal(sim_text(&sim, "items/1/statuses/status"), "price_sent");
    assert_string_equal(sim_text(&sim, "items/1/barcodes/0"), "4600000000003");
    assert_int_equal(sim_ask(&sim, "/v3/product/info/list", "{}"), 400);
    sim_free(&sim);
}

static void stocks_by_scheme_sum_warehouses(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    ozon_warehouse_add(sim.seller, &fbo_spec);
    ozon_warehouse_add(sim.seller, &rfbs_spec);
    ozon_stock_set(sim.seller, "SKU-000001", 501, 3, sim.now);
    ozon_stock_set(sim.seller, "SKU-000001", 502, 4, sim.now);
    ozon_stock_set(sim.seller, "SKU-000001", 503, 5, sim.now);
    ozon_stock_set(sim.seller, "SKU-000001", 700, 55, sim.now);
    ozon_stock_set(sim.seller, "SKU-000002", 700, 1, sim.now);
    assert_int_equal(sim_ask(&sim, "/v4/product/info/stocks", "{'filter':{},'limit':2}"), 200);
    assert_int_equal(sim_count(&sim, "items/0/stocks"), 3);
    assert_string_equal(sim_text(&sim, "items/0/stocks/0/type"), "fbs");
    assert_int_equal(sim_int(&sim, "items/0/stocks/0/present"), 7);
    assert_string_equal(sim_text(&sim, "items/0/stocks/1/type"), "rfbs");
    assert_int_equal(sim_int(&sim, "items/0/stocks/1/present"), 5);
    assert_string_equal(sim_text(&sim, "items/0/stocks/2/type"), "fbo");
    assert_int_equal(sim_int(&sim, "items/0/stocks/2/present"), 55);
    assert_int_equal(sim_count(&sim, "items/1/stocks"), 1);
    assert_int_equal(sim_int(&sim, "total"), 5);
    char body[128];
    snprintf(body, sizeof(body), "{'filter':{},'limit':3,'cursor':'%s'}", sim_text(&sim, "cursor"));
    assert_int_equal(sim_ask(&sim, "/v4/product/info/stocks", body), 200);
    assert_int_equal(sim_count(&sim, "items"), 3);
    assert_int_equal(sim_count(&sim, "items/0/stocks"), 0);
    assert_string_equal(sim_text(&sim, "cursor"), "");
    sim_free(&sim);
}

static void stocks_by_warehouse_have_no_row_for_no_figure(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    ozon_warehouse_add(sim.seller, &fbo_spec);
    ozon_stock_set(sim.seller, "SKU-000001", 501, 0, sim.now);
    ozon_stock_set(sim.seller, "SKU-000002", 502, 4, sim.now);
    ozon_stock_set(sim.seller, "SKU-000002", 700, 9, sim.now);
    static const char body[] = "{'sku':['500000002','500000001','500000003'],'limit':10}";
    sim_ask(&sim, "/v2/product/info/stocks-by-warehouse/fbs", body);
    assert_int_equal(sim_count(&sim, "products"), 2);
    assert_string_equal(sim_text(&sim, "products/0/offer_id"), "SKU-000001");
    assert_int_equal(sim_int(&sim, "products/0/free_stock"), 0);
    assert_int_equal(sim_int(&sim, "products/1/warehouse_id"), 502);
    struct ozon_settings settings = ozon_settings_get(sim.ozon);
    settings.omit_zero_rows = true;
    ozon_settings_set(sim.ozon, &settings);
    sim_ask(&sim, "/v2/product/info/stocks-by-warehouse/fbs", body);
    assert_int_equal(sim_count(&sim, "products"), 1);
    sim_ask(&sim, "/v1/product/info/stocks-by-warehouse/fbo",
            "{'offer_ids':['SKU-000001','SKU-000002'],'limit':10}");
    assert_int_equal(sim_count(&sim, "products"), 1);
    assert_int_equal(sim_int(&sim, "products/0/present"), 9);
    assert_null(sim_value(&sim, "products/0/free_stock"));
    sim_free(&sim);
}

static void stocks_by_warehouse_page_through_pairs(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    for (int i = 1; i <= 3; i++) {
        char offer[16];
        snprintf(offer, sizeof(offer), "SKU-%06d", i);
        ozon_stock_set(sim.seller, offer, 501, i, sim.now);
        ozon_stock_set(sim.seller, offer, 502, 10 * i, sim.now);
    }
    char cursor[64] = "", body[256];
    int64_t sum = 0;
    for (int page = 0; page < 6; page++) {
        snprintf(body, sizeof(body),
                 "{'offer_id':['SKU-000003','SKU-000001','SKU-000002','SKU-000001'],'limit':1,"
                 "'cursor':'%s'}",
                 cursor);
        assert_int_equal(sim_ask(&sim, "/v2/product/info/stocks-by-warehouse/fbs", body), 200);
        assert_int_equal(sim_count(&sim, "products"), 1);
        assert_int_equal(sim_true(&sim, "has_next"), page < 5);
        sum += sim_int(&sim, "products/0/free_stock");
        snprintf(cursor, sizeof(cursor), "%s", sim_text(&sim, "cursor"));
    }
    assert_int_equal(sum, 66);
    sim_free(&sim);
}

static void a_warehouse_is_dumped_whole(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    ozon_stock_set(sim.seller, "SKU-000001", 501, 1, sim.now);
    ozon_stock_set(sim.seller, "SKU-000003", 501, 3, sim.now);
    ozon_stock_set(sim.seller, "SKU-000005", 501, 5, sim.now);
    ozon_product_find(sim.seller, "SKU-000003")->archive = OZON_ARCHIVED_MANUAL;
    sim_ask(&sim, "/v1/product/info/warehouse/stocks", "{'warehouse_id':501,'limit':2}");
    assert_int_equal(sim_count(&sim, "stocks"), 2);
    assert_true(sim_true(&sim, "has_next"));
    char body[128];
    snprintf(body, sizeof(body), "{'warehouse_id':501,'limit':2,'cursor':'%s'}",
             sim_text(&sim, "cursor"));
    sim_ask(&sim, "/v1/product/info/warehouse/stocks", body);
    assert_int_equal(sim_count(&sim, "stocks"), 1);
    assert_int_equal(sim_int(&sim, "stocks/0/free_stock"), 5);
    assert_false(sim_true(&sim, "has_next"));
    assert_int_equal(
        sim_ask(&sim, "/v1/product/info/warehouse/stocks", "{'warehouse_id':502,'limit':2}"), 200);
    assert_int_equal(sim_count(&sim, "stocks"), 0);
    assert_int_equal(
        sim_ask(&sim, "/v1/product/info/warehouse/stocks", "{'warehouse_id':9,'limit':2}"), 404);
    sim_free(&sim);
}

static void warehouses_are_the_sellers_own(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    ozon_warehouse_add(sim.seller, &fbo_spec);
    ozon_warehouse_add(sim.seller, &rfbs_spec);
    ozon_warehouse_status(sim.seller, 502, "disabled_due_to_limit");
    sim_ask(&sim, "/v2/warehouse/list", "{'limit':2}");
    assert_int_equal(sim_count(&sim, "warehouses"), 2);
    assert_string_equal(sim_text(&sim, "warehouses/0/status"), "created");
    assert_string_equal(sim_text(&sim, "warehouses/1/status"), "disabled_due_to_limit");
    assert_true(sim_true(&sim, "has_next"));
    char body[128];
    snprintf(body, sizeof(body), "{'limit':2,'cursor':'%s'}", sim_text(&sim, "cursor"));
    sim_ask(&sim, "/v2/warehouse/list", body);
    assert_int_equal(sim_count(&sim, "warehouses"), 1);
    assert_true(sim_true(&sim, "warehouses/0/is_rfbs"));
    assert_true(sim_true(&sim, "warehouses/0/is_kgt"));
    assert_false(sim_true(&sim, "has_next"));
    ozon_warehouse_remove(sim.seller, 502);
    sim_ask(&sim, "/v2/warehouse/list", "{'limit':200,'warehouse_ids':['501','502']}");
    assert_int_equal(sim_count(&sim, "warehouses"), 1);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(listings_page_to_an_empty_page),
    cmocka_unit_test(archived_listings_are_asked_for),
    cmocka_unit_test(listings_by_id_ignore_visibility),
    cmocka_unit_test(list_bounds_hold),
    cmocka_unit_test(cards_come_once_by_any_id),
    cmocka_unit_test(stocks_by_scheme_sum_warehouses),
    cmocka_unit_test(stocks_by_warehouse_have_no_row_for_no_figure),
    cmocka_unit_test(stocks_by_warehouse_page_through_pairs),
    cmocka_unit_test(a_warehouse_is_dumped_whole),
    cmocka_unit_test(warehouses_are_the_sellers_own),
};

TEST_MAIN(cases)
