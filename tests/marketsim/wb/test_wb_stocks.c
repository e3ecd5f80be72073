/* PUT, POST and DELETE of /api/v3/stocks/{warehouseId}. */
#include "marketsim/wb/wb_support.h"

static void a_write_is_204_and_sets_the_figure(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_put(&sim, CHRT_1, 9), 204);
    assert_int_equal(sim.answer.len, 0);
    assert_string_equal(sim_header(&sim, "Content-Type"), "(none)");
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 9);
    assert_int_equal(sim_put(&sim, CHRT_1, 0), 204);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 0);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 502), -1);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void wrong_names_are_204_without_effect(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{'stocks':[{'chrtID':500000001,'amount':9}]}",
                                         "{'stocks':[{'chrtId':500000001,'quantity':9}]}",
                                         "{'stocks':[{'chrtId':500000001}]}", "{'stocks':[{}]}",
                                         "{'Stocks':[{'chrtId':500000001,'amount':9}]}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct sim sim = sim_make();
        wb_stock_set(sim.seller, "SKU-000001", 501, 4);
        assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501", bodies[i]), 204);
        assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 4);
        assert_int_equal(sim_violated(&sim, "shape"), 1);
        sim_set(&sim, "{'names_checked':true}");
        assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501", bodies[i]), 400);
        assert_string_equal(sim_text(&sim, "code"), "IncorrectRequestBody");
        sim_free(&sim);
    }
}

static void wrong_shapes_are_400(void **state)
{
    (void)state;
    static const struct {
        const char *body, *code;
    } cases[] = {
        {"", "IncorrectRequestBody"},
        {"nonsense", "IncorrectRequestBody"},
        {"[]", "IncorrectRequestBody"},
        {"{'stocks':{}}", "IncorrectRequestBody"},
        {"{'stocks':[]}", "IncorrectRequest"},
        {"{'stocks':[7]}", "IncorrectRequestBody"},
        {"{'stocks':[{'chrtId':'500000001','amount':9}]}", "IncorrectRequestBody"},
        {"{'stocks':[{'chrtId':500000001,'amount':'9'}]}", "IncorrectRequestBody"},
        {"{'stocks':[{'chrtId':500000001,'amount':9.5}]}", "IncorrectRequestBody"},
        {"{'stocks':[{'chrtId':500000001,'amount':-1}]}", "IncorrectRequest"},
        {"{'stocks':[{'chrtId':0,'amount':1}]}", "IncorrectRequest"},
        {"{'stocks':[{'sku':'4600000000001','amount':1}]}", "SKUUploadDisabled"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sim sim = sim_make();
        assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501", cases[i].body), 400);
        assert_string_equal(sim_text(&sim, "code"), cases[i].code);
        assert_int_equal(sim_violated(&sim, "shape"), 1);
        assert_int_equal(sim_stock(&sim, "SKU-000001", 501), -1);
        sim_free(&sim);
    }
}

static void one_bad_item_fails_the_batch(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    static const char body[] = "{'stocks':[{'chrtId':500000001,'amount':3},"
                               "{'chrtId':77,'amount':4},{'chrtId':500000002,'amount':100001}]}";
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501", body), 409);
    assert_int_equal(json_array_size(sim.json), 2);
    assert_string_equal(sim_text(&sim, "0/code"), "NotFound");
    assert_int_equal(sim_count(&sim, "0/data"), 1);
    assert_string_equal(sim_text(&sim, "0/data/0/sku"), "");
    assert_int_equal(sim_int(&sim, "0/data/0/chrtId"), 77);
    assert_int_equal(sim_int(&sim, "0/data/0/amount"), 4);
    assert_string_equal(sim_text(&sim, "1/code"), "UploadDataLimit");
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), -1);
    assert_string_equal(wb_write_get(sim.wb, 1)->code, "(batch)");
    assert_string_equal(wb_write_get(sim.wb, 2)->code, "NotFound");
    sim_set(&sim, "{'partial_409':true,'first_code_only':true}");
    sim.now += 60000;
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501", body), 409);
    assert_int_equal(json_array_size(sim.json), 1);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 3);
    sim_free(&sim);
}

static void items_are_named_as_is_set(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_set(&sim, "{'naming':'sku'}");
    assert_int_equal(sim_put(&sim, CHRT_1, 100001), 409);
    assert_string_equal(sim_text(&sim, "0/data/0/sku"), "4600000000001");
    assert_int_equal(sim_int(&sim, "0/data/0/chrtId"), 0);
    sim_set(&sim, "{'naming':'doc'}");
    assert_int_equal(sim_put(&sim, CHRT_1, 100001), 409);
    assert_null(sim_value(&sim, "0/data/0/chrtId"));
    assert_int_equal(sim_int(&sim, "0/data/0/amount"), 100001);
    sim_set(&sim, "{'naming':'none'}");
    assert_int_equal(sim_put(&sim, CHRT_1, 100001), 409);
    assert_null(sim_value(&sim, "0/data"));
    assert_string_equal(sim_text(&sim, "0/code"), "UploadDataLimit");
    sim_free(&sim);
}

static void cards_have_their_restrictions(void **state)
{
    (void)state;
    static const struct {
        const char *warehouse, *product, *code;
    } cases[] = {
        {"'cargo_type':2", "'cargo':1", "CargoWarehouseRestrictionMGT"},
        {"'cargo_type':1", "'cargo':2", "CargoWarehouseRestrictionSGT"},
        {"'cargo_type':1", "'cargo':3", "CargoWarehouseRestrictionKGTPlus"},
        {"'cargo_type':1", "'cargo':4", "CargoWarehouseRestrictionSGTKGTPlus"},
        {"'delivery_type':2", "'deliveries':[1,3]", "DeliveryTypeRestriction"},
        {"'delivery_type':1", "'wholesale':true", "ProductPropertyConflict"},
        {"'delivery_type':1", "'trashed':true", "NotFound"},
        {"'cargo_type':3", "'cargo':4", NULL},
        {"'cargo_type':2", "'cargo':2", NULL},
        {"'delivery_type':6", "'deliveries':[6]", NULL},
    };
    char body[256];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sim sim = sim_make();
        snprintf(body, sizeof(body), "{'id':700,%s}", cases[i].warehouse);
        sim_control(&sim, "POST /_control/warehouse", body);
        snprintf(body, sizeof(body), "{'offer_id':'SKU-000001',%s}", cases[i].product);
        sim_control(&sim, "POST /_control/products", body);
        int status = sim_send(&sim, "PUT /api/v3/stocks/700",
                              "{'stocks':[{'chrtId':500000001,'amount':1}]}");
        assert_int_equal(status, cases[i].code ? 409 : 204);
        if (cases[i].code) assert_string_equal(sim_text(&sim, "0/code"), cases[i].code);
        bool unnamed = cases[i].code && strcmp(cases[i].code, "ProductPropertyConflict") == 0;
        if (unnamed) assert_null(sim_value(&sim, "0/data"));
        assert_int_equal(sim_stock(&sim, "SKU-000001", 700), cases[i].code ? -1 : 1);
        sim_free(&sim);
    }
}

static void warehouses_refuse_in_their_ways(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_warehouse_flag(sim.seller, 501, WB_PROCESSING, true);
    assert_int_equal(sim_put(&sim, CHRT_1, 1), 409);
    assert_string_equal(sim_text(&sim, "0/code"), "StoreIsProcessing");
    assert_null(sim_value(&sim, "0/data"));
    assert_int_equal(sim_send(&sim, "DELETE /api/v3/stocks/501", "{'chrtIds':[500000001]}"), 409);
    assert_string_equal(sim_text(&sim, "code"), "StoreIsProcessing");
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIds':[500000001]}"), 200);
    wb_warehouse_flag(sim.seller, 501, WB_PROCESSING, false);
    wb_warehouse_flag(sim.seller, 501, WB_BLOCKED, true);
    assert_int_equal(sim_put(&sim, CHRT_1, 1), 406);
    assert_string_equal(sim_text(&sim, "code"), "WarehouseStocksUpdateBlock");
    wb_seller_ban(sim.seller, true);
    assert_int_equal(sim_put(&sim, CHRT_1, 1), 406);
    assert_string_equal(sim_text(&sim, "code"), "StatusNotAcceptable");
    wb_seller_ban(sim.seller, false);
    wb_warehouse_flag(sim.seller, 501, WB_REMOVED, true);
    assert_int_equal(sim_put(&sim, CHRT_1, 1), 404);
    assert_string_equal(sim_text(&sim, "code"), "NotFound");
    assert_int_equal(sim_violated(&sim, NULL), 0);
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/9", "{'stocks':[]}"), 404);
    assert_int_equal(sim_violated(&sim, "wrong_warehouse"), 1);
    sim.now += 60000;
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/5a", "{'stocks':[]}"), 400);
    assert_string_equal(sim_text(&sim, "code"), "IncorrectParameter");
    sim_free(&sim);
}

static char *many(const char *open, const char *each, size_t count, const char *shut)
{
    char *text = calloc(1, 64 + count * 64), *at = text;
    at += sprintf(at, "%s", open);
    for (size_t i = 0; i < count; i++) {
        if (i) *at++ = ',';
        at += sprintf(at, each, 500000001 + (int)i);
    }
    strcpy(at, shut);
    return text;
}

static void a_request_holds_a_thousand_items(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_cards_fill(sim.seller, "M-", 1, 1000);
    char *fits = many("{'stocks':[", "{'chrtId':%d,'amount':2}", 1000, "]}");
    char *long_one = many("{'stocks':[", "{'chrtId':%d,'amount':3}", 1001, "]}");
    char *ids = many("{'chrtIds':[", "%d", 1001, "]}");
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501", fits), 204);
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501", long_one), 400);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 2);
    assert_int_equal(sim_violated(&sim, "too_many"), 1);
    sim.now += 60000;
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", ids), 400);
    assert_int_equal(sim_violated(&sim, "too_many"), 2);
    free(fits);
    free(long_one);
    free(ids);
    sim_free(&sim);
}

static void a_repeated_item_is_told(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501",
                              "{'stocks':[{'chrtId':500000001,'amount':1},"
                              "{'chrtId':500000001,'amount':2}]}"),
                     204);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 2);
    assert_int_equal(sim_violated(&sim, "repeated"), 1);
    sim_free(&sim);
}

static void reads_leave_out_zero_and_unknown(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 6);
    wb_stock_set(sim.seller, "SKU-000002", 501, 0);
    static const char ask[] = "{'chrtIds':[500000001,500000002,500000003,99]}";
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", ask), 200);
    assert_int_equal(sim_count(&sim, "stocks"), 1);
    assert_int_equal(sim_int(&sim, "stocks/0/chrtId"), CHRT_1);
    assert_int_equal(sim_int(&sim, "stocks/0/amount"), 6);
    assert_null(sim_value(&sim, "stocks/0/sku"));
    sim_set(&sim, "{'zero_rows':true}");
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", ask), 200);
    assert_int_equal(sim_count(&sim, "stocks"), 2);
    assert_int_equal(sim_int(&sim, "stocks/1/amount"), 0);
    sim_free(&sim);
}

static void reads_by_the_wrong_key_are_empty(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 6);
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIDs':[500000001]}"), 200);
    assert_int_equal(sim_count(&sim, "stocks"), 0);
    assert_int_equal(sim_violated(&sim, "shape"), 1);
    static const char by_sku[] = "{'skus':['4600000000001']}";
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", by_sku), 400);
    assert_string_equal(sim_text(&sim, "code"), "SKUUploadDisabled");
    sim_set(&sim, "{'sku_accepted':true}");
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", by_sku), 200);
    assert_string_equal(sim_text(&sim, "stocks/0/sku"), "4600000000001");
    assert_int_equal(sim_int(&sim, "stocks/0/chrtId"), CHRT_1);
    assert_int_equal(
        sim_send(&sim, "PUT /api/v3/stocks/501", "{'stocks':[{'sku':'4600000000001','amount':8}]}"),
        204);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 8);
    sim_free(&sim);
}

static void ids_are_numbers(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIds':['500000001']}"), 400);
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIds':7}"), 400);
    assert_int_equal(sim_violated(&sim, "shape"), 2);
    sim_free(&sim);
}

static void deleted_pairs_are_gone(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 6);
    assert_int_equal(
        sim_send(&sim, "DELETE /api/v3/stocks/501", "{'chrtIds':[500000001,500000002]}"), 404);
    assert_string_equal(sim_text(&sim, "data/500000002"), "");
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 6);
    assert_int_equal(sim_send(&sim, "DELETE /api/v3/stocks/501", "{'chrtIds':[500000001]}"), 204);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), -1);
    sim_free(&sim);
}

static void reads_may_lag(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_set(&sim, "{'read_lag_ms':5000}");
    wb_stock_set(sim.seller, "SKU-000001", 501, 3);
    assert_int_equal(sim_put(&sim, CHRT_1, 9), 204);
    sim.now += 4999;
    sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIds':[500000001]}");
    assert_int_equal(sim_int(&sim, "stocks/0/amount"), 3);
    sim.now += 1;
    sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIds':[500000001]}");
    assert_int_equal(sim_int(&sim, "stocks/0/amount"), 9);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_write_is_204_and_sets_the_figure),
    cmocka_unit_test(wrong_names_are_204_without_effect),
    cmocka_unit_test(wrong_shapes_are_400),
    cmocka_unit_test(one_bad_item_fails_the_batch),
    cmocka_unit_test(items_are_named_as_is_set),
    cmocka_unit_test(cards_have_their_restrictions),
    cmocka_unit_test(warehouses_refuse_in_their_ways),
    cmocka_unit_test(a_request_holds_a_thousand_items),
    cmocka_unit_test(a_repeated_item_is_told),
    cmocka_unit_test(reads_leave_out_zero_and_unknown),
    cmocka_unit_test(reads_by_the_wrong_key_are_empty),
    cmocka_unit_test(ids_are_numbers),
    cmocka_unit_test(deleted_pairs_are_gone),
    cmocka_unit_test(reads_may_lag),
};

TEST_MAIN(cases)
