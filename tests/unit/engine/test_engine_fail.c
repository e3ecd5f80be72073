/* The store failing under the engine: each write of each command in turn, then each commit, once
 * and for good. A command that fails so leaves nothing behind, says why, and works when it is asked
 * again. */
#include "engine_fixture.h"

enum { WRITES_MAX = 400 }; /* of one command in so small a shop */

typedef enum status act_fn(struct world *w);

static enum status act_set(struct world *w)
{
    return do_set(w, "A", "pp", 25);
}

static enum status act_adjust(struct world *w)
{
    return do_adjust(w, "A", "pp", -3);
}

static enum status act_transfer(struct world *w)
{
    return do_transfer(w, "A", "pp", "kot", 4);
}

static enum status act_product(struct world *w)
{
    return do_product(w, "NEW");
}

static enum status act_barcode(struct world *w)
{
    return do_barcode(w, "A", "4600000000008");
}

static enum status act_rename(struct world *w)
{
    return do_rename(w, "A", "A2");
}

static enum status act_merge(struct world *w)
{
    return do_merge(w, "A", "B", MERGE_SUM);
}

static enum status act_delete(struct world *w)
{
    return do_product_delete(w, "C");
}

static enum status act_warehouse(struct world *w)
{
    return do_warehouse(w, "new");
}

static enum status act_account(struct world *w)
{
    return do_account(w, "second");
}

static enum status act_link(struct world *w)
{
    return do_link(w, "kot", "shop", "R1");
}

static enum status act_unlink(struct world *w)
{
    return do_unlink(w, "pp", "shop", "R1");
}

static enum status act_unmap(struct world *w)
{
    return do_map(w, "shop", "LA", "");
}

static enum status act_pause(struct world *w)
{
    return do_switch(w, "shop", ACCOUNT_PAUSE);
}

static enum status act_undo(struct world *w)
{
    struct store_txn *txn;
    uint64_t last = 0;
    struct bytes key;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    if (store_last(store_cursor(txn, TABLE_COMMAND), &key, NULL) == ST_OK)
        last = bytes_get_u64(key.data);
    store_abort(txn);
    return do_undo(w, last);
}

static enum status act_rows(struct world *w)
{
    rows_start(w, 1);
    row_remote(w, "R2", true);
    row_listing(w, "LNEW", "A", "460", LISTING_ACTIVE);
    row_listing(w, "LB", "C", NULL, LISTING_ENDED);
    row_stock(w, "R1", "LA", 4);
    return rows_end(w);
}

static enum status act_outcome(struct world *w)
{
    rows_start(w, 1);
    if (w->batch.count) row_outcome(w, &w->batch.items[0], OUTCOME_OK, 0);
    row_flight_ended(w);
    return rows_end(w);
}

static const struct {
    const char *name;
    act_fn *act;
} acts[] = {
    {"set", act_set},         {"adjust", act_adjust},   {"transfer", act_transfer},
    {"product", act_product}, {"barcode", act_barcode}, {"rename", act_rename},
    {"merge", act_merge},     {"delete", act_delete},   {"warehouse", act_warehouse},
    {"account", act_account}, {"link", act_link},       {"unlink", act_unlink},
    {"unmap", act_unmap},     {"pause", act_pause},     {"undo", act_undo},
    {"rows", act_rows},       {"outcome", act_outcome},
};
enum { ACTS = sizeof acts / sizeof acts[0] };

/* Three products, the last without promises; a second warehouse with figures; one write under way.
 */
static void shop(struct world *w)
{
    world_open(w);
    world_shop(w, 3);
    do_warehouse(w, "kot");
    do_set(w, "B", "kot", 1);
    do_select(w, 1, 1);
    do_set(w, "B", "kot", 2);
}

/* As the command was never there: the same rows in every table. */
struct counts {
    uint64_t rows[TABLE_COUNT];
};

static struct counts count(struct world *w)
{
    struct counts counts;
    for (unsigned table = 0; table < TABLE_COUNT; table++)
        counts.rows[table] = rows_in(w, (enum store_table)table);
    return counts;
}

/* False: the command has no such write. */
static bool fails_at(const char *name, act_fn *act, uint64_t write, bool always)
{
    struct world w;
    shop(&w);
    struct counts before = count(&w), after;
    store_memory_fail_next(w.store, STORE_FAULT_WRITE, write, ST_FULL, always);
    enum status status = act(&w);
    store_memory_fail_next(w.store, STORE_FAULT_WRITE, 0, ST_OK, false);
    bool reached = status == ST_FULL;
    if (reached) {
        after = count(&w);
        if (!w.error.text[0]) fail_msg("%s, write %llu: no word", name, (unsigned long long)write);
        if (memcmp(&before, &after, sizeof before) != 0)
            fail_msg("%s, write %llu: something was left", name, (unsigned long long)write);
        world_verify(&w);
        if ((status = act(&w)) != ST_OK)
            fail_msg("%s, write %llu, again: %s", name, (unsigned long long)write, w.error.text);
    } else if (status != ST_OK) {
        fail_msg("%s, write %llu: %s, %s", name, (unsigned long long)write, status_name(status),
                 w.error.text);
    }
    world_verify(&w);
    world_close(&w);
    return reached;
}

static void each_write_fails(void **state)
{
    (void)state;
    for (int i = 0; i < ACTS; i++)
        for (int always = 0; always < 2; always++) {
            uint64_t write = 0;
            while (fails_at(acts[i].name, acts[i].act, write, always) && write < WRITES_MAX)
                write++;
            if (write == 0) fail_msg("%s writes nothing", acts[i].name);
            assert_true(write < WRITES_MAX);
        }
}

/* The commit itself: what the engine remembers of the group must be forgotten with it. */
static void each_commit_fails(void **state)
{
    (void)state;
    for (int i = 0; i < ACTS; i++) {
        struct world w;
        shop(&w);
        struct counts before = count(&w), after;
        store_memory_fail_next(w.store, STORE_FAULT_COMMIT, 0, ST_IO, true);
        for (int again = 0; again < 3; again++)
            if (acts[i].act(&w) != ST_IO) fail_msg("%s: %s", acts[i].name, w.error.text);
        store_memory_fail_next(w.store, STORE_FAULT_COMMIT, 0, ST_OK, false);
        after = count(&w);
        assert_memory_equal(&before, &after, sizeof before);
        if (acts[i].act(&w) != ST_OK) fail_msg("%s: %s", acts[i].name, w.error.text);
        world_verify(&w);
        world_close(&w);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(each_commit_fails),
    cmocka_unit_test(each_write_fails),
};

TEST_MAIN(cases)
