/* Explaining: each step's number is the one that allocating makes, who changed what is named, the
 * send is found by its time, and where a product is not shown, what is missing. */
#include "engine_fixture.h"

#include "query/explain.h"

#include <stdio.h>
#include <string.h>

struct seen {
    struct explain_target target;
    struct explain_link links[4];
    char actor[40], wanted_actor[40];
    uint32_t targets, absent;
    enum explain_missing missing;
    char listing[40], code[60];
};

static void copy(char *to, size_t room, struct bytes from)
{
    snprintf(to, room, "%.*s", (int)from.size, (const char *)from.data);
}

static bool see_target(void *ctx, const struct explain_target *t)
{
    struct seen *seen = ctx;
    if (seen->targets++) return true;
    seen->target = *t;
    assert_true(t->link_count <= 4);
    memcpy(seen->links, t->links, t->link_count * sizeof *t->links);
    if (t->link_count) copy(seen->actor, sizeof seen->actor, t->links[0].last.actor);
    copy(seen->wanted_actor, sizeof seen->wanted_actor, t->wanted.actor);
    return true;
}

static bool see_absent(void *ctx, const struct explain_absent *a)
{
    struct seen *seen = ctx;
    seen->absent++;
    seen->missing = a->missing;
    copy(seen->listing, sizeof seen->listing, a->listing);
    copy(seen->code, sizeof seen->code, a->code);
    return true;
}

static enum status look(struct world *w, const char *sku, const char *account, struct seen *seen)
{
    struct store_txn *txn;
    struct query query;
    const struct explain_rows rows = {see_target, see_absent, seen};
    *seen = (struct seen){0};
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, &w->error), ST_OK);
    assert_int_equal(query_open(&query, txn, &w->error), ST_OK);
    enum status status = query_explain(&query, bytes_text(sku), bytes_text(account), w->now, &rows);
    query_close(&query);
    store_abort(txn);
    return status;
}

static void set_rule(struct world *w, uint16_t given, const int64_t fields[RULE_FIELDS])
{
    struct rule_change change = {.sku = bytes_text("A")};
    struct buf buf;
    change.rule.given = given;
    for (int f = 0; f < RULE_FIELDS; f++)
        if (given & 1u << f) change.rule.fields[f] = fields[f];
    buf_init(&buf, 1000);
    command_rule_set(&buf, &change, 1);
    assert_int_equal(world_do(w, COMMAND_RULE_SET, &buf), ST_OK);
}

/* Whatever stock and rule: what is explained is what is wanted. */
static void the_steps_lead_to_what_is_wanted(void **state)
{
    (void)state;
    struct world w;
    struct seen seen;
    uint64_t random = 42;
    world_open(&w);
    world_shop(&w, 1);
    w.unverified = true;
    for (int i = 0; i < 300; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const int64_t fields[RULE_FIELDS] = {
            (int64_t)(random >> 20 & 7), (int64_t)(random >> 24 & 15) + 8,
            (int64_t)(random >> 28 & 7), (int64_t)(random >> 32 & 3) + 1};
        set_rule(&w, (uint16_t)(random >> 40 & 15), fields);
        do_set(&w, "A", "pp", (int64_t)(random >> 50 & 63));
        const struct target_record r = target_of(&w, "LA", "R1");
        assert_int_equal(look(&w, "A", "", &seen), ST_OK);
        const struct explain_target *t = &seen.target;
        assert_true(t->ruled && t->figure_known);
        assert_int_equal(t->figure, r.wanted_value);
        assert_int_equal(t->steps.value, r.wanted_value);
        assert_int_equal(t->steps.pieces, seen.links[0].pieces);
        assert_true(t->steps.packs >= t->steps.left && t->steps.left >= t->steps.least &&
                    t->steps.least >= t->steps.most);
    }
    world_close(&w);
}

static void who_and_what_is_named(void **state)
{
    (void)state;
    struct world w;
    struct seen seen;
    world_open(&w);
    world_shop(&w, 1);
    do_adjust(&w, "A", "pp", -3);
    uint64_t adjusted = w.result.sequence;
    const int64_t fields[RULE_FIELDS] = {2};
    set_rule(&w, 1u << RULE_BUFFER, fields);
    uint64_t ruled = w.result.sequence;
    assert_int_equal(do_select(&w, 1, 10), 1);
    assert_int_equal(look(&w, "A", "shop", &seen), ST_OK);
    assert_int_equal(seen.target.target.state, STATE_IN_FLIGHT);
    assert_false(seen.target.sent); /* its outcome is not known yet */
    do_outcomes(&w, OUTCOME_OK);
    assert_int_equal(look(&w, "A", "shop", &seen), ST_OK);
    assert_int_equal(seen.targets, 1);
    assert_int_equal(seen.absent, 0);
    assert_int_equal(seen.links[0].last.sequence, adjusted);
    assert_int_equal(seen.links[0].last.cause, CAUSE_SALE);
    assert_string_equal(seen.actor, "test");
    assert_int_equal(seen.target.wanted.sequence, ruled);
    assert_int_equal(seen.target.wanted.kind, COMMAND_RULE_SET);
    assert_int_equal(seen.target.wanted.cause, 0); /* it changed no stock */
    assert_int_equal(seen.target.figure, 5);
    assert_true(seen.target.sent);
    assert_int_equal(seen.target.send.item.value, 5);
    world_close(&w);
}

/* Among a thousand others, before and after it. */
static void its_send_is_found_by_time(void **state)
{
    (void)state;
    struct world w;
    struct seen seen;
    world_open(&w);
    world_shop(&w, 3);
    w.unverified = true;
    for (int i = 0; i < 400; i++) {
        w.now += 60000;
        do_set(&w, i == 200 ? "A" : i % 2 ? "B" : "C", "pp", 100 + i);
        do_push_all(&w, 1);
    }
    assert_int_equal(look(&w, "A", "", &seen), ST_OK);
    assert_true(seen.target.sent);
    assert_int_equal(seen.target.send.item.value, 300);
    assert_int_equal(seen.target.send.head.time_ms, seen.target.target.record.acked_ms);
    world_close(&w);
}

static void what_is_missing_is_said(void **state)
{
    (void)state;
    struct world w;
    struct seen seen;
    world_open(&w);
    world_shop(&w, 2);
    assert_int_equal(look(&w, "C", "", &seen), ST_NOT_FOUND);
    assert_int_equal(look(&w, "A", "nobody", &seen), ST_NOT_FOUND);
    do_barcode(&w, "C", "777");
    assert_int_equal(look(&w, "C", "", &seen), ST_OK);
    assert_int_equal(seen.absent, 1);
    assert_int_equal(seen.missing, EXPLAIN_NO_LISTING);
    do_barcode(&w, "D", "777");
    rows_start(&w, 1);
    row_listing(&w, "LC", "none", "777", LISTING_ACTIVE);
    assert_int_equal(rows_end(&w), ST_OK);
    assert_int_equal(look(&w, "C", "", &seen), ST_OK);
    assert_int_equal(seen.missing, EXPLAIN_CONFLICT);
    assert_string_equal(seen.listing, "LC");
    assert_string_equal(seen.code, "barcode-on-two-products");
    assert_int_equal(do_map(&w, "shop", "LC", "D"), ST_OK);
    assert_int_equal(look(&w, "C", "", &seen), ST_OK);
    assert_int_equal(seen.missing, EXPLAIN_UNTIED);
    do_unlink(&w, "pp", "shop", "R1");
    do_sweeps(&w, 100);
    assert_int_equal(look(&w, "A", "", &seen), ST_OK);
    assert_int_equal(seen.targets, 0);
    assert_int_equal(seen.missing, EXPLAIN_NO_LINK);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(the_steps_lead_to_what_is_wanted),
    cmocka_unit_test(who_and_what_is_named),
    cmocka_unit_test(its_send_is_found_by_time),
    cmocka_unit_test(what_is_missing_is_said),
};

TEST_MAIN(cases)
