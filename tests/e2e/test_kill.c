/* kill -9 at any moment: nothing acknowledged is missing, nothing old overwrites the new.
 * STOCKD_TEST_SEED chooses the moments. */
#include "harness.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    FAST = 100,
    ROUNDS = 20,
    WRITERS = 2,
    OWN = 20,       /* products that one writer writes */
    PRODUCTS = 240, /* those behind the writers' are the imports' */
};

/* Shared with the writers: what was answered, what was asked last. */
struct told {
    int64_t asked[PRODUCTS + 1], acknowledged[PRODUCTS + 1];
};
static struct told *told;
static struct figures figures;
static int64_t imported; /* the last round whose import was surely accepted */
static int64_t offered;  /* the last round whose import was begun */

static void write_for_ever(int writer)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    size_t mark = keep_mark();
    for (int i = 0;; i++) {
        keep_forget(mark);
        int p = 1 + writer * OWN + i % OWN;
        char path[64], body[96];
        int64_t next = told->asked[p] + 1;
        told->asked[p] = next;
        snprintf(path, sizeof path, "/v1/stock/SKU-%06d/msk", p);
        snprintf(body, sizeof body, "{\"quantity\":%lld,\"kind\":\"on-hand\"}", (long long)next);
        if (api("PUT", path, body, NULL) != 200) _exit(0); /* killed: it may or may not be there */
        told->acknowledged[p] = next;
    }
}

static void write_import(int64_t value)
{
    struct figures list = {.products = PRODUCTS};
    for (int p = 1; p <= PRODUCTS; p++)
        for (int w = 0; w < 2; w++)
            list.at[w][p] = p > WRITERS * OWN ? value : -1;
    figures_csv(&list, world_path("import.csv"));
}

static int64_t on_hand(const char *sku, const char *warehouse)
{
    json_t *stock = api_get(text_format("/v1/stock/%s?warehouse=%s", sku, warehouse));
    json_t *row = json_array_get(json_object_get(stock, "stock"), 0);
    return json_is_integer(json_object_get(row, "on_hand")) ? number_at(row, "on_hand") : 0;
}

/* What is there is what was acknowledged, or what was asked for after it. */
static void nothing_acknowledged_is_missing(int round)
{
    for (int p = 1; p <= WRITERS * OWN; p++) {
        if (!told->asked[p]) continue;
        json_t *answer;
        int status = api("GET", text_format("/v1/stock/SKU-%06d?warehouse=msk", p), NULL, &answer);
        int64_t there = 0;
        if (status == 200) there = on_hand(text_format("SKU-%06d", p), "msk");
        if (there < told->acknowledged[p] || there > told->asked[p])
            fail_msg("round %d: SKU-%06d is %lld; %lld was acknowledged, %lld asked for", round, p,
                     (long long)there, (long long)told->acknowledged[p], (long long)told->asked[p]);
        told->asked[p] = told->acknowledged[p] = there;
    }
}

static void one_round(int round)
{
    pid_t writers[WRITERS];
    write_import(round);
    offered = round;
    unlink(world_path("import.out"));
    pid_t import = ctl_begin("import", "--json stock import %s --create", world_path("import.csv"));
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        if (writers[i] == 0) write_for_ever(i);
    }
    poll(NULL, 0, (int)(random() % 250));
    daemon_kill();
    for (int i = 0; i < WRITERS; i++) {
        kill(writers[i], SIGKILL);
        assert_int_equal(waitpid(writers[i], NULL, 0), writers[i]);
    }
    process_wait(import, SOON_S);
    if (strstr(file_read(world_path("import.out")), "\"accepted\"")) imported = round;
}

static void imports_end(void)
{
    json_t *runs = json_object_get(api_get("/v1/runs?task=import&limit=1000"), "items"), *row;
    size_t i;
    bool all = true;
    json_array_foreach (runs, i, row)
        all &= strcmp(text_at(row, "state"), "done") == 0;
    if (!all) return;
    figures.products = PRODUCTS; /* marks that they have */
}

static void expect_what_is_there(void)
{
    WAIT_FOR(SOON_S, (imports_end(), figures.products == PRODUCTS));
    int64_t first = 0;
    for (int p = 1; p <= PRODUCTS; p++) {
        bool written = p <= WRITERS * OWN;
        figures.at[0][p] =
            written && !told->asked[p] ? -1 : on_hand(text_format("SKU-%06d", p), "msk");
        figures.at[1][p] = written ? -1 : on_hand(text_format("SKU-%06d", p), "spb");
        if (written) continue;
        if (!first) first = figures.at[0][p];
        assert_int_equal(figures.at[0][p], first); /* an import is there as a whole */
        assert_int_equal(figures.at[1][p], first);
    }
    assert_in_range(first, imported, offered);
}

/* The marketplace's journal: the figures of a pair only ever rise here, so do those it was told. */
static void nothing_old_overwrote_the_new(void)
{
    static int64_t last[2][PRODUCTS + 1];
    memset(last, 0, sizeof last);
    json_t *writes = json_object_get(sim_get(&sim, "writes"), "writes"), *row;
    size_t i;
    json_array_foreach (writes, i, row) {
        int p = atoi(text_at(row, "offer_id") + 4), w = number_at(row, "warehouse_id") == 502;
        int64_t figure = number_at(row, "stock");
        if (figure < last[w][p])
            fail_msg("SKU-%06d: %lld was sent after %lld", p, (long long)figure,
                     (long long)last[w][p]);
        last[w][p] = figure;
    }
}

static void twenty_kills_lose_nothing(void **state)
{
    (void)state;
    const char *seed = getenv("STOCKD_TEST_SEED");
    srandom((unsigned)(seed ? atol(seed) : 20));
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 0", PRODUCTS));
    conf_places();
    /* After a start nothing is read back before a request of the life before must have ended. */
    conf_ozon("ozon-main", "1001", "test-key", "    timeout: 1s\n");
    daemon_start();
    products_add(WRITERS * OWN); /* the others are made by the imports */
    wait_active("ozon-main");
    for (int round = 1; round <= ROUNDS; round++) {
        one_round(round);
        if (round % 4 == 0) { /* in the middle of a start, too */
            daemon_begin();
            poll(NULL, 0, (int)(random() % 30));
            daemon_kill();
        }
        daemon_start();
        nothing_acknowledged_is_missing(round);
    }
    expect_what_is_there();
    wait_shown(&figures, LONG_S);
    nothing_old_overwrote_the_new();
    json_t *plugins = json_object_get(api_get("/v1/plugins"), "items");
    assert_int_equal(json_array_size(plugins), 1);
    assert_string_equal(text_at(json_array_get(plugins, 0), "state"), "loaded");
    assert_true(sim_requests(&sim, NULL) > ROUNDS);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(twenty_kills_lose_nothing, world_begin, world_end),
};

TEST_MAIN(cases)
