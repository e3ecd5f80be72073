/* Rebuilding: whatever derived row is cut, spoilt or made up, verification finds it, a dry run
 * counts it and changes nothing, and a rebuild mends it, in chunks of any size. */
#include "engine_orders.h"

#include "base/random.h"
#include "engine/rebuild.h"
#include "query/history.h"

#include <string.h>

static uint64_t findings(struct world *w)
{
    struct verify_result result;
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(engine_verify(txn, NULL, &result, &w->error), ST_OK);
    store_abort(txn);
    return result.findings;
}

static struct rebuild_told look(struct world *w, uint32_t limit)
{
    struct rebuild_told told = {.rows = 0};
    for (int chunks = 0; !told.next.end; chunks++) {
        struct store_txn *txn;
        assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
        assert_int_equal(rebuild_look(txn, limit, &told, &w->error), ST_OK);
        store_abort(txn);
        assert_true(chunks < 100000);
    }
    return told;
}

static struct rebuild_told mend(struct world *w, uint32_t limit)
{
    struct rebuild_told told = {.rows = 0};
    for (int chunks = 0; !told.next.end; chunks++) {
        struct buf payload;
        buf_init(&payload, 4096);
        command_rebuild(&payload, &told.next, limit);
        const struct command command = {.kind = COMMAND_REBUILD,
                                        .actor = "test",
                                        .now_ms = w->now,
                                        .payload = bytes_of(payload.data, payload.size),
                                        .rebuilt = &told};
        world_apply(w, &command);
        world_ok(w);
        buf_free(&payload);
        assert_true(chunks < 100000);
    }
    return told;
}

static uint64_t wrong(const struct rebuild_told *told)
{
    uint64_t all = 0;
    for (int i = 0; i < TABLE_COUNT; i++)
        all += told->counts[i].missing + told->counts[i].surplus;
    return all;
}

static uint64_t mended(const struct rebuild_told *told)
{
    uint64_t all = 0;
    for (int i = 0; i < TABLE_COUNT; i++)
        all += told->counts[i].mended;
    return all;
}

/* Something in every table that is derived. */
static void open_sound(struct world *w)
{
    struct buf buf;
    world_open(w);
    world_shop(w, 4);
    do_barcode(w, "A", "4006381333931");
    do_map(w, "shop", "LB", "B");
    assert_int_equal(do_orders(w, "shop", true), ST_OK);
    const struct order_view open = order_of(ORDER_OPEN, 2);
    struct order_view held = open;
    held.refs[0].value = bytes_text("none");
    rows_start(w, 1);
    rows_order_line(&w->rows, bytes_text("line-1"), &open);
    rows_order_line(&w->rows, bytes_text("line-2"), &held);
    rows_drained(&w->rows, w->now);
    assert_int_equal(rows_end(w), ST_OK);
    buf_init(&buf, 1000);
    command_reserve(&buf, &(struct reserve){.sku = bytes_text("B"),
                                            .warehouse = bytes_text("pp"),
                                            .quantity = 1,
                                            .until_ms = w->now + 1000000,
                                            .note = bytes_text("")});
    world_do(w, COMMAND_RESERVE, &buf);
    world_ok(w);
    const struct stock_row row = {.product = product_no(w, "C"), .warehouse = 1, .quantity = 3};
    buf_init(&buf, 1000);
    command_stock_bulk(
        &buf,
        &(struct stock_bulk){
            .kind = FIGURE_ON_HAND, .cause = CAUSE_IMPORT, .job = 7, .rows = &row, .row_count = 1});
    const struct command bulk = {.kind = COMMAND_STOCK_BULK,
                                 .actor = "test",
                                 .id = {1, 2, 3},
                                 .now_ms = w->now,
                                 .group = 7,
                                 .payload = bytes_of(buf.data, buf.size)};
    world_apply(w, &bulk);
    world_ok(w);
    buf_free(&buf);
    assert_int_equal(do_select(w, 1, 1), 1);
    do_outcome(w, 0, OUTCOME_UNRESOLVED, 0);
    w->unverified = true;
    assert_int_equal(findings(w), 0);
}

static const enum store_table derived[] = {
    TABLE_PRODUCT_SKU, TABLE_PRODUCT_BARCODE, TABLE_PRODUCT_FOLD,   TABLE_LISTING_ID,
    TABLE_LISTING_KEY, TABLE_LISTING_PRODUCT, TABLE_OUTBOX,         TABLE_UNRESOLVED,
    TABLE_COMMAND_ID,  TABLE_COMMAND_GROUP,   TABLE_CHANGE_PRODUCT, TABLE_ORDER,
    TABLE_ORDER_OPEN,  TABLE_ORDER_HELD,      TABLE_ORDER_PRODUCT,  TABLE_GUARD,
    TABLE_WAKE,        TABLE_TARGET,          TABLE_TARGET_COUNT,
};

static void cut_first(struct world *w, enum store_table table)
{
    struct store_txn *txn = world_begin(w);
    struct store_cursor *cursor = store_cursor(txn, table);
    assert_int_equal(store_next(cursor, NULL, NULL), ST_OK);
    assert_int_equal(store_cursor_delete(cursor), ST_OK);
    store_cursor_close(cursor);
    world_commit(w, txn);
}

static void what_is_sound_is_left_alone(void **state)
{
    (void)state;
    struct world w;
    open_sound(&w);
    struct rebuild_told told = look(&w, 3);
    assert_int_equal(wrong(&told), 0);
    uint64_t commands = rows_in(&w, TABLE_COMMAND);
    told = mend(&w, 5);
    assert_int_equal(wrong(&told), 0);
    assert_int_equal(rows_in(&w, TABLE_COMMAND), commands); /* nothing changed: nothing is logged */
    world_close(&w);
}

static void what_is_missing_is_put_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
        struct world w;
        open_sound(&w);
        assert_true(rebuild_is_derived(derived[i]));
        cut_first(&w, derived[i]);
        /* A cut target takes the write with it that was unresolved: what leads to it is surplus. */
        struct rebuild_told seen = look(&w, 2);
        if (!seen.counts[derived[i]].missing)
            fail_msg("table %s: not found", store_table_name(derived[i]));
        struct rebuild_told again = look(&w, 1000);
        assert_memory_equal(seen.counts, again.counts, sizeof seen.counts);
        struct rebuild_told told = mend(&w, 2);
        assert_int_equal(wrong(&told), mended(&told));
        assert_true(told.counts[derived[i]].mended > 0);
        if (findings(&w)) fail_msg("table %s: not mended", store_table_name(derived[i]));
        told = look(&w, 1000);
        assert_int_equal(wrong(&told), 0);
        world_close(&w);
    }
}

static void what_is_surplus_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
        if (derived[i] == TABLE_TARGET || derived[i] == TABLE_GUARD || derived[i] == TABLE_WAKE ||
            derived[i] == TABLE_TARGET_COUNT)
            continue; /* facts, counts, and rows that also others leave */
        for (size_t size = 1; size < 60; size += 7) {
            struct world w;
            uint8_t key[64], value[8];
            open_sound(&w);
            memset(key, (int)size, sizeof key);
            memset(value, 9, sizeof value);
            struct store_txn *txn = world_begin(&w);
            store_put(txn, derived[i], bytes_of(key, size), bytes_of(value, size % 2 ? 8 : 0));
            world_commit(&w, txn);
            struct rebuild_told told = look(&w, 1000);
            assert_int_equal(told.counts[derived[i]].surplus, 1);
            assert_int_equal(wrong(&told), 1);
            told = mend(&w, 4);
            assert_int_equal(mended(&told), 1);
            assert_int_equal(findings(&w), 0);
            world_close(&w);
        }
    }
}

/* Whole tables at once; the history says what was done, by whom. */
static bool note_table(void *ctx, const struct change_view *change)
{
    uint32_t *count = ctx;
    if (change->what == CHANGE_SETTING && bytes_equal(change->new, bytes_text("mended")))
        (*count)++;
    return true;
}

static void whole_tables_come_back(void **state)
{
    (void)state;
    struct world w;
    open_sound(&w);
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++)
        while (derived[i] != TABLE_TARGET && rows_in(&w, derived[i]) > 0)
            cut_first(&w, derived[i]);
    assert_true(findings(&w) > 10);
    struct rebuild_told told = mend(&w, 1000);
    assert_int_equal(wrong(&told), mended(&told));
    assert_int_equal(findings(&w), 0);
    uint32_t noted = 0;
    struct store_txn *txn;
    struct query query;
    assert_int_equal(store_begin(w.store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(query_open(&query, txn, &w.error), ST_OK);
    const struct query_event event = {.sequence = w.result.sequence};
    assert_int_equal(query_event_changes(&query, &event, 1000, note_table, &noted), ST_OK);
    assert_in_range(noted, 15, 20);
    query_close(&query);
    store_abort(txn);
    w.unverified = false;
    do_push_all(&w, 1); /* and it goes on */
    do_set(&w, "C", "pp", 1);
    world_ok(&w);
    world_close(&w);
}

/* Commands pass between the chunks. */
static void while_everything_goes_on(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world w;
        struct random random;
        struct rebuild_told told = {.rows = 0};
        random_seed(&random, seed);
        open_sound(&w);
        for (int cuts = 0; cuts < 5; cuts++) {
            enum store_table table = derived[random_below(&random, 6)];
            if (rows_in(&w, table)) cut_first(&w, table);
        }
        while (!told.next.end) {
            struct buf payload;
            buf_init(&payload, 4096);
            command_rebuild(&payload, &told.next, 3);
            const struct command command = {.kind = COMMAND_REBUILD,
                                            .actor = "test",
                                            .now_ms = w.now,
                                            .payload = bytes_of(payload.data, payload.size),
                                            .rebuilt = &told};
            world_apply(&w, &command);
            world_ok(&w);
            buf_free(&payload);
            w.now += 10;
            char sku[2] = {(char)('A' + random_below(&random, 8)), 0};
            if (random_below(&random, 3) == 0) do_product(&w, sku);
            if (random_below(&random, 3) == 0) do_adjust(&w, sku, "pp", 1);
            if (random_below(&random, 9) == 0) do_product_delete(&w, sku);
        }
        told = mend(&w, 1000); /* what a command read amiss while its index was cut */
        assert_int_equal(findings(&w), 0);
        world_close(&w);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_is_sound_is_left_alone), cmocka_unit_test(what_is_missing_is_put_back),
    cmocka_unit_test(what_is_surplus_goes),        cmocka_unit_test(whole_tables_come_back),
    cmocka_unit_test(while_everything_goes_on),
};

TEST_MAIN(cases)
