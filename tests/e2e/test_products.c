/* Products that change their name, become one, go and come back, while their figures are shown. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAST = 100 }; /* the scale of the plugin in fast/ */

static struct figures figures;

static void begin(int products)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", products));
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "");
    daemon_start();
    products_add(products);
    figures.products = products;
    for (int p = 1; p <= products; p++)
        for (int w = 0; w < 2; w++)
            figures.at[w][p] = p + 10 * w;
    figures_csv(&figures, world_path("stock.csv"));
    ctl_ok("stock import %s", world_path("stock.csv"));
    wait_shown(&figures, SOON_S);
}

/* The number that the newest event of that kind has in the history. */
static int64_t newest(const char *kind)
{
    json_t *history = api_get(text_format("/v1/history?limit=1&kind=%s", kind));
    return number_at(json_array_get(json_object_get(history, "items"), 0), "sequence");
}

static void a_rename_goes_on_being_shown(void **state)
{
    (void)state;
    begin(3);
    ctl_ok("product rename SKU-000001 LAMP");
    ctl_ok("stock set LAMP 77 --warehouse msk");
    figures.at[0][1] = 77; /* the listing still has the old SKU at the marketplace */
    wait_shown(&figures, SOON_S);
    struct ran ran = ctl("product rename LAMP SKU-000002");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "there is a product 'SKU-000002' already");
    ran = ctl("history LAMP");
    assert_text(ran.out, "product rename");
    assert_text(ran.out, "stock set");
    assert_int_equal(ctl("sends LAMP --result done").code, 0);
    world_good();
}

static void a_merge_is_shown_and_taken_apart(void **state)
{
    (void)state;
    begin(3);
    ctl_ok("product merge SKU-000001 SKU-000002 --stock sum");
    figures.at[0][1] = figures.at[0][2] = 1 + 2;
    figures.at[1][1] = figures.at[1][2] = 11 + 12;
    wait_shown(&figures, SOON_S); /* both listings show the one product */
    daemon_kill();
    daemon_start();
    int64_t merge = newest("product");
    assert_text(ctl("undo %d --dry-run", (int)merge).out, "in the way: 0");
    ctl_ok("undo %d", (int)merge);
    figures.at[0][1] = 1, figures.at[0][2] = 2;
    figures.at[1][1] = 11, figures.at[1][2] = 12;
    wait_shown(&figures, SOON_S);
    assert_int_equal(ctl("undo %d", (int)merge).code, 1);
    world_good();
}

static void a_deleted_product_comes_back(void **state)
{
    (void)state;
    begin(3);
    assert_text(ctl("product delete SKU-000003 --dry-run").out, "nothing was deleted");
    ctl_ok("product delete SKU-000003");
    assert_int_equal(ctl("stock get SKU-000003").code, 1);
    ctl_ok("undo %d", (int)newest("product"));
    ctl_ok("stock set SKU-000003 8 --warehouse spb");
    figures.at[1][3] = 8;
    wait_shown(&figures, SOON_S);
    world_good();
}

static void an_import_of_ten_thousand_rows_is_undone(void **state)
{
    (void)state;
    begin(3);
    FILE *file = fopen(world_path("many.csv"), "w");
    fputs("sku,warehouse,quantity\nSKU-000001,msk,90\n", file);
    for (int i = 0; i < 10000; i++)
        fprintf(file, "N-%05d,msk,%d\n", i, i % 40);
    fclose(file);
    ctl_ok("stock import %s --create", world_path("many.csv"));
    figures.at[0][1] = 90;
    wait_shown(&figures, SOON_S);
    json_t *imports = api_get("/v1/imports?limit=1000"), *item;
    int64_t job = 0;
    size_t i;
    json_array_foreach (json_object_get(imports, "items"), i, item)
        if (number_at(item, "job") > job) job = number_at(item, "job");
    int64_t begun = now_ms();
    ctl_ok("undo %d --import", (int)job);
    int64_t took = now_ms() - begun;
    print_message("10,001 rows undone in %d ms\n", (int)took);
    if (!under_sanitizer()) assert_true(took < 2000);
    figures.at[0][1] = 1;
    wait_shown(&figures, SOON_S);
    json_t *stock = api_get("/v1/stock/N-00007");
    assert_true(json_is_null(
        json_object_get(json_array_get(json_object_get(stock, "stock"), 0), "on_hand")));
    assert_int_equal(ctl("undo %d --import", (int)job).code, 1);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_rename_goes_on_being_shown, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_merge_is_shown_and_taken_apart, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_deleted_product_comes_back, world_begin, world_end),
    cmocka_unit_test_setup_teardown(an_import_of_ten_thousand_rows_is_undone, world_begin,
                                    world_end),
};
TEST_MAIN(cases)
