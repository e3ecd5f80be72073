/* Products: made, changed, deleted, in bulk; barcodes; and the listings that wait for them. */
#include "engine_fixture.h"

static enum status put(struct world *w, const struct product_put *put)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_product_put(&buf, put);
    return world_do(w, COMMAND_PRODUCT_PUT, &buf);
}

static void make_change_delete(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    const struct bytes barcodes[] = {bytes_text("111"), bytes_text("222")};
    struct product_put product = {.sku = bytes_text("A/1"),
                                  .name = bytes_text("Lamp"),
                                  .barcodes = barcodes,
                                  .barcode_count = 2,
                                  .must_be_new = true};
    put(&w, &product);
    world_ok(&w);
    assert_int_equal(w.result.product, 1);
    put(&w, &product);
    world_refused(&w, ST_EXISTS,
                  "there is a product 'A/1' already; `stockctl product set` changes it");
    const struct bytes one[] = {bytes_text("333")};
    const struct product_put change = {
        .sku = bytes_text("A/1"), .barcodes = one, .barcode_count = 1, .must_exist = true};
    put(&w, &change);
    world_ok(&w);
    assert_int_equal(rows_in(&w, TABLE_PRODUCT_BARCODE), 1);
    const struct product_put none = {.sku = bytes_text("B"), .must_exist = true};
    put(&w, &none);
    world_refused(&w, ST_NOT_FOUND,
                  "there is no product 'B'; add it with `stockctl product add B`");
    do_product_delete(&w, "A/1");
    world_ok(&w);
    assert_int_equal(rows_in(&w, TABLE_PRODUCT), 0);
    do_product_delete(&w, "A/1");
    world_refused(&w, ST_NOT_FOUND,
                  "there is no product 'A/1'; add it with `stockctl product add A/1`");
    do_product(&w, "A/1");
    assert_int_equal(w.result.product, 2); /* numbers are not used again */
    world_close(&w);
}

static void what_changes_nothing_writes_nothing(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    const struct bytes one[] = {bytes_text("333")};
    const struct product_put product = {
        .sku = bytes_text("A"), .name = bytes_text("Lamp"), .barcodes = one, .barcode_count = 1};
    put(&w, &product);
    put(&w, &product);
    world_ok(&w);
    assert_false(w.result.changed);
    assert_int_equal(w.result.product, 1);
    world_close(&w);
}

static void refusals(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    char longer[KEY_TEXT_MAX + 2] = "";
    memset(longer, 'x', KEY_TEXT_MAX + 1);
    do_product(&w, longer);
    world_refused(&w, ST_INVALID, "an SKU has 1 to 200 bytes; this one has 201");
    do_product(&w, "a\tb");
    world_refused(&w, ST_INVALID, "an SKU has no control characters; this one has one at byte 2");
    do_barcode(&w, "A", longer);
    world_refused(&w, ST_INVALID, "barcode 1 is empty, too long or has a zero byte");
    struct bytes many[PRODUCT_BARCODES_MAX + 1];
    for (int i = 0; i <= PRODUCT_BARCODES_MAX; i++)
        many[i] = bytes_text("1");
    const struct product_put product = {
        .sku = bytes_text("A"), .barcodes = many, .barcode_count = PRODUCT_BARCODES_MAX + 1};
    put(&w, &product);
    world_refused(&w, ST_TOO_BIG, "a product has at most 16 barcodes; these are 17");
    static char text[RECORD_MAX];
    memset(text, 'x', sizeof text);
    const struct product_put big = {.sku = bytes_text("A"),
                                    .description = bytes_of(text, sizeof text)};
    put(&w, &big);
    world_refused(&w, ST_TOO_BIG,
                  "a product's texts have at most 65000 bytes together; these have 65537");
    do_product(&w, "A");
    put(&w, &big);
    assert_int_equal(w.status, ST_TOO_BIG);
    do_product(&w, "A"); /* it can still be read */
    world_ok(&w);
    world_close(&w);
}

static void goes_with_all_that_hangs_on_it(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    uint64_t product = product_no(&w, "A");
    do_product_delete(&w, "A");
    world_ok(&w);
    assert_int_equal(rows_in(&w, TABLE_STOCK), 1);
    assert_int_equal(listing_product_of(&w, "LA"), 0);
    assert_false(target_is(&w, "LA", "R1"));
    assert_true(target_is(&w, "LB", "R1"));
    do_product(&w, "A"); /* a new one, to which the listing may be tied */
    assert_int_not_equal(product_no(&w, "A"), product);
    assert_int_equal(listing_product_of(&w, "LA"), product_no(&w, "A"));
    assert_int_equal(on_hand(&w, "A", 1), FIGURE_UNKNOWN);
    world_close(&w);
}

static void a_wrong_check_digit_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *barcode, *sentence;
    } table[] = {
        {"4006381333931", NULL},
        {"4006381333932", "barcode '4006381333932' is no GTIN-13: its last digit would be 1, not "
                          "2; a digit is wrong"},
        {"96385074", NULL},
        {"96385075",
         "barcode '96385075' is no GTIN-8: its last digit would be 4, not 5; a digit is wrong"},
        {"036000291452", NULL},
        {"036000291450", "barcode '036000291450' is no GTIN-12: its last digit would be 2, not 0; "
                         "a digit is wrong"},
        {"10614141000415", NULL},
        {"10614141000416", "barcode '10614141000416' is no GTIN-14: its last digit would be 5, not "
                           "6; a digit is wrong"},
        {"0000000000000", NULL},
        {"400638133393",
         "barcode '400638133393' is no GTIN-12: its last digit would be 0, not 3; a "
         "digit is wrong"},
        {"123456789", NULL},     /* of no GTIN's length */
        {"40063813339X1", NULL}, /* not of digits */
    };
    struct world w;
    world_open(&w);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        do_barcode(&w, "A", table[i].barcode);
        if (table[i].sentence)
            world_refused(&w, ST_INVALID, table[i].sentence);
        else
            world_ok(&w);
    }
    world_close(&w);
}

static void in_bulk(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    do_product(&w, "B");
    const struct bytes skus[] = {bytes_text("A"), bytes_text("B"), bytes_text("C"),
                                 bytes_text("A")};
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_product_bulk(&buf, skus, 4);
    world_do(&w, COMMAND_PRODUCT_BULK, &buf);
    world_ok(&w);
    assert_int_equal(w.result.rows, 2);
    assert_int_equal(rows_in(&w, TABLE_PRODUCT), 3);
    world_close(&w);
}

static void a_listing_waits_for_its_product(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 0);
    rows_start(&w, 1);
    row_listing(&w, "L1", "new", NULL, LISTING_ACTIVE);
    row_listing(&w, "L2", "other", "555", LISTING_ACTIVE);
    row_listing(&w, "L3", "bulk", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    do_product(&w, "new");
    assert_int_equal(listing_product_of(&w, "L1"), product_no(&w, "new"));
    assert_true(target_is(&w, "L1", "R1"));
    do_barcode(&w, "thing", "555");
    assert_int_equal(listing_product_of(&w, "L2"), product_no(&w, "thing"));
    const struct bytes skus[] = {bytes_text("bulk")};
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_product_bulk(&buf, skus, 1);
    world_do(&w, COMMAND_PRODUCT_BULK, &buf);
    assert_int_equal(listing_product_of(&w, "L3"), product_no(&w, "bulk"));
    /* The SKU decides over the barcode also when it comes later: but what is tied stays tied. */
    do_product(&w, "other");
    assert_int_equal(listing_product_of(&w, "L2"), product_no(&w, "thing"));
    world_close(&w);
}

static void a_barcode_given_up_frees_the_listing_that_waits(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 0);
    do_barcode(&w, "A", "555");
    do_barcode(&w, "B", "555");
    do_barcode(&w, "C", "666");
    do_barcode(&w, "D", "666");
    rows_start(&w, 1);
    row_listing(&w, "L1", NULL, "555", LISTING_ACTIVE);
    row_listing(&w, "L2", NULL, "666", LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    assert_string_equal(conflict_of(&w, "L1"), "barcode-on-two-products");
    do_barcode(&w, "B", "");
    assert_string_equal(conflict_of(&w, "L1"), "");
    assert_int_equal(listing_product_of(&w, "L1"), product_no(&w, "A"));
    do_product_delete(&w, "D");
    assert_int_equal(listing_product_of(&w, "L2"), product_no(&w, "C"));
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(make_change_delete),
    cmocka_unit_test(what_changes_nothing_writes_nothing),
    cmocka_unit_test(refusals),
    cmocka_unit_test(goes_with_all_that_hangs_on_it),
    cmocka_unit_test(a_wrong_check_digit_is_refused),
    cmocka_unit_test(in_bulk),
    cmocka_unit_test(a_listing_waits_for_its_product),
    cmocka_unit_test(a_barcode_given_up_frees_the_listing_that_waits),
};

TEST_MAIN(cases)
