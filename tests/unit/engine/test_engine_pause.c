/* How long a refused figure waits, and what does not wait with it. */
#include "engine_fixture.h"

enum {
    ATTEMPTS = 3,
    CADENCE_MS = 30000,
    SLOW_LEAST_MS = 12 * 60 * 1000, /* a quarter of an hour, and a fifth less */
    SLOW_MOST_MS = 18 * 60 * 1000,
};

/* 10 is shown. */
static void open_shop(struct world *w, int64_t cadence_ms)
{
    world_open(w);
    const struct engine_rules rules = {.routes = {{.max_items = 100, .cadence_ms = cadence_ms}},
                                       .route_count = 1,
                                       .attempts = ATTEMPTS};
    engine_rules_set(w->engine, 1, &rules);
    world_shop(w, 1);
    do_push_all(w, 1);
    w->now += 2 * CADENCE_MS;
}

/* The figure is wanted, and refused until it goes at the slow timer. */
static void refuse(struct world *w, int64_t figure)
{
    do_set(w, "A", "pp", figure);
    for (int i = 0; i < ATTEMPTS; i++) {
        const struct target_record t = target_of(w, "LA", "R1");
        if (t.queued_due_ms > w->now) w->now = t.queued_due_ms;
        assert_int_equal(do_select(w, 1, 1), 1);
        do_outcomes(w, OUTCOME_RETRY);
    }
}

static void assert_waits(struct world *w, int attempts)
{
    const struct target_record t = target_of(w, "LA", "R1");
    assert_int_equal(t.attempts, attempts);
    assert_in_range(t.queued_due_ms - w->now, SLOW_LEAST_MS, SLOW_MOST_MS);
    assert_int_equal(do_select(w, 1, 1), 0);
}

static void assert_goes(struct world *w, int64_t figure)
{
    assert_int_equal(do_select(w, 1, 1), 1);
    assert_int_equal(w->batch.items[0].wanted, figure);
}

static void another_figure_goes_at_once(void **state)
{
    (void)state;
    static const int64_t figures[] = {5, 0, 14}; /* less, nothing, more */
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        struct world w;
        open_shop(&w, 0);
        refuse(&w, 12);
        assert_waits(&w, ATTEMPTS);
        do_set(&w, "A", "pp", figures[i]);
        assert_goes(&w, figures[i]);
        do_outcomes(&w, OUTCOME_OK);
        assert_int_equal(target_of(&w, "LA", "R1").attempts, 0);
        world_close(&w);
    }
}

/* Each figure that is refused waits, as those before it: no figure goes twice for another. */
static void refusals_in_a_row_are_remembered(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w, 0);
    refuse(&w, 12);
    for (int i = 1; i < 4; i++) {
        do_set(&w, "A", "pp", 8 - i);
        assert_goes(&w, 8 - i);
        do_outcomes(&w, OUTCOME_RETRY);
        assert_waits(&w, ATTEMPTS + i);
    }
    world_close(&w);
}

static void the_refused_figure_waits_when_it_is_wanted_again(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w, 0);
    refuse(&w, 5);
    const int64_t due_ms = target_of(&w, "LA", "R1").queued_due_ms;
    do_set(&w, "A", "pp", 3);
    assert_int_equal(target_of(&w, "LA", "R1").queued_due_ms, w.now);
    do_set(&w, "A", "pp", 5);
    assert_int_equal(target_of(&w, "LA", "R1").queued_due_ms, due_ms);
    assert_waits(&w, ATTEMPTS);
    world_close(&w);
}

/* The answer to an older figure came when another one was wanted already. */
static void changed_while_it_was_on_its_way(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w, 0);
    refuse(&w, 12);
    w.now = target_of(&w, "LA", "R1").queued_due_ms;
    assert_goes(&w, 12);
    do_set(&w, "A", "pp", 5);
    do_outcomes(&w, OUTCOME_RETRY);
    assert_goes(&w, 5);
    world_close(&w);
}

/* What has gone waits no longer for what was refused before, whatever became of it. */
static void what_came_to_nothing_by_itself_does_not_wait(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w, 0);
    refuse(&w, 12);
    do_set(&w, "A", "pp", 5);
    assert_goes(&w, 5);
    do_outcomes(&w, OUTCOME_UNSENT);
    assert_goes(&w, 5);
    do_outcomes(&w, OUTCOME_UNRESOLVED);
    w.now += 60 * 1000;
    rows_start(&w, 1);
    row_stock(&w, "R1", "LA", 10);
    rows_end(&w);
    assert_goes(&w, 5);
    world_close(&w);
}

/* That is no pause after a refusal: it holds for every figure. */
static void until_when_the_marketplace_says(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w, 0);
    refuse(&w, 12);
    w.now = target_of(&w, "LA", "R1").queued_due_ms;
    assert_goes(&w, 12);
    const int64_t until_ms = w.now + 90 * 1000;
    do_outcome(&w, 0, OUTCOME_THROTTLED, until_ms);
    do_set(&w, "A", "pp", 5);
    assert_int_equal(target_of(&w, "LA", "R1").queued_due_ms, until_ms);
    assert_int_equal(do_select(&w, 1, 1), 0);
    w.now = until_ms;
    assert_goes(&w, 5);
    /* It said no time: the pause is for as long as after a refusal. */
    do_outcome(&w, 0, OUTCOME_THROTTLED, 0);
    do_set(&w, "A", "pp", 4);
    assert_waits(&w, ATTEMPTS + 1);
    world_close(&w);
}

static void no_sooner_than_the_cadence(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w, CADENCE_MS);
    refuse(&w, 12);
    const int64_t sent_ms = target_of(&w, "LA", "R1").sent_ms;
    do_set(&w, "A", "pp", 5);
    assert_int_equal(do_select(&w, 1, 1), 0);
    assert_int_equal(w.batch.next_due_ms, sent_ms + CADENCE_MS + 1);
    w.now = w.batch.next_due_ms;
    assert_goes(&w, 5);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(another_figure_goes_at_once),
    cmocka_unit_test(refusals_in_a_row_are_remembered),
    cmocka_unit_test(the_refused_figure_waits_when_it_is_wanted_again),
    cmocka_unit_test(changed_while_it_was_on_its_way),
    cmocka_unit_test(what_came_to_nothing_by_itself_does_not_wait),
    cmocka_unit_test(until_when_the_marketplace_says),
    cmocka_unit_test(no_sooner_than_the_cadence),
};

TEST_MAIN(cases)
