/* explain: the way from the stock to what the marketplace shows, and each reason for which
 * something is not there yet, provoked for real. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define WRITE "/v2/products/stocks"

enum { FAST = 100 };

static void conf(const char *quota, const char *more)
{
    conf_write("50-ozon-main.yaml",
               "accounts:\n  ozon-main:\n    plugin: ozon\n    client-id: 1001\n"
               "    api-key: test-key\n    endpoints: {api: \"http://127.0.0.1:%d\"}\n"
               "    quotas: {stock: {%s}, all: {amount: 50, per: 10ms}}\n%s"
               "links:\n  - {warehouse: msk, account: ozon-main, remote: \"501\"}\n"
               "  - {warehouse: spb, account: ozon-main, remote: \"502\"}\n",
               sim.port, quota, more);
}

static void begin_slow(const char *plugin, double scale, const char *quota, const char *more)
{
    plugin_put(plugin, "ozon.so");
    sim_start(scale, "--products 5 --warehouses 501,502 --stock 1");
    conf_places();
    conf(quota, more);
    daemon_start();
    products_add(5);
}

static void shown(int64_t figure)
{
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == figure && all_sent());
}

static void set(int64_t figure)
{
    ctl_ok("stock set SKU-000001 %lld --warehouse msk", (long long)figure);
}

/* SKU-000001 shows 20 in 501; spb was never counted. */
static void begin(const char *more)
{
    begin_slow(FAST_OZON_PLUGIN, FAST, "amount: 80, per: 600ms",
               text_format("    first-plan: apply\n%s", more));
    wait_active("ozon-main");
    set(20);
    shown(20);
}

static const json_t *target_at(const char *sku, const char *warehouse)
{
    json_t *answer = api_get(text_format("/v1/explain/%s?account=ozon-main", sku)), *target;
    size_t i;
    json_array_foreach (json_object_get(answer, "targets"), i, target)
        if (strcmp(text_at(target, "warehouse"), warehouse) == 0) return target;
    fail_msg("%s has no target in %s", sku, warehouse);
    return NULL;
}

static bool says(const char *state, const char *part)
{
    const json_t *target = target_at("SKU-000001", "501");
    return strcmp(text_at(target, "state"), state) == 0 && strstr(text_at(target, "why"), part);
}

static int64_t step(const json_t *target, const char *name, bool *changed)
{
    size_t i;
    json_t *row;
    json_array_foreach (json_object_get(target, "steps"), i, row) {
        if (strcmp(text_at(row, "step"), name) != 0) continue;
        if (changed) *changed = json_is_true(json_object_get(row, "changed"));
        return number_at(row, "value");
    }
    fail_msg("there is no step %s", name);
    return -1;
}

/* ---- the way to the figure */

static void every_step_has_its_number(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t value;
        bool changed;
    } steps[] = {{"stock", 34, true}, {"share", 34, false},  {"pack", 11, true},
                 {"buffer", 9, true}, {"velocity", 7, true}, {"min", 7, false},
                 {"cap", 5, true},    {"route", 5, false},   {"switch", 5, true}};
    begin("");
    ctl_ok("stock adjust SKU-000001 +20 --warehouse msk --cause receipt");
    ctl_ok("stock adjust SKU-000001 -6 --warehouse msk --cause sale");
    ctl_ok("listing set SKU-000001 pack=3 buffer=2 min=4");
    ctl_ok("listing set SKU-000001 ozon-main velocity=7x1 cap=5 down-only");
    shown(5);
    const json_t *target = target_at("SKU-000001", "501");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        bool changed = false;
        assert_int_equal(step(target, steps[i].name, &changed), steps[i].value);
        assert_int_equal(changed, steps[i].changed);
    }
    const json_t *link = json_array_get(json_object_get(target, "links"), 0);
    assert_string_equal(text_at(link, "warehouse"), "msk");
    assert_int_equal(number_at(link, "on_hand"), 34);
    assert_int_equal(number_at(link, "sold"), 6);
    assert_string_equal(text_at(link, "by.command"), "stock adjust");
    assert_string_equal(text_at(link, "by.cause"), "sale");
    assert_int_equal(number_at(target, "figure"), 5);
    assert_int_equal(number_at(target, "wanted.value"), 5);
    assert_string_equal(text_at(target, "wanted.by.command"), "listing set");
    assert_int_equal(number_at(target, "wanted.revision"), number_at(target, "sent.revision"));
    assert_int_equal(number_at(target, "sent.value"), 5);
    assert_string_equal(text_at(target, "sent.result"), "done");
    assert_true(number_at(target, "sent.send") > 0);
    assert_int_equal(number_at(target, "acknowledged.value"), 5);
    assert_string_equal(text_at(target, "why"), "there is more, but its cap is this figure");
    struct ran ran = ctl("explain SKU-000001 --account ozon-main");
    assert_int_equal(ran.code, 0);
    static const char *const lines[] = {"ozon-main, warehouse",
                                        "from msk: 34 on hand - 0 reserved = 34, since ",
                                        "pack         11  (packs of 3)",
                                        "buffer       9  (2 kept back)",
                                        "cap          5  (at most 5)",
                                        "wanted       5, ",
                                        "acknowledged 5, ",
                                        "it was never counted in spb"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_text(ran.out, lines[i]);
    assert_no_text(ran.out, "  min ");
    assert_text(ctl("explain SKU-000001 --json").out, "\"step\": \"min\"");
    assert_int_equal(ctl("explain NONE").code, 1);
    assert_int_equal(ctl("explain SKU-000001 --account nobody").code, 1);
    world_good();
}

static void shares_are_named(void **state)
{
    (void)state;
    begin("");
    ctl_ok("stock set SKU-000001 10 --warehouse spb");
    ctl_ok("warehouse add kot");
    ctl_ok("stock set SKU-000001 7 --warehouse kot");
    ctl_ok("warehouse link kot ozon-main 501 --share 30%%");
    shown(22); /* 20, and two of seven by largest remainder */
    const json_t *target = target_at("SKU-000001", "501");
    assert_int_equal(step(target, "stock", NULL), 27);
    assert_int_equal(step(target, "share", NULL), 22);
    const json_t *link = json_array_get(json_object_get(target, "links"), 1);
    if (strcmp(text_at(link, "warehouse"), "kot") != 0)
        link = json_array_get(json_object_get(target, "links"), 0);
    assert_string_equal(text_at(link, "share"), "30%");
    assert_int_equal(number_at(link, "pieces"), 2);
    world_good();
}

/* ---- why it is not there yet */

static void what_the_product_itself_says(void **state)
{
    (void)state;
    begin("");
    assert_text(text_at(target_at("SKU-000001", "502"), "why"),
                "it was never counted in spb, and unknown is not 0: `stockctl stock set "
                "SKU-000001 N --warehouse spb`");
    ctl_ok("listing set SKU-000001 off");
    set(7);
    assert_true(says("off", "it is switched off for this product: nothing is sent, what is shown "
                            "there stays; `stockctl listing set SKU-000001 ozon-main on`"));
    ctl_ok("listing set SKU-000001 up-only");
    WAIT_FOR(SOON_S,
             says("held", "it may only rise (up-only), and the figure fell; the figure is "));
    ctl_ok("listing set SKU-000001 down-only");
    shown(7);
    set(9);
    WAIT_FOR(SOON_S,
             says("held", "it may only fall (down-only), and the figure rose; the figure is "));
    ctl_ok("listing set SKU-000001 off=zero");
    shown(0);
    WAIT_FOR(SOON_S, says("off", "it is switched off with 0 for this product (off=zero)"));
    ctl_ok("listing set SKU-000001 on");
    shown(9);
    world_good();
}

static void what_the_marketplace_answers(void **state)
{
    (void)state;
    begin("    timeout: 2s\n");
    sim_post(&sim, "fault",
             "{\"kind\":\"item\",\"offers\":[\"SKU-000001\"],\"code\":\"NON_KGT_ON_KGT_WAREHOUSE\","
             "\"path\":\"" WRITE "\",\"count\":-1}");
    set(5);
    WAIT_FOR(SOON_S, says("rejected", "the marketplace refused 5 at "));
    assert_true(says("rejected", ": NON_KGT_ON_KGT_WAREHOUSE"));
    assert_true(says("rejected", "; another figure is tried, and this one again by `stockctl push "
                                 "--sku SKU-000001`; the figure is "));
    sim_post(&sim, "faults/clear", "{}");
    set(6);
    shown(6);
    /* Refused for now: tried again. */
    sim_post(&sim, "fault",
             "{\"kind\":\"rate\",\"retry_after\":3600,\"path\":\"" WRITE "\",\"count\":-1}");
    set(7);
    WAIT_FOR(SOON_S, says("dirty", "try 1 failed: ") ||
                         says("dirty", "it waits for the account: quota 'stock' until "));
    daemon_stop();
    sim_post(&sim, "faults/clear", "{}");
    world_good_but(false);
}

static bool lists(const char *part)
{
    return strstr(ctl("target list --sku SKU-000001").out, part);
}

/* The item is answered so, as long as it is there. */
static void answer_item(const char *code)
{
    sim_post(&sim, "fault",
             "{\"kind\":\"item\",\"offers\":[\"SKU-000001\"],\"code\":\"%s\","
             "\"path\":\"" WRITE "\",\"count\":-1}",
             code);
}

/* A refused figure waits for a quarter of an hour, and another one does not. What a marketplace
 * asks to wait for is said as such. */
static void a_refused_figure_waits_alone(void **state)
{
    (void)state;
    begin("    attempts: 1\n");
    answer_item("INTERNAL");
    set(12);
    WAIT_FOR(SOON_S, says("dirty", "try 1 failed: INTERNAL"));
    assert_true(says("dirty", "; it is tried again at "));
    assert_true(lists("try 1 failed: INTERNAL") && lists("; not before "));
    sim_post(&sim, "faults/clear", "{}");
    set(5);
    shown(5);
    answer_item("TOO_MANY_REQUESTS");
    set(3);
    WAIT_FOR(SOON_S, says("dirty", "the marketplace asks to wait: TOO_MANY_REQUESTS"));
    sim_post(&sim, "faults/clear", "{}");
    daemon_stop();
    world_good_but(false);
}

/* Nobody listens there any more: what came of the last try, and when the next one is. */
static void a_marketplace_that_is_gone(void **state)
{
    (void)state;
    begin("    timeout: 2s\n");
    kill(sim.pid, SIGKILL);
    process_wait(sim.pid, SOON_S);
    set(5);
    WAIT_FOR(SOON_S, says("dirty", " failed: no-connection: 127.0.0.1: Failed to connect"));
    assert_true(says("dirty", "; it is tried again"));
    assert_text(ctl("target list --account ozon-main").out, "no-connection");
    sim.pid = 0;
    world_good();
}

static void a_write_under_way(void **state)
{
    (void)state;
    begin("    timeout: 20s\n");
    sim_post(&sim, "fault",
             "{\"kind\":\"slow\",\"delay_ms\":2000,\"path\":\"" WRITE "\",\"count\":1}");
    set(5);
    WAIT_FOR(SOON_S, says("in-flight", "5 was sent at "));
    assert_true(says("in-flight", "; the answer is awaited"));
    shown(5);
    /* No answer, and the reading back is refused: nobody knows. */
    sim_post(&sim, "fault", "{\"kind\":\"drop_after\",\"path\":\"" WRITE "\",\"count\":1}");
    sim_post(&sim, "fault",
             "{\"kind\":\"status\",\"status\":503,\"path\":\"/v4/product/info/stocks\","
             "\"count\":-1}");
    sim_post(&sim, "fault",
             "{\"kind\":\"status\",\"status\":503,\"path\":\"/v1/product/info/warehouse/stocks\","
             "\"count\":-1}");
    sim_post(&sim, "fault",
             "{\"kind\":\"status\",\"status\":503,"
             "\"path\":\"/v1/product/info/stocks-by-warehouse/fbs\",\"count\":-1}");
    set(6);
    WAIT_FOR(SOON_S, says("unresolved", "6 was sent at "));
    assert_true(says("unresolved", ", and no answer says whether it arrived: it is read back at "));
    sim_post(&sim, "faults/clear", "{}");
    WAIT_FOR(LONG_S, sim_figure(&sim, "SKU-000001", 501) == 6 && all_sent());
    world_good();
}

static void what_the_account_is(void **state)
{
    (void)state;
    begin("");
    ctl_ok("account pause ozon-main");
    set(5);
    WAIT_FOR(SOON_S, says("off", "account ozon-main is paused since "));
    assert_true(says("off", "; `stockctl account resume ozon-main` goes on"));
    ctl_ok("account resume ozon-main");
    shown(5);
    conf("amount: 80, per: 600ms", "    first-plan: apply\n    dry-run: yes\n");
    ctl_ok("reload");
    set(6);
    WAIT_FOR(SOON_S, says("dirty", "account ozon-main runs dry (dry-run: true in conf.d): nothing "
                                   "is sent; the figure is "));
    conf("amount: 80, per: 600ms", "    first-plan: apply\n    enabled: no\n");
    ctl_ok("reload");
    WAIT_FOR(SOON_S, says("off", "account ozon-main is disabled in conf.d"));
    conf("amount: 80, per: 600ms", "    first-plan: apply\n");
    ctl_ok("reload");
    shown(6);
    sim_post(&sim, "key", "{\"state\":\"deactivated\"}");
    set(7);
    WAIT_FOR(SOON_S, says("parked", "account ozon-main is parked since "));
    assert_true(says("parked", ": http-403: Api-key is deactivated"));
    assert_true(says("parked", "; `stockctl account resume ozon-main` when that is mended"));
    world_good_but(true);
}

static void a_first_plan_is_missing(void **state)
{
    (void)state;
    begin_slow(FAST_OZON_PLUGIN, FAST, "amount: 80, per: 600ms", "");
    WAIT_FOR(SOON_S, strcmp(account_state("ozon-main"), "dry-run") == 0);
    set(5);
    WAIT_FOR(SOON_S, says("dirty", "account ozon-main is new: it sends nothing until its first "
                                   "plan is applied; `stockctl plan --account ozon-main`"));
    world_good();
}

static void the_quota_is_used_up(void **state)
{
    (void)state;
    begin_slow(FAST_OZON_PLUGIN, FAST, "amount: 1, per: 1h", "    first-plan: apply\n");
    wait_active("ozon-main");
    set(5);
    shown(5);
    ctl_ok("stock set SKU-000002 7 --warehouse msk");
    WAIT_FOR(SOON_S, strstr(text_at(target_at("SKU-000002", "501"), "why"),
                            "it waits for the account: quota 'stock' until ") != NULL);
    world_good();
}

/* At its own pace the marketplace takes a write of one pair each thirty seconds. */
static void the_marketplaces_cadence(void **state)
{
    (void)state;
    begin_slow(OZON_PLUGIN, 1, "amount: 80, per: 60s", "    first-plan: apply\n");
    wait_active("ozon-main");
    set(5);
    shown(5);
    set(6);
    WAIT_FOR(SOON_S, says("dirty", "the marketplace takes one write of an item in so much time: it "
                                   "goes at "));
    world_good();
}

static void orders_are_to_be_read_first(void **state)
{
    (void)state;
    begin("    orders: import\n");
    sim_post(&sim, "fault",
             "{\"kind\":\"status\",\"path\":\"/v4/posting/fbs/list\",\"status\":503,\"count\":-1}");
    int64_t from = now_ms(); /* a reading counts for ten seconds */
    WAIT_FOR(LONG_S, now_ms() - from > 10500);
    set(25);
    WAIT_FOR(SOON_S, says("dirty", "an increase waits until the account's orders were read to "
                                   "their end, since "));
    WAIT_FOR(SOON_S, says("dirty", ", which fails: "));
    sim_post(&sim, "faults/clear", "{}");
    WAIT_FOR(LONG_S, sim_figure(&sim, "SKU-000001", 501) == 25 && all_sent());
    world_good();
}

/* ---- where it is not shown at all */

static const json_t *absent(const char *sku)
{
    return json_array_get(json_object_get(api_get(text_format("/v1/explain/%s", sku)), "absent"),
                          0);
}

static void not_mapped(void **state)
{
    (void)state;
    begin("");
    ctl_ok("product add A-1 --barcode 7777777777772");
    assert_string_equal(text_at(absent("A-1"), "state"), "no-listing");
    assert_text(text_at(absent("A-1"), "why"),
                "no listing of account ozon-main has its SKU or a barcode of it; `stockctl listing "
                "link` ties one by hand");
    ctl_ok("product add A-2 --barcode 7777777777772");
    sim_post(&sim, "products", "{\"offer_id\":\"OTHER\",\"barcode\":\"7777777777772\"}");
    ctl_ok("account refresh ozon-main --task listings");
    WAIT_FOR(SOON_S, strcmp(text_at(absent("A-1"), "state"), "conflict") == 0);
    assert_string_equal(text_at(absent("A-1"), "conflict"), "barcode-on-two-products");
    assert_text(text_at(absent("A-1"), "why"),
                "has its SKU or barcode, but is in conflict (barcode-on-two-products): several "
                "products have its barcode; tie it by hand, or correct the barcodes");
    assert_text(ctl("explain A-2").out, "is in conflict (barcode-on-two-products)");
    const json_t *listed =
        json_array_get(json_object_get(api_get("/v1/listings?sku=SKU-000003"), "items"), 0);
    ctl_ok("listing unlink ozon-main %s", text_at(listed, "listing"));
    assert_string_equal(text_at(absent("SKU-000003"), "state"), "not-mapped");
    assert_text(text_at(absent("SKU-000003"), "why"), "but is tied to nothing: `stockctl listing "
                                                      "link ozon-main ");
    world_good();
}

static void its_listing_takes_no_stock(void **state)
{
    (void)state;
    begin("");
    sim_post(&sim, "products", "{\"offer_id\":\"SKU-000001\",\"archived\":\"manual\"}");
    ctl_ok("account refresh ozon-main --task listings");
    WAIT_FOR(SOON_S, says("held", "its listing is archived at the marketplace"));
    assert_true(says("held", ", which takes no stock for it"));
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(every_step_has_its_number, world_begin, world_end),
    cmocka_unit_test_setup_teardown(shares_are_named, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_the_product_itself_says, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_the_marketplace_answers, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_refused_figure_waits_alone, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_marketplace_that_is_gone, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_write_under_way, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_the_account_is, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_first_plan_is_missing, world_begin, world_end),
    cmocka_unit_test_setup_teardown(the_quota_is_used_up, world_begin, world_end),
    cmocka_unit_test_setup_teardown(the_marketplaces_cadence, world_begin, world_end),
    cmocka_unit_test_setup_teardown(orders_are_to_be_read_first, world_begin, world_end),
    cmocka_unit_test_setup_teardown(not_mapped, world_begin, world_end),
    cmocka_unit_test_setup_teardown(its_listing_takes_no_stock, world_begin, world_end),
};

TEST_MAIN(cases)
