/* What both implementations promise alike: every case runs against each. Both at once
 * under random operations are in test_store_pair.c. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

typedef void shared_case(struct store *store);

static void on_both(shared_case *run)
{
    for (unsigned kind = 0; kind < FIXTURE_KINDS; kind++) {
        struct scratch scratch;
        scratch_make(&scratch);
        struct store *store = fixture_open(kind, &scratch);
        run(store);
        store_close(store);
        scratch_remove(&scratch);
    }
}

static struct bytes text(const char *s)
{
    return bytes_text(s);
}

/* Rows "a" = "1", "c" = "3", "e" = "5". */
static void put_three(struct store_txn *txn)
{
    assert_int_equal(store_put(txn, TABLE_STOCK, text("c"), text("3")), ST_OK);
    assert_int_equal(store_put(txn, TABLE_STOCK, text("a"), text("1")), ST_OK);
    assert_int_equal(store_put(txn, TABLE_STOCK, text("e"), text("5")), ST_OK);
}

enum move { SEEK, NEXT, PREV, LAST };

static void expect_move(struct store_cursor *cursor, enum move move, const char *key,
                        const char *want_key, const char *want_value)
{
    struct bytes found, value;
    enum status status = move == SEEK   ? store_seek(cursor, text(key), &found, &value)
                         : move == NEXT ? store_next(cursor, &found, &value)
                         : move == PREV ? store_prev(cursor, &found, &value)
                                        : store_last(cursor, &found, &value);
    assert_int_equal(status, want_key ? ST_OK : ST_NOT_FOUND);
    if (!want_key) return;
    assert_true(bytes_equal(found, text(want_key)));
    if (want_value) assert_true(bytes_equal(value, text(want_value)));
}

/* Rows. */

static void rows(struct store *store)
{
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    put_three(txn);
    assert_int_equal(store_count(txn, TABLE_STOCK), 3);
    assert_int_equal(store_count(txn, TABLE_LEDGER), 0);
    assert_int_equal(store_put(txn, TABLE_STOCK, text("c"), text("thirty-three")), ST_OK);
    assert_int_equal(store_put(txn, TABLE_STOCK, text("a"), text("")), ST_OK);
    assert_int_equal(store_delete(txn, TABLE_STOCK, text("e")), ST_OK);
    assert_int_equal(store_delete(txn, TABLE_STOCK, text("e")), ST_NOT_FOUND);
    assert_int_equal(store_get(txn, TABLE_STOCK, text("a"), NULL), ST_OK);
    fixture_commit(txn);

    txn = fixture_begin(store, STORE_READ);
    fixture_expect(txn, TABLE_STOCK, "c", "thirty-three");
    fixture_expect(txn, TABLE_STOCK, "a", "");
    fixture_expect(txn, TABLE_STOCK, "e", NULL);
    fixture_expect(txn, TABLE_LEDGER, "c", NULL);
    assert_int_equal(store_count(txn, TABLE_STOCK), 2);
    store_abort(txn);
}

static void test_rows(void **state)
{
    (void)state;
    on_both(rows);
}

static void big_values(struct store *store)
{
    static char big[300000];
    memset(big, 'x', sizeof big);
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    assert_int_equal(store_put(txn, TABLE_JOB, text("k"), bytes_of(big, sizeof big)), ST_OK);
    assert_int_equal(store_put(txn, TABLE_JOB, text("k"), bytes_of(big, 200000)), ST_OK);
    fixture_commit(txn);
    txn = fixture_begin(store, STORE_READ);
    struct bytes value;
    assert_int_equal(store_get(txn, TABLE_JOB, text("k"), &value), ST_OK);
    assert_int_equal(value.size, 200000);
    assert_memory_equal(value.data, big, value.size);
    store_abort(txn);
}

static void test_big_values(void **state)
{
    (void)state;
    on_both(big_values);
}

/* Keys that cannot be: writing fails for good and says so, looking finds nothing. */
static void impossible_keys(struct store *store)
{
    char longest[STORE_KEY_MAX + 1];
    memset(longest, 'k', sizeof longest);
    struct {
        struct bytes key;
        enum status put;
    } const cases[] = {
        {bytes_of(longest, STORE_KEY_MAX), ST_OK},
        {bytes_of(longest, STORE_KEY_MAX + 1), ST_TOO_BIG},
        {bytes_of(longest, 0), ST_INVALID},
        {bytes_of(NULL, 0), ST_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {ST_OK, ""};
        struct store_txn *txn = fixture_begin(store, STORE_WRITE);
        assert_int_equal(store_get(txn, TABLE_META, cases[i].key, NULL), ST_NOT_FOUND);
        assert_int_equal(store_delete(txn, TABLE_META, cases[i].key), ST_NOT_FOUND);
        assert_int_equal(store_put(txn, TABLE_META, cases[i].key, text("v")), cases[i].put);
        assert_int_equal(store_failed(txn, &error), cases[i].put);
        if (cases[i].put != ST_OK) fixture_expect_text(&error, "table meta");
        store_abort(txn);
        txn = fixture_begin(store, STORE_WRITE);
        assert_int_equal(store_append(txn, TABLE_META, cases[i].key, text("v")), cases[i].put);
        store_abort(txn);
    }
}

static void test_impossible_keys(void **state)
{
    (void)state;
    on_both(impossible_keys);
}

static void append(struct store *store)
{
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    char key[16];
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "%08d", i);
        assert_int_equal(store_append(txn, TABLE_LEDGER, text(key), text("v")), ST_OK);
    }
    fixture_commit(txn);
    const char *const refused[] = {"00004999", "00004998", "0", "000049985"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct error error = {ST_OK, ""};
        txn = fixture_begin(store, STORE_WRITE);
        assert_int_equal(store_append(txn, TABLE_LEDGER, text(refused[i]), text("w")), ST_BUG);
        assert_int_equal(store_put(txn, TABLE_LEDGER, text("z"), text("w")), ST_BUG);
        assert_int_equal(store_commit(txn, &error), ST_BUG);
        fixture_expect_text(&error, "ledger");
    }
    fixture_expect_committed(store, TABLE_LEDGER, "00004999", "v");
    fixture_expect_committed(store, TABLE_LEDGER, "z", NULL);
    txn = fixture_begin(store, STORE_READ);
    assert_int_equal(store_count(txn, TABLE_LEDGER), 5000);
    store_abort(txn);
}

static void test_append(void **state)
{
    (void)state;
    on_both(append);
}

/* Transactions. */

static void abort_keeps_nothing(struct store *store)
{
    fixture_put(store, TABLE_STOCK, "kept", "1");
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    put_three(txn);
    assert_int_equal(store_put(txn, TABLE_STOCK, text("kept"), text("2")), ST_OK);
    assert_int_equal(store_put(txn, TABLE_STOCK, text("kept"), text("3")), ST_OK);
    assert_int_equal(store_delete(txn, TABLE_STOCK, text("c")), ST_OK);
    assert_int_equal(store_delete(txn, TABLE_STOCK, text("kept")), ST_OK);
    assert_int_equal(store_put(txn, TABLE_STOCK, text("c"), text("again")), ST_OK);
    store_abort(txn);
    txn = fixture_begin(store, STORE_READ);
    fixture_expect(txn, TABLE_STOCK, "kept", "1");
    fixture_expect(txn, TABLE_STOCK, "c", NULL);
    assert_int_equal(store_count(txn, TABLE_STOCK), 1);
    store_abort(txn);
}

static void test_abort_keeps_nothing(void **state)
{
    (void)state;
    on_both(abort_keeps_nothing);
}

static void second_writer(struct store *store)
{
    struct error error = {ST_OK, ""};
    struct store_txn *first = fixture_begin(store, STORE_WRITE), *second;
    assert_int_equal(store_begin(store, STORE_WRITE, &second, &error), ST_BUG);
    assert_null(second);
    fixture_expect_text(&error, "open already");
    put_three(first);
    fixture_commit(first);
    store_abort(fixture_begin(store, STORE_WRITE));
}

static void test_second_writer_is_refused(void **state)
{
    (void)state;
    on_both(second_writer);
}

static void write_in_reader(struct store *store)
{
    fixture_put(store, TABLE_STOCK, "a", "1");
    struct error error = {ST_OK, ""};
    struct store_txn *txn = fixture_begin(store, STORE_READ);
    assert_int_equal(store_put(txn, TABLE_STOCK, text("b"), text("2")), ST_BUG);
    assert_int_equal(store_get(txn, TABLE_STOCK, text("a"), NULL), ST_BUG);
    assert_int_equal(store_commit(txn, &error), ST_BUG);
    fixture_expect_text(&error, "read transaction");
    txn = fixture_begin(store, STORE_READ);
    assert_int_equal(store_delete(txn, TABLE_STOCK, text("a")), ST_BUG);
    store_abort(txn);
    txn = fixture_begin(store, STORE_READ);
    struct store_cursor *cursor = store_cursor(txn, TABLE_STOCK);
    expect_move(cursor, NEXT, NULL, "a", "1");
    assert_int_equal(store_cursor_delete(cursor), ST_BUG);
    store_abort(txn);
    fixture_expect_committed(store, TABLE_STOCK, "a", "1");
}

static void test_writing_in_a_reader_fails(void **state)
{
    (void)state;
    on_both(write_in_reader);
}

/* Every call after the first failure says what that one said. */
static void sticky(struct store *store)
{
    char longer[STORE_KEY_MAX + 9] = {1};
    struct error first = {ST_OK, ""}, last = {ST_OK, ""};
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    put_three(txn);
    struct store_cursor *cursor = store_cursor(txn, TABLE_STOCK);
    expect_move(cursor, NEXT, NULL, "a", "1");
    assert_int_equal(store_put(txn, TABLE_QUOTA, bytes_of(longer, sizeof longer), text("")),
                     ST_TOO_BIG);
    assert_int_equal(store_failed(txn, &first), ST_TOO_BIG);
    struct bytes k, v;
    assert_int_equal(store_put(txn, TABLE_STOCK, text("a"), text("2")), ST_TOO_BIG);
    assert_int_equal(store_put(txn, TABLE_STOCK, text(""), text("2")), ST_TOO_BIG);
    assert_int_equal(store_append(txn, TABLE_STOCK, text("a"), text("2")), ST_TOO_BIG);
    assert_int_equal(store_delete(txn, TABLE_STOCK, text("a")), ST_TOO_BIG);
    assert_int_equal(store_get(txn, TABLE_STOCK, text("a"), &v), ST_TOO_BIG);
    assert_int_equal(store_next(cursor, &k, &v), ST_TOO_BIG);
    assert_int_equal(store_prev(cursor, &k, &v), ST_TOO_BIG);
    assert_int_equal(store_last(cursor, &k, &v), ST_TOO_BIG);
    assert_int_equal(store_seek(cursor, text("a"), &k, &v), ST_TOO_BIG);
    assert_int_equal(store_cursor_put(cursor, text("2")), ST_TOO_BIG);
    assert_int_equal(store_cursor_delete(cursor), ST_TOO_BIG);
    assert_int_equal(store_count(txn, TABLE_STOCK), 0);
    struct store_cursor *late = store_cursor(txn, TABLE_QUOTA);
    assert_int_equal(store_next(late, &k, &v), ST_TOO_BIG);
    store_cursor_close(late);
    assert_int_equal(store_commit(txn, &last), ST_TOO_BIG);
    assert_string_equal(first.text, last.text);
    fixture_expect_text(&last, "quota");
    fixture_put(store, TABLE_STOCK, "after", "1");
    fixture_expect_committed(store, TABLE_STOCK, "a", NULL);
}

static void test_failure_is_sticky(void **state)
{
    (void)state;
    on_both(sticky);
}

/* Cursors. */

static void cursor_moves(struct store *store)
{
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    put_three(txn);
    fixture_commit(txn);
    for (int access = STORE_READ; access <= STORE_WRITE; access++) {
        txn = fixture_begin(store, (enum store_access)access);
        struct store_cursor *c = store_cursor(txn, TABLE_STOCK);
        expect_move(c, NEXT, NULL, "a", "1");
        expect_move(c, NEXT, NULL, "c", "3");
        expect_move(c, PREV, NULL, "a", "1");
        expect_move(c, PREV, NULL, NULL, NULL);
        expect_move(c, PREV, NULL, NULL, NULL);
        expect_move(c, NEXT, NULL, "a", "1");
        expect_move(c, LAST, NULL, "e", "5");
        expect_move(c, NEXT, NULL, NULL, NULL);
        expect_move(c, NEXT, NULL, NULL, NULL);
        expect_move(c, PREV, NULL, "e", "5");
        expect_move(c, SEEK, "b", "c", "3");
        expect_move(c, SEEK, "c", "c", "3");
        expect_move(c, SEEK, "", "a", "1");
        expect_move(c, SEEK, "f", NULL, NULL);
        expect_move(c, PREV, NULL, "e", "5");
        store_cursor_close(c);
        c = store_cursor(txn, TABLE_STOCK);
        expect_move(c, PREV, NULL, "e", "5");
        struct store_cursor *other = store_cursor(txn, TABLE_STOCK);
        expect_move(other, NEXT, NULL, "a", "1");
        expect_move(c, PREV, NULL, "c", "3");
        store_abort(txn);
    }
}

static void test_cursor_moves(void **state)
{
    (void)state;
    on_both(cursor_moves);
}

static void cursor_on_nothing(struct store *store)
{
    struct store_txn *txn = fixture_begin(store, STORE_READ);
    struct store_cursor *c = store_cursor(txn, TABLE_RUN);
    expect_move(c, NEXT, NULL, NULL, NULL);
    expect_move(c, PREV, NULL, NULL, NULL);
    expect_move(c, LAST, NULL, NULL, NULL);
    expect_move(c, SEEK, "", NULL, NULL);
    expect_move(c, SEEK, "x", NULL, NULL);
    store_abort(txn);
}

static void test_cursor_on_an_empty_table(void **state)
{
    (void)state;
    on_both(cursor_on_nothing);
}

static void cursor_many_transactions(struct store *store)
{
    fixture_put(store, TABLE_STOCK, "a", "0");
    for (int i = 0; i < 500; i++) {
        char value[16], old[16];
        snprintf(old, sizeof old, "%d", i);
        snprintf(value, sizeof value, "%d", i + 1);
        struct store_txn *txn = fixture_begin(store, STORE_READ);
        for (int n = 0; n < 1 + i % 3; n++)
            expect_move(store_cursor(txn, TABLE_STOCK), NEXT, NULL, "a", old);
        if (i % 2)
            store_abort(txn);
        else
            fixture_commit(txn);
        fixture_put(store, TABLE_STOCK, "a", value);
    }
}

static void test_cursors_die_with_their_transaction(void **state)
{
    (void)state;
    on_both(cursor_many_transactions);
}

/* Deletes all but each `keep`-th of many rows while going on with next. */
static void delete_while_iterating(struct store *store)
{
    enum { ROWS = 3000 };
    for (int keep = 2; keep <= ROWS + 1; keep *= 7) {
        struct store_txn *txn = fixture_begin(store, STORE_WRITE);
        char key[16];
        for (int i = 0; i < ROWS; i++) {
            snprintf(key, sizeof key, "%06d", i);
            assert_int_equal(store_put(txn, TABLE_OUTBOX, text(key), text("some value")), ST_OK);
        }
        struct store_cursor *c = store_cursor(txn, TABLE_OUTBOX);
        struct bytes found;
        int seen = 0;
        while (store_next(c, &found, NULL) == ST_OK) {
            snprintf(key, sizeof key, "%06d", seen);
            assert_true(bytes_equal(found, text(key)));
            if (seen++ % keep) assert_int_equal(store_cursor_delete(c), ST_OK);
        }
        assert_int_equal(seen, ROWS);
        assert_int_equal(store_count(txn, TABLE_OUTBOX), (ROWS + keep - 1) / keep);
        fixture_commit(txn);
        txn = fixture_begin(store, STORE_WRITE);
        c = store_cursor(txn, TABLE_OUTBOX);
        while (store_prev(c, NULL, NULL) == ST_OK)
            assert_int_equal(store_cursor_delete(c), ST_OK);
        assert_int_equal(store_count(txn, TABLE_OUTBOX), 0);
        fixture_commit(txn);
    }
}

static void test_delete_while_iterating(void **state)
{
    (void)state;
    on_both(delete_while_iterating);
}

static void cursor_writes(struct store *store)
{
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    put_three(txn);
    struct store_cursor *c = store_cursor(txn, TABLE_STOCK);
    expect_move(c, SEEK, "c", "c", "3");
    assert_int_equal(store_cursor_put(c, text("a much longer value than before")), ST_OK);
    fixture_expect(txn, TABLE_STOCK, "c", "a much longer value than before");
    assert_int_equal(store_cursor_put(c, text("")), ST_OK);
    fixture_expect(txn, TABLE_STOCK, "c", "");
    expect_move(c, NEXT, NULL, "e", "5");
    expect_move(c, PREV, NULL, "c", "");
    assert_int_equal(store_cursor_delete(c), ST_OK);
    expect_move(c, PREV, NULL, "a", "1");
    expect_move(c, NEXT, NULL, "e", "5");
    assert_int_equal(store_cursor_delete(c), ST_OK);
    expect_move(c, NEXT, NULL, NULL, NULL);
    expect_move(c, PREV, NULL, "a", "1");
    fixture_commit(txn);
}

static void test_cursor_writes(void **state)
{
    (void)state;
    on_both(cursor_writes);
}

/* A cursor that stands on no row writes nothing, loudly. */
static void cursor_writes_nowhere(struct store *store)
{
    for (int how = 0; how < 5; how++) {
        struct store_txn *txn = fixture_begin(store, STORE_WRITE);
        put_three(txn);
        struct store_cursor *c = store_cursor(txn, TABLE_STOCK);
        switch (how) {
        case 0: break;
        case 1: expect_move(c, SEEK, "z", NULL, NULL); break;
        case 2:
            expect_move(c, SEEK, "c", "c", NULL);
            assert_int_equal(store_cursor_delete(c), ST_OK);
            break;
        case 3:
            expect_move(c, SEEK, "c", "c", NULL);
            assert_int_equal(store_delete(txn, TABLE_STOCK, text("c")), ST_OK);
            break;
        default: expect_move(c, NEXT, NULL, "a", NULL); expect_move(c, PREV, NULL, NULL, NULL);
        }
        struct error error = {ST_OK, ""};
        assert_int_equal(how % 2 ? store_cursor_delete(c) : store_cursor_put(c, text("x")), ST_BUG);
        assert_int_equal(store_commit(txn, &error), ST_BUG);
        fixture_expect_text(&error, "no row");
    }
}

static void test_cursor_writes_nowhere(void **state)
{
    (void)state;
    on_both(cursor_writes_nowhere);
}

/* Writes by other means beside, under and around a cursor. */
static void cursor_undisturbed(struct store *store)
{
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    put_three(txn);
    struct store_cursor *c = store_cursor(txn, TABLE_STOCK), *d = store_cursor(txn, TABLE_STOCK);
    expect_move(c, SEEK, "c", "c", "3");
    assert_int_equal(store_delete(txn, TABLE_STOCK, text("c")), ST_OK);
    assert_int_equal(store_put(txn, TABLE_STOCK, text("b"), text("2")), ST_OK);
    assert_int_equal(store_put(txn, TABLE_STOCK, text("d"), text("4")), ST_OK);
    expect_move(c, NEXT, NULL, "d", "4");
    expect_move(c, PREV, NULL, "b", "2");
    expect_move(d, SEEK, "b", "b", "2");
    assert_int_equal(store_cursor_delete(d), ST_OK);
    expect_move(c, NEXT, NULL, "d", "4");
    assert_int_equal(store_put(txn, TABLE_STOCK, text("d"), text("a longer four")), ST_OK);
    assert_int_equal(store_cursor_put(c, text("short")), ST_OK);
    fixture_expect(txn, TABLE_STOCK, "d", "short");
    char key[16];
    for (int i = 0; i < 2000; i++) {
        snprintf(key, sizeof key, "c%04d", i);
        assert_int_equal(store_put(txn, TABLE_STOCK, text(key), text("filler value")), ST_OK);
    }
    expect_move(c, PREV, NULL, "c1999", "filler value");
    expect_move(d, NEXT, NULL, "c0000", "filler value");
    fixture_commit(txn);
}

static void test_cursor_is_undisturbed_by_writes(void **state)
{
    (void)state;
    on_both(cursor_undisturbed);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(test_rows),
    cmocka_unit_test(test_big_values),
    cmocka_unit_test(test_impossible_keys),
    cmocka_unit_test(test_append),
    cmocka_unit_test(test_abort_keeps_nothing),
    cmocka_unit_test(test_second_writer_is_refused),
    cmocka_unit_test(test_writing_in_a_reader_fails),
    cmocka_unit_test(test_failure_is_sticky),
    cmocka_unit_test(test_cursor_moves),
    cmocka_unit_test(test_cursor_on_an_empty_table),
    cmocka_unit_test(test_cursors_die_with_their_transaction),
    cmocka_unit_test(test_delete_while_iterating),
    cmocka_unit_test(test_cursor_writes),
    cmocka_unit_test(test_cursor_writes_nowhere),
    cmocka_unit_test(test_cursor_is_undisturbed_by_writes),
};

TEST_MAIN(cases)
