/* Buyers' orders: what they do to stock, and how postings show up in the reads. */
#include "marketsim/ozon/ozon_support.h"

struct shop {
    struct sim sim;
    char number[40];
};

/* Ten pieces of each of two products in 501, and one order: two of the first, one of the second. */
static struct shop shop_make(void)
{
    static const struct ozon_order_line lines[] = {{"SKU-000001", 2}, {"SKU-000002", 1}};
    struct shop shop = {.sim = sim_make()};
    struct ozon_order_spec order = {.warehouse_id = 501, .lines = lines, .line_count = 2};
    ozon_stock_set(shop.sim.seller, "SKU-000001", 501, 10, SIM_START);
    ozon_stock_set(shop.sim.seller, "SKU-000002", 501, 10, SIM_START);
    assert_true(ozon_order_place(shop.sim.ozon, shop.sim.seller, &order, SIM_START, shop.number,
                                 sizeof(shop.number)));
    return shop;
}

static bool step(struct shop *shop, enum ozon_posting_step wanted)
{
    return ozon_order_step(shop->sim.ozon, shop->sim.seller, shop->number, wanted, shop->sim.now);
}

static void assert_stock(struct shop *shop, int64_t free_stock, int64_t reserved)
{
    assert_int_equal(sim_free_stock(&shop->sim, "SKU-000001", 501), free_stock);
    assert_int_equal(sim_reserved(&shop->sim, "SKU-000001", 501), reserved);
}

/* Every posting of that day, with more of the filter before the dates. */
static int list(struct sim *sim, const char *filter, const char *rest)
{
    char body[1024], since[MARKET_TIME_SIZE], to[MARKET_TIME_SIZE];
    snprintf(body, sizeof(body), "{'filter':{%s'since':'%s','to':'%s'}%s,'limit':100}", filter,
             market_time_format(SIM_START - 86400000, since),
             market_time_format(SIM_START + 86400000, to), rest);
    return sim_ask(sim, "/v4/posting/fbs/list", body);
}

static void orders_take_free_stock(void **state)
{
    (void)state;
    struct shop shop = shop_make();
    assert_stock(&shop, 8, 2);
    assert_int_equal(list(&shop.sim, "", ""), 200);
    assert_int_equal(sim_count(&shop.sim, "postings"), 1);
    assert_string_equal(sim_text(&shop.sim, "postings/0/posting_number"), shop.number);
    assert_string_equal(sim_text(&shop.sim, "postings/0/status"), "awaiting_packaging");
    assert_int_equal(sim_int(&shop.sim, "postings/0/delivery_method/warehouse_id"), 501);
    assert_int_equal(sim_int(&shop.sim, "postings/0/products/0/quantity"), 2);
    assert_int_equal(sim_int(&shop.sim, "postings/0/products/0/sku"), 500000001);
    assert_string_equal(sim_text(&shop.sim, "postings/0/products/1/offer_id"), "SKU-000002");
    sim_free(&shop.sim);
}

static void shipping_ends_the_reserve(void **state)
{
    (void)state;
    struct shop shop = shop_make();
    assert_true(step(&shop, OZON_PACK));
    assert_stock(&shop, 8, 2);
    assert_false(step(&shop, OZON_PACK));
    assert_false(step(&shop, OZON_DELIVER));
    shop.sim.now += 5000;
    assert_true(step(&shop, OZON_SHIP));
    assert_stock(&shop, 8, 0);
    list(&shop.sim, "", "");
    assert_string_equal(sim_text(&shop.sim, "postings/0/status"), "delivering");
    assert_non_null(sim_value(&shop.sim, "postings/0/delivering_date"));
    assert_true(step(&shop, OZON_DELIVER));
    assert_false(step(&shop, OZON_CANCEL));
    assert_true(step(&shop, OZON_RETURN));
    assert_stock(&shop, 8, 0);
    sim_free(&shop.sim);
}

static void cancelling_gives_pieces_back(void **state)
{
    (void)state;
    struct shop shop = shop_make();
    assert_true(step(&shop, OZON_CANCEL));
    assert_stock(&shop, 10, 0);
    assert_false(step(&shop, OZON_SHIP));
    list(&shop.sim, "", "");
    assert_string_equal(sim_text(&shop.sim, "postings/0/status"), "cancelled");
    assert_false(sim_true(&shop.sim, "postings/0/cancellation/cancelled_after_ship"));
    sim_free(&shop.sim);
}

static void cancelling_after_shipping_does_not(void **state)
{
    (void)state;
    struct shop shop = shop_make();
    assert_true(step(&shop, OZON_SHIP));
    assert_true(step(&shop, OZON_CANCEL));
    assert_stock(&shop, 8, 0);
    list(&shop.sim, "", "");
    assert_true(sim_true(&shop.sim, "postings/0/cancellation/cancelled_after_ship"));
    sim_free(&shop.sim);
}

static void cancelled_pieces_may_stay_away(void **state)
{
    (void)state;
    struct shop shop = shop_make();
    struct ozon_settings settings = ozon_settings_get(shop.sim.ozon);
    settings.cancel_restores = false;
    ozon_settings_set(shop.sim.ozon, &settings);
    assert_true(step(&shop, OZON_CANCEL));
    assert_stock(&shop, 8, 0);
    sim_free(&shop.sim);
}

static void orders_need_pieces_unless_oversold(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct ozon_order_line line = {"SKU-000001", 3};
    struct ozon_order_spec order = {.warehouse_id = 501, .lines = &line, .line_count = 1};
    ozon_stock_set(sim.seller, "SKU-000001", 501, 2, SIM_START);
    assert_false(ozon_order_place(sim.ozon, sim.seller, &order, SIM_START, NULL, 0));
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), 2);
    order.oversell = true;
    assert_true(ozon_order_place(sim.ozon, sim.seller, &order, SIM_START, NULL, 0));
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), 0);
    assert_int_equal(sim_reserved(&sim, "SKU-000001", 501), 3);
    line.offer_id = "none";
    assert_false(ozon_order_place(sim.ozon, sim.seller, &order, SIM_START, NULL, 0));
    sim_free(&sim);
}

static void splits_move_no_stock(void **state)
{
    (void)state;
    struct shop shop = shop_make();
    assert_true(ozon_order_split(shop.sim.ozon, shop.sim.seller, shop.number, false, SIM_START));
    assert_stock(&shop, 8, 2);
    list(&shop.sim, "", "");
    assert_int_equal(sim_count(&shop.sim, "postings"), 2);
    assert_string_equal(sim_text(&shop.sim, "postings/0/posting_number") + 15, "-2");
    assert_string_equal(sim_text(&shop.sim, "postings/1/posting_number") + 15, "-3");
    assert_string_equal(sim_text(&shop.sim, "postings/1/parent_posting_number"), shop.number);
    assert_string_equal(sim_text(&shop.sim, "postings/1/products/0/offer_id"), "SKU-000002");
    assert_false(step(&shop, OZON_SHIP));
    snprintf(shop.number, sizeof(shop.number), "%s",
             sim_text(&shop.sim, "postings/0/posting_number"));
    assert_true(step(&shop, OZON_SHIP));
    assert_stock(&shop, 8, 0);
    assert_int_equal(sim_reserved(&shop.sim, "SKU-000002", 501), 1);
    sim_free(&shop.sim);
}

static void a_split_parent_may_stay_visible(void **state)
{
    (void)state;
    struct shop shop = shop_make();
    assert_true(ozon_order_split(shop.sim.ozon, shop.sim.seller, shop.number, true, SIM_START));
    assert_false(ozon_order_split(shop.sim.ozon, shop.sim.seller, shop.number, true, SIM_START));
    list(&shop.sim, "", "");
    assert_int_equal(sim_count(&shop.sim, "postings"), 3);
    assert_string_equal(sim_text(&shop.sim, "postings/0/status"), "cancelled_from_split_pending");
    sim_free(&shop.sim);
}

static void changes_are_found_by_their_time(void **state)
{
    (void)state;
    struct shop shop = shop_make();
    char filter[200], from[MARKET_TIME_SIZE], to[MARKET_TIME_SIZE];
    shop.sim.now = SIM_START + 60000;
    step(&shop, OZON_PACK);
    snprintf(filter, sizeof(filter), "'last_changed_status_date':{'from':'%s','to':'%s'},",
             market_time_format(SIM_START + 60000, from),
             market_time_format(SIM_START + 60000, to));
    list(&shop.sim, filter, "");
    assert_int_equal(sim_count(&shop.sim, "postings"), 1);
    snprintf(filter, sizeof(filter), "'last_changed_status_date':{'from':'%s'},",
             market_time_format(SIM_START + 60001, from));
    list(&shop.sim, filter, "");
    assert_int_equal(sim_count(&shop.sim, "postings"), 0);
    list(&shop.sim, "'statuses':['awaiting_packaging','delivering'],", "");
    assert_int_equal(sim_count(&shop.sim, "postings"), 0);
    list(&shop.sim, "'statuses':['awaiting_deliver'],'warehouse_ids':['501'],", "");
    assert_int_equal(sim_count(&shop.sim, "postings"), 1);
    list(&shop.sim, "'warehouse_ids':['502'],", "");
    assert_int_equal(sim_count(&shop.sim, "postings"), 0);
    sim_free(&shop.sim);
}

static void postings_may_show_up_late(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct ozon_order_line line = {"SKU-000001", 1};
    struct ozon_order_spec order = {
        .warehouse_id = 501, .lines = &line, .line_count = 1, .visible_after_ms = 5000};
    ozon_stock_set(sim.seller, "SKU-000001", 501, 2, SIM_START);
    ozon_order_place(sim.ozon, sim.seller, &order, SIM_START, NULL, 0);
    assert_int_equal(sim_free_stock(&sim, "SKU-000001", 501), 1);
    sim.now = SIM_START + 4999;
    list(&sim, "", "");
    assert_int_equal(sim_count(&sim, "postings"), 0);
    sim.now = SIM_START + 5000;
    list(&sim, "", "");
    assert_int_equal(sim_count(&sim, "postings"), 1);
    sim_free(&sim);
}

static void pages_hold_while_orders_come_in(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        struct sim sim = sim_make();
        struct ozon_order_line line = {"SKU-000001", 1};
        struct ozon_order_spec order = {.warehouse_id = 501, .lines = &line, .line_count = 1};
        ozon_stock_set(sim.seller, "SKU-000001", 501, 1000, SIM_START);
        for (int i = 0; i < 250; i++) /* three a moment: the mark must tell them apart */
            assert_true(ozon_order_place(sim.ozon, sim.seller, &order, SIM_START + i / 3, NULL, 0));
        sim.now = SIM_START + 1000;
        char rest[128] = "", seen[300] = "";
        size_t count = 0;
        do {
            char dir[160];
            snprintf(dir, sizeof(dir), ",'sort_dir':'%s'%s", down ? "DESC" : "ASC", rest);
            assert_int_equal(list(&sim, "", dir), 200);
            for (size_t i = 0; i < sim_count(&sim, "postings"); i++) {
                char way[48];
                snprintf(way, sizeof(way), "postings/%zu/order_id", i);
                int64_t n = sim_int(&sim, way) - 30000000000;
                assert_in_range(n, 1, 250);
                assert_int_equal(seen[n], 0);
                seen[n] = 1;
                count++;
            }
            snprintf(rest, sizeof(rest), ",'cursor':'%s'", sim_text(&sim, "cursor"));
            sim.now += 1000;
        } while (sim_true(&sim, "has_next"));
        assert_int_equal(count, 250);
        sim_free(&sim);
    }
}

static void unfulfilled_lists_what_is_open(void **state)
{
    (void)state;
    struct shop shop = shop_make();
    static const char body[] = "{'filter':{'cutoff_from':'2026-01-01T00:00:00Z',"
                               "'cutoff_to':'2027-01-01T00:00:00Z'},'limit':100}";
    assert_int_equal(sim_ask(&shop.sim, "/v4/posting/fbs/unfulfilled/list", body), 200);
    assert_int_equal(sim_count(&shop.sim, "postings"), 1);
    assert_int_equal(sim_int(&shop.sim, "count"), 1);
    step(&shop, OZON_SHIP);
    sim_ask(&shop.sim, "/v4/posting/fbs/unfulfilled/list", body);
    assert_int_equal(sim_count(&shop.sim, "postings"), 0);
    assert_int_equal(
        sim_ask(&shop.sim, "/v4/posting/fbs/unfulfilled/list", "{'filter':{},'limit':100}"), 400);
    sim_free(&shop.sim);
}

static void one_posting_is_read_by_number(void **state)
{
    (void)state;
    struct shop shop = shop_make();
    char body[96];
    snprintf(body, sizeof(body), "{'posting_number':'%s'}", shop.number);
    assert_int_equal(sim_ask(&shop.sim, "/v3/posting/fbs/get", body), 200);
    assert_string_equal(sim_text(&shop.sim, "result/posting_number"), shop.number);
    assert_string_equal(sim_text(&shop.sim, "result/products/0/price"), "1000.000000");
    assert_int_equal(sim_ask(&shop.sim, "/v3/posting/fbs/get", "{'posting_number':'1-1-1'}"), 404);
    assert_string_equal(sim_text(&shop.sim, "message"), "Unknown posting number");
    assert_int_equal(sim_ask(&shop.sim, "/v3/posting/fbs/get", "{}"), 400);
    sim_free(&shop.sim);
}

static void list_bounds_hold(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_ask(&sim, "/v4/posting/fbs/list",
                             "{'filter':{'since':'2026-01-01T00:00:00Z',"
                             "'to':'2027-01-01T00:00:00Z'},'limit':101}"),
                     400);
    assert_int_equal(sim_ask(&sim, "/v4/posting/fbs/list",
                             "{'filter':{'since':'2026-01-01T00:00:00Z',"
                             "'to':'2027-01-04T00:00:00Z'},'limit':100}"),
                     400);
    assert_string_equal(sim_text(&sim, "message"), "PERIOD_IS_TOO_LONG");
    assert_int_equal(sim_ask(&sim, "/v4/posting/fbs/list",
                             "{'filter':{'since':'2026-01-01T00:00:00Z'},'limit':100}"),
                     400);
    assert_int_equal(sim_ask(&sim, "/v4/posting/fbs/list",
                             "{'filter':{'since':'yesterday','to':'2026-01-01T00:00:00Z'},"
                             "'limit':100}"),
                     400);
    sim_free(&sim);
}

/* Whatever a read showed before: every change shows in the next one. */
static void reads_show_every_change(void **state)
{
    (void)state;
    struct shop shop = shop_make();
    list(&shop.sim, "", "");
    assert_string_equal(sim_text(&shop.sim, "postings/0/products/0/price/currency"), "RUB");
    sim_ask(&shop.sim, "/_control/seller",
            "{'client_id':'" OZON_DEFAULT_CLIENT "','currency':'KZT'}");
    list(&shop.sim, "", "");
    assert_string_equal(sim_text(&shop.sim, "postings/0/products/0/price/currency"), "KZT");
    assert_true(step(&shop, OZON_PACK));
    list(&shop.sim, "", "");
    assert_string_equal(sim_text(&shop.sim, "postings/0/status"), "awaiting_deliver");
    assert_true(step(&shop, OZON_SHIP));
    list(&shop.sim, "", "");
    assert_string_equal(sim_text(&shop.sim, "postings/0/status"), "delivering");
    sim_free(&shop.sim);
}

static void lists_may_be_wrapped(void **state)
{
    (void)state;
    struct shop shop = shop_make();
    struct ozon_settings settings = ozon_settings_get(shop.sim.ozon);
    settings.wrap_postings = true;
    settings.nulls = true;
    ozon_settings_set(shop.sim.ozon, &settings);
    list(&shop.sim, "", "");
    assert_int_equal(sim_count(&shop.sim, "result/postings"), 1);
    assert_true(json_is_null(sim_value(&shop.sim, "result/postings/0/barcodes")));
    sim_free(&shop.sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(orders_take_free_stock),
    cmocka_unit_test(shipping_ends_the_reserve),
    cmocka_unit_test(cancelling_gives_pieces_back),
    cmocka_unit_test(cancelling_after_shipping_does_not),
    cmocka_unit_test(cancelled_pieces_may_stay_away),
    cmocka_unit_test(orders_need_pieces_unless_oversold),
    cmocka_unit_test(splits_move_no_stock),
    cmocka_unit_test(a_split_parent_may_stay_visible),
    cmocka_unit_test(changes_are_found_by_their_time),
    cmocka_unit_test(postings_may_show_up_late),
    cmocka_unit_test(pages_hold_while_orders_come_in),
    cmocka_unit_test(unfulfilled_lists_what_is_open),
    cmocka_unit_test(one_posting_is_read_by_number),
    cmocka_unit_test(list_bounds_hold),
    cmocka_unit_test(reads_show_every_change),
    cmocka_unit_test(lists_may_be_wrapped),
};

TEST_MAIN(cases)
