/* A login at Allegro with a person, and a daemon that is killed around the renewal of its tokens
 * again and again: a refresh token can be used once, and yet nobody is ever locked out. */
#include "markets.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KILLS = 200 };

static struct shop shop;

static void logs_in_when_the_person_consents(void **state)
{
    (void)state;
    shop_open(&shop, &market_allegro, "allegro-main", 3, "");
    sim_post(&shop.sim, "settings", "{\"device_interval\":1}");
    daemon_start();
    WAIT_FOR(SOON_S, strcmp(account_state("allegro-main"), "parked") == 0);
    assert_text(ctl("status").out, "stockctl account login allegro-main");
    /* A person who says no. */
    pid_t login = ctl_begin("refused", "account login allegro-main");
    WAIT_FOR(SOON_S,
             strstr(file_read(world_path("refused.out")), "skojarz-aplikacje?code=") != NULL);
    sim_post(&shop.sim, "device", "{\"answer\":\"deny\"}");
    assert_int_equal(process_wait(login, SOON_S), 1);
    assert_text(file_read(world_path("refused.err")), "refused by the person");
    assert_string_equal(account_state("allegro-main"), "parked");
    /* And one who says yes. */
    login = ctl_begin("login", "account login allegro-main");
    WAIT_FOR(SOON_S, strstr(file_read(world_path("login.out")), "skojarz-aplikacje?code=") != NULL);
    assert_true(process_runs(login));
    sim_post(&shop.sim, "device", "{}");
    assert_int_equal(process_wait(login, SOON_S), 0);
    assert_text(file_read(world_path("login.out")), "allegro-main is logged in");
    wait_active("allegro-main");
    static struct figures figures = {.products = 3, .at = {{0, 5, 0, 7}, {-1, -1, -1, -1}}};
    figures_csv(&figures, world_path("stock.csv"));
    ctl_ok("stock import %s --create", world_path("stock.csv"));
    shops_wait_shown(&shop, 1, &figures, SOON_S);
    /* An access token that ends before its time is renewed without anybody. */
    sim_post(&shop.sim, "token", "{\"expire_access\":true}");
    figures.at[0][1] = 6;
    ctl_ok("stock set SKU-000001 6 --warehouse msk");
    shops_wait_shown(&shop, 1, &figures, SOON_S);
    daemon_stop(); /* and all of it is still there after a restart */
    daemon_start();
    figures.at[0][3] = 8;
    ctl_ok("stock set SKU-000003 8 --warehouse msk");
    shops_wait_shown(&shop, 1, &figures, SOON_S);
    /* A consent that was taken back needs the person again. */
    sim_post(&shop.sim, "token", "{\"revoke\":true}");
    ctl("stock set SKU-000003 9 --warehouse msk");
    WAIT_FOR(SOON_S, strcmp(account_state("allegro-main"), "parked") == 0);
    assert_text(ctl("status").out, "stockctl account login allegro-main");
    const char *log = daemon_log();
    assert_no_text(log, text_at(sim_get(&shop.sim, "token"), "access_token"));
    shops_good(&shop, 1);
}

static int64_t tokens_asked(void)
{
    return sim_requests(&shop.sim, "/auth/oauth/token");
}

static int64_t tokens_stored(void)
{
    static const char line[] = "event=token account=allegro-main token=access";
    int64_t stored = 0;
    for (const char *at = daemon_log(); (at = strstr(at, line)); at++)
        stored++;
    return stored;
}

/* Makes the daemon renew its tokens: they live for a second, or end at once, which a write finds
 * out. The answer may be long on its way. */
/* Not one that a start has just renewed: refused at once, it would mean a person logged out. */
static bool tokens_end(void)
{
    const json_t *answer = sim_post(&shop.sim, "token", "{\"expire_access\":true,\"spare_ms\":30}");
    return json_integer_value(json_object_get(answer, "spared")) == 0;
}

static long begin_renewal(int round)
{
    long slow = random() % 3 ? 0 : random() % 40;
    if (slow)
        sim_post(&shop.sim, "fault",
                 "{\"kind\":\"slow\",\"path\":\"POST /auth/oauth/token\",\"delay_ms\":%ld,"
                 "\"count\":1}",
                 slow);
    if (random() % 10 == 0) return slow; /* by itself, in time */
    WAIT_FOR(SOON_S, tokens_end());
    api("PUT", text_format("/v1/stock/SKU-%06d/msk", round + 1),
        text_format("{\"quantity\":%d,\"kind\":\"on-hand\"}", round + 2), NULL);
    return slow;
}

static void two_hundred_kills_lock_nobody_out(void **state)
{
    (void)state;
    const char *seed = getenv("STOCKD_TEST_SEED");
    srandom(seed ? (unsigned)atol(seed) : 1);
    shop_open(&shop, &market_allegro, "allegro-main", KILLS, "    timeout: 1s\n");
    daemon_start();
    shops_enter(&shop, 1);
    products_add(KILLS);
    sim_post(&shop.sim, "settings", "{\"access_ms\":1000}");
    for (int round = 0; round < KILLS; round++) {
        size_t mark = keep_mark();
        int64_t asked = tokens_asked();
        long slow = begin_renewal(round);
        WAIT_FOR(SOON_S,
                 tokens_asked() > asked || strcmp(account_state("allegro-main"), "parked") == 0);
        if (strcmp(account_state("allegro-main"), "parked") == 0)
            fail_msg("round %d: locked out: %s", round, ctl("account list").out);
        poll(NULL, 0, (int)(random() % (slow + 8)));
        daemon_kill();
        daemon_start();
        keep_forget(mark);
    }
    int64_t lost = tokens_asked() - tokens_stored();
    print_message("%lld answers came to a daemon that was dead\n", (long long)lost);
    assert_true(lost >= KILLS / 40); /* else nothing was tested */
    sim_post(&shop.sim, "settings", "{\"access_ms\":43199000}");
    static struct figures figures = {.products = KILLS};
    for (int p = 1; p <= KILLS; p++) {
        figures.at[0][p] = 1000 + p;
        figures.at[1][p] = -1;
    }
    figures_csv(&figures, world_path("stock.csv"));
    ctl_ok("stock import %s", world_path("stock.csv"));
    shops_wait_shown(&shop, 1, &figures, LONG_S);
    assert_string_equal(account_state("allegro-main"), "active");
    shops_good(&shop, 1); /* no token was used again after its grace */
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(logs_in_when_the_person_consents, world_begin, world_end),
    cmocka_unit_test_setup_teardown(two_hundred_kills_lock_nobody_out, world_begin, world_end),
};

TEST_MAIN(cases)
