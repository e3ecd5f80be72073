/* A life whose time ran ahead of the clock, and the next one, which begins with the clock: nothing
 * that the first one left waits until the clock is as late as that was. */
#include "engine_fixture.h"

enum {
    HOUR_MS = 3600 * 1000,
    CADENCE_MS = 30000,
    SETTLE_MS = 5000,
    TIMEOUT_MS = 20000,
    BACK_OFF_MAX_MS = 20 * 60 * 1000, /* the slowest that outcome.c has, and its jitter */
};

/* How far the clock is behind what the life before went by. */
static const int64_t behinds[] = {5000, 60000, HOUR_MS, 12 * HOUR_MS, 365 * 24 * (int64_t)HOUR_MS};
enum { BEHINDS = sizeof behinds / sizeof *behinds };

static void rules(struct world *w, bool delta)
{
    const struct engine_rules rules = {.routes = {{.max_items = 100,
                                                   .cadence_ms = CADENCE_MS,
                                                   .settle_ms = SETTLE_MS,
                                                   .delta = delta}},
                                       .route_count = 1,
                                       .timeout_ms = TIMEOUT_MS,
                                       .data_version = 1,
                                       .attempts = 3};
    engine_rules_set(w->engine, 1, &rules);
}

static void open_pushed(struct world *w, unsigned products, bool delta)
{
    world_open(w);
    w->now += 400 * 24 * (int64_t)HOUR_MS; /* time enough to go back */
    rules(w, delta);
    world_shop(w, products);
    if (delta) {
        rows_start(w, 1);
        for (unsigned i = 0; i < products; i++)
            row_stock(w, "R1", (const char[]){'L', (char)('A' + i), 0}, 1);
        assert_int_equal(rows_end(w), ST_OK);
        w->now += 1000;
    }
    do_push_all(w, 1);
}

static void recover(struct world *w)
{
    do {
        struct buf buf;
        buf_init(&buf, COMMAND_PAYLOAD_MAX);
        command_recover(&buf, 1, 100);
        world_do(w, COMMAND_RECOVER, &buf);
        world_ok(w);
    } while (w->result.more);
}

/* The next life, by a clock that is so far behind. */
static void restart_behind(struct world *w, int64_t behind_ms, bool delta)
{
    world_restart(w);
    rules(w, delta);
    w->now -= behind_ms;
    recover(w);
}

static void read_back(struct world *w, int64_t figure)
{
    rows_start(w, 1);
    row_stock(w, "R1", "LA", figure);
    assert_int_equal(rows_end(w), ST_OK);
}

static void what_waits_waits_out_the_cadence_and_no_more(void **state)
{
    (void)state;
    for (int i = 0; i < BEHINDS; i++) {
        struct world w;
        open_pushed(&w, 3, false);
        w.now += 10;
        do_set(&w, "A", "pp", 0);
        do_set(&w, "B", "pp", 12);
        restart_behind(&w, behinds[i], false);
        assert_int_equal(do_select(&w, 1, 10), 0); /* how long ago it was written nobody knows */
        assert_in_range(w.batch.next_due_ms, w.now, w.now + CADENCE_MS + 1);
        w.now += CADENCE_MS + 1;
        assert_int_equal(do_select(&w, 1, 10), 2);
        assert_int_equal(w.batch.items[0].wanted, 0);
        do_outcomes(&w, OUTCOME_OK);
        w.now += CADENCE_MS + 1;
        assert_int_equal(do_select(&w, 1, 10), 0);
        world_close(&w);
    }
}

/* What somebody changes is told by the machine's clock, not by sync's time. */
static void what_changes_later_waits_no_longer(void **state)
{
    (void)state;
    for (int i = 0; i < BEHINDS; i++) {
        struct world w;
        open_pushed(&w, 2, false);
        restart_behind(&w, behinds[i], false);
        w.now += CADENCE_MS + 1;
        do_set(&w, "A", "pp", 0);
        do_select(&w, 1, 10);
        if (!w.batch.count) {
            assert_in_range(w.batch.next_due_ms, w.now, w.now + CADENCE_MS + 1);
            w.now += CADENCE_MS + 1;
            do_select(&w, 1, 10);
        }
        assert_int_equal(w.batch.count, 1);
        world_close(&w);
    }
}

/* Within one life sync's time is ahead of what commands of people are told by: the cadence stays.
 */
static void the_clock_behind_within_a_life_changes_nothing(void **state)
{
    (void)state;
    struct world w;
    open_pushed(&w, 1, false);
    int64_t sync_now = w.now;
    w.now -= HOUR_MS;
    do_set(&w, "A", "pp", 0);
    w.now = sync_now + 10;
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_int_equal(w.batch.next_due_ms, sync_now + CADENCE_MS + 1);
    w.now = sync_now + CADENCE_MS + 1;
    assert_int_equal(do_select(&w, 1, 10), 1);
    world_close(&w);
}

/* ... also what people changed since sync was last there is no time of another life: what an open
 * write waits for does not come sooner. */
static void nor_does_what_came_since_sync_looked(void **state)
{
    (void)state;
    struct world w;
    open_pushed(&w, 1, false);
    w.now += CADENCE_MS + 1;
    do_set(&w, "A", "pp", 20);
    assert_int_equal(do_select(&w, 1, 1), 1);
    do_outcomes(&w, OUTCOME_UNRESOLVED);
    int64_t lands_ms = w.now + SETTLE_MS;
    w.now = lands_ms - 1000;
    do_set(&w, "A", "pp", 21);
    w.now -= HOUR_MS;
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_requeue(&buf, &(struct requeue){.limit = 10});
    world_do(&w, COMMAND_REQUEUE, &buf);
    world_ok(&w);
    w.now = lands_ms - 500;
    read_back(&w, 10); /* it may land yet */
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_UNRESOLVED);
    w.now = lands_ms;
    read_back(&w, 10);
    assert_false(target_of(&w, "LA", "R1").flags & TARGET_UNRESOLVED);
    world_close(&w);
}

static void a_pause_after_failures_is_as_long_as_it_was(void **state)
{
    (void)state;
    for (int i = 0; i < BEHINDS; i++) {
        struct world w;
        open_pushed(&w, 1, false);
        do_set(&w, "A", "pp", 0);
        for (int failures = 0; failures < 4; failures++) {
            w.now += BACK_OFF_MAX_MS;
            assert_int_equal(do_select(&w, 1, 1), 1);
            do_outcomes(&w, OUTCOME_RETRY);
        }
        restart_behind(&w, behinds[i], false);
        w.now += BACK_OFF_MAX_MS;
        assert_int_equal(do_select(&w, 1, 1), 1);
        world_close(&w);
    }
}

/* Somebody else writes there after the restart: a reading says so, if not the first then one that
 * was begun when the settle time was over. */
static void what_is_read_counts(void **state)
{
    (void)state;
    for (int i = 0; i < BEHINDS; i++) {
        struct world w;
        open_pushed(&w, 1, false);
        restart_behind(&w, behinds[i], false);
        for (int readings = 0; readings < 2; readings++) {
            w.now += CADENCE_MS + 1;
            read_back(&w, 15);
        }
        assert_int_equal(target_of(&w, "LA", "R1").observed_value, 15);
        assert_int_equal(do_select(&w, 1, 1), 1);
        world_close(&w);
    }
}

static void a_write_that_is_looked_for_is_found(void **state)
{
    (void)state;
    for (int i = 0; i < BEHINDS; i++) {
        struct world w;
        open_pushed(&w, 1, false);
        w.now += CADENCE_MS + 1;
        do_set(&w, "A", "pp", 0);
        assert_int_equal(do_select(&w, 1, 1), 1);
        do_outcomes(&w, OUTCOME_UNRESOLVED);
        restart_behind(&w, behinds[i], false);
        assert_true(target_of(&w, "LA", "R1").look_ms <= w.now + SETTLE_MS);
        w.now += SETTLE_MS;
        read_back(&w, 0);
        assert_false(target_of(&w, "LA", "R1").flags & TARGET_UNRESOLVED);
        assert_true(target_of(&w, "LA", "R1").flags & TARGET_ACKED);
        world_close(&w);
    }
}

/* A write that was on its way when the life before ended may land for as long as its request would
 * have been waited for, and nobody knows how much of that is over. */
static void a_write_that_was_on_its_way_may_land_yet(void **state)
{
    (void)state;
    for (int i = 0; i < BEHINDS; i++) {
        struct world w;
        open_pushed(&w, 1, false);
        w.now += CADENCE_MS + 1;
        do_set(&w, "A", "pp", 0);
        assert_int_equal(do_select(&w, 1, 1), 1);
        restart_behind(&w, behinds[i], false);
        w.now += TIMEOUT_MS;
        read_back(&w, 10);
        assert_true(target_of(&w, "LA", "R1").flags & TARGET_UNRESOLVED);
        w.now += SETTLE_MS;
        read_back(&w, 10);
        assert_false(target_of(&w, "LA", "R1").flags & TARGET_UNRESOLVED);
        w.now += CADENCE_MS + 1;
        assert_int_equal(do_select(&w, 1, 1), 1); /* it was lost, and goes again */
        world_close(&w);
    }
}

/* Whatever this life makes of its times: a write of another one was sent before the start, which no
 * reading begun soon after that counts as later than (rows.h). Here another figure was wanted when
 * the clock had been set forward, so what is noted last is no longer after the write than it seems.
 */
static void a_write_of_another_life_was_sent_before_this_one(void **state)
{
    (void)state;
    struct world w;
    open_pushed(&w, 1, false);
    w.now += CADENCE_MS + 1;
    do_set(&w, "A", "pp", 0);
    assert_int_equal(do_select(&w, 1, 1), 1);
    do_outcomes(&w, OUTCOME_UNRESOLVED);
    w.now += HOUR_MS;
    do_set(&w, "A", "pp", 5);
    world_restart(&w);
    rules(&w, false);
    w.now -= HOUR_MS + CADENCE_MS;
    const int64_t started_ms = w.now;
    w.now += 10;
    recover(&w);
    w.now += 1000;
    const struct engine_looks ask = {
        .account = 1, .most = 10, .now_ms = w.now, .lease_ms = 1000, .other_time_ms = started_ms};
    struct store_txn *txn = world_begin(&w);
    assert_int_equal(engine_select_looks(w.engine, txn, &ask, &w.batch, &w.error), ST_OK);
    world_commit(&w, txn);
    assert_int_equal(w.batch.count, 0);
    const struct rows_head head = {.account = 1,
                                   .data_version = 1,
                                   .begun_ms = w.now,
                                   .received_ms = w.now,
                                   .other_time_ms = started_ms};
    buf_reset(&w.rows);
    rows_begin(&w.rows, &head);
    row_stock(&w, "R1", "LA", 10);
    assert_int_equal(rows_end(&w), ST_OK);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_UNRESOLVED);
    read_back(&w, 10); /* when that is over */
    assert_false(target_of(&w, "LA", "R1").flags & TARGET_UNRESOLVED);
    world_close(&w);
}

/* Somebody else's system nets what is sold here: a figure that stays lower for longer than that
 * takes was lowered by hand. */
static void how_long_a_figure_is_lower_is_counted_anew(void **state)
{
    (void)state;
    struct world w;
    open_pushed(&w, 1, false);
    w.now += CADENCE_MS;
    read_back(&w, 7);
    restart_behind(&w, 12 * HOUR_MS, false);
    for (int readings = 0; readings < 3; readings++) {
        w.now += CADENCE_MS;
        read_back(&w, 7);
        assert_int_equal(do_select(&w, 1, 1), 0);
    }
    w.now += 27 * HOUR_MS;
    read_back(&w, 7);
    assert_int_equal(do_select(&w, 1, 1), 1);
    world_close(&w);
}

static void what_is_to_be_read_again_is_read(void **state)
{
    (void)state;
    struct world w;
    open_pushed(&w, 1, false);
    read_back(&w, 15); /* too soon after the write: once more */
    restart_behind(&w, 12 * HOUR_MS, false);
    w.now += CADENCE_MS;
    const struct engine_rereads ask = {.account = 1, .most = 10, .now_ms = w.now};
    struct store_txn *txn = world_begin(&w);
    assert_int_equal(engine_select_rereads(w.engine, txn, &ask, &w.batch, &w.error), ST_OK);
    world_commit(&w, txn);
    assert_int_equal(w.batch.count, 1);
    world_close(&w);
}

/* A change starts from a figure that was read after the last write. */
static void a_change_has_its_base(void **state)
{
    (void)state;
    for (int i = 0; i < BEHINDS; i++) {
        struct world w;
        open_pushed(&w, 1, true);
        do_set(&w, "A", "pp", 0);
        restart_behind(&w, behinds[i], true);
        int sent = 0;
        for (int turns = 0; turns < 4 && !sent; turns++) {
            w.now += CADENCE_MS + 1;
            read_back(&w, 10);
            w.now += 1;
            sent = (int)do_select(&w, 1, 1);
        }
        assert_int_equal(sent, 1);
        assert_int_equal(w.batch.items[0].base, 10);
        world_close(&w);
    }
}

/* ... and not long ago: how long ago what the life before read was, nobody knows, whatever its
 * clock was. */
static void a_change_starts_from_nothing_that_another_life_read(void **state)
{
    (void)state;
    for (int i = -1; i < BEHINDS; i++) {
        struct world w;
        open_pushed(&w, 1, true);
        w.now += CADENCE_MS;
        read_back(&w, 10);
        w.now += 10;
        do_set(&w, "A", "pp", 0);
        restart_behind(&w, i < 0 ? 0 : behinds[i], true);
        for (int turns = 0; turns < 4; turns++) {
            w.now += CADENCE_MS + 1;
            assert_int_equal(do_select(&w, 1, 1), 0);
        }
        assert_true(target_of(&w, "LA", "R1").flags & TARGET_ASKED);
        world_close(&w);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_waits_waits_out_the_cadence_and_no_more),
    cmocka_unit_test(what_changes_later_waits_no_longer),
    cmocka_unit_test(the_clock_behind_within_a_life_changes_nothing),
    cmocka_unit_test(nor_does_what_came_since_sync_looked),
    cmocka_unit_test(a_pause_after_failures_is_as_long_as_it_was),
    cmocka_unit_test(what_is_read_counts),
    cmocka_unit_test(a_write_that_is_looked_for_is_found),
    cmocka_unit_test(a_write_that_was_on_its_way_may_land_yet),
    cmocka_unit_test(a_write_of_another_life_was_sent_before_this_one),
    cmocka_unit_test(how_long_a_figure_is_lower_is_counted_anew),
    cmocka_unit_test(what_is_to_be_read_again_is_read),
    cmocka_unit_test(a_change_has_its_base),
    cmocka_unit_test(a_change_starts_from_nothing_that_another_life_read),
};
TEST_MAIN(cases)
