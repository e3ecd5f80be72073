/* Forgetting the old: figures stay what they are, the store stays whole after every chunk (the
 * fixture verifies it), and tables do not grow for ever. */
#include "engine_fixture.h"

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

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(old_entries_become_one),
    cmocka_unit_test(nothing_is_left_of_a_figure_that_ended),
    cmocka_unit_test(what_is_young_stays),
    cmocka_unit_test(at_any_time),
};

TEST_MAIN(cases)
