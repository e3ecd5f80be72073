/* What is kept count of: whatever happens to targets the counts are those of a walk over them,
 * through dropped groups and in stores from before there were any; latency, outcomes and codes are
 * counted once and stay bounded. */
#include "engine_orders.h"

#include "engine/rule.h"
#include "engine/state.h"
#include "engine/stats.h"
#include "engine/target_count.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static struct target_counts counts_of(struct world *w, bool *known)
{
    struct target_counts counts;
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    bool found = target_counts_get(txn, 1, &counts);
    store_abort(txn);
    if (known)
        *known = found;
    else
        assert_true(found);
    return counts;
}

static struct stats_account stats_of(struct world *w)
{
    struct stats_list list = stats_copy(w->engine);
    struct stats_account account = {0};
    for (uint32_t i = 0; i < list.count; i++)
        if (list.list[i].account == 1) account = list.list[i];
    mem_free(list.list);
    return account;
}

static void told(void *ctx, uint32_t account, bool right)
{
    if (!right) fail_msg("account %u is counted wrong (%s)", account, (const char *)ctx);
}

static void assert_right(struct world *w, const char *when)
{
    const uint32_t account = 1;
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(target_count_check(txn, &account, 1, false, told, (void *)when), ST_OK);
    store_abort(txn);
}

static void counts_follow_a_write(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 3);
    assert_right(&w, "at first");
    struct target_counts before = counts_of(&w, NULL);
    assert_true(before.of[COUNT_TARGETS] >= 3);
    assert_true(before.of[COUNT_UNSENT] >= 3);
    assert_true(before.since_ms > 0 && before.since_ms <= w.now);
    assert_int_equal(before.success_ms, 0);
    assert_true(do_select(&w, 1, 100) >= 3);
    assert_right(&w, "on its way");
    assert_int_equal(counts_of(&w, NULL).of[COUNT_UNSENT], before.of[COUNT_UNSENT]);
    rows_start(&w, 1);
    row_outcome(&w, &w.batch.items[0], OUTCOME_UNRESOLVED, 0);
    row_outcome(&w, &w.batch.items[1], OUTCOME_REJECTED, 0);
    row_outcome(&w, &w.batch.items[2], OUTCOME_OK, 0);
    row_flight_ended(&w);
    assert_int_equal(rows_end(&w), ST_OK);
    assert_right(&w, "answered");
    struct target_counts after = counts_of(&w, NULL);
    assert_int_equal(after.of[COUNT_UNRESOLVED], 1);
    assert_int_equal(after.of[COUNT_REJECTED], 1);
    assert_int_equal(after.of[COUNT_UNSENT], before.of[COUNT_UNSENT] - 2);
    assert_int_equal(after.success_ms, w.now);
    world_close(&w);
}

/* It was there for an hour, and then was read to be another figure: that is no change which waits
 * for an hour. */
static void what_was_there_waits_since_it_was_seen_to_be_gone(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 3);
    do_push_all(&w, 1);
    assert_int_equal(counts_of(&w, NULL).since_ms, 0);
    w.now += 3600000;
    for (int i = 0; i < 2; i++) {
        rows_start(&w, 1);
        row_stock(&w, "R1", "LA", 99);
        rows_end(&w);
        world_ok(&w);
        w.now += 60000;
    }
    struct target_counts counts = counts_of(&w, NULL);
    assert_int_equal(counts.of[COUNT_UNSENT], 1);
    assert_true(counts.since_ms > w.now - 180000);
    assert_right(&w, "read to be another one");
    world_close(&w);
}

/* However often a figure is changed or sent in vain, it waits since it first was not there; what
 * was taken had all that came before it was composed. */
static void it_waits_since_it_was_not_there(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 3);
    do_push_all(&w, 1);
    w.now += 3600000;
    const int64_t first_ms = w.now;
    assert_int_equal(do_set(&w, "A", "pp", 7), ST_OK);
    for (int i = 0; i < 3; i++) {
        w.now += 60000;
        assert_true(do_select(&w, 1, 100) > 0);
        do_outcomes(&w, OUTCOME_RETRY);
        assert_int_equal(do_set(&w, "A", "pp", 20 + i), ST_OK);
        assert_int_equal(counts_of(&w, NULL).since_ms / 1000, first_ms / 1000);
    }
    w.now += 3600000;
    const int64_t composed_ms = w.now;
    assert_true(do_select(&w, 1, 100) > 0);
    w.now += 1000;
    assert_int_equal(do_set(&w, "A", "pp", 40), ST_OK);
    w.now += 60000;
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(counts_of(&w, NULL).since_ms / 1000, composed_ms / 1000);
    assert_right(&w, "taken, and changed since");
    world_close(&w);
}

/* Buyers took of a figure whose cap stays: it is sent again by the same revision, and what was
 * acknowledged of the write before says nothing of this one. */
static void what_was_sold_waits_until_the_next_write_is_there(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_order_shop(&w, 1);
    const struct rule_change cap = {.sku = bytes_text("A"),
                                    .rule = {.given = 1u << RULE_CAP, .fields = {[RULE_CAP] = 5}}};
    struct buf buf;
    buf_init(&buf, 256);
    command_rule_set(&buf, &cap, 1);
    assert_int_equal(world_do(&w, COMMAND_RULE_SET, &buf), ST_OK);
    do_push_all(&w, 1);
    w.now += 60000;
    w.drained = w.now;
    w.now += 10000;
    const int64_t sold_ms = w.now;
    const struct order_view told = order_now(&w, ORDER_OPEN, 3);
    tell_line(&w, "1", &told);
    assert_int_equal(counts_of(&w, NULL).since_ms / 1000, sold_ms / 1000);
    w.now += 60000;
    assert_int_equal(do_select(&w, 1, 100), 1);
    assert_int_equal(w.batch.items[0].wanted, 5);
    assert_int_equal(counts_of(&w, NULL).since_ms / 1000, sold_ms / 1000);
    do_outcomes(&w, OUTCOME_RETRY);
    assert_int_equal(counts_of(&w, NULL).since_ms / 1000, sold_ms / 1000);
    w.now += 3600000;
    assert_int_equal(do_select(&w, 1, 100), 1);
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(counts_of(&w, NULL).since_ms, 0);
    assert_right(&w, "sold, and sent again");
    world_close(&w);
}

static void ask_again(struct world *w)
{
    struct buf buf;
    buf_init(&buf, 64);
    command_requeue(&buf, &(struct requeue){.force = true, .limit = 100});
    assert_int_equal(world_do(w, COMMAND_REQUEUE, &buf), ST_OK);
    buf_free(&buf);
}

/* What is refused could not go, and counts as such: it waits again since somebody asked for it. */
static void what_is_refused_waits_since_it_was_asked_for_again(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 3);
    do_push_all(&w, 1);
    assert_int_equal(do_set(&w, "A", "pp", 7), ST_OK);
    w.now += 60000;
    assert_int_equal(do_select(&w, 1, 100), 1);
    do_outcomes(&w, OUTCOME_REJECTED);
    assert_int_equal(counts_of(&w, NULL).of[COUNT_REJECTED], 1);
    assert_int_equal(counts_of(&w, NULL).since_ms, 0);
    w.now += 3600000;
    const int64_t asked_ms = w.now;
    ask_again(&w);
    w.now += 60000;
    assert_int_equal(counts_of(&w, NULL).of[COUNT_REJECTED], 0);
    assert_int_equal(counts_of(&w, NULL).since_ms / 1000, asked_ms / 1000);
    assert_right(&w, "asked for again");
    world_close(&w);
}

/* The rows go, as in a store from before there were any: they come back with the next change. */
static void a_store_without_counts_is_counted(void **state)
{
    (void)state;
    struct world w;
    bool known = true;
    world_open(&w);
    world_shop(&w, 3);
    struct target_counts before = counts_of(&w, NULL);
    struct store_txn *txn = world_begin(&w);
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET_COUNT);
    while (store_next(cursor, NULL, NULL) == ST_OK)
        assert_int_equal(store_cursor_delete(cursor), ST_OK);
    store_cursor_close(cursor);
    world_commit(&w, txn);
    counts_of(&w, &known);
    assert_false(known);
    assert_true(do_select(&w, 1, 100) >= 3);
    do_outcomes(&w, OUTCOME_OK);
    assert_right(&w, "counted first");
    struct target_counts after = counts_of(&w, NULL);
    assert_int_equal(after.of[COUNT_TARGETS], before.of[COUNT_TARGETS]);
    assert_int_equal(after.of[COUNT_UNSENT], 0);
    world_close(&w);
}

static void a_change_arrives_once(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    int count = (int)do_select(&w, 1, 100);
    w.now += 40;
    do_outcomes(&w, OUTCOME_OK);
    struct stats_account s = stats_of(&w);
    uint64_t seen = 0;
    for (int i = 0; i <= STATS_BOUNDS; i++)
        seen += s.within[i];
    assert_int_equal(seen, count);
    assert_int_equal(s.outcomes[OUTCOME_OK], count);
    assert_true(s.latency_sum_ms >= 40 * count);
    do_outcomes(&w, OUTCOME_OK); /* told again: closed already */
    const struct stats_account again = stats_of(&w);
    assert_memory_equal(s.outcomes, again.outcomes, sizeof s.outcomes);
    assert_memory_equal(s.within, again.within, sizeof s.within);
    world_close(&w);
}

static void codes_are_bounded_and_dropped_groups_count_nothing(void **state)
{
    (void)state;
    struct world w;
    char code[200];
    world_open(&w);
    struct stats *stats = w.engine->stats;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 40; i++) {
            snprintf(code, sizeof code, "CODE-%d", i);
            stats_outcome(stats, 1, OUTCOME_REJECTED, bytes_text(code));
        }
    stats_outcome(stats, 1, OUTCOME_REJECTED, bytes_text("other"));
    memset(code, 'x', sizeof code);
    stats_outcome(stats, 2, OUTCOME_REJECTED, bytes_of(code, sizeof code));
    stats_outcome(stats, 2, OUTCOME_RETRY, bytes_text("a\"\n\xff"));
    stats_outcome(stats, 2, 200, bytes_text("no such kind"));
    stats_keep(stats);
    stats_outcome(stats, 1, OUTCOME_OK, bytes_text(""));
    stats_latency(stats, 1, 5);
    engine_group_drop(w.engine);
    stats_keep(stats);
    struct stats_account s = stats_of(&w);
    assert_int_equal(s.code_count, STATS_CODES_MAX);
    assert_int_equal(s.outcomes[OUTCOME_REJECTED], 81);
    assert_int_equal(s.outcomes[OUTCOME_OK], 0);
    assert_int_equal(s.within[0], 0);
    assert_int_equal(s.other, 2 * (40 - STATS_CODES_MAX) + 1);
    assert_string_equal(s.codes[31].name, "CODE-31");
    assert_int_equal(s.codes[31].count, 2);
    struct stats_list list = stats_copy(w.engine);
    assert_int_equal(strlen(list.list[1].codes[0].name), STATS_CODE_BYTES - 1);
    assert_string_equal(list.list[1].codes[1].name, "a\"??");
    assert_int_equal(list.list[1].code_count, 2);
    mem_free(list.list);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(counts_follow_a_write),
    cmocka_unit_test(what_was_there_waits_since_it_was_seen_to_be_gone),
    cmocka_unit_test(it_waits_since_it_was_not_there),
    cmocka_unit_test(what_was_sold_waits_until_the_next_write_is_there),
    cmocka_unit_test(what_is_refused_waits_since_it_was_asked_for_again),
    cmocka_unit_test(a_store_without_counts_is_counted),
    cmocka_unit_test(a_change_arrives_once),
    cmocka_unit_test(codes_are_bounded_and_dropped_groups_count_nothing),
};
TEST_MAIN(cases)
