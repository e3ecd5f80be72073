/* Forgetting the old: figures stay what they are, the store stays whole after every chunk (the
 * fixture verifies it), and tables do not grow for ever. */
#include "engine_orders.h"

#include "base/random.h"

#include <stdio.h>

enum { PP = 1 };

static void compact(struct world *w, int64_t before_ms, uint32_t limit)
{
    for (int chunks = 0; chunks < 10000; chunks++) {
        struct buf buf;
        buf_init(&buf, 100);
        command_compact(&buf, before_ms, limit);
        world_do(w, COMMAND_COMPACT, &buf);
        world_ok(w);
        if (!w->result.more) return;
    }
    fail_msg("it does not end");
}

static void old_entries_become_one(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    for (int i = 0; i < 100; i++) {
        w.now += 1000;
        do_adjust(&w, "A", "pp", i % 3 - 1);
    }
    int64_t figure = on_hand(&w, "A", PP), middle = w.now + 1;
    w.now += 1000;
    do_adjust(&w, "A", "pp", 5);
    do_push_all(&w, 1);
    uint64_t commands = rows_in(&w, TABLE_COMMAND);
    compact(&w, middle, 16);
    assert_int_equal(on_hand(&w, "A", PP), figure + 5);
    assert_int_equal(rows_in(&w, TABLE_LEDGER), 3); /* an opening of each pair, and what is young */
    assert_true(rows_in(&w, TABLE_COMMAND) < commands / 2);
    assert_true(rows_in(&w, TABLE_CHANGE) < 10);
    w.now += 1000;
    compact(&w, w.now, 0); /* all of it */
    assert_int_equal(rows_in(&w, TABLE_LEDGER), 2);
    assert_int_equal(rows_in(&w, TABLE_SEND), 0);
    assert_int_equal(on_hand(&w, "A", PP), figure + 5);
    do_adjust(&w, "A", "pp", -1);
    world_ok(&w);
    uint64_t sale = w.result.sequence;
    do_undo(&w, sale);
    world_ok(&w);
    do_undo(&w, 5);
    world_refused(&w, ST_NOT_FOUND,
                  "there is no command 5; `stockctl history` shows those there are");
    world_close(&w);
}

/* The clock was set back: commands of after that look older than one of before, which is kept, and
 * they with it. */
static void what_a_kept_command_changed_can_be_undone(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    do_set(&w, "A", "pp", 20);
    w.now += 60000;
    do_set(&w, "B", "pp", 7);
    w.now -= 30000;
    do_adjust(&w, "A", "pp", -6);
    world_ok(&w);
    uint64_t adjusted = w.result.sequence;
    compact(&w, w.now + 1000, 0);
    do_undo(&w, adjusted);
    world_ok(&w);
    assert_int_equal(on_hand(&w, "A", PP), 20);
    do_adjust(&w, "A", "pp", 1);
    world_ok(&w);
    world_close(&w);
}

static void nothing_is_left_of_a_figure_that_ended(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_set(&w, "A", "pp", 3);
    do_product_delete(&w, "A");
    world_ok(&w);
    w.now += 1000;
    compact(&w, w.now, 0);
    assert_int_equal(rows_in(&w, TABLE_LEDGER), 0);
    do_product(&w, "A");
    do_set(&w, "A", "pp", 4);
    world_ok(&w);
    world_close(&w);
}

static void what_is_young_stays(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 3);
    uint64_t ledger = rows_in(&w, TABLE_LEDGER), changes = rows_in(&w, TABLE_CHANGE);
    compact(&w, WORLD_START_MS, 16);
    assert_int_equal(rows_in(&w, TABLE_LEDGER), ledger);
    assert_int_equal(rows_in(&w, TABLE_CHANGE), changes);
    world_close(&w);
}

/* At any time, with chunks of any size, between commands of any kind; the clock may go back. */
static void at_any_time(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct world w;
        struct random random;
        random_seed(&random, seed);
        world_open(&w);
        world_shop(&w, 4);
        do_warehouse(&w, "kot");
        for (int step = 0; step < 120; step++) {
            char sku[2] = {(char)('A' + random_below(&random, 4)), 0};
            const char *place = random_below(&random, 2) ? "pp" : "kot";
            w.now += (int64_t)random_below(&random, 4000) - 500;
            switch (random_below(&random, 8)) {
            case 0: do_set(&w, sku, place, (int64_t)random_below(&random, 30)); break;
            case 1: do_transfer(&w, sku, "pp", "kot", 1); break;
            case 2: do_product(&w, sku); break;
            case 3: do_product_delete(&w, sku); break;
            case 4: do_undo(&w, 1 + random_below(&random, w.result.sequence + 1)); break;
            case 5: do_merge(&w, sku, "B", MERGE_SUM); break;
            default: do_adjust(&w, sku, place, (int64_t)random_below(&random, 5) - 2); break;
            }
            if (random_below(&random, 10)) continue;
            struct buf buf;
            buf_init(&buf, 100);
            command_compact(&buf, w.now - (int64_t)random_below(&random, 60000),
                            16 + (uint32_t)random_below(&random, 30));
            world_do(&w, COMMAND_COMPACT, &buf);
            world_ok(&w);
        }
        world_close(&w);
    }
}

/* ---- orders */

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

static void tell(struct world *w, const char *line, enum order_state state, int64_t ordered_ms)
{
    struct order_view told = order_of(state, 2);
    told.order_id = bytes_text(line);
    told.ordered_ms = told.changed_ms = ordered_ms;
    tell_line(w, line, &told);
    tell_drained(w);
}

static void importing_shop(struct world *w)
{
    world_open(w);
    world_order_shop(w, 1);
}

/* I2: what was forgotten of an order has no second effect, in whatever state it is told again. */
static void an_order_that_was_forgotten_has_no_second_effect(void **state)
{
    (void)state;
    struct world w;
    importing_shop(&w);
    int64_t ordered = w.now;
    tell(&w, "SENT", ORDER_OPEN, ordered);
    tell(&w, "SENT", ORDER_SHIPPED, ordered);
    tell(&w, "OVER", ORDER_OPEN, ordered);
    tell(&w, "OVER", ORDER_CANCELLED, ordered);
    tell(&w, "OPEN", ORDER_OPEN, ordered);
    tell(&w, "WHEN", ORDER_SHIPPED, 0); /* nobody knows when it was ordered */
    assert_int_equal(on_hand(&w, "A", PP), 10 - 2 - 2);
    w.now += 89 * DAY_MS;
    compact(&w, w.now - 90 * DAY_MS, 16);
    assert_int_equal(rows_in(&w, TABLE_ORDER_LINE), 4);
    assert_int_equal(rows_in(&w, TABLE_ORDER_EFFECT), 6);
    w.now += 11 * DAY_MS;
    compact(&w, w.now - 90 * DAY_MS, 16);
    assert_int_equal(rows_in(&w, TABLE_ORDER_EFFECT), 0);
    assert_int_equal(rows_in(&w, TABLE_ORDER_LINE), 2);
    assert_int_equal(rows_in(&w, TABLE_ORDER), 2);
    assert_int_equal(rows_in(&w, TABLE_ORDER_OPEN), 1);
    assert_int_equal(on_hand(&w, "A", PP), 6);
    static const enum order_state states[] = {ORDER_OPEN, ORDER_SHIPPED, ORDER_RETURNED,
                                              ORDER_CANCELLED};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        tell(&w, "SENT", states[i], ordered);
        tell(&w, "OVER", states[i], ordered);
        assert_int_equal(on_hand(&w, "A", PP), 6);
    }
    tell(&w, "OPEN", ORDER_SHIPPED, ordered); /* what was known goes on */
    assert_int_equal(on_hand(&w, "A", PP), 4);
    tell(&w, "NEW", ORDER_SHIPPED, w.now);
    assert_int_equal(on_hand(&w, "A", PP), 2);
    w.now += 100 * DAY_MS;
    compact(&w, w.now - 90 * DAY_MS, 16);
    assert_int_equal(rows_in(&w, TABLE_ORDER_LINE), 1); /* WHEN */
    world_restart(&w);
    tell(&w, "NEW", ORDER_SHIPPED, w.now - 100 * DAY_MS);
    assert_int_equal(on_hand(&w, "A", PP), 2);
    world_close(&w);
}

/* ---- what is not read any more */

static void listings_that_are_gone_go(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    rows_start(&w, 1);
    row_stock(&w, "R1", "LA", 4);
    row_stock(&w, "R1", "LB", 4);
    row_listing(&w, "HAND", "", "", LISTING_ACTIVE);
    rows_end(&w);
    do_map(&w, "shop", "HAND", "A");
    rows_start(&w, 1);
    row_listing(&w, "LA", "A", "", LISTING_GONE);
    row_listing(&w, "HAND", "", "", LISTING_GONE);
    rows_end(&w);
    world_ok(&w);
    assert_int_equal(rows_in(&w, TABLE_LISTING), 3);
    w.now += 100 * DAY_MS;
    rows_start(&w, 1);
    row_stock(&w, "R1", "LB", 4);
    rows_end(&w);
    compact(&w, w.now - 90 * DAY_MS, 16);
    assert_int_equal(rows_in(&w, TABLE_LISTING), 2); /* LB, and what a person tied */
    assert_int_equal(rows_in(&w, TABLE_LISTING_ID), 2);
    assert_int_equal(rows_in(&w, TABLE_OBSERVED), 1);
    rows_start(&w, 1);
    row_listing(&w, "LA", "A", "", LISTING_ACTIVE); /* there again: a new one */
    rows_end(&w);
    world_ok(&w);
    assert_int_equal(rows_in(&w, TABLE_LISTING), 3);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(old_entries_become_one),
    cmocka_unit_test(what_a_kept_command_changed_can_be_undone),
    cmocka_unit_test(nothing_is_left_of_a_figure_that_ended),
    cmocka_unit_test(what_is_young_stays),
    cmocka_unit_test(at_any_time),
    cmocka_unit_test(an_order_that_was_forgotten_has_no_second_effect),
    cmocka_unit_test(listings_that_are_gone_go),
};

TEST_MAIN(cases)
