/* Products that get another SKU, or become one with another: everything that hangs on them goes
 * with them, and nothing is lost. */
#include "engine_orders.h"

enum { PP = 1, KOT = 2 };

/* Products A and B with 10 each and a listing each; orders are imported. */
static void shop(struct world *w)
{
    world_open(w);
    world_order_shop(w, 2);
}

static int64_t wanted(struct world *w, const char *listing)
{
    return target_of(w, listing, "R1").wanted_value;
}

/* ---- rename */

static void a_rename_carries_everything(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    tell_of(&w, "1", "LA", ORDER_OPEN, 3);
    uint64_t product = product_no(&w, "A");
    do_rename(&w, "A", "A-new");
    world_ok(&w);
    assert_int_equal(product_no(&w, "A"), 0);
    assert_int_equal(product_no(&w, "A-new"), product);
    assert_int_equal(on_hand(&w, "A-new", PP), 10);
    assert_int_equal(listing_product_of(&w, "LA"), product);
    tell_of(&w, "1", "LA", ORDER_SHIPPED, 3);
    assert_int_equal(on_hand(&w, "A-new", PP), 7);
    /* The listing gets another key: it is kept all the same. */
    rows_start(&w, 1);
    row_listing(&w, "LA", "A", "777", LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    assert_int_equal(listing_product_of(&w, "LA"), product);
    assert_int_equal(wanted(&w, "LA"), 7);
    world_close(&w);
}

static void a_rename_is_refused(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    do_rename(&w, "A", "B");
    world_refused(&w, ST_EXISTS,
                  "there is a product 'B' already; `stockctl product merge` makes one of the two");
    do_rename(&w, "C", "D");
    assert_int_equal(w.status, ST_NOT_FOUND);
    do_rename(&w, "A", "a\nb");
    assert_int_equal(w.status, ST_INVALID);
    do_rename(&w, "A", "");
    assert_int_equal(w.status, ST_INVALID);
    do_rename(&w, "A", "A");
    world_ok(&w);
    assert_false(w.result.changed);
    world_close(&w);
}

static void a_listing_waits_for_the_new_sku(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    rows_start(&w, 1);
    row_listing(&w, "L9", "C", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    do_product(&w, "x");
    do_rename(&w, "x", "C");
    world_ok(&w);
    assert_int_equal(listing_product_of(&w, "L9"), product_no(&w, "C"));
    world_close(&w);
}

/* ---- merge */

static void a_merge_adds_figures_listings_and_promises(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    do_warehouse(&w, "kot");
    do_set(&w, "B", "kot", 4);
    do_barcode(&w, "B", "555");
    tell_of(&w, "1", "LB", ORDER_OPEN, 3);
    uint64_t product = product_no(&w, "A");
    do_merge(&w, "A", "B", MERGE_SUM);
    world_ok(&w);
    assert_int_equal(product_no(&w, "B"), 0);
    assert_int_equal(on_hand(&w, "A", PP), 20);
    assert_int_equal(on_hand(&w, "A", KOT), 4);
    assert_int_equal(listing_product_of(&w, "LB"), product);
    assert_int_equal(wanted(&w, "LA"), 17);
    assert_int_equal(wanted(&w, "LB"), 17);
    assert_int_equal(rows_in(&w, TABLE_PRODUCT_BARCODE), 1);
    tell_of(&w, "1", "LB", ORDER_SHIPPED, 3);
    assert_int_equal(on_hand(&w, "A", PP), 17);
    world_close(&w);
}

static void a_merge_keeps_figures_and_takes_those_that_lack(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    do_warehouse(&w, "kot");
    do_set(&w, "B", "kot", 4);
    do_merge(&w, "A", "B", MERGE_KEEP);
    world_ok(&w);
    assert_int_equal(on_hand(&w, "A", PP), 10);
    assert_int_equal(on_hand(&w, "A", KOT), 4);
    world_close(&w);
}

static void a_write_under_way_survives_the_merge(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    assert_int_equal(do_select(&w, 1, 10), 2);
    do_merge(&w, "A", "B", MERGE_SUM);
    world_ok(&w);
    assert_true(target_of(&w, "LB", "R1").flags & TARGET_OPEN); /* I4 */
    do_outcomes(&w, OUTCOME_OK);
    world_ok(&w);
    world_close(&w);
}

static void a_reservation_by_hand_moves_too(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct buf buf;
    buf_init(&buf, 1000);
    const struct reserve ask = {.sku = bytes_text("B"),
                                .warehouse = bytes_text("pp"),
                                .quantity = 2,
                                .note = bytes_text("for Ann")};
    command_reserve(&buf, &ask);
    world_do(&w, COMMAND_RESERVE, &buf);
    world_ok(&w);
    uint64_t reservation = w.result.reservation;
    do_product_delete(&w, "B");
    world_refused(
        &w, ST_CONFLICT,
        "2 pieces of 'B' are promised to orders or reserved; ship, cancel or release them "
        "first");
    do_merge(&w, "A", "B", MERGE_KEEP);
    world_ok(&w);
    assert_int_equal(wanted(&w, "LA"), 8);
    buf_init(&buf, 1000);
    command_release(&buf, reservation);
    world_do(&w, COMMAND_RELEASE, &buf);
    world_ok(&w);
    assert_int_equal(wanted(&w, "LA"), 10);
    world_close(&w);
}

/* Merged, its SKU is free; a product of that name is made, and then the one that it became part of
 * goes: its listing belongs to the new one, also when that is undone and done again. */
static void a_listing_goes_to_who_bears_its_name_by_now(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    uint64_t a = product_no(&w, "A");
    do_merge(&w, "A", "B", MERGE_KEEP);
    do_product(&w, "B");
    uint64_t b = product_no(&w, "B");
    do_set(&w, "B", "pp", 3);
    assert_int_equal(listing_product_of(&w, "LB"), a);
    for (int i = 0; i < 2; i++) {
        do_product_delete(&w, "A");
        world_ok(&w);
        uint64_t sequence = w.result.sequence;
        assert_int_equal(listing_product_of(&w, "LB"), b);
        assert_int_equal(listing_product_of(&w, "LA"), 0);
        assert_int_equal(wanted(&w, "LB"), 3);
        do_undo(&w, sequence);
        world_ok(&w);
        assert_int_equal(listing_product_of(&w, "LA"), a);
        assert_int_equal(listing_product_of(&w, "LB"), a);
    }
    world_close(&w);
}

static void a_merge_is_refused(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    do_merge(&w, "A", "A", MERGE_SUM);
    world_refused(&w, ST_INVALID, "'A' cannot be merged with itself");
    do_merge(&w, "A", "C", MERGE_SUM);
    assert_int_equal(w.status, ST_NOT_FOUND);
    do_merge(&w, "A", "B", 0);
    world_refused(&w, ST_INVALID, "of two figures, one is kept or both are added");
    world_close(&w);
}

/* Untied and tied again, the place is the same one to the marketplace. */
static void the_cadence_outlives_the_tie(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    const struct engine_rules rules = {
        .routes = {{.max_items = 10, .cadence_ms = 30000}}, .route_count = 1, .attempts = 5};
    engine_rules_set(w.engine, 1, &rules);
    world_shop(&w, 1);
    do_push_all(&w, 1);
    do_map(&w, "shop", "LA", "");
    world_ok(&w);
    do_map(&w, "shop", "LA", "A");
    world_ok(&w);
    w.now += 29000;
    assert_int_equal(do_select(&w, 1, 10), 0);
    w.now += 2000;
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_product_delete(&w, "A");
    world_ok(&w);
    world_close(&w);
}

/* ---- what mapping does not guess */

static void a_sku_that_is_only_alike_is_a_conflict(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 0);
    do_product(&w, "Лампа 1");
    do_product(&w, "ab-1");
    rows_start(&w, 1);
    row_listing(&w, "L1", "лампа1", NULL, LISTING_ACTIVE);
    row_listing(&w, "L2", "AB -1", NULL, LISTING_ACTIVE);
    row_listing(&w, "L3", "ab-2", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    assert_string_equal(conflict_of(&w, "L1"), "sku-alike");
    assert_string_equal(conflict_of(&w, "L2"), "sku-alike");
    assert_string_equal(conflict_of(&w, "L3"), "");
    do_map(&w, "shop", "L2", "ab-1");
    world_ok(&w);
    assert_string_equal(conflict_of(&w, "L2"), "");
    world_close(&w);
}

static void a_listing_made_anew_is_a_conflict(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    rows_start(&w, 1);
    row_listing(&w, "LA", "A", NULL, LISTING_ARCHIVED);
    row_listing(&w, "LA2", "A", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    assert_string_equal(conflict_of(&w, "LA2"), "listing-under-a-new-id");
    rows_start(&w, 1);
    row_listing(&w, "LA", "A", NULL, LISTING_ACTIVE);
    row_listing(&w, "LA2", "A", "1", LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    assert_string_equal(conflict_of(&w, "LA2"), "product-has-a-listing");
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_rename_carries_everything),
    cmocka_unit_test(a_rename_is_refused),
    cmocka_unit_test(a_listing_waits_for_the_new_sku),
    cmocka_unit_test(a_merge_adds_figures_listings_and_promises),
    cmocka_unit_test(a_merge_keeps_figures_and_takes_those_that_lack),
    cmocka_unit_test(a_write_under_way_survives_the_merge),
    cmocka_unit_test(a_reservation_by_hand_moves_too),
    cmocka_unit_test(a_listing_goes_to_who_bears_its_name_by_now),
    cmocka_unit_test(a_merge_is_refused),
    cmocka_unit_test(the_cadence_outlives_the_tie),
    cmocka_unit_test(a_sku_that_is_only_alike_is_a_conflict),
    cmocka_unit_test(a_listing_made_anew_is_a_conflict),
};

TEST_MAIN(cases)
