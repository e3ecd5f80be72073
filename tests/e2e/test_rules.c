/* Rules of products, from the word on the command line to the figure at the marketplace. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

enum { FAST = 100 };

static void begin(const char *orders)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, "--products 4 --warehouses 501,502 --stock 1");
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", text_format("    orders: %s\n", orders));
    daemon_start();
    products_add(4);
    wait_active("ozon-main");
    ctl_ok("stock set SKU-000001 20 --warehouse msk");
    ctl_ok("stock set SKU-000002 20 --warehouse msk");
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 20 &&
                         sim_figure(&sim, "SKU-000002", 501) == 20 && all_sent());
}

/* Each change is sent at once, and nothing but it. */
static void a_change_is_shown_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        int64_t shown;
    } steps[] = {
        {"buffer=3", 17},
        {"ozon-main cap=5", 5},
        {"pack=4 ozon-main", -1}, /* an account comes first */
        {"pack=4", 2},            /* five packs, three kept back */
        {"ozon-main cap= buffer=0", 5},
        {"off=zero", 0},
        {"ozon-main on", 5},
        {"ozon-main mode=", 0},
        {"mode=none pack= buffer=none", 20},
    };
    begin("external");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct ran ran = ctl("listing set SKU-000001 %s", steps[i].words);
        assert_int_equal(ran.code, steps[i].shown < 0 ? 1 : 0);
        if (steps[i].shown < 0) continue;
        WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == steps[i].shown && all_sent());
        assert_int_equal(sim_figure(&sim, "SKU-000002", 501), 20);
    }
    assert_text(ctl("listing set SKU-000001 buffer=").out, "It was so already");
    world_good();
}

static void off_and_one_way_only(void **state)
{
    (void)state;
    begin("external");
    ctl_ok("listing set SKU-000001 off");
    ctl_ok("listing set SKU-000002 ozon-main up-only");
    ctl_ok("stock set SKU-000001 7 --warehouse msk");
    ctl_ok("stock set SKU-000002 7 --warehouse msk");
    ctl_ok(
        "stock set SKU-000003 7 --warehouse msk"); /* behind them: when it is there, so are they */
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000003", 501) == 7 && all_sent());
    assert_int_equal(sim_figure(&sim, "SKU-000001", 501), 20);
    assert_int_equal(sim_figure(&sim, "SKU-000002", 501), 20);
    ctl_ok("stock set SKU-000002 25 --warehouse msk");
    ctl_ok("listing set SKU-000001 on");
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 7 &&
                         sim_figure(&sim, "SKU-000002", 501) == 25 && all_sent());
    world_good();
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *line, *sentence;
        int code;
    } bad[] = {
        {"listing set SKU-000001 bufer=2", "a rule has no 'bufer'; did you mean 'buffer='?", 1},
        {"listing set SKU-000001 of", "if 'of' is not meant as an account: did you mean 'off'?", 2},
        {"listing set SKU-000001 of cap=1", "did you mean 'off'?", 1},
        {"listing set SKU-000001 ozon-main",
         "say what is to hold for it: off, on, off=zero, up-only", 2},
        {"listing set SKU-000001", "needs [ACCOUNT] WORD", 2},
        {"listing set SKU-000001 pack=0", "pack is a whole number from 1 to 1000000", 1},
        {"listing set SKU-000001 min=4 cap=3", "min=4 above cap=3", 1},
        {"listing set NONE off", "there is no product 'NONE'", 1},
        {"listing set SKU-000001 nobody off", "there is no account 'nobody'", 1},
        {"listing rules NONE", "there is no product 'NONE'", 1},
    };
    begin("external");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct ran ran = ctl("%s", bad[i].line);
        assert_int_equal(ran.code, bad[i].code);
        assert_text(ran.err, bad[i].sentence);
    }
    assert_text(ctl("listing rules").out, "There are no such rules");
    world_good();
}

/* ---- files */

static void put_file(const char *text)
{
    FILE *file = fopen(world_path("rules.csv"), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_file_sets_all_or_none(void **state)
{
    (void)state;
    begin("external");
    put_file("sku,account,mode,buffer,cap,min,pack\n"
             "SKU-000001,,,2,,,\n"
             "SKU-000001,ozon-main,,,9,,\n"
             "SKU-000002,,off=zero,,,,\n"
             "SKU-000003,,,none,,,\n");
    struct ran ran = ctl("listing import %s --dry-run", world_path("rules.csv"));
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "4 rules: 3 would be changed, 1 is so already; nothing was changed yet");
    assert_text(ctl("listing rules").out, "There are no such rules");
    ran = ctl("listing import %s", world_path("rules.csv"));
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "4 rules: 3 changed, 1 was so already");
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 9 &&
                         sim_figure(&sim, "SKU-000002", 501) == 0 && all_sent());
    ran = ctl("listing import %s", world_path("rules.csv"));
    assert_text(ran.out, "4 rules: 0 changed, 4 were so already");
    /* Row by row what makes no sense; the good ones wait with it. */
    put_file("account;sku;mode;cap;min\n"
             ";SKU-000003;on;5;\n"
             ";NONE;on;;\n"
             "\n"
             "nobody;SKU-000003;on;;\n"
             ";SKU-000002;of;;\n"
             ";SKU-000004;;3;4\n"
             ";;;3;4\n"
             ";SKU-000003;on;;\n"
             ";SKU-000001;;x;\n");
    ran = ctl("listing import %s", world_path("rules.csv"));
    assert_int_equal(ran.code, 1);
    assert_text(ran.out, "7 rules refused: nothing was changed");
    static const char *const said[] = {"rules.csv:3: there is no product 'NONE'",
                                       "rules.csv:5: there is no account 'nobody'",
                                       "rules.csv:6: there is no switch 'of'; did you mean 'off'?",
                                       "rules.csv:7: 'SKU-000004' would have min=4 above cap=3",
                                       "rules.csv:8: it has no sku",
                                       "rules.csv:9: 'SKU-000003' is given twice",
                                       "rules.csv:10: cap is a whole number from 0"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        assert_text(ran.err, said[i]);
    assert_int_equal(json_array_size(json_object_get(api_get("/v1/rules"), "items")), 3);
    put_file("sku,acount,mode\nSKU-000001,,on\n");
    ran = ctl("listing import %s", world_path("rules.csv"));
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "rules.csv:1: a rule has no column 'acount'; did you mean 'account'?");
    world_good();
}

/* More than go at once. */
static void a_long_file_is_counted_exactly(void **state)
{
    (void)state;
    begin("external");
    FILE *file = fopen(world_path("rules.csv"), "w"), *skus = fopen(world_path("skus.csv"), "w");
    fputs("sku,buffer\n", file);
    fputs("sku,quantity\n", skus);
    for (int i = 0; i < 2345; i++) {
        fprintf(file, "N-%d,%d\n", i, i % 3 ? 1 : 0);
        fprintf(skus, "N-%d,5\n", i);
    }
    fclose(file);
    fclose(skus);
    ctl_ok("stock import %s --create --warehouse msk", world_path("skus.csv"));
    struct ran ran = ctl("listing import %s", world_path("rules.csv"));
    assert_text(ran.out, "2345 rules: 2345 changed, 0 were so already");
    assert_int_equal(ran.code, 0);
    ctl_ok("listing set N-7 buffer=2");
    ran = ctl("listing import %s", world_path("rules.csv"));
    assert_text(ran.out, "2345 rules: 1 changed, 2344 were so already");
    world_good();
}

/* A file that would empty the shop is held as a whole, and applied by a person. */
static void the_guard_judges_rules(void **state)
{
    (void)state;
    enum { PRODUCTS = 40 };
    static struct figures figures;
    conf_guarded = true;
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "");
    daemon_start();
    products_add(PRODUCTS);
    wait_active("ozon-main");
    figures.products = PRODUCTS;
    FILE *file = fopen(world_path("rules.csv"), "w");
    fputs("sku,mode\n", file);
    for (int p = 1; p <= PRODUCTS; p++) {
        figures.at[0][p] = figures.at[1][p] = 1; /* as it is there: no change to judge */
        fprintf(file, "SKU-%06d,off=zero\n", p);
    }
    fclose(file);
    figures_csv(&figures, world_path("stock.csv"));
    ctl_ok("stock import %s", world_path("stock.csv"));
    wait_shown(&figures, SOON_S);
    struct ran ran = ctl("listing import %s", world_path("rules.csv"));
    assert_int_equal(ran.code, 5);
    assert_text(ran.err, "held, nothing was changed yet: ");
    assert_text(ctl("listing rules").out, "There are no such rules");
    const json_t *plan = json_array_get(json_object_get(api_get("/v1/plans"), "items"), 0);
    assert_string_equal(text_at(plan, "command"), "listing set");
    ctl_ok("apply %s", text_at(plan, "id"));
    for (int p = 1; p <= PRODUCTS; p++)
        figures.at[0][p] = figures.at[1][p] = 0;
    WAIT_FOR(SOON_S, figures_differ(&sim, &figures) == 0 && all_sent());
    world_good();
}

/* ---- the API, history, and the way back */

static void the_api_knows_them(void **state)
{
    (void)state;
    json_t *answer = NULL;
    begin("external");
    assert_int_equal(api("PUT", "/v1/products/SKU-000001/rules/ozon-main",
                         "{\"buffer\":2,\"velocity\":\"7x0.5\",\"mode\":null}", &answer),
                     200);
    assert_true(json_is_true(json_object_get(answer, "changed")));
    assert_int_equal(number_at(json_object_get(answer, "applies"), "buffer"), 2);
    assert_string_equal(text_at(answer, "text"), "buffer=2 velocity=7x0.5");
    assert_int_equal(api("PATCH", "/v1/products/SKU-000001/rules", "{\"cap\":11}", NULL), 200);
    assert_int_equal(api("PATCH", "/v1/products/SKU-000001/rules/ozon-main",
                         "{\"velocity\":null,\"words\":[\"down-only\"]}", NULL),
                     200);
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 11);
    json_t *product = api_get("/v1/products/SKU-000001");
    const json_t *rules = json_object_get(product, "rules");
    assert_int_equal(json_array_size(rules), 2);
    assert_true(json_is_null(json_object_get(json_array_get(rules, 0), "account")));
    assert_int_equal(number_at(json_array_get(rules, 0), "cap"), 11);
    assert_string_equal(text_at(json_array_get(rules, 1), "text"), "down-only buffer=2");
    assert_text(ctl("product show SKU-000001").out, "down-only buffer=2");
    assert_int_equal(api("PUT", "/v1/products/SKU-000001/rules/ozon-main", "{}", NULL), 200);
    assert_int_equal(api("DELETE", "/v1/products/SKU-000001/rules", NULL, NULL), 200);
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 20 && all_sent());
    assert_int_equal(api("PATCH", "/v1/products/SKU-000001/rules", "{\"bufer\":1}", NULL), 400);
    assert_int_equal(api("PATCH", "/v1/products/SKU-000001/rules", "{\"buffer\":1.5}", NULL), 400);
    assert_int_equal(api("POST", "/v1/rules", "{\"rows\":[]}", NULL), 400);
    assert_int_equal(
        api("POST", "/v1/rules", "{\"rows\":[7,{\"sku\":\"SKU-000001\",\"x\":1}]}", NULL), 400);
    world_good();
}

static void history_shows_them_and_undo_takes_them_back(void **state)
{
    (void)state;
    begin("external");
    ctl_ok("listing set SKU-000001 buffer=2");
    ctl_ok("listing set SKU-000001 buffer=5 off=zero");
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 0);
    json_t *event = json_array_get(
        json_object_get(api_get("/v1/history?sku=SKU-000001&kind=setting"), "items"), 0);
    json_t *changes = json_object_get(event, "changes");
    assert_int_equal(json_array_size(changes), 2);
    assert_string_equal(text_at(json_array_get(changes, 1), "field"), "buffer");
    assert_string_equal(text_at(json_array_get(changes, 1), "old"), "2");
    assert_string_equal(text_at(json_array_get(changes, 1), "new"), "5");
    assert_text(ctl("history SKU-000001").out, "SKU-000001: buffer");
    ctl_ok("undo %lld", (long long)number_at(event, "sequence"));
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 18 && all_sent());
    world_good();
}

/* ---- packs in orders */

static int64_t stock(const char *member)
{
    json_t *answer = api_get("/v1/stock/SKU-000001"), *row;
    size_t i;
    json_array_foreach (json_object_get(answer, "stock"), i, row)
        if (strcmp(text_at(row, "warehouse"), "msk") == 0) return number_at(row, member);
    return -1;
}

static void an_order_of_packs_takes_their_pieces(void **state)
{
    (void)state;
    begin("import");
    ctl_ok("listing set SKU-000001 pack=6");
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 3 && all_sent());
    json_t *order = sim_post(&sim, "order",
                             "{\"warehouse_id\":501,\"items\":[{\"offer_id\":\"SKU-000001\","
                             "\"quantity\":2}]}");
    ctl_ok("account refresh ozon-main --task orders");
    WAIT_FOR(SOON_S, stock("reserved") == 12);
    ctl_ok("listing set SKU-000001 pack=2"); /* what is reserved stays */
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 4 && all_sent());
    assert_int_equal(stock("reserved"), 12);
    sim_post(&sim, "order/cancel", "{\"posting_number\":\"%s\"}", text_at(order, "posting_number"));
    ctl_ok("account refresh ozon-main --task orders");
    WAIT_FOR(SOON_S, stock("reserved") == 0 && stock("on_hand") == 20);
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 10 && all_sent());
    world_good();
}

/* ---- shares in conf.d */

static void declare_shares(const char *first, const char *second)
{
    conf_write("50-ozon-main.yaml",
               "accounts:\n  ozon-main:\n    plugin: ozon\n    first-plan: apply\n"
               "    client-id: 1001\n    api-key: test-key\n"
               "    endpoints: {api: \"http://127.0.0.1:%d\"}\n"
               "    quotas: {stock: {amount: 80, per: 600ms}, all: {amount: 50, per: 10ms}}\n"
               "links:\n  - {warehouse: msk, account: ozon-main, remote: \"501\"%s}\n"
               "  - {warehouse: msk, account: ozon-main, remote: \"502\"%s}\n",
               sim.port, first, second);
}

static bool shows(int64_t first, int64_t second)
{
    return sim_figure(&sim, "SKU-000001", 501) == first &&
           sim_figure(&sim, "SKU-000001", 502) == second && all_sent();
}

static void files_declare_shares(void **state)
{
    (void)state;
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, "--products 1 --warehouses 501,502 --stock 1");
    conf_places();
    declare_shares(", share: 30%", ", share: 70%");
    daemon_start();
    products_add(1);
    wait_active("ozon-main");
    ctl_ok("stock set SKU-000001 20 --warehouse msk");
    WAIT_FOR(SOON_S, shows(6, 14));
    declare_shares(", share: 80%", ", share: 20%"); /* the raised one comes first */
    assert_text(ctl("reload").out, "share changes from 30% to 80%");
    WAIT_FOR(SOON_S, shows(16, 4));
    struct ran ran = ctl("warehouse link msk ozon-main 501 --share 10%%");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "50-ozon-main.yaml");
    declare_shares("", ", share: 100%"); /* the one has no share any more, which makes room */
    ctl_ok("reload");
    WAIT_FOR(SOON_S, shows(20, 20));
    declare_shares(", share: 60%", ", share: 60%");
    ran = ctl("reload");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "the shares of warehouse 'msk' come to 120.00%");
    WAIT_FOR(SOON_S, shows(20, 20));
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_change_is_shown_at_once, world_begin, world_end),
    cmocka_unit_test_setup_teardown(off_and_one_way_only, world_begin, world_end),
    cmocka_unit_test_setup_teardown(nonsense_is_refused, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_file_sets_all_or_none, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_long_file_is_counted_exactly, world_begin, world_end),
    cmocka_unit_test_setup_teardown(the_guard_judges_rules, world_begin, world_end),
    cmocka_unit_test_setup_teardown(the_api_knows_them, world_begin, world_end),
    cmocka_unit_test_setup_teardown(history_shows_them_and_undo_takes_them_back, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(an_order_of_packs_takes_their_pieces, world_begin, world_end),
    cmocka_unit_test_setup_teardown(files_declare_shares, world_begin, world_end),
};

TEST_MAIN(cases)
