/* The control side, the reports, and how a state begins. */
#include "marketsim/wb/wb_support.h"

static void products_are_seeded_in_bulk(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "POST /_control/products",
                "{'count':1000,'prefix':'B-','first':5,'warehouses':[501,'901'],'stock':3}");
    assert_int_equal(sim_stock(&sim, "B-000005", 501), 3);
    assert_int_equal(sim_stock(&sim, "B-001004", 901), 3);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), -1);
    sim_send(&sim, "GET /_control/state?prefix=B-00000&warehouse_id=901&limit=2&offset=1", NULL);
    assert_int_equal(sim_int(&sim, "total"), 5);
    assert_int_equal(sim_count(&sim, "pairs"), 2);
    assert_string_equal(sim_text(&sim, "pairs/0/0"), "B-000006");
    assert_int_equal(sim_int(&sim, "pairs/0/1"), 901);
    assert_int_equal(sim_int(&sim, "pairs/0/2"), 3);
    assert_int_equal(sim_int(&sim, "pairs/0/3"), 0);
    assert_int_equal(sim_int(&sim, "products"), 1005);
    sim_free(&sim);
}

static void stock_is_set_and_read(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "POST /_control/stock",
                "{'offer_id':'SKU-000001','warehouse_id':501,'stock':4}");
    assert_int_equal(
        sim_send(&sim, "GET /_control/stock?offer_id=SKU%2D000001&warehouse_id=501", NULL), 200);
    assert_int_equal(sim_int(&sim, "free"), 4);
    assert_int_equal(
        sim_send(&sim, "GET /_control/stock?offer_id=SKU-000001&warehouse_id=502", NULL), 404);
    sim_control(&sim, "POST /_control/foreign-write",
                "{'stocks':[{'offer_id':'SKU-000001','warehouse_id':501,'stock':9}]}");
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 9);
    assert_int_equal(
        sim_send(&sim, "POST /_control/stock", "{'offer_id':'none','warehouse_id':501,'stock':4}"),
        400);
    sim_free(&sim);
}

static void baskets_are_one_order_a_unit(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 3);
    wb_stock_set(sim.seller, "SKU-000002", 501, 1);
    static const char basket[] = "{'warehouse_id':501,'items':[{'offer_id':'SKU-000001',"
                                 "'quantity':2},{'offer_id':'SKU-000002','quantity':1}]}";
    sim_control(&sim, "POST /_control/order", basket);
    assert_int_equal(sim_count(&sim, "orders"), 3);
    char all[128], one[64];
    snprintf(all, sizeof(all), "{'posting_number':'%s'}", sim_text(&sim, "posting_number"));
    snprintf(one, sizeof(one), "{'posting_number':'%lld'}", (long long)sim_int(&sim, "orders/0"));
    assert_int_equal(sim_send(&sim, "POST /_control/order", basket), 400); /* whole or not at all */
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 1);
    sim_control(&sim, "POST /_control/order/pack", all);
    sim_control(&sim, "POST /_control/order/cancel", one);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 2);
    assert_int_equal(sim_send(&sim, "POST /_control/order/ship", all), 400); /* one is cancelled */
    sim_send(&sim, "GET /_control/orders", NULL);
    assert_int_equal(sim_count(&sim, "orders"), 3);
    assert_string_equal(sim_text(&sim, "orders/0/supplier_status"), "cancel");
    assert_string_equal(sim_text(&sim, "orders/1/supplier_status"), "complete");
    assert_string_equal(sim_text(&sim, "orders/2/offer_id"), "SKU-000002");
    assert_int_equal(sim_reserved(&sim, "SKU-000001", 501), 0);
    sim_free(&sim);
}

static void cancels_say_by_whom(void **state)
{
    (void)state;
    static const struct {
        const char *before, *by, *status;
    } ways[] = {{NULL, "client", "declined_by_client"},
                {NULL, "seller", "canceled"},
                {"POST /_control/order/ship", "receipt", "canceled_by_client"},
                {"POST /_control/order/ship", "defect", "defect"},
                {"POST /_control/order/ship", "carrier", "canceled_by_carrier"}};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct sim sim = sim_make();
        char body[128];
        sim_control(&sim, "POST /_control/order",
                    "{'warehouse_id':501,'items':[{'offer_id':'SKU-000001'}],'oversell':true}");
        if (ways[i].before) sim_control(&sim, ways[i].before, "{'posting_number':'3000000001'}");
        snprintf(body, sizeof(body), "{'posting_number':'3000000001','by':'%s'}", ways[i].by);
        sim_control(&sim, "POST /_control/order/cancel", body);
        sim_send(&sim, "GET /_control/orders", NULL);
        assert_string_equal(sim_text(&sim, "orders/0/wb_status"), ways[i].status);
        sim_free(&sim);
    }
}

static void settings_are_read_back(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_send(&sim, "GET /_control/settings", NULL);
    json_t *all = json_incref(sim.json);
    assert_string_equal(sim_text(&sim, "naming"), "chrt");
    assert_int_equal(sim_int(&sim, "penalty"), 10);
    char *text = json_dumps(all, JSON_COMPACT);
    sim_set(&sim, text); /* what was read can be set */
    sim_send(&sim, "GET /_control/settings", NULL);
    assert_true(json_equal(all, sim.json));
    free(text);
    json_decref(all);
    static const char *const wrong[] = {"{'scale':0}",       "{'scale':'1'}", "{'naming':'x'}",
                                        "{'zero_rows':1}",   "{'none':1}",    "{'penalty':1.5}",
                                        "{'short_pages':-1}"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(sim_send(&sim, "POST /_control/settings", wrong[i]), 400);
    sim_free(&sim);
}

static void sellers_are_made_and_chosen(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "POST /_control/seller", "{'client_id':'2002','api_key':'plain'}");
    sim_control(&sim, "POST /_control/warehouse", "{'client_id':'2002','id':77}");
    sim.token = "plain";
    assert_int_equal(sim_send(&sim, "GET /api/v3/warehouses", NULL), 200);
    assert_int_equal(json_array_size(sim.json), 1);
    assert_int_equal(sim_int(&sim, "0/id"), 77);
    sim_send(&sim, "GET /_control/token?client_id=2002", NULL);
    assert_string_equal(sim_text(&sim, "token"), "plain");
    assert_int_equal(sim_send(&sim, "GET /_control/token?client_id=3003", NULL), 400);
    assert_int_equal(sim_send(&sim, "POST /_control/seller", "{'client_id':'x'}"), 400);
    sim_control(&sim, "POST /_control/seller", "{'client_id':'2002','banned':true}");
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/77", "{'stocks':[]}"), 406);
    sim_free(&sim);
}

static void log_and_writes_are_kept(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_send(&sim, "PUT /marketplace/api/v3/stocks/501",
             "{'stocks':[{'chrtId':500000001,'amount':4}]}");
    sim_send(&sim, "GET /_control/log?path=/api/v3/stocks/501", NULL);
    assert_int_equal(sim_count(&sim, "requests"), 1);
    assert_string_equal(sim_text(&sim, "requests/0/account"), "1001");
    assert_int_equal(sim_int(&sim, "requests/0/status"), 204);
    sim_send(&sim, "GET /_control/writes?offer_id=SKU-000001", NULL);
    assert_int_equal(sim_count(&sim, "writes"), 1);
    assert_int_equal(sim_int(&sim, "writes/0/chrt_id"), CHRT_1);
    assert_int_equal(sim_int(&sim, "writes/0/stock"), 4);
    assert_string_equal(sim_text(&sim, "writes/0/code"), "");
    sim_send(&sim, "GET /_control/counters", NULL);
    assert_int_equal(sim_int(&sim, "writes"), 1);
    sim_free(&sim);
}

static void a_state_begins_as_the_command_line_says(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct market_setup setup = {.scale = 5,
                                 .quotas_off = true,
                                 .account = "4004",
                                 .key = "k",
                                 .products = 3,
                                 .prefix = "P-",
                                 .warehouses = "11,12",
                                 .stock = 2};
    char error[200];
    assert_true(wb_model.setup(sim.wb, &setup, sim.now, error, sizeof(error)));
    sim.token = "k";
    assert_int_equal(sim_send(&sim, "GET /api/v3/warehouses", NULL), 200);
    assert_int_equal(json_array_size(sim.json), 2);
    struct wb_seller *seller = wb_seller_find(sim.wb, 4004);
    int64_t stock, reserved;
    assert_true(wb_stock_get(seller, "P-000003", 12, &stock, &reserved));
    assert_int_equal(stock, 2);
    assert_false(wb_settings_get(sim.wb).quotas);
    setup.account = "none";
    assert_false(wb_model.setup(sim.wb, &setup, sim.now, error, sizeof(error)));
    assert_non_null(strstr(error, "client_id"));
    sim_free(&sim);
}

static void reports_show_wildberries_own_stock(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_set(&sim, "{'quotas':false}");
    sim_control(&sim, "POST /_control/warehouse",
                "{'warehouses':[{'id':1,'kind':'fbw','name':'A'},{'id':2,'kind':'fbw'}]}");
    wb_stock_set(sim.seller, "SKU-000001", 1, 3);
    wb_stock_set(sim.seller, "SKU-000001", 2, 4);
    wb_stock_set(sim.seller, "SKU-000001", 501, 9);
    static const char path[] = "POST /api/analytics/v1/stocks-report/wb-warehouses";
    assert_int_equal(sim_send(&sim, path, "{}"), 200);
    assert_int_equal(sim_count(&sim, "data/items"), 1);
    assert_int_equal(sim_int(&sim, "data/items/0/warehouseId"), -999999);
    assert_int_equal(sim_int(&sim, "data/items/0/quantity"), 7);
    assert_int_equal(sim_int(&sim, "data/items/0/inWayToClient"), 0);
    sim_set(&sim, "{'hide_fbw':false}");
    assert_int_equal(sim_send(&sim, path, "{'nmIds':[100000001],'limit':1,'offset':1}"), 200);
    assert_int_equal(sim_count(&sim, "data/items"), 1);
    assert_int_equal(sim_int(&sim, "data/items/0/warehouseId"), 2);
    assert_int_equal(sim_send(&sim, path, "{'nmIds':[5]}"), 200);
    assert_int_equal(sim_count(&sim, "data/items"), 0);
    assert_int_equal(sim_send(&sim, path, "{'nmids':[5]}"), 400);
    assert_string_equal(sim_text(&sim, "origin"), "analytic-open-api");
    sim_send(&sim, "GET /api/v3/warehouses", NULL);
    assert_int_equal(json_array_size(sim.json), 2);
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/1", "{'stocks':[]}"), 404);
    assert_int_equal(sim_violated(&sim, "wrong_warehouse"), 1);
    sim_free(&sim);
}

static void the_sellers_report_may_have_no_data(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_set(&sim, "{'quotas':false}");
    static const char path[] = "POST /api/analytics/v1/stocks-report/seller-warehouses";
    assert_int_equal(sim_send(&sim, path, "{'nmIds':['5']}"), 400);
    assert_int_equal(sim_send(&sim, path, "{}"), 204);
    assert_int_equal(sim.answer.len, 0);
    wb_stock_set(sim.seller, "SKU-000002", 502, 4);
    assert_int_equal(sim_send(&sim, path, "{}"), 200);
    assert_int_equal(sim_int(&sim, "data/items/0/chrtId"), CHRT_2);
    assert_int_equal(sim_int(&sim, "data/items/0/warehouseId"), 502);
    assert_null(sim_value(&sim, "data/items/0/inWayToClient"));
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(products_are_seeded_in_bulk),
    cmocka_unit_test(stock_is_set_and_read),
    cmocka_unit_test(baskets_are_one_order_a_unit),
    cmocka_unit_test(cancels_say_by_whom),
    cmocka_unit_test(settings_are_read_back),
    cmocka_unit_test(sellers_are_made_and_chosen),
    cmocka_unit_test(log_and_writes_are_kept),
    cmocka_unit_test(a_state_begins_as_the_command_line_says),
    cmocka_unit_test(reports_show_wildberries_own_stock),
    cmocka_unit_test(the_sellers_report_may_have_no_data),
};

TEST_MAIN(cases)
