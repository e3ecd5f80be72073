/* What is peculiar to one marketplace and has cost sellers stock or sales. */
#include "markets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct shop shop;
static struct figures figures;

static void begin_with(const struct market *market, int products, const char *what,
                       const char *fields)
{
    shop_open(&shop, market, "main", products, "");
    if (what) sim_post(&shop.sim, what, "{\"client_id\":\"%s\",%s}", shop.seller, fields);
    daemon_start();
    products_add(products);
    shops_enter(&shop, 1);
    figures.products = products;
    for (int p = 1; p <= products; p++)
        figures.at[0][p] = figures.at[1][p] = -1;
}

static void begin(const struct market *market, int products)
{
    begin_with(market, products, NULL, NULL);
}

static void set(int product, int w, int64_t quantity)
{
    ctl_ok("stock set SKU-%06d %lld --warehouse %s", product, (long long)quantity,
           w ? "spb" : "msk");
    figures.at[w][product] = quantity;
}

static void import_all(void)
{
    figures_csv(&figures, world_path("stock.csv"));
    ctl_ok("stock import %s", world_path("stock.csv"));
}

static void shown(void)
{
    shops_wait_shown(&shop, 1, &figures, LONG_S);
}

static void nothing_is_rejected(void)
{
    if (account_number("main", "rejected")) fail_msg("%s", ctl("target list --state rejected").out);
}

static void is_rejected(const char *sku, const char *code)
{
    WAIT_FOR(LONG_S, account_number("main", "rejected") == 1);
    struct ran list = ctl("target list --state rejected");
    assert_text(list.out, sku);
    assert_text(list.out, code);
}

/* ---- Wildberries */

/* One size that it does not take refuses the whole batch of a thousand. */
static void wb_one_item_refuses_the_batch(void **state)
{
    (void)state;
    begin(&market_wb, 30);
    shop_fault_writes(&shop, "\"kind\":\"item\",\"offers\":[\"SKU-000017\"],\"code\":\"NotFound\","
                             "\"count\":-1");
    for (int p = 1; p <= 30; p++)
        figures.at[0][p] = p;
    import_all();
    is_rejected("SKU-000017", "NotFound");
    figures.at[0][17] = -1;
    shown();
    struct shop_writes writes = shop_writes(&shop, 0);
    assert_in_range(writes.count, 29, 29);
    shop_faults_clear(&shop);
    set(17, 0, 18); /* a new figure is tried */
    shown();
    nothing_is_rejected();
    shops_good(&shop, 1);
}

static void wb_204_without_effect(void **state)
{
    (void)state;
    begin(&market_wb, 5);
    shop_fault_writes(&shop, "\"kind\":\"no_effect\",\"count\":1");
    for (int p = 1; p <= 5; p++)
        set(p, 0, 10 + p);
    shown();
    assert_int_equal(shop_faults_hit(&shop), 1);
    nothing_is_rejected();
    shops_good(&shop, 1);
}

static void wb_store_is_processing(void **state)
{
    (void)state;
    begin(&market_wb, 3);
    set(1, 0, 5);
    shown();
    sim_post(&shop.sim, "warehouse", "{\"client_id\":\"%s\",\"id\":501,\"processing\":true}",
             shop.seller);
    set(1, 0, 6);
    set(2, 1, 7);
    WAIT_FOR(LONG_S, sim_figure(&shop.sim, "SKU-000002", 502) == 7);
    WAIT_FOR(LONG_S, strstr(ctl("warehouse list --remote main").out, "StoreIsProcessing"));
    assert_int_equal(sim_figure(&shop.sim, "SKU-000001", 501), 5);
    sim_post(&shop.sim, "warehouse", "{\"client_id\":\"%s\",\"id\":501,\"processing\":false}",
             shop.seller);
    shown();
    nothing_is_rejected();
    shops_good(&shop, 1);
}

/* ---- Allegro */

/* A zero ends an offer. When its answer is lost, it is still our zero. */
static void allegro_a_lost_zero_comes_back(void **state)
{
    (void)state;
    begin(&market_allegro, 3);
    set(1, 0, 4);
    shown();
    shop_fault_writes(&shop, "\"kind\":\"drop_after\",\"count\":1");
    set(1, 0, 0);
    shown();
    shop_faults_clear(&shop);
    set(1, 0, 3);
    WAIT_FOR(LONG_S, account_number("main", "rejected") || all_sent());
    nothing_is_rejected();
    shown();
    shops_good(&shop, 1);
}

static void allegro_an_offer_that_the_seller_ended(void **state)
{
    (void)state;
    begin_with(&market_allegro, 3, "products", "\"offer_id\":\"SKU-000002\",\"ended_by\":\"USER\"");
    set(2, 0, 5);
    set(3, 0, 6);
    is_rejected("SKU-000002", "offer-ended");
    figures.at[0][2] = -1;
    shown();
    shops_good(&shop, 1);
}

/* A command that stays in NEW for hours: nothing is concluded, and it ends when it ends. */
static void allegro_a_command_that_is_stuck(void **state)
{
    (void)state;
    begin(&market_allegro, 60);
    sim_post(&shop.sim, "settings", "{\"stuck_commands\":1}");
    for (int p = 1; p <= 30; p++)
        figures.at[0][p] = 8;
    import_all();
    json_t *command = NULL;
    WAIT_FOR(
        LONG_S,
        (command = json_array_get(
             json_object_get(sim_get(&shop.sim, text_format("commands?client_id=%s", shop.seller)),
                             "commands"),
             0)) != NULL);
    char id[64];
    snprintf(id, sizeof id, "%s", text_at(command, "id"));
    for (int p = 31; p <= 60; p++)
        figures.at[0][p] = 9;
    import_all(); /* the others go their way */
    WAIT_FOR(LONG_S, account_number("main", "dirty") + account_number("main", "unresolved") > 0 &&
                         targets_in("main", "synced") == 30);
    nothing_is_rejected();
    sim_post(&shop.sim, "command/finish", "{\"client_id\":\"%s\",\"command_id\":\"%s\"}",
             shop.seller, id);
    shown();
    nothing_is_rejected();
    shops_good(&shop, 1);
}

/* Counts of 0 of 0 in a command that was just registered, 202 to a PATCH, an edit under way. */
static void allegro_takes_its_time(void **state)
{
    (void)state;
    begin(&market_allegro, 60);
    sim_post(&shop.sim, "settings",
             "{\"register_ms\":200,\"command_ms\":400,\"uncounted\":2,\"patch_async_ms\":300,"
             "\"edit_ms\":200}");
    for (int p = 1; p <= 60; p++)
        figures.at[0][p] = p <= 40 ? 8 : p % 3 ? p : 0;
    import_all();
    shown();
    for (int p = 1; p <= 60; p++)
        figures.at[0][p] = p <= 40 ? 7 : p % 4 ? p + 1 : 0;
    import_all();
    shown();
    nothing_is_rejected();
    shops_good(&shop, 1);
}

/* ---- Wix */

/* Somebody else's write makes our revision a stale one. */
static void wix_a_stale_revision(void **state)
{
    (void)state;
    begin(&market_wix, 20);
    for (int p = 1; p <= 20; p++)
        figures.at[0][p] = 10 + p;
    import_all();
    shown();
    for (int p = 1; p <= 20; p += 3)
        sim_post(&shop.sim, "foreign-write",
                 "{\"client_id\":\"%s\",\"offer_id\":\"SKU-%06d\",\"warehouse_id\":\"%s\","
                 "\"stock\":3}",
                 shop.seller, p, shop.market->remote[0]);
    for (int p = 1; p <= 20; p++)
        figures.at[0][p] = 5 + p;
    import_all();
    shown();
    nothing_is_rejected();
    shops_good(&shop, 1);
}

/* V1: a product whose quantity is not tracked is left as it is, and said to be; tracking stays what
 * it is for all others. */
static void wix_v1_keeps_tracking_as_it_is(void **state)
{
    (void)state;
    begin_with(&market_wix_v1, 6, "products", "\"offer_id\":\"SKU-000002\",\"untracked\":true");
    for (int p = 1; p <= 6; p++)
        figures.at[0][p] = p % 2 ? 0 : 10 + p;
    import_all();
    is_rejected("SKU-000002", "untracked");
    figures.at[0][2] = -1;
    shown();
    for (int p = 1; p <= 6; p++)
        if (p != 2) figures.at[0][p] = 20 + p;
    import_all();
    shown();
    shops_good(&shop, 1);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(wb_one_item_refuses_the_batch, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_204_without_effect, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_store_is_processing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_a_lost_zero_comes_back, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_an_offer_that_the_seller_ended, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_a_command_that_is_stuck, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_takes_its_time, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_a_stale_revision, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_v1_keeps_tracking_as_it_is, world_begin, world_end),
};

TEST_MAIN(cases)
