/* The difference of two configurations, as a person reads it. */
#include "config_fixture.h"
#include "test_main.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define TWO_PLACES                                      \
    ACCOUNT "warehouses: {pp: {name: Main}, msk: {}}\n" \
            "links: [{warehouse: pp, account: ozon-main, remote: 1}]\n"

struct row {
    const char *what, *old, *new, *changes;
};

static const struct row rows[] = {
    {"nothing", TWO_PLACES, TWO_PLACES, ""},
    {"moved, and the default written out", TWO_PLACES,
     "links: [{warehouse: pp, account: ozon-main, remote: \"1\", order: 01}]\n"
     "daemon: {log-level: info}\n"
     "warehouses: {msk: {}, pp: {name: Main}}\n" ACCOUNT "    timeout: 30000ms\n"
     "    enabled: true\n",
     ""},
    {"daemon", "", "daemon: {store: /a, socket: /b, store-size: 1GiB, log-level: debug}\n",
     "changed daemon.store | daemon: store changes from /var/lib/stockd/store to /a (needs a "
     "restart)\n"
     "changed daemon.store-size | daemon: store-size changes from 64GiB to 1GiB (needs a restart)\n"
     "changed daemon.socket | daemon: socket changes from /run/stockd/stockd.sock to /b (needs a "
     "restart)\n"
     "changed daemon.log-level | daemon: log-level changes from info to debug\n"},
    {"back to empty", "daemon: {log-file: /l, plugins: [/a, /b]}\n", "",
     "changed daemon.plugins | daemon: plugins changes from [/a, /b] to "
     "[/usr/lib/stockd/plugins]\n"
     "changed daemon.log-file | daemon: log-file changes from /l to \"\"\n"},
    {"account added", "", ACCOUNT,
     "added accounts.ozon-main | account 'ozon-main' is added (plugin ozon)\n"},
    {"account removed", ACCOUNT, "",
     "removed accounts.ozon-main | account 'ozon-main' is removed (plugin ozon)\n"},
    {"keys of an account", ACCOUNT "    batch: 50\n",
     ACCOUNT "    dry-run: yes\n    attempts: 6\n    scheme: any\n    endpoints: {api: "
             "https://a}\n    quotas: {stock: {amount: 8}}\n",
     "changed accounts.ozon-main.dry-run | account 'ozon-main': dry-run changes from no to yes\n"
     "removed accounts.ozon-main.batch | account 'ozon-main': batch is no longer set, it was 50\n"
     "changed accounts.ozon-main.attempts | account 'ozon-main': attempts changes from 5 to 6\n"
     "changed accounts.ozon-main.scheme | account 'ozon-main': scheme changes from fbs to any\n"
     "added accounts.ozon-main.endpoints.api | account 'ozon-main': endpoints.api is set to "
     "https://a\n"
     "added accounts.ozon-main.quotas.stock.amount | account 'ozon-main': quotas.stock.amount is "
     "set to 8\n"},
    {"schedules",
     "schedule: {verify: every 1m, check: Daily 03:00 UTC}\n" ACCOUNT
     "    schedule: {listings: every 1h, orders: off}\n",
     "schedule: {verify: every 60s, check: daily 04:00 UTC, hard-limit: 20m}\n" ACCOUNT
     "    schedule: {listings: every 2h}\n",
     "removed accounts.ozon-main.schedule.orders | account 'ozon-main': schedule.orders is no "
     "longer set, it was off\n"
     "changed accounts.ozon-main.schedule.listings | account 'ozon-main': schedule.listings "
     "changes from every 1h to every 2h\n"
     "changed schedule.check | schedule: check changes from Daily 03:00 UTC to daily 04:00 UTC\n"
     "changed schedule.hard-limit | schedule: hard-limit changes from 600s to 20m\n"},
    {"text, not number", ACCOUNT,
     "accounts:\n  ozon-main:\n    plugin: ozon\n    client-id: 7\n"
     "    api-key: ${env:OZON_KEY}\n",
     "changed accounts.ozon-main.client-id | account 'ozon-main': client-id changes from 007 to "
     "7\n"},
    {"another secret", ACCOUNT,
     "accounts:\n  ozon-main:\n    plugin: ozon\n    client-id: 007\n"
     "    api-key: \"${env:OZON_KEY}2\"\n",
     "changed accounts.ozon-main.api-key | account 'ozon-main': api-key changes, shown as ***\n"},
    {"the same secret from elsewhere", ACCOUNT,
     "accounts:\n  ozon-main:\n    plugin: ozon\n    client-id: 007\n"
     "    api-key: " SECRET "\n",
     ""},
    {"another plugin: its secret was plain text there",
     "accounts:\n  a: {plugin: ozon, client-id: 1, api-key: \"${env:OZON_KEY}\", gateway: "
     "https://h}\n",
     "accounts:\n  a: {plugin: wb, token: \"${env:OZON_KEY}\"}\n",
     "changed accounts.a.plugin | account 'a': plugin changes from ozon to wb\n"
     "removed accounts.a.client-id | account 'a': client-id is no longer set, it was 1\n"
     "removed accounts.a.api-key | account 'a': api-key is no longer set, it was ***\n"
     "removed accounts.a.scheme | account 'a': scheme is no longer set, it was fbs\n"
     "removed accounts.a.window | account 'a': window is no longer set, it was 1d\n"
     "removed accounts.a.depth | account 'a': depth is no longer set, it was 3\n"
     "removed accounts.a.gateway | account 'a': gateway is no longer set, it was https://h\n"
     "added accounts.a.token | account 'a': token is set to ***\n"},
    {"warehouses", TWO_PLACES,
     ACCOUNT "warehouses: {pp: {name: Other}, spb: {name: Piter}}\n"
             "links: [{warehouse: pp, account: ozon-main, remote: 1}]\n",
     "removed warehouses.msk | warehouse 'msk' is removed (msk)\n"
     "changed warehouses.pp.name | warehouse 'pp': name changes from Main to Other\n"
     "added warehouses.spb | warehouse 'spb' is added (Piter)\n"},
    {"links", TWO_PLACES,
     ACCOUNT "warehouses: {pp: {name: Main}, msk: {}}\n"
             "links:\n"
             "  - {warehouse: msk, account: ozon-main, remote: 1}\n"
             "  - {warehouse: pp, account: ozon-main, remote: 1, order: 2}\n"
             "  - {warehouse: pp, account: ozon-main, remote: 2}\n",
     "added links.msk/ozon-main/1 | link 'msk -> ozon-main/1' is added (order 1)\n"
     "changed links.pp/ozon-main/1.order | link 'pp -> ozon-main/1': order changes from 1 to 2\n"
     "added links.pp/ozon-main/2 | link 'pp -> ozon-main/2' is added (order 1)\n"},
    {"link removed", TWO_PLACES, ACCOUNT "warehouses: {pp: {name: Main}, msk: {}}\n",
     "removed links.pp/ozon-main/1 | link 'pp -> ozon-main/1' is removed (order 1)\n"},
    {"a reference", "daemon: {store: /var/lib/stockd/store}\n",
     "daemon: {store: \"${env:ROOT}/store\"}\n",
     "changed daemon.store | daemon: store changes from /var/lib/stockd/store to ${env:ROOT}/store "
     "(needs a restart)\n"},
};

static struct config *load(const char *yaml)
{
    fixture_write("conf.d/50.yaml", yaml, 0644);
    return fixture_good();
}

static void collect(void *ctx, const struct config_change *change)
{
    static const char *const kinds[] = {"added", "removed", "changed"};
    struct buf *out = ctx;
    assert_true((change->old_text == NULL) == (change->kind == CONFIG_ADDED));
    assert_true((change->new_text == NULL) == (change->kind == CONFIG_REMOVED));
    assert_true((change->name == NULL) == (change->subject == CONFIG_SUBJECT_DAEMON ||
                                           change->subject == CONFIG_SUBJECT_SCHEDULE));
    buf_format(out, "%s %s | ", kinds[change->kind], change->path);
    config_change_print(change, out);
    buf_char(out, '\n');
}

static void expect(const char *what, const struct config *old, const struct config *new,
                   const char *changes)
{
    struct buf got;
    buf_init(&got, 1 << 20);
    size_t count = config_diff(old, new, collect, &got);
    size_t lines = 0;
    for (const char *at = buf_cstr(&got); *at; at++)
        lines += *at == '\n';
    assert_int_equal(count, lines);
    assert_null(strstr(buf_cstr(&got), SECRET));
    if (strcmp(buf_cstr(&got), changes) != 0) {
        print_error("%s\n--- expected\n%s--- got\n%s", what, changes, buf_cstr(&got));
        fail();
    }
    buf_free(&got);
}

static void differences(void **state)
{
    (void)state;
    setenv("ROOT", "/srv/" SECRET, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config *old = load(rows[i].old), *new = load(rows[i].new);
        expect(rows[i].what, old, new, rows[i].changes);
        expect("with itself", new, new, "");
        config_free(old);
        config_free(new);
    }
}

/* The file says the same, but what it refers to does not. */
static void a_reference_that_gives_something_else(void **state)
{
    (void)state;
    setenv("ROOT", "/a", 1);
    struct config *old = load(ACCOUNT "daemon: {store: \"${env:ROOT}/store\"}\n");
    setenv("ROOT", "/b", 1);
    setenv("OZON_KEY", "rotated", 1);
    struct config *new = load(ACCOUNT "daemon: {store: \"${env:ROOT}/store\"}\n");
    expect("rotation", old, new,
           "changed daemon.store | daemon: store changes, shown as ${env:ROOT}/store (needs a "
           "restart)\n"
           "changed accounts.ozon-main.api-key | account 'ozon-main': api-key changes, shown as "
           "***\n");
    config_free(old);
    config_free(new);
}

static const struct config_plugin_spec *careless(void *ctx, const struct config_daemon *daemon,
                                                 const char *id, struct error *error)
{
    static const struct config_option_spec options[] = {
        {.name = "token", .type = CONFIG_STRING, .help = "Not marked as a secret."},
    };
    static const struct config_plugin_spec spec = {"wb", options, 1, NULL, 0, NULL, 0, NULL};
    (void)ctx, (void)daemon, (void)id, (void)error;
    return &spec;
}

/* The plugin's newer version says that the option is a secret: the old text is one too. */
static void an_option_that_becomes_a_secret(void **state)
{
    (void)state;
    struct config_report report;
    fixture_write("conf.d/50.yaml", "accounts: {a: {plugin: wb, token: " SECRET "}}\n", 0644);
    struct config *old = config_load("conf.d", careless, NULL, &report);
    config_report_free(&report);
    struct config *new = fixture_good();
    assert_non_null(old);
    expect("secret now", old, new,
           "changed accounts.a.token | account 'a': token changes, shown as ***\n");
    config_free(old);
    config_free(new);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(differences, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(a_reference_that_gives_something_else, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(an_option_that_becomes_a_secret, fixture_setup,
                                    fixture_teardown),
};
TEST_MAIN(cases)
