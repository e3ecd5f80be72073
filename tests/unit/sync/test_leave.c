/* An account that leaves the configuration while something of it is under way, and comes back
 * before that is over. Nothing else is written before it is known what became of a write (I4); a
 * reading ends with it, or it would go on beside that of the account which comes back. */
#include "token_world.h"

#include "test_main.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, FIGURE = 7 };

/* One whose write hangs, and which has left. */
static struct token_world *begin(uint64_t seed)
{
    struct token_world *w = token_world_new(seed);
    struct token_shop *shop = token_world_shop(w);
    token_world_boot(w);
    assert_true(token_world_ask(w, SYNC_LOGIN));
    token_world_run(w, 5 * MINUTE);
    assert_int_equal(token_world_view(w).state, SYNC_ACTIVE);
    token_world_hang(w, true);
    token_world_sells(w, FIGURE);
    token_world_run(w, 5 * SECOND);
    assert_int_equal(token_world_view(w).in_flight, 1);
    token_world_leave(w);
    token_world_run(w, SECOND);
    token_world_hang(w, false);
    assert_int_equal(shop->figure, 0);
    return w;
}

static void what_is_on_its_way_is_waited_for(void **state)
{
    (void)state;
    struct token_world *w = begin(1);
    token_world_return(w);
    token_world_run(w, 5 * MINUTE);
    assert_int_equal(token_world_shop(w)->figure, 0);
    token_world_give_up(w);
    token_world_run(w, 5 * MINUTE);
    assert_int_equal(token_world_shop(w)->figure, FIGURE);
    token_world_free(w);
}

static void what_was_given_up_meanwhile_is_not(void **state)
{
    (void)state;
    struct token_world *w = begin(2);
    token_world_give_up(w);
    token_world_run(w, MINUTE);
    token_world_return(w);
    token_world_run(w, 5 * MINUTE);
    assert_int_equal(token_world_shop(w)->figure, FIGURE);
    token_world_free(w);
}

static void it_may_leave_again_before_that(void **state)
{
    (void)state;
    struct token_world *w = begin(3);
    for (int i = 0; i < 3; i++) {
        token_world_return(w);
        token_world_run(w, 20 * SECOND);
        token_world_leave(w);
        token_world_run(w, SECOND);
    }
    token_world_return(w);
    token_world_run(w, MINUTE);
    assert_int_equal(token_world_shop(w)->figure, 0);
    token_world_give_up(w);
    token_world_run(w, 5 * MINUTE);
    assert_int_equal(token_world_shop(w)->figure, FIGURE);
    token_world_free(w);
}

/* What the marketplace says of the last write may repeat a token. */
static void its_secrets_are_masked_until_its_last_answer(void **state)
{
    (void)state;
    struct token_world *w = begin(12);
    const struct token_shop *shop = token_world_shop(w);
    assert_true(token_world_masks(w, shop->access));
    token_world_give_up(w);
    token_world_run(w, MINUTE);
    assert_false(token_world_masks(w, shop->access)); /* wiped */
    token_world_free(w);
}

static void its_secrets_are_masked_once_it_is_back(void **state)
{
    (void)state;
    struct token_world *w = begin(13);
    token_world_return(w);
    token_world_run(w, MINUTE);
    token_world_leave(w);
    token_world_return(w);
    token_world_give_up(w);
    token_world_run(w, 5 * MINUTE);
    assert_true(token_world_masks(w, token_world_shop(w)->access));
    token_world_free(w);
}

/* One of a thousand pages, each of which takes 400 ms. */
static void a_reading_ends_with_it(void **state)
{
    (void)state;
    for (uint64_t seed = 4; seed < 12; seed++) {
        struct token_world *w = token_world_quiet(seed);
        struct token_shop *shop = token_world_shop(w);
        token_world_orders(w);
        token_world_boot(w);
        token_world_login(w);
        shop->order_pages = 1000;
        shop->order_reads = 0;
        token_world_run(w, 30 * SECOND + (int64_t)seed * 100);
        assert_in_range(shop->order_page, 20, 100);
        token_world_leave(w);
        const uint32_t reads = shop->order_reads;
        token_world_run(w, MINUTE);
        assert_in_range(shop->order_reads, reads, reads + 1); /* the page that was on its way */
        shop->order_pages = 0;
        shop->order_reads = 0;
        token_world_return(w);
        token_world_run(w, 2 * MINUTE);
        assert_in_range(shop->order_reads, 8, 16); /* every ten seconds, as before */
        token_world_free(w);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_reading_ends_with_it),
    cmocka_unit_test(its_secrets_are_masked_until_its_last_answer),
    cmocka_unit_test(its_secrets_are_masked_once_it_is_back),
    cmocka_unit_test(what_is_on_its_way_is_waited_for),
    cmocka_unit_test(what_was_given_up_meanwhile_is_not),
    cmocka_unit_test(it_may_leave_again_before_that),
};

TEST_MAIN(cases)
