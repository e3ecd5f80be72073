/* When reports are queued and what time they are of: once each, over downtime, changes of clocks,
 * clocks that are set back, and a queue that is full. The store is in memory, the clock a number.
 */
#include "report/reports.h"

#include "schedule/civil.h"
#include "store/memory.h"
#include "test_main.h"

#include <stdio.h>
#include <string.h>

#define HOUR_MS (INT64_C(3600) * 1000)
#define DAY_MS  (24 * HOUR_MS)

struct world {
    struct store *store;
    struct schedule *schedule;
    const char *zone;
    int64_t now;
    uint32_t lost;
    struct alert_group group;
};

static const char *const channels[] = {"office", "phone"};

static int64_t at(int year, int month, int day, int hour)
{
    const struct civil c = {.year = year, .month = month, .day = day, .hour = hour};
    return civil_seconds(&c) * 1000;
}

static void begin(struct world *w, const char *schedule, const char *zone)
{
    *w = (struct world){.store = store_open_memory(), .zone = zone};
    assert_int_equal(schedule_new(schedule, &w->schedule, NULL), ST_OK);
}

static void end(struct world *w)
{
    schedule_free(w->schedule);
    store_close(w->store);
}

static bool queued(struct world *w, enum report_kind kind)
{
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_WRITE, &txn, NULL), ST_OK);
    bool any = reports_queue(txn, kind, w->schedule, w->zone, channels, 2, w->now, &w->lost);
    assert_int_equal(store_commit(txn, NULL), ST_OK);
    return any;
}

/* Takes what waits for the office, as told. */
static struct alert_report take(struct world *w)
{
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_WRITE, &txn, NULL), ST_OK);
    assert_int_equal(alert_out_take(txn, "office", ALERT_INFO, w->now, &w->group, NULL), ST_OK);
    assert_int_equal(w->group.count, 1);
    assert_int_equal(w->group.news, ALERT_NEWS_REPORT);
    assert_int_equal(alert_out_done(txn, "office", &w->group, NULL), ST_OK);
    assert_int_equal(store_commit(txn, NULL), ST_OK);
    return w->group.report;
}

static void a_daily_one_is_of_yesterday(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "daily 09:00 Europe/Moscow", "Europe/Moscow");
    w.now = at(2026, 5, 4, 12);
    assert_false(queued(&w, REPORT_DAILY)); /* the first look */
    for (int day = 5; day <= 7; day++) {
        w.now = at(2026, 5, day, 5) + HOUR_MS - 1; /* 08:59:59.999 there */
        assert_false(queued(&w, REPORT_DAILY));
        w.now++;
        assert_true(queued(&w, REPORT_DAILY));
        assert_false(queued(&w, REPORT_DAILY));
        struct alert_report report = take(&w);
        assert_int_equal(report.from_ms, at(2026, 5, day - 1, 0) - 3 * HOUR_MS);
        assert_int_equal(report.until_ms - report.from_ms, DAY_MS);
        assert_string_equal(report.zone, "Europe/Moscow");
    }
    end(&w);
}

static void what_was_missed_is_in_the_next_one(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "daily 09:00", "UTC");
    w.now = at(2026, 5, 4, 12);
    assert_false(queued(&w, REPORT_DAILY));
    w.now = at(2026, 5, 8, 20); /* down since */
    assert_true(queued(&w, REPORT_DAILY));
    assert_false(queued(&w, REPORT_DAILY));
    struct alert_report report = take(&w);
    assert_int_equal(report.from_ms, at(2026, 5, 4, 0));
    assert_int_equal(report.until_ms, at(2026, 5, 8, 0));
    w.now = at(2026, 7, 1, 9); /* for long */
    assert_true(queued(&w, REPORT_DAILY));
    report = take(&w);
    assert_int_equal(report.from_ms, at(2026, 7, 1 - REPORTS_DAILY_MOST, 0));
    assert_int_equal(report.until_ms, at(2026, 7, 1, 0));
    end(&w);
}

static void a_weekly_one_is_of_seven_days(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "weekly mon 09:00", "UTC");
    w.now = at(2026, 5, 6, 12); /* a Wednesday */
    assert_false(queued(&w, REPORT_WEEKLY));
    w.now = at(2026, 5, 11, 9);
    assert_true(queued(&w, REPORT_WEEKLY));
    assert_int_equal(take(&w).from_ms, at(2026, 5, 6, 0)); /* since it was first looked at */
    w.now = at(2026, 5, 18, 9);
    assert_true(queued(&w, REPORT_WEEKLY));
    struct alert_report report = take(&w);
    assert_int_equal(report.from_ms, at(2026, 5, 11, 0));
    assert_int_equal(report.until_ms, at(2026, 5, 18, 0));
    end(&w);
}

static void days_of_23_and_25_hours(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "daily 09:00 Europe/Berlin", "Europe/Berlin");
    w.now = at(2026, 3, 28, 12);
    assert_false(queued(&w, REPORT_DAILY));
    w.now = at(2026, 3, 29, 12);
    assert_true(queued(&w, REPORT_DAILY));
    take(&w);
    w.now = at(2026, 3, 30, 12);
    assert_true(queued(&w, REPORT_DAILY));
    struct alert_report report = take(&w);
    assert_int_equal(report.until_ms - report.from_ms, 23 * HOUR_MS);
    w.now = at(2026, 10, 25, 12);
    assert_true(queued(&w, REPORT_DAILY));
    take(&w);
    w.now = at(2026, 10, 26, 12);
    assert_true(queued(&w, REPORT_DAILY));
    report = take(&w);
    assert_int_equal(report.until_ms - report.from_ms, 25 * HOUR_MS);
    end(&w);
}

static void a_clock_set_back_begins_anew(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "daily 09:00", "UTC");
    w.now = at(2030, 1, 1, 12);
    assert_false(queued(&w, REPORT_DAILY));
    w.now = at(2026, 5, 4, 12);
    assert_false(queued(&w, REPORT_DAILY));
    w.now = at(2026, 5, 5, 9);
    assert_true(queued(&w, REPORT_DAILY));
    assert_int_equal(take(&w).from_ms, at(2026, 5, 4, 0));
    end(&w);
}

static void each_is_a_message_by_itself(void **state)
{
    (void)state;
    struct world w;
    begin(&w, "daily 09:00", "UTC");
    w.now = at(2026, 5, 4, 12);
    queued(&w, REPORT_DAILY);
    for (int day = 5; day <= 6; day++) { /* the first was not told in time */
        w.now = at(2026, 5, day, 9);
        assert_true(queued(&w, REPORT_DAILY));
    }
    assert_int_equal(take(&w).from_ms, at(2026, 5, 4, 0));
    assert_int_equal(take(&w).from_ms, at(2026, 5, 5, 0));
    end(&w);
}

static void quiet_hours_and_a_full_queue(void **state)
{
    (void)state;
    struct world w;
    struct store_txn *txn;
    begin(&w, "daily 09:00", "UTC");
    w.now = at(2026, 5, 4, 12);
    queued(&w, REPORT_DAILY);
    w.now = at(2026, 5, 5, 9);
    assert_true(queued(&w, REPORT_DAILY));
    assert_int_equal(w.lost, 0);
    assert_int_equal(store_begin(w.store, STORE_WRITE, &txn, NULL), ST_OK);
    assert_int_equal(alert_out_take(txn, "phone", ALERT_CRITICAL, w.now, &w.group, NULL), ST_OK);
    assert_int_equal(w.group.count, 0);
    const struct alert_report report = {.zone = "UTC"};
    while (alert_out_report(txn, "phone", &report, w.now))
        continue;
    assert_int_equal(store_count(txn, TABLE_ALERT_OUT), ALERT_OUT_MAX);
    assert_int_equal(store_commit(txn, NULL), ST_OK);
    w.now = at(2026, 5, 6, 9);
    assert_true(queued(&w, REPORT_DAILY));
    assert_int_equal(w.lost, 2);
    end(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_daily_one_is_of_yesterday),
    cmocka_unit_test(what_was_missed_is_in_the_next_one),
    cmocka_unit_test(a_weekly_one_is_of_seven_days),
    cmocka_unit_test(days_of_23_and_25_hours),
    cmocka_unit_test(a_clock_set_back_begins_anew),
    cmocka_unit_test(each_is_a_message_by_itself),
    cmocka_unit_test(quiet_hours_and_a_full_queue),
};
TEST_MAIN(cases)
