/* Reading conf.d again while everything goes on. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAST = 100, PRODUCTS = 20 };

static struct figures figures;

static void begin(void)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "");
    daemon_start();
    products_add(PRODUCTS);
    figures.products = PRODUCTS;
}

static void set_all(int64_t add)
{
    for (int p = 1; p <= PRODUCTS; p++)
        for (int w = 0; w < 2; w++) {
            char body[64];
            figures.at[w][p] = p + 100 * w + add;
            snprintf(body, sizeof body, "{\"quantity\":%lld,\"kind\":\"on-hand\"}",
                     (long long)figures.at[w][p]);
            assert_int_equal(
                api("PUT", text_format("/v1/stock/SKU-%06d/%s", p, w ? "spb" : "msk"), body, NULL),
                200);
        }
}

static void tells_what_is_different(void **state)
{
    (void)state;
    begin();
    struct ran ran = ctl("reload");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "nothing is different");
    conf_ozon("ozon-main", "1001", "test-key", "    timeout: 5s\n");
    ran = ctl("reload");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "account 'ozon-main': timeout changes from 30s to 5s");
    conf_daemon("  log-level: debug\n  log-file: \"\"\n");
    file_text(world_path("conf.d/10-stockd.yaml"),
              text_format("daemon:\n  store: %s\n  store-size: 2GiB\n  socket: %s\n"
                          "  plugins: [%s]\n",
                          world_path("store"), world_path("sock"), world_path("plugins")));
    ran = ctl("reload");
    assert_text(ran.out, "store-size");
    assert_text(ran.out, "at the next start");
    set_all(0);
    wait_shown(&figures, SOON_S);
    world_good();
}

static void the_log_goes_where_a_reload_says(void **state)
{
    (void)state;
    begin();
    conf_daemon("  log-file: /no/such/folder/stockd.log\n");
    struct ran ran = ctl("reload");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "the log file /no/such/folder/stockd.log cannot be opened: No such file");
    conf_daemon(text_format("  log-file: %s\n", world_path("its.log")));
    ctl_ok("reload");
    assert_text(file_read(world_path("its.log")), "event=log-moved from=standard-error");
    assert_int_equal(rename(world_path("its.log"), world_path("moved.log")), 0);
    kill(daemon_pid(), SIGUSR1);
    WAIT_FOR(SOON_S, access(world_path("its.log"), F_OK) == 0);
    conf_daemon("");
    ctl_ok("reload");
    assert_text(daemon_log(), text_format("event=log-moved from=%s", world_path("its.log")));
    world_good();
}

static void a_signal_adds_an_account(void **state)
{
    (void)state;
    begin();
    set_all(0);
    wait_shown(&figures, SOON_S);
    sim_post(&sim, "seller", "{\"client_id\":\"1002\",\"api_key\":\"second-key\"}");
    sim_post(&sim, "products",
             "{\"client_id\":\"1002\",\"count\":%d,\"prefix\":\"SKU-\",\"warehouses\":[601,602],"
             "\"stock\":1}",
             PRODUCTS);
    conf_write(
        "60-second.yaml",
        "accounts:\n  ozon-two:\n    plugin: ozon\n    first-plan: apply\n    client-id: 1002\n"
        "    api-key: second-key\n    endpoints: {api: \"http://127.0.0.1:%d\"}\n"
        "links:\n  - {warehouse: msk, account: ozon-two, remote: \"601\"}\n",
        sim.port);
    kill(daemon_pid(), SIGHUP);
    WAIT_FOR(SOON_S, strcmp(account_state("ozon-two"), "active") == 0);
    WAIT_FOR(SOON_S, targets_in("ozon-two", "synced") == PRODUCTS);
    json_t *rows = json_object_get(sim_get(&sim, "state?client_id=1002&warehouse_id=601"), "pairs");
    assert_int_equal(json_array_size(rows), PRODUCTS);
    for (size_t i = 0; i < PRODUCTS; i++)
        assert_int_equal(json_integer_value(json_array_get(json_array_get(rows, i), 2)),
                         figures.at[0][i + 1]);
    /* And away again: its targets stay as they are at the marketplace, nothing is sent to it. */
    conf_remove("60-second.yaml");
    ctl_ok("reload");
    int64_t writes = number_at(sim_get(&sim, "state?limit=1"), "writes");
    set_all(1000);
    wait_shown(&figures, SOON_S);
    assert_int_equal(number_at(sim_get(&sim, "state?limit=1"), "writes"), writes + 2 * PRODUCTS);
    world_good();
}

static void a_removed_link_zeroes_nothing(void **state)
{
    (void)state;
    begin();
    set_all(0);
    wait_shown(&figures, SOON_S);
    assert_int_equal(targets_in("ozon-main", "synced"), 2 * PRODUCTS);
    int64_t writes = number_at(sim_get(&sim, "state?limit=1"), "writes");
    char *text = file_read(world_path("conf.d/50-ozon-main.yaml"));
    char *link = strstr(text, "  - {warehouse: spb");
    assert_non_null(link);
    *link = '\0';
    file_text(world_path("conf.d/50-ozon-main.yaml"), text);
    struct ran ran = ctl("reload");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "link");
    assert_text(ran.out, "502");
    WAIT_FOR(SOON_S, targets_in("ozon-main", "synced") == PRODUCTS);
    assert_null(target_of("ozon-main", "SKU-000001", "502"));
    assert_int_equal(number_at(sim_get(&sim, "state?limit=1"), "writes"), writes);
    assert_int_equal(figures_differ(&sim, &figures), 0);
    /* A link that a file owns is not for a command. */
    ran = ctl("warehouse unlink msk ozon-main 501");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "50-ozon-main.yaml:");
    /* A change in spb goes nowhere now; one in msk does. */
    ctl_ok("stock set SKU-000001 999 --warehouse spb");
    ctl_ok("stock set SKU-000001 998 --warehouse msk");
    figures.at[0][1] = 998;
    wait_shown(&figures, SOON_S);
    world_good();
}

static int times_said(const char *text)
{
    int count = 0;
    for (const char *at = daemon_log(); (at = strstr(at, text)); at++)
        count++;
    return count;
}

/* Nothing of a bad configuration takes effect, and everything that is wrong is said. */
static void a_bad_one_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says[3];
    } bad[] = {
        {"accounts:\n  x:\n    plugin: ozon\n    client-id: 5\n    api_kay: k\n",
         {"60-bad.yaml:5: unknown key 'api_kay'", "did you mean 'api-key'", "api-key"}},
        {"accounts:\n  x:\n    plugin: ozon\n    client-id: 5\n    api-key: ${file:/nowhere/key}\n",
         {"60-bad.yaml:5", "/nowhere/key", "api-key"}},
        {"accounts:\n  x:\n    plugin: ozzon\n", {"60-bad.yaml:3", "plugin 'ozzon'", "ozzon.so"}},
        {"accounts:\n  ozon-main:\n    plugin: ozon\n",
         {"60-bad.yaml:2", "ozon-main", "50-ozon-main.yaml"}},
        {"links:\n  - {warehouse: nowhere, account: ozon-main, remote: \"501\"}\n",
         {"60-bad.yaml:2", "nowhere", "warehouse"}},
        {"warehouses: [\n", {"60-bad.yaml", "", ""}},
        {"accounts:\n  y:\n    timeout: soon\n    plugin: ozzon\n",
         {"60-bad.yaml:3", "soon", "60-bad.yaml:4"}},
    };
    begin();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        file_text(world_path("conf.d/60-bad.yaml"), bad[i].text);
        /* Beside it, a change that would be fine: it must not take effect either. */
        conf_ozon("ozon-main", "1001", "test-key", "    enabled: no\n");
        struct ran ran = ctl("reload");
        assert_int_equal(ran.code, 1);
        for (int k = 0; k < 3; k++)
            assert_text(ran.err, bad[i].says[k]);
        set_all((int64_t)i * 1000);
        wait_shown(&figures, SOON_S);
        assert_string_equal(account_state("ozon-main"), "active");
        int refusals = times_said("event=reload-refused");
        kill(daemon_pid(), SIGHUP);
        WAIT_FOR(SOON_S, times_said("event=reload-refused") > refusals);
    }
    conf_remove("60-bad.yaml");
    conf_ozon("ozon-main", "1001", "test-key", "");
    assert_int_equal(ctl("reload").code, 0);
    world_good();
}

static void reloads_while_pushing(void **state)
{
    (void)state;
    begin();
    for (int i = 0; i < 20; i++) {
        conf_ozon("ozon-main", "1001", "test-key",
                  i % 2 ? "    timeout: 7s\n    batch: 3\n" : "    attempts: 9\n");
        set_all(i * 1000);
        ctl_ok("reload");
    }
    wait_shown(&figures, LONG_S);
    assert_int_equal(number_at(api_get("/v1/status"), "counts.rejected"), 0);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(tells_what_is_different, world_begin, world_end),
    cmocka_unit_test_setup_teardown(the_log_goes_where_a_reload_says, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_signal_adds_an_account, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_removed_link_zeroes_nothing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_bad_one_changes_nothing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(reloads_while_pushing, world_begin, world_end),
};

TEST_MAIN(cases)
