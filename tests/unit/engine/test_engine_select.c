/* Selection: order, sizes, groups, routes, and what it tells of the rest. */
#include "engine_fixture.h"

#include <stdio.h>
#include <time.h>

/* Everything pushed, then the first `n` of 10 products set to these figures. */
static void open_with(struct world *w, const struct engine_rules *rules, const int64_t *figures,
                      unsigned n)
{
    world_open(w);
    if (rules) engine_rules_set(w->engine, 1, rules);
    world_shop(w, 10);
    do_push_all(w, 1);
    for (unsigned i = 0; i < n; i++) {
        const char sku[2] = {(char)('A' + i), 0};
        w->now += 10;
        do_set(w, sku, "pp", figures[i]);
    }
    engine_touched_take(w->engine);
}

/* The SKU letters of the batch, in its order. */
static const char *taken(const struct world *w)
{
    static char text[64];
    uint32_t i;
    for (i = 0; i < w->batch.count; i++)
        text[i] = w->batch.items[i].listing_id[1];
    text[i] = 0;
    return text;
}

static uint32_t select_route(struct world *w, uint32_t route, uint32_t most)
{
    struct engine_select ask = {.account = 1, .route = route, .most = most, .now_ms = w->now};
    ask.operation[0] = ++w->next_id;
    memcpy(w->operation, ask.operation, sizeof w->operation);
    struct store_txn *txn = world_begin(w);
    w->status = engine_select(w->engine, txn, &ask, &w->batch, &w->error);
    world_ok(w);
    world_commit(w, txn);
    return w->batch.count;
}

static void zeros_then_decreases_then_increases_oldest_first(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {11, 9, 0, 12, 8, 0};
    open_with(&w, NULL, figures, 6);
    do_select(&w, 1, 100);
    assert_string_equal(taken(&w), "CFBEAD");
    assert_false(w.batch.more);
    assert_int_equal(w.batch.next_due_ms, INT64_MAX);
    assert_int_equal(rows_in(&w, TABLE_FLIGHT), 1);
    world_close(&w);
}

static void more_than_one_batch(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {11, 9, 0, 12};
    open_with(&w, NULL, figures, 4);
    do_select(&w, 1, 1);
    assert_string_equal(taken(&w), "C");
    assert_true(w.batch.more && w.batch.decreases);
    do_select(&w, 1, 1);
    assert_string_equal(taken(&w), "B");
    assert_true(w.batch.more && !w.batch.decreases);
    do_select(&w, 1, 2);
    assert_string_equal(taken(&w), "AD");
    assert_false(w.batch.more);
    do_select(&w, 1, 2);
    assert_int_equal(w.batch.count, 0);
    assert_int_equal(rows_in(&w, TABLE_FLIGHT), 3); /* an empty batch is no flight */
    world_close(&w);
}

static void holding_only_tells(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {11, 9};
    open_with(&w, NULL, figures, 2);
    const struct engine_select ask = {.account = 1, .most = 100, .now_ms = w.now, .holding = true};
    struct store_txn *txn = world_begin(&w);
    assert_int_equal(engine_select(w.engine, txn, &ask, &w.batch, &w.error), ST_OK);
    world_commit(&w, txn);
    assert_int_equal(w.batch.count, 0);
    assert_true(w.batch.more && w.batch.decreases);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 2);
    world_close(&w);
}

static uint32_t select_behind(struct world *w, enum engine_barrier barrier)
{
    struct engine_select ask = {.account = 1, .most = 10, .now_ms = w->now, .barrier = barrier};
    ask.operation[0] = ++w->next_id;
    memcpy(w->operation, ask.operation, sizeof w->operation);
    struct store_txn *txn = world_begin(w);
    assert_int_equal(engine_select(w->engine, txn, &ask, &w->batch, &w->error), ST_OK);
    world_commit(w, txn);
    return w->batch.count;
}

/* Ten were written, four are read to be there: six are fewer than is believed and more than is
 * shown, and perhaps the others are ordered. */
static void a_decrease_from_what_is_believed_may_be_an_increase(void **state)
{
    (void)state;
    static const int64_t figures[] = {6};
    for (int read = 0; read < 2; read++) {
        struct world w;
        open_with(&w, NULL, figures, 1);
        w.now += 60000;
        if (read) {
            rows_start(&w, 1);
            row_stock(&w, "R1", "LA", 4);
            assert_int_equal(rows_end(&w), ST_OK);
        }
        w.now += 10;
        assert_int_equal(select_behind(&w, BARRIER_INCREASES), read ? 0 : 1);
        assert_int_equal(w.batch.barred, read);
        if (read) assert_int_equal(select_behind(&w, BARRIER_OPEN), 1);
        world_close(&w);
    }
}

static void quotas_are_stored_with_the_batch(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {11};
    open_with(&w, NULL, figures, 1);
    const struct engine_quota_row quotas[] = {{"ozon/1/push", bytes_text("state")}};
    struct engine_select ask = {
        .account = 1, .most = 1, .now_ms = w.now, .quotas = quotas, .quota_count = 1};
    for (int i = 0; i < 2; i++) {
        struct store_txn *txn = world_begin(&w);
        assert_int_equal(engine_select(w.engine, txn, &ask, &w.batch, &w.error), ST_OK);
        world_commit(&w, txn);
        assert_int_equal(rows_in(&w, TABLE_QUOTA), 1);
        ask.quotas = (const struct engine_quota_row[]){{"other", bytes_text("state")}};
    }
    world_close(&w);
}

static void other_accounts_are_left_alone(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {11};
    open_with(&w, NULL, figures, 1);
    do_account(&w, "second");
    rows_start(&w, 2);
    row_remote(&w, "S1", true);
    row_listing(&w, "SA", "A", NULL, LISTING_ACTIVE);
    row_listing(&w, "SB", "B", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    do_link(&w, "pp", "second", "S1");
    do_sweeps(&w, 0);
    assert_int_equal(do_select(&w, 1, 100), 1);
    assert_int_equal(do_select(&w, 2, 100), 2);
    assert_int_equal(do_select(&w, 3, 100), 0);
    world_close(&w);
}

static const struct engine_rules by_warehouse = {
    .routes = {{.grouping = GROUPING_WAREHOUSE, .max_items = 100}},
    .route_count = 1,
    .attempts = 5};
static const struct engine_rules by_value = {
    .routes = {{.grouping = GROUPING_VALUE, .max_items = 100}}, .route_count = 1, .attempts = 5};
static const struct engine_rules by_listing = {
    .routes = {{.grouping = GROUPING_LISTING, .max_items = 100}}, .route_count = 1, .attempts = 5};

static void one_warehouse_at_a_time_decreases_first(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {11, 12};
    open_with(&w, &by_warehouse, figures, 2);
    do_warehouse(&w, "kot");
    rows_start(&w, 1);
    row_remote(&w, "R2", true);
    assert_int_equal(rows_end(&w), ST_OK);
    do_set(&w, "C", "kot", 5);
    do_set(&w, "D", "kot", 6);
    do_link(&w, "kot", "shop", "R2");
    do_sweeps(&w, 0);
    do_select(&w, 1, 100);
    assert_string_equal(taken(&w), "AB");
    assert_true(w.batch.more);
    do_outcomes(&w, OUTCOME_OK);
    do_select(&w, 1, 100);
    assert_string_equal(taken(&w), "CD");
    assert_string_equal(w.batch.items[0].remote_id, "R2");
    do_outcomes(&w, OUTCOME_OK);
    do_set(&w, "A", "pp", 20);
    do_set(&w, "D", "kot", 0);
    do_select(&w, 1, 100);
    assert_string_equal(taken(&w), "D"); /* a zero of a later warehouse before an increase */
    do_select(&w, 1, 100);
    assert_string_equal(taken(&w), "A");
    assert_false(w.batch.more);
    world_close(&w);
}

static void equal_values_only(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {15, 16, 15, 16, 17};
    open_with(&w, &by_value, figures, 5);
    static const char *const batches[] = {"AC", "BD", "E"};
    for (int i = 0; i < 3; i++) {
        do_select(&w, 1, 100);
        assert_string_equal(taken(&w), batches[i]);
        assert_int_equal(w.batch.more, i < 2);
    }
    world_close(&w);
}

static void see_group(struct world *w, const char *id, const char *sku, const char *group)
{
    rows_start(w, 1);
    const struct listing_view view = {.id = bytes_text(id),
                                      .group = bytes_text(group),
                                      .keys = {{bytes_text("sku"), bytes_text(sku)}},
                                      .key_count = 1};
    rows_listing(&w->rows, &view, false);
    rows_end(w);
    world_ok(w);
}

static void one_parent_at_a_time(void **state)
{
    (void)state;
    struct world w;
    open_with(&w, &by_listing, NULL, 0);
    see_group(&w, "LA", "A", "lamps");
    see_group(&w, "LB", "B", "chairs");
    see_group(&w, "LC", "C", "lamps");
    for (const char *sku = "ABC"; *sku; sku++)
        do_set(&w, (const char[]){*sku, 0}, "pp", 11);
    uint32_t lamps = 0, chairs = 0;
    for (int i = 0; i < 2; i++) {
        do_select(&w, 1, 100);
        lamps += strcmp(w.batch.items[0].group, "lamps") == 0 ? w.batch.count : 0;
        chairs += strcmp(w.batch.items[0].group, "chairs") == 0 ? w.batch.count : 0;
        assert_int_equal(w.batch.more, i == 0);
    }
    assert_int_equal(lamps, 2);
    assert_int_equal(chairs, 1);
    world_close(&w);
}

/* Route 0 takes everything but zeros and at least 3; route 1 takes all, one by one. */
static uint32_t two_routes(void *ctx, const struct engine_item *item, uint32_t *routes,
                           uint32_t max)
{
    (void)ctx;
    assert_true(max >= 2);
    if (item->wanted == 0) {
        routes[0] = 1;
        return 1;
    }
    routes[0] = 0;
    routes[1] = 1;
    return 2;
}

static const struct engine_rules routed = {
    .routes = {{.grouping = GROUPING_VALUE, .min_items = 3, .max_items = 100}, {.max_items = 1}},
    .route_count = 2,
    .attempts = 5,
    .item_routes = two_routes};

static void several_routes(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {0, 15, 15, 15, 16};
    world_open(&w);
    world_shop(&w, 10);
    do_push_all(&w, 1);
    engine_rules_set(w.engine, 1, &routed);
    engine_touched_take(w.engine);
    for (unsigned i = 0; i < 5; i++)
        do_set(&w, (const char[]){(char)('A' + i), 0}, "pp", figures[i]);
    struct engine_touched touched = engine_touched_take(w.engine);
    assert_true(engine_touched_unsorted(&touched, 1)); /* one selection will do for both */
    assert_false(engine_touched_has(&touched, 1));
    select_route(&w, 0, 100);
    assert_string_equal(taken(&w), "BCD");
    touched = engine_touched_take(w.engine); /* what it sorted it tells itself */
    assert_false(engine_touched_unsorted(&touched, 1) || engine_touched_has(&touched, 1));
    assert_int_equal(w.batch.other_routes, 2);
    assert_true(w.batch.more); /* E, of another value */
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 2);
    select_route(&w, 0, 100); /* E alone is too few for it: its next choice is told */
    assert_int_equal(w.batch.count, 0);
    assert_int_equal(w.batch.other_routes, 2);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 2);
    assert_int_equal(rows_in(&w, TABLE_FLIGHT), 1);
    select_route(&w, 1, 1);
    assert_string_equal(taken(&w), "A");
    select_route(&w, 1, 1);
    assert_string_equal(taken(&w), "E");
    assert_int_equal(target_of(&w, "LE", "R1").route, 1);
    assert_int_equal(w.batch.other_routes, 0);
    world_close(&w);
}

static void too_few_of_one_value_but_enough_of_another(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {15, 16, 16, 16};
    open_with(&w, NULL, NULL, 0);
    engine_rules_set(w.engine, 1, &routed);
    for (unsigned i = 0; i < 4; i++)
        do_set(&w, (const char[]){(char)('A' + i), 0}, "pp", figures[i]);
    select_route(&w, 0, 100);
    /* The first value came to too few: it goes by its next choice, and the others are found. */
    assert_string_equal(taken(&w), "BCD");
    assert_int_equal(w.batch.other_routes, 2);
    assert_false(w.batch.more);
    select_route(&w, 1, 1);
    assert_string_equal(taken(&w), "A");
    world_close(&w);
}

/* One route only, and it wants three: fewer go by it all the same, for there is no other. */
static void too_few_without_another_choice(void **state)
{
    (void)state;
    struct world w;
    static const struct engine_rules three = {
        .routes = {{.grouping = GROUPING_VALUE, .min_items = 3, .max_items = 100}},
        .route_count = 1,
        .attempts = 5};
    static const int64_t figures[] = {15, 15, 16};
    open_with(&w, &three, figures, 3);
    select_route(&w, 0, 100);
    assert_string_equal(taken(&w), "AB");
    select_route(&w, 0, 100);
    assert_string_equal(taken(&w), "C");
    world_close(&w);
}

/* Zeros one by one, up to 20 together, more than that by a route that takes up to 90. */
static uint32_t routes_by_size(void *ctx, const struct engine_item *item, uint32_t *routes,
                               uint32_t max)
{
    (void)ctx, (void)max;
    if (item->wanted == 77) return 0;
    routes[0] = 0;
    routes[1] = 1;
    return 2;
}

static const struct engine_rules limited = {
    .routes = {{.max_items = 100, .max_quantity = 20, .cadence_ms = 0},
               {.max_items = 100, .max_quantity = 90, .cadence_ms = 10000}},
    .route_count = 2,
    .attempts = 5,
    .item_routes = routes_by_size};

static void each_route_has_its_largest_figure(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {15, 50, 500, 77};
    open_with(&w, &limited, NULL, 0);
    for (unsigned i = 0; i < 4; i++)
        do_set(&w, (const char[]){(char)('A' + i), 0}, "pp", figures[i]);
    w.now += 20000; /* what was pushed before counts for the second route's cadence */
    select_route(&w, 0, 100);
    assert_string_equal(taken(&w), "A");
    do_outcomes(&w, OUTCOME_OK);
    select_route(&w, 1, 100);
    assert_string_equal(taken(&w), "BC");
    assert_int_equal(w.batch.items[1].wanted, 90);
    do_outcomes(&w, OUTCOME_OK);
    struct target_record t = target_of(&w, "LC", "R1");
    assert_true(t.capped && t.flags & TARGET_ACKED && !(t.flags & TARGET_QUEUED));
    t = target_of(&w, "LD", "R1"); /* the plugin has no way for it */
    assert_int_equal(t.hold, HOLD_ROUTE);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 0);
    do_set(&w, "D", "pp", 17);
    select_route(&w, 0, 100);
    assert_string_equal(taken(&w), "D");
    do_outcomes(&w, OUTCOME_OK);
    do_set(&w, "D", "pp", 21); /* by the route that leaves 10 s between two writes */
    select_route(&w, 1, 100);
    assert_int_equal(w.batch.count, 0);
    assert_int_equal(w.batch.next_due_ms, w.now + 10001);
    w.now += 10001;
    select_route(&w, 1, 100);
    assert_string_equal(taken(&w), "D");
    world_close(&w);
}

/* A plugin whose rules change finds what was sorted by the old ones. */
static void sorted_by_routes_that_are_gone(void **state)
{
    (void)state;
    struct world w;
    open_with(&w, &limited, NULL, 0);
    do_set(&w, "A", "pp", 15);
    do_set(&w, "B", "pp", 50);
    w.now += 20000;
    select_route(&w, 0, 0);
    world_restart(&w);
    struct engine_rules one = limited;
    one.route_count = 1;
    one.routes[0].max_quantity = 0;
    engine_rules_set(w.engine, 1, &one);
    struct engine_rules plain = one;
    plain.item_routes = NULL;
    do_set(&w, "C", "pp", 50);
    select_route(&w, 0, 2);
    assert_int_equal(w.batch.count, 2);
    engine_rules_set(w.engine, 1, &plain);
    select_route(&w, 0, 2);
    assert_true(w.batch.more); /* it moved to where such rules look */
    select_route(&w, 0, 2);
    assert_int_equal(w.batch.count, 1);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 0);
    world_close(&w);
}

/* What a selection looks at does not grow with the number of values that wait. */
static void many_values_cost_no_more(void **state)
{
    (void)state;
    enum { PRODUCTS = 4000 };
    static const unsigned distinct[] = {4, PRODUCTS / 2};
    double took[2];
    for (int round = 0; round < 2; round++) {
        struct world w;
        char sku[16], listing[16];
        world_open(&w);
        w.unverified = true;
        engine_rules_set(w.engine, 1, &routed);
        world_shop(&w, 0);
        for (int i = 0; i < PRODUCTS; i++) {
            snprintf(sku, sizeof sku, "S%d", i);
            snprintf(listing, sizeof listing, "L%d", i);
            do_product(&w, sku);
            do_set(&w, sku, "pp", 1 + i % (int)distinct[round]);
            rows_start(&w, 1);
            row_listing(&w, listing, sku, NULL, LISTING_ACTIVE);
            rows_end(&w);
        }
        clock_t begun = clock();
        uint32_t sent = 0, batches = 0;
        for (int idle = 0; idle < 2; batches++) {
            uint32_t count = select_route(&w, batches % 2, batches % 2 ? 1 : 100);
            sent += count;
            idle = count ? 0 : idle + 1;
        }
        took[round] = (double)(clock() - begun) / CLOCKS_PER_SEC / batches;
        assert_int_equal(sent, PRODUCTS);
        world_close(&w);
    }
    assert_true(took[1] < 3 * took[0] + 0.001);
}

static void halved_batches(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {11, 12, 13, 14, 15, 16};
    open_with(&w, NULL, figures, 4);
    do_select(&w, 1, 100);
    assert_int_equal(w.batch.count, 4);
    rows_start(&w, 1);
    for (uint32_t i = 0; i < 4; i++) {
        const struct outcome split = {.target = w.batch.items[i].target,
                                      .revision = w.batch.items[i].revision,
                                      .kind = OUTCOME_SPLIT,
                                      .observed = 2,
                                      .code = bytes_text("400")};
        rows_outcome(&w.rows, &split);
    }
    rows_end(&w);
    world_ok(&w);
    do_set(&w, "E", "pp", 15);
    do_set(&w, "F", "pp", 16);
    do_select(&w, 1, 100);
    assert_string_equal(taken(&w), "AB"); /* at most two in a batch with any of them */
    assert_true(w.batch.more);
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(target_of(&w, "LA", "R1").batch_cap, 0);
    do_select(&w, 1, 100);
    assert_string_equal(taken(&w), "CD");
    do_outcomes(&w, OUTCOME_OK);
    do_select(&w, 1, 100);
    assert_string_equal(taken(&w), "EF");
    world_close(&w);
}

/* Rules that came after the targets were marked: figures are computed at selection (I7). */
static void values_are_computed_late(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {50, 40};
    open_with(&w, NULL, figures, 2);
    const struct engine_rules capped = {
        .routes = {{.max_items = 10, .max_quantity = 45}}, .route_count = 1, .attempts = 5};
    engine_rules_set(w.engine, 1, &capped);
    uint64_t revision = target_of(&w, "LA", "R1").wanted_revision;
    assert_int_equal(do_select(&w, 1, 100), 2);
    assert_int_equal(w.batch.items[0].wanted, 45);
    assert_true(w.batch.items[0].revision > revision);
    assert_int_equal(w.batch.items[1].wanted, 40);
    world_close(&w);
}

static void what_turns_out_settled_is_not_sent(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {50, 9};
    open_with(&w, NULL, figures, 2);
    const struct engine_rules capped = {
        .routes = {{.max_items = 10, .max_quantity = 10}}, .route_count = 1, .attempts = 5};
    engine_rules_set(w.engine, 1, &capped);
    do_select(&w, 1, 100); /* A: 50 is capped to the 10 that is there */
    assert_string_equal(taken(&w), "B");
    assert_int_equal(w.batch.settled, 1);
    assert_int_equal(rows_in(&w, TABLE_OUTBOX), 0);
    world_close(&w);
}

static void what_moved_is_told_as_more(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {50};
    open_with(&w, NULL, figures, 1);
    const struct engine_rules capped = {
        .routes = {{.max_items = 10, .max_quantity = 5}}, .route_count = 1, .attempts = 5};
    engine_rules_set(w.engine, 1, &capped);
    do_select(&w, 1, 100); /* the increase to 50 turned out a decrease to 5 */
    assert_int_equal(w.batch.count, 0);
    assert_true(w.batch.more);
    do_select(&w, 1, 100);
    assert_int_equal(w.batch.items[0].wanted, 5);
    world_close(&w);
}

static void what_waits_is_told(void **state)
{
    (void)state;
    struct world w;
    static const int64_t figures[] = {11, 12};
    open_with(&w, NULL, figures, 2);
    do_select(&w, 1, 1);
    do_outcomes(&w, OUTCOME_RETRY);
    int64_t due = target_of(&w, "LA", "R1").queued_due_ms;
    do_select(&w, 1, 1);
    assert_string_equal(taken(&w), "B");
    assert_int_equal(w.batch.next_due_ms, due);
    assert_false(w.batch.more);
    world_close(&w);
}

/* The listings of an account to ask about, in chunks: the SKU letters of one chunk. */
static const char *readings(struct world *w, uint64_t after, uint32_t most)
{
    const struct engine_readings ask = {
        .account = 1, .remote_id = "R1", .after = after, .most = most, .now_ms = w->now};
    struct store_txn *txn = world_begin(w);
    assert_int_equal(engine_select_readings(w->engine, txn, &ask, &w->batch, &w->error), ST_OK);
    world_commit(w, txn);
    return taken(w);
}

static void listings_to_ask_about_come_in_chunks(void **state)
{
    (void)state;
    struct world w;
    open_with(&w, NULL, NULL, 0);
    rows_start(&w, 1);
    row_listing(&w, "LC", "C", NULL, LISTING_DIGITAL);
    row_listing(&w, "LD", "D", NULL, LISTING_GONE);
    row_listing(&w, "LX", "not a product", NULL, LISTING_ARCHIVED);
    rows_end(&w);
    assert_string_equal(readings(&w, 0, 4), "ABEF");
    assert_true(w.batch.more && w.batch.reading);
    assert_string_equal(w.batch.items[0].remote_id, "R1");
    assert_int_equal(w.batch.items[0].base, 10);
    assert_string_equal(readings(&w, w.batch.last_listing, 4), "GHIJ");
    assert_true(w.batch.more);
    assert_string_equal(readings(&w, w.batch.last_listing, 4), "X"); /* what is mapped or not */
    assert_false(w.batch.more);
    assert_string_equal(readings(&w, w.batch.last_listing, 4), "");
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(listings_to_ask_about_come_in_chunks),
    cmocka_unit_test(zeros_then_decreases_then_increases_oldest_first),
    cmocka_unit_test(more_than_one_batch),
    cmocka_unit_test(holding_only_tells),
    cmocka_unit_test(a_decrease_from_what_is_believed_may_be_an_increase),
    cmocka_unit_test(quotas_are_stored_with_the_batch),
    cmocka_unit_test(other_accounts_are_left_alone),
    cmocka_unit_test(one_warehouse_at_a_time_decreases_first),
    cmocka_unit_test(equal_values_only),
    cmocka_unit_test(one_parent_at_a_time),
    cmocka_unit_test(several_routes),
    cmocka_unit_test(too_few_of_one_value_but_enough_of_another),
    cmocka_unit_test(too_few_without_another_choice),
    cmocka_unit_test(each_route_has_its_largest_figure),
    cmocka_unit_test(sorted_by_routes_that_are_gone),
    cmocka_unit_test(many_values_cost_no_more),
    cmocka_unit_test(halved_batches),
    cmocka_unit_test(values_are_computed_late),
    cmocka_unit_test(what_turns_out_settled_is_not_sent),
    cmocka_unit_test(what_moved_is_told_as_more),
    cmocka_unit_test(what_waits_is_told),
};

TEST_MAIN(cases)
