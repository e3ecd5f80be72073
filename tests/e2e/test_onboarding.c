/* From an empty configuration to an account whose stock is known: added from the command line with
 * the right key, a wrong one, one that may not write; its first load killed at every stage, and its
 * follower interrupted. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAST = 100, PRODUCTS = 300 };

static const char key_text[] = "K3y-of-the-seller";

/* A daemon without accounts, the marketplace, our warehouses msk and spb. */
static void begin(void)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, "--warehouses 501,502 --stock 2 --products 300");
    sim_post(&sim, "key", "{\"api_key\":\"%s\"}", key_text);
    conf_places();
    daemon_start();
    products_add(PRODUCTS / 2);
    file_text(world_path("key"), key_text);
}

/* stockctl account add NAME with the key in the file, and more. */
static struct ran add(const char *name, const char *key_file, const char *more)
{
    return ctl("account add %s --plugin ozon --option client-id=1001 --secret api-key=@%s "
               "--endpoint api=http://127.0.0.1:%d %s",
               name, world_path("%s", key_file), sim.port, more);
}

/* Its first load is over; a new account still sends nothing until its first plan is applied. */
static void wait_known(const char *account)
{
    WAIT_FOR(SOON_S, strcmp(account_state(account), "dry-run") == 0 ||
                         strcmp(account_state(account), "active") == 0);
}

static bool has_file(const char *name)
{
    return access(world_path("conf.d/%s", name), F_OK) == 0;
}

/* The account's first load, or NULL. */
static const char *load_run(const char *account)
{
    return text_at(api_get(text_format("/v1/accounts/%s", account)), "load.run");
}

static json_t *run_of(const char *id)
{
    return api_get(text_format("/v1/runs/%s", id));
}

static const char *stage_state(const json_t *run, size_t stage)
{
    return text_at(json_array_get(json_object_get(run, "stages"), stage), "state");
}

static void with_the_right_key(void **state)
{
    (void)state;
    begin();
    struct ran ran = add("ozon-main", "key", "--warehouse 501=msk");
    assert_int_equal(ran.code, 2); /* nobody agreed */
    assert_text(ran.out, "Seller: 1001");
    assert_text(ran.out, "150 match a product by SKU");
    assert_text(ran.out, "150 match none");
    assert_text(ran.out, "the first 20");
    assert_text(ran.out, "50-ozon-main.yaml");
    assert_text(ran.err, "--yes");
    assert_false(has_file("50-ozon-main.yaml"));
    assert_false(access(world_path("store.sealed/ozon-main.api-key"), F_OK) == 0);

    ran = add("ozon-main", "key", "--warehouse 501=msk --yes");
    if (ran.code) fail_msg("%s%s", ran.out, ran.err);
    assert_text(ran.out, "stockctl run follow --account ozon-main");
    assert_text(file_read(world_path("conf.d/50-ozon-main.yaml")), "${sealed:ozon-main.api-key}");
    assert_no_text(file_read(world_path("conf.d/50-ozon-main.yaml")), key_text);
    struct stat stat_of;
    assert_int_equal(stat(world_path("conf.d/50-ozon-main.yaml"), &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    wait_known("ozon-main");
    const char *run = load_run("ozon-main");
    WAIT_FOR(SOON_S, strcmp(text_at(run_of(run), "state"), "done") == 0);
    assert_int_equal(number_at(run_of(run), "percent"), 100);
    ran = ctl("run show %s", run);
    assert_text(ran.out, "STAGE");
    assert_text(ran.out, "listings");
    ran = ctl("run follow %s", run); /* after its end */
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "load of ozon-main: done");
    assert_text(ctl("run follow").out, "Nothing is going on");
    assert_text(ctl("warehouse list --remote ozon-main").out, "msk");
    assert_text(daemon_run("--check --config %s", world_path("conf.d")).out, "good");

    ran = add("ozon-main", "key", "--yes");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "there is an account 'ozon-main' already");
    ran = add("ozon-again", "key", "--yes");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "which is the account ozon-main already");
    assert_false(has_file("50-ozon-again.yaml"));

    ran = ctl("account remove ozon-main");
    assert_int_equal(ran.code, 2);
    assert_text(ran.out, "300 listings");
    assert_text(ran.out, "Nothing changes at the marketplace");
    assert_true(has_file("50-ozon-main.yaml"));
    ctl_ok("account remove ozon-main --yes");
    assert_false(has_file("50-ozon-main.yaml"));
    assert_true(has_file("50-ozon-main.yaml.removed"));
    assert_string_equal(account_state("ozon-main"), "disabled");

    /* It comes back as what it was, and as nothing else. */
    sim_post(&sim, "seller", "{\"client_id\":\"1002\",\"api_key\":\"other-key\"}");
    ran = ctl("account add ozon-main --plugin ozon --option client-id=1002 --secret "
              "api-key=other-key --endpoint api=http://127.0.0.1:%d --yes",
              sim.port);
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "there was an account ozon-main before, of the seller 1001");
    assert_false(has_file("50-ozon-main.yaml"));
    ran = add("ozon-main", "key", "--yes");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "is there again");
    wait_known("ozon-main");
    world_good();
}

static void with_a_key_that_does_not_serve(void **state)
{
    (void)state;
    begin();
    file_text(world_path("wrong"), "no-such-key");
    struct ran ran = add("ozon-main", "wrong", "--yes");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "Invalid Api-Key");
    assert_text(ran.err, "does not accept these credentials");
    assert_text(ran.err, "nothing was written");
    assert_false(has_file("50-ozon-main.yaml"));
    assert_false(access(world_path("store.sealed"), F_OK) == 0);
    assert_int_equal(json_array_size(json_object_get(api_get("/v1/accounts"), "items")), 0);

    ran = ctl("account add ozon-main --plugin ozon --option api-key=x --option client-id=1 --yes");
    assert_int_equal(ran.code, 2);
    assert_text(ran.err, "give --secret api-key=@FILE");
    ran = add("ozon-main", "key", "--option sku-form=x --yes");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "sku-form");
    ran = add("ozon-main", "key", "--warehouse 501=kot --yes");
    assert_int_equal(ran.code, 2);
    assert_text(ran.err, "there is no warehouse 'kot' of ours");
    ran = add("ozon-main", "key", "--warehouse 777=msk --yes");
    assert_int_equal(ran.code, 2);
    assert_text(ran.err, "has no warehouse with the id 777");
    file_text(world_path("conf.d/50-ozon-main.yaml"), "warehouses: {kot: {}}\n");
    ran = add("ozon-main", "key", "--yes");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "is there already");
    assert_string_equal(file_read(world_path("conf.d/50-ozon-main.yaml")),
                        "warehouses: {kot: {}}\n");
    conf_remove("50-ozon-main.yaml");
    world_good_but(true);
}

/* A key that reads and may not write: said before anything is written, and added all the same. */
static void with_a_key_that_may_not_write(void **state)
{
    (void)state;
    begin();
    sim_post(&sim, "key",
             "{\"api_key\":\"%s\",\"roles\":[{\"name\":\"Product read-only\",\"methods\":["
             "\"/v1/roles\",\"/v1/seller/info\",\"/v2/warehouse/list\",\"/v3/product/list\","
             "\"/v3/product/info/list\",\"/v4/product/info/stocks\","
             "\"/v1/product/info/warehouse/stocks\","
             "\"/v2/product/info/stocks-by-warehouse/fbs\"]}]}",
             key_text);
    struct ran ran = add("ozon-main", "key", "");
    assert_int_equal(ran.code, 2);
    assert_text(ran.out, "do not allow push_stock");
    assert_text(ran.out, "do not allow fetch_orders");
    assert_false(has_file("50-ozon-main.yaml"));
    world_good();
}

/* The run stays the same over every death, and ends as done. */
static void its_first_load_is_killed_at_each_stage(void **state)
{
    static const char *const paths[] = {"/v1/roles", "/v2/warehouse/list", "/v3/product/list",
                                        "/v1/product/info/warehouse/stocks"};
    static const char *const names[] = {"check", "warehouses", "listings", "stock"};
    (void)state;
    begin();
    conf_ozon("ozon-main", "1001", key_text, "");
    char id[32] = "";
    for (size_t i = 0; i < 4; i++) {
        sim_post(&sim, "fault",
                 "{\"kind\":\"drop_before\",\"path\":\"%s\",\"count\":-1,"
                 "\"delay_ms\":20000}",
                 paths[i]);
        if (i == 0)
            ctl_ok("reload");
        else
            daemon_start();
        WAIT_FOR(SOON_S, *load_run("ozon-main") &&
                             strcmp(stage_state(run_of(load_run("ozon-main")), i), "running") == 0);
        if (i == 0) snprintf(id, sizeof id, "%s", load_run("ozon-main"));
        assert_string_equal(load_run("ozon-main"), id);
        for (size_t before = 0; before < i; before++)
            assert_string_equal(stage_state(run_of(id), before), "done");
        assert_string_equal(text_at(run_of(id), "state"), "running");
        pid_t follower = ctl_begin(names[i], "run follow");
        WAIT_FOR(SOON_S, strstr(file_read(world_path("%s.out", names[i])), names[i]) != NULL);
        if (i % 2) {
            kill(follower, SIGINT); /* of the follower: the run does not mind */
            process_wait(follower, SOON_S);
            assert_string_equal(text_at(run_of(id), "state"), "running");
            daemon_kill();
        } else {
            daemon_kill();
            assert_int_equal(process_wait(follower, SOON_S), 5);
        }
        sim_post(&sim, "faults/clear", "{}");
    }
    daemon_start();
    wait_known("ozon-main");
    WAIT_FOR(SOON_S, strcmp(text_at(run_of(id), "state"), "done") == 0);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(stage_state(run_of(id), i), "done");
    assert_string_equal(load_run("ozon-main"), id);
    json_t *loads = api_get("/v1/runs?task=load");
    assert_int_equal(json_array_size(json_object_get(loads, "items")), 1);
    world_good_but(true); /* a request whose answer was cut off is asked again at once */
}

/* A stage that cannot be done leaves the run as failed or partial, never as done. */
static void a_stage_fails(void **state)
{
    (void)state;
    begin();
    sim_post(&sim, "fault",
             "{\"kind\":\"empty_403\",\"path\":\"/v1/product/info/*\",\"count\":-1}");
    sim_post(&sim, "fault",
             "{\"kind\":\"empty_403\",\"path\":\"/v4/product/info/*\",\"count\":-1}");
    conf_ozon("ozon-main", "1001", key_text, "");
    ctl_ok("reload");
    WAIT_FOR(SOON_S, *load_run("ozon-main") &&
                         strcmp(text_at(run_of(load_run("ozon-main")), "state"), "partial") == 0);
    struct ran ran = ctl("run follow %s", load_run("ozon-main"));
    assert_int_equal(ran.code, 4);
    assert_text(ran.out, "stock: failed");
    json_t *run = run_of(load_run("ozon-main"));
    assert_true(number_at(run, "percent") < 100);
    assert_string_equal(stage_state(run, 3), "failed");

    conf_ozon("second", "1001", "wrong", "");
    conf_remove("50-ozon-main.yaml");
    sim_post(&sim, "faults/clear", "{}");
    ctl_ok("reload");
    WAIT_FOR(SOON_S, strcmp(account_state("second"), "parked") == 0);
    WAIT_FOR(SOON_S, strcmp(text_at(run_of(load_run("second")), "state"), "failed") == 0);
    ran = ctl("run follow %s", load_run("second"));
    assert_int_equal(ran.code, 1);
    assert_text(ran.out, "check: failed");
    assert_text(ran.out, "stock: skipped");
    world_good_but(true);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(with_the_right_key, world_begin, world_end),
    cmocka_unit_test_setup_teardown(with_a_key_that_does_not_serve, world_begin, world_end),
    cmocka_unit_test_setup_teardown(with_a_key_that_may_not_write, world_begin, world_end),
    cmocka_unit_test_setup_teardown(its_first_load_is_killed_at_each_stage, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_stage_fails, world_begin, world_end),
};

TEST_MAIN(cases)
