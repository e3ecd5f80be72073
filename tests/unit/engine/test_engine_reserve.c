/* Reservations by hand, and what changes with time (I6). */
#include "engine_fixture.h"

#include <string.h>

static enum status reserve(struct world *w, const char *sku, int64_t quantity, int64_t until_ms)
{
    struct buf buf;
    buf_init(&buf, 1000);
    const struct reserve ask = {.sku = bytes_text(sku),
                                .warehouse = bytes_text("pp"),
                                .quantity = quantity,
                                .until_ms = until_ms,
                                .note = bytes_text("for the fair")};
    command_reserve(&buf, &ask);
    return world_do(w, COMMAND_RESERVE, &buf);
}

static enum status release(struct world *w, uint64_t number)
{
    struct buf buf;
    buf_init(&buf, 1000);
    command_release(&buf, number);
    return world_do(w, COMMAND_RELEASE, &buf);
}

static void wake(struct world *w, uint32_t limit)
{
    struct buf buf;
    buf_init(&buf, 1000);
    command_wake(&buf, limit);
    assert_int_equal(world_do(w, COMMAND_WAKE, &buf), ST_OK);
}

static int64_t wake_next(struct world *w)
{
    struct error error = {0};
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, &error), ST_OK);
    int64_t due = engine_wake_next(txn);
    store_abort(txn);
    return due;
}

static int64_t shown(struct world *w)
{
    return target_of(w, "LA", "R1").wanted_value;
}

static void a_reservation_lowers_what_is_shown_until_it_is_released(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    assert_int_equal(reserve(&w, "A", 4, 0), ST_OK);
    uint64_t number = w.result.reservation;
    assert_int_equal(shown(&w), 6);
    assert_int_equal(wake_next(&w), INT64_MAX);
    assert_int_equal(release(&w, number), ST_OK);
    assert_int_equal(shown(&w), 10);
    assert_int_equal(release(&w, number), ST_NOT_FOUND);
    world_close(&w);
}

static void it_ends_by_itself_also_after_a_restart(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    assert_int_equal(reserve(&w, "A", 4, w.now + 5000), ST_OK);
    assert_int_equal(reserve(&w, "A", 1, w.now + 9000), ST_OK);
    assert_int_equal(wake_next(&w), w.now + 5000);
    wake(&w, 10);
    assert_int_equal(shown(&w), 5);
    world_restart(&w);
    const struct engine_rules rules = {.route_count = 1, .routes = {{.max_items = 10}}};
    engine_rules_set(w.engine, 1, &rules);
    w.now += 5000;
    wake(&w, 10);
    assert_int_equal(shown(&w), 9);
    w.now += 5000;
    wake(&w, 10);
    assert_int_equal(shown(&w), 10);
    assert_int_equal(rows_in(&w, TABLE_RESERVATION), 0);
    world_close(&w);
}

static void many_that_end_at_once_end_in_chunks(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    for (int i = 0; i < 7; i++)
        assert_int_equal(reserve(&w, "A", 1, w.now + 1000), ST_OK);
    w.now += 1000;
    wake(&w, 3);
    assert_true(w.result.more);
    wake(&w, 3);
    wake(&w, 3);
    assert_false(w.result.more);
    assert_int_equal(shown(&w), 10);
    world_close(&w);
}

static void released_early_it_does_not_end_twice(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    assert_int_equal(reserve(&w, "A", 4, w.now + 5000), ST_OK);
    assert_int_equal(release(&w, w.result.reservation), ST_OK);
    assert_int_equal(wake_next(&w), INT64_MAX);
    w.now += 6000;
    wake(&w, 10);
    assert_int_equal(shown(&w), 10);
    world_close(&w);
}

static void what_cannot_be_promised_is_refused(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    assert_int_equal(reserve(&w, "A", 11, 0), ST_CONFLICT);
    world_refused(&w, ST_CONFLICT, "'A' has 10 available in 'pp', not 11");
    assert_int_equal(reserve(&w, "A", 0, 0), ST_INVALID);
    assert_int_equal(reserve(&w, "A", -5, 0), ST_INVALID);
    assert_int_equal(reserve(&w, "A", 1, w.now), ST_INVALID);
    assert_int_equal(reserve(&w, "Z", 1, 0), ST_NOT_FOUND);
    assert_int_equal(rows_in(&w, TABLE_RESERVATION), 0);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_reservation_lowers_what_is_shown_until_it_is_released),
    cmocka_unit_test(it_ends_by_itself_also_after_a_restart),
    cmocka_unit_test(many_that_end_at_once_end_in_chunks),
    cmocka_unit_test(released_early_it_does_not_end_twice),
    cmocka_unit_test(what_cannot_be_promised_is_refused),
};

TEST_MAIN(cases)
