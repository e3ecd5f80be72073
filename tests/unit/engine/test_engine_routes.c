/* Ways to write that start from what is there, places that close for a time, catalogues and
 * listings that change. */
#include "engine_fixture.h"

enum { SETTLE_MS = 5000 };

static struct engine_route way(bool delta)
{
    return (struct engine_route){.max_items = 100,
                                 .settle_ms = SETTLE_MS,
                                 .stuck_after_ms = 60 * SETTLE_MS,
                                 .delta = delta,
                                 .compare = !delta};
}

/* Of two, the first is taken. */
static void use_ways(struct world *w, uint32_t count, bool delta)
{
    const struct engine_rules rules = {.routes = {way(delta), way(!delta)},
                                       .route_count = count,
                                       .data_version = 1,
                                       .attempts = 5};
    engine_rules_set(w->engine, 1, &rules);
}

static void open_route(struct world *w, bool delta)
{
    world_open(w);
    use_ways(w, 1, delta);
    world_shop(w, 1);
}

static void read_figure(struct world *w, int64_t figure)
{
    rows_start(w, 1);
    row_stock(w, "R1", "LA", figure);
    rows_end(w);
    world_ok(w);
}

static uint32_t looks(struct world *w)
{
    const struct engine_looks ask = {
        .account = 1, .most = 100, .now_ms = w->now, .lease_ms = 60000};
    struct store_txn *txn = world_begin(w);
    assert_int_equal(engine_select_looks(w->engine, txn, &ask, &w->batch, &w->error), ST_OK);
    world_commit(w, txn);
    return w->batch.count;
}

static struct target_record target(struct world *w)
{
    return target_of(w, "LA", "R1");
}

/* Four are there; it was asked for, in this life. */
static void open_delta(struct world *w)
{
    open_route(w, true);
    assert_int_equal(do_select(w, 1, 10), 0);
    read_figure(w, 4);
}

/* A change of what was read, four, is under way. */
static void begin_delta(struct world *w)
{
    open_delta(w);
    w->now++;
    assert_int_equal(do_select(w, 1, 10), 1);
    assert_int_equal(w->batch.items[0].base, 4);
}

/* When what waits is due, it starts from `base`. */
static void assert_goes_from(struct world *w, int64_t base)
{
    w->now++;
    if (target(w).queued_due_ms > w->now) w->now = target(w).queued_due_ms;
    assert_int_equal(do_select(w, 1, 10), 1);
    assert_int_equal(w->batch.items[0].base, base);
}

static void a_delta_starts_from_what_was_read(void **state)
{
    (void)state;
    struct world w;
    open_route(&w, true);
    assert_int_equal(do_select(&w, 1, 10), 0); /* nobody knows what is there */
    assert_true(target(&w).flags & TARGET_ASKED);
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_int_equal(looks(&w), 1);
    read_figure(&w, 4);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].wanted - w.batch.items[0].base, 6);
    w.now += 10;
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(target(&w).acked_value, 10);
    /* What the answer says is no reading: pieces may have been sold. */
    do_set(&w, "A", "pp", 12);
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_int_equal(looks(&w), 0); /* not before the last write has settled */
    w.now += SETTLE_MS;
    assert_int_equal(looks(&w), 1);
    read_figure(&w, 9);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].base, 9);
    do_outcomes(&w, OUTCOME_UNSENT);
    w.now += 3600 * 1000; /* long ago by now */
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_int_equal(looks(&w), 1);
    read_figure(&w, 12); /* as it should be */
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_int_equal(target(&w).acked_value, 12);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 0);
    world_close(&w);
}

/* Its answer is lost: read, and the figure read is the base of the next one. */
static void a_delta_is_never_repeated(void **state)
{
    (void)state;
    struct world w;
    begin_delta(&w);
    do_outcomes(&w, OUTCOME_UNRESOLVED);
    do_set(&w, "A", "pp", 3);
    for (int i = 0; i < 20; i++) { /* not even past an abandoned one: it may still add to it */
        w.now = target(&w).look_ms;
        assert_int_equal(looks(&w), 1);
        rows_start(&w, 1);
        row_outcome(&w, &w.batch.items[0], OUTCOME_LOOK, 0);
        rows_end(&w);
        assert_int_equal(do_select(&w, 1, 10), 0);
    }
    assert_true(target(&w).flags & TARGET_ABANDONED);
    read_figure(&w, 10);
    assert_int_equal(target(&w).acked_value, 10);
    assert_goes_from(&w, 10);
    assert_int_equal(w.batch.items[0].wanted, 3);
    world_close(&w);
}

/* Refused, for it started from what was there no longer: what is read later makes another change.
 */
static void a_refused_delta_goes_again_from_another_figure(void **state)
{
    (void)state;
    struct world w;
    begin_delta(&w);
    do_outcomes(&w, OUTCOME_REJECTED);
    w.now += 2 * SETTLE_MS;
    read_figure(&w, 4); /* it was the change that was refused */
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_true(target(&w).flags & TARGET_REJECTED);
    w.now += 2 * SETTLE_MS;
    read_figure(&w, 7);
    assert_false(target(&w).flags & TARGET_REJECTED);
    w.now++;
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].wanted - w.batch.items[0].base, 3);
    world_close(&w);
}

/* An answer may leave a row out that is there: a change would be added to what nobody knows. */
static void a_missing_row_is_no_zero_to_start_from(void **state)
{
    (void)state;
    struct world w;
    open_delta(&w);
    do_set(&w, "A", "pp", 0);
    w.now++;
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_outcomes(&w, OUTCOME_UNRESOLVED);
    w.now = target(&w).look_ms;
    assert_int_equal(looks(&w), 1);
    read_figure(&w, FIGURE_UNKNOWN);
    do_set(&w, "A", "pp", 9);
    w.now += SETTLE_MS;
    assert_int_equal(do_select(&w, 1, 10), 0);
    read_figure(&w, 4); /* it did not come */
    assert_goes_from(&w, 4);
    world_close(&w);
}

/* ... also where that zero was written by a way that needs to know nothing. */
static void a_missing_row_is_no_zero_for_the_next_way(void **state)
{
    (void)state;
    struct world w;
    open_route(&w, false);
    use_ways(&w, 2, false);
    read_figure(&w, 4);
    do_set(&w, "A", "pp", 0);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_outcomes(&w, OUTCOME_UNRESOLVED);
    w.now = target(&w).look_ms;
    assert_int_equal(looks(&w), 1);
    read_figure(&w, FIGURE_UNKNOWN);
    assert_true(target(&w).flags & TARGET_ACKED);
    use_ways(&w, 2, true);
    do_set(&w, "A", "pp", 9);
    w.now += SETTLE_MS;
    assert_int_equal(do_select(&w, 1, 10), 0);
    read_figure(&w, 4); /* it did not come */
    assert_goes_from(&w, 4);
    world_close(&w);
}

static void nothing_there_to_change(void **state)
{
    (void)state;
    struct world w;
    open_route(&w, true);
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_int_equal(looks(&w), 1);
    read_figure(&w, FIGURE_UNKNOWN);
    assert_true(target(&w).flags & TARGET_REJECTED);
    assert_int_equal(do_select(&w, 1, 10), 0);
    do_set(&w, "A", "pp", 3); /* another figure gets its own answer */
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_int_equal(looks(&w), 1);
    do_unlink(&w, "pp", "shop", "R1"); /* what is only asked about holds nothing up */
    do_sweeps(&w, 0);
    assert_false(target_is(&w, "LA", "R1"));
    assert_int_equal(rows_in(&w, TABLE_UNRESOLVED), 0);
    world_close(&w);
}

/* What is not there at all is for the plugin to make: it is read once, and then written without a
 * base. */
static void a_compare_goes_where_nothing_is(void **state)
{
    (void)state;
    struct world w;
    open_route(&w, false);
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_int_equal(looks(&w), 1);
    read_figure(&w, FIGURE_UNKNOWN); /* absent */
    assert_false(target(&w).flags & TARGET_REJECTED);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].base, -1);
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(target(&w).acked_value, 10);
    do_set(&w, "A", "pp", 12);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].base, 10);
    do_outcomes(&w, OUTCOME_OK);
    world_close(&w);
}

/* Changed underneath again and again: at once at first, then at growing intervals. */
static void a_compare_that_always_fails_is_bounded(void **state)
{
    (void)state;
    struct world w;
    open_route(&w, false);
    read_figure(&w, 100);
    int tries = 0;
    int64_t begun = w.now;
    while (w.now - begun < 60 * 60 * 1000 && tries < 1000) {
        if (!do_select(&w, 1, 10)) {
            w.now = target(&w).queued_due_ms;
            continue;
        }
        assert_int_equal(w.batch.items[0].base, 100 + tries);
        struct outcome o = {.target = w.batch.items[0].target,
                            .revision = w.batch.items[0].revision,
                            .kind = OUTCOME_CHANGED,
                            .observed = 100 + ++tries};
        rows_start(&w, 1);
        rows_outcome(&w.rows, &o);
        rows_end(&w);
        if (tries <= 3) assert_int_equal(target(&w).queued_due_ms, w.now);
    }
    assert_in_range(tries, 4, 20);
    world_close(&w);
}

/* ---- places that close for a time */

static void see_remote(struct world *w, bool writable, int64_t until_ms)
{
    rows_start(w, 1);
    const struct remote_view remote = {.id = bytes_text("R1"),
                                       .name = bytes_text("Remote"),
                                       .writable = writable,
                                       .why = bytes_text(until_ms ? "stocktaking" : ""),
                                       .closed_until_ms = until_ms};
    rows_remote(&w->rows, &remote);
    rows_end(w);
    world_ok(w);
    do_sweeps(w, 0);
}

static uint64_t reopen(struct world *w)
{
    struct buf buf;
    buf_init(&buf, 64);
    command_reopen(&buf, 1);
    world_do(w, COMMAND_REOPEN, &buf);
    world_ok(w);
    uint64_t rows = w->result.rows;
    do_sweeps(w, 0);
    return rows;
}

static void closed_until_then_opens_by_itself(void **state)
{
    (void)state;
    for (int writable = 0; writable < 2; writable++) {
        struct world w;
        world_open(&w);
        world_shop(&w, 1);
        int64_t until = w.now + 1000;
        see_remote(&w, writable, until);
        assert_true(target(&w).hold & HOLD_REMOTE);
        assert_int_equal(do_select(&w, 1, 10), 0);
        assert_int_equal(reopen(&w), 0);
        world_restart(&w);
        w.now = until;
        assert_int_equal(reopen(&w), 1);
        assert_int_equal(reopen(&w), 0);
        assert_int_equal(target(&w).hold, 0);
        assert_int_equal(do_select(&w, 1, 10), 1);
        do_outcomes(&w, OUTCOME_OK);
        see_remote(&w, true, until); /* told of the past: it is open, and nothing opens again */
        assert_int_equal(reopen(&w), 0);
        assert_int_equal(target(&w).hold, 0);
        world_close(&w);
    }
}

/* ---- catalogues and listings */

static void learn_epoch(struct world *w, const char *epoch)
{
    rows_start(w, 1);
    const struct account_fact fact = {.epoch = bytes_text(epoch)};
    rows_account(&w->rows, &fact);
    rows_end(w);
    world_ok(w);
}

static void a_new_epoch_holds_what_was_not_seen_in_it(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    do_push_all(&w, 1);
    learn_epoch(&w, "V1"); /* the first one told is no change */
    do_set(&w, "A", "pp", 9);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_outcomes(&w, OUTCOME_OK);
    learn_epoch(&w, "V3");
    rows_start(&w, 1);
    row_listing(&w, "LA", "A", NULL, LISTING_ACTIVE);
    rows_end(&w);
    do_set(&w, "A", "pp", 5);
    do_set(&w, "B", "pp", 0);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_string_equal(w.batch.items[0].listing_id, "LA");
    struct target_record b = target_of(&w, "LB", "R1");
    assert_int_equal(b.hold, HOLD_EPOCH);
    assert_int_equal(b.acked_value, 10); /* nothing was zeroed */
    do_set(&w, "B", "pp", 4);
    assert_int_equal(target_of(&w, "LB", "R1").hold, HOLD_EPOCH);
    rows_start(&w, 1);
    row_listing(&w, "LB", "B", NULL, LISTING_ACTIVE);
    rows_end(&w);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].base, -1); /* what the new one shows is not known */
    world_close(&w);
}

static void listing_is(struct world *w, enum listing_state state)
{
    w->now += 1000;
    rows_start(w, 1);
    row_listing(w, "LA", "A", NULL, state);
    rows_end(w);
    world_ok(w);
}

static void not_on_sale_counts_as_showing_none(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_push_all(&w, 1);
    listing_is(&w, LISTING_ENDED);
    assert_int_equal(target(&w).observed_value, 0);
    assert_true(target(&w).flags & TARGET_QUEUED); /* to be put back on sale */
    w.now += 1000;
    read_figure(&w, 10); /* what it would show if it were */
    assert_false(target(&w).flags & TARGET_ACKED);
    do_set(&w, "A", "pp", 0);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_outcomes(&w, OUTCOME_OK);
    listing_is(&w, LISTING_ACTIVE);
    do_set(&w, "A", "pp", 0);
    do_push_all(&w, 1);
    listing_is(&w, LISTING_ENDED);
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_true(target(&w).flags & TARGET_ACKED);
    do_set(&w, "A", "pp", 3);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_outcomes(&w, OUTCOME_UNRESOLVED);
    w.now += 10000;
    read_figure(&w, 3); /* it came back by that write */
    assert_int_equal(target(&w).acked_value, 3);
    world_close(&w);
}

/* What is hidden has its figure, and a change is added to that, not to 0. */
static void not_on_sale_is_no_base_of_a_change(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    const struct engine_rules rules = {
        .routes = {{.max_items = 10, .delta = true}}, .route_count = 1, .attempts = 5};
    engine_rules_set(w.engine, 1, &rules);
    world_shop(&w, 1);
    listing_is(&w, LISTING_ENDED); /* never written, and hidden */
    assert_int_equal(do_select(&w, 1, 10), 0);
    read_figure(&w, 4);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].base, 4);
    do_outcomes(&w, OUTCOME_OK);
    listing_is(&w, LISTING_ACTIVE);
    listing_is(&w, LISTING_ENDED); /* written, and hidden then */
    assert_true(target(&w).flags & TARGET_ACKED);
    w.now += 10000;
    read_figure(&w, 10);
    assert_int_equal(do_select(&w, 1, 10), 0);
    do_set(&w, "A", "pp", 12);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].base, 10);
    do_outcomes(&w, OUTCOME_OK);
    world_close(&w);
}

/* A list that was asked for before the figure was taken says what was then. */
static void an_end_from_before_the_write_is_no_news(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    int64_t before = w.now;
    w.now += 1000;
    do_push_all(&w, 1);
    w.begun = before;
    listing_is(&w, LISTING_ENDED);
    assert_true(target(&w).flags & TARGET_ACKED);
    assert_int_equal(do_select(&w, 1, 10), 0);
    w.begun = w.now;
    listing_is(&w, LISTING_ENDED);
    assert_false(target(&w).flags & TARGET_ACKED);
    w.begun = 0;
    world_close(&w);
}

/* A command for an offer that ends meanwhile is taken all the same; the offer stays ended. */
static void ended_while_a_write_was_under_way(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_push_all(&w, 1);
    do_set(&w, "A", "pp", 7);
    assert_int_equal(do_select(&w, 1, 10), 1);
    listing_is(&w, LISTING_ENDED);
    w.now += 1000;
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(target(&w).acked_value, 7);
    w.now += 120000;
    read_figure(&w, 7);
    assert_int_equal(target(&w).observed_value, 0);
    assert_false(target(&w).flags & TARGET_ACKED);
    assert_int_equal(do_select(&w, 1, 10), 1);
    world_close(&w);
}

/* What was refused because it had ended goes again when it is on sale: by a person, or ourselves.
 */
static void refused_until_it_is_on_sale_again(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    listing_is(&w, LISTING_ENDED);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_outcomes(&w, OUTCOME_REJECTED);
    listing_is(&w, LISTING_ENDED);
    assert_int_equal(do_select(&w, 1, 10), 0);
    listing_is(&w, LISTING_ACTIVE);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_outcomes(&w, OUTCOME_REJECTED);
    listing_is(&w, LISTING_ACTIVE);
    assert_int_equal(do_select(&w, 1, 10), 0);
    world_close(&w);
}

static void states_that_are_not_written(void **state)
{
    (void)state;
    static const struct {
        enum listing_state state;
        bool target, written;
    } cases[] = {{LISTING_ACTIVE, true, true},     {LISTING_ENDED, true, true},
                 {LISTING_NOT_READY, true, false}, {LISTING_ARCHIVED, true, false},
                 {LISTING_DIGITAL, false, false},  {LISTING_MARKETPLACE_STOCKED, false, false},
                 {LISTING_GONE, false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_open(&w);
        world_shop(&w, 1);
        listing_is(&w, cases[i].state);
        assert_int_equal(target_is(&w, "LA", "R1"), cases[i].target);
        assert_int_equal(do_select(&w, 1, 10), cases[i].written);
        if (cases[i].written) do_outcomes(&w, OUTCOME_REJECTED);
        listing_is(&w, LISTING_ARCHIVED);
        listing_is(&w, LISTING_ACTIVE);
        assert_int_equal(do_select(&w, 1, 10), 1); /* and what was rejected is tried again */
        world_close(&w);
    }
}

/* The rest of a batch that one item spoilt goes at once, whatever happened to it before. */
static void the_rest_of_a_batch_goes_again_at_once(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 9);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(do_select(&w, 1, 100), 9 - i);
        rows_start(&w, 1);
        row_outcome(&w, &w.batch.items[0], OUTCOME_REJECTED, 0);
        for (uint32_t k = 1; k < w.batch.count; k++)
            row_outcome(&w, &w.batch.items[k], OUTCOME_AGAIN, 0);
        row_flight_ended(&w);
        rows_end(&w);
    }
    assert_int_equal(do_select(&w, 1, 100), 1);
    assert_int_equal(target_of(&w, w.batch.items[0].listing_id, "R1").attempts, 0);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_delta_starts_from_what_was_read),
    cmocka_unit_test(a_delta_is_never_repeated),
    cmocka_unit_test(a_refused_delta_goes_again_from_another_figure),
    cmocka_unit_test(a_missing_row_is_no_zero_to_start_from),
    cmocka_unit_test(a_missing_row_is_no_zero_for_the_next_way),
    cmocka_unit_test(nothing_there_to_change),
    cmocka_unit_test(a_compare_goes_where_nothing_is),
    cmocka_unit_test(a_compare_that_always_fails_is_bounded),
    cmocka_unit_test(closed_until_then_opens_by_itself),
    cmocka_unit_test(a_new_epoch_holds_what_was_not_seen_in_it),
    cmocka_unit_test(not_on_sale_counts_as_showing_none),
    cmocka_unit_test(not_on_sale_is_no_base_of_a_change),
    cmocka_unit_test(an_end_from_before_the_write_is_no_news),
    cmocka_unit_test(ended_while_a_write_was_under_way),
    cmocka_unit_test(refused_until_it_is_on_sale_again),
    cmocka_unit_test(states_that_are_not_written),
    cmocka_unit_test(the_rest_of_a_batch_goes_again_at_once),
};

TEST_MAIN(cases)
