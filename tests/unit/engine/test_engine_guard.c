/* The guard (I11): what is held, what is exempt, the window, the sources; and what becomes of what
 * was held. Commands run as the daemon runs them, by engine_group_run, so that a held one leaves a
 * plan and nothing else. The fixture's verification counts the live targets anew. */
#include "engine/group.h"
#include "engine/guard.h"
#include "engine/guard_foresee.h"
#include "engine/plan.h"
#include "engine_fixture.h"

#include <stdio.h>

enum { HOUR_MS = 60 * 60 * 1000, PRODUCTS = 20 };

static const struct engine_guard limits = {
    .on = true, .at_least = 2, .account = {30, 60, 1000}, .source = {20, 50, 0}};

static void open_guarded(struct world *w, const struct engine_guard *guard)
{
    world_open(w);
    world_shop(w, PRODUCTS);
    do_push_all(w, 1);
    engine_guard_set(w->engine, guard);
}

/* ---- one command as a task of the runtime */

struct doing {
    struct engine_task task;
    struct world *w;
    struct command command;
};

static enum status run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct doing *d = (struct doing *)((char *)task - offsetof(struct doing, task));
    return engine_apply(d->w->engine, txn, &d->command, &d->w->result, error);
}

static uint64_t group_do(struct world *w, enum command_kind kind, const char *actor,
                         struct buf *payload)
{
    struct engine_touched touched;
    struct doing d = {.task = {.run = run},
                      .w = w,
                      .command = {.kind = kind,
                                  .actor = actor,
                                  .now_ms = w->now,
                                  .payload = bytes_of(payload->data, payload->size)}};
    engine_group_run(w->engine, w->store, &d.task, &touched);
    w->status = d.task.status;
    w->error = d.task.error;
    buf_free(payload);
    world_verify(w);
    return d.task.plan;
}

static struct buf payload(void)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    return buf;
}

static uint64_t set_by(struct world *w, const char *actor, char product, int64_t quantity)
{
    const char sku[] = {product, 0};
    struct buf buf = payload();
    const struct stock_set set = {.sku = bytes_text(sku),
                                  .warehouse = bytes_text("pp"),
                                  .quantity = quantity,
                                  .kind = FIGURE_ON_HAND,
                                  .cause = CAUSE_COUNT};
    command_stock_set(&buf, &set);
    return group_do(w, COMMAND_STOCK_SET, actor, &buf);
}

static struct buf bulk(struct world *w, unsigned first, unsigned count, int64_t quantity,
                       uint64_t since)
{
    struct stock_row rows[PRODUCTS];
    for (unsigned i = 0; i < count; i++) {
        const char sku[] = {(char)('A' + first + i), 0};
        rows[i] =
            (struct stock_row){.product = product_no(w, sku), .warehouse = 1, .quantity = quantity};
    }
    struct buf buf = payload();
    const struct stock_bulk all = {.kind = FIGURE_ON_HAND,
                                   .cause = CAUSE_IMPORT,
                                   .since = since,
                                   .rows = rows,
                                   .row_count = count};
    command_stock_bulk(&buf, &all);
    return buf;
}

static uint64_t bulk_by(struct world *w, const char *actor, unsigned first, unsigned count,
                        int64_t quantity)
{
    struct buf buf = bulk(w, first, count, quantity, 0);
    return group_do(w, COMMAND_STOCK_BULK, actor, &buf);
}

static void plan_do(struct world *w, enum command_kind kind, uint64_t id)
{
    struct buf buf = payload();
    command_plan(&buf, id);
    group_do(w, kind, "boss", &buf);
}

static int64_t wanted(struct world *w, char product)
{
    const char listing[] = {'L', product, 0};
    return target_of(w, listing, "R1").wanted_value;
}

/* ---- holding */

static void too_many_zeros_are_held(void **state)
{
    (void)state;
    struct world w;
    open_guarded(&w, &limits);
    uint64_t id = bulk_by(&w, "erp", 0, 10, 0);
    world_refused(&w, ST_HELD,
                  "would have set 10 of the 20 targets of shop that show stock to 0 in 24 h; the "
                  "limit is 30 %");
    assert_true(id != 0);
    assert_int_equal(on_hand(&w, "A", 1), 10);
    assert_int_equal(wanted(&w, 'A'), 10);
    assert_int_equal(do_select(&w, 1, 100), 0); /* nothing is sent */
    assert_int_equal(rows_in(&w, TABLE_PLAN), 1);
    assert_int_equal(rows_in(&w, TABLE_PLAN_ROW), 10);
    assert_true(bulk_by(&w, "erp", 0, 10, 0) == id); /* the same is the same plan */
    assert_int_equal(rows_in(&w, TABLE_PLAN), 1);
    plan_do(&w, COMMAND_PLAN_APPLY, id);
    world_ok(&w);
    assert_int_equal(w.result.rows, 10);
    assert_int_equal(on_hand(&w, "A", 1), 0);
    assert_int_equal(do_select(&w, 1, 100), 10);
    assert_int_equal(rows_in(&w, TABLE_PLAN), 0);
    assert_int_equal(rows_in(&w, TABLE_PLAN_ROW), 0);
    plan_do(&w, COMMAND_PLAN_APPLY, id);
    assert_int_equal(w.status, ST_NOT_FOUND);
    world_close(&w);
}

static void a_sum_of_small_commands_is_held_too(void **state)
{
    (void)state;
    struct world w;
    open_guarded(&w, &limits);
    const char *const actors[] = {"one", "two", "three"};
    for (unsigned i = 0; i < 6; i++) /* 6 of 20 are 30 % */ {
        set_by(&w, actors[i / 2], (char)('A' + i), 0);
        world_ok(&w);
        w.now += 3 * HOUR_MS;
    }
    set_by(&w, "four", 'G', 0);
    world_refused(&w, ST_HELD,
                  "would have set 7 of the 20 targets of shop that show stock to 0 in 24 h; the "
                  "limit is 30 %");
    set_by(&w, "four", 'B', 5); /* one that shows something again is not zeroed any more */
    world_ok(&w);
    set_by(&w, "four", 'G', 0);
    world_ok(&w);
    set_by(&w, "four", 'G', 1); /* whatever often: counted once */
    set_by(&w, "four", 'G', 0);
    world_ok(&w);
    set_by(&w, "four", 'H', 0);
    assert_int_equal(w.status, ST_HELD);
    w.now += 13 * HOUR_MS; /* 'A' and 'C' were zeroed a day ago, and count no more */
    set_by(&w, "four", 'H', 0);
    world_ok(&w);
    world_close(&w);
}

static void the_window_outlives_a_restart(void **state)
{
    (void)state;
    struct world w;
    open_guarded(&w, &limits);
    for (unsigned i = 0; i < 6; i++)
        set_by(&w, i < 3 ? "one" : "two", (char)('A' + i), 0);
    world_ok(&w);
    world_restart(&w);
    engine_guard_set(w.engine, &limits);
    uint64_t id = set_by(&w, "three", 'G', 0);
    assert_int_equal(w.status, ST_HELD);
    world_restart(&w);
    plan_do(&w, COMMAND_PLAN_DROP, id);
    world_ok(&w);
    assert_int_equal(rows_in(&w, TABLE_PLAN), 0);
    assert_int_equal(on_hand(&w, "G", 1), 10);
    world_close(&w);
}

static void one_source_has_a_limit_of_its_own(void **state)
{
    (void)state;
    struct world w;
    open_guarded(&w, &limits);
    bulk_by(&w, "erp", 0, 4, 0);
    world_ok(&w);
    set_by(&w, "erp", 'E', 0);
    world_refused(&w, ST_HELD,
                  "would have set 5 of the 20 targets of shop that show stock to 0 in 24 h by one "
                  "source; the limit is 20 %");
    set_by(&w, "shelf", 'E', 0);
    world_ok(&w);
    world_close(&w);
}

/* What another source changed before is counted for this one like anything else. */
static void each_source_is_counted_for_all_that_it_changes(void **state)
{
    (void)state;
    static const char sentence[] =
        "would have changed 11 of 20 live targets of shop in 24 h by one source; the limit is 50 %";
    struct world w;
    open_guarded(&w, &limits);
    bulk_by(&w, "erp", 0, 10, 11);
    world_ok(&w);
    w.now += HOUR_MS;
    bulk_by(&w, "shelf", 0, 10, 12);
    world_ok(&w);
    set_by(&w, "shelf", 'K', 11);
    world_refused(&w, ST_HELD, sentence);
    w.now += HOUR_MS;
    bulk_by(&w, "erp", 0, 10, 13); /* the same ones are not counted again */
    world_ok(&w);
    set_by(&w, "erp", 'K', 11);
    world_refused(&w, ST_HELD, sentence);
    w.now += (GUARD_WINDOW_HOURS - 1) * HOUR_MS; /* of the shelf's no more than that is left */
    set_by(&w, "shelf", 'K', 11);
    world_refused(&w, ST_HELD, sentence);
    w.now += HOUR_MS;
    set_by(&w, "shelf", 'K', 11);
    world_ok(&w);
    world_close(&w);
}

static void who_is_forgotten_among_many_is_counted_again(void **state)
{
    (void)state;
    static const char *const others[] = {"a", "b", "c"};
    struct world w;
    open_guarded(&w, &limits);
    bulk_by(&w, "erp", 0, 6, 11);
    for (int i = 0; i < 3; i++) {
        bulk_by(&w, others[i], 0, 6, 12 + i);
        world_ok(&w);
    }
    bulk_by(&w, "erp", 0, 5, 15); /* too much, never too little */
    world_refused(&w, ST_HELD,
                  "would have changed 11 of 20 live targets of shop in 24 h by one source; the "
                  "limit is 50 %");
    bulk_by(&w, "b", 0, 5, 15);
    world_ok(&w);
    world_close(&w);
}

/* What is changed while a clock is behind is counted in the hour that it will be looked for in. */
static void a_clock_that_goes_back_counts_nothing_twice(void **state)
{
    (void)state;
    struct world w;
    open_guarded(&w, &limits);
    set_by(&w, "shelf", 'T', 11);
    w.now -= HOUR_MS;
    for (int i = 0; i < 3; i++) {
        bulk_by(&w, "erp", 0, 10, 11 + i);
        world_ok(&w);
    }
    world_restart(&w);
    engine_guard_set(w.engine, &limits);
    bulk_by(&w, "erp", 0, 10, 14);
    world_ok(&w);
    w.now += HOUR_MS;
    bulk_by(&w, "erp", 0, 10, 15);
    world_ok(&w);
    set_by(&w, "erp", 'K', 11);
    world_refused(&w, ST_HELD,
                  "would have changed 11 of 20 live targets of shop in 24 h by one source; the "
                  "limit is 50 %");
    w.now -= HOUR_MS;
    bulk_by(&w, "shelf", 10, 2, 11); /* ... and each of them once */
    world_refused(&w, ST_HELD,
                  "would have changed 13 of 20 live targets of shop in 24 h; the limit is 60 %");
    world_close(&w);
}

/* A clock that was set years ahead, and right again, leaves nothing that counts for years. */
static void what_a_clock_far_ahead_counted_is_forgotten(void **state)
{
    (void)state;
    const int64_t far = INT64_C(2000) * GUARD_WINDOW_HOURS * HOUR_MS;
    struct world w;
    open_guarded(&w, &limits);
    w.now += far;
    bulk_by(&w, "erp", 0, 10, 11);
    world_ok(&w);
    w.now -= far;
    for (int i = 0; i < 4; i++) {
        bulk_by(&w, "erp", i % 2 ? 0 : 10, 10, 12 + i);
        world_ok(&w);
        w.now += HOUR_MS;
        bulk_by(&w, "erp", i % 2 ? 10 : 0, 10, 12 + i);
        assert_int_equal(w.status, ST_HELD);
        w.now += (GUARD_WINDOW_HOURS + 1) * HOUR_MS;
    }
    world_close(&w);
}

static void what_shows_something_again_is_zeroed_by_nobody(void **state)
{
    (void)state;
    struct world w;
    open_guarded(&w, &limits);
    bulk_by(&w, "erp", 0, 4, 0);
    world_ok(&w);
    bulk_by(&w, "shelf", 0, 4, 10);
    world_ok(&w);
    bulk_by(&w, "erp", 4, 4, 0);
    world_ok(&w);
    set_by(&w, "erp", 'I', 0);
    assert_int_equal(w.status, ST_HELD);
    world_close(&w);
}

static void what_was_done_before_the_first_plan_does_not_hide_what_comes_after(void **state)
{
    (void)state;
    static const uint32_t account = 1;
    struct world w;
    open_guarded(&w, &limits);
    engine_guard_wait(w.engine, &account, 1);
    bulk_by(&w, "erp", 0, PRODUCTS, 0);
    world_ok(&w);
    bulk_by(&w, "erp", 0, PRODUCTS, 15);
    world_ok(&w);
    engine_guard_wait(w.engine, NULL, 0);
    bulk_by(&w, "erp", 0, PRODUCTS, 16);
    assert_int_equal(w.status, ST_HELD);
    world_close(&w);
}

static void changes_and_pieces_have_limits(void **state)
{
    (void)state;
    static const struct {
        unsigned count;
        int64_t quantity;
        const char *sentence; /* NULL: it goes */
    } cases[] = {
        {10, 11, NULL},
        {11, 11,
         "would have changed 11 of 20 live targets of shop in 24 h by one source; the limit is 50 "
         "%"},
        {13, 11, "would have changed 13 of 20 live targets of shop in 24 h; the limit is 60 %"},
        {1, 1011,
         "would have changed the figures of shop by 1001 pieces in 24 h; the limit is 1000"},
        {1, 1010, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        open_guarded(&w, &limits);
        bulk_by(&w, "erp", 0, cases[i].count, cases[i].quantity);
        if (cases[i].sentence)
            world_refused(&w, ST_HELD, cases[i].sentence);
        else
            world_ok(&w);
        world_close(&w);
    }
}

/* "qq" feeds the same places as "pp": what goes from one to the other changes nothing there. */
static void what_a_command_leaves_as_it_was_is_not_changed(void **state)
{
    (void)state;
    static const struct engine_guard none = {.on = true, .account = {0, 0, 1}, .source = {0, 0, 1}};
    struct world w;
    world_open(&w);
    world_shop(&w, PRODUCTS);
    do_warehouse(&w, "qq");
    do_set(&w, "A", "qq", 5);
    do_link(&w, "qq", "shop", "R1");
    do_sweeps(&w, 0);
    do_push_all(&w, 1);
    engine_guard_set(w.engine, &none);
    struct buf buf = payload();
    command_stock_transfer(&buf, &(struct stock_transfer){.sku = bytes_text("A"),
                                                          .from = bytes_text("pp"),
                                                          .to = bytes_text("qq"),
                                                          .quantity = 10});
    group_do(&w, COMMAND_STOCK_TRANSFER, "erp", &buf);
    world_ok(&w);
    assert_int_equal(on_hand(&w, "A", 1), 0);
    assert_int_equal(on_hand(&w, "A", 2), 15);
    assert_int_equal(wanted(&w, 'A'), 15);
    buf = payload(); /* which goes from 15 to 25 and back, or from 15 to 5 */
    command_undo(&buf, w.result.sequence);
    group_do(&w, COMMAND_UNDO, "erp", &buf);
    world_ok(&w);
    assert_int_equal(on_hand(&w, "A", 1), 10);
    assert_int_equal(wanted(&w, 'A'), 15);
    world_close(&w);
}

/* Without its first figure it is uncounted again: what is shown stays as it is. */
static void taking_a_first_figure_back_zeroes_nothing(void **state)
{
    (void)state;
    static const struct engine_guard none = {.on = true, .account = {0, 0, 1}, .source = {0, 0, 1}};
    struct world w;
    world_open(&w);
    world_shop(&w, PRODUCTS);
    do_product(&w, "Z");
    rows_start(&w, 1);
    row_listing(&w, "LZ", "Z", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    do_set(&w, "Z", "pp", 7);
    uint64_t first = w.result.sequence;
    do_push_all(&w, 1);
    engine_guard_set(w.engine, &none);
    struct buf buf = payload();
    command_undo(&buf, first);
    group_do(&w, COMMAND_UNDO, "erp", &buf);
    world_ok(&w);
    assert_true(target_of(&w, "LZ", "R1").hold & HOLD_UNCOUNTED);
    world_close(&w);
}

/* Also those of many products at once: none of them is shown as 0 on the way. */
static void taking_first_figures_of_a_bulk_back_zeroes_nothing(void **state)
{
    (void)state;
    static const struct engine_guard none = {.on = true, .account = {0, 0, 1}, .source = {0, 0, 1}};
    struct world w;
    world_open(&w);
    world_shop(&w, PRODUCTS);
    do_product(&w, "U");
    do_product(&w, "V");
    rows_start(&w, 1);
    row_listing(&w, "LU", "U", NULL, LISTING_ACTIVE);
    row_listing(&w, "LV", "V", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    bulk_by(&w, "erp", 'U' - 'A', 2, 7);
    world_ok(&w);
    uint64_t first = w.result.sequence;
    do_push_all(&w, 1);
    engine_guard_set(w.engine, &none);
    struct buf buf = payload();
    command_undo(&buf, first);
    group_do(&w, COMMAND_UNDO, "erp", &buf);
    world_ok(&w);
    assert_true(target_of(&w, "LU", "R1").hold & HOLD_UNCOUNTED);
    assert_true(target_of(&w, "LV", "R1").hold & HOLD_UNCOUNTED);
    world_close(&w);
}

/* What its figures do on the way is not shown where the listing goes to another product. */
static void taking_a_merge_back_tells_nothing_of_listings_that_leave(void **state)
{
    (void)state;
    static const struct engine_guard none = {.on = true, .account = {0, 0, 1}, .source = {0, 0, 1}};
    struct world w;
    struct bytes key, value;
    uint32_t rows = 0;
    world_open(&w);
    world_shop(&w, 1);
    do_warehouse(&w, "qq");
    do_set(&w, "A", "qq", 5);
    do_link(&w, "qq", "shop", "R1");
    do_sweeps(&w, 0);
    do_product(&w, "Z"); /* not counted in both */
    do_set(&w, "Z", "pp", 4);
    rows_start(&w, 1);
    row_listing(&w, "LZ", "Z", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    do_merge(&w, "A", "Z", MERGE_SUM);
    uint64_t merged = w.result.sequence, listing = target_id_of(&w, "LA", "R1").listing;
    do_push_all(&w, 1);
    engine_guard_set(w.engine, &none);
    struct buf buf = payload();
    command_undo(&buf, merged);
    group_do(&w, COMMAND_UNDO, "erp", &buf);
    assert_int_equal(w.status, ST_HELD);
    struct store_txn *txn = world_begin(&w);
    struct store_cursor *cursor = store_cursor(txn, TABLE_PLAN_ROW);
    for (; store_next(cursor, &key, &value) == ST_OK; rows++) {
        struct guard_row row;
        assert_true(plan_row_read(value, &row));
        assert_int_equal(row.target.listing, listing);
        assert_int_equal(row.before, 19);
        assert_int_equal(row.after, 15);
    }
    store_cursor_close(cursor);
    world_commit(&w, txn);
    assert_int_equal(rows, 1);
    world_close(&w);
}

/* Also where another listing has gone there meanwhile, and shows other figures. */
static void taking_a_merge_back_counts_each_listing_once(void **state)
{
    (void)state;
    static const struct engine_guard none = {.on = true, .account = {0, 0, 1}, .source = {0, 0, 1}};
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    do_product(&w, "Z");
    do_set(&w, "Z", "pp", 4);
    rows_start(&w, 1);
    row_listing(&w, "LY", "Y", NULL, LISTING_ACTIVE);
    row_listing(&w, "LZ", "Z", NULL, LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    do_map(&w, "shop", "LY", "Z");
    do_map(&w, "shop", "LZ", "Z");
    do_merge(&w, "A", "Z", MERGE_SUM);
    uint64_t merged = w.result.sequence;
    do_push_all(&w, 1);
    engine_guard_set(w.engine, &none);
    struct buf buf = payload();
    command_undo(&buf, merged);
    group_do(&w, COMMAND_UNDO, "erp", &buf);
    world_refused(&w, ST_HELD,
                  "would have changed 3 of 3 live targets of shop in 24 h; the limit is 0 %");
    assert_int_equal(rows_in(&w, TABLE_PLAN_ROW), 3);
    world_close(&w);
}

static void a_few_may_always_be_changed(void **state)
{
    (void)state;
    struct world w;
    struct engine_guard few = limits;
    few.at_least = 19;
    open_guarded(&w, &few);
    bulk_by(&w, "erp", 0, 19, 0);
    world_ok(&w);
    set_by(&w, "erp", 'T', 0);
    assert_int_equal(w.status, ST_HELD);
    world_close(&w);
}

/* ---- exempt */

static void first_figures_are_no_changes(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    engine_guard_set(w.engine, &limits);
    world_shop(&w, PRODUCTS); /* every target gets its first figure */
    world_ok(&w);
    bulk_by(&w, "erp", 0, 10, 0); /* but by now they are known, sent or not */
    assert_int_equal(w.status, ST_HELD);
    world_close(&w);
}

static void a_marketplace_that_shows_figures_is_not_zeroed_by_the_first_ones(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    do_warehouse(&w, "pp");
    do_account(&w, "shop");
    rows_start(&w, 1);
    row_remote(&w, "R1", true);
    for (unsigned i = 0; i < PRODUCTS; i++) {
        char sku[2] = {(char)('A' + i), 0}, listing[3] = {'L', sku[0], 0};
        row_listing(&w, listing, sku, NULL, LISTING_ACTIVE);
    }
    assert_int_equal(rows_end(&w), ST_OK);
    do_link(&w, "pp", "shop", "R1");
    for (unsigned i = 0; i < PRODUCTS; i++) {
        char sku[2] = {(char)('A' + i), 0};
        do_product(&w, sku);
    }
    do_sweeps(&w, 0);
    rows_start(&w, 1);
    for (unsigned i = 0; i < PRODUCTS; i++) {
        char listing[3] = {'L', (char)('A' + i), 0};
        row_stock(&w, "R1", listing, 7);
    }
    assert_int_equal(rows_end(&w), ST_OK);
    engine_guard_set(w.engine, &limits);
    bulk_by(&w, "erp", 0, 10, 0);
    assert_int_equal(w.status, ST_HELD);
    bulk_by(&w, "erp", 0, 8, 7);
    world_ok(&w);
    world_close(&w);
}

static void zeros_of_the_marketplace_zero_nothing(void **state)
{
    (void)state;
    struct world w;
    open_guarded(&w, &limits);
    w.now += HOUR_MS;
    rows_start(&w, 1);
    for (unsigned i = 0; i < PRODUCTS; i++) {
        char listing[3] = {'L', (char)('A' + i), 0};
        row_stock(&w, "R1", listing, 0);
    }
    rows_complete(&w.rows, SCOPE_ALL_STOCK, bytes_of("", 0));
    assert_int_equal(rows_end(&w), ST_OK);
    assert_int_equal(wanted(&w, 'A'), 10);
    assert_int_equal(on_hand(&w, "A", 1), 10);
    w.now += HOUR_MS; /* and an empty list of listings takes nothing away */
    rows_start(&w, 1);
    rows_complete(&w.rows, SCOPE_LISTINGS, bytes_of("", 0));
    assert_int_equal(rows_end(&w), ST_OK);
    assert_int_equal(wanted(&w, 'T'), 10);
    world_close(&w);
}

/* ---- links */

static void a_link_that_changes_much_is_held(void **state)
{
    (void)state;
    struct world w;
    open_guarded(&w, &limits);
    struct buf buf = payload();
    do_warehouse(&w, "kot");
    for (unsigned i = 0; i < PRODUCTS; i++) {
        const char sku[] = {(char)('A' + i), 0};
        do_set(&w, sku, "kot", i < 14 ? 5 : 0);
    }
    const struct link_change link = {bytes_text("kot"), bytes_text("shop"), bytes_text("R1"), 2, 0};
    command_link(&buf, &link);
    uint64_t id = group_do(&w, COMMAND_LINK_PUT, "boss", &buf);
    world_refused(&w, ST_HELD,
                  "would have changed 14 of 20 live targets of shop in 24 h; the limit is 60 %");
    assert_int_equal(rows_in(&w, TABLE_LINK), 1);
    assert_int_equal(rows_in(&w, TABLE_SWEEP), 0);
    plan_do(&w, COMMAND_PLAN_APPLY, id);
    world_ok(&w);
    do_sweeps(&w, 0);
    assert_int_equal(wanted(&w, 'A'), 15);
    world_close(&w);
}

static uint64_t link_kot(struct world *w, const char *actor, uint32_t share_ppm)
{
    struct buf buf = payload();
    const struct link_change link = {bytes_text("kot"), bytes_text("shop"), bytes_text("R1"), 2,
                                     share_ppm};
    command_link(&buf, &link);
    return group_do(w, COMMAND_LINK_PUT, actor, &buf);
}

static void what_a_link_changed_is_counted_once(void **state)
{
    (void)state;
    struct world w;
    open_guarded(&w, &limits);
    do_warehouse(&w, "kot");
    for (unsigned i = 0; i < PRODUCTS; i++) {
        const char sku[] = {(char)('A' + i), 0};
        do_set(&w, sku, "kot", i < 8 ? 4 : 0);
    }
    link_kot(&w, "boss", 0);
    world_ok(&w);
    do_sweeps(&w, 0);
    w.now += HOUR_MS;
    link_kot(&w, "boss", 500000);
    world_ok(&w);
    do_sweeps(&w, 0);
    assert_int_equal(wanted(&w, 'A'), 12);
    w.now += HOUR_MS;
    bulk_by(&w, "boss", 0, 10, 20);
    world_ok(&w);
    set_by(&w, "boss", 'K', 20);
    world_refused(&w, ST_HELD,
                  "would have changed 11 of 20 live targets of shop in 24 h by one source; the "
                  "limit is 50 %");
    world_close(&w);
}

/* ---- applying what is out of date */

/* What the plan does not tell of is not done with it. */
static void a_plan_is_refused_when_it_would_change_more_by_now(void **state)
{
    (void)state;
    struct world w;
    open_guarded(&w, &limits);
    do_warehouse(&w, "kot");
    for (unsigned i = 0; i < PRODUCTS; i++) {
        const char sku[] = {(char)('A' + i), 0};
        do_set(&w, sku, "kot", i < 14 ? 5 : 0);
    }
    uint64_t id = link_kot(&w, "boss", 0);
    assert_int_equal(w.status, ST_HELD);
    do_set(&w, "T", "kot", 300); /* which no place shows as yet */
    plan_do(&w, COMMAND_PLAN_APPLY, id);
    assert_int_equal(w.status, ST_CONFLICT);
    assert_non_null(strstr(w.error.text, "of 1 of its products"));
    assert_non_null(strstr(w.error.text, "('T')"));
    assert_int_equal(rows_in(&w, TABLE_LINK), 1);
    assert_int_equal(rows_in(&w, TABLE_SWEEP), 0);
    assert_int_equal(rows_in(&w, TABLE_PLAN), 1);
    uint64_t again = link_kot(&w, "boss", 0);
    assert_true(again && again != id);
    plan_do(&w, COMMAND_PLAN_APPLY, again);
    world_ok(&w);
    do_sweeps(&w, 0);
    assert_int_equal(wanted(&w, 'T'), 310);
    world_close(&w);
}

static void a_merge_is_refused_when_what_it_takes_was_changed(void **state)
{
    (void)state;
    struct world w;
    static const struct engine_guard few = {
        .on = true, .account = {30, 3, 0}, .source = {20, 3, 0}};
    open_guarded(&w, &few);
    do_product(&w, "Z");
    do_set(&w, "Z", "pp", 1);
    struct buf buf = payload();
    command_product_merge(&buf, bytes_text("A"), bytes_text("Z"), MERGE_SUM);
    uint64_t id = group_do(&w, COMMAND_PRODUCT_MERGE, "boss", &buf);
    assert_int_equal(w.status, ST_HELD);
    do_set(&w, "Z", "pp", 500);
    plan_do(&w, COMMAND_PLAN_APPLY, id);
    assert_int_equal(w.status, ST_CONFLICT);
    assert_non_null(strstr(w.error.text, "('Z')"));
    world_close(&w);
}

static void a_plan_is_refused_when_more_than_orders_changed_its_stock(void **state)
{
    (void)state;
    struct world w;
    open_guarded(&w, &limits);
    uint64_t id = bulk_by(&w, "erp", 0, 10, 0);
    set_by(&w, "shelf", 'C', 12);
    world_ok(&w);
    plan_do(&w, COMMAND_PLAN_APPLY, id);
    assert_int_equal(w.status, ST_CONFLICT);
    assert_non_null(strstr(w.error.text, "of 1 of its products"));
    assert_non_null(strstr(w.error.text, "('C')"));
    assert_int_equal(on_hand(&w, "A", 1), 10);
    assert_int_equal(rows_in(&w, TABLE_PLAN), 1);
    world_close(&w);
}

static void rows_changed_since_are_left_out_of_a_job(void **state)
{
    (void)state;
    struct world w;
    open_guarded(&w, &limits);
    set_by(&w, "shelf", 'A', 11);
    uint64_t since = w.result.sequence;
    set_by(&w, "shelf", 'B', 12);
    struct buf buf = bulk(&w, 0, 3, 1, since);
    group_do(&w, COMMAND_STOCK_BULK, "erp", &buf);
    world_ok(&w);
    assert_int_equal(w.result.rows, 2);
    assert_int_equal(w.result.differ, 1);
    assert_int_equal(on_hand(&w, "A", 1), 1);
    assert_int_equal(on_hand(&w, "B", 1), 12);
    world_close(&w);
}

/* ---- jobs */

static void a_job_is_foreseen_as_it_would_be(void **state)
{
    (void)state;
    struct world w;
    open_guarded(&w, &limits);
    struct store_txn *txn;
    struct guard_foresee *foresee;
    struct guard_effects effects;
    struct error error = {0};
    assert_int_equal(store_begin(w.store, STORE_READ, &txn, &error), ST_OK);
    assert_int_equal(guard_foresee_new(txn, 1, w.now, &foresee, &error), ST_OK);
    struct buf half = bulk(&w, 0, 5, 0, 0), rest = bulk(&w, 5, 6, 12, 0);
    assert_int_equal(guard_foresee_bulk(foresee, bytes_of(half.data, half.size), &error), ST_OK);
    assert_int_equal(guard_foresee_bulk(foresee, bytes_of(rest.data, rest.size), &error), ST_OK);
    assert_int_equal(guard_foresee_end(foresee, &effects, &error), ST_OK);
    assert_int_equal(effects.count, 1);
    assert_int_equal(effects.total, 11);
    assert_int_equal(effects.tallies[0].changed, 11);
    assert_int_equal(effects.tallies[0].zeroed, 5);
    assert_int_equal(effects.tallies[0].pieces, 62);
    assert_int_equal(effects.rows[10].before, 10);
    assert_int_equal(effects.rows[10].after, 12);
    assert_int_equal(guard_judge(w.engine, txn, &effects, true, &error), ST_HELD);
    guard_foresee_free(foresee);
    guard_effects_free(&effects);
    store_abort(txn);
    buf_free(&half);
    buf_free(&rest);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(too_many_zeros_are_held),
    cmocka_unit_test(a_sum_of_small_commands_is_held_too),
    cmocka_unit_test(the_window_outlives_a_restart),
    cmocka_unit_test(one_source_has_a_limit_of_its_own),
    cmocka_unit_test(each_source_is_counted_for_all_that_it_changes),
    cmocka_unit_test(who_is_forgotten_among_many_is_counted_again),
    cmocka_unit_test(a_clock_that_goes_back_counts_nothing_twice),
    cmocka_unit_test(what_a_clock_far_ahead_counted_is_forgotten),
    cmocka_unit_test(what_shows_something_again_is_zeroed_by_nobody),
    cmocka_unit_test(what_was_done_before_the_first_plan_does_not_hide_what_comes_after),
    cmocka_unit_test(what_a_link_changed_is_counted_once),
    cmocka_unit_test(a_plan_is_refused_when_it_would_change_more_by_now),
    cmocka_unit_test(a_merge_is_refused_when_what_it_takes_was_changed),
    cmocka_unit_test(changes_and_pieces_have_limits),
    cmocka_unit_test(what_a_command_leaves_as_it_was_is_not_changed),
    cmocka_unit_test(taking_a_first_figure_back_zeroes_nothing),
    cmocka_unit_test(taking_first_figures_of_a_bulk_back_zeroes_nothing),
    cmocka_unit_test(taking_a_merge_back_tells_nothing_of_listings_that_leave),
    cmocka_unit_test(taking_a_merge_back_counts_each_listing_once),
    cmocka_unit_test(a_few_may_always_be_changed),
    cmocka_unit_test(first_figures_are_no_changes),
    cmocka_unit_test(a_marketplace_that_shows_figures_is_not_zeroed_by_the_first_ones),
    cmocka_unit_test(zeros_of_the_marketplace_zero_nothing),
    cmocka_unit_test(a_link_that_changes_much_is_held),
    cmocka_unit_test(a_plan_is_refused_when_more_than_orders_changed_its_stock),
    cmocka_unit_test(rows_changed_since_are_left_out_of_a_job),
    cmocka_unit_test(a_job_is_foreseen_as_it_would_be),
};

TEST_MAIN(cases)
