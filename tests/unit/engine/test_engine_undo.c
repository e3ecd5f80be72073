/* Undo: the inverse of what a command changed; sales since then stay, and what stands in the way is
 * named. */
#include "engine_orders.h"

#include "base/random.h"

#include <stdio.h>
#include <time.h>

enum { PP = 1, KOT = 2 };

static void shop(struct world *w, unsigned products)
{
    world_open(w);
    world_order_shop(w, products);
}

static uint64_t done(struct world *w)
{
    world_ok(w);
    return w->result.sequence;
}

/* ---- stock */

static void sales_since_then_stay(void **state)
{
    (void)state;
    struct world w;
    shop(&w, 1);
    do_set(&w, "A", "pp", 25);
    uint64_t set = done(&w);
    do_adjust(&w, "A", "pp", -2);
    tell_of(&w, "1", "LA", ORDER_SHIPPED, 3);
    do_undo(&w, set);
    world_ok(&w);
    assert_int_equal(on_hand(&w, "A", PP), 5);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 5);
    do_undo(&w, set);
    assert_int_equal(w.status, ST_CONFLICT);
    world_close(&w);
}

static void a_later_figure_stands_in_the_way(void **state)
{
    (void)state;
    struct world w;
    char sentence[200];
    shop(&w, 1);
    do_set(&w, "A", "pp", 25);
    uint64_t first = done(&w);
    do_set(&w, "A", "pp", 30);
    uint64_t second = done(&w);
    do_undo(&w, first);
    snprintf(sentence, sizeof sentence,
             "command %d cannot be undone: 'A' was given another figure since, by command %d",
             (int)first, (int)second);
    world_refused(&w, ST_CONFLICT, sentence);
    do_undo(&w, second); /* the later one first */
    world_ok(&w);
    do_undo(&w, first);
    world_ok(&w);
    assert_int_equal(on_hand(&w, "A", PP), 10);
    world_close(&w);
}

static void without_its_first_figure_a_product_has_none(void **state)
{
    (void)state;
    struct world w;
    shop(&w, 1);
    do_product(&w, "N");
    do_set(&w, "N", "pp", 7);
    uint64_t set = done(&w);
    rows_start(&w, 1);
    row_listing(&w, "LN", "N", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    do_adjust(&w, "N", "pp", -1);
    uint64_t sale = done(&w);
    do_undo(&w, set);
    assert_int_equal(w.status, ST_CONFLICT);
    do_undo(&w, sale);
    world_ok(&w);
    do_undo(&w, set);
    world_ok(&w);
    assert_int_equal(on_hand(&w, "N", PP), FIGURE_UNKNOWN); /* not 0 (I9) */
    assert_true(target_of(&w, "LN", "R1").hold & HOLD_UNCOUNTED);
    do_set(&w, "N", "pp", 3); /* and can have one again */
    world_ok(&w);
    assert_int_equal(target_of(&w, "LN", "R1").wanted_value, 3);
    world_close(&w);
}

static void an_order_that_the_count_knew_of_needs_the_figure(void **state)
{
    (void)state;
    struct world w;
    shop(&w, 1);
    do_product(&w, "N");
    rows_start(&w, 1);
    row_listing(&w, "LN", "N", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    do_set(&w, "N", "pp", 7);
    uint64_t set = done(&w);
    struct order_view parcel = order_of(ORDER_SHIPPED, 2);
    parcel.refs[0].value = bytes_text("LN");
    parcel.changed_ms = w.now - 30000; /* it had left */
    tell_line(&w, "1", &parcel);
    assert_int_equal(on_hand(&w, "N", PP), 7); /* which the count says already */
    do_undo(&w, set);
    char sentence[200];
    snprintf(sentence, sizeof sentence,
             "command %d cannot be undone: it gave 'N' its first figure, and orders have taken "
             "pieces from there (lines: 1); without it there would be none",
             (int)set);
    world_refused(&w, ST_CONFLICT, sentence);
    world_verify(&w);
    world_close(&w);
}

static void a_transfer_goes_back(void **state)
{
    (void)state;
    struct world w;
    shop(&w, 1);
    do_warehouse(&w, "kot");
    do_transfer(&w, "A", "pp", "kot", 4);
    uint64_t transfer = done(&w);
    do_undo(&w, transfer);
    world_ok(&w);
    assert_int_equal(on_hand(&w, "A", PP), 10);
    assert_int_equal(on_hand(&w, "A", KOT), FIGURE_UNKNOWN);
    world_close(&w);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void an_import_of_ten_thousand_rows(void **state)
{
    (void)state;
    enum { ROWS = 10000 };
    struct world w;
    world_open(&w);
    w.unverified = true;
    do_warehouse(&w, "pp");
    static struct stock_row rows[ROWS];
    static char skus[ROWS][12];
    static struct bytes names[ROWS];
    for (uint32_t i = 0; i < ROWS; i++) {
        snprintf(skus[i], sizeof skus[i], "S-%05u", i);
        names[i] = bytes_text(skus[i]);
        rows[i] = (struct stock_row){.product = i + 1, .warehouse = 1, .quantity = i % 50};
    }
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_product_bulk(&buf, names, ROWS);
    world_do(&w, COMMAND_PRODUCT_BULK, &buf);
    world_ok(&w);
    const struct stock_bulk bulk = {
        .kind = FIGURE_ON_HAND, .cause = CAUSE_IMPORT, .rows = rows, .row_count = ROWS};
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_stock_bulk(&buf, &bulk);
    world_do(&w, COMMAND_STOCK_BULK, &buf);
    uint64_t first = done(&w);
    for (uint32_t i = 0; i < ROWS; i++)
        rows[i].quantity += 5;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_stock_bulk(&buf, &bulk);
    world_do(&w, COMMAND_STOCK_BULK, &buf);
    uint64_t second = done(&w);
    double begun = seconds();
    do_undo(&w, second);
    double took = seconds() - begun;
    world_ok(&w);
    print_message("undone in %.3f s\n", took);
    assert_true(took < 2);
    assert_int_equal(w.result.rows, ROWS);
    assert_int_equal(on_hand(&w, "S-00049", PP), 49);
    do_undo(&w, first);
    world_ok(&w);
    assert_int_equal(rows_in(&w, TABLE_STOCK), 0);
    world_verify(&w);
    world_close(&w);
}

/* ---- what is not undone */

static void refusals(void **state)
{
    (void)state;
    struct world w;
    shop(&w, 1);
    do_undo(&w, 999);
    world_refused(&w, ST_NOT_FOUND,
                  "there is no command 999; `stockctl history` shows those there are");
    do_undo(&w, 1);
    world_refused(&w, ST_CONFLICT,
                  "command 1 is 'warehouse'; what can be undone are changes of stock, imports, "
                  "edits, renames, deletes and merges of products, mappings and rules");
    do_set(&w, "A", "pp", 3);
    uint64_t set = done(&w);
    do_product_delete(&w, "A");
    world_ok(&w);
    do_undo(&w, set);
    assert_int_equal(w.status, ST_CONFLICT);
    world_close(&w);
}

static void an_edit_changed_since_is_left(void **state)
{
    (void)state;
    struct world w;
    char sentence[200];
    shop(&w, 1);
    do_barcode(&w, "A", "1");
    uint64_t first = done(&w);
    do_barcode(&w, "A", "2");
    do_undo(&w, first);
    snprintf(sentence, sizeof sentence,
             "command %d cannot be undone: 'barcodes' of 'A' was changed since", (int)first);
    world_refused(&w, ST_CONFLICT, sentence);
    world_close(&w);
}

static void a_taken_sku_stands_in_the_way(void **state)
{
    (void)state;
    struct world w;
    shop(&w, 1);
    do_rename(&w, "A", "B");
    uint64_t rename = done(&w);
    do_product(&w, "A");
    do_undo(&w, rename);
    assert_int_equal(w.status, ST_CONFLICT);
    do_product_delete(&w, "A");
    do_undo(&w, rename);
    world_ok(&w);
    assert_int_equal(on_hand(&w, "A", PP), 10);
    world_close(&w);
}

/* ---- products */

static void a_merge_is_taken_apart(void **state)
{
    (void)state;
    struct world w;
    shop(&w, 2);
    do_barcode(&w, "B", "555");
    tell_of(&w, "1", "LB", ORDER_OPEN, 3);
    tell_of(&w, "2", "LB", ORDER_OPEN, 1);
    uint64_t a = product_no(&w, "A"), b = product_no(&w, "B");
    do_merge(&w, "A", "B", MERGE_SUM);
    uint64_t merge = done(&w);
    tell_of(&w, "1", "LB", ORDER_SHIPPED, 3); /* the pieces of one line have left since */
    do_undo(&w, merge);
    world_ok(&w);
    assert_int_equal(product_no(&w, "B"), b);
    assert_int_equal(listing_product_of(&w, "LA"), a);
    assert_int_equal(listing_product_of(&w, "LB"), b);
    assert_int_equal(on_hand(&w, "A", PP), 7); /* it was the one to ship */
    assert_int_equal(on_hand(&w, "B", PP), 10);
    assert_int_equal(target_of(&w, "LB", "R1").wanted_value, 9);
    tell_of(&w, "2", "LB", ORDER_SHIPPED, 1);
    assert_int_equal(on_hand(&w, "B", PP), 9);
    world_close(&w);
}

static void a_deleted_product_is_there_again(void **state)
{
    (void)state;
    struct world w;
    shop(&w, 1);
    do_barcode(&w, "A", "555");
    tell_of(&w, "1", "LA", ORDER_SHIPPED, 2);
    uint64_t product = product_no(&w, "A");
    do_product_delete(&w, "A");
    uint64_t gone = done(&w);
    tell_of(&w, "1", "LA", ORDER_RETURNED, 2);
    do_undo(&w, gone);
    world_ok(&w);
    assert_int_equal(product_no(&w, "A"), product);
    assert_int_equal(on_hand(&w, "A", PP), 8);
    assert_int_equal(listing_product_of(&w, "LA"), product);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 8);
    struct buf buf;
    buf_init(&buf, 1000);
    command_order_return(&buf, bytes_text("shop"), bytes_text("1"));
    world_do(&w, COMMAND_ORDER_RETURN, &buf);
    world_ok(&w);
    assert_int_equal(on_hand(&w, "A", PP), 10);
    world_close(&w);
}

/* A listing that was read while its product was part of another one, or was deleted. */
static void a_listing_read_meanwhile_waits_for_the_product(void **state)
{
    (void)state;
    for (int merged = 0; merged < 2; merged++) {
        struct world w;
        shop(&w, 1);
        do_product(&w, "B");
        uint64_t b = product_no(&w, "B");
        if (merged)
            do_merge(&w, "A", "B", MERGE_SUM);
        else
            do_product_delete(&w, "B");
        uint64_t gone = done(&w);
        rows_start(&w, 1);
        row_listing(&w, "L9", "B", NULL, LISTING_ACTIVE);
        assert_int_equal(rows_end(&w), ST_OK);
        assert_int_equal(listing_product_of(&w, "L9"), 0);
        do_undo(&w, gone);
        world_ok(&w);
        assert_int_equal(listing_product_of(&w, "L9"), b);
        world_close(&w);
    }
}

/* What somebody said of the listing since is not undone. */
static void a_listing_of_nothing_by_hand_stands_in_the_way(void **state)
{
    (void)state;
    struct world w;
    shop(&w, 1);
    do_product_delete(&w, "A");
    uint64_t gone = done(&w);
    do_map(&w, "shop", "LA", "");
    uint64_t map = done(&w);
    do_undo(&w, gone);
    assert_int_equal(w.status, ST_CONFLICT);
    assert_int_equal(listing_product_of(&w, "LA"), 0);
    do_undo(&w, map);
    world_ok(&w);
    do_undo(&w, gone);
    world_ok(&w);
    assert_int_equal(listing_product_of(&w, "LA"), product_no(&w, "A"));
    world_close(&w);
}

/* It was tied by the name that is taken back: of that name there is no product any more. */
static void a_listing_read_under_a_name_goes_with_the_name(void **state)
{
    (void)state;
    struct world w;
    shop(&w, 1);
    do_product(&w, "B");
    do_rename(&w, "B", "N");
    uint64_t rename = done(&w);
    rows_start(&w, 1);
    row_listing(&w, "L9", "N", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    assert_int_equal(listing_product_of(&w, "L9"), product_no(&w, "N"));
    do_undo(&w, rename);
    world_ok(&w);
    assert_int_equal(listing_product_of(&w, "L9"), 0);
    do_product(&w, "N");
    assert_int_equal(listing_product_of(&w, "L9"), product_no(&w, "N"));
    world_close(&w);
}

/* As it stays with a product that is called otherwise. */
static void a_mapping_goes_back_to_a_product_of_another_name(void **state)
{
    (void)state;
    struct world w;
    shop(&w, 2);
    do_map(&w, "shop", "LA", "B");
    uint64_t map = done(&w);
    do_rename(&w, "A", "N");
    do_undo(&w, map);
    world_ok(&w);
    assert_int_equal(listing_product_of(&w, "LA"), product_no(&w, "N"));
    rows_start(&w, 1);
    row_listing(&w, "LA", "A", "777", LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    assert_int_equal(listing_product_of(&w, "LA"), product_no(&w, "N"));
    world_close(&w);
}

static void a_mapping_goes_back(void **state)
{
    (void)state;
    struct world w;
    shop(&w, 2);
    do_map(&w, "shop", "LA", "B");
    uint64_t map = done(&w);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 10);
    do_undo(&w, map);
    world_ok(&w);
    assert_int_equal(listing_product_of(&w, "LA"), product_no(&w, "A"));
    world_close(&w);
}

/* ---- any commands, undone the last one first */

static const char *const skus[] = {"A", "B", "C", "a", "D"};
enum { SKUS = sizeof skus / sizeof *skus };

static const char *any(struct random *random)
{
    return skus[random_below(random, SKUS)];
}

static void random_command(struct world *w, struct random *random)
{
    static const char *const warehouses[] = {"pp", "kot"};
    static const char *const listings[] = {"LA", "LB", "LC"};
    const char *sku = any(random), *other = any(random);
    const char *from = warehouses[random_below(random, 2)];
    switch (random_below(random, 11)) {
    case 0: do_set(w, sku, from, (int64_t)random_below(random, 20)); break;
    case 1: do_adjust(w, sku, from, (int64_t)random_below(random, 9) - 4); break;
    case 2: do_transfer(w, sku, "pp", "kot", 1 + (int64_t)random_below(random, 4)); break;
    case 3: do_product(w, sku); break;
    case 4: do_barcode(w, sku, random_below(random, 2) ? "555" : "666"); break;
    case 5: do_rename(w, sku, other); break;
    case 6: do_merge(w, sku, other, random_below(random, 2) ? MERGE_SUM : MERGE_KEEP); break;
    case 7: do_product_delete(w, sku); break;
    case 8: do_map(w, "shop", listings[random_below(random, 3)], sku); break;
    case 9: do_map(w, "shop", listings[random_below(random, 3)], ""); break;
    default: do_set(w, sku, "pp", 10); break;
    }
}

/* What people would call the state: products, figures, mappings, promised pieces. Times and
 * revisions are not part of it. */
static void picture(struct world *w, struct buf *out)
{
    struct store_txn *txn;
    struct error error;
    struct bytes key, value;
    static const enum store_table tables[] = {TABLE_PRODUCT_SKU, TABLE_PRODUCT_BARCODE,
                                              TABLE_LISTING_PRODUCT, TABLE_ORDER_PRODUCT,
                                              TABLE_STOCK};
    buf_init(out, 1 << 20);
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, &error), ST_OK);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct store_cursor *cursor = store_cursor(txn, tables[i]);
        while (store_next(cursor, &key, &value) == ST_OK) {
            buf_add(out, key.data, key.size);
            if (tables[i] == TABLE_STOCK) value.size = 2 * sizeof(int64_t);
            buf_add(out, value.data, value.size);
        }
        store_cursor_close(cursor);
    }
    store_abort(txn);
}

static void run_seed(uint64_t seed)
{
    enum { COMMANDS = 12 };
    struct world w;
    struct random random;
    struct buf pictures[COMMANDS];
    uint64_t sequences[COMMANDS];
    random_seed(&random, seed);
    shop(&w, 3);
    do_warehouse(&w, "kot");
    tell_of(&w, "1", "LA", ORDER_OPEN, 2);
    tell_of(&w, "2", "LB", ORDER_SHIPPED, 1);
    int count = 0;
    for (int tries = 0; count < COMMANDS && tries < 100; tries++) {
        picture(&w, &pictures[count]);
        w.now += 1000;
        random_command(&w, &random);
        if (w.status == ST_OK && w.result.changed)
            sequences[count++] = w.result.sequence;
        else
            buf_free(&pictures[count]);
    }
    while (count-- > 0) {
        struct buf now;
        w.now += 1000;
        do_undo(&w, sequences[count]);
        if (w.status != ST_OK) fail_msg("seed %d, command %d: %s", (int)seed, count, w.error.text);
        picture(&w, &now);
        if (now.size != pictures[count].size ||
            memcmp(now.data, pictures[count].data, now.size) != 0)
            fail_msg("seed %d: after undoing command %d it is not as it was", (int)seed, count);
        buf_free(&now);
        buf_free(&pictures[count]);
    }
    world_close(&w);
}

static void undoing_all_brings_it_all_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++)
        run_seed(seed);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(sales_since_then_stay),
    cmocka_unit_test(a_later_figure_stands_in_the_way),
    cmocka_unit_test(without_its_first_figure_a_product_has_none),
    cmocka_unit_test(an_order_that_the_count_knew_of_needs_the_figure),
    cmocka_unit_test(a_transfer_goes_back),
    cmocka_unit_test(an_import_of_ten_thousand_rows),
    cmocka_unit_test(refusals),
    cmocka_unit_test(an_edit_changed_since_is_left),
    cmocka_unit_test(a_taken_sku_stands_in_the_way),
    cmocka_unit_test(a_merge_is_taken_apart),
    cmocka_unit_test(a_deleted_product_is_there_again),
    cmocka_unit_test(a_listing_read_meanwhile_waits_for_the_product),
    cmocka_unit_test(a_listing_of_nothing_by_hand_stands_in_the_way),
    cmocka_unit_test(a_listing_read_under_a_name_goes_with_the_name),
    cmocka_unit_test(a_mapping_goes_back),
    cmocka_unit_test(a_mapping_goes_back_to_a_product_of_another_name),
    cmocka_unit_test(undoing_all_brings_it_all_back),
};

TEST_MAIN(cases)
