/* Marketplaces that say what cannot be: no listings where there were fifty, half of them, no stock
 * anywhere, another seller behind the credentials. Nothing is taken from our stock or from what is
 * tied to it, nothing is sent that shows less, and it is told why. */
#include "buyers.h"

#include <stdio.h>
#include <string.h>

enum { LISTINGS = 50, PIECES = 7 };

static struct shop shop;
static int64_t written; /* the last write when all was well */

static json_t *task(const char *name)
{
    json_t *tasks = json_object_get(api_get("/v1/accounts/main"), "tasks"), *row;
    size_t i;
    json_array_foreach (tasks, i, row)
        if (strcmp(text_at(row, "task"), name) == 0) return row;
    return NULL;
}

/* What reads stock where there is no such task: the listings. */
static const char *stock_task(void)
{
    return task("stock") ? "stock" : "listings";
}

/* That task was done, or failed, after this was called. */
static void refreshed(const char *name)
{
    WAIT_FOR(SOON_S, !json_is_true(json_object_get(task(name), "running")));
    const char *last = text_format("%s", text_at(task(name), "last"));
    int64_t failures = number_at(task(name), "failures");
    ctl_ok("account refresh main --task %s", name);
    WAIT_FOR(SOON_S, strcmp(text_at(task(name), "last"), last) != 0 ||
                         number_at(task(name), "failures") > failures);
    WAIT_FOR(SOON_S, !json_is_true(json_object_get(task(name), "running")));
}

static void begin(const struct market *market)
{
    static struct figures figures = {.products = LISTINGS};
    for (int p = 1; p <= LISTINGS; p++)
        figures.at[0][p] = figures.at[1][p] = PIECES;
    shop_open(&shop, market, "main", LISTINGS, "    orders: import\n");
    daemon_start();
    shops_enter(&shop, 1);
    figures_csv(&figures, world_path("stock.csv"));
    ctl_ok("stock import %s --create", world_path("stock.csv"));
    shops_wait_shown(&shop, 1, &figures, LONG_S);
    written = shop_writes(&shop, 0).last_seq;
}

/* Nothing less was written; what is here is as it was. */
static void nothing_is_lost(void)
{
    json_t *rows = json_object_get(
        sim_get(&shop.sim, text_format("writes?since=%lld", (long long)written)), "writes");
    json_t *row;
    size_t i;
    json_array_foreach (rows, i, row)
        if (number_at(row, "stock") < PIECES) fail_msg("%s", json_dumps(row, JSON_COMPACT));
    rows = json_object_get(api_get("/v1/stock?limit=1000"), "items");
    json_array_foreach (rows, i, row)
        if (number_at(row, "on_hand") != PIECES) fail_msg("%s", json_dumps(row, JSON_COMPACT));
    assert_int_equal(account_number("main", "listings"), LISTINGS);
    int64_t targets = account_number("main", "targets");
    assert_int_equal(targets, LISTINGS * shop.market->places);
    assert_int_equal(account_number("main", "rejected"), 0);
    rows = json_object_get(api_get("/v1/targets?account=main&limit=1000"), "items");
    json_array_foreach (rows, i, row)
        assert_int_equal(number_at(row, "wanted"), PIECES);
}

static void says(const char *why)
{
    struct ran show = ctl("account show main"), status = ctl("status");
    if (!strstr(show.out, why) && !strstr(status.out, why))
        fail_msg("nobody says '%s':\n%s%s%s", why, show.out, status.out,
                 json_dumps(api_get("/v1/accounts/main"), JSON_INDENT(1)));
}

static void all_is_well_again(const char *name)
{
    shop_faults_clear(&shop);
    refreshed(name);
    WAIT_FOR(SOON_S, all_sent());
    nothing_is_lost();
    for (int p = 1; p <= LISTINGS; p += 7)
        assert_int_equal(shop_figure(&shop, text_format("SKU-%06d", p), 0), PIECES);
}

static void fault_list(const char *kind)
{
    sim_post(&shop.sim, "fault", "{\"path\":\"%s\",\"kind\":\"%s\",\"count\":-1}",
             shop.market->list, kind);
}

static void lists_nothing(void)
{
    fault_list("empty_list");
    refreshed("listings");
    nothing_is_lost();
    says("reading its listings fails");
    all_is_well_again("listings");
}

static void lists_half(const char *kind)
{
    fault_list(kind);
    refreshed("listings");
    nothing_is_lost();
    says("reading its listings fails");
    all_is_well_again("listings");
}

static void shows_zeros(void)
{
    shop_fault_reads(&shop, "\"kind\":\"zeros\",\"count\":-1");
    if (!task("stock")) fault_list("zeros");
    refreshed(stock_task());
    refreshed(stock_task());
    nothing_is_lost();
    all_is_well_again(stock_task());
}

/* The credentials in conf.d become another seller's, who has the same SKUs. */
static void belongs_to_another(void)
{
    shop.seller = strcmp(shop.market->plugin, "wix") == 0 ? "5170c0de-0000-4000-8000-000000009999"
                  : strcmp(shop.market->plugin, "allegro") == 0 ? "client-9999"
                                                                : "9999";
    sim_post(&shop.sim, "seller", "{\"client_id\":\"%s\",\"api_key\":\"test-key\"%s}", shop.seller,
             shop.market == &market_allegro ? ",\"seller\":\"99999999\",\"app_name\":\"stockd\""
                                            : "");
    if (shop.market == &market_wb) /* a token that says whose it is */
        sim_post(&shop.sim, "token",
                 "{\"client_id\":\"%s\",\"categories\":[\"content\",\"analytics\","
                 "\"marketplace\"]}",
                 shop.seller);
    if (shop.market == &market_wix)
        sim_post(&shop.sim, "warehouse", "{\"client_id\":\"%s\",\"id\":\"%s\",\"default\":true}",
                 shop.seller, shop.market->remote[0]);
    shop_conf(&shop, "    orders: import\n");
    ctl_ok("reload");
    ctl_ok("stock set SKU-000001 3 --warehouse msk");
    if (shop.market == &market_allegro) ctl("account login main");
    int64_t until = now_ms() + SOON_S * 1000;
    WAIT_FOR(2 * SOON_S, now_ms() > until || (strcmp(account_state("main"), "parked") == 0 &&
                                              strstr(ctl("status").out, "another seller")));
    says("another seller");
    assert_int_equal(shop_wrote(&shop, shop.seller) + shop_wrote(&shop, "99999999"), 0);
    assert_int_equal(account_number("main", "listings"), LISTINGS);
    assert_int_equal(stock_of("SKU-000002", "msk", "on_hand"), PIECES);
}

static void hostile(const struct market *market)
{
    begin(market);
    lists_nothing();
    lists_half("truncated");
    lists_half("malformed");
    shows_zeros();
    belongs_to_another();
    world_good_but(true);
}

static void ozon_is_hostile(void **state)
{
    (void)state;
    hostile(&market_ozon);
}

static void wb_is_hostile(void **state)
{
    (void)state;
    hostile(&market_wb);
}

static void allegro_is_hostile(void **state)
{
    (void)state;
    hostile(&market_allegro);
}

static void wix_is_hostile(void **state)
{
    (void)state;
    hostile(&market_wix);
}

static void wix_v1_is_hostile(void **state)
{
    (void)state;
    hostile(&market_wix_v1);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(ozon_is_hostile, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wb_is_hostile, world_begin, world_end),
    cmocka_unit_test_setup_teardown(allegro_is_hostile, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_is_hostile, world_begin, world_end),
    cmocka_unit_test_setup_teardown(wix_v1_is_hostile, world_begin, world_end),
};

TEST_MAIN(cases)
