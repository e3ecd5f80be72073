/* Orders: each line has its effect exactly once, by level (I2), whatever comes, in whatever order.
 */
#include "engine_orders.h"

#include <stdio.h>
#include <string.h>

enum { PP = 1 };

/* A shop whose orders are imported, after its cut-over. */
static void shop(struct world *w)
{
    world_open(w);
    world_order_shop(w, 2);
}

/* ---- one order's life */

static void an_open_line_reserves_and_a_shipped_one_takes(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_of(ORDER_OPEN, 3);
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 10, 3);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 7);
    told.state = ORDER_SHIPPED;
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 7, 0);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 7);
    assert_int_equal(rows_in(&w, TABLE_ORDER_OPEN), 0);
    world_close(&w);
}

static void a_cancelled_line_gives_its_pieces_back(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_of(ORDER_OPEN, 3);
    tell_line(&w, "1", &told);
    told.state = ORDER_CANCELLED;
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 10, 0);
    world_close(&w);
}

static enum status confirm_return(struct world *w, const char *line)
{
    struct buf buf;
    buf_init(&buf, 1000);
    command_order_return(&buf, bytes_text("shop"), bytes_text(line));
    return world_do(w, COMMAND_ORDER_RETURN, &buf);
}

static void a_return_counts_when_somebody_has_the_pieces(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_of(ORDER_SHIPPED, 2);
    tell_line(&w, "1", &told);
    told.state = ORDER_RETURNED;
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 8, 0);
    assert_int_equal(confirm_return(&w, "1"), ST_OK);
    assert_stock(&w, "A", PP, 10, 0);
    assert_int_equal(confirm_return(&w, "1"), ST_CONFLICT);
    assert_int_equal(confirm_return(&w, "none"), ST_NOT_FOUND);
    assert_stock(&w, "A", PP, 10, 0);
    world_close(&w);
}

/* ---- every permutation */

enum { EVENTS = 6 };

/* The documents of one order: with versions, and without. */
static void make_events(struct order_view events[EVENTS], bool versions)
{
    static const enum order_state states[EVENTS] = {ORDER_OPEN,    ORDER_OPEN,      ORDER_SHIPPED,
                                                    ORDER_SHIPPED, ORDER_CANCELLED, ORDER_RETURNED};
    static const int64_t quantities[EVENTS] = {5, 4, 4, 3, 3, 3};
    for (int i = 0; i < EVENTS; i++) {
        events[i] = order_of(states[i], quantities[i]);
        events[i].has_version = versions;
        events[i].version = versions ? i + 1 : 0;
        events[i].ordered_ms = WORLD_START_MS + 100000;
        events[i].changed_ms = WORLD_START_MS + 100000 + i;
    }
}

static void permute(int order[EVENTS], int number, int count)
{
    int left[EVENTS] = {0, 1, 2, 3, 4, 5};
    for (int i = 0; i < count; i++) {
        int radix = count - i, pick = number % radix;
        number /= radix;
        order[i] = left[pick];
        memmove(&left[pick], &left[pick + 1], (size_t)(radix - pick - 1) * sizeof *left);
    }
}

/* All orders of the first `count` events, each with one of them told twice, end in the same stock.
 */
static void all_orders(bool versions, int count)
{
    struct order_view events[EVENTS];
    struct stock_record expected = {0};
    int total = 1;
    make_events(events, versions);
    for (int i = 2; i <= count; i++)
        total *= i;
    struct world w;
    shop(&w);
    w.unverified = true;
    for (int n = 0; n < total; n++) {
        int at[EVENTS];
        char line[16];
        struct stock_record before = stock_of(&w, "A", PP);
        snprintf(line, sizeof line, "line-%d", n);
        permute(at, n, count);
        for (int i = 0; i < count; i++)
            tell_line(&w, line, &events[at[i]]);
        tell_line(&w, line, &events[at[n % count]]);
        struct stock_record after = stock_of(&w, "A", PP);
        int64_t hand = after.on_hand - before.on_hand, held = after.reserved - before.reserved;
        if (n == 0) expected = (struct stock_record){.on_hand = hand, .reserved = held};
        if (hand != expected.on_hand || held != expected.reserved)
            fail_msg("permutation %d of %d events: %lld, %lld instead of %lld, %lld", n, count,
                     (long long)hand, (long long)held, (long long)expected.on_hand,
                     (long long)expected.reserved);
    }
    world_verify(&w);
    world_close(&w);
}

static void any_order_of_versioned_documents(void **state)
{
    (void)state;
    for (int count = 1; count <= EVENTS; count++)
        all_orders(true, count);
}

static void any_order_of_documents_without_versions(void **state)
{
    (void)state;
    for (int count = 1; count <= EVENTS; count++)
        all_orders(false, count);
}

/* ---- quantities and warehouses */

static void fewer_pieces_go_back(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_of(ORDER_OPEN, 5);
    told.has_version = true;
    told.version = 1;
    tell_line(&w, "1", &told);
    told.version = 2;
    told.quantity = 2;
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 10, 2);
    told.version = 3;
    told.quantity = 4;
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 10, 4);
    world_close(&w);
}

static void the_links_say_which_warehouse_in_their_order(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    assert_int_equal(do_warehouse(&w, "second"), ST_OK);
    struct buf buf;
    buf_init(&buf, 1000);
    const struct link_change link = {bytes_text("second"), bytes_text("shop"), bytes_text("R1"), 5,
                                     0};
    command_link(&buf, &link);
    assert_int_equal(world_do(&w, COMMAND_LINK_PUT, &buf), ST_OK);
    do_sweeps(&w, 100);
    do_set(&w, "A", "second", 4);
    struct order_view told = order_of(ORDER_OPEN, 12);
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 10, 10);
    assert_stock(&w, "A", 2, 4, 2);
    /* What nobody has is a shortfall of the first. */
    tell_line(&w, "2", &told);
    assert_stock(&w, "A", 2, 4, 4);
    assert_stock(&w, "A", PP, 10, 20);
    assert_int_equal(target_of(&w, "LA", "R1").wanted_value, 0);
    assert_int_equal(target_of(&w, "LA", "R1").zero_reason, ZERO_SHORTFALL);
    told.state = ORDER_CANCELLED;
    tell_line(&w, "2", &told);
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 10, 0);
    assert_stock(&w, "A", 2, 4, 0);
    world_close(&w);
}

/* ---- quarantine */

struct held_case {
    const char *ref_kind, *ref, *remote;
    enum order_held held;
};

static enum order_held held_of(struct world *w, const char *line)
{
    struct error error = {0};
    struct store_txn *txn;
    struct bytes value;
    struct order_view view;
    struct key key = {0};
    key_u32(&key, 1);
    key_add(&key, bytes_text(line));
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, &error), ST_OK);
    assert_int_equal(store_get(txn, TABLE_ORDER_LINE, key_bytes(&key), &value), ST_OK);
    assert_int_equal(order_read(value, &view), ST_OK);
    store_abort(txn);
    return view.held;
}

static void what_does_not_resolve_is_held_with_its_reason(void **state)
{
    (void)state;
    static const struct held_case cases[] = {
        {"listing", "none", "R1", ORDER_HELD_UNKNOWN_LISTING},
        {"sku", "none", "R1", ORDER_HELD_UNKNOWN_LISTING},
        {"listing", "LX", "R1", ORDER_HELD_UNMAPPED},
        {"listing", "LA", "R9", ORDER_HELD_UNKNOWN_WAREHOUSE},
        {"listing", "LA", "R2", ORDER_HELD_UNLINKED},
        {"listing", "LA", "", ORDER_HELD_NOT}, /* just one is linked */
        {"sku", "A", "R1", ORDER_HELD_NOT},
    };
    struct world w;
    shop(&w);
    rows_start(&w, 1);
    row_remote(&w, "R2", true);
    row_listing(&w, "LX", "unknown-sku", NULL, LISTING_ACTIVE);
    rows_end(&w);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[16];
        snprintf(line, sizeof line, "%zu", i);
        struct order_view told = order_of(ORDER_OPEN, 1);
        told.refs[0] =
            (struct listing_key){bytes_text(cases[i].ref_kind), bytes_text(cases[i].ref)};
        told.remote = bytes_text(cases[i].remote);
        tell_line(&w, line, &told);
        assert_int_equal(held_of(&w, line), cases[i].held);
        tell_line(&w, line, &told); /* again: nothing grows */
    }
    assert_int_equal(rows_in(&w, TABLE_ORDER_HELD), 5);
    assert_stock(&w, "A", PP, 10, 2);
    world_close(&w);
}

static void a_held_line_is_applied_when_it_is_mapped(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    rows_start(&w, 1);
    row_listing(&w, "LX", "unknown-sku", NULL, LISTING_ACTIVE);
    rows_end(&w);
    struct order_view told = order_of(ORDER_OPEN, 2);
    told.refs[0].value = bytes_text("LX");
    for (int i = 0; i < 130; i++) { /* more than one chunk */
        char line[16];
        snprintf(line, sizeof line, "%d", i);
        tell_line(&w, line, &told);
    }
    do_product(&w, "C");
    do_set(&w, "C", "pp", 300);
    assert_int_equal(do_map(&w, "shop", "LX", "C"), ST_OK);
    do_sweeps(&w, 50);
    assert_stock(&w, "C", PP, 300, 260);
    assert_int_equal(rows_in(&w, TABLE_ORDER_HELD), 0);
    world_close(&w);
}

static void a_held_line_is_applied_with_the_first_figure(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    do_product(&w, "C");
    rows_start(&w, 1);
    row_listing(&w, "LC", "C", NULL, LISTING_ACTIVE);
    rows_end(&w);
    struct order_view told = order_of(ORDER_OPEN, 2);
    told.refs[0].value = bytes_text("LC");
    told.ordered_ms = w.now;
    tell_line(&w, "1", &told);
    assert_int_equal(held_of(&w, "1"), ORDER_HELD_UNCOUNTED);
    w.now += 10000;
    do_set(&w, "C", "pp", 9); /* on hand: the two are among them */
    do_sweeps(&w, 50);
    assert_stock(&w, "C", PP, 9, 2);
    world_close(&w);
}

static void a_held_line_that_is_cancelled_leaves_quarantine(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_of(ORDER_OPEN, 2);
    told.refs[0].value = bytes_text("none");
    tell_line(&w, "1", &told);
    told.state = ORDER_CANCELLED;
    tell_line(&w, "1", &told);
    assert_int_equal(rows_in(&w, TABLE_ORDER_HELD), 0);
    world_close(&w);
}

/* ---- figures and orders */

static enum status set_available(struct world *w, const char *sku, int64_t quantity)
{
    struct buf buf;
    buf_init(&buf, 1000);
    const struct stock_set set = {.sku = bytes_text(sku),
                                  .warehouse = bytes_text("pp"),
                                  .quantity = quantity,
                                  .kind = FIGURE_AVAILABLE,
                                  .cause = CAUSE_COUNT};
    command_stock_set(&buf, &set);
    return world_do(w, COMMAND_STOCK_SET, &buf);
}

static void an_available_figure_already_nets_orders_placed_before_it(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_of(ORDER_OPEN, 2);
    told.ordered_ms = w.now - 1000;
    set_available(&w, "A", 6);
    w.now += 1000;
    tell_line(&w, "1", &told); /* seen only now */
    assert_stock(&w, "A", PP, 8, 2);
    told.ordered_ms = w.now; /* and one placed after it */
    tell_line(&w, "2", &told);
    assert_stock(&w, "A", PP, 8, 4);
    world_close(&w);
}

/* Many marketplaces tell whole seconds: amid such a second nobody knows which was first, and too
 * few are better than too many. */
static void an_available_figure_nets_no_order_of_the_same_whole_second(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_of(ORDER_OPEN, 1);
    w.now += 1000 - w.now % 1000;
    told.ordered_ms = w.now;
    w.now += 500;
    set_available(&w, "A", 6);
    w.now += 1000;
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 6, 1);
    told.changed_ms = told.ordered_ms; /* nor where it says that it has been so since then */
    tell_line(&w, "2", &told);
    assert_stock(&w, "A", PP, 6, 2);
    told.ordered_ms -= 1; /* and one that was surely there before */
    told.changed_ms = 0;
    tell_line(&w, "3", &told);
    assert_stock(&w, "A", PP, 7, 3);
    /* What was read before the figure was placed before it, also where it takes its pieces later.
     */
    rows_start(&w, 1);
    row_listing(&w, "LX", "unknown-sku", NULL, LISTING_ACTIVE);
    rows_end(&w);
    told.ordered_ms = w.now += 1000 - w.now % 1000;
    told.refs[0].value = bytes_text("LX");
    tell_line(&w, "4", &told);
    w.now += 500;
    set_available(&w, "A", 6);
    assert_stock(&w, "A", PP, 9, 3);
    assert_int_equal(do_map(&w, "shop", "LX", "A"), ST_OK);
    do_sweeps(&w, 50);
    assert_stock(&w, "A", PP, 10, 4);
    world_close(&w);
}

/* An import of what an account had shown before, applied only now: it adds nothing, or finds the
 * figure that was counted since, and which orders that figure knows of stays as it was. */
static void an_older_figure_says_nothing_of_a_newer_count(void **state)
{
    (void)state;
    for (int add = 0; add < 2; add++) {
        struct world w;
        shop(&w);
        struct order_view told = order_of(ORDER_OPEN, 3);
        told.ordered_ms = w.now - 5000;
        const int64_t read_ms = w.now;
        w.now += 1000;
        do_set(&w, "A", "pp", 20);
        w.now += 1000;
        const struct stock_row row = {product_no(&w, "A"), PP, 1, add ? 0 : 20};
        const struct stock_bulk bulk = {
            .kind = FIGURE_AVAILABLE,
            .cause = CAUSE_IMPORT,
            .shown = {.account = 1, .add = add, .read_ms = read_ms, .basis = UINT64_MAX},
            .rows = &row,
            .row_count = 1};
        struct buf buf;
        buf_init(&buf, 1000);
        command_stock_bulk(&buf, &bulk);
        world_do(&w, COMMAND_STOCK_BULK, &buf);
        world_ok(&w);
        assert_stock(&w, "A", PP, 20, 0);
        tell_line(&w, "1", &told); /* its pieces still lie there: they were counted */
        assert_stock(&w, "A", PP, 20, 3);
        world_close(&w);
    }
}

/* The shop with a second place, R2, that pp feeds as well. */
static void shop_of_two(struct world *w)
{
    shop(w);
    rows_start(w, 1);
    row_remote(w, "R2", true);
    assert_int_equal(rows_end(w), ST_OK);
    do_link(w, "pp", "shop", "R2");
    do_sweeps(w, 50);
}

/* What an import read at that place: R1 is 1, R2 is 2; 0: a command of before places were told. */
static void figure_of(struct world *w, uint32_t remote, bool add, int64_t quantity)
{
    const struct stock_row row = {product_no(w, "A"), PP, 1, quantity};
    const struct stock_bulk bulk = {.kind = FIGURE_AVAILABLE,
                                    .cause = CAUSE_IMPORT,
                                    .shown = {.account = 1,
                                              .remote = remote,
                                              .add = add,
                                              .read_ms = w->now,
                                              .basis = UINT64_MAX},
                                    .rows = &row,
                                    .row_count = 1};
    struct buf buf;
    buf_init(&buf, 1000);
    command_stock_bulk(&buf, &bulk);
    world_do(w, COMMAND_STOCK_BULK, &buf);
    world_ok(w);
    w->now += 10000;
}

static void tell_at(struct world *w, const char *line, const char *remote, int64_t ordered_ms)
{
    struct order_view told = order_of(ORDER_OPEN, 1);
    told.order_id = bytes_text(line);
    told.remote = bytes_text(remote);
    told.ordered_ms = ordered_ms;
    tell_line(w, line, &told);
}

static void a_figure_of_one_place_nets_the_orders_there(void **state)
{
    (void)state;
    struct world w;
    shop_of_two(&w);
    const int64_t before = w.now - 1000;
    figure_of(&w, 1, false, 8);
    tell_at(&w, "1", "R2", before);
    assert_stock(&w, "A", PP, 8, 1);
    tell_at(&w, "2", "R1", before);
    assert_stock(&w, "A", PP, 9, 2);
    figure_of(&w, 2, false, 6); /* another place, and nothing else is new */
    tell_at(&w, "3", "R1", before);
    assert_stock(&w, "A", PP, 6, 3);
    figure_of(&w, 0, false, 6);
    tell_at(&w, "4", "R1", before);
    assert_stock(&w, "A", PP, 7, 4);
    world_close(&w);
}

/* The same figure of another place says something else of orders. */
static void the_same_figure_of_another_place_nets_what_is_sold_there(void **state)
{
    (void)state;
    struct world w;
    shop_of_two(&w);
    const int64_t before = w.now - 1000;
    figure_of(&w, 1, false, 8);
    figure_of(&w, 2, false, 8);
    tell_at(&w, "1", "R1", before);
    assert_stock(&w, "A", PP, 8, 1);
    tell_at(&w, "2", "R2", before);
    assert_stock(&w, "A", PP, 9, 2);
    world_close(&w);
}

/* It has the orders of both; of those that were placed between the two readings nobody can tell. */
static void what_two_places_show_together_nets_the_orders_of_both(void **state)
{
    (void)state;
    struct world w;
    shop_of_two(&w);
    const int64_t before = w.now - 1000, between = w.now + 5000;
    figure_of(&w, 1, false, 8);
    figure_of(&w, 2, true, 5);
    assert_stock(&w, "A", PP, 13, 0);
    tell_at(&w, "1", "R1", before);
    assert_stock(&w, "A", PP, 14, 1);
    tell_at(&w, "2", "R2", before);
    assert_stock(&w, "A", PP, 15, 2);
    tell_at(&w, "3", "R1", between);
    tell_at(&w, "4", "R2", between);
    assert_stock(&w, "A", PP, 15, 4);
    figure_of(&w, 2, false, 9); /* and one place alone again */
    tell_at(&w, "5", "R1", before);
    assert_stock(&w, "A", PP, 9, 5);
    tell_at(&w, "6", "R2", between);
    assert_stock(&w, "A", PP, 10, 6);
    world_close(&w);
}

static void the_same_available_figure_again_nets_what_came_between(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    set_available(&w, "A", 6);
    w.now += 10000;
    struct order_view told = order_of(ORDER_OPEN, 1);
    told.ordered_ms = w.now - 5000;
    set_available(&w, "A", 6); /* the same: but one was sold and one came in */
    w.now += 1000;
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 7, 1);
    world_close(&w);
}

/* What an available figure nets stays netted while somebody else counts the orders, and when they
 * are imported again; also where the marketplace does not say when an order changed. */
static void an_available_figure_nets_what_is_let_go_as_well(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        struct world w;
        shop(&w);
        struct order_view told = order_of(ORDER_OPEN, 2);
        told.ordered_ms = w.now - 1000;
        if (known) tell_line(&w, "1", &told);
        set_available(&w, "A", 6);
        w.now += 1000;
        tell_line(&w, "1", &told);
        assert_stock(&w, "A", PP, 8, 2);
        told.ordered_ms = w.now; /* and one placed after it, which it knows nothing of */
        tell_line(&w, "2", &told);
        assert_stock(&w, "A", PP, 8, 4);
        do_orders(&w, "shop", false);
        do_sweeps(&w, 50);
        assert_stock(&w, "A", PP, 6, 0);
        do_orders(&w, "shop", true);
        tell_line(&w, "2", &told);
        told.ordered_ms -= 2000;
        tell_line(&w, "1", &told);
        assert_stock(&w, "A", PP, 8, 4);
        world_close(&w);
    }
}

/* What lies there was counted after it: nothing is netted in that, also when the count found what
 * was known and no orders were imported in between. */
static void a_count_replaces_an_available_figure(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        struct world w;
        shop(&w);
        struct order_view told = order_of(ORDER_OPEN, 3);
        told.ordered_ms = w.now - 1000;
        if (known) tell_line(&w, "1", &told);
        do_orders(&w, "shop", false);
        do_sweeps(&w, 1000);
        set_available(&w, "A", 7);
        w.now += 1000;
        do_set(&w, "A", "pp", 7);
        w.now += 1000;
        do_orders(&w, "shop", true);
        tell_line(&w, "1", &told);
        assert_stock(&w, "A", PP, 7, 3);
        world_close(&w);
    }
}

/* The order was cancelled, then somebody's system said what is available, and only then is the
 * cancellation read: the figure has those pieces already. */
static void an_available_figure_knows_what_was_cancelled_before_it(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_of(ORDER_OPEN, 3);
    told.ordered_ms = told.changed_ms = w.now;
    tell_line(&w, "1", &told);
    tell_line(&w, "2", &told);
    told.state = ORDER_CANCELLED;
    told.changed_ms = w.now + 1000;
    w.now += 5000;
    set_available(&w, "A", 6);
    assert_stock(&w, "A", PP, 12, 6);
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 9, 3);
    told.changed_ms = w.now + 1000; /* and one that is cancelled after it */
    w.now += 5000;
    tell_line(&w, "2", &told);
    assert_stock(&w, "A", PP, 9, 0);
    world_close(&w);
}

static void a_count_after_the_parcel_left_is_not_lowered_again(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_of(ORDER_OPEN, 1);
    told.ordered_ms = w.now;
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 10, 1);
    told.state = ORDER_SHIPPED;
    told.changed_ms = w.now + 1000;
    w.now += 10000;
    do_set(&w, "A", "pp", 9); /* counted when it was gone */
    w.now += 5000;
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 9, 0);
    world_close(&w);
}

/* Clocks differ: what left about when it was counted may have been counted. Better too few. */
static void a_count_of_the_moment_a_parcel_left_is_lowered(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_of(ORDER_OPEN, 1);
    told.ordered_ms = told.changed_ms = w.now;
    tell_line(&w, "1", &told);
    w.now += 10000;
    do_set(&w, "A", "pp", 9);
    told.state = ORDER_SHIPPED;
    told.changed_ms = w.now - 1000;
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 8, 0);
    world_close(&w);
}

/* The same of what comes back: it may lie among what was counted. */
static void a_count_of_the_moment_a_parcel_came_back_is_not_raised(void **state)
{
    (void)state;
    static const struct {
        int64_t changed_ms, on_hand; /* since the count */
    } cases[] = {{-60000, 9}, {-1000, 9}, {1000, 9}, {60000, 10}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        shop(&w);
        struct order_view told = order_of(ORDER_SHIPPED, 1);
        told.ordered_ms = told.changed_ms = w.now - 120000;
        tell_line(&w, "1", &told);
        do_set(&w, "A", "pp", 9);
        told.quantity = 0;
        told.changed_ms = w.now + cases[i].changed_ms;
        tell_line(&w, "1", &told);
        assert_stock(&w, "A", PP, cases[i].on_hand, 0);
        world_close(&w);
    }
}

/* ---- cut-over and other stock */

static void at_the_cut_over_only_open_lines_have_an_effect(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 2);
    do_orders(&w, "shop", true);
    struct order_view told = order_of(ORDER_SHIPPED, 2);
    tell_line(&w, "over", &told);
    told.state = ORDER_OPEN;
    tell_line(&w, "open", &told);
    assert_stock(&w, "A", PP, 10, 2);
    tell_drained(&w);
    told.state = ORDER_SHIPPED;
    tell_line(&w, "new", &told);
    assert_stock(&w, "A", PP, 8, 2);
    told.state = ORDER_RETURNED;
    tell_line(&w, "over", &told); /* never had an effect, never gets one */
    assert_int_equal(confirm_return(&w, "over"), ST_CONFLICT);
    assert_stock(&w, "A", PP, 8, 2);
    world_close(&w);
}

static void the_marketplaces_own_stock_is_not_ours(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    struct order_view told = order_of(ORDER_OPEN, 2);
    told.marketplace_stock = true;
    tell_line(&w, "1", &told);
    assert_stock(&w, "A", PP, 10, 0);
    world_close(&w);
}

static void an_account_with_external_orders_takes_none(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    struct order_view told = order_of(ORDER_OPEN, 2);
    tell_line(&w, "1", &told);
    assert_int_equal(rows_in(&w, TABLE_ORDER_LINE), 0);
    world_close(&w);
}

/* Let go and taken up again, and tied to another product each time. */
static void a_line_may_be_led_elsewhere_any_number_of_times(void **state)
{
    (void)state;
    enum { PRODUCTS = 20 }; /* more than ORDER_PARTS_MAX */
    struct world w;
    world_open(&w);
    world_shop(&w, PRODUCTS);
    do_orders(&w, "shop", true);
    struct order_view told = order_of(ORDER_OPEN, 2);
    tell_line(&w, "1", &told);
    char sku[2] = "A", last[2] = "A";
    for (sku[0] = 'B'; sku[0] < 'A' + PRODUCTS; sku[0]++, last[0]++) {
        assert_int_equal(do_orders(&w, "shop", false), ST_OK);
        do_sweeps(&w, 1000);
        assert_stock(&w, last, PP, 10, 0);
        assert_int_equal(do_map(&w, "shop", "LA", sku), ST_OK);
        assert_int_equal(do_orders(&w, "shop", true), ST_OK);
        tell_line(&w, "1", &told);
        do_sweeps(&w, 1000);
        assert_stock(&w, sku, PP, 10, 2);
    }
    told.state = ORDER_SHIPPED;
    tell_line(&w, "1", &told);
    assert_stock(&w, last, PP, 8, 0);
    assert_stock(&w, "A", PP, 10, 0);
    world_close(&w);
}

static void one_warehouse_counts_orders_in_one_way(void **state)
{
    (void)state;
    struct world w;
    shop(&w);
    do_account(&w, "other");
    assert_int_equal(do_link(&w, "pp", "other", "X1"), ST_CONFLICT);
    assert_non_null(strstr(w.error.text, "counted in one way"));
    do_orders(&w, "other", true);
    assert_int_equal(do_link(&w, "pp", "other", "X1"), ST_OK);
    assert_int_equal(do_orders(&w, "other", false), ST_CONFLICT);
    world_close(&w);
}

/* ---- hostile */

static void nonsense_changes_nothing(void **state)
{
    (void)state;
    static const int64_t quantities[] = {-1, INT64_MIN, INT64_MAX, 1000001};
    struct world w;
    shop(&w);
    for (size_t i = 0; i < sizeof quantities / sizeof *quantities; i++) {
        struct order_view told = order_of(ORDER_OPEN, quantities[i]);
        tell_line(&w, "1", &told);
    }
    struct order_view told = order_of(ORDER_OPEN, 1);
    tell_line(&w, "", &told);
    assert_int_equal(rows_in(&w, TABLE_ORDER_LINE), 0);
    assert_stock(&w, "A", PP, 10, 0);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(an_open_line_reserves_and_a_shipped_one_takes),
    cmocka_unit_test(a_cancelled_line_gives_its_pieces_back),
    cmocka_unit_test(a_return_counts_when_somebody_has_the_pieces),
    cmocka_unit_test(any_order_of_versioned_documents),
    cmocka_unit_test(any_order_of_documents_without_versions),
    cmocka_unit_test(fewer_pieces_go_back),
    cmocka_unit_test(the_links_say_which_warehouse_in_their_order),
    cmocka_unit_test(what_does_not_resolve_is_held_with_its_reason),
    cmocka_unit_test(a_held_line_is_applied_when_it_is_mapped),
    cmocka_unit_test(a_held_line_is_applied_with_the_first_figure),
    cmocka_unit_test(a_held_line_that_is_cancelled_leaves_quarantine),
    cmocka_unit_test(an_available_figure_already_nets_orders_placed_before_it),
    cmocka_unit_test(an_available_figure_nets_no_order_of_the_same_whole_second),
    cmocka_unit_test(an_older_figure_says_nothing_of_a_newer_count),
    cmocka_unit_test(a_figure_of_one_place_nets_the_orders_there),
    cmocka_unit_test(the_same_figure_of_another_place_nets_what_is_sold_there),
    cmocka_unit_test(what_two_places_show_together_nets_the_orders_of_both),
    cmocka_unit_test(the_same_available_figure_again_nets_what_came_between),
    cmocka_unit_test(an_available_figure_nets_what_is_let_go_as_well),
    cmocka_unit_test(a_count_replaces_an_available_figure),
    cmocka_unit_test(an_available_figure_knows_what_was_cancelled_before_it),
    cmocka_unit_test(a_count_after_the_parcel_left_is_not_lowered_again),
    cmocka_unit_test(a_count_of_the_moment_a_parcel_left_is_lowered),
    cmocka_unit_test(a_count_of_the_moment_a_parcel_came_back_is_not_raised),
    cmocka_unit_test(at_the_cut_over_only_open_lines_have_an_effect),
    cmocka_unit_test(the_marketplaces_own_stock_is_not_ours),
    cmocka_unit_test(an_account_with_external_orders_takes_none),
    cmocka_unit_test(a_line_may_be_led_elsewhere_any_number_of_times),
    cmocka_unit_test(one_warehouse_counts_orders_in_one_way),
    cmocka_unit_test(nonsense_changes_nothing),
};

TEST_MAIN(cases)
