/* Backups by schedule, on a clock and a runtime of the test's own: when one is made, what was
 * missed, what stays, what a failure costs. */
#include "../store/fixture.h"

#include "backup/backups.h"
#include "base/mem.h"
#include "store/rotation.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS };

/* ---- a runtime: work is done at once, and told of in the next turn */

struct bench {
    struct scratch scratch;
    struct store *store;
    struct runtime runtime;
    struct clock_source clock;
    struct backups *backups;
    char directory[FIXTURE_PATH_MAX];
    int64_t now_ms;
    struct timer *timer;
    int64_t fires_ms;
    struct work_task *work;
    bool stopped;
};
static struct bench b;

static int64_t wall(void *ctx)
{
    (void)ctx;
    return b.now_ms;
}

static int64_t mono(void *ctx)
{
    (void)ctx;
    return b.now_ms * 1000;
}

static void submit(struct runtime *runtime, struct work_task *task)
{
    (void)runtime;
    assert_null(b.work);
    b.work = task;
}

static void arm(struct runtime *runtime, struct timer *timer, int64_t ms)
{
    (void)runtime;
    b.timer = timer;
    b.fires_ms = b.now_ms + ms;
}

static void disarm(struct runtime *runtime, struct timer *timer)
{
    (void)runtime;
    (void)timer;
    b.timer = NULL;
}

/* Everything that is to be done by `until_ms`, in order. */
static void pass_until(int64_t until_ms)
{
    for (;;) {
        if (b.work) {
            struct work_task *task = b.work;
            b.work = NULL;
            task->run(task);
            task->done(task);
        } else if (b.timer && b.fires_ms <= until_ms) {
            struct timer *timer = b.timer;
            if (b.fires_ms > b.now_ms) b.now_ms = b.fires_ms;
            b.timer = NULL;
            timer->fire(timer);
        } else {
            break;
        }
    }
    if (until_ms > b.now_ms) b.now_ms = until_ms;
}

static void on_stopped(void *ctx)
{
    (void)ctx;
    b.stopped = true;
}

static void start(const char *schedule, uint32_t keep)
{
    b.backups = backups_new(&b.runtime, b.store);
    backups_put(b.backups, &(struct backups_settings){b.directory, schedule, keep});
    pass_until(b.now_ms);
}

static void stop(void)
{
    b.stopped = false;
    backups_stop(b.backups, on_stopped, NULL);
    pass_until(b.now_ms);
    assert_true(b.stopped);
    backups_free(b.backups);
    b.backups = NULL;
}

static int setup(void **state)
{
    (void)state;
    b = (struct bench){0};
    scratch_make(&b.scratch);
    snprintf(b.directory, sizeof b.directory, "%s", scratch_path(&b.scratch, "backups"));
    b.store = fixture_open(FIXTURE_LMDB, &b.scratch);
    fixture_put(b.store, TABLE_WAREHOUSE, "pp", "shelf");
    b.clock = (struct clock_source){wall, mono, NULL};
    b.runtime = (struct runtime){.clock = &b.clock,
                                 .work_submit = submit,
                                 .timer_arm = arm,
                                 .timer_stop = disarm,
                                 .timer_close = disarm};
    b.now_ms = clock_parse("2026-03-04T01:00:00Z");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (b.backups) stop();
    store_close(b.store);
    scratch_remove(&b.scratch);
    return 0;
}

/* ---- what there is */

static void expect_there(const char *const *names, size_t count)
{
    struct backup_list list;
    struct error error;
    if (backup_list_read(b.directory, &list, &error) != ST_OK) fail_msg("%s", error.text);
    for (size_t i = 0; i < list.count && i < count; i++)
        assert_string_equal(strrchr(list.entries[i].path, '/') + 1, names[i]);
    assert_int_equal(list.count, count);
    backup_list_free(&list);
}

static struct backups_view look(void)
{
    struct backups_view view;
    backups_view(b.backups, &view);
    return view;
}

struct told {
    int count;
    enum status status;
    char path[FIXTURE_PATH_MAX];
};

static void on_made(void *ctx, const struct backup_result *result)
{
    struct told *told = ctx;
    told->count++;
    told->status = result->status;
    if (result->path) snprintf(told->path, sizeof told->path, "%s", result->path);
}

static void one_is_made_each_day_and_the_newest_stay(void **state)
{
    static const char *const left[] = {"auto-20260308T033000Z", "auto-20260307T033000Z"};
    (void)state;
    start("daily 03:30", 2);
    assert_int_equal(look().last_ok_ms, 0);
    assert_int_equal(look().next_ms, clock_parse("2026-03-04T03:30:00Z"));
    pass_until(clock_parse("2026-03-08T12:00:00Z"));
    expect_there(left, 2);
    assert_int_equal(look().last_ok_ms, clock_parse("2026-03-08T03:30:00Z"));
    assert_int_equal(look().next_ms, clock_parse("2026-03-09T03:30:00Z"));
    struct store *copy =
        fixture_open_lmdb(scratch_path(&b.scratch, "backups/auto-20260308T033000Z"));
    fixture_expect_committed(copy, TABLE_WAREHOUSE, "pp", "shelf");
    store_close(copy);
}

static void what_was_missed_is_made_once(void **state)
{
    static const char *const left[] = {"auto-20260309T080000Z", "auto-20260304T033000Z"};
    (void)state;
    start("daily 03:30", 5);
    pass_until(clock_parse("2026-03-04T04:00:00Z"));
    stop();
    b.now_ms = clock_parse("2026-03-09T08:00:00Z");
    start("daily 03:30", 5);
    pass_until(b.now_ms + HOUR_MS);
    expect_there(left, 2);
    assert_int_equal(look().next_ms, clock_parse("2026-03-10T03:30:00Z"));
}

/* Others' folders and one's own names are nobody's to remove. */
static void only_what_it_made_is_removed(void **state)
{
    static const char *const left[] = {"auto-20260305T033000Z", "backup-20260304T010000Z",
                                       "monday"};
    struct told told = {0};
    struct error error;
    (void)state;
    mkdir(b.directory, 0700);
    assert_int_equal(store_backup(b.store, scratch_path(&b.scratch, "backups/monday"), &error),
                     ST_OK);
    mkdir(scratch_path(&b.scratch, "backups/auto-20260101T033000Z.partial"), 0700);
    mkdir(scratch_path(&b.scratch, "backups/auto-of-mine"), 0700);
    start("daily 03:30", 1);
    pass_until(b.now_ms);
    backups_make(b.backups, NULL, on_made, &told);
    pass_until(clock_parse("2026-03-05T04:00:00Z"));
    struct backup_list list;
    assert_int_equal(backup_list_read(b.directory, &list, &error), ST_OK);
    assert_int_equal(list.count, 3);
    backup_list_free(&list);
    for (size_t i = 0; i < 3; i++) {
        char path[FIXTURE_PATH_MAX + 64];
        snprintf(path, sizeof path, "%s/%s", b.directory, left[i]);
        assert_int_equal(access(path, F_OK), 0);
    }
    assert_int_not_equal(
        access(scratch_path(&b.scratch, "backups/auto-20260101T033000Z.partial"), F_OK), 0);
    assert_int_equal(access(scratch_path(&b.scratch, "backups/auto-of-mine"), F_OK), 0);
}

static void a_failure_is_told_and_tried_again(void **state)
{
    static const char *const left[] = {"auto-20260304T053000Z"};
    (void)state;
    fixture_file_write(b.directory, "", 0); /* a file stands where the directory should be */
    start("daily 03:30", 2);
    pass_until(clock_parse("2026-03-04T04:00:00Z"));
    struct backups_view view = look();
    assert_int_equal(view.failed_ms, clock_parse("2026-03-04T03:30:00Z"));
    assert_non_null(strstr(view.error, b.directory));
    assert_int_equal(view.next_ms, clock_parse("2026-03-04T04:30:00Z"));
    pass_until(clock_parse("2026-03-04T05:00:00Z"));
    assert_int_equal(look().failed_ms, clock_parse("2026-03-04T03:30:00Z")); /* since then */
    unlink(b.directory);
    pass_until(clock_parse("2026-03-04T06:00:00Z"));
    expect_there(left, 1);
    assert_int_equal(look().failed_ms, 0);
    assert_string_equal(look().error, "");
}

/* Nor does one by hand, or a clock that is set back, put the next attempt off. */
static void after_a_failure_a_put_tries_at_once(void **state)
{
    const struct backups_settings same = {b.directory, "daily 03:30", 2};
    struct told told = {0};
    (void)state;
    fixture_file_write(b.directory, "", 0);
    start("daily 03:30", 2);
    assert_true(look().unsure); /* nothing was tried, and there is none */
    pass_until(clock_parse("2026-03-04T04:00:00Z"));
    assert_false(look().unsure);
    backups_make(b.backups, scratch_path(&b.scratch, "other"), on_made, &told);
    pass_until(b.now_ms);
    assert_int_equal(told.status, ST_OK);
    assert_int_equal(look().failed_ms, clock_parse("2026-03-04T03:30:00Z"));
    assert_int_equal(look().next_ms, clock_parse("2026-03-04T04:30:00Z"));
    backups_put(b.backups, &same);
    pass_until(b.now_ms);
    assert_int_equal(look().failed_ms, clock_parse("2026-03-04T03:30:00Z"));
    assert_int_equal(look().next_ms, clock_parse("2026-03-04T05:00:00Z"));
    b.now_ms -= 2 * HOUR_MS;
    b.fires_ms = b.now_ms;
    pass_until(b.now_ms);
    assert_int_equal(look().next_ms, clock_parse("2026-03-04T03:00:00Z"));
    unlink(b.directory);
    backups_put(b.backups, &same);
    pass_until(b.now_ms);
    assert_int_equal(look().failed_ms, 0);
    assert_int_equal(look().last_ok_ms, clock_parse("2026-03-04T02:00:00Z"));
}

static void whether_they_fail_is_known_when_it_is(void **state)
{
    (void)state;
    start("daily 03:30", 2);
    assert_true(look().unsure);
    pass_until(clock_parse("2026-03-04T04:00:00Z"));
    stop();
    start("daily 03:30", 2);
    assert_false(look().unsure); /* the newest is of today */
    stop();
    snprintf(b.directory, sizeof b.directory, "%s", scratch_path(&b.scratch, "file"));
    fixture_file_write(b.directory, "", 0);
    start("every 10m", 2);
    assert_int_not_equal(look().failed_ms, 0);
    backups_put(b.backups, &(struct backups_settings){b.directory, "off", 2});
    assert_false(look().unsure);
    assert_int_equal(look().failed_ms, 0); /* nothing is tried that could */
    assert_string_equal(look().error, "");
}

static void by_hand_never_two_at_once(void **state)
{
    struct told first = {0}, second = {0};
    (void)state;
    b.backups = backups_new(&b.runtime, b.store);
    backups_put(b.backups, &(struct backups_settings){b.directory, "daily 03:30", 2});
    struct timer *timer = b.timer;
    b.timer = NULL;
    timer->fire(timer); /* it looks at the directory, which is not over */
    backups_make(b.backups, NULL, on_made, &first);
    assert_int_equal(first.count, 0);
    backups_make(b.backups, scratch_path(&b.scratch, "other"), on_made, &second);
    assert_int_equal(second.status, ST_BUSY);
    pass_until(b.now_ms);
    assert_int_equal(first.count, 1);
    assert_int_equal(first.status, ST_OK);
    assert_non_null(strstr(first.path, "/backups/backup-20260304T010000Z"));
    backups_make(b.backups, scratch_path(&b.scratch, "other"), on_made, &second);
    backups_stop(b.backups, on_stopped, NULL); /* what is being made is finished first */
    assert_false(b.stopped);
    pass_until(b.now_ms);
    assert_true(b.stopped);
    assert_int_equal(second.status, ST_OK);
    backups_free(b.backups);
    b.backups = NULL;
}

static void a_clock_that_was_ahead_is_forgiven(void **state)
{
    (void)state;
    b.now_ms += 300 * (int64_t)DAY_MS;
    start("every 6h", 3);
    pass_until(b.now_ms + HOUR_MS);
    stop();
    b.now_ms = clock_parse("2026-03-04T01:00:00Z");
    start("every 6h", 3);
    assert_true(look().next_ms <= b.now_ms + 6 * HOUR_MS);
    pass_until(b.now_ms + 7 * HOUR_MS);
    struct backup_list list;
    struct error error;
    assert_int_equal(backup_list_read(b.directory, &list, &error), ST_OK);
    assert_int_equal(list.count, 2);
    backup_list_free(&list);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(one_is_made_each_day_and_the_newest_stay, setup, teardown),
    cmocka_unit_test_setup_teardown(what_was_missed_is_made_once, setup, teardown),
    cmocka_unit_test_setup_teardown(only_what_it_made_is_removed, setup, teardown),
    cmocka_unit_test_setup_teardown(a_failure_is_told_and_tried_again, setup, teardown),
    cmocka_unit_test_setup_teardown(after_a_failure_a_put_tries_at_once, setup, teardown),
    cmocka_unit_test_setup_teardown(whether_they_fail_is_known_when_it_is, setup, teardown),
    cmocka_unit_test_setup_teardown(by_hand_never_two_at_once, setup, teardown),
    cmocka_unit_test_setup_teardown(a_clock_that_was_ahead_is_forgiven, setup, teardown),
};

TEST_MAIN(cases)
