/* A plugin built by a stranger: against the installed SDK alone, elsewhere, dropped into the
 * plugins' directory of a running system's configuration; stock reaches its shop. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PRODUCTS = 100 };

static int shop_port;

static json_t *shop_figures(void)
{
    struct ran ran = run("/usr/bin/env", "curl -sS http://127.0.0.1:%d/_figures", shop_port);
    assert_int_equal(ran.code, 0);
    return json_loads(ran.out, 0, NULL);
}

enum { POISON = 13 };

static bool shop_shows(int64_t add, bool poisoned)
{
    json_t *root = shop_figures(), *all = json_object_get(root, "figures");
    bool equal = true;
    for (size_t w = 0; w < 2; w++)
        for (size_t p = 1; p <= PRODUCTS; p++) {
            int64_t wanted = poisoned && p == POISON ? 0 : (int64_t)(p * 2 + w) + add;
            equal &= json_integer_value(json_array_get(json_array_get(all, w), p - 1)) == wanted;
        }
    json_decref(root);
    return equal;
}

static void must(struct ran ran)
{
    if (ran.code) fail_msg("exit %d: %s%s", ran.code, ran.out, ran.err);
}

static void build_the_plugin(void)
{
    const char *prefix = world_path("prefix"), *source = world_path("stranger"),
               *build = world_path("stranger-build");
    must(run("/usr/bin/env", "cmake --install %s --prefix %s --component sdk", BUILD_DIRECTORY,
             prefix));
    must(run("/usr/bin/env", "cp -r %s/share/stockd/template %s", prefix, source));
    setenv("PKG_CONFIG_PATH", text_format("%s/share/pkgconfig", prefix), 1);
    must(run("/usr/bin/env", "cmake -S %s -B %s -DCMAKE_BUILD_TYPE=Release", source, build));
    must(run("/usr/bin/env", "cmake --build %s", build));
    plugin_put(text_format("%s/shop.so", build), "shop.so");
}

static void start_shop(const char *poison)
{
    const char *file = world_path("shop.port");
    const char *argv[] = {SHOP_PROGRAM, file, "open-sesame", text_format("%d", PRODUCTS),
                          poison,       NULL};
    pid_t shop = process_start(argv, NULL, NULL, NULL);
    WAIT_FOR(SOON_S, access(file, F_OK) == 0 || !process_runs(shop));
    shop_port = atoi(file_read(file));
    assert_true(shop_port > 0);
}

static void write_csv(int64_t add)
{
    FILE *file = fopen(world_path("stock.csv"), "we");
    assert_non_null(file);
    fputs("sku;warehouse;quantity\n", file);
    for (int p = 1; p <= PRODUCTS; p++)
        fprintf(file, "ART-%04d;msk;%lld\nART-%04d;spb;%lld\n", p, (long long)(p * 2 + add), p,
                (long long)(p * 2 + 1 + add));
    assert_int_equal(fclose(file), 0);
}

static void conf_shop(void)
{
    conf_places();
    conf_write("50-shop.yaml",
               "accounts:\n  shop-main:\n    plugin: shop\n    first-plan: apply\n    address: "
               "http://127.0.0.1:%d\n"
               "    api-key: open-sesame\n    quotas: {requests: {amount: 1000, per: 1s}}\n"
               "links:\n  - {warehouse: msk, account: shop-main, remote: w1}\n"
               "  - {warehouse: spb, account: shop-main, remote: w2}\n",
               shop_port);
}

static void a_strangers_plugin_sends_stock(void **state)
{
    (void)state;
    build_the_plugin();
    start_shop("0");
    conf_shop();
    daemon_start();
    struct ran info = ctl("plugin info shop");
    assert_int_equal(info.code, 0);
    assert_text(info.out, "Shop (the template of a plugin)");
    assert_text(info.out, "api-key");
    for (int round = 0; round < 2; round++) {
        write_csv(round * 1000);
        struct ran ran = ctl("stock import %s --create", world_path("stock.csv"));
        assert_int_equal(ran.code, 0);
        assert_text(ran.out, "200 rows: 200 changed");
        WAIT_FOR(SOON_S, shop_shows(round * 1000, false));
        WAIT_FOR(SOON_S, all_sent());
    }
    assert_int_equal(targets_in("shop-main", "synced"), 2 * PRODUCTS);
    world_good();
}

/* One item that the shop answers 400 for, whatever is in its batch: the batches are halved until it
 * stands alone, and only it is rejected. */
static void one_poison_item_is_found(void **state)
{
    (void)state;
    build_the_plugin();
    start_shop(text_format("%d", POISON));
    conf_shop();
    daemon_start();
    write_csv(0);
    assert_int_equal(ctl("stock import %s --create", world_path("stock.csv")).code, 0);
    WAIT_FOR(SOON_S, targets_in("shop-main", "rejected") == 2);
    WAIT_FOR(SOON_S, shop_shows(0, true));
    WAIT_FOR(SOON_S, targets_in("shop-main", "synced") == 2 * PRODUCTS - 2);
    json_t *target = target_of("shop-main", "ART-0013", "w1");
    assert_string_equal(text_at(target, "state"), "rejected");
    assert_string_equal(text_at(target, "code"), "refused");
    assert_text(text_at(target, "text"), "without saying which item it means");
    json_t *figures = shop_figures();
    int64_t writes = number_at(figures, "writes");
    json_decref(figures);
    assert_in_range(writes, 4, 60); /* a handful of halvings, not one request an item */
    assert_string_equal(account_state("shop-main"), "active");
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_strangers_plugin_sends_stock, world_begin, world_end),
    cmocka_unit_test_setup_teardown(one_poison_item_is_found, world_begin, world_end),
};

TEST_MAIN(cases)
