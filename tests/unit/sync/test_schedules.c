/* What is done when: of one account at the token shop, whose listings carry its figures, over days
 * that pass in a moment. */
#include "token_world.h"

#include "base/clock.h"
#include "engine/run.h"
#include "store/schema.h"
#include "test_main.h"

#include <stdio.h>
#include <string.h>

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
};
#define DAY (INT64_C(24) * HOUR)

/* Since midnight, UTC. */
static int64_t of_day(int64_t wall_ms)
{
    return wall_ms % DAY;
}

static int64_t until(const struct token_world *w, int64_t time_of_day)
{
    return (time_of_day - of_day(token_world_now_ms(w)) + DAY) % DAY;
}

static struct token_world *begin(uint64_t seed, const char *const texts[SYNC_TIMED])
{
    struct token_world *w = token_world_new(seed);
    token_world_shop(w)->life_ms = 400 * DAY; /* no renewals among what is counted here */
    if (texts) token_world_schedules(w, texts, 0, 0);
    token_world_boot(w);
    token_world_login(w);
    return w;
}

static int64_t last(struct token_world *w, const char *task)
{
    return token_world_schedule(w, task).last_ms;
}

/* When it was done in that time, at most `max` of them. */
static size_t ends(struct token_world *w, const char *task, int64_t ms, int64_t *list, size_t max)
{
    int64_t to = token_world_now_ms(w) + ms, before = last(w, task);
    size_t count = 0;
    while (token_world_now_ms(w) < to) {
        assert_true(token_world_step(w));
        int64_t now = last(w, task);
        if (now == before) continue;
        if (count < max) list[count] = now;
        before = now;
        count++;
    }
    return count;
}

/* How many runs of the kind the history has, and the detail of the last. */
static size_t runs(struct token_world *w, const char *kind, struct run_view *newest, char *detail,
                   size_t size)
{
    struct store_txn *txn;
    struct bytes key, value;
    size_t count = 0;
    assert_int_equal(store_begin(token_world_store(w), STORE_READ, &txn, NULL), ST_OK);
    struct store_cursor *cursor = store_cursor(txn, TABLE_RUN);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct run_view run;
        assert_int_equal(run_read(value, &run), ST_OK);
        if (!bytes_equal(run.kind, bytes_text(kind))) continue;
        count++;
        if (newest) *newest = run;
        if (detail)
            snprintf(detail, size, "%.*s", (int)run.detail.size, (const char *)run.detail.data);
    }
    store_cursor_close(cursor);
    store_abort(txn);
    return count;
}

/* ---- */

static void nothing_has_to_be_said(void **state)
{
    (void)state;
    static const struct {
        const char *task, *schedule;
    } usual[] = {{"verify", "every 30m"},
                 {"listings", "every 6h"},
                 {"warehouses", "daily 03:00 UTC"},
                 {"resync", "weekly sun 03:30 UTC"}};
    struct token_world *w = begin(1, NULL);
    int64_t now = token_world_now_ms(w);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        struct sync_schedule_view view = token_world_schedule(w, usual[i].task);
        assert_string_equal(view.schedule, usual[i].schedule);
        assert_true(view.next_ms > now);
        bool never = strcmp(usual[i].task, "resync") == 0;
        assert_string_equal(view.result, never ? "" : "done");
        assert_true(never ? view.last_ms == 0 && view.took_ms == -1 : view.took_ms >= 0);
    }
    assert_null(token_world_schedule(w, "orders").schedule); /* the plugin has no such thing */
    assert_null(token_world_schedule(w, "check").schedule);
    token_world_free(w);
}

static void intervals_are_kept_with_a_tenth_of_play(void **state)
{
    (void)state;
    int64_t at[60];
    struct token_world *w = begin(2, NULL);
    size_t count = ends(w, "verify", DAY, at, 60);
    assert_in_range(count, 43, 54);
    bool same = true;
    for (size_t i = 1; i < count; i++) {
        assert_in_range(at[i] - at[i - 1], 27 * MINUTE, 33 * MINUTE + 10 * SECOND);
        same &= at[i] - at[i - 1] == at[1] - at[0];
    }
    assert_false(same);
    token_world_free(w);
}

static void appointed_times_are_kept(void **state)
{
    (void)state;
    static const char *const texts[SYNC_TIMED] = {[SYNC_TIMED_WAREHOUSES] =
                                                      "daily 04:30 Europe/Moscow",
                                                  [SYNC_TIMED_RESYNC] = "cron 0 */12 * * *"};
    int64_t at[8];
    struct token_world *w = begin(3, texts);
    assert_int_equal(ends(w, "warehouses", 5 * DAY, at, 8), 5);
    for (size_t i = 0; i < 5; i++)
        assert_in_range(of_day(at[i]), 90 * MINUTE, 91 * MINUTE + 5 * SECOND);
    assert_int_equal(ends(w, "resync", 2 * DAY, at, 8), 4);
    for (size_t i = 0; i < 4; i++)
        assert_in_range(of_day(at[i]) % (12 * HOUR), 0, 2 * MINUTE);
    token_world_free(w);
}

/* The first readings are made all the same, and what is asked for. */
static void off_is_off(void **state)
{
    (void)state;
    static const char *const texts[SYNC_TIMED] = {[SYNC_TIMED_VERIFY] = "off",
                                                  [SYNC_TIMED_LISTINGS] = "off",
                                                  [SYNC_TIMED_WAREHOUSES] = "off",
                                                  [SYNC_TIMED_RESYNC] = "off"};
    struct token_world *w = begin(4, texts);
    assert_string_equal(token_world_schedule(w, "verify").result, "done");
    assert_int_equal(token_world_schedule(w, "verify").next_ms, 0);
    uint32_t reads = token_world_shop(w)->reads;
    token_world_run(w, 9 * DAY);
    assert_int_equal(token_world_shop(w)->reads, reads);
    assert_true(token_world_ask(w, SYNC_WAREHOUSES));
    token_world_run(w, MINUTE);
    assert_int_equal(token_world_shop(w)->reads, reads + 1);
    token_world_free(w);
}

static void another_schedule_counts_at_once(void **state)
{
    (void)state;
    static const char *const off[SYNC_TIMED] = {
        [SYNC_TIMED_VERIFY] = "off", [SYNC_TIMED_LISTINGS] = "off"};
    static const char *const often[SYNC_TIMED] = {[SYNC_TIMED_VERIFY] = "every 10s"};
    int64_t at[8];
    struct token_world *w = begin(5, off);
    assert_int_equal(ends(w, "verify", HOUR, at, 8), 0);
    token_world_schedules(w, often, 0, 0);
    assert_in_range(ends(w, "verify", 3 * MINUTE, at, 8), 12, 18);
    token_world_free(w);
}

/* ---- missed */

struct missing {
    const char *what;
    int64_t before, away; /* so long before 03:00 it goes away, for so long */
    bool sleeps, missed;
};

static const struct missing missings[] = {
    {"down all night", HOUR, 6 * HOUR, false, true},
    {"down for three days", HOUR, 3 * DAY + 2 * HOUR, false, true},
    {"a restart over it", 20 * SECOND, 40 * SECOND, false, false},
    {"down, but not then", 5 * HOUR, 4 * HOUR, false, false},
    {"slept all night", HOUR, 6 * HOUR, true, true},
    {"slept, but not then", 5 * HOUR, 4 * HOUR, true, false},
};

static void check_missing(const struct missing *m, uint64_t seed)
{
    char detail[SYNC_TEXT_MAX] = "", expected[SYNC_TEXT_MAX] = "", when[CLOCK_TEXT_MAX];
    struct token_world *w = begin(seed, NULL);
    token_world_run(w, DAY + until(w, 3 * HOUR) - m->before);
    int64_t appointed = token_world_now_ms(w) + until(w, 3 * HOUR);
    size_t before = runs(w, "warehouses", NULL, NULL, 0);
    if (m->sleeps) {
        token_world_sleep(w, m->away);
    } else {
        token_world_kill(w, m->away);
        token_world_boot(w);
    }
    token_world_run(w, m->before + 40 * MINUTE);
    struct sync_schedule_view view = token_world_schedule(w, "warehouses");
    assert_int_equal(runs(w, "warehouses", NULL, detail, sizeof detail), before + 1); /* once */
    if (m->missed)
        snprintf(expected, sizeof expected, "missed at %s, run late", clock_text(appointed, when));
    if (strcmp(detail, expected) != 0) fail_msg("%s: '%s', not '%s'", m->what, detail, expected);
    assert_true(view.missed_ms == (m->missed ? appointed : 0));
    assert_in_range(of_day(view.next_ms), 3 * HOUR, 3 * HOUR + MINUTE);
    assert_true(view.next_ms > token_world_now_ms(w));
    runs(w, "listings", NULL, detail, sizeof detail); /* every 30 minutes: only late */
    assert_string_equal(detail, "");
    token_world_free(w);
}

static void what_was_missed_runs_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof missings / sizeof *missings; i++)
        check_missing(&missings[i], 10 + i);
}

/* A machine that is never on at the time: it would never be done. */
static void nights_off_do_not_stop_the_weekly_one(void **state)
{
    (void)state;
    char detail[SYNC_TEXT_MAX] = "";
    struct token_world *w = begin(20, NULL);
    token_world_run(w, until(w, 8 * HOUR));
    for (int day = 0; day < 8; day++) {
        token_world_run(w, 10 * HOUR);
        token_world_kill(w, 14 * HOUR);
        token_world_boot(w);
    }
    token_world_run(w, HOUR);
    size_t count = runs(w, "resync", NULL, detail, sizeof detail);
    assert_in_range(count, 1, 2);
    assert_non_null(strstr(detail, "T03:30:00.000Z, run late"));
    token_world_free(w);
}

/* ---- how it went is known over a restart */

static void the_last_run_is_kept(void **state)
{
    (void)state;
    struct token_world *w = begin(21, NULL);
    token_world_run(w, HOUR);
    struct sync_schedule_view before = token_world_schedule(w, "warehouses");
    token_world_kill(w, MINUTE);
    token_world_boot(w);
    token_world_run(w, SECOND);
    struct sync_schedule_view after = token_world_schedule(w, "warehouses");
    assert_true(after.last_ms == before.last_ms);
    assert_true(after.took_ms == before.took_ms);
    assert_string_equal(after.result, "done");
    token_world_free(w);
}

/* ---- resync */

static void a_resync_is_one_run_with_its_reading(void **state)
{
    (void)state;
    static const char *const texts[SYNC_TIMED] = {[SYNC_TIMED_VERIFY] = "off",
                                                  [SYNC_TIMED_LISTINGS] = "off",
                                                  [SYNC_TIMED_WAREHOUSES] = "off",
                                                  [SYNC_TIMED_RESYNC] = "every 2h"};
    struct run_view run;
    struct token_world *w = begin(22, texts);
    uint32_t reads = token_world_shop(w)->reads;
    assert_int_equal(runs(w, "resync", NULL, NULL, 0), 0); /* all was read just now */
    token_world_run(w, 7 * HOUR);
    assert_int_equal(runs(w, "resync", &run, NULL, 0), 3);
    assert_int_equal(run.state, RUN_DONE);
    assert_int_equal(token_world_shop(w)->reads, reads + 3);
    assert_string_equal(token_world_schedule(w, "resync").result, "done");
    token_world_free(w);
}

/* What may not be read now is not asked for by a schedule either: that run ends without it. */
static void a_resync_asks_for_nothing_that_is_shut(void **state)
{
    (void)state;
    static const char *const texts[SYNC_TIMED] = {[SYNC_TIMED_VERIFY] = "off",
                                                  [SYNC_TIMED_LISTINGS] = "off",
                                                  [SYNC_TIMED_WAREHOUSES] = "off",
                                                  [SYNC_TIMED_RESYNC] = "every 2h"};
    struct run_view run;
    struct token_world *w = begin(27, texts);
    struct token_shop *shop = token_world_shop(w);
    shop->forbidden = "/listings";
    assert_true(token_world_ask(w, SYNC_LISTINGS));
    while (runs(w, "resync", &run, NULL, 0) < 3) {
        uint32_t times = shop->forbidden_times;
        int64_t last_ms = shop->forbidden_ms;
        assert_true(token_world_step(w));
        if (times && shop->forbidden_times > times)
            assert_true(shop->forbidden_ms - last_ms >= 10 * MINUTE);
    }
    assert_true(shop->forbidden_times > 3);
    assert_int_equal(run.state, RUN_PARTIAL);
    shop->forbidden = NULL;
    token_world_run(w, 3 * HOUR);
    assert_true(runs(w, "resync", &run, NULL, 0) > 3);
    assert_int_equal(run.state, RUN_DONE);
    token_world_free(w);
}

/* ---- the hard limit */

static void what_hangs_is_ended_and_tried_again(void **state)
{
    (void)state;
    static const char *const texts[SYNC_TIMED] = {
        [SYNC_TIMED_VERIFY] = "every 1m", [SYNC_TIMED_LISTINGS] = "every 1h"};
    struct run_view run;
    struct token_world *w = begin(23, texts);
    token_world_schedules(w, texts, 20 * SECOND, 30 * SECOND);
    token_world_hang(w, true);
    while (!token_world_schedule(w, "verify").running)
        assert_true(token_world_step(w));
    int64_t began = token_world_now_ms(w);
    while (token_world_schedule(w, "verify").running)
        assert_true(token_world_step(w));
    assert_in_range(token_world_now_ms(w) - began, 30 * SECOND, 31 * SECOND);
    struct sync_schedule_view view = token_world_schedule(w, "verify");
    assert_string_equal(view.result, "failed");
    assert_non_null(strstr(view.error, "hard-limit"));
    token_world_run(w, SECOND);
    runs(w, "listings", &run, NULL, 0);
    assert_int_equal(run.state, RUN_FAILED);
    token_world_hang(w, false);
    token_world_run(w, 2 * MINUTE);
    assert_string_equal(token_world_schedule(w, "verify").result, "done");
    assert_string_equal(token_world_schedule(w, "verify").error, "");
    token_world_free(w);
}

/* A list of many pages, of which three come through before the limit. */
static struct token_world *begin_long_list(uint64_t seed, bool last_empty)
{
    static const char *const texts[SYNC_TIMED] = {
        [SYNC_TIMED_VERIFY] = "every 1h", [SYNC_TIMED_LISTINGS] = "every 1h"};
    struct token_world *w = begin(seed, texts);
    token_world_schedules(w, texts, SECOND / 2, SECOND);
    token_world_shop(w)->pages = 20;
    token_world_shop(w)->last_empty = last_empty;
    token_world_shop(w)->page_reads = 0;
    assert_true(token_world_ask(w, SYNC_LISTINGS));
    return w;
}

static void what_was_ended_goes_on_there(void **state)
{
    (void)state;
    struct run_view run;
    char detail[SYNC_TEXT_MAX];
    for (uint64_t seed = 24; seed < 26; seed++) {
        struct token_world *w = begin_long_list(seed, seed == 25);
        size_t before = runs(w, "listings", &run, NULL, 0);
        uint32_t reads = token_world_shop(w)->reads;
        token_world_run(w, MINUTE);
        size_t took = runs(w, "listings", &run, detail, sizeof detail) - before;
        assert_in_range(took, 5, 10);
        assert_int_equal(run.state, RUN_DONE);
        assert_string_equal(token_world_schedule(w, "verify").result, "done");
        /* No page twice, but for the one that each run was ended at. */
        assert_in_range(token_world_shop(w)->page_reads, 20, 20 + took);
        assert_int_equal(token_world_shop(w)->reads, reads + 1);
        token_world_free(w);
    }
}

/* What was read of another reading counts for nothing: who asks gets all of it. */
static void what_is_asked_for_begins_anew(void **state)
{
    (void)state;
    struct token_world *w = begin_long_list(27, false);
    while (token_world_shop(w)->page_reads < 8)
        assert_true(token_world_step(w));
    while (token_world_schedule(w, "verify").running)
        assert_true(token_world_step(w));
    uint32_t reads = token_world_shop(w)->page_reads;
    assert_true(token_world_ask(w, SYNC_LISTINGS));
    token_world_run(w, MINUTE);
    assert_string_equal(token_world_schedule(w, "verify").result, "done");
    assert_in_range(token_world_shop(w)->page_reads - reads, 20, 30);
    token_world_free(w);
}

/* Nothing has changed is no empty list; an empty list is. */
static void nothing_new_is_not_nothing_left(void **state)
{
    (void)state;
    for (int empty = 0; empty < 2; empty++) {
        struct run_view run;
        struct token_world *w = begin(29, NULL);
        token_world_shop(w)->unchanged = !empty;
        token_world_shop(w)->last_empty = empty;
        assert_true(token_world_ask(w, SYNC_LISTINGS));
        token_world_run(w, SECOND);
        runs(w, "listings", &run, NULL, 0);
        assert_int_equal(run.state, empty ? RUN_FAILED : RUN_DONE);
        token_world_free(w);
    }
}

/* A resync is over when the figures were read, not when the limit came. */
static void a_resync_waits_for_what_goes_on(void **state)
{
    (void)state;
    static const char *const texts[SYNC_TIMED] = {[SYNC_TIMED_VERIFY] = "off",
                                                  [SYNC_TIMED_LISTINGS] = "off",
                                                  [SYNC_TIMED_WAREHOUSES] = "off",
                                                  [SYNC_TIMED_RESYNC] = "every 2h"};
    struct run_view run;
    struct token_world *w = begin(28, texts);
    token_world_schedules(w, texts, SECOND / 2, SECOND);
    token_world_shop(w)->pages = 20;
    uint32_t reads = token_world_shop(w)->reads;
    token_world_run(w, 3 * HOUR);
    assert_int_equal(runs(w, "resync", &run, NULL, 0), 1);
    assert_int_equal(run.state, RUN_DONE);
    assert_int_equal(token_world_shop(w)->reads, reads + 1);
    token_world_free(w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(nothing_has_to_be_said),
    cmocka_unit_test(intervals_are_kept_with_a_tenth_of_play),
    cmocka_unit_test(appointed_times_are_kept),
    cmocka_unit_test(off_is_off),
    cmocka_unit_test(another_schedule_counts_at_once),
    cmocka_unit_test(what_was_missed_runs_once),
    cmocka_unit_test(nights_off_do_not_stop_the_weekly_one),
    cmocka_unit_test(the_last_run_is_kept),
    cmocka_unit_test(a_resync_is_one_run_with_its_reading),
    cmocka_unit_test(a_resync_asks_for_nothing_that_is_shut),
    cmocka_unit_test(what_hangs_is_ended_and_tried_again),
    cmocka_unit_test(what_was_ended_goes_on_there),
    cmocka_unit_test(what_is_asked_for_begins_anew),
    cmocka_unit_test(a_resync_waits_for_what_goes_on),
    cmocka_unit_test(nothing_new_is_not_nothing_left),
};

TEST_MAIN(cases)
