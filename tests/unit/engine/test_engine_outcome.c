/* What became of writes: every kind of outcome, looking for lost ones, reading back, crashes. */
#include "engine_fixture.h"

enum { SETTLE_MS = 5000, STUCK_MS = 3600 * 1000 };

static void open_with_route(struct world *w, bool by_note)
{
    world_open(w);
    const struct engine_rules rules = {.routes = {{.max_items = 100,
                                                   .settle_ms = SETTLE_MS,
                                                   .stuck_after_ms = STUCK_MS,
                                                   .by_note = by_note}},
                                       .route_count = 1,
                                       .data_version = 1,
                                       .attempts = 3};
    engine_rules_set(w->engine, 1, &rules);
    world_shop(w, 1);
}

static void read_back(struct world *w, int64_t figure)
{
    rows_start(w, 1);
    row_stock(w, "R1", "LA", figure);
    rows_end(w);
    world_ok(w);
}

static uint32_t looks(struct world *w, bool notes)
{
    const struct engine_looks ask = {
        .account = 1, .notes = notes, .most = 100, .now_ms = w->now, .lease_ms = 60000};
    struct store_txn *txn = world_begin(w);
    assert_int_equal(engine_select_looks(w->engine, txn, &ask, &w->batch, &w->error), ST_OK);
    world_commit(w, txn);
    return w->batch.count;
}

static void outcome(struct world *w, const struct outcome *o)
{
    rows_start(w, 1);
    rows_outcome(&w->rows, o);
    rows_end(w);
    world_ok(w);
}

/* The last batch's item 0, answered so. */
static struct outcome answer(const struct world *w, enum outcome_kind kind)
{
    return (struct outcome){.target = w->batch.items[0].target,
                            .revision = w->batch.items[0].revision,
                            .value = w->batch.items[0].wanted,
                            .kind = kind,
                            .observed = FIGURE_UNKNOWN};
}

static void ok(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_select(&w, 1, 1);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_true(t.flags & TARGET_OPEN && !(t.flags & (TARGET_QUEUED | TARGET_ACKED)));
    assert_int_equal(t.sent_value, 10);
    assert_int_equal(t.sent_ms, w.now);
    struct outcome o = answer(&w, OUTCOME_OK);
    o.observed = 10;
    outcome(&w, &o);
    t = target_of(&w, "LA", "R1");
    assert_int_equal(t.flags, TARGET_WANTED | TARGET_ACKED | TARGET_OBSERVED);
    assert_int_equal(t.acked_value, 10);
    assert_int_equal(t.acked_revision, t.sent_revision);
    world_close(&w);
}

static void one_of_another_write_is_ignored(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_select(&w, 1, 1);
    struct outcome o = answer(&w, OUTCOME_OK);
    o.revision++;
    outcome(&w, &o);
    assert_false(w.result.changed);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_OPEN);
    o.revision--;
    outcome(&w, &o);
    o.kind = OUTCOME_REJECTED; /* a second one for a write that is over */
    outcome(&w, &o);
    assert_false(w.result.changed);
    assert_int_equal(target_of(&w, "LA", "R1").flags, TARGET_WANTED | TARGET_ACKED);
    o.target.product = 77;
    outcome(&w, &o);
    assert_false(w.result.changed);
    world_close(&w);
}

static void ok_for_a_figure_no_longer_wanted(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_select(&w, 1, 1);
    do_set(&w, "A", "pp", 4);
    do_outcomes(&w, OUTCOME_OK);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_int_equal(t.acked_value, 10);
    assert_true(t.acked_revision < t.wanted_revision);
    assert_int_equal(t.queued_priority, PRIORITY_DECREASE);
    world_close(&w);
}

static void retry_and_throttled(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_select(&w, 1, 1);
    struct outcome o = answer(&w, OUTCOME_RETRY);
    o.code = bytes_text("busy");
    o.text = bytes_text("try later");
    outcome(&w, &o);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_true(t.flags & TARGET_ERROR);
    assert_int_equal(t.code_size + t.text_size, 13);
    w.now = t.queued_due_ms;
    for (int i = 0; i < 6;
         i++) { /* being throttled is no fault of the item: never the slow timer */
        do_select(&w, 1, 1);
        o = answer(&w, OUTCOME_THROTTLED);
        o.until_ms = w.now + 7000;
        outcome(&w, &o);
        assert_int_equal(target_of(&w, "LA", "R1").queued_due_ms, w.now + 7000);
        w.now += 7000;
    }
    do_select(&w, 1, 1);
    o = answer(&w, OUTCOME_THROTTLED); /* without a time: as any failure */
    outcome(&w, &o);
    assert_true(target_of(&w, "LA", "R1").queued_due_ms > w.now);
    w.now = target_of(&w, "LA", "R1").queued_due_ms;
    do_select(&w, 1, 1);
    do_outcomes(&w, OUTCOME_OK);
    t = target_of(&w, "LA", "R1");
    assert_int_equal(t.flags & TARGET_ERROR, 0);
    assert_int_equal(t.code_size + t.text_size, 0);
    world_close(&w);
}

static void changed_underneath(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_select(&w, 1, 1);
    struct outcome o = answer(&w, OUTCOME_CHANGED);
    o.observed = 13;
    outcome(&w, &o);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_int_equal(t.observed_value, 13);
    assert_int_equal(t.queued_priority, PRIORITY_DECREASE);
    do_select(&w, 1, 1);
    assert_int_equal(w.batch.items[0].base, 13);
    o = answer(&w, OUTCOME_CHANGED);
    o.observed = 10; /* and it is what should be there: nothing to send */
    outcome(&w, &o);
    assert_int_equal(do_select(&w, 1, 1), 0);
    world_close(&w);
}

static void rejected_until_another_figure_is_wanted(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_select(&w, 1, 1);
    do_outcome(&w, 0, OUTCOME_REJECTED, 0);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_true(t.flags & TARGET_REJECTED);
    assert_int_equal(t.rejected_revision, t.sent_revision);
    w.now += 24 * 3600 * 1000;
    assert_int_equal(do_select(&w, 1, 1), 0);
    do_set(&w, "A", "pp", 3);
    assert_int_equal(do_select(&w, 1, 1), 1);
    do_set(&w, "A", "pp", 2); /* wanted already when 3 is rejected */
    do_outcome(&w, 0, OUTCOME_REJECTED, 0);
    assert_int_equal(do_select(&w, 1, 1), 1);
    assert_int_equal(w.batch.items[0].wanted, 2);
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(target_of(&w, "LA", "R1").code_size, 0);
    world_close(&w);
}

/* What is not there is refused; when a figure is read there after all, it is tried once more, and
 * not at every reading. */
static void rejected_where_nothing_was_until_a_figure_is_read(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_select(&w, 1, 1);
    do_outcome(&w, 0, OUTCOME_REJECTED, 0);
    w.now += SETTLE_MS;
    read_back(&w, FIGURE_UNKNOWN);
    assert_int_equal(do_select(&w, 1, 1), 0);
    read_back(&w, 0);
    assert_int_equal(do_select(&w, 1, 1), 1);
    do_outcome(&w, 0, OUTCOME_REJECTED, 0);
    for (int i = 0; i < 3; i++) {
        w.now += SETTLE_MS;
        read_back(&w, i);
        assert_int_equal(do_select(&w, 1, 1), 0);
        assert_true(target_of(&w, "LA", "R1").flags & TARGET_REJECTED);
    }
    world_close(&w);
}

static void unresolved_then_read_back(void **state)
{
    (void)state;
    static const struct {
        int64_t seen;
        bool sent_again;
    } cases[] = {{10, false}, {6, true}, {7, false}};
    for (size_t i = 0; i < 3; i++) {
        struct world w;
        open_with_route(&w, false);
        do_push_all(&w, 1);
        do_set(&w, "A", "pp", 7);
        do_select(&w, 1, 1);
        do_outcome(&w, 0, OUTCOME_UNRESOLVED, 0);
        struct target_record t = target_of(&w, "LA", "R1");
        assert_true(t.flags & TARGET_OPEN && t.flags & TARGET_UNRESOLVED);
        assert_int_equal(t.look_ms, w.now + SETTLE_MS);
        assert_int_equal(looks(&w, false), 0);
        assert_int_equal(w.batch.next_due_ms, w.now + SETTLE_MS);
        do_set(&w, "A", "pp", 10);
        assert_int_equal(do_select(&w, 1, 1), 0); /* not before it is known (I4) */
        w.now += SETTLE_MS - 1;
        read_back(&w, 7); /* too early to tell */
        assert_true(target_of(&w, "LA", "R1").flags & TARGET_UNRESOLVED);
        w.now += 1;
        assert_int_equal(looks(&w, true), 0);
        assert_int_equal(looks(&w, false), 1);
        assert_int_equal(w.batch.items[0].wanted, 7);
        assert_int_equal(looks(&w, false), 0); /* leased */
        read_back(&w, cases[i].seen);
        t = target_of(&w, "LA", "R1");
        assert_false(t.flags & (TARGET_OPEN | TARGET_UNRESOLVED));
        assert_int_equal(t.observed_value, cases[i].seen);
        if (cases[i].seen == 7) assert_int_equal(t.acked_value, 7); /* it landed */
        if (cases[i].seen == 10) { /* it did not, and what is there is what is wanted (I8) */
            assert_int_equal(do_select(&w, 1, 1), 0);
            assert_int_equal(target_of(&w, "LA", "R1").acked_value, 10);
        } else {
            assert_int_equal(do_select(&w, 1, 1), 1);
            assert_int_equal(w.batch.items[0].wanted, 10);
        }
        world_close(&w);
    }
}

static void a_reading_begun_before_the_write_says_nothing(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_push_all(&w, 1);
    do_set(&w, "A", "pp", 0);
    w.begun = w.now;
    do_select(&w, 1, 1);
    do_outcome(&w, 0, OUTCOME_UNRESOLVED, 0);
    w.now += 10 * SETTLE_MS;
    read_back(&w, 0); /* its request left before */
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_UNRESOLVED);
    w.begun = 0;
    read_back(&w, 0);
    assert_false(target_of(&w, "LA", "R1").flags & TARGET_UNRESOLVED);
    world_close(&w);
}

/* Asked for in time and not in a complete answer: a sent 0 is there; another figure is not, and
 * what is there instead is not known (I9). */
static void absent_confirms_a_sent_zero_only(void **state)
{
    (void)state;
    for (int64_t figure = 0; figure < 2; figure++) {
        struct world w;
        open_with_route(&w, false);
        do_push_all(&w, 1);
        do_set(&w, "A", "pp", figure);
        do_select(&w, 1, 1);
        do_outcome(&w, 0, OUTCOME_UNRESOLVED, 0);
        w.now += SETTLE_MS;
        read_back(&w, FIGURE_UNKNOWN);
        struct target_record t = target_of(&w, "LA", "R1");
        assert_false(t.flags & (TARGET_UNRESOLVED | TARGET_OPEN));
        if (figure == 0) {
            assert_true(t.flags & TARGET_ACKED);
            assert_int_equal(t.acked_value, 0);
        } else {
            assert_false(t.flags & (TARGET_ACKED | TARGET_OBSERVED));
            assert_int_equal(do_select(&w, 1, 1), 1);
            assert_int_equal(w.batch.items[0].wanted, 1);
        }
        world_close(&w);
    }
}

static void looked_for_in_vain_then_abandoned(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_push_all(&w, 1);
    do_set(&w, "A", "pp", 5);
    do_select(&w, 1, 1);
    struct outcome look = answer(&w, OUTCOME_LOOK);
    do_outcome(&w, 0, OUTCOME_UNRESOLVED, 0);
    int64_t sent = w.now, before = 0;
    int rounds = 0;
    while (!(target_of(&w, "LA", "R1").flags & TARGET_ABANDONED)) {
        struct target_record t = target_of(&w, "LA", "R1");
        assert_true(t.look_ms - w.now > before / 2 && t.look_ms > w.now);
        before = t.look_ms - w.now;
        w.now = t.look_ms;
        assert_int_equal(looks(&w, false), 1);
        outcome(&w, &look);
        assert_true(++rounds < 20);
    }
    assert_true(w.now - sent >= STUCK_MS && w.now - sent < 2 * STUCK_MS);
    assert_true(rounds > 3);
    /* An increase may not pass it; a decrease may (I4). */
    do_set(&w, "A", "pp", 11);
    assert_int_equal(do_select(&w, 1, 1), 0);
    do_set(&w, "A", "pp", 10);
    assert_int_equal(do_select(&w, 1, 1), 0);
    do_set(&w, "A", "pp", 7); /* 10 may still be there */
    assert_int_equal(target_of(&w, "LA", "R1").queued_priority, PRIORITY_DECREASE);
    do_set(&w, "A", "pp", 3);
    assert_int_equal(do_select(&w, 1, 1), 1);
    assert_int_equal(w.batch.items[0].wanted, 3);
    assert_int_equal(w.batch.items[0].note.size, 0);
    do_outcomes(&w,
                OUTCOME_UNSENT); /* it never left: the abandoned one is as abandoned as before */
    do_set(&w, "A", "pp", 12);
    assert_int_equal(do_select(&w, 1, 1), 0);
    do_set(&w, "A", "pp", 3);
    assert_int_equal(do_select(&w, 1, 1), 1);
    do_outcomes(&w, OUTCOME_OK);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_int_equal(t.acked_value, 3);
    assert_false(t.flags & (TARGET_ABANDONED | TARGET_UNRESOLVED));
    do_set(&w, "A", "pp", 20);
    assert_int_equal(do_select(&w, 1, 1), 1);
    world_close(&w);
}

/* Asked for by its note when a decrease passes it, which never leaves: the record is of the
 * decrease then, with the time of the one that it was to pass. What the question comes to is of
 * that one. */
static void what_is_asked_of_a_passed_write_says_nothing_of_the_one_that_never_left(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, true);
    do_select(&w, 1, 1);
    rows_start(&w, 1);
    rows_note(&w.rows, &w.batch.items[0].target, bytes_text("command-7"));
    row_outcome(&w, &w.batch.items[0], OUTCOME_ACCEPTED, 0);
    row_flight_ended(&w);
    rows_end(&w);
    world_ok(&w);
    struct outcome look = answer(&w, OUTCOME_ACCEPTED);
    look.sent_ms = w.now;
    w.now += STUCK_MS;
    outcome(&w, &look);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_ABANDONED);
    w.now = target_of(&w, "LA", "R1").look_ms;
    assert_int_equal(looks(&w, true), 1);
    struct outcome late = answer(&w, OUTCOME_OK);
    late.sent_ms = w.batch.items[0].sent_ms;
    do_set(&w, "A", "pp", 3);
    assert_int_equal(do_select(&w, 1, 1), 1);
    assert_int_equal(w.batch.items[0].wanted, 3);
    do_outcomes(&w, OUTCOME_UNSENT);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_true(t.flags & TARGET_ABANDONED);
    assert_int_equal(t.sent_ms, late.sent_ms);
    outcome(&w, &late); /* 10 came; of 3 that says nothing */
    t = target_of(&w, "LA", "R1");
    assert_true(t.flags & TARGET_UNRESOLVED);
    assert_false(t.flags & TARGET_ACKED);
    world_close(&w);
}

/* Its listing is tied to another product while it waits to leave: when it was given up, the answer
 * tells. */
static void an_answer_finds_its_write_under_another_product(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_product(&w, "C");
    assert_int_equal(do_select(&w, 1, 1), 1);
    do_map(&w, "shop", "LA", "C");
    world_ok(&w);
    w.now = target_of(&w, "LA", "R1").look_ms - 1;
    do_outcomes(&w, OUTCOME_UNRESOLVED);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_int_equal(t.land_ms, w.now + SETTLE_MS);
    assert_int_equal(t.look_ms, t.land_ms);
    world_close(&w);
}

static void an_abandoned_write_is_closed_by_a_reading(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_push_all(&w, 1);
    do_set(&w, "A", "pp", 12);
    do_select(&w, 1, 1);
    struct outcome look = answer(&w, OUTCOME_LOOK);
    do_outcome(&w, 0, OUTCOME_UNRESOLVED, 0);
    w.now += STUCK_MS;
    outcome(&w, &look);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_ABANDONED);
    read_back(&w, 10); /* it never landed */
    assert_int_equal(do_select(&w, 1, 1), 1);
    assert_int_equal(w.batch.items[0].wanted, 12);
    assert_int_equal(w.batch.items[0].base, 10);
    world_close(&w);
}

static void accepted_and_asked_by_note(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, true);
    do_select(&w, 1, 1);
    rows_start(&w, 1);
    rows_note(&w.rows, &w.batch.items[0].target, bytes_text("command-7"));
    row_outcome(&w, &w.batch.items[0], OUTCOME_ACCEPTED, w.now + 30000);
    row_flight_ended(&w);
    rows_end(&w);
    world_ok(&w);
    assert_int_equal(rows_in(&w, TABLE_FLIGHT), 0);
    assert_int_equal(looks(&w, true), 0);
    world_restart(&w);
    const struct engine_rules rules = {.routes = {{.max_items = 100,
                                                   .settle_ms = SETTLE_MS,
                                                   .stuck_after_ms = STUCK_MS,
                                                   .by_note = true}},
                                       .route_count = 1,
                                       .data_version = 1,
                                       .attempts = 3};
    engine_rules_set(w.engine, 1, &rules);
    int64_t sent = w.now;
    w.now += 30000;
    assert_int_equal(looks(&w, false), 0);
    assert_int_equal(looks(&w, true), 1);
    assert_true(bytes_equal(w.batch.items[0].note, bytes_text("command-7")));
    struct outcome o = answer(&w, OUTCOME_ACCEPTED);
    o.sent_ms = sent;
    while (w.now - sent < STUCK_MS) { /* "still working on it", again and again, ends as well */
        o.until_ms = w.now + 600000;
        outcome(&w, &o);
        assert_int_equal(target_of(&w, "LA", "R1").look_ms, w.now + 600000);
        w.now += 600000;
    }
    outcome(&w, &o);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_ABANDONED);
    o = answer(&w, OUTCOME_OK); /* and may still be confirmed */
    outcome(&w, &o);
    assert_int_equal(target_of(&w, "LA", "R1").acked_value, 10);
    assert_int_equal(target_of(&w, "LA", "R1").note_size, 0);
    world_close(&w);
}

/* A command was asked for, a figure closed its write meanwhile, and the same figure went again:
 * what became of the first says nothing of the second. */
static void what_was_looked_for_is_not_what_is_under_way(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, true);
    do_push_all(&w, 1);
    do_set(&w, "A", "pp", 7);
    do_select(&w, 1, 1);
    do_outcome(&w, 0, OUTCOME_ACCEPTED, 0);
    w.now += SETTLE_MS;
    assert_int_equal(looks(&w, false), 1); /* no note: it is read back */
    struct outcome o = answer(&w, OUTCOME_OK);
    o.sent_ms = w.batch.items[0].sent_ms;
    read_back(&w, 10);
    w.now = target_of(&w, "LA", "R1").queued_due_ms;
    assert_int_equal(do_select(&w, 1, 1), 1);
    outcome(&w, &o);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_OPEN);
    assert_false(target_of(&w, "LA", "R1").flags & TARGET_ACKED);
    do_outcome(&w, 0, OUTCOME_OK, 0);
    assert_int_equal(target_of(&w, "LA", "R1").acked_value, 7);
    world_close(&w);
}

/* Answered as taken, read back as before: again and again, and then shown as rejected. */
static void taken_and_never_seen(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_push_all(&w, 1);
    do_set(&w, "A", "pp", 7);
    int writes = 0;
    int64_t begun = w.now;
    for (; do_select(&w, 1, 1) && writes < 100; writes++) {
        do_outcome(&w, 0, OUTCOME_ACCEPTED, 0);
        assert_true(target_of(&w, "LA", "R1").flags & TARGET_TAKEN);
        w.now += SETTLE_MS;
        assert_int_equal(looks(&w, false), 1);
        read_back(&w, 10);
        struct target_record t = target_of(&w, "LA", "R1");
        assert_int_equal(t.code_size, strlen("no-effect"));
        if (t.flags & TARGET_QUEUED) w.now = t.queued_due_ms;
    }
    struct target_record t = target_of(&w, "LA", "R1");
    assert_in_range(writes, 3, 10);
    assert_true(w.now - begun > 2 * writes * SETTLE_MS / 2 && w.now - begun < 3600 * 1000);
    assert_true(t.flags & TARGET_REJECTED && !(t.flags & (TARGET_OPEN | TARGET_TAKEN)));
    assert_true(t.text_size > 0);
    w.now += 60 * 1000;
    read_back(&w, 7); /* it was only slow */
    t = target_of(&w, "LA", "R1");
    assert_int_equal(t.flags & (TARGET_REJECTED | TARGET_ACKED | TARGET_QUEUED), TARGET_ACKED);
    assert_int_equal(t.code_size, 0);
    do_set(&w, "A", "pp", 6);
    assert_int_equal(do_select(&w, 1, 1), 1);
    world_close(&w);
}

/* The last batch's item 0 went as a command that is asked for by that note. */
static void accepted_as_command(struct world *w, const char *note)
{
    rows_start(w, 1);
    rows_note(&w->rows, &w->batch.items[0].target, bytes_text(note));
    row_outcome(w, &w->batch.items[0], OUTCOME_ACCEPTED, 0);
    rows_end(w);
    world_ok(w);
}

/* A command may take hours: a reading proves that it came, never that it will not. */
static void a_reading_does_not_end_a_command(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, true);
    do_push_all(&w, 1);
    do_set(&w, "A", "pp", 7);
    do_select(&w, 1, 1);
    accepted_as_command(&w, "command-7");
    w.now += 10 * SETTLE_MS;
    read_back(&w, 10);
    read_back(&w, FIGURE_UNKNOWN);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_OPEN);
    read_back(&w, 7);
    assert_int_equal(target_of(&w, "LA", "R1").acked_value, 7);
    /* Sent although it is there: that it is there still does not prove that the command came. */
    struct buf buf;
    buf_init(&buf, 1024);
    command_requeue(&buf, &(struct requeue){.force = true, .limit = 100});
    world_do(&w, COMMAND_REQUEUE, &buf);
    assert_int_equal(do_select(&w, 1, 1), 1);
    accepted_as_command(&w, "command-8");
    w.now += 10 * SETTLE_MS;
    read_back(&w, 7);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_OPEN);
    world_close(&w);
}

/* What is read while a command is under way is what the next one starts from, where that came to
 * nothing: somebody else's figure that was there before it does not prove that it came. */
static void what_was_there_before_a_command_does_not_end_it(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, true);
    do_push_all(&w, 1);
    do_set(&w, "A", "pp", 7);
    do_select(&w, 1, 1);
    accepted_as_command(&w, "command-7");
    w.now += 10 * SETTLE_MS;
    read_back(&w, 5);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_true(t.flags & TARGET_OPEN);
    assert_int_equal(t.observed_value, 5);
    do_outcome(&w, 0, OUTCOME_RETRY, 0);
    do_set(&w, "A", "pp", 5);
    w.now += STUCK_MS;
    assert_int_equal(do_select(&w, 1, 1), 1);
    assert_int_equal(w.batch.items[0].base, 5);
    accepted_as_command(&w, "command-5");
    w.now += 10 * SETTLE_MS;
    read_back(&w, 5);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_OPEN);
    do_outcome(&w, 0, OUTCOME_OK, 0);
    assert_int_equal(target_of(&w, "LA", "R1").acked_value, 5);
    world_close(&w);
}

/* A decrease whose command nobody heard of goes again past it, with the same figure: when that is
 * there, either of them may have come, and the newer one may still. */
static void what_an_abandoned_command_wrote_does_not_end_the_one_that_passes_it(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, true);
    read_back(&w, 10);
    do_set(&w, "A", "pp", 7);
    do_select(&w, 1, 1);
    accepted_as_command(&w, "command-7");
    struct outcome look = answer(&w, OUTCOME_ACCEPTED);
    look.sent_ms = target_of(&w, "LA", "R1").sent_ms;
    w.now += STUCK_MS;
    outcome(&w, &look);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_ABANDONED);
    assert_int_equal(do_select(&w, 1, 1), 1);
    assert_int_equal(w.batch.items[0].wanted, 7);
    accepted_as_command(&w, "command-7-again");
    w.now += 10 * SETTLE_MS;
    read_back(&w, 7);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_OPEN);
    do_outcome(&w, 0, OUTCOME_OK, 0);
    assert_int_equal(target_of(&w, "LA", "R1").acked_value, 7);
    world_close(&w);
}

/* Neither the old figure nor the new one: somebody else writes there. Never given up. */
static void taken_and_changed_by_somebody_else(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_push_all(&w, 1);
    do_set(&w, "A", "pp", 7);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(do_select(&w, 1, 1), 1);
        do_outcome(&w, 0, OUTCOME_ACCEPTED, 0);
        w.now += SETTLE_MS;
        read_back(&w, 100 + i);
        struct target_record t = target_of(&w, "LA", "R1");
        assert_false(t.flags & TARGET_REJECTED);
        assert_int_equal(t.code_size, strlen("changed-elsewhere"));
        assert_true(t.queued_due_ms > w.now);
        w.now = t.queued_due_ms;
    }
    assert_true(target_of(&w, "LA", "R1").attempts >= 3); /* at the slow timer by now */
    world_close(&w);
}

/* A write whose answer was lost proves nothing about the marketplace. */
static void lost_and_not_there_is_no_fault(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_push_all(&w, 1);
    do_set(&w, "A", "pp", 7);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(do_select(&w, 1, 1), 1);
        do_outcome(&w, 0, OUTCOME_UNRESOLVED, 0);
        w.now += SETTLE_MS;
        read_back(&w, 10);
    }
    assert_int_equal(do_select(&w, 1, 1), 1);
    world_close(&w);
}

static void applied_as_another_figure(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_push_all(&w, 1);
    do_set(&w, "A", "pp", 50);
    do_select(&w, 1, 1);
    struct outcome o = answer(&w, OUTCOME_OK);
    o.observed = 20;
    outcome(&w, &o);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_false(t.flags & TARGET_ACKED);
    assert_int_equal(t.observed_value, 20);
    assert_true(t.queued_due_ms > w.now);
    assert_int_equal(do_select(&w, 1, 1), 0); /* that pause is of 50 alone */
    do_set(&w, "A", "pp", 7);
    assert_int_equal(do_select(&w, 1, 1), 1);
    assert_int_equal(w.batch.items[0].wanted, 7);
    world_close(&w);
}

/* Items of one warehouse are read together, and notes of one route. */
static void looks_share_a_warehouse(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    rows_start(&w, 1);
    row_remote(&w, "R2", true);
    rows_end(&w);
    do_link(&w, "pp", "shop", "R2");
    do_sweeps(&w, 0);
    do_product(&w, "B");
    do_set(&w, "B", "pp", 4);
    rows_start(&w, 1);
    row_listing(&w, "LB", "B", NULL, LISTING_ACTIVE);
    rows_end(&w);
    assert_int_equal(do_select(&w, 1, 10), 4);
    do_outcomes(&w, OUTCOME_ACCEPTED);
    w.now += SETTLE_MS;
    struct engine_looks ask = {
        .account = 1, .one_remote = true, .most = 100, .now_ms = w.now, .lease_ms = 1000};
    for (int i = 0; i < 2; i++) {
        struct store_txn *txn = world_begin(&w);
        assert_int_equal(engine_select_looks(w.engine, txn, &ask, &w.batch, &w.error), ST_OK);
        world_commit(&w, txn);
        assert_int_equal(w.batch.count, 2);
        assert_int_equal(w.batch.more, i == 0);
        assert_int_equal(w.batch.items[0].target.remote, w.batch.items[1].target.remote);
    }
    world_close(&w);
}

/* Data of the plugin's other version reads as absent, with listings, targets and notes. */
static void data_of_another_version_is_absent(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, true);
    do_select(&w, 1, 1);
    rows_start(&w, 1);
    rows_target_data(&w.rows, &w.batch.items[0].target, bytes_text("revision 5"));
    rows_note(&w.rows, &w.batch.items[0].target, bytes_text("command-7"));
    row_outcome(&w, &w.batch.items[0], OUTCOME_ACCEPTED, 0);
    rows_end(&w);
    w.now += SETTLE_MS;
    assert_int_equal(looks(&w, true), 1);
    assert_true(bytes_equal(w.batch.items[0].target_data, bytes_text("revision 5")));
    const struct engine_rules rules = {
        .routes = {{.max_items = 100, .settle_ms = SETTLE_MS, .by_note = true}},
        .route_count = 1,
        .data_version = 2,
        .attempts = 3};
    engine_rules_set(w.engine, 1, &rules);
    w.now += 60000;
    assert_int_equal(looks(&w, true), 0);
    assert_int_equal(looks(&w, false), 1); /* without its note it is read back */
    assert_int_equal(w.batch.items[0].target_data.size + w.batch.items[0].note.size, 0);
    world_close(&w);
}

/* A figure that the look read has closed the write, and the same revision is on its way again when
 * the look ends without a word about it. */
static void a_look_in_vain_says_nothing_of_the_next_write(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_select(&w, 1, 1);
    struct outcome look = answer(&w, OUTCOME_LOOK);
    do_outcome(&w, 0, OUTCOME_UNRESOLVED, 0);
    w.now += SETTLE_MS;
    assert_int_equal(looks(&w, false), 1);
    read_back(&w, 3); /* it is not there */
    w.now = target_of(&w, "LA", "R1").queued_due_ms;
    assert_int_equal(do_select(&w, 1, 1), 1);
    assert_int_equal(w.batch.items[0].revision, look.revision);
    outcome(&w, &look);
    assert_false(target_of(&w, "LA", "R1").flags & TARGET_UNRESOLVED);
    w.now += SETTLE_MS; /* its answer takes long */
    read_back(&w, 3);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_OPEN);
    do_outcome(&w, 0, OUTCOME_OK, 0);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_ACKED);
    world_close(&w);
}

static void recovered_after_a_crash(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_account(&w, "second");
    do_select(&w, 1, 1);
    store_memory_crash(w.store, 0);
    int64_t sent = w.now;
    world_restart(&w);
    w.now += 1000;
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_recover(&buf, 2, 100); /* another account's */
    world_do(&w, COMMAND_RECOVER, &buf);
    assert_int_equal(w.result.rows, 0);
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_recover(&buf, 1, 100);
    world_do(&w, COMMAND_RECOVER, &buf);
    world_ok(&w);
    assert_int_equal(w.result.rows, 1);
    assert_false(w.result.more);
    assert_int_equal(rows_in(&w, TABLE_FLIGHT), 0);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_true(t.flags & TARGET_UNRESOLVED);
    assert_int_equal(t.sent_ms, sent);
    world_close(&w);
}

/* The life that sent it ran ahead of the clock, which had been set back. */
static void sent_ahead_of_the_clock_is_not_of_this_life(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_select(&w, 1, 1);
    store_memory_crash(w.store, 0);
    world_restart(&w);
    w.now -= 90000;
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_recover(&buf, 1, 100);
    world_do(&w, COMMAND_RECOVER, &buf);
    world_ok(&w);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_true(t.flags & TARGET_UNRESOLVED);
    assert_int_equal(t.sent_ms, w.now - 1); /* before this life began */
    /* A next life, at once after the clock was set forward: its time does not say how long ago
     * that was. */
    w.now = t.land_ms + 1;
    const struct rows_head head = {.account = 1,
                                   .data_version = 1,
                                   .begun_ms = w.now,
                                   .received_ms = w.now,
                                   .other_time_ms = w.now};
    buf_reset(&w.rows);
    rows_begin(&w.rows, &head);
    row_stock(&w, "R1", "LA", 0);
    rows_end(&w);
    world_ok(&w);
    assert_true(target_of(&w, "LA", "R1").flags & TARGET_UNRESOLVED);
    world_close(&w);
}

/* A figure was read in a life that ran ahead of the clock: its time has not come in this one, whose
 * readings are newer all the same. */
static void read_ahead_of_the_clock_is_older_than_a_reading_of_this_life(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    do_push_all(&w, 1);
    w.now += 90000;
    read_back(&w, 10);
    assert_int_equal(target_of(&w, "LA", "R1").observed_ms, w.now);
    world_restart(&w);
    w.now -= 80000;
    do_set(&w, "A", "pp", 7);
    assert_int_equal(do_select(&w, 1, 1), 1);
    do_outcome(&w, 0, OUTCOME_UNRESOLVED, 0);
    w.now += SETTLE_MS;
    assert_int_equal(looks(&w, false), 1);
    read_back(&w, 7);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_false(t.flags & (TARGET_OPEN | TARGET_UNRESOLVED));
    assert_int_equal(t.acked_value, 7);
    world_close(&w);
}

static void observed_as_wanted_is_not_sent(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    read_back(&w, 9);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_false(t.flags & TARGET_ACKED);
    assert_int_equal(t.queued_priority, PRIORITY_INCREASE);
    read_back(&w, 12);
    assert_int_equal(target_of(&w, "LA", "R1").queued_priority, PRIORITY_DECREASE);
    read_back(&w, 10);
    t = target_of(&w, "LA", "R1");
    assert_true(t.flags & TARGET_ACKED);
    assert_int_equal(t.acked_revision, t.wanted_revision);
    assert_int_equal(t.sent_revision, 0);
    assert_int_equal(do_select(&w, 1, 1), 0);
    assert_int_equal(rows_in(&w, TABLE_OBSERVED), 1);
    world_close(&w);
}

static void figures_of_the_marketplaces_own_stock_are_only_shown(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    rows_start(&w, 1);
    const struct seen_stock seen = {.remote = bytes_text("R1"),
                                    .listing = bytes_text("LA"),
                                    .type = bytes_text("fbo"),
                                    .read_only = true,
                                    .quantity = 10};
    rows_stock(&w.rows, &seen);
    const struct seen_stock untracked = {.remote = bytes_text("R1"),
                                         .listing = bytes_text("LA"),
                                         .type = bytes_text("fbs"),
                                         .kind = OBSERVED_UNTRACKED,
                                         .quantity = 10};
    rows_stock(&w.rows, &untracked);
    rows_end(&w);
    world_ok(&w);
    assert_int_equal(rows_in(&w, TABLE_OBSERVED), 2);
    assert_false(target_of(&w, "LA", "R1").flags & (TARGET_OBSERVED | TARGET_ACKED));
    world_close(&w);
}

static void unsent_goes_back_as_if_never_taken(void **state)
{
    (void)state;
    struct world w;
    open_with_route(&w, false);
    struct target_record before = target_of(&w, "LA", "R1");
    do_select(&w, 1, 1);
    do_outcomes(&w, OUTCOME_UNSENT);
    struct target_record after = target_of(&w, "LA", "R1");
    assert_int_equal(after.flags, before.flags);
    assert_int_equal(after.attempts, 0);
    assert_int_equal(after.sent_ms, before.sent_ms);
    assert_int_equal(after.queued_due_ms, before.queued_due_ms);
    do_select(&w, 1, 1);
    do_outcomes(&w, OUTCOME_OK);
    int64_t sent = w.now;
    w.now += 1000;
    do_set(&w, "A", "pp", 1);
    do_select(&w, 1, 1);
    w.now += 1000;
    do_outcomes(&w, OUTCOME_UNSENT);
    assert_int_equal(target_of(&w, "LA", "R1").sent_ms, sent);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(ok),
    cmocka_unit_test(what_was_looked_for_is_not_what_is_under_way),
    cmocka_unit_test(taken_and_never_seen),
    cmocka_unit_test(a_reading_does_not_end_a_command),
    cmocka_unit_test(what_was_there_before_a_command_does_not_end_it),
    cmocka_unit_test(what_an_abandoned_command_wrote_does_not_end_the_one_that_passes_it),
    cmocka_unit_test(taken_and_changed_by_somebody_else),
    cmocka_unit_test(lost_and_not_there_is_no_fault),
    cmocka_unit_test(applied_as_another_figure),
    cmocka_unit_test(looks_share_a_warehouse),
    cmocka_unit_test(data_of_another_version_is_absent),
    cmocka_unit_test(one_of_another_write_is_ignored),
    cmocka_unit_test(ok_for_a_figure_no_longer_wanted),
    cmocka_unit_test(retry_and_throttled),
    cmocka_unit_test(changed_underneath),
    cmocka_unit_test(rejected_until_another_figure_is_wanted),
    cmocka_unit_test(rejected_where_nothing_was_until_a_figure_is_read),
    cmocka_unit_test(unresolved_then_read_back),
    cmocka_unit_test(a_reading_begun_before_the_write_says_nothing),
    cmocka_unit_test(absent_confirms_a_sent_zero_only),
    cmocka_unit_test(looked_for_in_vain_then_abandoned),
    cmocka_unit_test(what_is_asked_of_a_passed_write_says_nothing_of_the_one_that_never_left),
    cmocka_unit_test(an_answer_finds_its_write_under_another_product),
    cmocka_unit_test(an_abandoned_write_is_closed_by_a_reading),
    cmocka_unit_test(accepted_and_asked_by_note),
    cmocka_unit_test(a_look_in_vain_says_nothing_of_the_next_write),
    cmocka_unit_test(recovered_after_a_crash),
    cmocka_unit_test(sent_ahead_of_the_clock_is_not_of_this_life),
    cmocka_unit_test(read_ahead_of_the_clock_is_older_than_a_reading_of_this_life),
    cmocka_unit_test(observed_as_wanted_is_not_sent),
    cmocka_unit_test(figures_of_the_marketplaces_own_stock_are_only_shown),
    cmocka_unit_test(unsent_goes_back_as_if_never_taken),
};

TEST_MAIN(cases)
