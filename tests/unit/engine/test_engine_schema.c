/* Stores that older versions left: brought here with all they hold, with a copy that takes the way
 * back; or refused with a sentence, untouched. */
#include "../store/fixture.h"

#include "engine/schema.h"
#include "engine/target_count.h"
#include "old_store.h"
#include "store/backup.h"
#include "verify/verify.h"

#include <string.h>
#include <unistd.h>

static struct scratch scratch;

static int setup(void **state)
{
    (void)state;
    scratch_make(&scratch);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static uint32_t version_of(struct store *store)
{
    uint32_t version = 0;
    struct store_txn *txn = fixture_begin(store, STORE_READ);
    assert_int_equal(store_schema_read(txn, &version, NULL), ST_OK);
    store_abort(txn);
    return version;
}

static struct store *old_store(const char *name, uint32_t version)
{
    struct store *store = fixture_open(FIXTURE_LMDB, &scratch);
    assert_true(old_store_fill(store, name) > 100);
    assert_int_equal(version_of(store), version);
    return store;
}

static void finding(void *ctx, const char *table, const char *sentence)
{
    (void)ctx;
    print_error("%s: %s\n", table, sentence);
}

static void holds_together(struct store *store)
{
    const struct verify_hooks hooks = {.report = finding};
    struct verify_result result;
    struct error error;
    struct store_txn *txn = fixture_begin(store, STORE_READ);
    assert_int_equal(engine_verify(txn, &hooks, &result, &error), ST_OK);
    store_abort(txn);
    assert_true(result.checked > 100);
    assert_int_equal(result.findings, 0);
}

/* What stock there is, as "on hand" of all pairs added: rows of any schema begin with it. */
static int64_t pieces(struct store *store)
{
    int64_t sum = 0;
    struct bytes value;
    struct store_txn *txn = fixture_begin(store, STORE_READ);
    struct store_cursor *cursor = store_cursor(txn, TABLE_STOCK);
    while (store_next(cursor, NULL, &value) == ST_OK) {
        int64_t on_hand;
        assert_true(value.size >= sizeof on_hand);
        memcpy(&on_hand, value.data, sizeof on_hand);
        sum += on_hand;
    }
    store_cursor_close(cursor);
    store_abort(txn);
    return sum;
}

enum { PIECES = 20 + 2 + 5 + 4 + 9 + 6 + 12 + 9 + 15 + 10 + 18 + 12 };

static void is_brought_here(const char *name, uint32_t version)
{
    struct error error = {ST_OK, ""};
    struct target_counts counts;
    struct store *store = old_store(name, version);
    const char *base = scratch_path(&scratch, "store");
    if (store_schema_prepare(store, engine_schema(), base, &error) != ST_OK)
        fail_msg("%s", error.text);
    assert_int_equal(version_of(store), STORE_SCHEMA);
    holds_together(store);
    assert_int_equal(pieces(store), PIECES);
    struct store_txn *txn = fixture_begin(store, STORE_READ);
    assert_true(target_counts_get(txn, 1, &counts)); /* schema 1 had none */
    assert_int_equal(counts.of[COUNT_TARGETS], 12);
    assert_int_equal(counts.of[COUNT_UNSENT], 0);
    store_abort(txn);
    store_close(store);
}

static void a_store_of_schema_1_is_brought_here(void **state)
{
    (void)state;
    is_brought_here("schema-1.rows", 1);
}

static void a_store_of_schema_2_is_brought_here(void **state)
{
    (void)state;
    is_brought_here("schema-2.rows", 2);
}

/* Rows of stock grow on the way: so many of them that pages part under the walk over them. */
static void all_of_many_rows_of_stock_grow(void **state)
{
    enum { PRODUCTS = 5000, SIZE = 48 };
    struct error error = {ST_OK, ""};
    uint8_t key[12];
    struct bytes value;
    (void)state;
    struct store *store = old_store("schema-2.rows", 2);
    struct store_txn *txn = fixture_begin(store, STORE_WRITE);
    for (uint64_t product = 0; product < PRODUCTS; product++) {
        const struct stock_record record = {.on_hand = (int64_t)product + 1, .counted_account = 1};
        bytes_put_u64(key, 1000 + product);
        bytes_put_u32(key + 8, 1);
        store_put(txn, TABLE_STOCK, bytes_of(key, sizeof key), bytes_of(&record, SIZE));
    }
    fixture_commit(txn);
    assert_int_equal(store_schema_prepare(store, engine_schema(), NULL, &error), ST_OK);
    assert_int_equal(pieces(store), PIECES + (int64_t)PRODUCTS * (PRODUCTS + 1) / 2);
    txn = fixture_begin(store, STORE_READ);
    assert_int_equal(store_get(txn, TABLE_STOCK, bytes_of(key, sizeof key), &value), ST_OK);
    const struct stock_record expected = {.on_hand = PRODUCTS, .counted_account = 1};
    assert_int_equal(value.size, sizeof expected);
    assert_memory_equal(value.data, &expected, sizeof expected);
    store_abort(txn);
    store_close(store);
}

/* The copy takes the place of the store; it is of schema 1, and can be brought here once more. */
static void the_copy_takes_the_way_back(void **state)
{
    struct error error = {ST_OK, ""};
    (void)state;
    const char *base = scratch_path(&scratch, "store");
    const char *copy = scratch_path(&scratch, "store.schema-1");
    struct store *store = old_store("schema-1.rows", 1);
    assert_int_equal(store_schema_prepare(store, engine_schema(), base, &error), ST_OK);
    store_close(store);
    assert_int_equal(store_backup_verify(copy, &error), ST_OK);
    if (store_restore(copy, base, &error) != ST_OK) fail_msg("%s", error.text);
    store = fixture_open_lmdb(base);
    assert_int_equal(version_of(store), 1);
    assert_int_equal(pieces(store), PIECES);
    assert_int_equal(store_schema_prepare(store, engine_schema(), base, &error), ST_OK);
    assert_int_equal(version_of(store), STORE_SCHEMA);
    store_close(store);
    assert_int_equal(access(scratch_path(&scratch, "store.schema-1-2"), F_OK), 0);
}

static void what_cannot_be_read_is_refused(void **state)
{
    struct error error = {ST_OK, ""};
    (void)state;
    struct store *store = old_store("before-0.1.rows", 1);
    const char *base = scratch_path(&scratch, "store");
    assert_int_equal(store_schema_prepare(store, engine_schema(), base, &error), ST_UNSUPPORTED);
    fixture_expect_text(&error, "a row is not as stockd 0.1 writes it");
    fixture_expect_text(&error, "nothing was changed");
    assert_int_equal(version_of(store), 1);
    store_close(store);
    assert_int_not_equal(access(scratch_path(&scratch, "store.schema-1"), F_OK), 0);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_store_of_schema_1_is_brought_here, setup, teardown),
    cmocka_unit_test_setup_teardown(a_store_of_schema_2_is_brought_here, setup, teardown),
    cmocka_unit_test_setup_teardown(all_of_many_rows_of_stock_grow, setup, teardown),
    cmocka_unit_test_setup_teardown(the_copy_takes_the_way_back, setup, teardown),
    cmocka_unit_test_setup_teardown(what_cannot_be_read_is_refused, setup, teardown),
};

TEST_MAIN(cases)
