/* Sorting and merging rows, against what qsort makes of the same rows. Seeded. */
#include "intake/import_rows.h"

#include "base/mem.h"
#include "base/random.h"
#include "intake/import_sort.h"
#include "unit/store/fixture.h"

#include <stdlib.h>
#include <string.h>

enum { SEEDS = 400, ROWS_MAX = 3000 };

/* Keys of few and of many bits, so that every byte of the key decides in some case. */
static struct stock_row random_row(struct random *random, uint64_t products, uint64_t places,
                                   uint32_t line)
{
    return (struct stock_row){.product = random_below(random, products),
                              .warehouse = (uint32_t)random_below(random, places),
                              .line = line,
                              .quantity = (int64_t)line};
}

static int by_key_then_line(const void *a, const void *b)
{
    const struct stock_row *x = a, *y = b;
    int order = stock_row_order(x, y);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static struct stock_row *random_rows(struct random *random, uint32_t count)
{
    struct stock_row *rows = mem_array(count, sizeof *rows);
    uint64_t products = UINT64_C(1) << random_below(random, 64);
    uint64_t places = UINT64_C(1) << random_below(random, 33);
    for (uint32_t i = 0; i < count; i++)
        rows[i] = random_row(random, products, places, i + 1);
    if (random_below(random, 4) == 0) qsort(rows, count, sizeof *rows, by_key_then_line);
    return rows;
}

static void expect_same(const struct stock_row *a, const struct stock_row *b)
{
    assert_true(a->product == b->product && a->warehouse == b->warehouse && a->line == b->line &&
                a->quantity == b->quantity);
}

static void sorting_is_stable(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct random random;
        random_seed(&random, seed);
        uint32_t count = (uint32_t)random_below(&random, ROWS_MAX);
        struct stock_row *rows = random_rows(&random, count);
        struct stock_row *scratch = mem_array(count, sizeof *scratch);
        struct stock_row *want = mem_array(count, sizeof *want);
        if (count) memcpy(want, rows, count * sizeof *want);
        if (count) qsort(want, count, sizeof *want, by_key_then_line);
        const struct stock_row *sorted = import_sort(rows, scratch, count);
        for (uint32_t i = 0; i < count; i++)
            expect_same(&sorted[i], &want[i]);
        mem_free(rows);
        mem_free(scratch);
        mem_free(want);
    }
}

static void runs_are_merged_in_order(void **state)
{
    (void)state;
    struct scratch scratch;
    scratch_make(&scratch);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct random random;
        struct error error = {0};
        random_seed(&random, seed);
        uint32_t count = (uint32_t)random_below(&random, ROWS_MAX);
        struct stock_row *rows = random_rows(&random, count);
        struct import_rows *merged = import_rows_new(scratch_path(&scratch, "rows"),
                                                     1 + (uint32_t)random_below(&random, 500));
        for (uint32_t i = 0; i < count; i++)
            assert_int_equal(import_rows_add(merged, &rows[i], &error), ST_OK);
        assert_int_equal(import_rows_count(merged), count);
        assert_int_equal(import_rows_seal(merged, &error), ST_OK);
        if (count) qsort(rows, count, sizeof *rows, by_key_then_line);
        for (uint32_t i = 0; i < count; i++) {
            assert_non_null(import_rows_at(merged));
            expect_same(import_rows_at(merged), &rows[i]);
            assert_int_equal(import_rows_next(merged, &error), ST_OK);
        }
        assert_null(import_rows_at(merged));
        import_rows_free(merged);
        mem_free(rows);
    }
    scratch_remove(&scratch); /* fails when a file was left */
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(sorting_is_stable),
    cmocka_unit_test(runs_are_merged_in_order),
};
TEST_MAIN(cases)
