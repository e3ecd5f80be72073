/* Imports that do not run straight through: crashed, cancelled, released, stopped, at any step and
 * with any boundaries. Seeded: a failure prints its seed. */
#include "import_fixture.h"

#include "base/buf.h"
#include "base/random.h"

#include <stdio.h>
#include <string.h>

enum { PRODUCTS = 30, PLACES = 2, SEEDS = 150, UNKNOWN = 3 };

/* A random file, and what it must come to. */
struct model {
    struct buf text;
    uint32_t rows, refused, pairs;               /* pairs: that get a figure */
    uint32_t unnamed;                            /* refused, but too many of one pair to be named */
    int64_t figures[PRODUCTS + UNKNOWN][PLACES]; /* FIGURE_UNKNOWN: none */
    bool create;
};

static const char *const places[PLACES] = {"pp", "kot"};

static void model_sku(char out[16], uint32_t product)
{
    if (product < PRODUCTS)
        snprintf(out, 16, "P%06u", product);
    else
        snprintf(out, 16, "U%06u", product);
}

static void model_make(struct model *m, struct random *random, uint32_t rows)
{
    uint32_t named[PRODUCTS + UNKNOWN][PLACES] = {{0}};
    bool contradicts[PRODUCTS + UNKNOWN][PLACES] = {{0}};
    *m = (struct model){.create = random_below(random, 2)};
    buf_init(&m->text, 1 << 20);
    buf_text(&m->text, "sku,warehouse,quantity\n");
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t product = (uint32_t)random_below(random, PRODUCTS + UNKNOWN);
        uint32_t place = (uint32_t)random_below(random, PLACES);
        int64_t quantity = (int64_t)random_below(random, 3);
        char sku[16];
        model_sku(sku, product);
        m->rows++;
        if (random_below(random, 12) == 0) {
            buf_format(&m->text, "%s,%s,x\n", sku, places[place]);
            m->refused++;
            continue;
        }
        buf_format(&m->text, "%s,%s,%lld\n", sku, places[place], (long long)quantity);
        if (product >= PRODUCTS && !m->create) {
            m->refused++;
            continue;
        }
        if (named[product][place]++ && m->figures[product][place] != quantity)
            contradicts[product][place] = true;
        m->figures[product][place] = quantity;
    }
    for (uint32_t p = 0; p < PRODUCTS + UNKNOWN; p++)
        for (uint32_t w = 0; w < PLACES; w++) {
            if (contradicts[p][w]) m->refused += named[p][w];
            if (contradicts[p][w] && named[p][w] > 8) m->unnamed += named[p][w] - 8;
            if (contradicts[p][w] || !named[p][w])
                m->figures[p][w] = FIGURE_UNKNOWN;
            else
                m->pairs++;
        }
}

static struct import_options model_options(const struct model *m)
{
    return (struct import_options){.actor = "test", .create = m->create};
}

static void model_expect(struct fixture *f, const struct model *m, const struct import_counts *c)
{
    char sku[16];
    for (uint32_t p = 0; p < PRODUCTS + UNKNOWN; p++)
        for (uint32_t w = 0; w < PLACES; w++) {
            model_sku(sku, p);
            fixture_expect_figure(f, sku, places[w], m->figures[p][w]);
        }
    assert_int_equal(fixture_count(f, TABLE_LEDGER), m->pairs); /* each applied once */
    assert_int_equal(c->rows, m->rows);
    assert_int_equal(c->refused, m->refused);
    assert_int_equal(c->changed, m->pairs);
    assert_int_equal(c->changed + c->unchanged + c->refused, m->rows);
    assert_int_equal(fixture_count(f, TABLE_JOB_BAD), m->refused - m->unnamed);
    assert_int_equal(fixture_files(f), 0);
    fixture_check(f);
}

/* Small numbers, so that every boundary is met. */
static void make_small_on(struct fixture *f, enum fixture_kind kind, struct random *random,
                          uint64_t seed)
{
    fixture_make(f, kind, seed, 1 + (uint32_t)random_below(random, 20),
                 1 + (uint32_t)random_below(random, 7));
    test_runtime_group(f->runtime, 1 + (uint32_t)random_below(random, 4));
    fixture_products(f, "P", PRODUCTS);
}

static void make_small(struct fixture *f, struct random *random, uint64_t seed)
{
    make_small_on(f, FIXTURE_MEMORY, random, seed);
}

static void steps(struct fixture *f, uint64_t count)
{
    while (count-- && test_runtime_step(f->runtime)) {
    }
}

/* ---- crashes */

/* The only job there is; 0: none. */
static uint64_t only_job(struct fixture *f)
{
    struct bytes key;
    uint64_t job = 0;
    struct store_txn *txn = fixture_begin(f->store, STORE_READ);
    struct store_cursor *cursor = store_cursor(txn, TABLE_JOB);
    if (store_next(cursor, &key, NULL) == ST_OK) job = bytes_get_u64(key.data);
    assert_int_not_equal(store_next(cursor, &key, NULL), ST_OK);
    store_cursor_close(cursor);
    store_abort(txn);
    return job;
}

/* Crashes at random steps, with commits lost that nobody was told of. True: it had been accepted.
 */
static bool crash_and_go_on(enum fixture_kind kind, uint64_t seed)
{
    struct fixture f;
    struct told told;
    struct model m;
    struct random random;
    print_message("seed %llu\n", (unsigned long long)seed);
    random_seed(&random, seed);
    make_small_on(&f, kind, &random, seed);
    model_make(&m, &random, 1 + (uint32_t)random_below(&random, 90));
    const struct import_options options = model_options(&m);
    fixture_begin_import(&f, &told, &options);
    fixture_send(&f, &told, m.text.data, m.text.size);
    steps(&f, random_below(&random, 120));
    for (int crashes = 0; crashes < 7; crashes++) {
        fixture_crash(&f, random_below(&random, 4));
        imports_resume(f.imports);
        if (crashes < 6) steps(&f, random_below(&random, 80));
    }
    test_runtime_run(f.runtime);
    uint64_t job = only_job(&f);
    if (told.accepted) assert_int_equal(job, told.job);
    if (job) {
        struct import_job view = fixture_job(&f, job);
        assert_int_not_equal(view.state, IMPORT_RUNNING);
        model_expect(&f, &m, &view.counts);
    } else {
        assert_int_equal(fixture_count(&f, TABLE_LEDGER), 0);
        assert_int_equal(fixture_files(&f), 0);
    }
    buf_free(&m.text);
    fixture_free(&f);
    return job != 0;
}

static void a_crash_anywhere_changes_nothing_in_the_end(void **state)
{
    (void)state;
    uint32_t accepted = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        accepted += crash_and_go_on(FIXTURE_MEMORY, seed);
    assert_true(accepted > SEEDS / 2);
}

static void a_crash_on_lmdb_changes_nothing_either(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS / 10; seed++)
        crash_and_go_on(FIXTURE_LMDB, seed);
}

/* The same without a crash: whatever the sizes of pieces, segments and chunks, one result. */
static void boundaries_do_not_show(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct fixture f;
        struct told told;
        struct model m;
        struct random random;
        print_message("seed %llu\n", (unsigned long long)seed);
        random_seed(&random, seed);
        make_small(&f, &random, seed);
        model_make(&m, &random, 1 + (uint32_t)random_below(&random, 200));
        const struct import_options options = model_options(&m);
        fixture_begin_import(&f, &told, &options);
        for (size_t at = 0, size; at < m.text.size; at += size) {
            size = 1 + (size_t)random_below(&random, 40);
            if (size > m.text.size - at) size = m.text.size - at;
            assert_int_equal(import_write(told.import, bytes_of(m.text.data + at, size)), size);
            steps(&f, random_below(&random, 3));
        }
        import_end(told.import);
        test_runtime_run(f.runtime);
        assert_true(told.ended);
        model_expect(&f, &m, &told.counts);
        buf_free(&m.text);
        fixture_free(&f);
    }
}

/* ---- being told to end */

enum interruption { CANCEL, CANCEL_JOB, RELEASE, STOP, INTERRUPTIONS };

static void ignore(void *ctx)
{
    (void)ctx;
}

static void interrupt(struct fixture *f, struct told *told, enum interruption how)
{
    switch (how) {
    case CANCEL: import_cancel(told->import); break;
    case CANCEL_JOB:
        if (!told->job || !imports_cancel(f->imports, told->job)) import_cancel(told->import);
        break;
    case RELEASE:
        import_release(told->import);
        told->import = NULL;
        break;
    case STOP: imports_stop(f->imports, ignore, NULL); break;
    case INTERRUPTIONS: break;
    }
}

static void expect_interrupted(struct fixture *f, struct model *m, struct told *told,
                               enum interruption how)
{
    if (how == RELEASE && !told->import && !told->ended) return;
    assert_true(told->ended);
    uint64_t figures = fixture_count(f, TABLE_STOCK);
    switch (told->state) {
    case IMPORT_CANCELLED: assert_int_equal(figures, 0); break;
    case IMPORT_PARTIAL:
        if (told->status == ST_CANCELLED) {
            assert_int_equal(figures, told->counts.changed);
            assert_non_null(strstr(told->error, "what was applied stays"));
            break;
        }
        model_expect(f, m, &told->counts);
        break;
    case IMPORT_DONE: model_expect(f, m, &told->counts); break;
    case IMPORT_RUNNING: assert_int_equal(how, STOP); return;
    case IMPORT_HELD: fail_msg("held without a guard"); break;
    case IMPORT_FAILED: assert_int_equal(told->counts.changed + told->counts.unchanged, 0); break;
    }
    assert_int_equal(fixture_files(f), 0);
}

static void an_import_can_be_ended_at_any_time(void **state)
{
    (void)state;
    uint32_t seen[IMPORT_CANCELLED + 1] = {0};
    for (uint64_t seed = 1; seed <= 2 * SEEDS; seed++) {
        struct fixture f;
        struct told told;
        struct model m;
        struct random random;
        print_message("seed %llu\n", (unsigned long long)seed);
        random_seed(&random, seed);
        enum interruption how = (enum interruption)(seed % INTERRUPTIONS);
        make_small(&f, &random, seed);
        model_make(&m, &random, 60);
        const struct import_options options = model_options(&m);
        fixture_begin_import(&f, &told, &options);
        if (random_below(&random, 6))
            fixture_send(&f, &told, m.text.data, m.text.size);
        else
            import_write(told.import, bytes_of(m.text.data, m.text.size));
        uint64_t count = random_below(&random, 100);
        while (count-- && !told.ended)
            test_runtime_step(f.runtime);
        if (!told.ended) interrupt(&f, &told, how);
        test_runtime_run(f.runtime);
        expect_interrupted(&f, &m, &told, how);
        seen[told.state]++;
        if (told.ended &&
            told.state == IMPORT_RUNNING) { /* stopped: it goes on at the next start */
            imports_free(f.imports);
            f.imports = NULL;
            fixture_crash(&f, 0);
            imports_resume(f.imports);
            test_runtime_run(f.runtime);
            struct import_job job = fixture_job(&f, told.job);
            model_expect(&f, &m, &job.counts);
        }
        fixture_check(&f);
        buf_free(&m.text);
        fixture_free(&f);
    }
    assert_true(seen[IMPORT_RUNNING] && seen[IMPORT_PARTIAL] && seen[IMPORT_CANCELLED]);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_crash_anywhere_changes_nothing_in_the_end),
    cmocka_unit_test(a_crash_on_lmdb_changes_nothing_either),
    cmocka_unit_test(boundaries_do_not_show),
    cmocka_unit_test(an_import_can_be_ended_at_any_time),
};
TEST_MAIN(cases)
