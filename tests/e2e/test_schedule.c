/* What is done by time, on short schedules: done as often as said, shown, changed by a reload,
 * ended at its limits. */
#include "markets.h"

#include <stdio.h>
#include <string.h>

enum { PRODUCTS = 10 };

static struct shop shop, second;

static void begin(const struct market *market, const char *more)
{
    shop_open(&shop, market, "main", PRODUCTS, more);
    daemon_start();
    products_add(PRODUCTS);
    shops_enter(&shop, 1);
}

static json_t *row(const char *account, const char *task)
{
    json_t *one;
    size_t i;
    json_t *list = api_get(text_format("/v1/schedule?account=%s", account));
    json_array_foreach (json_object_get(list, "items"), i, one)
        if (strcmp(text_at(one, "task"), task) == 0) return one;
    return NULL;
}

/* The newest ended run of the kind. */
static json_t *newest(const char *kind, const char *state)
{
    json_t *list =
        api_get(text_format("/v1/runs?account=main&task=%s&state=%s&limit=1", kind, state));
    return json_array_get(json_object_get(list, "items"), 0);
}

static int64_t ended(const char *kind)
{
    json_t *list = api_get(text_format("/v1/runs?account=main&task=%s&limit=100", kind));
    return (int64_t)json_array_size(json_object_get(list, "items"));
}

static void each_account_is_there_by_itself(void **state)
{
    (void)state;
    static const char *const usual[][2] = {
        {"orders", "every 10s"},      {"verify", "every 30m"},
        {"listings", "every 6h"},     {"warehouses", "daily 03:00 UTC"},
        {"check", "daily 03:00 UTC"}, {"resync", "weekly sun 03:30"},
    };
    begin(&market_ozon, "    orders: import\n");
    shop_open(&second, &market_wb, "other", PRODUCTS,
              "    orders: import\n    schedule: {verify: every 45m}\n");
    ctl_ok("reload");
    shops_enter(&second, 1);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        assert_text(text_at(row("main", usual[i][0]), "schedule"), usual[i][1]);
    assert_string_equal(text_at(row("other", "verify"), "schedule"), "every 45m");
    struct ran ran = ctl("schedule");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "main");
    assert_text(ran.out, "other");
    assert_text(ran.out, "weekly sun 03:30 UTC");
    ran = ctl("schedule main");
    assert_no_text(ran.out, "other");
    ran = ctl("schedule nobody");
    assert_int_equal(ran.code != 0, true);
    assert_text(ran.err, "nobody");
    world_good();
}

/* Often, and each time with a result; drains of orders leave no runs. */
static void short_intervals_are_kept(void **state)
{
    (void)state;
    begin(&market_ozon, "    orders: import\n"
                        "    schedule: {orders: every 1s, check: every 1s, warehouses: every 1s,"
                        " verify: every 1s}\n");
    int64_t from = now_ms(), checks = ended("check"), stock = ended("stock");
    int64_t drains = sim_requests(&shop.sim, "/v4/posting/fbs/list");
    WAIT_FOR(LONG_S, ended("check") >= checks + 4 && ended("stock") >= stock + 4 &&
                         sim_requests(&shop.sim, "/v4/posting/fbs/list") >= drains + 4);
    assert_true(now_ms() - from >= 3000); /* nor more often */
    assert_string_equal(text_at(row("main", "check"), "why"), "");
    assert_true(number_at(row("main", "check"), "duration_ms") >= 0);
    assert_true(number_at(row("main", "orders"), "duration_ms") >= 0);
    assert_null(newest("check", "failed"));
    world_good();
}

static void a_reload_changes_it(void **state)
{
    (void)state;
    begin(&market_ozon, "    schedule: {verify: off}\n");
    assert_true(json_is_null(json_object_get(row("main", "verify"), "next")));
    int64_t before = ended("stock");
    shop_conf(&shop, "    schedule: {verify: every 1s}\n");
    struct ran ran = ctl("reload");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "schedule.verify changes from off to every 1s");
    WAIT_FOR(SOON_S, ended("stock") >= before + 2);
    shop_conf(&shop, "    schedule: {verify: evry 1s}\n");
    ran = ctl("reload");
    assert_int_equal(ran.code != 0, true);
    assert_text(ran.err, "did you mean 'every'?");
    assert_string_equal(text_at(row("main", "verify"), "schedule"), "every 1s");
    world_good();
}

/* The marketplace takes the request and never answers. */
static void a_hang_is_ended(void **state)
{
    (void)state;
    begin(&market_ozon, "    timeout: 5m\n"
                        "    schedule: {verify: every 1s, soft-limit: 1s, hard-limit: 2s}\n");
    shop_fault_reads(&shop, "\"kind\":\"drop_before\",\"delay_ms\":600000,\"count\":-1");
    WAIT_FOR(SOON_S, newest("stock", "failed") != NULL);
    assert_text(text_at(newest("stock", "failed"), "why"), "hard-limit");
    assert_string_equal(account_state("main"), "active"); /* nothing else suffers */
    shop_faults_clear(&shop);
    WAIT_FOR(LONG_S, strcmp(text_at(row("main", "verify"), "result"), "done") == 0);
    world_good();
}

/* Two warehouses, each read by a request that takes longer than the soft limit. */
static void a_long_reading_rests_and_goes_on(void **state)
{
    (void)state;
    begin(&market_wb, "    schedule: {verify: every 1s, soft-limit: 1s, hard-limit: 20s}\n");
    shop_fault_reads(&shop, "\"kind\":\"slow\",\"delay_ms\":1300,\"count\":-1");
    WAIT_FOR(LONG_S, newest("stock", "partial") != NULL);
    assert_text(text_at(newest("stock", "partial"), "why"), "soft-limit");
    const char *rested = text_format("%s", text_at(newest("stock", "partial"), "id"));
    WAIT_FOR(LONG_S,
             newest("stock", "done") != NULL &&
                 strcmp(text_at(newest("stock", "done"), "started"),
                        text_at(api_get(text_format("/v1/runs/%s", rested)), "started")) > 0);
    assert_null(newest("stock", "failed"));
    assert_string_equal(account_state("main"), "active");
    shop_faults_clear(&shop);
    world_good();
}

/* At the next minute: what was confirmed is read again, and what differs is sent. */
static void a_resync_is_done_by_time(void **state)
{
    (void)state;
    begin(&market_ozon, "    schedule: {verify: off, listings: off, resync: cron * * * * *}\n");
    ctl_ok("stock set SKU-000001 7 --warehouse msk");
    WAIT_FOR(SOON_S, sim_figure(&shop.sim, "SKU-000001", 501) == 7 && all_sent());
    WAIT_FOR(LONG_S, newest("resync", "done") != NULL);
    assert_string_equal(text_at(newest("resync", "done"), "actor"), "stockd");
    assert_true(number_at(newest("resync", "done"), "done") > 0);
    WAIT_FOR(LONG_S, all_sent());
    assert_int_equal(sim_figure(&shop.sim, "SKU-000001", 501), 7);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(each_account_is_there_by_itself, world_begin, world_end),
    cmocka_unit_test_setup_teardown(short_intervals_are_kept, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_reload_changes_it, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_hang_is_ended, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_long_reading_rests_and_goes_on, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_resync_is_done_by_time, world_begin, world_end),
};

TEST_MAIN(cases)
