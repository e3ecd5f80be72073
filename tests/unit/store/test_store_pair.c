/* Random operations on both implementations at once: same answers, always. SEED=n replays one run.
 */
#include "fixture.h"

#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIR_CURSORS = 3, PAIR_STEPS = 6000, PAIR_SEEDS = 12 };

struct pair {
    struct random random;
    struct store *store[FIXTURE_KINDS];
    struct store_txn *txn[FIXTURE_KINDS];
    struct store_cursor *cursor[PAIR_CURSORS][FIXTURE_KINDS];
    bool write;
    uint64_t keys; /* how many different ones: few make collisions, many make trees */
    char key[600], value[4000];
};

static void pair_begin(struct pair *pair)
{
    pair->write = random_below(&pair->random, 4) > 0;
    for (unsigned i = 0; i < FIXTURE_KINDS; i++) {
        pair->txn[i] = fixture_begin(pair->store[i], pair->write ? STORE_WRITE : STORE_READ);
        for (unsigned c = 0; c < PAIR_CURSORS; c++)
            pair->cursor[c][i] = store_cursor(pair->txn[i], c ? TABLE_STOCK : TABLE_OUTBOX);
    }
}

static void pair_end(struct pair *pair)
{
    bool commit = random_below(&pair->random, 3) > 0;
    enum status status[FIXTURE_KINDS] = {ST_OK, ST_OK};
    for (unsigned i = 0; i < FIXTURE_KINDS; i++) {
        if (commit)
            status[i] = store_commit(pair->txn[i], NULL);
        else
            store_abort(pair->txn[i]);
    }
    assert_int_equal(status[0], status[1]);
}

static struct bytes pair_key(struct pair *pair)
{
    uint64_t n = random_below(&pair->random, pair->keys);
    int size =
        snprintf(pair->key, sizeof pair->key, "%08llu", (unsigned long long)n * 7919 % 99991);
    if (n % 5 == 0) { /* some are long, so that trees get deep */
        memset(pair->key + size, 'k', 200);
        size += 200;
    }
    return bytes_of(pair->key, (size_t)size);
}

static struct bytes pair_value(struct pair *pair)
{
    size_t size = random_below(&pair->random, random_below(&pair->random, 50) ? 60 : 4000);
    memset(pair->value, (int)('a' + random_below(&pair->random, 26)), size);
    return bytes_of(pair->value, size);
}

static enum status pair_do(struct pair *pair, unsigned i, uint64_t what, unsigned c,
                           enum store_table table, struct bytes key, struct bytes value,
                           struct bytes out[2])
{
    struct store_txn *txn = pair->txn[i];
    struct store_cursor *cursor = pair->cursor[c][i];
    switch (what) {
    case 0:
    case 1: return store_put(txn, table, key, value);
    case 2: return store_delete(txn, table, key);
    case 3: return store_get(txn, table, key, &out[1]);
    case 4:
    case 5: return store_next(cursor, &out[0], &out[1]);
    case 6: return store_prev(cursor, &out[0], &out[1]);
    case 7: return store_seek(cursor, key, &out[0], &out[1]);
    case 8: return store_last(cursor, &out[0], &out[1]);
    case 9: return store_cursor_put(cursor, value);
    default: return store_cursor_delete(cursor);
    }
}

static void pair_step(struct pair *pair, uint64_t step)
{
    uint64_t what = random_below(&pair->random, 11);
    unsigned c = (unsigned)random_below(&pair->random, PAIR_CURSORS);
    enum store_table table = random_below(&pair->random, 2) ? TABLE_STOCK : TABLE_OUTBOX;
    struct bytes key = pair_key(pair), value = pair_value(pair);
    bool writes = what <= 2 || what >= 9;
    /* Failing for good is part of it, but most transactions should get somewhere. */
    if (writes && !pair->write && random_below(&pair->random, 50)) return;
    if (what >= 9 && random_below(&pair->random, 200)) {
        for (unsigned i = 0; i < FIXTURE_KINDS; i++)
            if (store_seek(pair->cursor[c][i], key, NULL, NULL) != ST_OK) what = 3;
    }
    struct bytes out[FIXTURE_KINDS][2] = {{{NULL, 0}, {NULL, 0}}, {{NULL, 0}, {NULL, 0}}};
    enum status a = pair_do(pair, 0, what, c, table, key, value, out[0]);
    enum status b = pair_do(pair, 1, what, c, table, key, value, out[1]);
    if (a != b ||
        (a == ST_OK && (!bytes_equal(out[0][0], out[1][0]) || !bytes_equal(out[0][1], out[1][1]))))
        fail_msg("step %llu, operation %llu, cursor %u: %s and %s, or other bytes",
                 (unsigned long long)step, (unsigned long long)what, c, status_name(a),
                 status_name(b));
}

static void pair_compare(struct pair *pair)
{
    static const enum store_table tables[] = {TABLE_STOCK, TABLE_OUTBOX};
    for (size_t t = 0; t < 2; t++) {
        struct store_txn *txn[FIXTURE_KINDS];
        struct store_cursor *cursor[FIXTURE_KINDS];
        for (unsigned i = 0; i < FIXTURE_KINDS; i++) {
            txn[i] = fixture_begin(pair->store[i], STORE_READ);
            cursor[i] = store_cursor(txn[i], tables[t]);
        }
        assert_int_equal(store_count(txn[0], tables[t]), store_count(txn[1], tables[t]));
        for (;;) {
            struct bytes k[2], v[2];
            enum status a = store_next(cursor[0], &k[0], &v[0]);
            assert_int_equal(a, store_next(cursor[1], &k[1], &v[1]));
            if (a != ST_OK) break;
            assert_true(bytes_equal(k[0], k[1]) && bytes_equal(v[0], v[1]));
        }
        for (unsigned i = 0; i < FIXTURE_KINDS; i++)
            store_abort(txn[i]);
    }
}

static void pair_run(uint64_t seed)
{
    static struct pair pair;
    struct scratch scratch;
    scratch_make(&scratch);
    random_seed(&pair.random, seed);
    pair.keys = (uint64_t[]){8, 60, 500, 3000}[seed % 4];
    for (unsigned i = 0; i < FIXTURE_KINDS; i++)
        pair.store[i] = fixture_open(i, &scratch);
    for (uint64_t step = 0; step < PAIR_STEPS;) {
        pair_begin(&pair);
        for (uint64_t n = 1 + random_below(&pair.random, 400); n > 0; n--)
            pair_step(&pair, step++);
        pair_end(&pair);
        pair_compare(&pair);
    }
    for (unsigned i = 0; i < FIXTURE_KINDS; i++)
        store_close(pair.store[i]);
    scratch_remove(&scratch);
}

static void test_both_agree_under_random_operations(void **state)
{
    (void)state;
    const char *only = getenv("SEED");
    if (only) {
        pair_run(strtoull(only, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= PAIR_SEEDS; seed++) {
        print_message("SEED=%llu\n", (unsigned long long)seed);
        pair_run(seed);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(test_both_agree_under_random_operations),
};

TEST_MAIN(cases)
