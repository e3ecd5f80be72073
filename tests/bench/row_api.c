/* The API on its unix socket: readings and durable changes a second, by one client and by many, in
 * a world of its own where nothing is sent meanwhile. Over TCP a token has a hundred requests a
 * second, so that there is nothing to measure; and load generators that can be had (wrk, ab) speak
 * to no unix socket: the client here is the benchmark's own, one thread, each connection with one
 * request on its way. */
#include "limits.h"
#include "parts.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PRODUCTS = 20000, MANY_MOST = 64, TABLES = 4, ACTIVE_S = 120 };

static const char group[] = "11. The API on its unix socket, 20,000 products with a target each";

/* Builds the request number `n`. */
typedef size_t build_fn(char *out, size_t size, size_t n);

static size_t get(char *out, size_t size, const char *path)
{
    return client_build(out, size, "GET", path, NULL, "", 0);
}

static size_t product_of(size_t n)
{
    uint64_t state = n;
    return 1 + bench_random(&state) % PRODUCTS;
}

static size_t get_stock(char *out, size_t size, size_t n)
{
    char path[96];
    snprintf(path, sizeof path, "/v1/stock/" WORLD_PREFIX "%06zu", product_of(n));
    return get(out, size, path);
}

static size_t get_products(char *out, size_t size, size_t n)
{
    (void)n;
    return get(out, size, "/v1/products?limit=100");
}

static size_t get_targets(char *out, size_t size, size_t n)
{
    (void)n;
    return get(out, size, "/v1/targets?limit=100");
}

static size_t put_stock(char *out, size_t size, size_t n)
{
    char path[96], body[64];
    snprintf(path, sizeof path, "/v1/stock/" WORLD_PREFIX "%06zu/" WORLD_WAREHOUSE, product_of(n));
    int length =
        snprintf(body, sizeof body, "{\"quantity\":%zu,\"kind\":\"on-hand\"}", n % 1000000);
    return client_build(out, size, "PUT", path, NULL, body, (size_t)length);
}

struct load {
    build_fn *build;
    int connections;
    size_t requests;
};

struct result {
    double rate, p50_ms, p99_ms, processor_us; /* stockd's, each */
};

static size_t numbered; /* requests so far: each figure is another one */

static void send_next(struct client *client, const struct load *load, int64_t *begun)
{
    char bytes[512];
    size_t size = load->build(bytes, sizeof bytes, numbered++);
    *begun = bench_now_ns();
    client_send(client, bytes, size);
}

static struct result run(struct world *world, const struct load *load)
{
    static struct samples seconds;
    struct client *clients[MANY_MOST];
    struct pollfd fds[MANY_MOST];
    int64_t begun[MANY_MOST];
    char path[PATH_SIZE];
    size_t sent = 0, answered = 0;
    seconds.count = 0;
    world_path(world, "socket", path);
    for (int i = 0; i < load->connections; i++) {
        clients[i] = client_unix(path);
        if (!clients[i]) bench_fail("stockd does not listen on %s", path);
        fds[i] = (struct pollfd){.fd = clients[i]->fd, .events = POLLIN};
    }
    double processor = process_cpu_s(world->daemon);
    int64_t from = bench_now_ns();
    for (int i = 0; i < load->connections; i++, sent++)
        send_next(clients[i], load, &begun[i]);
    while (answered < sent) {
        poll(fds, (nfds_t)load->connections, -1);
        for (int i = 0; i < load->connections; i++) {
            if (!fds[i].revents) continue;
            int status = client_answer(clients[i]);
            if (status != 200)
                bench_fail("a request was answered with %d: %.*s", status,
                           status ? (int)clients[i]->body_size : 0, status ? clients[i]->body : "");
            if (seconds.count < SAMPLES_MAX) samples_add(&seconds, bench_since(begun[i]));
            answered++;
            if (sent == load->requests) continue;
            send_next(clients[i], load, &begun[i]);
            sent++;
        }
    }
    double took = bench_since(from);
    processor = process_cpu_s(world->daemon) - processor;
    for (int i = 0; i < load->connections; i++)
        client_close(clients[i]);
    return (struct result){(double)answered / took, samples_at(&seconds, 0.5) * 1e3,
                           samples_at(&seconds, 0.99) * 1e3, processor / (double)answered * 1e6};
}

/* One small block after the other, each on the disk before the next. */
static double syncs_a_second(struct world *world, size_t count)
{
    char path[PATH_SIZE], block[4096] = {0};
    world_path(world, "sync", path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || pwrite(fd, block, sizeof block, 0) < 0) bench_fail("%s cannot be written", path);
    int64_t begun = bench_now_ns();
    for (size_t i = 0; i < count; i++)
        if (pwrite(fd, block, sizeof block, 0) < 0 || fdatasync(fd) != 0)
            bench_fail("%s cannot be synced", path);
    double took = bench_since(begun);
    close(fd);
    unlink(path);
    return (double)count / took;
}

static void add(const char *what, const char *unit, int decimals, struct figure figure,
                const char *limit, double limit_value)
{
    struct row row = {.group = group,
                      .unit = unit,
                      .decimals = decimals,
                      .figure = figure,
                      .better = NEITHER,
                      .limit_value = limit_value};
    snprintf(row.what, sizeof row.what, "%s", what);
    snprintf(row.limit, sizeof row.limit, "%s", limit);
    table_add(&row);
}

static void measure(struct world *world, const char *what, const struct load *load,
                    const char *limit, double limit_value)
{
    static struct samples rates, p50, p99, processor;
    char text[160];
    rates.count = p50.count = p99.count = processor.count = 0;
    for (int i = 0; i < bench_options.runs; i++) {
        struct result result = run(world, load);
        samples_add(&rates, result.rate);
        samples_add(&p50, result.p50_ms);
        samples_add(&p99, result.p99_ms);
        samples_add(&processor, result.processor_us);
    }
    const char *many = load->connections == 1 ? "connection" : "connections";
    snprintf(text, sizeof text, "%s, %d %s", what, load->connections, many);
    bench_say("api: %s: %.0f/s", text, samples_at(&rates, 0.5));
    add(text, "/s", 0, figure_of(&rates), limit, limit_value);
    add("    ... p50", "ms", 2, figure_of(&p50), "", 0);
    add("    ... p99", "ms", 2, figure_of(&p99), "", 0);
    add("    ... stockd's processor time, each", "us", 0, figure_of(&processor), "", 0);
}

/* What the store alone does with so many changes in each durable commit. */
static double store_alone(struct world *world, size_t rows, int together)
{
    const struct puts puts = {
        .rows = rows, .tables = TABLES, .value = 60, .shuffled = true, .commit = (size_t)together};
    return limit_puts(world, &puts, false);
}

void part_api(void)
{
    static const int connections[] = {1, 16, MANY_MOST};
    struct world world;
    const struct world_shape shape = {
        .products = PRODUCTS, .remotes = 1, .stock = 5, .waits = true};
    char csv[PATH_SIZE];
    size_t reads = bench_options.quick ? 10000 : 50000, writes = reads / 5;
    world_open(&world, "api");
    world_market_start(&world, &shape);
    world_configure(&world, &shape);
    world_daemon_start(&world);
    world_path(&world, "all.csv", csv);
    world_csv(csv, 1, PRODUCTS, shape.stock, false);
    world_import(&world, csv, true);
    world_wait_active(&world, ACTIVE_S);
    double round_trip = 0;
    static struct samples trips;
    limit_round_trips(world.control, "/_control/faults", reads / 10, &trips);
    round_trip = 1 / samples_at(&trips, 0.5);
    for (int c = 0; c < 3; c++) {
        struct load load = {get_stock, connections[c], reads};
        measure(&world, "GET a product's stock", &load, c ? "" : "round trips to marketsim",
                c ? 0 : round_trip);
    }
    struct load products = {get_products, 16, reads / 10}, targets = {get_targets, 16, reads / 10};
    measure(&world, "GET a page of 100 products", &products, "", 0);
    measure(&world, "GET a page of 100 targets", &targets, "", 0);
    for (int c = 0; c < 3; c++) {
        size_t count = connections[c] == 1 ? writes / 2 : writes;
        struct load load = {put_stock, connections[c], count};
        char limit[96];
        snprintf(limit, sizeof limit, "LMDB puts into %d tables, %d a durable commit", TABLES,
                 connections[c]);
        measure(&world, "PUT a figure, durable", &load, limit,
                store_alone(&world, count, connections[c]));
    }
    add("the disk: a block written and synced, one after the other", "/s", 0,
        figure_one(syncs_a_second(&world, 1000)), "", 0);
    world_close(&world);
}
