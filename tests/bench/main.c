/* stockd-bench: runs the parts in order and prints one table. What is measured: design numbers of
 * docs/benchmarks.md, on the real daemon, a real store and marketsim. */
#include "parts.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench_options bench_options = {.runs = 5};

static size_t taken = 1;

static const char help[] =
    "stockd-bench: measures stockd (see docs/benchmarks.md); script/bench runs it\n"
    "\n"
    "  --quick        smaller and fewer runs, under two minutes\n"
    "  --markdown     the table for docs/benchmarks.md\n"
    "  --only A,B     of: latency push quota import cost life kill ask api\n"
    "  --build DIR    the build directory (build/release)\n"
    "  --products N   in the big store, for looking into one part\n"
    "  --keep DIR     work there, and leave stores and logs\n";

size_t parts_big(void)
{
    return bench_options.products ? bench_options.products : bench_options.quick ? 200000 : 1000000;
}

struct world_shape parts_shape(void)
{
    return (struct world_shape){.products = parts_big(), .remotes = 1, .stock = 5};
}

size_t parts_take(size_t count)
{
    size_t first = taken;
    if (taken + count > parts_big()) bench_fail("the big store has too few products for all parts");
    taken += count;
    return first;
}

static bool wanted(const char *name)
{
    size_t size = strlen(name);
    if (!bench_options.only) return true;
    for (const char *at = bench_options.only; (at = strstr(at, name)); at += size)
        if ((at == bench_options.only || at[-1] == ',') && (!at[size] || at[size] == ','))
            return true;
    return false;
}

static void parse(int argc, char **argv, bool *markdown)
{
    static const struct option table[] = {
        {"quick", no_argument, NULL, 'q'},      {"markdown", no_argument, NULL, 'm'},
        {"only", required_argument, NULL, 'o'}, {"build", required_argument, NULL, 'b'},
        {"keep", required_argument, NULL, 'k'}, {"products", required_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0}};
    bench_options.build = "build/release";
    for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        switch (c) {
        case 'q':
            bench_options.quick = true;
            bench_options.runs = 3;
            break;
        case 'm': *markdown = true; break;
        case 'o': bench_options.only = optarg; break;
        case 'b': bench_options.build = optarg; break;
        case 'p': bench_options.products = strtoul(optarg, NULL, 10); break;
        case 'k': bench_options.keep = optarg; break;
        case 'h': fputs(help, stdout); exit(0);
        default: exit(2);
        }
    }
}

/* The store that several parts share: all products stocked, tied and equal to the marketplace's. */
static void make_big(struct world *world)
{
    char csv[PATH_SIZE];
    const struct world_shape shape = parts_shape();
    world_open(world, "big");
    world_market_start(world, &shape);
    world_configure(world, &shape);
    world_daemon_start(world);
    world_path(world, "all.csv", csv);
    world_csv(csv, 1, shape.products, shape.stock, false);
    bench_say("a store of %zu products", shape.products);
    double took = world_import(world, csv, true);
    bench_say("imported in %.1f s; now the marketplace's listings and stock", took);
    world_wait_active(world, 600);
    world_wait_clean(world, 600);
    bench_say("a store of %zu products, listings and targets is there", shape.products);
}

static const struct {
    const char *name;
    void (*run)(struct world *world);
} big_parts[] = {{"latency", part_latency},
                 {"push", part_push},
                 {"life", part_life},
                 {"kill", part_kill},
                 {"cost", part_cost} /* the last: it stops the daemon */};

int main(int argc, char **argv)
{
    bool markdown = false, big = false;
    struct world world;
    parse(argc, argv, &markdown);
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof big_parts / sizeof *big_parts; i++)
        big |= wanted(big_parts[i].name);
    if (big) make_big(&world);
    for (size_t i = 0; i < sizeof big_parts / sizeof *big_parts; i++)
        if (wanted(big_parts[i].name)) big_parts[i].run(&world);
    if (big) world_close(&world);
    if (wanted("quota")) part_quota();
    if (wanted("import")) part_import();
    if (wanted("ask")) part_ask();
    if (wanted("api")) part_api();
    table_print(markdown);
    return 0;
}
