/* The seller's warehouses, remote warehouses, links, and the sweeps that links leave behind. */
#include "engine_fixture.h"

static void warehouses(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    do_warehouse(&w, "pp");
    world_ok(&w);
    do_warehouse(&w, "pp");
    assert_false(w.result.changed);
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_warehouse_put(&buf, bytes_text("pp"), bytes_text("Main"));
    world_do(&w, COMMAND_WAREHOUSE_PUT, &buf);
    assert_true(w.result.changed);
    static const char *const bad[] = {"", "PP", "-p", "p p", "\xd0\xbf"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        do_warehouse(&w, bad[i]);
        assert_int_equal(w.status, ST_INVALID);
    }
    assert_string_equal(w.error.text,
                        "a warehouse is named by 1 to 63 small letters, digits, '-', '_' or '.', "
                        "beginning with a letter or digit; '\xd0\xbf' is not");
    assert_int_equal(rows_in(&w, TABLE_WAREHOUSE), 1);
    world_close(&w);
}

static void a_link_makes_targets_and_unlinking_removes_them(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 3);
    assert_int_equal(rows_in(&w, TABLE_TARGET), 3);
    rows_start(&w, 1);
    row_remote(&w, "R2", true);
    assert_int_equal(rows_end(&w), ST_OK);
    do_link(&w, "pp", "shop", "R2");
    world_ok(&w);
    assert_true(engine_touched_take(w.engine).sweeps);
    assert_int_equal(rows_in(&w, TABLE_TARGET), 3); /* not yet: the sweep makes them */
    do_sweeps(&w, 2);
    assert_int_equal(rows_in(&w, TABLE_TARGET), 6);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 6);
    assert_int_equal(target_of(&w, "LB", "R2").wanted_value, 10);
    do_link(&w, "pp", "shop", "R2");
    assert_false(w.result.changed);
    do_unlink(&w, "pp", "shop", "R2");
    world_ok(&w);
    do_sweeps(&w, 2);
    assert_int_equal(rows_in(&w, TABLE_TARGET), 3);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 3);
    do_unlink(&w, "pp", "shop", "R2");
    world_refused(
        &w, ST_NOT_FOUND,
        "'pp' is not linked to 'R2' of account 'shop'; `stockctl warehouse list` shows the "
        "links");
    world_close(&w);
}

static void a_sweep_goes_on_after_a_restart(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 5);
    do_link(&w, "pp", "shop", "R2");
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_sweep(&buf, 2);
    world_do(&w, COMMAND_SWEEP, &buf);
    assert_true(w.result.more);
    assert_int_equal(w.result.rows, 2);
    world_restart(&w);
    do_sweeps(&w, 2);
    assert_int_equal(rows_in(&w, TABLE_TARGET), 10);
    assert_int_equal(rows_in(&w, TABLE_SWEEP), 0);
    do_sweeps(&w, 2); /* with none it does nothing */
    assert_false(w.result.changed);
    world_close(&w);
}

static void two_warehouses_feed_one(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_warehouse(&w, "kot");
    do_link(&w, "kot", "shop", "R1");
    do_sweeps(&w, 0);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_int_equal(t.hold, HOLD_UNCOUNTED); /* never counted in kot: not a zero (I9) */
    assert_false(t.flags & TARGET_WANTED);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 0);
    do_set(&w, "A", "kot", 0);
    t = target_of(&w, "LA", "R1");
    assert_int_equal(t.hold, 0);
    assert_int_equal(t.wanted_value, 10);
    do_set(&w, "A", "kot", 5);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 15);
    do_adjust(&w, "A", "kot", -8); /* below 0 counts as nothing there, and takes nothing from pp */
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 10);
    do_set(&w, "A", "pp", 0);
    t = target_of(&w, "LA", "R1");
    assert_int_equal(t.wanted_value, 0);
    assert_int_equal(t.zero_reason, ZERO_SHORTFALL);
    do_unlink(&w, "kot", "shop", "R1");
    do_sweeps(&w, 0);
    assert_int_equal(target_of(&w, "LA", "R1").zero_reason, ZERO_STOCK);
    world_close(&w);
}

static void links_refused(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 0);
    do_link(&w, "nowhere", "shop", "R1");
    world_refused(&w, ST_NOT_FOUND,
                  "there is no warehouse 'nowhere'; add it with `stockctl warehouse add nowhere`");
    do_link(&w, "pp", "nobody", "R1");
    world_refused(&w, ST_NOT_FOUND,
                  "there is no account 'nobody'; `stockctl account list` shows those there are");
    do_link(&w, "pp", "shop", "");
    world_refused(&w, ST_INVALID, "a remote warehouse's id has 1 to 200 bytes");
    rows_start(&w, 1);
    row_listing(&w, "L1", "A", NULL, LISTING_ACTIVE);
    const struct seen_stock seen = {.remote = bytes_text("FBO"),
                                    .listing = bytes_text("L1"),
                                    .type = bytes_text("fbo"),
                                    .read_only = true,
                                    .quantity = 3};
    rows_stock(&w.rows, &seen);
    assert_int_equal(rows_end(&w), ST_OK);
    do_link(&w, "pp", "shop", "FBO");
    world_refused(&w, ST_CONFLICT,
                  "'FBO' is a warehouse of the marketplace (fbo): its stock is not the seller's to "
                  "write");
    world_close(&w);
}

static void complete_warehouses(struct world *w)
{
    rows_complete(&w->rows, SCOPE_WAREHOUSES, bytes_of("", 0));
}

static void an_unseen_warehouse_waits_until_it_is_seen(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_link(&w, "pp", "shop", "R9");
    do_sweeps(&w, 0);
    assert_int_equal(target_of(&w, "LA", "R9").hold, HOLD_REMOTE);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 1); /* R1's alone */
    rows_start(&w, 1);
    row_remote(&w, "R9", true);
    assert_int_equal(rows_end(&w), ST_OK);
    assert_int_equal(rows_in(&w, TABLE_SWEEP), 1); /* it opened */
    do_sweeps(&w, 0);
    assert_int_equal(target_of(&w, "LA", "R9").hold, 0);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 2);
    world_close(&w);
}

static void a_closed_or_vanished_warehouse_holds_its_targets(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    rows_start(&w, 1);
    row_remote(&w, "R1", false);
    assert_int_equal(rows_end(&w), ST_OK);
    do_sweeps(&w, 0);
    assert_int_equal(target_of(&w, "LA", "R1").hold, HOLD_REMOTE);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 10); /* known, but not sent */
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 0);
    rows_start(&w, 1);
    row_remote(&w, "R1", true);
    assert_int_equal(rows_end(&w), ST_OK);
    do_sweeps(&w, 0);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 1);
    /* A list that does not name it, but was not read to its end, says nothing (I10). */
    w.now += 10 * 60 * 1000;
    rows_start(&w, 1);
    row_remote(&w, "R2", true);
    assert_int_equal(rows_end(&w), ST_OK);
    assert_int_equal(rows_in(&w, TABLE_SWEEP), 0);
    rows_start(&w, 1);
    complete_warehouses(&w);
    assert_int_equal(rows_end(&w), ST_OK);
    do_sweeps(&w, 0);
    assert_int_equal(target_of(&w, "LA", "R1").hold, HOLD_REMOTE);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 0);
    rows_start(&w, 1);
    row_remote(&w, "R1", true);
    complete_warehouses(&w);
    assert_int_equal(rows_end(&w), ST_OK);
    do_sweeps(&w, 0);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 1);
    world_close(&w);
}

static void rows_of_no_account_are_refused_whole(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    rows_start(&w, 7);
    row_remote(&w, "R1", true);
    row_listing(&w, "L1", "A", NULL, LISTING_ACTIVE);
    rows_end(&w);
    world_refused(&w, ST_NOT_FOUND, "account 7 is not known");
    assert_int_equal(rows_in(&w, TABLE_REMOTE_WAREHOUSE) + rows_in(&w, TABLE_LISTING), 0);
    world_close(&w);
}

static void ids_that_fit_no_key_are_left_out(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 0);
    static char longer[KEY_TEXT_MAX * 3];
    memset(longer, 'x', sizeof longer - 1);
    rows_start(&w, 1);
    row_remote(&w, "", true);
    row_remote(&w, longer, true);
    row_listing(&w, "", "A", NULL, LISTING_ACTIVE);
    row_listing(&w, longer, longer, longer, LISTING_ACTIVE);
    row_listing(&w, "L1", longer, longer, LISTING_ACTIVE);
    row_stock(&w, longer, "L1", 1);
    row_stock(&w, "", "L1", 1);
    rows_end(&w);
    world_ok(&w);
    assert_int_equal(rows_in(&w, TABLE_LISTING), 1);
    assert_int_equal(rows_in(&w, TABLE_REMOTE_WAREHOUSE), 1);
    world_close(&w);
}

static void unlinking_waits_for_the_open_write(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_unlink(&w, "pp", "shop", "R1");
    do_sweeps(&w, 0);
    do_link(&w, "pp", "shop", "R1"); /* and back again, while the write is on its way */
    do_sweeps(&w, 0);
    do_set(&w, "A", "pp", 3);
    struct engine_batch first = w.batch;
    engine_batch_init(&w.batch);
    assert_int_equal(do_select(&w, 1, 10), 0); /* at most one open write per place (I4) */
    engine_batch_free(&w.batch);
    w.batch = first;
    do_outcome(&w, 0, OUTCOME_OK, 0);
    assert_int_equal(target_of(&w, "LA", "R1").acked_value, 10);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_unlink(&w, "pp", "shop", "R1");
    do_sweeps(&w, 0);
    do_outcome(&w, 0, OUTCOME_OK, 0);
    assert_int_equal(rows_in(&w, TABLE_TARGET), 0); /* gone when its write was over */
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(warehouses),
    cmocka_unit_test(a_link_makes_targets_and_unlinking_removes_them),
    cmocka_unit_test(a_sweep_goes_on_after_a_restart),
    cmocka_unit_test(two_warehouses_feed_one),
    cmocka_unit_test(links_refused),
    cmocka_unit_test(an_unseen_warehouse_waits_until_it_is_seen),
    cmocka_unit_test(a_closed_or_vanished_warehouse_holds_its_targets),
    cmocka_unit_test(rows_of_no_account_are_refused_whole),
    cmocka_unit_test(ids_that_fit_no_key_are_left_out),
    cmocka_unit_test(unlinking_waits_for_the_open_write),
};

TEST_MAIN(cases)
