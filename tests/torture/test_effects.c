/* kill -9 at each effect of what else leaves this machine or stays on it: files of an inbox and
 * their reports, alerts, secrets that are sealed, figures taken over from a marketplace.
 * test_kill.c has the rest. */
#include "torture.h"

#include "e2e/hearer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAST = 100, PRODUCTS = 5, TRIED_MAX = 40 /* of script/torture: a round takes a second */ };

static int serial;

static bool gone(void)
{
    return !process_runs(daemon_pid());
}

/* One round of `work` counts the effects; then each is the last; `after` says what must hold. */
static void kill_in(void (*work)(void), void (*after)(void))
{
    uint64_t before = torture->effects;
    unsigned hits = 0;
    work();
    after();
    for (struct torture_walk walk = torture_walk_most(torture->effects - before, TRIED_MAX);
         torture_next(&walk);) {
        torture_kill_at(walk.at, walk.how);
        work();
        hits += gone();
        torture_kill_ends();
        torture_start();
        after();
        struct ran verify = ctl("store verify");
        if (verify.code) fail_msg("killed %s: %s%s", torture_place(), verify.out, verify.err);
    }
    print_message("killed %u times\n", hits);
    if (torture_full()) assert_true(hits > 0); /* of few, none may have met its effect */
}

static int64_t on_hand(void)
{
    json_t *answer = NULL;
    if (api("GET", "/v1/stock/SKU-000001?warehouse=msk", NULL, &answer) != 200) return -1;
    json_t *row = json_array_get(json_object_get(answer, "stock"), 0);
    return json_is_integer(json_object_get(row, "on_hand")) ? number_at(row, "on_hand") : 0;
}

/* ---- an inbox */

static const char *dropped(void)
{
    return text_format("stock-%d.csv", serial);
}

/* No file of the round is anywhere but in done/, beside its report, which is whole. */
static bool put_away(void)
{
    struct ran found = run("/usr/bin/find", "%s -name *%s*", world_path("in"), dropped());
    return strstr(found.out, "/done/") && !strstr(found.out, "/failed/") &&
           access(world_path("in/%s", dropped()), F_OK) != 0;
}

static void drop(void)
{
    struct figures list = {.products = PRODUCTS};
    serial++;
    for (int p = 1; p <= PRODUCTS; p++)
        list.at[0][p] = list.at[1][p] = serial;
    figures_csv(&list, world_path("in/.new"));
    chmod(world_path("in/.new"), 0644);
    rename(world_path("in/.new"), world_path("in/%s", dropped()));
    WAIT_FOR(LONG_S, gone() || (on_hand() == serial && put_away()));
}

static void drop_is_done(void)
{
    WAIT_FOR(LONG_S, on_hand() == serial && put_away());
}

static void killed_while_an_inbox_is_emptied(void **state)
{
    (void)state;
    conf_places();
    assert_int_equal(mkdir(world_path("in"), 0755), 0);
    chmod(world_path("in"), 0755);
    conf_write("40-inbox.yaml", "inboxes:\n  erp: {folder: %s, settle: 100ms, poll: 1s}\n",
               world_path("in"));
    torture_start();
    products_add(PRODUCTS);
    kill_in(drop, drop_is_done);
    json_t *runs = json_object_get(api_get("/v1/runs?task=import&limit=1000"), "items");
    assert_int_equal(json_array_size(runs), serial); /* each file once */
    world_good();
}

/* ---- an alert: the disk is fuller than some share, and then it is not */

static void conf_disk(int percent)
{
    conf_write("20-alerts.yaml",
               "alerts:\n  every: 1s\n  group: 1s\n  keep-firing-for: 0s\n"
               "  disk: %d\n  channels:\n"
               "    hook: {type: webhook, url: \"http://127.0.0.1:%d/hook\", secret: s3cret}\n",
               percent, hearer_http);
    api("POST", "/v1/reload", NULL, NULL);
}

/* The one that is open, 0: none. */
static int64_t open_alert(void)
{
    json_t *answer = NULL;
    if (api("GET", "/v1/alerts", NULL, &answer) != 200) return 0;
    const json_t *row = json_array_get(json_object_get(answer, "items"), 0);
    return row ? number_at(row, "id") : 0;
}

/* Some message of that kind speaks of it. */
static bool heard(const char *event, int64_t alert)
{
    const char *id = text_format("\"id\":%lld,", (long long)alert);
    const char *kind = text_format("{\"event\":\"%s\"", event);
    for (const char *at = strstr(heard_http(), kind); at; at = strstr(at + 1, kind)) {
        const char *found = strstr(at, id), *next = strstr(at + 1, "{\"event\"");
        if (found && (!next || found < next)) return true;
    }
    return false;
}

static int64_t told_of;

/* Opens and is over; what was told of it is waited for, unless the daemon is gone. */
static void tell(void)
{
    int64_t alert = 0;
    serial++;
    conf_disk(1);
    WAIT_FOR(LONG_S, gone() || ((alert = open_alert()) && heard("opened", alert)));
    if (alert) told_of = alert;
    if (gone()) return;
    conf_disk(100);
    WAIT_FOR(LONG_S, gone() || (!open_alert() && heard("closed", alert)));
}

/* The end of what somebody heard of is told, also when it came while nothing ran. */
static void told(void)
{
    conf_disk(100);
    WAIT_FOR(LONG_S, !open_alert());
    if (told_of && heard("opened", told_of)) WAIT_FOR(LONG_S, heard("closed", told_of));
}

static void killed_while_an_alert_is_told(void **state)
{
    (void)state;
    hearer_start();
    conf_places();
    conf_disk(100);
    torture_start();
    kill_in(tell, told);
    world_good();
}

/* ---- a secret */

static void seal(void)
{
    serial++;
    api("PUT", "/v1/accounts/shop/secrets/api-key", "{\"value\":\"a-key-of-a-shop\"}", NULL);
    api("PUT", text_format("/v1/accounts/shop-%d/secrets/api-key", serial),
        "{\"value\":\"another-key\"}", NULL);
}

/* Every sealed file opens. */
static void sealed(void)
{
    json_t *answer = NULL;
    assert_int_equal(api("POST", "/v1/secrets/rekey", NULL, &answer), 200);
    assert_int_equal(number_at(answer, "unreadable"), 0);
    assert_in_range(number_at(answer, "secrets"), 1, 1 + serial);
}

static void killed_while_a_secret_is_sealed(void **state)
{
    (void)state;
    conf_places();
    torture_start();
    kill_in(seal, sealed);
    world_good();
}

/* ---- figures from a marketplace */

static void take_again(void)
{
    sim_post(&sim, "stock", "{\"offer_id\":\"SKU-000001\",\"warehouse_id\":501,\"stock\":%d}",
             serial);
    ctl("import --from ozon-main:501 --to msk --yes");
}

static void take_over(void)
{
    serial++;
    take_again();
}

/* A figure that somebody else wrote there is drift to a daemon that begins anew: its repair may
 * come before the reading, and then it is to be taken once more. */
static void taken_over(void)
{
    WAIT_FOR(LONG_S, on_hand() == serial || (take_again(), false));
    WAIT_FOR(LONG_S, all_sent());
}

static void killed_while_figures_are_taken_over(void **state)
{
    (void)state;
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 3", PRODUCTS));
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "    timeout: 1s\n");
    torture_start();
    products_add(PRODUCTS);
    wait_active("ozon-main");
    kill_in(take_over, taken_over);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(killed_while_an_inbox_is_emptied, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(killed_while_an_alert_is_told, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(killed_while_a_secret_is_sealed, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(killed_while_figures_are_taken_over, torture_begin,
                                    torture_end),
};

TEST_MAIN(cases)
