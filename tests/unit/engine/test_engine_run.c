/* Runs as rows: with stages, from before there were any, and damaged. */
#include "engine/run.h"

#include "base/wire.h"
#include "support/test_main.h"

#include <string.h>

static struct run_view a_run(void)
{
    struct run_view run = {.kind = bytes_text("load"),
                           .account = bytes_text("ozon-main"),
                           .actor = bytes_text("stockd"),
                           .detail = bytes_text("detail"),
                           .error = bytes_text("listings: busy"),
                           .state = RUN_GOING,
                           .started_ms = 1000,
                           .done = 1203,
                           .revision = 77,
                           .stage_count = 3};
    run.stages[0] = (struct run_stage){
        .name = bytes_text("check"), .state = RUN_STAGE_DONE, .started_ms = 1000, .ended_ms = 1100};
    run.stages[1] = (struct run_stage){.name = bytes_text("listings"),
                                       .error = bytes_text("busy"),
                                       .state = RUN_STAGE_RUNNING,
                                       .done = 1200,
                                       .total = 5000,
                                       .started_ms = 1200};
    run.stages[2] = (struct run_stage){.name = bytes_text("stock"), .error = bytes_of("", 0)};
    run.stages[0].error = bytes_of("", 0);
    return run;
}

static void stages_come_back_as_they_were(void **state)
{
    (void)state;
    struct run_view run = a_run(), back;
    struct buf row;
    buf_init(&row, 1 << 16);
    assert_true(run_write(&row, &run));
    assert_int_equal(run_read(bytes_of(row.data, row.size), &back), ST_OK);
    assert_int_equal(back.stage_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(bytes_equal(back.stages[i].name, run.stages[i].name));
        assert_true(bytes_equal(back.stages[i].error, run.stages[i].error));
        assert_int_equal(back.stages[i].state, run.stages[i].state);
        assert_int_equal(back.stages[i].done, run.stages[i].done);
        assert_int_equal(back.stages[i].total, run.stages[i].total);
        assert_int_equal(back.stages[i].started_ms, run.stages[i].started_ms);
        assert_int_equal(back.stages[i].ended_ms, run.stages[i].ended_ms);
    }
    assert_int_equal(back.revision, 77);
    buf_free(&row);
}

/* As written by the first version: no stages, nothing after the revision. */
static void rows_from_before_have_no_stages(void **state)
{
    (void)state;
    struct buf row;
    struct run_view back;
    buf_init(&row, 1 << 16);
    wire_put_u8(&row, 1);
    const char *const texts[] = {"push", "ozon-main", "uid:1000", "sku A-1", ""};
    for (int i = 0; i < 5; i++)
        wire_put_text(&row, texts[i]);
    wire_put_u8(&row, RUN_DONE);
    const int64_t numbers[] = {1000, 2000, 30, 40, 1};
    for (int i = 0; i < 5; i++)
        wire_put_i64(&row, numbers[i]);
    for (uint64_t i = 1; i <= 4; i++)
        wire_put_u64(&row, i);
    back.stage_count = 9;
    assert_int_equal(run_read(bytes_of(row.data, row.size), &back), ST_OK);
    assert_int_equal(back.stage_count, 0);
    assert_int_equal(back.total, 40);
    assert_int_equal(back.revision, 4);
    buf_free(&row);
}

static void damaged_rows_are_refused(void **state)
{
    (void)state;
    struct run_view run = a_run(), back;
    struct buf row;
    buf_init(&row, 1 << 16);
    run_write(&row, &run);
    for (size_t size = 0; size < row.size; size++)
        assert_int_equal(run_read(bytes_of(row.data, size), &back), ST_DAMAGED);
    row.data[0] = 3; /* a version of later */
    assert_int_equal(run_read(bytes_of(row.data, row.size), &back), ST_DAMAGED);
    row.data[0] = 2;
    for (size_t i = 1; i < row.size; i++) /* whatever it says, it must not read past its end */
        for (int bit = 0; bit < 8; bit++) {
            row.data[i] = (char)(row.data[i] ^ (1 << bit));
            if (run_read(bytes_of(row.data, row.size), &back) == ST_OK)
                assert_true(back.stage_count <= RUN_STAGES_MAX);
            row.data[i] = (char)(row.data[i] ^ (1 << bit));
        }
    buf_free(&row);
}

static void percent_counts_work_that_is_done(void **state)
{
    static const struct {
        enum run_stage_state state;
        int64_t done, total;
        int percent;
    } stages[] = {
        {RUN_STAGE_WAITING, 0, 0, RUN_PERCENT_UNKNOWN},
        {RUN_STAGE_RUNNING, 1200, 0, RUN_PERCENT_UNKNOWN},
        {RUN_STAGE_RUNNING, 1200, 5000, 24},
        {RUN_STAGE_RUNNING, 4999, 5000, 99},
        {RUN_STAGE_RUNNING, 5000, 5000, 99}, /* all was read, and it is not over */
        {RUN_STAGE_RUNNING, 9000, 5000, 99},
        {RUN_STAGE_FAILED, 5000, 5000, 99},
        {RUN_STAGE_DONE, 0, 0, 100},
        {RUN_STAGE_RUNNING, INT64_MAX / 2, INT64_MAX, 50},
    };
    (void)state;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        const struct run_stage stage = {
            .state = stages[i].state, .done = stages[i].done, .total = stages[i].total};
        int percent = run_stage_percent(&stage);
        if (percent != stages[i].percent) fail_msg("case %zu: %d", i, percent);
    }
    struct run_view run = a_run();
    assert_int_equal(run_percent(&run), 41); /* (100 + 24 + 0) / 3 */
    run.stages[1].state = RUN_STAGE_FAILED;
    run.state = RUN_PARTIAL;
    assert_true(run_percent(&run) < 100);
    run.state = RUN_DONE;
    assert_int_equal(run_percent(&run), 100);
    run = (struct run_view){.state = RUN_GOING, .done = 5, .total = 0};
    assert_int_equal(run_percent(&run), RUN_PERCENT_UNKNOWN);
    run.total = 10;
    assert_int_equal(run_percent(&run), 50);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(stages_come_back_as_they_were),
    cmocka_unit_test(rows_from_before_have_no_stages),
    cmocka_unit_test(damaged_rows_are_refused),
    cmocka_unit_test(percent_counts_work_that_is_done),
};

TEST_MAIN(cases)
