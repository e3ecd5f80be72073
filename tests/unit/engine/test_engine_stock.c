/* Stock and its ledger: set, adjust, transfer, bulk; conditions, refusals, command ids. The fixture
 * verifies after every command that each figure is the fold of its ledger (I1). */
#include "engine_fixture.h"

#include <stdio.h>

static void open_with_products(struct world *w)
{
    world_open(w);
    do_warehouse(w, "pp");
    do_warehouse(w, "kot");
    do_product(w, "A");
    do_product(w, "B");
    world_ok(w);
}

static enum status set_as(struct world *w, const struct stock_set *set)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_stock_set(&buf, set);
    return world_do(w, COMMAND_STOCK_SET, &buf);
}

static void reserve(struct world *w, const char *sku, int64_t quantity)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    const struct reserve ask = {
        .sku = bytes_text(sku), .warehouse = bytes_text("pp"), .quantity = quantity};
    command_reserve(&buf, &ask);
    assert_int_equal(world_do(w, COMMAND_RESERVE, &buf), ST_OK);
}

static void set_and_adjust_and_transfer(void **state)
{
    (void)state;
    struct world w;
    open_with_products(&w);
    assert_int_equal(on_hand(&w, "A", 1), FIGURE_UNKNOWN);
    do_set(&w, "A", "pp", 5);
    world_ok(&w);
    assert_true(w.result.changed);
    assert_int_equal(w.result.after.on_hand, 5);
    assert_int_equal(w.result.after.revision, w.result.sequence);
    do_adjust(&w, "A", "pp", -7); /* a shortfall is recorded, not hidden */
    world_ok(&w);
    assert_int_equal(w.result.before.on_hand, 5);
    assert_int_equal(w.result.after.on_hand, -2);
    assert_int_equal(on_hand(&w, "A", 1), -2);
    do_set(&w, "A", "pp", 8);
    do_transfer(&w, "A", "pp", "kot", 3);
    world_ok(&w);
    assert_int_equal(w.result.before.on_hand, 8);
    assert_int_equal(w.result.after.on_hand, 5);
    assert_int_equal(w.result.to_after.on_hand, 3);
    assert_int_equal(on_hand(&w, "A", 1), 5);
    assert_int_equal(on_hand(&w, "A", 2), 3);
    assert_int_equal(rows_in(&w, TABLE_LEDGER), 5);
    world_close(&w);
}

static void what_changes_nothing_writes_nothing(void **state)
{
    (void)state;
    struct world w;
    open_with_products(&w);
    do_set(&w, "A", "pp", 0); /* the first figure, even 0, is a fact */
    assert_true(w.result.changed);
    assert_int_equal(on_hand(&w, "A", 1), 0);
    uint64_t commands = rows_in(&w, TABLE_COMMAND);
    do_set(&w, "A", "pp", 0);
    world_ok(&w);
    assert_false(w.result.changed);
    do_adjust(&w, "A", "pp", 0);
    world_ok(&w);
    assert_false(w.result.changed);
    assert_int_equal(rows_in(&w, TABLE_LEDGER), 1);
    assert_int_equal(rows_in(&w, TABLE_COMMAND), commands);
    world_close(&w);
}

static void available_figures_keep_what_is_reserved(void **state)
{
    (void)state;
    struct world w;
    open_with_products(&w);
    do_set(&w, "A", "pp", 10);
    reserve(&w, "A", 4);
    struct stock_set set = {.sku = bytes_text("A"),
                            .warehouse = bytes_text("pp"),
                            .quantity = 6,
                            .kind = FIGURE_AVAILABLE,
                            .cause = CAUSE_COUNT};
    set_as(&w, &set);
    world_ok(&w);
    assert_false(w.result.changed); /* 10 on hand, 4 reserved: 6 are available already */
    set.quantity = 9;
    set_as(&w, &set);
    assert_int_equal(on_hand(&w, "A", 1), 13);
    set.kind = FIGURE_ON_HAND;
    set_as(&w, &set);
    assert_int_equal(on_hand(&w, "A", 1), 9);
    assert_int_equal(w.result.after.reserved, 4);
    set.conditional = true; /* of the kind that is set */
    set.kind = FIGURE_AVAILABLE;
    set.expected = 9;
    set.quantity = 1;
    set_as(&w, &set);
    world_refused(&w, ST_CONFLICT,
                  "'A' in 'pp' is 5 now, not 9: somebody changed it; look again before you set it");
    do_transfer(&w, "A", "pp", "kot", 6);
    world_refused(&w, ST_CONFLICT, "'A' has 5 available in 'pp', not 6");
    world_close(&w);
}

static void conditions(void **state)
{
    (void)state;
    static const struct {
        int64_t before, expected; /* FIGURE_UNKNOWN: never counted */
        const char *refusal;      /* NULL: applied */
    } cases[] = {
        {FIGURE_UNKNOWN, FIGURE_UNKNOWN, NULL},
        {5, 5, NULL},
        {0, 0, NULL},
        {FIGURE_UNKNOWN, 0,
         "'A' in 'pp' is uncounted now, not 0: somebody changed it; look again before you set it"},
        {0, FIGURE_UNKNOWN,
         "'A' in 'pp' is 0 now, not uncounted: somebody changed it; look again before you set it"},
        {5, 4, "'A' in 'pp' is 5 now, not 4: somebody changed it; look again before you set it"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        open_with_products(&w);
        if (cases[i].before != FIGURE_UNKNOWN) do_set(&w, "A", "pp", cases[i].before);
        const struct stock_set set = {.sku = bytes_text("A"),
                                      .warehouse = bytes_text("pp"),
                                      .quantity = 7,
                                      .kind = FIGURE_ON_HAND,
                                      .cause = CAUSE_COUNT,
                                      .conditional = true,
                                      .expected = cases[i].expected};
        set_as(&w, &set);
        if (cases[i].refusal) world_refused(&w, ST_CONFLICT, cases[i].refusal);
        assert_int_equal(on_hand(&w, "A", 1), cases[i].refusal ? cases[i].before : 7);
        world_close(&w);
    }
}

static void refusals(void **state)
{
    (void)state;
    struct world w;
    open_with_products(&w);
    uint64_t commands = rows_in(&w, TABLE_COMMAND);
    do_set(&w, "A", "pp", -1);
    world_refused(&w, ST_INVALID,
                  "a figure is a whole number from 0 to 1000000000000; this one is -1");
    do_set(&w, "A", "pp", FIGURE_MAX + 1);
    world_refused(&w, ST_INVALID,
                  "a figure is a whole number from 0 to 1000000000000; this one is 1000000000001");
    do_set(&w, "", "pp", 1);
    world_refused(&w, ST_INVALID, "an SKU has 1 to 200 bytes; this one has 0");
    do_set(&w, "Z", "pp", 1);
    world_refused(&w, ST_NOT_FOUND,
                  "there is no product 'Z'; add it with `stockctl product add Z`");
    do_set(&w, "A", "nowhere", 1);
    world_refused(&w, ST_NOT_FOUND,
                  "there is no warehouse 'nowhere'; add it with `stockctl warehouse add nowhere`");
    do_adjust(&w, "A", "pp", 1);
    world_refused(
        &w, ST_CONFLICT,
        "'A' was never counted in 'pp', so it cannot be changed by 1; set a figure first");
    do_adjust(&w, "A", "pp", INT64_MIN);
    world_refused(
        &w, ST_INVALID,
        "a change is a whole number up to 1000000000000; this one is -9223372036854775808");
    do_transfer(&w, "A", "pp", "kot", 1);
    world_refused(&w, ST_CONFLICT, "'A' has 0 available in 'pp', not 1");
    do_transfer(&w, "A", "pp", "pp", 1);
    world_refused(&w, ST_INVALID, "a transfer goes from one warehouse to another; both are 'pp'");
    do_transfer(&w, "A", "pp", "kot", 0);
    world_refused(&w, ST_INVALID,
                  "a transfer moves a whole number from 1 to 1000000000000; this one is 0");
    assert_int_equal(rows_in(&w, TABLE_COMMAND), commands);
    assert_int_equal(rows_in(&w, TABLE_LEDGER), 0);
    do_set(&w, "A", "pp", FIGURE_MAX);
    do_adjust(&w, "A", "pp", 1);
    world_refused(&w, ST_TOO_BIG, "1000000000000 and 1 more is over the limit of 1000000000000");
    do_set(&w, "A", "kot", 1);
    do_transfer(&w, "A", "kot", "pp", 1);
    world_refused(&w, ST_TOO_BIG, "1000000000000 and 1 more is over the limit of 1000000000000");
    world_close(&w);
}

static void unknown_kinds_and_causes_are_refused(void **state)
{
    (void)state;
    struct world w;
    open_with_products(&w);
    struct stock_set set = {.sku = bytes_text("A"),
                            .warehouse = bytes_text("pp"),
                            .quantity = 1,
                            .kind = (enum figure_kind)3,
                            .cause = CAUSE_COUNT};
    set_as(&w, &set);
    world_refused(&w, ST_INVALID, "a figure is of the kind on-hand or available");
    set.kind = FIGURE_ON_HAND;
    set.cause = CAUSE_COUNT_OF;
    set_as(&w, &set);
    world_refused(&w, ST_INVALID, "a change of stock has a cause; 15 is none");
    world_close(&w);
}

static void a_cut_command_is_a_bug_and_leaves_no_trace(void **state)
{
    (void)state;
    struct world w;
    open_with_products(&w);
    struct buf whole;
    buf_init(&whole, COMMAND_PAYLOAD_MAX);
    const struct stock_set set = {.sku = bytes_text("A"),
                                  .warehouse = bytes_text("pp"),
                                  .quantity = 300,
                                  .kind = FIGURE_ON_HAND,
                                  .cause = CAUSE_COUNT};
    command_stock_set(&whole, &set);
    for (size_t size = 0; size < whole.size; size++) {
        struct buf cut;
        buf_init(&cut, COMMAND_PAYLOAD_MAX);
        buf_add(&cut, whole.data, size);
        assert_int_not_equal(world_do(&w, COMMAND_STOCK_SET, &cut), ST_OK);
        assert_int_equal(on_hand(&w, "A", 1), FIGURE_UNKNOWN);
    }
    buf_free(&whole);
    world_close(&w);
}

static struct command with_id(struct world *w, struct buf *buf, uint8_t id, int64_t quantity)
{
    buf_init(buf, COMMAND_PAYLOAD_MAX);
    const struct stock_set set = {.sku = bytes_text("A"),
                                  .warehouse = bytes_text("pp"),
                                  .quantity = quantity,
                                  .kind = FIGURE_ON_HAND,
                                  .cause = CAUSE_COUNT};
    command_stock_set(buf, &set);
    return (struct command){.kind = COMMAND_STOCK_SET,
                            .actor = "test",
                            .id = {id},
                            .now_ms = w->now,
                            .payload = bytes_of(buf->data, buf->size)};
}

static void a_command_id_is_applied_once(void **state)
{
    (void)state;
    struct world w;
    struct buf buf;
    open_with_products(&w);
    struct command command = with_id(&w, &buf, 1, 5);
    world_apply(&w, &command);
    uint64_t sequence = w.result.sequence;
    do_set(&w, "A", "pp", 7);
    world_restart(&w);
    world_apply(&w, &command); /* sent again: its answer was lost */
    world_ok(&w);
    assert_int_equal(w.result.sequence, sequence);
    assert_int_equal(on_hand(&w, "A", 1), 7);
    buf_free(&buf);
    world_close(&w);
}

static void a_command_id_is_kept_even_when_nothing_changed(void **state)
{
    (void)state;
    struct world w;
    struct buf buf;
    open_with_products(&w);
    do_set(&w, "A", "pp", 5);
    struct command command = with_id(&w, &buf, 2, 5);
    world_apply(&w, &command);
    world_ok(&w);
    do_set(&w, "A", "pp", 7);
    world_apply(&w, &command);
    world_ok(&w);
    assert_int_equal(on_hand(&w, "A", 1), 7);
    buf_free(&buf);
    world_close(&w);
}

static enum status bulk(struct world *w, enum figure_kind kind, const struct stock_row *rows,
                        uint32_t count)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    const struct stock_bulk bulk = {
        .kind = kind, .cause = CAUSE_IMPORT, .rows = rows, .row_count = count};
    command_stock_bulk(&buf, &bulk);
    return world_do(w, COMMAND_STOCK_BULK, &buf);
}

static void bulk_rows(void **state)
{
    (void)state;
    struct world w;
    open_with_products(&w);
    uint64_t a = product_no(&w, "A"), b = product_no(&w, "B");
    const struct stock_row rows[] = {{a, 1, 1, 5}, {a, 2, 2, 6}, {b, 1, 3, 7}};
    bulk(&w, FIGURE_ON_HAND, rows, 3);
    world_ok(&w);
    assert_int_equal(w.result.rows, 3);
    assert_int_equal(on_hand(&w, "A", 2), 6);
    const struct stock_row again[] = {{b, 1, 1, 8}, {a, 1, 2, 5}, {b, 1, 3, 9}};
    bulk(&w, FIGURE_ON_HAND, again, 3); /* any order, a pair twice: the last row counts */
    assert_int_equal(w.result.rows, 2);
    assert_int_equal(on_hand(&w, "B", 1), 9);
    assert_int_equal(on_hand(&w, "A", 1), 5);
    reserve(&w, "A", 2);
    const struct stock_row available[] = {{a, 1, 1, 5}};
    bulk(&w, FIGURE_AVAILABLE, available, 1);
    assert_int_equal(on_hand(&w, "A", 1), 7);
    bulk(&w, FIGURE_ON_HAND, NULL, 0);
    world_ok(&w);
    assert_false(w.result.changed);
    world_close(&w);
}

static void bulk_rows_that_cannot_be(void **state)
{
    (void)state;
    struct world w;
    open_with_products(&w);
    uint64_t a = product_no(&w, "A");
    const struct stock_row bad[] = {{a, 1, 1, 5}, {a, 9, 2, 5}};
    assert_int_equal(bulk(&w, FIGURE_ON_HAND, bad, 2), ST_BUG);
    assert_string_equal(w.error.text, "bulk row 1 is not valid");
    assert_int_equal(on_hand(&w, "A", 1), FIGURE_UNKNOWN); /* the first row went with it */
    const struct stock_row negative[] = {{a, 1, 1, -5}};
    assert_int_equal(bulk(&w, FIGURE_ON_HAND, negative, 1), ST_BUG);
    /* A product deleted since the job read its rows: the row is left out, the rest goes on. */
    do_product_delete(&w, "B");
    const struct stock_row gone[] = {{a, 1, 1, 5}, {a + 1, 1, 2, 5}};
    bulk(&w, FIGURE_ON_HAND, gone, 2);
    world_ok(&w);
    assert_int_equal(w.result.rows, 1);
    assert_int_equal(w.result.skipped, 1);
    assert_int_equal(rows_in(&w, TABLE_STOCK), 1);
    world_close(&w);
}

static void the_same_on_lmdb(void **state)
{
    (void)state;
    struct world w;
    world_open_lmdb(&w);
    world_shop(&w, 3);
    do_set(&w, "A", "pp", 3);
    do_adjust(&w, "B", "pp", -10);
    world_restart(&w);
    do_push_all(&w, 1);
    assert_int_equal(target_of(&w, "LA", "R1").acked_value, 3);
    assert_int_equal(target_of(&w, "LB", "R1").acked_value, 0);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 0);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(set_and_adjust_and_transfer),
    cmocka_unit_test(what_changes_nothing_writes_nothing),
    cmocka_unit_test(available_figures_keep_what_is_reserved),
    cmocka_unit_test(conditions),
    cmocka_unit_test(refusals),
    cmocka_unit_test(unknown_kinds_and_causes_are_refused),
    cmocka_unit_test(a_cut_command_is_a_bug_and_leaves_no_trace),
    cmocka_unit_test(a_command_id_is_applied_once),
    cmocka_unit_test(a_command_id_is_kept_even_when_nothing_changed),
    cmocka_unit_test(bulk_rows),
    cmocka_unit_test(bulk_rows_that_cannot_be),
    cmocka_unit_test(the_same_on_lmdb),
};

TEST_MAIN(cases)
