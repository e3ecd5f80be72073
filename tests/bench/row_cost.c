/* What pushing k dirty of n targets costs, in instructions: the engine's part of it, on stores that
 * the daemon made. Network and JSON never see n. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIRTY = 1000 + 100 /* the first batch warms up */, SMALL = 10000, COMMAND_MAX = 2400 };

/* Spread evenly over all products, so that no two lie on one page. */
static void scattered_csv(const char *path, size_t products, int quantity)
{
    FILE *stream = fopen(path, "w");
    if (!stream) bench_fail("%s cannot be written", path);
    fputs("sku,warehouse,quantity\n", stream);
    for (size_t i = 0; i < DIRTY; i++)
        fprintf(stream, WORLD_PREFIX "%06zu," WORLD_WAREHOUSE ",%d\n", 1 + i * products / DIRTY,
                quantity);
    fclose(stream);
}

static double read_instructions(const char *path)
{
    char line[256];
    double count = 0;
    FILE *stream = fopen(path, "r");
    while (stream && fgets(line, sizeof line, stream))
        if (sscanf(line, "summary: %lf", &count) == 1 || sscanf(line, "totals: %lf", &count) == 1)
            break;
    if (stream) fclose(stream);
    return count;
}

/* Makes DIRTY targets dirty, takes the store as it is then, and pushes them under callgrind. The
 * daemon is stopped afterwards. */
static double instructions(struct world *world, size_t products)
{
    char csv[PATH_SIZE], copy[PATH_SIZE], out[PATH_SIZE], command[COMMAND_MAX];
    world_path(world, "scattered.csv", csv);
    world_path(world, "copy", copy);
    world_path(world, "callgrind.out", out);
    scattered_csv(csv, products, 77);
    world_pause(world, true);
    world_import(world, csv, false);
    world_daemon_stop(world);
    world_store_save(world, "copy");
    snprintf(command, sizeof command,
             "chmod 700 '%s' && valgrind -q --tool=callgrind --toggle-collect=push_everything "
             "--callgrind-out-file='%s' '%s/tests/bench/push_cost' '%s' >'%s.items'",
             copy, out, bench_options.build, copy, out);
    if (system(command) != 0) bench_fail("failed: %s", command);
    double count = read_instructions(out);
    snprintf(command, sizeof command, "rm -rf '%s'", copy);
    if (system(command) != 0) bench_fail("failed: %s", command);
    bench_say("cost: %.0f instructions for each of 1,000 dirty of %zu targets", count / 1000,
              products);
    return count;
}

static void add(const char *what, double value, const char *unit, int decimals, double target)
{
    struct row row = {.group = "5. The cost of pushing 1,000 dirty of n targets",
                      .unit = unit,
                      .decimals = decimals,
                      .better = LESS,
                      .target = target,
                      .figure = figure_one(value)};
    snprintf(row.what, sizeof row.what, "%s", what);
    table_add(&row);
}

void part_cost(struct world *world)
{
    struct world small;
    char csv[PATH_SIZE], what[96];
    const struct world_shape shape = {.products = SMALL, .remotes = 1, .stock = 5};
    if (system("valgrind --version >/dev/null 2>&1") != 0) {
        table_note("The cost of k of n was not measured: valgrind is not installed.");
        return;
    }
    double of_many = instructions(world, parts_big());
    world_open(&small, "small");
    world_market_start(&small, &shape);
    world_configure(&small, &shape);
    world_daemon_start(&small);
    world_wait_active(&small, 60);
    world_path(&small, "all.csv", csv);
    world_csv(csv, 1, SMALL, 5, false);
    world_import(&small, csv, true);
    world_wait_clean(&small, 60);
    bench_say("cost: a store of %d products", SMALL);
    double of_few = instructions(&small, SMALL);
    world_close(&small);
    add("engine instructions an item, n = 10000", of_few / 1000, "", 0, 0);
    snprintf(what, sizeof what, "engine instructions an item, n = %zu", parts_big());
    add(what, of_many / 1000, "", 0, 0);
    add("the ratio of the two", of_many / of_few, "", 2, 1.3);
}
