/* Which goes first where the quota is used up: zeros and decreases before drains of orders, and
 * these before increases. Here a drain wants one page after the other from the bucket that writes
 * are charged to, and takes all of it for minutes. */
#include "token_world.h"

#include "test_main.h"

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    PAGES = 1000,
    AT_ONCE = 2 * SHOP_WRITE_MS + SECOND, /* the turn that is taken, its own, and the way there */
};

/* It shows 5, and a drain that takes all is under way. */
static struct token_world *begin(uint64_t seed)
{
    struct token_world *w = token_world_quiet(seed);
    struct token_shop *shop = token_world_shop(w);
    token_world_orders(w);
    token_world_boot(w);
    token_world_login(w);
    token_world_sells(w, 5);
    token_world_run(w, MINUTE);
    assert_int_equal(shop->figure, 5);
    shop->order_pages = PAGES;
    shop->order_dearly = true;
    shop->order_reads = 0;
    while (shop->order_reads < 4)
        assert_true(token_world_step(w));
    return w;
}

static void end(struct token_world *w)
{
    assert_in_range(token_world_shop(w)->order_reads, 4, PAGES - 1); /* it is under way still */
    token_world_free(w);
}

static void a_drain_takes_turns_before_an_increase(void **state)
{
    (void)state;
    struct token_world *w = begin(1);
    token_world_counts(w, 9);
    token_world_run(w, MINUTE);
    assert_int_equal(token_world_shop(w)->figure, 5);
    end(w);
}

static void a_zero_goes_before_a_drain(void **state)
{
    (void)state;
    for (uint64_t seed = 11; seed < 19; seed++) {
        struct token_world *w = begin(seed);
        token_world_counts(w, 0);
        token_world_run(w, AT_ONCE);
        assert_int_equal(token_world_shop(w)->figure, 0);
        end(w);
    }
}

/* Its route waits for a turn already, for an increase. */
static void a_zero_does_not_wait_behind_an_increase(void **state)
{
    (void)state;
    for (uint64_t seed = 21; seed < 29; seed++) {
        struct token_world *w = begin(seed);
        token_world_counts(w, 9);
        token_world_run(w, 5 * SECOND);
        token_world_counts(w, 0);
        token_world_run(w, AT_ONCE);
        assert_int_equal(token_world_shop(w)->figure, 0);
        end(w);
    }
}

/* It was refused, and is due again later. */
static void a_zero_that_goes_again_goes_first_too(void **state)
{
    (void)state;
    for (uint64_t seed = 31; seed < 39; seed++) {
        struct token_world *w = begin(seed);
        token_world_shop(w)->busy_writes = 3;
        token_world_counts(w, 0);
        token_world_run(w, 20 * SECOND); /* 1 + 2 + 4 between them, and the turns */
        assert_int_equal(token_world_shop(w)->figure, 0);
        end(w);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_drain_takes_turns_before_an_increase),
    cmocka_unit_test(a_zero_goes_before_a_drain),
    cmocka_unit_test(a_zero_does_not_wait_behind_an_increase),
    cmocka_unit_test(a_zero_that_goes_again_goes_first_too),
};

TEST_MAIN(cases)
