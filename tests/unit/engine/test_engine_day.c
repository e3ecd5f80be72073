/* What reports count: once for each thing that happened, in its half-hour, over restarts and
 * dropped groups; forgotten by age; and the check of it can fail. */
#include "engine_orders.h"

#include "engine/day.h"
#include "engine/drift.h"
#include "engine/state.h"

#include "base/random.h"

#include <string.h>

enum { SHOP = 1, MINUTE_MS = 60000 };
#define DAY_MS (DAY_SLOTS * DAY_SLOT_MS)

static struct day_sums sums_of(struct world *w, int64_t from_ms, int64_t until_ms)
{
    struct day_sums sums;
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(day_sum(txn, SHOP, from_ms, until_ms, &sums), ST_OK);
    store_abort(txn);
    return sums;
}

static struct day_sums all_of(struct world *w)
{
    return sums_of(w, 0, INT64_C(100) * 365 * DAY_MS);
}

static void outcomes_are_counted_over_a_restart(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 4);
    assert_int_equal(do_select(&w, SHOP, 100), 4);
    const int64_t first = w.now;
    rows_start(&w, SHOP);
    row_outcome(&w, &w.batch.items[0], OUTCOME_UNRESOLVED, 0);
    row_outcome(&w, &w.batch.items[1], OUTCOME_REJECTED, 0);
    row_outcome(&w, &w.batch.items[2], OUTCOME_OK, 0);
    row_outcome(&w, &w.batch.items[3], OUTCOME_RETRY, 0);
    row_flight_ended(&w);
    assert_int_equal(rows_end(&w), ST_OK);
    do_outcomes(&w, OUTCOME_OK); /* the unresolved one; the others are closed already */
    world_restart(&w);
    w.now += DAY_SLOT_MS;
    do_set(&w, "C", "pp", 4);
    assert_true(do_select(&w, SHOP, 100) >= 1);
    w.now += 700;
    do_outcomes(&w, OUTCOME_OK);
    struct day_sums s = all_of(&w);
    assert_int_equal(s.of[DAY_REJECTED], 1);
    assert_int_equal(s.of[DAY_FAILED], 1);
    assert_true(s.of[DAY_CONFIRMED] >= 3);
    struct day_sums then = sums_of(&w, first - DAY_SLOT_MS, first + 1);
    assert_int_equal(then.of[DAY_CONFIRMED], 2);
    assert_int_equal(then.of[DAY_REJECTED], 1);
    struct day_sums later = sums_of(&w, first + 1, w.now + 1);
    assert_int_equal(later.of[DAY_CONFIRMED] + then.of[DAY_CONFIRMED], s.of[DAY_CONFIRMED]);
    assert_int_equal(later.of[DAY_REJECTED], 0);
    world_close(&w);
}

static void the_slowest_change_is_named(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    do_push_all(&w, SHOP);
    do_set(&w, "B", "pp", 3);
    w.now += 90 * 1000;
    do_set(&w, "A", "pp", 3);
    assert_int_equal(do_select(&w, SHOP, 100), 2);
    w.now += 500;
    do_outcomes(&w, OUTCOME_OK);
    struct day_sums s = all_of(&w);
    assert_int_equal(s.of[DAY_SLOWEST_MS], 90500);
    assert_int_equal(s.of[DAY_SLOWEST_PRODUCT], (int64_t)product_no(&w, "B"));
    assert_true(s.of[DAY_ARRIVED_MS] >= 91000);
    assert_int_equal(s.of[DAY_ARRIVED], 4);
    world_close(&w);
}

static void nothing_of_a_dropped_group_is_counted(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    struct store_txn *txn = world_begin(&w);
    day_count(w.engine->days, SHOP, w.now, DAY_CONFIRMED, 5);
    engine_group_drop(w.engine);
    store_abort(txn);
    txn = world_begin(&w);
    day_count(w.engine->days, SHOP, w.now, DAY_CONFIRMED, 2);
    day_count(w.engine->days, SHOP, w.now, DAY_CONFIRMED, 0);
    day_count(w.engine->days, SHOP + 1, w.now, DAY_CONFIRMED, 9);
    day_count(w.engine->days, SHOP, w.now, DAY_CONFIRMED, 1);
    world_commit(&w, txn);
    assert_int_equal(all_of(&w).of[DAY_CONFIRMED], 3);
    world_close(&w);
}

static void drift_is_found_and_mended(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    do_push_all(&w, SHOP);
    w.now += 60 * MINUTE_MS;
    rows_start(&w, SHOP);
    row_stock(&w, "R1", "LA", 25); /* higher: mended at once */
    row_stock(&w, "R1", "LB", 9);  /* lower: left for the seller's own system */
    assert_int_equal(rows_end(&w), ST_OK);
    struct day_sums s = all_of(&w);
    assert_int_equal(s.of[DAY_DRIFT_FOUND], 2);
    assert_int_equal(s.of[DAY_DRIFT_MENDED], 1);
    w.now += MINUTE_MS;
    rows_start(&w, SHOP);
    row_stock(&w, "R1", "LB", 9); /* the same one */
    assert_int_equal(rows_end(&w), ST_OK);
    assert_int_equal(all_of(&w).of[DAY_DRIFT_FOUND], 2);
    world_close(&w);
}

static void tell(struct world *w, const char *line, enum order_state state, int64_t quantity,
                 bool oversell)
{
    struct order_view told = order_of(state, quantity);
    told.oversell = oversell;
    tell_line(w, line, &told);
}

static void what_orders_take_beyond_is_oversold(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_order_shop(&w, 1); /* ten of A */
    tell(&w, "1", ORDER_OPEN, 8, false);
    assert_int_equal(all_of(&w).of[DAY_OVERSOLD], 0);
    tell(&w, "2", ORDER_OPEN, 5, false); /* two were left */
    assert_int_equal(all_of(&w).of[DAY_OVERSOLD], 3);
    tell(&w, "2", ORDER_OPEN, 5, false);
    tell(&w, "2", ORDER_SHIPPED, 5, false); /* the same pieces */
    assert_int_equal(all_of(&w).of[DAY_OVERSOLD], 3);
    tell(&w, "3", ORDER_OPEN, 2, false);
    assert_int_equal(all_of(&w).of[DAY_OVERSOLD], 5);
    tell(&w, "1", ORDER_CANCELLED, 8, false);
    do_set(&w, "A", "pp", 20);
    tell(&w, "4", ORDER_OPEN, 4, true); /* there are enough, but the marketplace had none */
    tell(&w, "4", ORDER_SHIPPED, 4, true);
    assert_int_equal(all_of(&w).of[DAY_OVERSOLD], 9);
    world_close(&w);
}

static void service_is_split_at_half_hours(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct store_txn *txn = world_begin(&w);
    const int64_t begin = 2 * DAY_MS, end = begin + DAY_SLOT_MS + MINUTE_MS;
    engine_day_served(w.engine, SHOP, end, 3 * MINUTE_MS, true);
    engine_day_served(w.engine, SHOP, end + MINUTE_MS, MINUTE_MS, false);
    engine_day_served(w.engine, SHOP, begin, MINUTE_MS, true); /* the day before */
    world_commit(&w, txn);
    assert_int_equal(rows_in(&w, TABLE_REPORT_DAY), 2);
    struct day_sums first = sums_of(&w, begin, begin + DAY_SLOT_MS);
    assert_int_equal(first.of[DAY_KNOWN_MS], 2 * MINUTE_MS);
    struct day_sums second = sums_of(&w, begin + DAY_SLOT_MS, begin + 2 * DAY_SLOT_MS);
    assert_int_equal(second.of[DAY_KNOWN_MS], 2 * MINUTE_MS);
    assert_int_equal(second.of[DAY_SERVED_MS], MINUTE_MS);
    assert_int_equal(all_of(&w).of[DAY_SERVED_MS], 4 * MINUTE_MS);
    world_close(&w);
}

/* Midnight in Nepal is a quarter past six in the evening. */
static void a_day_begins_at_any_quarter(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    struct store_txn *txn = world_begin(&w);
    const int64_t midnight = 2 * DAY_MS + (18 * 60 + 15) * MINUTE_MS;
    engine_day_served(w.engine, SHOP, midnight, MINUTE_MS, true);
    engine_day_served(w.engine, SHOP, midnight + 2 * MINUTE_MS, 2 * MINUTE_MS, true);
    world_commit(&w, txn);
    assert_int_equal(sums_of(&w, midnight - DAY_MS, midnight).of[DAY_KNOWN_MS], MINUTE_MS);
    assert_int_equal(sums_of(&w, midnight, midnight + DAY_MS).of[DAY_KNOWN_MS], 2 * MINUTE_MS);
    world_close(&w);
}

/* As a daemon that counted by half-hours left it: the third of the day, and the last. */
static void rows_of_half_hours_are_read_and_go_on(void **state)
{
    (void)state;
    static const uint8_t row[] = {1, 2, 1, 7, 47, 1, 9};
    struct day day, again;
    struct buf out;
    assert_int_equal(day_read(bytes_of(row, sizeof row), &day), ST_OK);
    assert_int_equal(day.slots[4].of[DAY_CONFIRMED], 7);
    assert_int_equal(day.slots[94].of[DAY_CONFIRMED], 9);
    buf_init(&out, 16 << 10);
    day_write(&out, &day);
    assert_int_equal(day_read(bytes_of(out.data, out.size), &again), ST_OK);
    assert_memory_equal(&day, &again, sizeof day);
    buf_free(&out);
    uint8_t beyond[sizeof row];
    memcpy(beyond, row, sizeof row);
    beyond[4] = 48;
    assert_int_equal(day_read(bytes_of(beyond, sizeof beyond), &day), ST_DAMAGED);
}

static void compact(struct world *w, int64_t before_ms)
{
    do {
        struct buf buf;
        buf_init(&buf, 100);
        command_compact(&buf, before_ms, 16);
        world_do(w, COMMAND_COMPACT, &buf);
        world_ok(w);
    } while (w->result.more);
}

static void days_go_by_age(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    for (int day = 0; day < 40; day++) {
        do_set(&w, "A", "pp", 1 + day % 2);
        do_push_all(&w, SHOP);
        struct store_txn *txn = world_begin(&w);
        for (uint32_t account = 0; account < 5; account++)
            engine_day_served(w.engine, account, w.now, MINUTE_MS, true);
        world_commit(&w, txn);
        w.now += DAY_MS;
    }
    const uint64_t rows = rows_in(&w, TABLE_REPORT_DAY);
    assert_true(rows >= 200 && rows <= 205);
    compact(&w, w.now - 10 * DAY_MS);
    assert_true(rows_in(&w, TABLE_REPORT_DAY) <= 11 * 5);
    assert_true(rows_in(&w, TABLE_REPORT_DAY) >= 10 * 5);
    assert_true(all_of(&w).of[DAY_CONFIRMED] >= 10);
    world_close(&w);
}

static uint64_t findings_of(struct world *w)
{
    struct store_txn *txn;
    struct verify_result result;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(engine_verify(txn, NULL, &result, NULL), ST_OK);
    store_abort(txn);
    return result.findings;
}

static void rows_drop(struct world *w, bool span)
{
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_WRITE, &txn, NULL), ST_OK);
    struct store_cursor *cursor = store_cursor(txn, TABLE_REPORT_DAY);
    while (store_next(cursor, NULL, NULL) == ST_OK)
        store_cursor_delete(cursor);
    store_cursor_close(cursor);
    if (span) store_delete(txn, TABLE_META, bytes_text("report-days"));
    assert_int_equal(store_commit(txn, NULL), ST_OK);
}

static void what_is_missing_is_found_but_not_in_old_stores(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    do_push_all(&w, SHOP);
    assert_int_equal(findings_of(&w), 0);
    rows_drop(&w, false);
    assert_int_equal(findings_of(&w), 1); /* two figures are known to be confirmed */
    rows_drop(&w, true);                  /* as of a store from before there were any */
    assert_int_equal(findings_of(&w), 0);
    world_restart(&w);
    do_set(&w, "A", "pp", 5);
    do_push_all(&w, SHOP);
    assert_int_equal(findings_of(&w), 0);
    w.now += 2 * DAY_SLOT_MS;
    do_set(&w, "A", "pp", 6);
    do_push_all(&w, SHOP);
    assert_true(all_of(&w).of[DAY_CONFIRMED] >= 2);
    rows_drop(&w, false);
    assert_int_equal(findings_of(&w), 1);
    w.unverified = true;
    world_close(&w);
}

static void any_bytes_are_a_day_or_damaged(void **state)
{
    (void)state;
    struct random random;
    struct buf out;
    random_seed(&random, 7);
    buf_init(&out, 64 << 10);
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[64];
        struct day day, again;
        size_t size = random_below(&random, sizeof bytes);
        for (size_t k = 0; k < size; k++)
            bytes[k] = (uint8_t)(random_u64(&random) >> (k % 3 * 8));
        if (size) bytes[0] = (uint8_t)(1 + i % 2);
        if (size > 1) bytes[1] %= DAY_SLOTS;
        if (day_read(bytes_of(bytes, size), &day) != ST_OK) continue;
        buf_reset(&out);
        day_write(&out, &day);
        assert_int_equal(day_read(bytes_of(out.data, out.size), &again), ST_OK);
        assert_memory_equal(&day, &again, sizeof day);
    }
    buf_free(&out);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(outcomes_are_counted_over_a_restart),
    cmocka_unit_test(the_slowest_change_is_named),
    cmocka_unit_test(nothing_of_a_dropped_group_is_counted),
    cmocka_unit_test(drift_is_found_and_mended),
    cmocka_unit_test(what_orders_take_beyond_is_oversold),
    cmocka_unit_test(service_is_split_at_half_hours),
    cmocka_unit_test(a_day_begins_at_any_quarter),
    cmocka_unit_test(rows_of_half_hours_are_read_and_go_on),
    cmocka_unit_test(days_go_by_age),
    cmocka_unit_test(what_is_missing_is_found_but_not_in_old_stores),
    cmocka_unit_test(any_bytes_are_a_day_or_damaged),
};
TEST_MAIN(cases)
