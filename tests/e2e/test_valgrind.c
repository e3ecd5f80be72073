/* Lives of the daemon under valgrind: it starts, works, reloads, stops; nothing leaks, nothing is
 * read that was not written, in it or in a plugin. */
#include "markets.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { FAST = 100, PRODUCTS = 5 };

static const char *const under_valgrind[] = {VALGRIND_PROGRAM,
                                             "--quiet",
                                             "--error-exitcode=99",
                                             "--leak-check=full",
                                             "--errors-for-leak-kinds=definite,indirect,possible",
                                             "--show-leak-kinds=definite,indirect,possible",
                                             "--child-silent-after-fork=yes",
                                             NULL};

static void start(void)
{
    daemon_begin_under(under_valgrind);
    WAIT_FOR(LONG_S, api("GET", "/v1/status", NULL, NULL) == 200);
    daemon_wait_ready();
}

static void nothing_leaks(void **state)
{
    (void)state;
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    plugin_put(HOSTILE_PLUGINS "/major-old.so", "major-old.so");
    sim_start(FAST, "--products 50 --warehouses 501,502 --stock 1");
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "");
    static struct figures figures = {.products = 50};
    for (int p = 1; p <= 50; p++)
        for (int w = 0; w < 2; w++)
            figures.at[w][p] = p + w;
    figures_csv(&figures, world_path("stock.csv"));
    start();
    ctl_ok("stock import %s --create", world_path("stock.csv"));
    wait_shown(&figures, LONG_S);
    conf_ozon("ozon-main", "1001", "test-key", "    timeout: 5s\n");
    ctl_ok("reload");
    ctl_ok("push --force --follow");
    ctl_ok("plugin list");
    ctl_ok("plugin info ozon");
    ctl_ok("traffic ozon-main --last 5");
    ctl_ok("account check ozon-main");
    assert_int_equal(ctl("stock get NO-SUCH").code, 1);
    world_good(); /* the exit code is 99 when valgrind found anything */
}

static void no_plugin_leaks(void **state)
{
    (void)state;
    static struct figures figures = {.products = PRODUCTS};
    struct shop shops[4];
    shop_open(&shops[0], &market_ozon, "ozon-main", PRODUCTS, "");
    shop_open(&shops[1], &market_wb, "wb-main", PRODUCTS, "");
    shop_open(&shops[2], &market_allegro, "allegro-main", PRODUCTS, "");
    shop_open(&shops[3], &market_wix, "wix-main", PRODUCTS, "");
    for (int p = 1; p <= PRODUCTS; p++)
        figures.at[0][p] = figures.at[1][p] = 10 + p;
    figures_csv(&figures, world_path("stock.csv"));
    start();
    shops_enter(shops, 4);
    ctl_ok("stock import %s --create", world_path("stock.csv"));
    shops_wait_shown(shops, 4, &figures, LONG_S);
    ctl_ok("reload");
    shops_good(shops, 4);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(nothing_leaks, world_begin, world_end),
    cmocka_unit_test_setup_teardown(no_plugin_leaks, world_begin, world_end),
};

TEST_MAIN(cases)
