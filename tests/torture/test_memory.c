/* Memory that runs out, at any allocation of the daemon or of one of its libraries, once and for
 * good: it goes on, or ends at once with a sentence. Never does it fault, half-know something, or
 * lose what was acknowledged, and no plugin is blamed. */
#include "torture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { FAST = 100, PRODUCTS = 5, TRIED_MAX = 250 /* of script/torture, in each case */ };

static int64_t asked, acknowledged; /* of SKU-000001 in msk */

static bool gone(void)
{
    return !process_runs(daemon_pid());
}

static void shop_begin(void)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 0", PRODUCTS));
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "    timeout: 1s\n");
    torture_start();
    products_add(PRODUCTS);
    wait_active("ozon-main");
}

/* It is gone: by a word and on purpose, not by a fault. */
static void ended_well(const struct torture_walk *walk)
{
    int code = daemon_ended();
    const char *log = daemon_log();
    bool memory = strstr(log, "out of memory") != NULL;
    if (!(code == 128 + SIGABRT && memory) && !(code == 1 && strstr(log, "stockd: ")))
        fail_msg("allocation %llu failed%s: exit %d%s", (unsigned long long)walk->at,
                 walk->how ? " and all after it" : "", code,
                 memory ? "" : ", and no word of memory");
}

static void fail_from(const struct torture_walk *walk)
{
    torture_fail(TORTURE_MEMORY, ENOMEM, (int64_t)walk->at - 1, walk->how ? -1 : 1);
}

/* Each allocation alone, then each with all after it; there is no third way. */
static bool next(struct torture_walk *walk)
{
    while (torture_next(walk))
        if (walk->how != TORTURE_TORN) return true;
    return false;
}

/* -1: no answer. */
static int64_t on_hand_now(void)
{
    json_t *answer = NULL;
    if (api("GET", "/v1/stock/SKU-000001?warehouse=msk", NULL, &answer) != 200) return -1;
    json_t *row = json_array_get(json_object_get(answer, "stock"), 0);
    return json_is_integer(json_object_get(row, "on_hand")) ? number_at(row, "on_hand") : 0;
}

static void nothing_is_lost(const struct torture_walk *walk)
{
    int64_t there = -1;
    WAIT_FOR(SOON_S, gone() || (there = on_hand_now()) >= 0);
    if (gone()) return;
    if (there < acknowledged || there > asked)
        fail_msg("allocation %llu: %lld is there; %lld was acknowledged, %lld asked for",
                 (unsigned long long)walk->at, (long long)there, (long long)acknowledged,
                 (long long)asked);
    struct ran verify = ctl("store verify");
    if (verify.code && !gone())
        fail_msg("allocation %llu: %s%s", (unsigned long long)walk->at, verify.out, verify.err);
    if (strstr(ctl("plugin list").out, "quarantined")) fail_msg("a plugin was blamed");
}

/* An end is a matter of a moment, and may fall between any two of the questions. */
static unsigned look_at_it(const struct torture_walk *walk)
{
    unsigned ends = 0;
    for (;;) {
        if (gone()) {
            ended_well(walk);
            torture_start();
            ends++;
        }
        nothing_is_lost(walk);
        if (!gone()) return ends;
    }
}

static void write_and_look(void)
{
    asked++;
    if (api("PUT", "/v1/stock/SKU-000001/msk",
            text_format("{\"quantity\":%lld,\"kind\":\"on-hand\"}", (long long)asked), NULL) == 200)
        acknowledged = asked;
    api("GET", "/v1/targets?account=ozon-main", NULL, NULL);
    api("GET", "/v1/status", NULL, NULL);
    /* Until what goes out by it went out; an answer that got no memory is no answer. */
    WAIT_FOR(SOON_S, gone() || sim_figure(&sim, "SKU-000001", 501) == asked ||
                         torture->rules[TORTURE_MEMORY].times == 0);
}

static void memory_runs_out_at_work(void **state)
{
    (void)state;
    shop_begin();
    write_and_look();
    uint64_t before = torture->rules[TORTURE_MEMORY].seen;
    write_and_look();
    uint64_t allocations = torture->rules[TORTURE_MEMORY].seen - before;
    unsigned ends = 0;
    for (struct torture_walk walk = torture_walk_most(allocations, TRIED_MAX); next(&walk);) {
        fail_from(&walk);
        write_and_look();
        torture_mend();
        ends += look_at_it(&walk);
    }
    print_message("ended %u times\n", ends);
    struct figures figures = {.products = PRODUCTS};
    for (int p = 1; p <= PRODUCTS; p++)
        for (int w = 0; w < 2; w++)
            figures.at[w][p] = -1;
    write_and_look();
    figures.at[0][1] = acknowledged;
    wait_shown(&figures, LONG_S);
    world_good();
}

static void memory_runs_out_at_a_start(void **state)
{
    (void)state;
    shop_begin();
    write_and_look();
    daemon_stop();
    uint64_t before = torture->rules[TORTURE_MEMORY].seen;
    torture_start();
    uint64_t allocations = torture->rules[TORTURE_MEMORY].seen - before;
    daemon_stop();
    for (struct torture_walk walk = torture_walk_most(allocations, TRIED_MAX); next(&walk);) {
        fail_from(&walk);
        torture_start_begin();
        WAIT_FOR(SOON_S, gone() || api("GET", "/v1/warehouses", NULL, NULL) == 200);
        torture_mend();
        look_at_it(&walk);
        daemon_stop();
    }
    torture_start();
    world_good();
}

/* Much of it gone at once, by the kernel's own limit. */
static void memory_is_limited(void **state)
{
    (void)state;
    shop_begin();
    write_and_look();
    const struct rlimit low = {1 << 20, 1 << 20};
    assert_int_equal(prlimit(daemon_pid(), RLIMIT_DATA, &low, NULL), 0);
    struct figures many = {.products = 20000};
    for (int p = 1; p <= many.products; p++)
        many.at[0][p] = many.at[1][p] = p == 1 ? -1 : 9;
    figures_csv(&many, world_path("many.csv"));
    ctl("stock import %s --create", world_path("many.csv"));
    kill(daemon_pid(), SIGKILL); /* if it was enough: it may be short of ending even so */
    int code = daemon_ended();
    if (code == 128 + SIGABRT)
        assert_true(daemon_said("memory"));
    else
        assert_int_equal(code, 128 + SIGKILL);
    torture_start();
    look_at_it(&(struct torture_walk){0});
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(memory_runs_out_at_work, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(memory_runs_out_at_a_start, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(memory_is_limited, torture_begin, torture_end),
};

TEST_MAIN(cases)
