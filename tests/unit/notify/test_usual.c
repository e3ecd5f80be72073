/* The usual and what is far from it; days of an account as they are kept and judged. */
#include "test_main.h"

#include "engine/guard.h"
#include "unit/engine/engine_fixture.h"
#include "notify/look.h"
#include "notify/usual.h"

#include <string.h>

static struct usual of(const int64_t *values, size_t count)
{
    int64_t copy[64];
    memcpy(copy, values, count * sizeof *values);
    return usual_of(copy, count);
}

static void the_spread_is_robust_and_has_a_floor(void **state)
{
    (void)state;
    static const struct {
        int64_t values[8];
        size_t count;
        int64_t median, spread;
    } cases[] = {
        {{7}, 1, 7, 5},                               /* pieces */
        {{0, 0, 0, 0}, 4, 0, 5},                      /* nothing ever */
        {{1000, 1000, 1000}, 3, 1000, 100},           /* a tenth */
        {{100, 200, 300, 400, 500}, 5, 300, 148},     /* 1.4826 x 100 */
        {{100, 200, 300, 400, 1000000}, 5, 300, 148}, /* an outlier moves neither */
        {{-40, -20, 0, 20, 40}, 5, 0, 29},            /* shortfalls */
        {{10, 20}, 2, 15, 7},                         /* between the two */
        {{100000000000000, 0}, 2, 50000000000000, 74130000000000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct usual usual = of(cases[i].values, cases[i].count);
        if (usual.median != cases[i].median || usual.spread != cases[i].spread)
            fail_msg("case %zu: %lld, %lld", i, (long long)usual.median, (long long)usual.spread);
    }
}

static void far_is_more_than_so_many_times(void **state)
{
    (void)state;
    const struct usual usual = {.median = 50, .spread = 5};
    assert_false(usual_is_far(&usual, 50, 1));
    assert_false(usual_is_far(&usual, 90, 8));
    assert_true(usual_is_far(&usual, 91, 8));
    assert_false(usual_is_far(&usual, 10, 8));
    assert_true(usual_is_far(&usual, 9, 8));
    assert_true(usual_is_far(&usual, INT64_C(1000000000000), 1000000));
}

/* ---- days */

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static struct alert_limits limits = {.key_days = 14,
                                     .unsent_ms = INT64_MAX,
                                     .stale_ms = INT64_MAX,
                                     .disk_percent = 100,
                                     .change_percent = 100,
                                     .usual_times = 8,
                                     .usual_changes = 20,
                                     .usual_days = 7};

/* One look at the world; how many findings of the rule, the first one in `found`. */
static size_t look(struct world *w, enum alert_rule rule, struct alert_finding *found)
{
    static struct alert_memory memory;
    const struct alert_account account = {.name = "shop", .number = 1, .active = true};
    struct alert_findings findings = {0};
    const struct alert_look ask = {.limits = &limits,
                                   .accounts = &account,
                                   .account_count = 1,
                                   .now_ms = w->now,
                                   .store = w->store,
                                   .memory = &memory};
    struct store_txn *txn;
    size_t count = 0;
    memory = (struct alert_memory){0};
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(alert_look(&ask, txn, &findings, NULL), ST_OK);
    store_abort(txn);
    for (size_t i = 0; i < findings.count; i++)
        if (findings.list[i].rule == rule && count++ == 0) *found = findings.list[i];
    assert_int_equal(store_begin(w->store, STORE_WRITE, &txn, NULL), ST_OK);
    assert_int_equal(alert_days_keep(txn, &memory, w->now), ST_OK);
    assert_int_equal(store_commit(txn, NULL), ST_OK);
    alert_findings_free(&findings);
    return count;
}

static void change(struct world *w, unsigned products, int64_t quantity)
{
    for (unsigned i = 0; i < products; i++)
        assert_int_equal(do_set(w, (char[]){(char)('A' + i), 0}, "pp", quantity), ST_OK);
}

static void a_day_is_held_against_those_before(void **state)
{
    (void)state;
    static const struct engine_guard guard = {
        .on = true, .at_least = 1000, .account = {100, 100, 0}, .source = {100, 100, 0}};
    struct world w;
    struct alert_finding f = {0};
    enum { PRODUCTS = 26 };
    world_open(&w);
    world_shop(&w, PRODUCTS);
    do_push_all(&w, 1);
    engine_guard_set(w.engine, &guard);
    for (int day = 0; day < 8; day++) {
        w.now += DAY_MS;
        change(&w, 2, 20 + day);
        assert_int_equal(look(&w, ALERT_UNUSUAL_CHANGE, &f), 0);
        assert_int_equal(look(&w, ALERT_UNUSUAL_CHANGE, &f), 0); /* one value a day */
    }
    change(&w, PRODUCTS, 50);
    assert_int_equal(look(&w, ALERT_UNUSUAL_CHANGE, &f), 0); /* 26 of 2 +- 5: 8 times is 40 */
    limits.usual_times = 4;
    assert_int_equal(look(&w, ALERT_UNUSUAL_CHANGE, &f), 1);
    assert_string_equal(f.account, "shop");
    assert_int_equal(f.count, PRODUCTS);
    assert_int_equal(f.limit, 2);
    assert_string_equal(f.what, "8");
    w.now += 2 * DAY_MS; /* another day, and nothing was done */
    assert_int_equal(look(&w, ALERT_UNUSUAL_CHANGE, &f), 0);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(the_spread_is_robust_and_has_a_floor),
    cmocka_unit_test(far_is_more_than_so_many_times),
    cmocka_unit_test(a_day_is_held_against_those_before),
};

TEST_MAIN(cases)
