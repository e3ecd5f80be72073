/* Drains of orders that fail: how long it is until the next one. Increases wait for a drain (I17),
 * so the first tries come soon; a marketplace that is down is not asked for ever as often. */
#include "token_world.h"

#include "engine/record.h"
#include "store/schema.h"
#include "test_main.h"

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    LATENCY = 400, /* of a request in that world, there and back */
};

/* An account at rest: all is read, and nothing but drains goes on. */
static struct token_world *begin(uint64_t seed)
{
    struct token_world *w = token_world_quiet(seed);
    token_world_orders(w);
    token_world_boot(w);
    token_world_login(w);
    assert_true(token_world_shop(w)->order_reads > 10); /* every ten seconds */
    return w;
}

/* From the next drain on; the times of its requests are at order_ms. */
static struct token_shop *fail_from_now(struct token_world *w, uint32_t pages, uint32_t patience)
{
    struct token_shop *shop = token_world_shop(w);
    shop->order_pages = pages;
    shop->order_patience = patience;
    shop->order_reads = 0;
    return shop;
}

static void what_fails_is_tried_less_and_less(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 9; seed++) {
        struct token_world *w = begin(seed);
        const struct token_shop *shop = fail_from_now(w, 0, 1);
        token_world_run(w, 10 * MINUTE);
        assert_in_range(shop->order_reads, 14, 20);
        int64_t wait = SECOND;
        for (uint32_t i = 1; i < shop->order_reads; i++) {
            int64_t gap = shop->order_ms[i] - shop->order_ms[i - 1];
            assert_in_range(gap, wait * 4 / 5, wait * 6 / 5 + LATENCY);
            wait = wait * 2 < MINUTE ? wait * 2 : MINUTE;
            assert_in_range(gap, 0, MINUTE + LATENCY);
        }
        token_world_free(w);
    }
}

/* The rest of what was read in part grows while it waits. */
static void what_comes_some_of_the_way_goes_on_soon(void **state)
{
    (void)state;
    for (uint64_t seed = 11; seed < 19; seed++) {
        struct token_world *w = begin(seed);
        const struct token_shop *shop = fail_from_now(w, 1000, 4);
        token_world_run(w, 2 * MINUTE);
        for (uint32_t i = 4; i < shop->order_reads && i < SHOP_ORDER_TIMES; i += 4) {
            int64_t gap = shop->order_ms[i] - shop->order_ms[i - 1];
            assert_in_range(gap, 2 * SECOND * 4 / 5, 2 * SECOND * 6 / 5 + LATENCY);
        }
        assert_in_range(shop->order_reads, 100, 180);
        token_world_free(w);
    }
}

/* One that comes to its end has forgotten those that failed before it. */
static void an_end_begins_the_count_anew(void **state)
{
    (void)state;
    for (uint64_t seed = 21; seed < 29; seed++) {
        struct token_world *w = begin(seed);
        fail_from_now(w, 0, 1);
        token_world_run(w, 3 * MINUTE);
        const struct token_shop *shop = fail_from_now(w, 0, 0);
        token_world_run(w, 2 * MINUTE);
        assert_in_range(shop->order_reads, 5, 14); /* the first in a minute, then as before */
        assert_in_range(shop->order_ms[2] - shop->order_ms[1], 8 * SECOND, 12 * SECOND);
        fail_from_now(w, 0, 1);
        token_world_run(w, 20 * SECOND);
        assert_in_range(shop->order_ms[1] - shop->order_ms[0], SECOND * 4 / 5,
                        SECOND * 6 / 5 + LATENCY);
        token_world_free(w);
    }
}

/* Who asks does not get round it: a write that waits for a drain asks for one again and again. */
static void asking_is_not_faster(void **state)
{
    (void)state;
    struct token_world *w = begin(31);
    const struct token_shop *shop = fail_from_now(w, 0, 1);
    for (int i = 0; i < 600; i++) {
        token_world_ask(w, SYNC_ORDERS);
        token_world_run(w, SECOND);
    }
    assert_in_range(shop->order_reads, 14, 20);
    token_world_free(w);
}

/* What an answer told, and where the plugin is since, is one commit: nothing is read anew in one of
 * its own. */
static void each_answer_is_one_commit(void **state)
{
    (void)state;
    static const uint32_t pages[] = {0, 1, 2, 5};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct token_world *w = begin(35);
        const struct token_shop *shop = fail_from_now(w, pages[i], 0);
        token_world_run(w, 30 * SECOND); /* orders that are new have been told */
        uint64_t commits = token_world_commits(w);
        uint32_t reads = shop->order_reads;
        token_world_run(w, 2 * MINUTE);
        reads = shop->order_reads - reads;
        assert_true(reads >= 10);
        assert_in_range(token_world_commits(w) - commits, reads - 1, reads + 1);
        token_world_free(w);
    }
}

static uint64_t lines_kept(struct token_world *w)
{
    struct store_txn *txn;
    assert_int_equal(store_begin(token_world_store(w), STORE_READ, &txn, NULL), ST_OK);
    uint64_t count = store_count(txn, TABLE_ORDER_LINE);
    store_abort(txn);
    return count;
}

/* What an answer told waits for nothing that the request after it waits for. */
static void what_is_read_counts_while_the_rest_waits(void **state)
{
    (void)state;
    struct token_world *w = begin(36);
    struct token_shop *shop = fail_from_now(w, 3, 0);
    shop->order_slowly = true;
    while (shop->order_reads < 2)
        assert_true(token_world_step(w));
    token_world_run(w, SECOND);
    assert_int_equal(lines_kept(w), 2);
    assert_int_equal(shop->order_reads, 2);
    token_world_run(w, SHOP_PAGE_MS + SECOND);
    assert_int_equal(lines_kept(w), 3);
    token_world_free(w);
}

/* ---- a new cut-over */

/* The seller's own system nets the orders, for a moment. */
static void switch_over_and_back(struct token_world *w)
{
    for (int import = 0; import < 2; import++) {
        struct buf payload;
        buf_init(&payload, 1024);
        command_account_put(&payload, bytes_text("shop-main"), bytes_text("token-shop"), import);
        token_world_apply(w, COMMAND_ACCOUNT_PUT, &payload);
    }
}

static bool orders_read(struct token_world *w)
{
    struct store_txn *txn;
    struct bytes value;
    struct account_view view;
    assert_int_equal(store_begin(token_world_store(w), STORE_READ, &txn, NULL), ST_OK);
    struct store_cursor *cursor = store_cursor(txn, TABLE_ACCOUNT);
    assert_int_equal(store_next(cursor, NULL, &value), ST_OK);
    assert_int_equal(account_read(value, &view), ST_OK);
    store_cursor_close(cursor);
    store_abort(txn);
    return view.orders_read;
}

/* Where a reading was, before; else what was read by then would never be read again. */
static void a_new_cut_over_begins_at_the_beginning(void **state)
{
    (void)state;
    struct token_world *w = begin(41);
    struct token_shop *shop = fail_from_now(w, 1000, 4);
    while (shop->order_reads < 8 || shop->order_reads % 4)
        assert_true(token_world_step(w));
    token_world_run(w, SECOND); /* it has failed, and waits */
    uint32_t page = shop->order_page, reads = shop->order_reads;
    assert_true(page >= 3);
    switch_over_and_back(w);
    assert_false(orders_read(w));
    while (shop->order_reads == reads)
        assert_true(token_world_step(w));
    assert_int_equal(shop->order_page, 0);
    shop->order_pages = 2;
    shop->order_patience = 0;
    token_world_run(w, MINUTE);
    assert_true(orders_read(w));
    token_world_free(w);
}

/* A reading that is under way then comes to an end of nothing: at whatever step of it. */
static void what_is_under_way_is_of_before(void **state)
{
    (void)state;
    for (int steps = 0; steps < 40; steps++) {
        struct token_world *w = begin(42);
        struct token_shop *shop = fail_from_now(w, 2, 0);
        while (shop->order_reads == 0)
            assert_true(token_world_step(w));
        for (int i = 0; i < steps; i++)
            assert_true(token_world_step(w));
        switch_over_and_back(w);
        shop->order_reads = 0;
        bool first = false; /* the first page was asked for since */
        while (!orders_read(w)) {
            assert_true(token_world_step(w));
            first |= shop->order_reads && shop->order_page == 0;
        }
        assert_true(first);
        token_world_free(w);
    }
}

/* What a sweep did not show has left, or is open: a drain may come upon an old hint of it first,
 * and that says "open". So none begins before a sweep showed all. */
static void a_cut_over_is_swept_until_every_row_was_read(void **state)
{
    (void)state;
    enum { SPOILT = 3 };
    struct token_world *w = begin(43);
    struct token_shop *shop = fail_from_now(w, 2, 0);
    shop->order_sweeps = 0;
    shop->order_sweeps_spoilt = SPOILT;
    switch_over_and_back(w);
    while (shop->order_sweeps <= SPOILT) {
        assert_false(orders_read(w));
        assert_true(token_world_step(w));
    }
    assert_in_range(shop->order_ms[shop->order_reads - 1] - shop->order_ms[0], 7 * SECOND * 4 / 5,
                    7 * SECOND * 6 / 5 + MINUTE / 4); /* 1 + 2 + 4 s between them */
    token_world_run(w, MINUTE);
    assert_true(orders_read(w));
    assert_int_equal(shop->order_sweeps, SPOILT + 1);
    token_world_free(w);
}

/* Later on it repairs what hints have missed, and a row that nobody can read holds up no drain. */
static void a_later_sweep_is_over_whatever_it_could_read(void **state)
{
    (void)state;
    struct token_world *w = begin(44);
    struct token_shop *shop = fail_from_now(w, 0, 0);
    uint32_t swept = shop->order_sweeps;
    shop->order_sweeps_spoilt = UINT32_MAX;
    while (shop->order_sweeps == swept)
        assert_true(token_world_step(w));
    shop->order_reads = 0;
    token_world_run(w, 2 * MINUTE);
    assert_int_equal(shop->order_sweeps, swept + 1);
    assert_in_range(shop->order_reads, 10, 14);
    token_world_free(w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_fails_is_tried_less_and_less),
    cmocka_unit_test(what_comes_some_of_the_way_goes_on_soon),
    cmocka_unit_test(an_end_begins_the_count_anew),
    cmocka_unit_test(asking_is_not_faster),
    cmocka_unit_test(each_answer_is_one_commit),
    cmocka_unit_test(what_is_read_counts_while_the_rest_waits),
    cmocka_unit_test(a_new_cut_over_begins_at_the_beginning),
    cmocka_unit_test(what_is_under_way_is_of_before),
    cmocka_unit_test(a_cut_over_is_swept_until_every_row_was_read),
    cmocka_unit_test(a_later_sweep_is_over_whatever_it_could_read),
};

TEST_MAIN(cases)
