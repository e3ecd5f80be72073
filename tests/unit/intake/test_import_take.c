/* What follows from a reading of an account, without one: figures are put into the store as a
 * reading would, taken, and applied as an import does. After each commit the store is verified. */
#include "take_fixture.h"

#include "engine/rule.h"

#include <stdio.h>
#include <string.h>

static void show_kind(struct world *w, const char *listing, enum observed_kind kind, int64_t figure)
{
    rows_start(w, SHOP);
    rows_stock(&w->rows, &(struct seen_stock){.remote = bytes_text("R1"),
                                              .remote_name = bytes_text(""),
                                              .listing = bytes_text(listing),
                                              .type = bytes_text("fbs"),
                                              .kind = kind,
                                              .quantity = figure,
                                              .reserved = FIGURE_UNKNOWN});
    rows_end(w);
    world_ok(w);
}

/* ---- */

static void what_is_no_figure_is_refused(void **state)
{
    (void)state;
    struct world w;
    struct shop_take taken;
    const struct import_options options = shop_from_r1();
    shops_open(&w, true);
    shop_shows(&w, "R1", "LD", 4); /* read before: not of this reading */
    w.now += 1000;
    int64_t read_ms = w.now;
    rows_start(&w, SHOP);
    row_listing(&w, "LX", "UNKNOWN", "", LISTING_ACTIVE);
    row_listing(&w, "LC2", "C-TWIN", "", LISTING_ACTIVE);
    rows_end(&w);
    do_map(&w, "shop", "LC2", "C");
    shop_shows(&w, "R1", "LA", 5);
    shop_shows(&w, "R2", "LA", 50);
    show_kind(&w, "LB", OBSERVED_UNTRACKED, FIGURE_UNKNOWN);
    shop_shows(&w, "R1", "LC", 3);
    shop_shows(&w, "R1", "LC2", 2);
    shop_shows(&w, "R1", "LX", 9);
    show_kind(&w, "LD", OBSERVED_ABSENT, FIGURE_UNKNOWN);
    shop_take_ok(&w, &options, read_ms, &taken);
    const struct import_shop_counts *c = &taken.report.counts;
    assert_int_equal(taken.row_count, 1);
    assert_int_equal(taken.rows[0].product, product_no(&w, "A"));
    assert_int_equal(taken.rows[0].quantity, 5);
    assert_int_equal(c->matched, 1);
    assert_int_equal(c->changed, 1);
    assert_int_equal(c->conflicting, 2);
    assert_int_equal(c->unmatched, 1);
    assert_int_equal(c->refused, 1);
    assert_int_equal(taken.refused_count, 4);
    assert_string_equal(taken.refused.at[0].reason,
                        "listing LB (B): the marketplace does not count its stock");
    shop_apply(&w, &taken);
    assert_at_pp(&w, "A", 5, 0);
    assert_at_pp(&w, "B", FIGURE_UNKNOWN, 0);
    assert_at_pp(&w, "C", FIGURE_UNKNOWN, 0);
    assert_at_pp(&w, "D", FIGURE_UNKNOWN, 0);
    assert_int_equal(stock_of(&w, "A", KOT).on_hand, FIGURE_UNKNOWN);
    shop_take_free(&taken);
    world_close(&w);
}

/* R1 is not fed from pp any more, as where its figures say what lies there; R2 is. */
static void r1_is_left_alone(struct world *w)
{
    do_unlink(w, "pp", "shop", "R1");
    do_link(w, "pp", "shop", "R2");
    do_sweeps(w, 100);
}

static void promised_pieces_lie_there_too(void **state)
{
    (void)state;
    struct world w;
    shops_open(&w, true);
    do_set(&w, "A", "pp", 100);
    do_link(&w, "pp", "shop", "R1");
    do_link(&w, "pp", "other", "R1");
    do_sweeps(&w, 100);
    shop_order(&w, SHOP, "before", "R1", ORDER_OPEN, 3, w.now - 500);
    shop_order(&w, OTHER, "elsewhere", "R1", ORDER_OPEN, 7, w.now - 500);
    int64_t read_ms = w.now;
    shop_shows(&w, "R1", "LA", 20);
    w.now += 1000;
    shop_order(&w, SHOP, "after", "R1", ORDER_OPEN, 2, w.now - 100);
    assert_at_pp(&w, "A", 100, 12);
    r1_is_left_alone(&w);
    shop_import(&w, read_ms);
    assert_at_pp(&w, "A", 23, 12); /* 20 and the 3 that it had promised when it was read */
    world_close(&w);
}

/* What another place of the account has promised was never taken off the figure of this one. Of an
 * order that names no place nobody knows: it may have been. */
static void what_another_place_has_promised_is_not_in_it(void **state)
{
    (void)state;
    struct world w;
    shops_open(&w, true);
    do_set(&w, "A", "pp", 100);
    r1_is_left_alone(&w);
    shop_order(&w, SHOP, "there", "R2", ORDER_OPEN, 3, w.now - 500);
    shop_order(&w, SHOP, "nowhere", "", ORDER_OPEN, 4, w.now - 500);
    shop_shows(&w, "R1", "LA", 20);
    shop_import(&w, w.now);
    assert_at_pp(&w, "A", 24, 7);
    world_close(&w);
}

static void what_left_since_it_was_read_is_taken_off(void **state)
{
    (void)state;
    struct world w;
    struct shop_take taken;
    const struct import_options options = shop_from_r1();
    shops_open(&w, true);
    do_set(&w, "A", "pp", 100);
    do_link(&w, "pp", "shop", "R1");
    do_sweeps(&w, 100);
    shop_order(&w, SHOP, "one", "R1", ORDER_OPEN, 3, w.now - 500);
    r1_is_left_alone(&w);
    int64_t read_ms = w.now;
    shop_shows(&w, "R1", "LA", 20);
    shop_take_ok(&w, &options, read_ms, &taken);
    w.now += 1000;
    shop_order(&w, SHOP, "one", "R1", ORDER_SHIPPED, 3, w.now - 1500);
    assert_at_pp(&w, "A", 97, 0);
    shop_apply(&w, &taken);
    assert_at_pp(&w, "A", 20, 0); /* 23 lay there, 3 have left */
    shop_apply(&w, &taken);       /* again is the same */
    assert_at_pp(&w, "A", 20, 0);
    shop_take_free(&taken);
    world_close(&w);
}

/* An order that the marketplace had taken off its figure already, and that is seen only now: here
 * as where figures are taken over first, and linked then. */
static void late_orders_raise_what_lies_there(void **state)
{
    (void)state;
    struct world w;
    shops_open(&w, true);
    do_set(&w, "A", "pp", 1);
    do_link(&w, "pp", "other", "R1");
    int64_t read_ms = w.now;
    shop_shows(&w, "R1", "LA", 20);
    shop_import(&w, read_ms);
    assert_at_pp(&w, "A", 20, 0);
    do_link(&w, "pp", "shop", "R1");
    do_sweeps(&w, 100);
    w.now += 1000;
    shop_order(&w, SHOP, "late", "R1", ORDER_OPEN, 3, read_ms - 10);
    assert_at_pp(&w, "A", 23, 3);
    shop_order(&w, SHOP, "new", "R1", ORDER_OPEN, 1, read_ms + 10);
    assert_at_pp(&w, "A", 23, 4);
    shop_order(&w, SHOP, "nowhere", "", ORDER_OPEN, 2, read_ms - 10); /* it may have been in it */
    assert_at_pp(&w, "A", 25, 6);
    /* Another account's were never in that figure. */
    shop_order(&w, OTHER, "theirs", "R1", ORDER_OPEN, 5, read_ms - 10);
    assert_at_pp(&w, "A", 25, 11);
    world_close(&w);
}

/* pp feeds both places. What was sold at R2, and seen only after R1 was read, R1 still showed. */
static void late_orders_of_another_place_raise_nothing(void **state)
{
    (void)state;
    struct world w;
    shops_open(&w, true);
    do_set(&w, "A", "pp", 20);
    do_link(&w, "pp", "shop", "R1");
    do_link(&w, "pp", "shop", "R2");
    do_sweeps(&w, 100);
    int64_t read_ms = w.now;
    shop_shows(&w, "R1", "LA", 20); /* as it was sent */
    shop_import(&w, read_ms);
    assert_at_pp(&w, "A", 20, 0);
    w.now += 1000;
    shop_order(&w, SHOP, "there", "R2", ORDER_OPEN, 3, read_ms - 10);
    assert_at_pp(&w, "A", 20, 3);
    shop_order(&w, SHOP, "here", "R1", ORDER_OPEN, 2, read_ms - 10);
    assert_at_pp(&w, "A", 22, 5);
    shop_order(&w, SHOP, "there", "R2", ORDER_CANCELLED, 3, read_ms - 10);
    assert_at_pp(&w, "A", 22, 2);
    world_close(&w);
}

static void external_figures_are_available(void **state)
{
    (void)state;
    struct world w;
    struct shop_take taken;
    struct error error = {0};
    const struct import_options options = shop_from_r1();
    shops_open(&w, false);
    do_set(&w, "A", "pp", 10);
    struct buf buf;
    buf_init(&buf, 1000);
    command_reserve(&buf, &(struct reserve){.sku = bytes_text("A"),
                                            .warehouse = bytes_text("pp"),
                                            .quantity = 4,
                                            .note = bytes_text("")});
    assert_int_equal(world_do(&w, COMMAND_RESERVE, &buf), ST_OK);
    shop_shows(&w, "R1", "LA", 20);
    assert_int_equal(shop_take_as(&w, &options, w.now, false, &taken, &error), ST_OK);
    assert_non_null(strstr(taken.report.kind, "orders: external"));
    shop_apply(&w, &taken);
    assert_at_pp(&w, "A", 24, 4);
    shop_take_free(&taken);
    world_close(&w);
}

static void added_is_added_and_absent_is_zero_only_when_asked(void **state)
{
    (void)state;
    struct world w;
    struct shop_take taken;
    struct import_options options = shop_from_r1();
    shops_open(&w, true);
    do_set(&w, "A", "pp", 10);
    do_set(&w, "B", "pp", 6);
    do_set(&w, "C", "kot", 6);
    shop_shows(&w, "R1", "LA", 20);
    options.shop.add = true;
    shop_take_ok(&w, &options, w.now, &taken);
    shop_apply(&w, &taken);
    assert_at_pp(&w, "A", 30, 0);
    assert_at_pp(&w, "B", 6, 0);
    shop_take_free(&taken);

    options.shop.add = false;
    shop_take_ok(&w, &options, w.now, &taken);
    assert_int_equal(taken.row_count, 1);
    assert_int_equal(taken.report.counts.absent, 1);
    assert_int_equal(taken.report.counts.zeroed, 0);
    shop_take_free(&taken);

    options.shop.absent_zero = true;
    shop_take_ok(&w, &options, w.now, &taken);
    assert_int_equal(taken.report.counts.zeroed, 1);
    assert_int_equal(taken.report.counts.stocked, 2);
    shop_apply(&w, &taken);
    assert_at_pp(&w, "A", 20, 0);
    assert_at_pp(&w, "B", 0, 0);
    assert_int_equal(stock_of(&w, "C", KOT).on_hand, 6);
    shop_take_free(&taken);
    world_close(&w);
}

static void what_is_fed_from_there_nets_everything(void **state)
{
    (void)state;
    struct world w;
    struct shop_take taken;
    struct error error = {0};
    struct import_options options = shop_from_r1();
    shops_open(&w, true);
    do_set(&w, "A", "pp", 10);
    do_link(&w, "pp", "shop", "R1");
    do_link(&w, "pp", "other", "R1");
    do_sweeps(&w, 100);
    shop_order(&w, OTHER, "theirs", "R1", ORDER_OPEN, 4, w.now - 10);
    shop_shows(&w, "R1", "LA", 6); /* as it was sent */
    shop_import(&w, w.now);
    assert_at_pp(&w, "A", 10, 4);

    options.shop.mirror = "copy";
    assert_int_equal(shop_take_as(&w, &options, w.now, true, &taken, &error), ST_CONFLICT);
    assert_string_equal(error.text,
                        "mirror 'copy' would copy the figures of warehouse 'pp' back to itself: "
                        "'R1' of account 'shop' is fed from it; unlink it, or mirror another "
                        "warehouse");
    shop_take_free(&taken);
    options.shop.mirror = NULL;
    do_link(&w, "kot", "shop", "R1");
    assert_int_equal(shop_take_as(&w, &options, w.now, true, &taken, &error), ST_CONFLICT);
    assert_non_null(strstr(error.text, "is fed by more warehouses than 'pp'"));
    shop_take_free(&taken);
    world_close(&w);
}

/* What left another account's place, or another place of this one, before the figure was read, and
 * is known only afterwards. What R1 shows is what was known here, where R1 is fed from here: the
 * pieces are still in it. Otherwise it is what lies there, without them. */
static void what_had_left_elsewhere_is_in_what_is_fed_from_here(void **state)
{
    (void)state;
    for (int fed = 0; fed < 2; fed++) {
        struct world w;
        shops_open(&w, true);
        const int64_t ordered_ms = w.now - 40000, left_ms = w.now - 20000;
        do_set(&w, "A", "pp", 10);
        if (fed) do_link(&w, "pp", "shop", "R1");
        do_link(&w, "pp", "shop", "R2");
        do_link(&w, "pp", "other", "R1");
        do_sweeps(&w, 100);
        shop_order(&w, OTHER, "theirs", "R1", ORDER_OPEN, 4, ordered_ms);
        shop_order(&w, SHOP, "there", "R2", ORDER_OPEN, 1, ordered_ms);
        shop_shows(&w, "R1", "LA", 5);
        shop_import(&w, w.now);
        assert_at_pp(&w, "A", fed ? 10 : 5, 5);
        w.now += 1000;
        shop_order_changed(&w, OTHER, "theirs", "R1", ORDER_SHIPPED, 4, ordered_ms, left_ms);
        assert_at_pp(&w, "A", fed ? 6 : 5, 1);
        shop_order_changed(&w, SHOP, "there", "R2", ORDER_SHIPPED, 1, ordered_ms, left_ms);
        assert_at_pp(&w, "A", 5, 0);
        shop_order_changed(&w, SHOP, "unseen", "R2", ORDER_SHIPPED, 2, ordered_ms, left_ms);
        assert_at_pp(&w, "A", fed ? 3 : 5, 0);
        world_close(&w);
    }
}

/* A crash comes between the reading and the rows: the job says what they mean. */
static void the_job_keeps_where_its_figures_come_from(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        struct buf row;
        struct import_job job;
        const struct stock_shown shown = {.account = 7,
                                          .remote = 9,
                                          .add = !known,
                                          .known = known,
                                          .read_ms = 123456,
                                          .basis = 42};
        buf_init(&row, 1000);
        assert_true(
            import_job_write(&row, &(struct import_job){.shop = {.account = bytes_text("shop"),
                                                                 .remote = bytes_text("R1"),
                                                                 .add = !known,
                                                                 .shown = shown}}));
        assert_int_equal(import_job_read(bytes_of(row.data, row.size), &job), ST_OK);
        const struct stock_shown *read = &job.shop.shown;
        assert_int_equal(read->account, shown.account);
        assert_int_equal(read->remote, shown.remote);
        assert_int_equal(read->add, shown.add);
        assert_int_equal(read->known, shown.known);
        assert_int_equal(read->read_ms, shown.read_ms);
        assert_int_equal(read->basis, shown.basis);
        buf_free(&row);
    }
}

static void packs_are_pieces(void **state)
{
    (void)state;
    struct world w;
    struct shop_take taken;
    const struct import_options options = shop_from_r1();
    shops_open(&w, true);
    struct buf buf;
    struct rule_change change = {
        .sku = bytes_text("A"), .account = bytes_text("shop"), .rule = {.given = 1u << RULE_PACK}};
    change.rule.fields[RULE_PACK] = 6;
    buf_init(&buf, 1000);
    command_rule_set(&buf, &change, 1);
    assert_int_equal(world_do(&w, COMMAND_RULE_SET, &buf), ST_OK);
    shop_shows(&w, "R1", "LA", 4);
    shop_import(&w, w.now);
    assert_at_pp(&w, "A", 24, 0);
    /* What it feeds itself says nothing of the pieces that fill no pack. */
    do_link(&w, "pp", "shop", "R1");
    do_sweeps(&w, 100);
    shop_take_ok(&w, &options, w.now, &taken);
    assert_int_equal(taken.row_count, 0);
    assert_int_equal(taken.report.counts.refused, 1);
    shop_take_free(&taken);
    world_close(&w);
}

static void doubts_are_told(void **state)
{
    (void)state;
    struct world w;
    struct shop_take taken;
    const struct import_options options = shop_from_r1();
    shops_open(&w, true);
    shop_take_ok(&w, &options, w.now, &taken);
    assert_string_equal(taken.report.doubt, "the account lists no figure at all there");
    shop_take_free(&taken);
    shop_shows(&w, "R1", "LA", 0);
    shop_shows(&w, "R1", "LB", 0);
    shop_take_ok(&w, &options, w.now, &taken);
    assert_string_equal(taken.report.doubt, ""); /* two may be sold out */
    shop_take_free(&taken);
    shop_shows(&w, "R1", "LC", 0);
    shop_take_ok(&w, &options, w.now, &taken);
    assert_string_equal(taken.report.doubt, "every figure there is 0");
    shop_take_free(&taken);
    shop_shows(&w, "R1", "LD", 1);
    shop_take_ok(&w, &options, w.now, &taken);
    assert_string_equal(taken.report.doubt, "");
    shop_take_free(&taken);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_is_no_figure_is_refused),
    cmocka_unit_test(promised_pieces_lie_there_too),
    cmocka_unit_test(what_another_place_has_promised_is_not_in_it),
    cmocka_unit_test(what_left_since_it_was_read_is_taken_off),
    cmocka_unit_test(late_orders_raise_what_lies_there),
    cmocka_unit_test(late_orders_of_another_place_raise_nothing),
    cmocka_unit_test(external_figures_are_available),
    cmocka_unit_test(added_is_added_and_absent_is_zero_only_when_asked),
    cmocka_unit_test(what_is_fed_from_there_nets_everything),
    cmocka_unit_test(what_had_left_elsewhere_is_in_what_is_fed_from_here),
    cmocka_unit_test(the_job_keeps_where_its_figures_come_from),
    cmocka_unit_test(packs_are_pieces),
    cmocka_unit_test(doubts_are_told),
};

TEST_MAIN(cases)
