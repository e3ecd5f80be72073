/* Wanted figures and the place in the outbox: priorities, coalescing, cadence, back-off, forcing.
 */
#include "engine_fixture.h"

static void rules(struct world *w, const struct engine_route *route)
{
    struct engine_rules rules = {.route_count = 1, .attempts = 3, .data_version = 1};
    rules.routes[0] = *route;
    if (!rules.routes[0].max_items) rules.routes[0].max_items = 100;
    engine_rules_set(w->engine, 1, &rules);
}

static void priorities(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    assert_int_equal(target_of(&w, "LA", "R1").queued_priority, PRIORITY_INCREASE); /* unknown */
    do_set(&w, "A", "pp", 0);
    assert_int_equal(target_of(&w, "LA", "R1").queued_priority, PRIORITY_ZERO);
    do_set(&w, "A", "pp", 10);
    do_push_all(&w, 1);
    static const struct {
        int64_t figure;
        int priority; /* -1: not queued */
    } steps[] = {{4, PRIORITY_DECREASE}, {0, PRIORITY_ZERO},     {11, PRIORITY_INCREASE}, {10, -1},
                 {9, PRIORITY_DECREASE}, {12, PRIORITY_INCREASE}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        do_set(&w, "A", "pp", steps[i].figure);
        struct target_record t = target_of(&w, "LA", "R1");
        assert_int_equal((t.flags & TARGET_QUEUED) != 0, steps[i].priority >= 0);
        if (steps[i].priority >= 0) assert_int_equal(t.queued_priority, steps[i].priority);
        assert_int_equal(t.wanted_value, steps[i].figure);
    }
    world_close(&w);
}

static void changes_coalesce(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_push_all(&w, 1);
    for (int i = 0; i < 20; i++)
        do_set(&w, "A", "pp", 20 + i);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 1);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].wanted, 39);
    assert_int_equal(w.batch.items[0].base, 10);
    for (int i = 0; i < 20; i++) /* while it is on its way nothing else leaves (I4) */
        do_set(&w, "A", "pp", 60 + i);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 0);
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].wanted, 79);
    do_outcomes(&w, OUTCOME_OK);
    do_set(&w, "A", "pp", 5);
    do_set(&w, "A", "pp", 79); /* back to what is there: nothing to send (I8) */
    assert_int_equal(do_select(&w, 1, 10), 0);
    world_close(&w);
}

static void figures_of_another_warehouse_touch_nothing(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_warehouse(&w, "kot");
    do_push_all(&w, 1);
    engine_touched_take(w.engine);
    uint64_t revision = target_of(&w, "LA", "R1").wanted_revision;
    do_set(&w, "A", "kot", 99);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_revision, revision);
    struct engine_touched touched = engine_touched_take(w.engine);
    assert_false(engine_touched_has(&touched, 1));
    do_set(&w, "A", "pp", 9);
    touched = engine_touched_take(w.engine);
    assert_true(engine_touched_has(&touched, 1) && !engine_touched_has(&touched, 2));
    touched = engine_touched_take(w.engine);
    assert_false(engine_touched_has(&touched, 1));
    world_close(&w);
}

static void cadence(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    const struct engine_route route = {.cadence_ms = 30000};
    rules(&w, &route);
    world_shop(&w, 1);
    do_push_all(&w, 1);
    int64_t sent = w.now;
    w.now += 1000;
    do_set(&w, "A", "pp", 0); /* even a zero: the marketplace would refuse it (I13) */
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_int_equal(w.batch.next_due_ms, sent + 30001); /* two clocks in whole milliseconds */
    assert_false(w.batch.more);
    w.now = sent + 30000;
    assert_int_equal(do_select(&w, 1, 10), 0);
    w.now = sent + 30001;
    assert_int_equal(do_select(&w, 1, 10), 1);
    /* What never left does not count. */
    do_outcomes(&w, OUTCOME_UNSENT);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].wanted, 0);
    world_close(&w);
}

/* The place at the marketplace is the same one, whatever was removed and made again here. */
static void cadence_outlives_the_target(void **state)
{
    (void)state;
    enum { LINK, PRODUCT, BOTH, WAYS };
    for (int way = 0; way < WAYS; way++) {
        struct world w;
        world_open(&w);
        const struct engine_route route = {.cadence_ms = 30000};
        rules(&w, &route);
        world_shop(&w, 1);
        do_push_all(&w, 1);
        int64_t sent = w.now;
        w.now += 1000;
        if (way != PRODUCT) do_unlink(&w, "pp", "shop", "R1");
        do_sweeps(&w, 0);
        if (way != LINK) do_product_delete(&w, "A");
        world_ok(&w);
        assert_false(target_is(&w, "LA", "R1"));
        w.now += 1000;
        world_restart(&w);
        rules(&w, &route);
        if (way != LINK) {
            do_product(&w, "A");
            do_map(&w, "shop", "LA", "A");
        }
        if (way != PRODUCT) do_link(&w, "pp", "shop", "R1");
        do_sweeps(&w, 0);
        do_set(&w, "A", "pp", 4);
        world_ok(&w);
        w.now = sent + 30000;
        assert_int_equal(do_select(&w, 1, 10), 0);
        w.now = sent + 40000; /* ten seconds for what the engine knows no better */
        assert_int_equal(do_select(&w, 1, 10), 1);
        world_close(&w);
    }
}

/* Nobody waits for a place that was never written, or for one that was left long ago. */
static void a_place_that_rested_waits_for_nothing(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    const struct engine_route route = {.cadence_ms = 30000};
    rules(&w, &route);
    world_shop(&w, 1);
    do_unlink(&w, "pp", "shop", "R1"); /* before anything was sent */
    do_sweeps(&w, 0);
    do_link(&w, "pp", "shop", "R1");
    do_sweeps(&w, 0);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_outcomes(&w, OUTCOME_OK);
    do_unlink(&w, "pp", "shop", "R1");
    do_sweeps(&w, 0);
    w.now += 30001;
    do_link(&w, "pp", "shop", "R1");
    do_sweeps(&w, 0);
    assert_int_equal(do_select(&w, 1, 10), 1);
    world_close(&w);
}

static void the_largest_quantity(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    const struct engine_route route = {.max_quantity = 7};
    rules(&w, &route);
    world_shop(&w, 1);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_int_equal(t.wanted_value, 7);
    assert_int_equal(t.capped, 1);
    do_push_all(&w, 1);
    do_set(&w, "A", "pp", 3);
    assert_int_equal(target_of(&w, "LA", "R1").capped, 0);
    world_close(&w);
}

static void backoff_grows_and_becomes_slow(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    const struct engine_route route = {.max_items = 1};
    rules(&w, &route);
    world_shop(&w, 1);
    static const int64_t least[] = {800, 1600, 12 * 60 * 1000, 12 * 60 * 1000},
                         most[] = {1200, 2400, 18 * 60 * 1000, 18 * 60 * 1000};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(do_select(&w, 1, 1), 1);
        do_outcomes(&w, OUTCOME_RETRY);
        struct target_record t = target_of(&w, "LA", "R1");
        assert_int_equal(t.attempts, i + 1);
        assert_in_range(t.queued_due_ms - w.now, least[i], most[i]);
        w.now = t.queued_due_ms - 1;
        assert_int_equal(do_select(&w, 1, 1), 0);
        assert_int_equal(w.batch.next_due_ms, w.now + 1);
        w.now++;
    }
    assert_int_equal(do_select(&w, 1, 1), 1);
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(target_of(&w, "LA", "R1").attempts, 0);
    world_close(&w);
}

static enum status requeue(struct world *w, const struct requeue *ask)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_requeue(&buf, ask);
    enum status status = world_do(w, COMMAND_REQUEUE, &buf);
    world_ok(w);
    return status;
}

static void requeue_in_chunks(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 5);
    do_push_all(&w, 1);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 0);
    struct requeue ask = {.account = 1, .force = true, .limit = 2};
    uint64_t marked = 0, chunks = 0;
    do {
        requeue(&w, &ask);
        marked += w.result.rows;
        ask.from = w.result.next;
        chunks++;
    } while (w.result.more);
    assert_int_equal(marked, 5);
    assert_int_equal(chunks, 3);
    assert_int_equal(do_select(&w, 1, 10), 5); /* although it is there already */
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(do_select(&w, 1, 10), 0); /* once */
    const struct requeue none[] = {
        {.account = 2, .limit = 10}, {.warehouse = 9, .limit = 10}, {.product = 99, .limit = 10}};
    for (size_t i = 0; i < 3; i++) {
        requeue(&w, &none[i]);
        assert_int_equal(w.result.rows, 0);
        assert_false(w.result.changed);
    }
    const struct requeue one = {
        .product = product_no(&w, "C"), .warehouse = 1, .force = true, .limit = 10};
    requeue(&w, &one);
    assert_int_equal(w.result.rows, 1);
    world_close(&w);
}

static void a_forced_write_that_failed_is_still_asked_for(void **state)
{
    (void)state;
    static const enum outcome_kind kinds[] = {OUTCOME_RETRY, OUTCOME_THROTTLED, OUTCOME_UNSENT,
                                              OUTCOME_SPLIT};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct world w;
        world_open(&w);
        world_shop(&w, 1);
        do_push_all(&w, 1);
        const struct requeue ask = {.force = true, .limit = 10};
        requeue(&w, &ask);
        assert_int_equal(do_select(&w, 1, 10), 1);
        do_outcomes(&w, kinds[i]);
        w.now += 60000;
        assert_int_equal(do_select(&w, 1, 10), 1);
        do_outcomes(&w, OUTCOME_OK);
        assert_int_equal(do_select(&w, 1, 10), 0);
        world_close(&w);
    }
}

static void requeue_while_open_sends_once_more_after(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    assert_int_equal(do_select(&w, 1, 10), 1);
    const struct requeue ask = {.force = true, .limit = 10};
    requeue(&w, &ask);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 0);
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(do_select(&w, 1, 10), 0);
    world_close(&w);
}

static void distrust_forgets_what_was_acknowledged(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 5);
    do_push_all(&w, 1);
    struct buf buf;
    buf_init(&buf, 1);
    world_do(&w, COMMAND_DISTRUST, &buf);
    world_ok(&w);
    do_sweeps(&w, 2);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 5);
    assert_false(target_of(&w, "LA", "R1").flags & (TARGET_ACKED | TARGET_OBSERVED));
    w.now += 60000;
    rows_start(&w, 1);
    row_stock(&w, "R1", "LA", 10); /* read as wanted: not sent (I8) */
    row_stock(&w, "R1", "LB", 8);
    rows_end(&w);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 4);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_ACKED);
    assert_int_equal(target_of(&w, "LB", "R1").queued_priority, PRIORITY_INCREASE);
    world_close(&w);
}

static void resync(struct world *w, bool patient)
{
    struct buf buf;
    buf_init(&buf, 200);
    command_resync(&buf, &(struct requeue){.account = 1, .limit = 100}, patient);
    world_do(w, COMMAND_RESYNC, &buf);
    world_ok(w);
    assert_int_equal(w->result.rows, 1);
    assert_true(target_of(w, "LA", "R1").flags & TARGET_ASKED);
    assert_int_equal(do_select(w, 1, 10), 0); /* it is read before it is sent */
}

static void read_as(struct world *w, int64_t quantity)
{
    w->now += 1000;
    rows_start(w, 1);
    row_stock(w, "R1", "LA", quantity);
    rows_end(w);
    world_ok(w);
}

/* Nothing is believed, everything is read; what is as it should be is not sent. */
static void a_resync_reads_before_it_sends(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_push_all(&w, 1);
    w.now += 100000;
    uint64_t sends = rows_in(&w, TABLE_SEND);
    resync(&w, false);
    read_as(&w, 10);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_ACKED);
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_int_equal(rows_in(&w, TABLE_SEND), sends + 1); /* as equal */
    resync(&w, true);
    read_as(&w, 99);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].wanted, 10);
    do_outcomes(&w, OUTCOME_OK);
    /* Another figure waits for no reading. */
    w.now += 100000;
    resync(&w, true);
    do_set(&w, "A", "pp", 0);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].wanted, 0);
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(rows_in(&w, TABLE_UNRESOLVED), 0);
    world_close(&w);
}

/* A write on its way is as new as what would be read: it is not sent once more (I8); a change, of
 * which nothing tells what it started from, is read first. */
static void a_resync_believes_what_is_under_way(void **state)
{
    (void)state;
    for (int delta = 0; delta < 2; delta++) {
        struct world w;
        world_open(&w);
        rules(&w, &(struct engine_route){.max_items = 10, .delta = delta});
        world_shop(&w, 1);
        if (delta) assert_int_equal(do_select(&w, 1, 10), 0); /* it is asked for */
        if (delta) read_as(&w, 4);
        assert_int_equal(do_select(&w, 1, 10), 1);
        struct buf buf;
        buf_init(&buf, 200);
        command_resync(&buf, &(struct requeue){.account = 1, .limit = 100}, true);
        world_do(&w, COMMAND_RESYNC, &buf);
        world_ok(&w);
        do_outcomes(&w, OUTCOME_OK);
        assert_int_equal(!(target_of(&w, "LA", "R1").flags & TARGET_ACKED), delta);
        assert_int_equal(do_select(&w, 1, 10), 0);
        world_close(&w);
    }
}

static void place(struct world *w, bool open)
{
    w->now += 1000;
    rows_start(w, 1);
    row_remote(w, "R1", open);
    rows_end(w);
    world_ok(w);
    do_sweeps(w, 10);
    assert_int_equal((target_of(w, "LA", "R1").hold & HOLD_REMOTE) != 0, !open);
}

/* What is held has no write to be read for. When it is held no longer it is read before it is sent,
 * as all others were; but another figure waits for no reading, and one that was read for nothing.
 */
static void a_resync_of_what_is_held_reads_when_that_ends(void **state)
{
    (void)state;
    enum { NOT_READ = -2, CHANGED = -3 };
    static const struct {
        int64_t sent, meanwhile, wanted, read;
        bool asked;
        int64_t leaves; /* FIGURE_UNKNOWN: nothing does */
    } ways[] = {
        {0, NOT_READ, 0, FIGURE_UNKNOWN, true, FIGURE_UNKNOWN}, /* no row: the 0 is still there */
        {0, NOT_READ, 0, 4, true, 0},
        {7, NOT_READ, 7, 7, true, FIGURE_UNKNOWN},
        {7, NOT_READ, 7, FIGURE_UNKNOWN, true, 7}, /* no row, and surely not 7 */
        {7, 7, 7, NOT_READ, false, FIGURE_UNKNOWN},
        {7, 5, 7, NOT_READ, false, 7},
        {7, NOT_READ, 3, NOT_READ, false, 3},
        {7, CHANGED, 7, 7, true, FIGURE_UNKNOWN}, /* to another figure, and back */
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct world w;
        world_open(&w);
        world_shop(&w, 1);
        do_set(&w, "A", "pp", ways[i].sent);
        do_push_all(&w, 1);
        w.now += 100000;
        place(&w, false);
        for (int twice = 0; twice < 2; twice++) {
            struct buf buf;
            buf_init(&buf, 200);
            command_resync(&buf, &(struct requeue){.account = 1, .limit = 100}, true);
            world_do(&w, COMMAND_RESYNC, &buf);
            world_ok(&w);
        }
        assert_int_equal(rows_in(&w, TABLE_UNRESOLVED), 0); /* nobody reads there for nothing */
        if (ways[i].meanwhile >= 0) read_as(&w, ways[i].meanwhile);
        if (ways[i].meanwhile == CHANGED) do_set(&w, "A", "pp", ways[i].sent + 1);
        do_set(&w, "A", "pp", ways[i].wanted);
        place(&w, true);
        assert_int_equal((target_of(&w, "LA", "R1").flags & TARGET_ASKED) != 0, ways[i].asked);
        if (ways[i].asked) assert_int_equal(do_select(&w, 1, 10), 0);
        if (ways[i].read != NOT_READ) read_as(&w, ways[i].read);
        assert_int_equal(do_select(&w, 1, 10), ways[i].leaves != FIGURE_UNKNOWN);
        if (w.batch.count) assert_int_equal(w.batch.items[0].wanted, ways[i].leaves);
        if (w.batch.count) do_outcomes(&w, OUTCOME_OK);
        assert_int_equal(target_of(&w, "LA", "R1").flags & (TARGET_ASKED | TARGET_RESYNC), 0);
        assert_int_equal(rows_in(&w, TABLE_UNRESOLVED), 0);
        world_close(&w);
    }
}

/* Another figure is wanted before it was read, and the old one again before that one has left. */
static void a_resync_reads_what_is_wanted_again(void **state)
{
    (void)state;
    for (int there = 0; there < 2; there++) {
        struct world w;
        world_open(&w);
        world_shop(&w, 1);
        do_push_all(&w, 1);
        w.now += 100000;
        resync(&w, true);
        do_set(&w, "A", "pp", 12);
        assert_false(target_of(&w, "LA", "R1").flags & TARGET_ASKED);
        assert_int_equal(rows_in(&w, TABLE_OUTBOX), 1); /* it waits for no reading */
        do_set(&w, "A", "pp", 10);
        assert_int_equal(do_select(&w, 1, 10), 0);
        assert_true(target_of(&w, "LA", "R1").flags & TARGET_ASKED);
        read_as(&w, there ? 10 : 4);
        assert_int_equal(do_select(&w, 1, 10), !there);
        world_close(&w);
    }
}

static void unknown_is_never_zero(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_product(&w, "N"); /* never counted */
    rows_start(&w, 1);
    row_listing(&w, "LN", "N", NULL, LISTING_ACTIVE);
    row_stock(&w, "R1", "LN", 5);
    rows_end(&w);
    struct target_record t = target_of(&w, "LN", "R1");
    assert_int_equal(t.hold, HOLD_UNCOUNTED);
    assert_false(t.flags & TARGET_WANTED);
    rows_start(&w, 1);
    row_stock(&w, "R1", "LN", FIGURE_UNKNOWN); /* absent */
    rows_end(&w);
    t = target_of(&w, "LN", "R1");
    assert_int_equal(t.observed_value, 5); /* absence is no observation here */
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_string_equal(w.batch.items[0].listing_id, "LA");
    do_set(&w, "N", "pp", 0);
    t = target_of(&w, "LN", "R1");
    assert_int_equal(t.wanted_value, 0);
    assert_int_equal(t.zero_reason, ZERO_STOCK);
    assert_int_equal(t.queued_priority, PRIORITY_ZERO);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(priorities),
    cmocka_unit_test(changes_coalesce),
    cmocka_unit_test(figures_of_another_warehouse_touch_nothing),
    cmocka_unit_test(cadence),
    cmocka_unit_test(cadence_outlives_the_target),
    cmocka_unit_test(a_place_that_rested_waits_for_nothing),
    cmocka_unit_test(the_largest_quantity),
    cmocka_unit_test(backoff_grows_and_becomes_slow),
    cmocka_unit_test(requeue_in_chunks),
    cmocka_unit_test(a_forced_write_that_failed_is_still_asked_for),
    cmocka_unit_test(requeue_while_open_sends_once_more_after),
    cmocka_unit_test(distrust_forgets_what_was_acknowledged),
    cmocka_unit_test(a_resync_reads_before_it_sends),
    cmocka_unit_test(a_resync_believes_what_is_under_way),
    cmocka_unit_test(a_resync_of_what_is_held_reads_when_that_ends),
    cmocka_unit_test(a_resync_reads_what_is_wanted_again),
    cmocka_unit_test(unknown_is_never_zero),
};

TEST_MAIN(cases)
