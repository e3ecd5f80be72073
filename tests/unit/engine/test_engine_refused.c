/* Rows of a reading that cannot be: refused, counted, kept with their run; they change nothing. */
#include "engine_fixture.h"

#include "engine/run_bad.h"

#include <stdio.h>

enum { READING = 77 };

static void shop(struct world *w)
{
    world_open(w);
    const struct engine_rules rules = {
        .routes = {{.max_items = 100, .max_quantity = 1000}}, .route_count = 1, .data_version = 1};
    engine_rules_set(w->engine, 1, &rules);
    world_shop(w, 2);
    rows_start(w, 1);
    rows_complete(&w->rows, SCOPE_WAREHOUSES, bytes_of("", 0));
    rows_complete(&w->rows, SCOPE_LISTINGS, bytes_of("", 0));
    rows_end(w);
    do_push_all(w, 1);
    w->now += 60000;
}

static void begin(struct world *w, uint32_t reading, uint64_t run, uint64_t refused)
{
    const struct rows_head head = {.account = 1,
                                   .data_version = 1,
                                   .begun_ms = w->now,
                                   .received_ms = w->now,
                                   .reading = reading,
                                   .run = run,
                                   .refused = refused};
    buf_reset(&w->rows);
    rows_begin(&w->rows, &head);
}

static void row(struct world *w, const char *remote, const char *listing, int64_t quantity,
                bool read_only)
{
    const struct seen_stock seen = {.remote = bytes_text(remote),
                                    .listing = bytes_text(listing),
                                    .type = bytes_text("fbs"),
                                    .quantity = quantity,
                                    .read_only = read_only,
                                    .reserved = FIGURE_UNKNOWN};
    rows_stock(&w->rows, &seen);
}

static uint64_t end(struct world *w)
{
    rows_end(w);
    world_ok(w);
    return w->result.refused;
}

/* The run's row `n` as "code listing warehouse figure". */
static const char *kept(struct world *w, uint64_t run, uint32_t n)
{
    static char text[300];
    struct store_txn *txn;
    struct bytes value;
    struct run_bad bad;
    uint8_t key[12];
    bytes_put_u64(key, run);
    bytes_put_u32(key + 8, n);
    text[0] = 0;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    if (store_get(txn, TABLE_RUN_BAD, bytes_of(key, sizeof key), &value) == ST_OK) {
        assert_int_equal(run_bad_read(value, &bad), ST_OK);
        assert_true(bad.text.size > 10);
        snprintf(text, sizeof text, "%.*s %.*s %.*s %lld", (int)bad.code.size,
                 (const char *)bad.code.data, (int)bad.listing.size, (const char *)bad.listing.data,
                 (int)bad.warehouse.size, (const char *)bad.warehouse.data, (long long)bad.figure);
    }
    store_abort(txn);
    return text;
}

static void each_row_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *remote, *listing;
        int64_t quantity;
        bool read_only;
        const char *kept; /* "": it is used */
    } cases[] = {
        {"R1", "LA", 0, false, ""},
        {"R1", "LA", 1000, false, ""},
        {"R1", "LA", 1001, false, ""}, /* more than can be written: pieces came back */
        {"R1", "LA", 1000000000, false, ""},
        {"R1", "LA", 1000000001, false, "above-maximum LA R1 1000000001"},
        {"R1", "LA", INT64_MAX, false, "above-maximum LA R1 9223372036854775807"},
        {"R1", "LA", -1, false, "negative LA R1 -1"},
        {"R1", "LA", -1000000, false, "negative LA R1 -1000000"},
        {"R1", "LX", 5, false, "unknown-listing LX R1 5"},
        {"R9", "LA", 5, false, "unknown-warehouse LA R9 5"},
        {"FBO", "LA", 5000, true, ""}, /* the marketplace's own stock may be more, and anywhere */
        {"FBO", "LA", -5, true, "negative LA FBO -5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        shop(&w);
        uint64_t observed = rows_in(&w, TABLE_OBSERVED);
        struct target_record before = target_of(&w, "LA", "R1");
        begin(&w, READING, 0, 0);
        row(&w, cases[i].remote, cases[i].listing, cases[i].quantity, cases[i].read_only);
        row(&w, "R1", "LB", 10, false); /* the rest is used */
        uint64_t refused = end(&w);
        bool bad = cases[i].kept[0] != 0;
        assert_int_equal(refused, bad);
        assert_int_equal(w.result.run != 0, bad);
        assert_string_equal(kept(&w, w.result.run, 0), cases[i].kept);
        assert_int_equal(rows_in(&w, TABLE_OBSERVED), observed + (bad ? 1 : 2));
        struct target_record after = target_of(&w, "LA", "R1");
        if (bad) assert_memory_equal(&before, &after, sizeof before);
        assert_true(target_of(&w, "LB", "R1").flags & TARGET_OBSERVED);
        world_close(&w);
    }
}

static void one_pair_with_two_figures_is_refused_the_second_time(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    begin(&w, READING, 0, 0);
    row(&w, "R1", "LA", 10, false);
    row(&w, "R1", "LA", 10, false); /* told twice is not two figures */
    assert_int_equal(end(&w), 0);
    w.now += 1000;
    begin(&w, READING, 0, 0); /* another step of it */
    row(&w, "R1", "LA", 12, false);
    assert_int_equal(end(&w), 1);
    uint64_t run = w.result.run;
    assert_string_equal(kept(&w, run, 0), "twice LA R1 12");
    assert_int_equal(rows_in(&w, TABLE_DRIFT), 0);
    begin(&w, READING, run, 1); /* goes on counting */
    row(&w, "R1", "LA", 13, false);
    assert_int_equal(end(&w), 1);
    assert_int_equal(w.result.run, run);
    assert_string_equal(kept(&w, run, 1), "twice LA R1 13");
    begin(&w, READING + 1, 0, 0); /* the next reading may find another one */
    row(&w, "R1", "LA", 12, false);
    assert_int_equal(end(&w), 0);
    assert_int_equal(rows_in(&w, TABLE_DRIFT), 1);
    world_close(&w);
}

static void a_look_at_single_figures_has_no_run(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    begin(&w, 0, 0, 0);
    row(&w, "R1", "LA", -3, false);
    assert_int_equal(end(&w), 1);
    assert_int_equal(w.result.run, 0);
    assert_int_equal(rows_in(&w, TABLE_RUN_BAD), 0);
    world_close(&w);
}

static void what_a_plugin_could_not_read_is_kept_and_bounded(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    begin(&w, READING, 0, 0);
    for (int i = 0; i < RUN_BAD_MAX + 10; i++)
        rows_malformed(&w.rows, "a stock row with the quantity 3.5", "stocks[7].amount");
    assert_int_equal(end(&w), RUN_BAD_MAX + 10);
    assert_int_equal(rows_in(&w, TABLE_RUN_BAD), RUN_BAD_MAX);
    char right[60];
    snprintf(right, sizeof right, "malformed   %lld", (long long)FIGURE_UNKNOWN);
    assert_string_equal(kept(&w, w.result.run, RUN_BAD_MAX - 1), right);
    world_close(&w);
}

static void they_go_with_their_run(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    begin(&w, READING, 0, 0);
    row(&w, "R1", "LA", -3, false);
    end(&w);
    const struct run_view view = {.kind = bytes_text("stock"), .state = RUN_DONE};
    for (int i = 0; i < RUNS_KEPT; i++) {
        uint64_t number = 0;
        struct store_txn *txn = world_begin(&w);
        assert_int_equal(rows_in(&w, TABLE_RUN_BAD), 1);
        assert_int_equal(run_put(w.engine, txn, &number, &view, &w.error), ST_OK);
        w.unverified = true;
        world_commit(&w, txn);
    }
    assert_int_equal(rows_in(&w, TABLE_RUN_BAD), 0);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(each_row_is_checked),
    cmocka_unit_test(one_pair_with_two_figures_is_refused_the_second_time),
    cmocka_unit_test(a_look_at_single_figures_has_no_run),
    cmocka_unit_test(what_a_plugin_could_not_read_is_kept_and_bounded),
    cmocka_unit_test(they_go_with_their_run),
};
TEST_MAIN(cases)
