/* What a person waits for: the plan of everything, why a product shows what it shows, and an undo,
 * with 100,000 products at four accounts of which nothing was sent yet. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>

enum { PRODUCTS = 100000, ACCOUNTS = 4, IMPORTED = 10000, EXPLAINED = 2000 };

static const char group[] = "10. Asking and undoing, 100,000 products at four accounts";

static void add(const char *what, struct samples *seconds, double target, double limit,
                const char *limit_text)
{
    struct row row = {.group = group,
                      .unit = "s",
                      .decimals = 2,
                      .better = LESS,
                      .target = target,
                      .limit_value = limit,
                      .figure = figure_of(seconds)};
    snprintf(row.what, sizeof row.what, "%s", what);
    snprintf(row.limit, sizeof row.limit, "%s", limit_text);
    table_add(&row);
}

static void plans(struct world *world)
{
    static struct samples took;
    for (int i = 0; i < bench_options.runs; i++) {
        int64_t begun = bench_now_ns();
        json_t *plan = client_json(world->api, "POST", "/v1/plans", "{}");
        samples_add(&took, bench_since(begun));
        int64_t changes = json_integer_value(json_object_get(plan, "changes"));
        if (changes != PRODUCTS * ACCOUNTS)
            bench_fail("the plan has %lld changes, not %d", (long long)changes,
                       PRODUCTS * ACCOUNTS);
        json_decref(plan);
    }
    add("the plan of everything, 400,000 figures to send", &took, 1, 0, "");
}

/* One person asks again and again, of a product anywhere: the answer and all that HTTP costs. */
static void explains(struct world *world)
{
    static struct samples took;
    uint64_t random = 7;
    char path[120];
    for (int i = 0; i < EXPLAINED; i++) {
        snprintf(path, sizeof path, "/v1/explain/" WORLD_PREFIX "%06d",
                 1 + (int)(bench_random(&random) % PRODUCTS));
        int64_t begun = bench_now_ns();
        if (client_ask(world->api, "GET", path, NULL) != 200)
            bench_fail("%s is not answered", path);
        samples_add(&took, bench_since(begun) * 1000);
        if (i) continue;
        json_t *answer = json_loadb(world->api->body, world->api->body_size, 0, NULL);
        size_t targets = json_array_size(json_object_get(answer, "targets"));
        if (targets != ACCOUNTS) bench_fail("%s has %zu targets, not %d", path, targets, ACCOUNTS);
        json_decref(answer);
    }
    struct row row = {.group = group, .unit = "ms", .decimals = 2, .better = LESS};
    snprintf(row.what, sizeof row.what, "explain of a product, p50");
    row.figure = figure_one(samples_at(&took, 0.5));
    table_add(&row);
    row.target = 10;
    snprintf(row.what, sizeof row.what, "explain of a product, p99");
    row.figure = figure_one(samples_at(&took, 0.99));
    table_add(&row);
}

static int64_t last_import(struct world *world)
{
    json_t *page = client_json(world->api, "GET", "/v1/imports?limit=1", NULL);
    const json_t *newest = json_array_get(json_object_get(page, "items"), 0);
    int64_t job = json_integer_value(json_object_get(newest, "job"));
    if (!job) bench_fail("no import is listed: %.*s", (int)world->api->body_size, world->api->body);
    json_decref(page);
    return job;
}

/* As far from each other as can be: the pages of an undo are those of its products. */
static void undos(struct world *world)
{
    static struct samples took, imports;
    char csv[PATH_SIZE], body[64];
    world_path(world, "part.csv", csv);
    for (int i = 0; i < bench_options.runs; i++) {
        FILE *stream = fopen(csv, "w");
        if (!stream) bench_fail("%s cannot be written", csv);
        fputs("sku,warehouse,quantity\n", stream);
        for (int row = 0; row < IMPORTED; row++)
            fprintf(stream, WORLD_PREFIX "%06d," WORLD_WAREHOUSE ",%d\n",
                    1 + row * (PRODUCTS / IMPORTED), 100 + i);
        fclose(stream);
        samples_add(&imports, world_import(world, csv, false));
        snprintf(body, sizeof body, "{\"job\": %lld}", (long long)last_import(world));
        int64_t begun = bench_now_ns();
        json_t *undone = client_json(world->api, "POST", "/v1/undo", body);
        samples_add(&took, bench_since(begun));
        int64_t figures = json_integer_value(json_object_get(undone, "figures"));
        if (figures != IMPORTED) bench_fail("%lld figures were undone", (long long)figures);
        json_decref(undone);
    }
    add("undo of an import of 10,000 scattered rows", &took, 2, figure_of(&imports).median,
        "the import itself");
}

void part_ask(void)
{
    struct world world;
    char csv[PATH_SIZE];
    const struct world_shape shape = {
        .products = PRODUCTS, .remotes = 1, .stock = 5, .accounts = ACCOUNTS, .waits = true};
    world_open(&world, "ask");
    world_market_start(&world, &shape);
    world_configure(&world, &shape);
    world_daemon_start(&world);
    world_path(&world, "all.csv", csv);
    world_csv(csv, 1, PRODUCTS, 7, false);
    world_import(&world, csv, true);
    bench_say("ask: the catalogues of %d accounts", ACCOUNTS);
    world_wait_active(&world, 300);
    plans(&world);
    explains(&world);
    undos(&world);
    world_close(&world);
}
