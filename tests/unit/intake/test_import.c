/* Imports from the first byte to the end: what they change, what they refuse and how they say it,
 * on both stores. */
#include "import_fixture.h"
#include "say/say.h"

#include "base/buf.h"
#include "engine/run.h"

#include <string.h>

static void rows_become_figures(enum fixture_kind kind)
{
    struct fixture f;
    struct told told;
    fixture_make(&f, kind, 1, 0, 0);
    fixture_set(&f, "A", "pp", 9);
    fixture_set(&f, "C", "pp", 3);
    fixture_set(&f, "C", "kot", 8);
    fixture_import(
        &f, &told, NULL,
        "sku,warehouse,quantity\nC,pp,3\nB,pp,0\nA,kot,5\nA,pp,7\nB,kot,1000000000000\n");
    assert_string_equal(told.error, "");
    assert_int_equal(told.state, IMPORT_DONE);
    assert_int_equal(told.counts.rows, 5);
    assert_int_equal(told.counts.changed, 4);
    assert_int_equal(told.counts.unchanged, 1);
    assert_int_equal(told.counts.refused, 0);
    fixture_expect_figure(&f, "A", "pp", 7);
    fixture_expect_figure(&f, "A", "kot", 5);
    fixture_expect_figure(&f, "B", "pp", 0);
    fixture_expect_figure(&f, "B", "kot", 1000000000000);
    fixture_expect_figure(&f, "C", "pp", 3);
    fixture_expect_figure(&f, "C", "kot", 8); /* not named: as it was */
    struct import_job job = fixture_job(&f, told.job);
    assert_int_equal(job.state, IMPORT_DONE);
    assert_true(bytes_equal(job.name, bytes_text("stock.csv")));
    assert_int_equal(job.counts.changed, 4);
    assert_true(job.ended_ms >= job.started_ms && job.started_ms > 0);
    fixture_free(&f);
}

static void rows_become_figures_in_memory(void **state)
{
    (void)state;
    rows_become_figures(FIXTURE_MEMORY);
}

static void rows_become_figures_in_lmdb(void **state)
{
    (void)state;
    rows_become_figures(FIXTURE_LMDB);
}

/* The commands of a job carry its number, so that an undo finds them. */
static void commands_carry_the_job(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    const struct import_options options = {.actor = "anna", .create = true, .warehouse = "pp"};
    fixture_make(&f, FIXTURE_MEMORY, 2, 0, 1);
    uint64_t before = fixture_count(&f, TABLE_COMMAND);
    fixture_import(&f, &told, &options, "A,1\nNEW,2\n");
    struct store_txn *txn = fixture_begin(f.store, STORE_READ);
    struct store_cursor *cursor = store_cursor(txn, TABLE_COMMAND);
    struct bytes key, value;
    uint32_t bulk = 0, made = 0, n = 0;
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct command_view command;
        assert_int_equal(command_read(value, &command), ST_OK);
        if (n++ < before) continue;
        assert_int_equal(command.group, told.job);
        assert_true(bytes_equal(command.actor, bytes_text("anna")));
        bulk += command.kind == COMMAND_STOCK_BULK;
        made += command.kind == COMMAND_PRODUCT_BULK;
    }
    assert_int_equal(bulk, 2);
    assert_int_equal(made, 1);
    store_cursor_close(cursor);
    store_abort(txn);
    fixture_free(&f);
}

/* A figure of the kind `available` nets what is reserved. */
static void available_figures_keep_what_is_reserved(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    const struct import_options options = {
        .actor = "test", .warehouse = "pp", .kind = FIGURE_AVAILABLE};
    fixture_make(&f, FIXTURE_MEMORY, 3, 0, 0);
    fixture_set(&f, "A", "pp", 9);
    struct store_txn *txn = fixture_begin(f.store, STORE_WRITE);
    struct store_cursor *cursor = store_cursor(txn, TABLE_STOCK);
    struct bytes key, value;
    struct stock_record stock;
    assert_int_equal(store_next(cursor, &key, &value), ST_OK);
    memcpy(&stock, value.data, sizeof stock);
    stock.reserved = 4;
    assert_int_equal(store_cursor_put(cursor, bytes_of(&stock, sizeof stock)), ST_OK);
    fixture_commit(txn);
    fixture_import(&f, &told, &options, "A,7\n");
    fixture_expect_figure(&f, "A", "pp", 11);
    fixture_free(&f);
}

/* ---- refusals */

struct refusal {
    const char *row;
    const char *reason;
    uint32_t column; /* 0: the row as a whole */
};

static void expect_refused(struct fixture *f, const struct refusal *r)
{
    struct told told;
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_format(&text, "sku,warehouse,quantity\nA,pp,1\n%s\nB,pp,2\n", r->row);
    fixture_import(f, &told, NULL, buf_cstr(&text));
    if (told.refused_count != 1 || strcmp(told.reasons[0], r->reason) != 0)
        fail_msg("%s: %s", r->row, told.refused_count ? told.reasons[0] : told.error);
    if (!say_knows(told.error)) fail_msg("no words for: %s", told.error);
    assert_int_equal(told.lines[0], 3);
    if (told.columns[0] != r->column) fail_msg("%s: column %u", r->row, told.columns[0]);
    assert_int_equal(told.state, IMPORT_PARTIAL);
    assert_int_equal(told.status, ST_OK);
    assert_int_equal(told.counts.rows, 3);
    assert_int_equal(told.counts.refused, 1);
    assert_int_equal(told.counts.changed + told.counts.unchanged, 2);
    buf_reset(&text);
    buf_text(&text, "1 of 3 rows were refused; the first is line 3");
    if (r->column) buf_format(&text, ", column %u", r->column);
    buf_format(&text, ": %s", r->reason);
    assert_string_equal(told.error, buf_cstr(&text));
    buf_free(&text);
    /* And stored. */
    uint8_t key[16];
    struct bytes value, reason;
    uint32_t column;
    bytes_put_u64(key, told.job);
    bytes_put_u64(key + 8, 3);
    struct store_txn *txn = fixture_begin(f->store, STORE_READ);
    assert_int_equal(store_get(txn, TABLE_JOB_BAD, bytes_of(key, sizeof key), &value), ST_OK);
    assert_int_equal(import_refusal_read(value, &column, &reason), ST_OK);
    assert_true(bytes_equal(reason, bytes_text(r->reason)));
    assert_int_equal(column, r->column);
    store_abort(txn);
}

/* What is wrong inside a row is stock_csv's and tested there at length; here are all that need the
 * store, and some of the others to see them arrive. */
static void each_refusal_says_why(void **state)
{
    (void)state;
    static const struct refusal table[] = {
        {"D,pp,5",
         "there is no product 'D'; add it with `stockctl product add`, or import with --create", 1},
        {"a,pp,5",
         "there is no product 'a'; add it with `stockctl product add`, or import with --create", 1},
        {"A,ppp,5", "there is no warehouse 'ppp'; did you mean 'pp'?", 2},
        {"A,Moscow,5",
         "there is no warehouse 'Moscow'; `stockctl warehouse list` shows those there are", 2},
        {",pp,5", "there is no SKU", 1},
        {"A,,5", "there is no warehouse; name it, or give one for the whole file with --warehouse",
         2},
        {"A,pp,", "there is no quantity; write 0 where there is nothing", 3},
        {"A,pp", "the row has 2 of the 3 columns it needs", 0},
        {"A,pp,-1", "the quantity is below 0; the least is 0", 3},
        {"A,pp,2.5", "the quantity '2.5' is not whole; stock is counted in whole pieces", 3},
        {"A,pp,12.0", "the quantity '12.0' has a decimal part; write 12", 3},
        {"A,pp,1 234", "the quantity '1 234' has marks between its digits; write digits only", 3},
        {"A,pp,1000000000001", "the quantity is over 1000000000000", 3},
        {"\xff,pp,1", "the SKU is not UTF-8 text; save the file as UTF-8", 1},
    };
    struct fixture f;
    fixture_make(&f, FIXTURE_MEMORY, 4, 0, 0);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        expect_refused(&f, &table[i]);
    char sku[202 + 8];
    memset(sku, 'x', 201);
    strcpy(sku + 201, ",pp,1");
    expect_refused(&f, &(struct refusal){sku, "the SKU is longer than 200 bytes", 1});
    fixture_free(&f);
}

/* A file whose columns somebody named: also after a restart amid, when only the job's row knows. */
static void named_columns_outlive_a_crash(void **state)
{
    (void)state;
    static const char text[] = "Артикул;Код;Остаток\nA;B;5\nB;A;6\nx;C;many\n";
    const struct import_options options = {
        .warehouse = "pp",
        .columns = {.of = {[STOCK_SKU] = "Код", [STOCK_QUANTITY] = "#3"}},
    };
    struct fixture f;
    struct told told;
    fixture_make(&f, FIXTURE_LMDB, 6, 0, 0);
    fixture_begin_import(&f, &told, &options);
    fixture_send(&f, &told, text, sizeof text - 1);
    while (!told.accepted && test_runtime_step(f.runtime)) {
    }
    assert_true(told.accepted);
    assert_false(told.ended);
    fixture_crash(&f, 0);
    imports_resume(f.imports);
    test_runtime_run(f.runtime);
    const struct import_job job = fixture_job(&f, told.job);
    assert_int_equal(job.state, IMPORT_PARTIAL);
    assert_int_equal(job.counts.refused, 1);
    assert_true(bytes_equal(job.columns[STOCK_SKU], bytes_text("Код")));
    fixture_expect_figure(&f, "A", "pp", 6);
    fixture_expect_figure(&f, "B", "pp", 5);
    fixture_check(&f);
    fixture_free(&f);
}

static void files_without_a_usable_row_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } table[] = {
        {"", "the file is empty; nothing was changed"},
        {"sku,warehouse,quantity\n\n", "the file has no rows; nothing was changed"},
        {"\n\n", "the file has no rows; nothing was changed"},
        {"sku,warehouse,quantity\nD,pp,1\nA,pp,x\n",
         "none of the 2 rows could be used; nothing was changed; the first is line 2, column 1: "
         "there "
         "is no product 'D'; add it with `stockctl product add`, or import with --create"},
        {"A,pp,1\nA,pp,2\n",
         "none of the 2 rows could be used; nothing was changed; the first is line 1: line 2 gives "
         "the same SKU and warehouse another quantity (2, here 1); keep the right one"},
        {"name,price\nA,5\n",
         "line 1 is neither a header (sku, warehouse, quantity) nor a row of that "
         "shape; which columns are meant can be said: --column sku=#1 "
         "--column quantity=#3, by number or by title (an inbox: "
         "`columns:`)"},
        {"PK\3\4rest",
         "the file is a ZIP archive (an .xlsx file is one, too), not text; save it as CSV"},
        {"\xff\xfe\1", "line 1 is neither a header (sku, warehouse, quantity) nor a row of that "
                       "shape; which columns are meant can be said: --column sku=#1 --column "
                       "quantity=#3, by number or by title (an inbox: `columns:`)"},
    };
    struct fixture f;
    struct told told;
    fixture_make(&f, FIXTURE_MEMORY, 5, 0, 0);
    fixture_set(&f, "A", "pp", 9);
    uint64_t commands = fixture_count(&f, TABLE_COMMAND);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        fixture_import(&f, &told, NULL, table[i].text);
        assert_string_equal(told.error, table[i].says);
        if (!say_knows(told.error)) fail_msg("no words for: %s", told.error);
        assert_int_equal(told.state, IMPORT_FAILED);
        assert_int_not_equal(told.status, ST_OK);
        assert_int_equal(fixture_job(&f, told.job).state, IMPORT_FAILED);
    }
    fixture_expect_figure(&f, "A", "pp", 9);
    assert_int_equal(fixture_count(&f, TABLE_COMMAND), commands);
    fixture_free(&f);
}

/* ---- the same pair twice */

static void contradicting_rows_are_all_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    for (uint32_t segment = 2; segment < 12; segment += 3) { /* within and across segments */
        fixture_make(&f, FIXTURE_MEMORY, segment, segment, 2);
        fixture_import(&f, &told, NULL,
                       "A,pp,1\nB,pp,2\nA,kot,3\nC,pp,4\nA,pp,5\nB,pp,2\nC,kot,6\nA,pp,1\n");
        assert_int_equal(told.state, IMPORT_PARTIAL);
        assert_int_equal(told.counts.rows, 8);
        assert_int_equal(told.counts.refused, 3);
        assert_int_equal(told.counts.changed, 4);
        assert_int_equal(told.counts.unchanged, 1); /* B twice with one figure */
        assert_int_equal(told.refused_count, 3);
        static const uint32_t lines[] = {1, 5, 8};
        static const char *const reasons[] = {
            "line 5 gives the same SKU and warehouse another quantity (5, here 1); keep the right "
            "one",
            "line 1 gives the same SKU and warehouse another quantity (1, here 5); keep the right "
            "one",
            "line 5 gives the same SKU and warehouse another quantity (5, here 1); keep the right "
            "one"};
        for (int i = 0; i < 3; i++) {
            assert_int_equal(told.lines[i], lines[i]);
            assert_string_equal(told.reasons[i], reasons[i]);
        }
        assert_int_equal(fixture_count(&f, TABLE_JOB_BAD), 3);
        fixture_expect_figure(&f, "A", "pp", FIGURE_UNKNOWN);
        fixture_expect_figure(&f, "A", "kot", 3);
        fixture_expect_figure(&f, "B", "pp", 2);
        fixture_free(&f);
    }
}

/* ---- creating */

static void unknown_skus_become_products_in_order(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    const struct import_options options = {.actor = "test", .warehouse = "pp", .create = true};
    fixture_make(&f, FIXTURE_LMDB, 6, 4, 3);
    fixture_import(&f, &told, &options, "sku,quantity\nZ,1\nA,2\nM,3\nZ,1\nX,-1\nQ,4\nM,5\nK,6\n");
    assert_int_equal(told.counts.created, 4); /* K M Q Z; X has no figure, so no product either */
    assert_int_equal(told.counts.rows, 8);
    assert_int_equal(told.counts.refused, 3);
    assert_int_equal(told.counts.unchanged, 1);
    assert_int_equal(told.counts.changed, 4);
    fixture_expect_figure(&f, "Z", "pp", 1);
    fixture_expect_figure(&f, "M", "pp", FIGURE_UNKNOWN);
    fixture_expect_figure(&f, "K", "pp", 6);
    assert_int_equal(fixture_count(&f, TABLE_PRODUCT), 7);
    struct store_txn *txn = fixture_begin(f.store, STORE_READ);
    struct bytes k, z;
    assert_int_equal(store_get(txn, TABLE_PRODUCT_SKU, bytes_text("K"), &k), ST_OK);
    assert_int_equal(store_get(txn, TABLE_PRODUCT_SKU, bytes_text("Z"), &z), ST_OK);
    assert_true(bytes_compare(k, z) < 0);
    assert_int_equal(store_get(txn, TABLE_PRODUCT_SKU, bytes_text("X"), &z), ST_NOT_FOUND);
    store_abort(txn);
    fixture_free(&f);
}

/* ---- bounds */

static void only_the_first_refusals_are_kept(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_text(&text, "sku,warehouse,quantity\n");
    for (int i = 0; i < IMPORT_REFUSED_KEPT + 500; i++)
        buf_format(&text, "U%d,pp,1\n", i);
    buf_text(&text, "A,pp,1\n");
    fixture_make(&f, FIXTURE_MEMORY, 7, 0, 0);
    fixture_import(&f, &told, NULL, buf_cstr(&text));
    assert_int_equal(told.counts.refused, IMPORT_REFUSED_KEPT + 500);
    assert_int_equal(told.counts.changed, 1);
    assert_int_equal(told.refused_count, IMPORT_REFUSED_KEPT);
    assert_int_equal(told.lines[0], 2);
    assert_int_equal(fixture_count(&f, TABLE_JOB_BAD), IMPORT_REFUSED_KEPT);
    buf_free(&text);
    fixture_free(&f);
}

static void old_jobs_are_removed_with_their_refusals(void **state)
{
    (void)state;
    struct fixture f;
    struct told told;
    fixture_make(&f, FIXTURE_MEMORY, 8, 0, 0);
    for (int i = 0; i < IMPORT_JOBS_KEPT + 20; i++)
        fixture_import(&f, &told, NULL, "A,pp,1\nD,pp,1\n");
    assert_int_equal(fixture_count(&f, TABLE_JOB), IMPORT_JOBS_KEPT);
    assert_int_equal(fixture_count(&f, TABLE_JOB_BAD), IMPORT_JOBS_KEPT);
    assert_int_equal(fixture_job(&f, told.job).counts.refused, 1);
    fixture_free(&f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(rows_become_figures_in_memory),
    cmocka_unit_test(rows_become_figures_in_lmdb),
    cmocka_unit_test(commands_carry_the_job),
    cmocka_unit_test(available_figures_keep_what_is_reserved),
    cmocka_unit_test(each_refusal_says_why),
    cmocka_unit_test(named_columns_outlive_a_crash),
    cmocka_unit_test(files_without_a_usable_row_change_nothing),
    cmocka_unit_test(contradicting_rows_are_all_refused),
    cmocka_unit_test(unknown_skus_become_products_in_order),
    cmocka_unit_test(only_the_first_refusals_are_kept),
    cmocka_unit_test(old_jobs_are_removed_with_their_refusals),
};
TEST_MAIN(cases)
