/* kill -9 at one effect after the other while a token whose refresh token can be used once is
 * renewed, and while all that is sealed gets a new key: nobody is locked out, nothing sealed is
 * lost. */
#include "torture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int port;
static long long figure;

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

static void logged_in(void)
{
    const char *file = world_path("token-shop.port");
    const char *argv[] = {TOKEN_SHOP, file, "600000", "60000", NULL};
    pid_t pid = process_start(argv, NULL, NULL, NULL);
    WAIT_FOR(SOON_S, access(file, F_OK) == 0 || !process_runs(pid));
    port = atoi(file_read(file));
    plugin_put(TOKEN_PLUGIN, "token-shop.so");
    conf_places();
    conf_write(
        "50-shop.yaml",
        "accounts:\n  shop-main:\n    plugin: token-shop\n    first-plan: apply\n    timeout: 1s\n"
        "    endpoints: {api: \"http://127.0.0.1:%d\"}\n"
        "links:\n  - {warehouse: msk, account: shop-main, remote: default}\n",
        port);
    torture_start();
    products_add(1);
    WAIT_FOR(SOON_S, strcmp(account_state("shop-main"), "parked") == 0);
    pid_t login = ctl_begin("login", "account login shop-main");
    WAIT_FOR(SOON_S, strstr(file_read(world_path("login.out")), "ABCD-1234") != NULL);
    shop("consent");
    assert_int_equal(process_wait(login, SOON_S), 0);
    wait_active("shop-main");
}

static bool gone(void)
{
    return !process_runs(daemon_pid());
}

static void set_figure(void)
{
    figure++;
    api("PUT", "/v1/stock/SKU-000001/msk",
        text_format("{\"quantity\":%lld,\"kind\":\"on-hand\"}", figure), NULL);
}

/* A write that is answered 401 has the token renewed and goes again. */
static void renew(void)
{
    shop("revoke");
    set_figure();
    WAIT_FOR(SOON_S, gone() || shop("look").figure == figure);
}

static void rekey(void)
{
    api("POST", "/v1/secrets/rekey", NULL, NULL);
}

static void kill_in(void (*work)(void))
{
    uint64_t before = torture->effects;
    work();
    for (struct torture_walk walk = torture_walk(torture->effects - before); torture_next(&walk);) {
        torture_kill_at(walk.at, walk.how);
        work();
        torture_kill_ends();
        torture_start();
        set_figure();
        /* A request of the life before may be under way for its timeout: then it is read back. */
        WAIT_FOR(LONG_S, shop("look").figure == figure);
        if (strcmp(account_state("shop-main"), "active") != 0)
            fail_msg("killed %s: the account is %s", torture_place(), account_state("shop-main"));
    }
    assert_int_equal(shop("look").refusals, 0);
    world_good();
}

static void killed_while_a_token_is_renewed(void **state)
{
    (void)state;
    logged_in();
    kill_in(renew);
}

static void killed_while_all_is_sealed_anew(void **state)
{
    (void)state;
    logged_in();
    kill_in(rekey);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(killed_while_a_token_is_renewed, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(killed_while_all_is_sealed_anew, torture_begin, torture_end),
};

TEST_MAIN(cases)
