/* Many changed targets on Ozon's quota: both sides keep the limits; how close to what they allow?
 */
#include "parts.h"

#include <stdio.h>

enum { CHANGED = 10000, WAIT_S = 150 };

void part_quota(void)
{
    struct world world;
    char csv[PATH_SIZE];
    int scale = bench_options.quick ? 10 : 1;
    const struct world_shape shape = {
        .products = CHANGED, .remotes = 1, .stock = 5, .quotas = true, .scale = scale};
    world_open(&world, "quota");
    world_market_start(&world, &shape);
    world_configure(&world, &shape);
    world_daemon_start(&world);
    world_wait_active(&world, 60);
    world_path(&world, "changed.csv", csv);
    world_csv(csv, 1, CHANGED, 7, false);
    bench_say("quota: %d changed targets, windows at 1/%d of their time", CHANGED, scale);
    world_pause(&world, true);
    world_import(&world, csv, true);
    struct world_writes before = world_writes(&world);
    int64_t begun = bench_now_ns();
    world_pause(&world, false);
    for (; world_writes(&world).items < before.items + CHANGED; world_nap())
        if (bench_since(begun) > WAIT_S) bench_fail("not all was pushed after %d s", WAIT_S);
    world_wait_clean(&world, WAIT_S);
    double took = bench_since(begun) * scale;
    struct world_writes after = world_writes(&world);
    struct row row = {.group = "3. 10,000 changed targets on Ozon's quota",
                      .unit = "s",
                      .decimals = 1,
                      .better = LESS,
                      .target = 1.05 * 75,
                      .limit = "100 requests at 80 a minute",
                      .limit_value = 75,
                      .figure = figure_one(took)};
    snprintf(row.what, sizeof row.what, "until the last outcome is durable (%lld requests)",
             (long long)(after.requests - before.requests));
    table_add(&row);
    struct row refused = {.group = row.group,
                          .what = "requests that marketsim refused (429), and other breaches",
                          .unit = "",
                          .figure = figure_one((double)(after.refused - before.refused +
                                                        after.violations - before.violations))};
    table_add(&refused);
    world_close(&world);
}
