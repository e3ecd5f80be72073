/* Orders: what buyers do to the stock, the three reads, and their traps. */
#include "marketsim/wb/wb_support.h"

static int64_t place(struct sim *sim, const char *offer, bool oversell)
{
    struct wb_order_spec spec = {.warehouse_id = 501, .offer = offer, .oversell = oversell};
    return wb_order_place(sim->wb, sim->seller, &spec, sim->now);
}

static bool step(struct sim *sim, int64_t id, enum wb_order_step wanted)
{
    return wb_order_step(sim->wb, sim->seller, id, wanted, sim->now);
}

static const char *status(struct sim *sim, int64_t id)
{
    static char text[64];
    char body[64];
    snprintf(body, sizeof(body), "{'orders':[%lld]}", (long long)id);
    assert_int_equal(sim_send(sim, "POST /api/v3/orders/status", body), 200);
    snprintf(text, sizeof(text), "%s %s", sim_text(sim, "orders/0/supplierStatus"),
             sim_text(sim, "orders/0/wbStatus"));
    return text;
}

static void an_order_takes_stock_at_once(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 2);
    assert_true(place(&sim, "SKU-000001", false) > INT32_MAX);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 1);
    assert_int_equal(sim_reserved(&sim, "SKU-000001", 501), 1);
    sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIds':[500000001]}");
    assert_int_equal(sim_int(&sim, "stocks/0/amount"), 1);
    assert_int_not_equal(place(&sim, "SKU-000001", false), 0);
    assert_int_equal(place(&sim, "SKU-000001", false), 0);
    assert_int_equal(place(&sim, "none", true), 0);
    sim_free(&sim);
}

static void a_write_leaves_the_reserve_alone(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 2);
    place(&sim, "SKU-000001", false);
    assert_int_equal(sim_put(&sim, CHRT_1, 7), 204);
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 7);
    assert_int_equal(sim_reserved(&sim, "SKU-000001", 501), 1);
    sim_free(&sim);
}

static void ways_to_end_do_this_to_the_stock(void **state)
{
    (void)state;
    static const struct {
        enum wb_order_step steps[3];
        size_t count;
        const char *status;
        int64_t free_stock;
    } ways[] = {
        {{WB_CONFIRM}, 1, "confirm waiting", 0},
        {{WB_CANCEL}, 1, "cancel canceled", 1},
        {{WB_CONFIRM, WB_CANCEL}, 2, "cancel canceled", 1},
        {{WB_DECLINE}, 1, "new declined_by_client", 0},
        {{WB_COMPLETE}, 1, "complete waiting", 0},
        {{WB_COMPLETE, WB_SORT}, 2, "complete sorted", 0},
        {{WB_COMPLETE, WB_SORT, WB_SELL}, 3, "complete sold", 0},
        {{WB_COMPLETE, WB_SORT, WB_CANCEL_CLIENT}, 3, "complete canceled_by_client", 0},
        {{WB_COMPLETE, WB_DEFECT}, 2, "complete defect", 0},
        {{WB_COMPLETE, WB_CANCEL_CARRIER}, 2, "cancel_carrier canceled_by_carrier", 0},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct sim sim = sim_make();
        wb_stock_set(sim.seller, "SKU-000001", 501, 1);
        int64_t id = place(&sim, "SKU-000001", false);
        for (size_t j = 0; j < ways[i].count; j++)
            assert_true(step(&sim, id, ways[i].steps[j]));
        assert_string_equal(status(&sim, id), ways[i].status);
        assert_int_equal(sim_stock(&sim, "SKU-000001", 501), ways[i].free_stock);
        assert_int_equal(sim_reserved(&sim, "SKU-000001", 501), i == 0);
        sim_free(&sim);
    }
}

static void steps_have_their_order(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 5);
    int64_t id = place(&sim, "SKU-000001", false);
    assert_false(step(&sim, id, WB_SELL));
    assert_true(step(&sim, id, WB_COMPLETE));
    assert_false(step(&sim, id, WB_CANCEL));
    assert_false(step(&sim, id, WB_CONFIRM));
    assert_false(step(&sim, 5, WB_CONFIRM));
    int64_t confirmed = place(&sim, "SKU-000001", false), old = place(&sim, "SKU-000001", false);
    assert_true(step(&sim, confirmed, WB_CONFIRM));
    assert_false(step(&sim, confirmed, WB_DECLINE));
    sim.now += 3600000;
    assert_false(step(&sim, old, WB_DECLINE));
    sim_free(&sim);
}

static void settings_decide_what_goes_back(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 2);
    sim_set(&sim, "{'cancel_restores':false,'decline_restores':true}");
    int64_t one = place(&sim, "SKU-000001", false), two = place(&sim, "SKU-000001", false);
    assert_true(step(&sim, one, WB_CANCEL));
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 0);
    assert_true(step(&sim, two, WB_DECLINE));
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 1);
    sim_free(&sim);
}

static void an_order_at_zero_is_marked(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 1);
    place(&sim, "SKU-000001", true);
    int64_t zero = place(&sim, "SKU-000001", true);
    sim_send(&sim, "GET /api/v3/orders/new", NULL);
    assert_true(json_is_false(sim_value(&sim, "orders/0/isZeroOrder")));
    assert_true(json_is_true(sim_value(&sim, "orders/1/isZeroOrder")));
    assert_true(step(&sim, zero, WB_CANCEL));
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 0); /* nothing was taken for it */
    sim_free(&sim);
}

static void new_orders_are_new_and_to_be_seen(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 5);
    int64_t confirmed = place(&sim, "SKU-000001", false);
    place(&sim, "SKU-000001", false);
    struct wb_order_spec later = {
        .warehouse_id = 501, .offer = "SKU-000001", .visible_after_ms = 1000};
    wb_order_place(sim.wb, sim.seller, &later, sim.now);
    step(&sim, confirmed, WB_CONFIRM);
    sim_send(&sim, "GET /api/v3/orders/new", NULL);
    assert_int_equal(sim_count(&sim, "orders"), 1);
    assert_int_equal(sim_int(&sim, "orders/0/chrtId"), CHRT_1);
    assert_int_equal(sim_int(&sim, "orders/0/nmId"), 100000001);
    assert_int_equal(sim_int(&sim, "orders/0/warehouseId"), 501);
    assert_string_equal(sim_text(&sim, "orders/0/article"), "SKU-000001");
    assert_string_equal(sim_text(&sim, "orders/0/skus/0"), "4600000000001");
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), 2); /* the unseen one took its piece */
    sim.now += 1000;
    sim_send(&sim, "GET /api/v3/orders/new", NULL);
    assert_int_equal(sim_count(&sim, "orders"), 2);
    sim_set(&sim, "{'sale_price':false}");
    sim_send(&sim, "GET /api/v3/orders/new", NULL);
    assert_null(sim_value(&sim, "orders/0/salePrice"));
    sim_free(&sim);
}

/* Whatever a read showed before: every change shows in the next one. */
static void reads_show_every_change(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 5);
    int64_t id = place(&sim, "SKU-000001", false);
    sim_send(&sim, "GET /api/v3/orders?limit=10&next=0", NULL);
    assert_int_equal(sim_int(&sim, "orders/0/cargoType"), 1);
    assert_null(sim_value(&sim, "orders/0/supplyId"));
    sim_send(&sim, "GET /api/v3/orders/new", NULL);
    assert_int_equal(sim_int(&sim, "orders/0/cargoType"), 1);
    sim_control(&sim, "POST /_control/products", "{'offer_id':'SKU-000001','cargo':2}");
    sim_send(&sim, "GET /api/v3/orders/new", NULL);
    assert_int_equal(sim_int(&sim, "orders/0/cargoType"), 2);
    struct wb_card *card = wb_card_find(sim.seller, "SKU-000001");
    card->vendor_code[0] = 'X';
    wb_card_touch(sim.seller, card, sim.now);
    sim_send(&sim, "GET /api/v3/orders/new", NULL);
    assert_string_equal(sim_text(&sim, "orders/0/article"), "XKU-000001");
    assert_string_equal(status(&sim, id), "new waiting");
    assert_true(step(&sim, id, WB_CONFIRM));
    sim_send(&sim, "GET /api/v3/orders?limit=10&next=0", NULL);
    assert_string_equal(sim_text(&sim, "orders/0/article"), "XKU-000001");
    assert_non_null(sim_value(&sim, "orders/0/supplyId"));
    assert_string_equal(status(&sim, id), "confirm waiting");
    assert_true(step(&sim, id, WB_COMPLETE));
    assert_string_equal(status(&sim, id), "complete waiting");
    sim_free(&sim);
}

static size_t orders_page(struct sim *sim, const char *query)
{
    char target[160];
    snprintf(target, sizeof(target), "GET /api/v3/orders?%s", query);
    sim->now += 1000;
    assert_int_equal(sim_send(sim, target, NULL), 200);
    return sim_count(sim, "orders");
}

static void pages_follow_next(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 7);
    for (int i = 0; i < 7; i++)
        place(&sim, "SKU-000001", false);
    char query[64] = "limit=3&next=0";
    size_t seen = 0, rows;
    while ((rows = orders_page(&sim, query))) {
        assert_int_equal(sim_int(&sim, "orders/0/id"), 3000000001 + (int64_t)seen);
        assert_null(sim_value(&sim, "orders/0/supplierStatus"));
        seen += rows;
        snprintf(query, sizeof(query), "limit=3&next=%lld", (long long)sim_int(&sim, "next"));
    }
    assert_int_equal(seen, 7);
    assert_int_equal(sim_int(&sim, "next"), 0);
    sim_set(&sim, "{'next_end':'null'}");
    orders_page(&sim, query);
    assert_true(json_is_null(sim_value(&sim, "next")));
    sim_set(&sim, "{'next_end':'repeat'}");
    orders_page(&sim, query);
    assert_int_equal(sim_int(&sim, "next"), 3000000007);
    sim_free(&sim);
}

static void the_period_is_by_creation(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    static const int days[] = {100, 40, 29, 1};
    for (size_t i = 0; i < 4; i++) {
        struct wb_order_spec spec = {.warehouse_id = 501,
                                     .offer = "SKU-000001",
                                     .oversell = true,
                                     .placed_ms = SIM_START - days[i] * INT64_C(86400000)};
        wb_order_place(sim.wb, sim.seller, &spec, sim.now);
    }
    int64_t start = SIM_START / 1000;
    char query[128];
    assert_int_equal(orders_page(&sim, "limit=1000&next=0"), 2); /* 30 days */
    snprintf(query, sizeof(query), "limit=1000&next=0&dateFrom=%lld",
             (long long)(start - 365 * 86400));
    assert_int_equal(orders_page(&sim, query), 3); /* three months are kept */
    snprintf(query, sizeof(query), "limit=1000&next=0&dateFrom=%lld&dateTo=%lld",
             (long long)(start - 45 * 86400), (long long)(start - 20 * 86400));
    assert_int_equal(orders_page(&sim, query), 2);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void wrong_periods_and_pages_are_400(void **state)
{
    (void)state;
    static const struct {
        int from, to; /* days from now */
        int status;
    } periods[] = {{-30, 0, 200}, {-31, 0, 400}, {-20, 7, 200}, {-20, 8, 400}, {0, -1, 400}};
    static const char *const queries[] = {"next=0",
                                          "limit=100",
                                          "limit=0&next=0",
                                          "limit=1001&next=0",
                                          "limit=x&next=0",
                                          "limit=10&next=null",
                                          "limit=10&next=",
                                          "limit=10&next=-1",
                                          "limit=10&next=0&dateFrom=2026-09-01"};
    char target[160];
    for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
        struct sim sim = sim_make();
        snprintf(target, sizeof(target),
                 "GET /api/v3/orders?limit=10&next=0&dateFrom=%lld&dateTo=%lld",
                 (long long)SIM_START / 1000 + periods[i].from * 86400,
                 (long long)SIM_START / 1000 + periods[i].to * 86400);
        assert_int_equal(sim_send(&sim, target, NULL), periods[i].status);
        assert_int_equal(sim_violated(&sim, "shape"), periods[i].status == 400);
        sim_free(&sim);
    }
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        struct sim sim = sim_make();
        snprintf(target, sizeof(target), "GET /api/v3/orders?%s", queries[i]);
        assert_int_equal(sim_send(&sim, target, NULL), 400);
        assert_string_equal(sim_text(&sim, "code"), "IncorrectParameter");
        sim_free(&sim);
    }
}

static void with_date_to_a_week_may_be_the_limit(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_set(&sim, "{'date_to_week':true}");
    char target[160];
    snprintf(target, sizeof(target), "GET /api/v3/orders?limit=10&next=0&dateFrom=%lld&dateTo=%lld",
             (long long)SIM_START / 1000 - 8 * 86400, (long long)SIM_START / 1000);
    assert_int_equal(sim_send(&sim, target, NULL), 400);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void unknown_orders_have_no_status(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_stock_set(sim.seller, "SKU-000001", 501, 2);
    int64_t id = place(&sim, "SKU-000001", false);
    place(&sim, "SKU-000001", false);
    assert_int_equal(
        sim_send(&sim, "POST /api/v3/orders/status", "{'orders':[7,3000000002,3000000001]}"), 200);
    assert_int_equal(sim_count(&sim, "orders"), 2);
    assert_int_equal(sim_int(&sim, "orders/1/id"), id);
    assert_true(json_is_true(sim_value(&sim, "orders/1/isCancellable")));
    sim_set(&sim, "{'null_wb_status':true}");
    sim_send(&sim, "POST /api/v3/orders/status", "{'orders':[3000000001]}");
    assert_true(json_is_null(sim_value(&sim, "orders/0/wbStatus")));
    sim.now += 60000;
    assert_int_equal(sim_send(&sim, "POST /api/v3/orders/status", "{'orders':[]}"), 400);
    assert_int_equal(sim_send(&sim, "POST /api/v3/orders/status", "{'ids':[1]}"), 400);
    sim.now += 60000;
    assert_int_equal(sim_send(&sim, "POST /api/v3/orders/status", "{'orders':['3000000001']}"),
                     400);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(an_order_takes_stock_at_once),
    cmocka_unit_test(a_write_leaves_the_reserve_alone),
    cmocka_unit_test(ways_to_end_do_this_to_the_stock),
    cmocka_unit_test(steps_have_their_order),
    cmocka_unit_test(settings_decide_what_goes_back),
    cmocka_unit_test(an_order_at_zero_is_marked),
    cmocka_unit_test(new_orders_are_new_and_to_be_seen),
    cmocka_unit_test(reads_show_every_change),
    cmocka_unit_test(pages_follow_next),
    cmocka_unit_test(the_period_is_by_creation),
    cmocka_unit_test(wrong_periods_and_pages_are_400),
    cmocka_unit_test(with_date_to_a_week_may_be_the_limit),
    cmocka_unit_test(unknown_orders_have_no_status),
};

TEST_MAIN(cases)
