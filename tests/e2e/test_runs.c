/* History, runs and repair with the real daemon: what was done is found again, what a person asks
 * to be read, tried or mended again is, and all of it says how it went. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAST = 100, PRODUCTS = 20 };

static struct figures figures;

static void begin(void)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "");
    daemon_start();
    products_add(PRODUCTS);
}

static struct ran import_all(int64_t quantity)
{
    figures.products = PRODUCTS;
    for (int p = 1; p <= PRODUCTS; p++)
        figures.at[0][p] = figures.at[1][p] = quantity;
    const char *path = world_path("all.csv");
    figures_csv(&figures, path);
    return ctl("stock import %s", path);
}

static void begin_shown(void)
{
    begin();
    wait_active("ozon-main");
    assert_int_equal(import_all(10).code, 0);
    wait_shown(&figures, SOON_S);
}

/* "plan show pX" of what held it. */
static char *plan_in(const char *text)
{
    static char id[16];
    const char *at = strstr(text, "plan show p");
    if (!at) fail_msg("no plan is named in: %s", text);
    snprintf(id, sizeof id, "%.13s", at + strlen("plan show "));
    return id;
}

/* ---- what happened */

static void the_history_says_what_was_changed(void **state)
{
    (void)state;
    begin_shown();
    json_t *time = api_get("/v1/history?limit=1");
    const char *then = text_at(json_array_get(json_object_get(time, "items"), 0), "time");
    ctl_ok("stock set SKU-000001 4 --warehouse msk");
    ctl_ok("account pause ozon-main");
    ctl_ok("account resume ozon-main");
    ctl_ok("warehouse add kot --name Depot");
    ctl_ok("warehouse add kot --name Store");
    struct ran ran = ctl("history --kind setting");
    assert_text(ran.out, "link msk -> ozon-main 501");
    assert_text(ran.out, "account ozon-main");
    assert_text(ran.out, "paused");
    assert_text(ran.out, "Depot");
    assert_text(ctl("history --warehouse kot").out, "Store");
    assert_no_text(ctl("history --warehouse kot").out, "SKU-000001");
    assert_text(ctl("history --account ozon-main --kind setting").out, "paused");
    ran = ctl("history SKU-000001");
    assert_text(ran.out, "SKU-000001 in msk  ");
    assert_text(ran.out, "stock import");
    /* As it was. */
    assert_text(ctl("stock get SKU-000001 --at %s", then).out, "10");
    ran = ctl("stock list --warehouse msk --prefix SKU-000001");
    assert_text(ran.out, "4");
    ran = ctl("stock list --at %s --warehouse msk --prefix SKU-000001", then);
    assert_text(ran.out, "10");
    /* Undone, and seen before it is. */
    int64_t number = 0;
    json_t *events = json_object_get(api_get("/v1/history?sku=SKU-000001&kind=stock"), "items");
    json_t *event;
    size_t i;
    json_array_foreach (events, i, event)
        if (!number) number = number_at(event, "sequence");
    ran = ctl("undo %lld --dry-run", (long long)number);
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "in the way: 0");
    ctl_ok("undo %lld", (long long)number);
    wait_shown(&figures, SOON_S);
    ran = ctl("undo %lld --dry-run", (long long)number);
    assert_int_equal(ran.code, 1);
    world_good();
}

static void a_plan_is_undone_as_a_whole(void **state)
{
    (void)state;
    conf_guarded = true;
    begin();
    wait_active("ozon-main");
    assert_int_equal(import_all(1).code, 0); /* as it is there: nothing for the guard */
    wait_shown(&figures, SOON_S);
    struct ran ran = import_all(0);
    assert_int_equal(ran.code, 5);
    char *plan = plan_in(ran.err);
    assert_int_equal(ctl("undo plan %s", plan).code, 1); /* not applied yet */
    ctl_ok("stock set SKU-000003 7 --warehouse spb");
    assert_text(ctl("apply %s", plan).out, "is applied");
    json_t *job = NULL;
    WAIT_FOR(SOON_S,
             (job = json_array_get(json_object_get(api_get("/v1/imports?limit=1"), "items"), 0),
              strcmp(text_at(job, "state"), "partial") == 0));
    /* Each line is somewhere. */
    assert_int_equal(number_at(job, "left"), 1);
    assert_int_equal(number_at(job, "rows"), number_at(job, "changed") + number_at(job, "same") +
                                                 number_at(job, "refused") +
                                                 number_at(job, "left"));
    assert_text(ctl("import refused %lld", (long long)number_at(job, "job")).out, "left out");
    figures.at[1][3] = 7;
    wait_shown(&figures, SOON_S);
    ran = ctl("undo plan %s --dry-run", plan);
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "Figures: 39");
    ran = ctl("undo plan %s", plan);
    if (ran.code == 5) /* it changes as much as the plan did */
        ctl_ok("apply %s", plan_in(ran.err));
    else
        assert_int_equal(ran.code, 0);
    for (int p = 1; p <= PRODUCTS; p++)
        figures.at[0][p] = figures.at[1][p] = 1;
    figures.at[1][3] = 7;
    wait_shown(&figures, SOON_S);
    assert_int_equal(ctl("undo plan %s", plan).code, 1); /* once */
    world_good();
}

static void a_first_plan_says_who_is_live(void **state)
{
    (void)state;
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_places();
    conf_write("50-ozon-main.yaml",
               "accounts:\n  ozon-main:\n    plugin: ozon\n    client-id: 1001\n"
               "    api-key: test-key\n    endpoints: {api: \"http://127.0.0.1:%d\"}\n"
               "links:\n  - {warehouse: msk, account: ozon-main, remote: \"501\"}\n"
               "  - {warehouse: spb, account: ozon-main, remote: \"502\"}\n",
               sim.port);
    daemon_start();
    products_add(PRODUCTS);
    WAIT_FOR(SOON_S, targets_in("ozon-main", "held") == 2 * PRODUCTS); /* never counted */
    /* What was loaded is shown although nothing goes on any more. */
    struct ran ran = ctl("run follow --account ozon-main");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "load of ozon-main: done");
    ctl_ok("stock set SKU-000001 4 --warehouse msk");
    ran = ctl("plan");
    char id[16];
    snprintf(id, sizeof id, "%.13s", strstr(ran.out, "Plan p") + 5);
    ran = ctl("apply %s", id);
    assert_text(ran.out, "ozon-main sends from now on by itself; 1 figure is on its way");
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 4);
    assert_int_equal(ctl("undo plan %s", id).code, 1);
    assert_text(ctl("history --account ozon-main --limit 0").out, "live");
    world_good();
}

/* ---- runs and sends */

static void a_run_names_its_places_and_batches(void **state)
{
    (void)state;
    begin_shown();
    usleep(2000);
    struct ran ran = ctl("push --warehouse msk --follow");
    assert_int_equal(ran.code, 0);
    ran = ctl("push --sku SKU-000002 --force --follow");
    assert_int_equal(ran.code, 0);
    json_t *runs = NULL; /* its row is written when it is over */
    WAIT_FOR(SOON_S, (runs = json_object_get(api_get("/v1/runs?task=push&state=done"), "items"),
                      json_array_size(runs) == 2));
    const char *forced = text_at(json_array_get(runs, 0), "id");
    const char *plain = text_at(json_array_get(runs, 1), "id");
    json_t *run = api_get(text_format("/v1/runs/%s", plain));
    assert_int_equal(json_array_size(json_object_get(run, "places")), 1);
    ran = ctl("run show %s", plain);
    assert_text(ran.out, "msk        ozon-main  501");
    ran = ctl("sends --run %s", plain);
    assert_text(ran.out, "equal");
    assert_no_text(ran.out, "done");
    run = api_get(text_format("/v1/runs/%s", forced));
    json_t *batch = json_array_get(json_object_get(run, "batches"), 0);
    assert_int_equal(number_at(batch, "results.done"), number_at(batch, "items"));
    assert_true(*text_at(batch, "sent") && *text_at(batch, "ended") && *text_at(batch, "batch"));
    assert_int_equal(number_at(run, "percent"), 100);
    assert_text(ctl("sends SKU-000002 --run %s --result done", forced).out, forced);
    assert_text(ctl("sends SKU-000002 --since 2999-01-01T00:00:00Z").out, "Nothing");
    assert_text(ctl("run list --state done --task push").out, plain);
    assert_no_text(ctl("run list --state failed").out, plain);
    world_good();
}

/* Killed amid a push: its row does not say for ever that it goes on. */
static void a_push_outlives_a_kill(void **state)
{
    (void)state;
    begin_shown();
    ctl_ok("account pause ozon-main");
    ctl_ok("stock set SKU-000005 7 --warehouse msk");
    figures.at[0][5] = 7;
    ctl_ok("push --sku SKU-000005");
    daemon_kill();
    daemon_start();
    assert_text(ctl("run list --task push").out, "running");
    ctl_ok("account resume ozon-main");
    wait_shown(&figures, LONG_S);
    WAIT_FOR(SOON_S, strstr(ctl("run list --task push").out, "done"));
    world_good();
}

/* ---- repair */

static void a_resync_finds_what_others_changed(void **state)
{
    (void)state;
    begin_shown();
    sim_post(&sim, "stock", "{\"offer_id\":\"SKU-000003\",\"warehouse_id\":501,\"stock\":99}");
    sim_post(&sim, "stock", "{\"offer_id\":\"SKU-000004\",\"warehouse_id\":502,\"stock\":98}");
    int64_t writes = sim_requests(&sim, "/v2/products/stocks");
    usleep(2000);
    struct ran ran = ctl("resync --sku SKU-000003 --follow");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "1 sent, 1 there already");
    assert_int_equal(sim_figure(&sim, "SKU-000003", 501), 10);
    assert_int_equal(sim_figure(&sim, "SKU-000004", 502), 98);
    ran = ctl("resync ozon-main --follow");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, text_format("1 sent, %d there already", 2 * PRODUCTS - 1));
    wait_shown(&figures, SOON_S);
    assert_int_equal(sim_requests(&sim, "/v2/products/stocks"), writes + 2);
    assert_text(ctl("sends SKU-000004 --result done").out, "98");
    assert_text(ctl("history --kind push").out, "resync");
    WAIT_FOR(SOON_S, strstr(ctl("run list --task resync").out, "done"));
    assert_int_equal(ctl("resync").code, 1);
    assert_int_equal(ctl("resync nobody").code, 1);
    assert_int_equal(ctl("resync --sku NO-SUCH").code, 1);
    world_good();
}

static void what_was_rejected_is_tried_again_by_code(void **state)
{
    (void)state;
    begin_shown();
    sim_post(&sim, "fault",
             "{\"kind\":\"item\",\"offers\":[\"SKU-000001\"],\"code\":\"NON_KGT_ON_KGT_WAREHOUSE\","
             "\"count\":-1}");
    sim_post(
        &sim, "fault",
        "{\"kind\":\"item\",\"offers\":[\"SKU-000002\"],\"code\":\"SOME_OTHER\",\"count\":-1}");
    ctl_ok("stock set SKU-000001 5 --warehouse msk");
    ctl_ok("stock set SKU-000002 6 --warehouse msk");
    figures.at[0][1] = 5;
    figures.at[0][2] = 6;
    WAIT_FOR(SOON_S, targets_in("ozon-main", "rejected") == 2);
    struct ran ran = ctl("retry --list");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "NON_KGT_ON_KGT_WAREHOUSE");
    assert_text(ran.out, "SOME_OTHER");
    ran = ctl("retry --code SOME_OTHER --dry-run");
    assert_text(ran.out, "SOME_OTHER");
    assert_no_text(ran.out, "NON_KGT_ON_KGT_WAREHOUSE");
    ran = ctl("retry --code SOME_OTHER --follow"); /* the reason is still there */
    assert_int_equal(ran.code, 4);
    assert_text(ran.out, "1 rejected");
    WAIT_FOR(SOON_S, strstr(ctl("run list --task retry --state partial").out, "1 rejected"));
    sim_post(&sim, "faults/clear", "{}");
    ran = ctl("retry --code SOME_OTHER --account ozon-main --follow");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "retry of ozon-main: 1 sent");
    assert_int_equal(targets_in("ozon-main", "rejected"), 1);
    assert_int_equal(ctl("retry --sku SKU-000001 --follow").code, 0);
    wait_shown(&figures, SOON_S);
    assert_text(ctl("retry --list").out, "Nothing of that kind is rejected.");
    world_good();
}

static void a_store_that_is_sound_is_rebuilt_to_itself(void **state)
{
    (void)state;
    begin_shown();
    struct ran ran = ctl("store rebuild --dry-run");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "all are right");
    pid_t going = ctl_begin("import", "stock import %s", world_path("all.csv"));
    ran = ctl("store rebuild");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "outbox");
    assert_text(ran.out, "all are right");
    assert_int_equal(process_wait(going, SOON_S), 0);
    assert_text(ctl("run list --task rebuild").out, "done");
    ctl_ok("stock set SKU-000001 3 --warehouse msk");
    figures.at[0][1] = 3;
    wait_shown(&figures, SOON_S);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(the_history_says_what_was_changed, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_plan_is_undone_as_a_whole, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_first_plan_says_who_is_live, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_run_names_its_places_and_batches, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_push_outlives_a_kill, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_resync_finds_what_others_changed, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_was_rejected_is_tried_again_by_code, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(a_store_that_is_sound_is_rebuilt_to_itself, world_begin,
                                    world_end),
};

TEST_MAIN(cases)
