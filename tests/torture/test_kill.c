/* kill -9 at one effect after the other: every write, sync, renaming, connection and sending of the
 * daemon, before it, after it and in its midst. Afterwards the store verifies, what was
 * acknowledged is there, and in the end the marketplace shows it. */
#include "torture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAST = 100, PRODUCTS = 30, WRITTEN = 3 };

static struct figures figures;
static int64_t asked[PRODUCTS + 1], acknowledged[PRODUCTS + 1]; /* in msk */
static int64_t imported, offered;                               /* values of imports */

static void shop_begin(void)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 0", PRODUCTS));
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "    timeout: 1s\n");
    torture_start();
    products_add(PRODUCTS);
    wait_active("ozon-main");
}

/* ---- what is done in a round; each may be the daemon's last moment */

static bool gone(void)
{
    return !process_runs(daemon_pid());
}

static void set(int product)
{
    int64_t next = asked[product] + 1;
    asked[product] = next;
    if (api("PUT", text_format("/v1/stock/SKU-%06d/msk", product),
            text_format("{\"quantity\":%lld,\"kind\":\"on-hand\"}", (long long)next), NULL) == 200)
        acknowledged[product] = next;
}

/* api_get would fail the test where the daemon is just gone. */
static bool sent_or_gone(void)
{
    if (gone()) return true;
    json_t *status = NULL;
    if (api("GET", "/v1/targets?account=ozon-main&state=dirty&limit=1", NULL, &status) != 200)
        return gone();
    size_t dirty = json_array_size(json_object_get(status, "items"));
    if (api("GET", "/v1/targets?account=ozon-main&state=in-flight&limit=1", NULL, &status) != 200)
        return gone();
    return dirty + json_array_size(json_object_get(status, "items")) == 0;
}

static void write_and_push(void)
{
    for (int p = 1; p <= WRITTEN; p++)
        set(p);
    WAIT_FOR(LONG_S, sent_or_gone());
}

static void import(void)
{
    struct figures list = {.products = PRODUCTS};
    offered++;
    for (int p = 1; p <= PRODUCTS; p++)
        for (int w = 0; w < 2; w++)
            list.at[w][p] = p > WRITTEN ? offered : -1;
    figures_csv(&list, world_path("import.csv"));
    struct ran ran = ctl("--json stock import %s --create", world_path("import.csv"));
    if (strstr(ran.out, "\"accepted\"")) imported = offered;
}

/* ---- and what must hold after it */

static int64_t on_hand(int product)
{
    json_t *stock = api_get(text_format("/v1/stock/SKU-%06d?warehouse=msk", product));
    json_t *row = json_array_get(json_object_get(stock, "stock"), 0);
    return json_is_integer(json_object_get(row, "on_hand")) ? number_at(row, "on_hand") : 0;
}

static void nothing_is_lost(const struct torture_walk *walk)
{
    for (int p = 1; p <= WRITTEN; p++) {
        int64_t there = on_hand(p);
        if (there < acknowledged[p] || there > asked[p])
            fail_msg("killed %s, effect %llu: SKU-%06d is %lld; %lld was acknowledged, %lld asked "
                     "for",
                     torture_place(), (unsigned long long)walk->at, p, (long long)there,
                     (long long)acknowledged[p], (long long)asked[p]);
        asked[p] = acknowledged[p] = there;
    }
    struct ran verify = ctl("store verify");
    if (verify.code)
        fail_msg("killed %s, effect %llu: %s%s", torture_place(), (unsigned long long)walk->at,
                 verify.out, verify.err);
}

/* What was accepted is done, and as a whole. */
static bool imports_are_done(void)
{
    json_t *runs = json_object_get(api_get("/v1/runs?task=import&limit=1000"), "items"), *row;
    size_t i;
    bool all = true;
    json_array_foreach (runs, i, row)
        all &= strcmp(text_at(row, "state"), "done") == 0;
    return all;
}

static void everything_arrives(void)
{
    figures.products = PRODUCTS;
    for (int p = 1; p <= PRODUCTS; p++)
        for (int w = 0; w < 2; w++)
            figures.at[w][p] = -1;
    for (int p = 1; p <= WRITTEN; p++)
        if (asked[p]) figures.at[0][p] = on_hand(p);
    if (offered) {
        WAIT_FOR(LONG_S, imports_are_done());
        int64_t value = on_hand(WRITTEN + 1);
        assert_in_range(value, imported, offered);
        for (int p = WRITTEN + 1; p <= PRODUCTS; p++)
            figures.at[0][p] = figures.at[1][p] = value;
    }
    wait_shown(&figures, LONG_S);
}

/* One round of `work` without a kill says how many effects it has; then each is the last. */
static void kill_in(void (*work)(void))
{
    unsigned hits = 0;
    uint64_t before = torture->effects;
    work();
    for (struct torture_walk walk = torture_walk(torture->effects - before); torture_next(&walk);) {
        torture_kill_at(walk.at, walk.how);
        work();
        if (gone()) hits++;
        torture_kill_ends();
        torture_start();
        nothing_is_lost(&walk);
    }
    print_message("killed %u times\n", hits);
    assert_true(hits > 0);
    everything_arrives();
}

static void killed_while_writing_and_pushing(void **state)
{
    (void)state;
    shop_begin();
    kill_in(write_and_push);
    world_good();
}

static void killed_in_an_import(void **state)
{
    (void)state;
    shop_begin();
    kill_in(import);
    world_good();
}

/* ---- starts: of a new store, and of one where much is to be done */

static void start_until_killed(void)
{
    torture_start_begin();
    WAIT_FOR(SOON_S, gone() || api("GET", "/v1/warehouses", NULL, NULL) == 200);
}

static void killed_at_the_first_start(void **state)
{
    (void)state;
    conf_places();
    mkdir(world_path("old"), 0700);
    torture_start();
    uint64_t effects = torture->effects;
    daemon_stop();
    int serial = 0;
    for (struct torture_walk walk = torture_walk(effects); torture_next(&walk);) {
        serial++; /* each time a store that is not there yet */
        rename(world_path("store"), world_path("old/%d", serial));
        torture_kill_at(walk.at, walk.how);
        start_until_killed();
        torture_kill_ends();
        torture_start();
        ctl_ok("product add A-1");
        struct ran verify = ctl("store verify");
        if (verify.code) fail_msg("killed %s: %s%s", torture_place(), verify.out, verify.err);
        daemon_stop();
    }
    torture_kill_never();
    torture_start();
    world_good();
}

static void killed_at_a_start_with_writes_open(void **state)
{
    (void)state;
    shop_begin();
    sim_post(&sim, "fault",
             "{\"kind\":\"drop_after\",\"path\":\"/v2/products/stocks\",\"count\":3}");
    write_and_push();
    daemon_kill();
    uint64_t before = torture->effects;
    torture_start();
    write_and_push();
    for (struct torture_walk walk = torture_walk(torture->effects - before); torture_next(&walk);) {
        daemon_kill();
        torture_kill_at(walk.at, walk.how);
        start_until_killed();
        if (!gone()) write_and_push();
        torture_kill_ends();
        torture_start();
        nothing_is_lost(&walk);
    }
    everything_arrives();
    world_good();
}

/* ---- reload */

static int serial;

static void reload(void)
{
    serial++;
    conf_write("40-more.yaml", "warehouses:\n  w%d: {name: More}\n", serial);
    api("POST", "/v1/reload", NULL, NULL);
    ctl("warehouse list");
}

static void killed_in_a_reload(void **state)
{
    (void)state;
    shop_begin();
    uint64_t before = torture->effects;
    reload();
    for (struct torture_walk walk = torture_walk(torture->effects - before); torture_next(&walk);) {
        torture_kill_at(walk.at, walk.how);
        reload();
        torture_kill_ends();
        torture_start();
        assert_text(ctl("warehouse list").out, text_format("w%d", serial));
        nothing_is_lost(&walk);
    }
    everything_arrives();
    world_good();
}

/* ---- backup and restore */

static const char *last_backup(void)
{
    return world_path("backups/b%d", serial);
}

static void backup(void)
{
    serial++;
    api("POST", "/v1/backup", text_format("{\"path\":\"%s\"}", last_backup()), NULL);
}

static void killed_in_a_backup(void **state)
{
    (void)state;
    mkdir(world_path("backups"), 0700);
    shop_begin();
    write_and_push();
    uint64_t before = torture->effects;
    backup();
    for (struct torture_walk walk = torture_walk(torture->effects - before); torture_next(&walk);) {
        torture_kill_at(walk.at, walk.how);
        backup();
        torture_kill_ends();
        torture_start();
        nothing_is_lost(&walk);
        if (access(last_backup(), F_OK)) continue; /* there is none; or it is whole: */
        const char *other = world_path("restored-%d", serial);
        struct ran ran = ctl("restore %s --store %s --yes", last_backup(), other);
        if (ran.code) fail_msg("killed %s: %s", torture_place(), ran.err);
    }
    everything_arrives();
    world_good();
}

/* stockctl is the one that is killed. */
static void restore(void)
{
    const char *argv[16];
    int count = 0;
    for (const char *const *word = torture_words(); *word; word++)
        argv[count++] = *word;
    argv[count++] = STOCKCTL_PROGRAM;
    argv[count++] = "restore";
    argv[count++] = world_path("backups/b1");
    argv[count++] = "--store";
    argv[count++] = world_path("store");
    argv[count++] = "--yes";
    argv[count] = NULL;
    torture->killed_in = 0;
    struct ran ran = run_words(argv);
    if (ran.code != 0 && !(ran.code == 128 + SIGKILL && torture_killed()))
        fail_msg("restore: %d %s", ran.code, ran.err);
}

static void killed_in_a_restore(void **state)
{
    (void)state;
    mkdir(world_path("backups"), 0700);
    conf_places();
    torture_start();
    ctl_ok("product add BOTH");
    backup();
    ctl_ok("product add LATER");
    daemon_stop();
    uint64_t before = torture->effects;
    restore();
    bool old_seen = false, new_seen = true;
    for (struct torture_walk walk = torture_walk(torture->effects - before); torture_next(&walk);) {
        torture_kill_at(walk.at, walk.how);
        restore();
        torture_kill_never();
        torture_start();
        assert_int_equal(api("GET", "/v1/products/BOTH", NULL, NULL), 200);
        bool later = api("GET", "/v1/products/LATER", NULL, NULL) == 200; /* one or the other */
        if (later)
            old_seen = true;
        else
            ctl_ok("product add LATER");
        struct ran verify = ctl("store verify");
        if (verify.code) fail_msg("killed %s: %s%s", torture_place(), verify.out, verify.err);
        daemon_stop();
    }
    assert_true(old_seen && new_seen);
    torture_start();
    world_good();
}

/* Not the daemon: what is preloaded itself must stand being interrupted. */
static void signals_meet_the_shim_anywhere(void **state)
{
    (void)state;
    const char *argv[8];
    int count = 0;
    for (const char *const *word = torture_words(); *word; word++)
        argv[count++] = *word;
    argv[count++] = TORTURE_SIGNALS;
    argv[count] = NULL;
    assert_int_equal(run_words(argv).code, 0);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(signals_meet_the_shim_anywhere, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(killed_while_writing_and_pushing, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(killed_in_an_import, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(killed_at_the_first_start, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(killed_at_a_start_with_writes_open, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(killed_in_a_reload, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(killed_in_a_backup, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(killed_in_a_restore, torture_begin, torture_end),
};

TEST_MAIN(cases)
