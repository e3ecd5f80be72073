/* Accounts: declared, paused, resumed, parked; another seller; a new epoch; what was read. */
#include "engine_fixture.h"

static struct account_view look(struct world *w)
{
    static struct buf memory; /* what the view points into */
    buf_free(&memory);
    buf_init(&memory, RECORD_MAX);
    struct store_txn *txn;
    struct bytes value;
    uint8_t key[4];
    struct account_view view;
    bytes_put_u32(key, 1);
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(store_get(txn, TABLE_ACCOUNT, bytes_of(key, sizeof key), &value), ST_OK);
    buf_add(&memory, value.data, value.size);
    store_abort(txn);
    assert_int_equal(account_read(bytes_of(memory.data, memory.size), &view), ST_OK);
    return view;
}

static void learn(struct world *w, const struct account_fact *fact)
{
    rows_start(w, 1);
    rows_account(&w->rows, fact);
    rows_end(w);
    world_ok(w);
}

static void declared_paused_resumed(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    do_account(&w, "shop");
    assert_true(w.result.changed);
    do_account(&w, "shop");
    assert_false(w.result.changed);
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_account_put(&buf, bytes_text("shop"), bytes_text("other"), false);
    world_do(&w, COMMAND_ACCOUNT_PUT, &buf);
    world_refused(&w, ST_CONFLICT,
                  "account 'shop' was made with plugin 'market' and its listings are of that "
                  "marketplace; give the new account another name");
    w.now += 5;
    do_switch(&w, "shop", ACCOUNT_PAUSE);
    assert_true(look(&w).paused);
    assert_int_equal(look(&w).since_ms, w.now);
    do_switch(&w, "shop", ACCOUNT_PAUSE);
    assert_false(w.result.changed);
    do_switch(&w, "shop", ACCOUNT_PARK);
    assert_true(look(&w).parked);
    assert_true(bytes_equal(look(&w).parked_code, bytes_text("auth")));
    do_switch(&w, "shop", ACCOUNT_PARK);
    assert_false(w.result.changed);
    do_switch(&w, "shop", ACCOUNT_RESUME);
    assert_false(look(&w).parked || look(&w).paused);
    do_switch(&w, "nobody", ACCOUNT_RESUME);
    assert_int_equal(w.status, ST_NOT_FOUND);
    do_account(&w, "");
    world_refused(&w, ST_INVALID, "an account's name has 1 to 63 bytes; this one has 0");
    look(&w);
    world_close(&w);
}

static void another_seller_parks(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    do_account(&w, "shop");
    const struct account_fact first = {.identity = bytes_text("seller 1"), .checked = true};
    const struct account_fact other = {.identity = bytes_text("seller 2")};
    learn(&w, &first);
    assert_false(look(&w).parked);
    assert_int_equal(look(&w).checked_ms, w.now);
    learn(&w, &first);
    assert_false(look(&w).parked);
    learn(&w, &other);
    assert_true(look(&w).parked);
    assert_true(bytes_equal(look(&w).parked_code, bytes_text("other-seller")));
    assert_true(bytes_equal(look(&w).identity, bytes_text("seller 1")));
    world_close(&w);
}

static void do_park(struct world *w, uint64_t print)
{
    struct buf buf;
    buf_init(&buf, RECORD_MAX);
    command_account_park(&buf, bytes_text("shop"), "401", "no such key", print);
    world_do(w, COMMAND_ACCOUNT_SWITCH, &buf);
}

/* Parked for settings: under whichever a check is passed, it is over. */
static void a_check_ends_what_settings_were_refused_for(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    do_account(&w, "shop");
    const struct account_fact wordless = {.identity = bytes_text("seller 1"), .print = 1};
    const struct account_fact passed = {.checked = true, .print = 1};
    const struct account_fact mended = {
        .identity = bytes_text("seller 1"), .checked = true, .print = 2};
    do_park(&w, 1);
    learn(&w, &wordless); /* a reading tells whose they are, too; that is no check */
    assert_true(look(&w).parked);
    learn(&w, &passed);
    assert_false(look(&w).parked);
    do_park(&w, 1);
    learn(&w, &mended);
    assert_false(look(&w).parked);
    do_park(&w, 0); /* for no settings: a person says when that is over */
    learn(&w, &mended);
    assert_true(look(&w).parked);
    look(&w);
    world_close(&w);
}

/* The same key may open another shop from one day to the next. */
static void another_seller_under_the_same_settings_stays_parked(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    do_account(&w, "shop");
    const struct account_fact first = {
        .identity = bytes_text("seller 1"), .checked = true, .print = 1};
    const struct account_fact other = {
        .identity = bytes_text("seller 2"), .checked = true, .print = 1};
    const struct account_fact last = {.checked = true, .print = 1};
    learn(&w, &first);
    learn(&w, &other);
    assert_true(look(&w).parked);
    learn(&w, &last); /* the check's last part need not say it again */
    assert_true(look(&w).parked);
    learn(&w, &first);
    assert_false(look(&w).parked);
    world_close(&w);
}

static void a_new_epoch_asks_for_everything_again(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    do_account(&w, "shop");
    const struct account_fact one = {.epoch = bytes_text("v1"),
                                     .warnings = bytes_text("w"),
                                     .abilities = bytes_text("a"),
                                     .key_expires_ms = 77};
    learn(&w, &one);
    rows_start(&w, 1);
    rows_complete(&w.rows, SCOPE_LISTINGS, bytes_of("", 0));
    rows_complete(&w.rows, SCOPE_WAREHOUSES, bytes_of("", 0));
    rows_complete(&w.rows, SCOPE_ALL_STOCK, bytes_of("", 0));
    rows_complete(&w.rows, SCOPE_ITEMS, bytes_of("", 0));
    rows_end(&w);
    assert_true(look(&w).listings_read && look(&w).warehouses_read);
    assert_int_equal(look(&w).stock_ms, w.now);
    const struct account_fact same = {.epoch = bytes_text("v1")};
    learn(&w, &same);
    assert_true(look(&w).listings_read);
    assert_int_equal(look(&w).key_expires_ms, 77);
    assert_true(bytes_equal(look(&w).warnings, bytes_text("w")));
    const struct account_fact two = {.epoch = bytes_text("v3")};
    learn(&w, &two);
    assert_false(look(&w).listings_read || look(&w).warehouses_read);
    look(&w);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(declared_paused_resumed),
    cmocka_unit_test(another_seller_parks),
    cmocka_unit_test(a_check_ends_what_settings_were_refused_for),
    cmocka_unit_test(another_seller_under_the_same_settings_stays_parked),
    cmocka_unit_test(a_new_epoch_asks_for_everything_again),
};

TEST_MAIN(cases)
