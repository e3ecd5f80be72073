/* Orders of a marketplace, from the buyer's click to every figure that shows it. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

enum { FAST = 100 };

static void begin(const char *orders)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, "--products 5 --warehouses 501,502 --stock 1");
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key",
              text_format("    orders: %s\n    timeout: 2s\n", orders));
    daemon_start();
    products_add(5);
    wait_active("ozon-main");
    ctl_ok("stock set SKU-000001 10 --warehouse msk");
    ctl_ok("stock set SKU-000001 20 --warehouse spb");
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 10 &&
                         sim_figure(&sim, "SKU-000001", 502) == 20 && all_sent());
}

static const char *place(const char *sku, int warehouse, int quantity)
{
    json_t *order = sim_post(
        &sim, "order", "{\"warehouse_id\":%d,\"items\":[{\"offer_id\":\"%s\",\"quantity\":%d}]}",
        warehouse, sku, quantity);
    return text_at(order, "posting_number");
}

static int64_t stock(const char *sku, const char *warehouse, const char *member)
{
    json_t *answer = api_get(text_format("/v1/stock/%s", sku)), *row;
    size_t i;
    json_array_foreach (json_object_get(answer, "stock"), i, row)
        if (strcmp(text_at(row, "warehouse"), warehouse) == 0) return number_at(row, member);
    return -1;
}

static void step(const char *what, const char *posting)
{
    sim_post(&sim, text_format("order/%s", what), "{\"posting_number\":\"%s\"}", posting);
}

/* A drain comes every ten seconds; tests ask for one. */
static void drain(void)
{
    ctl_ok("account refresh ozon-main --task orders");
}

static void an_order_reserves_ships_and_leaves(void **state)
{
    (void)state;
    begin("import");
    const char *posting = place("SKU-000001", 501, 3);
    drain();
    WAIT_FOR(SOON_S, stock("SKU-000001", "msk", "reserved") == 3);
    assert_int_equal(stock("SKU-000001", "msk", "on_hand"), 10);
    assert_int_equal(stock("SKU-000001", "msk", "available"), 7);
    WAIT_FOR(SOON_S, all_sent());
    assert_int_equal(sim_figure(&sim, "SKU-000001", 501), 7);
    step("pack", posting);
    step("ship", posting);
    drain();
    WAIT_FOR(SOON_S, stock("SKU-000001", "msk", "on_hand") == 7);
    assert_int_equal(stock("SKU-000001", "msk", "reserved"), 0);
    WAIT_FOR(SOON_S, all_sent());
    assert_int_equal(sim_figure(&sim, "SKU-000001", 501), 7);
    assert_int_equal(stock("SKU-000001", "spb", "on_hand"), 20);
    world_good();
}

static void a_cancelled_order_gives_back(void **state)
{
    (void)state;
    begin("import");
    const char *posting = place("SKU-000001", 501, 4);
    drain();
    WAIT_FOR(SOON_S, stock("SKU-000001", "msk", "available") == 6);
    step("cancel", posting);
    drain();
    WAIT_FOR(SOON_S, stock("SKU-000001", "msk", "available") == 10);
    WAIT_FOR(SOON_S, all_sent() && sim_figure(&sim, "SKU-000001", 501) == 10);
    world_good();
}

/* The daemon is away while buyers buy and cancel: one effect each. */
static void what_happened_meanwhile_has_its_effect_once(void **state)
{
    (void)state;
    begin("import");
    const char *first = place("SKU-000001", 501, 1);
    drain();
    WAIT_FOR(SOON_S, stock("SKU-000001", "msk", "available") == 9);
    daemon_kill();
    place("SKU-000001", 501, 2);
    step("cancel", first);
    daemon_start();
    WAIT_FOR(SOON_S, stock("SKU-000001", "msk", "available") == 8);
    daemon_kill();
    daemon_start();
    wait_active("ozon-main");
    WAIT_FOR(SOON_S, all_sent() && sim_figure(&sim, "SKU-000001", 501) == 8);
    assert_int_equal(stock("SKU-000001", "msk", "reserved"), 2);
    world_good();
}

/* The most that the marketplace showed of a product beyond what there was: an order comes in
 * between the reading of orders and the write of an increase. */
static int64_t shown_too_many(const char *orders)
{
    begin(orders);
    /* Buyers take all; their orders are in the list at once, the reading of it is refused for now.
     */
    sim_post(&sim, "fault",
             "{\"kind\":\"status\",\"path\":\"/v4/posting/fbs/list\",\"status\":503,\"count\":-1}");
    place("SKU-000001", 501, 10);
    assert_int_equal(sim_figure(&sim, "SKU-000001", 501), 0);
    /* A reading counts for ten seconds; from now on there is no new one. */
    int64_t from = now_ms();
    if (strcmp(orders, "import") == 0) WAIT_FOR(LONG_S, now_ms() - from > 10500);
    ctl_ok("stock adjust SKU-000001 +1 --warehouse msk --cause receipt");
    /* A zero never waits: when it is there, the increase that was asked before it has been looked
     * at. */
    ctl_ok("stock set SKU-000001 0 --warehouse spb");
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 502) == 0);
    if (strcmp(orders, "external") == 0) WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) != 0);
    return sim_figure(&sim, "SKU-000001", 501) - 1; /* one came in, ten are sold */
}

static void an_increase_waits_until_orders_were_read(void **state)
{
    (void)state;
    assert_true(shown_too_many("import") <= 0);
    WAIT_FOR(SOON_S, strstr(text_at(api_get("/v1/accounts/ozon-main"), "waiting"),
                            "increases are held since"));
    sim_post(&sim, "faults/clear", "{}");
    WAIT_FOR(LONG_S, stock("SKU-000001", "msk", "available") == 1 &&
                         sim_figure(&sim, "SKU-000001", 501) == 1 && all_sent());
    world_good();
}

/* The same without the barrier goes beyond it, so the test above can fail. */
static void without_the_barrier_the_same_oversells(void **state)
{
    (void)state;
    assert_true(shown_too_many("external") > 0);
    sim_post(&sim, "faults/clear", "{}");
    world_good();
}

static void an_order_of_something_unmapped_waits_for_its_mapping(void **state)
{
    (void)state;
    begin("import");
    sim_post(&sim, "products",
             "{\"offer_id\":\"OTHER\",\"product_id\":900000001,\"sku\":900000002}");
    sim_post(&sim, "stock", "{\"offer_id\":\"OTHER\",\"warehouse_id\":501,\"stock\":5}");
    place("OTHER", 501, 2);
    WAIT_FOR(SOON_S,
             json_array_size(json_object_get(api_get("/v1/orders?held=true"), "items")) == 1);
    json_t *line = json_array_get(json_object_get(api_get("/v1/orders?held=true"), "items"), 0);
    assert_string_equal(text_at(line, "held"), "unknown-listing");
    struct ran list = ctl("order list --held");
    assert_int_equal(list.code, 0);
    assert_text(list.out, "unknown-listing");
    ctl_ok("product add OTHER");
    ctl_ok("stock set OTHER 5 --warehouse msk");
    ctl_ok("account refresh ozon-main");
    WAIT_FOR(SOON_S, stock("OTHER", "msk", "reserved") == 2);
    WAIT_FOR(SOON_S,
             json_array_size(json_object_get(api_get("/v1/orders?held=true"), "items")) == 0);
    world_good_but(false);
}

/* Lists that are asked for something hold that, and nothing else. */
static void what_is_asked_for_is_found(void **state)
{
    (void)state;
    begin("import");
    place("SKU-000001", 501, 3);
    place("SKU-000002", 501, 1);
    drain();
    WAIT_FOR(SOON_S, stock("SKU-000001", "msk", "reserved") == 3 &&
                         json_array_size(json_object_get(api_get("/v1/orders"), "items")) == 2);
    json_t *row, *orders = json_object_get(api_get("/v1/orders?account=ozon-main"), "items");
    size_t i;
    json_array_foreach (orders, i, row) {
        const char *out =
            ctl("--json order list --account ozon-main --order %s", text_at(row, "order")).out;
        assert_text(out, text_at(row, "line"));
        assert_no_text(out, text_at(json_array_get(orders, 1 - i), "line"));
    }
    assert_no_text(ctl("order list --account ozon-main --order nobodys").out, "SKU-");
    struct ran ran = ctl("listing list --text 'oDuCt 2'"); /* of the title */
    assert_text(ran.out, "SKU-000002");
    assert_no_text(ran.out, "SKU-000001");
    assert_no_text(ctl("listing list --text nobodys").out, "SKU-");
    ctl_ok("stock reserve SKU-000001 2 --warehouse msk --note counter");
    assert_text(ctl("stock reservations").out, "counter");
    world_good();
}

static void what_is_reserved_is_released(void **state)
{
    (void)state;
    conf_places();
    daemon_start();
    products_add(1);
    ctl_ok("stock set SKU-000001 5 --warehouse msk");
    ctl_ok("stock reserve SKU-000001 2 --warehouse msk --for 1h");
    const json_t *list = json_object_get(api_get("/v1/reservations"), "items");
    const json_t *one = json_array_get(list, 0);
    assert_int_equal(json_array_size(list), 1);
    assert_true(json_is_string(json_object_get(one, "until")));
    assert_int_equal(stock("SKU-000001", "msk", "available"), 3);
    long long id = number_at(one, "id");
    ctl_ok("stock release %lld", id);
    assert_int_equal(stock("SKU-000001", "msk", "available"), 5);
    assert_int_not_equal(ctl("stock release %lld", id).code, 0);
    assert_text(ctl("stock release nobodys").err, "there is no reservation 'nobodys'");
    assert_int_not_equal(ctl("stock reserve SKU-000001 1 --warehouse msk --for 0m").code, 0);
    assert_int_equal(stock("SKU-000001", "msk", "reserved"), 0);
    world_good();
}

static void rows_may_name_a_barcode(void **state)
{
    (void)state;
    conf_places();
    daemon_start();
    ctl_ok("product add A --barcode 4600000009995");
    ctl_ok("product add B --barcode 4600000009988");
    ctl_ok("product add C --barcode 4600000009988");
    file_text(world_path("by-barcode.csv"),
              "barcode,warehouse,quantity\n4600000009995,msk,6\n4600000009988,msk,5\n"
              "4600000000008,msk,4\n");
    struct ran ran = ctl("stock import %s", world_path("by-barcode.csv"));
    assert_text(ran.err, "several products have the barcode '4600000009988'");
    assert_text(ran.err, "no product has the barcode '4600000000008'");
    assert_int_equal(stock("A", "msk", "on_hand"), 6);
    const char *run = text_at(api_get("/v1/imports/1"), "run");
    const json_t *refused =
        json_object_get(api_get(text_format("/v1/runs/%s/refused", run)), "items");
    assert_int_equal(json_array_size(refused), 2);
    assert_text(text_at(json_array_get(refused, 0), "detail"), "4600000009988");
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(an_order_reserves_ships_and_leaves, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_cancelled_order_gives_back, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_happened_meanwhile_has_its_effect_once, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(an_increase_waits_until_orders_were_read, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(without_the_barrier_the_same_oversells, world_begin, world_end),
    cmocka_unit_test_setup_teardown(an_order_of_something_unmapped_waits_for_its_mapping,
                                    world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_is_asked_for_is_found, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_is_reserved_is_released, world_begin, world_end),
    cmocka_unit_test_setup_teardown(rows_may_name_a_barcode, world_begin, world_end),
};

TEST_MAIN(cases)
