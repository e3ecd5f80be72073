/* Drains of orders that fail: how long it is until the next one. Increases wait for a drain (I17),
 * so the first tries come soon; a marketplace that is down is not asked for ever as often. */
#include "token_world.h"

#include "test_main.h"

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    LATENCY = 400, /* of a request in that world, there and back */
};

/* An account at rest: all is read, and nothing but drains goes on. */
static struct token_world *begin(uint64_t seed)
{
    static const char *const texts[SYNC_TIMED] = {[SYNC_TIMED_VERIFY] = "off",
                                                  [SYNC_TIMED_LISTINGS] = "off",
                                                  [SYNC_TIMED_WAREHOUSES] = "off",
                                                  [SYNC_TIMED_RESYNC] = "off"};
    struct token_world *w = token_world_new(seed);
    token_world_shop(w)->life_ms = INT64_C(24) * 60 * MINUTE;
    token_world_orders(w);
    token_world_schedules(w, texts, 0, 0);
    token_world_boot(w);
    assert_true(token_world_ask(w, SYNC_LOGIN));
    token_world_run(w, 5 * MINUTE);
    assert_int_equal(token_world_view(w).state, SYNC_ACTIVE);
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

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_fails_is_tried_less_and_less),
    cmocka_unit_test(what_comes_some_of_the_way_goes_on_soon),
    cmocka_unit_test(an_end_begins_the_count_anew),
    cmocka_unit_test(asking_is_not_faster),
};

TEST_MAIN(cases)
