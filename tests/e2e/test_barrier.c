/* The order barrier (I17) on each marketplace, measured by the marketplace's own record: while its
 * orders cannot be read, a zero goes at once, a decrease after ten seconds, an increase not at all;
 * what is shown too many is at most what was ordered between the reading and the write, and the
 * next drain ends it. The same with a daemon that has no barrier goes beyond that. */
#include "buyers.h"

#include <string.h>

enum {
    COUNTED = 10, /* of SKU-000001 */
    BOUGHT = 4,   /* while nobody reads */
    BETWEEN = 2,  /* between the reading and the write */
    FRESH_MS = 10000,
    SLACK_MS = 1000, /* from the composition to the landing */
    STALE_MS = FRESH_MS + 2 * SLACK_MS,
    DRAIN_ENDS_MS = 8000, /* before the next one comes by itself */
};

static struct shop shop;

static void begin(const struct market *market, const char *program)
{
    daemon_program = program;
    shop_open(&shop, market, "main", 4, "    orders: import\n");
    daemon_start();
    products_add(4);
    shops_enter(&shop, 1);
    ctl_ok("stock set SKU-000001 %d --warehouse msk", COUNTED);
    ctl_ok("stock set SKU-000002 5 --warehouse msk");
    ctl_ok("stock set SKU-000003 8 --warehouse msk");
    WAIT_FOR(LONG_S, shop_figure(&shop, "SKU-000001", 0) == COUNTED &&
                         shop_figure(&shop, "SKU-000002", 0) == 5 &&
                         shop_figure(&shop, "SKU-000003", 0) == 8 && all_sent());
}

/* Pieces shown that nobody has: one came in. */
static int64_t shown_too_many(void)
{
    return shop_figure(&shop, "SKU-000001", 0) - (COUNTED + 1 - shop_sold(&shop, "SKU-000001", 0));
}

/* What I17 allows of it at the write received last: pieces ordered since the newest reading, if
 * that was fresh. */
static int64_t allowed(void)
{
    struct shop_request write = shop_last(&shop, shop.market->writes, 0);
    struct shop_request reading = shop_last(&shop, shop.market->orders, write.received_ns);
    assert_true(write.seq > 0 && reading.seq > 0);
    if (write.now_ms - reading.now_ms > FRESH_MS + SLACK_MS) return 0;
    return shop_sold(&shop, "SKU-000001", reading.now_ms);
}

/* Nobody can read orders, some are placed, and the last reading is too old. Then one piece more of
 * the first, one fewer of the third, none of the second. */
static void go_blind(void)
{
    shop_fault_orders(&shop, "\"kind\":\"status\",\"status\":503,\"count\":-1");
    buyer_orders(&shop, "SKU-000001", 0, BOUGHT, "");
    assert_int_equal(shop_figure(&shop, "SKU-000001", 0), COUNTED - BOUGHT);
    int64_t from = now_ms();
    WAIT_FOR(LONG_S, now_ms() - from > STALE_MS);
    ctl_ok("stock adjust SKU-000001 +1 --warehouse msk --cause receipt");
    ctl_ok("stock adjust SKU-000003 -1 --warehouse msk --cause write-off");
    ctl_ok("stock set SKU-000002 0 --warehouse msk");
}

static void only_what_is_ordered_meanwhile(const struct market *market)
{
    begin(market, STOCKD_PROGRAM);
    int64_t seq = shop_told(&shop, "", 0).seq;
    go_blind();
    int64_t asked = now_ms();
    WAIT_FOR(SOON_S, shop_figure(&shop, "SKU-000002", 0) == 0); /* a zero waits for nothing */
    assert_int_equal(shop_told(&shop, "SKU-000001", seq).count, 0);
    assert_int_equal(shop_figure(&shop, "SKU-000003", 0), 8);
    WAIT_FOR(SOON_S, shop_figure(&shop, "SKU-000003", 0) == 7); /* a decrease not for ever */
    assert_true(now_ms() - asked >= FRESH_MS - SLACK_MS);
    assert_int_equal(shop_told(&shop, "SKU-000001", seq).count, 0); /* an increase does */
    assert_true(shown_too_many() <= 0);
    assert_text(text_at(api_get("/v1/accounts/main"), "waiting"), "increases are held since");

    /* Somebody orders in the very moment between the reading and the write. */
    shop_moment_writes(&shop, "order", buyer_body(&shop, "SKU-000001", 0, BETWEEN, ""));
    shop_faults_clear(&shop);
    drain(&shop);
    WAIT_FOR(LONG_S, shop_told(&shop, "SKU-000001", seq).count > 1 ||
                         (shop_told(&shop, "SKU-000001", seq).count == 1 && shown_too_many() > 0));
    sim_post(&shop.sim, "moments/clear", "{}");
    assert_int_equal(json_array_size(shop_moments(&shop)), 1);
    int64_t many = shown_too_many(), most = allowed();
    if (shop_told(&shop, "SKU-000001", seq).count == 1) {
        assert_int_equal(many, BETWEEN);
        assert_true(many <= most);
    } /* else the next drain came at once, and what it lowered was too many for milliseconds */

    int64_t from = now_ms();
    drain(&shop);
    WAIT_FOR(SOON_S, shown_too_many() == 0);
    assert_true(now_ms() - from < DRAIN_ENDS_MS);
    WAIT_FOR(SOON_S, all_sent());
    assert_int_equal(shop_figure(&shop, "SKU-000001", 0), COUNTED + 1 - BOUGHT - BETWEEN);
    shops_good(&shop, 1);
}

static void without_it_more(const struct market *market)
{
    begin(market, UNBARRED_PROGRAM);
    int64_t seq = shop_told(&shop, "", 0).seq;
    go_blind();
    WAIT_FOR(SOON_S, shop_told(&shop, "SKU-000001", seq).count > 0 && shown_too_many() > 0);
    assert_int_equal(shown_too_many(), BOUGHT);
    assert_true(shown_too_many() > allowed());
    shop_faults_clear(&shop);
    shops_good(&shop, 1);
}

#define EACH(name, market)                            \
    static void name##_keeps_to_the_barrier(void **s) \
    {                                                 \
        (void)s;                                      \
        only_what_is_ordered_meanwhile(&market);      \
    }                                                 \
    static void name##_oversells_without(void **s)    \
    {                                                 \
        (void)s;                                      \
        without_it_more(&market);                     \
    }
EACH(ozon, market_ozon)
EACH(wb, market_wb)
EACH(allegro, market_allegro)
EACH(wix, market_wix)
EACH(wix_v1, market_wix_v1)

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(ozon_keeps_to_the_barrier, world_begin, world_end),
    cmocka_unit_test_setup_teardown(ozon_oversells_without, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_keeps_to_the_barrier, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_oversells_without, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_keeps_to_the_barrier, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_oversells_without, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_keeps_to_the_barrier, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_oversells_without, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_v1_keeps_to_the_barrier, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_v1_oversells_without, world_begin, world_end),
};

TEST_MAIN(cases)
