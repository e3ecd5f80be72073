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

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(ozon_shows_all, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_shows_all, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_shows_all, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_shows_all, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_v1_shows_all, world_begin, world_end),
};

TEST_MAIN(cases)
