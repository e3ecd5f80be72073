/* Exposure to oversells: the formula, piece by piece, with a hook as the other place that sells. */
#include "base/mem.h"
#include "engine/hook.h"
#include "engine/rule_plan.h"
#include "engine_fixture.h"
#include "query/exposure.h"

#include <stdio.h>
#include <string.h>

enum { SECOND_MS = 1000, DAY_MS = 24 * 60 * 60 * 1000, ORDERS = 6 };
/* Of ORDERS orders of so many pieces a lag of one second is one piece. */
enum { PIECES = EXPOSURE_DAYS * 24 * 60 * 60 / ORDERS };

static void order(struct world *w, int number, int64_t ordered_ms, enum order_state state)
{
    char id[16];
    struct buf payload;
    struct hook_line line = {.sku = bytes_text("A"), .quantity = PIECES};
    snprintf(id, sizeof id, "%d", number);
    const struct hook_order one = {.id = bytes_text(id),
                                   .state = state,
                                   .ordered_ms = ordered_ms,
                                   .lines = &line,
                                   .line_count = 1};
    struct hook_orders orders = {.head = {.name = bytes_text("site"),
                                          .keep_ms = DAY_MS,
                                          .least_ms = 1,
                                          .warehouse = bytes_text("pp")},
                                 .orders = &one,
                                 .order_count = 1};
    snprintf((char *)orders.head.delivery, sizeof orders.head.delivery, "%d-%d", number,
             (int)state);
    buf_init(&payload, 1000);
    command_hook_orders(&payload, &orders);
    assert_int_equal(world_do(w, COMMAND_HOOK_ORDERS, &payload), ST_OK);
}

/* Orders that were known after `lag_ms`, and their figure is there. */
static void open_sold(struct world *w, int64_t lag_ms)
{
    world_open(w);
    world_shop(w, 2);
    w->now += 10 * (int64_t)DAY_MS;
    do_set(w, "A", "pp", 1000000);
    for (int i = 0; i < ORDERS; i++)
        order(w, i, w->now - lag_ms, ORDER_OPEN);
    do_push_all(w, 1);
}

static bool take(void *ctx, const struct exposure *exposure)
{
    *(struct exposure *)ctx = *exposure;
    return true;
}

static struct exposure exposure_of(struct world *w, const char *sku)
{
    struct store_txn *txn;
    struct query query;
    struct exposure found = {0};
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(query_open(&query, txn, NULL), ST_OK);
    assert_int_equal(query_exposure(&query, product_no(w, sku), w->now, take, &found), ST_OK);
    query_close(&query);
    store_abort(txn);
    return found;
}

static void it_is_rate_times_lag_less_the_buffer(void **state)
{
    (void)state;
    struct world w;
    open_sold(&w, 12 * SECOND_MS);
    struct exposure e = exposure_of(&w, "A");
    assert_int_equal(e.sold, ORDERS * PIECES);
    assert_int_equal(e.visibility_ms, 12 * SECOND_MS);
    assert_int_equal(e.propagation_ms, 0);
    assert_int_equal(e.milli, 12 * EXPOSURE_MILLI);
    /* A change that is not there yet: so long it may be longer. */
    do_adjust(&w, "A", "pp", -1);
    w.now += 5 * SECOND_MS;
    e = exposure_of(&w, "A");
    assert_int_equal(e.propagation_ms, 5 * SECOND_MS);
    assert_int_equal(e.milli, 17 * EXPOSURE_MILLI);
    do_push_all(&w, 1);
    assert_int_equal(exposure_of(&w, "A").propagation_ms, 5 * SECOND_MS); /* what it took */
    /* What is kept back is there for this. */
    struct buf payload;
    struct rule_change change = {.sku = bytes_text("A"), .account = bytes_text("shop")};
    change.rule.given = 1u << RULE_BUFFER;
    change.rule.fields[RULE_BUFFER] = 16;
    buf_init(&payload, 1000);
    command_rule_set(&payload, &change, 1);
    assert_int_equal(world_do(&w, COMMAND_RULE_SET, &payload), ST_OK);
    do_push_all(&w, 1);
    e = exposure_of(&w, "A");
    assert_int_equal(e.buffer, 16);
    assert_true(e.milli < EXPOSURE_MILLI * 2);
    /* Never more than what is shown. */
    world_close(&w);
}

static void never_more_than_is_shown(void **state)
{
    (void)state;
    struct world w;
    open_sold(&w, 12 * SECOND_MS);
    do_set(&w, "A", "pp", ORDERS * PIECES + 3);
    do_push_all(&w, 1);
    struct exposure e = exposure_of(&w, "A");
    assert_int_equal(e.shown, 3);
    assert_int_equal(e.milli, 3 * EXPOSURE_MILLI);
    world_close(&w);
}

static void what_is_old_cancelled_or_its_own_does_not_count(void **state)
{
    (void)state;
    struct world w;
    open_sold(&w, 12 * SECOND_MS);
    for (int i = 0; i < ORDERS; i++)
        order(&w, i, 0, i < ORDERS / 2 ? ORDER_CANCELLED : ORDER_SHIPPED);
    struct exposure e = exposure_of(&w, "A");
    assert_int_equal(e.sold, ORDERS / 2 * PIECES);
    assert_int_equal(e.visibility_ms, EXPOSURE_ASSUMED_MS); /* none is open: no sample */
    w.now += EXPOSURE_DAYS * (int64_t)DAY_MS;
    assert_int_equal(exposure_of(&w, "A").sold, 0);
    assert_int_equal(exposure_of(&w, "B").sold, 0);
    world_close(&w);
}

static void the_list_has_the_worst_first(void **state)
{
    (void)state;
    struct world w;
    struct store_txn *txn;
    struct query query;
    struct exposures all;
    open_sold(&w, 12 * SECOND_MS);
    assert_int_equal(store_begin(w.store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(query_open(&query, txn, NULL), ST_OK);
    assert_int_equal(query_exposures(&query, w.now, &all), ST_OK);
    assert_true(all.whole);
    assert_int_equal(all.count, 1);
    assert_int_equal(all.list[0].product, product_no(&w, "A"));
    assert_int_equal(all.list[0].milli, 12 * EXPOSURE_MILLI);
    mem_free(all.list);
    query_close(&query);
    store_abort(txn);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(it_is_rate_times_lag_less_the_buffer),
    cmocka_unit_test(never_more_than_is_shown),
    cmocka_unit_test(what_is_old_cancelled_or_its_own_does_not_count),
    cmocka_unit_test(the_list_has_the_worst_first),
};

TEST_MAIN(cases)
