/* The guard, end to end: what would zero or change too much is held, outlives a kill -9, and is
 * applied or dropped; a new account sends nothing before its first plan was applied. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAST = 100, PRODUCTS = 30 };

static struct figures figures;

static void set_figures(int64_t quantity)
{
    figures.products = PRODUCTS;
    for (int p = 1; p <= PRODUCTS; p++)
        figures.at[0][p] = figures.at[1][p] = quantity;
}

static struct ran import_figures(const char *name)
{
    const char *path = world_path("%s", name);
    figures_csv(&figures, path);
    return ctl("stock import %s", path);
}

static void begin(void)
{
    conf_guarded = true;
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_places();
}

static void begin_shown(void)
{
    begin();
    conf_ozon("ozon-main", "1001", "test-key", "");
    daemon_start();
    products_add(PRODUCTS);
    wait_active("ozon-main");
    set_figures(1);
    assert_int_equal(import_figures("first.csv").code, 0);
    wait_shown(&figures, SOON_S);
}

/* The id in "... 'stockctl plan show pX'". */
static char *plan_in(const char *text)
{
    static char id[16];
    const char *at = strstr(text, "plan show p");
    if (!at) fail_msg("no plan is named in: %s", text);
    snprintf(id, sizeof id, "%.13s", at + strlen("plan show "));
    return id;
}

/* With a key: said twice, decided once, and answered alike. */
static void decide_twice(const char *id, const char *what)
{
    char *answers[2];
    for (int i = 0; i < 2; i++)
        answers[i] = run("/usr/bin/env",
                         "curl -s --unix-socket %s -X POST -H 'Content-Type: application/json' "
                         "-H 'Idempotency-Key: once' http://stockd/v1/plans/%s/%s",
                         world_path("sock"), id, what)
                         .out;
    assert_text(answers[0], text_format("\"plan\":\"%s\"", id));
    assert_string_equal(answers[0], answers[1]);
    assert_int_equal(ctl("%s %s", what, id).code, 1); /* without: it is decided */
}

static void a_file_of_zeros_is_held(void **state)
{
    (void)state;
    begin_shown();
    set_figures(0);
    struct ran ran = import_figures("zeros.csv");
    assert_int_equal(ran.code, 5);
    assert_text(ran.err, "would have set 60 of the 60 targets of ozon-main that show stock to 0");
    assert_text(ran.err, "the limit is 30 %");
    const char *id = plan_in(ran.err);
    set_figures(1);
    wait_shown(&figures, SOON_S); /* it shows what it did, and nothing is on its way */

    daemon_kill();
    daemon_start();
    wait_active("ozon-main");
    ran = ctl("plan list");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, id);
    assert_text(ran.out, "stock import");
    ran = ctl("plan show %s", id);
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "SKU-000001");
    ran = ctl("plan show %s --csv", id);
    assert_text(ran.out, "sku,account,warehouse,listing,before,after,now\n"
                         "SKU-000001,ozon-main,501,");
    ran = ctl("run list --task import");
    assert_text(ran.out, "held");
    ran = ctl("explain SKU-000001");
    assert_text(ran.out, "held by the guard: 1");
    assert_text(ran.out, text_format("at ozon-main, warehouse 501; stockctl plan show %s", id));
    assert_text(ran.out, "the limit is 30 %");
    assert_no_text(ctl("explain SKU-000001 --account ozon-main --json").out, "\"held\": []");
    assert_int_equal(figures_differ(&sim, &figures), 0);

    ctl_ok("stock set SKU-000007 44 --warehouse msk"); /* changed since: left as it is */
    decide_twice(id, "apply");
    set_figures(0);
    figures.at[0][7] = 44;
    wait_shown(&figures, SOON_S);
    assert_text(ctl("plan list").out, "Nothing is held.");
    assert_no_text(ctl("explain SKU-000001").out, "held by the guard");
    assert_int_equal(ctl("apply %s", id).code, 1);
    world_good();
}

static void what_is_dropped_changes_nothing(void **state)
{
    (void)state;
    begin_shown();
    set_figures(0);
    struct ran ran = import_figures("zeros.csv");
    assert_int_equal(ran.code, 5);
    const char *id = plan_in(ran.err);
    decide_twice(id, "drop");
    assert_int_equal(ctl("plan show %s", id).code, 1);
    set_figures(1);
    wait_shown(&figures, SOON_S);
    set_figures(2); /* and the next import goes its way */
    figures.at[0][1] = 1;
    figures.at[1][1] = 1;
    for (int p = 1; p <= PRODUCTS / 2; p++)
        figures.at[0][p] = figures.at[1][p] = 1;
    assert_int_equal(import_figures("half.csv").code, 0);
    wait_shown(&figures, SOON_S);
    world_good();
}

static void broken_files_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } files[] = {
        {"empty.csv", ""},
        {"head.csv", "sku,warehouse,quantity\n"},
        {"garbage.csv", "\x7f"
                        "ELF\x02\x01\x01,\xff\xfe\x00,,\n;;;\x01\n"},
        {"negative.csv", "sku,warehouse,quantity\nSKU-000001,msk,-1\nSKU-000002,msk,1.5\n"
                         "SKU-000003,msk,9999999999999999\nSKU-000004,moon,1\nNOBODY,msk,0\n"
                         "SKU-000005,msk,\nSKU-000006,msk,7\nSKU-000006,msk,0\n"},
    };
    begin_shown();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *path = world_path("%s", files[i].name);
        file_text(path, files[i].text);
        struct ran ran = ctl("stock import %s", path);
        if (ran.code != 1) fail_msg("%s: code %d: %s", files[i].name, ran.code, ran.err);
    }
    figures.products = PRODUCTS / 2; /* the first half of a file: the others stay as they are */
    assert_int_equal(import_figures("half.csv").code, 0);
    figures.products = PRODUCTS;
    wait_shown(&figures, SOON_S);
    world_good();
}

static void a_new_account_waits_for_its_first_plan(void **state)
{
    (void)state;
    begin();
    conf_write("50-ozon-main.yaml",
               "accounts:\n  ozon-main:\n    plugin: ozon\n    client-id: 1001\n"
               "    api-key: test-key\n    endpoints: {api: \"http://127.0.0.1:%d\"}\n"
               "links:\n  - {warehouse: msk, account: ozon-main, remote: \"501\"}\n"
               "  - {warehouse: spb, account: ozon-main, remote: \"502\"}\n",
               sim.port);
    daemon_start();
    products_add(PRODUCTS);
    WAIT_FOR(SOON_S, strcmp(account_state("ozon-main"), "dry-run") == 0);
    set_figures(5);
    assert_int_equal(import_figures("first.csv").code, 0);
    assert_text(ctl("account list").out, "first plan");
    WAIT_FOR(SOON_S, targets_in("ozon-main", "dirty") == 60);
    struct ran ran = ctl("plan --account ozon-main");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "60 figures would be sent");
    char id[16];
    assert_int_equal(sscanf(ran.out, "Plan %13s", id), 1);
    ran = ctl("plan --account ozon-main --bucket raise --csv");
    assert_text(ran.out, "SKU-000030,ozon-main,502,");
    assert_int_equal(sim_requests(&sim, "/v2/products/stocks"), 0);

    ctl_ok("stock set SKU-000003 9 --warehouse msk");
    ran = ctl("apply %s", id);
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "1 was changed since");
    wait_active("ozon-main");
    WAIT_FOR(LONG_S, targets_in("ozon-main", "synced") == 59);
    assert_int_equal(targets_in("ozon-main", "held"), 1);
    assert_int_equal(sim_figure(&sim, "SKU-000003", 501), 1);
    assert_int_equal(sim_figure(&sim, "SKU-000003", 502), 5);
    assert_int_equal(ctl("push --follow").code, 0);
    assert_int_equal(sim_figure(&sim, "SKU-000003", 501), 9);
    daemon_stop();
    daemon_start(); /* it is no new account any more */
    wait_active("ozon-main");
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_file_of_zeros_is_held, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_is_dropped_changes_nothing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(broken_files_change_nothing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_new_account_waits_for_its_first_plan, world_begin, world_end),
};

TEST_MAIN(cases)
