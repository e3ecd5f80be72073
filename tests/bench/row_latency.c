/* From a change to the request: PUT on the unix socket until marketsim has the whole request. */
#include "limits.h"
#include "parts.h"

#include <stdio.h>
#include <string.h>

enum { WARM_UP = 50 };

/* received_ns of each request for stock since `since`, oldest first. */
static size_t receipts(struct world *world, int64_t since, double *ns, size_t room)
{
    char path[96];
    snprintf(path, sizeof path, "/_control/log?since=%lld&path=/v2/products/stocks",
             (long long)since);
    json_t *log = client_json(world->control, "GET", path, NULL), *row;
    size_t index, count = 0;
    json_array_foreach (json_object_get(log, "requests"), index, row)
        if (count < room)
            ns[count++] = (double)json_integer_value(json_object_get(row, "received_ns"));
    json_decref(log);
    return count;
}

static int64_t requests(struct world *world)
{
    json_t *all = client_json(world->control, "GET", "/_control/counters", NULL);
    int64_t count = json_integer_value(json_object_get(all, "requests"));
    json_decref(all);
    return count;
}

static size_t change(char *out, size_t size, size_t product, int quantity)
{
    char path[96], body[64];
    snprintf(path, sizeof path, "/v1/stock/" WORLD_PREFIX "%06zu/" WORLD_WAREHOUSE, product);
    int length = snprintf(body, sizeof body, "{\"quantity\":%d,\"kind\":\"on-hand\"}", quantity);
    return client_build(out, size, "PUT", path, NULL, body, (size_t)length);
}

/* One change after the other, each waited for at the marketplace, so that none rides on another's
 * commit. */
static void measure(struct world *world, size_t count, struct samples *to_wire,
                    struct samples *to_answer)
{
    char bytes[512];
    double ns;
    size_t first = parts_take(count);
    for (size_t i = 0; i < count; i++) {
        size_t size = change(bytes, sizeof bytes, first + i, 20 + (int)(i % 50));
        int64_t since = requests(world);
        int64_t begun = bench_now_ns();
        client_send(world->api, bytes, size);
        if (client_answer(world->api) != 200)
            bench_fail("a change was refused: %.*s", (int)world->api->body_size, world->api->body);
        double answered = bench_since(begun);
        int64_t limit = bench_now_ns();
        for (world_nap(); receipts(world, since, &ns, 1) == 0; world_nap())
            if (bench_since(limit) > 10) bench_fail("a change was not sent within 10 s");
        if (i < WARM_UP) continue;
        samples_add(to_wire, (ns - (double)begun) / 1e9);
        samples_add(to_answer, answered);
    }
}

static void add(const char *what, struct samples *seconds, double quantile, double target,
                const char *limit, double limit_ms)
{
    struct row row = {.group = "1. From a change to the request on the wire",
                      .unit = "ms",
                      .decimals = 2,
                      .better = LESS,
                      .target = target,
                      .limit_value = limit_ms};
    snprintf(row.what, sizeof row.what, "%s", what);
    snprintf(row.limit, sizeof row.limit, "%s", limit);
    row.figure = figure_one(samples_at(seconds, quantile) * 1e3);
    row.figure.least = samples_at(seconds, 0) * 1e3;
    row.figure.most = samples_at(seconds, 1) * 1e3;
    row.figure.runs = seconds->count;
    table_add(&row);
}

void part_latency(struct world *world)
{
    static struct samples wire, answer, commit, trip, market;
    size_t count = bench_options.quick ? 500 : 3000;
    bench_say("latency: %zu changes, one after the other", count);
    measure(world, count, &wire, &answer);
    limit_commits(world, count, &commit);
    limit_round_trips(world->api, "/v1/stock/" WORLD_PREFIX "000001", count, &trip);
    limit_round_trips(world->control, "/_control/faults", count, &market);
    double c50 = samples_at(&commit, 0.5) * 1e3, c99 = samples_at(&commit, 0.99) * 1e3;
    double r50 = samples_at(&market, 0.5) * 1e3, r99 = samples_at(&market, 0.99) * 1e3;
    add("change to marketsim's receipt, p50", &wire, 0.5, 1,
        "two durable commits of LMDB and a round trip, p50", 2 * c50 + r50);
    add("change to marketsim's receipt, p99", &wire, 0.99, 5,
        "two durable commits of LMDB and a round trip, p99", 2 * c99 + r99);
    add("change to its durable answer, p50", &answer, 0.5, 0, "one durable commit, p50", c50);
    add("change to its durable answer, p99", &answer, 0.99, 0, "one durable commit, p99", c99);
    add("reading a product's stock on the unix socket, p50", &trip, 0.5, 0,
        "round trip to marketsim, p50", r50);
}
