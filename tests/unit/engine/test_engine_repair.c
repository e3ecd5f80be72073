/* Figures that contradict their ledger: whichever of the two a person keeps, I1 holds afterwards,
 * what feeds on the figure follows, and an undo brings the other one. */
#include "engine_fixture.h"

#include <string.h>

enum { PAIR = 12 };

static uint64_t findings(struct world *w)
{
    struct verify_result result;
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(engine_verify(txn, NULL, &result, &w->error), ST_OK);
    store_abort(txn);
    return result.findings;
}

static void pair_key(uint8_t key[PAIR])
{
    bytes_put_u64(key, 1);
    bytes_put_u32(key + 8, 1);
}

/* How "A" in "pp" and its ledger come to differ; 10 is in both before. */
static void lose_figure(struct world *w, struct store_txn *txn)
{
    uint8_t key[PAIR];
    (void)w;
    pair_key(key);
    store_delete(txn, TABLE_STOCK, bytes_of(key, PAIR));
}

static void put_figure(struct store_txn *txn, int64_t on_hand, int64_t reserved, uint64_t revision)
{
    uint8_t key[PAIR];
    struct bytes value;
    struct stock_record stock;
    pair_key(key);
    assert_int_equal(store_get(txn, TABLE_STOCK, bytes_of(key, PAIR), &value), ST_OK);
    memcpy(&stock, value.data, sizeof stock);
    stock.on_hand = on_hand;
    stock.reserved = reserved;
    if (revision) stock.revision = revision;
    store_put(txn, TABLE_STOCK, bytes_of(key, PAIR), bytes_of(&stock, sizeof stock));
}

static void other_figure(struct world *w, struct store_txn *txn)
{
    (void)w;
    put_figure(txn, 7, 0, 0);
}

static void zero_figure(struct world *w, struct store_txn *txn)
{
    (void)w;
    put_figure(txn, 0, 0, 0);
}

static void other_revision(struct world *w, struct store_txn *txn)
{
    (void)w;
    put_figure(txn, 10, 0, 1);
}

static void lose_ledger(struct world *w, struct store_txn *txn)
{
    struct bytes key;
    uint8_t pair[PAIR];
    (void)w;
    pair_key(pair);
    struct store_cursor *cursor = store_cursor(txn, TABLE_LEDGER);
    enum status status = store_seek(cursor, bytes_of(pair, PAIR), &key, NULL);
    while (status == ST_OK && memcmp(key.data, pair, PAIR) == 0) {
        store_cursor_delete(cursor);
        status = store_next(cursor, &key, NULL);
    }
    store_cursor_close(cursor);
}

enum { NONE = -1 };
static const struct {
    void (*spoil)(struct world *w, struct store_txn *txn);
    int64_t figure, ledger;
} cases[] = {
    {other_figure, 7, 10},   {zero_figure, 0, 10},     {lose_figure, NONE, 10},
    {lose_ledger, 10, NONE}, {other_revision, 10, 10},
};

static void open_spoilt(struct world *w, size_t i)
{
    world_open(w);
    world_shop(w, 2);
    do_push_all(w, 1);
    do_set(w, "A", "pp", 12);
    do_set(w, "A", "pp", 10);
    do_push_all(w, 1);
    assert_int_equal(findings(w), 0);
    w->unverified = true;
    struct store_txn *txn = world_begin(w);
    cases[i].spoil(w, txn);
    world_commit(w, txn);
    assert_true(findings(w) > 0);
}

static enum status repair(struct world *w, const char *sku, const char *warehouse, int keep)
{
    struct buf payload;
    buf_init(&payload, 1000);
    command_stock_repair(&payload, bytes_text(sku), bytes_text(warehouse), (enum stock_keep)keep);
    return world_do(w, COMMAND_STOCK_REPAIR, &payload);
}

static int64_t shown(struct world *w)
{
    uint8_t key[PAIR];
    struct bytes value;
    struct store_txn *txn;
    struct stock_record stock = {.on_hand = NONE};
    pair_key(key);
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    if (store_get(txn, TABLE_STOCK, bytes_of(key, PAIR), &value) == ST_OK)
        memcpy(&stock, value.data, sizeof stock);
    store_abort(txn);
    return stock.on_hand;
}

static void what_is_kept_is_in_both(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int keep = STOCK_KEEP_FIGURE; keep <= STOCK_KEEP_LEDGER; keep++) {
            struct world w;
            open_spoilt(&w, i);
            int64_t kept = keep == STOCK_KEEP_FIGURE ? cases[i].figure : cases[i].ledger;
            int64_t other = keep == STOCK_KEEP_FIGURE ? cases[i].ledger : cases[i].figure;
            assert_int_equal(repair(&w, "A", "pp", keep), ST_OK);
            uint64_t sequence = w.result.sequence;
            assert_int_equal(shown(&w), kept);
            assert_int_equal(findings(&w), 0); /* also the target's figure */
            assert_int_equal(repair(&w, "A", "pp", keep), ST_CONFLICT);
            do_undo(&w, sequence);
            world_ok(&w);
            assert_int_equal(shown(&w), other);
            assert_int_equal(findings(&w), 0);
            world_close(&w);
        }
}

/* What came after it stays: it is undone as a difference, like any other figure. */
static void what_was_sold_since_stays_sold(void **state)
{
    (void)state;
    struct world w;
    open_spoilt(&w, 0);
    assert_int_equal(repair(&w, "A", "pp", STOCK_KEEP_LEDGER), ST_OK);
    uint64_t sequence = w.result.sequence;
    assert_int_equal(do_adjust(&w, "A", "pp", -2), ST_OK);
    assert_int_equal(shown(&w), 8);
    do_undo(&w, sequence);
    world_ok(&w);
    assert_int_equal(shown(&w), 5);
    assert_int_equal(findings(&w), 0);
    world_close(&w);
}

static void what_agrees_is_left(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    assert_int_equal(repair(&w, "A", "pp", STOCK_KEEP_LEDGER), ST_CONFLICT);
    assert_int_equal(repair(&w, "A", "pp", 3), ST_INVALID);
    assert_int_equal(repair(&w, "none", "pp", STOCK_KEEP_LEDGER), ST_NOT_FOUND);
    assert_int_equal(repair(&w, "A", "none", STOCK_KEEP_LEDGER), ST_NOT_FOUND);
    world_close(&w);
}

static void what_cannot_be_read_is_not_guessed(void **state)
{
    (void)state;
    for (int part = 0; part < 2; part++) {
        struct world w;
        uint8_t key[24] = {0};
        open_spoilt(&w, 0);
        pair_key(key);
        memset(key + PAIR, 0xee, 12);
        struct store_txn *txn = world_begin(&w);
        store_put(txn, part ? TABLE_LEDGER : TABLE_STOCK, bytes_of(key, part ? 24 : PAIR),
                  bytes_text("?"));
        world_commit(&w, txn);
        assert_int_equal(repair(&w, "A", "pp", STOCK_KEEP_LEDGER), ST_DAMAGED);
        world_close(&w);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_kept_is_in_both),
    cmocka_unit_test(what_was_sold_since_stays_sold),
    cmocka_unit_test(what_agrees_is_left),
    cmocka_unit_test(what_cannot_be_read_is_not_guessed),
};

TEST_MAIN(tests)
