/* Listings: seen, changed, mapped by SKU, barcode and hand; conflicts; states that hold. */
#include "engine_fixture.h"

static void see(struct world *w, const char *id, const char *sku, const char *barcode,
                enum listing_state state)
{
    rows_start(w, 1);
    row_listing(w, id, sku, barcode, state);
    rows_end(w);
    world_ok(w);
}

static void by_sku_then_by_barcode(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 0);
    do_barcode(&w, "A", "111");
    do_barcode(&w, "B", "222");
    see(&w, "L1", "A", "222", LISTING_ACTIVE); /* the SKU decides */
    assert_int_equal(listing_product_of(&w, "L1"), product_no(&w, "A"));
    see(&w, "L2", "unknown", "222", LISTING_ACTIVE);
    assert_int_equal(listing_product_of(&w, "L2"), product_no(&w, "B"));
    see(&w, "L3", "a", NULL, LISTING_ACTIVE); /* exact bytes */
    assert_int_equal(listing_product_of(&w, "L3"), 0);
    see(&w, "L2", "unknown", "222", LISTING_ACTIVE);
    assert_false(w.result.changed); /* seen again as it was */
    world_close(&w);
}

static void conflicts(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_barcode(&w, "B", "222");
    do_barcode(&w, "C", "222");
    do_barcode(&w, "D", "333");
    see(&w, "L1", NULL, "222", LISTING_ACTIVE);
    assert_string_equal(conflict_of(&w, "L1"), "barcode-on-two-products");
    rows_start(&w, 1);
    const struct listing_view two = {
        .id = bytes_text("L2"),
        .keys = {{bytes_text("sku"), bytes_text("B")}, {bytes_text("sku"), bytes_text("D")}},
        .key_count = 2};
    rows_listing(&w.rows, &two, false);
    rows_end(&w);
    assert_string_equal(conflict_of(&w, "L2"), "keys-name-two-products");
    see(&w, "LA2", "A", NULL, LISTING_ACTIVE); /* re-created under a new id */
    assert_string_equal(conflict_of(&w, "LA2"), "product-has-a-listing");
    assert_int_equal(listing_product_of(&w, "LA2"), 0);
    w.now += 1000;
    uint64_t commands = rows_in(&w, TABLE_COMMAND);
    see(&w, "LA2", "A", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_in(&w, TABLE_COMMAND), commands); /* the same conflict is no news */
    /* Confirmed by hand both are fed. */
    do_map(&w, "shop", "LA2", "A");
    world_ok(&w);
    assert_string_equal(conflict_of(&w, "LA2"), "");
    assert_int_equal(target_of(&w, "LA2", "R1").wanted_value, 10);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 10);
    do_map(&w, "shop", "L1", "C");
    assert_int_equal(rows_in(&w, TABLE_CONFLICT), 1);
    see(&w, "L2", "D", NULL, LISTING_ACTIVE); /* the marketplace's keys were mended */
    assert_int_equal(rows_in(&w, TABLE_CONFLICT), 0);
    world_close(&w);
}

/* The other listing of its product is led elsewhere, or is gone: no reading need tell it again. */
static void a_listing_waits_for_its_product_to_be_free(void **state)
{
    (void)state;
    for (int gone = 0; gone < 2; gone++) {
        struct world w;
        world_open(&w);
        world_shop(&w, 2);
        see(&w, "LA2", "A", NULL, LISTING_ACTIVE);
        assert_string_equal(conflict_of(&w, "LA2"), "product-has-a-listing");
        if (gone)
            see(&w, "LA", "A", NULL, LISTING_GONE);
        else
            do_map(&w, "shop", "LA", "B");
        assert_string_equal(conflict_of(&w, "LA2"), "");
        assert_int_equal(target_of(&w, "LA2", "R1").wanted_value, 10);
        world_close(&w);
    }
}

/* The marketplace gives the other one another SKU. */
static void a_product_is_free_when_its_listing_shows_another_one(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_product(&w, "E");
    see(&w, "LA2", "A", NULL, LISTING_ACTIVE);
    see(&w, "LA", "E", NULL, LISTING_ACTIVE);
    assert_int_equal(listing_product_of(&w, "LA"), product_no(&w, "E"));
    assert_string_equal(conflict_of(&w, "LA2"), "");
    assert_int_equal(listing_product_of(&w, "LA2"), product_no(&w, "A"));
    world_close(&w);
}

/* It waited for its product, was led to another one by hand, and its own has come since. */
static void led_back_by_an_undo_it_has_what_it_waited_for(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    do_product_delete(&w, "A");
    do_map(&w, "shop", "LA", "B");
    uint64_t mapped = w.result.sequence;
    do_product(&w, "A");
    assert_int_equal(listing_product_of(&w, "LA"), product_no(&w, "B"));
    do_undo(&w, mapped);
    world_ok(&w);
    assert_int_equal(listing_product_of(&w, "LA"), product_no(&w, "A"));
    world_close(&w);
}

static void a_product_is_free_when_a_mapping_is_undone(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    do_product(&w, "C");
    do_map(&w, "shop", "LB", "C");
    uint64_t mapped = w.result.sequence;
    see(&w, "LC", "C", NULL, LISTING_ACTIVE);
    assert_string_equal(conflict_of(&w, "LC"), "product-has-a-listing");
    do_undo(&w, mapped);
    world_ok(&w);
    assert_int_equal(listing_product_of(&w, "LB"), product_no(&w, "B"));
    assert_int_equal(listing_product_of(&w, "LC"), product_no(&w, "C"));
    world_close(&w);
}

/* B became part of A and was made anew: its listing goes to it when A goes, which no reading need
 * tell. Taken back, all is as before. */
static void a_listing_goes_back_to_its_own_product_when_the_other_goes(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    do_merge(&w, "A", "B", MERGE_SUM);
    do_product(&w, "B");
    do_set(&w, "B", "pp", 4);
    uint64_t merged = product_no(&w, "A");
    assert_int_equal(listing_product_of(&w, "LB"), merged);
    do_product_delete(&w, "A");
    world_ok(&w);
    uint64_t deleted = w.result.sequence;
    assert_int_equal(listing_product_of(&w, "LA"), 0);
    assert_int_equal(listing_product_of(&w, "LB"), product_no(&w, "B"));
    assert_int_equal(target_of(&w, "LB", "R1").wanted_value, 4);
    do_undo(&w, deleted);
    world_ok(&w);
    assert_int_equal(listing_product_of(&w, "LA"), merged);
    assert_int_equal(listing_product_of(&w, "LB"), merged);
    assert_int_equal(target_of(&w, "LB", "R1").wanted_value, 20);
    world_close(&w);
}

static void a_conflict_ends_when_its_listing_goes(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    see(&w, "LA2", "A", NULL, LISTING_ACTIVE);
    see(&w, "LA2", "A", NULL, LISTING_GONE);
    assert_string_equal(conflict_of(&w, "LA2"), "");
    see(&w, "LA2", "A", NULL, LISTING_ACTIVE);
    see(&w, "LA", "A", NULL, LISTING_GONE);
    see(&w, "LA2", "A", NULL, LISTING_ACTIVE);
    assert_int_equal(listing_product_of(&w, "LA2"), product_no(&w, "A"));
    world_close(&w);
}

static void changed_keys_move_the_listing(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    see(&w, "LC", "nothing", NULL, LISTING_ACTIVE);
    do_push_all(&w, 1);
    see(&w, "LA", "renamed", NULL, LISTING_ACTIVE);
    assert_int_equal(listing_product_of(&w, "LA"), 0);
    assert_false(target_is(&w, "LA", "R1"));
    see(&w, "LC", "A", NULL, LISTING_ACTIVE);
    assert_int_equal(target_of(&w, "LC", "R1").wanted_value, 10);
    do_push_all(&w, 1);
    do_product(&w, "E");
    do_set(&w, "E", "pp", 4);
    see(&w, "LC", "E", NULL, LISTING_ACTIVE); /* another product: what is shown there stays known */
    struct target_record t = target_of(&w, "LC", "R1");
    assert_int_equal(t.wanted_value, 4);
    assert_true(t.flags & TARGET_ACKED);
    assert_int_equal(t.acked_value, 10);
    assert_int_equal(t.queued_priority, PRIORITY_DECREASE);
    world_close(&w);
}

static void moved_while_its_write_is_open(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_product(&w, "E");
    do_set(&w, "E", "pp", 4);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_map(&w, "shop", "LA", "E");
    world_ok(&w);
    struct target_record t = target_of(&w, "LA", "R1");
    assert_int_equal(t.wanted_value, 4);
    assert_true(t.flags & TARGET_OPEN); /* I4 is about the place, whatever product it shows */
    assert_true(t.flags & TARGET_UNRESOLVED);
    do_outcome(&w, 0, OUTCOME_OK, 0); /* by the name that it had */
    t = target_of(&w, "LA", "R1");
    assert_int_equal(t.acked_value, 10);
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(w.batch.items[0].wanted, 4);
    assert_int_equal(w.batch.items[0].base, 10);
    world_close(&w);
}

static void by_hand(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    do_map(&w, "shop", "LA", "B");
    world_ok(&w);
    assert_int_equal(listing_product_of(&w, "LA"), product_no(&w, "B"));
    see(&w, "LA", "A", "new barcode", LISTING_ACTIVE); /* what a person tied, keys do not untie */
    assert_int_equal(listing_product_of(&w, "LA"), product_no(&w, "B"));
    do_map(&w, "shop", "LA", "");
    assert_int_equal(listing_product_of(&w, "LA"), 0);
    see(&w, "LA", "A", NULL, LISTING_ACTIVE);
    assert_int_equal(listing_product_of(&w, "LA"), 0); /* nor tie */
    do_map(&w, "shop", "LA", "");
    world_ok(&w);
    assert_false(w.result.changed);
    do_map(&w, "shop", "LX", "A");
    world_refused(
        &w, ST_NOT_FOUND,
        "account 'shop' has no listing 'LX'; `stockctl listing list --account shop` shows "
        "them");
    do_map(&w, "shop", "LA", "X");
    world_refused(&w, ST_NOT_FOUND,
                  "there is no product 'X'; add it with `stockctl product add X`");
    see(&w, "LD", "A", NULL, LISTING_DIGITAL);
    do_map(&w, "shop", "LD", "A");
    world_refused(
        &w, ST_CONFLICT,
        "that listing is digital: its stock is not the seller's to write, so it cannot be "
        "linked");
    world_close(&w);
}

static void states_that_hold(void **state)
{
    (void)state;
    static const struct {
        enum listing_state state;
        bool target, held;
    } cases[] = {
        {LISTING_ACTIVE, true, false},
        {LISTING_ENDED, true, false},
        {LISTING_NOT_READY, true, true},
        {LISTING_ARCHIVED, true, true},
        {LISTING_MARKETPLACE_STOCKED, false, false},
        {LISTING_DIGITAL, false, false},
        {LISTING_GONE, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_open(&w);
        world_shop(&w, 1);
        see(&w, "LA", "A", NULL, cases[i].state);
        assert_int_equal(target_is(&w, "LA", "R1"), cases[i].target);
        if (cases[i].target)
            assert_int_equal(target_of(&w, "LA", "R1").hold, cases[i].held ? HOLD_LISTING : 0);
        assert_int_equal(do_select(&w, 1, 10), cases[i].target && !cases[i].held);
        do_outcomes(&w, OUTCOME_OK);
        see(&w, "LA", "A", NULL, LISTING_ACTIVE); /* and back */
        assert_int_equal(target_of(&w, "LA", "R1").hold, 0);
        world_close(&w);
    }
}

static void a_changed_group_moves_it_in_the_outbox(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    const struct engine_rules rules = {.routes = {{.grouping = GROUPING_LISTING, .max_items = 10}},
                                       .route_count = 1,
                                       .attempts = 5};
    engine_rules_set(w.engine, 1, &rules);
    world_shop(&w, 1);
    rows_start(&w, 1);
    struct listing_view view = {.id = bytes_text("LA"),
                                .group = bytes_text("parent"),
                                .keys = {{bytes_text("sku"), bytes_text("A")}},
                                .key_count = 1};
    rows_listing(&w.rows, &view, false);
    rows_end(&w);
    world_ok(&w); /* the fixture verifies that no row stayed behind */
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 1);
    /* The rules of another version of the plugin group otherwise. */
    const struct engine_rules other = {
        .routes = {{.grouping = GROUPING_WAREHOUSE, .max_items = 10}}, .route_count = 1};
    engine_rules_set(w.engine, 1, &other);
    while (do_select(&w, 1, 10) == 0 && w.batch.more)
        ;
    assert_int_equal(w.batch.count, 1);
    world_close(&w);
}

static void plugin_data(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    const struct engine_rules rules = {
        .routes = {{.max_items = 10}}, .route_count = 1, .attempts = 5, .data_version = 1};
    engine_rules_set(w.engine, 1, &rules);
    world_shop(&w, 1);
    const struct target_id id = target_id_of(&w, "LA", "R1");
    rows_start(&w, 1);
    rows_listing_data(&w.rows, id.listing, bytes_text("inventory 7"));
    rows_target_data(&w.rows, &id, bytes_text("revision 3"));
    rows_state(&w.rows, "cursor", bytes_text("abc"));
    rows_end(&w);
    world_ok(&w);
    assert_int_equal(rows_in(&w, TABLE_ACCOUNT_STATE), 1);
    rows_start(&w, 1);
    struct listing_view view = {.id = bytes_text("LA"),
                                .title = bytes_text("Lamp"),
                                .keys = {{bytes_text("sku"), bytes_text("A")}},
                                .key_count = 1};
    rows_listing(&w.rows, &view, true); /* keeps the data */
    rows_state(&w.rows, "cursor", bytes_of("", 0));
    rows_end(&w);
    assert_int_equal(rows_in(&w, TABLE_ACCOUNT_STATE), 0);
    assert_int_equal(do_select(&w, 1, 1), 1);
    assert_string_equal(w.batch.items[0].listing_id, "LA");
    assert_string_equal(w.batch.items[0].remote_id, "R1");
    assert_true(bytes_equal(w.batch.items[0].listing_data, bytes_text("inventory 7")));
    assert_true(bytes_equal(w.batch.items[0].target_data, bytes_text("revision 3")));
    assert_int_equal(w.batch.items[0].key_count, 1);
    assert_string_equal(w.batch.items[0].keys[0].value, "A");
    do_outcomes(&w, OUTCOME_RETRY);
    struct engine_rules newer = rules;
    newer.data_version = 2;
    engine_rules_set(w.engine, 1, &newer);
    w.now += 10000;
    assert_int_equal(do_select(&w, 1, 1), 1);
    assert_int_equal(w.batch.items[0].listing_data.size, 0); /* of another version: absent */
    world_close(&w);
}

/* A question about a write was answered when the next one had left, with what that one has put
 * there: what the answer makes of the older data is ignored. */
static void a_question_undoes_no_later_write(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    const struct engine_rules rules = {
        .routes = {{.max_items = 10}}, .route_count = 1, .attempts = 5, .data_version = 1};
    engine_rules_set(w.engine, 1, &rules);
    world_shop(&w, 1);
    const struct target_id id = target_id_of(&w, "LA", "R1");
    assert_int_equal(do_select(&w, 1, 1), 1);
    do_outcomes(&w, OUTCOME_OK);
    const int64_t first_ms = w.now;
    for (int later = 0; later < 2; later++) {
        rows_start(&w, 1);
        rows_looked_data(&w.rows, &id, first_ms, bytes_text(later ? "late" : "in time"));
        rows_end(&w);
        world_ok(&w);
        w.now += 10000;
        do_set(&w, "A", "pp", 20 + later);
        assert_int_equal(do_select(&w, 1, 1), 1);
        assert_true(bytes_equal(w.batch.items[0].listing_data, bytes_text("in time")));
        do_outcomes(&w, OUTCOME_OK);
    }
    world_close(&w);
}

/* A cursor moves every ten seconds: the account takes it over, and looks for nothing to send. */
static struct engine_touched keep_state(struct world *w, const char *text)
{
    rows_start(w, 1);
    rows_state(&w->rows, "cursor", bytes_text(text));
    rows_end(w);
    world_ok(w);
    return engine_touched_take(w->engine);
}

/* Nothing that the log tells of, either; and as it was it is not even news for the account. */
static void plugin_state_is_nothing_to_send(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    engine_touched_take(w.engine);
    uint64_t commands = rows_in(&w, TABLE_COMMAND);
    static const struct {
        const char *text;
        bool news;
    } kept[] = {{"abc", true}, {"abc", false}, {"abd", true}, {"", true}, {"", false}};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        struct engine_touched touched = keep_state(&w, kept[i].text);
        assert_int_equal(engine_touched_facts(&touched, 1), kept[i].news);
        assert_false(engine_touched_has(&touched, 1));
    }
    assert_int_equal(rows_in(&w, TABLE_COMMAND), commands);
    assert_int_equal(rows_in(&w, TABLE_ACCOUNT_STATE), 0);
    world_close(&w);
}

/* Who reads an account's facts in the transaction that changed them takes the sign with it: all of
 * it, and only that of this group. */
static void facts_read_at_once_are_no_news(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    engine_touched_take(w.engine);
    static const struct {
        bool cursor, remote;
        enum engine_facts facts;
    } told[] = {{false, false, FACTS_NONE},
                {true, false, FACTS_STATE},
                {false, true, FACTS_ALL},
                {true, true, FACTS_ALL}};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        const char text[] = {(char)('a' + i), 0};
        rows_start(&w, 1);
        if (told[i].cursor) rows_state(&w.rows, "cursor", bytes_text(text));
        if (told[i].remote) row_remote(&w, text, true);
        const struct command command = {.kind = COMMAND_ROWS,
                                        .actor = "shop",
                                        .now_ms = w.now,
                                        .payload = bytes_of(w.rows.data, w.rows.size)};
        struct store_txn *txn = world_begin(&w);
        assert_int_equal(engine_apply(w.engine, txn, &command, NULL, &w.error), ST_OK);
        assert_int_equal(engine_touched_facts_take(w.engine, 1), told[i].facts);
        assert_int_equal(engine_touched_facts_take(w.engine, 1), FACTS_NONE);
        world_commit(&w, txn);
        struct engine_touched touched = engine_touched_take(w.engine);
        assert_false(engine_touched_facts(&touched, 1));
        assert_int_equal(engine_touched_has(&touched, 1), told[i].remote);
    }
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(plugin_state_is_nothing_to_send),
    cmocka_unit_test(facts_read_at_once_are_no_news),
    cmocka_unit_test(by_sku_then_by_barcode),
    cmocka_unit_test(conflicts),
    cmocka_unit_test(a_conflict_ends_when_its_listing_goes),
    cmocka_unit_test(a_listing_waits_for_its_product_to_be_free),
    cmocka_unit_test(a_product_is_free_when_its_listing_shows_another_one),
    cmocka_unit_test(a_product_is_free_when_a_mapping_is_undone),
    cmocka_unit_test(led_back_by_an_undo_it_has_what_it_waited_for),
    cmocka_unit_test(a_listing_goes_back_to_its_own_product_when_the_other_goes),
    cmocka_unit_test(changed_keys_move_the_listing),
    cmocka_unit_test(moved_while_its_write_is_open),
    cmocka_unit_test(by_hand),
    cmocka_unit_test(states_that_hold),
    cmocka_unit_test(a_changed_group_moves_it_in_the_outbox),
    cmocka_unit_test(plugin_data),
    cmocka_unit_test(a_question_undoes_no_later_write),
};

TEST_MAIN(cases)
