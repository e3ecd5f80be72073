/* What follows from a reading of an account, without one: figures are put into the store as a
 * reading would, taken, and applied as an import does. After each commit the store is verified. */
#include "unit/engine/engine_fixture.h"

#include "engine/rule.h"
#include "intake/import_shop_take.h"

#include <stdio.h>
#include <string.h>

enum { PP = 1, KOT = 2, SHOP = 1, OTHER = 2 };

static void account(struct world *w, const char *name, bool import)
{
    struct buf buf;
    buf_init(&buf, 1000);
    command_account_put(&buf, bytes_text(name), bytes_text("market"), import);
    assert_int_equal(world_do(w, COMMAND_ACCOUNT_PUT, &buf), ST_OK);
}

static void drained(struct world *w, uint32_t of)
{
    rows_start(w, of);
    rows_drained(&w->rows, w->now);
    rows_end(w);
    world_ok(w);
}

/* Products A to D in two shops that have R1 and R2; pp and kot count nothing. */
static void begin(struct world *w, bool import)
{
    world_open(w);
    do_warehouse(w, "pp");
    do_warehouse(w, "kot");
    account(w, "shop", import);
    account(w, "other", import);
    for (uint32_t a = SHOP; a <= OTHER; a++) {
        rows_start(w, a);
        row_remote(w, "R1", true);
        row_remote(w, "R2", true);
        for (char c = 'A'; c <= 'D'; c++)
            row_listing(w, (char[]){'L', c, 0}, (char[]){c, 0}, "", LISTING_ACTIVE);
        rows_end(w);
        world_ok(w);
        drained(w, a);
    }
    for (char c = 'A'; c <= 'D'; c++)
        do_product(w, (char[]){c, 0});
    w->now += 60000;
}

static void show(struct world *w, const char *remote, const char *listing, int64_t quantity)
{
    rows_start(w, SHOP);
    row_stock(w, remote, listing, quantity);
    rows_end(w);
    world_ok(w);
}

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

static void order_changed(struct world *w, uint32_t of, const char *line, const char *remote,
                          enum order_state state, int64_t quantity, int64_t ordered_ms,
                          int64_t changed_ms)
{
    const struct order_view told = {.order_id = bytes_text(line),
                                    .remote = bytes_text(remote),
                                    .status = bytes_text("x"),
                                    .refs = {{bytes_text("listing"), bytes_text("LA")}},
                                    .ref_count = 1,
                                    .state = state,
                                    .quantity = quantity,
                                    .ordered_ms = ordered_ms,
                                    .changed_ms = changed_ms,
                                    .lowered = true};
    rows_start(w, of);
    rows_order_line(&w->rows, bytes_text(line), &told);
    rows_end(w);
    world_ok(w);
}

/* Of an account that does not say when orders changed. */
static void order_at(struct world *w, uint32_t of, const char *line, const char *remote,
                     enum order_state state, int64_t quantity, int64_t ordered_ms)
{
    order_changed(w, of, line, remote, state, quantity, ordered_ms, 0);
}

#define assert_at_pp(w, sku, hand, held)                                           \
    do {                                                                           \
        struct stock_record is_ = stock_of((w), (sku), PP);                        \
        assert_int_equal(is_.on_hand, (hand));                                     \
        if (is_.on_hand != FIGURE_UNKNOWN) assert_int_equal(is_.reserved, (held)); \
    } while (0)

static struct import_options from_r1(void)
{
    return (struct import_options){
        .shop = {.account = "shop", .remote = "R1"}, .warehouse = "pp", .cause = CAUSE_IMPORT};
}

/* Figures read since `read_ms` count. */
static enum status take(struct world *w, const struct import_options *options, int64_t read_ms,
                        bool import, struct shop_take *taken, struct error *error)
{
    struct store_txn *txn;
    *taken = (struct shop_take){.options = options, .read_ms = read_ms, .orders_import = import};
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, error), ST_OK);
    enum status status = shop_take_run(taken, txn, error);
    store_abort(txn);
    return status;
}

static void take_ok(struct world *w, const struct import_options *options, int64_t read_ms,
                    struct shop_take *taken)
{
    struct error error = {0};
    if (take(w, options, read_ms, true, taken, &error) != ST_OK) fail_msg("%s", error.text);
}

/* As an import applies it. */
static void apply(struct world *w, const struct shop_take *taken)
{
    struct buf payload;
    buf_init(&payload, COMMAND_PAYLOAD_MAX);
    const struct stock_bulk bulk = {.kind = FIGURE_AVAILABLE,
                                    .cause = CAUSE_IMPORT,
                                    .job = 1,
                                    .shown = shop_take_shown(taken),
                                    .rows = taken->rows,
                                    .row_count = (uint32_t)taken->row_count};
    command_stock_bulk(&payload, &bulk);
    assert_int_equal(world_do(w, COMMAND_STOCK_BULK, &payload), ST_OK);
}

static void import_now(struct world *w, int64_t read_ms)
{
    struct shop_take taken;
    const struct import_options options = from_r1();
    take_ok(w, &options, read_ms, &taken);
    apply(w, &taken);
    shop_take_free(&taken);
}

/* ---- */

static void what_is_no_figure_is_refused(void **state)
{
    (void)state;
    struct world w;
    struct shop_take taken;
    const struct import_options options = from_r1();
    begin(&w, true);
    show(&w, "R1", "LD", 4); /* read before: not of this reading */
    w.now += 1000;
    int64_t read_ms = w.now;
    rows_start(&w, SHOP);
    row_listing(&w, "LX", "UNKNOWN", "", LISTING_ACTIVE);
    row_listing(&w, "LC2", "C-TWIN", "", LISTING_ACTIVE);
    rows_end(&w);
    do_map(&w, "shop", "LC2", "C");
    show(&w, "R1", "LA", 5);
    show(&w, "R2", "LA", 50);
    show_kind(&w, "LB", OBSERVED_UNTRACKED, FIGURE_UNKNOWN);
    show(&w, "R1", "LC", 3);
    show(&w, "R1", "LC2", 2);
    show(&w, "R1", "LX", 9);
    show_kind(&w, "LD", OBSERVED_ABSENT, FIGURE_UNKNOWN);
    take_ok(&w, &options, read_ms, &taken);
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
    apply(&w, &taken);
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
    begin(&w, true);
    do_set(&w, "A", "pp", 100);
    do_link(&w, "pp", "shop", "R1");
    do_link(&w, "pp", "other", "R1");
    do_sweeps(&w, 100);
    order_at(&w, SHOP, "before", "R1", ORDER_OPEN, 3, w.now - 500);
    order_at(&w, OTHER, "elsewhere", "R1", ORDER_OPEN, 7, w.now - 500);
    int64_t read_ms = w.now;
    show(&w, "R1", "LA", 20);
    w.now += 1000;
    order_at(&w, SHOP, "after", "R1", ORDER_OPEN, 2, w.now - 100);
    assert_at_pp(&w, "A", 100, 12);
    r1_is_left_alone(&w);
    import_now(&w, read_ms);
    assert_at_pp(&w, "A", 23, 12); /* 20 and the 3 that it had promised when it was read */
    world_close(&w);
}

/* What another place of the account has promised was never taken off the figure of this one. Of an
 * order that names no place nobody knows: it may have been. */
static void what_another_place_has_promised_is_not_in_it(void **state)
{
    (void)state;
    struct world w;
    begin(&w, true);
    do_set(&w, "A", "pp", 100);
    r1_is_left_alone(&w);
    order_at(&w, SHOP, "there", "R2", ORDER_OPEN, 3, w.now - 500);
    order_at(&w, SHOP, "nowhere", "", ORDER_OPEN, 4, w.now - 500);
    show(&w, "R1", "LA", 20);
    import_now(&w, w.now);
    assert_at_pp(&w, "A", 24, 7);
    world_close(&w);
}

static void what_left_since_it_was_read_is_taken_off(void **state)
{
    (void)state;
    struct world w;
    struct shop_take taken;
    const struct import_options options = from_r1();
    begin(&w, true);
    do_set(&w, "A", "pp", 100);
    do_link(&w, "pp", "shop", "R1");
    do_sweeps(&w, 100);
    order_at(&w, SHOP, "one", "R1", ORDER_OPEN, 3, w.now - 500);
    r1_is_left_alone(&w);
    int64_t read_ms = w.now;
    show(&w, "R1", "LA", 20);
    take_ok(&w, &options, read_ms, &taken);
    w.now += 1000;
    order_at(&w, SHOP, "one", "R1", ORDER_SHIPPED, 3, w.now - 1500);
    assert_at_pp(&w, "A", 97, 0);
    apply(&w, &taken);
    assert_at_pp(&w, "A", 20, 0); /* 23 lay there, 3 have left */
    apply(&w, &taken);            /* again is the same */
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
    begin(&w, true);
    do_set(&w, "A", "pp", 1);
    do_link(&w, "pp", "other", "R1");
    int64_t read_ms = w.now;
    show(&w, "R1", "LA", 20);
    import_now(&w, read_ms);
    assert_at_pp(&w, "A", 20, 0);
    do_link(&w, "pp", "shop", "R1");
    do_sweeps(&w, 100);
    w.now += 1000;
    order_at(&w, SHOP, "late", "R1", ORDER_OPEN, 3, read_ms - 10);
    assert_at_pp(&w, "A", 23, 3);
    order_at(&w, SHOP, "new", "R1", ORDER_OPEN, 1, read_ms + 10);
    assert_at_pp(&w, "A", 23, 4);
    order_at(&w, SHOP, "nowhere", "", ORDER_OPEN, 2, read_ms - 10); /* it may have been in it */
    assert_at_pp(&w, "A", 25, 6);
    /* Another account's were never in that figure. */
    order_at(&w, OTHER, "theirs", "R1", ORDER_OPEN, 5, read_ms - 10);
    assert_at_pp(&w, "A", 25, 11);
    world_close(&w);
}

/* pp feeds both places. What was sold at R2, and seen only after R1 was read, R1 still showed. */
static void late_orders_of_another_place_raise_nothing(void **state)
{
    (void)state;
    struct world w;
    begin(&w, true);
    do_set(&w, "A", "pp", 20);
    do_link(&w, "pp", "shop", "R1");
    do_link(&w, "pp", "shop", "R2");
    do_sweeps(&w, 100);
    int64_t read_ms = w.now;
    show(&w, "R1", "LA", 20); /* as it was sent */
    import_now(&w, read_ms);
    assert_at_pp(&w, "A", 20, 0);
    w.now += 1000;
    order_at(&w, SHOP, "there", "R2", ORDER_OPEN, 3, read_ms - 10);
    assert_at_pp(&w, "A", 20, 3);
    order_at(&w, SHOP, "here", "R1", ORDER_OPEN, 2, read_ms - 10);
    assert_at_pp(&w, "A", 22, 5);
    order_at(&w, SHOP, "there", "R2", ORDER_CANCELLED, 3, read_ms - 10);
    assert_at_pp(&w, "A", 22, 2);
    world_close(&w);
}

static void external_figures_are_available(void **state)
{
    (void)state;
    struct world w;
    struct shop_take taken;
    struct error error = {0};
    const struct import_options options = from_r1();
    begin(&w, false);
    do_set(&w, "A", "pp", 10);
    struct buf buf;
    buf_init(&buf, 1000);
    command_reserve(&buf, &(struct reserve){.sku = bytes_text("A"),
                                            .warehouse = bytes_text("pp"),
                                            .quantity = 4,
                                            .note = bytes_text("")});
    assert_int_equal(world_do(&w, COMMAND_RESERVE, &buf), ST_OK);
    show(&w, "R1", "LA", 20);
    assert_int_equal(take(&w, &options, w.now, false, &taken, &error), ST_OK);
    assert_non_null(strstr(taken.report.kind, "orders: external"));
    apply(&w, &taken);
    assert_at_pp(&w, "A", 24, 4);
    shop_take_free(&taken);
    world_close(&w);
}

static void added_is_added_and_absent_is_zero_only_when_asked(void **state)
{
    (void)state;
    struct world w;
    struct shop_take taken;
    struct import_options options = from_r1();
    begin(&w, true);
    do_set(&w, "A", "pp", 10);
    do_set(&w, "B", "pp", 6);
    do_set(&w, "C", "kot", 6);
    show(&w, "R1", "LA", 20);
    options.shop.add = true;
    take_ok(&w, &options, w.now, &taken);
    apply(&w, &taken);
    assert_at_pp(&w, "A", 30, 0);
    assert_at_pp(&w, "B", 6, 0);
    shop_take_free(&taken);

    options.shop.add = false;
    take_ok(&w, &options, w.now, &taken);
    assert_int_equal(taken.row_count, 1);
    assert_int_equal(taken.report.counts.absent, 1);
    assert_int_equal(taken.report.counts.zeroed, 0);
    shop_take_free(&taken);

    options.shop.absent_zero = true;
    take_ok(&w, &options, w.now, &taken);
    assert_int_equal(taken.report.counts.zeroed, 1);
    assert_int_equal(taken.report.counts.stocked, 2);
    apply(&w, &taken);
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
    struct import_options options = from_r1();
    begin(&w, true);
    do_set(&w, "A", "pp", 10);
    do_link(&w, "pp", "shop", "R1");
    do_link(&w, "pp", "other", "R1");
    do_sweeps(&w, 100);
    order_at(&w, OTHER, "theirs", "R1", ORDER_OPEN, 4, w.now - 10);
    show(&w, "R1", "LA", 6); /* as it was sent */
    import_now(&w, w.now);
    assert_at_pp(&w, "A", 10, 4);

    options.shop.mirror = "copy";
    assert_int_equal(take(&w, &options, w.now, true, &taken, &error), ST_CONFLICT);
    assert_string_equal(error.text,
                        "mirror 'copy' would copy the figures of warehouse 'pp' back to itself: "
                        "'R1' of account 'shop' is fed from it; unlink it, or mirror another "
                        "warehouse");
    shop_take_free(&taken);
    options.shop.mirror = NULL;
    do_link(&w, "kot", "shop", "R1");
    assert_int_equal(take(&w, &options, w.now, true, &taken, &error), ST_CONFLICT);
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
        begin(&w, true);
        const int64_t ordered_ms = w.now - 40000, left_ms = w.now - 20000;
        do_set(&w, "A", "pp", 10);
        if (fed) do_link(&w, "pp", "shop", "R1");
        do_link(&w, "pp", "shop", "R2");
        do_link(&w, "pp", "other", "R1");
        do_sweeps(&w, 100);
        order_at(&w, OTHER, "theirs", "R1", ORDER_OPEN, 4, ordered_ms);
        order_at(&w, SHOP, "there", "R2", ORDER_OPEN, 1, ordered_ms);
        show(&w, "R1", "LA", 5);
        import_now(&w, w.now);
        assert_at_pp(&w, "A", fed ? 10 : 5, 5);
        w.now += 1000;
        order_changed(&w, OTHER, "theirs", "R1", ORDER_SHIPPED, 4, ordered_ms, left_ms);
        assert_at_pp(&w, "A", fed ? 6 : 5, 1);
        order_changed(&w, SHOP, "there", "R2", ORDER_SHIPPED, 1, ordered_ms, left_ms);
        assert_at_pp(&w, "A", 5, 0);
        order_changed(&w, SHOP, "unseen", "R2", ORDER_SHIPPED, 2, ordered_ms, left_ms);
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
    const struct import_options options = from_r1();
    begin(&w, true);
    struct buf buf;
    struct rule_change change = {
        .sku = bytes_text("A"), .account = bytes_text("shop"), .rule = {.given = 1u << RULE_PACK}};
    change.rule.fields[RULE_PACK] = 6;
    buf_init(&buf, 1000);
    command_rule_set(&buf, &change, 1);
    assert_int_equal(world_do(&w, COMMAND_RULE_SET, &buf), ST_OK);
    show(&w, "R1", "LA", 4);
    import_now(&w, w.now);
    assert_at_pp(&w, "A", 24, 0);
    /* What it feeds itself says nothing of the pieces that fill no pack. */
    do_link(&w, "pp", "shop", "R1");
    do_sweeps(&w, 100);
    take_ok(&w, &options, w.now, &taken);
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
    const struct import_options options = from_r1();
    begin(&w, true);
    take_ok(&w, &options, w.now, &taken);
    assert_string_equal(taken.report.doubt, "the account lists no figure at all there");
    shop_take_free(&taken);
    show(&w, "R1", "LA", 0);
    show(&w, "R1", "LB", 0);
    take_ok(&w, &options, w.now, &taken);
    assert_string_equal(taken.report.doubt, ""); /* two may be sold out */
    shop_take_free(&taken);
    show(&w, "R1", "LC", 0);
    take_ok(&w, &options, w.now, &taken);
    assert_string_equal(taken.report.doubt, "every figure there is 0");
    shop_take_free(&taken);
    show(&w, "R1", "LD", 1);
    take_ok(&w, &options, w.now, &taken);
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
