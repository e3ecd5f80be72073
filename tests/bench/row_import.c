/* Imports through the real daemon: stockctl stock import, until it says that all is applied. */
#include "limits.h"
#include "parts.h"

#include <stdio.h>

static const char group[] = "4. Import of rows from CSV, durable, with ledger and outbox";

/* What a row changes: the stock's row and the ledger's; with targets, each target's row and its row
 * of the outbox. */
enum { TABLES_PLAIN = 2, TABLES_FOUR = 6, VALUE = 60, COMMIT_ROWS = 4096, FOUR = 4 };

static void add(const char *what, struct samples *rates, double target, double limit,
                const char *limit_text)
{
    struct row row = {.group = group,
                      .unit = "rows/s",
                      .better = MORE,
                      .target = target,
                      .limit_value = limit,
                      .figure = figure_of(rates)};
    snprintf(row.what, sizeof row.what, "%s", what);
    snprintf(row.limit, sizeof row.limit, "%s", limit_text);
    table_add(&row);
}

static double import_once(struct world *world, size_t rows, int quantity, bool shuffled)
{
    char csv[PATH_SIZE];
    world_path(world, "rows.csv", csv);
    world_csv(csv, 1, rows, quantity, shuffled);
    double cpu = process_cpu_s(world->daemon);
    double rate = (double)rows / world_import(world, csv, true);
    bench_say("import: %zu rows%s, %.0f rows/s, processor %.2f s", rows,
              shuffled ? " shuffled" : "", rate, process_cpu_s(world->daemon) - cpu);
    return rate;
}

static double raw(const struct world *world, size_t rows, int tables, bool shuffled)
{
    const struct puts puts = {.rows = rows,
                              .tables = tables,
                              .value = VALUE,
                              .shuffled = shuffled,
                              .commit = COMMIT_ROWS};
    return limit_puts(world, &puts, false);
}

static void without_targets(size_t rows)
{
    static struct samples fresh, fresh_shuffled, ordered, shuffled;
    double peak = 0;
    int quantity = 10;
    const struct world_shape shape = {0};
    struct world world;
    for (int i = 0; i < (bench_options.quick ? 1 : 3); i++) {
        for (int mixed = 0; mixed < 2; mixed++) {
            world_open(&world, "import");
            world_configure(&world, &shape);
            world_daemon_start(&world);
            samples_add(mixed ? &fresh_shuffled : &fresh,
                        import_once(&world, rows, quantity++, mixed));
            samples_add(mixed ? &shuffled : &ordered, import_once(&world, rows, quantity++, mixed));
            struct peak *sampling = i || mixed ? NULL : peak_start(world.daemon);
            if (sampling) import_once(&world, rows, quantity++, false);
            if (sampling) peak = peak_stop(sampling);
            if (i || !mixed) world_close(&world);
        }
    }
    double in_order = raw(&world, rows, TABLES_PLAIN, false);
    double mixed = raw(&world, rows, TABLES_PLAIN, true);
    world_close(&world);
    add("new products, key order, no targets", &fresh, 500000, in_order,
        "LMDB puts into two tables, key order, commits of 4096");
    add("new products, shuffled, no targets", &fresh_shuffled, 250000, mixed, "the same at random");
    add("known products, key order, no targets", &ordered, 500000, in_order,
        "LMDB puts as above, key order");
    add("known products, shuffled, no targets", &shuffled, 250000, mixed, "the same at random");
    struct row row = {.group = "6. Memory of stockd's own (anonymous)",
                      .what = "peak while importing, without targets",
                      .unit = "MiB",
                      .decimals = 1,
                      .better = LESS,
                      .target = 64,
                      .figure = figure_one(peak)};
    table_add(&row);
}

static void with_four(size_t rows)
{
    static struct samples rates;
    struct world world;
    const struct world_shape shape = {.products = rows, .remotes = FOUR, .stock = 5};
    world_open(&world, "four");
    world_market_start(&world, &shape);
    world_configure(&world, &shape);
    world_daemon_start(&world);
    bench_say("import: the marketplace's catalogue of %zu products in %d warehouses", rows, FOUR);
    world_wait_active(&world, 300);
    import_once(&world, rows, 5, false); /* makes products and ties listings; not measured */
    world_pause(&world, true);           /* the import alone, not the pushing beside it */
    struct peak *sampling = peak_start(world.daemon);
    for (int i = 0; i < bench_options.runs; i++)
        samples_add(&rates, import_once(&world, rows, 10 + i, false));
    double peak = peak_stop(sampling);
    bench_say("import: peak %.1f MiB", peak);
    double limit = raw(&world, rows, TABLES_FOUR, false);
    add("known products, key order, four targets a row", &rates, 150000, limit,
        "LMDB puts into six tables");
    world_close(&world);
}

void part_import(void)
{
    without_targets(bench_options.quick ? 300000 : 1000000);
    with_four(bench_options.quick ? 50000 : 250000);
}
