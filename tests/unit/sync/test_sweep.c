/* A sweep that the disk refuses: owed until it is done, whether anything else changes or not. */
#include "token_world.h"

#include "store/memory.h"
#include "store/schema.h"
#include "test_main.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static bool is_owed(struct token_world *w)
{
    struct store_txn *txn;
    struct bytes key;
    assert_int_equal(store_begin(token_world_store(w), STORE_READ, &txn, NULL), ST_OK);
    struct store_cursor *cursor = store_cursor(txn, TABLE_SWEEP);
    bool owed = store_next(cursor, &key, NULL) == ST_OK;
    store_cursor_close(cursor);
    store_abort(txn);
    return owed;
}

/* An account that has read everything, and reads no more. */
static struct token_world *begin(uint64_t seed)
{
    struct token_world *w = token_world_quiet(seed);
    struct buf payload;
    token_world_boot(w);
    token_world_login(w);
    buf_init(&payload, 1024);
    command_warehouse_put(&payload, bytes_text("pp"), bytes_text("pp"));
    token_world_apply(w, COMMAND_WAREHOUSE_PUT, &payload);
    return w;
}

/* What changes a link changes is all targets there: a sweep. */
static void link_it(struct token_world *w)
{
    const struct link_change link = {.warehouse = bytes_text("pp"),
                                     .account = bytes_text("shop-main"),
                                     .remote = bytes_text("default")};
    struct buf payload;
    buf_init(&payload, 1024);
    command_link(&payload, &link);
    token_world_apply(w, COMMAND_LINK_PUT, &payload);
}

static void refuse(struct token_world *w, bool always)
{
    store_memory_fail_next(token_world_store(w), STORE_FAULT_COMMIT, 0, ST_FULL, always);
}

static void what_was_refused_once_goes_on_soon(void **state)
{
    (void)state;
    struct token_world *w = begin(1);
    link_it(w);
    refuse(w, false);
    token_world_run(w, SECOND);
    assert_true(is_owed(w)); /* not at once: a disk that is full would be asked a thousand times */
    token_world_run(w, 2 * SECOND);
    assert_false(is_owed(w));
    token_world_free(w);
}

static void what_is_refused_for_long_goes_on_when_it_can(void **state)
{
    (void)state;
    for (uint64_t seed = 2; seed < 6; seed++) {
        struct token_world *w = begin(seed);
        link_it(w);
        refuse(w, true);
        token_world_run(w, (int64_t)seed * 3 * MINUTE);
        assert_true(is_owed(w));
        store_memory_fail_next(token_world_store(w), STORE_FAULT_COMMIT, 0, ST_OK, false);
        token_world_run(w, 5 * MINUTE);
        assert_false(is_owed(w));
        token_world_free(w);
    }
}

/* A stop does not wait for the next try. */
static void a_stop_leaves_it_for_the_next_start(void **state)
{
    (void)state;
    struct token_world *w = begin(6);
    link_it(w);
    refuse(w, true);
    token_world_run(w, MINUTE);
    store_memory_fail_next(token_world_store(w), STORE_FAULT_COMMIT, 0, ST_OK, false);
    assert_true(is_owed(w));
    token_world_kill(w, SECOND);
    token_world_boot(w);
    token_world_run(w, SECOND);
    assert_false(is_owed(w));
    token_world_free(w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_was_refused_once_goes_on_soon),
    cmocka_unit_test(what_is_refused_for_long_goes_on_when_it_can),
    cmocka_unit_test(a_stop_leaves_it_for_the_next_start),
};

TEST_MAIN(cases)
