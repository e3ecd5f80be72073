/* The alert of exposures to oversells: it fires, stays while it is not worked out anew, and is over
 * when more is kept back. */
#include "test_main.h"

#include "engine/hook.h"
#include "notify/look.h"
#include "unit/engine/engine_fixture.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MS = 24 * 60 * 60 * 1000, MINUTE_MS = 60 * 1000, LOOKS = 10 };

static struct alert_memory memory;

struct looked {
    size_t count;
    bool partial;
    struct alert_finding first;
};

static struct looked look(struct world *w)
{
    static const struct alert_limits limits = {.key_days = 14,
                                               .unsent_ms = INT64_MAX,
                                               .stale_ms = INT64_MAX,
                                               .disk_percent = 100,
                                               .change_percent = 100,
                                               .exposure = 10,
                                               .usual_times = 8,
                                               .usual_changes = 20,
                                               .usual_days = 7};
    struct alert_findings findings = {0};
    const struct alert_look ask = {
        .limits = &limits, .now_ms = w->now, .store = w->store, .memory = &memory};
    struct looked looked = {0};
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(alert_look(&ask, txn, &findings, NULL), ST_OK);
    store_abort(txn);
    for (size_t i = 0; i < findings.count; i++)
        if (findings.list[i].rule == ALERT_EXPOSURE && looked.count++ == 0)
            looked.first = findings.list[i];
    looked.partial = findings.partial[ALERT_EXPOSURE];
    alert_findings_free(&findings);
    return looked;
}

/* 604800 pieces of "A" in six orders of a shop, each known a minute after it was placed. */
static void sell(struct world *w)
{
    for (int i = 0; i < 6; i++) {
        char id[] = {(char)('a' + i), 0};
        struct buf payload;
        const struct hook_line line = {.sku = bytes_text("A"), .quantity = 100800};
        const struct hook_order order = {.id = bytes_text(id),
                                         .state = ORDER_OPEN,
                                         .ordered_ms = w->now - MINUTE_MS,
                                         .lines = &line,
                                         .line_count = 1};
        const struct hook_orders orders = {.head = {.name = bytes_text("site"),
                                                    .delivery = {(uint8_t)id[0]},
                                                    .keep_ms = DAY_MS,
                                                    .warehouse = bytes_text("pp")},
                                           .orders = &order,
                                           .order_count = 1};
        buf_init(&payload, 1000);
        command_hook_orders(&payload, &orders);
        assert_int_equal(world_do(w, COMMAND_HOOK_ORDERS, &payload), ST_OK);
    }
}

static void keep_back(struct world *w, int64_t pieces)
{
    struct buf payload;
    struct rule_change change = {.sku = bytes_text("A"), .account = bytes_text("shop")};
    change.rule.given = 1u << RULE_BUFFER;
    change.rule.fields[RULE_BUFFER] = pieces;
    buf_init(&payload, 1000);
    command_rule_set(&payload, &change, 1);
    assert_int_equal(world_do(w, COMMAND_RULE_SET, &payload), ST_OK);
    do_push_all(w, 1);
}

static void it_fires_and_is_over_when_more_is_kept_back(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_shop(&w, 1);
    w.now += 10 * (int64_t)DAY_MS;
    do_set(&w, "A", "pp", 1000000);
    do_push_all(&w, 1);
    assert_int_equal(look(&w).count, 0);
    sell(&w);
    do_push_all(&w, 1);
    for (int i = 1; i < LOOKS; i++) { /* nothing follows from these */
        struct looked between = look(&w);
        assert_int_equal(between.count, 0);
        assert_true(between.partial);
    }
    struct looked now = look(&w);
    assert_int_equal(now.count, 1);
    assert_false(now.partial);
    assert_string_equal(now.first.account, "shop");
    assert_string_equal(now.first.what, "A");
    assert_int_equal(now.first.count, 60);
    assert_int_equal(now.first.limit, 10);
    assert_string_equal(now.first.why, "604800 / 7 d, 60 + 0 s, - 0");
    keep_back(&w, 51);
    memory.exposure_in = 0;
    now = look(&w);
    assert_int_equal(now.count, 0);
    assert_false(now.partial);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(it_fires_and_is_over_when_more_is_kept_back),
};

TEST_MAIN(cases)
