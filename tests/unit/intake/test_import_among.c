/* Imports among others and in trouble: several at once, amid small commands, a sender that is too
 * fast, a full store, things that go missing. */
#include "import_fixture.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/random.h"

#include <stdio.h>
#include <string.h>

enum { PRODUCTS = 30 };

/* ---- several, and others */

static void imports_take_turns_in_the_order_of_acceptance(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fixture f;
        struct told told[3];
        struct random random;
        random_seed(&random, seed);
        fixture_make(&f, FIXTURE_MEMORY, seed, 7, 3);
        fixture_products(&f, "P", PRODUCTS);
        const struct import_options options = {.actor = "test", .warehouse = "pp"};
        for (int i = 0; i < 3; i++)
            fixture_begin_import(&f, &told[i], &options);
        for (int row = 0; row < PRODUCTS; row++)
            for (int i = 0; i < 3; i++) {
                char text[32];
                snprintf(text, sizeof text, "P%06d,%d\n", row, i + 1);
                import_write(told[i].import, bytes_text(text));
                if (random_below(&random, 2)) test_runtime_step(f.runtime);
            }
        for (int i = 0; i < 3; i++)
            import_end(told[i].import);
        test_runtime_run(f.runtime);
        int64_t last = 0;
        uint64_t highest = 0;
        for (int i = 0; i < 3; i++) {
            assert_int_equal(told[i].state, IMPORT_DONE);
            assert_int_equal(told[i].counts.changed, PRODUCTS);
            if (told[i].job > highest) last = i + 1, highest = told[i].job;
        }
        for (int row = 0; row < PRODUCTS; row++) {
            char sku[16];
            snprintf(sku, sizeof sku, "P%06d", row);
            fixture_expect_figure(&f, sku, "pp", last);
        }
        fixture_check(&f);
        fixture_free(&f);
    }
}

struct small {
    struct engine_task task;
    struct test_runtime *runtime;
    uint64_t submitted, ran;
    bool on_its_way;
    uint32_t count;
    uint64_t longest;
};

static enum status small_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct small *small = (struct small *)task;
    (void)txn;
    (void)error;
    small->ran = test_runtime_commits(small->runtime);
    return ST_OK;
}

static void small_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct small *small = (struct small *)task;
    (void)error;
    assert_int_equal(status, ST_OK);
    if (small->ran - small->submitted > small->longest)
        small->longest = small->ran - small->submitted;
    small->on_its_way = false;
    small->count++;
}

static void small_commands_pass_between_chunks(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    struct buf text;
    fixture_make(&f, FIXTURE_MEMORY, 11, 0, 4);
    fixture_products(&f, "P", 1000);
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 1000; i++)
        buf_format(&text, "P%06d,pp,%d\n", i, i);
    fixture_begin_import(&f, &told, NULL);
    fixture_send(&f, &told, text.data, text.size);
    struct small small = {.runtime = f.runtime};
    struct runtime *runtime = test_runtime_of(f.runtime);
    while (!told.ended) {
        if (!small.on_its_way) {
            small.task = (struct engine_task){.run = small_run, .done = small_done};
            small.submitted = test_runtime_commits(f.runtime);
            small.on_its_way = true;
            runtime->engine_submit(runtime, &small.task);
        }
        assert_true(test_runtime_step(f.runtime));
    }
    test_runtime_run(f.runtime);
    assert_int_equal(told.counts.changed, 1000);
    assert_true(small.count > 100);
    assert_true(small.longest <= 2); /* never behind more than the chunks queued before it */
    buf_free(&text);
    fixture_free(&f);
}

/* ---- receiving */

static void a_fast_sender_is_held_back(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    fixture_make(&f, FIXTURE_MEMORY, 12, 0, 0);
    size_t size = 5 * IMPORT_BUFFER_BYTES;
    char *text = mem_alloc(size);
    memset(text, '\n', size);
    memcpy(text + size - 8, "A,pp,5\n", 7);
    fixture_begin_import(&f, &told, NULL);
    size_t took = import_write(told.import, bytes_of(text, size));
    assert_int_equal(took, IMPORT_BUFFER_BYTES);
    assert_int_equal(import_write(told.import, bytes_of(text + took, size - took)), took);
    assert_int_equal(import_write(told.import, bytes_of(text + 2 * took, size - 2 * took)), 0);
    assert_false(told.writable);
    while (!told.writable)
        assert_true(test_runtime_step(f.runtime));
    fixture_send(&f, &told, text + 2 * took, size - 2 * took);
    test_runtime_run(f.runtime);
    assert_int_equal(told.state, IMPORT_DONE);
    assert_int_equal(told.counts.bytes, size);
    fixture_expect_figure(&f, "A", "pp", 5);
    mem_free(text);
    fixture_free(&f);
}

/* ---- trouble */

struct stuck {
    const char *why;
    int count;
};

static void see_stuck(void *ctx, uint64_t job, const char *name, const char *why)
{
    struct stuck *stuck = ctx;
    assert_true(job > 0);
    assert_string_equal(name, "");
    assert_string_equal(why, stuck->why);
    stuck->count++;
}

static int count_stuck(struct fixture *f, const char *why)
{
    struct stuck stuck = {.why = why};
    imports_each_stuck(f->imports, see_stuck, &stuck);
    return stuck.count;
}

static void a_full_store_is_waited_for(void **state)
{
    (void)state;
    for (uint64_t after = 0; after < 12; after++) {
        struct fixture f;
        struct told told;
        fixture_make(&f, FIXTURE_MEMORY, 13 + after, 0, 1);
        const struct import_options options = {.actor = "test", .warehouse = "pp", .create = true};
        fixture_begin_import(&f, &told, &options);
        fixture_send(&f, &told, "A,1\nB,2\nC,3\nN,4\n", 16);
        while (!told.accepted)
            assert_true(test_runtime_step(f.runtime));
        store_memory_fail_next(f.store, STORE_FAULT_COMMIT, after, ST_FULL, false);
        while (!told.ended && !told.waiting[0])
            assert_true(test_runtime_step(f.runtime));
        if (told.waiting[0]) /* who lists it is told, too */
            assert_string_equal(imports_waits(f.imports, told.job), told.waiting);
        assert_int_equal(count_stuck(&f, told.waiting), told.waiting[0] != 0);
        test_runtime_run(f.runtime);
        assert_null(imports_waits(f.imports, told.job));
        assert_int_equal(count_stuck(&f, ""), 0);
        assert_true(told.ended);
        assert_int_equal(told.state, IMPORT_DONE);
        assert_int_equal(told.counts.changed, 4);
        assert_int_equal(told.counts.created, 1);
        assert_true((told.waiting[0] != 0) == (after < 7)); /* made, checked, four chunks, ended */
        fixture_expect_figure(&f, "B", "pp", 2);
        assert_int_equal(fixture_count(&f, TABLE_LEDGER), 4);
        assert_int_equal(fixture_files(&f), 0);
        fixture_check(&f);
        fixture_free(&f);
    }
}

/* Read when its product was there, applied when it is not. */
static void a_product_deleted_meanwhile_costs_its_row_alone(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    struct buf payload;
    fixture_make(&f, FIXTURE_MEMORY, 17, 0, 1);
    fixture_begin_import(&f, &told, NULL);
    fixture_send(&f, &told, "A,pp,1\nB,pp,2\nB,kot,2\nC,pp,3\n", 29);
    while (told.last.rows == 0)
        assert_true(test_runtime_step(f.runtime));
    buf_init(&payload, 100);
    command_product_delete(&payload, bytes_text("C"));
    fixture_apply(&f, COMMAND_PRODUCT_DELETE, &payload);
    buf_free(&payload);
    test_runtime_run(f.runtime);
    assert_int_equal(told.state, IMPORT_PARTIAL);
    assert_string_equal(told.error,
                        "0 of 4 rows were refused, 1 left out, for their stock was changed since "
                        "the plan, or their product is gone; `stockctl import refused 1` lists "
                        "them");
    assert_int_equal(told.counts.changed, 3);
    assert_int_equal(told.counts.refused, 0);
    assert_int_equal(told.counts.left, 1);
    fixture_check(&f);
    fixture_free(&f);
}

static void a_job_that_cannot_be_recorded_is_not_accepted(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    fixture_make(&f, FIXTURE_MEMORY, 14, 0, 0);
    store_memory_fail_next(f.store, STORE_FAULT_COMMIT, 0, ST_FULL, true);
    fixture_begin_import(&f, &told, NULL);
    fixture_send(&f, &told, "A,pp,1\n", 7);
    test_runtime_run(f.runtime);
    assert_true(told.ended && !told.accepted);
    assert_int_equal(told.status, ST_FULL);
    assert_int_equal(told.state, IMPORT_FAILED);
    assert_int_equal(fixture_files(&f), 0);
    store_memory_fail_next(f.store, STORE_FAULT_COMMIT, 0, ST_OK, false);
    fixture_free(&f);
}

static void a_lost_file_ends_the_job_with_a_sentence(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    struct error error = {0};
    fixture_make(&f, FIXTURE_MEMORY, 15, 0, 0);
    fixture_begin_import(&f, &told, NULL);
    fixture_send(&f, &told, "A,pp,1\n", 7);
    while (!told.accepted)
        assert_true(test_runtime_step(f.runtime));
    fixture_crash(&f, 0);
    char path[2 * FIXTURE_PATH_MAX];
    struct import_job job = fixture_job(&f, told.job);
    snprintf(path, sizeof path, "%s/%.*s", f.spool, (int)job.file.size,
             (const char *)job.file.data);
    assert_int_equal(remove(path), 0);
    imports_resume(f.imports);
    test_runtime_run(f.runtime);
    job = fixture_job(&f, told.job);
    assert_int_equal(job.state, IMPORT_FAILED);
    error_set(&error, ST_INVALID, "%.*s", (int)job.error.size, (const char *)job.error.data);
    fixture_expect_text(&error, "the file of this import is gone; import again");
    fixture_check(&f);
    fixture_free(&f);
}

static void files_of_nobody_are_removed_at_start(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    fixture_make(&f, FIXTURE_MEMORY, 16, 0, 0);
    fixture_begin_import(&f, &told, NULL);
    import_write(told.import, bytes_text("A,pp,1\n"));
    test_runtime_run(f.runtime);
    assert_int_equal(fixture_files(&f), 1);
    fixture_crash(&f, 0);
    char path[FIXTURE_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/keep", f.spool);
    fixture_file_write(path, "x", 1);
    imports_resume(f.imports);
    fixture_begin_import(&f, &told,
                         NULL); /* one that begins at once is not taken for one of them */
    fixture_send(&f, &told, "A,pp,2\n", 7);
    test_runtime_run(f.runtime);
    assert_int_equal(told.state, IMPORT_DONE);
    assert_int_equal(fixture_files(&f), 1);
    fixture_free(&f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(imports_take_turns_in_the_order_of_acceptance),
    cmocka_unit_test(small_commands_pass_between_chunks),
    cmocka_unit_test(a_fast_sender_is_held_back),
    cmocka_unit_test(a_full_store_is_waited_for),
    cmocka_unit_test(a_product_deleted_meanwhile_costs_its_row_alone),
    cmocka_unit_test(a_job_that_cannot_be_recorded_is_not_accepted),
    cmocka_unit_test(a_lost_file_ends_the_job_with_a_sentence),
    cmocka_unit_test(files_of_nobody_are_removed_at_start),
};
TEST_MAIN(cases)
