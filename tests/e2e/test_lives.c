/* The life of orders on each marketplace, from the buyer's click to our figures: promised on first
 * sight, gone when sent, free when cancelled, back when somebody says so; whatever is told twice,
 * late, or not at all. The last part is about daemons that die, and accounts that change their way.
 */
#include "buyers.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static struct shop shop;

/* spb stands behind msk in the first place: orders take from it what msk lacks. */
static void open_shop(const struct market *market, const char *orders)
{
    shop_open(&shop, market, "main", 4, text_format("    orders: %s\n", orders));
    conf_write("60-behind.yaml",
               "links:\n  - {warehouse: spb, account: main, remote: \"%s\", order: 2}\n",
               market->remote[0]);
    daemon_start();
    products_add(3); /* not the fourth */
    shops_enter(&shop, 1);
}

static void begin(const struct market *market)
{
    open_shop(market, "import");
    ctl_ok("stock set SKU-000001 10 --warehouse msk");
    ctl_ok("stock set SKU-000001 0 --warehouse spb");
    ctl_ok("stock set SKU-000002 2 --warehouse msk");
    ctl_ok("stock set SKU-000002 3 --warehouse spb");
    WAIT_FOR(SOON_S, shop_figure(&shop, "SKU-000001", 0) == 10 &&
                         shop_figure(&shop, "SKU-000002", 0) == 5 && all_sent());
}

static json_t *orders_task(void)
{
    json_t *tasks = json_object_get(api_get("/v1/accounts/main"), "tasks"), *task;
    size_t i;
    json_array_foreach (tasks, i, task)
        if (strcmp(text_at(task, "task"), "orders") == 0) return task;
    return NULL;
}

/* A drain that began after this was called came to its end. */
static void drained(void)
{
    WAIT_FOR(SOON_S, !json_is_true(json_object_get(orders_task(), "running")));
    const char *last = text_format("%s", text_at(orders_task(), "last"));
    drain(&shop);
    WAIT_FOR(SOON_S, strcmp(text_at(orders_task(), "last"), last) != 0);
}

/* One that began after this was called failed. */
static void drained_in_vain(void)
{
    int64_t failed = number_at(orders_task(), "failures");
    drain(&shop);
    WAIT_FOR(SOON_S, number_at(orders_task(), "failures") > failed);
}

/* One that began after this was called ended: some can make nothing of what they were told. */
static void drained_or_not(void)
{
    WAIT_FOR(SOON_S, !json_is_true(json_object_get(orders_task(), "running")));
    const char *last = text_format("%s", text_at(orders_task(), "last"));
    int64_t failed = number_at(orders_task(), "failures");
    drain(&shop);
    WAIT_FOR(SOON_S, strcmp(text_at(orders_task(), "last"), last) != 0 ||
                         number_at(orders_task(), "failures") > failed);
}

#define assert_figures(sku, warehouse, hand, held)                          \
    do {                                                                    \
        assert_int_equal(stock_of((sku), (warehouse), "on_hand"), (hand));  \
        assert_int_equal(stock_of((sku), (warehouse), "reserved"), (held)); \
    } while (0)

/* Everything is sent, and the marketplace shows it. */
static void shown_at(const char *sku, int64_t figure, int line)
{
    int64_t until = now_ms() + SOON_S * 1000;
    WAIT_FOR(2 * SOON_S, (all_sent() && shop_figure(&shop, sku, 0) == figure) || now_ms() > until);
    if (shop_figure(&shop, sku, 0) != figure || !all_sent())
        fail_msg("line %d: %s is to show %lld and shows %lld\n%s%s", line, sku, (long long)figure,
                 (long long)shop_figure(&shop, sku, 0), ctl("stock get %s", sku).out,
                 ctl("target list --sku %s", sku).out);
}
#define shown(sku, figure) shown_at((sku), (figure), __LINE__)

/* ---- one order after the other */

static void sent_out(void)
{
    const char *order = buyer_orders(&shop, "SKU-000001", 0, 3, "");
    drained();
    assert_figures("SKU-000001", "msk", 10, 3);
    assert_int_equal(stock_of("SKU-000001", "msk", "available"), 7);
    shown("SKU-000001", 7);
    ctl_ok("stock set SKU-000001 10 --warehouse msk"); /* counted: they are still there */
    buyer_step(&shop, "ship", order);
    drained();
    assert_figures("SKU-000001", "msk", 7, 0);
    shown("SKU-000001", 7);
    if (shop.market == &market_ozon) buyer_step(&shop, "deliver", order);
    buyer_step(&shop, "return", order);
    drained();
    assert_figures("SKU-000001", "msk", 7, 0); /* on its way back, perhaps */
    json_t *line;
    for (size_t i = 0; (line = line_at(&shop, "", i)); i++) {
        const char *key = text_at(line, "line");
        ctl_ok("order return main '%s'", key);
        assert_int_not_equal(ctl("order return main '%s'", key).code, 0);
    }
    assert_figures("SKU-000001", "msk", 10, 0);
    drained();
    assert_figures("SKU-000001", "msk", 10, 0);
    shown("SKU-000001", 10);
}

/* Placed and sent while nobody read, and counted in between. */
static void sent_out_unseen(void)
{
    shop_fault_orders(&shop, "\"kind\":\"status\",\"status\":500,\"count\":-1");
    drained_in_vain();
    const char *order = buyer_orders(&shop, "SKU-000001", 0, 1, "");
    ctl_ok("stock set SKU-000001 10 --warehouse msk");
    buyer_step(&shop, "ship", order);
    shop_faults_clear(&shop);
    drained();
    assert_figures("SKU-000001", "msk", 9, 0);
    shown("SKU-000001", 9);
    ctl_ok("stock set SKU-000001 10 --warehouse msk");
    shown("SKU-000001", 10);
}

static void told_strangely(void)
{
    const char *order = buyer_orders(&shop, "SKU-000001", 0, 2, "");
    shop_fault_orders(&shop, "\"kind\":\"duplicate\",\"count\":-1");
    drained_or_not();
    drained_or_not();
    assert_figures("SKU-000001", "msk", 10, 2);
    shop_faults_clear(&shop);
    /* It is in no answer any more, and that says nothing. */
    shop_fault_orders(&shop, "\"kind\":\"empty_list\",\"count\":-1");
    drained_or_not();
    drained_or_not();
    assert_figures("SKU-000001", "msk", 10, 2);
    shop_faults_clear(&shop);
    drained();
    assert_figures("SKU-000001", "msk", 10, 2);
    buyer_step(&shop, "cancel", order);
    drained();
    assert_figures("SKU-000001", "msk", 10, 0);
    shown("SKU-000001", 10);
}

static bool comes_late(void)
{
    drained();
    return stock_of("SKU-000001", "msk", "reserved") == 1;
}

static void told_late(void)
{
    const char *order = buyer_orders(&shop, "SKU-000001", 0, 1, ",\"visible_after_ms\":500");
    WAIT_FOR(SOON_S, comes_late());
    assert_figures("SKU-000001", "msk", 10, 1);
    buyer_step(&shop, "cancel", order);
    drained();
    shown("SKU-000001", 10);
}

static void over_two_warehouses(void)
{
    const char *order = buyer_orders(&shop, "SKU-000002", 0, 4, "");
    drained();
    assert_figures("SKU-000002", "msk", 2, 2);
    assert_figures("SKU-000002", "spb", 3, 2);
    shown("SKU-000002", 1);
    buyer_step(&shop, "cancel", order);
    drained();
    assert_figures("SKU-000002", "msk", 2, 0);
    assert_figures("SKU-000002", "spb", 3, 0);
    shown("SKU-000002", 5);
}

/* The fourth is nobody's: its line waits, is shown, and does not become two. */
static void quarantined(void)
{
    shop_has(&shop, "SKU-000004", 0, 3);
    buyer_orders(&shop, "SKU-000004", 0, 1, "");
    drained();
    assert_int_equal(lines_of(&shop, "held=true"), 1);
    assert_string_equal(text_at(line_at(&shop, "held=true", 0), "held"), "unmapped");
    assert_text(ctl("order list --held").out, "unmapped");
    static const char *const faults[] = {"\"kind\":\"status\",\"status\":500,\"count\":-1",
                                         "\"kind\":\"rate\",\"retry_after\":1,\"count\":-1",
                                         "\"kind\":\"truncated\",\"count\":-1"};
    int64_t all = lines_of(&shop, "");
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        shop_fault_orders(&shop, faults[i]);
        drained_in_vain();
        assert_int_equal(lines_of(&shop, "held=true"), 1);
        assert_int_equal(lines_of(&shop, ""), all);
        shop_faults_clear(&shop);
        drained();
    }
    assert_int_equal(lines_of(&shop, "held=true"), 1);
    ctl_ok("product add SKU-000004");
    ctl_ok("stock set SKU-000004 5 --warehouse msk");
    ctl_ok("stock set SKU-000004 0 --warehouse spb");
    ctl_ok("account refresh main --task listings");
    WAIT_FOR(SOON_S, lines_of(&shop, "held=true") == 0);
    assert_figures("SKU-000004", "msk", 5, 1);
    shown("SKU-000004", 4);
}

static void a_life(const struct market *market)
{
    begin(market);
    sent_out();
    sent_out_unseen();
    told_strangely();
    told_late();
    over_two_warehouses();
    quarantined();
    shops_good(&shop, 1);
}

/* ---- kill -9 while orders are read */

static int64_t asked_for_orders(void)
{
    return shop_last(&shop, shop.market->orders, 0).seq;
}

static void killed(const struct market *market)
{
    begin(market);
    for (int i = 1; i <= 4; i++) {
        buyer_orders(&shop, "SKU-000001", 0, 1, "");
        int64_t seq = asked_for_orders();
        if (i % 2 == 0) /* the answer is on its way when it dies */
            shop_fault_orders(&shop, "\"kind\":\"slow\",\"delay_ms\":300");
        drain(&shop);
        WAIT_FOR(SOON_S, asked_for_orders() > seq);
        daemon_kill();
        shop_faults_clear(&shop);
        daemon_start();
    }
    wait_active("main");
    WAIT_FOR(SOON_S, stock_of("SKU-000001", "msk", "reserved") == 4);
    drained();
    assert_figures("SKU-000001", "msk", 10, 4);
    shown("SKU-000001", 6);
    shops_good(&shop, 1);
}

/* ---- orders that are not ours to count, and the day they become so */

static void switched(const struct market *market)
{
    open_shop(market, "external");
    ctl_ok("stock set SKU-000001 10 --warehouse msk");
    ctl_ok("stock set SKU-000001 0 --warehouse spb");
    shown("SKU-000001", 10);
    const char *sent = buyer_orders(&shop, "SKU-000001", 0, 1, "");
    const char *cancelled = buyer_orders(&shop, "SKU-000001", 0, 2, "");
    buyer_orders(&shop, "SKU-000001", 0, 3, "");
    buyer_step(&shop, "ship", sent);
    buyer_step(&shop, "cancel", cancelled);
    drain(&shop); /* there is none */
    assert_figures("SKU-000001", "msk", 10, 0);
    assert_int_equal(lines_of(&shop, ""), 0);

    shop_conf(&shop, "    orders: import\n");
    ctl_ok("reload");
    WAIT_FOR(SOON_S, orders_task() && *text_at(orders_task(), "last"));
    assert_figures("SKU-000001", "msk", 10, 3); /* what was over has no effect, what is open has */
    int64_t lines = lines_of(&shop, ""), open = lines_of(&shop, "open=true");
    assert_true(lines > open && open > 0);
    json_t *line;
    for (size_t i = 0; (line = line_at(&shop, "", i)); i++)
        assert_string_equal(text_at(line, "exempt"),
                            strcmp(text_at(line, "state"), "open") == 0 ? "" : "before-import");
    shown("SKU-000001", 7);

    /* An available figure nets what was ordered before it, read or not; where that is told in whole
     * seconds, once the second is over. */
    shop_fault_orders(&shop, "\"kind\":\"status\",\"status\":500,\"count\":-1");
    drained_in_vain();
    buyer_orders(&shop, "SKU-000001", 0, 1, "");
    const time_t ordered = time(NULL);
    WAIT_FOR(SOON_S, time(NULL) > ordered);
    ctl_ok("stock set SKU-000001 6 --kind available --warehouse msk");
    assert_figures("SKU-000001", "msk", 9, 3);
    shop_faults_clear(&shop);
    drained();
    assert_figures("SKU-000001", "msk", 10, 4);
    shown("SKU-000001", 6);
    shops_good(&shop, 1);
}

/* ---- what only one of them does */

static int64_t reserved(void)
{
    drained();
    return stock_of("SKU-000001", "msk", "reserved");
}

/* A posting becomes two with other numbers; one of them is cancelled. */
static void ozon_splits_an_order(void **state)
{
    (void)state;
    begin(&market_ozon);
    const char *posting = buyer_orders(&shop, "SKU-000001", 0, 3, "");
    assert_int_equal(reserved(), 3);
    sim_post(&shop.sim, "order/split", "{\"posting_number\":\"%s\"}", posting);
    assert_int_equal(reserved(), 3);
    json_t *postings = json_object_get(sim_get(&shop.sim, "orders"), "postings"), *row;
    const char *child = NULL;
    int64_t pieces = 0;
    size_t i;
    json_array_foreach (postings, i, row)
        if (*text_at(row, "parent")) {
            child = text_at(row, "posting_number");
            pieces = number_at(json_array_get(json_object_get(row, "items"), 0), "quantity");
        }
    assert_true(child && pieces > 0 && pieces < 3);
    buyer_step(&shop, "cancel", child);
    assert_int_equal(reserved(), 3 - pieces);
    assert_int_equal(stock_of("SKU-000001", "msk", "on_hand"), 10);
    shown("SKU-000001", 7 + pieces);
    shops_good(&shop, 1);
}

/* Two purchases of one buyer become one checkout form. */
static void allegro_merges_orders(void **state)
{
    (void)state;
    begin(&market_allegro);
    const char *one = buyer_orders(&shop, "SKU-000001", 0, 1, ",\"status\":\"FILLED_IN\"");
    const char *two = buyer_orders(&shop, "SKU-000001", 0, 2, ",\"status\":\"FILLED_IN\"");
    assert_int_equal(reserved(), 3);
    sim_post(&shop.sim, "order/merge", "{\"order_id\":\"%s\",\"into\":\"%s\"}", one, two);
    assert_int_equal(reserved(), 3);
    sim_post(&shop.sim, "order/pay", "{\"order_id\":\"%s\"}", two);
    assert_int_equal(reserved(), 3);
    json_t *line;
    for (size_t i = 0; (line = line_at(&shop, "", i)); i++)
        assert_string_equal(text_at(line, "order"), two);
    buyer_step(&shop, "ship", two);
    drained();
    assert_figures("SKU-000001", "msk", 7, 0);
    shown("SKU-000001", 7);
    shops_good(&shop, 1);
}

/* Events that come late, behind the cursor, twice, or not at all. */
static void allegro_loses_events(void **state)
{
    (void)state;
    static const char *const ways[] = {"\"event_twice\":true", "\"event_delay_ms\":300",
                                       "\"event_late_ids\":true", "\"events_lost\":1"};
    begin(&market_allegro);
    for (int i = 0; i < 4; i++) {
        sim_post(&shop.sim, "settings", "{%s}", ways[i]);
        const char *order = buyer_orders(&shop, "SKU-000001", 0, 1, "");
        assert_int_equal(reserved(), 1);
        buyer_step(&shop, "cancel", order);
        WAIT_FOR(SOON_S, reserved() == 0);
    }
    shown("SKU-000001", 10);
    shops_good(&shop, 1);
}

/* Of a basket of three one piece is cancelled. */
static void wb_cancels_a_piece(void **state)
{
    (void)state;
    begin(&market_wb);
    buyer_orders(&shop, "SKU-000001", 0, 3, "");
    assert_int_equal(reserved(), 3);
    json_t *orders = json_object_get(sim_get(&shop.sim, "orders"), "orders");
    buyer_step(&shop, "cancel",
               text_format("%lld", (long long)number_at(json_array_get(orders, 1), "id")));
    assert_int_equal(reserved(), 2);
    shown("SKU-000001", 8);
    shops_good(&shop, 1);
}

#define EACH(name, market)                          \
    static void name##_orders_live(void **s)        \
    {                                               \
        (void)s;                                    \
        a_life(&market);                            \
    }                                               \
    static void name##_daemon_dies(void **s)        \
    {                                               \
        (void)s;                                    \
        killed(&market);                            \
    }                                               \
    static void name##_orders_become_ours(void **s) \
    {                                               \
        (void)s;                                    \
        switched(&market);                          \
    }
EACH(ozon, market_ozon)
EACH(wb, market_wb)
EACH(allegro, market_allegro)
EACH(wix, market_wix)
EACH(wix_v1, market_wix_v1)

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(ozon_orders_live, world_begin, world_end),
    cmocka_unit_test_setup_teardown(ozon_daemon_dies, world_begin, world_end),
    cmocka_unit_test_setup_teardown(ozon_orders_become_ours, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_orders_live, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_daemon_dies, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_orders_become_ours, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_orders_live, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_daemon_dies, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_orders_become_ours, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_orders_live, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_daemon_dies, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_orders_become_ours, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_v1_orders_live, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_v1_daemon_dies, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_v1_orders_become_ours, world_begin, world_end),
    cmocka_unit_test_setup_teardown(ozon_splits_an_order, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_merges_orders, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_loses_events, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_cancels_a_piece, world_begin, world_end),
};

TEST_MAIN(cases)
