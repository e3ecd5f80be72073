/* The main job: figures in by every door, each of them shown at the marketplace. */
#include "harness.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAST = 100 }; /* the scale of the plugin in fast/ */

static struct figures figures;

static void begin(int products)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", products));
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "");
    daemon_start();
    figures.products = products;
    if (products < 10) products_add(products);
}

static void imports_and_shows_all(void **state)
{
    (void)state;
    begin(500);
    for (int p = 1; p <= 500; p++)
        for (int w = 0; w < 2; w++)
            figures.at[w][p] = p * 7 % 101 + w;
    figures_csv(&figures, world_path("stock.csv"));
    struct ran ran = ctl("stock import %s --create", world_path("stock.csv"));
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "1000 rows: 1000 changed, 0 were so already, 0 refused");
    wait_shown(&figures, SOON_S);
    assert_int_equal(targets_in("ozon-main", "synced"), 1000);
    /* Once more: nothing changes, nothing is sent. */
    int64_t requests = sim_requests(&sim, "/v2/products/stocks");
    ran = ctl("stock import %s", world_path("stock.csv"));
    assert_text(ran.out, "1000 rows: 0 changed, 1000 were so already, 0 refused");
    for (int p = 1; p <= 500; p += 9) {
        json_t *stock = api_get(text_format("/v1/stock/SKU-%06d", p)), *row, *target;
        size_t i;
        assert_int_equal(json_array_size(json_object_get(stock, "stock")), 2);
        assert_int_equal(json_array_size(json_object_get(stock, "targets")), 2);
        json_array_foreach (json_object_get(stock, "stock"), i, row) {
            int w = strcmp(text_at(row, "warehouse"), "spb") == 0;
            assert_int_equal(number_at(row, "on_hand"), figures.at[w][p]);
            assert_int_equal(number_at(row, "reserved"), 0);
            assert_int_equal(number_at(row, "available"), figures.at[w][p]);
        }
        json_array_foreach (json_object_get(stock, "targets"), i, target) {
            int w = strcmp(text_at(target, "warehouse"), "502") == 0;
            assert_int_equal(number_at(target, "acknowledged"), figures.at[w][p]);
            assert_string_equal(text_at(target, "state"), "synced");
        }
    }
    assert_int_equal(sim_requests(&sim, "/v2/products/stocks"), requests);
    struct ran get = ctl("stock get SKU-000009");
    assert_int_equal(get.code, 0);
    assert_text(get.out, "msk");
    assert_text(get.out, "synced");
    world_good();
}

/* Every way to change a figure, and what it answers. */
static void changes_say_what_they_did(void **state)
{
    (void)state;
    begin(3);
    figures.products = 3;
    for (int p = 1; p <= 3; p++)
        figures.at[0][p] = figures.at[1][p] = -1;
    struct ran ran = ctl("stock set SKU-000001 10 --warehouse msk");
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "SKU-000001 in msk: on hand");
    assert_text(ran.out, "-> 10");
    ran = ctl("stock set SKU-000001 10 --warehouse msk");
    assert_text(ran.out, "was so already");
    ctl_ok("stock adjust SKU-000001 -3 --warehouse msk --cause sale");
    ctl_ok("stock set SKU-000001 0 --warehouse spb");
    ctl_ok("stock transfer SKU-000001 msk spb 5");
    figures.at[0][1] = 2;
    figures.at[1][1] = 5;
    wait_shown(&figures, SOON_S);
    /* Refused, with a reason, and nothing moved. */
    ran = ctl("stock transfer SKU-000001 msk spb 3");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "2");
    ran = ctl("stock adjust SKU-000002 +5 --warehouse msk");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "never counted");
    ran = ctl("stock set SKU-000001 9 --warehouse msk --if-figure 3");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "'SKU-000001' in 'msk' is 2 now, not 3");
    ran = ctl("stock set SKU-000001 9 --warehouse nowhere");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "nowhere");
    ran = ctl("stock get NO-SUCH-SKU");
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "NO-SUCH-SKU");
    wait_shown(&figures, SOON_S);
    ctl_ok("stock set SKU-000001 9 --warehouse msk --if-figure 2");
    figures.at[0][1] = 9;
    /* "never counted" is a condition of its own. */
    assert_int_equal(api("PUT", "/v1/stock/SKU-000002/msk",
                         "{\"quantity\":4,\"kind\":\"on-hand\",\"if_figure\":null}", NULL),
                     200);
    assert_int_equal(api("PUT", "/v1/stock/SKU-000002/msk",
                         "{\"quantity\":5,\"kind\":\"on-hand\",\"if_figure\":null}", NULL),
                     409);
    figures.at[0][2] = 4;
    static const char *const nonsense[] = {
        "{\"quantity\":-1,\"kind\":\"on-hand\"}",
        "{\"quantity\":1.5,\"kind\":\"on-hand\"}",
        "{\"quantity\":\"1\",\"kind\":\"on-hand\"}",
        "{\"quantity\":1}",
        "{\"quantity\":1,\"kind\":\"x\"}",
        "{\"quantity\":1,\"kind\":\"on-hand\",\"qauntity\":2}",
        "{",
        "",
        "[]",
        "{\"quantity\":99999999999999999999,\"kind\":\"on-hand\"}"};
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        json_t *problem;
        int status = api("PUT", "/v1/stock/SKU-000002/msk", nonsense[i], &problem);
        if (status != 400) fail_msg("%s was answered %d", nonsense[i], status);
        assert_true(*text_at(problem, "detail"));
    }
    wait_shown(&figures, SOON_S);
    world_good();
}

/* Strange SKUs: each is itself, byte for byte. */
static void skus_are_bytes(void **state)
{
    (void)state;
    static const char *const skus[] = {
        "A/1", "A%2F1", "..", ".", "a b", "\xd0\x90-1", "A?x=1&y#z", "-1", "sku,with\"quotes",
        "a",   "A"};
    enum { COUNT = sizeof skus / sizeof *skus };
    conf_places();
    daemon_start();
    for (int i = 0; i < COUNT; i++) {
        json_t *product = json_pack("{s:s}", "sku", skus[i]);
        char *body = json_dumps(product, 0);
        assert_int_equal(api("POST", "/v1/products", body, NULL), 201);
        free(body);
        json_decref(product);
        const char *argv[] = {STOCKCTL_PROGRAM,
                              "--socket",
                              world_path("sock"),
                              "stock",
                              "set",
                              "--warehouse",
                              "msk",
                              "--",
                              skus[i],
                              text_format("%d", 100 + i),
                              NULL};
        struct ran ran = run_words(argv);
        if (ran.code) fail_msg("%s: %s", skus[i], ran.err);
    }
    json_t *list = json_object_get(api_get("/v1/products?limit=1000"), "items");
    assert_int_equal(json_array_size(list), COUNT);
    for (int i = 0; i < COUNT; i++) {
        const char *argv[] = {
            STOCKCTL_PROGRAM, "--json", "--socket", world_path("sock"), "stock", "get", "--",
            skus[i],          NULL};
        struct ran ran = run_words(argv);
        json_t *json = json_loads(ran.out, 0, NULL);
        assert_string_equal(text_at(json, "sku"), skus[i]);
        assert_int_equal(number_at(json_array_get(json_object_get(json, "stock"), 0), "on_hand"),
                         100 + i);
        json_decref(json);
    }
    world_good();
}

/* ---- many writers of one SKU */

/* Adds 1, `times` times, each time only to what it read itself. A process of its own. */
static void add_by_condition(int times)
{
    size_t mark = keep_mark();
    for (int i = 0; i < times;) {
        keep_forget(mark);
        json_t *stock, *row = NULL;
        if (api("GET", "/v1/stock/SKU-000001?warehouse=msk", NULL, &stock) != 200) _exit(1);
        row = json_array_get(json_object_get(stock, "stock"), 0);
        json_int_t now = json_integer_value(json_object_get(row, "on_hand"));
        char body[128];
        snprintf(body, sizeof body, "{\"quantity\":%lld,\"kind\":\"on-hand\",\"if_figure\":%lld}",
                 (long long)now + 1, (long long)now);
        int status = api("PUT", "/v1/stock/SKU-000001/msk", body, NULL);
        if (status != 200 && status != 409) _exit(1);
        i += status == 200;
    }
    _exit(0);
}

static void no_update_is_lost(void **state)
{
    (void)state;
    enum { WRITERS = 8, TIMES = 25, CTL_WRITERS = 12 };
    begin(1);
    ctl_ok("stock set SKU-000001 0 --warehouse msk");
    ctl_ok("stock set SKU-000001 1000 --warehouse spb");
    pid_t writers[WRITERS], tools[CTL_WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        if (writers[i] == 0) {
            alarm(LONG_S);
            add_by_condition(TIMES);
        }
    }
    for (int i = 0; i < CTL_WRITERS; i++)
        tools[i] = ctl_begin(text_format("writer-%d", i),
                             i % 2 ? "stock adjust SKU-000001 +3 --warehouse msk"
                                   : "stock transfer SKU-000001 spb msk 10");
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < CTL_WRITERS; i++)
        assert_int_equal(process_wait(tools[i], LONG_S), 0);
    figures.at[0][1] = WRITERS * TIMES + CTL_WRITERS / 2 * 3 + CTL_WRITERS / 2 * 10;
    figures.at[1][1] = 1000 - CTL_WRITERS / 2 * 10;
    json_t *stock = json_object_get(api_get("/v1/stock/SKU-000001"), "stock"), *row;
    size_t i;
    json_array_foreach (stock, i, row)
        assert_int_equal(number_at(row, "on_hand"),
                         figures.at[strcmp(text_at(row, "warehouse"), "spb") == 0][1]);
    wait_shown(&figures, SOON_S);
    world_good();
}

/* ---- bad rows */

static void bad_rows_are_named_by_line(void **state)
{
    (void)state;
    begin(3);
    file_text(world_path("bad.csv"), "sku,warehouse,quantity\n"
                                     "SKU-000001,msk,5\n"
                                     "SKU-000002,msk,-1\n"
                                     "SKU-000002,msk,many\n"
                                     "SKU-000002,nowhere,1\n"
                                     ",msk,1\n"
                                     "SKU-000003,spb,1.5\n"
                                     "SKU-000003,msk,\n"
                                     "SKU-000003,spb,6\n");
    struct ran ran = ctl("stock import %s --create", world_path("bad.csv"));
    assert_int_equal(ran.code, 4);
    assert_text(ran.out, "8 rows: 2 changed, 0 were so already, 6 refused");
    for (int line = 3; line <= 8; line++)
        assert_text(ran.err, text_format("bad.csv:%d, column ", line));
    assert_no_text(ran.err, "bad.csv:2,");
    assert_no_text(ran.err, "bad.csv:9,");
    figures.at[0][1] = 5;
    figures.at[1][3] = 6;
    figures.at[0][2] = figures.at[0][3] = figures.at[1][1] = figures.at[1][2] = -1;
    wait_shown(&figures, SOON_S);
    /* Without --create an unknown SKU is a bad row. */
    file_text(world_path("new.csv"), "sku,warehouse,quantity\nSKU-000001,msk,5\nNEW-1,msk,5\n");
    ran = ctl("stock import %s", world_path("new.csv"));
    assert_int_equal(ran.code, 4);
    assert_text(ran.err, "new.csv:3, column 1: ");
    assert_text(ran.err, "NEW-1");
    assert_int_equal(api("GET", "/v1/stock/NEW-1", NULL, NULL), 404);
    /* What is no list of stock at all. */
    file_text(world_path("none.csv"), "name;price\nLamp;5\n");
    ran = ctl("stock import %s", world_path("none.csv"));
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "sku");
    ran = ctl("stock import %s", world_path("not-there.csv"));
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, "not-there.csv");
    file_text(world_path("empty.csv"), "");
    assert_int_not_equal(ctl("stock import %s", world_path("empty.csv")).code, 0);
    world_good();
}

/* The same pair again and again, faster than the marketplace takes it: the last figure is shown,
 * and the marketplace never finds a write too soon. */
static void a_busy_pair_keeps_the_cadence(void **state)
{
    (void)state;
    begin(1);
    ctl_ok("stock set SKU-000001 1 --warehouse msk");
    figures.at[1][1] = -1;
    enum { CADENCE_MS = 30000 / FAST };
    int64_t begun = now_ms();
    for (int i = 2; i <= 300; i++) {
        char body[64];
        snprintf(body, sizeof body, "{\"quantity\":%d,\"kind\":\"on-hand\"}", i);
        assert_int_equal(api("PUT", "/v1/stock/SKU-000001/msk", body, NULL), 200);
        poll(NULL, 0, 10); /* over ten of the marketplace's half minutes */
    }
    figures.at[0][1] = 300;
    wait_shown(&figures, SOON_S);
    int64_t took = now_ms() - begun;
    json_t *writes = json_object_get(sim_get(&sim, "writes?offer_id=SKU-000001"), "writes"), *row;
    size_t i;
    int64_t last = 0;
    json_array_foreach (writes, i, row) { /* never an older one over a newer one */
        assert_string_equal(text_at(row, "code"), "");
        assert_true(number_at(row, "stock") > last);
        last = number_at(row, "stock");
    }
    assert_in_range(json_array_size(writes), 3, took / CADENCE_MS + 1);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(imports_and_shows_all, world_begin, world_end),
    cmocka_unit_test_setup_teardown(changes_say_what_they_did, world_begin, world_end),
    cmocka_unit_test_setup_teardown(skus_are_bytes, world_begin, world_end),
    cmocka_unit_test_setup_teardown(no_update_is_lost, world_begin, world_end),
    cmocka_unit_test_setup_teardown(bad_rows_are_named_by_line, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_busy_pair_keeps_the_cadence, world_begin, world_end),
};

TEST_MAIN(cases)
