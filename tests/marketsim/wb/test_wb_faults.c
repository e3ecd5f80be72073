/* Faults, common and Wildberries' own, on every kind of answer. */
#include "marketsim/wb/wb_support.h"

#define READ "POST /api/v3/stocks/501"
#define ASK  "{'chrtIds':[500000001,500000002]}"

static void fault(struct sim *sim, const char *spec)
{
    sim_control(sim, "POST /_control/fault", spec);
}

static void drops_apply_or_do_not(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    fault(&sim, "{'kind':'drop_before','path':'/api/v3/stocks/501'}");
    fault(&sim, "{'kind':'drop_after','path':'/api/v3/stocks/*','skip':1,'delay_ms':700}");
    assert_int_equal(sim_put(&sim, CHRT_1, 4), 0);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), -1);
    assert_int_equal(sim_put(&sim, CHRT_1, 5), 0);
    assert_int_equal(sim.answer.delay_ms, 700);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 5);
    assert_int_equal(sim_put(&sim, CHRT_1, 6), 204);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void late_writes_land_over_newer_ones(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    fault(&sim, "{'kind':'late','late_ms':120000}");
    assert_int_equal(sim_put(&sim, CHRT_1, 4), 0);
    assert_int_equal(sim_put(&sim, CHRT_1, 5), 204);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 5);
    sim.now += 60000;
    sim_send(&sim, READ, ASK);
    assert_int_equal(sim_int(&sim, "stocks/0/amount"), 4);
    sim_free(&sim);
}

static void items_may_be_lost_behind_a_204(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    static const char both[] = "{'stocks':[{'chrtId':500000001,'amount':1},"
                               "{'chrtId':500000002,'amount':2}]}";
    fault(&sim, "{'kind':'no_effect','offers':['SKU-000001']}");
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501", both), 204);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), -1);
    assert_int_equal(sim_stock(&sim, "SKU-000002", 501), 2);
    fault(&sim, "{'kind':'no_effect'}");
    assert_int_equal(sim_put(&sim, CHRT_1, 3), 204);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), -1);
    wb_cards_fill(sim.seller, "M-", 1, 200);
    fault(&sim, "{'kind':'no_effect','share':0.5,'count':200}");
    size_t lost = 0;
    for (int i = 0; i < 200; i++) {
        char offer[16];
        assert_int_equal(sim_put(&sim, CHRT_1 + 5 + i, 1), 204);
        snprintf(offer, sizeof(offer), "M-%06d", i + 1);
        lost += sim_stock(&sim, offer, 501) < 0;
    }
    assert_in_range(lost, 60, 140);
    sim_free(&sim);
}

static void an_item_fault_fails_the_batch(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    fault(&sim, "{'kind':'item','offers':['SKU-000002'],'code':'CargoWarehouseRestrictionMGT',"
                "'message':'no'}");
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501",
                              "{'stocks':[{'chrtId':500000001,'amount':1},"
                              "{'chrtId':500000002,'amount':2}]}"),
                     409);
    assert_string_equal(sim_text(&sim, "0/code"), "CargoWarehouseRestrictionMGT");
    assert_string_equal(sim_text(&sim, "0/message"), "no");
    assert_int_equal(sim_int(&sim, "0/data/0/chrtId"), CHRT_2);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), -1);
    assert_string_equal(wb_write_get(sim.wb, 2)->code, "(fault)");
    sim_free(&sim);
}

static void answers_in_place_of_the_right_one(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        int status;
        const char *way, *text;
    } faults[] = {
        {"{'kind':'rate','retry_after':564}", 429, "title", "too many requests"},
        {"{'kind':'status'}", 500, "code", "InternalServerError"},
        {"{'kind':'status','status':404,'code':'NotFound','message':''}", 404, "code", "NotFound"},
        {"{'kind':'html'}", 502, NULL, NULL},
        {"{'kind':'dead_key'}", 401, "title", "unauthorized"},
        {"{'kind':'empty_403'}", 403, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct sim sim = sim_make();
        fault(&sim, faults[i].spec);
        assert_int_equal(sim_put(&sim, CHRT_1, 4), faults[i].status);
        if (faults[i].way)
            assert_string_equal(sim_text(&sim, faults[i].way), faults[i].text);
        else
            assert_null(sim.json);
        bool rate = i == 0;
        assert_string_equal(sim_header(&sim, "X-Ratelimit-Retry"), rate ? "564" : "(none)");
        assert_int_equal(sim_stock(&sim, "SKU-000001", 501), -1);
        assert_int_equal(sim_violated(&sim, NULL), 0);
        assert_int_equal(sim_put(&sim, CHRT_1, 4), 204);
        sim_free(&sim);
    }
}

static void a_fault_may_be_for_one_method(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    fault(&sim, "{'kind':'status','path':'PUT /api/v3/stocks/*','count':-1}");
    assert_int_equal(sim_send(&sim, READ, ASK), 200);
    assert_int_equal(sim_put(&sim, CHRT_1, 4), 500);
    assert_int_equal(sim_send(&sim, "PUT /marketplace/api/v3/stocks/501", "{}"), 500);
    fault(&sim, "{'kind':'status','account':'2002'}");
    assert_int_equal(sim_send(&sim, READ, ASK), 200);
    sim_free(&sim);
}

static void reads_may_be_spoilt(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 3);
    wb_stock_set(sim.seller, "SKU-000002", 501, 4);
    fault(&sim, "{'kind':'empty_list'}");
    assert_int_equal(sim_send(&sim, READ, ASK), 200);
    assert_int_equal(sim_count(&sim, "stocks"), 0);
    fault(&sim, "{'kind':'duplicate'}");
    sim_send(&sim, READ, ASK);
    assert_int_equal(sim_count(&sim, "stocks"), 4);
    fault(&sim, "{'kind':'zeros'}");
    sim_send(&sim, READ, ASK);
    assert_int_equal(sim_int(&sim, "stocks/1/amount"), 0);
    fault(&sim, "{'kind':'mistyped'}");
    sim_send(&sim, READ, ASK);
    assert_string_equal(sim_text(&sim, "stocks/1/amount"), "4");
    fault(&sim, "{'kind':'truncated'}");
    sim_send(&sim, READ, ASK);
    assert_null(sim.json);
    fault(&sim, "{'kind':'short_result','share':1}");
    sim_send(&sim, READ, ASK);
    assert_int_equal(sim_count(&sim, "stocks"), 0);
    sim_send(&sim, READ, ASK);
    assert_int_equal(sim_count(&sim, "stocks"), 2);
    sim_free(&sim);
}

static void bare_lists_are_spoilt_too(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    fault(&sim, "{'kind':'empty_list'}");
    assert_int_equal(sim_send(&sim, "GET /api/v3/warehouses", NULL), 200);
    assert_true(json_is_array(sim.json));
    assert_int_equal(json_array_size(sim.json), 0);
    fault(&sim, "{'kind':'mistyped'}");
    sim_send(&sim, "GET /api/v3/warehouses", NULL);
    assert_string_equal(sim_text(&sim, "0/id"), "501");
    fault(&sim, "{'kind':'malformed'}");
    sim_send(&sim, "GET /api/v3/warehouses", NULL);
    assert_true(json_is_null(json_array_get(sim.json, 0)));
    fault(&sim, "{'kind':'duplicate'}");
    sim_send(&sim, "GET /api/v3/warehouses", NULL);
    assert_int_equal(json_array_size(sim.json), 4);
    sim_free(&sim);
}

static void statuses_may_be_missing(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct wb_order_spec spec = {.warehouse_id = 501, .offer = "SKU-000001", .oversell = true};
    wb_order_place(sim.wb, sim.seller, &spec, sim.now);
    fault(&sim, "{'kind':'short_result','path':'/api/v3/orders/status'}");
    sim_send(&sim, "POST /api/v3/orders/status", "{'orders':[3000000001]}");
    assert_int_equal(sim_count(&sim, "orders"), 0);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(drops_apply_or_do_not),
    cmocka_unit_test(late_writes_land_over_newer_ones),
    cmocka_unit_test(items_may_be_lost_behind_a_204),
    cmocka_unit_test(an_item_fault_fails_the_batch),
    cmocka_unit_test(answers_in_place_of_the_right_one),
    cmocka_unit_test(a_fault_may_be_for_one_method),
    cmocka_unit_test(reads_may_be_spoilt),
    cmocka_unit_test(bare_lists_are_spoilt_too),
    cmocka_unit_test(statuses_may_be_missing),
};

TEST_MAIN(cases)
