/* Starting, idling, and starting again after kill -9, with the big store. */
#include "parts.h"

#include <stdio.h>
#include <unistd.h>

/* UNRESOLVED_S: what was on the wire at a kill is looked for when the request's limit of time and
 * the settle time are over (105 s at Ozon), and the look takes its turn after that. */
enum { SETTLE_S = 2, WAIT_S = 30, UNRESOLVED_S = 300 };

static const char memory_group[] = "6. Memory of stockd's own (anonymous)";

static void add(const char *group, const char *what, struct figure figure, double target,
                const char *unit, int decimals)
{
    struct row row = {.group = group,
                      .unit = unit,
                      .decimals = decimals,
                      .better = LESS,
                      .target = target,
                      .figure = figure};
    snprintf(row.what, sizeof row.what, "%s", what);
    table_add(&row);
}

static void empty_daemon(void)
{
    struct world world;
    const struct world_shape shape = {.products = 10, .remotes = 1, .stock = 5};
    world_open(&world, "empty");
    world_market_start(&world, &shape);
    world_configure(&world, &shape);
    world_daemon_start(&world);
    world_wait_active(&world, WAIT_S);
    sleep(SETTLE_S);
    add(memory_group, "idle, one plugin, ten targets",
        figure_one(process_private_mib(world.daemon)), 6, "MiB", 1);
    world_close(&world);
}

void part_life(struct world *world)
{
    static struct samples start, memory;
    char what[96];
    int seconds = bench_options.quick ? 4 : 15;
    empty_daemon();
    for (int i = 0; i < bench_options.runs; i++) {
        world_daemon_stop(world);
        samples_add(&start, world_daemon_start(world) * 1e3);
        bench_say("start: %.0f ms", start.values[start.count - 1]);
    }
    world_wait_active(world, WAIT_S);
    sleep(SETTLE_S);
    samples_add(&memory, process_private_mib(world->daemon));
    snprintf(what, sizeof what, "idle, one plugin, %zu targets, just started", parts_big());
    add(memory_group, what, figure_of(&memory), 24, "MiB", 1);
    double before = process_cpu_s(world->daemon);
    sleep((unsigned)seconds);
    double used = (process_cpu_s(world->daemon) - before) / seconds * 100;
    snprintf(what, sizeof what, "exec to /v1/status says ready, %zu targets, warm cache",
             parts_big());
    add("7. Start", what, figure_of(&start), 150, "ms", 0);
    snprintf(what, sizeof what, "one account, over %d s", seconds);
    add("8. Idle processor time", what, figure_one(used), 0.1, "% of a core", 2);
}

/* Changes are dirty when the daemon dies; it starts again; the first of them arrives. */
void part_kill(struct world *world)
{
    static struct samples seconds;
    char csv[PATH_SIZE];
    enum { CHANGED = 20000, LANDED_US = 5000 };
    world_path(world, "kill.csv", csv);
    for (int i = 0; i < bench_options.runs; i++) {
        world_pause(world, true);
        world_csv(csv, parts_take(CHANGED), CHANGED, 300 + i, false);
        world_import(world, csv, false);
        world_pause(world, false);
        int64_t begun = bench_now_ns();
        world_daemon_kill(world);
        usleep(LANDED_US); /* what was on its way when it died has arrived by then */
        int64_t items = world_writes(world).items;
        world_daemon_start(world);
        for (; world_writes(world).items == items; world_nap())
            if (bench_since(begun) > WAIT_S) bench_fail("nothing was pushed after kill -9");
        samples_add(&seconds, bench_since(begun));
        bench_say("kill -9: first push after %.2f s", seconds.values[seconds.count - 1]);
        world_wait_clean(world, UNRESOLVED_S);
    }
    add("9. kill -9", "from restart to the first push at the marketplace", figure_of(&seconds), 1,
        "s", 2);
}
