/* Schema versions: new stores, older and newer ones, migrations that work and that fail. */
#include "fixture.h"

#include "store/schema.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

/* From 3 on: each row of `warehouse` gets "4:", then "5:" before its value. */
static enum status prefix_all(struct store_txn *txn, const char *prefix)
{
    struct store_cursor *cursor = store_cursor(txn, TABLE_WAREHOUSE);
    struct bytes value;
    while (store_next(cursor, NULL, &value) == ST_OK) {
        char text[64];
        int size = snprintf(text, sizeof text, "%s%.*s", prefix, (int)value.size,
                            (const char *)value.data);
        store_cursor_put(cursor, bytes_of(text, (size_t)size));
    }
    return ST_OK;
}

static enum status three_to_four(struct store_txn *txn, struct error *error)
{
    (void)error;
    return prefix_all(txn, "4:");
}

static enum status four_to_five(struct store_txn *txn, struct error *error)
{
    (void)error;
    return prefix_all(txn, "5:");
}

static enum status four_to_nothing(struct store_txn *txn, struct error *error)
{
    prefix_all(txn, "x:");
    return error_set(error, ST_DAMAGED, "warehouse pp makes no sense");
}

static enum status four_to_too_long(struct store_txn *txn, struct error *error)
{
    (void)error;
    char key[600] = {1};
    store_put(txn, TABLE_LINK, bytes_of(key, sizeof key), bytes_text(""));
    return ST_OK; /* without looking, as may be done */
}

static const struct store_schema three = {.version = 3};
static const struct store_migration steps[] = {{3, three_to_four}, {4, four_to_five}};
static const struct store_schema five = {5, steps, 2};
static const struct store_schema only_from_four = {5, steps + 1, 1};
static const struct store_migration bad_steps[] = {{3, three_to_four}, {4, four_to_nothing}};
static const struct store_schema bad_five = {5, bad_steps, 2};
static const struct store_migration long_steps[] = {{3, three_to_four}, {4, four_to_too_long}};
static const struct store_schema long_five = {5, long_steps, 2};

static uint32_t version_of(struct store *store)
{
    uint32_t version;
    struct store_txn *txn = fixture_begin(store, STORE_READ);
    assert_int_equal(store_schema_read(txn, &version, NULL), ST_OK);
    store_abort(txn);
    return version;
}

static struct store *store_of_three(enum fixture_kind kind)
{
    struct store *store = fixture_open(kind, &scratch);
    assert_int_equal(store_schema_prepare(store, &three, NULL, NULL), ST_OK);
    fixture_put(store, TABLE_WAREHOUSE, "pp", "shelf");
    return store;
}

static void test_new_store_gets_the_version(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < FIXTURE_KINDS; kind++) {
        struct store *store = fixture_open(kind, &scratch);
        const char *base = scratch_path(&scratch, "store");
        assert_int_equal(store_schema_prepare(store, store_schema_current(), base, NULL), ST_OK);
        assert_int_equal(version_of(store), STORE_SCHEMA);
        assert_int_equal(store_schema_prepare(store, store_schema_current(), base, NULL), ST_OK);
        assert_int_not_equal(access(scratch_path(&scratch, "store.schema-1"), F_OK), 0);
        store_close(store);
    }
}

static void test_newer_schema_is_refused(void **state)
{
    (void)state;
    struct store *store = store_of_three(FIXTURE_MEMORY);
    const struct store_schema two = {.version = 2};
    struct error error = {ST_OK, ""};
    assert_int_equal(store_schema_prepare(store, &two, NULL, &error), ST_UNSUPPORTED);
    fixture_expect_text(&error, "schema 3");
    fixture_expect_text(&error, "knows 2");
    assert_int_equal(version_of(store), 3);
    store_close(store);
}

static void test_no_way_from_an_old_schema(void **state)
{
    (void)state;
    struct store *store = store_of_three(FIXTURE_MEMORY);
    struct error error = {ST_OK, ""};
    assert_int_equal(store_schema_prepare(store, &only_from_four, NULL, &error), ST_UNSUPPORTED);
    fixture_expect_text(&error, "schema 3 to 4");
    store_close(store);
}

static void test_rows_without_a_version(void **state)
{
    (void)state;
    struct store *store = store_open_memory();
    struct error error = {ST_OK, ""};
    fixture_put(store, TABLE_WAREHOUSE, "pp", "shelf");
    assert_int_equal(store_schema_prepare(store, &three, NULL, &error), ST_DAMAGED);
    fixture_expect_text(&error, "warehouse");
    store_close(store);
    store = store_open_memory();
    fixture_put(store, TABLE_META, STORE_META_SCHEMA, "3");
    assert_int_equal(store_schema_prepare(store, &three, NULL, &error), ST_DAMAGED);
    store_close(store);
}

static void test_migration_keeps_a_copy(void **state)
{
    (void)state;
    struct store *store = store_of_three(FIXTURE_LMDB);
    struct error error = {ST_OK, ""};
    /* An earlier attempt left its copy. */
    assert_int_equal(mkdir(scratch_path(&scratch, "store.schema-3"), 0700), 0);
    enum status status =
        store_schema_prepare(store, &five, scratch_path(&scratch, "store"), &error);
    if (status != ST_OK) fail_msg("%s", error.text);
    assert_int_equal(version_of(store), 5);
    fixture_expect_committed(store, TABLE_WAREHOUSE, "pp", "5:4:shelf");
    store_close(store);
    store = fixture_open_lmdb(scratch_path(&scratch, "store.schema-3-2"));
    assert_int_equal(version_of(store), 3);
    fixture_expect_committed(store, TABLE_WAREHOUSE, "pp", "shelf");
    store_close(store);
}

static void test_failed_migration_changes_nothing(void **state)
{
    (void)state;
    struct {
        const struct store_schema *schema;
        enum status want;
        const char *says;
    } const table[] = {{&bad_five, ST_DAMAGED, "pp makes no sense"},
                       {&long_five, ST_TOO_BIG, "table link"}};
    struct store *store = store_of_three(FIXTURE_LMDB);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct error error = {ST_OK, ""};
        const char *base = scratch_path(&scratch, "store");
        assert_int_equal(store_schema_prepare(store, table[i].schema, base, &error), table[i].want);
        fixture_expect_text(&error, table[i].says);
        fixture_expect_text(&error, "nothing was changed");
        assert_int_equal(version_of(store), 3);
        fixture_expect_committed(store, TABLE_WAREHOUSE, "pp", "shelf");
    }
    store_close(store);
}

static void test_no_copy_no_migration(void **state)
{
    (void)state;
    struct store *store = store_of_three(FIXTURE_LMDB);
    struct error error = {ST_OK, ""};
    const char *nowhere = scratch_path(&scratch, "no/such/place");
    assert_int_not_equal(store_schema_prepare(store, &five, nowhere, &error), ST_OK);
    fixture_expect_text(&error, "copy before migrating from schema 3");
    assert_int_equal(version_of(store), 3);
    store_close(store);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(test_new_store_gets_the_version, setup, teardown),
    cmocka_unit_test_setup_teardown(test_newer_schema_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(test_no_way_from_an_old_schema, setup, teardown),
    cmocka_unit_test_setup_teardown(test_rows_without_a_version, setup, teardown),
    cmocka_unit_test_setup_teardown(test_migration_keeps_a_copy, setup, teardown),
    cmocka_unit_test_setup_teardown(test_failed_migration_changes_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(test_no_copy_no_migration, setup, teardown),
};

TEST_MAIN(cases)
