/* Drift: what was read against what should be there, in each state a target can be in. */
#include "engine_orders.h"

#include "engine/drift.h"
#include "query/drift.h"

#include <stdio.h>

enum { SETTLE_MS = 5000, MINUTE_MS = 60000 };

static void rules_of(struct world *w)
{
    const struct engine_rules rules = {
        .routes = {{.max_items = 100, .settle_ms = SETTLE_MS, .stuck_after_ms = 3600000}},
        .route_count = 1,
        .data_version = 1,
        .attempts = 3};
    engine_rules_set(w->engine, 1, &rules);
}

/* A shop that shows ten, long enough ago for a reading to tell. */
static void shop(struct world *w, bool import)
{
    world_open(w);
    rules_of(w);
    world_shop(w, 2);
    if (import) world_import_orders(w);
    do_push_all(w, 1);
    w->now += MINUTE_MS;
}

static void read_kind(struct world *w, enum observed_kind kind, int64_t quantity)
{
    const struct seen_stock seen = {.remote = bytes_text("R1"),
                                    .listing = bytes_text("LA"),
                                    .type = bytes_text("fbs"),
                                    .kind = kind,
                                    .quantity = kind == OBSERVED_NUMBER ? quantity : FIGURE_UNKNOWN,
                                    .reserved = FIGURE_UNKNOWN};
    rows_start(w, 1);
    rows_stock(&w->rows, &seen);
    rows_end(w);
    world_ok(w);
}

static void reads(struct world *w, int64_t quantity)
{
    read_kind(w, OBSERVED_NUMBER, quantity);
}

/* Of listing LA, as text: "code done end expected observed", the newest first. */
struct seen {
    char text[600];
    uint32_t count;
};

static bool add(void *ctx, const struct query_drift *row)
{
    struct seen *seen = ctx;
    const struct drift_record *d = &row->drift;
    size_t at = strlen(seen->text);
    char observed[24] = "-";
    assert_true(bytes_equal(row->sku, bytes_text("A")));
    assert_true(bytes_equal(row->listing, bytes_text("LA")));
    if (d->observed != FIGURE_UNKNOWN)
        snprintf(observed, sizeof observed, "%lld", (long long)d->observed);
    snprintf(seen->text + at, sizeof seen->text - at, "%s%s %s %s%lld %s", at ? "; " : "",
             drift_code_name(d->code), drift_done_name(d->done),
             d->end ? drift_end_name(d->end) : "", (long long)d->expected, observed);
    seen->count++;
    return true;
}

static struct seen drifts(struct world *w, const char *sku, bool all)
{
    struct seen seen = {.text = ""};
    struct store_txn *txn;
    struct query query;
    struct query_page page = {.limit = 100};
    const struct query_drifts filter = {
        .account = bytes_text(sku ? "" : "shop"), .sku = bytes_text(sku ? sku : ""), .all = all};
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(query_open(&query, txn, &w->error), ST_OK);
    assert_int_equal(query_drifts(&query, &filter, &page, add, &seen), ST_OK);
    query_close(&query);
    store_abort(txn);
    return seen;
}

/* The newest one of all. */
static bool keep_first(void *ctx, const struct query_drift *row)
{
    *(struct drift_record *)ctx = row->drift;
    return false;
}

static struct drift_record last_drift(struct world *w)
{
    struct drift_record record = {0};
    struct store_txn *txn;
    struct query query;
    struct query_page page = {.limit = 1};
    const struct query_drifts filter = {.account = bytes_text("shop"), .all = true};
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(query_open(&query, txn, &w->error), ST_OK);
    assert_int_equal(query_drifts(&query, &filter, &page, keep_first, &record), ST_OK);
    query_close(&query);
    store_abort(txn);
    return record;
}

#define assert_open(w, words) assert_string_equal(drifts((w), NULL, false).text, (words))
#define assert_all(w, words)  assert_string_equal(drifts((w), "A", true).text, (words))

static uint32_t rereads(struct world *w)
{
    const struct engine_rereads ask = {.account = 1, .most = 100, .now_ms = w->now};
    struct store_txn *txn = world_begin(w);
    assert_int_equal(engine_select_rereads(w->engine, txn, &ask, &w->batch, &w->error), ST_OK);
    world_commit(w, txn);
    return w->batch.count;
}

/* Exactly this goes out, and is taken. */
static void sends(struct world *w, int64_t figure)
{
    assert_int_equal(do_select(w, 1, 10), 1);
    assert_int_equal(w->batch.items[0].wanted, figure);
    do_outcomes(w, OUTCOME_OK);
    w->now += MINUTE_MS;
}

static bool is_queued(struct world *w)
{
    return target_of(w, "LA", "R1").flags & TARGET_QUEUED;
}

/* ---- each kind of observation in each state */

static void plain(struct world *w)
{
    (void)w;
}

static void zero(struct world *w)
{
    do_set(w, "A", "pp", 0);
    do_push_all(w, 1);
    w->now += MINUTE_MS;
}

static void closed_place(struct world *w)
{
    rows_start(w, 1);
    row_remote(w, "R1", false);
    rows_end(w);
    do_sweeps(w, 0);
}

static void in_flight(struct world *w)
{
    do_adjust(w, "A", "pp", -1);
    assert_int_equal(do_select(w, 1, 10), 1);
}

static void unresolved(struct world *w)
{
    in_flight(w);
    do_outcomes(w, OUTCOME_UNRESOLVED);
}

static void rejected(struct world *w)
{
    do_adjust(w, "A", "pp", -1);
    assert_int_equal(do_select(w, 1, 10), 1);
    do_outcomes(w, OUTCOME_REJECTED);
    w->now += MINUTE_MS;
}

static void dirty(struct world *w)
{
    do_adjust(w, "A", "pp", -1);
}

static void never_sent(struct world *w)
{
    struct buf buf;
    buf_init(&buf, 1000);
    struct requeue again = {.limit = 10};
    command_requeue(&buf, &again);
    world_do(w, COMMAND_REQUEUE, &buf);
}

static void each_kind_in_each_state(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*make)(struct world *w);
        enum observed_kind kind;
        int64_t quantity;
        const char *drift;
        bool queued;
    } cases[] = {
        {"as it should be", plain, OBSERVED_NUMBER, 10, "", false},
        {"higher", plain, OBSERVED_NUMBER, 12, "raised repaired 10 12", true},
        {"lower", plain, OBSERVED_NUMBER, 7, "orders-elsewhere waits 10 7", false},
        {"a zero", plain, OBSERVED_NUMBER, 0, "orders-elsewhere waits 10 0", false},
        {"absent", plain, OBSERVED_ABSENT, 0, "missing left 10 -", false},
        {"untracked", plain, OBSERVED_UNTRACKED, 0, "untracked left 10 -", false},
        {"zero as sent", zero, OBSERVED_NUMBER, 0, "", false},
        {"zero raised", zero, OBSERVED_NUMBER, 3, "raised repaired 0 3", true},
        {"zero absent: confirmed", zero, OBSERVED_ABSENT, 0, "", false},
        {"zero untracked", zero, OBSERVED_UNTRACKED, 0, "untracked left 0 -", false},
        {"closed, higher", closed_place, OBSERVED_NUMBER, 12, "raised left 10 12", false},
        {"closed, lower", closed_place, OBSERVED_NUMBER, 7, "orders-elsewhere waits 10 7", false},
        {"closed, absent", closed_place, OBSERVED_ABSENT, 0, "missing left 10 -", false},
        {"in flight, higher", in_flight, OBSERVED_NUMBER, 12, "", false},
        {"in flight, lower", in_flight, OBSERVED_NUMBER, 7, "", false},
        {"in flight, absent", in_flight, OBSERVED_ABSENT, 0, "", false},
        {"unresolved, too soon", unresolved, OBSERVED_NUMBER, 12, "", false},
        {"unresolved, untracked", unresolved, OBSERVED_UNTRACKED, 0, "", false},
        {"rejected, higher", rejected, OBSERVED_NUMBER, 12, "raised left 10 12", false},
        {"dirty, as it was", dirty, OBSERVED_NUMBER, 10, "", true},
        {"dirty, as is wanted", dirty, OBSERVED_NUMBER, 9, "", true},
        {"dirty, higher", dirty, OBSERVED_NUMBER, 12, "raised repaired 10 12", true},
        {"pushed by hand, higher", never_sent, OBSERVED_NUMBER, 12, "raised repaired 10 12", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        shop(&w, false);
        cases[i].make(&w);
        read_kind(&w, cases[i].kind, cases[i].quantity);
        struct seen seen = drifts(&w, NULL, false);
        if (strcmp(seen.text, cases[i].drift) != 0 || is_queued(&w) != cases[i].queued)
            fail_msg("%s: '%s', not '%s'; %squeued", cases[i].name, seen.text, cases[i].drift,
                     is_queued(&w) ? "" : "not ");
        assert_int_equal(on_hand(&w, "B", 1), 10);
        world_close(&w);
    }
}

static void a_figure_off_for_a_product_is_left(void **state)
{
    (void)state;
    struct world w;
    shop(&w, false);
    struct buf buf;
    buf_init(&buf, 1000);
    const struct rule_change off = {.sku = bytes_text("A"), .rule = {.mode = RULE_OFF}};
    command_rule_set(&buf, &off, 1);
    assert_int_equal(world_do(&w, COMMAND_RULE_SET, &buf), ST_OK);
    reads(&w, 12);
    assert_open(&w, "raised left 10 12");
    assert_int_equal(do_select(&w, 1, 10), 0);
    world_close(&w);
}

/* ---- higher */

static void what_was_raised_is_repaired_once_and_over_when_it_is_true_again(void **state)
{
    (void)state;
    struct world w;
    shop(&w, false);
    reads(&w, 12);
    reads(&w, 12); /* the same reading told twice */
    sends(&w, 10);
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_open(&w, "raised repaired 10 12"); /* until it is read */
    reads(&w, 10);
    assert_open(&w, "");
    assert_all(&w, "raised repaired true-again10 12");
    world_close(&w);
}

static void a_write_that_was_taken_and_lost_is_called_so(void **state)
{
    (void)state;
    struct world w;
    shop(&w, false);
    reads(&w, 10);
    w.now += MINUTE_MS;
    do_adjust(&w, "A", "pp", -4);
    sends(&w, 6);
    reads(&w, 10);
    assert_open(&w, "lost-write repaired 6 10");
    sends(&w, 6);
    world_close(&w);
}

/* ---- readings that do not count */

static void a_reading_from_around_a_write_says_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct world w;
        shop(&w, false);
        int64_t before = w.now;
        do_adjust(&w, "A", "pp", -1);
        assert_int_equal(do_select(&w, 1, 10), 1);
        if (i == 2) w.now += SETTLE_MS; /* which was answered late */
        do_outcomes(&w, OUTCOME_OK);
        if (i == 0) w.begun = before - 1; /* asked before it */
        w.now += SETTLE_MS - 1;           /* or too soon after it */
        reads(&w, 10);
        assert_open(&w, "");
        assert_false(is_queued(&w));
        assert_int_equal(rereads(&w), 0); /* not at once */
        w.begun = 0;
        w.now += SETTLE_MS + REREAD_SOON_MS;
        assert_int_equal(rereads(&w), 1);
        assert_true(w.batch.reading);
        assert_int_equal(rereads(&w), 0);
        reads(&w, 10);
        assert_open(&w, "raised repaired 9 10");
        world_close(&w);
    }
}

static void tell_order(struct world *w, int64_t pieces)
{
    const struct order_view told = order_now(w, ORDER_OPEN, pieces);
    int64_t begun = w->begun;
    w->begun = 0;
    tell_line(w, "1", &told);
    w->begun = begun;
}

static void an_order_inside_the_span_makes_it_be_read_again(void **state)
{
    (void)state;
    struct world w;
    shop(&w, true);
    w.drained = w.now;
    w.now += 20000;
    w.begun = w.now - 1000;
    tell_order(&w, 3);
    reads(&w, 10); /* as it was when it was asked */
    assert_open(&w, "");
    assert_false(is_queued(&w));
    w.begun = 0;
    w.now += SETTLE_MS + REREAD_SOON_MS;
    assert_int_equal(rereads(&w), 1);
    reads(&w, 7);
    assert_open(&w, "");
    assert_int_equal(do_select(&w, 1, 10), 0);
    world_close(&w);
}

/* ---- lower, where orders are imported */

static void lower_asks_for_orders_and_they_explain_it(void **state)
{
    (void)state;
    struct world w;
    shop(&w, true);
    w.drained = w.now;
    w.now += 20000;
    engine_touched_take(w.engine);
    reads(&w, 7);
    struct engine_touched touched = engine_touched_take(w.engine);
    assert_true(engine_touched_orders(&touched, 1) && engine_touched_looks(&touched, 1));
    assert_false(engine_touched_has(&touched, 1)); /* nothing came to be sent */
    assert_open(&w, "unseen-orders drain-asked 10 7");
    assert_false(is_queued(&w));
    world_restart(&w);
    rules_of(&w);
    w.drained = w.now;
    tell_order(&w, 3);
    assert_open(&w, "");
    assert_all(&w, "unseen-orders drain-asked explained10 7");
    assert_int_equal(do_select(&w, 1, 10), 0);
    world_close(&w);
}

static void lower_is_raised_when_neither_a_drain_nor_time_explains_it(void **state)
{
    (void)state;
    struct world w;
    shop(&w, true);
    reads(&w, 7);
    w.now += DRIFT_LATE_MS;
    assert_int_equal(rereads(&w), 0); /* it is asked for when the time is over */
    w.now += 1;
    assert_int_equal(rereads(&w), 1);
    reads(&w, 7); /* no drain came to its end */
    assert_open(&w, "unseen-orders drain-asked 10 7");
    assert_false(is_queued(&w));
    w.drained = w.now - 1;
    w.now += 1;
    reads(&w, 7);
    assert_open(&w, "lowered repaired 10 7");
    sends(&w, 10);
    world_close(&w);
}

static void another_difference_begins_anew(void **state)
{
    (void)state;
    struct world w;
    shop(&w, true);
    reads(&w, 7);
    w.now += DRIFT_LATE_MS;
    w.drained = w.now;
    reads(&w, 6); /* buyers go on ordering */
    w.now += MINUTE_MS;
    w.drained = w.now;
    reads(&w, 6);
    assert_open(&w, "unseen-orders drain-asked 10 6");
    assert_false(is_queued(&w));
    world_close(&w);
}

/* ---- lower, where the seller's own system nets orders */

static void lower_waits_for_the_sellers_system(void **state)
{
    (void)state;
    struct world w;
    shop(&w, false);
    reads(&w, 7);
    w.now += DRIFT_EXTERNAL_MS - 1;
    reads(&w, 7);
    assert_open(&w, "orders-elsewhere waits 10 7");
    assert_false(is_queued(&w));
    w.now += 1;
    reads(&w, 7);
    assert_open(&w, "lowered repaired 10 7");
    sends(&w, 10);
    world_close(&w);
}

static void a_new_figure_of_the_seller_ends_it(void **state)
{
    (void)state;
    struct world w;
    shop(&w, false);
    reads(&w, 7);
    w.now += MINUTE_MS;
    do_set(&w, "A", "pp", 7);
    sends(&w, 7);
    reads(&w, 7);
    assert_open(&w, "");
    assert_all(&w, "orders-elsewhere waits true-again10 7");
    world_close(&w);
}

/* ---- a foreign writer */

/* Raises it until it is named. */
static void until_named(struct world *w)
{
    for (int i = 0; i < DRIFT_REPAIRS_MAX; i++) {
        w->now += 30 * MINUTE_MS;
        reads(w, 12);
        sends(w, 10);
        if (i == 0) reads(w, 10); /* sometimes it is seen as it should be */
    }
    w->now += 30 * MINUTE_MS;
    reads(w, 12);
}

static void who_keeps_overwriting_is_named_and_not_fought(void **state)
{
    (void)state;
    struct world w;
    shop(&w, false);
    until_named(&w);
    assert_open(&w, "foreign-writer named 10 12");
    struct drift_record named = last_drift(&w);
    assert_int_equal(named.repairs, DRIFT_REPAIRS_MAX); /* also of the drift that was over */
    assert_int_equal(named.repaired_ms, w.now - 31 * MINUTE_MS);
    assert_int_equal(target_of(&w, "LA", "R1").hold, HOLD_FOREIGN);
    assert_int_equal(do_select(&w, 1, 10), 0);
    for (int i = 0; i < 5; i++) {
        w.now += 30 * MINUTE_MS;
        reads(&w, 12 + i);
        assert_int_equal(do_select(&w, 1, 10), 0);
    }
    assert_open(&w, "foreign-writer named 10 16");
    reads(&w, 10); /* once as we want it: that person still decides */
    assert_open(&w, "foreign-writer named 10 10");
    world_close(&w);
}

static void a_decrease_goes_past_a_foreign_writer_once(void **state)
{
    (void)state;
    struct world w;
    shop(&w, false);
    until_named(&w);
    do_set(&w, "A", "pp", 14); /* more than they show: not ours to raise now */
    assert_int_equal(do_select(&w, 1, 10), 0);
    do_set(&w, "A", "pp", 4);
    sends(&w, 4);
    w.now += MINUTE_MS;
    reads(&w, 12);
    assert_int_equal(do_select(&w, 1, 10), 0); /* not a second time */
    do_set(&w, "A", "pp", 0);
    assert_int_equal(do_select(&w, 1, 10), 1);
    do_outcomes(&w, OUTCOME_RETRY); /* surely not applied: it still has to go */
    w.now += MINUTE_MS;
    sends(&w, 0);
    do_set(&w, "A", "pp", 4);
    assert_int_equal(do_select(&w, 1, 10), 0);
    assert_open(&w, "foreign-writer named 4 12");
    world_close(&w);
}

static enum status resolve(struct world *w, const char *listing, const char *remote)
{
    struct buf buf;
    buf_init(&buf, 1000);
    command_drift_resolve(&buf, bytes_text("shop"), bytes_text(listing), bytes_text(remote));
    return world_do(w, COMMAND_DRIFT_RESOLVE, &buf);
}

static void a_person_releases_it(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct world w;
        struct buf buf;
        shop(&w, false);
        until_named(&w);
        buf_init(&buf, 1000);
        const struct requeue force = {.force = i == 1, .limit = 100};
        command_requeue(&buf, &force);
        assert_int_equal(world_do(&w, COMMAND_REQUEUE, &buf), ST_OK);
        if (i == 0) {
            assert_int_equal(do_select(&w, 1, 10), 0); /* a push alone is not enough */
            assert_int_equal(resolve(&w, "LA", "R2"), ST_CONFLICT);
            assert_int_equal(resolve(&w, "LA", "R1"), ST_OK);
            assert_int_equal(w.result.rows, 1);
            sends(&w, 10);
        } else {
            do_push_all(&w, 1);
            w.now += MINUTE_MS;
        }
        assert_open(&w, "");
        reads(&w, 12); /* counted anew */
        assert_open(&w, "raised repaired 10 12");
        sends(&w, 10);
        world_close(&w);
    }
}

static void what_is_not_there_cannot_be_resolved(void **state)
{
    (void)state;
    struct world w;
    shop(&w, false);
    resolve(&w, "LA", "");
    world_refused(&w, ST_CONFLICT,
                  "no figure of listing 'LA' of account 'shop' has an open drift; `stockctl drift "
                  "--account shop` shows those that have");
    resolve(&w, "LX", "");
    world_refused(&w, ST_NOT_FOUND,
                  "account 'shop' has no listing 'LX'; `stockctl drift --account shop` shows those "
                  "with a drift");
    world_close(&w);
}

static void repairs_of_long_ago_do_not_count(void **state)
{
    (void)state;
    struct world w;
    shop(&w, false);
    for (int i = 0; i < 2 * DRIFT_REPAIRS_MAX; i++) {
        w.now += DRIFT_WINDOW_MS + MINUTE_MS;
        reads(&w, 12);
        sends(&w, 10);
    }
    assert_open(&w, "raised repaired 10 12");
    world_close(&w);
}

/* ---- higher, for an order gave pieces back there before that was told */

/* As a drain tells it that goes on every few seconds. */
static void tell(struct world *w, const char *line, const struct order_view *told)
{
    w->drained = w->now - 10000;
    tell_line(w, line, told);
    w->now += MINUTE_MS;
}

static void send_what_is_due(struct world *w)
{
    do_push_all(w, 1);
    w->now += MINUTE_MS;
}

static void is_cancelled(struct world *w, const char *line)
{
    const struct order_view told = order_now(w, ORDER_CANCELLED, 2);
    tell(w, line, &told);
}

static void is_returned(struct world *w, const char *line)
{
    const struct order_view told = order_now(w, ORDER_RETURNED, 2);
    tell(w, line, &told);
    do_adjust(w, "A", "pp", 2);
}

static void is_confirmed_first(struct world *w, const char *line)
{
    reads(w, 8); /* the repair: that drift is over */
    is_cancelled(w, line);
}

static void was_never_told_of(struct world *w, const char *line)
{
    char other[] = {line[0], 'n', 0};
    is_cancelled(w, other);
    do_adjust(w, "A", "pp", 2);
}

static void are_two_lines(struct world *w, const char *line)
{
    char other[] = {line[0], 'n', 0};
    struct order_view told = order_now(w, ORDER_CANCELLED, 1);
    tell(w, other, &told);
    told = order_now(w, ORDER_OPEN, 1); /* of two */
    tell(w, line, &told);
    do_adjust(w, "A", "pp", 1);
}

static void came_too_late(struct world *w, const char *line)
{
    w->now += DRIFT_LATE_MS;
    is_cancelled(w, line);
}

/* The drains were blind to it, and a sweep was not. */
static void came_late_with_its_time(struct world *w, const char *line)
{
    struct order_view told = order_now(w, ORDER_CANCELLED, 2);
    told.changed_ms = w->now - 5 * MINUTE_MS;
    w->now += DRIFT_LATE_MS;
    tell(w, line, &told);
}

static void was_after_the_reading(struct world *w, const char *line)
{
    struct order_view told = order_now(w, ORDER_CANCELLED, 2);
    told.changed_ms = w->now;
    tell(w, line, &told);
}

static void was_of_fewer_pieces(struct world *w, const char *line)
{
    const struct order_view told = order_now(w, ORDER_OPEN, 1); /* of two */
    tell(w, line, &told);
    do_adjust(w, "A", "pp", 1);
}

static void was_of_another_listing(struct world *w, const char *line)
{
    char other[] = {line[0], 'n', 0};
    struct order_view told = order_now(w, ORDER_CANCELLED, 2);
    (void)line;
    told.refs[0].value = bytes_text("LB");
    tell(w, other, &told);
    do_adjust(w, "A", "pp", 2);
}

/* Two are ordered of ten, and eight shown; ten are read, eight sent again; then that is told. */
static void a_day_of_returns(struct world *w, void (*told)(struct world *w, const char *line))
{
    for (char i = '1'; i <= '1' + DRIFT_REPAIRS_MAX; i++) {
        const char line[] = {i, 0};
        struct order_view order = order_now(w, ORDER_OPEN, 2);
        if (told == is_returned) order.state = ORDER_SHIPPED;
        tell(w, line, &order);
        send_what_is_due(w);
        w->now += 30 * MINUTE_MS;
        reads(w, 10);
        if (target_of(w, "LA", "R1").hold) return;
        sends(w, 8);
        told(w, line);
        send_what_is_due(w);
        reads(w, 10);
    }
}

static void what_orders_gave_back_is_no_foreign_writer(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*told)(struct world *w, const char *line);
        bool explains;
    } cases[] = {
        {"cancelled", is_cancelled, true},
        {"returned", is_returned, true},
        {"cancelled, and the repair was seen", is_confirmed_first, true},
        {"ordered and cancelled between drains", was_never_told_of, true},
        {"two lines", are_two_lines, true},
        {"too late", came_too_late, false},
        {"late, and it is known when that was", came_late_with_its_time, true},
        {"after the reading", was_after_the_reading, false},
        {"fewer pieces", was_of_fewer_pieces, false},
        {"another listing", was_of_another_listing, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        shop(&w, true);
        a_day_of_returns(&w, cases[i].told);
        bool held = target_of(&w, "LA", "R1").hold & HOLD_FOREIGN;
        struct seen seen = drifts(&w, "A", true);
        if (held == cases[i].explains || (strstr(seen.text, " explained8 10") && held))
            fail_msg("%s: %sheld; %s", cases[i].name, held ? "" : "not ", seen.text);
        if (cases[i].explains) {
            assert_int_equal(last_drift(&w).end, DRIFT_EXPLAINED);
            assert_int_equal(last_drift(&w).repairs, 0);
        }
        world_close(&w);
    }
}

/* Named for a reading that an order explains: it is let go, and the others still count. */
static void who_was_named_for_a_cancelled_order_is_let_go(void **state)
{
    (void)state;
    struct world w;
    shop(&w, true);
    for (int i = 0; i < DRIFT_REPAIRS_MAX; i++) {
        w.now += 30 * MINUTE_MS;
        reads(&w, 12);
        sends(&w, 10);
        if (i == 0) reads(&w, 10);
    }
    struct order_view told = order_now(&w, ORDER_OPEN, 2);
    tell(&w, "1", &told);
    send_what_is_due(&w);
    w.now += 30 * MINUTE_MS;
    reads(&w, 10);
    assert_open(&w, "foreign-writer named 8 10");
    w.now += MINUTE_MS;
    reads(&w, 11); /* what it shows by now is another matter */
    world_restart(&w);
    rules_of(&w);
    is_cancelled(&w, "1");
    assert_open(&w, "");
    assert_int_equal(target_of(&w, "LA", "R1").hold, 0);
    assert_int_equal(last_drift(&w).end, DRIFT_EXPLAINED);
    assert_int_equal(last_drift(&w).repairs,
                     DRIFT_REPAIRS_MAX - 1); /* one is of the drift before */
    sends(&w, 10);
    reads(&w, 12);
    assert_open(&w, "foreign-writer named 10 12");
    assert_int_equal(last_drift(&w).repairs, DRIFT_REPAIRS_MAX);
    told = order_now(&w, ORDER_OPEN, 1); /* gives nothing back; the decrease goes out */
    tell(&w, "2", &told);
    sends(&w, 9);
    w.now += DRIFT_LATE_MS;
    reads(&w, 12);
    told = order_now(&w, ORDER_CANCELLED, 5);
    tell(&w, "3", &told); /* long after it was named, soon after the last reading */
    assert_int_equal(target_of(&w, "LA", "R1").hold, HOLD_FOREIGN);
    world_close(&w);
}

/* ---- rows */

static void old_ones_go_and_open_ones_stay(void **state)
{
    (void)state;
    struct world w;
    shop(&w, false);
    for (int i = 0; i < DRIFT_KEPT_PER_TARGET + 5; i++) {
        w.now += DRIFT_WINDOW_MS;
        reads(&w, 12);
        sends(&w, 10);
        reads(&w, 10);
    }
    assert_int_equal(rows_in(&w, TABLE_DRIFT), DRIFT_KEPT_PER_TARGET);
    w.now += DRIFT_WINDOW_MS;
    reads(&w, 13);
    struct buf buf;
    buf_init(&buf, 100);
    command_compact(&buf, w.now + 1, 4096);
    assert_int_equal(world_do(&w, COMMAND_COMPACT, &buf), ST_OK);
    assert_int_equal(rows_in(&w, TABLE_DRIFT), 1);
    assert_open(&w, "raised repaired 10 13");
    world_close(&w);
}

static void a_target_that_goes_takes_its_open_drift_along(void **state)
{
    (void)state;
    struct world w;
    shop(&w, false);
    reads(&w, 12);
    do_unlink(&w, "pp", "shop", "R1");
    do_sweeps(&w, 0);
    assert_open(&w, "");
    assert_all(&w, "raised repaired gone10 12");
    world_close(&w);
}

static void a_product_is_read_again_on_demand(void **state)
{
    (void)state;
    struct world w;
    struct buf buf;
    shop(&w, false);
    buf_init(&buf, 100);
    command_reread(&buf, bytes_text("A"), bytes_text("shop"));
    assert_int_equal(world_do(&w, COMMAND_REREAD, &buf), ST_OK);
    assert_int_equal(w.result.rows, 1);
    assert_int_equal(rereads(&w), 1);
    assert_string_equal(w.batch.items[0].listing_id, "LA");
    assert_int_equal(rereads(&w), 0);
    world_close(&w);
}

/* ---- verifying */

struct told {
    char text[2048];
};

static void gather(void *ctx, const char *table, const char *sentence)
{
    struct told *told = ctx;
    size_t at = strlen(told->text);
    snprintf(told->text + at, sizeof told->text - at, "%s: %s\n", table, sentence);
}

/* A drift, its index, the list of open ones, or its target's word of it goes: each is missed. */
static void a_row_that_is_gone_is_missed(void **state)
{
    (void)state;
    static const struct {
        enum store_table table;
        const char *findings[3];
    } rows[] = {
        {TABLE_DRIFT,
         {"drift_target: listing 1: names a drift that is not there",
          "drift_open: listing 1: names a drift that is not open",
          "target: listing 1: says that it has an open drift"}},
        {TABLE_DRIFT_TARGET, {"drift: product 1, listing 1: is in no list of its target"}},
        {TABLE_DRIFT_OPEN,
         {"drift: product 1, listing 1: is open, and not listed so",
          "target: listing 1: says that it has an open drift"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        struct told told = {""};
        const struct verify_hooks hooks = {.report = gather, .ctx = &told};
        struct verify_result result;
        shop(&w, false);
        reads(&w, 12);
        assert_int_equal(rows_in(&w, TABLE_DRIFT_OPEN), 1);
        w.unverified = true;
        struct store_txn *txn = world_begin(&w);
        struct store_cursor *cursor = store_cursor(txn, rows[i].table);
        assert_int_equal(store_next(cursor, NULL, NULL), ST_OK);
        assert_int_equal(store_cursor_delete(cursor), ST_OK);
        store_cursor_close(cursor);
        world_commit(&w, txn);
        assert_int_equal(store_begin(w.store, STORE_READ, &txn, NULL), ST_OK);
        assert_int_equal(engine_verify(txn, &hooks, &result, &w.error), ST_OK);
        store_abort(txn);
        for (size_t f = 0; f < 3 && rows[i].findings[f]; f++)
            if (!strstr(told.text, rows[i].findings[f]))
                fail_msg("%s\nis not among\n%s", rows[i].findings[f], told.text);
        world_close(&w);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(each_kind_in_each_state),
    cmocka_unit_test(a_figure_off_for_a_product_is_left),
    cmocka_unit_test(what_was_raised_is_repaired_once_and_over_when_it_is_true_again),
    cmocka_unit_test(a_write_that_was_taken_and_lost_is_called_so),
    cmocka_unit_test(a_reading_from_around_a_write_says_nothing),
    cmocka_unit_test(an_order_inside_the_span_makes_it_be_read_again),
    cmocka_unit_test(lower_asks_for_orders_and_they_explain_it),
    cmocka_unit_test(lower_is_raised_when_neither_a_drain_nor_time_explains_it),
    cmocka_unit_test(another_difference_begins_anew),
    cmocka_unit_test(lower_waits_for_the_sellers_system),
    cmocka_unit_test(a_new_figure_of_the_seller_ends_it),
    cmocka_unit_test(who_keeps_overwriting_is_named_and_not_fought),
    cmocka_unit_test(a_decrease_goes_past_a_foreign_writer_once),
    cmocka_unit_test(a_person_releases_it),
    cmocka_unit_test(what_is_not_there_cannot_be_resolved),
    cmocka_unit_test(repairs_of_long_ago_do_not_count),
    cmocka_unit_test(what_orders_gave_back_is_no_foreign_writer),
    cmocka_unit_test(who_was_named_for_a_cancelled_order_is_let_go),
    cmocka_unit_test(old_ones_go_and_open_ones_stay),
    cmocka_unit_test(a_target_that_goes_takes_its_open_drift_along),
    cmocka_unit_test(a_product_is_read_again_on_demand),
    cmocka_unit_test(a_row_that_is_gone_is_missed),
};
TEST_MAIN(cases)
