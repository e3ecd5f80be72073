/* The control side: everything that C calls can do, by JSON. */
#include "marketsim/ozon/ozon_support.h"

static int get(struct sim *sim, const char *path, const char *query)
{
    return sim_send(sim, "GET", path, query, NULL);
}

static void products_are_seeded_in_bulk(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_ask(&sim, "/_control/products",
                             "{'count':1000,'prefix':'B-','first':5,'warehouses':[501,'901'],"
                             "'stock':3}"),
                     200);
    assert_int_equal(ozon_product_count(sim.seller), 1005);
    assert_int_equal(sim_free_stock(&sim, "B-000005", 501), 3);
    assert_int_equal(sim_free_stock(&sim, "B-001004", 901), 3);
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), -1);
    sim_free(&sim);
}

static void products_are_made_and_changed_one_by_one(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_ask(&sim, "/_control/products",
                             "{'products':[{'offer_id':'X','product_id':77,'sku':78,"
                             "'barcode':'123','kgt':true},{'offer_id':'SKU-000001',"
                             "'archived':'auto'}]}"),
                     200);
    assert_int_equal(ozon_product_find(sim.seller, "X")->product_id, 77);
    assert_string_equal(ozon_product_find(sim.seller, "X")->barcode, "123");
    assert_string_equal(sim_write(&sim, "X", 501, 1), "OVER_MAX_OVH_NON_KGT");
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "PRODUCT_IS_ARCHIVED");
    assert_int_equal(
        sim_ask(&sim, "/_control/products", "{'offer_id':'SKU-000001','archived':'no'}"), 200);
    assert_int_equal(sim_ask(&sim, "/_control/products", "{'offer_id':'X','kgt':false}"), 200);
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "");
    assert_string_equal(sim_write(&sim, "X", 501, 1), "");
    assert_int_equal(sim_ask(&sim, "/_control/products", "{'offer_id':'X','kgtt':true}"), 400);
    assert_int_equal(sim_ask(&sim, "/_control/products", "{'offer_id':'Y','sku':78}"), 400);
    sim_free(&sim);
}

static void warehouses_are_made_and_closed(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_ask(&sim, "/_control/warehouse", "{'id':600,'kind':'rfbs','name':'Six'}"),
                     200);
    assert_string_equal(sim_write(&sim, "SKU-000001", 600, 1), "");
    assert_int_equal(sim_ask(&sim, "/_control/warehouse", "{'id':600,'status':'blocked'}"), 200);
    assert_string_equal(sim_write(&sim, "SKU-000002", 600, 1), "WAREHOUSE_NOT_FOUND");
    assert_int_equal(sim_ask(&sim, "/_control/warehouse", "{'id':600,'status':'gone'}"), 400);
    assert_int_equal(sim_ask(&sim, "/_control/warehouse", "{'id':501,'removed':true}"), 200);
    sim_ask(&sim, "/v2/warehouse/list", "{'limit':10}");
    assert_int_equal(sim_count(&sim, "warehouses"), 2);
    sim_free(&sim);
}

static void stock_is_set_and_read(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(
        sim_ask(&sim, "/_control/stock", "{'offer_id':'SKU-000001','warehouse_id':501,'stock':4}"),
        200);
    assert_int_equal(get(&sim, "/_control/stock", "offer_id=SKU%2D000001&warehouse_id=501"), 200);
    assert_int_equal(sim_int(&sim, "free"), 4);
    assert_int_equal(get(&sim, "/_control/stock", "offer_id=SKU-000001&warehouse_id=502"), 404);
    assert_int_equal(sim_ask(&sim, "/_control/foreign-write",
                             "{'stocks':[{'offer_id':'SKU-000001','warehouse_id':501,'stock':9}]}"),
                     200);
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "TOO_MANY_REQUESTS");
    assert_int_equal(
        sim_ask(&sim, "/_control/stock", "{'offer_id':'none','warehouse_id':501,'stock':4}"), 400);
    sim_free(&sim);
}

static void state_is_compact_and_filtered(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_ask(&sim, "/_control/products",
            "{'count':10,'prefix':'B-','warehouses':[501,502],'stock':3}");
    assert_int_equal(get(&sim, "/_control/state", NULL), 200);
    assert_int_equal(sim_count(&sim, "pairs"), 20);
    assert_int_equal(sim_int(&sim, "total"), 20);
    get(&sim, "/_control/state", "warehouse_id=502&prefix=B-00000&offset=1&limit=2");
    assert_int_equal(sim_count(&sim, "pairs"), 2);
    assert_int_equal(sim_int(&sim, "total"), 9);
    assert_string_equal(sim_text(&sim, "pairs/0/0"), "B-000002");
    assert_int_equal(sim_int(&sim, "pairs/0/1"), 502);
    assert_int_equal(sim_int(&sim, "pairs/0/2"), 3);
    assert_int_equal(sim_int(&sim, "pairs/0/3"), 0);
    sim_free(&sim);
}

static void orders_live_by_json(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    char number[40], body[128];
    ozon_stock_set(sim.seller, "SKU-000001", 501, 5, SIM_START);
    assert_int_equal(sim_ask(&sim, "/_control/order",
                             "{'warehouse_id':501,'items':[{'offer_id':'SKU-000001',"
                             "'quantity':2}]}"),
                     200);
    snprintf(number, sizeof(number), "%s", sim_text(&sim, "posting_number"));
    snprintf(body, sizeof(body), "{'posting_number':'%s'}", number);
    assert_int_equal(sim_ask(&sim, "/_control/order/pack", body), 200);
    assert_int_equal(sim_ask(&sim, "/_control/order/ship", body), 200);
    assert_int_equal(sim_ask(&sim, "/_control/order/ship", body), 400);
    assert_int_equal(sim_ask(&sim, "/_control/order/deliver", body), 200);
    assert_int_equal(sim_ask(&sim, "/_control/order/return", body), 200);
    assert_int_equal(sim_ask(&sim, "/_control/order/cancel", body), 400);
    get(&sim, "/_control/orders", NULL);
    assert_string_equal(sim_text(&sim, "postings/0/status"), "delivered");
    assert_true(sim_true(&sim, "postings/0/returned"));
    assert_int_equal(sim_ask(&sim, "/_control/order",
                             "{'warehouse_id':501,'items':[{'offer_id':'SKU-000001',"
                             "'quantity':4}]}"),
                     400);
    assert_int_equal(sim_ask(&sim, "/_control/order",
                             "{'warehouse_id':501,'oversell':true,'items':["
                             "{'offer_id':'SKU-000001','quantity':4}]}"),
                     200);
    snprintf(body, sizeof(body), "{'posting_number':'%s'}", sim_text(&sim, "posting_number"));
    assert_int_equal(sim_ask(&sim, "/_control/order/split", body), 200);
    sim_free(&sim);
}

static void faults_live_by_json(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_ask(&sim, "/_control/fault",
                             "{'kind':'item','offers':['SKU-000001'],'code':'X','count':-1}"),
                     200);
    assert_int_equal(sim_int(&sim, "id"), 1);
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "X");
    assert_string_equal(sim_write(&sim, "SKU-000002", 501, 1), "");
    get(&sim, "/_control/faults", NULL);
    assert_int_equal(sim_int(&sim, "faults/0/hits"), 2);
    assert_int_equal(sim_ask(&sim, "/_control/faults/clear", "{'id':1}"), 200);
    assert_int_equal(sim_ask(&sim, "/_control/faults/clear", "{'id':1}"), 400);
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "");
    assert_int_equal(sim_ask(&sim, "/_control/fault", "{'kind':'flood'}"), 400);
    assert_int_equal(sim_ask(&sim, "/_control/fault", "{'kind':'rate','retry':1}"), 400);
    assert_int_equal(
        sim_ask(&sim, "/_control/fault", "{'kind':'rate','retry_after':3,'path':'/v2/*'}"), 200);
    assert_int_equal(sim_ask(&sim, "/v2/warehouse/list", "{'limit':1}"), 429);
    assert_int_equal(sim_send(&sim, "DELETE", "/_control/faults", NULL, NULL), 200);
    get(&sim, "/_control/faults", NULL);
    assert_int_equal(sim_count(&sim, "faults"), 0);
    sim_free(&sim);
}

static void keys_and_sellers_live_by_json(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(
        sim_ask(&sim, "/_control/seller", "{'client_id':'2002','api_key':'k','currency':'CNY'}"),
        200);
    assert_int_equal(sim_ask(&sim, "/_control/key",
                             "{'client_id':'2002','api_key':'k','expires_at':"
                             "'2026-12-01T00:00:00Z','roles':[{'name':'R','methods':"
                             "['/v1/seller/info']}]}"),
                     200);
    sim.client_id = "2002";
    sim.api_key = "k";
    assert_int_equal(sim_ask(&sim, "/v1/seller/info", "{}"), 200);
    assert_string_equal(sim_text(&sim, "company/currency"), "CNY");
    assert_int_equal(sim_ask(&sim, "/v1/roles", "{}"), 200);
    assert_string_equal(sim_text(&sim, "expires_at"), "2026-12-01T00:00:00.000Z");
    assert_int_equal(sim_ask(&sim, "/v2/warehouse/list", "{'limit':1}"), 403);
    sim_ask(&sim, "/_control/key", "{'client_id':'2002','api_key':'k','state':'deactivated'}");
    assert_int_equal(sim_ask(&sim, "/v1/seller/info", "{}"), 403);
    assert_int_equal(sim_ask(&sim, "/_control/key", "{'client_id':'3','api_key':'k'}"), 400);
    assert_int_equal(sim_ask(&sim, "/_control/key", "{'state':'odd'}"), 400);
    sim_free(&sim);
}

static void settings_live_by_json(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(
        sim_ask(&sim, "/_control/settings", "{'scale':60,'per_second':2,'zero_ids':true}"), 200);
    get(&sim, "/_control/settings", NULL);
    assert_float_equal(json_real_value(sim_value(&sim, "scale")), 60.0, 0.0);
    assert_int_equal(sim_int(&sim, "per_second"), 2);
    assert_int_equal(sim_int(&sim, "stock_per_minute"), 80);
    assert_true(sim_true(&sim, "zero_ids"));
    assert_int_equal(sim_ask(&sim, "/_control/settings", "{'scale':0}"), 400);
    assert_int_equal(sim_ask(&sim, "/_control/settings", "{'skale':1}"), 400);
    sim_free(&sim);
}

static void clock_offset_moves_the_models_time(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "");
    sim_ask(&sim, "/_control/settings", "{'clock_offset_ms':30000}");
    assert_string_equal(sim_write(&sim, "SKU-000001", 501, 1), "");
    sim_free(&sim);
}

static void what_was_seen_is_told(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_write(&sim, "SKU-000001", 501, 1);
    sim_write(&sim, "SKU-000001", 501, 2);
    sim_ask(&sim, "/v2/warehouse/list", "{}");
    get(&sim, "/_control/log", NULL);
    assert_int_equal(sim_count(&sim, "requests"), 3);
    assert_string_equal(sim_text(&sim, "requests/0/path"), "/v2/products/stocks");
    assert_int_equal(sim_int(&sim, "requests/0/items"), 1);
    assert_int_equal(sim_int(&sim, "requests/2/status"), 400);
    get(&sim, "/_control/log", "since=2&path=/v2/warehouse/list");
    assert_int_equal(sim_count(&sim, "requests"), 1);
    get(&sim, "/_control/violations", NULL);
    assert_int_equal(sim_int(&sim, "total"), 2);
    get(&sim, "/_control/violations", "kind=cadence");
    assert_int_equal(sim_count(&sim, "violations"), 1);
    assert_int_equal(sim_int(&sim, "violations/0/request"), 2);
    get(&sim, "/_control/counters", NULL);
    assert_int_equal(sim_int(&sim, "requests"), 3);
    assert_int_equal(sim_int(&sim, "violations_by_kind/shape"), 1);
    get(&sim, "/_control/writes", "since=1");
    assert_int_equal(sim_count(&sim, "writes"), 1);
    assert_string_equal(sim_text(&sim, "writes/0/code"), "TOO_MANY_REQUESTS");
    assert_int_equal(sim_ask(&sim, "/_control/clear", "{}"), 200);
    get(&sim, "/_control/violations", NULL);
    assert_int_equal(sim_int(&sim, "total"), 0);
    get(&sim, "/_control/log", NULL);
    assert_int_equal(sim_count(&sim, "requests"), 0);
    sim_free(&sim);
}

static void unknown_endpoints_are_told(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(get(&sim, "/_control/nothing", NULL), 404);
    assert_int_equal(sim_ask(&sim, "/_control/stock", "[]"), 400);
    assert_int_equal(sim_ask(&sim, "/_control/order", "{'client_id':'77'}"), 400);
    assert_int_equal(market_trace_violated(ozon_trace(sim.ozon), NULL), 0);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(products_are_seeded_in_bulk),
    cmocka_unit_test(products_are_made_and_changed_one_by_one),
    cmocka_unit_test(warehouses_are_made_and_closed),
    cmocka_unit_test(stock_is_set_and_read),
    cmocka_unit_test(state_is_compact_and_filtered),
    cmocka_unit_test(orders_live_by_json),
    cmocka_unit_test(faults_live_by_json),
    cmocka_unit_test(keys_and_sellers_live_by_json),
    cmocka_unit_test(settings_live_by_json),
    cmocka_unit_test(clock_offset_moves_the_models_time),
    cmocka_unit_test(what_was_seen_is_told),
    cmocka_unit_test(unknown_endpoints_are_told),
};

TEST_MAIN(cases)
