/* Ten thousand changed figures as fast as the marketplace's quota allows, and no faster. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

/* The marketplace's minute lasts 6 s here. The quota: 80 writes a minute of 100 items each, so
 * 10,000 figures are 100 writes and take 75 s of the marketplace's time. */
enum { SCALE = 10, PRODUCTS = 5000, WRITES = 100, BOUND_MS = 75000 / SCALE };

static struct figures figures;

static void writes_of_the_log(int64_t *count, int64_t *first_ns, int64_t *last_ns)
{
    json_t *log = sim_get(&sim, "log?path=/v2/products/stocks"), *row;
    size_t i;
    *count = 0;
    json_array_foreach (json_object_get(log, "requests"), i, row) {
        assert_int_equal(number_at(row, "status"), 200);
        if ((*count)++ == 0) *first_ns = number_at(row, "received_ns");
        *last_ns = number_at(row, "received_ns");
    }
}

static void ten_thousand_go_at_the_quotas_pace(void **state)
{
    (void)state;
    plugin_put(OZON_PLUGIN, "ozon.so");
    sim_start(SCALE, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "");
    daemon_start();
    wait_active("ozon-main");
    figures.products = PRODUCTS;
    for (int p = 1; p <= PRODUCTS; p++)
        for (int w = 0; w < 2; w++)
            figures.at[w][p] = 2 + (p * 31 + w) % 997;
    figures_csv(&figures, world_path("stock.csv"));
    sim_post(&sim, "clear", "{}"); /* the log is about the push alone */
    int64_t begun = now_ms();
    struct ran ran = ctl("stock import %s --create", world_path("stock.csv"));
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "10000 changed");
    wait_shown(&figures, LONG_S);
    int64_t count, first_ns = 0, last_ns = 0;
    writes_of_the_log(&count, &first_ns, &last_ns);
    int64_t took = last_ns / 1000000 - begun; /* both CLOCK_MONOTONIC */
    print_message(
        "10,000 figures in %lld ms from the import's first byte (%lld writes in %lld ms); "
        "the quota's own bound is %d ms\n",
        (long long)took, (long long)count, (long long)((last_ns - first_ns) / 1000000), BOUND_MS);
    assert_in_range(count, WRITES, WRITES + 5); /* full batches but for the import's first chunks */
    if (!under_sanitizer()) assert_true(took <= BOUND_MS * 105 / 100);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(ten_thousand_go_at_the_quotas_pace, world_begin, world_end),
};

TEST_MAIN(cases)
