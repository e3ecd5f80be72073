/* What only the store in memory has: crashes that take commits back, faults on demand, strictness.
 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void put_number(struct store *store, int n)
{
    char text[16];
    snprintf(text, sizeof text, "%d", n);
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    assert_int_equal(store_put(txn, TABLE_STOCK, bytes_text("n"), bytes_text(text)), ST_OK);
    assert_int_equal(store_put(txn, TABLE_LEDGER, bytes_text(text), bytes_text("")), ST_OK);
    if (n > 0) {
        snprintf(text, sizeof text, "%d", n - 1);
        assert_int_equal(store_delete(txn, TABLE_OUTBOX, bytes_text(text)), ST_OK);
        snprintf(text, sizeof text, "%d", n);
    }
    assert_int_equal(store_put(txn, TABLE_OUTBOX, bytes_text(text), bytes_text("")), ST_OK);
    fixture_commit(txn);
}

/* The store is exactly as after put_number(last). */
static void expect_number(struct store *store, int last)
{
    char text[16];
    snprintf(text, sizeof text, "%d", last);
    struct store_txn *txn = fixture_begin(store, STORE_READ);
    fixture_expect(txn, TABLE_STOCK, "n", text);
    fixture_expect(txn, TABLE_OUTBOX, text, "");
    assert_int_equal(store_count(txn, TABLE_OUTBOX), 1);
    assert_int_equal(store_count(txn, TABLE_LEDGER), last + 1);
    store_abort(txn);
}

static void test_crash_takes_back_commits(void **state)
{
    (void)state;
    struct store *store = store_open_memory();
    for (int n = 0; n < 10; n++)
        put_number(store, n);
    assert_int_equal(store_memory_unacknowledged(store), 10);
    assert_int_equal(store_memory_crash(store, 3), 3);
    expect_number(store, 6);
    put_number(store, 7);
    expect_number(store, 7);
    assert_int_equal(store_memory_crash(store, 0), 0);
    expect_number(store, 7);
    store_close(store);
}

static void test_crash_keeps_what_was_acknowledged(void **state)
{
    (void)state;
    struct store *store = store_open_memory();
    for (int n = 0; n < 5; n++)
        put_number(store, n);
    store_memory_acknowledge(store);
    assert_int_equal(store_memory_unacknowledged(store), 0);
    put_number(store, 5);
    put_number(store, 6);
    assert_int_equal(store_memory_crash(store, 100), 2);
    expect_number(store, 4);
    store_close(store);
}

static void test_crash_takes_back_what_is_younger_than_what_was_acknowledged(void **state)
{
    (void)state;
    struct store *store = store_open_memory();
    for (int n = 0; n < 5; n++)
        put_number(store, n);
    store_memory_acknowledge_but(store, 7);
    assert_int_equal(store_memory_unacknowledged(store), 5);
    store_memory_acknowledge_but(store, 2);
    assert_int_equal(store_memory_unacknowledged(store), 2);
    assert_int_equal(store_memory_crash(store, 100), 2);
    expect_number(store, 2);
    store_close(store);
}

static void test_crash_ends_open_transactions(void **state)
{
    (void)state;
    struct store *store = store_open_memory();
    put_number(store, 0);
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    assert_int_equal(store_put(txn, TABLE_STOCK, bytes_text("n"), bytes_text("x")), ST_OK);
    assert_non_null(store_cursor(txn, TABLE_STOCK));
    store_memory_crash(store, 0);
    expect_number(store, 0);
    put_number(store, 1);
    store_close(store);
}

static void test_old_commits_count_as_acknowledged(void **state)
{
    (void)state;
    struct store *store = store_open_memory();
    for (int n = 0; n < STORE_MEMORY_COMMITS + 50; n++)
        put_number(store, n);
    assert_int_equal(store_memory_unacknowledged(store), STORE_MEMORY_COMMITS);
    assert_int_equal(store_memory_crash(store, UINT64_MAX), STORE_MEMORY_COMMITS);
    expect_number(store, 49);
    store_close(store);
}

static void test_write_fault_is_sticky_and_once(void **state)
{
    (void)state;
    struct store *store = store_open_memory();
    struct error error = {ST_OK, ""};
    put_number(store, 0);
    store_memory_fail_next(store, STORE_FAULT_WRITE, 1, ST_FULL, false);
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    assert_int_equal(store_put(txn, TABLE_STOCK, bytes_text("n"), bytes_text("x")), ST_OK);
    assert_int_equal(store_delete(txn, TABLE_STOCK, bytes_text("n")), ST_FULL);
    assert_int_equal(store_put(txn, TABLE_STOCK, bytes_text("n"), bytes_text("y")), ST_FULL);
    assert_int_equal(store_commit(txn, &error), ST_FULL);
    fixture_expect_text(&error, "table stock");
    expect_number(store, 0);
    put_number(store, 1);
    expect_number(store, 1);
    store_close(store);
}

static void test_commit_fault_keeps_nothing(void **state)
{
    (void)state;
    struct store *store = store_open_memory();
    struct error error = {ST_OK, ""};
    put_number(store, 0);
    store_memory_fail_next(store, STORE_FAULT_COMMIT, 0, ST_IO, true);
    for (int i = 0; i < 3; i++) {
        struct store_txn *txn = fixture_begin(store, STORE_WRITE);
        assert_int_equal(store_put(txn, TABLE_STOCK, bytes_text("n"), bytes_text("x")), ST_OK);
        assert_int_equal(store_commit(txn, &error), ST_IO);
        assert_int_equal(error.status, ST_IO);
        expect_number(store, 0);
    }
    store_memory_fail_next(store, STORE_FAULT_COMMIT, 0, ST_OK, false);
    put_number(store, 1);
    assert_int_equal(store_memory_unacknowledged(store), 2);
    store_close(store);
}

static void test_begin_fault(void **state)
{
    (void)state;
    struct store *store = store_open_memory();
    struct store_txn *txn = NULL;
    store_memory_fail_next(store, STORE_FAULT_BEGIN, 1, ST_IO, false);
    store_abort(fixture_begin(store, STORE_WRITE));
    assert_int_equal(store_begin(store, STORE_WRITE, &txn, NULL), ST_IO);
    assert_null(txn);
    store_abort(fixture_begin(store, STORE_WRITE));
    store_close(store);
}

/* Runs in a child, which must end by a signal. */
static void expect_death(void (*run)(struct store *))
{
    struct store *store = store_open_memory();
    put_number(store, 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr)) _exit(0);
        signal(SIGABRT, SIG_DFL);
        run(store);
        _exit(0);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    store_close(store);
}

static void write_beside_reader(struct store *store)
{
    fixture_begin(store, STORE_READ);
    put_number(store, 1);
}

static void read_amid_writes(struct store *store)
{
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    store_put(txn, TABLE_STOCK, bytes_text("n"), bytes_text("x"));
    fixture_begin(store, STORE_READ);
}

static void test_reader_beside_writer_ends_the_process(void **state)
{
    (void)state;
    expect_death(write_beside_reader);
    expect_death(read_amid_writes);
}

/* Without a sanitizer freed bytes can only be seen not to be the store's own. */
static void test_strict_gives_copies(void **state)
{
    (void)state;
    struct store *store = store_open_memory();
    put_number(store, 0);
    struct bytes plain, strict, again;
    struct store_txn *txn = fixture_begin(store, STORE_READ);
    store_memory_strict(store, false);
    assert_int_equal(store_get(txn, TABLE_STOCK, bytes_text("n"), &plain), ST_OK);
    store_memory_strict(store, true);
    assert_int_equal(store_get(txn, TABLE_STOCK, bytes_text("n"), &strict), ST_OK);
    assert_int_equal(store_get(txn, TABLE_STOCK, bytes_text("n"), &again), ST_OK);
    assert_true(plain.data != strict.data && strict.data != again.data);
    assert_true(bytes_equal(plain, strict) && bytes_equal(plain, again));
    store_abort(txn);
    store_close(store);
}

static void test_no_backup(void **state)
{
    (void)state;
    struct store *store = store_open_memory();
    assert_int_equal(store_backup(store, "/tmp/nowhere", NULL), ST_UNSUPPORTED);
    put_number(store, 0);
    assert_true(store_usage(store).used_bytes > 0);
    store_close(store);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(test_crash_takes_back_commits),
    cmocka_unit_test(test_crash_keeps_what_was_acknowledged),
    cmocka_unit_test(test_crash_takes_back_what_is_younger_than_what_was_acknowledged),
    cmocka_unit_test(test_crash_ends_open_transactions),
    cmocka_unit_test(test_old_commits_count_as_acknowledged),
    cmocka_unit_test(test_write_fault_is_sticky_and_once),
    cmocka_unit_test(test_commit_fault_keeps_nothing),
    cmocka_unit_test(test_begin_fault),
    cmocka_unit_test(test_reader_beside_writer_ends_the_process),
    cmocka_unit_test(test_strict_gives_copies),
    cmocka_unit_test(test_no_backup),
};

TEST_MAIN(cases)
