/* What a shop tells by hooks: each delivery once, rows refused by themselves, orders by level
 * whatever the order of their coming. The fixture's verification folds the ledger and the lines
 * anew after every command. */
#include "engine/hook.h"
#include "engine_fixture.h"
#include "query/query.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static struct hook_told told;

static struct hook_head head_of(const char *delivery, uint8_t content)
{
    struct hook_head head = {.name = bytes_text("site"),
                             .keep_ms = 7 * (int64_t)DAY_MS,
                             .least_ms = 10 * 60 * 1000,
                             .warehouse = bytes_text("pp")};
    memset(head.content, content, sizeof head.content);
    memcpy(head.delivery, delivery, strlen(delivery));
    return head;
}

static enum status apply(struct world *w, enum command_kind kind, struct buf *payload)
{
    const struct command command = {.kind = kind,
                                    .actor = "hook:site",
                                    .now_ms = w->now,
                                    .told = &told,
                                    .payload = bytes_of(payload->data, payload->size)};
    enum status status = world_apply(w, &command);
    buf_free(payload);
    return status;
}

static enum status tell_rows(struct world *w, const char *delivery, bool adjust,
                             const struct hook_row *rows, uint32_t count, int64_t told_ms)
{
    struct buf payload;
    buf_init(&payload, COMMAND_PAYLOAD_MAX);
    const struct hook_stock stock = {.head = head_of(delivery, (uint8_t)rows[0].quantity),
                                     .adjust = adjust,
                                     .kind = FIGURE_ON_HAND,
                                     .told_ms = told_ms,
                                     .rows = rows,
                                     .row_count = count};
    command_hook_stock(&payload, &stock);
    return apply(w, COMMAND_HOOK_STOCK, &payload);
}

static enum status tell_stock(struct world *w, const char *delivery, bool adjust, const char *sku,
                              int64_t quantity)
{
    const struct hook_row row = {bytes_text(sku), quantity, CAUSE_COUNT};
    return tell_rows(w, delivery, adjust, &row, 1, 0);
}

static enum status tell_order(struct world *w, const char *delivery, const struct hook_order *order)
{
    struct buf payload;
    buf_init(&payload, COMMAND_PAYLOAD_MAX);
    const struct hook_orders orders = {
        .head = head_of(delivery, 1), .orders = order, .order_count = 1};
    command_hook_orders(&payload, &orders);
    return apply(w, COMMAND_HOOK_ORDERS, &payload);
}

/* With one line "A" of that many pieces; none: about the whole order. */
static enum status tell(struct world *w, const char *delivery, enum order_state state,
                        int64_t quantity)
{
    const struct hook_line line = {.sku = bytes_text("A"), .quantity = quantity};
    const struct hook_order order = {.id = bytes_text("N/1"),
                                     .state = state,
                                     .lines = &line,
                                     .line_count = quantity > 0 ? 1 : 0};
    return tell_order(w, delivery, &order);
}

static int64_t shown(struct world *w)
{
    return target_of(w, "LA", "R1").wanted_value;
}

static void open_shop(struct world *w)
{
    world_open(w);
    world_shop(w, 3);
    memset(&told, 0, sizeof told);
}

/* ---- stock */

static void a_delivery_has_its_effect_once_and_two_equal_deltas_are_two(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w);
    assert_int_equal(tell_stock(&w, "d1", true, "A", -2), ST_OK);
    assert_false(told.before);
    assert_int_equal(told.applied, 1);
    assert_int_equal(on_hand(&w, "A", 1), 8);
    uint64_t sequence = told.sequence;
    assert_int_equal(tell_stock(&w, "d1", true, "A", -2), ST_OK);
    assert_true(told.before);
    assert_int_equal(told.sequence, sequence);
    assert_int_equal(on_hand(&w, "A", 1), 8);
    world_restart(&w);
    assert_int_equal(tell_stock(&w, "d1", true, "A", -2), ST_OK);
    assert_int_equal(on_hand(&w, "A", 1), 8);
    assert_int_equal(tell_stock(&w, "d2", true, "A", -2), ST_OK);
    assert_false(told.before);
    assert_int_equal(on_hand(&w, "A", 1), 6);
    assert_int_equal(shown(&w), 6);
    world_close(&w);
}

static void an_id_stands_for_one_content(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w);
    assert_int_equal(tell_stock(&w, "d1", false, "A", 7), ST_OK);
    assert_int_equal(tell_stock(&w, "d1", false, "A", 6), ST_CONFLICT);
    assert_int_equal(on_hand(&w, "A", 1), 7);
    world_close(&w);
}

static void rows_are_refused_by_themselves(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w);
    do_product(&w, "NEW");
    const struct hook_row rows[] = {
        {bytes_text("A"), 4, CAUSE_COUNT},    {bytes_text("nobody"), 4, CAUSE_COUNT},
        {bytes_text("B"), 10, CAUSE_COUNT},   {bytes_text("A"), 4, CAUSE_COUNT},
        {bytes_text("A"), 5, CAUSE_COUNT},    {bytes_text("C"), -1, CAUSE_COUNT},
        {bytes_text("NEW"), 3, CAUSE_RECEIPT}};
    assert_int_equal(tell_rows(&w, "d1", false, rows, 7, 0), ST_OK);
    assert_int_equal(told.rows, 7);
    assert_int_equal(told.applied, 2); /* A, NEW */
    assert_int_equal(told.same, 2);    /* B, and A again */
    assert_int_equal(told.refused_count, 3);
    assert_int_equal(told.refused[0].row, 1);
    assert_int_equal(told.refused[0].why, HOOK_UNKNOWN_SKU);
    assert_int_equal(told.refused[1].row, 4);
    assert_int_equal(told.refused[1].why, HOOK_TWICE);
    assert_int_equal(told.refused[2].row, 5);
    assert_int_equal(told.refused[2].why, HOOK_TOO_BIG);
    assert_int_equal(on_hand(&w, "NEW", 1), 3);
    assert_int_equal(on_hand(&w, "C", 1), 10);
    world_close(&w);
}

static void what_is_refused_as_a_whole_may_come_again(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w);
    uint64_t rows = rows_in(&w, TABLE_HOOK);
    assert_int_equal(tell_stock(&w, "d1", true, "NEW", 1), ST_INVALID);
    assert_int_equal(told.refused_count, 1);
    assert_int_equal(told.refused[0].why, HOOK_UNKNOWN_SKU);
    do_product(&w, "NEW");
    assert_int_equal(tell_stock(&w, "d1", true, "NEW", 1), ST_INVALID);
    assert_int_equal(told.refused[0].why, HOOK_UNCOUNTED);
    assert_int_equal(rows_in(&w, TABLE_HOOK), rows);
    do_set(&w, "NEW", "pp", 0);
    assert_int_equal(tell_stock(&w, "d1", true, "NEW", 1), ST_OK);
    assert_int_equal(on_hand(&w, "NEW", 1), 1);
    world_close(&w);
}

static void an_older_figure_changes_nothing(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w);
    const struct hook_row three = {bytes_text("A"), 3, CAUSE_COUNT},
                          five = {bytes_text("A"), 5, CAUSE_COUNT};
    w.now += 60000;
    assert_int_equal(tell_rows(&w, "new", false, &three, 1, w.now - 1000), ST_OK);
    assert_int_equal(tell_rows(&w, "old", false, &five, 1, w.now - 2000), ST_INVALID);
    assert_int_equal(told.refused[0].why, HOOK_OLDER);
    assert_int_equal(on_hand(&w, "A", 1), 3);
    world_close(&w);
}

static void deltas_of_one_product_are_added_up_and_undone_as_one(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w);
    const struct hook_row rows[] = {{bytes_text("A"), -2, CAUSE_SALE},
                                    {bytes_text("B"), 1, CAUSE_RECEIPT},
                                    {bytes_text("A"), -1, CAUSE_SALE}};
    assert_int_equal(tell_rows(&w, "d1", true, rows, 3, 0), ST_OK);
    assert_int_equal(on_hand(&w, "A", 1), 7);
    assert_int_equal(do_undo(&w, told.sequence), ST_OK);
    assert_int_equal(on_hand(&w, "A", 1), 10);
    assert_int_equal(on_hand(&w, "B", 1), 10);
    world_close(&w);
}

static void deliveries_are_forgotten_by_time(void **state)
{
    (void)state;
    struct world w;
    char id[16];
    open_shop(&w);
    for (int i = 0; i < 10; i++) {
        snprintf(id, sizeof id, "d%d", i);
        assert_int_equal(tell_stock(&w, id, true, "A", 1), ST_OK);
    }
    assert_int_equal(rows_in(&w, TABLE_HOOK), 1 + 10 * 2);
    w.now += 7 * (int64_t)DAY_MS - 1;
    assert_int_equal(tell_stock(&w, "d0", true, "A", 1), ST_OK);
    assert_true(told.before);
    w.now += 1;
    for (int i = 0; i < 3; i++) {
        snprintf(id, sizeof id, "e%d", i);
        assert_int_equal(tell_stock(&w, id, true, "A", 1), ST_OK);
    }
    assert_int_equal(rows_in(&w, TABLE_HOOK), 1 + 3 * 2);
    world_close(&w);
}

/* ---- orders */

static int64_t reserved(struct world *w)
{
    return 10 - shown(w);
}

static void an_order_is_reserved_shipped_and_taken_back_by_level(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w);
    assert_int_equal(tell(&w, "1", ORDER_OPEN, 3), ST_OK);
    assert_int_equal(reserved(&w), 3);
    assert_int_equal(on_hand(&w, "A", 1), 10);
    assert_int_equal(tell(&w, "2", ORDER_OPEN, 3), ST_OK); /* another delivery of the same */
    assert_int_equal(reserved(&w), 3);
    assert_int_equal(told.same, 1);
    assert_int_equal(tell(&w, "3", ORDER_SHIPPED, 0), ST_OK);
    assert_int_equal(on_hand(&w, "A", 1), 7);
    assert_int_equal(tell(&w, "4", ORDER_OPEN, 3), ST_OK); /* late: it had left by then */
    assert_int_equal(on_hand(&w, "A", 1), 7);
    assert_int_equal(shown(&w), 7);
    assert_int_equal(tell(&w, "5", ORDER_RETURNED, 0), ST_OK); /* on its way back */
    assert_int_equal(on_hand(&w, "A", 1), 7);
    const struct hook_order back = {
        .id = bytes_text("N/1"), .state = ORDER_RETURNED, .restocked = true};
    assert_int_equal(tell_order(&w, "6", &back), ST_OK);
    assert_int_equal(tell_order(&w, "7", &back), ST_OK);
    assert_int_equal(on_hand(&w, "A", 1), 10);
    world_close(&w);
}

static void a_cancellation_that_comes_first_is_not_lost(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w);
    assert_int_equal(tell(&w, "2", ORDER_CANCELLED, 0), ST_OK);
    assert_int_equal(tell(&w, "1", ORDER_OPEN, 3), ST_OK);
    assert_int_equal(reserved(&w), 0);
    world_close(&w);
}

/* Every order of coming, each document up to twice, ends the same. */
static void all_orders_of_coming_end_the_same(void **state)
{
    (void)state;
    static const enum order_state documents[] = {ORDER_OPEN, ORDER_OPEN, ORDER_CANCELLED};
    static const int64_t pieces[] = {3, 2, 0};
    static const int orders[][4] = {{0, 1, 2, 0}, {0, 2, 1, 1}, {1, 0, 2, 2},
                                    {1, 2, 0, 1}, {2, 0, 1, 0}, {2, 1, 0, 2}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct world w;
        open_shop(&w);
        for (int k = 0; k < 4; k++) {
            char id[16];
            snprintf(id, sizeof id, "%d", k);
            int which = orders[i][k];
            assert_int_equal(tell(&w, id, documents[which], pieces[which]), ST_OK);
        }
        assert_int_equal(reserved(&w), 0);
        assert_int_equal(on_hand(&w, "A", 1), 10);
        world_close(&w);
    }
}

static void a_version_decides_where_there_is_one(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w);
    struct hook_line line = {.id = bytes_text("1"), .sku = bytes_text("A"), .quantity = 2};
    struct hook_order order = {.id = bytes_text("77"),
                               .state = ORDER_OPEN,
                               .has_version = true,
                               .version = 5,
                               .lines = &line,
                               .line_count = 1};
    assert_int_equal(tell_order(&w, "1", &order), ST_OK);
    assert_int_equal(reserved(&w), 2);
    order.version = 6;
    line.quantity = 4;
    assert_int_equal(tell_order(&w, "2", &order), ST_OK);
    assert_int_equal(reserved(&w), 4);
    order.version = 4;
    line.quantity = 1;
    assert_int_equal(tell_order(&w, "3", &order), ST_OK);
    assert_int_equal(reserved(&w), 4);
    world_close(&w);
}

static void lines_wait_for_a_first_figure_and_outlive_a_rename(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w);
    do_product(&w, "NEW");
    struct hook_line lines[] = {{.sku = bytes_text("NEW"), .quantity = 1},
                                {.sku = bytes_text("nobody"), .quantity = 1}};
    struct hook_order order = {
        .id = bytes_text("5"), .state = ORDER_OPEN, .lines = lines, .line_count = 2};
    assert_int_equal(tell_order(&w, "1", &order), ST_OK);
    assert_int_equal(told.held, 1);
    assert_int_equal(told.refused_count, 1);
    assert_int_equal(told.refused[0].line, 1);
    do_set(&w, "NEW", "pp", 4);
    do_sweeps(&w, 100);
    assert_int_equal(rows_in(&w, TABLE_ORDER_HELD), 0);
    do_rename(&w, "NEW", "NEWER");
    order.state = ORDER_SHIPPED;
    order.line_count = 1;
    assert_int_equal(tell_order(&w, "2", &order), ST_OK);
    assert_int_equal(on_hand(&w, "NEWER", 1), 3);
    world_close(&w);
}

static bool note_name(void *ctx, const struct query_order *row)
{
    assert_non_null(row->account);
    snprintf(ctx, 40, "%s", row->account->name);
    return true;
}

static void its_lines_are_found_under_its_name(void **state)
{
    (void)state;
    struct world w;
    struct store_txn *txn;
    struct query query;
    char name[40] = "";
    open_shop(&w);
    assert_int_equal(tell(&w, "1", ORDER_OPEN, 3), ST_OK);
    assert_int_equal(store_begin(w.store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(query_open(&query, txn, NULL), ST_OK);
    struct query_page page = {0};
    const struct query_orders filter = {
        .account = bytes_text("hook:site"), .order_id = bytes_text("N/1"), .state = -1};
    assert_int_equal(query_orders(&query, &filter, &page, note_name, name), ST_OK);
    assert_string_equal(name, "hook:site");
    query_close(&query);
    store_abort(txn);
    /* ... and it is no account that could be switched, linked or given listings. */
    assert_int_equal(do_switch(&w, "hook:site", ACCOUNT_PAUSE), ST_NOT_FOUND);
    assert_int_equal(do_link(&w, "pp", "hook:site", "R1"), ST_NOT_FOUND);
    struct buf payload;
    buf_init(&payload, 1000);
    assert_int_equal(tell(&w, "2", ORDER_RETURNED, 3), ST_OK);
    assert_int_equal(on_hand(&w, "A", 1), 7);
    command_order_return(&payload, bytes_text("hook:site"), bytes_text("N%2F1/A"));
    assert_int_equal(world_do(&w, COMMAND_ORDER_RETURN, &payload), ST_OK);
    assert_int_equal(on_hand(&w, "A", 1), 10);
    world_close(&w);
}

static void a_payload_that_is_cut_off_changes_nothing(void **state)
{
    (void)state;
    struct world w;
    open_shop(&w);
    for (int orders = 0; orders < 2; orders++) {
        const struct hook_row rows[] = {{bytes_text("A"), 1, CAUSE_COUNT},
                                        {bytes_text("B"), 2, CAUSE_COUNT}};
        const struct hook_line line = {.sku = bytes_text("A"), .quantity = 1};
        const struct hook_order order = {
            .id = bytes_text("1"), .state = ORDER_OPEN, .lines = &line, .line_count = 1};
        struct buf whole;
        buf_init(&whole, COMMAND_PAYLOAD_MAX);
        if (orders)
            command_hook_orders(
                &whole,
                &(struct hook_orders){.head = head_of("x", 1), .orders = &order, .order_count = 1});
        else
            command_hook_stock(&whole, &(struct hook_stock){.head = head_of("x", 1),
                                                            .kind = FIGURE_ON_HAND,
                                                            .rows = rows,
                                                            .row_count = 2});
        for (size_t size = 0; size < whole.size; size++) {
            struct store_txn *txn = world_begin(&w);
            const struct command command = {.kind =
                                                orders ? COMMAND_HOOK_ORDERS : COMMAND_HOOK_STOCK,
                                            .actor = "hook:site",
                                            .now_ms = w.now,
                                            .payload = bytes_of(whole.data, size)};
            assert_int_not_equal(engine_apply(w.engine, txn, &command, &w.result, &w.error), ST_OK);
            engine_group_drop(w.engine);
            store_abort(txn);
        }
        buf_free(&whole);
    }
    assert_int_equal(on_hand(&w, "A", 1), 10);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_delivery_has_its_effect_once_and_two_equal_deltas_are_two),
    cmocka_unit_test(an_id_stands_for_one_content),
    cmocka_unit_test(rows_are_refused_by_themselves),
    cmocka_unit_test(what_is_refused_as_a_whole_may_come_again),
    cmocka_unit_test(an_older_figure_changes_nothing),
    cmocka_unit_test(deltas_of_one_product_are_added_up_and_undone_as_one),
    cmocka_unit_test(deliveries_are_forgotten_by_time),
    cmocka_unit_test(an_order_is_reserved_shipped_and_taken_back_by_level),
    cmocka_unit_test(a_cancellation_that_comes_first_is_not_lost),
    cmocka_unit_test(all_orders_of_coming_end_the_same),
    cmocka_unit_test(a_version_decides_where_there_is_one),
    cmocka_unit_test(lines_wait_for_a_first_figure_and_outlive_a_rename),
    cmocka_unit_test(its_lines_are_found_under_its_name),
    cmocka_unit_test(a_payload_that_is_cut_off_changes_nothing),
};

TEST_MAIN(cases)
