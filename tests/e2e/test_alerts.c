/* Alerts, end to end: a marketplace provokes what is wrong; a webhook, a stand-in of Telegram and a
 * mail server are told once, and once more when it is over. */
#include "harness.h"
#include "hearer.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FAST = 100, PRODUCTS = 30 };

static void conf_alerts(const char *more)
{
    conf_write("20-alerts.yaml",
               "alerts:\n  every: 1s\n  group: 1s\n%s  channels:\n"
               "    hook: {type: webhook, url: \"http://127.0.0.1:%d/hook\", secret: s3cret}\n"
               "    phone: {type: telegram, url: \"http://127.0.0.1:%d\", token: \"7:abc\", chat: "
               "\"-5\"}\n"
               "    office: {type: email, url: \"smtp://127.0.0.1:%d\", from: a@example.com, to: "
               "\"b@example.com\"}\n",
               more, hearer_http, hearer_http, hearer_smtp);
}

static void begin(const char *more, const char *account)
{
    hearer_start();
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_places();
    conf_alerts(more);
    conf_ozon("ozon-main", "1001", "test-key", account);
    daemon_start();
    products_add(PRODUCTS);
    wait_active("ozon-main");
}

static void figures_set(int quantity)
{
    for (int p = 1; p <= 3; p++) {
        ctl_ok("stock set SKU-%06d %d --warehouse msk", p, quantity);
        ctl_ok("stock set SKU-%06d %d --warehouse spb", p, quantity);
    }
}

/* So many messages with these words went to every channel. */
static bool told(const char *words, int times)
{
    return heard_times(heard_mail(), words) == times &&
           heard_times(heard_http(), words) >= 2 * times;
}

static size_t open_ones(const char *rule)
{
    json_t *row, *answer = api_get("/v1/alerts");
    size_t i, count = 0;
    json_array_foreach (json_object_get(answer, "items"), i, row)
        count += strcmp(text_at(row, "rule"), rule) == 0;
    return count;
}

static void a_dead_key_is_told_once_and_its_end_too(void **state)
{
    (void)state;
    begin("", "");
    sim_post(&sim, "key", "{\"state\":\"deactivated\"}");
    ctl("account check ozon-main");
    WAIT_FOR(SOON_S, open_ones("token-dead") == 1);
    WAIT_FOR(SOON_S, told("no longer accepts the token or key", 1));
    WAIT_FOR(SOON_S, strstr(heard_http(), "200 POST /bot7:abc/sendMessage HTTP/1.1") != NULL);
    WAIT_FOR(SOON_S, strstr(heard_http(), "200 POST /hook HTTP/1.1") != NULL);
    assert_text(heard_http(), "X-Stockd-Signature: ");
    assert_text(heard_http(), "\"chat_id\":\"-5\"");
    assert_text(ctl("alert list").out, "token-dead");
    assert_no_text(ctl("status").out, "7:abc");
    sim_post(&sim, "key", "{\"state\":\"active\"}");
    ctl_ok("account resume ozon-main");
    WAIT_FOR(SOON_S, told("ozon-main: access works again", 1));
    assert_int_equal(heard_times(heard_mail(), "no longer accepts"), 1);
    assert_text(ctl("alert list").out, "Nothing is wrong.");
    assert_text(ctl("alert list --all").out, "over");
    assert_no_text(daemon_log(), "7:abc");
    world_good_but(true);
}

static void a_held_plan_and_a_conflict(void **state)
{
    (void)state;
    conf_guarded = true;
    begin("  lang: ru\n", "");
    figures_set(5);
    WAIT_FOR(SOON_S, all_sent());
    conf_write("15-guard.yaml", "guard: {zeroed: 10, source-zeroed: 10, at-least: 1}\n");
    ctl_ok("reload");
    for (int p = 1; p <= 3; p++)
        ctl("stock set SKU-%06d 0 --warehouse msk", p);
    WAIT_FOR(SOON_S, open_ones("held") >= 1);
    size_t held = open_ones("held");
    WAIT_FOR(SOON_S, told("задержан; остатков в нём", (int)held));
    json_t *plans = json_object_get(api_get("/v1/plans"), "items"), *plan;
    size_t i;
    json_array_foreach (plans, i, plan)
        ctl_ok("drop %s", text_at(plan, "id"));
    WAIT_FOR(SOON_S, open_ones("held") == 0 && told("больше не задержан", (int)held));
    ctl_ok("product add A-1 --barcode 7777777777772");
    ctl_ok("product add A-2 --barcode 7777777777772");
    sim_post(&sim, "products", "{\"offer_id\":\"OTHER\",\"barcode\":\"7777777777772\"}");
    ctl_ok("account refresh ozon-main --task listings");
    WAIT_FOR(SOON_S, open_ones("conflict") == 1);
    WAIT_FOR(SOON_S, told("нельзя связать с одним товаром", 1));
    ctl_ok("product delete A-2");
    WAIT_FOR(SOON_S, open_ones("conflict") == 0 && told("всё ясно", 1));
    assert_true(told("нельзя связать с одним товаром", 1));
    world_good_but(true);
}

static void a_warehouse_that_is_closed(void **state)
{
    (void)state;
    begin("", "");
    sim_post(&sim, "warehouse", "{\"id\":501,\"status\":\"disabled\"}");
    ctl_ok("account refresh ozon-main --task warehouses");
    WAIT_FOR(SOON_S, open_ones("link") == 1);
    WAIT_FOR(SOON_S, told("warehouse 501", 1));
    sim_post(&sim, "warehouse", "{\"id\":501,\"status\":\"created\"}");
    ctl_ok("account refresh ozon-main --task warehouses");
    WAIT_FOR(SOON_S, open_ones("link") == 0 && told("takes figures again", 1));
    world_good_but(true);
}

static void what_is_refused_is_told_later_also_after_a_kill(void **state)
{
    (void)state;
    begin("  disk: 100\n", "");
    hearer_answers(503, 0);
    conf_alerts("  disk: 1\n");
    ctl_ok("reload");
    WAIT_FOR(SOON_S, hearer_requests() >= 2 && daemon_said("mailbox is busy"));
    assert_text(ctl("alert channels").out, "HTTP 503: as the test says");
    struct ran ran = ctl("alert test phone");
    assert_int_equal(ran.code, 1);
    assert_text(ran.out, "HTTP 503: as the test says");
    daemon_kill();
    hearer_answers(200, 1);
    daemon_start();
    ran = ctl("alert test");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "250 queued as 42");
    assert_text(heard_mail(), "This is a test of the channel office.");
    WAIT_FOR(LONG_S, told("full (limit: 1 %)", 1)); /* the second attempt: 30 s after the first */
    assert_int_equal(open_ones("disk"), 1);
    json_t *row = json_array_get(json_object_get(api_get("/v1/alerts"), "items"), 0);
    ctl_ok("alert ack %lld", (long long)number_at(row, "id"));
    assert_text(ctl("alert list").out, "known");
    assert_int_equal(ctl("alert ack 99999").code, 1);
    assert_int_equal(ctl("alert test nobody").code, 1);
    world_good_but(true);
}

/* A key that expires, a full disk and a run that does not take place: each once, and its end. */
static void what_comes_and_goes_by_itself(void **state)
{
    (void)state;
    static const char *const rules[] = {"key-expires", "disk", "missed"};
    static const char *const words[] = {"the key expires on 2", "full (limit: 1 %)",
                                        "`warehouses` was due at"};
    static const char *const over[] = {"the key is good for longer again", "has room again",
                                       "warehouses ran again"};
    time_t soon = time(NULL) + 3 * 86400;
    char expires[40];
    begin("  disk: 1\n  missed: 2s\n", "    schedule: {warehouses: every 1s}\n");
    strftime(expires, sizeof expires, "%Y-%m-%dT%H:%M:%SZ", gmtime(&soon));
    sim_post(&sim, "key", "{\"expires_at\":\"%s\"}", expires);
    ctl_ok("account check ozon-main");
    sim_post(&sim, "fault",
             "{\"kind\":\"status\",\"status\":500,\"path\":\"/v2/warehouse/list\","
             "\"count\":-1}");
    for (int i = 0; i < 3; i++)
        WAIT_FOR(SOON_S, open_ones(rules[i]) == 1 && told(words[i], 1));
    sim_post(&sim, "faults/clear", "{}");
    sim_post(&sim, "key", "{\"expires_at\":\"2099-01-01T00:00:00Z\"}");
    ctl_ok("account check ozon-main");
    conf_alerts("  disk: 100\n");
    ctl_ok("reload");
    ctl_ok("account refresh ozon-main --task warehouses");
    for (int i = 0; i < 3; i++)
        WAIT_FOR(SOON_S, open_ones(rules[i]) == 0 && told(over[i], 1));
    for (int i = 0; i < 3; i++)
        assert_true(told(words[i], 1));
    world_good_but(true);
}

/* Twenty figures about 50, then one that somebody mistyped. */
static void a_figure_that_is_far_from_its_past(void **state)
{
    (void)state;
    hearer_start();
    conf_places();
    conf_alerts("");
    daemon_start();
    products_add(1);
    for (int i = 0; i < 21; i++)
        ctl_ok("stock set SKU-000001 %d --warehouse msk", 45 + i % 2 * 7 + i % 5);
    ctl_ok("stock set SKU-000001 80 --warehouse msk"); /* much, but within 8 times the spread */
    ctl_ok("stock set SKU-000001 500 --warehouse msk");
    WAIT_FOR(SOON_S, open_ones("unusual-figure") == 1);
    WAIT_FOR(SOON_S,
             told(text_format("SKU-000001/msk was set to 500; usual is about 50. By: uid:%u",
                              (unsigned)getuid()),
                  1));
    ctl_ok("stock adjust SKU-000001 -1 --warehouse msk");
    daemon_kill();
    daemon_start();
    WAIT_FOR(SOON_S, open_ones("unusual-figure") == 1);
    ctl_ok("stock set SKU-000001 50 --warehouse msk");
    WAIT_FOR(SOON_S,
             open_ones("unusual-figure") == 0 && told("SKU-000001/msk is as usual again", 1));
    world_good();
}

static void an_order_of_more_than_there_is(void **state)
{
    (void)state;
    begin("", "    orders: import\n    schedule: {orders: every 1s}\n");
    ctl_ok("stock set SKU-000001 1 --warehouse msk");
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 1);
    json_t *placed = sim_post(&sim, "order",
                              "{\"warehouse_id\":501,\"oversell\":true,\"items\":[{\"offer_id\":"
                              "\"SKU-000001\",\"quantity\":3}]}");
    WAIT_FOR(SOON_S, open_ones("oversell") == 1);
    WAIT_FOR(SOON_S, told("took more than was available of SKU-000001; pieces ordered: 3", 1));
    sim_post(&sim, "order/cancel", "{\"posting_number\":\"%s\"}",
             text_at(placed, "posting_number"));
    WAIT_FOR(SOON_S, open_ones("oversell") == 0 && told("is no longer open, or is covered", 1));
    assert_true(told("took more than was available", 1));
    world_good_but(true);
}

static void a_plugin_that_is_quarantined(void **state)
{
    (void)state;
    plugin_put(HOSTILE_PLUGINS "/behaves.so", "behaves.so");
    conf_write("60-bad.yaml", "accounts:\n  bad:\n    plugin: behaves\n    act: abort\n"
                              "    first-plan: apply\n");
    hearer_start();
    conf_places();
    conf_alerts("");
    for (int i = 0; i < 2; i++) {
        daemon_begin();
        assert_int_equal(daemon_ended(), 128 + SIGABRT);
    }
    daemon_start();
    WAIT_FOR(SOON_S, open_ones("plugin") == 1);
    WAIT_FOR(SOON_S, told("Plugin behaves cannot be used", 1));
    ctl_ok("plugin release behaves");
    WAIT_FOR(SOON_S, open_ones("plugin") == 0);
    WAIT_FOR(SOON_S, told("Plugin behaves is no longer quarantined", 1));
    assert_true(told("Plugin behaves cannot be used", 1));
    conf_remove("60-bad.yaml"); /* it would crash again */
    world_good();
}

static void conf_backups(const char *directory, const char *schedule)
{
    conf_write("10-stockd.yaml",
               "daemon:\n  store: %s\n  store-size: 1GiB\n  socket: %s\n  plugins: [%s]\n"
               "  backups: %s\n%s",
               world_path("store"), world_path("sock"), world_path("plugins"), directory, schedule);
}

/* The folder's own folder is not there; a restart meanwhile mends nothing. */
static void a_backup_that_fails(void **state)
{
    static const char schedule[] = "  backup-schedule: every 10m\n";
    const char *words = "Backups by schedule fail since 20", *over = "schedule no longer fail";
    (void)state;
    hearer_start();
    conf_backups(world_path("none/backups"), schedule);
    conf_alerts("");
    daemon_start();
    WAIT_FOR(SOON_S, open_ones("backup") == 1);
    WAIT_FOR(SOON_S, told(words, 1) && told("next attempt is in 60 min", 1));
    assert_text(heard_http(), world_path("none/backups")); /* what is wrong */
    assert_text(ctl("alert list").out, "backup");
    struct ran ran = ctl("backups");
    assert_text(ran.out, "There is no backup in");
    assert_text(ran.out, "FAILING since 20");
    assert_text(ran.out, world_path("none/backups"));
    assert_text(ran.out, "Tried again: 20");
    daemon_kill();
    daemon_start();
    assert_int_equal(open_ones("backup"), 1);
    conf_backups(world_path("others"), schedule);
    ctl_ok("reload");
    WAIT_FOR(SOON_S, open_ones("backup") == 0 && told(over, 1));
    assert_true(told(words, 1));
    ran = ctl("backups");
    assert_text(ran.out, "auto-");
    assert_text(ran.out, "The next one: 20");
    assert_no_text(ran.out, "FAILING");
    world_good();
}

static void what_is_old_unsent_and_not_read(void **state)
{
    (void)state;
    begin("  unsent: 1s\n  stale: 2s\n  stale-times: 2\n", "    schedule: {verify: every 1s}\n");
    WAIT_FOR(SOON_S, sim_requests(&sim, "/v1/product/info/warehouse/stocks") > 1);
    assert_int_equal(open_ones("stale"), 0);
    sim_post(&sim, "fault",
             "{\"kind\":\"status\",\"status\":500,\"path\":\"/v1/product/info/warehouse/stocks\","
             "\"count\":-1}");
    WAIT_FOR(SOON_S, open_ones("stale") == 1);
    WAIT_FOR(SOON_S, told("figures were read last", 1));
    sim_post(&sim, "faults/clear", "{}");
    ctl_ok("account refresh ozon-main --task stock");
    WAIT_FOR(SOON_S, told("ozon-main: figures are read again", 1));
    assert_true(told("figures were read last", 1));
    sim_post(&sim, "fault", "{\"kind\":\"rate\",\"path\":\"/v2/products/stocks\",\"count\":-1}");
    ctl_ok("stock set SKU-000001 4 --warehouse msk");
    WAIT_FOR(SOON_S, open_ones("unsent") == 1);
    WAIT_FOR(SOON_S, told("the oldest change waits unsent", 1));
    sim_post(&sim, "faults/clear", "{}");
    ctl_ok("push --account ozon-main");
    WAIT_FOR(LONG_S, told("changes are sent in time again", 1));
    world_good_but(true);
}

static void a_foreign_writer_and_much_change(void **state)
{
    (void)state;
    conf_guarded = true;
    conf_write("15-guard.yaml", "guard: {changed: 100, source-changed: 100}\n");
    begin("  change: 20\n", "");
    figures_set(5);
    WAIT_FOR(SOON_S, all_sent());
    assert_int_equal(open_ones("change"), 0); /* what nothing was known of is no change */
    for (int i = 0; i < 4; i++) {
        sim_post(&sim, "foreign-write",
                 "{\"stocks\":[{\"offer_id\":\"SKU-000001\",\"warehouse_id\":501,\"stock\":%d}]}",
                 25 + i);
        WAIT_FOR(SOON_S, ctl("verify ozon-main --follow").code >= 0 &&
                             (sim_figure(&sim, "SKU-000001", 501) == 5 || open_ones("drift")));
    }
    WAIT_FOR(SOON_S, open_ones("drift") == 1);
    WAIT_FOR(SOON_S, told("SKU-000001/501 shows 28 instead of 5", 1));
    json_t *row = json_array_get(json_object_get(api_get("/v1/drift"), "items"), 0);
    ctl_ok("drift resolve ozon-main %s 501", text_at(row, "listing"));
    WAIT_FOR(SOON_S, told("SKU-000001/501 is as it should be", 1));
    for (int p = 1; p <= 6; p++) {
        ctl_ok("stock set SKU-%06d 7 --warehouse msk", p);
        ctl_ok("stock set SKU-%06d 7 --warehouse spb", p);
    }
    for (int p = 1; p <= 6; p++) {
        ctl_ok("stock set SKU-%06d 8 --warehouse msk", p);
        ctl_ok("stock set SKU-%06d 8 --warehouse spb", p);
    }
    WAIT_FOR(SOON_S,
             open_ones("change") == 1); /* told of as many as had changed when it was seen */
    WAIT_FOR(SOON_S, told("% of the targets (", 1));
    conf_alerts("  change: 100\n");
    ctl_ok("reload");
    WAIT_FOR(SOON_S, open_ones("change") == 0 && told("changes are back within the limit", 1));
    assert_true(told("% of the targets (", 1));
    world_good_but(true);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_dead_key_is_told_once_and_its_end_too, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(a_held_plan_and_a_conflict, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_warehouse_that_is_closed, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_is_refused_is_told_later_also_after_a_kill, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(a_foreign_writer_and_much_change, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_comes_and_goes_by_itself, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_figure_that_is_far_from_its_past, world_begin, world_end),
    cmocka_unit_test_setup_teardown(an_order_of_more_than_there_is, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_plugin_that_is_quarantined, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_backup_that_fails, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_is_old_unsent_and_not_read, world_begin, world_end),
};
TEST_MAIN(cases)
