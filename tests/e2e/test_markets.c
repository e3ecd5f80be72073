/* Each marketplace with five thousand listings: all is shown, nothing is sent twice, no limit is
 * broken; and all of them at once while they do whatever they are known to do wrong. */
#include "markets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRODUCTS = 5000 };

static struct figures figures;

static void figures_make(int products)
{
    figures.products = products;
    for (int p = 1; p <= products; p++)
        for (int w = 0; w < 2; w++)
            figures.at[w][p] = random() % 5 ? random() % 100 : 0;
}

/* Every third one becomes another; how many there are in so many places. */
static int figures_change(int places)
{
    int changed = 0;
    for (int p = 1; p <= figures.products; p++)
        for (int w = 0; w < 2; w++) {
            int64_t old = figures.at[w][p];
            if (random() % 3 == 0) figures.at[w][p] = random() % 5 ? random() % 100 : 0;
            changed += w < places && figures.at[w][p] != old;
        }
    return changed;
}

static void import_all(const char *flags)
{
    figures_csv(&figures, world_path("stock.csv"));
    ctl_ok("stock import %s %s", world_path("stock.csv"), flags);
}

/* Nothing was written but what had changed, once each. */
static void wrote_only(const struct shop *shop, int64_t since, int changed)
{
    struct shop_writes writes = shop_writes(shop, since);
    if (writes.count != changed || writes.same)
        fail_msg("%s: %lld writes for %d changed figures; %d told a pair what it had been told",
                 shop->account, (long long)writes.count, changed, writes.same);
}

static void shows_all(const struct market *market)
{
    struct shop shop;
    shop_open(&shop, market, "main", PRODUCTS, "");
    daemon_start();
    shops_enter(&shop, 1);
    int64_t begun = now_ms();
    figures_make(PRODUCTS);
    import_all("--create");
    shops_wait_shown(&shop, 1, &figures, LONG_S);
    print_message("%s: %d figures in %lld ms\n", market->name, PRODUCTS * market->places,
                  (long long)(now_ms() - begun));
    assert_int_equal(targets_in("main", "synced"), PRODUCTS * market->places);
    int64_t since = shop_writes(&shop, 0).last_seq;
    assert_int_equal(shop_writes(&shop, 0).same, 0);
    int changed = figures_change(market->places);
    import_all("");
    shops_wait_shown(&shop, 1, &figures, LONG_S);
    wrote_only(&shop, since, changed);
    since = shop_writes(&shop, 0).last_seq;
    import_all(""); /* the same once more */
    ctl_ok("push --follow");
    wrote_only(&shop, since, 0);
    shops_good(&shop, 1);
}

static void ozon_shows_all(void **state)
{
    (void)state;
    shows_all(&market_ozon);
}

static void wb_shows_all(void **state)
{
    (void)state;
    shows_all(&market_wb);
}

static void allegro_shows_all(void **state)
{
    (void)state;
    shows_all(&market_allegro);
}

static void wix_shows_all(void **state)
{
    (void)state;
    shows_all(&market_wix);
}

static void wix_v1_shows_all(void **state)
{
    (void)state;
    shows_all(&market_wix_v1);
}

/* ---- all of them at once, at their worst */

enum { SHOPS = 5, ROUNDS = 6 };

static void inject_a_mixture(const struct shop *shop)
{
    static const char *const anywhere[] = {
        "\"kind\":\"rate\",\"retry_after\":1",
        "\"kind\":\"status\",\"status\":500",
        "\"kind\":\"html\",\"status\":502",
        "\"kind\":\"drop_before\"",
        "\"kind\":\"drop_after\"",
        "\"kind\":\"slow\",\"delay_ms\":100",
        "\"kind\":\"truncated\"",
        "\"kind\":\"malformed\"",
        "\"kind\":\"mistyped\"",
        "\"kind\":\"duplicate\"",
    };
    for (size_t i = 0; i < sizeof anywhere / sizeof *anywhere; i++)
        shop_fault_all(shop, text_format("%s,\"probability\":0.02,\"count\":-1", anywhere[i]));
    shop_fault_writes(shop, "\"kind\":\"late\",\"late_ms\":200,\"probability\":0.02,\"count\":-1");
}

static void all_at_once_at_their_worst(void **state)
{
    (void)state;
    static const struct market *const markets[SHOPS] = {&market_ozon, &market_wb, &market_allegro,
                                                        &market_wix, &market_wix_v1};
    struct shop shops[SHOPS];
    for (int i = 0; i < SHOPS; i++)
        shop_open(&shops[i], markets[i], markets[i]->name, PRODUCTS, "    attempts: 20\n");
    daemon_start();
    shops_enter(shops, SHOPS);
    figures_make(PRODUCTS);
    import_all("--create");
    for (int i = 0; i < SHOPS; i++)
        inject_a_mixture(&shops[i]);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t requests = sim_requests(&shops[0].sim, NULL);
        figures_change(2);
        import_all("");
        WAIT_FOR(LONG_S, sim_requests(&shops[0].sim, NULL) > requests + 20);
    }
    for (int i = 0; i < SHOPS; i++) {
        print_message("%s: %lld faults\n", shops[i].account, (long long)shop_faults_hit(&shops[i]));
        assert_true(shop_faults_hit(&shops[i]) > 0);
        shop_faults_clear(&shops[i]);
    }
    int64_t begun = now_ms();
    shops_wait_shown(shops, SHOPS, &figures, LONG_S);
    print_message("all was shown %lld ms after the last fault\n", (long long)(now_ms() - begun));
    json_t *status = api_get("/v1/status");
    assert_int_equal(number_at(status, "counts.rejected"), 0);
    assert_int_equal(number_at(status, "counts.targets"), PRODUCTS * 8);
    int64_t since[SHOPS];
    for (int i = 0; i < SHOPS; i++)
        since[i] = shop_writes(&shops[i], 0).last_seq;
    import_all("");
    ctl_ok("push --follow");
    for (int i = 0; i < SHOPS; i++)
        wrote_only(&shops[i], since[i], 0);
    shops_good(shops, SHOPS);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(ozon_shows_all, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_shows_all, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_shows_all, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_shows_all, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_v1_shows_all, world_begin, world_end),
    cmocka_unit_test_setup_teardown(all_at_once_at_their_worst, world_begin, world_end),
};

TEST_MAIN(cases)
