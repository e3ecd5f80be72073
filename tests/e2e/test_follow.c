/* Waiting for a push: what it waits for is said, and it always ends. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAST = 100, PRODUCTS = 5 };

static struct figures figures;

static void begin_with(const char *more)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", more);
    daemon_start();
    products_add(PRODUCTS);
    wait_active("ozon-main");
    figures.products = PRODUCTS;
}

static void set_all(int64_t add)
{
    for (int p = 1; p <= PRODUCTS; p++)
        for (int w = 0; w < 2; w++) {
            figures.at[w][p] = p + w + add;
            ctl_ok("stock set SKU-%06d %lld --warehouse %s", p, (long long)figures.at[w][p],
                   w ? "spb" : "msk");
        }
}

static void says_how_it_went(void **state)
{
    (void)state;
    begin_with("");
    set_all(10);
    wait_shown(&figures, SOON_S);
    struct ran ran = ctl("push --follow");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "push: 10 there already");
    assert_string_equal(ran.err, "");
    ran = ctl("push --account ozon-main --sku SKU-000001 --follow");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "2 there already");
    ran = ctl("push --account ozon-main --sku SKU-000001 --force --follow");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "push of ozon-main: 2 sent");
    ran = ctl("push --account nobody --follow");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "nobody");
    ran = ctl("push --sku NO-SUCH --follow");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "NO-SUCH");
    /* And without following. */
    ran = ctl("push --account ozon-main");
    assert_int_equal(ran.code, 0);
    char id[32] = "";
    assert_int_equal(sscanf(ran.out, "Run %31s has begun", id), 1);
    ran = ctl("run follow %s", id);
    assert_int_equal(ran.code, 0);
    ran = ctl("run show %s", id);
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "push");
    ran = ctl("run list --task push");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, id);
    assert_int_equal(ctl("run show r999999").code, 1);
    assert_int_equal(ctl("run follow nonsense").code, 1);
    world_good();
}

/* A quota of two writes in six seconds: it says until when it waits, and ends when all is there. */
static void waits_for_the_quota(void **state)
{
    (void)state;
    begin_with("");
    set_all(0);
    wait_shown(&figures, SOON_S);
    conf_write(
        "50-ozon-main.yaml",
        "accounts:\n  ozon-main:\n    plugin: ozon\n    first-plan: apply\n    client-id: 1001\n"
        "    api-key: test-key\n    endpoints: {api: \"http://127.0.0.1:%d\"}\n    batch: 4\n"
        "    quotas: {stock: {amount: 1, per: 2s}}\n"
        "links:\n  - {warehouse: msk, account: ozon-main, remote: \"501\"}\n"
        "  - {warehouse: spb, account: ozon-main, remote: \"502\"}\n",
        sim.port);
    ctl_ok("reload");
    int64_t begun = now_ms();
    struct ran ran = ctl("push --force --follow");
    assert_int_equal(ran.code, 0);
    assert_text(ran.err, "quota");
    assert_text(ran.err, "until 20");
    assert_in_range(now_ms() - begun, 1900, 15000); /* three batches of four */
    world_good();
}

static void does_not_wait_for_a_person(void **state)
{
    (void)state;
    begin_with("");
    ctl_ok("account pause ozon-main");
    set_all(5);
    struct ran ran = ctl("push --follow");
    assert_int_equal(ran.code, 5);
    assert_text(ran.out, "account ozon-main is paused");
    assert_text(ran.out, "stockctl account resume ozon-main");
    ctl_ok("account resume ozon-main");
    wait_shown(&figures, SOON_S);
    sim_post(&sim, "key", "{\"state\":\"deactivated\"}");
    ran = ctl("push --force --follow");
    assert_int_equal(ran.code, 5);
    assert_text(ran.out, "account ozon-main is parked");
    assert_text(ran.out, "deactivated");
    world_good_but(true);
}

static void names_what_was_rejected(void **state)
{
    (void)state;
    begin_with("");
    sim_post(&sim, "fault",
             "{\"kind\":\"item\",\"offers\":[\"SKU-000002\"],\"code\":\"NON_KGT_ON_KGT_WAREHOUSE\","
             "\"message\":\"not for this warehouse\",\"count\":-1}");
    set_all(5);
    WAIT_FOR(SOON_S, targets_in("ozon-main", "rejected") == 2); /* it went by itself */
    struct ran ran = ctl("push --force --follow");
    assert_int_equal(ran.code, 4);
    assert_text(ran.out, "8 sent");
    assert_text(ran.out, "2 rejected");
    assert_text(ran.out,
                "SKU-000002 at ozon-main, Warehouse 501: 7 was rejected: NON_KGT_ON_KGT_WAREHOUSE");
    world_good();
}

/* The daemon goes away under a follower: it ends, and says that it does not know. */
static void ends_with_the_daemon(void **state)
{
    (void)state;
    begin_with(
        "    timeout: 5s\n"); /* after a start, what may still land is waited for that long */
    set_all(5);
    wait_shown(&figures, SOON_S);
    for (int i = 0; i < 2; i++) {
        sim_post(&sim, "fault",
                 "{\"kind\":\"slow\",\"delay_ms\":3000,\"path\":\"/v2/products/stocks\","
                 "\"count\":1}");
        const char *name = text_format("follower-%d", i);
        pid_t follower = ctl_begin(name, "push --force --follow");
        WAIT_FOR(SOON_S, number_at(api_get("/v1/accounts/ozon-main"), "in_flight") > 0);
        if (i == 0)
            daemon_stop();
        else
            daemon_kill();
        int code = process_wait(follower, SOON_S);
        if (code != 1 && code != 5)
            fail_msg("exit %d: %s", code, file_read(world_path("%s.err", name)));
        assert_text(file_read(world_path("%s.err", name)), "stockctl: ");
        sim_post(&sim, "faults/clear", "{}");
        daemon_start();
        WAIT_FOR(SOON_S, all_sent());
    }
    world_good();
}

static void a_dry_run_says_so(void **state)
{
    (void)state;
    begin_with("");
    conf_ozon("ozon-main", "1001", "test-key", "    dry-run: yes\n");
    ctl_ok("reload");
    WAIT_FOR(SOON_S, strcmp(account_state("ozon-main"), "dry-run") == 0);
    int64_t writes = number_at(sim_get(&sim, "state?limit=1"), "writes");
    set_all(7);
    struct ran ran = ctl("push --follow");
    assert_int_equal(ran.code, 5);
    assert_text(text_format("%s%s", ran.out, ran.err), "dry-run");
    assert_int_equal(number_at(sim_get(&sim, "state?limit=1"), "writes"), writes);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(says_how_it_went, world_begin, world_end),
    cmocka_unit_test_setup_teardown(waits_for_the_quota, world_begin, world_end),
    cmocka_unit_test_setup_teardown(does_not_wait_for_a_person, world_begin, world_end),
    cmocka_unit_test_setup_teardown(names_what_was_rejected, world_begin, world_end),
    cmocka_unit_test_setup_teardown(ends_with_the_daemon, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_dry_run_says_so, world_begin, world_end),
};

TEST_MAIN(cases)
