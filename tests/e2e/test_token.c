/* An account whose refresh tokens can be used once: logged in from the command line, renewed every
 * second or two, killed in the midst of it, given a new key; its tokens are nowhere to be read. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int port;

struct look {
    unsigned long long pairs;
    unsigned refusals;
    long long figure;
};

static struct look shop(const char *how)
{
    struct look look = {0};
    struct ran ran = run("/usr/bin/env", "curl -sS http://127.0.0.1:%d/_%s", port, how);
    assert_int_equal(ran.code, 0);
    assert_int_equal(sscanf(ran.out, "%llu %u %lld", &look.pairs, &look.refusals, &look.figure), 3);
    return look;
}

static void start_shop(const char *life_ms, const char *grace_ms)
{
    const char *file = world_path("token-shop.port");
    const char *argv[] = {TOKEN_SHOP, file, life_ms, grace_ms, NULL};
    pid_t pid = process_start(argv, NULL, NULL, NULL);
    WAIT_FOR(SOON_S, access(file, F_OK) == 0 || !process_runs(pid));
    port = atoi(file_read(file));
    assert_true(port > 0);
    plugin_put(TOKEN_PLUGIN, "token-shop.so");
    conf_places();
    conf_write(
        "50-shop.yaml",
        "accounts:\n  shop-main:\n    plugin: token-shop\n    first-plan: apply\n    timeout: 2s\n"
        "    endpoints: {api: \"http://127.0.0.1:%d\"}\n"
        "links:\n  - {warehouse: msk, account: shop-main, remote: default}\n",
        port);
}

static void log_in(void)
{
    WAIT_FOR(SOON_S, strcmp(account_state("shop-main"), "parked") == 0);
    assert_text(ctl("status").out, "stockctl account login shop-main");
    pid_t login = ctl_begin("login", "account login shop-main");
    WAIT_FOR(SOON_S, strstr(file_read(world_path("login.out")), "ABCD-1234") != NULL);
    assert_text(file_read(world_path("login.out")), "https://shop.example/device");
    assert_text(ctl("account show shop-main").out, "ABCD-1234");
    assert_text(ctl("status").out, "ABCD-1234");
    shop("consent");
    assert_int_equal(process_wait(login, SOON_S), 0);
    assert_text(file_read(world_path("login.out")), "shop-main is logged in");
    wait_active("shop-main");
}

static void show(int64_t figure)
{
    ctl_ok("stock set SKU-000001 %lld --warehouse msk", (long long)figure);
    WAIT_FOR(SOON_S, shop("look").figure == figure && all_sent());
}

static void looks_in_vain(const char *path, const char *word)
{
    struct ran ran = run("/usr/bin/env", "grep -rlaF %s %s", word, path);
    if (ran.code != 1) fail_msg("%s is to be read in: %s%s", word, ran.out, ran.err);
}

static void is_logged_in_renewed_and_never_locked_out(void **state)
{
    (void)state;
    start_shop("1500", "60000");
    conf_daemon("  log-level: debug\n");
    daemon_start();
    products_add(1);
    log_in();
    show(5);
    shop("revoke"); /* a write that is answered 401 goes again with a new token */
    show(6);
    for (int i = 0; i < 8; i++) { /* most of them near a renewal: one is due every 1.2 s */
        unsigned long long pairs = shop("look").pairs;
        if (i % 2) WAIT_FOR(SOON_S, shop("look").pairs > pairs);
        daemon_kill();
        daemon_start();
    }
    show(7);
    unsigned long long pairs = shop("look").pairs;
    WAIT_FOR(SOON_S, shop("look").pairs > pairs); /* a renewal is in what is looked through below */
    assert_int_equal(shop("look").refusals, 0);
    assert_string_equal(account_state("shop-main"), "active");
    struct ran traffic = ctl("--json traffic shop-main --last 50 --bodies");
    assert_no_text(traffic.out, "access-");
    assert_no_text(traffic.out, "refresh-");
    daemon_stop();
    looks_in_vain(world_path("store"), "access-");
    looks_in_vain(world_path("store"), "refresh-");
    assert_no_text(daemon_log(), "access-");
    assert_no_text(daemon_log(), "refresh-");
    daemon_start();
    show(8);
    world_good();
}

static void a_new_key_changes_nothing_else(void **state)
{
    (void)state;
    start_shop("600000", "60000");
    daemon_start();
    products_add(1);
    log_in();
    show(1);
    const char *key = world_path("store.key");
    char *before = strdup(file_read(key));
    struct ran rekey = ctl("account rekey");
    assert_int_equal(rekey.code, 0);
    assert_text(rekey.out, "1 token and 0 secrets");
    assert_string_not_equal(before, file_read(key));
    daemon_kill();
    daemon_start();
    show(2);
    assert_int_equal(shop("look").pairs, 1); /* the old pair still serves */
    daemon_stop();
    char *good = strdup(file_read(key));
    file_text(key, before); /* the wrong file: said, and nothing is lost */
    daemon_start();
    WAIT_FOR(SOON_S, strcmp(account_state("shop-main"), "parked") == 0);
    assert_text(ctl("account show shop-main").out, "put the right file back");
    file_text(key, good);
    ctl_ok("account resume shop-main");
    wait_active("shop-main");
    show(3);
    assert_int_equal(shop("look").pairs, 1);
    free(before);
    free(good);
    world_good();
}

/* The pair in the backup was used since: what counts is the one of the store that was replaced. */
static void a_restored_backup_brings_no_old_token(void **state)
{
    (void)state;
    start_shop("600000", "1");
    daemon_start();
    products_add(1);
    log_in();
    ctl_ok("backup %s", world_path("old-backup"));
    shop("revoke");
    show(1);
    assert_int_equal(shop("look").pairs, 2);
    daemon_stop();
    ctl_ok("restore %s --store %s --yes", world_path("old-backup"), world_path("store"));
    daemon_start();
    wait_active("shop-main");
    show(2);
    assert_true(daemon_said("event=tokens-kept"));
    assert_int_equal(shop("look").pairs, 2);
    assert_int_equal(shop("look").refusals, 0);
    world_good();
}

/* From an empty configuration to an account whose key is in no file that can be read. */
static void a_sealed_option_serves_its_account(void **state)
{
    (void)state;
    static const char key[] = "K3y-that-is-sealed";
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(100, "--products 1 --warehouses 501,502 --stock 1");
    sim_post(&sim, "key", "{\"api_key\":\"%s\"}", key);
    conf_places();
    daemon_start();
    struct ran sealed =
        run("/bin/sh", "-c 'echo %s | %s --socket %s account secret ozon-main api-key'", key,
            STOCKCTL_PROGRAM, world_path("sock"));
    if (sealed.code) fail_msg("%s", sealed.err);
    assert_text(sealed.out, "api-key: ${sealed:ozon-main.api-key}");
    conf_ozon("ozon-main", "1001", "${sealed:ozon-main.api-key}", "");
    struct ran check = daemon_run("--check --config %s", world_path("conf.d"));
    assert_int_equal(check.code, 0);
    assert_no_text(check.out, "warning");
    ctl_ok("reload");
    products_add(1);
    wait_active("ozon-main");
    assert_text(ctl("account rekey").out, "0 tokens and 1 secret ");
    daemon_kill();
    daemon_start();
    wait_active("ozon-main");
    looks_in_vain(world_path("store.sealed"), key);
    looks_in_vain(world_path("conf.d"), key);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(is_logged_in_renewed_and_never_locked_out, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(a_new_key_changes_nothing_else, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_restored_backup_brings_no_old_token, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_sealed_option_serves_its_account, world_begin, world_end),
};

TEST_MAIN(cases)
