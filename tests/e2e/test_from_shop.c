/* The stock of a marketplace's warehouse becomes that of one here: with open orders, through
 * marketplaces at their worst, through kill -9, and back. */
#include "harness.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAST = 100, PRODUCTS = 20 };

static const char *place(const char *sku, int warehouse, int quantity)
{
    json_t *order = sim_post(
        &sim, "order", "{\"warehouse_id\":%d,\"items\":[{\"offer_id\":\"%s\",\"quantity\":%d}]}",
        warehouse, sku, quantity);
    return text_at(order, "posting_number");
}

static const json_t *stock_row(const char *sku, const char *warehouse)
{
    json_t *answer = api_get(text_format("/v1/stock/%s", sku)), *row;
    size_t i;
    json_array_foreach (json_object_get(answer, "stock"), i, row)
        if (strcmp(text_at(row, "warehouse"), warehouse) == 0) return row;
    fail_msg("no warehouse %s", warehouse);
    return NULL;
}

static int64_t stock(const char *sku, const char *warehouse, const char *member)
{
    const json_t *row = stock_row(sku, warehouse);
    return json_is_integer(json_object_get(row, member)) ? number_at(row, member) : -1;
}

static const char *sku(int n)
{
    return text_format("SKU-%06d", n);
}

static void set_there(int n, int warehouse, int quantity)
{
    sim_post(&sim, "stock", "{\"offer_id\":\"%s\",\"warehouse_id\":%d,\"stock\":%d}", sku(n),
             warehouse, quantity);
}

static void conf_shop(const char *market, const char *orders)
{
    bool wb = strcmp(market, "wb") == 0;
    const char *at = text_format("http://127.0.0.1:%d", sim.port);
    const char *more =
        wb ? text_format("    token: %s\n    endpoints: {marketplace: \"%s/marketplace\", content: "
                         "\"%s/content\", analytics: \"%s/analytics\"}\n    quotas: {stocks: "
                         "{amount: 300, per: 600ms}, warehouses: {amount: 300, per: 600ms},\n"
                         "             orders: {amount: 300, per: 600ms}, content: {amount: 100, "
                         "per: 600ms}}\n",
                         text_at(sim_get(&sim, "token"), "token"), at, at, at)
           : text_format("    client-id: 1001\n    api-key: test-key\n    endpoints: {api: "
                         "\"%s\"}\n    quotas: {stock: {amount: 80, per: 600ms}, all: {amount: "
                         "50, per: 10ms}}\n",
                         at);
    conf_write("50-shop.yaml",
               "accounts:\n  shop:\n    plugin: %s\n    first-plan: apply\n    allow-plain-http: "
               "yes\n    timeout: 2s\n    "
               "orders: %s\n%s"
               "warehouses:\n  pp: {}\n  kot: {}\n",
               market, orders, more);
}

/* 501 has the number of each product, 502 has 100 more. */
static void begin(const char *market, const char *orders)
{
    plugin_put(text_format("%s/%s.so", FAST_PLUGINS, market), text_format("%s.so", market));
    sim_start(FAST, text_format("--market %s --products %d --warehouses 501,502 --stock 1", market,
                                PRODUCTS));
    for (int n = 1; n <= PRODUCTS; n++) {
        set_there(n, 501, n);
        set_there(n, 502, 100 + n);
    }
    conf_shop(market, orders);
    daemon_start();
    products_add(PRODUCTS);
    wait_active("shop");
}

static void import_ok(const char *more)
{
    struct ran ran = ctl("import --from shop:501 --to pp --yes %s", more);
    if (ran.code != 0) fail_msg("import: %d\n%s%s", ran.code, ran.out, ran.err);
}

static int64_t newest_import(void)
{
    json_t *list = api_get("/v1/imports?limit=1");
    return number_at(json_array_get(json_object_get(list, "items"), 0), "job");
}

static const char *newest_state(void)
{
    json_t *list = api_get("/v1/imports?limit=1");
    return text_at(json_array_get(json_object_get(list, "items"), 0), "state");
}

static int wrong_in_pp(int more)
{
    int wrong = 0;
    for (int n = 1; n <= PRODUCTS; n++)
        wrong += stock(sku(n), "pp", "on_hand") != n + more;
    return wrong;
}

/* ---- friendly */

static void stock_comes_with_what_is_promised(const char *market)
{
    begin(market, "import");
    place(sku(10), 501, 3); /* before pp feeds anything */
    struct ran ran = ctl("import --from shop:501 --to pp --dry-run --show changed");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "what its open orders have promised: what is physically present");
    assert_text(ran.out, "SKU-000010");
    assert_int_equal(stock(sku(10), "pp", "on_hand"), -1);
    ran = ctl("import --from shop:501 --to pp"); /* nobody is there to be asked */
    assert_int_equal(ran.code, 2);
    assert_text(ran.err, "give --yes");
    assert_int_equal(stock(sku(10), "pp", "on_hand"), -1);

    import_ok("");
    assert_int_equal(stock(sku(10), "pp", "available"), 7);
    assert_int_equal(stock(sku(20), "pp", "on_hand"), 20);
    assert_int_equal(stock(sku(20), "kot", "on_hand"), -1);
    assert_int_equal(sim_figure(&sim, sku(20), 501), 20);
    /* Once it feeds that warehouse, the order that was open all the time is seen to be promised,
     * of pieces that lie there. */
    ctl_ok("warehouse link pp shop 501");
    WAIT_FOR(SOON_S, stock(sku(10), "pp", "reserved") == 3);
    assert_int_equal(stock(sku(10), "pp", "on_hand"), 10);
    WAIT_FOR(SOON_S, all_sent());
    assert_int_equal(sim_figure(&sim, sku(10), 501), 7);

    /* An order more, then again: the same is there, so nothing changes. */
    place(sku(11), 501, 2);
    ran = ctl("import --from shop:501 --to pp --yes");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "0 changed, 20 were so already");
    assert_int_equal(stock(sku(11), "pp", "on_hand"), 11);
    assert_int_equal(stock(sku(11), "pp", "reserved"), 2);
    /* What is seen there is seen everywhere that pp feeds. */
    ctl_ok("warehouse link pp shop 502");
    WAIT_FOR(LONG_S, sim_figure(&sim, sku(20), 502) == 20 && all_sent());
    assert_int_equal(sim_figure(&sim, sku(10), 502), 7);
    world_good();
}

static void from_ozon(void **state)
{
    (void)state;
    stock_comes_with_what_is_promised("ozon");
}

static void from_wildberries(void **state)
{
    (void)state;
    stock_comes_with_what_is_promised("wb");
}

static const char *listing_of(const char *of)
{
    json_t *list = api_get("/v1/listings?account=shop&limit=1000"), *row;
    size_t i;
    json_array_foreach (json_object_get(list, "items"), i, row)
        if (strcmp(text_at(row, "sku"), of) == 0) return text_at(row, "listing");
    fail_msg("no listing of %s: %.300s", of, json_dumps(list, 0));
    return "";
}

/* The last line of a dry run. */
static json_t *foresee(const char *more)
{
    char *out = ctl("--json import --from shop:501 --to pp --dry-run %s", more).out, *line = out;
    for (char *at = out; (at = strstr(at, "{\"event\"")); at++)
        line = at;
    json_t *json = json_loads(line, 0, NULL);
    assert_non_null(json);
    return json;
}

static void each_bucket_is_listed_and_undo_takes_it_back(void **state)
{
    (void)state;
    begin("ozon", "import");
    ctl_ok("product add NOT-THERE");
    ctl_ok("stock set NOT-THERE 5 --warehouse pp");
    ctl_ok("stock set SKU-000003 3 --warehouse pp");
    ctl_ok("stock set SKU-000004 9 --warehouse kot");
    ctl_ok("product delete SKU-000007");
    ctl_ok("listing link shop %s SKU-000001", listing_of("SKU-000002"));
    json_t *foreseen = foresee("--show conflicting");
    assert_int_equal(number_at(foreseen, "counts.listed"), 20);
    assert_int_equal(number_at(foreseen, "counts.matched"), 17);
    assert_int_equal(number_at(foreseen, "counts.changed"), 16);
    assert_int_equal(number_at(foreseen, "counts.unchanged"), 1);
    assert_int_equal(number_at(foreseen, "counts.unmatched"), 1);
    assert_int_equal(number_at(foreseen, "counts.conflicting"), 2);
    assert_int_equal(number_at(foreseen, "counts.refused"), 0);
    assert_int_equal(number_at(foreseen, "counts.absent"), 1);
    assert_int_equal(number_at(foreseen, "shown"), 2);
    json_decref(foreseen);
    struct ran ran = ctl("import --from shop:501 --to pp --dry-run --show unmatched --csv");
    assert_text(ran.out, "sku,listing,title,there,before,after,why\nSKU-000007,");
    assert_text(ctl("import --from shop:501 --to pp --dry-run --show absent").out, "NOT-THERE");
    assert_int_equal(stock(sku(5), "pp", "on_hand"), -1);

    ran = ctl("import --from shop:501 --to pp --yes");
    assert_int_equal(ran.code, 4);
    assert_text(ran.out, "16 changed, 1 was so already, 3 refused");
    assert_text(ran.err, "several listings of one product show different figures");
    assert_text(ran.err, "it is tied to no product");
    int64_t job = newest_import();
    assert_text(ctl("import refused %d", (int)job).out, "SKU-000007");
    assert_text(ctl("run show r%d", (int)job).out, "stock");
    assert_int_equal(stock(sku(1), "pp", "on_hand"), -1);
    assert_int_equal(stock(sku(5), "pp", "on_hand"), 5);
    assert_int_equal(stock("NOT-THERE", "pp", "on_hand"), 5);
    assert_int_equal(stock(sku(4), "kot", "on_hand"), 9);
    assert_int_equal(api("GET", "/v1/products/SKU-000007", NULL, NULL), 404);

    ctl_ok("undo %d --import", (int)job);
    WAIT_FOR(SOON_S, stock(sku(5), "pp", "on_hand") == -1);
    assert_int_equal(stock(sku(3), "pp", "on_hand"), 3);

    ran = ctl("import --from shop:501 --to pp --yes --absent zero --create");
    assert_int_equal(ran.code, 4);
    assert_text(ran.out, "1 product created");
    assert_int_equal(stock("NOT-THERE", "pp", "on_hand"), 0);
    assert_int_equal(stock(sku(7), "pp", "on_hand"), 7);
    assert_int_equal(stock(sku(4), "kot", "on_hand"), 9);
    assert_int_equal(stock(sku(1), "pp", "on_hand"), -1);         /* it is listed, in conflict */
    assert_text(ctl("product show SKU-000007").out, "Product 7"); /* its name there */
    job = newest_import();
    ctl_ok("undo %d --import", (int)job);
    WAIT_FOR(SOON_S, stock("NOT-THERE", "pp", "on_hand") == 5);
    assert_int_equal(stock(sku(7), "pp", "on_hand"), -1); /* the product itself stays */
    world_good();
}

static void what_is_external_is_available(void **state)
{
    (void)state;
    begin("ozon", "external");
    place(sku(10), 501, 3);
    ctl_ok("stock set SKU-000010 50 --warehouse pp");
    ctl_ok("stock reserve SKU-000010 4 --warehouse pp");
    struct ran ran = ctl("import --from shop:501 --to pp --yes");
    assert_int_equal(ran.code, 0);
    assert_text(ctl("import --from shop:501 --to pp --dry-run").out, "orders: external");
    assert_int_equal(stock(sku(10), "pp", "available"), 7);
    assert_int_equal(stock(sku(10), "pp", "on_hand"), 11);
    world_good();
}

/* ---- hostile */

static void nothing_is_zeroed(const char *fault, const char *says)
{
    conf_guarded = true;
    begin("ozon", "import");
    import_ok("");
    sim_post(&sim, "fault", "%s", fault);
    struct ran ran = ctl("import --from shop:501 --to pp --yes --absent zero");
    assert_int_not_equal(ran.code, 0);
    assert_text(ran.err, says);
    assert_int_equal(wrong_in_pp(0), 0);
    sim_post(&sim, "faults/clear", "{}");
    import_ok("--absent zero");
    assert_int_equal(wrong_in_pp(0), 0);
    world_good();
}

static void zeros_everywhere_are_held(void **state)
{
    (void)state;
    conf_guarded = true;
    begin("ozon", "import");
    import_ok("");
    for (int n = 1; n <= PRODUCTS; n++)
        set_there(n, 501, 0);
    struct ran ran = ctl("import --from shop:501 --to pp --yes");
    assert_int_equal(ran.code, 5);
    assert_text(ran.err, "is 0, which is mostly an error of the marketplace");
    assert_int_equal(wrong_in_pp(0), 0);
    char id[16];
    snprintf(id, sizeof id, "%.13s", strstr(ran.err, "plan show p") + strlen("plan show "));
    daemon_kill();
    daemon_start();
    wait_active("shop");
    assert_int_equal(wrong_in_pp(0), 0);
    ctl_ok("apply %s", id); /* the only way through */
    WAIT_FOR(SOON_S, stock(sku(1), "pp", "on_hand") == 0 && stock(sku(20), "pp", "on_hand") == 0);
    int64_t job = newest_import();
    ctl_ok("undo %d --import", (int)job);
    WAIT_FOR(SOON_S, wrong_in_pp(0) == 0);
    world_good();
}

static void answers_of_500_change_nothing(void **state)
{
    (void)state;
    nothing_is_zeroed("{\"kind\":\"status\",\"status\":500,\"path\":\"/v1/product/info/warehouse/"
                      "stocks\",\"count\":-1}",
                      "the stock of account 'shop' could not be read to their end");
}

static void half_an_answer_changes_nothing(void **state)
{
    (void)state;
    nothing_is_zeroed(
        "{\"kind\":\"truncated\",\"path\":\"/v1/product/info/warehouse/stocks\",\"count\":-1}",
        "could not be read to their end");
}

/* They are there, whatever they show. */
static void rows_that_cannot_be_read_are_not_absent(void **state)
{
    (void)state;
    nothing_is_zeroed(
        "{\"kind\":\"malformed\",\"path\":\"/v1/product/info/warehouse/stocks\",\"count\":-1}",
        "nothing follows from what is absent");
}

static void an_empty_answer_changes_nothing(void **state)
{
    (void)state;
    nothing_is_zeroed(
        "{\"kind\":\"empty_list\",\"path\":\"/v1/product/info/warehouse/stocks\",\"count\":-1}",
        "lists no figure");
}

static void what_makes_no_sense_is_said(void **state)
{
    (void)state;
    begin("ozon", "import");
    assert_text(ctl("import --from nobody --to pp --yes").err, "there is no account 'nobody'");
    assert_text(ctl("import --from shop --to pp --yes").err, "has several warehouses (501, 502)");
    assert_text(ctl("import --from shop:9 --to pp --yes").err, "has no warehouse '9'");
    assert_text(ctl("import --from shop:501 --to nowhere --yes").err, "there is no warehouse 'now");
    assert_int_not_equal(ctl("import --from shop:501 --to pp --yes --add --absent zero").code, 0);
    ctl_ok("account pause shop");
    assert_text(ctl("import --from shop:501 --to pp --yes").err, "it is paused");
    world_good();
}

/* ---- mirrors */

static void conf_mirror(const char *more)
{
    conf_write("60-mirror.yaml",
               "mirrors:\n  copy:\n    account: shop\n    remote: \"501\"\n    warehouse: pp\n"
               "    every: 1s\n%s",
               more);
}

static const json_t *mirror(void)
{
    return json_array_get(json_object_get(api_get("/v1/mirrors"), "items"), 0);
}

static void a_mirror_follows_by_itself(void **state)
{
    (void)state;
    conf_guarded = true;
    begin("ozon", "import");
    conf_mirror("");
    ctl_ok("reload");
    WAIT_FOR(SOON_S, wrong_in_pp(0) == 0);
    set_there(5, 501, 77);
    WAIT_FOR(SOON_S, stock(sku(5), "pp", "on_hand") == 77);
    assert_text(ctl("mirror list").out, "copy");
    WAIT_FOR(SOON_S, strcmp(text_at(mirror(), "last.state"), "done") == 0);
    assert_string_equal(text_at(mirror(), "last.source.remote"), "501");
    assert_text(ctl("--json run list --task import").out, "mirror copy: shop:501 -> pp");

    daemon_kill(); /* it goes on by itself */
    set_there(6, 501, 88);
    daemon_start();
    WAIT_FOR(SOON_S, stock(sku(6), "pp", "on_hand") == 88);
    set_there(5, 501, 5);
    set_there(6, 501, 6);
    WAIT_FOR(SOON_S, wrong_in_pp(0) == 0);

    /* What cannot be is held once, and waits for a person. */
    for (int n = 1; n <= PRODUCTS; n++)
        set_there(n, 501, 0);
    WAIT_FOR(SOON_S, strcmp(text_at(mirror(), "last.state"), "held") == 0);
    int64_t held = number_at(mirror(), "last.job");
    for (int n = 1; n <= PRODUCTS; n++)
        set_there(n, 501, n);
    int64_t until = now_ms() + 2500;
    WAIT_FOR(SOON_S, now_ms() > until);
    assert_int_equal(number_at(mirror(), "last.job"), held);
    assert_int_equal(wrong_in_pp(0), 0);
    const char *said = strstr(text_at(mirror(), "last.detail"), "plan show p");
    assert_non_null(said);
    char id[16];
    snprintf(id, sizeof id, "%.13s", said + strlen("plan show "));
    ctl_ok("drop %s", id);
    set_there(7, 501, 70);
    WAIT_FOR(SOON_S, stock(sku(7), "pp", "on_hand") == 70);
    conf_remove("60-mirror.yaml");
    ctl_ok("reload");
    world_good();
}

static void a_mirror_runs_when_asked(void **state)
{
    (void)state;
    begin("ozon", "import");
    conf_mirror("    enabled: no\n");
    assert_text(ctl("mirror list").out, "There are no mirrors");
    ctl_ok("reload");
    struct ran ran = ctl("mirror run copy");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "20 changed, 0 were so already, 0 refused");
    assert_text(ctl("mirror run copy").out, "0 changed, 20 were so already");
    assert_text(ctl("mirror run other").err, "there is no mirror 'other'");
    world_good();
}

static void a_mirror_of_itself_is_refused(void **state)
{
    (void)state;
    begin("ozon", "import");
    conf_mirror("");
    conf_write("70-links.yaml", "links:\n  - {warehouse: pp, account: shop, remote: \"501\"}\n");
    struct ran ran = ctl("reload");
    assert_int_not_equal(ran.code, 0);
    assert_text(ran.err, "mirror 'copy' would copy the figures of warehouse 'pp' back to itself: "
                         "'501' of account 'shop' is fed from it");
    conf_remove("70-links.yaml");
    conf_mirror("    enabled: no\n");
    ctl_ok("reload");
    ctl_ok("warehouse link pp shop 501"); /* known to no file */
    ran = ctl("mirror run copy");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "mirror 'copy' would copy the figures of warehouse 'pp' back to itself");
    ctl_ok("warehouse unlink pp shop 501");
    ctl_ok("warehouse link pp shop 502"); /* another one is no loop */
    ctl_ok("mirror run copy");
    WAIT_FOR(LONG_S, sim_figure(&sim, sku(9), 502) == 9 && all_sent());
    world_good();
}

/* ---- kill -9 */

static void a_kill_at_any_time_applies_it_once(void **state)
{
    (void)state;
    begin("ozon", "import");
    ctl_ok("stock set SKU-000001 1000 --warehouse pp");
    for (int round = 0; round < 12; round++) {
        size_t mark = keep_mark();
        int64_t before = stock(sku(1), "pp", "on_hand");
        pid_t child = ctl_begin("import", "import --from shop:501 --to pp --yes --add");
        poll(NULL, 0, 20 + 8 * round);
        daemon_kill();
        process_wait(child, SOON_S);
        daemon_start();
        wait_active("shop");
        WAIT_FOR(SOON_S, strcmp(newest_state(), "running") != 0);
        int64_t after = stock(sku(1), "pp", "on_hand");
        if (after != before && after != before + 1)
            fail_msg("round %d: %lld became %lld", round, (long long)before, (long long)after);
        print_message("round %d: %s\n", round, after == before ? "not yet accepted" : "applied");
        keep_forget(mark);
    }
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(from_ozon, world_begin, world_end),
    cmocka_unit_test_setup_teardown(from_wildberries, world_begin, world_end),
    cmocka_unit_test_setup_teardown(each_bucket_is_listed_and_undo_takes_it_back, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(what_is_external_is_available, world_begin, world_end),
    cmocka_unit_test_setup_teardown(zeros_everywhere_are_held, world_begin, world_end),
    cmocka_unit_test_setup_teardown(answers_of_500_change_nothing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(half_an_answer_changes_nothing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(rows_that_cannot_be_read_are_not_absent, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(an_empty_answer_changes_nothing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_makes_no_sense_is_said, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_mirror_follows_by_itself, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_mirror_runs_when_asked, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_mirror_of_itself_is_refused, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_kill_at_any_time_applies_it_once, world_begin, world_end),
};

TEST_MAIN(cases)
