/* Merging, types and defaults: what good files become. */
#include "config_fixture.h"
#include "test_main.h"

#include <string.h>
#include <unistd.h>

static void an_empty_directory_is_all_defaults(void **state)
{
    (void)state;
    struct config *config = fixture_good();
    assert_string_equal(config->dir, "conf.d");
    assert_string_equal(config->daemon.store, "/var/lib/stockd/store");
    assert_int_equal(config->daemon.store_size, INT64_C(64) << 30);
    assert_string_equal(config->daemon.socket, "/run/stockd/stockd.sock");
    assert_int_equal(config->daemon.plugin_count, 1);
    assert_string_equal(config->daemon.plugins[0], "/usr/lib/stockd/plugins");
    assert_int_equal(config->daemon.log_level, LOG_INFO);
    assert_int_equal(config->daemon.log_format, LOG_LOGFMT);
    assert_string_equal(config->daemon.log_file, "");
    assert_string_equal(config->daemon.backups, "/var/lib/stockd/backups");
    assert_int_equal(config->account_count + config->warehouse_count + config->link_count, 0);
    config_free(config);
}

/* An account's own go before those of all, and those before the defaults. */
static void schedules_are_of_an_account_or_of_all(void **state)
{
    (void)state;
    fixture_write("conf.d/10.yaml",
                  "schedule: {verify: every 1h, check: off, hard-limit: 30m}\n"
                  "accounts:\n  plain: {plugin: wb, token: \"${env:OZON_KEY}\"}\n",
                  0644);
    fixture_write("conf.d/50.yaml",
                  ACCOUNT "    schedule: {verify: every 2h, orders: off, soft-limit: 20m}\n", 0640);
    static const char *const expected[2][CONFIG_TASKS] = {
        {"off", "every 2h", "every 6h", "daily 03:00 UTC", "off", "weekly sun 03:30 UTC"},
        {"every 10s", "every 1h", "every 6h", "daily 03:00 UTC", "off", "weekly sun 03:30 UTC"}};
    struct config *config = fixture_good();
    for (size_t a = 0; a < 2; a++)
        for (size_t t = 0; t < CONFIG_TASKS; t++)
            assert_string_equal(schedule_text(config->accounts[a].schedule.tasks[t]),
                                expected[a][t]);
    assert_int_equal(config->accounts[0].schedule.soft_ms, 20 * 60 * 1000);
    assert_int_equal(config->accounts[1].schedule.soft_ms, 560 * 1000);
    assert_int_equal(config->accounts[1].schedule.hard_ms, 30 * 60 * 1000);
    config_free(config);
}

static void an_instance_has_places_of_its_own(void **state)
{
    (void)state;
    struct config_report report;
    fixture_write("conf.d/1.yaml", "daemon:\n  backups: /var/lib/stockd/backups\n", 0644);
    struct config *config = config_load_instance("conf.d", "shop2", fixture_plugin, NULL, &report);
    assert_non_null(config);
    assert_string_equal(config->instance, "shop2");
    assert_string_equal(config->daemon.store, "/var/lib/stockd-shop2/store");
    assert_string_equal(config->daemon.secret_key, "/var/lib/stockd-shop2/store.key");
    assert_string_equal(config->daemon.sealed, "/var/lib/stockd-shop2/store.sealed");
    assert_string_equal(config->daemon.socket, "/run/stockd-shop2/stockd.sock");
    assert_string_equal(config->daemon.backups, "/var/lib/stockd/backups"); /* as written */
    assert_string_equal(config->daemon.plugins[0], "/usr/lib/stockd/plugins");
    assert_string_equal(config->daemon.log_file, "");
    config_report_free(&report);
    config_free(config);
}

static void empty_sections_and_comments_are_fine(void **state)
{
    (void)state;
    fixture_write("conf.d/1.yaml", "", 0644);
    fixture_write("conf.d/2.yaml", "# nothing\n", 0644);
    fixture_write("conf.d/3.yaml", "---\ndaemon:\naccounts:\nwarehouses: ~\nlinks:\n...\n", 0644);
    fixture_write("conf.d/4.yaml", "daemon:\r\n  store: /a\r\n", 0644);
    struct config *config = fixture_good();
    assert_int_equal(config->file_count, 4);
    assert_string_equal(config->daemon.store, "/a");
    config_free(config);
}

static void sections_are_spread_over_files(void **state)
{
    (void)state;
    fixture_write("conf.d/10.yaml",
                  "daemon: {store: /a}\n"
                  "links:\n  - {warehouse: pp, account: ozon-main, remote: 22142605386000}\n"
                  "warehouses: {pp: {name: Main warehouse}}\n",
                  0644);
    fixture_write("conf.d/50.yaml", ACCOUNT, 0640);
    fixture_write("conf.d/60.yaml",
                  "daemon: {socket: /b}\nwarehouses: {msk: {}}\n"
                  "accounts: {another: {plugin: wb, token: \"${env:OZON_KEY}\"}}\n"
                  "links:\n  - {warehouse: msk, account: another, remote: \"1\"}\n",
                  0644);
    struct config *config = fixture_good();
    assert_string_equal(config->daemon.store, "/a");
    assert_string_equal(config->daemon.socket, "/b");
    assert_int_equal(config->account_count, 2);
    assert_string_equal(config->accounts[0].name, "another"); /* by name, not by file */
    assert_string_equal(config->warehouses[0].name, "msk");
    assert_string_equal(config->warehouses[0].title, "msk");
    assert_string_equal(config_warehouse(config, "pp")->title, "Main warehouse");
    assert_string_equal(config_warehouse(config, "pp")->origin.file, "conf.d/10.yaml");
    assert_int_equal(config_warehouse(config, "pp")->origin.line, 4);
    assert_int_equal(config->link_count, 2);
    assert_string_equal(config->links[1].remote, "22142605386000");
    assert_string_equal(config->links[1].origin.file, "conf.d/10.yaml");
    assert_int_equal(config->links[1].origin.line, 3);
    assert_null(config_account(config, "ozon"));
    assert_null(config_warehouse(config, ""));
    config_free(config);
}

static void twice_in_two_files_names_both(void **state)
{
    (void)state;
    fixture_write("conf.d/10.yaml", "# first\ndaemon:\n  store: /a\nwarehouses:\n  pp: {}\n", 0644);
    fixture_expect("a key, an account and a warehouse of another file",
                   "warehouses: {pp: {}}\ndaemon: {store: /a}\n",
                   "error: conf.d/50.yaml:1: 'pp' in warehouses is given twice; the first is at "
                   "conf.d/10.yaml:5\n"
                   "error: conf.d/50.yaml:2: 'store' in daemon is given twice; the first is at "
                   "conf.d/10.yaml:3\n");
}

static void scalars_are_text_typed_by_tables(void **state)
{
    (void)state;
    fixture_write("conf.d/50.yaml",
                  ACCOUNT "    enabled: off\n"
                          "    dry-run: 'true'\n"
                          "    orders: import\n"
                          "    timeout: 1500ms\n"
                          "    batch: 0100\n"
                          "    attempts: \"7\"\n"
                          "    allow-plain-http: on\n"
                          "    scheme: any\n"
                          "    depth: -5\n"
                          "    window: 2d\n"
                          "    endpoints: {api: \"http://10.0.0.1:8080/x\"}\n"
                          "    quotas:\n"
                          "      second: {burst: 3}\n"
                          "      stock: {amount: 80, per: 60s, burst: 80}\n",
                  0644);
    struct config *config = fixture_good();
    const struct config_account *account = config_account(config, "ozon-main");
    assert_string_equal(account->plugin, "ozon");
    assert_false(account->enabled);
    assert_true(account->dry_run);
    assert_int_equal(account->orders, CONFIG_ORDERS_IMPORT);
    assert_int_equal(account->timeout_ms, 1500);
    assert_int_equal(account->batch, 100);
    assert_int_equal(account->attempts, 7);
    assert_true(account->allow_plain_http);
    const struct config_value *id = config_value(&account->options, "client-id");
    assert_string_equal(id->text, "007");
    assert_int_equal(id->origin.line, 4);
    assert_false(id->secret);
    const struct config_value *key = config_value(&account->options, "api-key");
    assert_string_equal(key->text, SECRET);
    assert_string_equal(key->source, "${env:OZON_KEY}");
    assert_true(key->secret);
    assert_int_equal(config_value(&account->options, "scheme")->number, 2);
    assert_int_equal(config_value(&account->options, "depth")->number, -5);
    assert_int_equal(config_value(&account->options, "window")->number, 2 * 86400000);
    assert_null(config_value(&account->options, "pin")->text);
    assert_string_equal(config_value(&account->endpoints, "api")->text, "http://10.0.0.1:8080/x");
    assert_null(config_value(&account->endpoints, "gate")->text);
    assert_int_equal(account->quota_count, 2);
    assert_string_equal(account->quotas[0].name, "stock");
    assert_int_equal(account->quotas[0].amount, 80);
    assert_int_equal(account->quotas[0].per_ms, 60000);
    assert_int_equal(account->quotas[1].burst, 3);
    assert_int_equal(account->quotas[1].amount, 0);
    config_free(config);
}

static void defaults_of_an_account(void **state)
{
    (void)state;
    fixture_write("conf.d/50.yaml", ACCOUNT, 0644);
    struct config *config = fixture_good();
    const struct config_account *account = &config->accounts[0];
    assert_true(account->enabled);
    assert_false(account->dry_run || account->allow_plain_http);
    assert_int_equal(account->orders, CONFIG_ORDERS_EXTERNAL);
    assert_int_equal(account->timeout_ms, 30000);
    assert_int_equal(account->batch, 0);
    assert_int_equal(account->attempts, 5);
    assert_int_equal(account->quota_count, 0);
    const struct config_value *window = config_value(&account->options, "window");
    assert_string_equal(window->text, "1d");
    assert_null(window->origin.file);
    config_free(config);
}

static void an_account_that_is_off_survives_its_plugin(void **state)
{
    (void)state;
    fixture_write("conf.d/50.yaml", "accounts:\n  a: {plugin: gone, enabled: no, key: x}\n", 0644);
    struct config_report report;
    struct config *config = fixture_load(&report);
    assert_non_null(config);
    assert_int_equal(report.warnings, 1);
    assert_null(config->accounts[0].spec);
    assert_int_equal(config->accounts[0].options.count, 0);
    config_report_free(&report);
    config_free(config);
}

static void links_are_sorted_by_place_and_order(void **state)
{
    (void)state;
    fixture_write("conf.d/50.yaml",
                  "warehouses: {a: {}, b: {}, c: {}}\n"
                  "links:\n"
                  "  - {warehouse: a, account: ozon-main, remote: 9, order: 20}\n"
                  "  - {warehouse: b, account: ozon-main, remote: 9, order: 3}\n"
                  "  - {warehouse: c, account: ozon-main, remote: 10}\n" ACCOUNT,
                  0644);
    struct config *config = fixture_good();
    assert_string_equal(config->links[0].warehouse, "c");
    assert_string_equal(config->links[1].warehouse, "b");
    assert_string_equal(config->links[2].warehouse, "a");
    assert_int_equal(config->links[2].order, 20);
    config_free(config);
}

static void the_directory_may_end_in_a_slash(void **state)
{
    (void)state;
    fixture_write("conf.d/50.yaml", "daemon: {stor: /a}\n", 0644);
    struct config_report report;
    assert_null(config_load("conf.d//", fixture_plugin, NULL, &report));
    assert_string_equal(report.messages[0].text, "conf.d/50.yaml:1: unknown key 'stor' in daemon; "
                                                 "did you mean 'store'?");
    config_report_free(&report);
}

/* Each mistake of several files is told in one go, in the order of the files. */
static void all_mistakes_are_told(void **state)
{
    (void)state;
    fixture_write("conf.d/60.yaml", "daemon: {stor: /a}\n", 0644);
    fixture_write("conf.d/10.yaml", "daemon:\n  socket: x\n\tlog-level: y\n", 0644);
    fixture_expect(
        "three files",
        "links:\n  - {warehouse: x, account: y, remote: 1}\n"
        "daemon: {log-level: loud, backups: b}\n",
        "error: conf.d/10.yaml:3: holds a tab; use spaces (in a value: \"\\t\" in "
        "double quotes)\n"
        "error: conf.d/50.yaml:3: 'backups' in daemon must be an absolute path, not 'b'\n"
        "error: conf.d/50.yaml:3: 'log-level' in daemon must be error, warning, info or "
        "debug, not 'loud'\n"
        "error: conf.d/60.yaml:1: unknown key 'stor' in daemon; did you mean 'store'?\n");
    /* That the link's names are unknown is not said: the file with a tab may hold them. */
}

static void check_prints_how_it_ended(void **state)
{
    (void)state;
    struct config_report report;
    struct buf out;
    buf_init(&out, 1 << 16);
    fixture_write("conf.d/50.yaml", ACCOUNT, 0644);
    fixture_write("conf.d/60.yml", "", 0644);
    struct config *config = fixture_load(&report);
    config_check_print("conf.d", config, &report, &out);
    assert_string_equal(buf_cstr(&out),
                        "warning: conf.d/60.yml: is not read; rename it so that it ends in .yaml\n"
                        "conf.d: good: 1 file, 1 account, 0 warehouses, 0 links, 1 warning\n");
    config_report_free(&report);
    config_free(config);

    fixture_write("conf.d/60.yaml", "daemon: {stor: /a}\n", 0644);
    config = fixture_load(&report);
    buf_reset(&out);
    config_check_print("conf.d", config, &report, &out);
    assert_string_equal(buf_cstr(&out),
                        "error: conf.d/60.yaml:1: unknown key 'stor' in daemon; did you mean "
                        "'store'?\n"
                        "warning: conf.d/60.yml: is not read; rename it so that it ends in .yaml\n"
                        "conf.d: refused: 1 error, 1 warning\n");
    config_report_free(&report);
    buf_free(&out);
}

static void dump_shows_what_is_in_force(void **state)
{
    (void)state;
    fixture_write("conf.d/50.yaml",
                  ACCOUNT "    gateway: https://${env:OZON_KEY}.example.com\n"
                          "    quotas: {stock: {per: 60s}}\n"
                          "warehouses: {pp: {name: \"Main \\\"one\\\"\"}}\n"
                          "links:\n  - {warehouse: pp, account: ozon-main, remote: -}\n"
                          "inboxes:\n  erp: {folder: /in, columns: {sku: Код, quantity: \"#3\"}}\n",
                  0644);
    struct config *config = fixture_good();
    struct buf out;
    buf_init(&out, 1 << 16);
    config_dump(config, &out);
    const char *text = strstr(buf_cstr(&out), "accounts:");
    assert_non_null(text);
    assert_string_equal(text,
                        "accounts:\n"
                        "  ozon-main:\n"
                        "    plugin: ozon # conf.d/50.yaml:3\n"
                        "    enabled: yes\n"
                        "    dry-run: no\n"
                        "    first-plan: wait\n"
                        "    orders: external\n"
                        "    timeout: 30s\n"
                        "    attempts: 5\n"
                        "    allow-plain-http: no\n"
                        "    client-id: 007 # conf.d/50.yaml:4\n"
                        "    api-key: \"***\" # conf.d/50.yaml:5\n"
                        "    scheme: fbs\n"
                        "    window: 1d\n"
                        "    depth: 3\n"
                        "    gateway: \"https://${env:OZON_KEY}.example.com\" # conf.d/50.yaml:6\n"
                        "    quotas:\n"
                        "      stock:\n"
                        "        per: 60s # conf.d/50.yaml:7\n"
                        "warehouses:\n"
                        "  pp:\n"
                        "    name: \"Main \\\"one\\\"\" # conf.d/50.yaml:8\n"
                        "links:\n"
                        "  - {warehouse: pp, account: ozon-main, remote: \"-\", order: 1} # "
                        "conf.d/50.yaml:10\n"
                        "inboxes:\n"
                        "  erp:\n"
                        "    folder: /in # conf.d/50.yaml:12\n"
                        "    enabled: yes\n"
                        "    kind: on-hand\n"
                        "    unknown: refuse\n"
                        "    encoding: found\n"
                        "    separator: found\n"
                        "    settle: 5s\n"
                        "    poll: 30s\n"
                        "    max-size: 1GiB\n"
                        "    columns:\n"
                        "      sku: \"Код\" # conf.d/50.yaml:12\n"
                        "      quantity: \"#3\" # conf.d/50.yaml:12\n");
    buf_free(&out);
    config_free(config);
}

static void names(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "0", "ozon-main", "a.b_c-d", "007"};
    static const char *const bad[] = {"",  ".",   "..",  "-a",  "_a",
                                      "A", "a b", "a/b", "a\n", "\xd1\x8f"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(config_name_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(config_name_valid(bad[i]));
    char name[CONFIG_NAME_MAX + 2];
    memset(name, 'a', sizeof name);
    name[CONFIG_NAME_MAX + 1] = 0;
    assert_false(config_name_valid(name));
    name[CONFIG_NAME_MAX] = 0;
    assert_true(config_name_valid(name));
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(an_empty_directory_is_all_defaults, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(schedules_are_of_an_account_or_of_all, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(an_instance_has_places_of_its_own, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(empty_sections_and_comments_are_fine, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(sections_are_spread_over_files, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(twice_in_two_files_names_both, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(scalars_are_text_typed_by_tables, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(defaults_of_an_account, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(an_account_that_is_off_survives_its_plugin, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(links_are_sorted_by_place_and_order, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(the_directory_may_end_in_a_slash, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(all_mistakes_are_told, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(check_prints_how_it_ended, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(dump_shows_what_is_in_force, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(names, fixture_setup, fixture_teardown),
};
TEST_MAIN(cases)
