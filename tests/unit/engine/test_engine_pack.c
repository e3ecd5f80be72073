/* Packs in orders: a line takes whole packs, of the size they had when it was first taken, whatever
 * the rule says later. The fixture verifies the store after each commit. */
#include "engine_orders.h"

enum { PP = 1 };

static void tell(struct world *w, enum order_state state, int64_t quantity)
{
    const struct order_view told = order_of(state, quantity);
    tell_line(w, "1", &told);
}

static void set_pack(struct world *w, const char *account, int64_t pack)
{
    struct rule_change change = {.sku = bytes_text("A"), .account = bytes_text(account)};
    struct buf buf;
    change.rule.given = 1u << RULE_PACK;
    change.rule.fields[RULE_PACK] = pack;
    buf_init(&buf, 1000);
    command_rule_set(&buf, &change, 1);
    assert_int_equal(world_do(w, COMMAND_RULE_SET, &buf), ST_OK);
}

/* 30 pieces in packs of 6; orders are imported. */
static void shop(struct world *w)
{
    world_open(w);
    world_order_shop(w, 2);
    do_set(w, "A", "pp", 30);
    set_pack(w, "", 6);
    assert_int_equal(target_of(w, "LA", "R1").wanted_value, 5);
}

static void two_packs_of_six_take_twelve(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    tell(&w, ORDER_OPEN, 2);
    assert_stock(&w, "A", PP, 30, 12);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 3);
    tell(&w, ORDER_SHIPPED, 2);
    assert_stock(&w, "A", PP, 18, 0);
    world_close(&w);
}

static void a_pack_that_changes_leaves_what_is_reserved(void **state)
{
    (void)state;
    static const struct {
        enum order_state state;
        int64_t quantity, hand, held;
    } ends[] = {{ORDER_OPEN, 1, 30, 6}, /* one pack less */
                {ORDER_CANCELLED, 2, 30, 0},
                {ORDER_SHIPPED, 2, 18, 0}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct world w;
        shop(&w);
        tell(&w, ORDER_OPEN, 2);
        set_pack(&w, "shop", 10);
        assert_stock(&w, "A", PP, 30, 12);
        tell(&w, ends[i].state, ends[i].quantity);
        assert_stock(&w, "A", PP, ends[i].hand, ends[i].held);
        /* a line seen from now on has the new one */
        const struct order_view later = order_of(ORDER_OPEN, 1);
        tell_line(&w, "2", &later);
        assert_stock(&w, "A", PP, ends[i].hand, ends[i].held + 10);
        world_close(&w);
    }
}

static void a_return_gives_the_same_packs_back(void **state)
{
    (void)state;
    struct world w;
    struct buf buf;
    shop(&w);
    tell(&w, ORDER_SHIPPED, 2);
    assert_stock(&w, "A", PP, 18, 0);
    set_pack(&w, "", 1);
    tell(&w, ORDER_RETURNED, 2);
    buf_init(&buf, 1000);
    command_order_return(&buf, bytes_text("shop"), bytes_text("1"));
    assert_int_equal(world_do(&w, COMMAND_ORDER_RETURN, &buf), ST_OK);
    assert_stock(&w, "A", PP, 30, 0);
    world_close(&w);
}

/* The marketplace's own figure is in packs: it lowers it by two, and nothing is to be sent. */
static void the_marketplace_sold_packs(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    do_push_all(&w, 1);
    assert_int_equal(target_of(&w, "LA", "R1").acked_value, 5);
    w.now += 60000;
    tell_drained(&w);
    struct order_view told = order_of(ORDER_OPEN, 2);
    w.now += 60000;
    w.drained = w.now;
    told.ordered_ms = w.now;
    tell_line(&w, "1", &told);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_int_equal(t.wanted_value, 3);
    assert_true(t.flags & TARGET_ACKED);
    assert_int_equal(t.acked_value, 3);
    assert_int_equal(do_select(&w, 1, 10), 0);
    world_close(&w);
}

/* A line that leads nowhere yet has no pack: it gets the one of the day on which it does. */
static void a_held_line_waits_for_its_pack(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_of(ORDER_OPEN, 2);
    told.refs[0].value = bytes_text("L9");
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 30, 0);
    assert_int_equal(rows_in(&w, TABLE_ORDER_HELD), 1);
    set_pack(&w, "", 3);
    rows_start(&w, 1);
    row_listing(&w, "L9", "none", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    assert_int_equal(do_map(&w, "shop", "L9", "A"), ST_OK);
    do_sweeps(&w, 100);
    assert_stock(&w, "A", PP, 30, 6);
    assert_int_equal(rows_in(&w, TABLE_ORDER_HELD), 0);
    world_close(&w);
}

static void merging_and_undoing_it_keep_the_packs(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    tell(&w, ORDER_OPEN, 2);
    assert_int_equal(do_merge(&w, "B", "A", MERGE_SUM), ST_OK);
    uint64_t merge = w.result.sequence;
    assert_stock(&w, "B", PP, 40, 12);
    tell(&w, ORDER_OPEN, 1);
    assert_stock(&w, "B", PP, 40, 6);
    assert_int_equal(do_undo(&w, merge), ST_OK);
    assert_stock(&w, "A", PP, 30, 6);
    assert_stock(&w, "B", PP, 10, 0);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 4); /* its rule is back, too */
    tell(&w, ORDER_CANCELLED, 1);
    assert_stock(&w, "A", PP, 30, 0);
    world_close(&w);
}

/* Lines from before there were packs. */
static void an_old_line_has_packs_of_one(void **state)
{
    (void)state;
    for (uint64_t parts = 0; parts < 2; parts++) {
        struct buf buf;
        struct order_view told = order_of(ORDER_OPEN, 2), read;
        buf_init(&buf, RECORD_MAX);
        wire_put_u8(&buf, 1);
        order_told_write(&buf, &told);
        for (int i = 0; i < 3; i++)
            wire_put_u8(&buf, 0);
        wire_put_i64(&buf, 1);
        wire_put_i64(&buf, 1);
        wire_put_u64(&buf, 7);
        wire_put_u64(&buf, parts);
        for (uint64_t i = 0; i < parts; i++) {
            wire_put_u64(&buf, 1);
            wire_put_u64(&buf, PP);
            wire_put_i64(&buf, 2);
            wire_put_i64(&buf, 0);
        }
        assert_int_equal(order_read(bytes_of(buf.data, buf.size), &read), ST_OK);
        assert_int_equal(read.pack, parts);
        assert_int_equal(read.part_count, parts);
        buf_free(&buf);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(two_packs_of_six_take_twelve),
    cmocka_unit_test(a_pack_that_changes_leaves_what_is_reserved),
    cmocka_unit_test(a_return_gives_the_same_packs_back),
    cmocka_unit_test(the_marketplace_sold_packs),
    cmocka_unit_test(a_held_line_waits_for_its_pack),
    cmocka_unit_test(merging_and_undoing_it_keep_the_packs),
    cmocka_unit_test(an_old_line_has_packs_of_one),
};

TEST_MAIN(cases)
