/* Signs of orders that were not read yet start a drain at once, whatever was read a moment ago, and
 * what would raise a figure waits for it, visibly: at Ozon more pieces are reserved than the orders
 * explain, at WB something was sold that was sold out. */
#include "buyers.h"

#include <string.h>

static struct shop shop;

static void begin(const struct market *market)
{
    shop_open(&shop, market, "main", 3, "    orders: import\n");
    daemon_start();
    products_add(3);
    shops_enter(&shop, 1);
    for (int p = 1; p <= 3; p++)
        ctl_ok("stock set SKU-00000%d 5 --warehouse msk", p);
    ctl_ok("stock set SKU-000001 5 --warehouse spb");
    WAIT_FOR(LONG_S, shop_figure(&shop, "SKU-000001", 0) == 5 &&
                         shop_figure(&shop, "SKU-000001", 1) == 5 && all_sent());
}

static const char *waiting(void)
{
    return text_at(api_get("/v1/accounts/main"), "waiting");
}

/* What is shown while nothing can be read: since when, why; and nothing is raised. */
static void held_until_it_was_read(const char *why)
{
    WAIT_FOR(SOON_S, strstr(waiting(), why) && strstr(waiting(), "which fails"));
    assert_text(waiting(), "increases are held since 2");
    assert_text(ctl("account show main").out, why);
    assert_text(ctl("status").out, why);
    ctl_ok("stock adjust SKU-000003 +1 --warehouse msk --cause receipt");
    ctl_ok("stock set SKU-000002 0 --warehouse msk");
    WAIT_FOR(SOON_S, shop_figure(&shop, "SKU-000002", 0) == 0); /* looked at after the increase */
    assert_int_equal(shop_figure(&shop, "SKU-000003", 0), 5);
    assert_text(ctl("target list --account main").out, why);
    assert_text(ctl("stock get SKU-000003").out, why);
    shop_faults_clear(&shop);
    drain(&shop);
    WAIT_FOR(SOON_S, shop_figure(&shop, "SKU-000003", 0) == 6 && all_sent());
    assert_string_equal(waiting(), "");
    shops_good(&shop, 1);
}

/* An order has taken its pieces there and is in no list yet. The same number is promised in the
 * other warehouse to an order that is known: that explains nothing here. */
static void ozon_reserves_more_than_is_known(void **state)
{
    (void)state;
    begin(&market_ozon);
    buyer_orders(&shop, "SKU-000001", 1, 2, "");
    drain(&shop);
    WAIT_FOR(SOON_S, stock_of("SKU-000001", "spb", "reserved") == 2 && all_sent());
    buyer_orders(&shop, "SKU-000001", 0, 2, ",\"visible_after_ms\":600000");
    drain(&shop); /* sees nothing of it, and is fresh */
    shop_fault_orders(&shop, "\"kind\":\"status\",\"status\":503,\"count\":-1");
    ctl_ok("account refresh main --task stock");
    held_until_it_was_read("more is reserved there than");
}

/* The first drain reads an order of what was sold out; the next one cannot be read. */
static void wb_sells_what_was_sold_out(void **state)
{
    (void)state;
    begin(&market_wb);
    ctl_ok("stock set SKU-000001 0 --warehouse msk");
    WAIT_FOR(SOON_S, shop_figure(&shop, "SKU-000001", 0) == 0 && all_sent());
    shop_moment(&shop, "GET */api/v3/orders/new", true, "fault",
                "{\"kind\":\"status\",\"path\":\"GET /api/v3/orders/new\",\"status\":503,"
                "\"count\":-1}");
    buyer_orders(&shop, "SKU-000001", 0, 1, ",\"oversell\":true");
    drain(&shop);
    WAIT_FOR(SOON_S, lines_of(&shop, "oversell=true") == 1);
    held_until_it_was_read("an order came of what was sold out there");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(ozon_reserves_more_than_is_known, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_sells_what_was_sold_out, world_begin, world_end),
};

TEST_MAIN(cases)
