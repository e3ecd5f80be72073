/* Orders and what the marketplace shows: it lowers its own figure when a buyer orders, and may give
 * back when the order is cancelled. And accounts whose orders stop being imported. */
#include "engine_orders.h"

#include <stdio.h>
#include <string.h>

enum { PP = 1 };

/* A shop whose orders are imported, and that shows ten; a drain came after that. */
static void shop(struct world *w)
{
    world_open(w);
    world_shop(w, 2);
    world_import_orders(w);
    do_push_all(w, 1);
    w->now += 60000;
    w->drained = w->now;
    w->now += 10000;
}

/* Exactly this is sent next. */
static void assert_sends(struct world *w, int64_t figure)
{
    w->now += 60000;
    assert_int_equal(do_select(w, 1, 10), 1);
    assert_int_equal(w->batch.items[0].wanted, figure);
}

/* ---- sold */

static void what_the_marketplace_lowered_itself_is_not_sent_again(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_now(&w, ORDER_OPEN, 3);
    w.now += 1000;
    tell_line(&w, "1", &told);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 7);
    assert_int_equal(do_select(&w, 1, 10), 0);
    do_adjust(&w, "A", "pp", 3); /* ten again: the marketplace shows seven */
    assert_sends(&w, 10);
    world_close(&w);
}

/* Neither an order from around the write, nor one whose time says "after" when no drain has said
 * since that there was none. */
static void an_order_that_may_be_older_than_the_write_makes_it_be_sent_again(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct world w;
        shop(&w);
        struct order_view told = order_now(&w, ORDER_OPEN, 3);
        if (i == 0) told.ordered_ms -= 70000;
        if (i == 1) w.drained = 0;
        tell_line(&w, "1", &told);
        do_adjust(&w, "A", "pp", 3);
        assert_sends(&w, 10);
        world_close(&w);
    }
}

static void a_write_under_way_does_not_say_what_is_shown(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    do_adjust(&w, "A", "pp", -2);
    assert_sends(&w, 8);
    struct order_view told = order_now(&w, ORDER_OPEN, 3);
    tell_line(&w, "1", &told);
    do_outcomes(&w, OUTCOME_OK); /* eight, or five by now */
    do_adjust(&w, "A", "pp", 3);
    assert_sends(&w, 8);
    do_outcomes(&w, OUTCOME_OK);
    w.now += 60000;
    assert_int_equal(do_select(&w, 1, 10), 0);
    world_close(&w);
}

/* Taken, and another figure is read each time, for buyers order while it is under way: that is no
 * write without effect, however often. */
static void what_buyers_move_is_not_refused(void **state)
{
    (void)state;
    enum { TIMES = 12 };
    struct world w;
    shop(&w);
    do_set(&w, "A", "pp", 0);
    for (int i = 0; i < TIMES; i++) {
        char line[8];
        snprintf(line, sizeof line, "%d", i);
        w.now += 3600 * 1000;
        assert_int_equal(do_select(&w, 1, 10), 1);
        assert_int_equal(w.batch.items[0].wanted, 0);
        struct order_view told = order_now(&w, ORDER_OPEN, 1);
        tell_line(&w, line, &told);
        do_outcomes(&w, OUTCOME_ACCEPTED);
        w.now += 60000;
        rows_start(&w, 1);
        row_stock(&w, "R1", "LA", 2);
        rows_end(&w);
        if (target_of(&w, "LA", "R1").flags & TARGET_REJECTED) fail_msg("after %d writes", i + 1);
    }
    world_close(&w);
}

/* ... nor where what is sold out is in no list any more; and the next one goes at once, or what
 * sells best would be on sale least. */
static void what_buyers_take_at_once_is_written_on(void **state)
{
    (void)state;
    enum { TIMES = 12 };
    struct world w;
    shop(&w);
    do_set(&w, "A", "pp", 1000);
    for (int i = 0; i < TIMES; i++) {
        char line[8];
        snprintf(line, sizeof line, "%d", i);
        w.now += 1000;
        if (do_select(&w, 1, 10) != 1) fail_msg("nothing goes after %d writes", i);
        struct order_view told = order_now(&w, ORDER_OPEN, 1);
        tell_line(&w, line, &told);
        do_outcomes(&w, OUTCOME_ACCEPTED);
        w.now += 60000;
        rows_start(&w, 1);
        row_stock(&w, "R1", "LA", FIGURE_UNKNOWN); /* no row */
        rows_end(&w);
        if (target_of(&w, "LA", "R1").flags & TARGET_REJECTED) fail_msg("after %d writes", i + 1);
    }
    world_close(&w);
}

static void a_reading_from_before_the_order_proves_nothing(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    w.begun = w.now;
    w.drained = 0;
    w.now += 2000;
    struct order_view told = order_now(&w, ORDER_OPEN, 3);
    tell_line(&w, "1", &told);
    do_adjust(&w, "A", "pp", 3);
    rows_start(&w, 1);
    row_stock(&w, "R1", "LA", 10); /* as it was then: seven are shown now */
    rows_end(&w);
    assert_sends(&w, 10);
    world_close(&w);
}

/* ---- cancelled */

static void pieces_that_did_not_come_back_are_shown_again(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_now(&w, ORDER_CANCELLED, 3); /* ordered and cancelled unseen */
    tell_line(&w, "1", &told);
    assert_sends(&w, 10);
    world_close(&w);
}

static void pieces_that_came_back_by_themselves_are_not_forgotten(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_now(&w, ORDER_OPEN, 3);
    tell_line(&w, "1", &told);
    do_adjust(&w, "A", "pp", -3);
    told.state = ORDER_CANCELLED;
    tell_line(&w, "1", &told); /* seven are there, and ten may be shown */
    assert_sends(&w, 7);
    world_close(&w);
}

/* ---- the cut-over, and leaving */

static void increases_wait_until_the_cut_over_is_over(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_push_all(&w, 1);
    w.now += 60000;
    assert_int_equal(do_orders(&w, "shop", true), ST_OK);
    do_set(&w, "A", "pp", 20);
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_true(w.batch.barred);
    do_set(&w, "A", "pp", 4);
    assert_sends(&w, 4);
    do_outcomes(&w, OUTCOME_OK);
    do_set(&w, "A", "pp", 20);
    tell_drained(&w);
    assert_sends(&w, 20);
    world_close(&w);
}

static void what_is_open_goes_when_orders_are_not_imported_any_more(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_now(&w, ORDER_OPEN, 1);
    char line[16];
    for (int i = 0; i < 150; i++) { /* more than one chunk */
        snprintf(line, sizeof line, "%d", i);
        tell_line(&w, line, &told);
    }
    told.refs[0].value = bytes_text("none");
    tell_line(&w, "held", &told);
    struct order_view left = order_now(&w, ORDER_SHIPPED, 2);
    tell_line(&w, "left", &left);
    assert_stock(&w, "A", PP, 8, 150);
    assert_int_equal(do_orders(&w, "shop", false), ST_OK);
    do_sweeps(&w, 50);
    assert_stock(&w, "A", PP, 8, 0);
    assert_int_equal(rows_in(&w, TABLE_ORDER_OPEN), 0);
    assert_int_equal(rows_in(&w, TABLE_ORDER_HELD), 0);
    world_close(&w);
}

static void and_is_taken_up_again_when_they_are(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view open = order_now(&w, ORDER_OPEN, 3), over = order_now(&w, ORDER_OPEN, 4);
    struct order_view theirs = order_now(&w, ORDER_OPEN, 5);
    theirs.marketplace_stock = true;
    tell_line(&w, "open", &open);
    tell_line(&w, "over", &over);
    tell_line(&w, "theirs", &theirs);
    assert_int_equal(do_orders(&w, "shop", false), ST_OK);
    do_sweeps(&w, 50);
    over.state = ORDER_SHIPPED;
    tell_line(&w, "over", &over); /* not listened to */
    assert_int_equal(do_orders(&w, "shop", true), ST_OK);
    tell_line(&w, "open", &open);
    tell_line(&w, "over", &over);
    tell_line(&w, "theirs", &theirs);
    tell_drained(&w);
    assert_stock(&w, "A", PP, 10, 3);
    open.state = ORDER_SHIPPED;
    tell_line(&w, "open", &open);
    assert_stock(&w, "A", PP, 7, 0);
    world_close(&w);
}

/* Imported again before the sweep came to it. */
static void a_sweep_that_comes_too_late_lets_nothing_go(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_now(&w, ORDER_OPEN, 3);
    tell_line(&w, "1", &told);
    assert_int_equal(do_orders(&w, "shop", false), ST_OK);
    assert_int_equal(do_orders(&w, "shop", true), ST_OK);
    do_sweeps(&w, 50);
    assert_stock(&w, "A", PP, 10, 3);
    world_close(&w);
}

/* Deleted with its product it is exempt for another reason, and open for all anybody knows. */
static void what_was_let_go_stays_so_when_its_product_goes(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_now(&w, ORDER_OPEN, 3);
    tell_line(&w, "1", &told);
    assert_int_equal(do_orders(&w, "shop", false), ST_OK);
    do_sweeps(&w, 50);
    assert_int_equal(rows_in(&w, TABLE_ORDER_OPEN), 0);
    do_product_delete(&w, "A");
    world_ok(&w);
    world_verify(&w);
    assert_int_equal(rows_in(&w, TABLE_ORDER_OPEN), 0);
    do_undo(&w, w.result.sequence);
    world_ok(&w);
    world_verify(&w);
    assert_int_equal(rows_in(&w, TABLE_ORDER_OPEN), 0);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_the_marketplace_lowered_itself_is_not_sent_again),
    cmocka_unit_test(an_order_that_may_be_older_than_the_write_makes_it_be_sent_again),
    cmocka_unit_test(a_write_under_way_does_not_say_what_is_shown),
    cmocka_unit_test(what_buyers_move_is_not_refused),
    cmocka_unit_test(what_buyers_take_at_once_is_written_on),
    cmocka_unit_test(a_reading_from_before_the_order_proves_nothing),
    cmocka_unit_test(pieces_that_did_not_come_back_are_shown_again),
    cmocka_unit_test(pieces_that_came_back_by_themselves_are_not_forgotten),
    cmocka_unit_test(increases_wait_until_the_cut_over_is_over),
    cmocka_unit_test(what_is_open_goes_when_orders_are_not_imported_any_more),
    cmocka_unit_test(and_is_taken_up_again_when_they_are),
    cmocka_unit_test(a_sweep_that_comes_too_late_lets_nothing_go),
    cmocka_unit_test(what_was_let_go_stays_so_when_its_product_goes),
};

TEST_MAIN(cases)
