/* Items pushed in a second, nobody counting quotas, each outcome durable. */
#include "limits.h"
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PUT_CONNECTIONS = 16, WAIT_S = 120, PARALLEL = 4 };

/* Changes products in random order, each with a revision and a due time of its own, so that the
 * outbox's order has nothing to do with the products'. */
static void change_randomly(struct world *world, size_t first, size_t count, int quantity)
{
    struct client *clients[PUT_CONNECTIONS];
    char path[PATH_SIZE], bytes[512], body[64], at[96];
    uint32_t *order = malloc(count * sizeof *order);
    uint64_t random = 2;
    world_path(world, "socket", path);
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)(first + i);
    for (size_t i = count; i > 1; i--) {
        size_t other = bench_random(&random) % i;
        uint32_t kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
    for (int c = 0; c < PUT_CONNECTIONS; c++)
        clients[c] = client_unix(path);
    int length = snprintf(body, sizeof body, "{\"quantity\":%d,\"kind\":\"on-hand\"}", quantity);
    for (size_t i = 0; i < count; i += PUT_CONNECTIONS) {
        size_t now = count - i < PUT_CONNECTIONS ? count - i : PUT_CONNECTIONS;
        for (size_t c = 0; c < now; c++) {
            snprintf(at, sizeof at, "/v1/stock/" WORLD_PREFIX "%06u/" WORLD_WAREHOUSE,
                     order[i + c]);
            client_send(clients[c], bytes,
                        client_build(bytes, sizeof bytes, "PUT", at, NULL, body, (size_t)length));
        }
        for (size_t c = 0; c < now; c++)
            if (client_answer(clients[c]) != 200) bench_fail("a change was refused");
    }
    for (int c = 0; c < PUT_CONNECTIONS; c++)
        client_close(clients[c]);
    free(order);
}

/* From resuming the account until the last item is at the marketplace and its outcome durable. */
static double push_all(struct world *world, size_t count)
{
    int64_t before = world_writes(world).items, begun = bench_now_ns();
    world_pause(world, false);
    for (; world_writes(world).items < before + (int64_t)count; world_nap()) {
        if (bench_since(begun) > WAIT_S)
            bench_fail("%lld of %zu items were pushed after %d s",
                       (long long)(world_writes(world).items - before), count, WAIT_S);
    }
    world_wait_clean(world, WAIT_S);
    return (double)count / bench_since(begun);
}

static double run_once(struct world *world, size_t count, int quantity, bool randomly, double *peak)
{
    char csv[PATH_SIZE];
    size_t first = parts_take(count);
    world_pause(world, true);
    int64_t begun = bench_now_ns();
    if (randomly) {
        change_randomly(world, first, count, quantity);
        bench_say("push: %.0f changes/s on %d connections", (double)count / bench_since(begun),
                  PUT_CONNECTIONS);
    } else {
        world_path(world, "push.csv", csv);
        world_csv(csv, first, count, quantity, false);
        world_import(world, csv, false);
    }
    struct peak *sampling = peak ? peak_start(world->daemon) : NULL;
    double cpu = process_cpu_s(world->daemon), cpu_market = process_cpu_s(world->market);
    double rate = push_all(world, count);
    if (sampling) *peak = peak_stop(sampling);
    bench_say("push: %zu items %s order, %.0f items/s; processor: stockd %.2f s, marketsim %.2f s",
              count, randomly ? "in random" : "in key", rate, process_cpu_s(world->daemon) - cpu,
              process_cpu_s(world->market) - cpu_market);
    return rate;
}

static void add(const char *what, struct samples *rates, double target, const char *limit,
                double limit_value)
{
    struct row row = {.group = "2. Items pushed, quotas off, 100 in a request, outcomes durable",
                      .unit = "items/s",
                      .better = MORE,
                      .target = target,
                      .limit_value = limit_value,
                      .figure = figure_of(rates)};
    snprintf(row.what, sizeof row.what, "%s", what);
    snprintf(row.limit, sizeof row.limit, "%s", limit);
    table_add(&row);
}

void part_push(struct world *world)
{
    static struct samples ordered, at_random, alone, curl;
    size_t count = bench_options.quick ? 20000 : 100000;
    size_t few = bench_options.quick ? 5000 : 30000;
    double peak;
    int quantity = 200;
    for (int i = 0; i < bench_options.runs; i++) {
        samples_add(&ordered, run_once(world, count, quantity++, false, NULL));
        samples_add(&alone, limit_market(world, count / 100, PARALLEL));
        samples_add(&curl, limit_curl(world->port, count / 100, PARALLEL));
    }
    for (int i = 0; i < bench_options.runs; i++)
        samples_add(&at_random, run_once(world, few, quantity++, true, NULL));
    run_once(world, count, quantity++, false, &peak);
    add("in key order", &ordered, 300000, "libcurl and jansson against marketsim",
        samples_at(&curl, 0.5));
    add("in random order", &at_random, 0, "the same", samples_at(&curl, 0.5));
    add("marketsim alone: prebuilt requests from one thread", &alone, 0, "", 0);
    struct row row = {.group = "6. Memory of stockd's own (anonymous)",
                      .what = "peak while pushing, with the big store",
                      .unit = "MiB",
                      .decimals = 1,
                      .better = LESS,
                      .target = 64,
                      .figure = figure_one(peak)};
    table_add(&row);
}
