/* A remote warehouse that is closed until some time: nothing is written there before, what waits is
 * written then, by whatever life is there, and the marketplace is asked how it stands. */
#include "token_world.h"

#include "store/memory.h"
#include "test_main.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, FIGURE = 7 };

/* A figure that waits for a warehouse which is closed for an hour, and whose list nobody reads by a
 * schedule. */
static struct token_world *begin(uint64_t seed)
{
    struct token_world *w = token_world_quiet(seed);
    struct token_shop *shop = token_world_shop(w);
    token_world_boot(w);
    shop->closed_until_ms = token_world_now_ms(w) + HOUR;
    token_world_login(w);
    assert_int_equal(shop->warehouse_reads, 1);
    token_world_sells(w, FIGURE);
    token_world_run(w, 30 * MINUTE);
    assert_int_equal(shop->figure, 0);
    return w;
}

static void end(struct token_world *w)
{
    struct token_shop *shop = token_world_shop(w);
    assert_int_equal(shop->figure, FIGURE);
    assert_int_equal(shop->closed_writes, 0);
    token_world_free(w);
}

static void what_waits_is_written_when_the_time_comes(void **state)
{
    (void)state;
    struct token_world *w = begin(1);
    struct token_shop *shop = token_world_shop(w);
    token_world_run(w, shop->closed_until_ms - token_world_now_ms(w) + MINUTE);
    assert_int_equal(shop->warehouse_reads, 2);
    end(w);
}

static void the_next_life_knows_the_time(void **state)
{
    (void)state;
    struct token_world *w = begin(2);
    struct token_shop *shop = token_world_shop(w);
    token_world_kill(w, SECOND);
    token_world_boot(w);
    token_world_run(w, MINUTE);
    assert_int_equal(shop->figure, 0);
    token_world_run(w, shop->closed_until_ms - token_world_now_ms(w) + MINUTE);
    end(w);
}

static void it_came_while_nobody_was_there(void **state)
{
    (void)state;
    struct token_world *w = begin(3);
    token_world_kill(w, 2 * HOUR);
    token_world_boot(w);
    token_world_run(w, MINUTE);
    end(w);
}

static void it_is_closed_for_longer_than_was_said(void **state)
{
    (void)state;
    struct token_world *w = begin(4);
    struct token_shop *shop = token_world_shop(w);
    int64_t said = shop->closed_until_ms;
    shop->closed_until_ms += HOUR;
    token_world_run(w, said - token_world_now_ms(w) + 10 * MINUTE);
    assert_int_equal(shop->figure, 0);
    token_world_run(w, HOUR);
    assert_int_equal(shop->figure, FIGURE);
    token_world_free(w);
}

static void the_disk_refuses_the_opening(void **state)
{
    (void)state;
    struct token_world *w = begin(5);
    struct token_shop *shop = token_world_shop(w);
    store_memory_fail_next(token_world_store(w), STORE_FAULT_COMMIT, 0, ST_FULL, true);
    token_world_run(w, shop->closed_until_ms - token_world_now_ms(w) + 5 * MINUTE);
    assert_int_equal(shop->figure, 0);
    store_memory_fail_next(token_world_store(w), STORE_FAULT_COMMIT, 0, ST_OK, false);
    token_world_run(w, MINUTE);
    end(w);
}

/* What was shut out stays so for its ten minutes, also for a place that opens meanwhile. */
static void nobody_is_asked_who_said_not_to(void **state)
{
    (void)state;
    struct token_world *w = begin(6);
    struct token_shop *shop = token_world_shop(w);
    token_world_run(w, shop->closed_until_ms - token_world_now_ms(w) - 2 * MINUTE);
    shop->forbidden = "/warehouses";
    assert_true(token_world_ask(w, SYNC_WAREHOUSES));
    token_world_run(w, 7 * MINUTE);
    assert_int_equal(shop->figure, FIGURE);
    assert_int_equal(shop->forbidden_times, 1);
    shop->forbidden = NULL;
    token_world_run(w, 4 * MINUTE);
    assert_int_equal(shop->warehouse_reads, 2);
    end(w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_waits_is_written_when_the_time_comes),
    cmocka_unit_test(the_next_life_knows_the_time),
    cmocka_unit_test(it_came_while_nobody_was_there),
    cmocka_unit_test(it_is_closed_for_longer_than_was_said),
    cmocka_unit_test(the_disk_refuses_the_opening),
    cmocka_unit_test(nobody_is_asked_who_said_not_to),
};

TEST_MAIN(cases)
