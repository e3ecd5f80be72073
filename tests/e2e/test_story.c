/* One seller's day: a catalogue with products in it twice, a shelf whose stock is known to one
 * marketplace only and partly sold, and three places that are all to show that shelf. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FAST = 100,
    ITEMS = 171, /* at Ozon */
    UNKNOWN = 5, /* of them: known to nobody here */
    KNOWN = ITEMS - UNKNOWN,
    DISTINCT = 181, /* products */
    TWICE = 5,      /* of them, with the same barcode */
    BEFORE = 7,     /* pieces of each known product in pp, as somebody once counted */
    OZON_BATCH = 100,
};

static struct sim wb;

static const char *sku(int n)
{
    return text_format("SKU-%06d", n);
}

/* ---- the world */

static void conf(void)
{
    const char *at = text_format("http://127.0.0.1:%d", wb.port);
    conf_write("50-ozon.yaml",
               "accounts:\n  ozon-main:\n    plugin: ozon\n    first-plan: apply\n    orders: "
               "import\n    client-id: 1001\n    api-key: test-key\n    endpoints: {api: "
               "\"http://127.0.0.1:%d\"}\n    quotas: {stock: {amount: 80, per: 600ms}, all: "
               "{amount: 50, per: 10ms}}\n",
               sim.port);
    conf_write("50-wb.yaml",
               "accounts:\n  wb-main:\n    plugin: wb\n    first-plan: apply\n    orders: import\n"
               "    allow-plain-http: yes\n    timeout: 2s\n    token: %s\n    endpoints: "
               "{marketplace: \"%s/marketplace\", content: \"%s/content\", analytics: "
               "\"%s/analytics\"}\n    quotas: {stocks: {amount: 300, per: 600ms}, warehouses: "
               "{amount: 300, per: 600ms},\n             orders: {amount: 300, per: 600ms}, "
               "content: {amount: 100, per: 600ms}}\n",
               text_at(sim_get(&wb, "token"), "token"), at, at, at);
    conf_write("30-places.yaml", "warehouses:\n  pp: {name: Main warehouse}\n  kot: {}\n");
}

/* What Ozon shows of the n-th in 501: some have nothing. */
static int there(int n)
{
    return n % 9 == 0 ? 0 : n % 40 + 3;
}

static void fill_ozon(void)
{
    json_t *stocks = json_array();
    for (int n = 1; n <= ITEMS; n++)
        json_array_append_new(stocks, json_pack("{s:s, s:i, s:i}", "offer_id", sku(n),
                                                "warehouse_id", 501, "stock", there(n)));
    char *list = json_dumps(stocks, 0);
    sim_post(&sim, "stock", "{\"stocks\":%s}", list);
    free(list);
    json_decref(stocks);
}

static void order(const char *what, int quantity)
{
    sim_post(&sim, "order",
             "{\"warehouse_id\":501,\"items\":[{\"offer_id\":\"%s\",\"quantity\":%d}]}", what,
             quantity);
}

static void add_products(void)
{
    for (int n = 1; n <= KNOWN; n++)
        ctl_ok("product add %s --barcode CODE-%d", sku(n), n);
    for (int n = 1; n <= DISTINCT - KNOWN; n++)
        ctl_ok("product add OTHER-%d", n);
    for (int n = 1; n <= TWICE; n++)
        ctl_ok("product add AGAIN-%d --barcode CODE-%d", n, n);
}

static int products(void)
{
    return (int)json_array_size(json_object_get(api_get("/v1/products?limit=1000"), "items"));
}

static void count_pp(void)
{
    FILE *file = fopen(world_path("counted.csv"), "we");
    fprintf(file, "sku,warehouse,quantity\n");
    for (int n = 1; n <= KNOWN; n++)
        fprintf(file, "%s,pp,%d\n", sku(n), BEFORE);
    fclose(file);
    ctl_ok("stock import %s", world_path("counted.csv"));
}

/* ---- looking */

static int64_t in_pp(const char *what, const char *member)
{
    json_t *answer = api_get(text_format("/v1/stock/%s", what)), *row;
    size_t i;
    json_array_foreach (json_object_get(answer, "stock"), i, row)
        if (strcmp(text_at(row, "warehouse"), "pp") == 0)
            return json_is_integer(json_object_get(row, member)) ? number_at(row, member) : -1;
    return -1;
}

/* How many figures of the known products one of the three places shows otherwise than pp has them.
 */
static int differ(void)
{
    int count = 0;
    for (int n = 1; n <= KNOWN; n++) {
        size_t mark = keep_mark();
        const char *name = sku(n);
        int64_t available = in_pp(name, "available");
        int64_t at_wb = sim_figure(&wb, name, 601);
        count += sim_figure(&sim, name, 501) != available;
        count += sim_figure(&sim, name, 502) != available;
        count += at_wb != available && !(available == 0 && at_wb == -1);
        keep_forget(mark);
    }
    return count;
}

static bool all_same(void)
{
    return all_sent() && differ() == 0;
}

static void nobody_else_was_touched(void)
{
    for (int n = 1; n <= ITEMS; n++) {
        size_t mark = keep_mark();
        assert_int_equal(sim_figure(&sim, sku(n), 503), 1);
        assert_int_equal(sim_figure(&wb, sku(n), 602), 1);
        if (n > KNOWN) assert_int_equal(sim_figure(&sim, sku(n), 501), there(n) - 2 * (n == 170));
        if (n > KNOWN) assert_int_equal(sim_figure(&sim, sku(n), 502), 1);
        if (n > KNOWN) assert_int_equal(sim_figure(&wb, sku(n), 601), 1);
        keep_forget(mark);
    }
}

/* Every write fitted, and nothing was refused for coming too often. */
static void writes_were_as_they_should(void)
{
    json_t *list = json_object_get(sim_get(&sim, "log"), "requests"), *request;
    size_t i, writes = 0;
    json_array_foreach (list, i, request) {
        assert_int_not_equal(number_at(request, "status"), 429);
        if (strcmp(text_at(request, "path"), "/v2/products/stocks") != 0) continue;
        writes++;
        assert_in_range(number_at(request, "items"), 1, OZON_BATCH);
    }
    assert_true(writes >= 2 * (KNOWN + OZON_BATCH - 1) / OZON_BATCH);
    list = json_object_get(sim_get(&wb, "log"), "requests");
    json_array_foreach (list, i, request)
        assert_int_not_equal(number_at(request, "status"), 429);
    assert_int_equal(sim_violations(&sim), 0);
    assert_int_equal(sim_violations(&wb), 0);
}

/* ---- the day */

static void merge_duplicates(void)
{
    assert_int_equal(products(), DISTINCT + TWICE);
    struct ran ran = ctl("product duplicates");
    for (int n = 1; n <= TWICE; n++)
        assert_text(ran.out, text_format("AGAIN-%d", n));
    ctl_ok("product merge --all-duplicates --apply");
    assert_int_equal(products(), DISTINCT);
    assert_text(ctl("product list --json").out, "SKU-000001");
    assert_int_equal(api("GET", "/v1/products/AGAIN-1", NULL, NULL), 404);
}

static int64_t import_from_ozon(void)
{
    json_t *list;
    struct ran ran = ctl("import --from ozon-main:501 --to pp --dry-run --show unmatched");
    assert_int_equal(ran.code, 0);
    for (int n = KNOWN + 1; n <= ITEMS; n++)
        assert_text(ran.out, sku(n));
    assert_int_equal(in_pp(sku(1), "on_hand"), BEFORE); /* only looked at */
    ran = ctl("import --from ozon-main:501 --to pp --yes");
    assert_int_equal(ran.code, 4); /* but for some rows */
    assert_text(ran.out, text_format("%d refused", UNKNOWN));
    list = api_get("/v1/imports?limit=1");
    int64_t job = number_at(json_array_get(json_object_get(list, "items"), 0), "job");
    ran = ctl("import refused %d", (int)job);
    for (int n = KNOWN + 1; n <= ITEMS; n++)
        assert_text(ran.out, sku(n));
    assert_int_equal(products(), DISTINCT);
    for (int n = 1; n <= KNOWN; n++)
        assert_int_equal(in_pp(sku(n), "available"), sim_figure(&sim, sku(n), 501));
    assert_int_equal(in_pp("OTHER-1", "on_hand"), -1);
    return job;
}

static void the_whole_day(void **state)
{
    (void)state;
    for (const char *const *m = (const char *const[]){"ozon", "wb", NULL}; *m; m++)
        plugin_put(text_format("%s/%s.so", FAST_PLUGINS, *m), text_format("%s.so", *m));
    sim_start(FAST,
              text_format("--market ozon --products %d --warehouses 501,502,503 --stock 1", ITEMS));
    wb = sim_another(
        FAST, text_format("--market wb --products %d --warehouses 601,602 --stock 1", ITEMS));
    conf();
    fill_ozon();
    order(sku(10), 4); /* sold before anything here knows of it */
    order(sku(20), 1);
    order(sku(170), 2); /* of an unknown one */
    daemon_start();
    add_products();
    wait_active("ozon-main");
    wait_active("wb-main");
    merge_duplicates();
    count_pp();

    int64_t job = import_from_ozon();

    ctl_ok("warehouse link pp ozon-main 501");
    ctl_ok("warehouse link pp ozon-main 502");
    ctl_ok("warehouse link pp wb-main 601");
    order(sku(30), 2); /* and it goes on being sold */
    ctl_ok("push --warehouse pp --follow");
    WAIT_FOR(LONG_S, all_same());
    assert_int_equal(in_pp(sku(10), "available"), there(10) - 4);
    assert_int_equal(in_pp(sku(10), "on_hand"), there(10));
    assert_int_equal(in_pp(sku(30), "available"), there(30) - 2);
    assert_int_equal(in_pp(sku(30), "reserved"), 2);
    assert_int_equal(sim_figure(&sim, sku(40), 502), there(40));
    nobody_else_was_touched();
    writes_were_as_they_should();

    ctl_ok("undo %d --import", (int)job);
    WAIT_FOR(LONG_S, all_same());
    for (int n = 1; n <= KNOWN; n++)
        if (n != 30) assert_int_equal(in_pp(sku(n), "available"), BEFORE);
    assert_int_equal(in_pp(sku(30), "available"), BEFORE - 2); /* what is sold stays sold */
    assert_int_equal(products(), DISTINCT);
    nobody_else_was_touched();
    writes_were_as_they_should();
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(the_whole_day, world_begin, world_end),
};

TEST_MAIN(cases)
