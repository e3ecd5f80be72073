/* What marketplaces do to their callers, through the whole daemon. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAST = 100, PRODUCTS = 5 };
#define WRITE "/v2/products/stocks"

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
    for (int p = 1; p <= PRODUCTS; p++)
        figures.at[0][p] = figures.at[1][p] = -1;
}

/* Unresolved writes are read back when a request of the daemon's life before must have ended: with
 * the timeout as it is, that is half a minute after the start. */
static void begin(void)
{
    begin_with("    timeout: 1s\n");
}

static void set(int product, int64_t quantity)
{
    ctl_ok("stock set SKU-%06d %lld --warehouse msk", product, (long long)quantity);
    figures.at[0][product] = quantity;
}

static size_t writes_of(int product)
{
    return json_array_size(
        json_object_get(sim_get(&sim, text_format("writes?offer_id=SKU-%06d", product)), "writes"));
}

static void nothing_is_left_over(void)
{
    json_t *status = api_get("/v1/status");
    assert_int_equal(number_at(status, "counts.rejected"), 0);
    assert_int_equal(number_at(status, "counts.unresolved"), 0);
    assert_int_equal(number_at(status, "counts.dirty"), 0);
}

/* Faults of a write after which everything must come right by itself. `most`: how often the pair
 * may have been written in the end. */
static void survives(const char *fault, size_t most)
{
    begin();
    sim_post(&sim, "fault", "%s", fault);
    set(1, 41);
    set(2, 0);
    wait_shown(&figures, LONG_S);
    nothing_is_left_over();
    json_t *target = target_of("ozon-main", "SKU-000001", "501");
    assert_string_equal(text_at(target, "state"), "synced");
    assert_int_equal(number_at(target, "acknowledged"), 41);
    assert_in_range(writes_of(1), 1, most);
    assert_string_equal(account_state("ozon-main"), "active");
    world_good();
}

static void rate_limited_with_a_time(void **state)
{
    (void)state;
    survives("{\"kind\":\"rate\",\"path\":\"" WRITE "\",\"count\":2,\"retry_after\":1}", 1);
}

static void rate_limited_without_a_time(void **state)
{
    (void)state;
    /* The plugin then leaves the method alone for a quarter of a minute, whatever the scale. */
    survives("{\"kind\":\"rate\",\"path\":\"" WRITE "\",\"count\":1}", 1);
}

static void answered_500(void **state)
{
    (void)state;
    survives("{\"kind\":\"status\",\"status\":500,\"path\":\"" WRITE "\",\"count\":2}", 1);
}

static void answered_by_the_proxy(void **state)
{
    (void)state;
    survives("{\"kind\":\"html\",\"status\":502,\"path\":\"" WRITE "\",\"count\":2}", 1);
}

/* It was applied: read back, and not written again. */
static void applied_without_an_answer(void **state)
{
    (void)state;
    survives("{\"kind\":\"drop_after\",\"path\":\"" WRITE "\",\"count\":1}", 1);
}

static void lost_before_it_was_applied(void **state)
{
    (void)state;
    survives("{\"kind\":\"drop_before\",\"path\":\"" WRITE "\",\"count\":1}", 1);
}

static void applied_after_the_timeout(void **state)
{
    (void)state;
    survives("{\"kind\":\"slow\",\"delay_ms\":4000,\"path\":\"" WRITE "\",\"count\":1}", 1);
}

static void applied_late(void **state)
{
    (void)state;
    survives("{\"kind\":\"late\",\"late_ms\":300,\"path\":\"" WRITE "\",\"count\":1}", 2);
}

static void half_an_answer(void **state)
{
    (void)state;
    survives("{\"kind\":\"truncated\",\"path\":\"" WRITE "\",\"count\":1}", 2);
}

static void an_answer_without_its_items(void **state)
{
    (void)state;
    survives("{\"kind\":\"short_result\",\"share\":1,\"path\":\"" WRITE "\",\"count\":1}", 2);
}

/* ---- accounts */

static void a_dead_key_parks_until_it_is_mended(void **state)
{
    (void)state;
    begin();
    sim_post(&sim, "key", "{\"state\":\"deactivated\"}");
    set(1, 7);
    WAIT_FOR(SOON_S, strcmp(account_state("ozon-main"), "parked") == 0);
    struct ran status = ctl("status");
    assert_int_equal(status.code, 1); /* something is failing, says the exit code */
    assert_text(status.out, "failing");
    assert_text(status.out, "account ozon-main is parked: http-403: Api-key is deactivated");
    json_t *target = target_of("ozon-main", "SKU-000001", "501");
    assert_string_equal(text_at(target, "state"), "parked");
    int64_t requests = sim_requests(&sim, NULL);
    set(2, 8); /* nothing is asked of a marketplace that has shut us out */
    assert_int_equal(sim_requests(&sim, NULL), requests);
    daemon_stop(); /* and it stays so over a restart */
    daemon_start();
    WAIT_FOR(SOON_S, strcmp(account_state("ozon-main"), "parked") == 0);
    assert_int_equal(sim_requests(&sim, NULL), requests);
    sim_post(&sim, "key", "{\"state\":\"active\"}");
    ctl_ok("account resume ozon-main");
    wait_shown(&figures, SOON_S);
    assert_string_equal(account_state("ozon-main"), "active");
    assert_int_equal(ctl("status").code, 0);
    world_good_but(true); /* the dead key's requests are counted as breaches of access */
}

/* Who mends a key in conf.d has mended the account: nobody is asked to switch it on as well. */
static void a_key_mended_in_its_file_is_enough(void **state)
{
    (void)state;
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_places();
    conf_ozon("ozon-main", "1001", "mistyped", ""); /* from the beginning */
    daemon_start();
    WAIT_FOR(SOON_S, strcmp(account_state("ozon-main"), "parked") == 0);
    conf_ozon("ozon-main", "1001", "mistyped-too", "");
    ctl_ok("reload");
    assert_int_equal(ctl("account check ozon-main").code, 1);
    assert_string_equal(account_state("ozon-main"), "parked");
    conf_ozon("ozon-main", "1001", "test-key", "");
    ctl_ok("reload");
    wait_active("ozon-main");

    conf_ozon("ozon-main", "1001", "mistyped", ""); /* of one that was in service, over a restart */
    ctl_ok("reload");
    WAIT_FOR(SOON_S, strcmp(account_state("ozon-main"), "parked") == 0);
    daemon_stop();
    conf_ozon("ozon-main", "1001", "test-key", "");
    daemon_start();
    wait_active("ozon-main");
    world_good_but(true);
}

static void a_check_that_is_passed_ends_the_parking(void **state)
{
    (void)state;
    begin();
    sim_post(&sim, "key", "{\"state\":\"deactivated\"}");
    set(1, 7);
    WAIT_FOR(SOON_S, strcmp(account_state("ozon-main"), "parked") == 0);
    sim_post(&sim, "key", "{\"state\":\"active\"}");
    ctl_ok("account check ozon-main");
    wait_shown(&figures, SOON_S);
    assert_string_equal(account_state("ozon-main"), "active");
    world_good_but(true);
}

/* An account that only suffers, beside one that must not notice. */
static void others_do_not_wait(const char *account, const char *address)
{
    conf_write("60-other.yaml",
               "accounts:\n  other:\n    plugin: ozon\n    first-plan: apply\n    client-id: %s\n  "
               "  api-key: second-key\n"
               "    endpoints: {api: \"%s\"}\n    allow-plain-http: yes\n"
               "links:\n  - {warehouse: msk, account: other, remote: \"601\"}\n",
               account, address);
    ctl_ok("reload");
    for (int i = 0; i < 20; i++) {
        int64_t begun = now_ms();
        set(1 + i % PRODUCTS, 100 + i);
        WAIT_FOR(SOON_S,
                 sim_figure(&sim, text_format("SKU-%06d", 1 + i % PRODUCTS), 501) == 100 + i);
        int64_t took = now_ms() - begun; /* the pair's cadence is 300 ms */
        if (took > 1500) fail_msg("round %d took %lld ms", i, (long long)took);
    }
}

static void only_429_delays_nobody_else(void **state)
{
    (void)state;
    begin();
    sim_post(&sim, "seller", "{\"client_id\":\"1002\",\"api_key\":\"second-key\"}");
    sim_post(&sim, "products",
             "{\"client_id\":\"1002\",\"count\":%d,\"prefix\":\"SKU-\",\"warehouses\":[601],"
             "\"stock\":1}",
             PRODUCTS);
    sim_post(&sim, "fault", "{\"kind\":\"rate\",\"account\":\"1002\",\"count\":-1}");
    others_do_not_wait("1002", text_format("http://127.0.0.1:%d", sim.port));
    world_good();
}

static void a_dead_name_delays_nobody_else(void **state)
{
    (void)state;
    begin();
    others_do_not_wait("1002", "http://no-such-host.invalid:8080");
    WAIT_FOR(SOON_S, *text_at(api_get("/v1/accounts/other"), "why"));
    world_good();
}

static void a_closed_port_delays_nobody_else(void **state)
{
    (void)state;
    begin();
    others_do_not_wait("1002", "http://127.0.0.1:1");
    WAIT_FOR(SOON_S, *text_at(api_get("/v1/accounts/other"), "why"));
    world_good();
}

/* ---- items */

static void rejections_are_listed_with_their_words(void **state)
{
    (void)state;
    begin();
    sim_post(&sim, "fault",
             "{\"kind\":\"item\",\"offers\":[\"SKU-000002\"],\"code\":\"NON_KGT_ON_KGT_WAREHOUSE\","
             "\"message\":\"not for this warehouse, dear seller\",\"count\":-1}");
    set(1, 11);
    set(2, 12);
    set(3, 13);
    WAIT_FOR(SOON_S, targets_in("ozon-main", "rejected") == 1);
    WAIT_FOR(SOON_S, targets_in("ozon-main", "synced") == 2);
    json_t *target = target_of("ozon-main", "SKU-000002", "501");
    assert_string_equal(text_at(target, "code"), "NON_KGT_ON_KGT_WAREHOUSE");
    assert_text(text_at(target, "text"), "dear seller");
    struct ran list = ctl("target list --state rejected");
    assert_int_equal(list.code, 0);
    assert_text(list.out, "SKU-000002");
    assert_text(list.out, "NON_KGT_ON_KGT_WAREHOUSE");
    assert_no_text(list.out, "SKU-000001");
    size_t tries = writes_of(2);
    set(1, 21);
    set(3, 23);
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000003", 501) == 23);
    assert_int_equal(writes_of(2), tries); /* what was rejected is not sent again and again */
    sim_post(&sim, "faults/clear", "{}");
    set(2, 22); /* a new figure is tried */
    wait_shown(&figures, SOON_S);
    nothing_is_left_over();
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(rate_limited_with_a_time, world_begin, world_end),
    cmocka_unit_test_setup_teardown(rate_limited_without_a_time, world_begin, world_end),
    cmocka_unit_test_setup_teardown(answered_500, world_begin, world_end),
    cmocka_unit_test_setup_teardown(answered_by_the_proxy, world_begin, world_end),
    cmocka_unit_test_setup_teardown(applied_without_an_answer, world_begin, world_end),
    cmocka_unit_test_setup_teardown(lost_before_it_was_applied, world_begin, world_end),
    cmocka_unit_test_setup_teardown(applied_after_the_timeout, world_begin, world_end),
    cmocka_unit_test_setup_teardown(applied_late, world_begin, world_end),
    cmocka_unit_test_setup_teardown(half_an_answer, world_begin, world_end),
    cmocka_unit_test_setup_teardown(an_answer_without_its_items, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_dead_key_parks_until_it_is_mended, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_key_mended_in_its_file_is_enough, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_check_that_is_passed_ends_the_parking, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(only_429_delays_nobody_else, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_dead_name_delays_nobody_else, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_closed_port_delays_nobody_else, world_begin, world_end),
    cmocka_unit_test_setup_teardown(rejections_are_listed_with_their_words, world_begin, world_end),
};

TEST_MAIN(cases)
