/* What is kept of alerts: the index of open ones, found and mended when it is wrong; and since when
 * the oldest figure waits, known without reading what waits. */
#include "test_main.h"

#include "engine/alert_row.h"
#include "engine/rebuild.h"
#include "notify/alert.h"
#include "notify/look.h"
#include "unit/engine/engine_fixture.h"

#include <stdio.h>
#include <string.h>

enum { MINUTE_MS = 60 * 1000 };

/* ---- the index of open alerts */

static struct alert_told tell(struct world *w, const char *const what[], size_t count)
{
    struct alert_findings findings = {0};
    struct alert_told told = {.now_ms = w->now, .time_ms = w->now, .keep_ms = MINUTE_MS};
    for (size_t i = 0; i < count; i++)
        alert_findings_add(&findings, ALERT_STALE, what[i], bytes_of("", 0));
    struct store_txn *txn = world_begin(w);
    assert_int_equal(alert_update(txn, &findings, &told, &w->error), ST_OK);
    world_commit(w, txn);
    alert_findings_free(&findings);
    return told;
}

static const char *const all[] = {"shop", "second", "third"};

/* Three are open, and one is over. */
static void open_three(struct world *w)
{
    static const char *const four[] = {"shop", "second", "third", "over"};
    world_open(w);
    w->unverified = true;
    assert_int_equal(tell(w, four, 4).opened, 4);
    assert_int_equal(tell(w, all, 3).closed, 1);
}

static void index_key(struct key *key, const char *account)
{
    char text[100];
    snprintf(text, sizeof text, "%s/%s/", alert_rule_name(ALERT_STALE), account);
    alert_row_open_key(key, bytes_text(text));
}

static void verify(struct world *w, uint64_t findings)
{
    struct verify_result result;
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(engine_verify(txn, NULL, &result, &w->error), ST_OK);
    store_abort(txn);
    assert_int_equal(result.findings, findings);
}

static struct rebuild_count mend(struct world *w)
{
    struct rebuild_told told = {.rows = 0};
    while (!told.next.end) {
        struct buf payload;
        buf_init(&payload, 4096);
        command_rebuild(&payload, &told.next, 3);
        const struct command command = {.kind = COMMAND_REBUILD,
                                        .actor = "test",
                                        .now_ms = w->now,
                                        .payload = bytes_of(payload.data, payload.size),
                                        .rebuilt = &told};
        world_apply(w, &command);
        world_ok(w);
        buf_free(&payload);
    }
    return told.counts[TABLE_ALERT];
}

static void spoil(struct world *w, struct bytes key, struct bytes value)
{
    struct store_txn *txn = world_begin(w);
    if (value.size)
        store_put(txn, TABLE_ALERT, key, value);
    else
        store_delete(txn, TABLE_ALERT, key);
    world_commit(w, txn);
}

static void what_is_sound_stays(void **state)
{
    (void)state;
    static struct alert_memory memory = {.days = {{.account = 1, .changed = 3}}, .day_count = 1};
    struct world w;
    open_three(&w);
    struct store_txn *txn = world_begin(&w);
    assert_int_equal(alert_days_keep(txn, &memory, w.now), ST_OK);
    world_commit(&w, txn);
    verify(&w, 0);
    uint64_t rows = rows_in(&w, TABLE_ALERT);
    struct rebuild_count count = mend(&w);
    assert_int_equal(count.missing + count.surplus + count.mended, 0);
    assert_int_equal(rows_in(&w, TABLE_ALERT), rows);
    assert_int_equal(tell(&w, all, 3).opened, 0);
    world_close(&w);
}

/* Else it would be opened anew, and told of again; and the old one would stay open for ever. */
static void a_lost_index_row_comes_back(void **state)
{
    (void)state;
    struct world w;
    struct key key;
    open_three(&w);
    index_key(&key, "second");
    spoil(&w, key_bytes(&key), bytes_of("", 0));
    verify(&w, 1);
    assert_int_equal(mend(&w).mended, 1);
    verify(&w, 0);
    assert_int_equal(tell(&w, all, 3).opened, 0);
    assert_int_equal(tell(&w, all, 1).closed, 2);
    verify(&w, 0);
    world_close(&w);
}

static bool count_open(void *ctx, uint64_t number, const struct alert_view *alert)
{
    (void)number;
    *(int *)ctx += !alert->closed_ms;
    return true;
}

static int open_alerts(struct world *w)
{
    int count = 0;
    struct store_txn *txn;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(alert_each(txn, 0, count_open, &count), ST_OK);
    store_abort(txn);
    return count;
}

static void what_was_opened_twice_is_open_once(void **state)
{
    (void)state;
    struct world w;
    struct key key;
    open_three(&w);
    index_key(&key, "second");
    spoil(&w, key_bytes(&key), bytes_of("", 0));
    assert_int_equal(tell(&w, all, 3).opened, 1);
    assert_int_equal(open_alerts(&w), 4);
    verify(&w, 1);
    assert_int_equal(mend(&w).mended, 1);
    verify(&w, 0);
    assert_int_equal(open_alerts(&w), 3);
    assert_int_equal(tell(&w, all, 3).opened, 0);
    world_close(&w);
}

/* An index row of an alert that is gone, of one that is over, of another one, and of none. */
static void what_leads_nowhere_goes(void **state)
{
    (void)state;
    static const struct {
        const char *account;
        uint8_t number;
        uint64_t findings;
    } rows[] = {{"fifth", 99, 1}, {"over", 4, 1}, {"fifth", 1, 1}, {"shop", 2, 2}, {"fifth", 0, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        struct key key;
        const uint8_t value[8] = {0, 0, 0, 0, 0, 0, 0, rows[i].number};
        open_three(&w);
        index_key(&key, rows[i].account);
        spoil(&w, key_bytes(&key), bytes_of(value, sizeof value));
        verify(&w, rows[i].findings);
        assert_true(mend(&w).mended > 0);
        verify(&w, 0);
        assert_int_equal(open_alerts(&w), 3);
        assert_int_equal(tell(&w, all, 3).opened, 0);
        world_close(&w);
    }
}

static void a_row_that_is_gone_is_found_out(void **state)
{
    (void)state;
    struct world w;
    struct key key;
    open_three(&w);
    alert_row_number_key(&key, 2);
    spoil(&w, key_bytes(&key), bytes_of("", 0));
    verify(&w, 1);
    assert_int_equal(mend(&w).surplus, 1);
    verify(&w, 0);
    assert_int_equal(tell(&w, all, 3).opened, 1); /* it is true still: opened anew */
    world_close(&w);
}

static void what_cannot_be_read_is_told(void **state)
{
    (void)state;
    struct world w;
    struct key key;
    open_three(&w);
    alert_row_number_key(&key, 4);
    spoil(&w, key_bytes(&key), bytes_text("?"));
    verify(&w, 1);
    spoil(&w, bytes_of("\x03x", 2), bytes_text("?"));
    verify(&w, 2);
    world_close(&w);
}

/* ---- what waits */

static size_t look(struct world *w, struct alert_finding *found)
{
    static const struct alert_limits limits = {.key_days = 14,
                                               .unsent_ms = 10 * MINUTE_MS,
                                               .stale_ms = INT64_MAX,
                                               .disk_percent = 100,
                                               .change_percent = 100};
    struct alert_account account = {.name = "shop", .number = 1, .active = true};
    const struct alert_look ask = {.limits = &limits,
                                   .now_ms = w->now,
                                   .store = w->store,
                                   .accounts = &account,
                                   .account_count = 1};
    struct alert_findings findings = {0};
    struct store_txn *txn;
    size_t count = 0;
    assert_int_equal(store_begin(w->store, STORE_READ, &txn, NULL), ST_OK);
    assert_int_equal(alert_look(&ask, txn, &findings, &w->error), ST_OK);
    store_abort(txn);
    for (size_t i = 0; i < findings.count; i++)
        if (findings.list[i].rule == ALERT_UNSENT && count++ == 0) *found = findings.list[i];
    alert_findings_free(&findings);
    return count;
}

/* Not a row of the outbox is read: each of them is damaged here, and nobody sees it. */
static void the_oldest_is_known_without_the_outbox(void **state)
{
    (void)state;
    struct world w;
    struct alert_finding found;
    world_open(&w);
    world_shop(&w, 4);
    do_push_all(&w, 1);
    assert_int_equal(look(&w, &found), 0);
    do_set(&w, "A", "pp", 7);
    w.now += 6 * MINUTE_MS;
    do_set(&w, "B", "pp", 7);
    w.now += 5 * MINUTE_MS;
    w.unverified = true;
    struct store_txn *txn = world_begin(&w);
    for (uint8_t i = 0; i < 200; i++)
        store_put(txn, TABLE_OUTBOX, bytes_of((const uint8_t[]){0, 0, 0, 1, i}, 5),
                  bytes_of("", 0));
    world_commit(&w, txn);
    assert_int_equal(look(&w, &found), 1);
    assert_int_equal(found.count, 11);
    assert_int_equal(found.limit, 10);
    world_close(&w);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_is_sound_stays),
    cmocka_unit_test(a_lost_index_row_comes_back),
    cmocka_unit_test(what_was_opened_twice_is_open_once),
    cmocka_unit_test(what_leads_nowhere_goes),
    cmocka_unit_test(a_row_that_is_gone_is_found_out),
    cmocka_unit_test(what_cannot_be_read_is_told),
    cmocka_unit_test(the_oldest_is_known_without_the_outbox),
};

TEST_MAIN(cases)
