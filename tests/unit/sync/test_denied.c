/* What is answered 403 is left alone for a while, and asked for again: a marketplace says so too
 * when it only means "not now", and a key may get the right that it lacked. */
#include "token_world.h"

#include "test_main.h"

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    AGAIN = 10 * MINUTE,
    UNSUPPORTED = 6 * HOUR,
    FIGURE = 7,
};

static struct token_world *begin(uint64_t seed)
{
    struct token_world *w = token_world_quiet(seed);
    token_world_orders(w);
    token_world_boot(w);
    token_world_login(w);
    return w;
}

/* The shop forbids that until it has been asked so often: with ten minutes between two of them. */
static void forbid(struct token_world *w, const char *path, uint32_t times)
{
    struct token_shop *shop = token_world_shop(w);
    shop->forbidden = path;
    for (uint32_t i = 1; i <= times; i++) {
        int64_t last_ms = shop->forbidden_ms;
        while (shop->forbidden_times < i)
            assert_true(token_world_step(w));
        if (i > 1) assert_in_range(shop->forbidden_ms - last_ms, AGAIN, AGAIN + SECOND);
    }
    assert_int_equal(token_world_view(w).state, SYNC_ACTIVE);
    shop->forbidden = NULL;
}

static void orders_are_asked_for_again(void **state)
{
    (void)state;
    struct token_world *w = begin(1);
    forbid(w, "/orders", 7);
    token_world_shop(w)->order_reads = 0;
    token_world_run(w, AGAIN - SECOND);
    assert_int_equal(token_world_shop(w)->order_reads, 0);
    token_world_run(w, 2 * SECOND);
    assert_int_equal(token_world_shop(w)->order_reads, 1);
    token_world_run(w, MINUTE); /* and every ten seconds from now on */
    assert_in_range(token_world_shop(w)->order_reads, 6, 8);
    token_world_free(w);
}

static void a_figure_is_written_again(void **state)
{
    (void)state;
    struct token_world *w = begin(2);
    token_world_shop(w)->forbidden = "/stock";
    token_world_sells(w, FIGURE);
    forbid(w, "/stock", 7);
    assert_int_equal(token_world_shop(w)->figure, 0);
    token_world_run(w, AGAIN + MINUTE);
    assert_int_equal(token_world_shop(w)->figure, FIGURE);
    token_world_free(w);
}

/* Who waits for nobody: a key that got its right is looked at now. */
static void who_asks_is_not_told_to_wait(void **state)
{
    (void)state;
    struct token_world *w = begin(3);
    token_world_shop(w)->forbidden = "/warehouses";
    assert_true(token_world_ask(w, SYNC_WAREHOUSES));
    token_world_run(w, MINUTE);
    uint32_t times = token_world_shop(w)->forbidden_times;
    assert_int_equal(times, 1);
    assert_true(token_world_ask(w, SYNC_WAREHOUSES));
    token_world_run(w, MINUTE);
    assert_int_equal(token_world_shop(w)->forbidden_times, times + 1);
    token_world_free(w);
}

/* Two answers close one ability, as those to two writes on their way may: what is not supported is
 * not there in ten minutes because the second one was a 403. */
static void the_longer_of_two_waits_counts(void **state)
{
    (void)state;
    struct token_world *w = begin(4);
    struct token_shop *shop = token_world_shop(w);
    shop->no_list = true;
    assert_true(token_world_ask(w, SYNC_WAREHOUSES));
    token_world_run(w, MINUTE);
    assert_int_equal(shop->no_list_times, 1);
    shop->forbidden = "/warehouses";
    assert_true(token_world_ask(w, SYNC_WAREHOUSES));
    token_world_run(w, MINUTE);
    assert_int_equal(shop->forbidden_times, 1);
    token_world_run(w, UNSUPPORTED - 3 * MINUTE);
    assert_int_equal(shop->forbidden_times, 1);
    token_world_run(w, 2 * MINUTE);
    assert_int_equal(shop->forbidden_times, 2);
    token_world_free(w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(orders_are_asked_for_again),
    cmocka_unit_test(a_figure_is_written_again),
    cmocka_unit_test(who_asks_is_not_told_to_wait),
    cmocka_unit_test(the_longer_of_two_waits_counts),
};

TEST_MAIN(cases)
