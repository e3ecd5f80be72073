/* Drift, against a marketplace that somebody else writes to as well, and one that lies. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

enum { FAST = 100, PRODUCTS = 5 };

#define DUMP "/v1/product/info/warehouse/stocks"

static void begin(const char *orders)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, "--products 5 --warehouses 501,502 --stock 1");
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", text_format("    orders: %s\n", orders));
    daemon_start();
    products_add(PRODUCTS);
    wait_active("ozon-main");
    for (int p = 1; p <= PRODUCTS; p++) {
        ctl_ok("stock set SKU-%06d %d --warehouse msk", p, 10 * p);
        ctl_ok("stock set SKU-%06d %d --warehouse spb", p, 5);
    }
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000005", 501) == 50 &&
                         sim_figure(&sim, "SKU-000005", 502) == 5 && all_sent());
}

static void foreign(const char *sku, int quantity)
{
    sim_post(&sim, "foreign-write",
             "{\"stocks\":[{\"offer_id\":\"%s\",\"warehouse_id\":501,\"stock\":%d}]}", sku,
             quantity);
}

/* The first of the list; "" for none. */
static const char *first(const char *list, const char *member)
{
    json_t *answer = api_get(text_format("/v1/drift?%s", list));
    const json_t *row = json_array_get(json_object_get(answer, "items"), 0);
    return row ? text_at(row, member) : "";
}

static size_t open_ones(void)
{
    return json_array_size(json_object_get(api_get("/v1/drift"), "items"));
}

/* Reads everything; a reading too soon after a write says nothing, so it is read on and on. */
static bool verified(const char *code, const char *done)
{
    struct ran ran = ctl("verify ozon-main --follow");
    if (ran.code != 0 && ran.code != 4) fail_msg("%d: %s%s", ran.code, ran.out, ran.err);
    return strcmp(first("", "code"), code) == 0 && strcmp(first("", "done"), done) == 0;
}

/* What we have of it in msk. */
static int64_t ours(const char *sku, const char *member)
{
    json_t *stock = api_get(text_format("/v1/stock/%s", sku)), *row;
    size_t i;
    json_array_foreach (json_object_get(stock, "stock"), i, row)
        if (strcmp(text_at(row, "warehouse"), "msk") == 0) return number_at(row, member);
    return -1;
}

static void what_was_raised_elsewhere_is_repaired(void **state)
{
    (void)state;
    begin("external");
    foreign("SKU-000001", 25);
    WAIT_FOR(SOON_S, verified("raised", "repaired"));
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 10 && all_sent());
    WAIT_FOR(SOON_S, verified("", ""));
    assert_string_equal(first("all=true&sku=SKU-000001", "end"), "true-again");
    assert_text(ctl("drift --all").out, "raised");
    assert_text(ctl("drift").out, "Every figure that was read is as it should be.");
    json_t *status = api_get("/v1/status");
    assert_int_equal(number_at(status, "counts.drifts"), 0);
    world_good_but(true); /* the other's writes count for the pair's 30 s, too */
}

static void one_product_is_read_again_by_itself(void **state)
{
    (void)state;
    begin("external");
    foreign("SKU-000002", 33);
    WAIT_FOR(SOON_S, ctl("verify --sku SKU-000002").code == 0 && open_ones() == 1);
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000002", 501) == 20);
    assert_int_equal(ctl("verify --sku NO-SUCH").code, 1);
    world_good_but(true); /* the other's writes count for the pair's 30 s, too */
}

static void a_foreign_writer_is_named_and_not_fought(void **state)
{
    (void)state;
    begin("external");
    for (int i = 0; i < 3; i++) {
        foreign("SKU-000001", 25 + i);
        WAIT_FOR(SOON_S, verified("raised", "repaired") &&
                             sim_figure(&sim, "SKU-000001", 501) == 10 && all_sent());
    }
    foreign("SKU-000001", 40);
    WAIT_FOR(SOON_S, verified("foreign-writer", "named"));
    assert_text(ctl("drift").out, "foreign-writer");
    const char *listing = first("", "listing");
    assert_string_equal(text_at(target_of("ozon-main", "SKU-000001", "501"), "state"), "held");
    assert_text(ctl("target list --sku SKU-000001").out, "keeps overwriting");
    for (int i = 0; i < 3; i++)
        ctl("verify ozon-main --follow");
    assert_int_equal(sim_figure(&sim, "SKU-000001", 501), 40);
    ctl_ok("stock set SKU-000001 60 --warehouse msk"); /* more than they show */
    assert_int_equal(sim_figure(&sim, "SKU-000001", 501), 40);
    ctl_ok("stock set SKU-000001 7 --warehouse msk"); /* those pieces are gone */
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 7);
    foreign("SKU-000001", 40);
    WAIT_FOR(SOON_S, verified("foreign-writer", "named") &&
                         number_at(api_get("/v1/status"), "counts.drifts") == 1);
    assert_int_equal(sim_figure(&sim, "SKU-000001", 501), 40);
    ctl_ok("drift resolve ozon-main %s 501", listing);
    WAIT_FOR(SOON_S, sim_figure(&sim, "SKU-000001", 501) == 7 && all_sent());
    assert_int_equal(ctl("drift resolve ozon-main %s", listing).code, 1);
    world_good_but(true); /* the other's writes count for the pair's 30 s, too */
}

/* Zeros, and answers without rows: nothing of ours changes, and nothing is zeroed. */
static void lies_change_no_stock(void **state)
{
    (void)state;
    static const char *const lies[] = {
        "{\"kind\":\"zeros\",\"path\":\"" DUMP "\",\"count\":-1}",
        "{\"kind\":\"empty_list\",\"path\":\"" DUMP "\",\"count\":-1}",
        "{\"kind\":\"empty_list\",\"path\":\"/v3/product/list\",\"count\":-1}",
    };
    begin("external");
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        sim_post(&sim, "fault", "%s", lies[i]);
        ctl("verify ozon-main --follow");
        ctl_ok("account refresh ozon-main --task listings");
        ctl("verify ozon-main --follow");
        sim_post(&sim, "faults/clear", "{}");
        WAIT_FOR(SOON_S, all_sent());
        for (int p = 1; p <= PRODUCTS; p++) {
            assert_int_equal(ours(text_format("SKU-%06d", p), "on_hand"), 10 * p);
            assert_int_equal(sim_figure(&sim, text_format("SKU-%06d", p), 501), 10 * p);
        }
    }
    WAIT_FOR(LONG_S, verified("", ""));
    world_good();
}

static const char *last_run(const char *member)
{
    json_t *runs = api_get("/v1/runs?task=stock");
    return text_at(json_array_get(json_object_get(runs, "items"), 0), member);
}

static void rows_that_cannot_be_are_refused_and_listed(void **state)
{
    (void)state;
    begin("external");
    sim_post(&sim, "fault", "{\"kind\":\"malformed\",\"path\":\"" DUMP "\",\"count\":-1}");
    assert_int_equal(ctl("verify ozon-main --follow").code, 4);
    sim_post(&sim, "faults/clear", "{}");
    assert_string_equal(last_run("state"), "partial");
    struct ran bad = ctl("run show %s --bad", last_run("id"));
    assert_int_equal(bad.code, 0);
    assert_text(bad.out, "malformed");
    assert_text(ctl("run show %s", last_run("id")).out, "partial");
    for (int p = 1; p <= PRODUCTS; p++)
        assert_int_equal(sim_figure(&sim, text_format("SKU-%06d", p), 501), 10 * p);
    /* A listing that the last reading of listings did not have yet. */
    sim_post(&sim, "products", "{\"products\":[{\"offer_id\":\"NEW-1\"}]}");
    sim_post(&sim, "stock",
             "{\"stocks\":[{\"offer_id\":\"NEW-1\",\"warehouse_id\":501,\"stock\":3}]}");
    assert_int_equal(ctl("verify ozon-main --follow").code, 4);
    assert_text(ctl("run show %s --bad", last_run("id")).out, "unknown-listing");
    ctl_ok("account refresh ozon-main --task listings");
    WAIT_FOR(SOON_S, ctl("verify ozon-main --follow").code == 0);
    assert_text(ctl("run show %s --bad", last_run("id")).out, "No row of this run was refused.");
    world_good();
}

static void an_order_explains_what_is_lower(void **state)
{
    (void)state;
    begin("import");
    sim_post(&sim, "order",
             "{\"warehouse_id\":501,\"items\":[{\"offer_id\":\"SKU-000003\",\"quantity\":4}]}");
    WAIT_FOR(LONG_S,
             ctl("verify ozon-main --follow").code == 0 && ours("SKU-000003", "reserved") == 4);
    WAIT_FOR(SOON_S, all_sent());
    assert_int_equal(sim_figure(&sim, "SKU-000003", 501), 26);
    WAIT_FOR(SOON_S, verified("", ""));
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(what_was_raised_elsewhere_is_repaired, world_begin, world_end),
    cmocka_unit_test_setup_teardown(one_product_is_read_again_by_itself, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_foreign_writer_is_named_and_not_fought, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(lies_change_no_stock, world_begin, world_end),
    cmocka_unit_test_setup_teardown(rows_that_cannot_be_are_refused_and_listed, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(an_order_explains_what_is_lower, world_begin, world_end),
};
TEST_MAIN(cases)
